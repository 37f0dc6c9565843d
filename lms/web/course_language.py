"""The language a course is read in: what there is to choose from, and the choice in the middle of it."""

from lms.base.context import Context
from lms.base.i18n import LANGUAGES
from lms.catalogue.values import Edition
from lms.identity.actions import set_language
from lms.web.pages import known_language


def languages_of(edition: Edition) -> list[tuple[str, str]]:
    """Languages (code, name) a course can be read in, in its own order."""
    return [(code, LANGUAGES[code]) for code in edition.languages if known_language(code)]


def read_in(ctx: Context, change: Context, wanted: str) -> None:
    """Keep the language somebody wants to read in, by way of `change`, and answer in it; others are left aside."""
    if known_language(wanted):
        set_language(change, wanted)
        ctx.language = wanted
