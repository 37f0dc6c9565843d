"""Courses for staff: what there is, one course, one step after the other with practice in between."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from flask import redirect, request
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.catalogue.local_parts import Local, local_parts, note_local_reading
from lms.catalogue.local_rules import ITEM as LOCAL_ITEM
from lms.catalogue.local_rules import stands_at, with_question
from lms.catalogue.queries import History
from lms.catalogue.values import Edition, Lesson
from lms.learning.actions import read_step
from lms.learning.attempts import my_attempts
from lms.learning.editions import lessons_to_read, my_newer, studied_now
from lms.learning.notes import keep_note, my_note
from lms.learning.practice import practice_item
from lms.learning.rules import Deeds, Kind, count_asked, first_unread, is_graded
from lms.register.editions import my_proof
from lms.register.own_duties import my_duties, my_duty
from lms.web.answers import sent_answer
from lms.web.blueprints import staff as blueprint
from lms.web.course_language import languages_of
from lms.web.lesson_steps import Here, Practice, here_at, practice_of, practised, show_step
from lms.web.navigation import address
from lms.web.pages import page, render
from lms.web.staff_cards import course_card, minutes_for


@page(blueprint, "/courses")
def courses(ctx: Context) -> Response:
    """All courses of the employer's country, with where the reader stands in each."""
    histories = catalogue.histories(ctx)
    duties = {duty.course: duty for duty in my_duties(ctx)}
    done = studied_now(ctx, histories.values(), {course: duty.taught for course, duty in duties.items()})
    cards = [
        course_card(ctx, history, done[course], duties.get(course)) for course, history in histories.items()
    ]
    return render("staff/courses.html", cards=cards)


@page(blueprint, "/courses/<course>")
def course(ctx: Context, course: str) -> Response:
    """One course: its lessons, the test, what it leads to, what it builds on."""
    history = catalogue.history(ctx, course)
    duty = my_duty(ctx, course)
    proof, attempts = my_proof(ctx, course), my_attempts(ctx, course)
    taught = proof.taught if proof else None
    edition, done = history.newest, studied_now(ctx, [history], {course: taught})[course]
    card = course_card(ctx, history, done, duty, taught)
    if taught and taught.has_run_out(ctx.today):
        proof = None
    check: Kind | None = None
    if card.newer is None and attempts.may_refresh(ctx, edition, taught):
        check = "refresher"
    elif card.reading.place and not proof and attempts.may_show(edition):
        check = "pretest"
    return render(
        "staff/course.html",
        card=card,
        check=check,
        check_minutes=minutes_for(count_asked(edition, check)) if check else 0,
        proof=proof,
        under_way=attempts.exam_begun(ctx.now),
        in_room=attempts.in_room(edition, ctx.now),
        reopened=attempts.reopened(ctx.now),
        time_zone=ctx.time_zone,
        asks_for_notes=any(not is_graded(item) for item in edition.items.values()),
        may_add=ctx.who.may(Permission.WRITE_LOCAL),
        may_see_items=ctx.who.may(Permission.SEE_ITEMS),
        languages=languages_of(edition),
    )


@page(blueprint, "/courses/<course>/<lesson>")
def lesson(ctx: Context, course: str, lesson: str) -> Response:
    """On to the first step of a lesson that has not been read."""
    history, proof = catalogue.history(ctx, course), my_proof(ctx, course)
    if history.newest.lesson(lesson) is None:
        raise NotFound
    read = studied_now(ctx, [history], {course: proof.taught if proof else None})[course].read
    step = first_unread(history.newest, lesson, read.get(lesson, ()))
    return redirect(address("staff.step", course=course, lesson=lesson, step=step, **_along()), 303)


def _along() -> dict[str, int]:
    """What an address carries on: whether the lessons of an update are read, one after the other."""
    return {"update": 1} if "update" in request.args else {}


@page(blueprint, "/courses/<course>/<lesson>/<step>", writes=True)
def step(ctx: Context, course: str, lesson: str, step: str) -> Response:
    """One step of a lesson; that it was opened is kept."""
    history = catalogue.history(ctx, course)
    here = _place(ctx, history, lesson, step, read_step(ctx, history.newest, lesson, step))
    added = local_parts(ctx, history.newest, lesson, step)
    note_local_reading(ctx, added)
    return _show(ctx, here, practice_of(ctx, here), added)


