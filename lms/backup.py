"""Backup and restore: all tables and files in one archive, the same for both databases, so it moves between them.

The rows are those of one moment, while the program runs on; they are read and written as the owner of the tables, who
alone is shown those of every employer. Memory does not grow with what is copied. Settings and secrets are not in it.
"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import JSON, Connection, Engine, Table, TableClause, inspect, text
from sqlalchemy.exc import SQLAlchemyError

import lms
from lms.archive import (
    MANIFEST,
    BackupError,
    Digested,
    Manifest,
    Part,
    member_of,
    read_files,
    verify,
    write_files,
)
from lms.base.context import House
from lms.base.db import reached
from lms.base.errors import Away
from lms.base.files import FileStore, LocalFiles, S3Files, flush, refusals
from lms.base.heartbeat import WorkerHeartbeat
from lms.base.migrate import Schema, migrate_as_owner, revision, revisions, schema, upgrade
from lms.base.row_security import make_owner_engine
from lms.tables import METADATA

LEFT_OUT = {WorkerHeartbeat.__tablename__}  # workers do not come along
AT_ONCE = 500  # rows read or written together
RESTORING = (
    "restoring"  # a file that is there as long as a restore is not over: nothing else was in the store before
)
AMONG_THE_FILES = (
    "{} is among the files that are backed up, and each backup would hold the earlier ones: another {}"
)
PARTS = {"database_away": "database", "files_away": "file store"}
SHOWN_ALL = (
    "SELECT bool_and(pg_has_role(tableowner, 'USAGE')) FROM pg_tables WHERE schemaname = current_schema()"
)
READ: dict[type, Callable[[Any], Any]] = {  # what JSON does not know is written as text
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    Fraction: Fraction,
    UUID: UUID,
    bytes: bytes.fromhex,
}


@contextmanager
def _said_in_one_line() -> Iterator[None]:
    """Say that the database or a file store is away, or that the database refuses something. Raises BackupError."""
    try:
        with reached():
            yield
    except Away as away:
        cause = away.__cause__
        said = str(cause).strip().partition("\n")[0]
        raise BackupError(f"The {PARTS[away.code]} is away: {type(cause).__name__}: {said}") from None
    except SQLAlchemyError as error:
        raise BackupError(f"The database refuses the backup: {type(error).__name__}") from None
    except refusals() as error:
        raise BackupError(f"The file store refuses: {str(error).partition(chr(10))[0]}") from None


@_said_in_one_line()
def back_up(house: House, target: str) -> tuple[str, Manifest]:
    """Write all tables and files to a new file, or to `s3://bucket/key`, and read it back.

    A folder, or a key that ends with `/`, gets a file named after the time. Returns where it is, and what it holds.
    Raises BackupError; then there is nothing at the target.
    """
    match schema(house.engine):
        case Schema.BEHIND:
            raise BackupError("The database is not at this release's newest migration; run: kunnig migrate")
        case Schema.AHEAD:
            raise BackupError("The database is of a newer release than this one: back it up with that one")
    name = f"kunnig-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip"
    if not target.startswith("s3://"):
        path = Path(target) / name if Path(target).is_dir() else Path(target)
        return str(path), _to_folder(house, path)
    where = target + name if target.endswith("/") else target
    return where, _to_bucket(house, where)


@_said_in_one_line()
def restore(house: House, source: str) -> Manifest:
    """Read an archive into a database without tables and a file store without files; compare; all of it or nothing.

    An archive of an older release is brought to the newest migration. Raises BackupError.
    """
    if not source.startswith("s3://"):
        return _from_file(house, Path(source), source)
    store, key = _bucket(house, source)
    house.settings.data.mkdir(mode=0o750, parents=True, exist_ok=True)
    with _nameless(house) as got:
        try:
            store.download(key, got)
        except KeyError:
            raise BackupError(f"There is nothing at {source}") from None
        return _from_file(house, got, source)


def _nameless(house: House) -> IO[bytes]:
    """A file without a name, which goes when it is closed or this process dies: nobody finds people in it later."""
    return tempfile.TemporaryFile(dir=house.settings.data)


def _bucket(house: House, address: str) -> tuple[S3Files, str]:
    parts = urlsplit(address)
    bucket = house.settings.model_copy(update={"files": f"s3://{parts.netloc}"})
    return S3Files(bucket), parts.path.lstrip("/")


def _to_bucket(house: House, where: str) -> Manifest:
    """Write an archive, store it, get it back and verify that; if anything fails, take it out again."""
    store, key = _bucket(house, where)
    if isinstance(house.files, S3Files) and house.files.holds(store.bucket, key):
        raise BackupError(AMONG_THE_FILES.format(where, "bucket"))
    if store.has(key):
        raise BackupError(f"There is something at {where} already")
    try:
        with _nameless(house) as sent, _nameless(house) as back:
            _write(house, sent)
            sent.seek(0)
            store.upload(key, sent)
            store.download(key, back)
            return verify(back, where)
    except BaseException as error:
        with suppress(Away, *refusals()):
            store.delete(key)
        if isinstance(error, OSError):
            raise BackupError(f"{house.settings.data} cannot be written: {error.strerror}") from None
        raise


def _to_folder(house: House, path: Path) -> Manifest:
    """Write an archive beside where it belongs, verify it, put it in its place."""
    if isinstance(house.files, LocalFiles) and path.resolve().is_relative_to(house.files.folder):
        raise BackupError(AMONG_THE_FILES.format(path, "folder"))
    if path.exists():
        raise BackupError(f"There is something at {path} already")
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        unfinished.touch(mode=0o600)
        _write(house, unfinished)
        manifest = verify(unfinished)
        flush(unfinished)
        unfinished.rename(path)
        flush(path.parent)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def _write(house: House, place: Path | IO[bytes]) -> None:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        with _snapshot(house) as connection:  # rows first: files of later rows do no harm, missing ones would
            at = revision(connection)
            tables = {
                each.name: _write_table(archive, connection, each)
                for each in METADATA.sorted_tables
                if each.name not in LEFT_OUT
            }
        manifest = Manifest(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            release=lms.__version__,
            revision=str(at),
            tables=tables,
            files=write_files(archive, house.files),
        )
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))


@contextmanager
def _owner(house: House) -> Iterator[Engine]:
    """The database of a house for the owner of its tables."""
    engine = make_owner_engine(house.settings)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _snapshot(house: House) -> Iterator[Connection]:
    """A connection that sees one moment, however long it reads. SQLite's WAL does so by itself."""
    level = {} if house.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with _owner(house) as owner, owner.execution_options(**level).connect() as connection:
        if not level or connection.scalar(text(SHOWN_ALL)):
            yield connection
        else:
            raise BackupError("Only the owner of the tables sees all rows; name it in KUNNIG_DATABASE_OWNER")


