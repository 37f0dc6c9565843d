"""Fixtures all tests share: real databases, two municipalities, the application and people signed in to it."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from lms.app import create_app
from lms.base.context import House, make_house
from lms.base.db import make_engine
from lms.base.i18n import LANGUAGES
from lms.base.migrate import migrate_as_owner
from lms.base.row_security import make_owner_engine
from lms.base.settings import Settings, read_settings
from lms.identity.actions import set_preferences, start_session
from tests.builders import Town, build_municipalities
from tests.pinned import watch
from tests.servers import OWNER, PROGRAM, PostgresServer

# How long an example takes tells how busy the machine is, not whether the program is right.
hypothesis_settings.register_profile("kunnig", deadline=None)
hypothesis_settings.load_profile("kunnig")
pytest_plugins = ("tests.evidence.keeping",)  # a certificate and the day on which it is forgotten
SECRET = "a secret for tests that is long enough to be one"


def settings_for(folder: Path, database: str = "") -> Settings:
    """Settings of a house in a folder of its own; on PostgreSQL with the roles of a real one."""
    return read_settings(
        mode="demo",
        secret_key=SECRET,
        data=folder,
        database=as_role(PROGRAM, database),
        database_owner=as_role(OWNER, database),
    )


def as_role(role: str, address: str) -> str:
    """The address of a database of the test cluster for another of its roles; empty stays empty."""
    return re.sub(r"//\w+@", f"//{role}@", address)


# nothing has to outlive this server; tests that crash one have their own
IN_A_HURRY = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c max_wal_size=256MB"
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a throw-away PostgreSQL cluster (without database name), run by an unprivileged user.

    It is the superuser's; `settings_for` takes the two roles that a real one has: the owner's and the program's.
    """
    with PostgresServer(IN_A_HURRY, in_memory=True).running() as server:
        yield server.address


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that one of the test processes of a run makes, and all of them copy from; nobody writes in it."""
    in_parallel = "PYTEST_XDIST_WORKER" in os.environ
    root = factory.getbasetemp().parent if in_parallel else factory.getbasetemp()
    folder, done = root / name, root / f"{name}.made"
    with (root / f"{name}.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of one that failed half way
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def sqlite_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a migrated house with the two municipalities, to be copied; or one made before."""
    if made := os.environ.get("KUNNIG_TEST_MODEL"):
        return Path(made)
    return made_once(tmp_path_factory, "model", _make_sqlite_model)


def _make_sqlite_model(folder: Path) -> None:
    house = make_house(settings_for(folder))
    migrate_as_owner(house.settings)
    build_municipalities(house)
    create_app(house=house)  # compresses the static files
    with house.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    house.engine.dispose()


