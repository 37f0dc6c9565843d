"""Files by key: a local folder, or any S3-compatible store. The only place that knows boto3."""

import os
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from lms.base.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class FileStore(Protocol):
    """Bytes by key. Keys are relative paths with `/`; a file put is complete or not there."""

    def put(self, key: str, data: bytes) -> None:
        """Store bytes under a key, replacing what was there."""

    def get(self, key: str) -> bytes:
        """The bytes of a key. Raises KeyError if there are none."""

    def has(self, key: str) -> bool:
        """Whether there is a file with this key."""

    def delete(self, key: str) -> None:
        """Remove a key; does nothing if it is not there."""


def _checked(key: str) -> str:
    parts = key.split("/")
    if not key or key.startswith("/") or "\\" in key or any(part in {"", ".", ".."} for part in parts):
        message = f"not a file key: {key!r}"
        raise ValueError(message)
    return key


class LocalFiles:
    """A folder on this machine; each file is written beside and renamed, so it is whole or absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, key: str) -> Path:
        return self.folder / _checked(key)

    def put(self, key: str, data: bytes) -> None:
        """Write to a temporary file, flush it to the disk, rename it into place."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def get(self, key: str) -> bytes:
        """Read a file. Raises KeyError if it is not there."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise KeyError(key) from None

    def has(self, key: str) -> bool:
        """Whether the file exists."""
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        """Remove the file if it exists."""
        self._path(key).unlink(missing_ok=True)


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
                read_timeout=30,
                retries={"max_attempts": 3, "mode": "standard"},
            ),
        )

    def _key(self, key: str) -> str:
        return f"{self.prefix}/{_checked(key)}" if self.prefix else _checked(key)

    def put(self, key: str, data: bytes) -> None:
        """Upload in one request; S3 shows it complete or not at all."""
        self.client.put_object(Bucket=self.bucket, Key=self._key(key), Body=data)

    def get(self, key: str) -> bytes:
        """Download. Raises KeyError if it is not there."""
        try:
            return self.client.get_object(Bucket=self.bucket, Key=self._key(key))["Body"].read()
        except self.client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
                raise KeyError(key) from None
            raise

    def has(self, key: str) -> bool:
        """Whether the object exists."""
        try:
            self.client.head_object(Bucket=self.bucket, Key=self._key(key))
        except self.client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404", "NotFound"}:
                return False
            raise
        return True

    def delete(self, key: str) -> None:
        """Remove the object; S3 says nothing if it was not there."""
        self.client.delete_object(Bucket=self.bucket, Key=self._key(key))


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
