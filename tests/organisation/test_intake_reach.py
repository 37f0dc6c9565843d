"""Whom a staff list reaches: by whom it is taken in, whose numbers and addresses it may name, and nobody elsewhere."""

from datetime import date

import pytest
from sqlalchemy import func, select

from lms.base.access import Role
from lms.base.errors import Invalid, NotFound
from lms.identity.models import Identifier
from lms.organisation import actions
from lms.organisation.intake import plan_import, read_staff_list
from lms.organisation.models import Person
from tests.organisation.known import AMINA, NEW, employments
from tests.organisation.lists import HEAD, staff_list


def test_number_of_somebody_else_is_a_fault(plan):
    made = plan(staff_list("1001;Bo;Ek;Björken;usk;2026-01-01"))
    assert [(fault.column, fault.code) for fault in made.faults] == [("employee_number", "another_person")]


def test_address_of_a_colleague_is_a_fault(plan):
    made = plan(staff_list(NEW + ";farid.rahimi@granvik.example", head=HEAD + ";E-post"))
    assert [(fault.column, fault.code) for fault in made.faults] == [("email", "email_of_another")]


def test_address_used_at_another_employer_is_left_out_without_a_word(take_in, plan, granvik):
    data = staff_list(NEW + ";kari.nes@fjordvik.example", head=HEAD + ";E-post")
    assert "kari" not in repr(plan(data).lines)
    take_in(data)
    assert take_in(data).unchanged == 1
    with granvik.work("maria", writes=False) as ctx:
        bo = ctx.db.scalars(select(Person).where(Person.employee_number == "77")).one()
        assert ctx.db.scalar(select(func.count()).where(Identifier.account_id == bo.account_id)) == 0


def test_who_has_signed_in_keeps_the_own_address(take_in, granvik):
    done = take_in(staff_list(AMINA + ";new@granvik.example", head=HEAD + ";E-post"))
    assert done.unchanged == 1


def test_who_has_never_signed_in_gets_the_address_of_the_list(take_in, granvik):
    head = HEAD + ";E-post"
    take_in(staff_list(NEW + ";old@granvik.example", head=head))
    assert take_in(staff_list(NEW + ";new@granvik.example", head=head)).changed == 1
    with granvik.work("maria", writes=False) as ctx:
        bo = ctx.db.scalars(select(Person).where(Person.employee_number == "77")).one()
        found = ctx.db.scalars(select(Identifier.value).where(Identifier.account_id == bo.account_id)).all()
        assert found == ["new@granvik.example"]


def test_two_employers_never_touch_each_others_people(take_in, granvik, fjordvik):
    before = employments(fjordvik_as(fjordvik), "2001")
    take_in(staff_list("2001;Kari;Nes;Björken;usk;2026-05-01"))
    assert employments(granvik, "2001") == [("Björken", "assistant_nurse", 100, date(2026, 5, 1), None)]
    assert employments(fjordvik_as(fjordvik), "2001") == before
    with pytest.raises(Invalid):
        take_in(staff_list("2001;Kari;Nes;Björken;usk;2026-05-01"), town=fjordvik, who="siri")


def fjordvik_as(town):
    """The other town, asked as its own quality manager."""

    class AsSiri:
        """Answers for Maria with Siri."""

        @staticmethod
        def work(_name, **options):
            return town.work("siri", **options)

    return AsSiri()


@pytest.mark.parametrize("who", ["amina", "karin"])
def test_staff_and_leads_import_nobody(plan, take_in, who):
    for attempt in (plan, take_in):
        with pytest.raises(NotFound):
            attempt(staff_list(NEW), who=who)


def test_officer_of_one_unit_reaches_no_further(granvik, house):
    with granvik.inside(writes=True) as ctx:
        actions.grant_role(
            ctx,
            person=granvik.person("farid"),
            role=Role.ADMIN,
            unit=granvik.unit("Björken"),
            valid_from=date(2026, 1, 1),
        )
    with granvik.work("farid", writes=False) as ctx:
        made = plan_import(
            ctx,
            read_staff_list(
                staff_list(
                    "77;Bo;Ek;Eken;usk;2026-03-01",
                    "1003;Hodan;Ali;Björken;usk;2026-03-01",
                    "78;Eva;Ek;Björken;usk;2026-03-01",
                )
            ),
        )
    assert [(fault.line, fault.code) for fault in made.faults] == [(2, "unknown_unit"), (3, "not_yours")]
    assert made.absent == 3  # the people of Björken


def test_protected_identity_is_named_by_number_only(house, granvik, plan):
    with granvik.inside(writes=True) as ctx:
        ctx.db.get_one(Person, granvik.person("hodan").id).protected = True
    made = plan(staff_list("1003;Hodan;Ali;Björken;usk;2026-06-01"))
    assert (made.lines[0].fate, made.lines[0].name, made.lines[0].employee_number) == ("changed", "", "1003")
    assert all(change.before is None and change.after is None for change in made.lines[0].changes)
