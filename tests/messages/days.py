"""Let days pass with a worker and a real mail server, and see who was written to on which."""

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import time_machine
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from lms.base.context import Context, House
from lms.jobs.worker import begin_day, work_off
from lms.messages.models import Message, MessageTerms
from lms.messages.terms import Terms
from tests.learning.taking import assign
from tests.servers import free_port

ZONE = ZoneInfo(Context.time_zone)


def at(day, hour=9):
    """A time in both municipalities."""
    return datetime.combine(day, time(hour), ZONE).astimezone(UTC)


def let_terms_be(town, **terms):
    """Let an employer's terms be the usual ones, but for some."""
    with town.inside(writes=True) as ctx:
        mine = MessageTerms.employer_id == town.employer_id
        ctx.db.execute(update(MessageTerms).where(mine).values(terms=Terms(**terms).as_kept()))


@dataclass
class Post:
    """A mail server that keeps what it is given, and the house that mails by it."""

    house: House
    mails: list = field(default_factory=list)

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  (of aiosmtpd)
        """Take a mail."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((datetime.now(ZONE), str(mail["To"]).partition("@")[0], mail))
        return "250 OK"

    def day(self, day, hour=9):
        """Let a worker look at an hour of a day, and carry out what is due."""
        with time_machine.travel(at(day, hour), tick=False):
            begin_day(self.house)
            work_off(self.house)

    def without_mail(self, day):
        """Let a day pass on which the mail server cannot be reached."""
        away = f"smtp://127.0.0.1:{free_port()}"
        settings = self.house.settings.model_copy(update={"mail": away})
        there = Post(House(settings, self.house.engine, self.house.files))
        for hour in (0, 7, 12, 16):
            there.day(day, hour)

    def days(self, first, last):
        """Let all days pass, weekends too."""
        for number in range((last - first).days + 1):
            self.day(first + timedelta(days=number))

    def told(self, kind=""):
        """By name before the @: the days of the letters (of a kind, by its Message-ID)."""
        found = defaultdict(list)
        for when, to, mail in self.mails:
            if mail["Message-ID"].startswith(f"<{kind}"):
                found[to].append(when.date())
        return dict(found)

    def text(self, to, day=None, kind=""):
        """What the newest letter to somebody says (of a day, of a kind)."""
        return [
            mail.get_body(("plain",)).get_content()
            for when, name, mail in self.mails
            if name == to
            and when.date() == (day or when.date())
            and mail["Message-ID"].startswith(f"<{kind}")
        ][-1]


@contextmanager
def post_office(house):
    """A mail server, and the house with it as its own."""
    post = Post(house)
    controller = Controller(post, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings = house.settings.model_copy(update={"mail": f"smtp://127.0.0.1:{controller.port}"})
    post.house = House(settings, house.engine, house.files)
    try:
        yield post
    finally:
        controller.stop()


def day(text):
    """A day as it is written: `2027-01-04`."""
    return date.fromisoformat(text)


MONDAY = day("2027-01-04")


def given(post, town, *names, on=MONDAY, days=28, by="karin"):
    """Give people a course to be done in so many days; the letter about it is none of these tests' business."""
    with time_machine.travel(at(on)):
        made = assign(town, *names, days=days, by=by)
        work_off(post.house)
    post.mails.clear()
    return made


def log_of(town, name, kind):
    """What became of the messages of a kind to somebody, and why."""
    with town.inside() as ctx:
        rows = ctx.db.scalars(
            select(Message)
            .where(Message.employer_id == town.employer_id, Message.person_id == town.actor(name).person_id)
            .order_by(Message.id)
        )
        return [(row.outcome, row.reason) for row in rows if row.kind == kind]
