"""What staff come to every day: to do, meetings, certificates, plan, own page."""

import re
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import select

from lms.base.context import work
from lms.base.i18n import day
from lms.competence.actions import add_activity, add_goal, agree_plan
from lms.evidence.actions import revoke_certificate
from lms.evidence.models import CertificateRow
from lms.identity.actions import set_preferences
from lms.identity.models import UserSession
from lms.jobs.worker import work_off
from lms.reflection.actions import plan_meeting, record_meeting
from lms.reflection.models import AgreedAction
from lms.reflection.rules import Agreed
from tests.learning.taking import assign, take
from tests.web.staff_pages import COURSE, counted, edition_of, shown

NUMBER = re.compile(r"[2-9A-HJKMNP-TV-Z]{5}-[2-9A-HJKMNP-TV-Z]{5}")


@pytest.fixture
def amina(granvik, sign_in):
    with granvik.work("amina") as ctx:
        set_preferences(ctx, "en", "system")
    return sign_in(granvik, "amina")


def meet(town, *agreed, name="karin", unit="Björken", days=0, held=True, task=True):
    """A meeting of a unit; with what was agreed if it was held."""
    with town.work(name) as ctx:
        meeting = plan_meeting(
            ctx,
            town.unit(unit).public_id,
            course="documentation",
            starts_at=ctx.now + timedelta(days=days),
            place="Personalrummet",
            why="Lära av varandra",
            give_task=task,
        )
        ctx.db.flush()
        meeting_id = meeting.public_id
    if held:
        with town.work(name) as ctx:
            lines = [
                Agreed(what, town.person(who).public_id, ctx.today + timedelta(days=14))
                for what, who in agreed
            ]
            record_meeting(
                ctx, meeting_id, present=[], agreed=lines, notes="Vi läste exemplet.\nVi skriver kort."
            )
    return meeting_id


def actions(town, name):
    with town.work(name, writes=False) as ctx:
        rows = ctx.db.scalars(select(AgreedAction).where(AgreedAction.responsible_id == ctx.who.person_id))
        return [(row.public_id, row.done_on) for row in rows]


def numbers(town, name):
    with town.work(name, writes=False) as ctx:
        rows = ctx.db.scalars(
            select(CertificateRow.number).where(CertificateRow.person_id == ctx.who.person_id)
        )
        return [f"{number[:5]}-{number[5:]}" for number in rows]


def test_the_most_urgent_course_stands_large_with_one_button(granvik, amina):
    assign(granvik, "amina", days=12)
    page = shown(amina.get("/todo"))
    assert "Hello Amina" in page
    assert "Complete by" in page
    assert "Krav för rollen" in page
    assert "8 lessons · 40 min" in page
    course = edition_of(granvik.house)
    steps = [f"{COURSE}/{lesson.id}/{step.id}" for lesson in course.lessons for step in lesson.steps]
    assert f'<a class="btn w" href="{COURSE}">Start' in page  # where one may show first what one knows
    for step in steps[:12]:
        amina.get(step)
    page = shown(amina.get("/todo"))
    assert f'<a class="btn w" href="{steps[12]}">Continue' in page
    assert "Lesson 2 of 8 · 34 min left" in page
    assert 'aria-label="Documentation: 1 of 8 lessons done"' in page


def test_every_state_has_its_words(granvik, amina, time_machine_at):
    page = shown(amina.get("/todo"))
    assert "You have no courses yet." in page
    assign(granvik, "amina", days=40)
    assert "Not started" in shown(amina.get("/todo"))
    with time_machine_at(days=43):
        assert "3 days late" in shown(amina.get("/todo"))
    take(granvik, "amina", right=12)
    page = shown(amina.get("/todo"))
    assert "Nothing to do right now" in page
    assert "Valid until and including" in page
    with time_machine_at(days=715):
        page = shown(amina.get("/todo"))
        assert "Expires" in page
        assert f'<a class="btn w" href="{COURSE}">Renew' in page
    with time_machine_at(days=750):
        assert "Expired" in shown(amina.get("/todo"))


