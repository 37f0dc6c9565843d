"""Requirements in versions: whom they reach at once, what a change would do before it is made, what stays on record."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select

from lms.base.access import Role
from lms.base.audit import AuditEntry
from lms.base.errors import Conflict, Invalid, NotFound
from lms.jobs.worker import begin_day, work_off
from lms.organisation import actions as organisation
from lms.organisation.models import Person, Unit
from lms.register.actions import fit_duties
from lms.register.duty_rules import NEVER
from lms.register.models import Duty, Requirement, Status
from lms.register.own_duties import my_duties
from lms.register.requirements import (
    Terms,
    change_requirement,
    effects_of_ending,
    effects_of_setting,
    end_requirement,
    set_requirement,
)
from tests.learning.taking import COURSE, assign, take
from tests.web.staff_pages import counted

TERMS = Terms(COURSE, reason="Krav för rollen", source="SoL", due_days=30)
NURSES = ("assistant_nurse",)


def set_one(town, by="maria", ago=0, **terms):
    """The requirement, in force since some days ago."""
    with town.work(by) as ctx:
        return set_requirement(ctx, terms_of(ctx, **terms), valid_from=ctx.today - timedelta(days=ago))


def terms_of(ctx, unit=None, **terms):
    return Terms(**({name: getattr(TERMS, name) for name in ("course", "reason", "source", "due_days")}
                    | terms | {"unit": ctx.db.get_one(Unit, unit.id) if unit else None}))  # fmt: skip


def due(town):
    """By when the course is asked of whom, by employee number."""
    with town.work("maria", writes=False) as ctx:
        rows = ctx.db.execute(
            select(Person.employee_number, Status.due_on)
            .join(Duty, Duty.person_id == Person.id)
            .join(Status, Status.duty_id == Duty.id)
            .where(Person.employer_id == ctx.employer_id, Duty.course == COURSE, Status.due_on.is_not(None))
        )
        return dict(rows.all())


def names(people):
    return [each.name.split()[0] for each in people]


def days(town, number):
    with town.work("maria", writes=False) as ctx:
        return ctx.today + timedelta(days=number)


def test_it_reaches_the_roles_kinds_and_units_it_names(granvik):
    set_one(granvik, roles=("assistant_nurse", "care_assistant"), unit=granvik.unit("Björken"))
    assert set(due(granvik)) == {"1001", "1002"}
    set_one(granvik, roles=("care_assistant",))
    assert set(due(granvik)) == {"1001", "1002", "1003"}
    other = granvik.unit("Eken")
    before = due(granvik)
    set_one(granvik, kinds=("student",), unit=other)
    assert due(granvik) == before


def test_not_before_the_day_it_says(granvik):
    by = days(granvik, 100)
    set_one(granvik, roles=NURSES, not_before=by)
    assert set(due(granvik).values()) == {by}


@pytest.mark.parametrize(
    ("wrong", "faults"),
    [
        ({"reason": " "}, {"reason": "missing"}),
        ({"source": ""}, {"source": "missing"}),
        ({"due_days": -1}, {"due_days": "negative"}),
        ({"due_days": 2_001}, {"due_days": "too_many"}),
        ({"roles": ("king",)}, {"roles": "unknown"}),
        ({"kinds": ("slave",)}, {"kinds": "unknown"}),
    ],
)
def test_what_is_wrong_is_named_by_field_and_nothing_is_stored(granvik, wrong, faults):
    with pytest.raises(Invalid) as refused:
        set_one(granvik, **wrong)
    assert refused.value.fields == faults
    assert due(granvik) == {}


def test_of_a_course_there_is_none(granvik):
    with pytest.raises(NotFound):
        set_one(granvik, course="tightrope")


def test_only_where_the_officer_speaks_for(granvik):
    """Of a unit of one's own, and not of everybody nor of another unit."""
    with granvik.work("admin") as ctx:
        organisation.grant_role(
            ctx, person=ctx.db.get_one(Person, granvik.person("jonas").id), role=Role.OFFICER,
            unit=ctx.db.get_one(Unit, granvik.unit("Eken").id), valid_from=ctx.today,
        )  # fmt: skip
    for unit in (None, granvik.unit("Björken")):
        with pytest.raises(NotFound):
            set_one(granvik, "jonas", unit=unit)
    own = set_one(granvik, "jonas", unit=granvik.unit("Eken"))
    everywhere = set_one(granvik, roles=NURSES)
    with granvik.work("jonas") as ctx:
        end_requirement(ctx, own.rule, last_day=ctx.today)
        with pytest.raises(NotFound):
            end_requirement(ctx, everywhere.rule, last_day=ctx.today)
        with pytest.raises(NotFound):
            end_requirement(ctx, uuid4(), last_day=ctx.today)
    with granvik.work("karin") as ctx, pytest.raises(NotFound):
        end_requirement(ctx, everywhere.rule, last_day=ctx.today)


