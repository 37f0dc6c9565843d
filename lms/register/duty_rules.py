"""Who must have what, since when and by when: requirements that describe people, and time away that does not count.

Pure: people's posts and times away, and the versions of requirements, as values; days are the employer's calendar days.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from uuid import UUID

from lms.organisation.tree import Stood

DAY = timedelta(days=1)
NEVER = date.max  # due once somebody who is away without an end is back
WHOLE = "/"  # path of the employer itself: every unit

Days = tuple[date, date | None]  # first and last day; None: no end is known


@dataclass(frozen=True, slots=True)
class Post:
    """An employment: in which unit (its path, on the day that is asked about), as what, of which kind, since when."""

    id: int
    path: str
    role: str
    kind: str
    first: date
    last: date | None
    percent: int = 100
    stood: tuple[Stood, ...] = ()  # where its unit stands over time; empty: always there

    @property
    def unit_id(self) -> int:
        """The unit itself, the last of its path."""
        return int(self.path.rstrip("/").rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Version:
    """A requirement as it holds from a day to a day; `rule` is the same in all its versions."""

    id: int
    rule: UUID
    course: str
    path: str  # of the unit in which, and below which, it holds
    roles: frozenset[str]  # empty: every role
    kinds: frozenset[str]  # empty: every kind of employment
    first: date
    last: date | None
    due_days: int  # after the day from which it describes somebody
    not_before: date | None  # not before this day, for those who have been there longer
    reason: str
    source: str = ""
    validity_months: int | None = None  # a proof counts no longer than this
    renewal_days: int | None = None  # how long before its end a proof is to be renewed
    minimum: int | None = None  # critical: so many people of a unit who can show it

    def describes(self, post: Post) -> bool:
        """Whether it is about whoever has such an employment, on the days of both, where its unit stands."""
        return lies_in(post.path, self.path) and self.is_about(post.role, post.kind)

    def is_about(self, role: str, kind: str) -> bool:
        """Whether it is about such an employment, wherever it is."""
        return (not self.roles or role in self.roles) and (not self.kinds or kind in self.kinds)

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.first <= day and (self.last is None or day <= self.last)


def lies_in(path: str, node: str) -> bool:
    """Whether a unit (its path, on whatever day) lies in another one or is it (any path of it, or WHOLE)."""
    return _last(node) in path


@cache
def _last(path: str) -> str:
    """The unit itself as it stands in the paths of all that lies in it; of WHOLE, what stands in every path."""
    return path[path.rstrip("/").rfind("/") :]


@dataclass(frozen=True, slots=True)
class Asked:
    """A version asks its course of an employment: described without a gap since a day, due on another."""

    post: Post
    version: Version
    since: date
    due_on: date


def asked_of(
    posts: Sequence[Post], versions: Iterable[Version], away: Sequence[Days], day: date
) -> Iterator[Asked]:
    """What is asked of one person's employments that are not over by a day, on that day or, if later, on their first.

    The days to the due date are counted from the day since when some version of the same requirement has described
    one of the person's employments without a gap: who moves, changes hours, or sees the requirement reworded is given
    no more of them. Whose unit is moved to where a requirement holds is given all of them. Days away are not counted.
    """
    of_rule: dict[UUID, list[Version]] = defaultdict(list)
    for version in versions:
        of_rule[version.rule].append(version)
    for all_versions in of_rule.values():
        described = [
            (post, version)
            for post in posts
            if post.last is None or post.last >= day
            for version in all_versions
            if version.holds_on(max(day, post.first)) and version.describes(post)
        ]
        if not described:
            continue
        runs = _runs(posts, all_versions)
        for post, version in described:
            since = next(first for first, last in runs if first <= max(day, post.first) <= (last or NEVER))
            yield Asked(post, version, since, _due_on(version, since, away))


def _due_on(version: Version, since: date, away: Sequence[Days]) -> date:
    """The days counted from the day it describes somebody, without days away; never on a day away, nor too early."""
    due_on = without_time_away(since, since + timedelta(days=version.due_days), away)
    if version.not_before is None or version.not_before <= due_on:
        return due_on
    return without_time_away(version.not_before, version.not_before, away)


def _runs(posts: Iterable[Post], versions: Sequence[Version]) -> list[Days]:
    """The times without a gap in which one of the versions describes one of the employments."""
    shared = (
        (
            max(post.first, version.first, since),
            min(post.last or NEVER, version.last or NEVER, until or NEVER),
        )
        for version in versions
        for post in posts
        if version.is_about(post.role, post.kind)
        for path, since, until in post.stood or ((post.path, date.min, None),)
        if lies_in(path, version.path)
    )
    return merged((first, last if last < NEVER else None) for first, last in shared if first <= last)


def merged(times: Iterable[Days]) -> list[Days]:
    """Times joined where they touch or overlap, in order."""
    joined: list[Days] = []
    for first, last in sorted(times, key=lambda time: (time[0], time[1] or NEVER)):
        if joined and (joined[-1][1] is None or first <= joined[-1][1] + DAY):
            before = joined[-1]
            end = None if before[1] is None or last is None else max(before[1], last)
            joined[-1] = (before[0], end)
        else:
            joined.append((first, last))
    return joined


def without_time_away(since: date, due_on: date, away: Sequence[Days]) -> date:
    """The due date moved by the days away between it and the day it counts from; NEVER while no end is known.

    `away` need not be in order, and may overlap.
    """
    for first, last in merged(away):
        if first > due_on:
            break
        if last is None or NEVER - due_on <= last - first:
            return NEVER
        if last >= since:
            due_on += (last - max(first, since)) + DAY
    return due_on
