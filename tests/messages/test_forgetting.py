"""The log of messages is kept for the time the employer says, else for two years."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from lms.jobs.worker import tidy
from lms.messages.models import Message
from lms.organisation.models import Employer
from tests.messages.days import log_of

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


@pytest.mark.parametrize(("retention", "kept"), [({}, 745), ({"message": 12}, 373)])
def test_what_is_older_is_forgotten_but_what_waits(granvik, fjordvik, house, retention, kept):
    entered = [(1, "sent"), (kept - 2, "not_sent"), (kept, "sent"), (kept, "waiting")]
    for town, name in ((granvik, "amina"), (fjordvik, "kari")):
        person_id = town.actor(name).person_id
        with town.inside(writes=True) as ctx:
            for number, (days, outcome) in enumerate(entered):
                row = Message(
                    employer_id=town.employer_id, person_id=person_id, kind="test", about_id=number, channel="email",
                    message_id=f"<{number}>", created_at=NOW - timedelta(days=days), outcome=outcome,
                )  # fmt: skip
                ctx.db.add(row)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Employer).where(Employer.id == granvik.employer_id).values(retention=retention))
    with fjordvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Employer).where(Employer.id == fjordvik.employer_id).values(retention={"message": 60})
        )
    tidy(house, NOW)
    assert [outcome for outcome, _reason in log_of(granvik, "amina", "test")] == [
        "sent",
        "not_sent",
        "waiting",
    ]
    assert len(log_of(fjordvik, "kari", "test")) == 4
