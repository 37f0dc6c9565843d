"""The register of today and of past days: on screen, in files and for machines, as known now and as known then."""

from io import BytesIO
from itertools import product

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from lms.base.audit import AuditEntry
from lms.learning.actions import assign_course
from lms.organisation.models import Employment, Person
from lms.register import register_on, register_then
from tests.learning.taking import COURSE
from tests.web.lead_pages import grow, local_day, text_of
from tests.web.register_days import ago, in_csv, in_json, in_workbook, iso, on_screen, past_of
from tests.web.staff_pages import counted


@pytest.fixture
def maria(granvik, sign_in):
    past_of(granvik)
    return sign_in(granvik, "maria")


def states(browser, query=""):
    rows = browser.get(f"/register/rows.json{query}").json["rows"]
    return {row["given_name"]: row["state"] for row in rows}


DAYS = ["", f"day={iso(57)}", f"day={iso(30)}", f"day={iso(30)}&known={iso(20)}", f"known={iso(20)}"]
NARROWED = [
    "",
    "text=amina",
    f"course={COURSE}&role=assistant_nurse",
    "state=valid",
    "state=exempt",
    "state=missing",
]


def test_a_program_that_takes_the_rows_is_noted_once_a_day(granvik, english):
    past_of(granvik)
    maria = english("maria")
    for address in ("rows.json", "rows.json?course=documentation", "rows.json"):
        assert maria.get(f"/register/{address}").status_code == 200
    with granvik.inside() as ctx:
        noted = ctx.db.scalars(select(AuditEntry.facts).where(AuditEntry.action == "register.exported")).all()
    assert sorted((each["kind"], each["course"]) for each in noted) == [
        ("json", ""),
        ("json", "documentation"),
    ]


def test_rows_of_today_are_noted_also_after_those_of_a_past_day(granvik, english):
    past_of(granvik)
    maria = english("maria")
    for address in (f"rows.json?day={iso(30)}", "rows.json"):
        assert maria.get(f"/register/{address}").status_code == 200
    with granvik.inside() as ctx:
        noted = ctx.db.scalars(select(AuditEntry.facts).where(AuditEntry.action == "register.exported")).all()
    assert sorted("day" in each for each in noted) == [False, True]


def test_screen_files_and_machines_show_the_same_rows(maria):
    sizes = {}
    for day, narrowed in product(DAYS, NARROWED):
        query = "?" + "&".join(part for part in (day, narrowed) if part)
        shown = on_screen(maria.get(f"/register{query}"))
        assert in_json(maria.get(f"/register/rows.json{query}")) == shown, query
        assert in_csv(maria.get(f"/register/file/csv{query}")) == shown, query
        assert in_workbook(maria.get(f"/register/file/xlsx{query}")) == shown, query
        sizes[day, narrowed] = len(shown)
    assert {sizes[day, ""] for day in DAYS} == {2}
    assert [sizes[DAYS[3], narrowed] for narrowed in NARROWED] == [2, 1, 2, 1, 0, 1]
    assert [sizes[DAYS[2], narrowed] for narrowed in NARROWED] == [2, 1, 2, 1, 1, 0]


def test_a_past_day_says_what_was_so_then(maria):
    assert states(maria) == {"Amina": "valid", "Farid": "exempt"}
    assert states(maria, f"?day={iso(57)}") == {"Amina": "not_yet_due", "Farid": "not_yet_due"}
    assert states(maria, f"?day={iso(48)}") == {"Amina": "valid", "Farid": "missing"}
    assert states(maria, f"?day={iso(61)}") == {}


def test_a_correction_shows_both(granvik, maria, english):
    day, known = iso(30), iso(20)
    assert states(maria, f"?day={day}") == {"Amina": "valid", "Farid": "exempt"}
    assert states(maria, f"?day={day}&known={known}") == {"Amina": "valid", "Farid": "missing"}
    reader = english("maria")
    page = text_of(reader.get(f"/register?day={day}&known={known}"))
    assert "as known on" in page
    assert "1 row was corrected later." in page
    assert page.count("corrected later") == 2  # in the banner, and at the row
    both = reader.get(f"/register?day={day}&compare={known}")
    words = text_of(both)
    assert "Rahimi, Farid" in words
    assert "Yusuf, Amina" not in words
    assert "20 days late" in words
    assert "Exempt" in words
    assert f"/register/file/csv?day={day}&amp;known={known}" in both.text
    assert "Nothing of it has been corrected since." in text_of(
        reader.get(f"/register?day={iso(57)}&compare={known}")
    )


def test_a_row_that_only_now_is_known_is_shown_beside_nothing(granvik, english):
    """Who was hired in the past and entered late was not in the register as known then."""
    hired = grow(granvik, "Björken", 1)
    with granvik.work("karin") as ctx:
        assign_course(ctx, COURSE, hired, due_on=ctx.today, reason="Ny")
    page = english("maria").get(f"/register?day={local_day()}&compare={iso(1)}")
    assert "Test, Medarbetare 00" in text_of(page)
    assert "Not required" in text_of(page)


