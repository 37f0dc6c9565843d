"""Every text of code and templates stands in every catalogue, with the same placeholders, in the glossary's words."""

import re
from functools import cache
from pathlib import Path

import polib
import pytest
from babel.messages.extract import extract_from_dir

ROOT = Path(__file__).resolve().parents[2]
MAPPINGS = [("lms/**.py", "python"), ("templates/**", "jinja2")]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
NEVER = {  # words the glossary forbids, and why
    "sv": r"\bunderkän|\bfrist\b|\brapport(en)?\b",
    "nb": r"\bstrøket\b|\bvarsel\b|\bbrukerkonto\b|\bindividuell plan\b|\bforfalt\b",
}


@cache
def texts() -> set[str]:
    """The texts in the code, in English; plural messages by their first form."""
    found = extract_from_dir(
        str(ROOT), MAPPINGS, options_map={"templates/**": {"extensions": "jinja2.ext.do"}}, keywords={
            "_": None, "gettext": None, "ngettext": (1, 2),
        },
    )  # fmt: skip
    return {
        message if isinstance(message, str) else message[0]
        for _file, _line, message, _notes, _context in found
    }


def catalogue(language: str) -> dict[str, polib.POEntry]:
    return {entry.msgid: entry for entry in polib.pofile(str(ROOT / "lms" / "locale" / f"{language}.po"))}


def test_there_are_texts():
    assert len(texts()) > 500


@pytest.mark.parametrize("language", ["sv", "nb"])
def test_catalogue_is_complete(language):
    known = catalogue(language)
    assert sorted(texts() - known.keys()) == [], "run: make texts, and translate what is new"
    assert sorted(known.keys() - texts()) == [], "run: make texts, these are used no more"


@pytest.mark.parametrize("language", ["sv", "nb"])
def test_every_text_is_translated_with_its_placeholders(language):
    for entry in catalogue(language).values():
        assert not entry.fuzzy, entry.msgid
        forms = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        assert len(forms) == (2 if entry.msgid_plural else 1), entry.msgid
        for form in forms:
            assert form.strip(), entry.msgid
            assert set(PLACEHOLDER.findall(form)) == set(PLACEHOLDER.findall(entry.msgid)), entry.msgid
            assert not re.search(NEVER[language], form, re.IGNORECASE), form
            assert "  " not in form, form


def test_state_words_are_one_table():
    """The words for states stand in a template macro and in the file's code: the same words."""
    macro = (ROOT / "templates" / "macros" / "parts.html").read_text()
    words = (ROOT / "lms" / "reports" / "words.py").read_text()
    in_macro = dict(re.findall(r'state == "(\w+)" %}{{ _\("([^"]+)"\) }}', macro))
    in_file = {state.lower(): word for state, word in re.findall(r'State\.(\w+): _\("([^"]+)"\)', words)}
    assert len(in_file) == 8
    for state, word in in_file.items():
        assert in_macro[state] == word
