"""An edition as canonical JSON: the same bytes for the same content on every machine, named by their SHA-256."""

import hashlib
import json
from dataclasses import replace

from pydantic import TypeAdapter

from lms.catalogue.values import Edition

_EDITION = TypeAdapter(Edition)


def to_snapshot(edition: Edition) -> tuple[str, bytes]:
    """Digest and canonical bytes: UTF-8 JSON, keys sorted, no spaces, without id and digest.

    Fields at their default are left out, so that a field added later changes no older snapshot.
    """
    plain = _EDITION.dump_python(edition, mode="json", exclude={"id", "digest"}, exclude_defaults=True)
    data = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(data).hexdigest(), data


def from_snapshot(digest: str, data: bytes) -> Edition:
    """The edition that was frozen under a digest; its `id` is still 0.

    Raises ValueError if the bytes are not those of the digest.
    """
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"the snapshot of edition {digest} is damaged")
    return replace(_EDITION.validate_json(data), digest=digest)


def snapshot_key(digest: str) -> str:
    """Where a snapshot lies in the file store."""
    return f"editions/{digest}.json"


def media_key(sha: str) -> str:
    """Where a picture lies in the file store."""
    return f"media/{sha}.svg"
