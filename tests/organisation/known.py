"""What is known after staff lists were taken in, for the tests that look at it."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from lms.base.audit import AuditEntry
from lms.identity.models import Account, Identifier
from lms.organisation.models import Employment, Person, RoleProfile, Unit
from tests.builders import PEOPLE, Town

AMINA = "1001;Amina;Yusuf;Björken;usk;2026-01-01"
NEW = "77;Bo;Ek;Eken;Sjuksköterska;2026-03-01"
TOMORROW = datetime.now(UTC) + timedelta(days=1)


def fates(made):
    return [(line.line, line.fate) for line in made.lines]


def employments(town, number, *, superseded=False):
    """(unit, role, percent, first, last) of somebody, as known now or as known once, oldest first."""
    with town.work("maria", writes=False) as ctx:
        rows = ctx.db.execute(
            select(Unit.name, RoleProfile.key, Employment.percent, Employment.valid_from, Employment.valid_to)
            .join(Person, Person.id == Employment.person_id)
            .join(Unit, Unit.id == Employment.unit_id)
            .join(RoleProfile, RoleProfile.id == Employment.role_profile_id)
            .where(
                Person.employee_number == number,
                Person.employer_id == ctx.employer_id,
                Employment.superseded_at.is_not(None) if superseded else Employment.superseded_at.is_(None),
            )
            .order_by(Employment.valid_from, Employment.id)
        )
        return [tuple(row) for row in rows]


def everything(house):
    """Every row that an import could touch."""
    rows = defaultdict(list)
    for slug in PEOPLE:
        with Town(house, slug).inside() as ctx:
            for table in (Account, Identifier, Person, Employment, Unit, RoleProfile, AuditEntry):
                rows[slug, table] += sorted(
                    str(tuple(row)) for row in ctx.db.execute(select(table.__table__))
                )
    assert all(rows.values())
    return rows
