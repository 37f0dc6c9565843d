"""The register of a county: what its pages and changes cost, against the same figures worked out from the proofs.

300 units, 100,000 people, 1.75 million duties, 2 million proofs (tests/bench/_county.py), on SQLite and PostgreSQL.
Milliseconds on the clock, medians of warm rounds; statements; peak memory of this process. `KUNNIG_BENCH_PEOPLE` makes
a smaller county. Run it with `kunnig bench register`; files of 100,000 rows are measured by `kunnig bench exports`.
"""

import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import click
from sqlalchemy import Engine, and_, case, create_engine, event, func, insert, select, text

from lms.base.access import Actor
from lms.base.context import Context, House, work
from lms.base.db import take_stock
from lms.organisation.models import Employment, Person, Unit
from lms.register.actions import Evidence, record_proof
from lms.register.coverage_queries import coverage_view
from lms.register.expiring import Window, expiring, expiring_by_month
from lms.register.models import Duty, DutySource, Proof, Requirement, Status
from lms.register.queries import Filter, coverage
from lms.register.recount import audit
from lms.register.register_on import page_on
from lms.register.register_then import Then, rows_then
from lms.register.requirement_list import requirements
from lms.register.requirements import Terms, change_requirement, effects_of_setting
from lms.register.rules import State
from lms.register.team import team
from tests.bench._county import PEOPLE, County, build
from tests.bench.intake import prepared
from tests.builders import Town
from tests.servers import PostgresServer

ROUNDS = 7
CHANGED = 20_000  # people whom the changed rule describes, as near as a role comes
UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "SELECT set_config")


