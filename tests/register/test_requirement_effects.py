"""The dry run of a requirement, held to what then happens: who could show it before and can after, and by when."""

from collections import defaultdict
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from lms.catalogue import queries as catalogue
from lms.organisation import actions as organisation
from lms.organisation.models import Person, Unit
from lms.register import actions as register
from lms.register.actions import fit_duties
from lms.register.dispensations import give_dispensation
from lms.register.duty_rules import NEVER
from lms.register.models import Duty, Status
from lms.register.requirements import (
    Terms,
    change_requirement,
    effects_of_ending,
    effects_of_setting,
    end_requirement,
    set_requirement,
)
from lms.register.rules import COUNTS_AS_KNOWN, Standing, State, state
from tests.learning.taking import COURSE, assign

LISTS = (
    "new", "new_but_known", "sooner", "later", "released", "lapsed", "restored", "renew_now", "renew_sooner",
    "renew_later",
)  # fmt: skip
NURSES = ("assistant_nurse",)


def terms_of(ctx, unit=None, **terms):
    base = {"reason": "Krav för rollen", "source": "SoL", "due_days": 30}
    return Terms(COURSE, **(base | terms | {"unit": ctx.db.get_one(Unit, unit.id) if unit else None}))


def set_one(town, ago=0, **terms):
    with town.work("maria") as ctx:
        return set_requirement(ctx, terms_of(ctx, **terms), valid_from=ctx.today - timedelta(days=ago))


def prove(town, name, ago, lasts=730):
    """Let somebody have shown it so many days ago, for so many days (None: for good)."""
    with town.inside(writes=True) as ctx:
        achieved_on = ctx.today - timedelta(days=ago)
        register.record_proof(
            ctx,
            register.Evidence(
                town.person(name).id, COURSE, catalogue.chain(ctx, COURSE)[-1].id, None, f"{name}{ago}",
                achieved_on, None if lasts is None else achieved_on + timedelta(days=lasts),
            ),
        )  # fmt: skip


def tried(town, rule=None, **terms):
    with town.work("maria", writes=False) as ctx:
        return effects_of_setting(ctx, terms_of(ctx, **terms), valid_from=ctx.today, rule=rule)


def names(some):
    return [each.name.split()[0] for each in some]


def days(town, number):
    with town.work("maria", writes=False) as ctx:
        return ctx.today + timedelta(days=number)


def test_a_shorter_validity_says_what_counts_no_longer_and_what_is_to_be_renewed(granvik):
    first = set_one(granvik, ago=700, kinds=("permanent",))
    for name, ago in (("amina", 400), ("farid", 350), ("hodan", 200)):
        prove(granvik, name, ago)
    said = tried(granvik, first.rule, validity_months=12)
    assert [names(getattr(said, name)) for name in ("lapsed", "renew_now", "renew_sooner")] == [
        ["Amina"], ["Farid"], ["Hodan"],
    ]  # fmt: skip
    (amina,) = said.lapsed
    assert amina.before.knows_until == days(granvik, 330)
    assert days(granvik, -40) < amina.after.knows_until < days(granvik, -30)
    assert said.overdue_at_once == 1
    assert said.unchanged == 4  # of the others nobody can show it, neither before nor after


def test_time_may_be_given_to_those_whose_certificate_counts_no_longer(granvik):
    first = set_one(granvik, ago=700)
    prove(granvik, "amina", 400)
    said = tried(granvik, first.rule, validity_months=12, not_before=days(granvik, 20))
    assert said.lapsed[0].after.due_on == days(granvik, 20)
    assert said.overdue_at_once == 0


def test_a_longer_validity_says_what_counts_again(granvik):
    first = set_one(granvik, ago=700, validity_months=12)
    for name, ago in (("amina", 400), ("farid", 200)):
        prove(granvik, name, ago)
    said = tried(granvik, first.rule)
    assert (names(said.restored), names(said.renew_later)) == (["Amina"], ["Farid"])
    assert said.restored[0].before.knows_until < days(granvik, 0)


def test_an_earlier_renewal_is_said(granvik):
    first = set_one(granvik, ago=700)
    prove(granvik, "amina", 640)
    said = tried(granvik, first.rule, renewal_days=120)
    assert names(said.renew_now) == ["Amina"]
    assert said.renew_now[0].after.renew_on == days(granvik, -30)


def test_units_that_would_have_too_few_are_named_with_how_many_they_have(granvik):
    prove(granvik, "amina", 10)
    prove(granvik, "karin", 10)
    said = tried(granvik, minimum=2)
    assert [(each.unit, each.known, each.minimum) for each in said.short] == [
        ("Eken", 0, 2),
        ("Granvik", 0, 2),
    ]
    nurses = tried(granvik, minimum=2, roles=NURSES)
    assert [(each.unit, each.known) for each in nurses.short] == [("Björken", 1)]
    assert tried(granvik).short == []


def test_a_lead_s_reason_keeps_what_a_requirement_would_shorten(granvik):
    """An assignment sets no limit of its own, but the strictest limit counts."""
    assign(granvik, "amina")
    prove(granvik, "amina", 400)
    said = tried(granvik, validity_months=12)
    assert names(said.lapsed) == ["Amina"]


