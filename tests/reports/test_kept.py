"""What is kept about somebody: every table with rows about people, own rows, nothing of anybody else's, no keys."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

from sqlalchemy import Table, UniqueConstraint

from lms.base.audit import AuditEntry
from lms.base.db import Base
from lms.catalogue.queries import current_edition
from lms.identity.models import Account
from lms.jobs.worker import work_off
from lms.learning import extra_attempts, groups, weekly
from lms.learning.actions import read_step
from lms.organisation.models import Person
from lms.reports.kept import KINDS, OF_ACCOUNT, kept_about_me, whose
from lms.reports.own_file import all_about_me
from tests.guards.test_own_pages import do_everything
from tests.learning.kettle import KETTLE, publish_kettle, show
from tests.learning.rooms import answer_all, answer_some, open_exam, sit, with_sittings
from tests.learning.taking import COURSE, assign, take
from tests.web.staff_pages import counted, shown
from tests.web.test_own_record import require

LISTED = {table.__table__ for tables in KINDS.values() for table in tables}
AT_WORK = {  # columns that say who did something for others; what they did stands in the change log
    "certificate_layout.person_id",
    "assignment.assigned_by", "development_plan.agreed_by", "exam_seat.reopened_by", "exam_sitting.opened_by",
    "local_part.written_by", "exam_reopening.reopened_by", "extra_attempt.given_by",
    "meeting.planned_by", "people_import.person_id", "revocation.person_id",
    "attendance.recorded_by", "study_group.led_by", "record_view.opened_by", "objection.answered_by",
    "role_grant.given_by",
    "export_job.person_id", "export_schedule.person_id",
    "shared_device.made_by", "shared_device.ended_by",
    "message_terms.set_by", "message_words.set_by", "bulk_change.made_by",
}  # fmt: skip

PROVES = {  # columns of how somebody signs in that are told to nobody, and keys
    "account.id", "account.public_id", "account.password_hash",
    "identifier.id", "identifier.account_id",
    "session.shared_device",
    "personal_code.id", "personal_code.account_id", "personal_code.code_hash",
    "session.id", "session.public_id", "session.token_hash", "session.account_id", "session.employer_id",
    "kept_form.id", "kept_form.public_id", "kept_form.session_id", "kept_form.account_id", "kept_form.fields",
    "link_token.id", "link_token.token_hash", "link_token.code_hash", "link_token.account_id",
    "link_token.employer_id",
    "sign_in_change.id", "sign_in_change.account_id", "sign_in_change.employer_id", "sign_in_change.code_hash",
    "sign_in_change.stop_hash",
    "authenticator_app.id", "authenticator_app.account_id", "authenticator_app.sealed_key",
    "authenticator_app.last_step",
    "passkey.id", "passkey.public_id", "passkey.account_id", "passkey.credential_id", "passkey.public_key",
    "passkey.sign_count",
    "push_subscription.id", "push_subscription.session_id", "push_subscription.account_id",
    "push_subscription.endpoint", "push_subscription.key", "push_subscription.auth",
    "push_subscription.house_key",
    "certificate_share.id", "certificate_share.public_id", "certificate_share.token_hash",
    "certificate_share.account_id",
    "calendar_feed.id", "calendar_feed.token_hash", "calendar_feed.account_id", "calendar_feed.employer_id",
    "calendar_feed.told",
    "recovery_code.id", "recovery_code.account_id", "recovery_code.code_hash",
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


def test_every_column_of_an_account_is_told_or_proves_who_it_is():
    hidden = {
        f"{table.__tablename__}.{column.name}"
        for table, told in OF_ACCOUNT.items()
        for column in table.__table__.columns
        if column.name not in told
    }
    assert hidden == PROVES


def test_who_has_done_everything_finds_it_all_and_a_colleague_nothing_of_it(granvik, house):
    with granvik.work("hodan", writes=False) as ctx:
        before = {each.kind: each.count for each in kept_about_me(ctx)}
    do_everything(granvik, "amina", "karin", "Björken")
    with granvik.work("amina", writes=False) as ctx, counted(house) as sent:
        kept = {each.kind: each for each in kept_about_me(ctx)}
    assert len(sent) == 1
    assert list(kept) == list(KINDS)
    some = {"person": 1, "step": 3, "group": 1, "plan": 3, "meeting": 1, "action": 1}
    assert {kind: kept[kind].count for kind in some} == some
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
    assert found["study_group_member"][0]["group_course"] == COURSE
    assert set(found) == {table.name for table in LISTED}
    assert kept == {
        kind: sum(len(found[table.__tablename__]) for table in tables) for kind, tables in KINDS.items()
    }
    assert ["right" in row for row in found["answer"]] == [True] * 24 + [
        False
    ]  # two whole exams and a beginning
    assert ["credit" in row for row in found["answer"]] == [True] * 24 + [False]
    assert found["plan_goal"][0]["text"] == "Våga fråga"
    assert found["person"][0]["given_name"] == "Amina"
    assert "Farid" not in written
    names = {name for rows in found.values() for row in rows for name in all_names(row)}
    assert {name for name in names if name == "id" or name.endswith("_id")} == set()
    assert not {"account", "recorded_by"} & names
    assert found["employment"][0]["unit"] == "Björken"
    assert found["employment"][0]["works_as"]
    assert {row["edition"] for row in found["attempt"]} == {"2026.2"}
    assert {row["attempt_course"] for row in found["answer"]} == {COURSE}
    assert found["plan_activity"][0]["goal"] == "Våga fråga"
    assert found["development_plan"][0]["agreed_by"] == "Karin Lind"
    assert found["attendance"][0]["meeting_starts_at"]
    assert [row["action"] for row in found["audit"]].count("person.added") == 1  # and of nobody else


def all_names(value):
    """Names in a value of a file, however deep."""
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from all_names(each)
    if isinstance(value, list):
        for each in value:
            yield from all_names(each)


def test_it_says_who_gave_one_more_attempt_and_why_unless_they_are_protected(house, granvik, tmp_path):
    publish_kettle(house, tmp_path / "kettle", exam="attempts: 1")
    show(granvik, "amina", kind="exam")
    with granvik.work("karin") as ctx:
        extra_attempts.give_attempt(ctx, granvik.person("amina").public_id, KETTLE, "Nätet gick ner")
    assert [(row["given_by"], row["reason"]) for row in own(granvik, "amina")["extra_attempt"]] == [
        ("Karin Lind", "Nätet gick ner")
    ]
    with granvik.inside(writes=True) as ctx:
        ctx.open(Person, granvik.person("karin").public_id).protected = True
    assert {row["given_by"] for row in own(granvik, "amina")["extra_attempt"]} == {""}


def own(town, name):
    """What the file of somebody holds."""
    with town.work(name, writes=False) as ctx:
        return json.loads(all_about_me(ctx))


def test_whoever_has_only_said_yes_to_a_question_a_week_finds_that(granvik):
    with granvik.work("amina") as ctx:
        weekly.want_weekly(ctx, wanted=True)
    with granvik.work("amina", writes=False) as ctx:
        week = next(each for each in kept_about_me(ctx) if each.kind == "week")
    assert week.count == 1
    assert week.latest > datetime.now(UTC) - timedelta(minutes=5)


def test_nothing_of_how_somebody_signs_in_proves_who_it_is(granvik, sign_in):
    amina = sign_in(granvik, "amina")
    found = taken(amina)
    assert [row["value"] for row in found["identifier"]] == ["amina.yusuf@granvik.example"]
    assert len(found["session"]) == 1
    secret = {column.split(".")[1] for column in PROVES} - {"id", "fields"}
    assert not secret & {name for table in OF_ACCOUNT for row in found[table.__tablename__] for name in row}
    assert taken(sign_in(granvik, "farid"))["identifier"] != found["identifier"]


def test_an_index_leads_to_what_is_kept_about_one():
    tables = {table for tables in KINDS.values() for table in tables} - {Account}  # found by its primary key
    without = {
        table.__tablename__
        for table in tables
        if not is_indexed(table, *[] if table in OF_ACCOUNT else ["employer_id"], whose(table))
    }
    assert without == {"kept_form"}  # which forgets after a day
    assert is_indexed(AuditEntry, "employer_id", "object_kind", "object_id")
    assert is_indexed(AuditEntry, "employer_id", "action", "at")  # who took out the register


def is_indexed(table, *names):
    """Whether an index or a unique constraint of all rows begins with some columns."""
    known = table.__table__
    whole = [each for each in known.indexes if each.dialect_options["sqlite"]["where"] is None]
    unique = [each for each in known.constraints if isinstance(each, UniqueConstraint)]
    return any(
        [column.name for column in each.columns][: len(names)] == [*names] for each in (*whole, *unique)
    )


def test_the_file_of_who_leads_says_nothing_of_those_led(granvik):
    with granvik.work("amina") as ctx:
        read_step(ctx, current_edition(ctx, COURSE), "right-record", "hall")
    with granvik.work("karin") as ctx:
        people = [granvik.person(name).public_id for name in ("amina", "farid")]
        group = groups.start_group(ctx, granvik.unit("Björken").public_id, COURSE, people)
        me = ctx.open(Person, ctx.who.person_id)
        ctx.note("person.corrected", me, fields=["given_name"], account=me.account_id)
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


def test_it_is_a_page_and_a_file_of_ones_own(granvik, english, sign_in):
    do_everything(granvik, "amina", "karin", "Björken")
    amina, hodan = english("amina"), sign_in(granvik, "hodan")
    assert 'href="/me/data"' in amina.get("/me").text
    page = shown(amina.get("/me/data"))
    assert "What is kept about you" in page
    assert "Groups you have learnt together with" in page
    assert "Kept until your employer removes it." in page
    assert "but ended sign-ins for 90 days" in page
    sent = amina.get("/me/data.zip")
    assert sent.mimetype == "application/zip"
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert taken(amina)["attempt"][0]["course"] == COURSE
    assert taken(hodan)["attempt"] == []


def taken(browser):
    """What somebody's file says."""
    with ZipFile(BytesIO(browser.get("/me/data.zip").data)) as archive:
        return json.loads(archive.read("kunnig.json"))


