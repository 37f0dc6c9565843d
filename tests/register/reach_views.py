"""The views of coverage over the tree, of what is critical and of what runs out."""

from collections import Counter
from collections.abc import Iterator

from lms.base.access import Permission
from lms.register.coverage_queries import Count, coverage_over_time, coverage_view, place
from lms.register.critical import critical_coverage, with_last_days
from lms.register.expiring import After, Window, expiring, expiring_by_month
from tests.register import reach_naive as naive
from tests.register.reach_facts import (
    CRITICAL,
    EKEN,
    EVERYWHERE,
    MINIMUM,
    NORTH,
    SOUTH,
    TODAY,
    TOP,
    UNITS,
    ago,
    is_below,
)
from tests.register.reach_table import NOT_THERE, Asker, Case, in_order, lists

PLACES = (None, TOP, NORTH, SOUTH, EKEN)
DIRECTLY = "directly"


def lines_of(who: Asker, path: str | None) -> dict[str, list[str]] | str:
    """By line of a place (a unit right below it, or what is directly in it) the units that count there."""
    inside = [unit for unit in UNITS if naive.reaches(who.nodes, unit)]
    if path is not None and path not in inside:
        return NOT_THERE
    tops = [unit for unit in inside if unit.rpartition("/")[0] not in inside]
    here = path or (tops[0] if len(tops) == 1 else None)
    below = [unit for unit in inside if unit.rpartition("/")[0] == here] if here else tops
    lines = {str(who.unit(unit)): [each for each in inside if is_below(each, unit)] for unit in below}
    return lines | ({DIRECTLY: [here]} if here else {})


def share(rows: list[naive.Row], count: Count) -> dict[str, tuple[int, int]]:
    """By course: those who are asked (not the exempt), and of them those who can show it."""
    found = {}
    asked = [row for row in rows if row.state != "exempt"]
    for course in {row.course for row in asked}:
        of = [row for row in asked if row.course == course]
        lacking = {row.key for row in of if row.state not in naive.KNOWN}
        known, number = len([row for row in of if row.state in naive.KNOWN]), len(of)
        if count is Count.PEOPLE:
            known, number = len({row.key for row in of} - lacking), len({row.key for row in of})
        factor = 100 if count is Count.FTE else 1  # everybody works full time
        found[course] = (known * factor, number * factor)
    return found


def read(line) -> dict[str, tuple[int, int]]:
    return {course: (each.known, each.asked) for course, each in line.shares.items() if each.asked}


@lists(Permission.SEE_REGISTER, coverage_view, place)
def coverage_over_the_tree(who: Asker) -> Iterator[Case]:
    for path in PLACES:
        lines = lines_of(who, path)
        key = who.unit(path) if path else None

        def names(ctx, key=key):
            found = place(ctx, key)
            return {str(node.public_id) for node in found.below}, bool(found.here)

        should = (lines.keys() - {DIRECTLY}, DIRECTLY in lines) if lines is not NOT_THERE else NOT_THERE
        yield f"place {path}", names, should
        for count in Count:

            def ask(ctx, key=key, count=count):
                view = coverage_view(ctx, key, count=count)
                found = {
                    str(line.node.public_id) if line.node else DIRECTLY: read(line) for line in view.lines
                }
                return {name: shares for name, shares in found.items() if shares}, read(view.total)

            yield f"{count} {path}", ask, shares_of(who, lines, count)
    elsewhere = who.other.units[EKEN].public_id
    yield "other employer", lambda ctx: coverage_view(ctx, elsewhere), NOT_THERE


def shares_of(who: Asker, lines, count: Count):
    """What each line of a place says, and all together."""
    if lines is NOT_THERE:
        return NOT_THERE
    units = {unit for some in lines.values() for unit in some}
    found = {
        name: share([row for row in who.rows if row.post.unit in some], count) for name, some in lines.items()
    }
    total = share([row for row in who.rows if row.post.unit in units], count)
    return {name: shares for name, shares in found.items() if shares}, total


