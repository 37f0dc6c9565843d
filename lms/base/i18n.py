"""Languages of the interface: catalogues, dates, and templates compiled once per language."""

import gettext
import re
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, time
from functools import cache, lru_cache, partial
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from lms.base.shipped import shipped

LANGUAGES = {
    "sv": "Svenska",
    "nb": "Norsk bokmål",
    "fi": "Suomi",
    "sv-FI": "Svenska (Finland)",
    "en": "English",
}
SOURCE = "en"  # the language the texts in the code are written in
VARIANT_OF = {"sv-FI": "sv"}  # its catalogue holds only what is said otherwise
_REGION = {
    "sv": "sv_SE",
    "nb": "nb_NO",
    "fi": "fi_FI",
    "sv-FI": "sv_FI",
    "en": "en_GB",  # plain "en" would print American dates
}
_SHORT = {
    "sv": "yyyy-MM-dd",
    "nb": "dd.MM.yyyy",
    "fi": "d.M.yyyy",
    "sv-FI": "d.M.yyyy",
    "en": "yyyy-MM-dd",
}
written_once = lru_cache(maxsize=4096)  # dates come again and again, and Babel takes long over each
_CATALOGUES = Path(__file__).resolve().parent.parent / "locale"


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Translations of a language, compiled from its .po file on first use; a variant falls back on its language."""
    source = _CATALOGUES / f"{language.replace('-', '_')}.po"
    if language == SOURCE or not source.exists():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=_REGION[language]))
    compiled.seek(0)
    texts = gettext.GNUTranslations(compiled)
    if language in VARIANT_OF:
        texts.add_fallback(catalogue(VARIANT_OF[language]))
    return texts


def written_in(language: str, there: Collection[str]) -> str | None:
    """Which of the languages that a text is there in is this one, or the one it is a variant of; None if neither."""
    return next((each for each in (language, VARIANT_OF.get(language)) if each in there), None)


def translate(language: str, text: str, **values: object) -> str:
    """One sentence in a language, its `%(name)s` filled in."""
    return catalogue(language).gettext(text) % values


def choose_language(wanted: str | None, accepted: str = "") -> str:
    """The language to use: the wanted one if we have it, else the best of an Accept-Language header."""
    if wanted in LANGUAGES:
        return wanted
    for spoken, country in re.findall(r"\b([a-z]{2})(?:-([a-z]{2}))?\b", accepted.lower()):
        language = {"no": "nb", "nn": "nb"}.get(spoken, spoken)
        for code in (f"{language}-{country.upper()}", language):
            if code in LANGUAGES:
                return code
    return "sv"


@written_once
def day(value: date, language: str) -> str:
    """A date in words: 12 mars 2026, 12. mars 2026, 12. maaliskuuta 2026, 12 March 2026."""
    return format_date(value, "long", locale=Locale.parse(_REGION[language]))


@written_once
def day_near(value: date, today: date, language: str) -> str:
    """A date in words, without its year if that is this year: 12 mars, 12. mars, 12 March."""
    if value.year != today.year:
        return day(value, language)
    return format_skeleton("MMMMd", value, locale=Locale.parse(_REGION[language]))


@written_once
def day_short(value: date, language: str) -> str:
    """A date for dense tables: 2026-03-12, nb 12.03.2026, fi 12.3.2026."""
    return format_date(value, _SHORT[language], locale=Locale.parse(_REGION[language]))


@written_once
def month(value: date, language: str) -> str:
    """A month with its year: mars 2026, March 2026."""
    return format_skeleton("yMMMM", value, locale=Locale.parse(_REGION[language]))


@written_once
def month_short(value: date, language: str) -> str:
    """The name of a month where there is little room: mars, apr., Mar."""
    return format_skeleton("MMM", value, locale=Locale.parse(_REGION[language])).rstrip(".")


def decimal(value: float, language: str) -> str:
    """A number with the decimal mark and the thousands of the language: 1 234,5."""
    return format_decimal(value, locale=Locale.parse(_REGION[language]))


def clock(value: datetime | time, language: str) -> str:
    """A time of day: 14.05, en 14:05."""
    return value.strftime("%H:%M" if language == "en" else "%H.%M")


class _TextIntoTemplate(Extension):
    """Put the translation of every fixed text into the compiled template: it then costs nothing per request.

    `_("text")` becomes the translated string while the template is compiled; calls with
    values or plurals are left for run time.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Replace the four tokens of `_("text")` by one string."""
        translated = self.environment.globals["_catalogue"]
        held: list[Token] = []
        shape = ("name", "lparen", "string", "rparen")
        for token in stream:
            held.append(token)
            if token.type != shape[len(held) - 1] or (len(held) == 1 and token.value != "_"):
                *before, last = held
                yield from before
                held = [last] if last.type == "name" and last.value == "_" else []
                if not held:
                    yield last
            elif len(held) == len(shape):
                text = translated.gettext(held[2].value) % {}  # type: ignore[attr-defined]
                yield Token(held[0].lineno, "string", text)
                held = []
        yield from held


FEWEST = 5  # of so many a share is said: of fewer it says little, and tells of single people


def whole_percent(part: int, whole: int, one: int = 1) -> int | None:
    """A share in whole per cent that are full: 100 is all, and nothing less. None for a share of too few.

    `one` is how both count one: 100 where they are hundredths.
    """
    return 100 * part // whole if whole >= FEWEST * one else None


def make_environments(**names: object) -> dict[str, Environment]:
    """One template environment per language; `names` are further globals (url, static, …).

    Filters: `day`, `day_near`, `day_short`, `month`, `month_short`, `clock` write dates in the environment's
    language; `day_near` takes today as well, `clock` an aware time and the `time_zone` to show it in.
    """
    return {language: _environment(language, names) for language in LANGUAGES}


def _environment(language: str, names: dict[str, object]) -> Environment:
    env = Environment(
        loader=FileSystemLoader(shipped("templates")),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),  # mail is no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", _TextIntoTemplate],
    )
    texts = catalogue(language)
    env.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals["_"] = env.globals["gettext"]  # not by way of the alias, which looks it up at each call

    def local_clock(value: datetime, time_zone: str = "Europe/Stockholm") -> str:
        return clock(value.astimezone(ZoneInfo(time_zone)), language)

    def known(write: Callable[..., str]) -> Callable[..., str]:
        """A filter that writes a day, and says so where there is none yet (`date.max`)."""
        _ = texts.gettext
        return lambda value, *more: (
            _("a day that is set when the person is back")
            if value == date.max
            else write(value, *more, language)
        )

    for name, write in (("day", day), ("day_near", day_near), ("day_short", day_short)):
        env.filters[name] = known(write)
    for name, write in (("month", month), ("month_short", month_short)):
        env.filters[name] = partial(write, language=language)
    env.filters["clock"] = local_clock
    env.globals.update(_catalogue=texts, locale=language, whole_percent=whole_percent, **names)
    return env
