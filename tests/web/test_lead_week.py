"""The week's list: exceptions first, one thing done for several people in one go, and taken back as a whole."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from lms.learning import bulk
from lms.learning.actions import assign_course
from lms.learning.models import Assignment, BulkChange
from lms.organisation.models import Absence, Person
from lms.register.dispensations import give_dispensation
from lms.register.models import DutySource, Status
from lms.register.rules import State
from lms.register.week import WeekLine, week
from tests.learning.taking import COURSE, assign, let_off, take
from tests.web.lead_pages import grow, local_day, text_of
from tests.web.register_days import ago
from tests.web.staff_pages import counted

LATE = timedelta(days=5)


@pytest.fixture
def late(granvik):
    """Amina and Farid are five days late with one course; Amina has another due in ten days; Hodan (Eken) is late."""
    with granvik.work("karin", now=ago(20)) as ctx:
        people = [granvik.person(name).public_id for name in ("amina", "farid")]
        assign_course(ctx, COURSE, people, due_on=ctx.today + timedelta(days=15), reason="Krav")
        assign_course(ctx, "medication", people[:1], due_on=ctx.today + timedelta(days=30), reason="Krav")
    with granvik.work("jonas", now=ago(20)) as ctx:
        hodan = granvik.person("hodan").public_id
        assign_course(ctx, COURSE, [hodan], due_on=ctx.today + timedelta(days=15), reason="Krav")
    return people


@pytest.mark.parametrize(("days", "skipped"), [(3, 0), (60, 1), (None, 1)])
def test_more_time_is_for_those_too_whose_certificate_runs_out_before(granvik, monkeypatch, days, skipped):
    with granvik.work("karin", writes=False) as ctx:
        ends = None if days is None else ctx.today + timedelta(days=days)
        line = WeekLine(UUID(int=1), "Amina", "", COURSE, State.EXPIRING, ctx.today - LATE, ends, None)
        monkeypatch.setattr(bulk, "week_lines", lambda *_about: [line])
        plan = bulk.plan_bulk(ctx, [], "extension", ctx.today + timedelta(days=60))
    assert (len(plan.lines), len(plan.skipped)) == (1 - skipped, skipped)


def lines(town, name="karin"):
    with town.work(name, writes=False) as ctx:
        return [(line.name, line.course, line.state.value, line.is_done) for line in week(ctx).lines]


def pick(*pairs, kind="extension", days=14, reason="Sjukt många vikarier", **more):
    return {
        "pick": [f"{person}:{course}" for person, course in pairs], "kind": kind, "until": local_day(days),
        "reason": reason, **more,
    }  # fmt: skip


def done(browser, data):
    """Look at what it would do, then do it as the page then says."""
    page = browser.post("/team/week/check", data=data)
    form = re.search(r'action="/team/week" id="do">(.*?)</form>', page.text, re.DOTALL)[1]
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form)
    sent = {name: [value for key, value in fields if key == name] for name, _value in fields}
    return page, browser.post("/team/week", data=sent, follow_redirects=True)


def undo(browser, page):
    return browser.post(re.search(r'action="(/team/week/[^"]+/undo)"', page.text)[1], follow_redirects=True)


def test_exceptions_stand_first_and_only_the_own_units(granvik, house, english, late):
    assert lines(granvik) == [
        ("Amina Yusuf", COURSE, "missing", False),
        ("Farid Rahimi", COURSE, "missing", False),
        ("Amina Yusuf", "medication", "not_yet_due", False),
    ]
    assert lines(granvik, "jonas") == [("Hodan Ali", COURSE, "missing", False)]
    browser = english("karin")
    with counted(house) as sent:
        words = text_of(browser.get("/team/week"))
    assert len(sent) <= 6
    assert "3 lines, 2 late" in words
    assert words.count("5 days late") == 2
    assert "Hodan" not in words
    assert 'href="/team/week' in browser.get("/team").text


def test_what_runs_out_within_fourteen_days_is_there_and_what_is_known_longer_is_not(granvik):
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    assert lines(granvik) == []
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Status).values(expires_on=ctx.today + timedelta(days=14)))
    assert lines(granvik)[0][:2] == ("Amina Yusuf", COURSE)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Status).values(expires_on=ctx.today + timedelta(days=15)))
    assert lines(granvik) == []


def test_more_time_for_several_is_shown_first_done_in_one_go_and_undone(granvik, english, late):
    amina, farid = late
    browser = english("karin")
    data = pick((amina, COURSE), (farid, COURSE), (amina, "medication"), days=12)
    shown, page = done(browser, data)
    assert "Give 2 people more time" in text_of(shown)
    assert "Sjukt många vikarier" in text_of(shown)
    assert "2 people have more time" in text_of(page)
    assert {state for _name, _course, state, _done in lines(granvik)} == {"not_yet_due"}
    with granvik.work("karin", writes=False) as ctx:
        assert len(let_off(ctx, amina)) == 2
        assert {each.reason for each in let_off(ctx, farid)} == {"Sjukt många vikarier"}
    undone = undo(browser, page)
    assert "Taken back." in text_of(undone)
    assert [state for _name, _course, state, _done in lines(granvik)] == ["missing", "missing", "not_yet_due"]
    with granvik.work("karin", writes=False) as ctx:
        assert let_off(ctx, farid) == []


def test_looking_writes_nothing_and_who_has_it_is_skipped(granvik, english, late):
    amina, farid = late
    browser = english("karin")
    browser.post("/team/week/check", data=pick((amina, COURSE), (farid, COURSE)))
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(BulkChange)).all() == []
    done(browser, pick((farid, COURSE), kind="assignment"))
    shown = browser.post("/team/week/check", data=pick((amina, COURSE), (farid, COURSE), kind="assignment"))
    assert "Give the course anew to 1 person" in text_of(shown)
    assert "1 is skipped: has it already Farid Rahimi" in text_of(shown)
    assert lines(granvik)[-1] == ("Farid Rahimi", COURSE, "missing", True)  # dealt with: last on the list
    nothing = browser.post("/team/week", data=pick((farid, COURSE), kind="assignment"))
    assert "Nothing is left to do" in text_of(nothing)


def test_courses_given_anew_are_withdrawn_as_a_whole_and_nothing_else(granvik, english, late):
    amina, farid = late
    _shown, page = done(
        english("karin"), pick((amina, COURSE), (amina, "medication"), (farid, COURSE), kind="assignment")
    )
    assert "2 people were given courses anew" in text_of(page)
    with granvik.inside() as ctx:
        made = ctx.db.scalars(select(Assignment).where(Assignment.reason == "Sjukt många vikarier")).all()
        assert {assignment.course for assignment in made} == {COURSE, "medication"}
    undo(english("karin"), page)
    with granvik.inside() as ctx:
        open_ones = ctx.db.scalars(select(DutySource.reason).where(DutySource.withdrawn_at.is_(None))).all()
        assert set(open_ones) == {"Krav"}


def test_everybody_on_the_page_by_one_box_and_an_exemption(granvik, english, late):
    browser = english("karin")
    page = browser.get("/team/week")
    listed = re.findall(r'name="listed" value="([^"]+)"', page.text)
    data = {"all": "1", "listed": listed, "kind": "exemption", "until": local_day(30), "reason": "Flytt"}
    shown, page = done(browser, data)
    assert "Exempt 2 people" in text_of(shown)
    assert lines(granvik) == []
    assert "Nothing needs you this week" in text_of(page)
    undo(browser, page)
    assert len(lines(granvik)) == 3


def test_what_is_missing_is_said_and_what_was_ticked_stays(english, late):
    amina, _farid = late
    browser = english("karin")
    for data, words in (
        (pick(), "Choose at least one person."),
        (pick((amina, COURSE), reason=" "), "Write why."),
        (pick((amina, COURSE), days=-1), "Choose a day that has not passed."),
        (pick((amina, COURSE), until="soon"), "Choose a day."),
        (pick((amina, COURSE), days=2000), "Choose a day within two years."),
        (pick((amina, COURSE), kind="other"), "Choose one of the three."),
    ):
        for path in ("/team/week/check", "/team/week"):
            page = browser.post(path, data=data)
            assert page.status_code == 422
            assert words in text_of(page)
    assert f'value="{amina}:{COURSE}" checked' in page.text


def test_nobody_outside_the_reach_is_touched_and_only_the_own_changes_are_undone(
    granvik, fjordvik, sign_in, english, late
):
    amina, farid = late
    for town, name in ((granvik, "jonas"), (fjordvik, "lars"), (fjordvik, "siri")):
        page = sign_in(town, name).post("/team/week", data=pick((amina, COURSE), (farid, COURSE)))
        assert "Amina" not in page.text
        assert "Farid" not in page.text
    for name in ("farid", "admin"):
        assert sign_in(granvik, name).post("/team/week", data=pick((amina, COURSE))).status_code == 404
    assert [state for _name, _course, state, _done in lines(granvik)][:2] == ["missing", "missing"]
    _shown, page = done(english("karin"), pick((amina, COURSE)))
    address = re.search(r'action="(/team/week/[^"]+/undo)"', page.text)[1]
    for town, name in ((granvik, "jonas"), (granvik, "maria"), (fjordvik, "siri")):
        assert sign_in(town, name).post(address).status_code == 404
    with granvik.work("maria") as ctx:
        ctx.db.scalars(select(Person).where(Person.given_name == "Farid")).one().protected = True
    assert (
        "Farid"
        not in sign_in(granvik, "maria").get(f"/team/week?unit={granvik.unit('Björken').public_id}").text
    )
    assert sign_in(granvik, "maria").post("/team/week", data=pick((farid, COURSE))).status_code == 200
    assert "Farid Rahimi" in {name for name, *_rest in lines(granvik)}


def test_what_was_ended_meanwhile_stays_and_a_change_is_undone_once_and_today(granvik, english, late):
    amina, _farid = late
    browser = english("karin")
    _shown, page = done(browser, pick((amina, COURSE)))
    with granvik.work("karin") as ctx:
        other = give_dispensation(
            ctx, amina, "medication", "exemption", first=ctx.today, last=ctx.today + LATE, reason="Annat"
        )
    undo(browser, page)
    with granvik.work("karin", writes=False) as ctx:
        assert [each.public_id for each in let_off(ctx, amina)] == [other[0].public_id]
    assert undo(browser, page).status_code == 409
    _shown, page = done(browser, pick((amina, COURSE)))
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(BulkChange).values(made_at=ctx.now - timedelta(days=1)))
    assert undo(browser, page).status_code == 409
    assert "Undo all of it" not in text_of(browser.get("/team/week"))


def test_the_list_is_paged_and_costs_the_same_for_many(granvik, house, english):
    def costs(browser):
        browser.get("/team/week")
        with counted(house) as sent:
            browser.get("/team/week")
        return len(sent)

    assign(granvik, "amina", "farid", days=3)
    browser = english("karin")
    few = costs(browser)
    people = grow(granvik, "Björken", 60)
    with granvik.work("karin") as ctx:
        assign_course(ctx, COURSE, people, due_on=ctx.today + timedelta(days=2), reason="Alla")
    assert costs(browser) == few <= 6
    page = browser.get("/team/week")
    assert page.text.count('name="pick"') == 50
    assert browser.get("/team/week?page=2").text.count('name="pick"') == 12
    assert browser.get("/team/week?page=3").status_code == 404


def test_a_lead_gives_no_time_to_herself(granvik, english, late):
    amina, _farid = late
    karin = granvik.person("karin").public_id
    with granvik.work("karin", now=ago(20)) as ctx:
        assign_course(ctx, COURSE, [karin], due_on=ctx.today + timedelta(days=15), reason="Krav")
    browser = english("karin")
    for kind in ("extension", "exemption"):
        alone = browser.post("/team/week/check", data=pick((karin, COURSE), kind=kind))
        assert "Nothing is left to do" in text_of(alone)
        assert "Nobody decides this for themselves." in text_of(alone)
    assert "Nothing is left to do" in text_of(browser.post("/team/week", data=pick((karin, COURSE))))
    shown, _page = done(browser, pick((karin, COURSE), (amina, COURSE)))
    assert "Give 1 person more time" in text_of(shown)
    assert ("Karin Lind", COURSE, "missing", False) in lines(granvik)
    shown, _page = done(browser, pick((karin, COURSE), kind="assignment"))
    assert "Give the course anew to 1 person" in text_of(shown)  # to take on more is nobody else's matter
    page = browser.get(f"/team/{karin}/record")
    assert page.status_code == 200
    assert "Exempt for a time" not in text_of(page)
    assert "Exempt for a time" in text_of(browser.get(f"/team/{amina}/record"))
    data = {
        "course": COURSE,
        "kind": "exemption",
        "first": local_day(0),
        "last": local_day(9),
        "reason": "Flytt",
    }
    assert browser.post(f"/team/{karin}/dispense", data=data).status_code == 404


def test_who_is_away_stands_on_the_list_when_they_are_back(granvik, late):
    with granvik.inside(writes=True) as ctx:
        person = granvik.person("farid").id
        leave = {"employer_id": ctx.employer_id, "person_id": person, "recorded_at": ctx.now, "kind": "leave"}
        ctx.db.add(Absence(**leave, valid_from=ctx.today - LATE, valid_to=ctx.today))
    assert {name for name, *_rest in lines(granvik)} == {"Amina Yusuf"}
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Absence).values(valid_to=ctx.today - timedelta(days=1)))
    assert {name for name, *_rest in lines(granvik)} == {"Amina Yusuf", "Farid Rahimi"}
