"""Files by key: a local folder, or any S3-compatible store. The only place that knows boto3."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from lms.base.errors import Away
from lms.base.settings import Settings

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client


UNFINISHED = ".unfinished-"  # how the name of a local file begins until it is whole


class FileStore(Protocol):
    """Bytes by key. Keys are relative paths with `/`; a file put is complete or not there.

    All raise Away when the store cannot be reached, is full or read-only.
    """

    def put(self, key: str, data: bytes) -> None:
        """Store bytes under a key, replacing what was there."""

    def get(self, key: str) -> bytes:
        """The bytes of a key. Raises KeyError if there are none."""

    def upload(self, key: str, file: IO[bytes]) -> None:
        """Store what an open file holds, of any size, from where it stands. It may be closed then."""

    def download(self, key: str, file: IO[bytes]) -> None:
        """Write what is stored, of any size, to an open file. Raises KeyError if it is not there."""

    def has(self, key: str) -> bool:
        """Whether there is a file with this key."""

    def delete(self, key: str) -> None:
        """Remove a key; does nothing if it is not there."""

    def all_keys(self) -> Iterator[str]:
        """Every key there is, in no order; one that comes or goes meanwhile may be told or not."""

    def check(self) -> None:
        """Raise (OSError, an error of boto3) if the store cannot be used now; cheap enough to ask often."""


def _checked(key: str) -> str:
    parts = key.split("/")
    if not key or key.startswith("/") or "\\" in key or any(part in {"", ".", ".."} for part in parts):
        message = f"not a file key: {key!r}"
        raise ValueError(message)
    return key


@contextmanager
def _disk() -> Iterator[None]:
    """Turn what a disk says that is full, read-only or gone into the refusal Away."""
    try:
        yield
    except OSError as error:
        raise Away("files_away") from error


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk. Raises OSError."""
    place = os.open(path, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def _unless_gone(error: OSError) -> None:
    """Raise what a disk says, except that a folder is not there: with its first file it is made."""
    if not isinstance(error, FileNotFoundError):
        raise error


class LocalFiles:
    """A folder on this machine; each file is written beside and renamed, so it is whole or absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, key: str) -> Path:
        return self.folder / _checked(key)

    def put(self, key: str, data: bytes) -> None:
        """Write to a temporary file, flush it to the disk, rename it into place, flush the folder."""
        self.upload(key, BytesIO(data))

    def upload(self, key: str, file: IO[bytes]) -> None:
        """The same with what an open file holds, piece by piece."""
        path = self._path(key)
        with _disk():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as kept:
                    shutil.copyfileobj(file, kept)
                    kept.flush()
                    os.fsync(kept.fileno())
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            flush(path.parent)

    def get(self, key: str) -> bytes:
        """Read a file. Raises KeyError if it is not there."""
        with _disk():
            try:
                return self._path(key).read_bytes()
            except FileNotFoundError:
                raise KeyError(key) from None

    def download(self, key: str, file: IO[bytes]) -> None:
        """Write it to an open file, piece by piece. Raises KeyError if it is not there."""
        with _disk():
            try:
                kept = self._path(key).open("rb")
            except FileNotFoundError:
                raise KeyError(key) from None
            with kept:
                shutil.copyfileobj(kept, file)

    def has(self, key: str) -> bool:
        """Whether the file exists."""
        with _disk():
            return self._path(key).is_file()

    def delete(self, key: str) -> None:
        """Remove the file if it exists."""
        with _disk():
            self._path(key).unlink(missing_ok=True)

    def all_keys(self) -> Iterator[str]:
        """Walk through the folder; files being written are left out."""
        for path in self._walk():
            if not path.name.startswith(UNFINISHED):
                yield path.relative_to(self.folder).as_posix()

    def _walk(self) -> Iterator[Path]:
        """Every file in the folder. Raises Away for a folder that may not be read: what is in it must not seem gone."""
        with _disk():
            for folder, _folders, names in os.walk(self.folder, onerror=_unless_gone):
                yield from (Path(folder) / name for name in names)

    def forget_unfinished(self, before: datetime) -> None:
        """Remove what somebody has begun to write before a time, and never finished."""
        for path in self._walk():
            with _disk(), suppress(FileNotFoundError):
                if path.name.startswith(UNFINISHED) and path.stat().st_mtime < before.timestamp():
                    path.unlink()

    def check(self) -> None:
        """Raise OSError if files cannot be written here."""
        folder = self.folder
        while not folder.exists():  # it is made with its first file
            folder = folder.parent
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(f"{folder} cannot be written")


class S3Files:
    """A bucket (and prefix) of an S3-compatible store."""

    def __init__(self, settings: Settings) -> None:
        address = urlsplit(settings.files)
        self.settings = settings
        self.bucket = address.netloc
        self.prefix = address.path.strip("/")

    @cached_property
    def client(self) -> "S3Client":
        """The client, made on first use: importing boto3 is slow and the local store never needs it."""
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        settings = self.settings
        return boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint or None,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_key or None,
            aws_secret_access_key=settings.s3_secret.get_secret_value() or None,
            config=Config(
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",  # other makes than AWS refuse the newer checksums
                response_checksum_validation="when_required",
                connect_timeout=5,
                read_timeout=10,
                retries={"max_attempts": 3, "mode": "standard"},
            ),
        )

    def _key(self, key: str) -> str:
        return self._start + _checked(key)

    @property
    def _start(self) -> str:
        """How the name of every object of this store begins."""
        return f"{self.prefix}/" if self.prefix else ""

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Turn what is no answer, and what the store says that cannot answer now, into the refusal Away."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            yield
        except BotoCoreError as error:
            raise Away("files_away") from error
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                raise
            raise Away("files_away") from error

    def put(self, key: str, data: bytes) -> None:
        """Upload in one request; S3 shows it complete or not at all."""
        with self._reached():
            self.client.put_object(Bucket=self.bucket, Key=self._key(key), Body=data)

    def get(self, key: str) -> bytes:
        """Download. Raises KeyError if it is not there."""
        with self._reached():
            return self._open(key).read()

    def _open(self, key: str) -> "StreamingBody":
        try:
            return self.client.get_object(Bucket=self.bucket, Key=self._key(key))["Body"]
        except self.client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
                raise KeyError(key) from None
            raise

    def has(self, key: str) -> bool:
        """Whether the object exists."""
        with self._reached():
            try:
                self.client.head_object(Bucket=self.bucket, Key=self._key(key))
            except self.client.exceptions.ClientError as error:
                if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404", "NotFound"}:
                    return False
                raise
            return True

    def delete(self, key: str) -> None:
        """Remove the object; S3 says nothing if it was not there."""
        with self._reached():
            self.client.delete_object(Bucket=self.bucket, Key=self._key(key))

    def all_keys(self) -> Iterator[str]:
        """List the bucket below the prefix, a thousand keys at a time."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._start)
        with self._reached():
            for page in pages:
                for found in page.get("Contents", ()):
                    yield found["Key"].removeprefix(self._start)

    def check(self) -> None:
        """Raise if the bucket does not answer, or not to these keys."""
        self.client.head_bucket(Bucket=self.bucket)

    def clock(self) -> datetime:
        """The server's time; signatures of clocks more than 15 minutes apart are refused."""
        answer = self.client.head_bucket(Bucket=self.bucket)
        return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])

    def upload(self, key: str, file: IO[bytes]) -> None:
        """Store a file of any size, in parts. It is closed then."""
        with self._reached():
            self.client.upload_fileobj(file, self.bucket, self._key(key))

    def download(self, key: str, file: IO[bytes]) -> None:
        """Write what is stored, of any size, to a file. Raises KeyError if it is not there."""
        with self._reached():
            shutil.copyfileobj(self._open(key), file)

    def holds(self, bucket: str, name: str) -> bool:
        """Whether an object of the same server lies among the files of this store."""
        return bucket == self.bucket and name.startswith(self._start)


def refusals() -> tuple[type[Exception], ...]:
    """What a store raises that answers and refuses: there is no such bucket, the keys are wrong."""
    from boto3.exceptions import Boto3Error  # noqa: PLC0415
    from botocore.exceptions import ClientError  # noqa: PLC0415

    return Boto3Error, ClientError


def make_file_store(settings: Settings) -> FileStore:
    """The file store that the settings name: S3 for `s3://…`, else the local folder.

    Raises ValueError for any other address.
    """
    if not settings.files:
        return LocalFiles(settings.files_folder)
    if urlsplit(settings.files).scheme != "s3":
        message = f"KUNNIG_FILES must be empty or s3://bucket/prefix, not {settings.files!r}"
        raise ValueError(message)
    return S3Files(settings)
