"""Taking the shipped course in tests: right and wrong answers, whole quizzes, assignments."""

from datetime import timedelta
from uuid import uuid4

from lms.catalogue import queries as catalogue
from lms.learning import actions

COURSE = "documentation"


def key_of(ctx, attempt, place):
    key = catalogue.edition(ctx, attempt.edition_id).items[attempt.drawn_item(place).item].key
    return list(key) if isinstance(key, tuple) else key


def wrong_for(ctx, attempt, place):
    item = catalogue.edition(ctx, attempt.edition_id).items[attempt.drawn_item(place).item]
    drawn = attempt.drawn_item(place)
    match item.type:
        case "single" | "scenario":
            return next(option for option in drawn.options if option != item.key)
        case "multiple":
            return [next(option for option in drawn.options if option not in item.key)]
        case "ordering":
            return list(reversed(item.key))
        case _:
            return dict.fromkeys(drawn.options, drawn.targets[0])


def take(town, name, right, now=None, course=COURSE):
    """Answer the whole quiz with so many right answers; returns the attempt's public id."""
    with town.work(name, now=now) as ctx:
        attempt = actions.open_attempt(ctx, course, "sv")
    for place in range(1, len(attempt.drawn) + 1):
        with town.work(name, now=now) as ctx:
            value = key_of(ctx, attempt, place) if place <= right else wrong_for(ctx, attempt, place)
            actions.answer_item(ctx, attempt.public_id, place, client_id=str(uuid4()), value=value)
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
