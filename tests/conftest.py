"""Fixtures all tests share: real databases, two municipalities, the application and people signed in to it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from lms.app import create_app
from lms.base.context import House, make_house
from lms.base.db import make_engine
from lms.base.migrate import migrate
from lms.base.settings import Settings, read_settings
from lms.identity.actions import start_session
from tests.builders import Town, build_municipalities

SECRET = "a secret for tests that is long enough to be one"


def settings_for(folder: Path, database: str = "") -> Settings:
    """Settings of a house in a folder of its own."""
    return read_settings(mode="demo", secret_key=SECRET, data=folder, database=database)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a throw-away PostgreSQL cluster (without database name), run by an unprivileged user."""
    folder = Path(tempfile.mkdtemp(prefix="kunnig-pg-"))
    root = os.geteuid() == 0
    user = "postgres" if root else pwd.getpwuid(os.geteuid()).pw_name
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    bin_folder = binaries[-1] if binaries else Path(shutil.which("initdb") or "/usr/bin/initdb").parent
    if root:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)

    def run(*command: str) -> None:
        prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if root else []
        subprocess.run([*prefix, *command], check=True, cwd=folder, capture_output=True)

    data = folder / "data"
    run(str(bin_folder / "initdb"), "-D", str(data), "-U", "owner", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    run(str(bin_folder / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://owner@/{{}}?host={folder}"
    finally:
        run(str(bin_folder / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a migrated house with the two municipalities, to be copied."""
    folder = tmp_path_factory.mktemp("model")
    house = make_house(settings_for(folder))
    migrate(house.engine)
    build_municipalities(house)
    with house.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    house.engine.dispose()
    return folder


@pytest.fixture(scope="session")
def postgres_model(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in a PostgreSQL database called `model`, with its files in a folder."""
    folder = tmp_path_factory.mktemp("model-pg")
    _postgres_command(postgres, "CREATE DATABASE model")
    house = make_house(settings_for(folder, postgres.format("model")))
    migrate(house.engine)
    build_municipalities(house)
    house.engine.dispose()
    return folder


def _postgres_command(address: str, command: str) -> None:
    engine = make_engine(address.format("postgres")).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(command))
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house of the test's own with the two municipalities, on each database."""
    data = tmp_path / "data"
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("sqlite_model"), data)
        made = make_house(settings_for(data))
        yield made
        made.engine.dispose()
        return
    shutil.copytree(request.getfixturevalue("postgres_model"), data)
    address = request.getfixturevalue("postgres")
    name = f"test_{os.getpid()}_{abs(hash(request.node.nodeid))}"
    _postgres_command(address, f"CREATE DATABASE {name} TEMPLATE model")
    made = make_house(settings_for(data, address.format(name)))
    yield made
    made.engine.dispose()
    _postgres_command(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def granvik(house: House) -> Town:
    """The municipality most tests are about."""
    return Town(house, "granvik")


@pytest.fixture
def fjordvik(house: House) -> Town:
    """The other municipality, whose people must see nothing of the first."""
    return Town(house, "fjordvik")


@pytest.fixture
def app(house: House) -> Flask:
    """The Flask application over the test's house; forms need no token except where a test asks for it."""
    made = create_app(house=house)
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that is not signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, house: House) -> Callable[[Town, str], FlaskClient]:
    """Make a browser signed in as somebody: `sign_in(granvik, "amina")`."""

    def make(town: Town, name: str) -> FlaskClient:
        actor = town.actor(name)
        token = start_session(
            house,
            account_id=actor.account_id,
            employer_id=actor.employer_id,
            user_agent="test",
            remember=False,
        )
        browser = app.test_client()
        browser.set_cookie("kunnig", token)
        return browser

    return make
