"""Fit the absences of a staff list to those known of a person: what stays, is corrected, ends, begins."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Away:
    """A time when somebody is away, as a value; never why."""

    kind: str  # leave | absence
    first: date
    last: date | None

    def overlaps(self, other: "Away") -> bool:
        """Whether there is a day on which both hold."""
        return (self.last is None or other.first <= self.last) and (
            other.last is None or self.first <= other.last
        )


@dataclass(frozen=True, slots=True)
class AwayFit:
    """What a list does to the absences of a person: `revised` says anew what is known (None: it never was so)."""

    revised: tuple[tuple[int, Away | None], ...] = ()
    added: tuple[Away, ...] = ()


def fit_away(said: Iterable[Away], known: Collection[tuple[int, Away]], today: date) -> AwayFit:
    """Fit all absences that a list says of a person to those that are known (id, as known now).

    The list tells who is away today and later: what it does not say ended yesterday at the latest, or never
    was so. An absence of the same kind at that time is corrected. What is past and not in the list stays.
    """
    listed = sorted(set(said), key=lambda away: away.first)
    free = dict(sorted(known, key=lambda pair: (pair[1].first, pair[0])))
    new = []
    for away in listed:
        same = next((key for key, value in free.items() if value == away), None)
        if same is None:
            new.append(away)
        else:
            del free[same]
    revised: dict[int, Away | None] = {}
    added = []
    for away in new:
        about = [key for key, value in free.items() if value.kind == away.kind and value.overlaps(away)]
        if about:
            revised[about[-1]] = away
            del free[about[-1]]
        else:
            added.append(away)
    for key, value in free.items():
        end = min([today, *(away.first for away in listed if away.overlaps(value))]) - DAY
        if value.last is None or value.last > end:
            revised[key] = replace(value, last=end) if value.first <= end else None
    return AwayFit(tuple(revised.items()), tuple(added))
