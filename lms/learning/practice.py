"""Practice items inside lessons: shown, graded and explained at once; nothing is stored and nobody else sees it."""

from random import Random

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.catalogue.items import TYPES
from lms.catalogue.values import Edition, Item
from lms.learning import rules
from lms.learning.queries import Feedback, Question, feedback_on, question


def practice_item(ctx: Context, edition: Edition, item_id: str, sent: object = ()) -> Question:
    """A practice item as the actor sees it: the same person meets its options in the same order every time.

    One in steps goes on after the decisions in what was `sent`. Raises NotFound for an item of the exam.
    """
    ctx.require(Permission.LEARN)
    return question(edition, _drawn(ctx, edition, _item(edition, item_id)), ctx.language, sent)


def practice_feedback(ctx: Context, edition: Edition, item_id: str, value: object) -> Feedback | Question:
    """Grade and explain an answer to a practice item; after a decision that is not the last, the next one.

    Raises NotFound, also for what is not graded, or Invalid if there is nothing to grade.
    """
    ctx.require(Permission.LEARN)
    item = _item(edition, item_id)
    drawn = _drawn(ctx, edition, item)
    if not rules.is_graded(item):
        raise NotFound
    if TYPES[item.type].is_under_way(item, value):
        return question(edition, drawn, ctx.language, value)
    try:
        given = rules.read_answer(item, drawn, value)
    except rules.Malformed:
        raise Invalid({"answer": f"choose_{item.type}"}) from None
    return feedback_on(edition, drawn, ctx.language, given, right=rules.grade(item, drawn, given) == 1)


def _item(edition: Edition, item_id: str) -> Item:
    item = edition.items.get(item_id)
    if item is None or item.use != "practice":
        raise NotFound
    return item


def _drawn(ctx: Context, edition: Edition, item: Item) -> rules.Drawn:
    return rules.shown(edition, item, Random(f"{ctx.who.person_id}:{item.id}"))  # noqa: S311  (no secret)
