"""Notes to oneself at a course: kept at the step that asks for them, and read by nobody but the writer."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import func, select

from lms.base.errors import NotFound
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish_editions
from lms.learning.models import LearnerNote
from lms.learning.notes import keep_note, my_note, my_notes, remove_note
from tests.catalogue.tiny_course import write_files
from tests.catalogue.typed_course import LESSON, NAME, typed_course
from tests.guards.test_fuzz import ODD
from tests.guards.test_urls import address, routes, things
from tests.web.staff_pages import counted, shown

__all__ = ["things"]  # a fixture

ITEM = "practice-reflection"
STEP = f"/courses/{NAME}/{LESSON}/try-reflection"
NOTES = f"/courses/{NAME}/notes"
KEEP = f"{NOTES}/{ITEM}"
SECRET = "I was afraid of the stairs."


@pytest.fixture
def course(granvik, tmp_path):
    """The course of all types, published."""
    with granvik.inside(writes=True) as ctx:
        publish_editions(ctx, write_files(typed_course(), tmp_path / "typed"))
    with granvik.work("amina", writes=False) as ctx:
        return catalogue.current_edition(ctx, NAME)


@pytest.fixture
def amina(english, course):
    assert course
    return english("amina")


def count(town):
    with town.inside() as ctx:
        return ctx.db.scalar(
            select(func.count()).select_from(LearnerNote).where(LearnerNote.employer_id == town.employer_id)
        )


def test_it_is_kept_shown_again_changed_and_removed(granvik, amina):
    assert "Go on without writing" in amina.get(STEP).text
    assert "No notes yet" in amina.get(NOTES).text
    for words in (SECRET, "It went well.\r\nThe stairs are mended."):
        sent = amina.post(KEEP, data={"answer": words})
        assert (sent.status_code, sent.headers["Location"]) == (303, f"{STEP}?saved=1")
        assert "Saved. It is shown to you only." in amina.get(sent.headers["Location"]).text
        assert words.replace("\r\n", "\n") in shown(amina.get(STEP))
        assert words.replace("\r\n", "\n") in shown(amina.get(NOTES))
        assert count(granvik) == 1
    assert f'href="{STEP}"' in amina.get(NOTES).text
    assert f'href="{NOTES}"' in amina.get(f"/courses/{NAME}").text
    for _twice in range(2):
        sent = amina.post(f"{KEEP}/remove")
        assert (sent.status_code, sent.headers["Location"]) == (303, f"{NOTES}?removed=1")
    assert count(granvik) == 0


@pytest.mark.parametrize("words", ["", "  \n ", "x" * 2001, "a\0b"])
def test_no_words_or_too_many_are_refused_and_what_was_written_stays_there(granvik, amina, words):
    sent = amina.post(KEEP, data={"answer": words})
    assert sent.status_code == 422
    assert "Write some words first, at most 2,000 characters." in sent.text
    assert words in shown(sent)
    assert count(granvik) == 0


def test_odd_texts_are_kept_as_they_are_or_refused(granvik, amina):
    for text in ODD:
        status = amina.post(KEEP, data={"answer": text}).status_code
        assert status == (422 if not text.strip() or len(text) > 2000 or "\0" in text else 303)
        if status == 303:
            with granvik.work("amina", writes=False) as ctx:
                assert my_note(ctx, NAME, ITEM) == text.replace("\r\n", "\n").strip()
            assert amina.get(NOTES).status_code == 200
    assert count(granvik) == 1


def test_only_reflections_take_notes(granvik, amina):
    for item in ("practice-single", "exam-single", "nothing"):
        assert amina.post(f"{NOTES}/{item}", data={"answer": "x"}).status_code == 404
    assert amina.post(STEP, data={"answer": "x"}).status_code == 404
    assert amina.get("/courses/documentation/notes").status_code == 200
    assert (
        'href="/courses/documentation/notes"' in amina.get("/courses/documentation").text
    )  # it has reflections
    assert count(granvik) == 0


def unpacked(data: bytes) -> bytes:
    """What is sent; of a packed file all that is in it."""
    if not data.startswith(b"PK"):
        return data
    with ZipFile(BytesIO(data)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_nobody_else_reads_changes_or_removes_it(app, granvik, fjordvik, amina, sign_in, things):
    amina.post(KEEP, data={"answer": SECRET})
    known = things | {"code": things["number"], "name": "x", "token": "x", "course": NAME, "lesson": LESSON,
                      "step": "try-reflection", "item": ITEM}  # fmt: skip
    others = [(granvik, name) for name in ("farid", "karin", "maria", "admin", "jonas")] + [
        (fjordvik, "kari")
    ]
    for town, name in others:
        browser = sign_in(town, name)
        for rule, method in routes(app):
            if method == "GET" and rule.arguments <= known.keys():
                assert SECRET.encode() not in unpacked(browser.get(address(rule, known)).data), rule.rule
        browser.post(f"{KEEP}/remove")
        browser.post(KEEP, data={"answer": "Words of others."})
    assert SECRET in shown(amina.get(NOTES))
    assert "Words of others." not in shown(amina.get(NOTES))


def test_notes_are_asked_for_by_their_writer_only(granvik, fjordvik, course):
    with granvik.work("amina") as ctx:
        keep_note(ctx, course, ITEM, SECRET)
    for town, name in ((granvik, "farid"), (granvik, "karin"), (fjordvik, "kari")):
        with town.work(name) as ctx:
            assert (my_notes(ctx, NAME), my_note(ctx, NAME, ITEM)) == ([], "")
            remove_note(ctx, NAME, ITEM)
    with granvik.inside() as ctx, pytest.raises(NotFound):
        my_notes(ctx, NAME)
    with granvik.work("amina", writes=False) as ctx:
        assert [(note.text, note.ask) for note in my_notes(ctx, NAME)] == [(SECRET, "What do you think?")]


def test_pages_with_notes_take_at_most_six_statements(house, amina):
    amina.post(KEEP, data={"answer": SECRET})
    amina.get(STEP)
    for path in (STEP, NOTES):
        with counted(house) as sent:
            amina.get(path)
        assert len(sent) <= 6, sent
