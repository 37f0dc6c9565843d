"""Who should see what of an employer of `reach_town`, worked out from its facts alone, person by person."""

from dataclasses import dataclass
from datetime import date

from lms.base.access import Permission
from tests.register.reach_facts import (
    ASSIGNED,
    ASSIGNMENTS,
    BY_KEY,
    CHARGES,
    CRITICAL,
    DISPENSATIONS,
    DUE_DAYS,
    EVERYBODYS,
    GIVEN,
    NORTH,
    NURSE,
    OBJECTIONS,
    OTHER_EKEN,
    PEOPLE,
    PROPOSED,
    REQUIRED,
    Human,
    Post,
    ago,
    is_below,
    title_of,
)
from tests.register.reach_town import Alby

URGENT = ("expired", "missing", "expiring", "under_way", "not_yet_due", "valid", "exempt")
KNOWN = ("valid", "expiring")


@dataclass(frozen=True)
class Row:
    """One post and one course that it asks for, on a day."""

    human: Human
    post: Post
    course: str
    state: str
    due: int
    proof: tuple[int, int, int, str] | None

    @property
    def key(self) -> str:
        return self.human.key


def reaches(nodes: list[str], unit: str) -> bool:
    """Whether a unit is one of some nodes or lies below one."""
    return any(is_below(unit, node) for node in nodes)


def rows(town: Alby, nodes: list[str], day: int = 0, known: int = 0) -> list[Row]:
    """What is asked of whom in some nodes on a day, and where they stood by what was known on another."""
    return [
        _row(town, human, post, course, due, day, known)
        for human in PEOPLE
        for post in human.posts
        if post.on(day) and reaches(nodes, post.unit)
        for course, due in asked(human, post, day).items()
    ]


def asked(human: Human, post: Post, day: int) -> dict[str, int]:
    """The courses that something asks of a post on a day, and by when."""
    found = {}
    if day >= REQUIRED:
        found[EVERYBODYS] = max(REQUIRED, min(each.first for each in human.posts)) + DUE_DAYS
        if is_below(post.unit, NORTH) and post.role == NURSE:
            found[CRITICAL] = max(REQUIRED, post.first) + DUE_DAYS
    for giver, whom in ASSIGNMENTS:
        where = [charge.node for charge in CHARGES[giver]]
        if day >= ASSIGNED and human.key in whom and reaches(where, post.unit):
            found[GIVEN] = 20
    return found


def _row(town: Alby, human: Human, post: Post, course: str, due: int, day: int, known: int) -> Row:
    proof = town.proof(human.key, course)
    if proof and (proof[0] > day or proof[2] > known):
        proof = None
    exempt = any(
        0 <= day <= 30 and (human.key, course) == (to, of) and is_below(post.unit, node)
        for _by, to, of, node in DISPENSATIONS
    )
    if exempt:
        state = "exempt"
    elif proof and proof[1] - 30 > day:
        state = "valid"
    elif proof and proof[1] >= day:
        state = "expiring"
    elif due < day:
        state = "expired" if proof else "missing"
    else:
        state = "not_yet_due"
    return Row(human, post, course, state, due, proof)


def written(town: Alby, row: Row) -> tuple:
    """A row as the register has it: of a protected identity without number, name and unit."""
    human, post, proof = row.human, row.post, row.proof
    who = (town.number(row.key), human.family, human.given, town.units[post.unit].name)
    return (
        town.people[row.key].public_id,
        *(("", "", "", "") if human.protected else who),
        title_of(post), post.role, row.course, row.state, ago(row.due),
        ago(proof[0]) if proof else None, ago(proof[1]) if proof else None,
        town.editions[row.course] if proof else None, proof[3] if proof else None, human.protected,
    )  # fmt: skip


def covered(found: list[Row]) -> dict[str, tuple[int, int, int]]:
    """By course: how many of some rows are known, how many are asked, and how many exempt."""
    return {
        course: (
            sum(row.state in KNOWN for row in found if row.course == course),
            sum(row.state != "exempt" for row in found if row.course == course),
            sum(row.state == "exempt" for row in found if row.course == course),
        )
        for course in {row.course for row in found}
    }


def at_work(nodes: list[str], led: list[str] | None = None) -> dict[str, list[Post]]:
    """Who works today in some nodes, with the posts there; with `led`, the protected only where they work in these."""
    found = {
        human.key: [
            post
            for post in human.posts
            if post.on(0) and reaches(nodes, post.unit)
            and (led is None or not human.protected or reaches(led, post.unit))
        ]
        for human in PEOPLE
    }  # fmt: skip
    return {key: posts for key, posts in found.items() if posts}


def worst(states) -> str:
    """What needs most attention."""
    return min(states, key=URGENT.index)


def cells(town: Alby, posts: dict[str, list[Post]]) -> dict[str, dict[str, str]]:
    """By person and course: what needs most attention of some of their posts."""
    found: dict[str, dict[str, list[str]]] = {key: {} for key in posts}
    for row in rows(town, [""]):
        if row.post in posts.get(row.key, ()):
            found[row.key].setdefault(row.course, []).append(row.state)
    return {key: {course: worst(states) for course, states in each.items()} for key, each in found.items()}


