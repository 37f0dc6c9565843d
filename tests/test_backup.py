"""Backup and restore: while somebody writes, between both databases, damaged, and into a place that is not empty."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import func, inspect, select, text

from lms.archive import MANIFEST, BackupError, verify
from lms.backup import READ, RESTORING, back_up, restore
from lms.base.context import House, make_house, work
from lms.base.files import S3Files
from lms.base.migrate import Schema, schema
from lms.base.outbox import OutboxTask
from lms.base.row_security import make_owner_engine
from lms.cli import main
from lms.identity.models import Passkey
from lms.jobs.worker import work_off
from lms.organisation.models import Employer, Unit
from lms.tables import METADATA
from tests.base.test_files import s3_address
from tests.conftest import settings_for
from tests.guards.test_urls import things
from tests.servers import BUCKET, S3_KEY, S3_SECRET, free_port, running

__all__ = ["s3_address", "things"]  # fixtures

WRITER = """
import sys
from lms.base.context import make_house, work
from lms.base.settings import read_settings
house = make_house(read_settings())
for number in range(10**6):
    with work(house) as ctx:
        for part in range(5):
            ctx.later("written", f"{number}:{part}", number=number)
    house.files.put(f"written/{number}", b"x")
"""

KILLED = """
import os, sys
from lms.backup import restore
from lms.base.context import make_house
from lms.base.settings import read_settings
house = make_house(read_settings())
put = house.files.put
def last(key, data):
    put(key, data)
    if key != "restoring":
        put("of the killed one", data)
        os._exit(9)
house.files.put = last
restore(house, sys.argv[1])
"""


def content(house: House):
    """Every row of every table, and every file."""
    owner = make_owner_engine(house.settings)
    with owner.connect() as connection:
        rows = {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in METADATA.sorted_tables
        }
    owner.dispose()
    files = {key: hashlib.sha256(house.files.get(key)).hexdigest() for key in house.files.all_keys()}
    return rows, files


def untouched(house: House):
    database = house.settings.data / "kunnig.db"
    if house.settings.database or database.exists():
        with house.engine.connect() as connection:
            assert inspect(connection).get_table_names() == []
    assert list(house.files.all_keys()) == []


@pytest.fixture
def lived_in(granvik, things):
    """A house where things have happened, files are written, and a unit lies under one that came later."""
    work_off(granvik.house)
    with granvik.work("admin") as ctx:
        later = ctx.db.scalars(select(Unit).where(Unit.name == "Eken")).one()
        earlier = ctx.db.scalars(select(Unit).where(Unit.name == "Björken")).one()
        earlier.parent_id = later.id
        assert earlier.id < later.id
        ctx.db.add(
            Passkey(
                account_id=ctx.who.account_id, credential_id="one", public_key=bytes(range(256)), sign_count=0,
                device="phone", created_at=ctx.now,
            )
        )  # fmt: skip
    return granvik.house


def test_all_of_it_comes_back_on_either_database(lived_in, empty, tmp_path):
    before = content(lived_in)
    assert sum(1 for rows in before[0].values() if rows) > 25
    assert len(before[1]) > 3
    where, kept = back_up(lived_in, str(tmp_path / "kunnig.zip"))
    assert (Path(where).stat().st_mode & 0o777) == 0o600
    restored = restore(empty, where)
    assert (restored, restored.rows) == (kept, sum(map(len, before[0].values())))
    assert content(empty) == before
    assert schema(empty.engine) is Schema.CURRENT


def test_new_rows_get_new_keys_and_triggers_still_refuse(lived_in, empty, tmp_path):
    where, _kept = back_up(lived_in, str(tmp_path / "kunnig.zip"))
    restore(empty, where)
    with work(empty) as ctx:
        newest = ctx.db.scalars(select(func.max(OutboxTask.id))).one()
        ctx.later("story", "after the restore")
        ctx.db.flush()
        assert ctx.db.scalars(select(func.max(OutboxTask.id))).one() == newest + 1
    owner = make_owner_engine(empty.settings)
    with pytest.raises(Exception, match="append-only"), owner.begin() as connection:
        connection.execute(text("UPDATE audit SET action = 'x'"))
    with pytest.raises(Exception, match=r"(?i)foreign key"), owner.begin() as connection:
        connection.execute(text("UPDATE unit SET parent_id = 999999 WHERE parent_id IS NOT NULL"))
    owner.dispose()


def test_it_is_one_moment_while_others_write(house, empty, tmp_path):
    settings = house.settings
    environment = {
        "KUNNIG_MODE": "demo",
        "KUNNIG_SECRET_KEY": settings.secret_key.get_secret_value(),
        "KUNNIG_DATA": str(settings.data),
        "KUNNIG_DATABASE": settings.database,
    }
    written = select(func.count()).where(OutboxTask.kind == "written")

    def count(where):
        with work(where, writes=False) as ctx:
            return ctx.db.scalars(written).one()

    with running([sys.executable, "-c", WRITER], tmp_path / "log", environment=environment) as writer:
        while count(house) < 50:
            assert writer.poll() is None, (tmp_path / "log").read_text()
        before = count(house)
        where, _kept = back_up(house, str(tmp_path / "kunnig.zip"))
        after = count(house)
    restore(empty, where)
    got = count(empty)
    assert before <= got <= after
    assert before < after  # somebody did write
    assert got % 5 == 0  # whole transactions
    with work(empty, writes=False) as ctx:
        newest = ctx.db.scalars(select(func.max(OutboxTask.id)).where(OutboxTask.kind == "written")).one()
        number = int(ctx.db.get_one(OutboxTask, newest).ids["number"])
    assert got == 5 * (number + 1)  # and none missing before the newest


def change(path, member, how):
    """Change one part of an archive, as a broken disk would not: the zip itself stays sound."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(path.with_suffix(".new"), "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, how(data) if name == member else data)
    path.with_suffix(".new").replace(path)


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at if at >= 0 else len(data) + at] ^= 0xFF
    path.write_bytes(data)


