"""Certificate numbers: what they are made of, and how forgiving the reading of them is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates import ALPHABET, display, new_number, normalise

numbers = st.text(ALPHABET, min_size=10, max_size=10)
noise = st.text(" \t\n\u00a0-\u2010\u2011\u2013", max_size=3)


def test_the_alphabet_has_30_characters_and_none_that_are_confused() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 30
    assert not set(ALPHABET) & set("0O1ILU")


def test_new_numbers_are_ten_characters_of_the_alphabet_and_differ() -> None:
    made = {new_number() for _ in range(500)}
    assert len(made) == 500
    assert all(normalise(number) == number for number in made)
    assert set().union(*made) == set(ALPHABET)


def test_a_number_is_drawn_character_by_character() -> None:
    assert new_number(lambda alphabet: alphabet[-1]) == "Z" * 10


def test_a_number_is_shown_in_two_groups_of_five() -> None:
    assert display("7F3K92QDXM") == "7F3K9-2QDXM"


@given(
    number=numbers,
    gaps=st.lists(noise, min_size=11, max_size=11),
    lower=st.lists(st.booleans(), min_size=10, max_size=10),
)
def test_case_spaces_and_hyphens_do_not_matter(number: str, gaps: list[str], lower: list[bool]) -> None:
    letters = [char.lower() if small else char for char, small in zip(number, lower, strict=True)]
    typed = gaps[0] + "".join(char + gap for char, gap in zip(letters, gaps[1:], strict=True))
    assert normalise(typed) == normalise(display(number)) == number


@given(st.text())
def test_whatever_is_typed_is_a_number_or_nothing(typed: str) -> None:
    number = normalise(typed)
    assert number is None or (
        len(number) == 10 and set(number) <= set(ALPHABET) and normalise(number) == number
    )


@pytest.mark.parametrize(
    "typed", ["", "7F3K9", "7F3K9-2QDXM2", "7F3K9-2QDX0", "OF3K9-2QDXM", "7F3K9_2QDXM", "7F3K92QDß", "\uff17F3K92QDXM"]
)  # fmt: skip
def test_what_is_no_number_is_none(typed: str) -> None:
    assert normalise(typed) is None