def name(key: str) -> str:
    return f"{BY_KEY[key].given} {BY_KEY[key].family}"


def shown_name(key: str, led: list[str]) -> str:
    """The name, but for a protected identity that works (today) in none of the units led."""
    human = BY_KEY[key]
    seen = not human.protected or any(post.on(0) and reaches(led, post.unit) for post in human.posts)
    return name(key) if seen else ""


def objectors(town: Alby, actor: str, *, answered: bool) -> dict[str, str]:
    """Objections of others (what they say, by whom) in reach: where somebody works, else where they worked last."""
    nodes = town.nodes(actor, Permission.ANSWER_OBJECTION)
    found = {}
    for text, by, answered_by in OBJECTIONS:
        posts = [post for post in BY_KEY[by].posts if post.on(0)] or [BY_KEY[by].posts[-1]]
        if by != actor and bool(answered_by) is answered and any(reaches(nodes, post.unit) for post in posts):
            found[text] = by
    return found


def auditors(town: Alby, actor: str, *, over: bool) -> list[tuple[str, date, date | None]]:
    """Appointments (unit, first and last day) in reach; for the whole employer only for who appoints for it."""
    nodes = town.nodes(actor, Permission.APPOINT_AUDITOR)
    return sorted(
        (
            (
                town.units[each.node].name if each.node else "",
                ago(each.first),
                None if each.last is None else ago(each.last),
            )
            for charges in CHARGES.values()
            for each in charges
            if each.role == "auditor" and (each.last is not None and each.last < 0) is over
            and ("" in nodes or (each.node and reaches(nodes, each.node)))
        ),
        key=str,
    )  # fmt: skip


def dispensations() -> list[tuple[str, str, str, str]]:
    """By whom, to whom, of what, and the highest node of each post that it holds for."""
    return [*DISPENSATIONS, ("two units led", "gun", PROPOSED, OTHER_EKEN)]


def letter_of_week(town: Alby, led: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Who is late and what runs out (name, course), who is new (name, unit), what was done, in units somebody leads."""
    posts = at_work(led, led)
    late, ends = {}, {}
    for row in rows(town, led):
        if row.post in posts.get(row.key, ()) and not row.human.away:
            if row.state in {"expired", "missing"}:
                late[row.key, row.course] = row
            elif row.state in KNOWN and row.proof and row.proof[1] <= 60:
                ends[row.key, row.course] = row
    new = [
        (key, town.units[post.unit].name) for key, held in posts.items() for post in held if post.first > -7
    ]
    done = [(key, course) for (key, course), proof in town.proofs.items() if proof[0] > -7 and key in posts]
    return {
        "overdue": mailed(late), "expiring": mailed(ends.keys() - late), "new": mailed(new), "done": mailed(done),
    }  # fmt: skip


def mailed(pairs) -> list[tuple[str, str]]:
    """With names: mail names no protected identity, and not where they work."""
    return sorted(("" if BY_KEY[key].protected else name(key), what) for key, what in pairs)


def told_of(town: Alby, actor: str) -> list[tuple[str, str]]:
    """Who (name, course) has been late for so long that somebody is told: leads after 14 days, who is above after 30.

    The nearest who lead the unit of a post, else who looks after it; then those at the nearest node above; nobody of
    oneself. It is the first day on which anybody is told, so all of what came to that is.
    """
    found = set()
    for row in rows(town, [""]):
        if row.state in {"expired", "missing"} and not row.human.away:
            days = -max(row.due, row.proof[1] if row.proof else row.due)
            first = nearest(over(row, {"lead"})) or nearest(over(row, {"officer"}))
            node = first[0][1] if first else ""
            higher = [each for each in over(row, {"lead", "officer"}) if len(each[1]) < len(node)]
            above = nearest(higher) or nearest(over(row, {"officer"}))
            steps = {14: first, 30: [each for each in above if each[0] not in dict(first)]}
            if any(actor in dict(told) for step, told in steps.items() if days >= step):
                found.add((row.key, row.course))
    return mailed(found)


def over(row: Row, roles: set[str]) -> list[tuple[str, str]]:
    """Who has one of some roles over a post of somebody else, and at which node."""
    return [
        (actor, charge.node)
        for actor, charges in CHARGES.items()
        for charge in charges
        if charge.role in roles and charge.on(0) and is_below(row.post.unit, charge.node) and actor != row.key
    ]


def nearest(leading: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those at the lowest node."""
    depth = max((len(node) for _actor, node in leading), default=0)
    return [each for each in leading if len(each[1]) == depth]


def receivers(nodes: list[str]) -> set[str]:
    """To whom messages are seen: where somebody works, or worked or will if they work nowhere now."""
    return {
        human.key
        for human in PEOPLE
        if any(
            reaches(nodes, post.unit) for post in [post for post in human.posts if post.on(0)] or human.posts
        )
    } | ({*CHARGES} if "" in nodes else set())
