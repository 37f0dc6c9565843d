"""Notes to oneself: what somebody wrote at a reflection of a course. Only the writer can ask for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, bindparam, delete, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.base.statements import EMPLOYER, ME
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition, Item
from lms.learning import rules
from lms.learning.models import LearnerNote
from lms.organisation.models import Person

BETWEEN = "\n\n"  # what was written on a phone and what was written meanwhile
_MINE = (
    select(LearnerNote.item, LearnerNote.text, LearnerNote.written_at, LearnerNote.edition_id)
    .where(
        LearnerNote.employer_id == EMPLOYER,
        LearnerNote.person_id == ME,
        LearnerNote.course == bindparam("course", type_=String),
    )
    .order_by(LearnerNote.written_at.desc(), LearnerNote.id.desc())
)


@dataclass(frozen=True, slots=True)
class Note:
    """What the actor wrote, and at which question, as it was worded then."""

    item: str
    ask: str
    text: str
    written_at: datetime


def my_notes(ctx: Context, course: str) -> list[Note]:
    """The actor's notes at a course, the newest first. At most two statements."""
    ctx.require(Permission.LEARN)
    rows = ctx.rows(_MINE, course=course).all()
    editions = catalogue.editions(ctx, [row.edition_id for row in rows])
    return [
        Note(
            row.item,
            editions[row.edition_id].text(ctx.language).items[row.item].ask,
            row.text,
            row.written_at,
        )
        for row in rows
    ]


def my_note(ctx: Context, course: str, item_id: str) -> str:
    """What the actor wrote at a reflection; empty if nothing yet. One statement."""
    ctx.require(Permission.LEARN)
    return next((row.text for row in ctx.rows(_MINE, course=course) if row.item == item_id), "")


def keep_note(ctx: Context, edition: Edition, item_id: str, value: object) -> None:
    """Keep what the actor wrote at a reflection, in place of what was there.

    Raises NotFound if it is none, Invalid for no words or too many.
    """
    who = ctx.require(Permission.LEARN)
    item = reflection(edition, item_id)
    try:
        text = rules.read_answer(item, rules.Drawn(item.id), value)
    except rules.Malformed:
        raise Invalid({"answer": "choose_reflection"}) from None
    ctx.open(Person, who.person_id, lock=True)  # two taps on "Save" are one note
    note = ctx.db.scalar(
        select(LearnerNote).where(
            LearnerNote.employer_id == who.employer_id,
            LearnerNote.person_id == who.person_id,
            LearnerNote.course == edition.course,
            LearnerNote.item == item.id,
        )
    )
    if note is None:
        note = LearnerNote(
            employer_id=who.employer_id, person_id=who.person_id, course=edition.course, item=item.id
        )
        ctx.db.add(note)
    note.edition_id, note.text, note.written_at = edition.id, text, ctx.now


def remove_note(ctx: Context, course: str, item_id: str) -> None:
    """Take away for good what the actor wrote at a reflection; a second time changes nothing."""
    who = ctx.require(Permission.LEARN)
    ctx.db.execute(
        delete(LearnerNote).where(
            LearnerNote.employer_id == who.employer_id,
            LearnerNote.person_id == who.person_id,
            LearnerNote.course == course,
            LearnerNote.item == item_id,
        )
    )


def reflection(edition: Edition, item_id: str) -> Item:
    """The reflection of this id. Raises NotFound if there is none.

    Open: reads values the caller already holds.
    """
    item = edition.items.get(item_id)
    if item is None or rules.is_graded(item):
        raise NotFound
    return item


def add_to_note(ctx: Context, edition: Edition, item_id: str, value: object, before: str) -> None:
    """Keep what the actor wrote on a phone, where the reflection said `before`; the same again adds nothing.

    It takes the place of that. Where the note has been changed meanwhile, it is added below. Raises as `keep_note`
    does, also where both together are too long.
    """
    ctx.require(Permission.LEARN)
    there = my_note(ctx, edition.course, item_id)
    try:
        text = rules.read_answer(reflection(edition, item_id), rules.Drawn(item_id), value)
    except rules.Malformed:
        raise Invalid({"answer": "choose_reflection"}) from None
    if there.strip() == before.strip():
        keep_note(ctx, edition, item_id, text)
    elif BETWEEN + text + BETWEEN not in BETWEEN + there + BETWEEN:  # it may have come before
        keep_note(ctx, edition, item_id, there + BETWEEN + text)
