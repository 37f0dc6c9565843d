"""A question a week for whoever wants one, about courses they have proven. Nobody else sees any of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Date,
    Integer,
    Row,
    and_,
    bindparam,
    exists,
    literal,
    or_,
    select,
    union_all,
    update,
)

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.base.statements import EMPLOYER, ME, TODAY
from lms.catalogue import queries as catalogue
from lms.catalogue.queries import History
from lms.catalogue.values import Edition, Item
from lms.learning import rules
from lms.learning.attempts import IS_FINISHED
from lms.learning.editions import carried_over
from lms.learning.models import Attempt, WeeklyAnswer, WeeklyChoice
from lms.learning.queries import DEEDS, Feedback, Question, deeds_from, feedback_on, question
from lms.learning.spacing import Taken, monday, next_question
from lms.register.models import Proof
from lms.register.rules import Taught

_WAITS = "weekly"  # kind of the row that says that this week's question waits
_IS_VALID = and_(Proof.revoked_on.is_(None), or_(Proof.expires_on.is_(None), Proof.expires_on >= TODAY))
_IS_MINE = and_(Proof.employer_id == WeeklyChoice.employer_id, Proof.person_id == WeeklyChoice.person_id)
_CHOICE = select(WeeklyChoice.wanted).where(
    WeeklyChoice.employer_id == EMPLOYER, WeeklyChoice.person_id == ME
)
_PROVEN = _CHOICE.add_columns(Proof.course).distinct().outerjoin(Proof, and_(_IS_MINE, _IS_VALID))
_OFFERED = (
    select(Proof.course)
    .distinct()
    .where(
        Proof.employer_id == EMPLOYER,
        Proof.person_id == ME,
        ~exists().where(WeeklyChoice.employer_id == EMPLOYER, WeeklyChoice.person_id == ME),
    )
)
_ANSWERS = (
    select(
        WeeklyAnswer.course, WeeklyAnswer.edition_id, WeeklyAnswer.item, WeeklyAnswer.asked_week,
        WeeklyAnswer.value, WeeklyAnswer.right,
    )
    .where(WeeklyAnswer.employer_id == EMPLOYER, WeeklyAnswer.person_id == ME)
    .order_by(WeeklyAnswer.asked_week)
)  # fmt: skip
_TESTS = (
    select(Attempt.course, Attempt.drawn, Attempt.solid, Attempt.closed_at)
    .where(
        Attempt.employer_id == EMPLOYER, Attempt.person_id == ME, IS_FINISHED,
        Attempt.solid.is_not(None),  # of early ones nobody wrote down what was solid: they say nothing
    )
    .order_by(Attempt.closed_at)
)  # fmt: skip
_STUDIED_AND_WAITS: CompoundSelect[*tuple[Any, ...]] = union_all(
    *DEEDS.selects,
    select(literal(_WAITS), literal(0, Integer), literal(""), literal(""), WeeklyChoice.changed_at).where(
        WeeklyChoice.employer_id == EMPLOYER,
        WeeklyChoice.person_id == ME,
        WeeklyChoice.wanted,
        exists().where(_IS_MINE, _IS_VALID),
        ~exists().where(
            WeeklyAnswer.employer_id == WeeklyChoice.employer_id,
            WeeklyAnswer.person_id == WeeklyChoice.person_id,
            WeeklyAnswer.asked_week == bindparam("week", type_=Date),
        ),
    ),
)


def studied_and_waits(
    ctx: Context, histories: Collection[History], taught: Mapping[str, Taught | None]
) -> tuple[dict[str, rules.Studied], bool]:
    """What `studied_now` says, and whether this week's question waits, for the page opened most. One statement."""
    ctx.require(Permission.LEARN)
    courses = [history.newest.course for history in histories]
    rows = ctx.rows(_STUDIED_AND_WAITS, courses=courses, week=monday(ctx.today)).all()
    read = [row for row in rows if row.kind != _WAITS]
    return carried_over(ctx, histories, deeds_from(read), taught), len(read) < len(rows)


def is_wanted(ctx: Context) -> bool:
    """Whether the actor wants a question a week. One statement."""
    ctx.require(Permission.LEARN)
    return ctx.rows(_CHOICE).scalar() is True