@page(blueprint, "/courses/<course>/<lesson>/<step>/local", methods=("GET", "POST"))
def local_question(ctx: Context, course: str, lesson: str, step: str) -> Response:
    """The employer's own question written for a step, which may be gone, and what is said about the answer.

    Nothing is stored. The routine stands beside what is said, for before one is to remember it.
    """
    history = catalogue.history(ctx, course)
    edition, taught = history.newest, history.newest.lesson(lesson)
    if taught is None:
        raise NotFound
    here = _place(ctx, history, lesson, stands_at(taught, step))
    there = local_parts(ctx, edition, lesson, here.step.id)
    asking = next((each for each in there if each.step == step and each.text.questions), None)
    if asking is None:
        raise NotFound
    whole = with_question(edition, lesson, asking.text, ctx.day_of(asking.recorded_at))
    if request.method == "GET":
        question = practice_item(ctx, whole, LOCAL_ITEM)
        return _show(ctx, here, Practice(question).worded_in(_spoken(ctx, edition, asking)))
    said = practised(ctx, whole, LOCAL_ITEM)  # and may have gone on in another language
    said = said.worded_in(_spoken(ctx, edition, asking))
    routine = replace(asking, text=replace(asking.text, questions={}, key=""))
    return _show(ctx, here, said, [routine] if said.feedback else [])


def _spoken(ctx: Context, edition: Edition, asking: Local) -> str:
    """The language an own question is worded in for the reader: the course may be there in others."""
    return asking.text.language(edition.language(ctx.language), edition)


@page(blueprint, "/courses/<course>/<lesson>/<step>", methods=("POST",))
def practice(ctx: Context, course: str, lesson: str, step: str) -> Response:
    """Explain an answer to the practice item of a step, move one of its options, or go on in another language.

    Nothing of the answer is stored.
    """
    history = catalogue.history(ctx, course)
    edition, here = history.newest, _place(ctx, history, lesson, step)
    said = practised(ctx, edition, here.step.item or "")
    return _show(ctx, here, said, local_parts(ctx, edition, lesson, step))


@page(blueprint, "/courses/<course>/notes/<item>", methods=("POST",), writes=True)
def save_note(ctx: Context, course: str, item: str) -> Response:
    """Keep what was written at a reflection, for the writer alone, and back to its step."""
    history = catalogue.history(ctx, course)
    edition = history.newest
    where = edition.step_showing(item)
    if where is None:
        raise NotFound
    sent = sent_answer(request.form, "reflection")
    try:
        keep_note(ctx, edition, item, sent)
    except Invalid as refusal:
        here = _place(ctx, history, *where)
        question = practice_item(ctx, edition, item)
        said = Practice(question, error=refusal.fields["answer"], values=sent)
        return _show(ctx, here, said, local_parts(ctx, edition, *where))
    lesson, step = where
    return redirect(address("staff.step", course=course, lesson=lesson, step=step, saved=1, **_along()), 303)


def _place(
    ctx: Context, history: History, lesson_id: str, step_id: str, done: Mapping[int, Deeds] | None = None
) -> Here:
    along = _along()
    needed = _changed(ctx, history.newest.course) if along else lessons_to_read(ctx, history, done)
    return here_at(partial(Here, along=along), history.newest, lesson_id, step_id, needed)


def _changed(ctx: Context, course: str) -> Collection[Lesson]:
    found = my_newer(ctx, course)
    return found.lessons if found else ()


def _show(ctx: Context, here: Here, practice: Practice, added: Sequence[Local] = ()) -> Response:
    if practice.question is not None and not practice.question.is_graded:
        note = my_note(ctx, here.edition.course, here.step.item or "")
        practice = replace(practice, note=note, saved="saved" in request.args)
    may_add = ctx.who.may(Permission.WRITE_LOCAL)
    return show_step(ctx, "staff/step.html", here, practice, added, may_add=may_add)
