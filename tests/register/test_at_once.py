"""Two people change the ledger of one person at the same time: neither change is lost, nothing fails."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from time import sleep
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from lms.base.access import Actor, Grant, Role
from lms.base.errors import Conflict
from lms.base.outbox import OutboxTask
from lms.catalogue.models import EditionRow
from lms.catalogue.queries import current_edition
from lms.evidence.queries import my_certificates
from lms.identity.models import Identifier
from lms.learning.actions import answer_item, assign_course, open_attempt, read_step, withdraw_assignment
from lms.organisation import writing
from lms.organisation.models import PeopleImport, Person
from lms.organisation.writing import revise_employments
from lms.register import actions, status
from lms.register.dates import status_dates
from lms.register.intake import import_people, read_staff_list, undo_import
from lms.register.models import Duty
from lms.register.own_duties import my_duties
from lms.register.requirements import Terms, set_requirement
from lms.register.rules import State
from tests.learning.taking import assign, key_of
from tests.organisation.lists import HEAD, staff_list

AWHILE = 0.3  # seconds, in which the second meets what the first has not committed yet


@pytest.fixture
def meanwhile():
    """Begin something in another thread and give it the time to run into what is being written here."""
    with ThreadPoolExecutor(max_workers=1) as pool:

        def begin(action: Callable[..., object], *values: object, **more: object):
            begun = pool.submit(action, *values, **more)
            sleep(AWHILE)
            return begun

        yield begin


def answer_last(town, attempt):
    with town.work("amina") as ctx:
        value = key_of(ctx, attempt, len(attempt.drawn))
        answer_item(ctx, attempt.public_id, len(attempt.drawn), client_id=str(uuid4()), value=value)


def all_but_the_last(town):
    """Amina's attempt, rightly answered but for the last item."""
    with town.work("amina") as ctx:
        attempt = open_attempt(ctx, "documentation", "sv")
        ctx.db.flush()
        for place in range(1, len(attempt.drawn)):
            answer_item(
                ctx, attempt.public_id, place, client_id=str(uuid4()), value=key_of(ctx, attempt, place)
            )
            ctx.db.flush()
    return attempt


@pytest.fixture
def passes_between(granvik, meanwhile, monkeypatch):
    """Let Amina pass, and commit if she can, when a change has read her proofs and not yet written her status."""

    @contextmanager
    def prepare():
        attempt, begun = all_but_the_last(granvik), []

        def read_then_wait(*values):
            monkeypatch.undo()
            dates = status_dates(*values)
            begun.append(meanwhile(answer_last, granvik, attempt))
            return dates

        monkeypatch.setattr(status, "status_dates", read_then_wait)
        yield
        (passing,) = begun
        passing.result(timeout=60)
        with granvik.work("amina", writes=False) as ctx:
            assert my_duties(ctx)[0].achieved_on == my_certificates(ctx)[0].content.achieved_on

    return prepare


def require(town):
    """Let documentation be asked of everybody."""
    with town.work("maria") as ctx:
        set_requirement(
            ctx, Terms("documentation", reason="x", source="x", due_days=30), valid_from=date(2026, 1, 1)
        )


def test_a_pass_and_a_withdrawal_meet(granvik, passes_between):
    require(granvik)
    made = assign(granvik, "amina").assignment
    with passes_between(), granvik.work("karin") as ctx:
        withdraw_assignment(ctx, made.public_id)


def test_a_pass_and_a_correction_meet(granvik, passes_between):
    require(granvik)
    with passes_between(), granvik.work("maria") as ctx:
        import_people(ctx, read_staff_list(staff_list("1001;Amina;Yusuf;Björken;usk;2026-02-01")))


def test_a_pass_and_a_new_edition_meet(granvik, meanwhile):
    assign(granvik, "amina")
    attempt = all_but_the_last(granvik)
    last = len(attempt.drawn)
    with granvik.work("amina") as ctx:
        answer_item(ctx, attempt.public_id, last, client_id=str(uuid4()), value=key_of(ctx, attempt, last))
        ctx.db.flush()
        following = meanwhile(publish_and_follow, granvik)
    following.result(timeout=60)
    with granvik.work("amina", writes=False) as ctx:
        assert my_duties(ctx)[0].expires_on == ctx.today + timedelta(days=9)


def publish_and_follow(town):
    """As a command and then the worker do."""
    with town.inside(writes=True) as ctx:
        edition = EditionRow(
            digest="later", course="documentation", country="SE", label="2030.1", published_on=ctx.today,
            published_at=ctx.now, effect="retake", within_days=9,
        )  # fmt: skip
        ctx.db.add(edition)
    with town.inside(writes=True) as ctx:
        actions.follow_edition(ctx, "documentation")


def test_a_pass_and_an_assignment_meet(granvik, meanwhile):
    attempt = all_but_the_last(granvik)
    with granvik.work("karin") as ctx:
        people = [granvik.person("amina").public_id]
        assign_course(ctx, "documentation", people, due_on=ctx.today, reason="x")
        ctx.db.flush()
        passing = meanwhile(answer_last, granvik, attempt)
    passing.result(timeout=60)
    with granvik.work("amina", writes=False) as ctx:
        assert my_duties(ctx)[0].achieved_on == my_certificates(ctx)[0].content.achieved_on


def read_first(town):
    with town.work("amina") as ctx:
        edition = current_edition(ctx, "documentation")
        read_step(ctx, edition, edition.lessons[0].id, edition.lessons[0].steps[0].id)


def test_a_beginning_and_an_assignment_meet(granvik, meanwhile):
    with granvik.work("karin") as ctx:
        people = [granvik.person("amina").public_id]
        assign_course(ctx, "documentation", people, due_on=ctx.today, reason="x")
        ctx.db.flush()
        reading = meanwhile(read_first, granvik)
    reading.result(timeout=60)
    with granvik.work("amina", writes=False) as ctx:
        assert my_duties(ctx)[0].state is State.UNDER_WAY