def test_certificates_that_were_made_come_along_as_documents(house, granvik, sign_in):
    take(granvik, "amina", right=12)
    amina, farid = (sign_in(granvik, name) for name in ("amina", "farid"))
    assert files_of(amina) == {"kunnig.json"}
    work_off(house)
    (name,) = files_of(amina) - {"kunnig.json"}
    number = taken(amina)["certificate"][0]["number"]
    assert name == f"certificates/{number[:5]}-{number[5:]}.pdf"
    with ZipFile(BytesIO(amina.get("/me/data.zip").data)) as archive:
        assert archive.read(name).startswith(b"%PDF")
    assert files_of(farid) == {"kunnig.json"}


def files_of(browser):
    with ZipFile(BytesIO(browser.get("/me/data.zip").data)) as archive:
        return set(archive.namelist())


def test_each_duty_says_why_and_by_whom_it_is_asked(granvik):
    require(granvik)
    assign(granvik, "amina")
    rows = own(granvik, "amina")["duty_source"]
    assert {(row["reason"], row["requirement_source"], row["assigned_by"]) for row in rows} == {
        ("Alla dokumenterar", "SoL 14 kap.", None), ("Krav för rollen", None, "Karin Lind")
    }  # fmt: skip
    with granvik.inside(writes=True) as ctx:
        ctx.open(Person, granvik.person("karin").public_id).protected = True
    assert {row["assigned_by"] for row in own(granvik, "amina")["duty_source"]} == {None, ""}
