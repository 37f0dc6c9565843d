"""Taking courses in tests, whatever types of items they ask: right and wrong answers, whole quizzes, assignments."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select

from lms.catalogue import queries as catalogue
from lms.catalogue.items import TYPES
from lms.learning import actions
from lms.organisation.models import Person
from lms.register.models import Dispensation

COURSE = "documentation"


def key_of(ctx, attempt, place):
    """The right answer to the item at a place, whatever its type; of one in steps, all decisions in order."""
    item = item_at(ctx, attempt, place)
    return TYPES[item.type].solved(item, attempt.drawn_item(place))


def wrong_for(ctx, attempt, place):
    """A wrong answer to the item at a place, whatever its type."""
    item, drawn = item_at(ctx, attempt, place), attempt.drawn_item(place)
    right = TYPES[item.type].solved(item, drawn)
    match item.type:
        case "single" | "scenario" | "hotspot":
            return next(option for option in drawn.options if option != right)
        case "multiple":
            return [next(option for option in drawn.options if option not in item.key)]
        case "ordering":
            return list(reversed(item.key))
        case "true-false":
            return right | {"truth": "false" if right["truth"] == "true" else "true"}
        case "numeric" | "generated":
            return right | {"number": "98765"}
        case "fill-in":
            words = [target.split(".") for target in drawn.targets]
            return {gap: word for gap, word in words if word != right[gap]}
        case "branching":
            return _wrong_way(item)
        case _:
            return dict.fromkeys(drawn.options, drawn.targets[0])


def item_at(ctx, attempt, place):
    return catalogue.edition(ctx, attempt.edition_id).items[attempt.drawn_item(place).item]


def _wrong_way(item):
    """The last choice of each scene that is not good, if there is one."""
    scene, way = item.key["start"], []
    while scene != "end":
        choices = item.key["scenes"][scene]
        choice = max(choices, key=lambda each: each not in item.key["good"][scene])
        way.append(f"{scene}.{choice}")
        scene = choices[choice]
    return way


def answer(town, name, attempt, place, value, now=None):
    """Send an answer to the item at a place, decision by decision where it is made of several."""
    with town.work(name, now=now) as ctx:
        in_steps = TYPES[item_at(ctx, attempt, place).type].in_steps
    for each in [[decision] for decision in value] if in_steps else [value]:
        with town.work(name, now=now) as ctx:
            actions.answer_item(ctx, attempt.public_id, place, client_id=str(uuid4()), value=each)


def take(town, name, right, now=None, course=COURSE):
    """Answer the whole quiz with so many right answers; returns the attempt's public id."""
    with town.work(name, now=now) as ctx:
        attempt = actions.open_attempt(ctx, course, "sv")
    for place in range(1, len(attempt.drawn) + 1):
        with town.work(name, now=now) as ctx:
            value = key_of(ctx, attempt, place) if place <= right else wrong_for(ctx, attempt, place)
        answer(town, name, attempt, place, value, now)
    return attempt.public_id


def assign(town, *names, days=30, by="karin"):
    with town.work(by) as ctx:
        return actions.assign_course(
            ctx,
            COURSE,
            [town.person(name).public_id for name in names],
            due_on=ctx.today + timedelta(days=days),
            reason="Krav för rollen",
        )


def let_off(ctx, person_id):
    """The dispensations somebody has, as known now."""
    return list(
        ctx.db.scalars(
            select(Dispensation)
            .join(Person, Person.id == Dispensation.person_id)
            .where(
                Dispensation.employer_id == ctx.employer_id,
                Person.public_id == person_id,
                Dispensation.superseded_at.is_(None),
            )
            .order_by(Dispensation.id)
        )
    )
