"""What happened to one person and when, for the register: facts by date, and bars for a picture of two years; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lms.register.duty_rules import DAY, NEVER, Asked, merged
from lms.register.history_rules import Cell, Given
from lms.register.rules import add_months
from lms.reports.person_facts import Let, PersonFacts, Shown, Work

BEFORE, AFTER = 18, 6  # months of the picture, around its day
SHORTEST = 0.6  # percent of the width, so that a day is seen


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened, or is to happen, on a day.

    `kind`: hired, moved, left, away, back, given, withdrawn, asked, passed, revoked, reinstated, exempt, extended,
    ran_out. `text` says where, why or until when, in words that somebody wrote.
    """

    on: date
    kind: str
    course: str = ""
    text: str = ""
    until: date | None = None
    number: str = ""  # of the certificate


def story(
    found: PersonFacts, work: Sequence[Work], asking: Sequence[Asked], cells: Sequence[Cell], day: date
) -> list[Fact]:
    """The facts, the newest first; of two on a day in the order they stand in the text above."""
    facts = [
        *_work(work),
        *_away(found, work),
        *_given(found, work),
        *(Fact(one.since, "asked", one.version.course, one.version.reason) for one in _once(asking)),
        *(fact for shown in found.shown for fact in _shown(shown, _last_day(shown, cells), day)),
        *(_let(each) for each in found.let),
    ]
    return sorted(facts, key=lambda fact: fact.on, reverse=True)


def _once(asking: Sequence[Asked]) -> list[Asked]:
    return list({(one.version.rule, one.since): one for one in asking}.values())


def _work(work: Sequence[Work]) -> Iterator[Fact]:
    """Hired where nothing went before, moved where another employment ends the day before (or goes on)."""
    before: date | None = None  # last day that is covered so far
    for each in work:
        post = each.post
        follows = before is not None and post.first - DAY <= before
        yield Fact(post.first, "moved" if follows else "hired", text=f"{each.unit}, {each.title}")
        last = post.last or NEVER
        before = last if before is None else max(before, last)
    if before is not None:
        ends = [last for _first, last in merged((each.post.first, each.post.last) for each in work)]
        yield from (Fact(last, "left") for last in ends if last is not None)


def _away(found: PersonFacts, work: Sequence[Work]) -> Iterator[Fact]:
    if not work:
        return
    for first, last in merged(found.known.away):
        yield Fact(first, "away", until=last)
        if last is not None and last < NEVER:
            yield Fact(last + DAY, "back")


def _given(found: PersonFacts, work: Sequence[Work]) -> Iterator[Fact]:
    posts = {each.post.id for each in work}
    once: dict[int, Given] = {each.assignment_id: each for each in found.known.given if each.post_id in posts}
    for key, given in once.items():
        yield Fact(given.first, "given", given.course, found.givers.get(key, ""), given.due_on)
        if given.last is not None:
            yield Fact(given.last + DAY, "withdrawn", given.course)


def _last_day(shown: Shown, cells: Sequence[Cell]) -> date | None:
    """The last day a proof counts: as the cell says that rests on it, else its own."""
    ends = [cell.standing.expires_on for cell in cells if cell.proof and cell.proof.id == shown.proof.id]
    return min((end for end in ends if end is not None), default=shown.proof.expires_on)


def _shown(shown: Shown, last: date | None, day: date) -> Iterator[Fact]:
    proof = shown.proof
    yield Fact(proof.achieved_on, "passed", proof.course, shown.edition, until=last, number=proof.reference)
    for first, end, reason in shown.revoked:
        yield Fact(first, "revoked", proof.course, reason, number=proof.reference)
        if end is not None:
            yield Fact(end + DAY, "reinstated", proof.course, number=proof.reference)
    if last is not None and last < day:
        yield Fact(last, "ran_out", proof.course, number=proof.reference)


def _let(each: Let) -> Fact:
    kind = "exempt" if each.kind == "exemption" else "extended"
    return Fact(each.first, kind, each.course, each.reason, each.last)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar or mark of the picture: where it begins and how wide it is, in percent of the width."""

    kind: str  # work, away, valid, revoked, exempt; due for a mark
    x: float
    width: float
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Lane:
    """A line of the picture: what it is about (a course, or `work` or `away`), and its bars."""

    about: str
    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Two years around a day as lanes of bars, with the months at which lines stand."""

    first: date
    last: date
    today: float  # percent
    months: tuple[tuple[float, date], ...]
    lanes: tuple[Lane, ...]


def picture(
    found: PersonFacts, work: Sequence[Work], cells: Sequence[tuple[str, date | None]], day: date
) -> Picture:
    """The picture of two years; `cells` are the courses that are asked, each with the day it is due."""
    start = add_months(day.replace(day=1), -BEFORE)
    end = add_months(start, BEFORE + AFTER) - DAY
    scale = Scale(start, end)
    lanes = [
        Lane("work", each.unit, tuple(scale.bars("work", [(each.post.first, each.post.last)])))
        for each in work
    ]
    lanes.append(Lane("away", "", tuple(scale.bars("away", merged(found.known.away)))))
    due = dict(cells)
    lanes += [
        Lane(course, "", tuple(_of_course(scale, found, course, due.get(course))))
        for course in dict.fromkeys([*due, *(each.proof.course for each in found.shown)])
    ]
    quarters = [add_months(start, step) for step in range(0, BEFORE + AFTER, 3)]
    months = [(scale.at(month), month) for month in quarters]
    return Picture(start, end, scale.at(day), tuple(months), tuple(lane for lane in lanes if lane.bars))


def _of_course(scale: "Scale", found: PersonFacts, course: str, due_on: date | None) -> Iterator[Bar]:
    for each in found.shown:
        if each.proof.course == course:
            yield from scale.bars("valid", [(each.proof.achieved_on, each.proof.expires_on)])
            yield from scale.bars("revoked", [(first, last) for first, last, _reason in each.revoked])
    exempt = [
        (each.first, each.last) for each in found.let if each.course == course and each.kind == "exemption"
    ]
    yield from scale.bars("exempt", exempt)
    if due_on is not None and scale.first <= due_on <= scale.last:
        yield Bar("due", scale.at(due_on), 0, due_on, due_on)


@dataclass(frozen=True, slots=True)
class Scale:
    """Where days stand in a picture, in percent of its width."""

    first: date
    last: date

    def at(self, day: date) -> float:
        """Where a day begins."""
        return round(100 * (day - self.first) / (self.last + DAY - self.first), 2)

    def bars(self, kind: str, times: Sequence[tuple[date, date | None]]) -> Iterator[Bar]:
        """Times as bars, cut at the edges."""
        for first, last in times:
            if (
                first <= self.last
                and (last is None or last >= self.first)
                and (last is None or last >= first)
            ):
                x = self.at(max(first, self.first))
                end = self.at(min(last or self.last, self.last) + timedelta(days=1))
                yield Bar(kind, x, max(round(end - x, 2), SHORTEST), first, last)
