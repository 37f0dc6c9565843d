"""Units, employments, roles and absences change so that what was known before is kept."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lms.base.access import Permission, Role
from lms.base.audit import AuditEntry
from lms.base.errors import Conflict, Invalid
from lms.identity.models import Identifier
from lms.organisation import actions
from lms.organisation.models import Absence, Employer, Employment, RoleGrant, Unit, UnitPlacement

START = date(2026, 1, 1)


@pytest.fixture
def ctx(granvik):
    with granvik.work("admin") as ctx:
        yield ctx


@pytest.fixture
def employer(ctx):
    return ctx.db.get_one(Employer, ctx.employer_id)


def test_slug_is_taken_once(ctx):
    with pytest.raises(Conflict):
        actions.create_employer(ctx, slug="granvik", name="Granvik igen")


def test_unit_knows_its_path(ctx, employer, granvik):
    unit = actions.create_unit(
        ctx, employer=employer, name="Natt", parent=granvik.unit("Eken"), valid_from=START
    )
    assert unit.path == f"{granvik.unit('Eken').path}{unit.id}/"
    placement = ctx.db.scalars(select(UnitPlacement).where(UnitPlacement.unit_id == unit.id)).one()
    assert (placement.parent_id, placement.valid_from, placement.valid_to) == (
        granvik.unit("Eken").id,
        START,
        None,
    )


def test_moved_unit_takes_all_below_it_along(ctx, employer, granvik):
    eken, bjorken = (
        ctx.db.get_one(Unit, granvik.unit("Eken").id),
        ctx.db.get_one(Unit, granvik.unit("Björken").id),
    )
    natt = actions.create_unit(ctx, employer=employer, name="Natt", parent=eken, valid_from=START)
    actions.place_unit(ctx, unit=eken, parent=bjorken, valid_from=date(2026, 6, 1))
    assert eken.path == f"{bjorken.path}{eken.id}/"
    assert natt.path == f"{eken.path}{natt.id}/"
    rows = ctx.db.scalars(
        select(UnitPlacement).where(UnitPlacement.unit_id == eken.id).order_by(UnitPlacement.id)
    ).all()
    known = [(row.valid_from, row.valid_to) for row in rows if row.superseded_at is None]
    assert known == [(START, date(2026, 5, 31)), (date(2026, 6, 1), None)]
    assert [(row.valid_from, row.valid_to) for row in rows if row.superseded_at is not None] == [
        (START, None)
    ]


@pytest.mark.parametrize(("parent", "days", "field"), [("Eken", 0, "parent"), ("Björken", 1, "valid_from")])
def test_unit_is_not_put_below_itself_nor_moved_ahead_of_time(ctx, granvik, parent, days, field):
    unit = ctx.db.get_one(Unit, granvik.unit("Eken").id)
    with pytest.raises(Invalid) as refusal:
        actions.place_unit(
            ctx, unit=unit, parent=granvik.unit(parent), valid_from=ctx.today + timedelta(days)
        )
    assert list(refusal.value.fields) == [field]


def test_ended_employment_keeps_its_row_and_what_was_known(ctx, granvik):
    (employment,) = ctx.db.scalars(
        select(Employment).where(Employment.person_id == granvik.person("amina").id)
    )
    key = employment.id
    actions.end_employment(ctx, employment=employment, last_day=date(2026, 8, 31))
    rows = ctx.db.scalars(select(Employment).where(Employment.person_id == employment.person_id)).all()
    assert {(row.id == key, row.valid_to, row.superseded_at is None) for row in rows} == {
        (True, date(2026, 8, 31), True), (False, None, False),
    }  # fmt: skip
    with pytest.raises(Invalid):
        actions.end_employment(ctx, employment=employment, last_day=date(2025, 12, 31))


def test_role_is_granted_for_a_time(ctx, granvik):
    grant = actions.grant_role(
        ctx, person=granvik.person("farid"), role=Role.LEAD, unit=granvik.unit("Eken"), valid_from=START
    )
    ctx.db.commit()
    assert granvik.actor("farid").may(Permission.SEE_TEAM)
    actions.revoke_role(
        ctx, grant=ctx.db.get_one(RoleGrant, grant.id), last_day=ctx.today - timedelta(days=1)
    )
    ctx.db.commit()
    assert not granvik.actor("farid").may(Permission.SEE_TEAM)


def test_being_staff_is_granted_to_nobody(ctx, granvik):
    with pytest.raises(Invalid):
        actions.grant_role(ctx, person=granvik.person("farid"), role=Role.STAFF)


def test_absence_has_a_kind_and_no_reason(ctx, granvik):
    actions.add_absence(ctx, person=granvik.person("farid"), kind="leave", valid_from=START)
    assert ctx.db.scalars(select(Absence.kind)).all() == ["leave"]
    with pytest.raises(Invalid):
        actions.add_absence(ctx, person=granvik.person("farid"), kind="sick", valid_from=START)


def test_new_person_has_unverified_addresses_that_are_nobody_elses(ctx, employer):
    person = actions.add_person(
        ctx, employer=employer, employee_number="77", given_name="Bo", family_name="Ek",
        email="KARI.NES@fjordvik.example", phone="070-174 06 05",
    )  # fmt: skip
    ctx.db.flush()
    known = ctx.db.scalars(select(Identifier).where(Identifier.account_id == person.account_id)).all()
    assert [(one.kind, one.value, one.verified_at) for one in known] == [("phone", "+46701740605", None)]
    with pytest.raises(Invalid):
        actions.add_person(
            ctx, employer=employer, employee_number="78", given_name="B", family_name="E", email="at home"
        )


def test_actions_are_in_the_audit(ctx, employer):
    actions.create_unit(ctx, employer=employer, name="Natt")
    ctx.db.flush()
    entry = ctx.db.scalars(select(AuditEntry).where(AuditEntry.person_id == ctx.who.person_id)).one()
    assert (entry.action, entry.object_kind) == ("unit.created", "unit")
