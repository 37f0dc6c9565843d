"""A program of its own: the file of a name that is enclosed in a PDF, from standard input to standard output.

Before it stands a line with the program that the PDF says made it. Nothing if there is no such file.
It ends itself when it takes too much time or memory, and imports nothing of ours.
"""

import resource
import sys
import zlib
from io import BytesIO
from typing import Any

SECONDS, MEMORY = 5, 256 << 20
LARGEST = 100_001  # bytes of a file; one more than any that is wanted
LONGEST = 40  # letters of the program


def unpacked(stream: Any) -> bytes:
    """The bytes of a file, of which no more is unpacked than is wanted; none if it is packed in an unusual way."""
    ways = stream.get("/Filter", [])
    ways = [str(way) for way in ways] if isinstance(ways, pikepdf.Array | list) else [str(ways)]
    if not ways:
        return bytes(stream.read_raw_bytes()[:LARGEST])
    if ways != ["/FlateDecode"] or "/DecodeParms" in stream:
        return b""
    return zlib.decompressobj().decompress(stream.read_raw_bytes(), LARGEST)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file
    import pikepdf

    with pikepdf.open(BytesIO(sys.stdin.buffer.read())) as pdf:
        enclosed = pdf.attachments.get(sys.argv[1])
        if enclosed is not None:
            info = pdf.trailer.get("/Info")
            maker = str(info.get("/Creator", "")) if isinstance(info, pikepdf.Dictionary) else ""
            sys.stdout.buffer.write("".join(maker.split("\n"))[:LONGEST].encode(errors="replace") + b"\n")
            sys.stdout.buffer.write(unpacked(enclosed.get_file().obj))
