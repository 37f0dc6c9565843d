"""The archive a backup is: how it is laid out, and whether it is what was written.

A zip with `tables/<name>.jsonl` (one JSON list a row, in the order of the primary key), `files.tar`, and
`manifest.json` with the migration, columns, counts and SHA-256 of each. Memory does not grow with what it holds.
"""

import hashlib
import json
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from lms.base.files import FileStore

FORMAT = 1
MANIFEST, FILES = "manifest.json", "files.tar"
DAMAGED = (zipfile.BadZipFile, zlib.error, tarfile.TarError, EOFError, KeyError, TypeError, ValueError)


class BackupError(Exception):
    """It was not done; the message is one line that says why."""


@dataclass(frozen=True)
class Part:
    """One part of an archive: its SHA-256, how many rows or files it holds, and a table's columns."""

    sha256: str
    count: int
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What an archive holds: tables by name, files, and at which migration they were taken."""

    made_at: str
    release: str
    revision: str
    tables: Mapping[str, Part]
    files: Part
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(part.count for part in self.tables.values())


def verify(stored: Path | IO[bytes], name: str = "") -> Manifest:
    """Read an archive through; every part has the checksum and count that its manifest says. Raises BackupError.

    `name` is what it is called in a refusal; without one, its path.
    """
    name = name or str(stored)
    try:
        with zipfile.ZipFile(stored) as archive:
            manifest = read_manifest(archive)
            parts = {member_of(table): part for table, part in manifest.tables.items()} | {
                FILES: manifest.files
            }
            if set(archive.namelist()) != {*parts, MANIFEST}:
                raise BackupError(f"{name} is damaged: its parts are not those it says")
            for member, part in parts.items():
                digest, lines = hashlib.sha256(), 0
                with archive.open(member) as packed:
                    while block := packed.read(1 << 20):
                        digest.update(block)
                        lines += block.count(b"\n")
                if digest.hexdigest() != part.sha256 or (member != FILES and lines != part.count):
                    raise BackupError(f"{name} is damaged: {member} is not what was backed up")
            return manifest
    except DAMAGED:
        raise BackupError(f"{name} is damaged, or no backup of Kunnig") from None
    except OSError as error:
        raise BackupError(f"{name} cannot be read: {error.strerror}") from None


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """The manifest of an archive. Raises one of DAMAGED, BackupError if it is of a format of the future."""
    stored = json.loads(archive.read(MANIFEST))
    if stored["format"] != FORMAT:
        raise BackupError(f"The backup has format {stored['format']}; this release reads format {FORMAT}")
    parts = {
        name: Part(**{**part, "columns": tuple(part["columns"])}) for name, part in stored["tables"].items()
    }
    return Manifest(**{**stored, "tables": parts, "files": Part(**stored["files"])})


def member_of(name: str) -> str:
    """Where the rows of a table are in the archive."""
    return f"tables/{name}.jsonl"


class Digested:
    """A stream that is written through, and digested on the way."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write on, and digest."""
        self.digest.update(data)
        return self.stream.write(data)


def write_files(archive: zipfile.ZipFile, store: FileStore) -> Part:
    """Put every file of a store into the archive."""
    count = 0
    with archive.open(FILES, "w", force_zip64=True) as member:
        out = Digested(member)
        with tarfile.open(fileobj=out, mode="w|") as tar:  # type: ignore[call-overload]
            for key in store.all_keys():
                try:
                    data = store.get(key)
                except KeyError:  # gone since it was listed
                    continue
                entry = tarfile.TarInfo(key)
                entry.size = len(data)
                tar.addfile(entry, BytesIO(data))
                tar.members.clear()  # else it remembers them all
                count += 1
    return Part(out.digest.hexdigest(), count)


def read_files(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """The files in an archive, each with its key. Raises BackupError for an entry that is no file."""
    with archive.open(FILES) as stored, tarfile.open(fileobj=stored, mode="r|") as tar:
        while (entry := tar.next()) is not None:
            file = tar.extractfile(entry)
            if file is None:
                raise BackupError(f"{entry.name} in the backup is no file")
            yield entry.name, file.read()
            tar.members.clear()  # type: ignore[attr-defined]