def _write_table(archive: zipfile.ZipFile, connection: Connection, source: Table) -> Part:
    columns = tuple(each.name for each in source.columns)
    count = 0
    with archive.open(member_of(source.name), "w", force_zip64=True) as member:
        out = Digested(member)
        for line in _lines(connection, _bare(source, columns), source):
            out.write(line)
            count += 1
    return Part(out.digest.hexdigest(), count, columns)


def _bare(source: Table, columns: tuple[str, ...]) -> TableClause:
    """A table with some of its columns and nothing else, so that no default adds what was not stored."""
    types = {
        each.name: JSON(none_as_null=bool(each.nullable)) if isinstance(each.type, JSON) else each.type
        for each in source.columns
    }
    return sa.table(source.name, *(sa.column(name, types[name]) for name in columns))


def _lines(connection: Connection, bare: TableClause, source: Table) -> Iterator[bytes]:
    """The rows of a table as they are stored in an archive; the same rows give the same bytes on both databases."""
    order: list[sa.ColumnElement[Any]] = [bare.c[each.name] for each in source.primary_key]
    if connection.dialect.name == "postgresql":
        order = [each.collate("C") if isinstance(each.type, sa.String) else each for each in order]
    rows = sa.select(bare).order_by(*order).execution_options(yield_per=AT_ONCE)
    for row in connection.execute(rows):
        yield json.dumps(list(row), default=_in_text, separators=(",", ":")).encode() + b"\n"


def _in_text(value: object) -> str:
    """What JSON does not know, so that READ gets it back."""
    return value.hex() if isinstance(value, bytes) else str(value)


