"""Meetings: planned by the clock on the wall, prepared from the material, kept with who was there."""

import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from lms.competence.actions import add_activity
from lms.competence.queries import my_plan
from lms.jobs.worker import work_off
from lms.messages.models import Message
from lms.reflection.models import AgreedAction, MeetingSession, ReflectionTask
from lms.reflection.queries import my_actions
from tests.web.lead_pages import COURSE, grow, local_day, planned, text_of, ticked, with_plan
from tests.web.staff_pages import counted


@pytest.fixture
def karin(english):
    return english("karin")


def plan_form(town, **values):
    return {
        "course": COURSE, "unit": str(town.unit("Björken").public_id), "day": local_day(7), "time": "14:00",
        "place": "Personalrummet", "why": "Vi skriver olika", "give_task": "1",
    } | values  # fmt: skip


def notes_form(town, present=(), notes="", **lines):
    return {"present": [str(town.person(name).public_id) for name in present], "notes": notes} | {
        name.replace("_", "-"): value for name, value in lines.items()
    }


def person(town, name):
    return str(town.person(name).public_id)


def test_planning_proposes_everything_but_the_place(granvik, karin):
    page = karin.get("/meetings/new")
    assert f'value="{local_day(14)}"' in page.text
    assert 'value="14:00"' in page.text
    for minutes in (15, 30, 45):
        assert f"Time plan for {minutes} min" in text_of(page)
    assert chosen_length(page) == "30"


def chosen_length(page):
    return re.search(r'name="minutes" value="(\d+)" checked', page.text)[1]


def time_plan(page):
    """Minutes of each line of the time plan on the page of the material."""
    listed = page.text.partition("How the meeting goes")[2].partition("</ol>")[0]
    return [int(minutes) for minutes in re.findall(r"(\d+) min</", listed.partition("<ol")[2])]


def test_a_meeting_is_as_long_as_the_lead_chooses(granvik, karin):
    sent = karin.post("/meetings/new", data=plan_form(granvik, minutes="15"))
    plan = sent.headers["Location"]
    assert sum(time_plan(karin.get(plan))) == 15
    assert sum(time_plan(karin.get(f"{plan}?minutes=45"))) == 45
    assert sum(time_plan(karin.get(f"{plan}?minutes=20"))) == 30  # no such plan: the usual one
    staff = text_of(karin.get(plan.removesuffix("/plan")))
    assert "How long 15 min" in staff


@pytest.mark.parametrize(("minutes", "said"), [("20", 422), ("x", 422), ("", 303)])
def test_a_length_without_a_time_plan_is_refused(granvik, karin, minutes, said):
    sent = karin.post("/meetings/new", data=plan_form(granvik, minutes=minutes))
    assert sent.status_code == said
    assert (said == 303) or "Choose how long the meeting is." in text_of(sent)


def test_cards_are_printed_and_say_what_the_material_has(granvik, karin):
    page = karin.get(f"/meetings/{planned(granvik)}/cards")
    assert page.text.count('<li class="card">') == 8
    assert "Which three questions would you like to ask" in text_of(page)


@pytest.mark.parametrize(
    ("day", "time", "utc"),
    [
        (date(2027, 1, 20), "14:00", datetime(2027, 1, 20, 13, 0, tzinfo=UTC)),
        (date(2027, 7, 7), "14:00", datetime(2027, 7, 7, 12, 0, tzinfo=UTC)),
        (date(2027, 7, 7), "00:30", datetime(2027, 7, 6, 22, 30, tzinfo=UTC)),
    ],
)
def test_the_time_is_that_of_the_wall(granvik, karin, day, time, utc):
    sent = karin.post("/meetings/new", data=plan_form(granvik, day=day.isoformat(), time=time))
    assert sent.status_code == 303
    with granvik.work("karin", writes=False) as ctx:
        assert ctx.db.scalars(select(MeetingSession.starts_at)).one() == utc
    page = text_of(karin.get(sent.headers["Location"]))
    assert f"at {time}" in page
    assert "Personalrummet" in page