def manifest_says(path, **other):
    change(path, MANIFEST, lambda data: json.dumps(json.loads(data) | other).encode())


FAULTS = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-1000]),
    "empty": lambda path: path.write_bytes(b""),
    "not a zip": lambda path: path.write_text("nonsense"),
    "one byte in the middle": lambda path: flip(path, path.stat().st_size // 2),
    "one byte near the end": lambda path: flip(path, -4),
    "another row": lambda path: change(
        path, "tables/employer.jsonl", lambda data: data.replace(b"Granvik", b"Granvyk")
    ),
    "a row less": lambda path: change(path, "tables/person.jsonl", lambda data: data.partition(b"\n")[2]),
    "other files": lambda path: change(path, "files.tar", lambda data: data[:512] + data[1024:]),
    "a manifest of nothing": lambda path: manifest_says(path, tables={}),
    "a manifest that is none": lambda path: change(path, MANIFEST, lambda _data: b"[]"),
    "a format of the future": lambda path: manifest_says(path, format=2),
    "a migration of the future": lambda path: manifest_says(path, revision="9999"),
}


@pytest.fixture(scope="module")
def sound(sqlite_model, tmp_path_factory):
    """An archive to damage."""
    folder = tmp_path_factory.mktemp("sound")
    shutil.copytree(sqlite_model, folder / "data")
    made = make_house(settings_for(folder / "data"))
    back_up(made, str(folder / "kunnig.zip"))
    made.engine.dispose()
    return folder / "kunnig.zip"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_archive_is_refused_with_one_line_and_nothing_is_written(sound, empty, tmp_path, fault):
    shutil.copy(sound, tmp_path / "damaged.zip")
    verify(tmp_path / "damaged.zip")
    FAULTS[fault](tmp_path / "damaged.zip")
    with pytest.raises(BackupError) as refused:
        restore(empty, str(tmp_path / "damaged.zip"))
    assert "\n" not in str(refused.value)
    untouched(empty)


def test_only_an_empty_place_is_filled(house, sound):
    before = content(house)
    with pytest.raises(BackupError, match="files in the file store"):
        restore(house, str(sound))
    for key in before[1]:
        house.files.delete(key)
    with pytest.raises(BackupError, match="tables in the database"):
        restore(house, str(sound))
    assert content(house) == (before[0], {})


def test_a_restore_that_fails_half_way_leaves_nothing(sound, empty, monkeypatch):
    put, left = empty.files.put, iter(range(2))

    def full(key, data):
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        put(key, data)

    monkeypatch.setattr(empty.files, "put", full)
    with pytest.raises(OSError, match="No space"):
        restore(empty, str(sound))
    untouched(empty)
    monkeypatch.undo()
    assert restore(empty, str(sound)).rows > 0  # a second time, with space


