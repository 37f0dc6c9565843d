"""Letting somebody off a course for a time, or giving them longer: where it holds, and that it can be taken back."""

from datetime import timedelta

import pytest

from lms.base.access import Permission
from lms.base.errors import Invalid, NotFound
from lms.organisation.actions import employ
from lms.organisation.models import Person, Unit
from lms.register.dispensations import end_dispensation, give_dispensation
from lms.register.own_duties import my_duties
from lms.register.requirement_list import requirements
from lms.register.requirements import Terms, set_requirement
from lms.register.rules import State
from lms.reports.person_record import person_record
from tests.builders import START
from tests.learning.taking import COURSE, assign, let_off


def exempt(town, name, by="karin"):
    with town.work(by) as ctx:
        (given,) = give_dispensation(
            ctx, town.person(name).public_id, COURSE, "exemption", first=ctx.today,
            last=ctx.today + timedelta(days=30), reason="Vikarierar",
        )  # fmt: skip
    return given.public_id


def works_in_eken_too(town, name="amina"):
    with town.inside(writes=True) as ctx:
        employ(
            ctx, person=ctx.db.get_one(Person, town.person(name).id), unit=town.unit("Eken"),
            role="assistant_nurse", title="Undersköterska", valid_from=START,
        )  # fmt: skip


def state(town, name):
    with town.work(name, writes=False) as ctx:
        return [duty.state for duty in my_duties(ctx)]


def test_what_a_lead_has_given_the_lead_ends_and_no_other_lead(granvik):
    assign(granvik, "amina")
    given = exempt(granvik, "amina")
    assert state(granvik, "amina") == [State.EXEMPT]
    with granvik.work("jonas") as ctx, pytest.raises(NotFound):
        end_dispensation(ctx, given)
    with granvik.work("karin") as ctx:
        end_dispensation(ctx, given)
    assert state(granvik, "amina") == [State.NOT_YET_DUE]
    with granvik.work("karin", writes=False) as ctx:
        assert let_off(ctx, granvik.person("amina").public_id) == []


def test_a_lead_does_not_read_what_another_lead_gave_for_a_post_elsewhere(granvik):
    works_in_eken_too(granvik)
    exempt(granvik, "amina")
    amina = granvik.person("amina").public_id
    for name, permission, number in (
        ("karin", Permission.SEE_TEAM, 1), ("jonas", Permission.SEE_TEAM, 0), ("maria", Permission.SEE_REGISTER, 1),
    ):  # fmt: skip
        with granvik.work(name, writes=False) as ctx:
            assert len(person_record(ctx, permission, amina, [COURSE]).facts.let) == number, name


def test_an_exemption_at_one_workplace_does_not_hide_what_is_late_at_the_other(granvik):
    works_in_eken_too(granvik)
    with granvik.work("maria") as ctx:
        for unit, days in (("Björken", 5), ("Eken", 20)):
            terms = Terms(COURSE, "Krav", "Rutin", days, ctx.db.get_one(Unit, granvik.unit(unit).id))
            set_requirement(ctx, terms, valid_from=ctx.today - timedelta(days=100))
    with granvik.work("maria", writes=False) as ctx:
        asked = {each.unit: each.people for each in requirements(ctx)}
    exempt(granvik, "amina")
    assert state(granvik, "amina") == [State.MISSING]
    with granvik.work("maria", writes=False) as ctx:
        now = {each.unit: each.people for each in requirements(ctx)}
    assert now == asked | {"Björken": asked["Björken"] - 1}  # of whom nobody says that they lack it


def test_who_gave_it_is_not_named_if_their_identity_is_protected(granvik):
    exempt(granvik, "amina")
    with granvik.inside(writes=True) as ctx:
        ctx.db.get_one(Person, granvik.person("karin").id).protected = True
    with granvik.work("maria", writes=False) as ctx:
        record = person_record(ctx, Permission.SEE_REGISTER, granvik.person("amina").public_id, [COURSE])
        assert [each.given_by for each in record.facts.let] == [""]


def test_it_begins_within_the_past_year_and_nobody_lets_off_themselves(granvik):
    def give(ctx, name, back):
        return give_dispensation(
            ctx, granvik.person(name).public_id, COURSE, "exemption", first=ctx.today - timedelta(days=back),
            last=ctx.today + timedelta(days=30), reason="Vikarierar",
        )  # fmt: skip

    with granvik.work("karin") as ctx:
        with pytest.raises(Invalid) as refused:
            give(ctx, "amina", 367)
        assert refused.value.fields == {"first": "too_far_back"}
        assert len(give(ctx, "amina", 366)) == 1
        with pytest.raises(NotFound):
            give(ctx, "karin", 0)
    with granvik.work("maria") as ctx:  # who looks after all of it
        assert len(give(ctx, "karin", 0)) == 1
