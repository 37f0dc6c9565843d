"""A mark of all that makes a page: where two machines have the same, the same content has the same bytes on both."""

import zlib
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files

_DRAWN_BY = (
    "weasyprint",
    "pydyf",
    "fonttools",
    "tinycss2",
    "tinyhtml5",
    "cssselect2",
    "pyphen",
    "pillow",
    "zxing-cpp",
)


@cache
def maker() -> str:
    """The mark that a certificate's PDF carries: from this package's files and the libraries that lay out and pack.

    A file with another mark may be genuine although it is made otherwise here; whoever changes a file can write any
    mark into it, so that it says nothing in a file's favour. Fonts of the machine, for letters that ours lack, are not
    told apart.
    """
    from weasyprint.text.ffi import ffi, harfbuzz, pango  # noqa: PLC0415 (who only checks numbers never needs it)

    ffi.cdef("const char *hb_version_string (void);", override=True)
    package = files("certificates")
    parts = [package / "layouts", package / "fonts", package]
    digest = sha256()
    for file in (file for part in parts for file in sorted(part.iterdir(), key=lambda each: each.name)):
        if file.is_file():
            digest.update(file.name.encode() + sha256(file.read_bytes()).digest())
    shaped_by = ffi.string(harfbuzz.hb_version_string()).decode()
    libraries = [*map(version, _DRAWN_BY), str(pango.pango_version()), shaped_by, zlib.ZLIB_RUNTIME_VERSION]
    digest.update("\n".join(libraries).encode())
    return f"Kunnig {digest.hexdigest()[:12]}"
