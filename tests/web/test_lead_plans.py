"""Development plans: written by the lead, done by proofs and attendance, seen by nobody out of reach."""

import re

import pytest
from sqlalchemy import select

from lms.competence.actions import add_activity
from lms.evidence.actions import revoke_certificate
from lms.evidence.models import CertificateRow
from tests.learning.taking import take
from tests.web.lead_pages import COURSE, local_day, planned, text_of, with_plan


@pytest.fixture
def karin(english):
    return english("karin")


def page_of(town, name):
    return f"/plans/{town.person(name).public_id}"


def test_lists_who_has_a_plan_and_who_has_none(granvik, karin):
    with_plan(granvik, "amina")
    page = text_of(karin.get("/plans"))
    assert page.index("Amina Yusuf") < page.index("Have no plan yet") < page.index("Farid Rahimi")
    assert "Hodan" not in page


def test_a_plan_from_the_first_day_to_the_activities(granvik, english, karin):
    page = page_of(granvik, "amina")
    assert "Start a plan" in text_of(karin.get(page))
    karin.post(
        page, data={"period_from": local_day(), "period_to": local_day(300), "next_talk_on": local_day(90)}
    )
    plan = re.search(r'name="plan" value="([^"]+)"', karin.get(page).text).group(1)
    karin.post(f"{page}/goals", data={"plan": plan, "goal": "Kunna handleda nya kollegor"})
    goal = re.search(r'name="goal_id" value="([^"]+)"', karin.get(page).text).group(1)
    meeting = planned(granvik, days=5)
    for what in (
        {"what": f"course:{COURSE}"},
        {"what": f"meeting:{meeting}"},
        {"what": "free", "title": "Gå bredvid en dag", "arena": "job_rotation"},
    ):
        sent = karin.post(f"{page}/activities", data={"goal_id": goal, "due_on": local_day(60)} | what)
        assert sent.status_code == 303
    for browser, address in ((karin, page), (english("amina"), "/plan")):
        shown = text_of(browser.get(address))
        assert "Kunna handleda nya kollegor" in shown
        assert "Gå bredvid en dag" in shown
    assert "0 of 3 activities are done" in text_of(karin.get("/plans"))


def test_a_course_is_done_by_the_proof_and_undone_by_its_revocation(granvik, karin):
    _plan, goal = with_plan(granvik, "amina")
    with granvik.work("karin") as ctx:
        add_activity(ctx, goal, due_on=ctx.today, course=COURSE)
    page = page_of(granvik, "amina")
    assert "0 of 1" in text_of(karin.get(page))
    take(granvik, "amina", right=12)
    assert "there is a certificate" in text_of(karin.get(page))
    assert "1 of 1" in text_of(karin.get(page))
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, ctx.db.scalars(select(CertificateRow.number)).one(), "Fel person")
    assert "0 of 1" in text_of(karin.get(page))


def test_a_free_activity_is_marked_as_done(granvik, karin):
    _plan, goal = with_plan(granvik, "amina")
    with granvik.work("karin") as ctx:
        add_activity(ctx, goal, due_on=ctx.today, title="Handledning", arena="supervision")
    page = page_of(granvik, "amina")
    activity = re.search(r'name="activity" value="([^"]+)"', karin.get(page).text).group(1)
    assert karin.post(f"{page}/done", data={"activity": activity}).status_code == 303
    assert "1 of 1" in text_of(karin.get(page))
    assert "Mark as done" not in text_of(karin.get(page))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"period_from": "", "period_to": ""}, "Choose a day."),
        ({"period_from": "yesterday"}, "Write a date that exists."),
        ({"period_to": "2020-01-01"}, "Choose a last day that comes after the first day."),
        ({"next_talk_on": "2020-01-01"}, "Choose a day that has not passed."),
    ],
)
def test_a_plan_needs_a_period(granvik, karin, values, words):
    period = {"period_from": local_day(), "period_to": local_day(300), "next_talk_on": ""}
    sent = karin.post(page_of(granvik, "amina"), data=period | values)
    assert sent.status_code == 422
    assert words in text_of(sent)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title": ""}, "Write what the person will do."),
        ({"arena": ""}, "Choose how the person learns it."),
        ({"due_on": ""}, "Choose a day."),
        ({"due_on": "2026-02-31"}, "Write a date that exists."),
        ({"title": "x" * 201}, "Make the text shorter."),
    ],
)
def test_an_activity_that_is_not_complete_stays_as_typed(granvik, karin, values, words):
    _plan, goal = with_plan(granvik, "amina")
    typed = {
        "goal_id": str(goal),
        "what": "free",
        "title": "Gå bredvid",
        "arena": "project",
        "due_on": local_day(9),
    }
    sent = karin.post(f"{page_of(granvik, 'amina')}/activities", data=typed | values)
    assert sent.status_code == 422
    assert words in text_of(sent)
    assert ('value="Gå bredvid"' in sent.text) is ("title" not in values)
    assert ('value="project" selected' in sent.text) is ("arena" not in values)
    field = re.search(r'href="#(f-[a-z_]+)"', sent.text).group(1)
    assert f'id="{field}"' in sent.text


@pytest.mark.parametrize(
    ("goal", "words"), [("  ", "Write the goal."), ("x" * 301, "Make the text shorter.")]
)
def test_a_goal_needs_words(granvik, karin, goal, words):
    plan, _goal = with_plan(granvik, "amina")
    sent = karin.post(f"{page_of(granvik, 'amina')}/goals", data={"plan": str(plan), "goal": goal})
    assert sent.status_code == 422
    assert words in text_of(sent)


def test_what_is_out_of_reach_is_not_found(granvik, fjordvik, sign_in, karin):
    plan, goal = with_plan(granvik, "amina")
    page = page_of(granvik, "amina")
    sent = {
        page: {"period_from": local_day(), "period_to": local_day(9)},
        f"{page}/goals": {"plan": str(plan), "goal": "Något annat"},
        f"{page}/activities": {"goal_id": str(goal), "what": f"course:{COURSE}", "due_on": local_day(9)},
    }
    for town, name in ((granvik, "jonas"), (granvik, "amina"), (granvik, "maria"), (fjordvik, "lars")):
        browser = sign_in(town, name)
        assert browser.get(page).status_code == 404
        for address, values in sent.items():
            assert browser.post(address, data=values).status_code == 404
    assert karin.get(page_of(granvik, "hodan")).status_code == 404
    assert karin.post(page_of(granvik, "hodan"), data=sent[page]).status_code == 404
    hodan, _other = with_plan(granvik, "hodan", by="jonas")
    assert karin.post(f"{page}/goals", data={"plan": str(hodan), "goal": "Inte mitt"}).status_code == 404
    for nothing in ("", "nothing", "018f0000-0000-7000-8000-000000000000"):
        assert karin.post(f"{page}/goals", data={"plan": nothing, "goal": "Mål"}).status_code == 404
        assert karin.post(f"{page}/done", data={"activity": nothing}).status_code == 404
        unknown = {"goal_id": str(goal), "what": f"meeting:{nothing}", "due_on": local_day(9)}
        assert karin.post(f"{page}/activities", data=unknown).status_code == 404
