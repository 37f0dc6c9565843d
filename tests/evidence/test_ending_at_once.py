"""Several certificates are ended while others change what hangs on their holders: no circle, and what it costs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import sleep

import pytest
from sqlalchemy import func, select, update

import certificates
from lms.evidence.actions import end_certificates, note_kept, revoke_certificate
from lms.evidence.queries import my_certificates
from lms.organisation.bulk import lock_people
from lms.organisation.models import Person
from lms.register.models import Proof, Status
from tests.crowd import grow
from tests.evidence.holding import let_crowd_hold
from tests.learning.taking import assign, take
from tests.web.staff_pages import counted

AWHILE = 0.3  # seconds, in which the second meets what the first has not committed yet
REASON = "Utgåvan sade fel om dosering"


@pytest.fixture
def held(granvik, monkeypatch):
    """Numbers by the ids of the holders: the higher the one, the lower the other."""
    falling = iter(sorted((certificates.new_number() for _each in range(2)), reverse=True))
    monkeypatch.setattr(certificates, "new_number", lambda: next(falling))
    people = sorted(("amina", "farid"), key=lambda name: granvik.person(name).id)
    assign(granvik, *people)
    numbers = {}
    for name in people:
        take(granvik, name, right=12)
        with granvik.work(name, writes=False) as ctx:
            numbers[granvik.person(name).id] = my_certificates(ctx)[0].content.number
    monkeypatch.undo()
    return numbers


def decide(town, action, chosen, decider):
    with town.work("maria") as ctx:
        ctx.actor = replace(ctx.who, person_id=decider)
        return action(ctx, chosen, REASON)


@pytest.mark.parametrize("ends", [func.min, func.max])  # who decides comes before the holders, or after them
def test_whoever_locks_everybody_in_order_meets_no_circle(granvik, held, ends):
    with granvik.inside() as ctx:
        decider = ctx.db.scalar(
            select(ends(Person.id)).where(
                Person.employer_id == granvik.employer_id, Person.id.not_in(list(held))
            )
        )
    everybody = sorted({*held, decider})
    with ThreadPoolExecutor(max_workers=1) as pool:
        with granvik.inside(writes=True) as ctx:
            lock_people(ctx, everybody[:1])
            ending = pool.submit(decide, granvik, end_certificates, list(held.values()), decider)
            sleep(AWHILE)
            lock_people(ctx, everybody)
        assert ending.result(timeout=60) == 2


def test_one_is_revoked_while_an_edition_is_followed(granvik, held):
    holder, number = next(iter(held.items()))
    with ThreadPoolExecutor(max_workers=1) as pool:
        with granvik.inside(writes=True) as ctx:
            lock_people(ctx, [holder])
            revoking = pool.submit(decide, granvik, revoke_certificate, number, granvik.person("maria").id)
            sleep(AWHILE)
            ctx.db.execute(update(Proof).where(Proof.person_id == holder).values(renewal_due_on=ctx.today))
        assert revoking.result(timeout=60).kind == "revoked"


@pytest.mark.parametrize(("action", "each_costs"), [(end_certificates, 2), (note_kept, 0)])
def test_for_each_more_no_statement_but_what_enters_it(granvik, house, held, action, each_costs):
    grow(house, "granvik", 120, below="Björken", team=60)
    crowd, costs = let_crowd_hold(granvik), []
    values = (REASON,) if action is end_certificates else ()
    for chosen in ([next(iter(held.values()))], crowd):
        with counted(house) as sent, granvik.work("maria") as ctx:
            before = len(sent)  # for who acts
            assert action(ctx, chosen, *values) == len(chosen)
            ctx.db.flush()
            costs.append(len(sent) - before)
    assert len(crowd) == 60
    assert costs[1] - costs[0] <= each_costs * 59, costs
    with granvik.inside() as ctx:  # and their status has followed
        proven = ctx.db.scalar(select(func.count(Status.id)).where(Status.proof_id.is_not(None)))
        assert proven == (1 if action is end_certificates else 62), proven
