"""Read how well the items of an exam work, over everybody at the employer who has taken it; never who answered what.

Whoever looks often must not learn more than whoever looks once. So figures change once a month, and only by five
people at a time: of those who have met an item, in the order in which they finished, as many count as make whole fives.
In one language the same once more, among those who count: so what is left of the whole without any languages are whole
fives too. All numbers are told to the nearest five (`about`), and a correlation only of enough people, where neither
all nor none may be right.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Integer, Select, String, Subquery, Text, and_, bindparam, cast, func, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.db import UtcTime
from lms.base.statements import EMPLOYER
from lms.catalogue.items import TYPES, Choice
from lms.catalogue.values import Edition, Item
from lms.learning.attempts import IS_FINISHED
from lms.learning.figure_rules import ENOUGH, LEAST, about, counted_before
from lms.learning.item_rules import Advice, Answers, Quality, advice, quality
from lms.learning.models import Answer, Attempt

_WHEN = (Attempt.closed_at, Attempt.id)
_ANSWERED = (
    select(
        Answer.item, func.coalesce(Answer.language, Attempt.language).label("language"),
        cast(Answer.value, Text).label("value"), Answer.right.label("is_right"), Attempt.right, *_WHEN,
        func.row_number().over(partition_by=(Attempt.person_id, Answer.item), order_by=_WHEN).label("nth"),
        IS_FINISHED.label("is_finished"),
    )
    .join(Answer, and_(Answer.employer_id == Attempt.employer_id, Answer.attempt_id == Attempt.id))
    .where(
        Attempt.employer_id == EMPLOYER,
        Attempt.edition_id == bindparam("edition", type_=Integer),
        Attempt.kind == "exam",
        Attempt.closed_at < bindparam("until", type_=UtcTime()),
    )
    .subquery()
)  # fmt: skip
_NAMES = ("item", "language", "value", "is_right", "right", "closed_at", "id")
_FIRST = (
    select(*(_ANSWERED.c[name] for name in _NAMES))
    .where(_ANSWERED.c.nth == 1, _ANSWERED.c.is_finished)  # whoever left has met the item all the same
    .subquery()
)


def _in_fives(people: Subquery, *alike: str) -> Subquery:
    """Of people who are alike in some columns the first so many that they make whole fives."""
    same = [people.c[name] for name in alike]
    placed = select(
        people,
        func.row_number().over(partition_by=same, order_by=(people.c.closed_at, people.c.id)).label("place"),
        func.count().over(partition_by=same).label("of"),
    ).subquery()
    return (
        select(*(placed.c[name] for name in _NAMES))
        .where(placed.c.place <= placed.c.of - placed.c.of % LEAST)
        .subquery()
    )


def _summed(people: Subquery) -> Select[*tuple[Any, ...]]:
    alike = (people.c.item, people.c.value, people.c.is_right)
    right = people.c.right
    return select(*alike, func.count(), func.sum(right), func.sum(right * right)).group_by(*alike)


_ALL = _in_fives(_FIRST, "item")
_IN_ONE = _in_fives(_ALL, "item", "language")
_OF_ALL = _summed(_ALL)
_OF_ONE = _summed(_IN_ONE).where(_IN_ONE.c.language == bindparam("language", type_=String))


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """An item with what may be said of its answers, how often each of its choices was chosen, and what to look at."""

    item: Item
    people: int
    right: int  # people, to the nearest five
    choices: tuple[tuple[Choice, int], ...]  # with people, to the nearest five
    discrimination: float | None
    advice: Advice | None


def item_figures(ctx: Context, edition: Edition, language: str = "") -> list[ItemFigures]:
    """The items of the exam of an edition that enough people have answered, in the order they are taught.

    Of everybody's first answers in exams finished before this month, in one language of them or in all. One statement.
    """
    ctx.require(Permission.SEE_ITEMS)
    places = {"edition": edition.id, "until": counted_before(ctx.today, ctx.time_zone)}
    rows = ctx.rows(_OF_ONE, language=language, **places) if language else ctx.rows(_OF_ALL, **places)
    answers: dict[str, list[Answers]] = defaultdict(list)
    for item, value, is_right, people, right, squared in rows:
        answers[item].append(Answers(json.loads(value), bool(is_right), people, int(right), int(squared)))
    text, figures = edition.text(ctx.language), []
    for item in edition.items.values():
        kind = TYPES[item.type]
        found = quality(answers[item.id], kind.chosen)
        if found is not None:
            figures.append(figures_of(item, found, kind.choices(item, text.items[item.id])))
    return figures


def figures_of(item: Item, found: Quality, choices: Sequence[Choice]) -> ItemFigures:
    """What is told of an item: about how many, and an advice that follows from what is told, not from more."""
    right = about(found.right, found.people)
    if found.people < ENOUGH or right in (0, found.people):
        discrimination = None
    else:  # where all are equally good elsewhere that is not to be told either
        discrimination = round(found.discrimination or 0.0, 1)
    chosen = {choice.id: about(found.chosen.get(choice.id, 0), found.people) for choice in choices}
    seen = replace(found, right=right, discrimination=discrimination, chosen=chosen)
    return ItemFigures(
        item,
        seen.people,
        seen.right,
        tuple((choice, chosen[choice.id]) for choice in choices),
        seen.discrimination,
        advice(seen, {choice.id for choice in choices if choice.right}),
    )
