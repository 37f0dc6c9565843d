"""Keeping finished PDFs."""

import pytest

from certificates import archived_pdf, pdf_key
from tests.certificates.builders import make_content

ADDRESS = "https://kunnig.example/v/7F3K92QDXM"


class Shelf:
    """A store in memory that counts what is put."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.puts = 0

    def put(self, key: str, data: bytes) -> None:
        self.files[key] = data
        self.puts += 1

    def get(self, key: str) -> bytes:
        return self.files[key]


def test_a_pdf_is_made_once_and_kept() -> None:
    shelf, content = Shelf(), make_content()
    first = archived_pdf(content, ADDRESS, shelf)
    assert first.startswith(b"%PDF-1.7")
    assert shelf.files == {pdf_key(content): first}
    shelf.files[pdf_key(content)] = b"as stored"
    assert archived_pdf(content, ADDRESS, shelf) == b"as stored"
    assert shelf.puts == 1


def test_nothing_is_kept_of_a_page_that_could_not_be_made() -> None:
    shelf = Shelf()
    with pytest.raises(ValueError, match="address"):
        archived_pdf(make_content(), "javascript:alert(1)", shelf)
    assert not shelf.files


def test_the_key_follows_the_content_and_names_nobody() -> None:
    content = make_content()
    keys = {
        pdf_key(content),
        pdf_key(content, ink_saving=True),
        pdf_key(make_content(holder_name="Amina Yusuf Ek")),
        pdf_key(make_content(language="nb")),
    }
    assert len(keys) == 4
    assert not any(content.number in key or "amina" in key.lower() for key in keys)
