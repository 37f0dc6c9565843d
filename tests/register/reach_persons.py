"""One person: the record with its reasons, and what it leaves out; and what a lead has to do in the next days."""

from collections.abc import Iterator

from lms.base.access import Permission
from lms.register.register_then import Then
from lms.register.week import week, week_lines
from lms.reports.person_record import person_record
from tests.register import reach_naive as naive
from tests.register.reach_facts import (
    BY_KEY,
    CRITICAL,
    EVERYBODYS,
    EVERYWHERE,
    GIVEN,
    NORTH,
    OTHER_EKEN,
    UNITS,
    ago,
    is_below,
)
from tests.register.reach_table import NOT_THERE, Asker, Case, each_person, in_order, lists

COURSES = (EVERYBODYS, CRITICAL, GIVEN)


def _records(who: Asker, permission: Permission) -> Iterator[Case]:
    inspects = permission is Permission.SEE_REGISTER and "audit" in who.name  # and is not told why
    for then, day in ((None, 0), (Then(ago(-100)), -100)):

        def ask(ctx, key, then=then):
            found = person_record(ctx, permission, key, COURSES, then)
            return (
                found.name,
                in_order(work.unit for work in found.seen),
                {record.course: str(record.state) for record in found.asked},
                in_order({(each.course, each.reason) for each in found.facts.let}),
                {fact.course for fact in found.story if fact.kind == "given"},
            )

        def should(key, day=day):
            if not key:
                return NOT_THERE
            human = BY_KEY[key]
            mine = [
                post
                for post in human.posts
                if naive.reaches(who.nodes, post.unit)
                and (not human.protected or naive.reaches(who.led, post.unit))
            ]
            over = [post for post in human.posts if post.last is not None and post.last < day]
            decisive = [post for post in human.posts if post.on(day)] or over[-1:]
            if not {*mine} & {*decisive}:
                return NOT_THERE
            rows = [
                row for row in naive.rows(who.town, [EVERYWHERE], day) if row.key == key and row.post in mine
            ]
            courses = {row.course for row in rows}
            let = {
                (course, "" if inspects else f"Av {by}")
                for by, to, course, node in naive.dispensations()
                if to == key and any(is_below(post.unit, node) for post in mine)
            }
            given = {course for post in mine for course in naive.asked(human, post, 0) if course == GIVEN}
            return (
                naive.name(key),
                in_order(who.town.units[post.unit].name for post in mine),
                {
                    course: naive.worst(row.state for row in rows if row.course == course)
                    for course in courses
                },
                in_order(let),
                given,
            )

        yield from each_person(who, ask, should)


@lists(Permission.SEE_REGISTER, person_record)
def records_in_the_register(who: Asker) -> Iterator[Case]:
    yield from _records(who, Permission.SEE_REGISTER)


@lists(Permission.SEE_TEAM, person_record)
def records_in_the_team(who: Asker) -> Iterator[Case]:
    yield from _records(who, Permission.SEE_TEAM)


@lists(Permission.ASSIGN, week, week_lines)
def what_is_to_be_done_in_the_week(who: Asker) -> Iterator[Case]:
    def read(lines):
        return {(line.public_id, line.course): (line.name, str(line.state)) for line in lines}

    for path in (None, NORTH, OTHER_EKEN):
        inside = [
            node for node in UNITS if naive.reaches(who.nodes, node) and is_below(node, path or EVERYWHERE)
        ]
        found = lines_in(who, inside)
        late = sum(state in {"expired", "missing"} for _name, state in found.values())

        def ask(ctx, path=path):
            unit = who.unit(path) if path else None
            first = week(ctx, unit, limit=15)
            rest = week(ctx, unit, start=15, limit=50).lines
            return read([*first.lines, *rest]), first.size, first.late

        yield f"{path}", ask, (found, len(found), late)
    pairs = {
        (person.public_id, course)
        for town in (who.town, who.other)
        for person in town.people.values()
        for course in COURSES
    }
    yield "named", lambda ctx: read(week_lines(ctx, pairs)), lines_in(who, UNITS)


def lines_in(who: Asker, units) -> dict:
    """What is to be done in some units for who is there, by person and course; of several posts the most urgent."""
    seen = naive.at_work([EVERYWHERE], who.led)
    states: dict[tuple[str, str], list[str]] = {}
    for row in who.rows:
        is_there = row.post in seen.get(row.key, ()) and not row.human.away
        if row.post.unit in units and is_there and is_urgent(row):
            states.setdefault((row.key, row.course), []).append(row.state)
    return {
        (who.person(key), course): (naive.name(key), naive.worst(of)) for (key, course), of in states.items()
    }


def is_urgent(row: naive.Row) -> bool:
    """Late, due within 14 days, or running out in them."""
    if row.state in naive.KNOWN:
        return bool(row.proof) and row.proof[1] <= 14
    return row.state in {"expired", "missing"} or (row.state == "not_yet_due" and row.due <= 14)
