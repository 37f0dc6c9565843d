"""Finding the credential in whatever strangers send: clear refusals, in bounded time and memory."""

import gzip
import struct
import subprocess
import sys
import zlib
from io import BytesIO
from random import Random

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from certificates import render_pdf
from certificates.bounds import LARGEST_FILE
from certificates.credential.check import check_document
from certificates.reading import FileError, Found, Refused, find_credential
from tests.certificates.builders import make_content
from tests.certificates.test_check import BADGE, BOOK, GENUINE, written

ADDRESS = "https://kunnig.example/v/7F3K9-2QDXM"
DOCUMENT = written(BADGE)
PDF = render_pdf(make_content(), ADDRESS, credential=DOCUMENT)
PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def picture(*texts):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return (
        PNG
        + head
        + b"".join(chunk(b"iTXt", text) for text in texts)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def baked(data, *, packed=False):
    flags = b"\1\0" if packed else b"\0\0"
    return b"openbadgecredential\0" + flags + b"\0\0" + (zlib.compress(data) if packed else data)


def saved(change, **options):
    with pikepdf.open(BytesIO(PDF)) as pdf:
        change(pdf)
        out = BytesIO()
        pdf.save(out, **options)
    return out.getvalue()


def not_packed(pdf):
    pdf.Root.AF[0].EF.F.write(DOCUMENT)


@pytest.mark.parametrize(
    "data",
    {
        "our file": PDF,
        "with another password to change it": saved(
            lambda _pdf: None, encryption=pikepdf.Encryption(owner="x", user="")
        ),
        "with the credential not packed": saved(not_packed, compress_streams=False),
        "printed anew by another program": saved(
            lambda _pdf: None, object_stream_mode=pikepdf.ObjectStreamMode.generate
        ),
        "the credential": DOCUMENT,
        "with spaces around": b"\n " + DOCUMENT + b"\n",
        "in a picture": picture(b"Comment\0\0\0\0\0hello", baked(DOCUMENT)),
        "packed in a picture": picture(baked(DOCUMENT, packed=True)),
    }.items(),
    ids=lambda item: item[0],
)
def test_it_is_found(data):
    assert find_credential(data[1]) == Found(document=DOCUMENT)
    assert check_document(find_credential(data[1]).document, BOOK) == GENUINE


def test_a_token_is_found_as_a_token():
    assert find_credential(b"aaa.bbb.ccc\n") == Found(token="aaa.bbb.ccc")
    assert find_credential(picture(baked(b"aaa.bbb.ccc"))) == Found(token="aaa.bbb.ccc")


def bomb():
    """A PDF of some kilobytes in which a file of 1.6 GB is packed."""
    with pikepdf.open(BytesIO(PDF)) as pdf:
        packer = zlib.compressobj(6)
        packed = b"".join(packer.compress(bytes(1 << 24)) for _each in range(96)) + packer.flush()
        stream = pikepdf.Stream(pdf, packed, Filter=pikepdf.Name.FlateDecode, Type=pikepdf.Name.EmbeddedFile)
        pdf.Root.AF[0].EF.F = stream
        pdf.Root.Names.EmbeddedFiles.Names[1].EF.F = stream
        out = BytesIO()
        pdf.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


def many_pages(pdf):
    for _page in range(200):
        pdf.pages.append(pdf.pages[0])


REFUSED = {
    "nothing": (b"", Refused.UNREADABLE),
    "too much": (b"%PDF-1.7" + b" " * LARGEST_FILE, Refused.TOO_LARGE),
    "a script": (b"<script>alert(1)</script>", Refused.UNREADABLE),
    "a program": (b"\x7fELF" + bytes(200), Refused.UNREADABLE),
    "a packed file": (gzip.compress(DOCUMENT), Refused.UNREADABLE),
    "a PDF without an end": (PDF[:9_000], Refused.UNREADABLE),
    "only the head of a PDF": (b"%PDF-1.7\n", Refused.UNREADABLE),
    "a PDF without a credential": (render_pdf(make_content(), ADDRESS), Refused.NO_CREDENTIAL),
    "a locked PDF": (saved(lambda _pdf: None, encryption=pikepdf.Encryption(owner="x", user="y")), Refused.UNREADABLE),
    "a picture": (picture(), Refused.NO_CREDENTIAL),
    "a picture that ends": (picture(baked(DOCUMENT))[:80], Refused.NO_CREDENTIAL),
    "a picture with a chunk of 4 GB": (PNG + b"\xff\xff\xff\xffiTXt" + baked(DOCUMENT), Refused.NO_CREDENTIAL),
    "a picture with a bomb": (picture(baked(bytes(200_000_000), packed=True)), Refused.UNREADABLE),
    "a picture with half a text": (picture(b"openbadgecredential\0\0\0"), Refused.UNREADABLE),
    "a picture with text that is not packed": (picture(b"openbadgecredential\0\1\0\0\0xx"), Refused.UNREADABLE),
}  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", REFUSED)
def test_a_file_without_one_is_refused_with_a_reason(name):
    data, reason = REFUSED[name]
    with pytest.raises(FileError) as refused:
        find_credential(data)
    assert refused.value.reason is reason


@pytest.mark.timeout(60)
def test_a_pdf_that_unpacks_to_gigabytes_is_ended():
    data = bomb()
    assert len(data) < LARGEST_FILE
    with pytest.raises(FileError) as refused:
        find_credential(data)
    assert refused.value.reason in {Refused.UNREADABLE, Refused.NO_CREDENTIAL}


MEMORY = """
import resource, sys
from certificates.reading import FileError, find_credential
try:
    find_credential(sys.stdin.buffer.read())
except FileError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss // 1024, used.ru_utime)
"""


@pytest.mark.timeout(60)
def test_of_a_bomb_no_more_is_unpacked_than_a_credential_may_have():
    done = subprocess.run([sys.executable, "-c", MEMORY], input=bomb(), capture_output=True, check=True)
    megabytes, seconds = map(float, done.stdout.split())
    assert megabytes < 200
    assert seconds < 2


@pytest.mark.timeout(60)
def test_two_hundred_pages_and_another_file_behind_are_no_hindrance():
    assert find_credential(saved(many_pages)).document == DOCUMENT
    polyglot = PDF + b"PK\x03\x04" + bytes(100)
    assert find_credential(polyglot).document == DOCUMENT


@pytest.mark.timeout(120)
def test_a_pdf_with_any_bytes_changed_is_read_or_refused():
    chance = Random(7)
    for _each in range(25):
        data = bytearray(PDF)
        for _byte in range(chance.choice([1, 10, 500])):
            data[chance.randrange(5, len(data))] = chance.randrange(256)
        try:
            found = find_credential(bytes(data))
        except FileError:
            continue
        assert check_document(found.document, BOOK).genuine.value in {
            "genuine",
            "altered",
            "no_credential",
            "unknown_key",
        }


@given(some.binary(max_size=300))
@settings(max_examples=200)
def test_any_bytes_are_read_or_refused(data):
    for sent in (data, PNG + data, b"{" + data):
        try:
            found = find_credential(sent)
        except FileError:
            continue
        assert found.token or not check_document(found.document, BOOK).content
