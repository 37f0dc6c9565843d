"""What reads as one stands on one line: a number and its unit, and a sum is broken before its sign."""

import re

_UNIT = r"mg/ml|mg|g|kg|ml|cl|dl|l|µg|mikrogram|micrograms?|IE|%|kr|§|kap\."
_AFTER_NUMBER = rf"(?<=[\d}}]) (?=(?:{_UNIT})(?!\w))"
_AFTER_SIGN = r"(?<= [=×:+−/]) (?=[\d{])"
_BEFORE_NUMBER = r"(?<!\w)(kl\.|§§?|nr\.|SFS|HSLF-FS) (?=[\d{])"
_SPACE = re.compile(f"{_AFTER_NUMBER}|{_AFTER_SIGN}")
_WORD_AND_SPACE = re.compile(_BEFORE_NUMBER)


def kept_together(text: str) -> str:
    """A text with spaces that do not break where `40 mg`, `= 4` or `kl. 12` would come apart.

    Numbers may be places yet, as `{dose} mg`.
    """
    return _WORD_AND_SPACE.sub("\\1\u00a0", _SPACE.sub("\u00a0", text))
