"""Staff meetings: plan one with the material of a course, lead it, keep who took part and what was agreed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.catalogue.values import CourseText, Edition
from lms.reflection import queries as reflection
from lms.reflection.actions import plan_meeting, record_meeting
from lms.reflection.queries import MeetingView
from lms.reflection.rules import Agreed
from lms.register.team import team_counts
from lms.web.blueprints import lead as blueprint
from lms.web.lead_forms import LeadForm, Place, chosen_place, sent
from lms.web.pages import page, render

EARLIER = 20  # meetings shown before "Show more"
LINES = range(1, 6)  # rows for what was agreed
USUAL_PAUSE, USUAL_TIME = timedelta(days=14), time(14)  # what is offered for a new meeting
USUAL_DUE = timedelta(days=28)  # and for what is agreed there


class PlanForm(LeadForm):
    """A meeting to be planned; day and time are those of the clock on the wall."""

    unit = fields.Str(load_default="")
    course = fields.Str(load_default="")
    day = fields.Date(load_default=None)
    time = fields.Time(load_default=None)
    place = fields.Str(load_default="")
    why = fields.Str(load_default="")
    minutes = fields.Int(load_default=None)
    give_task = fields.Bool(load_default=False)


class NotesForm(LeadForm):
    """Who took part, and the notes; what was agreed comes line by line."""

    present = fields.List(fields.UUID(), load_default=list)
    notes = fields.Str(load_default="")


class LineForm(LeadForm):
    """One line of what was agreed."""

    what = fields.Str(load_default="")
    who = fields.UUID(load_default=None)
    due = fields.Date(load_default=None)


PLAN, NOTES, LINE = PlanForm(), NotesForm(), LineForm()


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the form for what was agreed, as typed."""

    what: str
    who: UUID | None
    due: date | None

    @property
    def is_used(self) -> bool:
        """Whether somebody has written or chosen something; the day is filled in beforehand."""
        return bool(self.what.strip() or self.who)


@page(blueprint, "/meetings", needs=Permission.HOLD_MEETING)
def meetings(ctx: Context) -> Response:
    """The next meetings, the earlier ones, and what was agreed and is still open."""
    found = reflection.meetings(ctx)
    ahead = [meeting for meeting in found if not meeting.held and ctx.day_of(meeting.starts_at) >= ctx.today]
    earlier = [meeting for meeting in found if meeting not in ahead]
    limit = None if "all" in request.args else EARLIER
    just_noted = next(
        (meeting for meeting in found if str(meeting.public_id) == request.args.get("noted")), None
    )
    return render(
        "lead/meetings.html",
        ahead=ahead[::-1],
        earlier=earlier[:limit],
        more=limit is not None and len(earlier) > limit,
        actions=reflection.open_actions(ctx),
        editions=catalogue.editions(ctx, {meeting.edition_id for meeting in found}),
        language=ctx.language,
        zone=ZoneInfo(ctx.time_zone),
        just_noted=just_noted if just_noted and just_noted.held else None,
    )


@page(blueprint, "/meetings/new", needs=Permission.HOLD_MEETING)
def meeting_new(ctx: Context) -> Response:
    """A new meeting: course and unit are proposed, day and time too."""
    values = {
        "day": ctx.today + USUAL_PAUSE,
        "time": USUAL_TIME,
        "place": "",
        "why": "",
        "minutes": None,
        "give_task": True,
    }
    place = chosen_place(ctx, Permission.HOLD_MEETING)
    return _show_new(ctx, place, request.args.get("course", ""), values, {})


@page(blueprint, "/meetings/new", methods=("POST",), writes=True, needs=Permission.HOLD_MEETING)
def meeting_save(ctx: Context) -> Response:
    """Plan the meeting; what is missing is said beside the field, and everything typed stays."""
    values, faults = sent(PLAN, request.form)
    for field in ("unit", "day", "time"):
        if not values[field]:
            faults.setdefault(field, "missing")
    place = chosen_place(ctx, Permission.HOLD_MEETING, values["unit"])
    if not faults:
        try:
            meeting = plan_meeting(
                ctx,
                UUID(values["unit"]),
                course=values["course"],
                starts_at=local_time(ctx, values["day"], values["time"]),
                place=values["place"],
                why=values["why"],
                minutes=values["minutes"],
                give_task=values["give_task"],
            )
            return redirect(url_for("lead.meeting_plan", meeting_id=meeting.public_id), 303)
        except Invalid as refusal:
            faults = refusal.fields
    return _show_new(ctx, place, values["course"], values, faults)


def local_time(ctx: Context, day: date, clock: time) -> datetime:
    """An aware UTC time from what the clock on the employer's wall shows.

    Raises Invalid for the first day of all, which begins before there is a UTC time.
    """
    try:
        return datetime.combine(day, clock.replace(tzinfo=None), ZoneInfo(ctx.time_zone)).astimezone(UTC)
    except OverflowError:
        raise Invalid({"day": "date_passed"}) from None


def _show_new(
    ctx: Context, place: Place, course: str, values: Mapping[str, Any], faults: Mapping[str, str]
) -> Response:
    editions = catalogue.current_editions(ctx)
    if not editions:
        raise NotFound
    edition = next(
        (edition for edition in editions if edition.course == course), None if course else editions[0]
    )
    if edition is None:
        raise NotFound
    text = edition.text(ctx.language)
    return render(
        "lead/meeting_new.html",
        status=422 if faults else 200,
        place=place,
        length=text.reflection.length(values["minutes"]),
        courses=[(other, other.text(ctx.language).title) for other in editions],
        edition=edition,
        text=text,
        spoken=edition.language(ctx.language),
        form=values,
        faults=faults,
    )


