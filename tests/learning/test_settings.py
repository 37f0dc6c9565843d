"""What an employer allows at a course: who says so, the trace it leaves, what it means for the exam's language."""

import pytest
from sqlalchemy import select

from lms.base.access import Role
from lms.base.audit import AuditEntry
from lms.base.errors import NotFound
from lms.evidence.queries import my_certificates
from lms.learning import actions
from lms.learning.exam_language import choose_exam_language
from lms.learning.models import Answer, CourseSetting
from lms.learning.queries import quiz_page
from lms.learning.settings import Setting, course_setting, course_settings, set_course
from lms.organisation.actions import grant_role
from tests.builders import START
from tests.learning.taking import COURSE, key_of


def setting(town, name="amina"):
    with town.work(name, writes=False) as ctx:
        return course_setting(ctx, COURSE)


def set_free(town, by="maria", *, free=True):
    with town.work(by) as ctx:
        set_course(ctx, COURSE, pretest=True, exam_language_free=free)


def traces(town):
    with town.inside() as ctx:
        rows = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "course.set"))
        return [row.facts for row in rows]


def test_as_long_as_nothing_is_set_the_author_decides_and_the_exam_follows_the_reading(granvik):
    assert setting(granvik) == Setting(pretest=True, exam_language_free=False)
    with granvik.work("maria", writes=False) as ctx:
        assert course_settings(ctx) == {}


@pytest.mark.parametrize("by", ["maria", "admin"])
def test_what_is_set_holds_for_everybody_there_and_nowhere_else(granvik, fjordvik, by):
    with granvik.work(by) as ctx:
        set_course(ctx, COURSE, pretest=False, exam_language_free=True)
    assert setting(granvik) == Setting(pretest=False, exam_language_free=True)
    assert setting(fjordvik, "kari") == Setting()
    with granvik.work(by, writes=False) as ctx:
        assert course_settings(ctx) == {COURSE: Setting(pretest=False, exam_language_free=True)}


def test_a_change_leaves_a_trace_and_the_same_once_more_does_not(granvik):
    for free in (True, True, False):
        set_free(granvik, free=free)
    assert traces(granvik) == [
        {"course": COURSE, "pretest": True, "exam_language_free": free} for free in (True, False)
    ]
    with granvik.inside() as ctx:
        assert len(ctx.db.scalars(select(CourseSetting)).all()) == 1


@pytest.mark.parametrize("name", ["amina", "karin"])
def test_staff_and_leads_set_nothing(granvik, name):
    with pytest.raises(NotFound), granvik.work(name) as ctx:
        set_course(ctx, COURSE, pretest=False, exam_language_free=True)
    assert setting(granvik) == Setting()


def test_an_officer_of_a_part_sets_nothing_for_the_whole(granvik):
    with granvik.inside(writes=True) as ctx:
        grant_role(
            ctx,
            person=granvik.person("hodan"),
            role=Role.OFFICER,
            unit=granvik.unit("Eken"),
            valid_from=START,
        )
    with pytest.raises(NotFound):
        set_free(granvik, by="hodan")


def test_there_is_nothing_to_set_at_a_course_that_is_not_there(granvik):
    with pytest.raises(NotFound), granvik.work("maria") as ctx:
        set_course(ctx, "tightrope", pretest=True, exam_language_free=True)


def read_and_pass(town, reading, chosen):
    """Take the exam, opened in one language and read in another; the languages of its pages and of the certificate."""
    shown = set()
    with town.work("amina") as ctx:
        ctx.language = reading
        attempt = actions.open_attempt(ctx, COURSE, chosen)
    for place in range(1, len(attempt.drawn) + 1):
        with town.work("amina") as ctx:
            ctx.language = reading
            shown.add(quiz_page(ctx, COURSE, place).language)
            value = key_of(ctx, attempt, place)
            actions.answer_item(ctx, attempt.public_id, place, client_id=f"c{place}", value=value)
    with town.work("amina", writes=False) as ctx:
        return shown, my_certificates(ctx)[0].content.language


def test_the_exam_is_in_the_language_one_reads_in(granvik):
    assert read_and_pass(granvik, "sv", "en") == ({"sv"}, "sv")


def test_where_it_is_free_the_exam_and_its_certificate_are_in_the_language_chosen(granvik):
    set_free(granvik)
    assert read_and_pass(granvik, "sv", "en") == ({"en"}, "en")


@pytest.mark.parametrize("free", [True, False])
def test_a_look_into_another_language_at_the_end_does_not_change_that_of_the_certificate(granvik, free):
    set_free(granvik, free=free)
    with granvik.work("amina") as ctx:
        attempt = actions.open_attempt(ctx, COURSE, "sv")
    for place in range(1, len(attempt.drawn) + 1):
        with granvik.work("amina") as ctx:
            ctx.language = now = "en" if place == len(attempt.drawn) else "sv"
            choose_exam_language(ctx, COURSE, now)
            value = key_of(ctx, attempt, place)
            actions.answer_item(ctx, attempt.public_id, place, client_id=f"c{place}", value=value)
    with granvik.work("amina", writes=False) as ctx:
        assert my_certificates(ctx)[0].content.language == "sv"
        answers = ctx.db.scalars(select(Answer.language).where(Answer.employer_id == ctx.employer_id))
        assert sorted(answers) == ["en"] + ["sv"] * (len(attempt.drawn) - 1)


def test_another_language_in_the_middle_is_one_of_the_exam_only_where_it_is_free(granvik):
    with granvik.work("amina") as ctx:
        actions.open_attempt(ctx, COURSE, "sv")
        assert choose_exam_language(ctx, COURSE, "en") is False
    set_free(granvik)
    with granvik.work("amina") as ctx:
        ctx.language = "sv"
        assert quiz_page(ctx, COURSE, 1).language == "sv"
        assert choose_exam_language(ctx, COURSE, "en") is True
        ctx.db.flush()
        assert quiz_page(ctx, COURSE, 1).language == "en"
    set_free(granvik, free=False)
    with granvik.work("amina", writes=False) as ctx:
        ctx.language = "sv"
        assert quiz_page(ctx, COURSE, 1).language == "sv"


def test_a_colleague_goes_on_in_the_own_language(granvik):
    set_free(granvik)
    for name in ("amina", "farid", "hodan"):
        with granvik.work(name) as ctx:
            ctx.language = "sv"
            actions.open_attempt(ctx, COURSE, "sv")
    with granvik.work("farid") as ctx:
        ctx.language = "sv"
        assert choose_exam_language(ctx, COURSE, "en") is True
    for name, language in {"amina": "sv", "farid": "en", "hodan": "sv"}.items():
        with granvik.work(name, writes=False) as ctx:
            ctx.language = "sv"
            assert quiz_page(ctx, COURSE, 1).language == language
