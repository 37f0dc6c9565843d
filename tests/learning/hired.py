"""More people in a municipality of the tests, known by a short name as those of `tests.builders` are."""

from datetime import UTC, datetime

from lms.organisation import actions as organisation
from lms.organisation.models import Employer
from tests.builders import PEOPLE, START

LONG_AGO = datetime(2026, 1, 2, tzinfo=UTC)  # when it was written down


def hire(town, monkeypatch, *names, unit="Björken", now=LONG_AGO):
    for name in names:
        monkeypatch.setitem(PEOPLE["granvik"], name, (f"9{name}",))  # so that `work` finds them
        with town.inside(writes=True, now=now) as ctx:
            employer = ctx.db.get_one(Employer, town.employer_id)
            person = organisation.add_person(
                ctx, employer=employer, employee_number=f"9{name}", given_name=name, family_name="Ny"
            )
            ctx.db.flush()
            employ(ctx, town, person, unit)


def employ(ctx, town, person, unit, valid_from=START):
    place = ctx.db.merge(town.unit(unit))
    organisation.employ(ctx, person=person, unit=place, role="other", title="x", valid_from=valid_from)