def test_two_leads_give_the_same_course(granvik, meanwhile):
    with granvik.work("karin") as ctx:
        people = [granvik.person(name).public_id for name in ("amina", "farid")]
        assign_course(ctx, "documentation", people, due_on=ctx.today, reason="x")
        ctx.db.flush()
        giving = meanwhile(assign, granvik, "farid", "amina", by="maria")
    assert giving.result(timeout=60).people == 2
    with granvik.work("maria", writes=False) as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(Duty)) == 2


@pytest.mark.parametrize("house", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_an_import_and_its_undoing_stop_nobody(granvik, meanwhile):
    with granvik.work("maria") as ctx:
        import_people(ctx, read_staff_list(staff_list("1002;Farid;Rahimi;Eken;usk;2026-02-01")))
        meanwhile(read_first, granvik).result(timeout=60)
    attempt = all_but_the_last(granvik)
    with granvik.work("maria") as ctx:
        undo_import(ctx, ctx.db.scalars(select(PeopleImport.public_id)).one())
        meanwhile(answer_last, granvik, attempt).result(timeout=60)


def test_an_import_and_an_assignment_do_not_wait_in_a_circle(granvik, meanwhile, monkeypatch):
    begun = []

    def wait_then_revise(*values):
        monkeypatch.undo()
        begun.append(meanwhile(assign, granvik, "amina", "farid", by="maria"))
        revise_employments(*values)

    monkeypatch.setattr(writing, "revise_employments", wait_then_revise)
    moved = "1002;Farid;Rahimi;Eken;usk;2026-06-01"
    corrected = "1001;Amina;Yusuf;Björken;usk;2026-02-01"
    with granvik.work("maria") as ctx:
        import_people(ctx, read_staff_list(staff_list(moved, corrected)))
    assert begun.pop().result(timeout=60).people == 2


def test_imports_wait_for_each_other(granvik, meanwhile):
    new = read_staff_list(staff_list("77;Bo;Ek;Eken;usk;2026-03-01"))

    def again():
        with granvik.work("maria") as ctx:
            return import_people(ctx, new)

    with granvik.work("maria") as ctx:
        import_people(ctx, new)
        ctx.db.flush()
        second = meanwhile(again)
    assert second.result(timeout=60).unchanged == 1


def test_two_employers_take_in_the_same_new_address(granvik, fjordvik, meanwhile):
    head = HEAD + ";E-post"

    def take_in_there():
        there = staff_list("9;Liv;Dahl;Fjordvik;usk;2026-03-01;liv@example.no", head=head)
        with fjordvik.work("siri") as ctx:
            return import_people(ctx, read_staff_list(there))

    with granvik.work("maria") as ctx:
        import_people(
            ctx, read_staff_list(staff_list("77;Liv;Dahl;Eken;usk;2026-03-01;liv@example.no", head=head))
        )
        second = meanwhile(take_in_there)
    if granvik.house.engine.dialect.name == "postgresql":  # both were worked out before either was written
        with pytest.raises(Conflict, match="plan_changed"):
            second.result(timeout=60)
        assert take_in_there().new == 1
    else:  # the second was worked out when the first had been written
        assert second.result(timeout=60).new == 1
    with granvik.inside() as ctx:
        holder = select(Person.employee_number).join(Identifier, Identifier.account_id == Person.account_id)
        assert ctx.db.scalars(holder.where(Identifier.value == "liv@example.no")).all() == ["77"]


def until_it_waits(town, begun):
    """Until what was begun is done, or waits for us."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    while town.house.engine.dialect.name == "postgresql" and not begun.done():
        with town.house.engine.connect() as connection:
            if connection.scalar(waiting):
                return
        sleep(0.01)


@pytest.mark.parametrize("first", ["import", "requirement"])
def test_an_import_and_a_requirement_do_not_miss_each_other(granvik, meanwhile, first):
    def take_in(ctx):
        import_people(ctx, read_staff_list(staff_list("77;Bo;Ek;Eken;usk;2026-03-01")))

    def ask(ctx):
        set_requirement(
            ctx, Terms("documentation", reason="x", source="x", due_days=30), valid_from=date(2026, 1, 1)
        )

    def do(action):
        with granvik.inside(
            writes=True
        ) as ctx:  # as commands do: nothing points to a person who has asked for it
            ctx.actor = Actor(0, 0, granvik.employer_id, "", (Grant(Role.OFFICER, "/"),))
            action(ctx)
            yield ctx

    earlier, later = (take_in, ask) if first == "import" else (ask, take_in)
    with contextmanager(do)(earlier) as ctx:
        ctx.db.flush()
        begun = meanwhile(list, do(later))
        until_it_waits(granvik, begun)
    begun.result(timeout=60)
    with granvik.work("maria", writes=False) as ctx:
        of_new = select(Duty.course).join(Person, Person.id == Duty.person_id)
        assert ctx.db.scalars(of_new.where(Person.employee_number == "77")).all() == ["documentation"]


def later(town):
    with town.work("amina") as ctx:
        ctx.later("render_certificate", "one", certificate_id=1)


def test_the_same_task_for_later_is_one(granvik, meanwhile):
    with granvik.work("amina") as ctx:
        ctx.later("render_certificate", "one", certificate_id=1)
        ctx.db.flush()
        asking = meanwhile(later, granvik)
    asking.result(timeout=60)
    with granvik.work("amina", writes=False) as ctx:
        found = select(func.count()).where(OutboxTask.key == "render_certificate:one")
        assert ctx.db.scalar(found) == 1
