"""Supervised exams in tests: a town with a room for them, who opens one, who sits and answers, who is let in again."""

from datetime import timedelta
from uuid import uuid4

from lms.base.access import Role
from lms.learning import actions, seats, sittings
from lms.learning.attempts import my_attempts
from lms.learning.sitting_rules import Window
from lms.organisation import actions as organisation
from lms.organisation.models import Person
from tests.builders import START
from tests.learning.kettle import KETTLE, publish_kettle
from tests.learning.taking import key_of, wrong_for


def with_sittings(house, granvik, tmp_path, limits=""):
    publish_kettle(house, tmp_path / "kettle", exam=f"supervised: true{limits}")
    for name, unit in (("karin", "Björken"), ("jonas", "Eken")):
        with granvik.work("admin") as ctx:
            person = ctx.open(Person, granvik.person(name).public_id)
            organisation.grant_role(
                ctx, person=person, role=Role.AUTHORISER, unit=granvik.unit(unit), valid_from=START
            )
    return granvik


def open_exam(town, by="karin", unit="Björken", hours=2, after=0, course=KETTLE):
    with town.work(by) as ctx:
        opens_at = ctx.now + timedelta(hours=after)
        return sittings.open_sitting(
            ctx, town.unit(unit).public_id, course=course, room="Sal 2",
            window=Window(opens_at, opens_at + timedelta(hours=hours)),
        )  # fmt: skip


def close(town, sitting, by="karin", now=None):
    with town.work(by, now=now) as ctx:
        sittings.close_sitting(ctx, sitting.public_id)


def sit(town, name, sitting, now=None, course=KETTLE):
    with town.work(name, now=now) as ctx:
        return sittings.sit_exam(ctx, course, sitting.code, "sv")


def answer_all(town, name, attempt, right=4, now=None):
    answer_some(town, name, attempt, len(attempt.drawn), right, now)


def answer_some(town, name, attempt, count, right=4, now=None):
    for place in range(1, count + 1):
        with town.work(name, now=now) as ctx:
            value = key_of(ctx, attempt, place) if place <= right else wrong_for(ctx, attempt, place)
            actions.answer_item(ctx, attempt.public_id, place, client_id=str(uuid4()), value=value)


def reopen(town, sitting, reason="Brandlarm", by="karin", now=None):
    with town.work(by, now=now) as ctx:
        seat = seats.seats(ctx, seats.sitting(ctx, sitting.public_id))[0]
        sittings.reopen_seat(ctx, sitting.public_id, seat.public_id, reason)


def seats_of(town, sitting, by="karin", now=None):
    with town.work(by, writes=False, now=now) as ctx:
        return seats.seats(ctx, seats.sitting(ctx, sitting.public_id))


def reopened_for(town, name, now=None, course=KETTLE):
    with town.work(name, writes=False, now=now) as ctx:
        return my_attempts(ctx, course).reopened(ctx.now)
