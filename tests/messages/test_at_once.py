"""Two officers save the settings of messages at the same time: one version is in force, nothing fails."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from lms.messages.models import MessageTerms, MessageWords
from lms.messages.settings import set_terms, set_words
from lms.messages.terms import Terms, Words

SAVED = {
    "terms": (
        MessageTerms,
        lambda ctx, name: set_terms(ctx, Terms(lead_after={"maria": 10, "admin": 20}[name])),
    ),
    "words": (MessageWords, lambda ctx, name: set_words(ctx, "digest", "sv", Words(opening=name))),
}


@pytest.mark.parametrize("what", SAVED)
def test_one_version_is_in_force(granvik, what):
    table, save = SAVED[what]
    together, failed = Barrier(2), []

    def at_once(name):
        try:
            together.wait(10)
            with granvik.work(name) as ctx:
                save(ctx, name)
        except Exception as failure:  # noqa: BLE001  (of whatever kind: it is asserted that there is none)
            failed.append(failure)

    both = [Thread(target=at_once, args=(name,)) for name in ("maria", "admin")]
    for each in both:
        each.start()
    for each in both:
        each.join(30)
    assert failed == []
    with granvik.inside() as ctx:
        rows = ctx.db.scalars(select(table).where(table.employer_id == ctx.employer_id)).all()
    in_force = [row.superseded_at is None for row in sorted(rows, key=lambda row: row.id)]
    assert in_force[-2:] == [False, True]
    assert sum(in_force) == 1