def test_a_change_is_a_new_version_and_counts_on_from_the_first(granvik):
    first = set_one(granvik, ago=20, roles=NURSES)
    with granvik.work("maria") as ctx:
        terms = terms_of(ctx, roles=NURSES, due_days=40, reason="Ny rutin")
        second = change_requirement(ctx, first.rule, terms, valid_from=ctx.today)
    assert set(due(granvik).values()) == {days(granvik, 20)}
    with granvik.work("maria", writes=False) as ctx:
        known = ctx.db.scalars(select(Requirement).order_by(Requirement.valid_from)).all()
        now = [(row.due_days, row.valid_from, row.valid_to) for row in known if row.superseded_at is None]
        was = [(row.due_days, row.valid_to) for row in known if row.superseded_at is not None]
        notes = ctx.db.scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "requirement")).all()
    assert now == [(30, first.valid_from, days(granvik, -1)), (40, days(granvik, 0), None)]
    assert was == [(30, None)]
    assert second.rule == first.rule
    assert notes == ["requirement.set", "requirement.changed"]


def test_a_correction_from_the_first_day_never_said_anything_else(granvik):
    first = set_one(granvik, ago=20, roles=NURSES)
    with granvik.work("maria") as ctx:
        change_requirement(
            ctx, first.rule, terms_of(ctx, roles=NURSES, due_days=5), valid_from=first.valid_from
        )
    assert set(due(granvik).values()) == {days(granvik, -15)}
    assert held(granvik) == [(5, first.valid_from, None)]


def held(town):
    """(days, first, last) of the versions as known now."""
    with town.work("maria", writes=False) as ctx:
        rows = ctx.db.scalars(
            select(Requirement).where(Requirement.superseded_at.is_(None)).order_by(Requirement.valid_from)
        )
        return [(row.due_days, row.valid_from, row.valid_to) for row in rows]


def test_a_change_before_a_planned_one_takes_its_place(granvik):
    first = set_one(granvik, ago=20, roles=NURSES)
    with granvik.work("maria") as ctx:
        planned = terms_of(ctx, roles=NURSES, due_days=60)
        change_requirement(ctx, first.rule, planned, valid_from=ctx.today + timedelta(days=10))
    said = preview(granvik, first.rule, roles=("care_assistant",), due_days=7)
    with granvik.work("maria") as ctx:
        change_requirement(
            ctx, first.rule, terms_of(ctx, roles=("care_assistant",), due_days=7), valid_from=ctx.today
        )
    assert held(granvik) == [(30, first.valid_from, days(granvik, -1)), (7, days(granvik, 0), None)]
    assert names(said.released) == ["Amina", "Farid"]
    assert set(due(granvik)) == {"1003"}


def test_what_is_only_planned_can_be_called_off(granvik):
    first = set_one(granvik, ago=-10, roles=NURSES)
    with granvik.work("maria") as ctx:
        end_requirement(ctx, first.rule, last_day=ctx.today)
    assert held(granvik) == []


def test_an_end_is_never_put_off(granvik):
    first = set_one(granvik, ago=20, roles=NURSES)
    with granvik.work("maria") as ctx:
        end_requirement(ctx, first.rule, last_day=ctx.today - timedelta(days=5))
    for last_day in (5, -5):
        with granvik.work("maria") as ctx, pytest.raises(Invalid):
            effects_of_ending(ctx, first.rule, last_day=ctx.today + timedelta(days=last_day))
        with granvik.work("maria") as ctx, pytest.raises(Invalid):
            end_requirement(ctx, first.rule, last_day=ctx.today + timedelta(days=last_day))


def test_a_corrected_reason_reaches_people(granvik):
    first = set_one(granvik, roles=NURSES)
    with granvik.work("maria") as ctx:
        change_requirement(
            ctx, first.rule, terms_of(ctx, roles=NURSES, reason="Rätt"), valid_from=first.valid_from
        )
    with granvik.work("amina", writes=False) as ctx:
        assert [duty.reasons for duty in my_duties(ctx)] == [("Rätt",)]


