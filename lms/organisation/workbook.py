"""Take the rows out of a workbook that a stranger has made: looked through first, then read in a process of its own."""

import json
import re
import subprocess
import sys
import zipfile
import zlib
from io import BytesIO

from lms.organisation.workbook_cells import Row

LARGEST = 64 * 1024 * 1024  # bytes of all parts, unpacked
MOST_PARTS = 2_000
DENSEST = 300  # unpacked bytes for one packed: sheets of a hundred thousand like rows stay below 100
PATIENCE = 60  # seconds; the reading process gets less time of the processor
READER = (sys.executable, "-m", "lms.organisation.workbook_cells")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # compound file: an XLS of 1997, or an encrypted XLSX
ZIP = b"PK\x03\x04"
LOCKED = "EncryptedPackage".encode("utf-16-le")  # Source: [MS-OFFCRYPTO] 1.3.3

# The reader passes over cells with an error of a formula; as text they are told like any other wrong value.
_ERRORS = (
    (re.compile(rb'(<(?:\w+:)?c\b[^<>]*?\s)t="e"'), rb'\1t="str"'),
    (re.compile(rb'office:string-value=""(?=\s+calcext:value-type="error")'), b""),
)


class Unreadable(Exception):
    """The rows of a workbook cannot be had; `code` is that of the fault."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_workbook(data: bytes) -> bool:
    """Whether a file begins like a workbook, of whatever kind."""
    return data.startswith((ZIP, OLE))


def workbook_rows(data: bytes) -> list[Row]:
    """Rows of the sheet with the list, numbered as in the spreadsheet, cells as text. Raises Unreadable.

    What reading may cost is limited before it begins: parts are counted and measured by the directory of the
    archive, unpacked no further than they say, and handed on unpacked. The reader has its own limits.
    """
    if data.startswith(OLE):
        raise Unreadable("locked_workbook" if LOCKED in data else "not_a_list")
    try:
        plain = _looked_through(data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise Unreadable("damaged_workbook") from None
    try:
        done = subprocess.run(READER, input=plain, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise Unreadable("workbook_too_large") from None
    if done.returncode != 0:  # it ran into a limit, or the library fell over its own feet
        raise Unreadable("workbook_too_large")
    answer = json.loads(done.stdout)
    if "fault" in answer:
        raise Unreadable(answer["fault"])
    return [(number, cells) for number, cells in answer["rows"]]


def _looked_through(data: bytes) -> bytes:
    """The same workbook with its text parts only, not packed. Raises Unreadable, and what zipfile raises."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if not names & {"xl/workbook.xml", "content.xml"}:
            raise Unreadable("not_a_list")
        if any(part.flag_bits & 0x1 for part in parts):
            raise Unreadable("locked_workbook")
        if any(name.endswith("vbaProject.bin") or name.startswith(("Basic/", "Scripts/")) for name in names):
            raise Unreadable("macros")
        if len(names) < len(parts):  # which of two parts counts, every program decides for itself
            raise Unreadable("damaged_workbook")
        if (
            len(parts) > MOST_PARTS
            or sum(part.file_size for part in parts) > LARGEST
            or any(part.file_size > DENSEST * max(part.compress_size, 1024) for part in parts)
        ):
            raise Unreadable("workbook_too_large")
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as unpacked:
            for part in parts:
                if part.filename.endswith((".xml", ".rels", "mimetype")):
                    unpacked.writestr(part.filename, _checked(part.filename, archive.read(part)))
    return out.getvalue()


def _checked(name: str, part: bytes) -> bytes:
    """A part with its errors as text. Raises Unreadable for one that is locked or declares entities."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:  # no spreadsheet program writes them; XML bombs need them
        raise Unreadable("damaged_workbook")
    if name == "META-INF/manifest.xml" and b"encryption-data" in part:
        raise Unreadable("locked_workbook")
    for wrong, right in _ERRORS:
        part = wrong.sub(right, part)
    return part
