"""What an employer adds to a course: it fits or says that it does not, stays on record, belongs to that employer."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lms.base.errors import Conflict, Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.catalogue.local_parts import (
    local_part,
    local_parts,
    note_local_reading,
    placed_parts,
    remove_local,
    write_local,
)
from lms.catalogue.local_rules import (
    CONTENT,
    ITEM,
    LONGEST_ROUTINE,
    Fit,
    LocalQuestion,
    LocalText,
    faults_of,
    fit,
    stands_at,
    with_question,
)
from lms.catalogue.models import EditionRow, LocalPart, LocalReading
from lms.catalogue.values import Lesson, Step
from lms.learning.practice import practice_feedback, practice_item
from tests.catalogue.test_reading import read
from tests.catalogue.tiny_course import tiny_course, write_files
from tests.learning.taking import COURSE

ASKED = LocalQuestion(
    "Vem ringer du?", {"a": "Jourtelefonen", "b": "Ingen"}, {"a": "Den är bemannad.", "b": "Då vet ingen."}
)
THREE = LocalQuestion("Whom do you call?", dict.fromkeys("abc", "Me"), dict.fromkeys("abc", "So."))
ROUTINE = LocalText(
    {"sv": "Ring 021-39 00 00.\n\nSkriv sedan i Treserva."}, "https://intra.granvik.example/rutin"
)
WITH_QUESTION = replace(ROUTINE, questions={"sv": ASKED}, key="a")
STEPS = ("start", "see", "try-1", "choose", "remember")
LESSON = Lesson("tea", ("tea",), 3, tuple(Step(name, "explain") for name in STEPS))
PLACE = ("right-record", "two-records")


@pytest.fixture
def tiny(tmp_path):
    """The tiny course as an edition."""
    return read(write_files(tiny_course(), tmp_path))


def without_step(edition, lesson_id, step_id):
    lessons = tuple(
        replace(lesson, steps=tuple(step for step in lesson.steps if step.id != step_id))
        if lesson.id == lesson_id
        else lesson
        for lesson in edition.lessons
    )
    return replace(edition, lessons=lessons)


def reworded(edition, lesson_id, step_id):
    text = edition.texts["sv"]
    lesson = text.lessons[lesson_id]
    step = replace(lesson.steps[step_id], html="<p>Otherwise.</p>")
    lesson = replace(lesson, steps=lesson.steps | {step_id: step})
    return replace(
        edition, texts=edition.texts | {"sv": replace(text, lessons=text.lessons | {lesson_id: lesson})}
    )


def test_it_fits_as_long_as_the_step_reads_the_same(tiny):
    assert fit("tea", "see", tiny, replace(tiny, label="2027.1")) is Fit.FITS
    assert fit("tea", "see", tiny, reworded(tiny, "cup", "see")) is Fit.FITS
    assert fit("tea", "see", tiny, reworded(tiny, "tea", "see")) is Fit.CHANGED
    assert fit("tea", "try-1", tiny, reworded(tiny, "tea", "see")) is Fit.FITS
    assert fit("tea", "see", tiny, without_step(tiny, "tea", "see")) is Fit.MOVED
    assert fit("tea", "see", tiny, replace(tiny, lessons=tiny.lessons[1:])) is Fit.GONE


@given(st.sampled_from([*STEPS, "gone"]), st.sets(st.integers(0, 4), max_size=4))
def test_it_always_stands_at_a_step_there_is(step_id, removed):
    steps = tuple(step for place, step in enumerate(LESSON.steps) if place not in removed)
    lesson = replace(LESSON, steps=steps)
    where = stands_at(lesson, step_id)
    assert where in {step.id for step in steps}
    assert where == step_id or step_id not in {step.id for step in steps}


def test_the_question_becomes_an_item_in_every_language_of_the_course(tiny):
    whole = with_question(tiny, "tea", WITH_QUESTION, date(2026, 6, 1))
    assert whole.items[ITEM].key == "a"
    assert {text.items[ITEM].ask for text in whole.texts.values()} == {"Vem ringer du?"}
    assert ITEM not in tiny.items


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (ROUTINE, {}),
        (WITH_QUESTION, {}),
        (LocalText({}), {"routine-sv": "missing"}),
        (LocalText({"en": "Call."}), {"routine-sv": "missing"}),
        (LocalText({"sv": "x" * (LONGEST_ROUTINE + 1)}), {"routine-sv": "too_long"}),
        (replace(ROUTINE, link="http://intra.example"), {"link": "no_address"}),
        (replace(ROUTINE, link="javascript:alert(1)"), {"link": "no_address"}),
        (replace(ROUTINE, link="https://"), {"link": "no_address"}),
        (replace(ROUTINE, link="https://[x"), {"link": "no_address"}),
        (replace(ROUTINE, link="https://a.example/" + "x" * 300), {"link": "too_long"}),
        (replace(WITH_QUESTION, key="c"), {"key": "missing"}),
        (replace(WITH_QUESTION, routine=ROUTINE.routine | {"en": "Call."}), {"ask-en": "languages"}),
        (
            LocalText({"sv": "Ring."}, questions={"sv": ASKED, "en": THREE}, key="a"),
            {"option-sv-c": "missing", "why-sv-c": "missing", "routine-en": "missing"},
        ),
        (replace(WITH_QUESTION, questions={"sv": replace(ASKED, ask="")}), {"ask-sv": "missing"}),
        (
            replace(WITH_QUESTION, questions={"sv": replace(ASKED, options={"a": "Jour"})}),
            {"option-sv-b": "missing"},
        ),
        (
            replace(WITH_QUESTION, questions={"sv": replace(ASKED, why={"a": "x", "b": "x" * 301})}),
            {"why-sv-b": "too_long"},
        ),
    ],
)
def test_what_is_wrong_is_named_by_field(text, faults):
    assert faults_of(text, "sv") == faults


def test_it_is_stored_as_it_was_written():
    assert CONTENT.validate_python(CONTENT.dump_python(WITH_QUESTION, mode="json")) == WITH_QUESTION


def write(town, text, by="maria", place=PLACE):
    with town.work(by) as ctx:
        write_local(ctx, catalogue.current_edition(ctx, COURSE), *place, text)


def shown_to(town, name, place=PLACE):
    with town.work(name, writes=False) as ctx:
        return [local.text for local in local_parts(ctx, catalogue.current_edition(ctx, COURSE), *place)]


def test_staff_of_the_employer_see_it_where_it_stands(granvik, fjordvik):
    write(granvik, ROUTINE)
    assert shown_to(granvik, "amina") == [ROUTINE]
    assert shown_to(granvik, "amina", ("right-record", "remember")) == []
    assert shown_to(fjordvik, "kari") == []


def test_a_change_is_another_version_and_the_old_one_stays_on_record(granvik):
    write(granvik, ROUTINE)
    write(granvik, WITH_QUESTION)
    write(granvik, WITH_QUESTION)  # the same again is no change
    assert shown_to(granvik, "amina") == [WITH_QUESTION]
    with granvik.inside() as ctx:
        rows = ctx.db.scalars(select(LocalPart).order_by(LocalPart.id)).all()
        assert [row.superseded_at is None for row in rows] == [False, True]
    with granvik.work("maria") as ctx:
        remove_local(ctx, COURSE, *PLACE)
    assert shown_to(granvik, "amina") == []
    with granvik.work("maria") as ctx, pytest.raises(NotFound):
        remove_local(ctx, COURSE, *PLACE)


def test_which_version_somebody_has_seen_is_kept_once(granvik):
    for text in (ROUTINE, WITH_QUESTION):
        write(granvik, text)
        for _twice in range(2):
            with granvik.work("amina") as ctx:
                note_local_reading(ctx, local_parts(ctx, catalogue.current_edition(ctx, COURSE), *PLACE))
    with granvik.inside() as ctx:
        read = ctx.db.execute(select(LocalReading.person_id, LocalReading.local_part_id)).all()
    amina = granvik.person("amina").id
    assert [row.person_id for row in read] == [amina, amina]
    assert len({row.local_part_id for row in read}) == 2


def test_the_question_is_practised(granvik):
    write(granvik, WITH_QUESTION)
    with granvik.work("amina", writes=False) as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
        whole = with_question(edition, PLACE[0], WITH_QUESTION, ctx.today)
        assert {option for option, _text in practice_item(ctx, whole, ITEM).options} == {"a", "b"}
        assert practice_feedback(ctx, whole, ITEM, "a").right
        assert not practice_feedback(ctx, whole, ITEM, "b").right


def test_staff_and_leads_cannot_write(granvik):
    for name in ("amina", "karin", "admin"):
        with pytest.raises(NotFound):
            write(granvik, ROUTINE, by=name)


def test_only_steps_there_are_can_be_added_to(granvik):
    with pytest.raises(NotFound):
        write(granvik, ROUTINE, place=("right-record", "nowhere"))
    with pytest.raises(Invalid):
        write(granvik, LocalText({}))
    with granvik.work("maria", writes=False) as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
        assert local_part(ctx, edition, *PLACE) is None
        with pytest.raises(NotFound):
            local_part(ctx, edition, "right-record", "nowhere")


def test_a_new_edition_shows_what_no_longer_fits(granvik):
    write(granvik, ROUTINE)
    with granvik.work("maria", writes=False) as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
        for now, how in (
            (edition, Fit.FITS),
            (reworded(edition, *PLACE), Fit.CHANGED),
            (without_step(edition, *PLACE), Fit.MOVED),
            (replace(edition, lessons=edition.lessons[1:]), Fit.GONE),
        ):
            (part,) = placed_parts(ctx, now)[PLACE[0]]
            assert part.fit is how
        last = without_step(edition, *PLACE).lesson(PLACE[0]).steps[-1].id
        moved = local_parts(ctx, without_step(edition, *PLACE), PLACE[0], last)
        assert [local.text for local in moved] == [ROUTINE]


def test_found_to_fit_still_it_is_saved_for_the_new_edition(granvik):
    write(granvik, ROUTINE)
    with granvik.inside() as ctx:
        ctx.db.scalars(select(LocalPart)).one().edition_id = other = _another_edition(ctx)
    write(granvik, ROUTINE)
    with granvik.inside() as ctx:
        now = ctx.db.scalars(select(LocalPart.edition_id).where(LocalPart.superseded_at.is_(None))).one()
        assert now != other


def _another_edition(ctx):
    return ctx.db.scalars(select(EditionRow.id).where(EditionRow.country == "NO")).first()


def test_two_who_write_at_once_do_not_overwrite_each_other(granvik, monkeypatch):
    write(granvik, ROUTINE)
    monkeypatch.setattr("lms.catalogue.local_parts._in_force", lambda *_args, **_named: None)
    with pytest.raises(Conflict, match="local_written"):
        write(granvik, WITH_QUESTION)
    monkeypatch.undo()
    assert shown_to(granvik, "amina") == [ROUTINE]
