"""Certificate numbers: ten characters that a person can read aloud, type and not confuse."""

import secrets
from collections.abc import Callable, Sequence

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 and O, no 1, I and L, no U that looks like V
LENGTH = 10
GROUP = 5
_IGNORED = {
    *"-\u00ad\u2010\u2011\u2012\u2013\u2014\u2212"
}  # hyphens, dashes and the minus that word processors make


def new_number(choose: Callable[[Sequence[str]], str] = secrets.choice) -> str:
    """A new random number, ten characters without a hyphen; about 49 bits, so it cannot be guessed in bulk.

    `choose` picks one character of the alphabet. That two numbers never meet is the caller's to hold (unique key).
    """
    return "".join(choose(ALPHABET) for _ in range(LENGTH))


def normalise(text: str) -> str | None:
    """The number somebody typed, in its stored form; None if it cannot be a number.

    Upper and lower case, spaces and hyphens make no difference.
    """
    typed = "".join(char for char in text if not char.isspace() and char not in _IGNORED)
    number = typed.upper() if typed.isascii() else ""
    return number if len(number) == LENGTH and set(number) <= set(ALPHABET) else None


def display(number: str) -> str:
    """A stored number as it is printed: two groups of five, `7F3K9-2QDXM`."""
    return f"{number[:GROUP]}-{number[GROUP:]}"
