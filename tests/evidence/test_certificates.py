"""Revoking and reinstating, and who may see whose certificate."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from lms.base.access import Grant, Role
from lms.base.context import work
from lms.base.errors import Conflict, Invalid, NotFound
from lms.evidence.actions import reinstate_certificate, revoke_certificate
from lms.evidence.models import Revocation
from lms.evidence.queries import certificate_in_reach, my_certificates, public_certificate
from lms.organisation.actions import end_employment
from lms.organisation.models import Employment, Person
from lms.register.own_duties import my_duties
from tests.learning.taking import assign, take


@pytest.fixture
def number(granvik):
    """Number of the certificate that Amina has earned."""
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    with granvik.work("amina", writes=False) as ctx:
        return my_certificates(ctx)[0].content.number


def decide(granvik, action, number, reason="Provet togs av någon annan"):
    with granvik.work("maria") as ctx:
        action(ctx, number, reason)


def verdict(granvik, number):
    with work(granvik.house, writes=False) as ctx:
        found = public_certificate(ctx, number)
        return (found.verdict.value, found.reason) if found else None


def test_revoked_and_reinstated_as_often_as_needed_on_one_day(granvik, number):
    assert verdict(granvik, number) == ("valid", None)
    for reason in ("first", "second"):
        decide(granvik, revoke_certificate, number, reason)
        assert verdict(granvik, number) == ("revoked", reason)
        with granvik.work("amina", writes=False) as ctx:
            assert my_duties(ctx)[0].achieved_on is None
        decide(granvik, reinstate_certificate, number)
        assert verdict(granvik, number) == ("valid", None)
    with granvik.work("amina", writes=False) as ctx:
        assert my_duties(ctx)[0].achieved_on is not None
        assert ctx.db.scalar(select(func.count()).select_from(Revocation)) == 4


def test_a_decision_needs_a_reason_and_something_to_decide(granvik, number):
    with pytest.raises(Invalid):
        decide(granvik, revoke_certificate, number, " ")
    with pytest.raises(Conflict, match="not_revoked"):
        decide(granvik, reinstate_certificate, number)
    decide(granvik, revoke_certificate, number)
    with pytest.raises(Conflict, match="already_revoked"):
        decide(granvik, revoke_certificate, number)


@pytest.mark.parametrize("name", ["karin", "amina", "admin"])
def test_only_with_the_role(granvik, number, name):
    with pytest.raises(NotFound), granvik.work(name) as ctx:
        revoke_certificate(ctx, number, "x")


def test_the_certificate_of_somebody_who_has_left_is_decided_where_they_worked_last(granvik, number):
    with granvik.work("maria") as ctx:
        employment = ctx.db.scalars(
            select(Employment).where(Employment.person_id == granvik.person("amina").id)
        ).one()
        end_employment(ctx, employment=employment, last_day=ctx.today - timedelta(days=1))
    with granvik.work("maria") as ctx:
        ctx.actor = replace(ctx.who, grants=(Grant(Role.OFFICER, granvik.unit("Eken").path),))
        with pytest.raises(NotFound):
            revoke_certificate(ctx, number, "x")
        ctx.actor = replace(ctx.who, grants=(Grant(Role.OFFICER, granvik.unit("Björken").path),))
        revoke_certificate(ctx, number, "Fel person")
    assert verdict(granvik, number) == ("revoked", "Fel person")
    decide(granvik, reinstate_certificate, number)
    assert verdict(granvik, number) == ("valid", None)


def test_only_in_reach(granvik, number):
    with granvik.work("maria") as ctx:
        other_unit = (Grant(Role.OFFICER, granvik.unit("Eken").path),)
        ctx.actor = replace(ctx.who, grants=other_unit)
        with pytest.raises(NotFound):
            revoke_certificate(ctx, number, "x")
        ctx.actor = replace(ctx.who, grants=(Grant(Role.OFFICER, granvik.unit("Björken").path),))
        revoke_certificate(ctx, number, "x")


def test_not_by_another_employer(fjordvik, number):
    with pytest.raises(NotFound), fjordvik.work("siri") as ctx:
        revoke_certificate(ctx, number, "x")


def test_an_unknown_number_is_none(granvik):
    assert verdict(granvik, "7F3K9-2QDXM") is None
    assert verdict(granvik, "\0") is None


def test_a_protected_name_is_for_the_own_lead(granvik, number):
    with granvik.work("maria") as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(protected=True))
    for name in ("amina", "karin"):
        with granvik.work(name, writes=False) as ctx:
            assert certificate_in_reach(ctx, number, named=True).content.number == number
    with granvik.work("maria", writes=False) as ctx:
        assert certificate_in_reach(ctx, number).protected
        with pytest.raises(NotFound):
            certificate_in_reach(ctx, number, named=True)