def test_a_restore_that_was_killed_is_begun_again(sound, empty):
    settings = {
        "KUNNIG_MODE": "demo",
        "KUNNIG_SECRET_KEY": empty.settings.secret_key.get_secret_value(),
        "KUNNIG_DATA": str(empty.settings.data),
        "KUNNIG_DATABASE": empty.settings.database,
        "KUNNIG_DATABASE_OWNER": empty.settings.database_owner,
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(sound)],
        env=os.environ | settings,
        check=False,
        capture_output=True,
    )
    assert killed.returncode == 9, killed.stderr
    left = set(empty.files.all_keys())
    assert {"of the killed one", RESTORING} < left
    restore(empty, str(sound))
    assert not {"of the killed one", RESTORING} & set(empty.files.all_keys())
    with pytest.raises(BackupError, match="files in the file store"):
        restore(empty, str(sound))


def test_nothing_is_overwritten_and_nothing_unfinished_stays(house, tmp_path, monkeypatch):
    (tmp_path / "kunnig.zip").write_text("precious")
    with pytest.raises(BackupError, match="something at"):
        back_up(house, str(tmp_path / "kunnig.zip"))
    assert (tmp_path / "kunnig.zip").read_text() == "precious"
    with pytest.raises(BackupError, match="cannot be written"):
        back_up(house, str(tmp_path / "nowhere" / "kunnig.zip"))
    monkeypatch.setattr(house.files, "get", lambda _key: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        back_up(house, str(tmp_path / "other.zip"))
    assert {path.name for path in tmp_path.iterdir()} == {"kunnig.zip", "data"}


@pytest.mark.parametrize("lost", ["database", "file store"])
def test_what_is_away_is_said_in_one_line(house, sound, tmp_path, lost):
    nobody = f"127.0.0.1:{free_port()}"
    away = {
        "database": {"database": f"postgresql+psycopg://kunnig@{nobody}/kunnig", "database_owner": ""}
        | {"data": tmp_path / "new"},
        "file store": {"files": "s3://kunnig", "s3_endpoint": f"http://{nobody}", "s3_key": S3_KEY}
        | {"s3_secret": SecretStr(S3_SECRET)},
    }
    there = make_house(house.settings.model_copy(update=away[lost]))
    for act in (lambda: back_up(there, str(tmp_path / "kunnig.zip")), lambda: restore(there, str(sound))):
        with pytest.raises(BackupError, match=rf"^The {lost} is away: .*\Z"):
            act()
    there.engine.dispose()
    assert not (tmp_path / "kunnig.zip").exists()


def test_an_older_migration_is_backed_up_by_its_own_release(house, owner, tmp_path):
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(BackupError, match="kunnig migrate"):
        back_up(house, str(tmp_path / "kunnig.zip"))


def test_a_role_that_is_not_shown_all_rows_backs_nothing_up(house, tmp_path):
    if not house.settings.database:
        return  # SQLite knows no roles
    program = House(house.settings.model_copy(update={"database_owner": ""}), house.engine, house.files)
    with pytest.raises(BackupError, match="KUNNIG_DATABASE_OWNER"):
        back_up(program, str(tmp_path / "kunnig.zip"))
    assert not (tmp_path / "kunnig.zip").exists()


def test_every_kind_of_column_can_be_read_back():
    plain = {str, int, bool, float, object}  # object: JSON
    kinds = {column.type.python_type for table in METADATA.tables.values() for column in table.columns}
    assert kinds <= plain | set(READ)


def test_it_goes_to_s3_and_back_by_command(house, empty, s3_address, monkeypatch):
    def run(home, *arguments):
        settings = {
            "mode": "demo",
            "data": home.settings.data,
            "database": home.settings.database,
            "database_owner": home.settings.database_owner,
            "s3_endpoint": s3_address,
            "s3_key": S3_KEY,
            "s3_secret": S3_SECRET,
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"KUNNIG_{name.upper()}", str(value))
        return CliRunner().invoke(main, arguments)

    target = f"s3://{BUCKET}/backups/{house.engine.dialect.name}-{empty.engine.dialect.name}/"
    made = run(house, "backup", target)
    assert made.exit_code == 0, made.output
    assert "KUNNIG_SECRET_KEY" in made.output
    where = made.output.partition(": ")[0]
    assert where.startswith(f"{target}kunnig-2")
    assert run(house, "backup", where).output == f"Error: There is something at {where} already\n"
    nothing = run(empty, "restore", f"{target}other")
    assert (nothing.exit_code, nothing.output) == (1, f"Error: There is nothing at {target}other\n")
    assert run(empty, "restore", where).exit_code == 0
    assert content(empty) == content(house)


def in_s3(house, address, files="", secret=S3_SECRET):
    """The same house beside a store with that address; `files` of its own are there too, if named."""
    update = {"files": files, "s3_endpoint": address, "s3_key": S3_KEY, "s3_secret": SecretStr(secret)}
    return make_house(house.settings.model_copy(update=update))


@pytest.mark.parametrize("files", ["", f"s3://{BUCKET}", f"s3://{BUCKET}/files"])
def test_a_backup_does_not_lie_among_what_it_backs_up(house, s3_address, files):
    there = in_s3(house, s3_address, files)
    target = f"{files}/kunnig.zip" if files else str(house.settings.files_folder / "kunnig.zip")
    with pytest.raises(BackupError, match="among the files"):
        back_up(there, target)
    assert not there.files.has("kunnig.zip")
    there.engine.dispose()


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)  # what a store refuses it refuses any database
@pytest.mark.parametrize("empty", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("bucket", "secret", "said"),
    [
        ("nowhere", S3_SECRET, "NoSuchBucket|404"),
        (BUCKET, "another-secret-altogether-123456", "403|Signature"),
    ],
)
def test_what_a_store_refuses_is_one_line(house, empty, s3_address, bucket, secret, said):
    target = f"s3://{bucket}/kunnig.zip"
    for home, act in ((house, back_up), (empty, restore)):
        there = in_s3(home, s3_address, secret=secret)
        with pytest.raises(BackupError) as refused:
            act(there, target)
        there.engine.dispose()
        assert re.search(rf"{said}|nothing at", str(refused.value))
        assert "\n" not in str(refused.value)


