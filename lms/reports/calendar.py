"""What is ahead for somebody, as entries of a calendar: last days, certificates to renew, meetings, time to learn.

Nothing in it is about anybody else, and no text that somebody wrote but the place of a meeting.
"""

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.i18n import catalogue as texts_of
from lms.catalogue import queries as catalogue
from lms.learning.times import my_times
from lms.organisation.own_persons import is_protected_somewhere
from lms.reflection.queries import my_meetings
from lms.register.own_duties import my_duties
from lms.register.rules import State

MEETING_LASTS = 30  # minutes, where nobody has said how long it takes
_TO_DO = (State.NOT_YET_DUE, State.UNDER_WAY, State.MISSING)
_TO_RENEW = (State.VALID, State.EXPIRING, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. Dates are whole days; times are aware and both there or neither."""

    uid: str  # the same as long as it is about the same thing
    summary: str
    path: str  # of the page about it
    starts: date | datetime
    ends: datetime | None = None
    place: str = ""

    @property
    def digest(self) -> str:
        """Changes with anything that is told of it."""
        return sha256(repr(astuple(self)).encode()).hexdigest()[:16]


def my_calendar(ctx: Context) -> list[Entry]:
    """What is ahead for the actor in the current employments, by time. Five statements.

    Whose identity is protected at any employer gets no place of a meeting: calendars are kept by others.
    """
    who = ctx.require(Permission.LEARN)
    titles = {
        course: history.newest.text(ctx.language).title
        for course, history in catalogue.histories(ctx).items()
    }
    shows_places = not is_protected_somewhere(ctx, who.account_id)
    entries = [
        *_duties(ctx, titles),
        *_meetings(ctx, titles, shows_places=shows_places),
        *_times(ctx, titles),
    ]
    return sorted(entries, key=lambda each: (f"{each.starts:%Y-%m-%d}", each.uid))


def _uid(ctx: Context, *about: object) -> str:
    """A name that says nothing, the same for the same thing of the same person (RFC 7986, 5.3)."""
    settings = ctx.house.settings
    key = " ".join(map(str, (settings.public_url, ctx.who.employer_id, ctx.who.person_id, *about)))
    return str(uuid5(NAMESPACE_URL, key))


def _duties(ctx: Context, titles: Mapping[str, str]) -> Iterator[Entry]:
    _ = texts_of(ctx.language).gettext
    for duty in my_duties(ctx):
        if duty.course not in titles:
            continue
        path, course = f"/courses/{duty.course}", {"course": titles[duty.course]}
        if duty.state in _TO_DO:
            yield Entry(_uid(ctx, "due", duty.course), _("Last day: %(course)s") % course, path, duty.due_on)
        elif duty.state in _TO_RENEW and duty.expires_on:
            words = _("Certificate runs out: %(course)s") % course
            yield Entry(_uid(ctx, "renew", duty.course, duty.achieved_on), words, path, duty.expires_on)


def _meetings(ctx: Context, titles: Mapping[str, str], *, shows_places: bool) -> Iterator[Entry]:
    _ = texts_of(ctx.language).gettext
    for meeting in my_meetings(ctx):
        yield Entry(
            _uid(ctx, "meeting", meeting.public_id),
            _("Staff meeting: %(course)s") % {"course": titles.get(meeting.course, "")},
            f"/meetings/{meeting.public_id}",
            meeting.starts_at,
            meeting.starts_at + timedelta(minutes=meeting.minutes or MEETING_LASTS),
            meeting.place if shows_places else "",
        )


def _times(ctx: Context, titles: Mapping[str, str]) -> Iterator[Entry]:
    _ = texts_of(ctx.language).gettext
    for time in my_times(ctx):
        if time.course in titles:
            yield Entry(
                _uid(ctx, "time", time.public_id),
                _("Time to learn: %(course)s") % {"course": titles[time.course]},
                f"/courses/{time.course}",
                time.starts_at,
                time.starts_at + timedelta(minutes=time.minutes),
            )