@pytest.fixture
def time_machine_at(granvik):
    """A day ahead, with sessions that last until then."""

    def at(days):
        with work(granvik.house) as ctx:
            for session in ctx.db.scalars(select(UserSession)):
                session.expires_at = ctx.now + timedelta(days=1000)
            now = ctx.now
        return time_machine.travel(now + timedelta(days=days), tick=False)

    return at


def test_the_next_meeting_and_its_task_stand_on_the_first_page(granvik, amina):
    meeting = meet(granvik, days=3, held=False)
    page = shown(amina.get("/todo"))
    assert f'href="/meetings/{meeting}"' in page
    assert "think about the task before" in page
    opened = shown(amina.get(f"/meetings/{meeting}"))
    course = edition_of(granvik.house)
    material = course.texts["en"].reflection
    assert material.sections["task"] in opened
    assert material.sections["example"] in opened
    assert material.sections["leader"] not in opened
    for part in ("Personalrummet", "Lära av varandra", "Björken"):
        assert part in opened
    meet(granvik, days=0, held=False, task=False)
    assert "Staff meeting today at" in shown(amina.get("/todo"))


def test_without_a_task_a_meeting_shows_the_example_only(granvik, amina):
    meeting = meet(granvik, days=3, held=False, task=False)
    material = edition_of(granvik.house).texts["en"].reflection
    opened = shown(amina.get(f"/meetings/{meeting}"))
    assert material.sections["task"] not in opened
    assert material.sections["example"] in opened


def test_after_the_meeting_ones_own_actions_come_first(granvik, amina, sign_in):
    meeting = meet(granvik, ("Farids sak", "farid"), ("Aminas sak", "amina"))
    page = shown(amina.get(f"/meetings/{meeting}"))
    assert page.index("Aminas sak") < page.index("Farids sak")
    assert "Vi läste exemplet." in page
    action, _done = actions(granvik, "amina")[0]
    done = amina.post(f"/actions/{action}/done", data={"meeting": str(meeting)})
    assert (done.status_code, done.headers["Location"]) == (303, f"/meetings/{meeting}")
    assert f"/actions/{action}/done" not in amina.get(f"/meetings/{meeting}").text
    assert actions(granvik, "amina")[0][1] is not None


def test_an_action_is_done_with_one_tap_and_only_by_its_owner(granvik, fjordvik, amina, sign_in):
    meet(granvik, ("Provar mallen", "amina"))
    action, _done = actions(granvik, "amina")[0]
    assert "Provar mallen" in shown(amina.get("/todo"))
    for town, name in ((granvik, "farid"), (granvik, "karin"), (fjordvik, "kari")):
        assert sign_in(town, name).post(f"/actions/{action}/done").status_code == 404
    assert actions(granvik, "amina") == [(action, None)]
    for _twice in range(2):
        done = amina.post(f"/actions/{action}/done")
        assert (done.status_code, done.headers["Location"]) == (303, "/todo?done=1")
    page = shown(amina.get("/todo?done=1"))
    assert "Provar mallen" not in page
    assert "Marked as done." in page


def test_a_meeting_of_another_unit_or_municipality_is_not_found(granvik, fjordvik, amina, sign_in):
    elsewhere = meet(granvik, name="jonas", unit="Eken", days=2, held=False)
    far = meet(fjordvik, name="lars", unit="Furua", days=2, held=False)
    for meeting in (elsewhere, far, uuid4()):
        assert amina.get(f"/meetings/{meeting}").status_code == 404
    assert sign_in(granvik, "hodan").get(f"/meetings/{elsewhere}").status_code == 200
    assert "Staff meeting" not in shown(amina.get("/todo"))


def test_certificates_are_listed_and_shown_in_full(granvik, amina):
    assert "You have no certificates yet" in shown(amina.get("/certificates"))
    take(granvik, "amina", right=12)
    take(granvik, "amina", right=12)
    old, new = numbers(granvik, "amina")
    listed = shown(amina.get("/certificates"))
    assert listed.index(new) < listed.index(old)
    assert "Renewed" in listed
    page = shown(amina.get(f"/certificates/{new}"))
    edition = edition_of(granvik.house)
    text = edition.texts["sv"]
    for part in (
        "Amina Yusuf", text.title, *text.outcomes.values(), "Granviks kommun", edition.label, 'class="qr"',
        f"/v/{new}", "10 of 12 right answers are needed", "not a delegation",
    ):  # fmt: skip
        assert part in page
    for typed in (new.lower(), new.replace("-", "")):
        assert amina.get(f"/certificates/{typed}").status_code == 200