def is_offered(ctx: Context) -> bool:
    """Whether to tell the actor of the question a week: one course is proven, nothing chosen. One statement."""
    ctx.require(Permission.LEARN)
    return len(ctx.rows(_OFFERED).all()) == 1


def want_weekly(ctx: Context, *, wanted: bool) -> None:
    """Keep whether the actor wants a question a week. What was answered stays, for when they want one again."""
    who = ctx.require(Permission.LEARN)
    is_new = ctx.add_once(
        WeeklyChoice(employer_id=who.employer_id, person_id=who.person_id, wanted=wanted, changed_at=ctx.now)
    )
    if not is_new:
        ctx.db.execute(
            update(WeeklyChoice)
            .where(WeeklyChoice.employer_id == who.employer_id, WeeklyChoice.person_id == who.person_id)
            .values(wanted=wanted, changed_at=ctx.now)
        )


@dataclass(frozen=True, slots=True)
class Week:
    """The actor's week: the question that waits, or what is said about its answer; neither if there is none."""

    wanted: bool
    edition: Edition | None = None  # of question or feedback
    item: str = ""
    question: Question | None = None
    feedback: Feedback | None = None


def my_week(ctx: Context) -> Week:
    """This week's question, or the explanation of what was answered. Nothing is written by looking. Four statements.

    It is about a course of which the actor holds a valid proof, on its newest edition (`lms.learning.spacing`).
    """
    ctx.require(Permission.LEARN)
    week, answers, proven = monday(ctx.today), ctx.rows(_ANSWERS).all(), ctx.rows(_PROVEN).all()
    wanted = any(row.wanted for row in proven)
    if answers and answers[-1].asked_week == week:
        return _answered(ctx, answers[-1], wanted=wanted)
    courses = {row.course for row in proven if row.wanted and row.course is not None}
    found = _next(ctx, courses, answers, week) if courses else None
    if found is None:
        return Week(wanted)
    edition, item = found
    shown = question(edition, _drawn(ctx, edition, item, week), ctx.language)
    return Week(wanted, edition, item.id, question=shown)


def answer_weekly(ctx: Context, item_id: str, value: object) -> None:
    """Keep an answer to this week's question, the item that was shown; the first one counts.

    An answer to anything else changes nothing: the week was answered, the question is another one meanwhile, or no
    longer wanted. Raises Invalid if nothing that can be graded was sent.
    """
    who = ctx.require(Permission.LEARN)
    found = my_week(ctx)
    if found.edition is None or found.question is None or found.item != item_id:
        return
    week, item = monday(ctx.today), found.edition.items[item_id]
    drawn = _drawn(ctx, found.edition, item, week)
    try:
        given = rules.read_answer(item, drawn, value)
    except rules.Malformed:
        raise Invalid({"answer": f"choose_{item.type}"}) from None
    ctx.add_once(
        WeeklyAnswer(
            employer_id=who.employer_id,
            person_id=who.person_id,
            course=found.edition.course,
            edition_id=found.edition.id,
            item=item.id,
            asked_week=week,
            value=given,
            right=rules.grade(item, drawn, given) == 1,
            answered_at=ctx.now,
        )
    )


def _next(
    ctx: Context, courses: Collection[str], answers: Sequence[Row[*tuple[Any, ...]]], week: date
) -> tuple[Edition, Item] | None:
    tests = [
        Taken(
            row.course, frozenset(each["item"] for each in row.drawn), frozenset(row.solid),
            ctx.day_of(row.closed_at),
        )
        for row in ctx.rows(_TESTS)
    ]  # fmt: skip
    editions = [edition for edition in catalogue.current_editions(ctx) if edition.course in courses]
    return next_question(editions, answers, tests, week, str(ctx.who.person_id))


def _answered(ctx: Context, answer: Row[*tuple[Any, ...]], *, wanted: bool) -> Week:
    edition = catalogue.edition(ctx, answer.edition_id)
    drawn = _drawn(ctx, edition, edition.items[answer.item], answer.asked_week)
    said = feedback_on(edition, drawn, ctx.language, answer.value, right=answer.right)
    return Week(wanted, edition, answer.item, feedback=said)


def _drawn(ctx: Context, edition: Edition, item: Item, week: date) -> rules.Drawn:
    """The item as the actor meets it that week, the same however often the page is opened."""
    return rules.shown(edition, item, Random(f"{ctx.who.person_id}:{item.id}:{week}"))  # noqa: S311  (no secret)
