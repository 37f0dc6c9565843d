"""The register as rows, pages and coverage: today, on a past day, and by what was known then."""

from collections.abc import Callable, Iterator
from dataclasses import astuple

from lms.base.access import Permission
from lms.register.queries import Filter, coverage, register_rows
from lms.register.register_on import differences_on, page_on, rows_on
from lms.register.register_then import Then, compared, people_then, rows_then
from lms.register.rules import State
from tests.register import reach_naive as naive
from tests.register.reach_facts import (
    EKEN,
    EVERYBODYS,
    GIVEN,
    NORTH,
    NURSE,
    OTHER_EKEN,
    SOUTH,
    TODAY,
    TOP,
    ago,
    is_below,
)
from tests.register.reach_table import Asker, Case, in_order, lists, plain, written


def filters(who: Asker) -> Iterator[tuple[Filter, Callable[[naive.Row], bool]]]:
    """What the register may be narrowed to, and which rows are left."""
    yield Filter(), lambda _row: True
    for path in (TOP, NORTH, EKEN, OTHER_EKEN):
        yield (
            Filter(unit=who.unit(path)),
            lambda row, path=path: is_below(row.post.unit, path) and not row.human.protected,
        )
    yield (
        Filter(unit=who.unit(NORTH), only_here=True),
        lambda row: row.post.unit == NORTH and not row.human.protected,
    )
    yield Filter(unit=who.other.units[EKEN].public_id), lambda _row: False
    yield Filter(role=NURSE), lambda row: row.post.role == NURSE
    yield Filter(course=GIVEN), lambda row: row.course == GIVEN
    for state in (State.MISSING, State.VALID, State.EXEMPT):
        yield Filter(state=state), lambda row, state=state: row.state == state
    yield Filter(text="EK"), lambda row: not row.human.protected and "ek" in naive.name(row.key).lower()
    yield Filter(text="hemlig"), lambda _row: False
    numbers = {of: proof[3] for of, proof in who.town.proofs.items()}
    for of in (("pia", EVERYBODYS), ("anna", EVERYBODYS), ("hidden", EVERYBODYS), ("siv", EVERYBODYS)):
        if number := numbers.get(of):
            yield Filter(text=number), lambda row, number=number: bool(row.proof) and row.proof[3] == number
    yield Filter(text=next(iter(who.other.proofs.values()))[3]), lambda _row: False
    yield (
        Filter(unit=who.unit(SOUTH), course=EVERYBODYS, text="an"),
        lambda row: (
            is_below(row.post.unit, SOUTH) and row.course == EVERYBODYS and not row.human.protected
            and "an" in naive.name(row.key).lower()
        ),
    )  # fmt: skip


@lists(Permission.SEE_REGISTER, register_rows, rows_on)
def the_register(who: Asker) -> Iterator[Case]:
    for narrowed, fits in filters(who):
        found = written(who, filter(fits, who.rows))
        yield f"{narrowed}", lambda ctx, narrowed=narrowed: plain(register_rows(ctx, narrowed)), found
    yield "rows_on", lambda ctx: plain(rows_on(ctx, None, Filter())), written(who, who.rows)


@lists(Permission.SEE_REGISTER, page_on)
def pages_of_the_register(who: Asker) -> Iterator[Case]:
    for then in (None, Then(ago(-100)), Then(ago(-100), ago(-60))):
        rows = naive.rows(who.town, who.nodes, *days_of(then))

        def ask(ctx, then=then):
            first = page_on(ctx, then, Filter(), start=0, limit=25)
            rest = [
                row
                for start in range(25, first.size, 25)
                for row in page_on(ctx, then, Filter(), start=start, limit=25).rows
            ]
            return plain([*first.rows, *rest]), first.size, counted(first.coverage)

        yield f"{then}", ask, (written(who, rows), len(rows), naive.covered(rows))


def days_of(then: Then | None) -> tuple[int, int]:
    """The day, and the day of what was known, counted from today."""
    if then is None:
        return 0, 0
    return (then.day - TODAY).days, ((then.known_on or TODAY) - TODAY).days


def counted(found) -> dict[str, tuple[int, int, int]]:
    return {part.course: (part.known, part.asked, part.exempt) for part in found}


@lists(Permission.SEE_REGISTER, coverage)
def coverage_of_courses(who: Asker) -> Iterator[Case]:
    for narrowed, fits in filters(who):
        found = naive.covered(list(filter(fits, who.rows)))
        yield f"{narrowed}", lambda ctx, narrowed=narrowed: counted(coverage(ctx, narrowed)), found


THEN = (Then(TODAY), Then(ago(-100)), Then(ago(-100), ago(-60)))


@lists(Permission.SEE_REGISTER, rows_then, people_then)
def the_register_of_a_day(who: Asker) -> Iterator[Case]:
    for then in THEN:
        found = naive.rows(who.town, who.nodes, *days_of(then))
        yield f"{then}", lambda ctx, then=then: plain(rows_then(ctx, then, Filter())), written(who, found)
        number = len({row.key for row in found})
        yield f"people {then}", lambda ctx, then=then: people_then(ctx, then, Filter()), number
    rows = naive.rows(who.town, who.nodes, -100)
    for narrowed, fits in list(filters(who))[1::2]:
        found = filter(fits, rows)
        yield (
            f"{narrowed}",
            lambda ctx, narrowed=narrowed: plain(rows_then(ctx, THEN[1], narrowed)),
            written(who, found),
        )


@lists(Permission.SEE_REGISTER, compared, differences_on)
def what_was_known_and_is_known(who: Asker) -> Iterator[Case]:
    then = THEN[2]
    before, now = (naive.rows(who.town, who.nodes, -100, known) for known in (-60, 0))
    pairs = [tuple(naive.written(who.town, row) for row in pair) for pair in zip(before, now, strict=True)]

    def read(found):
        return in_order((astuple(pair.then), astuple(pair.now)) for pair in found)

    yield "all", lambda ctx: read(compared(ctx, then, Filter())), in_order(pairs)
    differing = [pair for pair in pairs if pair[0] != pair[1]]
    yield "differing", lambda ctx: read(differences_on(ctx, then, Filter())), in_order(differing)
