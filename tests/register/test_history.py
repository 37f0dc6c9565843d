"""The ledger says what a naive reference says: every state on every day, whenever it was known, and every counter."""

from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import and_, select

from lms.base.access import Permission
from lms.base.errors import NotFound
from lms.organisation import models
from lms.organisation.queries import in_force
from lms.register.coverage import FIGURES
from lms.register.coverage_then import counts_then
from lms.register.described import RULE
from lms.register.history import facts, ledger
from lms.register.models import Coverage, Duty, Requirement, Status
from lms.register.queries import Filter, Sought, register_rows, standing_of, state_on
from lms.register.recount import recount
from lms.register.register_then import Then, rows_then
from lms.register.rules import ORDER, State, state
from lms.reports.person_record import person_record
from tests.builders import day_of
from tests.register.chances import EVENTS, Chances
from tests.register.chances_of_courses import COURSES
from tests.register.chances_of_people import NAMES, ROLES
from tests.register.municipality import BEGINS
from tests.register.naive import DAY, Employment, Known

FIRST = day_of(BEGINS)


def differing(ledger, reference):
    """{cell: what each says} where they do not say the same; what is not required the ledger need not say."""
    cells = {*ledger, *reference}
    both = {cell: (ledger.get(cell, "not_required"), reference.get(cell, "not_required")) for cell in cells}
    return {cell: said for cell, said in both.items() if said[0] != said[1]}


def check_today(town):
    """The status of duties and the counts, as they are kept."""
    known, day = Known(town.facts, town.today), town.today
    with town.work(writes=False) as ctx:
        statuses = ctx.db.execute(
            select(Duty.employment_id, Duty.course, Status, state_on(day))
            .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
            .join(models.Employment, models.Employment.id == Duty.employment_id)
            .where(Duty.employer_id == ctx.employer_id, in_force(models.Employment, day))
        ).all()
        counted = {
            (row.unit_id, row.course): tuple(getattr(row, name) for name in FIGURES)
            for row in ctx.db.scalars(select(Coverage).where(Coverage.employer_id == ctx.employer_id))
        }
    kept = {(post, course): state(standing_of(status), day) for post, course, status, _place in statuses}
    found = {(post, course): list(State)[place] for post, course, _status, place in statuses}
    for said in (kept, found):
        assert not (wrong := differing(said, known.states(day))), wrong
    counted = {place: figures for place, figures in counted.items() if any(figures)}
    assert not (wrong := differing(counted, known.counters(day))), wrong


def check_day(town, known, day, known_on=None):
    """Every state on a day, as it is known now or was at the end of another day; and the record of somebody."""
    states = known.states(day)
    with town.work(writes=False) as ctx:
        book = ledger(ctx, day, ctx.end_of(known_on) if known_on else None)
        people = facts(ctx, book, list(town.who)).values()
        said = {(cell.post.id, cell.course): cell.state for each in people for cell in book.cells(each)}
    assert not (wrong := differing(said, states)), (day, known_on, wrong)
    if day <= town.today:
        person = town.pick(id_ for id_, (*_names, is_protected) in town.who.items() if not is_protected)
        posts = {job.post for job in known.of(Employment, person=person)}
        own = {cell: said for cell, said in states.items() if cell[0] in posts}
        check_record(town, person, Then(day, known_on), own)


def check_record(town, person, then, states):
    """A course that two posts ask for is shown once, as it needs more attention."""
    worst = {}
    for (_post, course), said in states.items():
        worst[course] = min(worst.get(course, said), said, key=lambda said: ORDER[State(said)])
    with town.work(writes=False) as ctx:
        whose = ctx.db.get_one(models.Person, person).public_id
        try:
            record = person_record(ctx, Permission.SEE_REGISTER, whose, [*COURSES], then)
        except NotFound:
            assert not worst, (person, then)
        else:
            shown = {each.course: each.state for each in record.asked}
            assert not (wrong := differing(shown, worst)), (person, then, wrong)


def check_counters(town, day):
    """Every counter of a day, as it was known when the day ended."""
    with town.work(writes=False) as ctx:
        counted = {
            place: tuple(figures[name] for name in FIGURES)
            for place, figures in counts_then(ctx, day).items()
        }
    assert not (wrong := differing(counted, Known(town.facts, day).counters(day))), (day, wrong)


def check_rows(town, few=None):
    """The register of today is that of any day, narrowed to anything, for who sees to all and who sees to a part."""
    with town.work(writes=False) as ctx:
        own = select(models.Unit.public_id).where(models.Unit.employer_id == ctx.employer_id)
        units = ctx.db.scalars(own).all()
        rules = set(ctx.db.scalars(select(RULE).where(Requirement.employer_id == ctx.employer_id)))
    numbers = list(town.certificates.values())[-6:]
    words = [
        *(name.split()[-1] for name in NAMES),
        "åberg",
        "ÅBERG åsa",
        "%",
        "_",
        "nobody",
        *numbers,
        *(number.lower().replace("-", "") for number in numbers),
    ]
    values = {
        "unit": [None, uuid4(), *units], "only_here": [False, True], "role": ["", *ROLES], "course": ["", *COURSES],
        "state": [None, *State, *Sought], "text": ["", *words], "rule": [None, uuid4(), *rules],
    }  # fmt: skip
    filters = [Filter(**{name: value}) for name, some in values.items() for value in some]
    filters += [
        Filter(**{name: town.random.choice(some) for name, some in values.items()}) for _filter in range(20)
    ]
    for who in (town.maria, town.nils):
        with town.work(who, writes=False) as ctx:
            for narrowed in town.random.sample(filters, few) if few else filters:
                then = Then(town.today, town.maybe(lambda: town.today))
                assert list(rows_then(ctx, then, narrowed)) == list(register_rows(ctx, narrowed)), narrowed


def live(town, steps, gaps):
    """Let things happen on so many days, with gaps between them, and look at the end of each."""
    for event in ["hire"] * 6 + ["require"] * 3:
        town.happen(event)
    for step in range(steps):
        town.let_days_pass(town.random.choice(gaps))
        for _event in range(town.random.randint(1, 4)):
            town.happen()
        town.turn()
        check_today(town)
        if step % 20 == 10:
            check_rows(town, few=10)
    with town.work() as ctx:
        assert recount(ctx).is_none


def look_back(town, every, nights, days):
    """At every so many days, from before it began to after today; and on some nights at what was known of some days."""
    lived, known = (town.today - FIRST).days, Known(town.facts, town.today)
    for number in range(-40, lived + 120, every):
        check_day(town, known, FIRST + number * DAY)
        if 0 <= number < lived:
            check_counters(town, FIRST + number * DAY)
    for _night in range(nights):
        known_on = FIRST + town.random.randint(-1, lived) * DAY
        known = Known(town.facts, known_on)
        for _day in range(days):
            check_day(town, known, FIRST + town.random.randint(-40, lived + 60) * DAY, known_on)


def test_two_years(house):
    town = Chances(house, Random(house.engine.dialect.name))
    live(town, 36, gaps=[0, 7, 14, 30])
    look_back(town, every=7, nights=5, days=5)
    check_rows(town, few=40)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(12))
def test_many_histories(house, seed):
    """Half of them of a dense year, half of some years."""
    town = Chances(house, Random(seed))
    live(town, 150, gaps=[0, 0, 1, 2, 3, 7] if seed % 2 else [0, 1, 7, 30])
    look_back(town, every=1, nights=60, days=5)
    check_rows(town)
    assert not EVENTS.keys() - town.done.keys(), town.refused
