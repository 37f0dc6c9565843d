"""Take in people from a staff list: a dry run that writes nothing, and the import, all of it or none."""

import hashlib

from sqlalchemy import and_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid
from lms.identity.models import Account, Identifier
from lms.identity.queries import held_addresses
from lms.organisation.away import Away
from lms.organisation.bulk import in_parts
from lms.organisation.fitting import Post
from lms.organisation.import_words import print_plan
from lms.organisation.models import Absence, Employment, Person, RoleProfile, Unit
from lms.organisation.places import Place, Places
from lms.organisation.plan import ImportPlan, Known, LineFate
from lms.organisation.planning import Ground, by_person, endings, plan_person
from lms.organisation.rules import Fault
from lms.organisation.staff_list import StaffList, read_staff_list
from lms.organisation.writing import Imported, carry_out, one_at_a_time

__all__ = ["import_people", "plan_import", "print_plan", "read_staff_list"]

MOST_ENDED = 1 / 3  # of those who work here; a list that ends more is half a list, or another's


def plan_import(
    ctx: Context, staff: StaffList, *, create_units: bool = False, everybody: bool = False
) -> ImportPlan:
    """Work out what importing a staff list would do to every line; writes nothing.

    `create_units`: units that the list names and that are not there are made. `everybody`: employments in
    force that the list does not have end yesterday, unless these were more than a third of the people, and one
    that has ended and is listed again goes on; otherwise they are left alone. The number of statements does not
    grow with the lines, except by one for each 5,000 addresses.
    """
    in_reach = ctx.reach(Permission.IMPORT_PEOPLE, Unit.path)
    units = select(Unit.id, Unit.parent_id, Unit.name, in_reach).where(Unit.employer_id == ctx.employer_id)
    people = _people(ctx)
    everywhere = "/" in ctx.who.paths(Permission.IMPORT_PEOPLE)
    ground = Ground(
        today=ctx.today,
        country=ctx.country,
        people=people,
        places=Places((Place(*row) for row in ctx.db.execute(units)), may_add_top=everywhere),
        colleagues=frozenset(known.account_id for known in people.values()),
        owners=_owners(ctx, staff),
        make_units=create_units,
        everywhere=everywhere,
        everybody=everybody,
    )
    return _plan(ground, staff)


def import_people(
    ctx: Context,
    staff: StaffList,
    *,
    create_units: bool = False,
    everybody: bool = False,
    digest: str | None = None,
) -> Imported:
    """Do what `plan_import` says, all of it or nothing; the same list a second time changes nothing.

    The caller then lets requirements fit the employments that are returned, in the same
    transaction. Raises Invalid if any line has a fault, Conflict (`plan_changed`) if `digest` is
    that of a plan which no longer holds.
    """
    ctx.require(Permission.IMPORT_PEOPLE)
    one_at_a_time(ctx)
    plan = plan_import(ctx, staff, create_units=create_units, everybody=everybody)
    if plan.faults:
        raise Invalid({"file": "has_faults"}, faults=len(plan.faults))
    if digest is not None and digest != plan.digest:
        raise Conflict("plan_changed")
    return carry_out(ctx, plan, staff.digest)


def _plan(ground: Ground, staff: StaffList) -> ImportPlan:
    planned = [plan_person(ground, lines) for lines in by_person(staff.lines)]
    fates = {fate.line: fate for of_person, _plan in planned for fate in of_person}
    people = tuple(person for _fates, person in planned)
    here = ground.here()
    named = {
        *(person.line.employee_number for person in people),
        *(number for number, _ in staff.who.values()),
    }
    absent = len(here - named)
    faults = list(staff.faults)
    if ground.everybody and people and absent > MOST_ENDED * len(here):
        faults.append(Fault(staff.head, "", "ends_too_many", f"{absent}/{len(here)}"))
    ending = tuple(endings(ground, people)) if ground.everybody and people else ()
    for fault in faults:
        unread = LineFate(fault.line, "fault", *staff.who.get(fault.line, ("", "")))
        known = fates.get(fault.line, unread)  # a line can be read and still repeat another
        fates[fault.line] = LineFate(
            fault.line,
            "fault",
            known.employee_number,
            known.name,
            known.protected,
            (),
            (*known.faults, fault),
        )
    lines = tuple(fates[number] for number in sorted(fates))
    new_units = tuple(ground.places.text(place.id) for place in ground.places.new)
    return ImportPlan(
        lines=lines,
        faults=tuple(fault for line in lines for fault in line.faults),
        new_units=new_units,
        absent=absent,
        ending=ending,
        unused=staff.unused,
        digest=hashlib.sha256(repr((lines, new_units, people, ending)).encode()).hexdigest(),
        people=people,
        places=tuple(ground.places.new),
    )


def _people(ctx: Context) -> dict[str, Known]:
    """Everybody of the employer by employee number, with addresses, employments, absences. Three statements."""
    people: dict[str, Known] = {}
    by_id: dict[int, Known] = {}
    rows = ctx.db.execute(
        select(
            Person.employee_number, Person.id, Person.account_id, Person.given_name, Person.family_name,
            Person.protected, Account.activated_at, Identifier.kind, Identifier.value,
        )
        .join(Account, Account.id == Person.account_id)
        .outerjoin(Identifier, Identifier.account_id == Person.account_id)
        .where(Person.employer_id == ctx.employer_id)
        .order_by(Person.id, Identifier.id)
    )  # fmt: skip
    for number, person_id, account_id, given, family, protected, activated_at, kind, value in rows:
        known = Known(person_id, account_id, given, family, protected, activated_at is not None)
        known = by_id.setdefault(person_id, people.setdefault(number, known))
        if kind is not None:
            known.addresses.setdefault(kind, value)
    posts = ctx.db.execute(
        select(
            Employment.person_id, Employment.id, Employment.unit_id, RoleProfile.key, Employment.title,
            Employment.kind, Employment.percent, Employment.valid_from, Employment.valid_to,
        )
        .join(
            RoleProfile,
            and_(
                RoleProfile.employer_id == Employment.employer_id,
                RoleProfile.id == Employment.role_profile_id,
            ),
        )
        .where(Employment.employer_id == ctx.employer_id, Employment.superseded_at.is_(None))
        .order_by(Employment.id)
    )  # fmt: skip
    for person_id, employment_id, unit_id, role, title, kind, percent, first, last in posts:
        by_id[person_id].posts[employment_id] = Post(unit_id, role, title, kind, percent, first, last)
    absences = ctx.db.execute(
        select(Absence.person_id, Absence.id, Absence.kind, Absence.valid_from, Absence.valid_to)
        .where(Absence.employer_id == ctx.employer_id, Absence.superseded_at.is_(None))
        .order_by(Absence.id)
    )
    for person_id, absence_id, kind, first, last in absences:
        by_id[person_id].away[absence_id] = Away(kind, first, last)
    return people


def _owners(ctx: Context, staff: StaffList) -> dict[tuple[str, str], int]:
    """Whose account the addresses of the list belong to, whatever employer it is of: addresses are global.

    Or belonged to until lately: as long as the change can be taken back, nobody else gets them.
    """
    wanted = sorted({value for line in staff.lines for value in (line.email, line.phone) if value})
    owners: dict[tuple[str, str], int] = {}
    for some in in_parts(wanted):
        owners |= held_addresses(ctx, some)
        owners |= {
            (kind, value): account_id
            for kind, value, account_id in ctx.db.execute(
                select(Identifier.kind, Identifier.value, Identifier.account_id).where(
                    Identifier.kind.in_(("email", "phone")), Identifier.value.in_(some)
                )
            )
        }
    return owners
