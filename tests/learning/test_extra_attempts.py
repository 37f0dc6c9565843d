"""One more attempt for who has none left: who may give it, what it is good for, and what it never tells."""

import pytest
from sqlalchemy import select, update

from lms.base.access import Role
from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.base.errors import Conflict, Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish_editions
from lms.learning import actions
from lms.learning.attempts import my_attempts
from lms.learning.extra_attempts import give_attempt
from lms.learning.models import ExtraAttempt
from lms.organisation import actions as organisation
from lms.organisation.models import Person
from tests.builders import START
from tests.catalogue.tiny_course import write_files
from tests.catalogue.typed_course import NAME as TYPED
from tests.catalogue.typed_course import typed_course
from tests.learning.kettle import KETTLE, publish_kettle
from tests.learning.taking import take


@pytest.fixture
def town(house, granvik, tmp_path):
    """Granvik with a course whose exam may be taken once; Farid opens exams at Björken."""
    publish_kettle(house, tmp_path / "kettle", exam="attempts: 1")
    with granvik.work("admin") as ctx:
        person = ctx.open(Person, granvik.person("farid").public_id)
        organisation.grant_role(
            ctx, person=person, role=Role.AUTHORISER, unit=granvik.unit("Björken"), valid_from=START
        )
    return granvik


def give(town, by="karin", to="amina", course=KETTLE, reason="Var sjuk den dagen"):
    with town.work(by) as ctx:
        give_attempt(ctx, town.person(to).public_id, course, reason)


def ahead_of(town, name):
    with town.work(name, writes=False) as ctx:
        edition = catalogue.current_edition(ctx, KETTLE)
        mine = my_attempts(ctx, KETTLE)
        return mine.next_exam(edition, ctx.now), mine.extra


@pytest.mark.parametrize("by", ["karin", "farid"])
def test_one_more_is_one_more_with_who_gave_it_and_why(town, by):
    take(town, "amina", 0, course=KETTLE)
    with pytest.raises(Conflict) as refused:
        take(town, "amina", 4, course=KETTLE)
    assert refused.value.code == "no_attempts_left"
    give(town, by)
    ahead, extra = ahead_of(town, "amina")
    assert (ahead.left, ahead.is_extra) == (1, True)
    assert extra is not None
    assert extra.given_by == {"karin": "Karin Lind", "farid": "Farid Rahimi"}[by]
    assert extra.reason == "Var sjuk den dagen"
    take(town, "amina", 0, course=KETTLE)
    assert ahead_of(town, "amina")[0].left == 0
    give(town, by)
    give(town, by)  # two taps are one
    take(town, "amina", 0, course=KETTLE)
    assert ahead_of(town, "amina")[0].left == 0
    with town.work("karin", writes=False) as ctx:
        noted = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "attempt.given")).all()
    assert len(noted) == 3
    assert not any("sjuk" in str(entry.facts) for entry in noted)


def test_who_has_one_left_has_no_more_by_it_and_a_pass_begins_anew(town):
    give(town)
    ahead, _extra = ahead_of(town, "amina")
    assert (ahead.left, ahead.is_extra) == (1, False)
    take(town, "amina", 0, course=KETTLE)
    assert ahead_of(town, "amina")[0].left == 0
    give(town)
    take(town, "amina", 4, course=KETTLE)
    ahead, _extra = ahead_of(town, "amina")
    assert (ahead.left, ahead.is_extra) == (1, False)


def test_it_is_for_one_person_at_one_course(town, house, tmp_path):
    for name in ("amina", "farid"):
        take(town, name, 0, course=KETTLE)
    give(town)
    assert ahead_of(town, "farid")[0].left == 0
    with town.work("farid") as ctx, pytest.raises(Conflict):
        actions.open_attempt(ctx, KETTLE, "sv")
    files = typed_course()
    course = f"{TYPED}/SE/course.yaml"
    files[course] = files[course].replace('"pass_percent"', '"attempts": 1, "pass_percent"')
    with work(house) as ctx:
        publish_editions(ctx, write_files(files, tmp_path / "typed"))
    give(town, to="farid", course=TYPED)
    assert ahead_of(town, "farid")[0].left == 0
    assert ahead_of(town, "amina")[0].left == 1


def test_who_gave_it_is_not_named_if_protected(town):
    take(town, "amina", 0, course=KETTLE)
    give(town)
    with town.work("admin") as ctx:
        ctx.db.execute(
            update(Person)
            .where(Person.employer_id == ctx.employer_id, Person.given_name == "Karin")
            .values(protected=True)
        )
    extra = ahead_of(town, "amina")[1]
    assert extra is not None
    assert extra.given_by == ""


def test_only_who_leads_there_or_opens_exams_there_gives_it_and_not_to_themselves(town, fjordvik):
    for other, name in (
        (town, "jonas"), (town, "maria"), (town, "admin"), (town, "hodan"), (fjordvik, "lars"),
    ):  # fmt: skip
        with other.work(name) as ctx, pytest.raises(NotFound):
            give_attempt(ctx, town.person("amina").public_id, KETTLE, "x")
    for name in ("karin", "farid"):
        with pytest.raises(Conflict) as refused:
            give(town, name, name)
        assert refused.value.code == "own_exam"
    with town.inside() as ctx:
        assert (
            ctx.db.scalars(select(ExtraAttempt).where(ExtraAttempt.employer_id == ctx.employer_id)).all()
            == []
        )


def test_a_protected_identity_is_given_one_by_the_own_lead_only(town):
    with town.work("admin") as ctx:
        ctx.db.execute(
            update(Person)
            .where(Person.employer_id == ctx.employer_id, Person.given_name == "Amina")
            .values(protected=True)
        )
    with pytest.raises(NotFound):
        give(town, "farid")
    give(town, "karin")


@pytest.mark.parametrize(
    ("course", "reason", "field"),
    [
        ("documentation", "x", "course"),
        ("", "x", "course"),
        (KETTLE, " ", "reason"),
        (KETTLE, "x" * 201, "reason"),
    ],
)
def test_it_needs_a_test_that_is_limited_and_a_reason(town, course, reason, field):
    with pytest.raises(Invalid) as refused:
        give(town, course=course, reason=reason)
    assert set(refused.value.fields) == {field}
