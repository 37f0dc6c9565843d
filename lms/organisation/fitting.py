"""Fit the lines of a staff list to what is known of a person: what stays, is corrected, ends, begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Post:
    """An employment as a value. `unit` is the id of a unit; below 0: one that the import will make."""

    unit: int
    role: str
    title: str
    kind: str
    percent: int
    first: date
    last: date | None

    def overlaps(self, other: "Post") -> bool:
        """Whether there is a day on which both hold."""
        return (self.last is None or other.first <= self.last) and (
            other.last is None or self.first <= other.last
        )

    def holds_on(self, day: date) -> bool:
        """Whether this is so on a day."""
        return self.first <= day and (self.last is None or self.last >= day)

    @property
    def what(self) -> tuple[int, str, str, str, int]:
        """Everything but the dates."""
        return self.unit, self.role, self.title, self.kind, self.percent


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says of an employment; None: it does not say. `ends`: an empty last day means no end.

    `here_on` is a day on which the line says, by being there, that the person works here.
    """

    unit: int
    role: str
    first: date
    last: date | None
    ends: bool
    title: str | None
    kind: str | None
    percent: int | None
    usual_title: str  # of the role, where neither line nor knowledge gives one
    here_on: date | None = None

    def over(self, known: Post) -> Post:
        """The employment as it is by this line, what the line does not say as known."""
        usual = known.title if self.role == known.role else self.usual_title
        return Post(
            self.unit,
            self.role,
            self.title or usual,
            known.kind if self.kind is None else self.kind,
            known.percent if self.percent is None else self.percent,
            self.first,
            self._last(known),
        )

    def _last(self, known: Post) -> date | None:
        if self.ends:
            return self.last
        is_denied = self.here_on and known.last and known.last < self.here_on
        return None if is_denied else known.last

    def alone(self) -> Post:
        """The employment by this line alone: permanent and full time unless it says otherwise."""
        kind = self.kind or "permanent"
        percent = self.percent if self.percent is not None else (0 if kind == "hourly" else 100)
        return Post(
            self.unit, self.role, self.title or self.usual_title, kind, percent, self.first, self.last
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """What one line does: `revised` says anew what is known (None: it never was so), `added` begins.

    `before` is the employment that the line is about, if there was one, and `after` what it becomes.
    """

    before: Post | None = None
    after: Post | None = None
    revised: tuple[tuple[int, Post | None], ...] = ()
    added: Post | None = None
    continues: int | None = None  # id of the employment that the added one takes the place of
    unclear: bool = False  # two employments could be meant
    about: int | None = None  # id of the employment that `before` is


def fit(lines: Sequence[Said], known: Iterable[tuple[int, Post]]) -> list[Fit]:
    """Fit the lines of one person to the person's employments (id, as known now); one Fit per line, in order.

    A line is about the employment in the same unit and role at that time; else about the one in
    force on its first day that no other line is about (a move); else it begins one (a new
    workplace, or a return). The same first day or an earlier one corrects what is known; a later
    one lets the known employment end the day before, if more than dates differ.
    Employments no line is about are left alone.
    """
    free = dict(sorted(known, key=lambda pair: (pair[1].first, pair[0])))
    fits: dict[int, Fit] = {}
    for place, line in enumerate(lines):
        for post_id, post in free.items():
            if line.over(post) == post:
                fits[place] = Fit(post, post, about=post_id)
                del free[post_id]
                break
    for place, line in enumerate(lines):
        if place not in fits:
            said = line.alone()
            same = [
                post_id
                for post_id, post in free.items()
                if post.what[:2] == said.what[:2] and post.overlaps(said)
            ]
            if same:
                fits[place] = _correct_or_follow(line, same[-1], free, same[:-1])
    for place, line in enumerate(lines):
        if place not in fits:
            moved = [post_id for post_id, post in free.items() if post.holds_on(line.first)]
            if len(moved) > 1:
                fits[place] = Fit(unclear=True)
            elif moved:
                fits[place] = _correct_or_follow(line, moved[0], free, ())
            else:
                added = line.alone()
                fits[place] = Fit(None, added, added=added)
    return [fits[place] for place in range(len(lines))]


def _correct_or_follow(line: Said, about: int, free: dict[int, Post], earlier: Sequence[int]) -> Fit:
    """The line's effect on the employment it is about; `earlier` are others of the same unit and role it covers."""
    before = free.pop(about)
    after = line.over(before)
    if after.first > before.first and after.what != before.what:
        ended = ((about, replace(before, last=after.first - DAY)),)
        return Fit(before, after, ended, added=after, continues=about, about=about)
    covered = []
    for post_id in earlier:
        post = free.pop(post_id)
        covered.append((post_id, replace(post, last=after.first - DAY) if post.first < after.first else None))
    return Fit(before, after, ((about, after), *covered), about=about)