def test_whoever_begins_later_keeps_the_duty_over_a_change_that_comes_before(granvik):
    first = set_one(granvik, roles=NURSES)
    with granvik.work("admin") as ctx:
        organisation.employ(
            ctx, person=ctx.db.get_one(Person, granvik.person("hodan").id), role="assistant_nurse", title="Usk",
            unit=ctx.db.get_one(Unit, granvik.unit("Björken").id), valid_from=ctx.today + timedelta(days=60),
        )  # fmt: skip
        fit_duties(ctx)
    assert due(granvik)["1003"] == days(granvik, 90)
    with granvik.work("maria") as ctx:
        change_requirement(
            ctx,
            first.rule,
            terms_of(ctx, roles=NURSES, reason="x"),
            valid_from=ctx.today + timedelta(days=30),
        )
    assert due(granvik)["1003"] == days(granvik, 90)


def officer_of_eken(town):
    with town.work("admin") as ctx:
        organisation.grant_role(
            ctx, person=ctx.db.get_one(Person, town.person("jonas").id), role=Role.OFFICER,
            unit=ctx.db.get_one(Unit, town.unit("Eken").id), valid_from=ctx.today,
        )  # fmt: skip


def test_a_dry_run_shows_and_counts_only_people_in_reach(granvik):
    officer_of_eken(granvik)
    set_one(granvik)
    with granvik.work("jonas", writes=False) as ctx:
        terms = terms_of(ctx, unit=granvik.unit("Eken"), due_days=9)
        found = effects_of_setting(ctx, terms, valid_from=ctx.today)
    assert names(found.sooner) == ["Hodan", "Jonas"]
    assert (found.unchanged, found.new, found.released) == (0, [], [])


def test_who_speaks_for_a_part_changes_nothing_that_has_held_for_more(granvik):
    officer_of_eken(granvik)
    everywhere = set_one(granvik, ago=20)
    with granvik.work("maria") as ctx:
        narrowed = terms_of(ctx, unit=granvik.unit("Eken"))
        change_requirement(ctx, everywhere.rule, narrowed, valid_from=ctx.today + timedelta(days=30))
    with granvik.work("jonas") as ctx, pytest.raises(NotFound):
        effects_of_ending(ctx, everywhere.rule, last_day=ctx.today)
    with granvik.work("jonas") as ctx, pytest.raises(NotFound):
        change_requirement(
            ctx, everywhere.rule, terms_of(ctx, unit=granvik.unit("Eken")), valid_from=ctx.today
        )
    own = set_one(granvik, unit=granvik.unit("Eken"), ago=20)
    with granvik.work("maria") as ctx:
        change_requirement(ctx, own.rule, terms_of(ctx), valid_from=ctx.today)
    with granvik.work("jonas") as ctx, pytest.raises(NotFound):
        end_requirement(ctx, own.rule, last_day=ctx.today)


def test_days_of_no_end_are_none_and_slips_of_the_hand_are_refused(granvik):
    set_one(granvik, roles=NURSES)
    with granvik.work("admin") as ctx:
        person = ctx.db.get_one(Person, granvik.person("amina").id)
        organisation.add_absence(ctx, person=person, kind="leave", valid_from=ctx.today, valid_to=NEVER)
        fit_duties(ctx, person_ids=[person.id])
    assert due(granvik)["1001"] == NEVER
    for wrong in ({"not_before": NEVER}, {"ago": -4_000}):
        with pytest.raises(Invalid):
            set_one(granvik, **wrong)


def test_what_has_ended_asks_no_more_and_is_not_changed(granvik):
    first = set_one(granvik, ago=20, roles=NURSES)
    with granvik.work("maria") as ctx:
        end_requirement(ctx, first.rule, last_day=ctx.today - timedelta(days=1))
    assert due(granvik) == {}
    with granvik.work("maria") as ctx, pytest.raises(Conflict):
        change_requirement(ctx, first.rule, terms_of(ctx), valid_from=ctx.today)
    with granvik.work("maria") as ctx, pytest.raises(Invalid):
        end_requirement(ctx, first.rule, last_day=first.valid_from - timedelta(days=1))
    with granvik.work("maria") as ctx, pytest.raises(Conflict):
        effects_of_setting(ctx, terms_of(ctx), valid_from=ctx.today + timedelta(days=9), rule=first.rule)


def test_a_change_of_course_is_another_requirement(granvik):
    first = set_one(granvik, roles=NURSES)
    with granvik.work("maria") as ctx, pytest.raises(Invalid):
        change_requirement(ctx, first.rule, terms_of(ctx, course="confidentiality"), valid_from=ctx.today)


