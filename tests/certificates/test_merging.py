"""Many certificates in one PDF: outline, labels, the same bytes each time, and little memory."""

import subprocess
import sys
from io import BytesIO

import pikepdf
import pytest

from certificates import Part, merge_pdfs, render_pdf
from tests.certificates.builders import make_content

ADDRESS = "https://kunnig.example/v/7F3K9-2QDXM"
MADE_UP = """
import os, resource, sys, tempfile
from io import BytesIO
import pikepdf
from certificates import Part, merge_pdfs

def pdf():
    made = pikepdf.new()
    made.add_blank_page(page_size=(595, 842))
    made.pages[0].obj.Contents = pikepdf.Stream(made, os.urandom(200_000))
    file = BytesIO()
    made.save(file)
    return file.getvalue()

def merge(count):
    with tempfile.TemporaryFile() as file:
        assert merge_pdfs((Part(str(n), "x", pdf()) for n in range(count)), file, "x", "sv") == count
        return file.seek(0, 2)

merge(100)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
size = merge(int(sys.argv[1]))
print(size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def merged(parts):
    file = BytesIO()
    merge_pdfs(parts, file, "Kursintyg", "sv")
    return file.getvalue()


@pytest.fixture(scope="module")
def part():
    return Part("7F3K9-2QDXM", "Yusuf, Amina: Dokumentation", render_pdf(make_content(), ADDRESS))


def test_every_part_is_in_the_outline_and_its_number_on_the_page(part):
    parts = [part, Part("AAAAA-BBBBB", "Ek, Bo: Läkemedel", part.pdf)]
    with pikepdf.open(BytesIO(merged(parts))) as pdf:
        assert len(pdf.pages) == 2
        assert [page.label for page in pdf.pages] == ["7F3K9-2QDXM", "AAAAA-BBBBB"]
        with pdf.open_outline() as outline:
            assert [item.title for item in outline.root] == [each.title for each in parts]
            assert [pdf.pages.index(pikepdf.Page(item.destination[0])) for item in outline.root] == [0, 1]
        assert (pdf.docinfo["/Title"], pdf.Root.Lang) == ("Kursintyg", "sv")
        with pikepdf.open(BytesIO(part.pdf)) as single:
            assert pdf.pages[1].Contents.read_bytes() == single.pages[0].Contents.read_bytes()
        assert not pdf.check_pdf_syntax()


def test_the_same_parts_give_the_same_bytes_whatever_the_pieces(part):
    assert merged([part] * 3) == merged([part] * 3)
    many = [Part(str(number), str(number), part.pdf) for number in range(101)]
    with pikepdf.open(BytesIO(merged(many))) as pdf:
        assert [page.label for page in pdf.pages] == [str(number) for number in range(101)]


def test_nothing_is_no_file():
    with pytest.raises(ValueError, match="nothing"):
        merged([])


def test_memory_does_not_grow_with_the_parts():
    done = subprocess.run(
        [sys.executable, "-c", MADE_UP, "400"], check=True, capture_output=True, text=True, timeout=120
    )
    size, grown = map(int, done.stdout.split())
    assert size > 80_000_000
    assert grown < 30_000  # kilobytes
