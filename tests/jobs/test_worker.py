"""The worker's stories: what happens after a pass, an assignment, a meeting; each may be told twice."""

import threading
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from certificates import render, stencil
from lms.base import outbox
from lms.base.context import House, make_house, work
from lms.base.db import take_stock
from lms.base.files import UNFINISHED
from lms.base.heartbeat import ALIVE, FORGOTTEN, WorkerHeartbeat, beat, workers_alive
from lms.base.outbox import OutboxTask
from lms.catalogue import queries as catalogue
from lms.evidence.models import CertificateRow
from lms.identity.actions import end_session
from lms.identity.models import Account, Identifier, UserSession
from lms.identity.ways_in import request_sign_in
from lms.jobs import worker
from lms.jobs.worker import work_off
from lms.learning.actions import withdraw_assignment
from lms.learning.forgetting import KEPT
from lms.learning.models import LearnerNote, WeeklyAnswer, WeeklyChoice
from lms.messages.actions import announce
from lms.messages.models import Message
from lms.organisation import actions as organisation
from lms.organisation.intake import import_people, read_staff_list
from lms.organisation.models import Employment, Person
from lms.reflection import actions as reflection
from lms.reflection.rules import Agreed
from tests.conftest import settings_for
from tests.crowd import grow
from tests.identity.factors import session_of
from tests.learning.taking import COURSE, assign, take
from tests.organisation.lists import many
from tests.servers import free_port
from tests.web.staff_pages import counted


def letters(house):
    """Mail written to files, as (to, subject, text)."""
    read = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(house.settings.mail_folder.glob("*.eml"))
    ]
    return sorted(
        (str(mail["To"]), str(mail["Subject"]), mail.get_body(("plain",)).get_content()) for mail in read
    )


def outcomes(town):
    with town.inside() as ctx:
        return {
            (message.kind, message.outcome, message.reason) for message in ctx.db.scalars(select(Message))
        }


def test_after_a_pass_there_is_a_pdf_and_a_mail(granvik):
    take(granvik, "amina", right=12)
    assert work_off(granvik.house) >= 2
    with granvik.work("amina", writes=False) as ctx:
        row = ctx.db.scalars(select(CertificateRow)).one()
    keys = list(granvik.house.settings.files_folder.rglob("*.pdf"))
    assert len(keys) == 1
    assert keys[0].read_bytes().startswith(b"%PDF")
    ((to, _subject, text),) = letters(granvik.house)
    assert to == "amina.yusuf@granvik.example"
    assert f"/certificates/{row.number}" in text


def test_a_worker_lays_out_the_certificates_of_a_course_once(granvik, monkeypatch):
    laid_out = []
    make_in_full = stencil.make_in_full
    monkeypatch.setattr(stencil, "make_in_full", lambda *some: laid_out.append(1) or make_in_full(*some))
    render._stencils.cache_clear()  # what other tests have left warm
    for name in ("amina", "farid", "karin"):
        take(granvik, name, right=12)
    work_off(granvik.house)
    assert len(list(granvik.house.settings.files_folder.rglob("*.pdf"))) == 3
    assert len(laid_out) == 1


def test_an_assignment_is_told_once_to_each_also_if_the_story_is_told_twice(granvik):
    assign(granvik, "amina", "farid")
    work_off(granvik.house)
    with work(granvik.house) as ctx:  # as if the worker had been killed before it could mark anything
        ctx.db.execute(update(OutboxTask).values(done_at=None, leased_until=None))
    work_off(granvik.house)
    assert [to for to, _subject, _text in letters(granvik.house)] == [
        "amina.yusuf@granvik.example",
        "farid.rahimi@granvik.example",
    ]


