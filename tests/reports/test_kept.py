"""What is kept about somebody: every table with rows about people, own rows, and nothing of anybody else's."""

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import Table

from lms.base.db import Base
from lms.catalogue.queries import current_edition
from lms.learning import groups
from lms.learning.actions import read_step
from lms.organisation.models import Person
from lms.reports.kept import KINDS, all_about_me, kept_about_me
from tests.guards.test_own_pages import do_everything
from tests.learning.kettle import show
from tests.learning.rooms import answer_all, answer_some, open_exam, sit, with_sittings
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
    assert found["study_group_member"][0]["course"] == COURSE
    assert set(found) == {table.name for table in LISTED}
    assert {kind: len(found[tables[0].__tablename__]) for kind, tables in KINDS.items()} == kept
    assert ["right" in row for row in found["answer"]] == [True] * 24 + [
        False
    ]  # two whole exams and a beginning
    assert ["credit" in row for row in found["answer"]] == [True] * 24 + [False]
    assert found["plan_goal"][0]["text"] == "Våga fråga"
    assert found["person"][0]["given_name"] == "Amina"
    assert "Farid" not in written
    about = {row["object_id"] for row in found["audit"] if row["object_kind"] == "person"}
    assert about == {granvik.person("amina").id}
    assert not {"person_id", "account_id", "assigned_by"} & {
        name for rows in found.values() for row in rows for name in row
    }


def test_the_file_of_who_leads_says_nothing_of_those_led(granvik):
    with granvik.work("amina") as ctx:
        read_step(ctx, current_edition(ctx, COURSE), "right-record", "hall")
    with granvik.work("karin") as ctx:
        people = [granvik.person(name).public_id for name in ("amina", "farid")]
        group = groups.start_group(ctx, granvik.unit("Björken").public_id, COURSE, people)
        ctx.note("person.corrected", ctx.open(Person, ctx.who.person_id), fields=["given_name"])
    with granvik.work("karin") as ctx:
        found = groups.group_under_way(ctx, group.public_id)
        groups.read_together(ctx, found, current_edition(ctx, COURSE), "right-record", "hall")
    with granvik.work("karin", writes=False) as ctx:
        noted = [row for row in json.loads(all_about_me(ctx))["audit"] if row["action"] != "person.added"]
    assert [row["action"] for row in noted] == ["group.started", "person.corrected", "group.read"]
    assert [row.get("facts") for row in noted] == [None, {"fields": ["given_name"]}, None]


def test_the_file_does_not_tell_in_the_room_or_before_a_course_what_is_right(house, granvik, tmp_path):
    town = with_sittings(house, granvik, tmp_path)
    answer_some(town, "amina", sit(town, "amina", open_exam(town)), 1)
    assert told_to(town, "amina") == {False}
    answer_all(town, "amina", sit(town, "amina", open_exam(town)))
    show(town, "amina")
    assert told_to(town, "amina") == {False}


def told_to(town, name):
    """Whether the file says of answers if they were right."""
    with town.work(name, writes=False) as ctx:
        rows = json.loads(all_about_me(ctx))["answer"]
    return {bool({"right", "credit"} & set(row)) for row in rows}


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
