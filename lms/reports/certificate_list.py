"""Which certificates a file of them holds: of the people whom whoever asks may take out of the register today."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, String, and_, bindparam, func, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.evidence.models import CertificateRow
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.queries import in_force, path_of_unit
from lms.register.models import Proof
from lms.reports.narrowing import View


@dataclass(frozen=True, slots=True)
class Line:
    """A certificate of somebody who works here today."""

    certificate_id: int
    person_id: int
    number: str
    family_name: str
    given_name: str
    employee_number: str
    unit: str
    course: str
    achieved_on: date
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Listed:
    """The certificates of a file, by name and day, and how many of protected identities it leaves out."""

    lines: list[Line]
    left_out: int


def certificates_listed(ctx: Context, view: View) -> Listed:
    """The certificates of a view: of a unit and those below, a course, a period; each once. One statement.

    Revoked and expired ones and those that were renewed since are among them: it is a file of what stands. One that was
    replaced since its name was wrong does not: the one with the right name is there.
    """
    query = _of_view(ctx.reach(Permission.EXPORT_CERTIFICATES, Unit.path), *_narrowing(view))
    lines = query.with_only_columns(
        Person.protected, CertificateRow.id, Person.id, CertificateRow.number, Person.family_name, Person.given_name,
        Person.employee_number, Unit.name, CertificateRow.course, CertificateRow.achieved_on,
        CertificateRow.expires_on,
    ).order_by(
        Person.family_name, Person.given_name, CertificateRow.achieved_on, CertificateRow.id, Employment.id
    )  # fmt: skip
    found: dict[int, Line] = {}
    left_out = set()
    for protected, *values in ctx.rows(lines, **_places(view)):
        line = Line(*values)
        if protected:
            left_out.add(line.certificate_id)
        else:
            found.setdefault(line.certificate_id, line)  # of two workplaces the first
    return Listed(list(found.values()), len(left_out))


def certificates_counted(ctx: Context, view: View) -> int:
    """How many certificates a file of a view would hold. One statement."""
    query = _of_view(ctx.reach(Permission.EXPORT_CERTIFICATES, Unit.path), *_narrowing(view))
    count = query.with_only_columns(func.count(CertificateRow.id.distinct())).where(_IS_NAMED)
    return int(ctx.rows(count, **_places(view)).scalar_one())


def certificates_behind(ctx: Context, view: View, behind: int, most: int) -> list[int]:
    """The keys of the first certificates of a view behind a key, without order of people. One statement."""
    query = _of_view(ctx.reach(Permission.EXPORT_CERTIFICATES, Unit.path), *_narrowing(view))
    keys = query.where(_IS_NAMED, CertificateRow.id > behind).distinct().order_by(CertificateRow.id)
    return list(ctx.rows(keys.limit(most), **_places(view)).scalars())


_IS_NAMED = Person.protected.is_(False)


def _narrowing(view: View) -> tuple[bool, bool]:
    return view.narrowed.unit is not None, view.narrowed.only_here


def _places(view: View) -> dict[str, Any]:
    chosen = view.narrowed
    days = {"passed_from": view.passed_from, "passed_to": view.passed_to}
    return {"unit": chosen.unit, "course": chosen.course or None, **days}


@built_once
def _of_view(reached: ColumnElement[bool], in_unit: bool, only_here: bool) -> Select[*tuple[Any, ...]]:  # noqa: FBT001
    """The key of each certificate, for each workplace of its holder in the view."""
    course = bindparam("course", type_=String)
    first, last = (bindparam(name, type_=Date) for name in ("passed_from", "passed_to"))
    query = (
        select(CertificateRow.id)
        .select_from(CertificateRow)
        .join(
            Person,
            and_(Person.employer_id == CertificateRow.employer_id, Person.id == CertificateRow.person_id),
        )
        .join(
            Employment,
            and_(
                Employment.employer_id == Person.employer_id,
                Employment.person_id == Person.id,
                in_force(Employment, TODAY),
            ),
        )
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(
            Proof,
            and_(Proof.employer_id == CertificateRow.employer_id, Proof.certificate_id == CertificateRow.id),
        )
        .where(
            CertificateRow.employer_id == EMPLOYER,
            CertificateRow.forgotten_on.is_(None),
            Proof.superseded_at.is_(None),
            reached,
            or_(course.is_(None), CertificateRow.course == course),
            or_(first.is_(None), CertificateRow.achieved_on >= first),
            or_(last.is_(None), CertificateRow.achieved_on <= last),
        )
    )
    if in_unit:
        inside = Unit.path == path_of_unit() if only_here else Unit.path.startswith(path_of_unit())
        query = query.where(inside)
    return query
