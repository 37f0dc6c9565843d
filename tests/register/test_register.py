"""The register as a list of rows: whom words find, today and on any day."""

import pytest

from lms.organisation.models import Person
from lms.register.queries import Filter, register_rows
from lms.register.register_then import Then, rows_then
from tests.learning.taking import assign


@pytest.mark.parametrize("words", ["åsa", "ÅSA öST", "Öst", "öst-ärlig"])
def test_words_find_names_in_large_and_small_letters(granvik, words):
    with granvik.inside(writes=True) as ctx:
        person = ctx.db.get_one(Person, granvik.person("amina").id)
        person.given_name, person.family_name = "Åsa", "Öst-Ärlig"
    assign(granvik, "amina", "farid")
    with granvik.work("maria", writes=False) as ctx:
        now = list(register_rows(ctx, Filter(text=words)))
        assert [row.given_name for row in now] == ["Åsa"]
        assert list(rows_then(ctx, Then(ctx.today), Filter(text=words))) == now
