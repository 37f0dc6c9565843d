"""The words of each message: mail in the reader's language, with a link to where it leads."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from email.message import EmailMessage
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment

import certificates
from lms.base.audit import AuditEntry
from lms.base.context import Context
from lms.base.i18n import make_environments
from lms.base.settings import Settings
from lms.catalogue import queries as catalogue
from lms.evidence.decisions import decision_to_tell
from lms.evidence.models import CertificateRow
from lms.identity.rules import SLIP_LASTS
from lms.jobs import mail, push, reminder_letters, sms
from lms.learning.models import Assignment
from lms.learning.queries import is_assigned
from lms.messages.actions import Letter
from lms.messages.queries import own_push_devices
from lms.organisation.auditor_list import appointment
from lms.organisation.auditors import way_in
from lms.organisation.models import Employer, Person
from lms.reflection.models import Meeting
from lms.reflection.queries import first_start, minutes_of
from lms.register.editions import asked_by


@cache
def environments() -> dict[str, Environment]:
    """Templates of mail, one environment per language."""
    return make_environments()


def facts(ctx: Context, letter: Letter) -> dict[str, Any] | str:
    """What a letter tells of.

    Or why there is none: what it was to tell of holds no more for its reader (withdrawn), is done, or is nothing.
    """
    return _FACTS[letter.message.kind](ctx, letter)


def ready(ctx: Context, letter: Letter, values: Mapping[str, Any]) -> Callable[[], bool | None]:
    """A letter with its facts, written, to be handed over by its channel: whether it was taken, or refused for good.

    None: the channel leads to its reader no more.

    Handing it over takes long, so it has to be done outside of a unit of work; raises what the channel does.
    """
    settings, kind = ctx.house.settings, letter.message.kind
    if letter.channel == "sms":
        text = sms.compose(settings, environments()[letter.language], kind)
        return partial(sms.send, settings, letter.address, text, letter.message.message_id)
    if letter.channel == "push":
        words = push.compose(environments()[letter.language], kind, letter.message.message_id)
        account_id = ctx.open(Person, letter.message.person_id).account_id
        devices = own_push_devices(ctx, account_id)
        return partial(push.send, ctx.house, devices, words, letter.message.message_id)
    return partial(mail.send, settings, _mail(settings, letter, {"today": ctx.today, **values}))


def _mail(settings: Settings, letter: Letter, values: Mapping[str, Any]) -> EmailMessage:
    """The mail of a letter: subject, text and HTML from `templates/email/<kind>.*`."""
    return mail.compose(
        settings,
        environments()[letter.language],
        kind=letter.message.kind,
        to=letter.address,
        message_id=letter.message.message_id,
        values={
            "given_name": letter.given_name,
            "public_url": settings.public_url,
            **values,
        },
    )


def _edition(ctx: Context, letter: Letter) -> dict[str, Any] | str:
    message, edition = letter.message, catalogue.edition(ctx, letter.message.about_id)
    owed = asked_by(ctx, edition.course, edition.id, message.person_id).get(message.person_id)
    if owed is None or owed.asked.by is None:
        return "withdrawn"
    text = edition.text(letter.language)
    return {
        "course": text.title,
        "changed": text.changed,
        "effect": owed.asked.effect,
        "by": owed.asked.by,
        "is_late": owed.asked.by < ctx.today,  # mail may have been away for days
        "counts_until": owed.counts_until,
        "link": f"/courses/{edition.course}/update",
    }


def _assigned(ctx: Context, letter: Letter) -> dict[str, Any] | str:
    if not is_assigned(ctx, letter.message.about_id, letter.message.person_id):
        return "withdrawn"
    assignment = ctx.open(Assignment, letter.message.about_id)
    edition = catalogue.newest_edition(ctx, assignment.course)
    return {
        "course": edition.text(letter.language).title,
        "minutes": edition.minutes,
        "lead": ctx.open(Person, assignment.assigned_by).name,
        "due_on": assignment.due_on,
        "reason": assignment.reason,
        "link": f"/courses/{assignment.course}",
    }


def _passed(ctx: Context, letter: Letter) -> dict[str, Any]:
    row = ctx.open(CertificateRow, letter.message.about_id)
    edition = catalogue.edition(ctx, row.edition_id)
    return {
        "course": edition.text(letter.language).title,
        "expires_on": row.expires_on,
        "link": f"/certificates/{row.number}",
    }


def _meeting(ctx: Context, letter: Letter) -> dict[str, Any]:
    meeting = ctx.open(Meeting, letter.message.about_id)
    text = catalogue.edition(ctx, meeting.edition_id).text(letter.language)
    starts_at: datetime = first_start(ctx, meeting.id)
    return {
        "title": text.reflection.title,
        "starts_at": starts_at.astimezone(ZoneInfo(ctx.time_zone)),
        "time_zone": ctx.time_zone,
        "link": f"/meetings/{meeting.public_id}",
    }


def _minutes(ctx: Context, letter: Letter) -> dict[str, Any]:
    return {**_meeting(ctx, letter), "agreed": minutes_of(ctx, letter.message.about_id)}


def _sign_in_changed(ctx: Context, letter: Letter) -> dict[str, Any]:
    entry = ctx.open(AuditEntry, letter.message.about_id)
    return {
        "what": entry.action,
        "at": entry.at,
        "time_zone": ctx.time_zone,
        "day": ctx.day_of(entry.at),
        "link": "/me/security",
    }


def _second_factor_required(ctx: Context, letter: Letter) -> dict[str, Any]:
    entry = ctx.open(AuditEntry, letter.message.about_id)
    return {"first_day": date.fromisoformat(entry.facts["first_day"]), "link": "/me/security"}


def _auditor(ctx: Context, letter: Letter) -> dict[str, Any] | str:
    given = appointment(ctx, letter.message.about_id)
    if given is None:
        return "withdrawn"
    return {
        "employer": given.employer,
        "units": given.units,
        "first": given.valid_from,
        "last": given.valid_to,
        **_way_in(ctx, given.person_id),
    }


def _way_in(ctx: Context, person_id: int) -> dict[str, Any]:
    """How an auditor signs in: the link, and of who has no mail sent here the number, and the days of a first slip."""
    way = way_in(ctx, person_id)
    if way is None:
        return {"link": "/sign-in", "number": "", "days": 0}
    if not way.code:
        return {"link": f"/sign-in/password?m={way.employer_slug}", "number": way.number, "days": 0}
    link = f"/sign-in/slip?m={way.employer_slug}&c={way.code}"
    return {"link": link, "number": way.number, "days": SLIP_LASTS.days}


def _objection_answered(_ctx: Context, _letter: Letter) -> dict[str, Any]:
    return {"link": "/me/record"}


def _certificate_decided(ctx: Context, letter: Letter) -> dict[str, Any] | str:
    told = decision_to_tell(ctx, letter.message.about_id)
    if told is None:
        return "withdrawn"
    number, new = (certificates.display(each) if each else "" for each in (told.number, told.replaced_by))
    return {
        "kind": told.kind,
        "course": catalogue.edition(ctx, told.edition_id).text(letter.language).title,
        "number": number,
        "new": new,
        "on": told.on,
        "reason": told.reason,
        "expires_on": told.expires_on,
        "take_by": told.take_by,
        "works_here": told.works_here,
        "employer": ctx.db.get_one(Employer, ctx.employer_id).name,
        "link": f"/courses/{told.course}" if told.take_by and not new else f"/certificates/{new or number}",
    }


def _regular_file(ctx: Context, letter: Letter) -> dict[str, Any]:
    entry = ctx.open(AuditEntry, letter.message.about_id)
    return {
        "failed": entry.facts.get("reason", ""),
        "rows": entry.facts.get("rows", 0),
        "link": "/register/files",
    }


def _regular_file_ended(_ctx: Context, _letter: Letter) -> dict[str, Any]:
    return {"link": "/sign-in"}


def _slip(ctx: Context, _letter: Letter) -> dict[str, Any]:
    return {
        "employer": ctx.db.get_one(Employer, ctx.employer_id).name,
        "days": SLIP_LASTS.days,
        "link": "/sign-in",
    }


_FACTS: dict[str, Callable[[Context, Letter], dict[str, Any] | str]] = {
    "assigned": _assigned, "passed": _passed, "reflection_task": _meeting, "minutes": _minutes, "slip": _slip,
    "edition": _edition, "sign_in_changed": _sign_in_changed, "second_factor_required": _second_factor_required,
    "objection_answered": _objection_answered, "certificate_decided": _certificate_decided, "auditor": _auditor,
    "regular_file": _regular_file, "regular_file_ended": _regular_file_ended,
    "reminder": reminder_letters.reminder, "escalation": reminder_letters.escalation,
    "digest": reminder_letters.digest, "test": reminder_letters.test,
}  # fmt: skip
