"""Whatever a colleague reads, answers, passes, plans and agrees on, one's own pages stay as they are."""

import re
from datetime import timedelta

import pytest

from lms.catalogue import queries as catalogue
from lms.competence import actions as competence
from lms.learning import actions as learning
from lms.learning import groups
from lms.reflection import actions as reflection
from lms.reflection.rules import Agreed
from tests.guards.test_urls import address, routes, things, words_of  # noqa: F401  (the fixture `things`)
from tests.learning.taking import COURSE, assign, key_of, take

# tokens, and times of the day
CHANGES_BY_ITSELF = r'name="(csrf_token|client_id)" value="[^"]+"|"token":"[^"]+"|\d\d[.:]\d\d'


def own_pages(app, browser, known):
    """Every page of somebody's own, by its address."""
    return {
        path: re.sub(CHANGES_BY_ITSELF, "", words_of(browser.get(path)))
        for path in {
            address(rule, known)
            for rule, method in routes(app)
            if method == "GET" and rule.endpoint.startswith("staff.") and not rule.rule.endswith(".pdf")
        }
    }


def do_everything(town, name, lead, unit):
    """Let somebody do all there is to do."""
    assign(town, name, by=lead)
    with town.work(name) as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
        for step in ("hall", "two-records"):
            learning.read_step(ctx, edition, "right-record", step)
    take(town, name, right=3)
    take(town, name, right=12)
    with town.work(name) as ctx:
        attempt = learning.open_attempt(ctx, COURSE, "en")
        ctx.db.flush()
        learning.answer_item(ctx, attempt.public_id, 1, client_id="x", value=key_of(ctx, attempt, 1))
    with town.work(lead) as ctx:
        person, later = town.person(name).public_id, ctx.today + timedelta(days=9)
        plan = competence.agree_plan(ctx, person, period_from=ctx.today, period_to=later)
        ctx.db.flush()
        goal = competence.add_goal(ctx, plan.public_id, "Våga fråga")
        ctx.db.flush()
        competence.add_activity(ctx, goal.public_id, due_on=later, title="Gå bredvid", arena="supervision")
        meeting = reflection.plan_meeting(ctx, town.unit(unit).public_id, course=COURSE, starts_at=ctx.now)
        reflection.record_meeting(
            ctx, meeting.public_id, present=[person], agreed=[Agreed("Prova en vecka", person, later)]
        )
        group = groups.start_group(ctx, town.unit(unit).public_id, COURSE, [person])
        found = groups.group_under_way(ctx, group.public_id)
        groups.read_together(ctx, found, edition, "right-record", "try-1")


@pytest.mark.parametrize("name", ["amina", "farid"])  # who has done everything too, and who has done nothing
def test_a_colleague_changes_nothing_on_them(app, granvik, sign_in, things, name):  # noqa: F811
    browser = sign_in(granvik, name)
    own_pages(app, browser, things)  # a step is read by looking at it
    before = own_pages(app, browser, things)
    do_everything(granvik, "hodan", "jonas", "Eken")
    after = own_pages(app, browser, things)
    assert {path for path in before if before[path] != after[path]} == set()
    assert len(before) > 15
