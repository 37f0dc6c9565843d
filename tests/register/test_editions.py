"""What new editions do to the ledger: the status of everybody follows, as a naive reference says."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from sqlalchemy import and_, select

from lms.catalogue.models import EditionRow
from lms.jobs.worker import work_off
from lms.register.actions import (
    Evidence,
    follow_edition,
    mark_revoked,
    record_proof,
    record_receipt,
)
from lms.register.models import Duty, EditionReceipt, Proof, Status
from lms.register.own_duties import my_duties
from lms.register.people import candidates
from lms.register.queries import standing_of
from lms.register.requirements import Terms, set_requirement
from lms.register.rules import State, state
from tests.catalogue.later_edition import publish_later
from tests.learning.taking import COURSE, assign, take
from tests.web.staff_pages import counted

FIRST = date(2026, 1, 5)
PEOPLE = ("amina", "farid", "hodan")


def noon(day):
    return datetime.combine(day, time(12), UTC)


class Ledger:
    """A made-up course in a town, changed event by event; and what should be known of it, worked out naively."""

    def __init__(self, town):
        self.town, self.day = town, FIRST
        self.editions = []  # (id, day, effect, within), oldest first
        self.proofs = {name: [] for name in PEOPLE}  # [place of the edition, achieved, expires]
        self.updates = {name: set() for name in PEOPLE}  # places of editions
        self.publish(None, 0)
        with town.work("maria", now=noon(FIRST)) as ctx:
            set_requirement(ctx, Terms("kettle", reason="Tea", source="Us", due_days=5), valid_from=FIRST)

    def publish(self, effect, within):
        place = len(self.editions)
        with self.town.inside(writes=True, now=noon(self.day)) as ctx:
            row = EditionRow(
                digest=f"kettle-{place}", course="kettle", country="SE", label=str(place), published_on=FIRST,
                published_at=ctx.now, effect=effect, within_days=within,
            )  # fmt: skip
            ctx.db.add(row)
            ctx.db.flush()
            self.editions.append((row.id, self.day, effect, within))
        with self.town.inside(writes=True, now=noon(self.day)) as ctx:
            follow_edition(ctx, "kettle")

    def achieve(self, name, place, days):
        expires = self.day + timedelta(days)
        self.proofs[name].append([place, self.day, expires])
        with self.town.inside(writes=True, now=noon(self.day)) as ctx:
            person = self.town.person(name).id
            edition = self.editions[place][0]
            record_proof(ctx, Evidence(person, "kettle", edition, None, "K", self.day, expires))

    def update(self, name, place):
        self.updates[name].add(place)
        with self.town.inside(writes=True, now=noon(self.day)) as ctx:
            edition = self.editions[place][0]
            record_receipt(ctx, self.town.person(name).id, "kettle", edition, "update")

    def ends(self, name):
        """The days up to which each proof counts, with the day it was achieved."""
        found = []
        for place, achieved, expires in self.proofs[name]:
            taught = max({place} | self.updates[name])
            days = [
                max(published, achieved) + timedelta(within)
                for _id, published, effect, within in self.editions[taught + 1 :]
                if effect in {"update", "retake"}
            ]
            found.append((min([expires, *days]), achieved))
        return found

    def check(self):
        with self.town.inside(now=noon(self.day)) as ctx:
            rows = ctx.db.execute(
                select(Duty.person_id, Status)
                .join(Duty, and_(Duty.employer_id == Status.employer_id, Duty.id == Status.duty_id))
                .where(Status.employer_id == ctx.employer_id, Duty.course == "kettle")
            )
            status = {person: row for person, row in rows}  # noqa: C416  (a Row is no pair to dict())
        for name in PEOPLE:
            row, ends = status[self.town.person(name).id], self.ends(name)
            end = max(ends)[0] if ends else None
            assert row.expires_on == end, (name, self.editions)
            assert (row.expires_on, row.achieved_on) in (ends or [(None, None)])
            for ahead in (0, 1, 29, 30, 31, 60, 200, 900):
                day = self.day + timedelta(ahead)
                naive = (
                    (State.MISSING if row.due_on < day else State.NOT_YET_DUE) if end is None
                    else State.VALID if end > day + timedelta(30)
                    else State.EXPIRING if end >= day
                    else State.EXPIRED if row.due_on < day else State.NOT_YET_DUE
                )  # fmt: skip
                assert state(standing_of(row), day) is naive


@pytest.mark.parametrize("seed", range(4))
def test_status_is_what_a_naive_reference_says(granvik, seed):
    random, ledger = Random(seed), Ledger(granvik)
    for _event in range(24):
        ledger.day += timedelta(random.randint(0, 40))
        name, newest = random.choice(PEOPLE), len(ledger.editions) - 1
        match random.choice(["publish", "pass", "pass", "late", "update"]):
            case "publish":
                effect = random.choice([None, "inform", "update", "retake"])
                ledger.publish(effect, random.randint(1, 120) if effect in {"update", "retake"} else 0)
            case "pass":
                ledger.achieve(name, newest, random.randint(30, 700))
            case "late":  # an attempt that was begun before
                ledger.achieve(name, random.randint(0, newest), random.randint(30, 700))
            case "update":
                ledger.update(name, newest)
        ledger.check()


def test_following_an_edition_takes_the_same_statements_for_one_as_for_many(granvik):
    ledger, sizes = Ledger(granvik), []
    for name in PEOPLE:
        ledger.achieve(name, 0, 700)
        with granvik.inside(writes=True, now=noon(ledger.day)) as ctx:
            ctx.db.add(
                EditionRow(
                    digest=name, course="kettle", country="SE", label=name, published_on=FIRST,
                    published_at=ctx.now, effect="retake", within_days=500 - len(sizes),
                )
            )  # fmt: skip
            ctx.db.flush()
            with counted(granvik.house) as sent:
                assert follow_edition(ctx, "kettle") == len(sizes) + 1
                sizes.append(len(sent))
    assert sizes[0] == sizes[1] == sizes[2] <= 16
    with granvik.inside(writes=True) as ctx:
        assert follow_edition(ctx, "kettle") == 0


def test_a_revoked_proof_that_counts_again_counts_no_longer_than_its_edition(granvik):
    take(granvik, "amina", right=12)
    with granvik.inside(writes=True) as ctx:
        certificate = ctx.db.scalars(select(Proof.certificate_id)).one()
        mark_revoked(ctx, [certificate], ctx.today)
        now = ctx.now
    edition = publish_later(
        granvik.house, granvik.house.settings.data / "new", effect="retake", within_days=9
    )
    work_off(granvik.house)
    with granvik.inside(writes=True) as ctx:
        mark_revoked(ctx, [certificate], None)
        proof = ctx.db.scalars(select(Proof)).one()
        assert proof.renewal_due_on == ctx.day_of(now) + timedelta(9)
        assert proof.edition_id != edition


def states(town, name, days):
    with town.work(name, writes=False, now=datetime.now(UTC) + timedelta(days)) as ctx:
        return [duty.state for duty in my_duties(ctx)]


def test_who_does_not_take_the_update_has_no_valid_proof_after_its_last_day(granvik, tmp_path):
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    edition = publish_later(
        granvik.house, tmp_path / "new", effect="update", lessons=("correct",), within_days=40
    )
    assert states(granvik, "amina", 41) == [State.VALID]  # the worker has not come to it yet
    work_off(granvik.house)
    work_off(granvik.house)
    assert [states(granvik, "amina", days) for days in (0, 9, 10, 40, 41)] == [
        [State.VALID], [State.VALID], [State.EXPIRING], [State.EXPIRING], [State.EXPIRED],
    ]  # fmt: skip
    later = datetime.now(UTC) + timedelta(41)
    with granvik.work("karin", writes=False, now=later) as ctx:
        amina = next(person for person in candidates(ctx, COURSE) if person.name == "Amina Yusuf")
        assert (amina.state, amina.has_it, amina.needs_it) == (State.EXPIRED, False, True)
    for _time in range(2):
        with granvik.inside(writes=True, now=later) as ctx:
            record_receipt(ctx, granvik.person("amina").id, COURSE, edition, "update")
    assert states(granvik, "amina", 41) == [State.VALID]
    with granvik.inside() as ctx:
        assert len(ctx.db.scalars(select(EditionReceipt)).all()) == 1
        assert ctx.db.scalars(select(Proof.renewal_due_on)).one() is None
