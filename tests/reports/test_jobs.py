"""Files that are made in the background: who may ask for them and fetch them, what happens when things go wrong."""

import csv
import io
import os
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import select, update

from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.base.errors import Away, Conflict, NotFound
from lms.base.outbox import LEASE, OutboxTask
from lms.jobs import exports, worker
from lms.jobs.worker import work_off, work_once
from lms.organisation import actions as organisation
from lms.organisation.models import Person, RoleGrant, Unit
from lms.register.queries import EVERYTHING, Filter, register_rows
from lms.register.register_on import rows_on
from lms.register.register_then import Then
from lms.register.rules import Sought, State
from lms.reports import making, rules
from lms.reports.actions import order_export, try_again
from lms.reports.models import ExportJob
from lms.reports.narrowing import View, kept, read
from lms.reports.queries import finished_file, own_files
from lms.reports.rules import KEPT, covers, is_made_at_once
from tests.builders import day_of
from tests.crowd import grow
from tests.learning.taking import COURSE, assign, take
from tests.web.register_days import ago, iso, past_of


@pytest.fixture
def full(granvik):
    """Granvik with something in its register."""
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    work_off(granvik.house)
    return granvik


def order(town, narrowed=EVERYTHING, kind="csv", who="maria", then=None):
    with town.work(who) as ctx:
        return order_export(ctx, View(narrowed, then), kind).public_id


def state_of(town, who="maria"):
    with town.work(who, writes=False) as ctx:
        return own_files(ctx)


def content(town, public_id, who="maria", **more):
    with town.work(who, writes=False, **more) as ctx:
        key, _name, _kind = finished_file(ctx, public_id)
        return ctx.house.files.get(key)


def exported(town):
    with town.inside() as ctx:
        return [
            (entry.person_id, entry.facts["kind"], entry.facts["rows"])
            for entry in ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "register.exported"))
        ]


def test_small_files_are_sent_at_once_and_all_others_made_later():
    assert is_made_at_once("csv", 5_000)
    assert is_made_at_once("xlsx", 0)
    assert not is_made_at_once("xlsx", 5_001)
    assert not is_made_at_once("pdf", 1)


@pytest.mark.parametrize("state", [None, State.VALID, Sought.LACKING])
def test_a_filter_is_kept_and_read_again(granvik, state):
    narrowed = Filter(granvik.unit("Björken").public_id, "nurse", COURSE, state, "å ä", only_here=bool(state))
    for then in (None, Then(date(2026, 3, 3)), Then(date(2026, 3, 3), date(2026, 4, 1))):
        assert read(kept(View(narrowed, then))) == View(narrowed, then)
    assert kept(View()) == {}
    assert read({}) == View()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "narrowed", [EVERYTHING, Filter(state=State.VALID), Filter(text="farid"), Filter(role="nurse")]
)
def test_the_worker_makes_the_file_with_the_rows_of_the_screen(full, kind, narrowed):
    public_id = order(full, narrowed, kind)
    (waiting,) = state_of(full)
    assert waiting.is_running
    assert waiting.total is None
    with pytest.raises(NotFound):
        content(full, public_id)
    work_off(full.house)
    (made,) = state_of(full)
    data = content(full, public_id)
    if kind == "csv":
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))[1:]
    else:
        rows = list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].values)[1:]
    with full.work("maria", writes=False) as ctx:
        shown = list(register_rows(ctx, narrowed))
        me = ctx.who.person_id
    assert [row[0] for row in rows] == [row.employee_number for row in shown]
    assert (made.outcome, made.done, made.total, made.size) == ("done", len(rows), len(rows), len(data))
    assert exported(full) == [(me, kind, len(rows))]


def test_the_same_file_asked_for_twice_is_one_and_too_many_are_refused(full):
    assert order(full) == order(full)
    for course in "abcd":
        order(full, Filter(course=course))
    with pytest.raises(Conflict, match="exports_waiting"):
        order(full, Filter(course="e"))
    work_off(full.house)
    assert order(full) != order(full, Filter(course="e"))


def test_a_file_of_a_past_day_has_the_rows_of_that_day(granvik):
    past_of(granvik)
    then = Then(day_of(ago(30)), day_of(ago(20)))
    public_id = order(granvik, then=then)
    work_off(granvik.house)
    with granvik.work("maria", writes=False) as ctx:
        shown = [row.employee_number for row in rows_on(ctx, then, EVERYTHING)]
        _key, name, _kind = finished_file(ctx, public_id)
    lines = content(granvik, public_id).decode("utf-8-sig").splitlines()[1:]
    assert [line.split(";")[0] for line in lines] == shown
    assert len(shown) == 2
    assert iso(30) in name


