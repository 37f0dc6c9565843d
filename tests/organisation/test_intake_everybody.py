"""A staff list that is everybody: who is not in it ends, within bounds, and who is in it again works here again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lms.base.access import Role
from lms.base.errors import Invalid
from lms.organisation import actions
from lms.organisation.intake import plan_import, print_plan, read_staff_list
from lms.organisation.models import Person
from tests.builders import day_of
from tests.organisation.known import AMINA, employments, everything
from tests.organisation.lists import HEAD, staff_list

STAFF = (
    "1001;Amina;Yusuf;Björken;usk;2026-01-01", "1002;Farid;Rahimi;Björken;usk;2026-01-01",
    "1003;Hodan;Ali;Eken;vårdbiträde;2026-01-01", "1010;Karin;Lind;Björken;team_lead;2026-01-01",
    "1011;Jonas;Ek;Eken;team_lead;2026-01-01", "1020;Maria;Holm;Granvik;other;2026-01-01",
    "1021;Ida;Berg;Granvik;other;2026-01-01",
)  # fmt: skip


def test_who_is_not_in_the_list_ends_if_the_list_is_everybody(take_in, plan, granvik):
    data = staff_list(*STAFF[2:])
    made = plan(data, everybody=True)
    assert [(end.employee_number, end.name, end.unit) for end in made.ending] == [
        ("1002", "Farid Rahimi", "Granvik > Björken"), ("1001", "Amina Yusuf", "Granvik > Björken"),
    ]  # fmt: skip
    assert "not in the list, ends: 1001 Amina Yusuf" in print_plan(made)
    done = take_in(data, everybody=True, digest=made.digest)
    assert (done.ended, done.unchanged) == (2, 5)
    last = day_of(datetime.now(UTC)) - timedelta(days=1)
    assert employments(granvik, "1001")[0][4] == last
    assert employments(granvik, "1001", superseded=True)[0][4] is None
    assert take_in(data, everybody=True).ended == 0
    assert take_in(staff_list("1001;Amina;Yusuf;Eken;usk;2027-01-01")).new == 0  # she comes back
    assert [row[0] for row in employments(granvik, "1001")] == ["Björken", "Eken"]


def test_who_is_in_the_list_of_everybody_again_works_here_again(take_in, plan, granvik):
    before = employments(granvik, "1001")
    take_in(staff_list(*STAFF[1:]), everybody=True)
    made = plan(staff_list(*STAFF), everybody=True)
    assert [change.column for change in made.lines[0].changes] == ["to"]
    assert take_in(staff_list(*STAFF), everybody=True).changed == 1
    assert employments(granvik, "1001") == before
    assert take_in(staff_list(*STAFF), everybody=True).unchanged == 7


def test_a_line_about_an_employment_that_is_over_is_a_fault(take_in, plan, granvik):
    take_in(staff_list(*STAFF[1:]), everybody=True)
    made = plan(staff_list(AMINA))
    assert [(fault.line, fault.column, fault.code) for fault in made.faults] == [(2, "to", "has_ended")]
    assert not plan(staff_list(AMINA + ";", head=HEAD + ";Till")).faults
    assert not plan(staff_list(AMINA + ";2026-05-31", head=HEAD + ";Till")).faults


def test_an_earlier_part_of_what_goes_on_is_no_fault(take_in, plan):
    take_in(staff_list("1001;Amina;Yusuf;Björken;usk;2026-06-01;80", head=HEAD + ";Procent"))
    assert [fate.fate for fate in plan(staff_list(AMINA)).lines] == ["unchanged"]


def test_a_workplace_that_is_not_in_the_list_ends_too(take_in, granvik):
    second = "1001;Amina;Yusuf;Eken;vårdbiträde;2026-02-01"
    take_in(staff_list(*STAFF, second))
    assert take_in(staff_list(*STAFF), everybody=True).ended == 1
    assert [bool(row[4]) for row in employments(granvik, "1001")] == [False, True]


def test_what_begins_today_never_was_and_what_lies_ahead_stays(take_in, granvik):
    today = day_of(datetime.now(UTC))
    take_in(staff_list(f"77;Bo;Ek;Eken;usk;{today}", f"78;Eva;Ek;Eken;usk;{today + timedelta(days=9)}"))
    take_in(staff_list(*STAFF), everybody=True)
    assert employments(granvik, "77") == []
    assert len(employments(granvik, "78")) == 1


def test_more_than_a_third_is_never_ended_at_once(take_in, plan, house):
    data = staff_list(*STAFF[3:])
    made = plan(data, everybody=True)
    assert [(fault.line, fault.code, fault.value) for fault in made.faults] == [(1, "ends_too_many", "3/7")]
    before = everything(house)
    with pytest.raises(Invalid):
        take_in(data, everybody=True)
    assert everything(house) == before
    assert not plan(data).faults


def test_list_of_everybody_ends_nobody_of_another_part(granvik, house):
    with granvik.inside(writes=True) as ctx:
        actions.grant_role(
            ctx, person=granvik.person("farid"), role=Role.ADMIN, unit=granvik.unit("Björken"),
            valid_from=date(2026, 1, 1),
        )  # fmt: skip
    with granvik.work("farid", writes=False) as ctx:
        made = plan_import(ctx, read_staff_list(staff_list(*STAFF[:2])), everybody=True)
    assert [end.employee_number for end in made.ending] == ["1010"]


def test_protected_identity_ends_by_number_only(house, granvik, plan):
    with granvik.inside(writes=True) as ctx:
        ctx.db.get_one(Person, granvik.person("amina").id).protected = True
    (end,) = plan(staff_list(*STAFF[1:]), everybody=True).ending
    assert (end.employee_number, end.name, end.unit) == ("1001", "", "")