def test_what_was_not_read_back_right_does_not_stay_in_the_bucket(house, s3_address, monkeypatch):
    there, target = in_s3(house, s3_address), f"s3://{BUCKET}/broken/{house.engine.dialect.name}.zip"
    download = S3Files.download

    def broken(store, key, file):
        download(store, key, file)
        file.truncate(1000)

    monkeypatch.setattr(S3Files, "download", broken)
    with pytest.raises(BackupError, match=f"{target} is damaged"):
        back_up(there, target)
    monkeypatch.undo()
    back_up(there, target)  # there is nothing there
    there.engine.dispose()


def test_a_backup_that_is_killed_leaves_no_archive_behind(house, s3_address, monkeypatch):
    there, seen = in_s3(house, s3_address), []
    before = {path.name for path in house.settings.data.iterdir()}

    def look(_store, _key, file):
        file.seek(0, os.SEEK_END)
        seen.append(({path.name for path in house.settings.data.iterdir()} - before, file.tell() > 1000))
        raise KeyboardInterrupt

    monkeypatch.setattr(S3Files, "upload", look)
    with pytest.raises(KeyboardInterrupt):
        back_up(there, f"s3://{BUCKET}/killed/{house.engine.dialect.name}.zip")
    assert [size for _names, size in seen] == [True]
    assert not {name for name, _size in seen for name in name if not name.startswith("kunnig.db")}
    there.engine.dispose()


def test_an_archive_is_on_the_disk_before_it_is_there(house, tmp_path, monkeypatch):
    flushed, rename = [], Path.rename

    def renamed(path, to):
        flushed.append("renamed")
        return rename(path, to)

    monkeypatch.setattr("lms.backup.flush", lambda path: flushed.append(path.name))
    monkeypatch.setattr(Path, "rename", renamed)
    back_up(house, str(tmp_path / "kunnig.zip"))
    assert flushed == ["kunnig.zip.unfinished", "renamed", tmp_path.name]


def test_memory_does_not_grow_with_what_is_copied(sound, tmp_path):
    house, other = make_house(settings_for(tmp_path / "one")), make_house(settings_for(tmp_path / "other"))
    restore(house, str(sound))
    for number in range(25):
        house.files.put(f"large/{number}", os.urandom(1_000_000))
    with house.writer.begin() as connection:
        connection.execute(OutboxTask.__table__.insert(), [task(number) for number in range(6_000)])
    tracemalloc.start()
    back_up(house, str(tmp_path / "kunnig.zip"))
    restore(other, str(tmp_path / "kunnig.zip"))
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for each in (house, other):
        each.engine.dispose()
    assert (tmp_path / "kunnig.zip").stat().st_size > 25_000_000
    assert (
        most < 16_000_000
    )  # most of it statements and migrations: twice as many files and rows need no more


def task(number):
    now = datetime.now(UTC)
    return {
        "kind": "k",
        "key": f"k:{number}",
        "ids": {"a": "x" * 500},
        "created_at": now,
        "due_at": now,
        "attempts": 0,
    }


def test_secrets_are_not_in_it(house, sound):
    with zipfile.ZipFile(sound) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert house.settings.secret_key.get_secret_value().encode() not in everything
    assert Employer.__tablename__.encode() in everything