def test_the_banner_leads_back_and_everything_keeps_the_days(granvik, english):
    past_of(granvik)
    grow(granvik, "Björken", 60)
    with granvik.work("karin", now=ago(25)) as ctx:
        people = ctx.db.scalars(
            select(Person.public_id)
            .join(Employment, Employment.person_id == Person.id)
            .where(Person.family_name == "Test")
        ).all()
        assign_course(ctx, COURSE, people, due_on=ctx.today, reason="Alla")
    page = english("maria").get(f"/register?day={iso(20)}&role=assistant_nurse")
    assert "Shows" in text_of(page)
    assert "as known today." in text_of(page)
    assert 'href="/register?role=assistant_nurse">Back to today' in page.text
    assert f"/register?day={iso(20)}&amp;role=assistant_nurse&amp;page=2" in page.text
    assert f'<input type="hidden" name="day" value="{iso(20)}">' in page.text
    assert f"day={iso(20)}" in page.text.split("/register/file/xlsx?")[1].split('"')[0]
    assert text_of(page).count("1–50 of 62") == 1


def test_a_day_that_cannot_be_shows_no_rows_of_another(granvik, english):
    past_of(granvik)
    browser = english("maria")
    for query, words in (
        ("day=soon", "Write the day as a date."),
        ("day=2999-01-01", "Choose today or an earlier day."),
        ("known=2999-01-01", "Choose today or an earlier day."),
    ):
        page = browser.get(f"/register?{query}")
        assert page.status_code == 422
        assert words in text_of(page)
        assert "Yusuf" not in page.text
        assert browser.get(f"/register/file/csv?{query}").status_code == 422
        answer = browser.get(f"/register/rows.json?{query}")
        assert (answer.status_code, answer.json["error"]) == (422, "invalid")


def test_more_people_than_fit_are_said_and_are_in_the_file(granvik, english, monkeypatch):
    past_of(granvik)
    for module in (register_on, register_then):
        monkeypatch.setattr(module, "MOST", 1)
    browser = english("maria")
    page = browser.get(f"/register?day={iso(30)}")
    assert "Too many people to work out a past day on a page: 7." in text_of(page)
    assert "Yusuf" not in page.text
    assert browser.get(f"/register/rows.json?day={iso(30)}").status_code == 409
    assert len(in_csv(browser.get(f"/register/file/csv?day={iso(30)}"))) == 2
    named = text_of(browser.get(f"/register?day={iso(30)}&text=yusuf"))
    assert "Too many people" not in named
    assert "Amina Björken" in named


def test_the_file_says_which_day_and_so_does_the_change_log(granvik, english):
    past_of(granvik)
    browser = english("maria")
    answer = browser.get(f"/register/file/xlsx?day={iso(30)}&known={iso(20)}")
    assert f"register-{iso(30)}.xlsx" in answer.headers["Content-Disposition"]
    about = dict(CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(1).to_python())
    assert about["Shows the situation on"] == iso(30)
    assert about["As known on"] == iso(20)
    with granvik.work("maria", writes=False) as ctx:
        entry = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "register.exported")).one()
        assert (entry.facts["day"], entry.facts["known_on"], entry.facts["rows"]) == (iso(30), iso(20), 2)


def test_a_past_day_costs_the_same_for_more_people(house, granvik, maria):
    queries = [
        f"/register?day={iso(3)}",
        f"/register?day={iso(3)}&known={iso(2)}",
        f"/register?day={iso(3)}&compare={iso(2)}",
    ]

    def costs():
        found = []
        for query in queries:
            maria.get(query)
            with counted(house) as sent:
                maria.get(query)
            found.append(len(sent))
        return found

    few = costs()
    grow(granvik, "Björken", 40)
    assert costs() == few
    assert max(few) <= 35


def test_what_is_out_of_reach_or_protected_is_not_told_of_a_past_day(granvik, fjordvik, sign_in, maria):
    query = f"?day={iso(30)}&known={iso(20)}"
    for town, name, status in (
        (granvik, "karin", 404),
        (granvik, "farid", 404),
        (granvik, "admin", 404),
        (fjordvik, "siri", 200),
    ):
        browser = sign_in(town, name)
        for path in ("/register", "/register/rows.json", "/register/file/csv"):
            answer = browser.get(path + query)
            assert answer.status_code == status
            assert "Amina" not in answer.text
    with granvik.work("maria") as ctx:
        ctx.db.scalars(select(Person).where(Person.given_name == "Amina")).one().protected = True
    for path in ("/register", "/register/rows.json", "/register/file/csv"):
        answer = maria.get(path + query).text
        assert "Amina" not in answer
        assert str(granvik.person("amina").public_id) not in answer
    assert maria.get(f"/register/rows.json{query}&text=amina").json["size"] == 0
