"""What staff come to every day: what is to do, the development plan, meetings, the own page."""

from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import EXCLUDE, Schema, fields
from werkzeug.wrappers import Response

from lms.base.access import Permission, Role
from lms.base.context import Context
from lms.base.i18n import LANGUAGES
from lms.catalogue import queries as catalogue
from lms.competence.actions import complete_activity
from lms.competence.queries import my_plan
from lms.identity.actions import TEXT_SIZES, THEMES, set_preferences
from lms.identity.personal_codes import personal_code_since
from lms.identity.queries import own_devices, own_ways
from lms.learning.editions import studied_now
from lms.learning.weekly import is_wanted, studied_and_waits
from lms.organisation.arrival import own_employee_number
from lms.reflection.actions import complete_action
from lms.reflection.queries import actions_of, my_actions, my_meeting, my_meetings
from lms.register.own_duties import my_duties
from lms.web.blueprints import staff as blueprint
from lms.web.course_text import with_word_help
from lms.web.pages import current_visitor, page, render
from lms.web.staff_cards import course_card

ICONS = {  # of the arenas of a plan; others get the calendar
    "e_learning": "book",
    "staff_meeting": "msg",
    "supervision": "users",
    "network": "users",
    "user_dialogue": "users",
    "job_rotation": "repeat",
    "daily_work": "hand",
}


@page(blueprint, "/todo")
def todo(ctx: Context) -> Response:
    """What to do now: the most urgent course large, then the next meeting, the other courses, what was agreed."""
    histories = catalogue.histories(ctx)
    duties = my_duties(ctx)
    taught = {duty.course: duty.taught for duty in duties}
    done, weekly = studied_and_waits(ctx, histories.values(), taught)
    cards = [
        course_card(ctx, histories[duty.course], done[duty.course], duty)
        for duty in duties
        if duty.course in histories
    ]
    first = cards[0] if cards and cards[0].is_open else None
    meeting = next(iter(my_meetings(ctx)), None)
    return render(
        "staff/todo.html",
        first=first,
        others=cards[1:] if first else cards,
        weekly=weekly,
        meeting=meeting,
        meeting_on=ctx.day_of(meeting.starts_at) if meeting else None,
        material=histories[meeting.course].newest if meeting and meeting.course in histories else None,
        language=ctx.language,
        time_zone=ctx.time_zone,
        actions=my_actions(ctx),
        done="done" in request.args,
    )


@page(blueprint, "/actions/<uuid:action_id>/done", methods=("POST",), writes=True)
def action_done(ctx: Context, action_id: UUID) -> Response:
    """Mark an agreed action of one's own as done; back to where the button was."""
    complete_action(ctx, action_id)
    meeting = request.form.get("meeting", type=UUID)
    if meeting is not None:
        return redirect(url_for("staff.meeting", meeting_id=meeting), 303)
    return redirect(url_for("staff.todo", done=1), 303)


@page(blueprint, "/meetings/<uuid:meeting_id>")
def meeting(ctx: Context, meeting_id: UUID) -> Response:
    """A staff meeting of one's own unit: where and when, the reflection task; afterwards what was agreed."""
    found = my_meeting(ctx, meeting_id)
    edition = catalogue.edition(ctx, found.edition_id)
    text = edition.text(ctx.language)
    material = text.reflection
    addresses = {source.key: source.url for source in edition.sources}
    return render(
        "staff/meeting.html",
        meeting=found,
        meeting_on=ctx.day_of(found.starts_at),
        time_zone=ctx.time_zone,
        edition=edition,
        text=text,
        language=edition.language(ctx.language),
        sections={name: with_word_help(html) for name, html in material.sections.items()},
        terms=[(word, text.words[word]) for word in material.words],
        sources=[(key, text.sources[key], addresses[key]) for key in material.sources],
        actions=actions_of(ctx, found) if found.held else [],
    )


@page(blueprint, "/plan")
def plan(ctx: Context) -> Response:
    """One's own development plan as a timeline: done, now, later."""
    found = my_plan(ctx)
    if found is None:
        return render("staff/no_plan.html")
    histories = catalogue.histories(ctx)
    done = studied_now(ctx, histories.values(), {duty.course: duty.taught for duty in my_duties(ctx)})
    cards = {course: course_card(ctx, each, done[course], None) for course, each in histories.items()}
    to_do = [each for goal in found.goals for each in goal.activities if each.done_on is None]
    now = min(to_do, key=lambda each: each.due_on, default=None)
    return render("staff/plan.html", plan=found, cards=cards, now=now, icons=ICONS)


@page(blueprint, "/plan/<uuid:activity_id>/done", methods=("POST",), writes=True)
def activity_done(ctx: Context, activity_id: UUID) -> Response:
    """Mark a free activity of one's own plan as done."""
    complete_activity(ctx, activity_id)
    return redirect(url_for("staff.plan"), 303)


class Preferences(Schema):
    """Language, appearance and size of text, as chosen on the own page."""

    class Meta:
        """Nothing else matters."""

        unknown = EXCLUDE

    language = fields.Str(load_default="")
    theme = fields.Str(load_default="")
    text_size = fields.Str(load_default="normal")


PREFERENCES = Preferences()


@page(blueprint, "/me")
def me(ctx: Context) -> Response:
    """Who one is here, language, appearance and size of text, what the manager sees, where one is signed in."""
    learns = ctx.who.may(Permission.LEARN)
    return render(
        "staff/me.html",
        who=current_visitor(),
        learns=learns,
        themes=THEMES,
        text_sizes=TEXT_SIZES,
        choices=list(LANGUAGES.items()),
        ways=own_ways(ctx),
        employee_number=own_employee_number(ctx),
        weekly=learns and is_wanted(ctx),
        leads=ctx.who.has(Role.LEAD),
        shares_devices=ctx.who.may(Permission.SHARE_DEVICE),
        code_since=personal_code_since(ctx),
        devices=own_devices(ctx),
        time_zone=ctx.time_zone,
        saved=request.args.get("saved", ""),
    )


@page(blueprint, "/me", methods=("POST",), writes=True)
def save_preferences(ctx: Context) -> Response:
    """Keep language, appearance and size of text; the next page shows them."""
    set_preferences(ctx, **PREFERENCES.load(request.form))
    return redirect(url_for("staff.me", saved=1), 303)
