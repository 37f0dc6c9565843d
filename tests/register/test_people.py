"""Where single people stand: one person with the evidence, and who may be given a course."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lms.base.errors import NotFound
from lms.evidence.actions import revoke_certificate
from lms.evidence.models import CertificateRow
from lms.learning.actions import withdraw_assignment
from lms.organisation import actions as organisation
from lms.organisation.models import Person, Unit
from lms.register.people import candidates, person_states
from lms.register.requirements import Terms, set_requirement
from lms.register.rules import State
from lms.register.team import team
from tests.learning.taking import COURSE, assign, take
from tests.web.staff_pages import counted, edition_of


def ahead(days):
    return datetime.now(UTC) + timedelta(days=days)


def states(town, name, by="karin", now=None):
    with town.work(by, writes=False, now=now) as ctx:
        return person_states(ctx, town.person(name).public_id)


def asked(town, by="karin", now=None, **values):
    """Candidates by first name."""
    with town.work(by, writes=False, now=now) as ctx:
        return {person.name.split()[0].lower(): person for person in candidates(ctx, COURSE, **values)}


def second_post(town, name, unit):
    """Let somebody work in another unit as well."""
    with town.work("admin") as ctx:
        organisation.employ(
            ctx, person=ctx.db.get_one(Person, town.person(name).id), unit=ctx.db.get_one(Unit, town.unit(unit).id),
            role="care_assistant", title="Vikarie", valid_from=ctx.today,
        )  # fmt: skip


def test_one_person_with_certificate_and_edition(granvik):
    assign(granvik, "amina")
    assert [known.state for known in states(granvik, "amina").states] == [State.NOT_YET_DUE]
    take(granvik, "amina", right=12)
    amina = granvik.person("amina").public_id
    with granvik.work("karin", writes=False) as ctx:
        number = ctx.db.scalars(select(CertificateRow.number)).one()
        with counted(granvik.house) as sent:
            person = person_states(ctx, amina)
    (known,) = person.states
    label = edition_of(granvik.house).label
    assert (known.state, known.certificate, known.edition) == (State.VALID, number, label)
    assert (person.name, person.unit, person.activated) == ("Amina Yusuf", "Björken", True)
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("name", "by"), [("amina", "jonas"), ("amina", "farid"), ("amina", "amina"), ("hodan", "karin")]
)
def test_out_of_reach_is_not_found(granvik, name, by):
    with pytest.raises(NotFound):
        states(granvik, name, by)


def test_another_employers_lead_finds_nobody(granvik, fjordvik):
    with fjordvik.work("lars", writes=False) as ctx:
        with pytest.raises(NotFound):
            person_states(ctx, granvik.person("amina").public_id)
        people = candidates(ctx, COURSE, person_ids=[granvik.person("amina").public_id])
        assert people == []


def test_who_lacks_a_lasting_proof_needs_the_course(granvik):
    assign(granvik, "farid")
    take(granvik, "amina", right=12)
    people = asked(granvik)
    assert {name: person.needs_it for name, person in people.items()} == {
        "amina": False,
        "farid": False,
        "karin": True,
    }
    assert {name: person.has_it for name, person in people.items()} == {
        "amina": True,
        "farid": False,
        "karin": False,
    }


@pytest.mark.parametrize(
    ("days", "state", "needs", "has"),
    [
        (0, State.VALID, False, True),
        (710, State.EXPIRING, True, False),
        (740, State.EXPIRED, True, False),
    ],
)
def test_a_proof_counts_until_it_is_about_to_run_out(granvik, days, state, needs, has):
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    amina = asked(granvik, now=ahead(days))["amina"]
    assert (amina.state, amina.needs_it, amina.has_it) == (state, needs, has)


def test_a_proof_that_nothing_asked_for_counts_until_it_is_revoked(granvik):
    take(granvik, "amina", right=12)
    assert asked(granvik)["amina"].has_it
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, ctx.db.scalars(select(CertificateRow.number)).one(), "Fel person")
    assert asked(granvik)["amina"].needs_it


def test_where_requirements_ask_the_others_do_not_need_it(granvik):
    with granvik.work("maria") as ctx:
        set_requirement(
            ctx,
            Terms(COURSE, reason="Krav", source="SoL", due_days=0, roles=("assistant_nurse",)),
            valid_from=ctx.today - timedelta(days=3),
        )
    needs = {name: person.needs_it for name, person in asked(granvik).items()}
    assert needs == {"amina": True, "farid": True, "karin": False}


def test_only_the_unit_or_the_people_asked_for(granvik):
    hers = {"unit_id": granvik.unit("Björken").public_id}
    assert set(asked(granvik, **hers)) == {"amina", "farid", "karin"}
    assert asked(granvik, unit_id=granvik.unit("Eken").public_id) == {}
    assert set(asked(granvik, person_ids=[granvik.person("farid").public_id])) == {"farid"}
    assert set(asked(granvik, by="maria", unit_id=granvik.unit("Eken").public_id)) == {"hodan", "jonas"}


def test_two_posts_are_one_person_and_one_duty_each(granvik):
    second_post(granvik, "hodan", "Björken")
    assert len(asked(granvik)["hodan"].posts) == 1
    assert len(asked(granvik, by="maria")["hodan"].posts) == 2
    made = assign(granvik, "hodan", by="maria").assignment
    assign(granvik, "hodan", days=3, by="karin")
    with granvik.work("karin", writes=False) as ctx:
        (hodan,) = [member for member in team(ctx) if member.name == "Hodan Ali"]
        assert hodan.cells[COURSE].due_on == ctx.today + timedelta(days=3)
    with granvik.work("maria") as ctx:
        withdraw_assignment(ctx, made.public_id, granvik.person("hodan").public_id)
    with granvik.work("jonas", writes=False) as ctx:
        assert all(not member.cells for member in team(ctx))


def test_of_two_posts_the_state_that_needs_more_is_shown(granvik):
    second_post(granvik, "hodan", "Björken")
    assign(granvik, "hodan", days=1, by="karin")
    assign(granvik, "hodan", days=90, by="jonas")
    with granvik.work("maria", writes=False, now=ahead(5)) as ctx:
        (hodan,) = [member for member in team(ctx) if member.name == "Hodan Ali"]
        assert hodan.cells[COURSE].state is State.MISSING
        (known,) = person_states(ctx, hodan.public_id).states
        assert known.state is State.MISSING


def test_withdrawing_from_one_leaves_the_rest(granvik):
    made = assign(granvik, "amina", "farid").assignment
    with granvik.work("karin") as ctx:
        withdraw_assignment(ctx, made.public_id, granvik.person("amina").public_id)
    assert states(granvik, "amina").states == ()
    assert len(states(granvik, "farid").states) == 1
    with granvik.work("jonas") as ctx, pytest.raises(NotFound):
        withdraw_assignment(ctx, made.public_id, granvik.person("farid").public_id)