def test_statements_of_an_announcement_do_not_grow_with_the_people(granvik):
    with granvik.work("maria") as ctx:
        import_people(ctx, read_staff_list(many(200)))
    with granvik.work("maria") as ctx:
        people = ctx.db.scalars(select(Person.id).where(Person.employer_id == ctx.employer_id)).all()
        with counted(granvik.house) as sent:
            assert announce(ctx, "assigned", 1, people) == len(people) > 200
        assert len(sent) == 3
        tasks = ctx.db.scalars(select(OutboxTask).where(OutboxTask.kind == "send_message")).all()
        messages = ctx.db.scalars(select(Message.id).where(Message.employer_id == ctx.employer_id)).all()
        assert {(task.key, task.employer_id, task.ids["message_id"]) for task in tasks} == {
            (f"send_message:{message_id}", ctx.employer_id, message_id) for message_id in messages
        }
        assert announce(ctx, "assigned", 1, people) == 0


def test_a_withdrawn_assignment_is_told_to_nobody(granvik):
    assigned = assign(granvik, "amina")
    with granvik.work("karin") as ctx:
        withdraw_assignment(ctx, assigned.assignment.public_id)
    work_off(granvik.house)
    assert letters(granvik.house) == []


def test_who_has_no_address_is_in_the_log_with_the_reason(granvik):
    with work(granvik.house) as ctx:
        amina = granvik.actor("amina").account_id
        for identifier in ctx.db.scalars(select(Identifier).where(Identifier.account_id == amina)):
            ctx.db.delete(identifier)
    assign(granvik, "amina", "farid")
    work_off(granvik.house)
    assert outcomes(granvik) == {("assigned", "sent", None), ("assigned", "not_sent", "no_address")}


def test_the_whole_unit_hears_of_the_task_and_of_what_was_agreed(granvik):
    amina = granvik.person("amina").public_id
    with granvik.work("karin") as ctx:
        meeting = reflection.plan_meeting(
            ctx, granvik.unit("Björken").public_id, course=COURSE, starts_at=ctx.now, give_task=True
        )
    with granvik.work("karin") as ctx:
        reflection.record_meeting(
            ctx,
            meeting.public_id,
            present=[amina],
            agreed=[Agreed("Läsa högt på måndagar", amina, ctx.today)],
        )
    work_off(granvik.house)
    told = letters(granvik.house)
    assert len(told) == 6  # three people, task and notes
    assert sum("Läsa högt på måndagar" in text for _to, _subject, text in told) == 3


def test_a_story_that_fails_is_put_back_with_its_reason(granvik, monkeypatch):
    def broken(*_anything):
        raise OSError("the mail server is away")

    assign(granvik, "amina")
    monkeypatch.setitem(worker.STORIES, "after_assignment", broken)
    work_off(granvik.house)
    with work(granvik.house, writes=False) as ctx:
        task = ctx.db.scalars(select(OutboxTask).where(OutboxTask.kind == "after_assignment")).one()
        assert (task.done_at, task.outcome) == (None, "failed")
        assert task.reason == "OSError"
        assert task.due_at > task.created_at


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
def test_every_letter_can_be_written_in_every_language(granvik, language):
    with work(granvik.house) as ctx:
        ctx.db.execute(update(Account).values(language=language))
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    work_off(granvik.house)
    told = letters(granvik.house)
    assert len(told) == 2
    assert all(subject.strip() and "%(" not in text for _to, subject, text in told)


def test_a_worker_is_heard_of_until_it_stops(house):
    stop = threading.Event()
    working = threading.Thread(target=worker.work_until, args=(house, stop, 0.01))
    working.start()
    alive = 0
    while not alive and working.is_alive():
        with work(house, writes=False) as ctx:
            alive = workers_alive(ctx.db, ctx.now)
    stop.set()
    working.join()
    with work(house, writes=False) as ctx:
        assert (alive, workers_alive(ctx.db, ctx.now)) == (1, 0)


