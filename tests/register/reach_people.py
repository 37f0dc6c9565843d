"""People: teams, who may be given a course, single persons, what they are let off, objections, auditors, who looked."""

from collections import Counter
from collections.abc import Iterator

from lms.base.access import Permission
from lms.organisation.auditor_list import auditors, auditors_counted
from lms.organisation.people import people, person, unit_tree
from lms.register.objections import objection, objections, objections_counted, open_objections_of
from lms.register.people import candidates, person_states
from lms.register.team import team, team_counts
from lms.reports.opened import who_opened
from tests.register import reach_naive as naive
from tests.register.reach_facts import (
    BY_KEY,
    EKEN,
    EVERYBODYS,
    EVERYWHERE,
    NORTH,
    OPENED,
    OTHER_EKEN,
    PEOPLE,
    PROPOSED,
    UNITS,
    VIEWS,
    is_below,
)
from tests.register.reach_table import NOT_THERE, Asker, Case, each_person, in_order, lists

PLACES = (None, NORTH, OTHER_EKEN)


def _team(who: Asker, *, permission: Permission) -> Iterator[Case]:
    def key(path):
        return who.unit(path) if path else None

    for path in PLACES:
        inside = [
            node for node in UNITS if naive.reaches(who.nodes, node) and is_below(node, path or EVERYWHERE)
        ]
        posts = {
            person: kept
            for person, held in naive.at_work([EVERYWHERE], who.led).items()
            if (kept := [post for post in held if post.unit in inside])
        }
        cells = naive.cells(who.town, posts)

        def ask(ctx, path=path):
            return {
                member.public_id: (
                    member.name,
                    {course: str(cell.state) for course, cell in member.cells.items()},
                )
                for start in (0, 12)
                for member in team(ctx, key(path), permission=permission, start=start, limit=12)
            }

        should = {who.person(person): (naive.name(person), found) for person, found in cells.items()}
        yield f"team {path}", ask, should
        never = {who.person(person) for person in posts if not who.town.has_signed_in(person)}
        yield (
            f"never signed in {path}",
            lambda ctx, path=path: {
                member.public_id
                for member in team(ctx, key(path), permission=permission, by_name=True, never_signed_in=True)
            },
            never,
        )
        states = Counter((course, state) for found in cells.values() for course, state in found.items())
        overdue = sum("missing" in found.values() for found in cells.values())
        yield (
            f"counts {path}",
            lambda ctx, path=path: numbers(team_counts(ctx, key(path), permission=permission)),
            (len(posts), len(never), overdue, dict(states)),
        )
    elsewhere = who.other.units[EKEN].public_id
    yield "other employer", lambda ctx: team(ctx, elsewhere, permission=permission), []
    yield (
        "counts of other",
        lambda ctx: numbers(team_counts(ctx, elsewhere, permission=permission)),
        (0, 0, 0, {}),
    )


def numbers(found) -> tuple:
    states = {
        (course, str(state)): number for course, of in found.states.items() for state, number in of.items()
    }
    return found.people, found.not_signed_in, found.overdue, states


@lists(Permission.SEE_TEAM, team, team_counts)
def the_team(who: Asker) -> Iterator[Case]:
    yield from _team(who, permission=Permission.SEE_TEAM)


@lists(Permission.PRINT_SLIP, team, team_counts)
def the_team_for_slips(who: Asker) -> Iterator[Case]:
    yield from _team(who, permission=Permission.PRINT_SLIP)


@lists(Permission.ASSIGN, candidates)
def candidates_for_a_course(who: Asker) -> Iterator[Case]:
    everybody = [person.public_id for town in (who.town, who.other) for person in town.people.values()]
    for course in (EVERYBODYS, PROPOSED):
        for path, named in ((None, None), (NORTH, None), (OTHER_EKEN, None), (None, everybody)):
            inside = [
                node
                for node in UNITS
                if naive.reaches(who.nodes, node) and is_below(node, path or EVERYWHERE)
            ]
            should = {
                who.person(person): (
                    naive.name(person),
                    sorted(who.town.units[post.unit].path for post in held),
                )
                for person, posts in naive.at_work([EVERYWHERE], who.led).items()
                if (held := [post for post in posts if post.unit in inside])
            }

            def ask(ctx, course=course, path=path, named=named):
                unit = who.unit(path) if path else None
                return {
                    each.public_id: (each.name, sorted(path for _post, path in each.posts))
                    for each in candidates(ctx, course, unit, person_ids=named)
                }

            yield f"{course} {path} {bool(named)}", ask, should


