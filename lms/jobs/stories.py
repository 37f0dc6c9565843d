"""What happens after something happened: one readable function per story. Each may be told twice."""

import logging
from datetime import datetime
from typing import Any

from lms.base.context import House, work
from lms.base.outbox import OF_ONE_BROWSER, OF_ONE_MAILBOX, tries
from lms.catalogue import queries as catalogue
from lms.evidence.models import CertificateRow, Revocation
from lms.jobs import letters
from lms.jobs.mail import MailboxUnavailable
from lms.jobs.papers import render_certificate
from lms.jobs.push import PushUnavailable
from lms.learning.models import Assignment
from lms.messages import actions as messages
from lms.messages.models import Message
from lms.messages.rules import Channel
from lms.organisation.acting import acting_for
from lms.organisation.auditor_list import appointment
from lms.organisation.queries import employers_of_country
from lms.organisation.second_factor import without_factor
from lms.reflection.models import Meeting
from lms.reflection.queries import unit_members
from lms.register.actions import fit_duties, follow_edition
from lms.register.coverage import counted_day, turn_day
from lms.register.described import has_turned
from lms.register.dispensations import follow_dispensations
from lms.register.editions import asked_by
from lms.register.queries import people_of_assignment
from lms.register.record_models import Objection
from lms.register.recount import audit
from lms.register.reminders import announce_day, plan_day

log = logging.getLogger(__name__)
MOST_TRIES = 25  # of a mail that one mailbox does not take: four days (RFC 5321, 4.5.4.1)
MOST_PUSHES = 5  # tries by push services that do not take a notice now: a quarter of an hour