def test_the_worker_forgets_what_is_long_over(granvik, house):
    assign(granvik, "amina")
    work_off(house)
    token = session_of(granvik, "amina", datetime.now(UTC))
    with granvik.work("amina") as ctx:
        end_session(ctx, token)
    in_use = session_of(granvik, "farid", datetime.now(UTC))
    with granvik.work("farid") as ctx:
        ctx.db.get_one(UserSession, in_use).expires_at = ctx.now + timedelta(days=60)
    assign(granvik, "farid")

    def left(days):
        worker.tidy(house, datetime.now(UTC) + timedelta(days=days))
        with work(house, writes=False) as ctx:
            tasks, sessions = (ctx.db.scalars(select(table.id)) for table in (OutboxTask, UserSession))
            return len(tasks.all()), sessions.all()

    tasks, sessions = left(89)
    assert tasks > 1
    assert sessions == [token, in_use]
    assert left(91) == (1, [in_use])  # the task that was never done stays
    assert left(151) == (1, [])


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_the_worker_lets_sqlite_know_how_its_tables_have_grown(granvik, house):
    grow(house, "granvik", 300, below="Granvik")
    fresh = make_house(house.settings)  # has not read anything yet
    take_stock(fresh.writer)
    fresh.engine.dispose()
    with house.engine.connect() as connection:
        counted = connection.exec_driver_sql("SELECT stat FROM sqlite_stat1 WHERE tbl = 'employment'")
        assert int(counted.scalars().first().split()[0]) >= 300


def test_what_is_over_is_forgotten_in_parts(granvik, house, monkeypatch):
    with work(house) as ctx:
        for number in range(5):
            ctx.later("story", str(number))
        ctx.db.flush()
        ctx.db.execute(update(OutboxTask).values(done_at=ctx.now))
    for _device in range(5):
        session_of(granvik, "amina", datetime.now(UTC))
    parts = []

    def forget(db, now, most):
        parts.append(outbox.forget_done(db, now, most))
        return parts[-1]

    monkeypatch.setattr(worker, "AT_ONCE", 2)
    monkeypatch.setattr(worker, "forget_done", forget)
    worker.tidy(house, datetime.now(UTC) + timedelta(days=400))
    assert parts == [2, 2, 1, 0]
    with work(house, writes=False) as ctx:
        assert [ctx.db.scalars(select(table.id)).all() for table in (OutboxTask, UserSession)] == [[], []]


def test_tidying_that_fails_stops_no_mail_and_is_not_tried_all_the_time(granvik, house, monkeypatch):
    tries, pauses, stop = [], [], threading.Event()

    def broken(_house):
        tries.append(1)
        raise OSError("no space left")

    def until_nothing_is_left(seconds):
        pauses.append(seconds)
        with work(house, writes=False) as ctx:
            if not ctx.db.scalars(select(OutboxTask.id).where(OutboxTask.done_at.is_(None))).all():
                stop.set()

    monkeypatch.setattr(worker, "tidy", broken)
    monkeypatch.setattr(stop, "wait", until_nothing_is_left)
    assign(granvik, "amina", "farid")
    worker.work_until(house, stop)
    assert len(letters(house)) == 2
    assert len(tries) == 1
    assert set(pauses) == {0.5}  # it has never waited as if the database were away


def test_what_a_killed_writer_left_is_removed_after_an_hour(house):
    folder = house.settings.files_folder / "imports" / "1" / "2"
    folder.mkdir(parents=True)
    (folder / f"{UNFINISHED}abc").write_bytes(b"names")
    (folder / "whole").write_bytes(b"x")
    worker.tidy(house)
    assert {path.name for path in folder.iterdir()} == {f"{UNFINISHED}abc", "whole"}
    worker.tidy(house, datetime.now(UTC) + timedelta(minutes=61))
    assert {path.name for path in folder.iterdir()} == {"whole"}


