"""Practice items inside lessons: shown, graded and explained at once; nothing is stored and nobody else sees it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

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


def foreseen(
    ctx: Context, edition: Edition, item_id: str
) -> tuple[Mapping[str, Question | Feedback], Feedback]:
    """What is said about each answer to a practice item that can be foreseen, and about any other.

    By the answer as it is sent, as JSON. Foreseen is what is chosen from a list, each decision on every way through a
    scenario, and otherwise the answer that is wholly right: that one is also shown for all others, to be compared with.
    Raises NotFound, also for what is not graded.
    """
    ctx.require(Permission.LEARN)
    item = _item(edition, item_id)
    drawn = _drawn(ctx, edition, item)
    right = TYPES[item.type].solved(item, drawn)
    ahead: list[Any] = list(drawn.options) if isinstance(right, str) else [right]
    if rules.is_in_steps(item):
        ahead = [[each] for each, _words in practice_item(ctx, edition, item_id).more["choices"]]
    said: dict[str, Question | Feedback] = {}
    for value in ahead:
        answer = said[json.dumps(value)] = practice_feedback(ctx, edition, item_id, value)
        if isinstance(answer, Question):
            ahead += [[*value, each] for each, _words in answer.more["choices"]]
    graded = rules.read_answer(item, drawn, right)
    return said, replace(feedback_on(edition, drawn, ctx.language, graded, right=True), compared=True)


def _item(edition: Edition, item_id: str) -> Item:
    item = edition.items.get(item_id)
    if item is None or item.use != "practice":
        raise NotFound
    return item


def _drawn(ctx: Context, edition: Edition, item: Item) -> rules.Drawn:
    return rules.shown(edition, item, Random(f"{ctx.who.person_id}:{item.id}"))  # noqa: S311  (no secret)