def main() -> None:
    """Build the county on each database, and print a table for it."""
    people = int(os.environ.get("KUNNIG_BENCH_PEOPLE", PEOPLE))
    click.echo(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores")
    with prepared("") as house:
        report("SQLite", house, people)
    with PostgresServer().running() as server:
        address = server.create("register")
        with prepared(address) as house:
            report("PostgreSQL", house, people, stock=lambda: _vacuum(address))


def report(name: str, house: House, people: int, stock: Callable[[], None] | None = None) -> None:
    """Build, check and measure one county."""
    started = time.perf_counter()
    county = build(house, people)
    take_stock(house.writer)
    if stock:
        stock()
    built = time.perf_counter() - started
    town = Town(house, "granvik")
    with work(house, Actor.program(town.employer_id)) as ctx:
        drift = audit(ctx)
        ctx.db.rollback()
    click.echo(
        f"\n**{name}**: {county.people:,} people, {county.duties:,} duties, {county.proofs:,} proofs, built in"
        f" {built:.0f} s. 1,000 people drawn by lot, worked out anew: {drift.reasons} reasons, {drift.statuses}"
        f" statuses, {drift.places} counts differ.\n\n| | ms | statements | from the proofs: ms | ratio |"
        "\n| --- | ---: | ---: | ---: | ---: |"
    )
    _read(house, town, county)
    _write(house, town)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    click.echo(f"\nPeak memory of this process, building included: {peak:.0f} MB.")


def _vacuum(address: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _read(house: House, town: Town, county: County) -> None:
    with town.work("maria", writes=False) as ctx:
        late, year = Filter(state=State.EXPIRED), Window(ctx.today, ctx.today + timedelta(days=365))
        for size, unit in (("whole", county.whole), ("a tenth", county.tenth), ("small", county.small)):
            line(
                house, f"coverage of units x courses, {size}",
                lambda unit=unit: coverage_view(ctx, unit.public_id),
                lambda unit=unit: _coverage_from_proofs(ctx, unit),
            )  # fmt: skip
        for size, unit in (("whole", county.whole), ("a tenth", county.tenth), ("small", county.small)):
            window = Window(ctx.today, ctx.today + timedelta(days=60), unit.public_id)
            line(
                house, f"first 50 that run out within 60 days, {size}",
                lambda window=window: expiring(ctx, window),
                lambda unit=unit: _expiring_from_proofs(ctx, unit),
            )  # fmt: skip
        line(
            house,
            "the register, first 50 rows, all counted",
            lambda: page_on(ctx, None, Filter(), start=0, limit=50),
        )
        line(house, "rows of the register in a state, counted", lambda: coverage(ctx, late), rounds=3)
        line(house, "requirements, with how many they ask", lambda: requirements(ctx), rounds=3)
        line(house, "what runs out in each month of a year", lambda: expiring_by_month(ctx, year), rounds=3)
        line(house, "people of a unit x courses, first 50", lambda: team(ctx, county.small.public_id))
        then = Then(ctx.today - timedelta(days=200))
        narrowed = Filter(unit=county.small.public_id)
        count = sum(1 for _row in rows_then(ctx, then, narrowed))
        line(
            house,
            f"a unit 200 days ago, {count:,} rows",
            lambda: list(rows_then(ctx, then, narrowed)),
            rounds=3,
        )


def _write(house: House, town: Town) -> None:
    with town.work("maria", writes=False) as ctx:
        duty, edition = ctx.db.execute(
            select(Duty, Proof.edition_id)
            .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
            .join(Proof, and_(Proof.employer_id == Duty.employer_id, Proof.id == Status.proof_id))
            .where(Duty.employer_id == ctx.employer_id)
            .limit(1)
        ).one()
    line(house, "recording a pass, against the insert of its proof alone",
         lambda: _pass(town, duty, edition), lambda: _insert_proof(town, duty, edition), rounds=60)  # fmt: skip
    rule, terms, people = _rule_of_many(town)
    with town.work("maria", writes=False) as ctx:
        line(house, f"one rule changed for {people:,} people: tried", lambda: effects_of_setting(
            ctx, terms, valid_from=ctx.today, rule=rule), rounds=1)  # fmt: skip

    def change() -> None:
        with town.work("maria") as ctx:
            change_requirement(ctx, rule, terms, valid_from=ctx.today)

    line(house, f"one rule changed for {people:,} people: done", change, rounds=1)


def _pass(town: Town, duty: Duty, edition: int) -> None:
    with town.inside(writes=True) as ctx:
        expires_on = ctx.today + timedelta(days=700)
        evidence = Evidence(duty.person_id, duty.course, edition, None, uuid4().hex, ctx.today, expires_on)  # type: ignore[arg-type]
        record_proof(ctx, evidence)


def _insert_proof(town: Town, duty: Duty, edition: int) -> None:
    with town.inside(writes=True) as ctx:
        ctx.db.execute(
            insert(Proof.__table__),  # type: ignore[arg-type]
            {"employer_id": ctx.employer_id, "public_id": uuid4(), "person_id": duty.person_id, "kind": "certificate",
             "course": duty.course, "edition_id": edition, "reference": uuid4().hex, "achieved_on": ctx.today,
             "recorded_at": ctx.now},
        )  # fmt: skip


def _rule_of_many(town: Town) -> tuple[Any, Terms, int]:
    """A requirement that describes about as many as wanted, and terms that give them all less time."""
    with town.work("maria", writes=False) as ctx:
        counted = ctx.db.execute(
            select(DutySource.requirement_id, func.count())
            .where(DutySource.employer_id == ctx.employer_id)
            .group_by(DutySource.requirement_id)
        ).all()
        requirement, people = min(counted, key=lambda row: abs(row[1] - CHANGED))
        row = ctx.db.get_one(Requirement, requirement)
        terms = Terms(row.course, row.reason, row.source, due_days=60, roles=tuple(row.roles))
        return row.rule, terms, people


def _coverage_from_proofs(ctx: Context, unit: Unit) -> list[Any]:
    """Units x courses with posts asked and known, worked out from duties and proofs."""
    known = (
        select(Proof.person_id, Proof.course)
        .where(
            Proof.employer_id == ctx.employer_id, Proof.revoked_on.is_(None), Proof.expires_on >= ctx.today
        )
        .distinct()
        .subquery()
    )
    query = (
        select(Employment.unit_id, Duty.course, func.count(), func.count(known.c.person_id))
        .select_from(Employment)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(Duty, and_(Duty.employer_id == Employment.employer_id, Duty.employment_id == Employment.id))
        .outerjoin(known, and_(known.c.person_id == Duty.person_id, known.c.course == Duty.course))
        .where(Employment.employer_id == ctx.employer_id, Unit.path.startswith(unit.path))
        .group_by(Employment.unit_id, Duty.course)
    )
    return list(ctx.db.execute(query).all())


def _expiring_from_proofs(ctx: Context, unit: Unit) -> list[Any]:
    """The first 50 whose longest proof runs out within 60 days, worked out from duties and proofs."""
    last = func.max(Proof.expires_on)
    query = (
        select(Duty.id, Person.family_name, last)
        .join(Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(Person, and_(Person.employer_id == Duty.employer_id, Person.id == Duty.person_id))
        .join(
            Proof,
            and_(
                Proof.employer_id == Duty.employer_id, Proof.person_id == Duty.person_id, Proof.course == Duty.course
            ),
        )
        .where(
            Duty.employer_id == ctx.employer_id,
            Unit.path.startswith(unit.path),
            case((Proof.revoked_on.is_(None), 1), else_=0) == 1,
        )
        .group_by(Duty.id, Person.family_name)
        .having(and_(last >= ctx.today, last <= ctx.today + timedelta(days=60)))
        .order_by(last)
        .limit(50)
    )  # fmt: skip
    return list(ctx.db.execute(query).all())


def line(
    house: House,
    what: str,
    act: Callable[[], object],
    yardstick: Callable[[], object] | None = None,
    *,
    rounds: int = ROUNDS,
) -> None:
    """Print a line of the table: the act, and in the same run the yardstick, three times at most if it is slow."""
    with counted(house.engine) as sent:
        act()  # warm, if there is more than one round
    spent = [_clocked(act) for _round in range(rounds)] if rounds > 1 else [_once(sent)]
    ms, other, ratio = statistics.median(spent), "", ""
    if yardstick:
        slow = [_clocked(yardstick)]
        slow += [_clocked(yardstick) for _round in range(2 if slow[0] > 200 else rounds)]
        other, ratio = f"{statistics.median(slow):,.1f}", f"1/{statistics.median(slow) / ms:,.0f}"
        if statistics.median(slow) < ms:
            ratio = f"{ms / statistics.median(slow):.1f} x"
    click.echo(f"| {what} | {ms:,.1f} | {len(sent)} | {other} | {ratio} |")


def _clocked(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1_000


class _Sent(list[str]):
    """Statements that were sent, and how long that took in all, in milliseconds."""

    spent: float = 0.0


def _once(sent: _Sent) -> float:
    return sent.spent


@contextmanager
def counted(engine: Engine) -> Iterator[_Sent]:
    """The statements of a block, without those that only open and close a transaction."""
    sent = _Sent()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(UNCOUNTED):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    started = time.perf_counter()
    try:
        yield sent
    finally:
        sent.spent = (time.perf_counter() - started) * 1_000
        event.remove(engine, "before_cursor_execute", note)
