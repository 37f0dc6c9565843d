"""Find the credential in a file that somebody sends: a PDF, a picture or the credential itself; in bounds.

A PDF is taken apart in a process of its own, which is ended when it takes too much: no one trusts a stranger's file.
"""

import subprocess
import sys
import zlib
from dataclasses import dataclass, field
from enum import StrEnum, auto
from pathlib import Path
from threading import BoundedSemaphore

from certificates.bounds import LARGEST_CREDENTIAL, LARGEST_FILE
from certificates.render import CREDENTIAL_FILE

SECONDS = 10  # for a PDF
WAIT = 3  # seconds for others that are being read
_PNG = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"openbadgecredential"  # of the text chunk that Open Badges 3.0 asks for
_MOST_CHUNKS = 1_000


class Refused(StrEnum):
    """Why nothing was found."""

    TOO_LARGE = auto()
    UNREADABLE = auto()  # broken, locked, or of a kind that we do not know
    BUSY = auto()  # too many others are being read; to be sent again
    NO_CREDENTIAL = auto()  # readable, but without one: perhaps printed and scanned, or not of ours


class FileError(ValueError):
    """A file in which no credential was found, with the reason."""

    def __init__(self, reason: Refused) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Found:
    """A credential in one of its two forms, unchecked."""

    document: bytes = b""
    token: str = ""
    maker: str = field(default="", compare=False)  # what the PDF says made it


_AT_ONCE = BoundedSemaphore(2)  # such processes; none of them knows a secret of ours


def find_credential(data: bytes) -> Found:
    """The credential in a file. Raises FileError."""
    if len(data) > LARGEST_FILE:
        raise FileError(Refused.TOO_LARGE)
    if data.startswith(b"%PDF-"):
        return _in_pdf(data)
    found = _in_png(data) if data.startswith(_PNG) else data
    return _as_text(found)


def has_page(data: bytes) -> bool:
    """Whether a file shows people something beside its credential, which may be anything."""
    return data.startswith((b"%PDF-", _PNG))


def _as_text(data: bytes) -> Found:
    text = data.strip()
    if not text or len(text) > LARGEST_CREDENTIAL:
        raise FileError(Refused.UNREADABLE)
    if text.startswith(b"{"):
        return Found(document=text)
    if text.count(b".") == 2 and text.isascii() and not text.split()[1:]:
        return Found(token=text.decode())
    raise FileError(Refused.UNREADABLE)


def _in_png(data: bytes) -> bytes:
    """The text of the chunk in a picture (ISO 15948, iTXt), of which no more is unpacked than a credential may have."""
    at = len(_PNG)
    for _chunk in range(_MOST_CHUNKS):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if len(body) < length or kind == b"IEND":
            break
        if kind == b"iTXt" and body.startswith(_KEYWORD + b"\0"):
            return _text_of(body.removeprefix(_KEYWORD + b"\0"))
        at += length + 12
    raise FileError(Refused.NO_CREDENTIAL)


def _text_of(body: bytes) -> bytes:
    is_packed, rest = body[:1] == b"\1", body[2:]
    parts = rest.split(b"\0", 2)
    if len(parts) != 3:  # language, translated keyword, text
        raise FileError(Refused.UNREADABLE)
    text = parts[2]
    if not is_packed:
        return text
    try:
        return zlib.decompressobj().decompress(text, LARGEST_CREDENTIAL + 1)
    except zlib.error as error:
        raise FileError(Refused.UNREADABLE) from error


def _in_pdf(data: bytes) -> Found:
    command = [sys.executable, "-I", str(Path(__file__).with_name("enclosed_child.py")), CREDENTIAL_FILE]
    if not _AT_ONCE.acquire(timeout=WAIT):
        raise FileError(Refused.BUSY)
    try:
        done = subprocess.run(  # noqa: S603 (our own program and name; the file goes in by standard input)
            command, input=data, capture_output=True, timeout=SECONDS, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise FileError(Refused.UNREADABLE) from error
    finally:
        _AT_ONCE.release()
    if done.returncode != 0:
        raise FileError(Refused.UNREADABLE)
    maker, _, document = done.stdout.partition(b"\n")
    if not document or len(document) > LARGEST_CREDENTIAL:
        raise FileError(Refused.NO_CREDENTIAL)
    return Found(document=document, maker=maker.decode(errors="replace"))
