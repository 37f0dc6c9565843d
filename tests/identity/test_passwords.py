"""Passwords are hashed a few at a time, and never while a writing unit of work holds others up."""

import pytest

from lms.base.context import is_writing, work
from lms.identity.passwords import hash_password, password_matches

HASHED = hash_password("häst lampa moln")


def test_nothing_is_hashed_inside_a_writing_unit_of_work(house):
    with work(house), pytest.raises(RuntimeError, match="inside a writing unit of work"):
        hash_password("häst lampa moln")
    with work(house), pytest.raises(RuntimeError, match="inside a writing unit of work"):
        password_matches(HASHED, "häst lampa moln")
    with work(house), work(house, writes=False), pytest.raises(RuntimeError):
        hash_password("häst lampa moln")


def test_outside_and_in_a_reading_one_it_is(house):
    with work(house, writes=False):
        assert password_matches(HASHED, "häst lampa moln")
        with work(house):
            assert is_writing()
        assert not is_writing()
    with pytest.raises(LookupError), work(house):
        raise LookupError
    assert password_matches(hash_password("häst"), "häst")
