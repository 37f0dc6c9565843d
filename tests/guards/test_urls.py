"""Every route x method x id, as nobody, as somebody of another employer, as a colleague without the role."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lms.competence import actions as competence
from lms.evidence.models import CertificateRow
from lms.reflection import actions as reflection
from lms.reflection.models import AgreedAction
from lms.reflection.rules import Agreed
from tests.learning.taking import COURSE, assign, take

ANYBODY = {  # pages without sign-in; each has its own tests
    "public.front", "public.verify", "public.verdict", "public.help_page", "public.privacy",
    "public.accessibility", "public.healthz", "public.robots", "public.mailbox", "public.mail",
}  # fmt: skip
OWN_ONLY = "staff."  # pages of the signed-in person: a stranger has own ones, so ids decide
REFUSED = {401, 404, 405}


@pytest.fixture
def things(granvik):
    """One thing of each kind in Granvik, by the name of the URL parameter that would open it."""
    assigned = assign(granvik, "amina")
    take(granvik, "amina", right=12)
    with granvik.work("karin") as ctx:
        amina = granvik.person("amina").public_id
        meeting = reflection.plan_meeting(
            ctx, granvik.unit("Björken").public_id, course=COURSE, starts_at=ctx.now - timedelta(minutes=5)
        )
        plan = competence.agree_plan(
            ctx, amina, period_from=ctx.today, period_to=ctx.today + timedelta(days=99)
        )
        ctx.db.flush()
        goal = competence.add_goal(ctx, plan.public_id, "Skriva bättre")
        ctx.db.flush()
        activity = competence.add_activity(
            ctx, goal.public_id, due_on=ctx.today, title="Gå bredvid", arena="supervision"
        )
    with granvik.work("karin") as ctx:
        reflection.record_meeting(
            ctx,
            meeting.public_id,
            present=[amina],
            agreed=[Agreed("Läsa anteckningen högt", amina, ctx.today + timedelta(days=9))],
        )
    with granvik.work("amina", writes=False) as ctx:
        number = ctx.db.scalars(select(CertificateRow.number)).one()

        action = ctx.db.scalars(select(AgreedAction)).one()
    return {
        "person": amina, "person_id": amina, "meeting": meeting.public_id, "meeting_id": meeting.public_id,
        "plan": plan.public_id, "plan_id": plan.public_id, "goal": goal.public_id, "goal_id": goal.public_id,
        "activity": activity.public_id, "activity_id": activity.public_id, "action": action.public_id,
        "action_id": action.public_id, "assignment": assigned.assignment.public_id,
        "assignment_id": assigned.assignment.public_id, "number": number, "course": COURSE,
        "lesson": "right-record", "step": "hall", "n": 1, "place": 1, "kind": "csv",
        "unit": granvik.unit("Björken").public_id, "unit_id": granvik.unit("Björken").public_id,
        "digest": "0" * 64,
        "upload": "018f0000-0000-7000-8000-000000000000", "upload_id": "018f0000-0000-7000-8000-000000000000",
    }  # fmt: skip


def routes(app: Flask):
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def address(rule, things) -> str:
    def value(match):
        name = match.group(1).split(":")[-1]
        assert name in things, f"{rule.rule}: tell this guard what to put for <{name}>"
        return str(things[name])

    return re.sub(r"<([^>]+)>", value, rule.rule)


def test_nobody_gets_anywhere(app, client, things):
    for rule, method in routes(app):
        if rule.endpoint in ANYBODY or rule.endpoint.startswith("signin."):
            continue
        answer = client.open(address(rule, things), method=method)
        led_to_sign_in = answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in")
        assert led_to_sign_in or answer.status_code in REFUSED, f"{method} {rule.rule}: {answer.status_code}"
        assert "Amina" not in answer.get_data(as_text=True)


STRANGERS = [("fjordvik", "kari"), ("fjordvik", "lars"), ("fjordvik", "siri")]
COLLEAGUES = [("granvik", "farid"), ("granvik", "hodan"), ("granvik", "jonas")]
FOR_THE_UNIT = {"staff.meeting"}  # everybody in the unit reads what was agreed


@pytest.mark.parametrize(("town", "name"), STRANGERS + COLLEAGUES)
def test_what_is_not_yours_is_not_there(app, request, sign_in, things, town, name):
    browser = sign_in(request.getfixturevalue(town), name)
    secret = things["number"]
    checked = 0
    for rule, method in routes(app):
        ids = {part.split(":")[-1] for part in re.findall(r"<([^>]+)>", rule.rule)}
        private = ids & set(things) - {"course", "lesson", "step", "n", "place", "kind", "digest"}
        if not private or rule.endpoint in ANYBODY:
            continue
        if rule.endpoint in FOR_THE_UNIT and name == "farid":
            continue
        answer = browser.open(address(rule, things), method=method)
        assert answer.status_code in REFUSED, f"{name}: {method} {rule.rule}: {answer.status_code}"
        assert secret not in answer.get_data(as_text=True)
        checked += 1
    assert checked > 10


@pytest.mark.parametrize("name", ["kari", "lars", "siri"])
def test_lists_show_nothing_of_another_employer(app, fjordvik, sign_in, things, name):
    browser = sign_in(fjordvik, name)
    for rule, _method in routes(app):
        if (
            "GET" in (rule.methods or set())
            and not re.search("<", rule.rule)
            and not rule.endpoint.startswith("public.mail")
        ):
            text = browser.get(rule.rule).get_data(as_text=True)
            for word in ("Amina", "Yusuf", "Granvik", things["number"], "Björken"):
                assert word not in text or rule.endpoint.startswith("signin."), (
                    f"{name}: {rule.rule} shows {word}"
                )


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("amina", set()),
        ("karin", {"lead"}),
        ("maria", {"employer", "lead"}),
        ("admin", {"employer", "lead"}),
    ],
)
def test_pages_of_a_role_are_not_there_for_the_others(app, granvik, sign_in, name, allowed):
    browser = sign_in(granvik, name)
    for rule, method in routes(app):
        audience = rule.endpoint.split(".")[0]
        if audience in {"lead", "employer"} - allowed and "<" not in rule.rule:
            answer = browser.open(rule.rule, method=method)
            assert answer.status_code in REFUSED, f"{name}: {method} {rule.rule}: {answer.status_code}"