def test_an_assignment_withdrawn_while_mail_was_away_is_told_to_nobody(granvik, house, monkeypatch):
    assigned = assign(granvik, "amina", "farid")
    monkeypatch.setitem(worker.STORIES, "send_message", lambda *_given: 1 / 0)
    work_off(house)
    monkeypatch.undo()
    with granvik.work("karin") as ctx:
        withdraw_assignment(ctx, assigned.assignment.public_id, granvik.person("amina").public_id)
    work_off(house, ahead=timedelta(hours=1))
    assert [to for to, _subject, _text in letters(house)] == ["farid.rahimi@granvik.example"]
    assert outcomes(granvik) == {("assigned", "sent", None), ("assigned", "not_sent", "withdrawn")}


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        ("550 5.1.1 no such user", ("not_sent", "refused"), None),
        ("550 5.7.1 relaying denied", ("waiting", None), "SMTPRecipientsRefused 550"),
        ("450 4.2.0 greylisted", ("waiting", None), "MailboxUnavailable 450"),
    ],
)
def test_an_address_that_is_refused_for_good_is_not_mailed_again(granvik, house, answer, outcome, reason):
    class Refusing:
        async def handle_RCPT(self, _server, _session, _envelope, _address, _options):  # noqa: N802  (of aiosmtpd)
            return answer

    controller = Controller(Refusing(), hostname="127.0.0.1", port=free_port())
    controller.start()
    mailing = House(
        house.settings.model_copy(update={"mail": f"smtp://127.0.0.1:{controller.port}"}),
        house.engine,
        house.files,
    )
    assign(granvik, "amina")
    with work(house) as ctx:
        request_sign_in(ctx, "amina.yusuf@granvik.example")
    work_off(mailing)
    controller.stop()
    assert outcomes(granvik) == {("assigned", *outcome)}
    with work(house, writes=False) as ctx:
        mails = select(OutboxTask).where(OutboxTask.kind.in_(["send_message", "send_sign_in_mail"]))
        tasks = ctx.db.scalars(mails).all()
        assert [(task.reason, task.done_at is None) for task in tasks] == [(reason, reason is not None)] * 2


def test_a_worker_that_fell_silent_is_not_alive_and_later_forgotten(house):
    with work(house) as ctx:
        beat(ctx.db, "silent", ctx.now)
        beat(ctx.db, "silent", ctx.now)
        assert workers_alive(ctx.db, ctx.now + ALIVE) == 1
        assert workers_alive(ctx.db, ctx.now + 2 * ALIVE) == 0
        beat(ctx.db, "other", ctx.now + 2 * FORGOTTEN)
        assert ctx.db.scalars(select(WorkerHeartbeat.name)).all() == ["other"]


def test_a_worker_stops_in_peace_while_the_database_is_away(tmp_path):
    nowhere, stop = make_house(settings_for(tmp_path / "nowhere")), threading.Event()
    stop.set()
    worker.work_until(nowhere, stop)
    nowhere.engine.dispose()


def test_what_was_for_oneself_alone_is_forgotten_half_a_year_after_one_has_left(granvik, fjordvik):
    now = datetime.now(UTC)
    for name in ("amina", "farid"):
        keep_own(granvik, name)
    keep_own(fjordvik, "kari")
    with granvik.inside(writes=True) as ctx:  # as a list says that comes late
        job = ctx.db.scalars(
            select(Employment).where(Employment.person_id == granvik.person("amina").id)
        ).one()
        organisation.end_employment(ctx, employment=job, last_day=ctx.today - timedelta(days=200))
    worker.tidy(granvik.house, now + KEPT - timedelta(days=1))
    assert kept_own(granvik) == {"amina": 3, "farid": 3}
    worker.tidy(granvik.house, now + KEPT + timedelta(days=1))
    assert kept_own(granvik) == {"amina": 0, "farid": 3}
    assert kept_own(fjordvik, ("kari",)) == {"kari": 3}


def keep_own(town, name):
    """A note, a wish for a question a week, and an answer to one."""
    with town.work(name) as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
        whose = {"employer_id": ctx.employer_id, "person_id": ctx.who.person_id}
        what = {"course": COURSE, "edition_id": edition.id, "item": "x"}
        ctx.db.add(LearnerNote(**whose, **what, text="Mitt.", written_at=ctx.now))
        ctx.db.add(WeeklyChoice(**whose, wanted=True, changed_at=ctx.now))
        ctx.db.add(
            WeeklyAnswer(**whose, **what, asked_week=ctx.today, value="a", right=True, answered_at=ctx.now)
        )


def kept_own(town, names=("amina", "farid")):
    with town.inside() as ctx:
        return {
            name: sum(
                len(ctx.db.scalars(select(table).where(table.person_id == town.person(name).id)).all())
                for table in (LearnerNote, WeeklyChoice, WeeklyAnswer)
            )
            for name in names
        }
