"""Files of the register on their page: asked for, waited for without script, fetched, tried again."""

import re
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from lms.jobs.worker import work_off
from lms.register.models import Requirement
from lms.register.requirements import Terms, set_requirement
from lms.reports.models import ExportJob
from tests.learning.taking import COURSE, assign
from tests.web.lead_pages import text_of
from tests.web.register_days import iso
from tests.web.staff_pages import counted


@pytest.fixture
def maria(granvik, sign_in, monkeypatch):
    """Maria's browser; whatever has more than no row at all is made in the background."""
    assign(granvik, "amina", "farid")
    monkeypatch.setattr("lms.reports.rules.AT_ONCE", 0)
    monkeypatch.setattr("lms.reports.actions.MOST", -1)
    return sign_in(granvik, "maria")


def test_a_small_file_comes_at_once(granvik, sign_in):
    assign(granvik, "amina")
    browser = sign_in(granvik, "maria")
    answer = browser.post("/register/files", data={"kind": "csv", "course": COURSE})
    assert answer.location == f"/register/file/csv?course={COURSE}"
    assert browser.get(answer.location).data.count(b"\r\n") == 2


def test_a_large_one_is_asked_for_with_its_filter_and_waited_for(granvik, maria):
    offered = maria.get(f"/register/file/xlsx?course={COURSE}&page=3")
    assert offered.location == f"/register/files?kind=xlsx&course={COURSE}"
    answer = maria.get(offered.location)
    assert re.search(r'name="kind" value="xlsx" checked', answer.text)
    assert f'name="course" value="{COURSE}"' in answer.text
    assert "Refresh" not in answer.headers
    ordered = maria.post("/register/files", data={"kind": "xlsx", "course": COURSE})
    assert ordered.location == f"/register/files?waits=1&course={COURSE}"
    with_form = maria.get("/register/files")
    assert "Refresh" not in with_form.headers  # what is being filled in stays
    assert 'name="kind"' in with_form.text
    assert 'href="/register/files?waits=1"' in with_form.text
    answer = maria.get(ordered.location)
    assert int(answer.headers["Refresh"]) > 0
    assert 'name="kind"' not in answer.text
    assert 'href="/register/files/' not in answer.text
    work_off(granvik.house)
    answer = maria.get(ordered.location)
    assert "Refresh" not in answer.headers
    assert 'name="kind"' in answer.text
    (link,) = set(re.findall(r'href="(/register/files/[^"]+)"', answer.text))
    answer = maria.get(link)
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_length == len(answer.data) > 1000


def test_a_past_day_is_kept_with_the_file(granvik, maria):
    address = f"/register/files?kind=csv&day={iso(3)}&known={iso(1)}"
    assert maria.get(f"/register/file/csv?day={iso(3)}&known={iso(1)}").location == address
    page = maria.get(address).text
    assert f'name="day" value="{iso(3)}"' in page
    maria.post("/register/files", data={"kind": "csv", "day": iso(3), "known": iso(1)})
    with granvik.inside() as ctx:
        (kept,) = ctx.db.scalars(select(ExportJob.narrowed).where(ExportJob.employer_id == ctx.employer_id))
    assert kept == {"day": iso(3), "known": iso(1)}
    assert iso(3) in maria.get("/register/files").text


@pytest.mark.parametrize("day", ["2999-01-01", "x"])
def test_a_day_that_cannot_be_is_refused(maria, day):
    assert maria.get(f"/register/files?day={day}").status_code == 422
    assert maria.post("/register/files", data={"kind": "csv", "day": day}).status_code == 422


def test_rows_that_are_written_are_shown(granvik, maria):
    maria.post("/register/files", data={"kind": "csv"})
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(ExportJob).where(ExportJob.employer_id == ctx.employer_id).values(total=40, done=10)
        )
    page = maria.get("/register/files").text
    assert re.search(r'<progress[^>]* value="10" max="40"', page)


def test_what_failed_says_so_and_is_tried_again_by_a_button(granvik, maria):
    maria.post("/register/files", data={"kind": "csv"})
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(ExportJob)
            .where(ExportJob.employer_id == ctx.employer_id)
            .values(outcome="failed", reason="error")
        )
    page = maria.get("/register/files").text
    (again,) = re.findall(r'action="(/register/files/[^"]+/again)"', page)
    assert maria.post(again).location == "/register/files?waits=1"
    work_off(granvik.house)
    assert re.search(r'href="/register/files/[^"]+"', maria.get("/register/files").text)


def test_a_file_whose_bytes_are_lost_is_not_there(granvik, maria):
    maria.post("/register/files", data={"kind": "csv"})
    work_off(granvik.house)
    (link,) = set(re.findall(r'href="(/register/files/[^"]+)"', maria.get("/register/files").text))
    (key,) = [key for key in granvik.house.files.all_keys() if key.startswith("exports/")]
    granvik.house.files.delete(key)
    assert maria.get(link).status_code == 404


def test_an_unknown_kind_is_not_there(maria):
    assert maria.post("/register/files", data={"kind": "exe"}).status_code == 404


@pytest.mark.parametrize("name", ["amina", "karin", "admin"])
def test_the_page_is_not_there_for_who_may_not_take_the_register_out(granvik, sign_in, name):
    browser = sign_in(granvik, name)
    assert browser.get("/register/files").status_code == 404
    assert browser.post("/register/files", data={"kind": "csv"}).status_code == 404


def test_a_file_of_a_requirement_that_is_gone_is_still_listed(granvik, house, english):
    browser = english("maria")
    rules = []
    for course in ("documentation", "medication"):
        with granvik.work("maria") as ctx:
            stated = set_requirement(ctx, Terms(course, "Krav", "SoL", due_days=5), valid_from=ctx.today)
            rules.append(stated.rule)
        browser.post("/register/files", data={"kind": "csv", "every": "week", "rule": stated.rule})
    with counted(house) as sent:
        assert text_of(browser.get("/register/files")).count("Krav") == 2
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Requirement).where(Requirement.rule == rules[0]).values(superseded_at=ctx.now))
    with counted(house) as again:
        page = text_of(browser.get("/register/files"))
    assert "A requirement that is not there any more" in page
    assert len(again) <= len(sent)
    assert "A requirement that is not there any more" in text_of(browser.get(f"/register?rule={uuid4()}"))
