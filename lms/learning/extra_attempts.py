"""Give somebody one more attempt at an exam, beyond the limit of its author; without seeing how often it was taken."""

from uuid import UUID

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition
from lms.learning.models import ExtraAttempt
from lms.learning.sitting_rules import faults_of_reason
from lms.organisation.models import Person
from lms.organisation.people import person_at_work


def limited_courses(ctx: Context) -> list[Edition]:
    """The courses whose authors limit how often their exam is taken. One statement."""
    ctx.require(Permission.GIVE_ATTEMPT)
    return [edition for edition in catalogue.current_editions(ctx) if edition.attempts]


def person_to_give(ctx: Context, person_id: UUID) -> Person:
    """Somebody else who works today where the actor may give an attempt. One statement.

    Raises NotFound outside the actor's reach and for a protected identity that is not the actor's to see,
    Conflict("own_exam") for the actor.
    """
    ctx.require(Permission.GIVE_ATTEMPT)
    person = person_at_work(ctx, Permission.GIVE_ATTEMPT, Person.public_id == person_id)
    if person.id == ctx.who.person_id:
        raise Conflict("own_exam")
    return person


def give_attempt(ctx: Context, person_id: UUID, course: str, reason: str) -> Person:
    """Let somebody take an exam once more who has no attempt left, for a reason they can read; the person.

    Whoever has one left keeps what they have: nothing here tells which of the two it was. The wait between two
    attempts stays. Raises as `person_to_give` does, and Invalid by field (course, reason).
    """
    ctx.require(Permission.GIVE_ATTEMPT)
    person = person_to_give(ctx, person_id)
    faults = faults_of_reason(reason)
    if course not in {edition.course for edition in limited_courses(ctx)}:
        faults["course"] = "missing"
    if faults:
        raise Invalid(faults)
    given = ExtraAttempt(
        employer_id=ctx.employer_id,
        person_id=person.id,
        course=course,
        given_at=ctx.now,
        given_by=ctx.who.person_id,
        reason=reason.strip(),
    )
    ctx.db.add(given)
    ctx.note("attempt.given", given, course=course, person=person.id)
    return person
