"""A course as it is kept on a phone: its pages as they are opened without network, and what each answer leads to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from flask import g, make_response, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import Conflict
from lms.catalogue import queries as catalogue
from lms.catalogue.items import TYPES
from lms.catalogue.local_parts import Local, all_local_parts
from lms.catalogue.values import Edition
from lms.learning.editions import lessons_to_read, my_newer
from lms.learning.notes import my_note
from lms.learning.offline import SealedExam, seal_exam
from lms.learning.practice import foreseen, practice_item
from lms.learning.queries import Question
from lms.register.editions import my_proof
from lms.web.answers import as_sent
from lms.web.course_language import languages_of
from lms.web.lesson_steps import Here, Practice, here_at, show_step
from lms.web.navigation import address
from lms.web.pages import render
from lms.web.refusals import words
from lms.web.staff_course import course as course_page
from lms.web.staff_question import AT

ANY = "*"  # what is shown for an answer that was not foreseen
INCOMPLETE = "!"  # for one that lacks something
OF_QUESTION = 3  # pages
OVER = "over"  # where the questions that were handed out are of no use any more
FULL = "full"  # and where the phone had no room for it


@dataclass(frozen=True, slots=True)
class Kept:
    """One page: its address, for a page that answers a form what was sent (empty otherwise), and its HTML."""

    at: str
    sent: str
    html: str


@dataclass(slots=True)
class KeptCourse:
    """All of a course: pages, files they show, and the test, or why it cannot be taken without network."""

    edition: Edition
    pages: list[Kept] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    exam: SealedExam | None = None
    no_exam: tuple[str, str] | None = None  # heading and text


def canonical(pairs: list[tuple[str, str]]) -> str:
    """An answer as one line by which its page is found: fields by name, values of one name in the order sent."""
    return urlencode(sorted(pairs, key=lambda pair: pair[0]))


def course_as_kept(ctx: Context, course: str) -> KeptCourse:
    """A whole course for the actor's phone; the test is handed out with it. Nothing counts as read."""
    kept = _to_read(ctx, course)
    with _opened_without_network():
        start = make_response(course_page(ctx, course))
        kept.pages.append(Kept(address("staff.course", course=course), "", _html(start)))
        kept.pages += _exam(ctx, kept)
    return kept


def size_of(ctx: Context, course: str) -> int:
    """About how many bytes a course takes on a phone, before it is there: a question is as long as other pages."""
    kept = _to_read(ctx, course)
    pages = sum(len(page.html.encode()) for page in kept.pages)
    questions = OF_QUESTION * kept.edition.exam_items * pages // len(kept.pages)
    pictures = sum(len(catalogue.media(ctx, digest)) for digest in set(kept.edition.media.values()))
    return pages + questions + pictures


def _to_read(ctx: Context, course: str) -> KeptCourse:
    history = catalogue.history(ctx, course)
    edition = history.newest
    kept = KeptCourse(edition)
    needed, added = lessons_to_read(ctx, history, None), all_local_parts(ctx, edition)
    with _opened_without_network():
        for lesson in edition.lessons:
            for step in lesson.steps:
                here = here_at(partial(Here, along={}), edition, lesson.id, step.id, needed)
                kept.pages += _step(ctx, here, added.get((lesson.id, step.id), []))
    kept.files = [url_for("public.media", digest=digest) for digest in sorted(set(edition.media.values()))]
    return kept


@contextmanager
def _opened_without_network() -> Iterator[None]:
    """Pages that are rendered meanwhile say that they are opened without network."""
    g.kept = True
    try:
        yield
    finally:
        g.kept = False


def _html(response: Response) -> str:
    return response.get_data(as_text=True)


def _step(ctx: Context, here: Here, added: list[Local]) -> Iterator[Kept]:
    """A step; of one with a practice item also what each answer leads to."""
    edition, item_id = here.edition, here.step.item
    show = partial(show_step, ctx, "staff/step.html", here, added=added)
    if item_id is None:
        yield Kept(here.href, "", _html(show(Practice())))
        return
    question = practice_item(ctx, edition, item_id)
    if not question.is_graded:
        practice = Practice(question, note=my_note(ctx, edition.course, item_id))
        yield Kept(here.href, "", _html(show(practice)))
        for sent, error in ((INCOMPLETE, "choose_reflection"), (FULL, "phone_full")):
            refused = _html(show(replace(practice, error=error)))
            yield Kept(address("staff.save_note", course=edition.course, item=item_id), sent, refused)
        return
    in_steps = TYPES[question.type].in_steps
    said, other = foreseen(ctx, edition, item_id)
    yield Kept(here.href, "", _html(show(Practice(question))))
    yield Kept(here.href, INCOMPLETE, _html(show(Practice(question, error=f"choose_{question.type}"))))
    for value, answer in said.items():
        shown = Practice(answer) if isinstance(answer, Question) else Practice(feedback=answer)
        sent = canonical(as_sent(json.loads(value), in_steps=in_steps))
        yield Kept(here.href, sent, _html(show(shown)))
    yield Kept(here.href, ANY, _html(show(Practice(feedback=other))))


def _exam(ctx: Context, kept: KeptCourse) -> Iterator[Kept]:
    """Before the test, its questions, and where its answers are; or why it cannot be taken without network."""
    course, edition = kept.edition.course, kept.edition
    try:
        kept.exam = _sealed(ctx, edition)
    except Conflict as refusal:
        kept.no_exam = words(refusal, ctx.language, ctx.time_zone)
    else:
        edition = catalogue.edition(ctx, kept.exam.edition_id)
    worded: dict[str, Any] = {
        "edition": edition,
        "text": edition.text(ctx.language),
        "language": edition.language(ctx.language),
        "languages": languages_of(edition),
        "exam": kept.exam,
    }
    last_day = (
        ctx.day_of(kept.exam.sealed_until) - timedelta(days=1) if kept.exam else None
    )  # the last whole one
    start = render("staff/phone_quiz.html", why=kept.no_exam, last_day=last_day, **worded)
    yield Kept(address("staff.quiz", course=course), "", _html(start))
    if kept.exam is None:
        return
    over = words(Conflict("sealed_over"), ctx.language, ctx.time_zone)
    used_up = render("staff/phone_quiz.html", last_day=None, **worded | {"why": over, "exam": None})
    yield Kept(address("staff.quiz", course=course), OVER, _html(used_up))
    for question in kept.exam.questions:
        at = address("staff.question", course=course, place=question.place)
        show = partial(
            render, "staff/question.html", kind="exam", at=AT["exam"], course=course, question=question, feedback=None,
            count=kept.exam.count, values="", client_id=uuid4(), **worded,
        )  # fmt: skip
        for sent, error in (("", ""), (INCOMPLETE, f"choose_{question.type}"), (FULL, "phone_full")):
            yield Kept(at, sent, _html(show(error=error)))
    yield Kept(address("staff.result", course=course), "", _html(render("staff/phone_result.html", **worded)))


def _sealed(ctx: Context, edition: Edition) -> SealedExam:
    """The test to take along; not for who has a certificate that need not be renewed. Raises Conflict."""
    proof = my_proof(ctx, edition.course)
    if proof and not proof.taught.is_to_renew(ctx.today) and not my_newer(ctx, edition.course):
        raise Conflict("has_certificate")
    return seal_exam(ctx, edition.course, edition.language(ctx.language))
