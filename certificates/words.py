"""The words of a certificate's page: sentences by language, dates in words, the grid of facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from markupsafe import Markup, escape
from ruamel.yaml import YAML

from certificates.content import COUNTRIES, CertificateContent
from certificates.number import display, normalise


@dataclass(frozen=True, slots=True)
class Fact:
    """One cell of the grid: its label, what it says, where it leads, and whether it takes a row of its own."""

    label: str
    value: str
    link: str | None = None
    wide: bool = False


@cache
def _languages() -> Mapping[str, Mapping[str, Any]]:
    text = (files("certificates") / "layouts" / "words.yaml").read_text(encoding="utf-8")
    languages: Mapping[str, Mapping[str, Any]] = YAML(typ="safe", pure=True).load(text)
    return languages


def words(language: str) -> Mapping[str, Any]:
    """The words of one language, as they stand in `layouts/words.yaml`. Raises KeyError for a language not there."""
    return _languages()[language]


@lru_cache(maxsize=4096)  # in a batch the same days come again and again
def date_in_words(day: date, language: str) -> str:
    """A day as it stands in a sentence: "12 mars 2026", nb "12. mars 2026"."""
    return format_date(day, format="long", locale=words(language)["locale"])


def document_title(content: CertificateContent) -> str:
    """The title of the PDF: what it is, whose, of which course."""
    title: str = words(content.language)["title"].format(
        name=content.holder_name, course=content.course_title
    )
    return title


def sentence(content: CertificateContent) -> Markup:
    """What the person did and when, with the course in bold and the line break as HTML."""
    text = escape(words(content.language)["sentence"]).replace("\n", Markup("<br>"))
    return text.format(
        course=Markup("<b>{}</b>").format(content.course_title),
        date=date_in_words(content.achieved_on, content.language),
    )


@dataclass(frozen=True, slots=True)
class CredentialWords:
    """What a signed credential says in sentences, in the language of the certificate."""

    title: str
    description: str
    criteria: str  # Markdown


def credential_words(content: CertificateContent) -> CredentialWords:
    """The sentences of a credential: what it is, what it shows and does not, and what had to be done for it."""
    text = words(content.language)
    plural = Locale.parse(text["locale"]).plural_form(content.lessons)
    done = (
        text["passed"].format(needed=content.pass_mark, items=content.exam_items),
        text["lessons"][plural].format(minutes=content.minutes, lessons=content.lessons),
        text["law"][content.country].format(edition=content.edition),
    )
    topics = "\n".join(f"- {outcome}" for outcome in content.outcomes)
    return CredentialWords(
        f"{text['kind']}: {content.course_title}", text["limits"], f"{'. '.join(done)}.\n\n{topics}"
    )


def address_in_print(verify_url: str) -> str:
    """The address a person types: without scheme, and without the number, for which the page has a field."""
    parts = urlsplit(verify_url)
    path, _, last = parts.path.rstrip("/").rpartition("/")
    return parts.netloc + (path if normalise(last) else parts.path.rstrip("/"))


def facts(content: CertificateContent, verify_url: str) -> list[Fact]:
    """The grid of facts in reading order."""
    text = words(content.language)
    plural = Locale.parse(text["locale"]).plural_form(content.lessons)
    grid = [
        Fact(text["validity"], text["no_end"])
        if content.expires_on is None
        else Fact(text["valid_until"], date_in_words(content.expires_on, content.language)),
        Fact(text["number"], display(content.number)),
        Fact(text["test"], text["passed"].format(needed=content.pass_mark, items=content.exam_items)),
        Fact(
            text["length"], text["lessons"][plural].format(minutes=content.minutes, lessons=content.lessons)
        ),
        Fact(text["edition"], text["law"][content.country].format(edition=content.edition)),
        Fact(text["verify"], address_in_print(verify_url), link=verify_url),
    ]
    if content.predecessor is not None:
        grid.append(Fact(text["renewal_of"], display(content.predecessor)))
    grid.append(Fact(text["issued"], _issued(content), wide=content.signatory_name is not None))
    return grid


def _issued(content: CertificateContent) -> str:
    """The day of issue by the clock of the country, and who signs for the issuer."""
    text = words(content.language)
    day = content.issued_at.astimezone(ZoneInfo(COUNTRIES[content.country])).date()
    said = date_in_words(day, content.language)
    if content.signatory_name is None:
        return said
    key = "signed" if content.signatory_title is None else "signed_as"
    signed: str = text[key].format(date=said, signatory=content.signatory_name, title=content.signatory_title)
    return signed