def with_odd_ones(town, random):
    """Proofs, a second post, one that begins later, an exemption and an extension, as chance has it."""
    assign(town, "farid", days=random.randrange(60))
    for name in ("amina", "farid", "hodan", "karin", "jonas", "admin"):
        for _ in range(random.randrange(3)):
            prove(town, name, random.randrange(800), random.choice((None, 365, 730)))
    with town.work("admin") as ctx:
        for name, unit, ahead in (("amina", "Eken", 0), ("hodan", "Björken", 40)):
            organisation.employ(
                ctx, person=ctx.db.get_one(Person, town.person(name).id), role="nurse", title="Ssk",
                unit=ctx.db.get_one(Unit, town.unit(unit).id), valid_from=ctx.today + timedelta(days=ahead),
            )  # fmt: skip
        fit_duties(ctx)
    with town.work("maria") as ctx:
        for name, kind, length in (("karin", "exemption", 40), ("jonas", "extension", 90)):
            give_dispensation(
                ctx, town.person(name).public_id, COURSE, kind, first=ctx.today,
                last=ctx.today + timedelta(days=length), reason="Studier",
            )  # fmt: skip


def any_terms(town, random):
    return {
        "unit": random.choice((None, town.unit("Björken"), town.unit("Eken"))),
        "roles": random.choice(((), NURSES, ("nurse", "team_lead"))),
        "due_days": random.choice((0, 30, 400)),
        "not_before": random.choice((None, days(town, 50))),
        "validity_months": random.choice((None, 6, 12, 18)),
        "renewal_days": random.choice((None, 0, 90)),
        "minimum": random.choice((None, 1, 2)),
    }


def standings(town):
    """By person, the dates of every post that something asks today and nothing exempts from."""
    found = defaultdict(list)
    with town.work("maria", writes=False) as ctx:
        rows = ctx.db.execute(
            select(Person.public_id, Status)
            .join(Duty, Duty.person_id == Person.id)
            .join(Status, Status.duty_id == Duty.id)
            .where(Person.employer_id == ctx.employer_id, Duty.course == COURSE, Status.due_on.is_not(None))
        )
        for person, row in rows:
            if state(_dates(row), ctx.today) is not State.EXEMPT:
                found[person].append((_dates(row), row.due_on, row.expires_on, row.renew_on))
    return found


def _dates(row):
    names_of = ("due_on", "started_on", "achieved_on", "expires_on", "renew_on", "exempt_from", "exempt_to")
    return Standing(**{name: getattr(row, name) for name in names_of})


def in_words(posts, day):
    """(can show it, is to renew, when it is due, when it is to be renewed and runs out): the worst of all posts."""
    states = [state(dates, day) for dates, *_rest in posts]
    return (
        all(each in COUNTS_AS_KNOWN for each in states),
        any(each is State.EXPIRING for each in states),
        min(due_on for _dates_, due_on, _until, _renew in posts),
        (
            min(renew_on or NEVER for *_rest, renew_on in posts),
            min(until or NEVER for _dates_, _due, until, _renew in posts),
        ),
    )


def list_of(was, now, day):
    """In which list of the dry run somebody belongs, by what the status of duties said before and says after."""
    if not was or not now:
        return "released" if was else "new_but_known" if in_words(now, day)[0] else "new"
    (could, renewing, due_before, before), (can, renews, due_after, after) = (
        in_words(was, day),
        in_words(now, day),
    )
    if could != can:
        return "restored" if can else "lapsed"
    if can:
        if renews and not renewing:
            return "renew_now"
        return None if before == after else "renew_sooner" if after < before else "renew_later"
    return None if due_before == due_after else "sooner" if due_after < due_before else "later"


@pytest.mark.parametrize("seed", range(6))
def test_what_is_said_is_what_then_happens(granvik, seed):
    """A requirement is set, changed a few times, and ended, as chance has it; each time it was said before."""
    random, rule = Random(seed), None
    with_odd_ones(granvik, random)
    set_one(granvik, ago=300, roles=NURSES, validity_months=random.choice((None, 12)))
    begun = days(granvik, -10)
    for step in range(5):
        terms, before = any_terms(granvik, random), standings(granvik)
        if step == 4:
            with granvik.work("maria") as ctx:
                said = effects_of_ending(ctx, rule, last_day=ctx.today - timedelta(days=1))
                end_requirement(ctx, rule, last_day=ctx.today - timedelta(days=1))
        else:
            with granvik.work("maria") as ctx:
                said = effects_of_setting(
                    ctx, terms_of(ctx, **terms), valid_from=ctx.today if rule else begun, rule=rule
                )
                if rule:
                    change_requirement(ctx, rule, terms_of(ctx, **terms), valid_from=ctx.today)
                else:
                    rule = set_requirement(ctx, terms_of(ctx, **terms), valid_from=begun).rule
        after, day = standings(granvik), days(granvik, 0)
        happened = {
            person: list_of(before.get(person), after.get(person), day) for person in {*before, *after}
        }
        told = {each.person_id: name for name in LISTS for each in getattr(said, name)}
        assert told == {person: name for person, name in happened.items() if name}, (step, terms)
        for name in LISTS:
            for each in getattr(said, name):
                if each.after:
                    posts = after[each.person_id]
                    assert each.after.due_on == in_words(posts, day)[2]
                    assert (each.after.renew_on, each.after.knows_until or NEVER) == in_words(posts, day)[3]