@pytest.mark.parametrize("past", [False, True])
def test_more_rows_than_a_file_can_hold_are_refused_or_told(full, monkeypatch, past):
    monkeypatch.setitem(rules.MOST_ROWS, "xlsx", 1)
    if not past:
        with pytest.raises(Conflict, match="export_too_large"):
            order(full, kind="xlsx")
        monkeypatch.setitem(rules.MOST_ROWS, "xlsx", 2)
        order(full, kind="xlsx")
        monkeypatch.setitem(rules.MOST_ROWS, "xlsx", 1)  # one more has come since
    else:
        order(full, kind="xlsx", then=Then(day_of(datetime.now(UTC))))
    work_off(full.house)
    assert [(file.outcome, file.reason) for file in state_of(full)] == [("failed", "too_many")]


@pytest.mark.parametrize("name", ["amina", "karin", "admin"])
def test_only_who_may_take_the_register_out_asks_for_a_file(full, name):
    with full.work(name) as ctx, pytest.raises(NotFound):
        order_export(ctx, View(), "csv")


def grant_officer(town, name, unit=None):
    with town.inside(writes=True) as ctx:
        ctx.db.add(
            RoleGrant(
                employer_id=town.employer_id, person_id=town.person(name).id, role="officer",
                unit_id=town.unit(unit).id if unit else None, valid_from=date(2026, 1, 1), recorded_at=ctx.now,
            )
        )  # fmt: skip


def take_role(town, name):
    with town.inside(writes=True) as ctx:
        ctx.db.execute(
            update(RoleGrant)
            .where(RoleGrant.employer_id == town.employer_id, RoleGrant.person_id == town.person(name).id)
            .values(superseded_at=ctx.now)
        )


def test_nobody_else_fetches_it(full, fjordvik):
    public_id = order(full)
    work_off(full.house)
    grant_officer(full, "jonas")
    for town, name in ((full, "jonas"), (full, "karin"), (full, "amina"), (fjordvik, "siri")):
        with pytest.raises(NotFound):
            content(town, public_id, name)
        with town.work(name) as ctx, pytest.raises(NotFound):
            try_again(ctx, public_id)
    assert state_of(full, "jonas") == state_of(fjordvik, "siri") == []
    assert content(full, public_id)


def test_who_has_lost_the_role_or_part_of_its_reach_fetches_it_no_more(full):
    public_id = order(full)
    work_off(full.house)
    take_role(full, "maria")
    grant_officer(full, "maria", "Björken")
    with pytest.raises(NotFound):  # it has the rows of Eken too
        content(full, public_id)
    grant_officer(full, "maria")
    assert content(full, public_id)


def place(town, unit, parent):
    with town.work("admin") as ctx:
        above = ctx.open(Unit, town.unit(parent).public_id) if parent else None
        organisation.place_unit(
            ctx, unit=ctx.open(Unit, town.unit(unit).public_id), parent=above, valid_from=ctx.today
        )


def test_a_file_with_a_unit_that_was_moved_out_of_reach_is_fetched_no_more(full):
    grant_officer(full, "jonas", "Granvik")
    public_id = order(full, who="jonas")
    work_off(full.house)
    assert "Amina" in content(full, public_id, "jonas").decode("utf-8-sig")
    place(full, "Björken", None)
    with pytest.raises(NotFound):
        content(full, public_id, "jonas")
    place(full, "Björken", "Granvik")
    assert content(full, public_id, "jonas")


def test_a_file_is_still_there_when_its_unit_stands_elsewhere_but_in_reach(full):
    grant_officer(full, "jonas", "Björken")
    public_id = order(full, who="jonas")
    work_off(full.house)
    place(full, "Björken", "Eken")
    assert content(full, public_id, "jonas")


@pytest.mark.parametrize(
    ("units", "everywhere", "reached", "verdict"),
    [
        (set(), True, ["/1/"], True), ({1, 4, 5}, False, ["/1/", "/1/4/"], True), ({4}, False, ["/1/"], False),
        ({4}, False, ["/1/4/", "/1/5/"], False), (set(), False, ["/1/"], False), (set(), True, [], False),
        ({1, 2}, False, ["/12/"], False), ({4}, False, ["/9/4/"], True), ({1, 4}, False, ["/"], False),
        (set(), True, ["/"], True),
    ],
)  # fmt: skip
def test_reach_now_and_then(units, everywhere, reached, verdict):
    assert covers(reached, units, everywhere=everywhere) is verdict


def test_a_file_is_made_under_the_roles_of_the_day(full):
    order(full)
    take_role(full, "maria")
    work_off(full.house)
    grant_officer(full, "maria", "Eken")
    (file,) = state_of(full)
    assert (file.outcome, file.reason) == ("failed", "no_role")
    assert exported(full) == []
    with full.work("maria") as ctx:
        try_again(ctx, file.public_id)
    work_off(full.house)
    assert "Yusuf" not in content(full, file.public_id).decode("utf-8-sig")
    (file,) = state_of(full)
    assert (file.outcome, file.done) == ("done", 0)


