"""What is kept about somebody: every table with rows about people, own rows, and nothing of anybody else's."""

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import Table

from lms.base.db import Base
from lms.reports.kept import KINDS, all_about_me, kept_about_me
from tests.guards.test_own_pages import do_everything
from tests.learning.taking import COURSE
from tests.web.staff_pages import counted, shown

LISTED = {table.__table__ for tables in KINDS.values() for table in tables}
AT_WORK = {  # columns that say who did something for others; what they did stands in the change log
    "assignment.assigned_by", "development_plan.agreed_by", "exam_seat.reopened_by", "exam_sitting.opened_by",
    "local_part.written_by", "exam_reopening.reopened_by", "extra_attempt.given_by",
    "meeting.planned_by", "people_import.person_id", "revocation.person_id",
    "attendance.recorded_by", "study_group.led_by",
}  # fmt: skip


def pointing_to(wanted: set[Table]) -> set[str]:
    """Columns of all tables that point to rows of some."""
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table in wanted and column.name != "employer_id"
    }


def test_every_table_with_rows_about_people_is_listed():
    names = {table.name for table in LISTED}
    person = {table for table in LISTED if table.name == "person"}
    about = {column for column in pointing_to(person) if column not in AT_WORK}
    parts = pointing_to(LISTED - person)
    assert {column for column in about | parts if column.split(".")[0] not in names} == set()
    assert pointing_to(person) >= AT_WORK


def test_who_has_done_everything_finds_it_all_and_a_colleague_nothing_of_it(granvik, house):
    with granvik.work("hodan", writes=False) as ctx:
        before = {each.kind: each.count for each in kept_about_me(ctx)}
    do_everything(granvik, "amina", "karin", "Björken")
    with granvik.work("amina", writes=False) as ctx, counted(house) as sent:
        kept = {each.kind: each for each in kept_about_me(ctx)}
    assert len(sent) == 1
    assert list(kept) == list(KINDS)
    once = {
        "person": 1,
        "employment": 1,
        "duty": 1,
        "step": 3,
        "group": 1,
        "attempt": 3,
        "certificate": 1,
        "plan": 1,
    }
    assert {kind: kept[kind].count for kind in once} == once
    assert kept["attempt"].latest > datetime.now(UTC) - timedelta(minutes=5)
    with granvik.work("hodan", writes=False) as ctx:
        assert {each.kind: each.count for each in kept_about_me(ctx)} == before


def test_the_file_holds_all_rows_and_nobody_elses(granvik):
    do_everything(granvik, "amina", "karin", "Björken")
    do_everything(granvik, "farid", "karin", "Björken")
    with granvik.work("amina", writes=False) as ctx:
        written = all_about_me(ctx)
        kept = {each.kind: each.count for each in kept_about_me(ctx)}
    found = json.loads(written)
    assert set(found) == {table.name for table in LISTED}
    assert {kind: len(found[tables[0].__tablename__]) for kind, tables in KINDS.items()} == kept
    assert len(found["answer"]) == 25  # two whole exams and a beginning
    assert found["plan_goal"][0]["text"] == "Våga fråga"
    assert found["person"][0]["given_name"] == "Amina"
    assert "Farid" not in written
    about = {row["object_id"] for row in found["audit"] if row["object_kind"] == "person"}
    assert about == {granvik.person("amina").id}
    assert not {"person_id", "account_id", "assigned_by"} & {
        name for rows in found.values() for row in rows for name in row
    }


def test_it_is_a_page_and_a_file_of_ones_own(granvik, sign_in):
    do_everything(granvik, "amina", "karin", "Björken")
    amina, hodan = sign_in(granvik, "amina"), sign_in(granvik, "hodan")
    amina.post("/me", data={"language": "en", "theme": "system"})
    assert 'href="/me/data"' in amina.get("/me").text
    page = shown(amina.get("/me/data"))
    assert "What is kept about you" in page
    assert "Groups you have learnt together with" in page
    sent = amina.get("/me/data.json")
    assert sent.mimetype == "application/json"
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert sent.json["attempt"][0]["course"] == COURSE
    assert hodan.get("/me/data.json").json["attempt"] == []
