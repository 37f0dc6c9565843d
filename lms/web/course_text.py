"""Texts of courses on the way to a page: the picture they begin with, and hard words that explain themselves."""

import re

from markupsafe import Markup

from lms.catalogue.typography import CLOSING, OPENING, kept_together

_WORD = re.compile(
    rf'([{OPENING}]*)<a class="word" href="#(w-[a-z0-9-]+)">(.*?)</a>([{re.escape(CLOSING)}]*)', re.DOTALL
)


def split_picture(html: str) -> tuple[str, str]:
    """The picture a step's text begins with, and the rest; the picture stands above the heading."""
    if not html.startswith("<figure>"):
        return "", html
    picture, _end, rest = html.partition("</figure>")
    return picture.removeprefix("<figure>"), rest.strip()


def with_word_help(html: str) -> Markup:
    """A text of a snapshot, cleaned when that was made, in which a tap on a hard word shows what it means.

    The explanations stand on the page as popovers with the ids that the words' links lead to. A line may break beside
    a button, so the marks around it are kept with it.
    """
    return Markup(_WORD.sub(_button, kept_together(html)))  # noqa: S704


def _button(link: re.Match[str]) -> str:
    before, target, word, after = link.groups()
    button = f'<button class="word" type="button" popovertarget="{target}">{word}</button>'
    return f'<span class="nw">{before}{button}{after}</span>' if before or after else button
