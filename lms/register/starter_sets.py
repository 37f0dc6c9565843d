"""Sets of requirements to begin with, one for each country: read from files beside the code, and set all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from lms.base.access import Permission
from lms.base.context import Context
from lms.catalogue.document import read_yaml
from lms.catalogue.format import schema_faults
from lms.organisation.models import Unit
from lms.organisation.roles import KINDS, ROLES
from lms.organisation.writing import one_at_a_time
from lms.register.described import versions
from lms.register.duty_rules import WHOLE, Version
from lms.register.models import Requirement
from lms.register.requirements import CRITICAL, LONGEST, MONTHS, RENEWAL, Terms, set_requirements

FOLDER = Path(__file__).parent / "starter"


@dataclass(frozen=True, slots=True)
class Starter:
    """One requirement of a set, in the language of its country; its days are a proposal."""

    id: str
    course: str
    due_days: int
    reason: str
    source: str
    roles: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    validity_months: int | None = None
    renewal_days: int | None = None
    minimum: int | None = None

    def terms(
        self, unit: Unit | None = None, due_days: int | None = None, not_before: date | None = None
    ) -> Terms:
        """What it says in a unit and below (None: everywhere), within days of the employer's choice."""
        return Terms(
            self.course, self.reason, self.source, self.due_days if due_days is None else due_days, unit, self.roles,
            self.kinds, not_before, self.validity_months, self.renewal_days, self.minimum,
        )  # fmt: skip

    def is_said_by(self, version: Version, path: str, day: date) -> bool:
        """Whether a requirement asks the same of the same people already, in a unit (its path) or above."""
        same = (
            version.course == self.course
            and version.roles == {*self.roles}
            and version.kinds == {*self.kinds}
        )
        return same and path.startswith(version.path) and (version.last is None or version.last >= day)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody has chosen of the set, as it was sent."""

    unit: Unit | None
    not_before: date | None
    chosen: frozenset[str]
    days: dict[str, str]  # as written
    there: frozenset[str]  # what is required there already
    faults: dict[str, str]

    def terms(self, offered: tuple[Starter, ...]) -> dict[str, Terms]:
        """The requirements that are to hold, by id."""
        return {
            each.id: each.terms(self.unit, int(self.days[each.id]), self.not_before)
            for each in offered
            if each.id in self.chosen
        }


def _some(names: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(names)}}


def _number(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


_TEXT = {"type": "string", "pattern": r"\S"}
_DAY = {"type": "string", "format": "date"}
_STARTER = {
    "type": "object",
    "required": ["id", "course", "due_days", "reason", "source"],
    "additionalProperties": False,
    "properties": {
        "id": _TEXT, "course": _TEXT, "reason": _TEXT, "source": _TEXT,
        "roles": _some(ROLES), "kinds": _some(KINDS), "due_days": _number(0, LONGEST),
        "validity_months": _number(MONTHS[0], MONTHS[-1]), "renewal_days": _number(RENEWAL[0], RENEWAL[-1]),
        "minimum": _number(CRITICAL[0], CRITICAL[-1]),
    },
}  # fmt: skip
SCHEMA = {
    "type": "object",
    "required": ["country", "reviewed_on", "review_by", "requirements"],
    "additionalProperties": False,
    "properties": {
        "country": {"type": "string"}, "reviewed_on": _DAY, "review_by": _DAY,
        "requirements": {"type": "array", "minItems": 1, "items": _STARTER},
    },
}  # fmt: skip


@cache
def starter_set(country: str) -> tuple[Starter, ...]:
    """The set of a country; nothing where there is none yet. Raises ValueError for a file that is not as it must be."""
    file = FOLDER / f"{country}.yaml"
    if not file.is_file():
        return ()
    node, faults = read_yaml(file.read_text(encoding="utf-8"), file.name)
    if faults := [*faults, *(() if faults else schema_faults(node, SCHEMA))]:
        raise ValueError("\n".join(f"{each.file}:{each.line} {each.field} {each.text}" for each in faults))
    return tuple(_starter(each) for each in node.plain()["requirements"])


def _starter(entry: dict[str, Any]) -> Starter:
    lists: dict[str, Any] = {name: tuple(entry.get(name, ())) for name in ("roles", "kinds")}
    return Starter(**(entry | lists))


def said_already(ctx: Context, unit: Unit | None) -> set[str]:
    """The ids of those of the country's set that are required already, in a unit or above it. One statement."""
    ctx.require(Permission.SET_REQUIREMENT)
    path, known = unit.path if unit else WHOLE, versions(ctx)
    return {
        each.id
        for each in starter_set(ctx.country)
        if any(each.is_said_by(version, path, ctx.today) for version in known)
    }


def start_with(ctx: Context, chosen: Mapping[str, Terms], unit: Unit | None) -> Sequence[Requirement]:
    """Set requirements of the country's set (terms by id) from today on, but for those that are there already.

    Raises as `set_requirement`.
    """
    ctx.require(Permission.SET_REQUIREMENT)
    one_at_a_time(ctx)
    there = said_already(ctx, unit)
    return set_requirements(
        ctx, [terms for key, terms in chosen.items() if key not in there], valid_from=ctx.today
    )
