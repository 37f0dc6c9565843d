"""Learn together: choose a course and who is here, show its steps on one screen, then let each take the test alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.catalogue import queries as catalogue
from lms.catalogue.local_parts import Local, local_parts
from lms.catalogue.values import Edition
from lms.learning import groups
from lms.register.team import Member, team
from lms.web.blueprints import lead as blueprint
from lms.web.lead_forms import LeadForm, chosen_unit, sent
from lms.web.lesson_steps import Here, Practice, here_at, practice_of, practised, show_step
from lms.web.navigation import address
from lms.web.pages import page, render
from lms.web.qr import qr_svg

MOST = 300  # people to be ticked on a page
STEP = "/team/together/<uuid:group_id>/<lesson>/<step>"


class GroupForm(LeadForm):
    """Which course, where, and who is there."""

    course = fields.Str(load_default="")
    unit = fields.Str(load_default="")
    people = fields.List(fields.UUID(), load_default=list)


GROUP = GroupForm()


@page(blueprint, "/team/together", needs=Permission.HOLD_MEETING)
def together(ctx: Context) -> Response:
    """Choose a course and tick who is here; or go on with a group that is under way."""
    return _show_new(ctx, request.args.get("unit", ""), request.args.get("course", ""), (), {})


@page(blueprint, "/team/together", methods=("POST",), writes=True, needs=Permission.HOLD_MEETING)
def together_start(ctx: Context) -> Response:
    """Begin with the first step; what is missing is said beside the field, and all ticks stay."""
    values, faults = sent(GROUP, request.form, "people")
    place = chosen_unit(ctx, Permission.HOLD_MEETING, values["unit"])
    if not values["course"]:
        faults.setdefault("course", "missing")
    if not faults and place.key:
        try:
            made = groups.start_group(ctx, place.key, values["course"], values["people"])
            first = catalogue.edition(ctx, made.edition_id).lessons[0]
            return redirect(
                url_for(
                    "lead.together_step", group_id=made.public_id, lesson=first.id, step=first.steps[0].id
                ),
                303,
            )
        except Invalid as refusal:
            faults = refusal.fields
    return _show_new(ctx, values["unit"], values["course"], values["people"], faults)


def _show_new(
    ctx: Context, unit: str, course: str, ticked: Collection[UUID], faults: Mapping[str, str]
) -> Response:
    place = chosen_unit(ctx, Permission.HOLD_MEETING, unit)
    editions = {edition.course: edition for edition in catalogue.current_editions(ctx)}
    return render(
        "lead/together.html",
        status=422 if faults else 200,
        place=place,
        courses=[(edition.course, edition.text(ctx.language).title) for edition in editions.values()],
        course=course,
        under_way=groups.groups_under_way(ctx),
        editions=editions,
        language=ctx.language,
        zone=ZoneInfo(ctx.time_zone),
        ticked=ticked,
        faults=faults,
        **_people(ctx, place.key),
    )


def _people(ctx: Context, unit: UUID | None) -> dict[str, object]:
    """Who may be ticked in a unit, by name; and how many are shown at most, if there are more."""
    people: list[Member] = team(ctx, unit, permission=Permission.HOLD_MEETING, by_name=True, limit=MOST + 1)
    return {"people": people[:MOST], "most": MOST if len(people) > MOST else 0}


@page(blueprint, "/team/together/<uuid:group_id>", needs=Permission.HOLD_MEETING)
def together_group(ctx: Context, group_id: UUID) -> Response:
    """One group: who is here, the lessons to go on with, and its end."""
    return _show_group(ctx, group_id, None, {})


@page(
    blueprint,
    "/team/together/<uuid:group_id>/here",
    methods=("POST",),
    writes=True,
    needs=Permission.HOLD_MEETING,
)
def together_here(ctx: Context, group_id: UUID) -> Response:
    """Say who is here now."""
    values, faults = sent(GROUP, request.form, "people")
    if not faults:
        try:
            groups.change_group(ctx, group_id, values["people"])
            return redirect(url_for("lead.together_group", group_id=group_id, changed=""), 303)
        except Invalid as refusal:
            faults = refusal.fields
    return _show_group(ctx, group_id, values["people"], faults)


@page(
    blueprint,
    "/team/together/<uuid:group_id>/end",
    methods=("POST",),
    writes=True,
    needs=Permission.HOLD_MEETING,
)
def together_end(ctx: Context, group_id: UUID) -> Response:
    """End the group."""
    groups.end_group(ctx, group_id)
    return redirect(url_for("lead.together_group", group_id=group_id), 303)


def _show_group(
    ctx: Context, group_id: UUID, ticked: Collection[UUID] | None, faults: Mapping[str, str]
) -> Response:
    found = groups.group(ctx, group_id)
    edition = catalogue.edition(ctx, found.edition_id)
    return render(
        "lead/together_group.html",
        status=422 if faults else 200,
        group=found,
        is_over=found.is_over(ctx.now),
        edition=edition,
        text=edition.text(ctx.language),
        spoken=edition.language(ctx.language),
        zone=ZoneInfo(ctx.time_zone),
        ticked=groups.members(ctx, found) if ticked is None else ticked,
        changed="changed" in request.args,
        faults=faults,
        **_people(ctx, found.unit_id),
    )


@dataclass(frozen=True, kw_only=True)
class GroupHere(Here):
    """Where a group is in its course."""

    group_id: UUID

    @property
    def home(self) -> str:
        """Address of the page about the group."""
        return address("lead.together_group", group_id=self.group_id)

    @property
    def end(self) -> tuple[str, str]:
        """After the last lesson everybody is sent to the own test."""
        return "quiz", address("lead.together_test", group_id=self.group_id)

    def step_of(self, lesson: str, step: str) -> str:
        """Address of a step on the screen."""
        return address("lead.together_step", group_id=self.group_id, lesson=lesson, step=step)

    @property
    def read(self) -> str:
        """Where it is said that everybody here has read the step, to go on."""
        return address("lead.together_read", group_id=self.group_id, lesson=self.lesson.id, step=self.step.id)


@page(blueprint, STEP, needs=Permission.HOLD_MEETING)
def together_step(ctx: Context, group_id: UUID, lesson: str, step: str) -> Response:
    """One step on the screen; nothing is written by looking."""
    edition = catalogue.edition(ctx, groups.group_under_way(ctx, group_id).edition_id)
    here = _here(group_id, edition, lesson, step)
    return _show_step(ctx, here, practice_of(ctx, here), local_parts(ctx, edition, lesson, step))


@page(blueprint, STEP + "/read", methods=("POST",), writes=True, needs=Permission.HOLD_MEETING)
def together_read(ctx: Context, group_id: UUID, lesson: str, step: str) -> Response:
    """Keep that everybody here has read a step, and go on to what comes next."""
    found = groups.group_under_way(ctx, group_id)
    edition = catalogue.edition(ctx, found.edition_id)
    groups.read_together(ctx, found, edition, lesson, step)
    _kind, ahead = _here(group_id, edition, lesson, step).ahead
    return redirect(ahead, 303)


@page(blueprint, STEP, methods=("POST",), needs=Permission.HOLD_MEETING)
def together_practice(ctx: Context, group_id: UUID, lesson: str, step: str) -> Response:
    """Show what is right at the practice item of a step, or move one of its options; nothing is stored."""
    edition = catalogue.edition(ctx, groups.group_under_way(ctx, group_id).edition_id)
    here = _here(group_id, edition, lesson, step)
    said = practised(ctx, edition, here.step.item or "")
    return _show_step(ctx, here, said, local_parts(ctx, edition, lesson, step))


def _here(group_id: UUID, edition: Edition, lesson: str, step: str) -> Here:
    return here_at(partial(GroupHere, along={}, group_id=group_id), edition, lesson, step, edition.lessons)


def _show_step(ctx: Context, here: Here, practice: Practice, added: Sequence[Local] = ()) -> Response:
    return show_step(ctx, "lead/together_step.html", here, practice, added, together=True)


@page(blueprint, "/team/together/<uuid:group_id>/test", needs=Permission.HOLD_MEETING)
def together_test(ctx: Context, group_id: UUID) -> Response:
    """Each now takes the own test on the own phone; of how far anybody has come nothing is shown."""
    found = groups.group(ctx, group_id)
    edition = catalogue.edition(ctx, found.edition_id)
    course = ctx.house.settings.public_url.rstrip("/") + address("staff.course", course=found.course)
    parts = urlsplit(course)
    return render(
        "lead/together_test.html",
        group=found,
        is_over=found.is_over(ctx.now),
        edition=edition,
        in_room=catalogue.current_edition(ctx, found.course).supervised,
        text=edition.text(ctx.language),
        spoken=edition.language(ctx.language),
        address=parts.netloc + parts.path,
        qr=qr_svg(course),
    )