def after_completion(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """Somebody passed: sign what the certificate says, make the PDF, tell the person."""
    render_certificate(house, employer_id, ids)
    with acting_for(house, employer_id) as ctx:
        row = ctx.open(CertificateRow, ids["certificate_id"])
        messages.announce(ctx, "passed", row.id, [row.person_id])


def after_assignment(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """A lead gave people a course: tell each of them, unless it was withdrawn meanwhile."""
    with acting_for(house, employer_id) as ctx:
        assignment = ctx.open(Assignment, ids["assignment_id"])
        if assignment.withdrawn_at is None:
            people = people_of_assignment(ctx, assignment.id)
            messages.announce(ctx, "assigned", assignment.id, people, course=assignment.course)


def after_edition(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """An edition asks for something to be taken: let the ledger of every employer follow, and tell those it asks."""
    del employer_id  # editions belong to no employer
    with work(house, writes=False) as ctx:
        edition = catalogue.edition_named(ctx, ids["digest"])
        employers = employers_of_country(ctx, edition.country)
    for employer in employers:
        with acting_for(house, employer) as ctx:
            follow_edition(ctx, edition.course)
        with acting_for(house, employer) as ctx:  # else people would be locked until all letters are entered
            asked = asked_by(ctx, edition.course, edition.id)
            messages.announce(ctx, "edition", edition.id, asked, course=edition.course)


def after_task_given(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """A unit got a reflection task for a meeting: tell everybody who works there."""
    with acting_for(house, employer_id) as ctx:
        meeting = ctx.open(Meeting, ids["meeting_id"])
        messages.announce(ctx, "reflection_task", meeting.id, unit_members(ctx, meeting.unit_id))


def after_meeting(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """The notes of a meeting were saved: send them to everybody in the unit."""
    with acting_for(house, employer_id) as ctx:
        meeting = ctx.open(Meeting, ids["meeting_id"])
        messages.announce(ctx, "minutes", meeting.id, unit_members(ctx, meeting.unit_id))


def after_sign_in_change(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """How somebody signs in has changed: tell the person, who may not have done it themself."""
    with acting_for(house, employer_id) as ctx:
        messages.announce(ctx, "sign_in_changed", ids["audit_id"], [ids["person_id"]])


def after_second_factor_required(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """The employer requires a second factor from a day on: tell those who have to set one up."""
    with acting_for(house, employer_id) as ctx:
        messages.announce(ctx, "second_factor_required", ids["audit_id"], without_factor(ctx))


def after_auditor_appointed(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """Somebody may read the register for a time: tell them where, how long, and how to sign in."""
    with acting_for(house, employer_id) as ctx:
        given = appointment(ctx, ids["grant_id"])
        if given is not None:
            messages.announce(ctx, "auditor", ids["grant_id"], [given.person_id])


def after_objection_answered(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """Somebody's objection to a line of the own record was answered: tell them; what was said stands there only."""
    with acting_for(house, employer_id) as ctx:
        objection = ctx.open(Objection, ids["objection_id"])
        messages.announce(ctx, "objection_answered", objection.id, [objection.person_id])


def after_certificate_decided(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """A certificate was revoked, reinstated or replaced after a corrected name: tell its holder, and nobody else."""
    with acting_for(house, employer_id) as ctx:
        decision = ctx.open(Revocation, ids["decision_id"])
        holder = ctx.open(CertificateRow, decision.certificate_id).person_id
        messages.announce(ctx, "certificate_decided", decision.id, [holder])


def after_slip(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """A slip was made for somebody's first sign-in: tell them, if there is an address to write to."""
    with acting_for(house, employer_id) as ctx:
        messages.announce(ctx, "slip", ids["link_token_id"], [ids["person_id"]])


def turn_of_day(house: House, employer_id: int | None, ids: dict[str, Any]) -> str | None:
    """A day has begun: let duties, their status and the counts of coverage be those of that day, and check some.

    Then letters go by them. What was not as the facts have it is put right; log and doctor tell of it.
    """
    del ids
    with acting_for(house, employer_id) as ctx:
        since = counted_day(ctx)  # the worker may have been away
        if has_turned(ctx, since):
            fit_duties(ctx)
        follow_dispensations(ctx, since)
        turn_day(ctx)
        ctx.later("letters_of_day", f"{employer_id}:{ctx.today}")
        run = f"{employer_id}:{ctx.today}"
        ctx.later("sign_left", run, run=run)
    with acting_for(house, employer_id) as ctx:
        drift = audit(ctx)
    if drift.is_none:
        return None
    log.warning("the ledger was not as its facts have it", extra={"facts": {"found": str(drift)}})
    return str(drift)


def letters_of_day(house: House, employer_id: int | None, ids: dict[str, Any]) -> str | None:
    """A day has come: remind who has something to do, tell who leads them, once a week all leads.

    Whom is read first, by itself: that takes a while where there are many, and would keep others from writing.
    """
    del ids
    with acting_for(house, employer_id, writes=False) as ctx:
        plan = plan_day(ctx)
    if plan is None:
        return "day off"
    with acting_for(house, employer_id) as ctx:
        announce_day(ctx, plan)
    return None


def send_message(
    house: House, employer_id: int | None, ids: dict[str, Any], *, but: Channel | None = None
) -> str | datetime | None:
    """Send one message if the gate lets it through (`but` not by a channel). It goes at least once, with the same id.

    Not what was withdrawn since it was announced: mail may have been away for days. What has to wait is told again
    at the time that is returned. A mailbox that takes nothing for days is given up; browsers that cannot be reached
    for a while are given up for mail.
    """
    with acting_for(house, employer_id) as ctx:
        letter = messages.open_letter(ctx, ids["message_id"], but=but)
        if isinstance(letter, Message):  # not to be sent now, or sent by a worker that then died
            return letter.waits_until if letter.outcome == "waiting" else letter.outcome
        facts = letters.facts(ctx, letter)
        if isinstance(facts, str):
            return messages.mark_not_sent(ctx, ids["message_id"], facts)
        if letter.channel == "list":
            return messages.mark_sent(ctx, ids["message_id"])
        hand_over = letters.ready(ctx, letter, facts)
    try:
        taken = hand_over()
    except MailboxUnavailable:
        if _tries(house, employer_id, ids, OF_ONE_MAILBOX) < MOST_TRIES:
            raise
        taken = False
    except PushUnavailable:
        if _tries(house, employer_id, ids, OF_ONE_BROWSER) < MOST_PUSHES:
            raise
        taken = None
    if taken is None:
        return send_message(house, employer_id, ids, but=letter.channel)
    with acting_for(house, employer_id) as ctx:
        if not taken:
            return messages.mark_not_sent(ctx, ids["message_id"], "refused")
        return messages.mark_sent(ctx, ids["message_id"])


def _tries(house: House, employer_id: int | None, ids: dict[str, Any], reason: str) -> int:
    with acting_for(house, employer_id, writes=False) as ctx:
        return tries(ctx.db, "send_message", str(ids["message_id"]), reason)
