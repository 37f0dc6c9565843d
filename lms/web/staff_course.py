"""Courses for staff: what there is, one course, one step after the other with practice in between."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context, work
from lms.base.errors import Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.catalogue.local_parts import Local, local_parts, note_local_reading
from lms.catalogue.local_rules import ITEM as LOCAL_ITEM
from lms.catalogue.local_rules import with_question
from lms.catalogue.values import Edition, Lesson, Step, StepText
from lms.learning.actions import read_step
from lms.learning.attempts import my_attempts
from lms.learning.editions import lessons_of_update, studied_now
from lms.learning.notes import keep_note, my_note
from lms.learning.practice import practice_feedback, practice_item
from lms.learning.queries import Feedback, Question, studied
from lms.learning.rules import Kind, Studied, asked, first_unread, is_graded, path
from lms.register.editions import my_proof
from lms.register.queries import my_duties
from lms.web.answers import moved, sent_answer
from lms.web.blueprints import staff as blueprint
from lms.web.course_language import languages_of, read_in
from lms.web.course_text import split_picture, with_word_help
from lms.web.navigation import address
from lms.web.pages import house, page, render
from lms.web.staff_cards import course_card, minutes_for

NO_ANSWER = {"csrf_token", "explained", "move", "to"}  # fields of the form of a practice item
NO_TEXT = StepText("", "")  # of a step that is a practice item


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
    duty = next((duty for duty in my_duties(ctx) if duty.course == course), None)
    proof, attempts = my_proof(ctx, course), my_attempts(ctx, course)
    taught = proof.taught if proof else None
    edition, done = history.newest, studied_now(ctx, [history], {course: taught})[course]
    card = course_card(ctx, history, done, duty, taught)
    check: Kind | None = None
    if card.newer is None and attempts.may_refresh(ctx, edition, duty):
        check = "refresher"
    elif card.reading.place and not proof and attempts.may_show(edition):
        check = "pretest"
    return render(
        "staff/course.html",
        card=card,
        check=check,
        check_minutes=minutes_for(asked(edition, check)) if check else 0,
        proof=proof,
        under_way=attempts.under_way("exam"),
        asks_for_notes=any(not is_graded(item) for item in edition.items.values()),
        may_add=ctx.who.may(Permission.WRITE_LOCAL),
        languages=languages_of(edition),
    )


@page(blueprint, "/courses/<course>/<lesson>")
def lesson(ctx: Context, course: str, lesson: str) -> Response:
    """On to the first step of a lesson that has not been read."""
    history = catalogue.history(ctx, course)
    if history.newest.lesson(lesson) is None:
        raise NotFound
    read = studied_now(ctx, [history])[course].read
    step = first_unread(history.newest, lesson, read.get(lesson, ()))
    return redirect(address("staff.step", course=course, lesson=lesson, step=step, **_along()), 303)


def _along() -> dict[str, int]:
    """What an address carries on: whether the lessons of an update are read, one after the other."""
    return {"update": 1} if "update" in request.args else {}


@page(blueprint, "/courses/<course>/<lesson>/<step>", writes=True)
def step(ctx: Context, course: str, lesson: str, step: str) -> Response:
    """One step of a lesson; that it was opened is kept."""
    edition = catalogue.current_edition(ctx, course)
    done = read_step(ctx, edition, lesson, step)
    here = _place(ctx, edition, lesson, step, done)
    question = practice_item(ctx, edition, here.step.item) if here.step.item else None
    added = local_parts(ctx, edition, lesson, step)
    note_local_reading(ctx, added)
    return _show(ctx, here, question=question, added=added)


@page(blueprint, "/courses/<course>/<lesson>/<step>/local", methods=("GET", "POST"))
def local_question(ctx: Context, course: str, lesson: str, step: str) -> Response:
    """The employer's own question at a step, and what is said about the answer; nothing is stored."""
    edition = catalogue.current_edition(ctx, course)
    here = _place(ctx, edition, lesson, step, studied(ctx, [edition.id])[edition.id])
    asking = next((each for each in local_parts(ctx, edition, lesson, step) if each.text.questions), None)
    if asking is None:
        raise NotFound
    whole = with_question(edition, lesson, asking.text, ctx.day_of(asking.recorded_at))
    if request.method == "GET":
        return _show(ctx, here, question=practice_item(ctx, whole, LOCAL_ITEM))
    return _practised(ctx, here, whole, LOCAL_ITEM)


@page(blueprint, "/courses/<course>/<lesson>/<step>", methods=("POST",))
def practice(ctx: Context, course: str, lesson: str, step: str) -> Response:
    """Explain an answer to the practice item of a step, move one of its options, or go on in another language.

    Nothing of the answer is stored.
    """
    edition = catalogue.current_edition(ctx, course)
    here = _place(ctx, edition, lesson, step, studied(ctx, [edition.id])[edition.id])
    return _practised(ctx, here, edition, here.step.item or "")


