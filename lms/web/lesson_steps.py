"""A step of a lesson as pages show it: where one is in the course, its text, its practice item."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from flask import request
from markupsafe import Markup
from werkzeug.wrappers import Response

from lms.base.context import Context, work
from lms.base.errors import Invalid, NotFound
from lms.catalogue.local_parts import Local
from lms.catalogue.values import Edition, Lesson, Step, StepText
from lms.learning.practice import practice_feedback, practice_item
from lms.learning.queries import Feedback, Question
from lms.web.answers import moved, sent_answer
from lms.web.course_language import languages_of, read_in
from lms.web.course_text import split_picture, with_word_help
from lms.web.navigation import address
from lms.web.pages import house, render

NO_ANSWER = {"csrf_token", "explained", "move", "to"}  # fields of the form of a practice item
NO_TEXT = StepText("", "")  # of a step that is a practice item


@dataclass(frozen=True)
class Here:
    """Where somebody is in a course: a step, its lesson, its place in it (from 1), the lessons that come after it."""

    edition: Edition
    lesson: Lesson
    step: Step
    place: int
    later: tuple[Lesson, ...]
    along: dict[str, int]  # what addresses carry on: whether the lessons of an update are read

    @property
    def home(self) -> str:
        """Address of what the lesson belongs to: the course, or the update."""
        return address("staff.update" if self.along else "staff.course", course=self.edition.course)

    @property
    def href(self) -> str:
        """Address of the step itself."""
        return self.step_of(self.lesson.id, self.step.id)

    @property
    def end(self) -> tuple[str, str]:
        """What comes after the last lesson and its address: the quiz, or back to the update."""
        if self.along:
            return "update", self.home
        return "quiz", address("staff.quiz", course=self.edition.course)

    def step_of(self, lesson: str, step: str) -> str:
        """Address of a step."""
        return address("staff.step", course=self.edition.course, lesson=lesson, step=step, **self.along)

    @property
    def back(self) -> str:
        """Address of the step before, or of the course from its first step."""
        return self._step(self.place - 1) or self.home

    @property
    def ahead(self) -> tuple[str, str]:
        """What comes next and its address: a step, the next lesson that is needed, or the end."""
        if href := self._step(self.place + 1):
            return "step", href
        if self.later:
            return "lesson", self.step_of(self.later[0].id, self.later[0].steps[0].id)
        return self.end

    def _step(self, place: int) -> str:
        if not 1 <= place <= len(self.lesson.steps):
            return ""
        return self.step_of(self.lesson.id, self.lesson.steps[place - 1].id)


def here_at(
    make: Callable[..., Here], edition: Edition, lesson_id: str, step_id: str, needed: Collection[Lesson]
) -> Here:
    """The place of a step among the lessons that are needed. Raises NotFound if the edition has no such step."""
    lesson = edition.lesson(lesson_id)
    if lesson is not None:
        later = [each for each in edition.lessons[edition.lessons.index(lesson) + 1 :] if each in needed]
        for place, step in enumerate(lesson.steps, 1):
            if step.id == step_id:
                return make(edition, lesson, step, place, tuple(later))
    raise NotFound


@dataclass(frozen=True, slots=True)
class Practice:
    """What a step shows of its practice item: the question with what was sent, or what is said about the answer.

    `note` is what the reader has written at a reflection before, `saved` says that this was a moment ago.
    """

    question: Question | None = None
    feedback: Feedback | None = None
    error: str = ""
    values: object = ""
    note: str = ""
    saved: bool = False

    def worded_in(self, language: str) -> "Practice":
        """The same, said to be worded in a language that is not the one the course is read in."""
        return replace(
            self,
            question=replace(self.question, language=language) if self.question else None,
            feedback=replace(self.feedback, language=language) if self.feedback else None,
        )


def practice_of(ctx: Context, here: Here) -> Practice:
    """The practice item of a step as it is first shown; nothing for a step with text."""
    return Practice(practice_item(ctx, here.edition, here.step.item)) if here.step.item else Practice()


def practised(ctx: Context, edition: Edition, item: str) -> Practice:
    """What is said about the answer in the form to a practice item, or the item as it goes on, in another language too.

    Nothing of the answer is stored. Raises NotFound for what is no practice item.
    """
    to = request.form.get("to", "")
    if to:
        practice_item(ctx, edition, item)  # where there is none, nothing is kept
        with work(house(), ctx.actor, now=ctx.now) as change:
            read_in(ctx, change, to)
    question = practice_item(ctx, edition, item)
    sent = sent_answer(request.form, question.type)
    if "move" in request.form or (to and "explained" not in request.form):
        undecided = request.form.copy()
        order = undecided.poplist("answer")
        question = practice_item(ctx, edition, item, sent_answer(undecided, question.type))
        options = moved(question.options, order, request.form.get("move", ""))
        return Practice(replace(question, options=options), values=sent)
    try:
        said = practice_feedback(ctx, edition, item, sent)
    except Invalid as refusal:
        question = practice_item(ctx, edition, item, sent)
        return Practice(question, error=refusal.fields["answer"], values=sent)
    return Practice(said) if isinstance(said, Question) else Practice(feedback=said)


def show_step(
    ctx: Context,
    template: str,
    here: Here,
    practice: Practice,
    added: Sequence[Local],
    *,
    together: bool = False,
    may_add: bool = False,
) -> Response:
    """The page of a step, with what the employer adds to it.

    `together` says that a group looks at it, `may_add` that the reader may change what is added.
    """
    text = here.edition.text(ctx.language)
    wording = text.lessons[here.lesson.id].steps.get(here.step.id, NO_TEXT)
    picture, rest = split_picture(wording.html)
    addresses = {source.key: source.url for source in here.edition.sources}
    return render(
        template,
        status=422 if practice.error else 200,
        here=here,
        text=text,
        language=here.edition.language(ctx.language),
        languages=languages_of(here.edition),
        title=wording.title,
        picture=Markup(picture),  # noqa: S704  (cleaned when the edition was made)
        html=with_word_help(rest),
        terms=[(word, text.words[word]) for word in wording.words],
        sources=[(key, text.sources[key], addresses[key]) for key in wording.sources],
        question=practice.question,
        feedback=practice.feedback,
        added=[(each, each.text.language(ctx.language, here.edition)) for each in added],
        error=practice.error,
        values=practice.values or practice.note,
        note=practice.note,
        saved=practice.saved,
        may_add=may_add,
        together=together,
        given=[pair for pair in request.form.items(multi=True) if pair[0] not in NO_ANSWER],
    )