def _from_file(house: House, stored: Path | IO[bytes], name: str) -> Manifest:
    manifest = verify(stored, name)  # before anything is touched
    known = {name: {each.name for each in METADATA.tables[name].columns} for name in METADATA.tables}
    if manifest.revision not in revisions() or not all(
        name in known and set(part.columns) <= known[name] for name, part in manifest.tables.items()
    ):
        raise BackupError(
            f"The backup was made by Kunnig {manifest.release} at migration {manifest.revision}, which this "
            f"release ({lms.__version__}) does not read; restore it with that release, then upgrade"
        )
    house.settings.data.mkdir(mode=0o750, parents=True, exist_ok=True)
    if not house.files.has(RESTORING) and next(house.files.all_keys(), None) is not None:
        raise BackupError("There are files in the file store already; restore only into an empty place")
    with (
        zipfile.ZipFile(stored) as archive,
        _owner(house) as owner,
        owner.execution_options(writes=True).begin() as connection,
    ):
        if inspect(connection).get_table_names():
            raise BackupError("There are tables in the database already; restore only into an empty place")
        upgrade(connection, manifest.revision)
        _read_tables(archive, connection, manifest)
        upgrade(connection)
        _fill_store(archive, house.files, manifest.files.count)
    migrate_as_owner(house.settings)  # nothing is left to migrate; the program's role gets its rights
    return manifest


def _read_tables(archive: zipfile.ZipFile, connection: Connection, manifest: Manifest) -> None:
    """Fill the tables, each after those it points to, and compare each with what was backed up."""
    with _self_references_wait(connection):
        for source in METADATA.sorted_tables:
            part = manifest.tables.get(source.name)
            if part is None:
                continue
            bare = _bare(source, part.columns)
            with archive.open(member_of(source.name)) as stored:
                while lines := list(islice(stored, AT_ONCE)):
                    connection.execute(bare.insert(), [_row(bare, line) for line in lines])
            _go_on_counting(connection, source)
            digest = hashlib.sha256()
            for line in _lines(connection, bare, source):
                digest.update(line)
            if digest.hexdigest() != part.sha256:
                raise BackupError(f"The database does not hold in {source.name} what was backed up")


def _row(bare: TableClause, line: bytes) -> dict[str, Any]:
    row = {}
    for stored, value in zip(bare.c, json.loads(line), strict=True):
        read = None if value is None else READ.get(stored.type.python_type)
        row[stored.name] = read(value) if read else value
    return row


@contextmanager
def _self_references_wait(connection: Connection) -> Iterator[None]:
    """Let rows point to rows of the same table that come after them, until the block ends."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        yield
        return
    own = [
        f'ALTER TABLE "{name}" ALTER CONSTRAINT "{key["name"]}"'
        for name in inspect(connection).get_table_names()
        for key in inspect(connection).get_foreign_keys(name)
        if key["referred_table"] == name
    ]
    for alter in own:
        connection.execute(text(f"{alter} DEFERRABLE INITIALLY DEFERRED"))
    yield
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for alter in own:
        connection.execute(text(f"{alter} NOT DEFERRABLE"))


def _go_on_counting(connection: Connection, source: Table) -> None:
    """Let new rows get keys after those restored; SQLite does so by itself."""
    key = source.autoincrement_column
    if key is None or connection.dialect.name == "sqlite":
        return
    connection.execute(
        text(
            f"SELECT setval(pg_get_serial_sequence('\"{source.name}\"', '{key.name}'), max(\"{key.name}\")) "  # noqa: S608
            f'FROM "{source.name}" HAVING count(*) > 0'
        )
    )


def _fill_store(archive: zipfile.ZipFile, store: FileStore, count: int) -> None:
    """Fill the file store; if that fails, or was killed the last time, what was put into it is taken out again."""
    put = 0
    try:
        _empty(store)
        store.put(RESTORING, b"")
        for key, data in read_files(archive):
            store.put(key, data)
            put += 1
        if put != count:
            raise BackupError(f"The backup holds {put} files, and says {count}")  # noqa: TRY301  (all is taken out)
        store.delete(RESTORING)
    except BaseException:
        _empty(store)
        raise


def _empty(store: FileStore) -> None:
    """Take everything out of a file store in which nothing was before the restore began."""
    for key in store.all_keys():
        if key != RESTORING:
            store.delete(key)
    store.delete(RESTORING)
