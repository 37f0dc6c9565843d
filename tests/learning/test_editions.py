"""A new edition for people who read, are in the middle of the test, or have passed: what stays and what is asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from lms.base.errors import Conflict
from lms.catalogue import queries as catalogue
from lms.evidence.models import CertificateRow
from lms.evidence.queries import my_certificates
from lms.jobs.worker import work_off
from lms.learning import actions, queries, rules
from lms.learning.editions import (
    lessons_of_update,
    my_newer,
    read_what_is_new,
    studied_now,
)
from lms.register.editions import my_proof
from lms.register.models import EditionReceipt, Proof
from lms.register.own_duties import my_duties
from lms.register.people import person_states
from lms.register.rules import State
from tests.catalogue.later_edition import publish_later
from tests.learning.taking import COURSE, assign, key_of, take, wrong_for


def take_update(town, name, right, now=None):
    """Answer the short test of an update with so many right answers; returns how many it asked."""
    with town.work(name, now=now) as ctx:
        attempt = actions.open_attempt(ctx, COURSE, "sv", "update")
    for place in range(1, len(attempt.drawn) + 1):
        with town.work(name, now=now) as ctx:
            value = key_of(ctx, attempt, place) if place <= right else wrong_for(ctx, attempt, place)
            actions.answer_item(ctx, attempt.public_id, place, client_id=str(uuid4()), value=value)
    return len(attempt.drawn)


def in_days(days):
    return datetime.now(UTC) + timedelta(days)


def state(town, name, days=0):
    with town.work(name, writes=False, now=in_days(days)) as ctx:
        (duty,) = my_duties(ctx)
        return duty.state


def asked(town, name):
    with town.work(name, writes=False) as ctx:
        return my_newer(ctx, COURSE)


def test_an_attempt_under_way_stays_on_its_edition(granvik, tmp_path):
    with granvik.work("amina") as ctx:
        attempt = actions.open_attempt(ctx, COURSE, "sv")
        old = catalogue.current_edition(ctx, COURSE)
        value = key_of(ctx, attempt, 1)
        actions.answer_item(ctx, attempt.public_id, 1, client_id="1", value=value)
    new = publish_later(granvik.house, tmp_path / "new", effect="retake", within_days=30)
    work_off(granvik.house)
    with granvik.work("amina") as ctx:
        assert actions.open_attempt(ctx, COURSE, "sv").public_id == attempt.public_id
        assert catalogue.current_edition(ctx, COURSE).id == new
    for place in range(2, len(attempt.drawn) + 1):
        with granvik.work("amina") as ctx:
            value = key_of(ctx, attempt, place)
            actions.answer_item(ctx, attempt.public_id, place, client_id=str(place), value=value)
    with granvik.work("amina", writes=False) as ctx:
        (certificate,) = my_certificates(ctx)
        assert certificate.content.edition_digest == old.digest
        found = my_newer(ctx, COURSE)
        assert (found.effect, found.by) == ("retake", ctx.today + timedelta(30))
    with granvik.work("amina") as ctx:
        assert actions.open_attempt(ctx, COURSE, "sv").edition_id == new


def test_what_was_read_counts_in_the_new_edition_where_it_has_not_changed(granvik, tmp_path):
    with granvik.work("amina") as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
        first, second, third = edition.lessons[:3]
        for lesson in (first, second):
            for step in lesson.steps:
                actions.read_step(ctx, edition, lesson.id, step.id)
        actions.read_step(ctx, edition, third.id, third.steps[0].id)
    publish_later(granvik.house, tmp_path / "new", effect="inform", lessons=(second.id,))
    with granvik.work("amina") as ctx:
        history = catalogue.history(ctx, COURSE)
        done = studied_now(ctx, [history])[COURSE]
        read = rules.reading(history.newest, done)
        assert read.done == {first.id}
        assert (read.lesson, read.step) == (second.id, second.steps[0].id)
        assert done.read[third.id] == {third.steps[0].id}
        for step in second.steps:
            actions.read_step(ctx, history.newest, second.id, step.id)
        done = studied_now(ctx, [history])[COURSE]
        assert rules.reading(history.newest, done).done == {first.id, second.id}


def test_what_is_new_is_read_once_and_is_enough(granvik, tmp_path):
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    assert asked(granvik, "amina") is None
    publish_later(granvik.house, tmp_path / "new", effect="inform", lessons=("correct",))
    found = asked(granvik, "amina")
    assert (found.effect, found.by, [lesson.id for lesson in found.lessons]) == ("inform", None, ["correct"])
    assert found.words("sv") == ["Nytt i utgåva 2030.1."]
    assert found.words("en") == ["New in edition 2030.1."]
    assert asked(granvik, "farid") is None  # who has not taken the course takes the new edition
    for _time in range(2):
        with granvik.work("amina") as ctx:
            read_what_is_new(ctx, COURSE, found.last.digest)
    assert asked(granvik, "amina") is None
    with granvik.work("farid") as ctx:
        read_what_is_new(ctx, COURSE, found.last.digest)
    with granvik.inside() as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(EditionReceipt)) == 1
    assert state(granvik, "amina") is State.VALID


def test_an_update_asks_items_of_its_own_on_the_changed_lessons_and_keeps_the_certificate(granvik, tmp_path):
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    publish_later(
        granvik.house, tmp_path / "new", effect="update", lessons=("correct", "declined"), items=2, within_days=40
    )  # fmt: skip
    work_off(granvik.house)
    with granvik.work("amina") as ctx:
        assert lessons_of_update(ctx, COURSE) == ["declined", "correct"]
        with pytest.raises(Conflict) as refused:
            read_what_is_new(ctx, COURSE, catalogue.current_edition(ctx, COURSE).digest)
        assert refused.value.code == "more_than_reading"
    assert take_update(granvik, "amina", right=3) == 4  # 80 % of 4 are all 4
    assert state(granvik, "amina", 41) is State.EXPIRED
    assert asked(granvik, "amina").effect == "update"
    later = in_days(41)
    assert take_update(granvik, "amina", right=4, now=later) == 4
    assert state(granvik, "amina", 41) is State.VALID
    assert asked(granvik, "amina") is None
    with granvik.inside() as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(CertificateRow)) == 1
    with granvik.work("amina") as ctx, pytest.raises(Conflict) as refused:
        actions.open_attempt(ctx, COURSE, "sv", "update")
    assert refused.value.code == "no_update"


def test_an_update_never_asks_what_the_exam_asks_so_its_answers_are_explained(granvik, tmp_path):
    take(granvik, "amina", right=12)
    publish_later(
        granvik.house, tmp_path / "new", effect="update", lessons=("correct",), items=3, within_days=9
    )  # fmt: skip
    met = set()
    for _time in range(2):
        with granvik.work("amina") as ctx:
            attempt = actions.open_attempt(ctx, COURSE, "sv", "update")
            edition = catalogue.edition(ctx, attempt.edition_id)
        assert {edition.items[drawn["item"]].use for drawn in attempt.drawn} == {"update"}
        assert len(attempt.drawn) == 2
        for place in (1, 2):
            with granvik.work("amina") as ctx:
                met.add(attempt.drawn_item(place).item)
                value = wrong_for(ctx, attempt, place)
                actions.answer_item(ctx, attempt.public_id, place, client_id=str(place), value=value)
        with granvik.work("amina", writes=False) as ctx:
            page = queries.quiz_page(ctx, COURSE, 3, feedback_on=2, kind="update")
            assert (page.feedback.right, page.feedback.lesson) == (False, "correct")
    assert met == {"correct-n0", "correct-n1", "correct-n2"}  # what was not met comes first


def test_who_skipped_an_update_is_asked_for_it_though_the_newest_edition_only_informs(granvik, tmp_path):
    """All that has changed is to be read; the test asks about the update."""
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    publish_later(granvik.house, tmp_path / "a", effect="update", lessons=("correct",), within_days=40)
    publish_later(
        granvik.house, tmp_path / "b", label="2030.2", since="2030.1", effect="inform", lessons=("declined",),
        asked=("correct",),
    )  # fmt: skip
    work_off(granvik.house)
    found = asked(granvik, "amina")
    assert (found.effect, [lesson.id for lesson in found.lessons]) == ("update", ["declined", "correct"])
    assert state(granvik, "amina", 41) is State.EXPIRED
    with granvik.work("amina") as ctx:
        assert lessons_of_update(ctx, COURSE) == ["correct"]
    assert take_update(granvik, "amina", right=2) == 2
    assert asked(granvik, "amina") is None
    assert state(granvik, "amina", 41) is State.VALID


def test_what_an_edition_between_asks_is_not_lost_where_it_is_published_late(granvik, tmp_path):
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    later = {"label": "2030.2", "since": "2030.1", "effect": "inform", "lessons": ("correct",)}
    newest = publish_later(granvik.house, tmp_path / "b", **later)
    take(granvik, "farid", right=12)
    assert asked(granvik, "amina").effect == "inform"
    publish_later(granvik.house, tmp_path / "a", effect="retake", within_days=40)
    work_off(granvik.house)
    with granvik.work("amina", writes=False) as ctx:
        assert catalogue.current_edition(ctx, COURSE).id == newest
    assert (asked(granvik, "amina").effect, asked(granvik, "farid")) == ("retake", None)
    assert state(granvik, "amina", 41) is State.EXPIRED
    assert state(granvik, "farid", 41) is State.VALID


def test_what_is_new_is_not_read_by_who_was_shown_less(granvik, tmp_path):
    take(granvik, "amina", right=12)
    publish_later(granvik.house, tmp_path / "a", effect="inform", lessons=("correct",))
    seen = asked(granvik, "amina").last.digest
    publish_later(
        granvik.house, tmp_path / "b", label="2030.2", since="2030.1", effect="inform", lessons=("declined",)
    )
    for digest in (seen, ""):
        with granvik.work("amina") as ctx, pytest.raises(Conflict) as refused:
            read_what_is_new(ctx, COURSE, digest)
        assert refused.value.code == "newer_meanwhile"
    assert [lesson.id for lesson in asked(granvik, "amina").lessons] == ["declined", "correct"]


def test_a_course_taken_again_owes_nothing_of_the_editions_before(granvik, tmp_path):
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    publish_later(granvik.house, tmp_path / "a", effect="retake", within_days=40)
    publish_later(
        granvik.house, tmp_path / "b", label="2030.2", since="2030.1", effect="inform", lessons=("correct",)
    )
    work_off(granvik.house)
    found = asked(granvik, "amina")
    assert (found.effect, len(found.told)) == ("retake", 2)
    with granvik.work("amina") as ctx, pytest.raises(Conflict):
        actions.open_attempt(ctx, COURSE, "sv", "update")
    take(granvik, "amina", right=12)
    assert asked(granvik, "amina") is None
    assert state(granvik, "amina", 41) is State.VALID


def read_of(town, name, days=0):
    """The lessons that count as read now of the newest edition, with what the newest proof says was taught."""
    with town.work(name, writes=False, now=in_days(days)) as ctx:
        proof, history = my_proof(ctx, COURSE), catalogue.history(ctx, COURSE)
        done = studied_now(ctx, [history], {COURSE: proof.taught if proof else None})[COURSE]
        return rules.reading(history.newest, done).done


def read(town, name, lesson):
    with town.work(name) as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
        for step in edition.lesson(lesson).steps:
            actions.read_step(ctx, edition, lesson, step.id)


def test_what_was_read_of_a_course_to_be_taken_again_counts_in_what_comes_after(granvik, tmp_path):
    read(granvik, "amina", "correct")
    take(granvik, "amina", right=12)
    publish_later(granvik.house, tmp_path / "a", effect="retake", within_days=40)
    assert read_of(granvik, "amina") == set()
    read(granvik, "amina", "declined")
    publish_later(
        granvik.house, tmp_path / "b", label="2030.2", since="2030.1", effect="inform", lessons=("correct",)
    )
    assert read_of(granvik, "amina") == {"declined"}
    publish_later(
        granvik.house, tmp_path / "c", label="2030.3", since="2030.2", effect="retake", within_days=40
    )
    assert read_of(granvik, "amina") == set()


def test_a_course_to_be_taken_again_stays_so_when_the_certificate_runs_out(granvik, tmp_path):
    read(granvik, "amina", "declined")
    take(granvik, "amina", right=12)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Proof).values(expires_on=ctx.today + timedelta(9)))
    publish_later(granvik.house, tmp_path / "a", effect="retake", within_days=40)
    for days in (9, 10):
        assert read_of(granvik, "amina", days) == set()
    with granvik.work("amina", writes=False, now=in_days(10)) as ctx:
        assert my_newer(ctx, COURSE) is None  # nothing more is asked than the course itself


def test_every_page_goes_by_the_newest_proof_though_an_older_one_lasts_longer(granvik, tmp_path):
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Proof).values(expires_on=ctx.today + timedelta(9999)))
    newest = publish_later(granvik.house, tmp_path / "a", effect="inform", lessons=("correct",))
    take(granvik, "amina", right=12)
    with granvik.work("amina", writes=False) as ctx:
        (duty,), proof = my_duties(ctx), my_proof(ctx, COURSE)
        assert duty.expires_on == ctx.today + timedelta(9999)
        assert duty.taught == proof.taught
        assert proof.taught.editions == {newest}
    with granvik.work("karin", writes=False) as ctx:
        (known,) = person_states(ctx, granvik.person("amina").public_id).states
        assert (known.taught, known.expires_on) == (proof.taught, duty.expires_on)


def test_an_update_without_a_question_is_refused_and_leaves_nothing(granvik, tmp_path):
    """As of an edition that came out before updates had items of their own."""
    take(granvik, "amina", right=12)
    publish_later(granvik.house, tmp_path / "a", effect="update", lessons=("correct",), within_days=40)
    with granvik.work("amina") as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
        exams = {name: item for name, item in edition.items.items() if item.use != "update"}
        catalogue._parsed[edition.id, edition.digest] = replace(edition, items=exams)
    try:
        with granvik.work("amina") as ctx, pytest.raises(Conflict) as refused:
            actions.open_attempt(ctx, COURSE, "sv", "update")
    finally:
        catalogue._parsed.clear()
    assert refused.value.code == "no_questions"
    take(granvik, "amina", right=12)  # the way that is left
    assert asked(granvik, "amina") is None


def test_nobody_is_asked_for_what_others_were_taught(granvik, fjordvik, tmp_path):
    take(granvik, "amina", right=12)
    publish_later(granvik.house, tmp_path / "new", effect="inform", lessons=("correct",))
    with granvik.work("amina") as ctx:
        read_what_is_new(ctx, COURSE, catalogue.current_edition(ctx, COURSE).digest)
    take(fjordvik, "kari", right=12)
    for town, name in ((granvik, "farid"), (fjordvik, "kari")):
        assert asked(town, name) is None