def test_a_store_that_is_away_is_told_and_the_next_try_makes_the_file(full, monkeypatch):
    public_id = order(full)

    def away(_self, _key, _file):
        raise Away("files_away")

    with monkeypatch.context() as patched:
        patched.setattr(type(full.house.files), "upload", away)
        assert work_once(full.house)
    (file,) = state_of(full)
    assert (file.outcome, file.reason) == ("failed", "error")
    with full.work("maria") as ctx:
        try_again(ctx, public_id)
    assert state_of(full)[0].is_running
    work_off(full.house, ahead=timedelta(minutes=5))  # the first task too
    assert state_of(full)[0].outcome == "done"
    assert len(exported(full)) == 1


def test_what_is_not_found_while_it_is_made_is_no_lack_of_a_role(full, monkeypatch):
    order(full)

    def gone(*_arguments):
        raise NotFound

    monkeypatch.setattr(exports, "rows_today", gone)
    assert work_once(full.house)
    (file,) = state_of(full)
    assert (file.outcome, file.reason) == ("failed", "error")


def test_what_did_not_fail_is_not_tried_again(full):
    public_id = order(full)
    work_off(full.house)
    with full.work("maria") as ctx:
        try_again(ctx, public_id)
    assert state_of(full)[0].outcome == "done"


@pytest.mark.parametrize("point", ["upload", "finish_job", "note_progress"])
def test_a_file_of_a_worker_that_was_killed_is_finished_by_the_next(full, point):
    public_id = order(full)
    child = os.fork()
    if child == 0:
        for place in (exports.making, type(full.house.files)):
            if hasattr(place, point):
                setattr(place, point, lambda *_arguments: os._exit(9))
        full.house.engine.dispose(close=False)
        worker.work_once(full.house)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert state_of(full)[0].is_running
    assert not work_once(full.house)  # it may still be at work
    assert work_once(full.house, datetime.now(UTC) + LEASE + timedelta(seconds=1))
    assert state_of(full)[0].outcome == "done"
    assert content(full, public_id).startswith(b"\xef\xbb\xbf")
    assert len(exported(full)) == 1


def test_a_task_that_is_carried_out_twice_changes_nothing(full):
    public_id = order(full)
    work_off(full.house)
    before = content(full, public_id), state_of(full)
    with work(full.house) as ctx:
        ctx.db.execute(
            update(OutboxTask).where(OutboxTask.kind == "make_export").values(done_at=None, leased_until=None)
        )
    work_off(full.house)
    assert (content(full, public_id), state_of(full)) == before
    assert len(exported(full)) == 1


def test_progress_is_seen_while_it_is_made(full, monkeypatch):
    grow(full.house, "granvik", 400, below="Björken")
    order(full)
    monkeypatch.setattr(making, "_BETWEEN", 0)
    seen = []
    told = making.note_progress

    def note(ctx, *arguments):
        told(ctx, *arguments)
        ctx.db.flush()
        seen.append(
            state_of(full)[0].done if ctx.db.get_bind().dialect.name == "postgresql" else arguments[1]
        )

    monkeypatch.setattr(making, "note_progress", note)
    work_off(full.house)
    assert len(seen) >= 4
    assert seen == sorted(seen)
    assert state_of(full)[0].total == 402


def test_the_file_shows_one_moment(full, monkeypatch):
    """Somebody is added after the first statement; the count, the rows and what is said are of one moment."""
    order(full)
    write = making.write_register

    def late(ctx, *arguments):
        grow(full.house, "granvik", 5, below="Björken")
        return write(ctx, *arguments)

    monkeypatch.setattr(making, "write_register", late)
    work_off(full.house)
    assert state_of(full)[0].done == 2


def test_it_is_forgotten_after_two_weeks(full):
    public_id = order(full)
    work_off(full.house)
    with full.work("maria", writes=False) as ctx:
        key, _name, _kind = finished_file(ctx, public_id)
    assert full.house.files.has(key)
    later = datetime.now(UTC) + KEPT + timedelta(minutes=1)
    with pytest.raises(NotFound):
        content(full, public_id, now=later)
    work_off(full.house, ahead=KEPT + timedelta(minutes=1))
    assert not full.house.files.has(key)
    with full.inside() as ctx:
        assert (
            ctx.db.scalars(select(ExportJob.id).where(ExportJob.employer_id == full.employer_id)).all() == []
        )


def test_a_protected_person_is_a_row_without_a_name(full):
    with full.work("maria") as ctx:
        ctx.db.scalars(select(Person).where(Person.given_name == "Amina")).one().protected = True
    public_id = order(full)
    work_off(full.house)
    text = content(full, public_id).decode("utf-8-sig")
    assert not [word for word in ("Amina", "Yusuf", "1001") if word in text]
    assert text.count("\r\n") == 3
