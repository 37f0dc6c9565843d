"""Two municipalities whose letters go by a real mail server."""

import pytest

from tests.messages.days import let_terms_be, post_office


@pytest.fixture
def post(house, granvik, fjordvik):
    for town in (granvik, fjordvik):
        let_terms_be(town, digests=False)
    with post_office(house) as made:
        yield made
