"""Pages that begin with a button: before a course, the week's question, a group, an exam in a room, own additions."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lms.base.access import Role
from lms.demo_towns import GRANVIK
from lms.learning.models import ExamSitting
from lms.organisation.actions import grant_role
from lms.organisation.models import Person, Unit
from tests import builders
from tests.journeys.conftest import PHONE
from tests.journeys.examined import examine
from tests.journeys.learner import answer_anything, follow
from tests.journeys.test_whole_course import HAS_NOT_BEGUN
from tests.journeys.walk import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
COURSE = "/courses/documentation"


@pytest.fixture
def town(site):
    return builders.Town(site.house, "granvik")


def named(ctx, given_name):
    """Somebody of the demo municipality."""
    return ctx.db.scalars(
        select(Person).where(Person.employer_id == ctx.employer_id, Person.given_name == given_name)
    ).one()


def test_what_one_knows_is_shown_before_the_course(visitor):
    page = visitor(PHONE)
    sign_in(page, GRANVIK.address(HAS_NOT_BEGUN["SE"]["sv"]).partition("@")[0])
    assert page.goto(f"{COURSE}/before/pretest").status == 200
    examine(page, desk=True)
    follow(page, page.locator(".dock button"))
    examine(page, desk=True)
    while not page.url.endswith("/result"):
        answer_anything(page)
        follow(page, page.locator(".dock button").last)
    examine(page, desk=True)
    follow(page, page.locator(".dock a.btn").last)
    assert COURSE in page.url


def test_notes_to_oneself(visitor):
    page = visitor(PHONE)
    sign_in(page, "amina")
    assert page.goto(f"{COURSE}/notes").status == 200
    examine(page, desk=True)
    page.goto(f"{COURSE}/persons-right/try-2")
    examine(page, desk=True)
    follow(page, page.locator(".dock button"))  # nothing written: the focus is where something is missing
    expect(page.get_by_role("textbox")).to_be_focused()
    page.get_by_role("textbox").fill("Det gick bra.")
    follow(page, page.locator(".dock button"))
    page.goto(f"{COURSE}/notes")
    examine(page, desk=True)


def test_a_question_a_week(visitor):
    page = visitor(PHONE)
    sign_in(page, "elin")
    page.goto("/me")
    follow(page, page.locator("#weekly button"))
    page.goto("/week")
    examine(page, desk=True)
    answer_anything(page)
    follow(page, page.locator(".dock button").last)
    examine(page, desk=True)
    page.goto("/todo")
    expect(page.locator("main a[href='/week']")).to_have_count(0)


def test_a_group_learns_on_one_screen(visitor):
    page = visitor(PHONE)
    sign_in(page, "karin")
    for path in ("/team/outcomes", "/team/together"):
        assert page.goto(path).status == 200
        examine(page, desk=True)
    page.locator("input[name=people]").first.check(force=True)
    follow(page, page.locator("main form .btn").last)
    examine(page, desk=True)
    follow(page, page.locator(".dock form .btn"))
    examine(page, desk=True)
    group = page.url.partition("/lessons")[0] if "/lessons" in page.url else "/".join(page.url.split("/")[:6])
    for path in (group, f"{group}/test"):
        assert page.goto(path).status == 200
        examine(page, desk=True)


def test_an_exam_in_a_room(visitor, town):
    with town.inside(writes=True) as ctx:
        karin, unit = named(ctx, "Karin"), ctx.open(Unit, town.unit("Björken").public_id)
        grant_role(ctx, person=karin, role=Role.AUTHORISER, unit=unit)
        sitting = ExamSitting(
            employer_id=ctx.employer_id, unit_id=unit.id, course="documentation", room="Björken", code="ABCDEF",
            opens_at=ctx.now, closes_at=ctx.now + timedelta(hours=1), opened_by=karin.id, created_at=ctx.now,
        )  # fmt: skip
        ctx.db.add(sitting)
        amina = named(ctx, "Amina").public_id
    page = visitor(PHONE)
    sign_in(page, "karin")
    here = f"/team/exams/{sitting.public_id}"
    for path in ("/team/exams", "/team/exams/new", here, f"{here}/close", f"/team/{amina}/attempt"):
        assert page.goto(path).status == 200
        examine(page, desk=True)


def test_own_additions_and_how_questions_work(visitor, town):
    with town.inside(writes=True) as ctx:
        grant_role(ctx, person=named(ctx, "Maria"), role=Role.AUTHOR)
    page = visitor(PHONE)
    sign_in(page, "maria")
    assert page.goto("/org/courses/documentation/items").status == 200
    examine(page, desk=True)
    page.goto("/org/courses/documentation/local/right-record/two-records")
    page.locator("details summary").last.click()
    page.locator("[name=routine-sv]").fill("Ring jouren.")
    for name, text in {
        "ask-sv": "Vem ringer du?", "option-sv-a": "Jouren", "why-sv-a": "Bemannad.", "option-sv-b": "Ingen",
        "why-sv-b": "Då vet ingen.",
    }.items():  # fmt: skip
        page.locator(f"[name={name}]").fill(text)
    page.locator("input[name=key]").first.check(force=True)
    examine(page, desk=True)
    follow(page, page.locator("form#local .btn").last)
    assert page.url.partition("?")[0].endswith(f"{COURSE}/local")
    examine(page, desk=True)
    assert page.goto(f"{COURSE}/right-record/two-records/local").status == 200
    examine(page, desk=True)
    answer_anything(page)
    follow(page, page.locator(".btn[form=practice]"))
    examine(page, desk=True)
