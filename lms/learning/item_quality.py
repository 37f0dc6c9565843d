"""Read how well the items of an exam work, over everybody at the employer who has taken it; never who answered what."""

import json
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Integer, Text, and_, bindparam, cast, func, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.statements import EMPLOYER
from lms.catalogue.items import TYPES, Choice
from lms.catalogue.values import Edition, Item
from lms.learning.item_rules import Advice, Answers, Quality, advice, quality
from lms.learning.models import Answer, Attempt

_FIRST = (
    select(
        Answer.item, Attempt.language, cast(Answer.value, Text).label("value"), Answer.right.label("is_right"),
        Attempt.right,
        func.row_number().over(partition_by=(Attempt.person_id, Answer.item), order_by=Attempt.id).label("nth"),
    )
    .join(Answer, and_(Answer.employer_id == Attempt.employer_id, Answer.attempt_id == Attempt.id))
    .where(
        Attempt.employer_id == EMPLOYER,
        Attempt.edition_id == bindparam("edition", type_=Integer),
        Attempt.kind == "exam",
        Attempt.closed_at.is_not(None),
    )
    .subquery()
)  # fmt: skip
_ALIKE = (_FIRST.c.item, _FIRST.c.language, _FIRST.c.value, _FIRST.c.is_right)
_ANSWERS = (
    select(*_ALIKE, func.count(), func.sum(_FIRST.c.right), func.sum(_FIRST.c.right * _FIRST.c.right))
    .where(_FIRST.c.nth == 1)
    .group_by(*_ALIKE)
)


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """An item with what its answers say of it, how often each of its choices was chosen, and what to look at."""

    item: Item
    found: Quality
    choices: tuple[tuple[Choice, int], ...]
    advice: Advice | None


def item_figures(ctx: Context, edition: Edition, language: str = "") -> list[ItemFigures]:
    """The items of the exam of an edition that enough people have answered, in the order they are taught.

    Of everybody's first answers in closed exams, in one language of them or in all. One statement.
    """
    ctx.require(Permission.SEE_ITEMS)
    answers: dict[str, list[Answers]] = defaultdict(list)
    for item, answered_in, value, is_right, people, right, squared in ctx.rows(_ANSWERS, edition=edition.id):
        answers[item].append(
            Answers(answered_in, json.loads(value), bool(is_right), people, int(right), int(squared))
        )
    text, figures = edition.text(ctx.language), []
    for item in edition.items.values():
        kind = TYPES[item.type]
        found = quality(answers[item.id], kind.chosen, language)
        if found is None:
            continue
        choices = kind.choices(item, text.items[item.id])
        counted = tuple((choice, found.chosen.get(choice.id, 0)) for choice in choices)
        figures.append(
            ItemFigures(
                item, found, counted, advice(found, {choice.id for choice in choices if choice.right})
            )
        )
    return figures