def test_a_revoked_certificate_says_when_and_why(granvik, amina):
    take(granvik, "amina", right=12)
    number = numbers(granvik, "amina")[0]
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, number, "Fel person gjorde testet")
        on = day(ctx.today, "en")
    page = shown(amina.get(f"/certificates/{number}"))
    assert f"The certificate was revoked on {on}." in page
    assert "Fel person gjorde testet" in page
    assert f"Revoked on {on}" in shown(amina.get("/certificates"))


def test_the_pdf_is_made_when_it_is_first_asked_for(granvik, house, amina):
    take(granvik, "amina", right=12)
    number = numbers(granvik, "amina")[0]
    for _twice in range(2):
        waiting = amina.get(f"/certificates/{number}.pdf")
        assert waiting.status_code == 202
        assert f'data-poll="/certificates/{number}.pdf"' in waiting.text
    work_off(house)
    ready = amina.get(f"/certificates/{number}.pdf")
    assert ready.status_code == 200
    assert ready.mimetype == "application/pdf"
    assert ready.data.startswith(b"%PDF")
    assert ready.headers["Content-Disposition"] == f'inline; filename="kunnig-{number}.pdf"'


def test_who_sees_the_team_or_the_register_opens_the_same_file(granvik, fjordvik, house, amina, sign_in):
    take(granvik, "amina", right=12)
    number = numbers(granvik, "amina")[0]
    work_off(house)
    for name in ("amina", "karin", "maria"):
        assert sign_in(granvik, name).get(f"/certificates/{number}.pdf").status_code == 200
    for town, name in ((granvik, "farid"), (granvik, "jonas"), (granvik, "admin"), (fjordvik, "siri")):
        assert sign_in(town, name).get(f"/certificates/{number}.pdf").status_code == 404
    for name in ("karin", "maria", "farid"):
        assert sign_in(granvik, name).get(f"/certificates/{number}").status_code == 404
    assert amina.get("/certificates/22222-22222.pdf").status_code == 404
    assert amina.get("/certificates/x").status_code == 404


def plan_for(town, name, activities=1):
    """A plan with a goal, a course and free activities; returns the public ids of the free ones and of the course."""
    with town.work("karin") as ctx:
        plan = agree_plan(
            ctx,
            town.person(name).public_id,
            period_from=date(ctx.today.year, 1, 1),
            period_to=date(ctx.today.year, 12, 31),
            next_talk_on=ctx.today + timedelta(days=90),
        )
        ctx.db.flush()
        goal = add_goal(ctx, plan.public_id, "Jag vill bli handledare.")
        ctx.db.flush()
        soon = ctx.today + timedelta(days=5)
        free = [
            add_activity(ctx, goal.public_id, due_on=soon, title=f"Gå bredvid {place}", arena="job_rotation")
            for place in range(activities)
        ]
        course = add_activity(ctx, goal.public_id, due_on=soon + timedelta(days=1), course="documentation")
        ctx.db.flush()
        return [each.public_id for each in free], course.public_id


def test_the_plan_is_a_timeline_of_what_is_done_and_what_comes(granvik, amina):
    assert "Talk to your manager." in shown(amina.get("/plan"))
    (free,), course = plan_for(granvik, "amina")
    page = shown(amina.get("/plan"))
    assert "Jag vill bli handledare." in page
    assert "Agreed with Karin Lind" in page
    assert "Next talk about the plan" in page
    assert "0 of 2 parts done" in page
    assert page.index("Gå bredvid 0") < page.index("Course: Documentation")
    done = amina.post(f"/plan/{free}/done")
    assert (done.status_code, done.headers["Location"]) == (303, "/plan")
    assert "1 of 2 parts done" in shown(amina.get("/plan"))
    assert amina.post(f"/plan/{course}/done").status_code == 409
    take(granvik, "amina", right=12)
    assert "2 of 2 parts done" in shown(amina.get("/plan"))
    assert "you have the certificate" in shown(amina.get("/plan"))