@lists(Permission.SEE_REGISTER, coverage_over_time)
def coverage_that_was_kept(who: Asker) -> Iterator[Case]:
    for path in (None, NORTH, SOUTH):
        lines = lines_of(who, path)
        for course in ("", CRITICAL):

            def ask(ctx, path=path, course=course):
                found = coverage_over_time(ctx, who.unit(path) if path else None, course=course)
                of_lines = {str(node.public_id): days(some) for node, some in found.lines}
                return {name: some for name, some in of_lines.items() if some}, days(found.all)

            if lines is NOT_THERE:
                yield f"{path} {course}", ask, NOT_THERE
                continue
            of_lines, total = shares_of(who, lines, Count.POSTS)
            of_lines.pop(DIRECTLY, None)
            kept = {name: added(shares, course) for name, shares in of_lines.items()}
            yield (
                f"{path} {course}",
                ask,
                ({name: some for name, some in kept.items() if some}, added(total, course)),
            )


def days(some) -> list[tuple]:
    return [(each.day, each.share.known, each.share.asked) for each in some]


def added(shares, course: str) -> list[tuple]:
    """What was kept today, of all courses or one."""
    some = [each for of, each in shares.items() if course in {"", of}]
    return [(TODAY, sum(known for known, _ in some), sum(asked for _, asked in some))] if some else []


@lists(Permission.SEE_REGISTER, critical_coverage, with_last_days)
def what_is_critical(who: Asker) -> Iterator[Case]:
    found = []
    for unit in UNITS:
        rows = [row for row in who.rows if row.post.unit == unit and row.course == CRITICAL]
        if rows:
            ends = sorted(row.proof[1] for row in rows if row.state in naive.KNOWN)
            last = ago(ends[len(ends) - MINIMUM]) if len(ends) >= MINIMUM else None
            found.append((unit, len(ends), len(rows), MINIMUM, last))

    def ask(ctx, unit=None):
        some = with_last_days(ctx, critical_coverage(ctx, unit))
        return in_order((each.unit_id, each.known, each.asked, each.minimum, each.last_day) for each in some)

    for path in (None, NORTH, EKEN, SOUTH):
        yield (
            f"{path}",
            lambda ctx, path=path: ask(ctx, who.unit(path) if path else None),
            in_order((who.unit(unit), *rest) for unit, *rest in found if is_below(unit, path or EVERYWHERE)),
        )
    elsewhere = who.other.units[EKEN].public_id
    yield "other employer", lambda ctx: ask(ctx, elsewhere), []


@lists(Permission.SEE_REGISTER, expiring, expiring_by_month)
def what_runs_out(who: Asker) -> Iterator[Case]:
    for path, first, last, is_leaf in (
        (None, 0, 400, False), (None, -40, -1, False), (NORTH, 0, 90, False), (EKEN, 0, 400, True),
        (SOUTH, -40, 400, False),
    ):  # fmt: skip
        window = Window(ago(first), ago(last), who.unit(path) if path else None, is_leaf=is_leaf)
        rows = [
            row
            for row in who.rows
            if row.proof and first <= row.proof[1] <= last and row.state != "exempt"
            and is_below(row.post.unit, path or EVERYWHERE) and not (path and row.human.protected)
        ]  # fmt: skip

        def ask(ctx, window=window):
            lines, after = [], None
            while page := expiring(ctx, window, after, limit=10):
                lines += page
                after = After(page[-1].expires_on, page[-1].duty_id)
            return in_order(
                (
                    each.person_id, each.family_name, each.given_name, each.unit, each.title, each.course,
                    each.expires_on, each.certificate, each.protected,
                )
                for each in lines
            )  # fmt: skip

        yield f"{window}", ask, in_order(map(line_of(who), rows))
        months = Counter((ago(row.proof[1]).replace(day=1), row.course) for row in rows if row.proof)
        yield (
            f"months {window}",
            lambda ctx, window=window: {
                (month, course): number
                for month, of in expiring_by_month(ctx, window).items()
                for course, number in of.items()
            },
            dict(months),
        )


def line_of(who: Asker):
    def line(row: naive.Row) -> tuple:
        person, _number, family, given, unit, title, _role, course, *_, expires, _label, proof, hidden = (
            naive.written(who.town, row)
        )
        return (person, family, given, unit, title, course, expires, proof, hidden)

    return line