@lists(Permission.SEE_TEAM, person_states)
def where_one_person_stands(who: Asker) -> Iterator[Case]:
    cells = naive.cells(who.town, naive.at_work(who.nodes, who.led))

    def ask(ctx, key):
        found = person_states(ctx, key)
        return found.name, {each.course: str(each.state) for each in found.states}

    yield from each_person(who, ask, lambda key: (naive.name(key), cells[key]) if key in cells else NOT_THERE)


@lists(Permission.ANSWER_OBJECTION, objections, objections_counted, open_objections_of, objection)
def objections_of_others(who: Asker) -> Iterator[Case]:
    found = {}
    for answered in (False, True):
        mine = naive.objectors(who.town, who.name, answered=answered)
        found |= mine
        should = in_order((text, naive.shown_name(by, who.led)) for text, by in mine.items())

        def ask(ctx, answered=answered):
            some = [
                line
                for start in range(0, 12, 3)
                for line in objections(ctx, answered=answered, start=start, limit=3)
            ]
            return in_order((line.text, line.name) for line in some)

        yield f"answered {answered}", ask, should
        yield (
            f"how many {answered}",
            lambda ctx, answered=answered: objections_counted(ctx, answered=answered),
            len(mine),
        )
    open_ = naive.objectors(who.town, who.name, answered=False)
    yield from each_person(
        who,
        lambda ctx, key: in_order(line.text for line in open_objections_of(ctx, key)),
        lambda key: in_order(text for text, by in open_.items() if by == key),
    )
    for town in (who.town, who.other):
        for text, (_by, _answered, key) in town.objections.items():
            expected = text if town is who.town and text in found else NOT_THERE
            yield f"one {town.slug} {text}", lambda ctx, key=key: objection(ctx, key).text, expected


@lists(Permission.APPOINT_AUDITOR, auditors, auditors_counted)
def appointments_of_auditors(who: Asker) -> Iterator[Case]:
    for over in (False, True):
        should = naive.auditors(who.town, who.name, over=over)
        yield (
            f"{over}",
            lambda ctx, over=over: in_order(
                (each.unit, each.valid_from, each.valid_to) for each in auditors(ctx, over=over)
            ),
            should,
        )
        yield f"how many {over}", lambda ctx, over=over: auditors_counted(ctx, over=over), len(should)


@lists(None, who_opened)
def who_has_opened_the_own_record(who: Asker) -> Iterator[Case]:
    should = [("person", by) for by, whose in OPENED if whose == who.name]
    posts = BY_KEY[who.name].posts if who.name in BY_KEY else ()
    for by in VIEWS:
        nodes = who.town.nodes(by, Permission.EXPORT_REGISTER)
        if by != who.name and any(post.on(0) and naive.reaches(nodes, post.unit) for post in posts):
            should.append(("file", by))
    named = in_order((page, who.town.people[by].name) for page, by in should)
    yield "all", lambda ctx: in_order((each.page, each.name) for each in who_opened(ctx)), named


@lists(Permission.SEE_ORGANISATION, people, person, unit_tree)
def people_of_the_organisation(who: Asker) -> Iterator[Case]:
    see = Permission.SEE_ORGANISATION
    posts = [
        (human, post)
        for human in PEOPLE
        for post in human.posts
        if post.on(0) and naive.reaches(who.nodes, post.unit)
    ]

    def line(human, post):
        seen = not human.protected or naive.reaches(who.led, post.unit)
        return (
            who.person(human.key),
            human.family if seen else "",
            who.town.units[post.unit].name if seen else "",
        )

    def ask(ctx):
        found = people(ctx, see, limit=100)
        lines = in_order((each.person_id, each.family_name, each.unit) for each in found.lines)
        return lines, found.employments, found.persons

    number = len({human.key for human, _post in posts})
    yield "people", ask, (in_order(line(*each) for each in posts), len(posts), number)

    def counts(lines):
        return {each.public_id: each.people for each in lines} | {
            key: value for each in lines for key, value in counts(each.children).items()
        }

    here = {
        path: len({human.key for human, post in posts if is_below(post.unit, path)})
        for path in UNITS
        if naive.reaches(who.nodes, path)
    }
    yield (
        "tree",
        lambda ctx: counts(unit_tree(ctx, see)),
        {who.unit(path): number for path, number in here.items()},
    )

    def should(key):
        if not key:
            return NOT_THERE
        every = BY_KEY[key].posts
        deciding = [post for post in every if post.last is None] or [every[-1]]
        if not any(naive.reaches(who.nodes, post.unit) for post in deciding):
            return NOT_THERE
        return in_order(line(BY_KEY[key], post)[1:] for post in every if naive.reaches(who.nodes, post.unit))

    yield from each_person(
        who,
        lambda ctx, key: in_order((each.family_name, each.unit) for each in person(ctx, see, key)),
        should,
    )
