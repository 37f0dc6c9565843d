"""What the tests of the lead's pages share: a larger unit, a meeting, a plan, what a page shows."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

from lms.competence.actions import add_goal, agree_plan
from lms.identity.models import Account
from lms.organisation import actions as organisation
from lms.organisation.models import Employer
from lms.reflection.actions import plan_meeting
from tests.builders import day_of

COURSE = "documentation"
ZONE = ZoneInfo("Europe/Stockholm")


def text_of(response):
    """The page as text: no tags, single spaces."""
    without_tags = re.sub(
        r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", " ", response.text, flags=re.DOTALL)
    )
    return re.sub(r"\s+", " ", unescape(without_tags))


def ticked(response, name="people"):
    """Values of the boxes of a name that are ticked."""
    boxes = re.findall(rf'<input[^>]*name="{name}" value="([^"]+)"([^>]*)>', response.text)
    return {value for value, rest in boxes if "checked" in rest}


def grow(town, unit, count, *, activated=True):
    """Let so many more people work in a unit; their public ids."""
    made = []
    with town.work("admin") as ctx:
        employer = ctx.db.get_one(Employer, ctx.employer_id)
        place = ctx.db.merge(town.unit(unit), load=False)
        for number in range(count):
            person = organisation.add_person(
                ctx,
                employer=employer,
                employee_number=f"9{number:03}",
                given_name=f"Medarbetare {number:02}",
                family_name="Test",
            )  # fmt: skip
            ctx.db.flush()
            if activated:
                ctx.db.get_one(Account, person.account_id).activated_at = ctx.now
            organisation.employ(
                ctx, person=person, unit=place, role="assistant_nurse", title="Undersköterska",
                valid_from=ctx.today - timedelta(days=30),
            )  # fmt: skip
            made.append(person.public_id)
    return made


def planned(town, *, by="karin", unit="Björken", days=0, **values):
    """A meeting so many days ahead; its public id."""
    with town.work(by) as ctx:
        starts_at = ctx.now + timedelta(days=days)
        made = plan_meeting(ctx, town.unit(unit).public_id, course=COURSE, starts_at=starts_at, **values)
        return made.public_id


def with_plan(town, name, goal="Känna mig trygg med att skriva", by="karin"):
    """A plan of this year for somebody, with one goal: public ids of both."""
    with town.work(by) as ctx:
        today = ctx.today
        made = agree_plan(
            ctx, town.person(name).public_id,
            period_from=today.replace(month=1, day=1), period_to=today.replace(month=12, day=31),
        )  # fmt: skip
        ctx.db.flush()
        return made.public_id, add_goal(ctx, made.public_id, goal).public_id


def local_day(days=0):
    """A day as a form sends it, so many days from today where the municipalities are."""
    return (day_of(datetime.now(UTC)) + timedelta(days=days)).isoformat()