@pytest.fixture(scope="session")
def postgres_model(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in a PostgreSQL database called `model`, with its files in a folder."""
    folder = tmp_path_factory.mktemp("model-pg")
    _postgres_command(postgres, f"CREATE DATABASE model OWNER {OWNER}")
    house = make_house(settings_for(folder, postgres.format("model")))
    migrate_as_owner(house.settings)
    build_municipalities(house)
    create_app(house=house)
    house.engine.dispose()
    return folder


def copy_model(model: Path, data: Path) -> None:
    """A house's folder like the model's; the static files, which nobody changes, are those of the model."""
    shutil.copytree(model, data, ignore=shutil.ignore_patterns("static"))
    (data / "static").symlink_to(model / "static")


def _postgres_command(address: str, command: str) -> None:
    engine = make_engine(address.format("postgres")).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(command))
    engine.dispose()


@contextmanager
def house_of(request: pytest.FixtureRequest, database: str, folder: Path) -> Iterator[House]:
    """A house with the two municipalities, in a folder, on a database: sqlite or postgres."""
    data = folder / "data"
    if database == "sqlite":
        copy_model(request.getfixturevalue("sqlite_model"), data)
        made = make_house(settings_for(data))
        of_no_employer = watch(made.engine)
        yield made
        made.engine.dispose()
        assert not of_no_employer
        return
    copy_model(request.getfixturevalue("postgres_model"), data)
    address = request.getfixturevalue("postgres")
    name = f"test_{os.getpid()}_{abs(hash(request.node.nodeid))}"
    _postgres_command(address, f"CREATE DATABASE {name} TEMPLATE model OWNER {OWNER} STRATEGY file_copy")
    made = make_house(settings_for(data, address.format(name)))
    yield made
    made.engine.dispose()
    _postgres_command(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house of the test's own with the two municipalities, on each database."""
    with house_of(request, request.param, tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house of settings only, on each database: no folder yet, no tables."""
    database = ""
    name = f"empty_{os.getpid()}_{abs(hash(request.node.nodeid))}"
    if request.param == "postgres":
        address = request.getfixturevalue("postgres")
        _postgres_command(address, f"CREATE DATABASE {name} OWNER {OWNER}")
        database = address.format(name)
    made = make_house(settings_for(tmp_path / "empty", database))
    yield made
    made.engine.dispose()
    if database:
        _postgres_command(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def owner(house: House) -> Iterator[Engine]:
    """The database of `house` for the owner of its tables, who may do what the program may not."""
    engine = make_owner_engine(house.settings).execution_options(writes=True)
    yield engine
    engine.dispose()


@pytest.fixture
def granvik(house: House) -> Town:
    """The municipality most tests are about."""
    return Town(house, "granvik")


@pytest.fixture
def fjordvik(house: House) -> Town:
    """The other municipality, whose people must see nothing of the first."""
    return Town(house, "fjordvik")


class CompiledTemplates(BytecodeCache):
    """Templates that an earlier application of this process has compiled, in one language.

    An application compiles each template once, and nearly every test makes an application.
    """

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take it, if the template's source is still the same."""
        if code := self._codes.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it for the next application."""
        self._codes[bucket.key] = bucket.bytecode_to_string()


COMPILED = {language: CompiledTemplates() for language in LANGUAGES}


class CompiledRule(Rule):
    """An address whose builders an earlier application of this process has compiled; to compile all takes longest."""

    _builders: ClassVar[dict[object, object]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        """The function that builds the address: one for all rules of the same parts."""
        key = (tuple(self._trace), append_unknown, repr(self.defaults))
        if key not in self._builders:
            self._builders[key] = super()._compile_builder(append_unknown)
        return self._builders[key]


Flask.url_rule_class = CompiledRule


def make_test_app(house: House) -> Flask:
    """The Flask application of a house; forms need no token except where a test asks for it."""
    made = create_app(house=house)
    for language, environment in made.extensions["templates"].items():
        environment.bytecode_cache = COMPILED[language]
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return made


class Browser(FlaskClient):
    """A browser that reads every answer to its end, as browsers do, so that files behind answers are closed."""

    def open(self, *args: object, **kwargs: object) -> TestResponse:
        """Ask for a page."""
        return super().open(*args, **{"buffered": True} | kwargs)


@pytest.fixture
def app(house: House) -> Flask:
    """The Flask application over the test's house; forms need no token except where a test asks for it."""
    made = make_test_app(house)
    made.test_client_class = Browser
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that is not signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, house: House) -> Callable[..., FlaskClient]:
    """Make a browser signed in as somebody: `sign_in(granvik, "amina")`; with `remember` on a device of their own."""

    def make(town: Town, name: str, *, remember: bool = False) -> FlaskClient:
        actor = town.actor(name)
        token = start_session(
            house,
            account_id=actor.account_id,
            employer_id=actor.employer_id,
            user_agent="test",
            remember=remember,
        )
        browser = app.test_client()
        browser.set_cookie("kunnig", token)
        return browser

    return make


@pytest.fixture
def english(granvik: Town, sign_in: Callable[[Town, str], FlaskClient]) -> Callable[[str], FlaskClient]:
    """Make a browser of somebody in Granvik who reads pages in the language they are written in: `english("amina")`."""

    def make(name: str) -> FlaskClient:
        with granvik.work(name) as ctx:
            set_preferences(ctx, "en", "system")
        return sign_in(granvik, name)

    return make
