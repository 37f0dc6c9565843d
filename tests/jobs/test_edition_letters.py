"""Mail about a new edition: to those who have to take something, once, with what is asked of each; to nobody else."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update

from lms.base.context import work
from lms.base.i18n import day
from lms.base.outbox import OutboxTask
from lms.identity.models import Identifier
from lms.jobs.worker import work_off, work_once
from lms.messages.models import Message
from lms.register.actions import record_receipt
from lms.register.models import Proof
from tests.catalogue.later_edition import publish_later
from tests.jobs.test_worker import letters, outcomes
from tests.learning.taking import COURSE, take


def about_editions(town):
    """Mail about editions, as (to, subject, text)."""
    return [letter for letter in letters(town.house) if "Något nytt" in letter[1]]


def messages(town):
    with town.inside() as ctx:
        of_town = Message.employer_id == town.employer_id, Message.kind == "edition"
        return ctx.db.scalar(select(func.count()).where(*of_town))


def test_who_has_to_take_something_is_told_once(granvik, fjordvik, tmp_path):
    for name in ("amina", "hodan"):
        take(granvik, name, right=12)
    publish_later(granvik.house, tmp_path / "a", effect="update", lessons=("correct",), within_days=40)
    for _time in range(2):
        work_off(granvik.house)
        with work(granvik.house) as ctx:  # as if the worker had been killed before it could mark anything
            ctx.db.execute(update(OutboxTask).values(done_at=None, leased_until=None))
    work_off(granvik.house)
    assert [to for to, _subject, _text in about_editions(granvik)] == [
        "amina.yusuf@granvik.example", "hodan.ali@granvik.example",
    ]  # fmt: skip
    _to, subject, text = about_editions(granvik)[0]
    assert subject == "Något nytt i kursen Dokumentation"
    assert "Läs det som har ändrats" in text
    assert "Nytt i utgåva 2030.1." in text
    assert f"/courses/{COURSE}/update" in text
    assert messages(fjordvik) == 0


def test_what_is_only_to_be_read_is_not_mailed(granvik, tmp_path):
    take(granvik, "amina", right=12)
    publish_later(granvik.house, tmp_path / "a", effect="inform", lessons=("correct",))
    work_off(granvik.house)
    assert messages(granvik) == 0


def test_the_letter_says_what_is_asked_altogether(granvik, tmp_path):
    take(granvik, "amina", right=12)
    publish_later(granvik.house, tmp_path / "a", effect="retake", within_days=90)
    work_off(granvik.house)
    later = {
        "label": "2030.2",
        "since": "2030.1",
        "effect": "update",
        "lessons": ("correct",),
        "within_days": 30,
    }
    publish_later(granvik.house, tmp_path / "b", **later)
    work_off(granvik.house)
    texts = [text for _to, _subject, text in about_editions(granvik)]
    assert len(texts) == 2
    assert all("hela kursen" in text for text in texts)


def test_a_letter_says_how_long_the_certificate_counts_and_whether_the_day_has_passed(granvik, tmp_path):
    take(granvik, "amina", right=12)
    with granvik.inside(writes=True) as ctx:
        last = ctx.today + timedelta(9)
        ctx.db.execute(update(Proof).values(expires_on=last))
    publish_later(granvik.house, tmp_path / "a", effect="retake", within_days=40)
    work_off(granvik.house)
    ((_to, _subject, text),) = about_editions(granvik)
    assert f"Ditt intyg gäller till och med {day(last, 'sv')}." in " ".join(text.split())


def test_mail_that_was_away_until_after_the_day_says_so(granvik, tmp_path):
    take(granvik, "amina", right=12)
    work_off(granvik.house)
    long_ago = datetime.now(UTC) - timedelta(50)
    publish_later(granvik.house, tmp_path / "a", now=long_ago, effect="retake", within_days=20)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Proof).values(achieved_on=ctx.today - timedelta(60)))
    work_off(granvik.house)
    ((_to, _subject, text),) = about_editions(granvik)
    assert "Du kan fortfarande göra det." in " ".join(text.split())
    assert "Ditt intyg gäller" not in text


def test_who_has_taken_it_meanwhile_is_not_told(granvik, tmp_path):
    take(granvik, "amina", right=12)
    work_off(granvik.house)
    edition = publish_later(
        granvik.house, tmp_path / "a", effect="update", lessons=("correct",), within_days=40
    )
    assert work_once(granvik.house)  # the ledger has followed; mail is away
    with granvik.inside(writes=True) as ctx:
        record_receipt(ctx, granvik.person("amina").id, COURSE, edition, "update")
    work_off(granvik.house)
    assert about_editions(granvik) == []
    assert ("edition", "not_sent", "withdrawn") in outcomes(granvik)


def test_who_is_not_asked_or_cannot_be_reached_gets_none(granvik, tmp_path):
    take(granvik, "amina", right=12)
    take(granvik, "hodan", right=12)
    with work(granvik.house) as ctx:
        ctx.db.execute(delete(Identifier).where(Identifier.account_id == granvik.actor("hodan").account_id))
    publish_later(granvik.house, tmp_path / "a", effect="retake", within_days=40)
    take(granvik, "amina", right=12)  # of the new edition, before the worker came to it
    work_off(granvik.house)
    assert about_editions(granvik) == []
    assert {row for row in outcomes(granvik) if row[0] == "edition"} == {
        ("edition", "not_sent", "no_address")
    }


def test_a_certificate_that_has_run_out_asks_nobody_for_more(granvik, tmp_path):
    take(granvik, "amina", right=12)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Proof).values(expires_on=ctx.today - timedelta(days=1)))
    publish_later(granvik.house, tmp_path / "a", effect="retake", within_days=40)
    work_off(granvik.house)
    assert messages(granvik) == 0