def test_nobody_elses_plan_is_changed(granvik, fjordvik, sign_in):
    (free,), _course = plan_for(granvik, "amina")
    for town, name in ((granvik, "farid"), (granvik, "jonas"), (fjordvik, "kari")):
        assert sign_in(town, name).post(f"/plan/{free}/done").status_code == 404


def test_the_own_page_tells_what_the_manager_sees(granvik, amina):
    page = shown(amina.get("/me"))
    for part in (
        "Amina Yusuf",
        "Undersköterska",
        "What your manager sees",
        "What nobody else sees",
        "This device",
    ):
        assert part in page
    assert 'action="/sign-out"' in page
    assert page.count("<h1") == 1


def test_language_and_appearance_are_kept(granvik, amina):
    saved = amina.post("/me", data={"language": "nb", "theme": "dark"})
    assert (saved.status_code, saved.headers["Location"]) == (303, "/me?saved=1")
    page = amina.get(saved.headers["Location"])
    assert '<html lang="nb" data-theme="dark">' in page.text
    assert re.search(r'value="nb" checked', page.text)
    for wrong in ({"language": "xx", "theme": "dark"}, {"language": "nb", "theme": "pink"}, {}):
        assert amina.post("/me", data=wrong).status_code == 422
    assert '<html lang="nb" data-theme="dark">' in amina.get("/me").text


def test_the_size_of_text_is_kept(amina):
    chosen = {"language": "sv", "theme": "system"}
    assert "data-size" not in amina.get("/me").text
    for size in ("largest", "large"):
        amina.post("/me", data=chosen | {"text_size": size})
        page = amina.get("/todo").text
        assert f'<html lang="sv" data-size="{size}">' in page
        assert re.search(f'value="{size}" checked', amina.get("/me").text)
    assert amina.post("/me", data=chosen | {"text_size": "huge"}).status_code == 422
    amina.post("/me", data=chosen | {"text_size": "normal"})
    assert '<html lang="sv">' in amina.get("/todo").text


def test_signing_out_ends_the_session(amina):
    assert amina.post("/sign-out").status_code == 303
    assert "/sign-in" in amina.get("/todo").headers["Location"]


@pytest.mark.parametrize("rows", [1, 30])
def test_every_page_takes_at_most_six_statements(granvik, amina, house, rows):
    assign(granvik, "amina")
    held = meet(granvik, *[(f"Sak {line}", "amina") for line in range(min(rows, 10))])
    for _more in range(rows // 10 - 1):
        meet(granvik, *[(f"Sak {line}", "amina") for line in range(10)])
    for ahead in range(rows):
        ahead_id = meet(granvik, days=ahead + 1, held=False)
    plan_for(granvik, "amina", activities=rows)
    if rows == 1:
        take(granvik, "amina", right=12)
    else:
        for _again in range(3):
            take(granvik, "amina", right=12)
    number = numbers(granvik, "amina")[0]
    work_off(house)
    pages = (
        "/todo", "/courses", COURSE, "/certificates", f"/certificates/{number}", f"/certificates/{number}.pdf",
        "/plan", "/me", f"/meetings/{held}", f"/meetings/{ahead_id}",
    )  # fmt: skip
    for address in pages:
        with counted(house) as sent:
            assert amina.get(address).status_code == 200
        assert len(sent) <= 6, (address, sent)


def test_pages_of_leads_and_officers_own_learning_open_too(granvik, sign_in):
    for name in ("karin", "maria", "admin"):
        browser = sign_in(granvik, name)
        for address in ("/todo", "/courses", COURSE, "/certificates", "/plan", "/me"):
            assert browser.get(address).status_code == 200


def test_nobody_sees_anything_without_signing_in(client):
    some = UUID(int=7)
    for address in (
        "/todo",
        "/certificates",
        "/certificates/22222-22222.pdf",
        "/plan",
        "/me",
        f"/meetings/{some}",
    ):
        assert "/sign-in" in client.get(address).headers["Location"]
    for address in (f"/actions/{some}/done", f"/plan/{some}/done", "/me"):
        assert "/sign-in" in client.post(address).headers["Location"]
