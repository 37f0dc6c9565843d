"""Read how well the items of an exam work, over everybody at the employer who has taken it; never who answered what.

Whoever looks often must not learn more than whoever looks once, nor whoever takes one figure from another. So everybody
who has met an item counts in one group, with others who met it in the same language and in the same edition, once that
is whole, and from the month after. Of each group is told what every fifth in a row of them answered
(`lms.learning.figure_rules`), and all languages are the sum of each.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Integer, String, Text, and_, bindparam, cast, func, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.db import UtcTime
from lms.base.statements import EMPLOYER
from lms.catalogue.items import TYPES, Choice
from lms.catalogue.values import Edition, Item
from lms.learning.attempts import IS_FINISHED
from lms.learning.figure_rules import counted_before
from lms.learning.item_rules import Advice, Answered, Quality, advice, quality
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
_LANGUAGE = bindparam("language", type_=String)
_FIRST = (
    select(*(_ANSWERED.c[name] for name in ("item", "language", "value", "is_right", "right")))
    .where(
        _ANSWERED.c.nth == 1,
        _ANSWERED.c.is_finished,  # whoever left has met the item all the same
        or_(_LANGUAGE == "", _ANSWERED.c.language == _LANGUAGE),
    )
    .order_by(_ANSWERED.c.closed_at, _ANSWERED.c.id)
)


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """An item with what may be said of its answers, how often each of its choices was chosen, and what to look at.

    Numbers are of people, in fives.
    """

    item: Item
    people: int
    right: int
    choices: tuple[tuple[Choice, int], ...]
    discrimination: float | None
    advice: Advice | None


def item_figures(ctx: Context, edition: Edition, language: str = "") -> list[ItemFigures]:
    """The items of the exam of an edition that enough people have answered, in the order they are taught.

    Of everybody's first answers in exams finished before this month, in one language of them or in all. One statement.
    """
    ctx.require(Permission.SEE_ITEMS)
    until = counted_before(ctx.today, ctx.time_zone)
    rows = ctx.rows(_FIRST, edition=edition.id, until=until, language=language)
    answered: dict[str, dict[str, list[Answered]]] = defaultdict(lambda: defaultdict(list))
    for item, spoken, value, is_right, right in rows:
        answered[item][spoken].append(Answered(value, bool(is_right), right))
    text, figures = edition.text(ctx.language), []
    for item in edition.items.values():
        kind = TYPES[item.type]
        found = quality(answered[item.id].values(), kind.chosen)
        if found is not None:
            figures.append(figures_of(item, found, kind.choices(item, text.items[item.id])))
    return figures


def figures_of(item: Item, found: Quality, choices: Sequence[Choice]) -> ItemFigures:
    """What is told of an item, with an advice that follows from nothing else."""
    return ItemFigures(
        item,
        found.people,
        found.right,
        tuple((choice, found.chosen.get(choice.id, 0)) for choice in choices),
        found.discrimination,
        advice(found, {choice.id for choice in choices if choice.right}),
    )