@page(blueprint, "/courses/<course>/notes/<item>", methods=("POST",), writes=True)
def save_note(ctx: Context, course: str, item: str) -> Response:
    """Keep what was written at a reflection, for the writer alone, and back to its step."""
    edition = catalogue.current_edition(ctx, course)
    where = edition.step_showing(item)
    if where is None:
        raise NotFound
    sent = sent_answer(request.form, "reflection")
    try:
        keep_note(ctx, edition, item, sent)
    except Invalid as refusal:
        here = _place(ctx, edition, *where, studied(ctx, [edition.id])[edition.id])
        question = practice_item(ctx, edition, item)
        return _show(ctx, here, question=question, error=refusal.fields["answer"], values=sent)
    lesson, step = where
    return redirect(address("staff.step", course=course, lesson=lesson, step=step, saved=1, **_along()), 303)


@dataclass(frozen=True, slots=True)
class Here:
    """Where somebody is in a course: a step, its lesson, its place in it (from 1), the lessons that come after it."""

    edition: Edition
    lesson: Lesson
    step: Step
    place: int
    later: tuple[Lesson, ...]
    along: dict[str, int]  # as `_along`

    @property
    def home(self) -> str:
        """Address of what the lesson belongs to: the course, or the update."""
        return address("staff.update" if self.along else "staff.course", course=self.edition.course)

    @property
    def href(self) -> str:
        """Address of the step itself."""
        return self._address(self.lesson, self.step)

    @property
    def back(self) -> str:
        """Address of the step before, or of the course from its first step."""
        return self._step(self.place - 1) or self.home

    @property
    def ahead(self) -> tuple[str, str]:
        """What comes next and its address: a step, the next lesson that is needed, the quiz, or back to the update."""
        if href := self._step(self.place + 1):
            return "step", href
        if self.later:
            return "lesson", self._address(self.later[0], self.later[0].steps[0])
        return (
            ("update", self.home)
            if self.along
            else ("quiz", address("staff.quiz", course=self.edition.course))
        )

    def _step(self, place: int) -> str:
        if not 1 <= place <= len(self.lesson.steps):
            return ""
        return self._address(self.lesson, self.lesson.steps[place - 1])

    def _address(self, lesson: Lesson, step: Step) -> str:
        return address("staff.step", course=self.edition.course, lesson=lesson.id, step=step.id, **self.along)


def _place(ctx: Context, edition: Edition, lesson_id: str, step_id: str, done: Studied) -> Here:
    lesson, along = edition.lesson(lesson_id), _along()
    if lesson is not None:
        needed = lessons_of_update(ctx, edition.course) if along else path(edition, done.shown)
        later = [each for each in edition.lessons[edition.lessons.index(lesson) + 1 :] if each in needed]
        for place, step in enumerate(lesson.steps, 1):
            if step.id == step_id:
                return Here(edition, lesson, step, place, tuple(later), along)
    raise NotFound


def _practised(ctx: Context, here: Here, edition: Edition, item: str) -> Response:
    """What is said about the answer sent to a practice item of an edition, or the item as it goes on."""
    to = request.form.get("to", "")
    if to:
        with work(house(), ctx.actor, now=ctx.now) as change:
            read_in(ctx, change, to)
    question = practice_item(ctx, edition, item)
    sent = sent_answer(request.form, question.type)
    if "move" in request.form or (to and "explained" not in request.form):
        undecided = request.form.copy()
        order = undecided.poplist("answer")
        question = practice_item(ctx, edition, item, sent_answer(undecided, question.type))
        options = moved(question.options, order, request.form.get("move", ""))
        return _show(ctx, here, question=replace(question, options=options), values=sent)
    try:
        said = practice_feedback(ctx, edition, item, sent)
    except Invalid as refusal:
        question = practice_item(ctx, edition, item, sent)
        return _show(ctx, here, question=question, error=refusal.fields["answer"], values=sent)
    if isinstance(said, Question):
        return _show(ctx, here, question=said)
    return _show(ctx, here, feedback=said)


def _show(
    ctx: Context,
    here: Here,
    *,
    question: Question | None = None,
    feedback: Feedback | None = None,
    added: Sequence[Local] = (),
    error: str = "",
    values: object = "",
) -> Response:
    text = here.edition.text(ctx.language)
    wording = text.lessons[here.lesson.id].steps.get(here.step.id, NO_TEXT)
    picture, rest = split_picture(wording.html)
    addresses = {source.key: source.url for source in here.edition.sources}
    note = ""
    if question is not None and not question.is_graded:
        note = my_note(ctx, here.edition.course, here.step.item or "")
    return render(
        "staff/step.html",
        status=422 if error else 200,
        here=here,
        text=text,
        language=here.edition.language(ctx.language),
        languages=languages_of(here.edition),
        title=wording.title,
        picture=Markup(picture),  # noqa: S704  (cleaned when the edition was made)
        html=with_word_help(rest),
        terms=[(word, text.words[word]) for word in wording.words],
        sources=[(key, text.sources[key], addresses[key]) for key in wording.sources],
        question=question,
        feedback=feedback,
        added=[(each, each.text.language(ctx.language, here.edition)) for each in added],
        may_add=ctx.who.may(Permission.WRITE_LOCAL),
        error=error,
        values=values or note,
        note=note,
        saved="saved" in request.args,
        given=[pair for pair in request.form.items(multi=True) if pair[0] not in NO_ANSWER],
    )