@page(blueprint, "/meetings/<uuid:meeting_id>/plan", needs=Permission.HOLD_MEETING)
def meeting_plan(ctx: Context, meeting_id: UUID) -> Response:
    """The material for the one who leads: time plan, example, questions with hints; also on paper.

    The meeting is shown as long as it was planned, or as the address asks (`?minutes=15`).
    """
    meeting = reflection.meeting_in_reach(ctx, meeting_id)
    edition, text = _material(ctx, meeting)
    counts = team_counts(ctx, meeting.unit_key, permission=Permission.HOLD_MEETING)
    return render(
        "lead/meeting_plan.html",
        meeting=meeting,
        length=text.reflection.length(request.args.get("minutes", meeting.minutes, type=int)),
        edition=edition,
        text=text,
        spoken=edition.language(ctx.language),
        invited=counts.people,
        know_it=counts.known(meeting.course),
        zone=ZoneInfo(ctx.time_zone),
        can_note=ctx.day_of(meeting.starts_at) <= ctx.today,
    )


@page(blueprint, "/meetings/<uuid:meeting_id>/cards", needs=Permission.HOLD_MEETING)
def meeting_cards(ctx: Context, meeting_id: UUID) -> Response:
    """The cards of the material, to print on a sheet or two and cut out."""
    meeting = reflection.meeting_in_reach(ctx, meeting_id)
    edition, text = _material(ctx, meeting)
    if not text.reflection.cards:
        raise NotFound
    return render(
        "lead/meeting_cards.html",
        meeting=meeting,
        edition=edition,
        text=text,
        spoken=edition.language(ctx.language),
    )


@page(blueprint, "/meetings/<uuid:meeting_id>/notes", needs=Permission.HOLD_MEETING)
def meeting_notes(ctx: Context, meeting_id: UUID) -> Response:
    """Who took part and what was agreed, to be written on the day or later; may be corrected."""
    meeting = reflection.meeting_in_reach(ctx, meeting_id)
    people = reflection.participants(ctx, meeting)
    present = {person.public_id for person in people if person.state == "present"}
    lines = [Line("", None, ctx.today + USUAL_DUE) for _number in LINES]
    return _show_notes(ctx, meeting, people, present, lines, meeting.notes, {})


@page(
    blueprint, "/meetings/<uuid:meeting_id>/notes", methods=("POST",), writes=True, needs=Permission.HOLD_MEETING
)  # fmt: skip
def meeting_record(ctx: Context, meeting_id: UUID) -> Response:
    """Keep the notes; what is missing is said beside the field, and everything typed stays."""
    values, _unreadable = sent(NOTES, request.form, "present")
    lines, faults = _lines(request.form)
    used = [number for number in LINES if lines[number - 1].is_used]
    if not faults:
        try:
            record_meeting(
                ctx,
                meeting_id,
                present=values["present"],
                agreed=[Agreed(line.what, line.who, line.due) for line in lines if line.is_used],
                notes=values["notes"],
            )
            return redirect(url_for("lead.meetings", noted=meeting_id), 303)
        except Invalid as refusal:
            faults = {_of_row(field, used): code for field, code in refusal.fields.items()}
    meeting = reflection.meeting_in_reach(ctx, meeting_id)
    people = reflection.participants(ctx, meeting)
    return _show_notes(ctx, meeting, people, set(values["present"]), lines, values["notes"], faults)


def _lines(form: MultiDict[str, str]) -> tuple[list[Line], dict[str, str]]:
    """The rows of what was agreed; faults of a row that is used are named by its fields, as `due-2`."""
    lines, faults = [], {}
    for number in LINES:
        row = MultiDict({field: form.get(f"{field}-{number}", "") for field in ("what", "who", "due")})
        values, wrong = sent(LINE, row)
        line = Line(values["what"], values["who"], values["due"])
        lines.append(line)
        if line.is_used:
            faults.update({f"{field}-{number}": code for field, code in wrong.items()})
    return lines, faults


def _of_row(field: str, used: Sequence[int]) -> str:
    """The field of the form that a fault of the n-th line used is about: `what-1` may stand in row 3."""
    name, dash, number = field.partition("-")
    return f"{name}-{used[int(number) - 1]}" if dash else field


def _show_notes(  # the parts of one page
    ctx: Context,
    meeting: MeetingView,
    people: Sequence[reflection.Participant],
    present: set[UUID],
    lines: Sequence[Line],
    notes: str,
    faults: Mapping[str, str],
) -> Response:
    edition, text = _material(ctx, meeting)
    return render(
        "lead/meeting_notes.html",
        status=422 if faults else 200,
        meeting=meeting,
        edition=edition,
        text=text,
        people=people,
        present=present,
        lines=list(enumerate(lines, 1)),
        notes=notes,
        faults=faults,
        agreed=reflection.actions_of(ctx, meeting),
        zone=ZoneInfo(ctx.time_zone),
        too_early=ctx.day_of(meeting.starts_at) > ctx.today,
    )


def _material(ctx: Context, meeting: MeetingView) -> tuple[Edition, CourseText]:
    edition = catalogue.edition(ctx, meeting.edition_id)
    return edition, edition.text(ctx.language)