@pytest.mark.parametrize(("box", "given"), [({"give_task": "1"}, 1), ({"give_task": ""}, 0)])
def test_the_task_is_given_beforehand_if_wanted(granvik, karin, box, given):
    sent = karin.post("/meetings/new", data=plan_form(granvik) | box)
    work_off(granvik.house)
    with granvik.work("karin", writes=False) as ctx:
        assert len(ctx.db.scalars(select(ReflectionTask)).all()) == given
        told = ctx.db.scalars(select(Message.person_id).where(Message.kind == "reflection_task")).all()
        assert granvik.person("hodan").id not in told
        assert len(told) == 3 * given
    assert ("Given to everybody" in text_of(karin.get(sent.headers["Location"]))) is bool(given)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"day": ""}, "Choose a day."),
        ({"day": "2026-02-30"}, "Write a date that exists."),
        ({"day": "2026-01-02"}, "Choose a day that has not passed."),
        ({"time": ""}, "Write a time"),
        ({"time": "half past two"}, "Write a time"),
        ({"why": "x" * 201}, "Make the text shorter."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(granvik, karin, values, words):
    sent = karin.post("/meetings/new", data=plan_form(granvik) | values)
    assert sent.status_code == 422
    assert words in text_of(sent)
    assert 'value="Personalrummet"' in sent.text


def test_the_material_is_for_the_one_who_leads(granvik, karin):
    page = karin.get(f"/meetings/{planned(granvik, days=2)}/plan")
    words = text_of(page)
    for heading in ("How the meeting goes", "The example", "Questions", "If the talk becomes difficult"):
        assert heading in words
    assert 'class="hint"' in page.text
    assert "3 people work in Björken." in words
    assert "Write notes" not in words
    for link in re.findall(r'href="#([ws]-[a-z-]+)"', page.text):
        assert f'id="{link}"' in page.text


def test_lists_next_earlier_and_what_is_open(granvik, karin):
    planned(granvik, days=3, place="Köket")
    meeting = planned(granvik)
    sent = karin.post(
        f"/meetings/{meeting}/notes",
        data=notes_form(
            granvik, ["amina", "farid"], what_1="Läsa högt", who_1=person(granvik, "amina"), due_1=local_day(9)
        ),
    )  # fmt: skip
    page = text_of(karin.get(sent.headers["Location"]))
    assert "The notes are saved. Everybody in Björken gets them." in page
    assert "2 took part" in page
    assert "Läsa högt" in page
    assert page.index("Köket") < page.index("Earlier")


def test_notes_keep_attendance_and_agreements(granvik, sign_in, karin):
    meeting = planned(granvik)
    assert ticked(karin.get(f"/meetings/{meeting}/notes"), "present") == set()
    karin.post(
        f"/meetings/{meeting}/notes",
        data=notes_form(
            granvik, ["amina"], "Vi läste exemplet.",
            what_1="Läsa högt", who_1=person(granvik, "amina"), due_1=local_day(9),
            what_4="Pärm vid telefonen", who_4=person(granvik, "farid"), due_4=local_day(20),
        ),
    )  # fmt: skip
    page = karin.get(f"/meetings/{meeting}/notes")
    assert ticked(page, "present") == {person(granvik, "amina")}
    assert "Vi läste exemplet." in text_of(page)
    assert text_of(page).count("complete by") == 2
    with granvik.work("amina", writes=False) as ctx:
        assert [action.what for action in my_actions(ctx)] == ["Läsa högt"]
    with granvik.work("farid", writes=False) as ctx:
        assert [action.what for action in my_actions(ctx)] == ["Pärm vid telefonen"]
    assert "Läsa högt" in sign_in(granvik, "amina").get("/todo").text
    assert "Läsa högt" not in sign_in(granvik, "farid").get("/todo").text
    assert "Läsa högt" not in sign_in(granvik, "hodan").get("/todo").text


def test_a_plan_follows_attendance_also_when_it_is_corrected(granvik, sign_in, karin):
    meeting = planned(granvik)
    _plan, goal = with_plan(granvik, "amina")
    with granvik.work("karin") as ctx:
        add_activity(ctx, goal, due_on=ctx.today, meeting_id=meeting)

    def is_done():
        with granvik.work("amina", writes=False) as ctx:
            return my_plan(ctx).done

    assert is_done() == 0
    karin.post(f"/meetings/{meeting}/notes", data=notes_form(granvik, ["amina"]))
    assert is_done() == 1
    assert "took part" in text_of(karin.get(f"/plans/{person(granvik, 'amina')}"))
    karin.post(f"/meetings/{meeting}/notes", data=notes_form(granvik, ["farid"]))
    assert is_done() == 0


def test_a_line_half_written_is_said_and_everything_typed_stays(granvik, karin):
    meeting = planned(granvik)
    sent = karin.post(
        f"/meetings/{meeting}/notes",
        data=notes_form(
            granvik, ["farid"], "Mina anteckningar",
            what_2="Läsa högt", who_2=person(granvik, "amina"), due_2=local_day(9),
            what_3="Pärm vid telefonen", due_3=local_day(-3),
            who_5=person(granvik, "farid"), due_5=local_day(3),
        ),
    )  # fmt: skip
    assert sent.status_code == 422
    words = text_of(sent)
    assert "Choose who does it." in words
    assert "Choose a day that has not passed." in words
    assert "Write what you agreed on." in words
    for link in ("#f-who-3", "#f-due-3", "#f-what-5"):
        assert f'href="{link}"' in sent.text
        assert f'id="{link[3:]}"' in sent.text or f'id="{link[1:]}"' in sent.text
    assert "Mina anteckningar" in words
    assert 'value="Pärm vid telefonen"' in sent.text
    assert ticked(sent, "present") == {person(granvik, "farid")}
    with granvik.work("karin", writes=False) as ctx:
        assert ctx.db.scalars(select(AgreedAction)).all() == []


def test_an_unreadable_day_is_said(granvik, karin):
    meeting = planned(granvik)
    lines = {"what_1": "Läsa högt", "who_1": person(granvik, "amina"), "due_1": "soon"}
    sent = karin.post(f"/meetings/{meeting}/notes", data=notes_form(granvik, **lines))
    assert sent.status_code == 422
    assert "Write a date that exists." in text_of(sent)


def test_notes_wait_for_the_day_of_the_meeting(granvik, karin):
    meeting = planned(granvik, days=3)
    page = karin.get(f"/meetings/{meeting}/notes")
    assert "The meeting has not been held yet." in text_of(page)
    assert "<form" not in page.text[page.text.index("<main") :]
    assert karin.post(f"/meetings/{meeting}/notes", data=notes_form(granvik)).status_code == 409


def test_the_notes_warn_about_names(granvik, karin):
    assert "Do not write names" in text_of(karin.get(f"/meetings/{planned(granvik)}/notes"))


def test_people_of_another_unit_cannot_be_entered(granvik, karin):
    meeting = planned(granvik)
    assert karin.post(f"/meetings/{meeting}/notes", data=notes_form(granvik, ["hodan"])).status_code == 404
    lines = {"what_1": "Läsa högt", "who_1": person(granvik, "hodan"), "due_1": local_day(9)}
    assert karin.post(f"/meetings/{meeting}/notes", data=notes_form(granvik, **lines)).status_code == 404


def test_what_is_out_of_reach_is_not_found(granvik, fjordvik, sign_in, karin):
    meeting = planned(granvik)
    for town, name in ((granvik, "jonas"), (granvik, "amina"), (granvik, "maria"), (fjordvik, "lars")):
        browser = sign_in(town, name)
        for page in ("plan", "notes", "cards"):
            assert browser.get(f"/meetings/{meeting}/{page}").status_code == 404
        assert browser.post(f"/meetings/{meeting}/notes", data=notes_form(granvik)).status_code == 404
    for unit in (granvik.unit("Eken"), granvik.unit("Granvik"), fjordvik.unit("Furua")):
        assert (
            karin.post("/meetings/new", data=plan_form(granvik, unit=str(unit.public_id))).status_code == 404
        )
    assert karin.post("/meetings/new", data=plan_form(granvik, course="cooking")).status_code == 404
    assert "Björken" not in sign_in(granvik, "jonas").get("/meetings").text


def test_statements_are_few_and_the_same_for_a_large_unit(granvik, karin):
    meeting = planned(granvik)
    pages = [f"/meetings/{meeting}/{page}" for page in ("plan", "notes")]

    def cost(page):
        karin.get(page)
        with counted(granvik.house) as sent:
            assert karin.get(page).status_code == 200
        return len(sent)

    before = [cost(page) for page in pages]
    assert max(before) <= 6
    grow(granvik, "Björken", 57)
    assert [cost(page) for page in pages] == before
    assert text_of(karin.get(pages[1])).count("Medarbetare") >= 57
