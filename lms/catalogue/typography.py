"""A short unit stays with its number, a paragraph or a time with its sign, and a sum is broken before its sign.

Done where texts are shown: what an edition has frozen stays as it was written.
"""

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

Shown = TypeVar("Shown")

OPENING, CLOSING = "(”“«", ".,:;!?…)”»"  # marks that stay with the word behind or before them
_UNIT = r"mg/ml|mg|g|kg|ml|cl|dl|l|µg|mikrogram|micrograms?|IE|%|kr|§|kap\."
_AFTER_NUMBER = rf"(?<=[\d}}]) (?=(?:{_UNIT})(?!\w))"
_AFTER_SIGN = r"(?<= [=×:+−÷/]) (?=(?:<strong>)?[\d{])"
_BEFORE_NUMBER = r"(?<!\w)(kl\.|kap\.|kapittel|chapter|§§?|nr\.|SFS|HSLF-FS) (?=[\d{])"
_SPACE = re.compile(f"{_AFTER_NUMBER}|{_AFTER_SIGN}")
_WORD_AND_SPACE = re.compile(_BEFORE_NUMBER)


def kept_together(text: str) -> str:
    """A text, or its HTML, with spaces that do not break where `40 mg`, `= 4` or `kl. 12` would come apart."""
    return _WORD_AND_SPACE.sub("\\1\u00a0", _SPACE.sub("\u00a0", text))


def all_kept_together(wording: Shown) -> Shown:
    """The same for every text of a wording: of an item, its options, its scenes."""
    return _kept(wording)  # type: ignore[no-any-return]


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return kept_together(value)
    if isinstance(value, dict):
        return {name: _kept(each) for name, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _kept(getattr(value, each.name)) for each in fields(value)})
    return value