def test_whoever_is_away_is_given_the_days_again(granvik):
    set_one(granvik, ago=10, roles=NURSES)
    with granvik.work("admin") as ctx:
        person = ctx.db.get_one(Person, granvik.person("amina").id)
        organisation.add_absence(
            ctx, person=person, kind="leave", valid_from=ctx.today, valid_to=ctx.today + timedelta(days=6)
        )
        fit_duties(ctx, person_ids=[person.id])
    assert due(granvik) == {"1001": days(granvik, 27), "1002": days(granvik, 20)}
    with granvik.work("admin") as ctx:
        person = ctx.db.get_one(Person, granvik.person("farid").id)
        organisation.add_absence(ctx, person=person, kind="leave", valid_from=ctx.today)
        fit_duties(ctx, person_ids=[person.id])
    assert due(granvik)["1002"] == NEVER


def preview(town, rule=None, ahead=0, **terms):
    with town.work("maria", writes=False) as ctx:
        valid_from = ctx.today + timedelta(days=ahead)
        return effects_of_setting(ctx, terms_of(ctx, **terms), valid_from=valid_from, rule=rule)


def test_before_it_is_made_it_says_who_would_be_asked_and_writes_nothing(granvik):
    take(granvik, "farid", right=12)
    found = preview(granvik, roles=("assistant_nurse", "care_assistant"))
    assert (names(found.new), names(found.new_but_known)) == (["Amina", "Hodan"], ["Farid"])
    assert (found.overdue_at_once, found.released, found.unchanged) == (0, [], 0)
    assert {each.after.due_on for each in found.new} == {days(granvik, 30)}
    assert [each.unit for each in found.new] == ["Björken", "Eken"]
    assert due(granvik) == {}


def test_what_a_change_would_do(granvik):
    first = set_one(granvik, ago=50, roles=NURSES, due_days=90)
    take(granvik, "farid", right=12)
    found = preview(granvik, first.rule, roles=(*NURSES, "care_assistant"), due_days=30)
    assert (names(found.sooner), names(found.new), found.unchanged) == (["Amina"], ["Hodan"], 1)
    assert found.overdue_at_once == 1
    assert names(preview(granvik, first.rule, roles=NURSES, due_days=120).later) == ["Amina"]
    fewer = preview(granvik, first.rule, roles=("care_assistant",))
    assert (names(fewer.released), names(fewer.new)) == (["Amina", "Farid"], ["Hodan"])


def test_what_an_end_would_do_and_that_a_lead_s_reason_stays(granvik):
    first = set_one(granvik, roles=NURSES)
    assign(granvik, "amina")
    with granvik.work("maria", writes=False) as ctx:
        found = effects_of_ending(ctx, first.rule, last_day=ctx.today + timedelta(days=9))
    assert names(found.released) == ["Farid"]
    assert found.day == days(granvik, 10)


def test_the_dry_run_is_what_then_happens(granvik):
    """Whoever is said to be asked anew is, by the day that was said."""
    said = preview(granvik, roles=("care_assistant", *NURSES), due_days=12)
    set_one(granvik, roles=("care_assistant", *NURSES), due_days=12)
    assert sorted(due(granvik).values()) == sorted(each.after.due_on for each in said.new)


def test_a_dry_run_takes_few_statements(granvik):
    with granvik.work("maria", writes=False) as ctx, counted(granvik.house) as sent:
        effects_of_setting(ctx, terms_of(ctx), valid_from=ctx.today)
    assert len(sent) <= 10


def test_a_protected_identity_is_counted_without_a_name(granvik):
    with granvik.inside(writes=True) as ctx:
        ctx.db.get_one(Person, granvik.person("amina").id).protected = True
    found = preview(granvik, roles=NURSES)
    assert [(each.name, each.unit) for each in found.new] == [("Farid Rahimi", "Björken"), ("", "")]


def test_when_a_day_comes_duties_follow(granvik):
    """What begins or ends on a day ahead does so by itself."""
    today = days(granvik, 0)
    first = set_one(granvik, roles=NURSES)
    set_one(granvik, ago=-3, roles=("care_assistant",))
    with granvik.work("maria") as ctx:
        end_requirement(ctx, first.rule, last_day=ctx.today + timedelta(days=1))
    assert set(due(granvik)) == {"1001", "1002"}
    for ahead, asked in ((1, {"1001", "1002"}), (2, set()), (3, {"1003"}), (4, {"1003"})):
        with time_machine.travel(datetime.combine(today + timedelta(days=ahead), time(11), UTC)):
            begin_day(granvik.house)
            work_off(granvik.house)
        assert set(due(granvik)) == asked
