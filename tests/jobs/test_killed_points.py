"""The worker is killed at every named point of the outbox: the end is that of a worker nobody disturbed."""

import subprocess
import sys
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path

import pikepdf
import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from lms.base.context import work
from lms.base.outbox import OutboxTask
from lms.evidence.models import CertificateRow
from lms.identity.ways_in import request_sign_in
from lms.messages.models import Message
from tests.journeys.conftest import environment
from tests.learning.taking import assign, take
from tests.servers import free_port

POINTS = {  # -> the least number of kills there
    "before claim": 6,
    "claimed, not committed": 6,
    "before effect": 6,
    "mail sent": 4,
    "file stored": 1,
    "after effect": 6,
    "before mark": 6,
    "marked, not committed": 6,
}
TOLD_AGAIN = {
    "mail sent": 4,
    "after effect": 1,
    "before mark": 1,
    "marked, not committed": 1,
}  # the one: sign-in


class Inbox:
    """Keeps what a real SMTP server was handed."""

    def __init__(self) -> None:
        self.letters = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  (the name aiosmtpd calls)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def told(self) -> Counter:
        """Who was told what, by Message-ID, and how often the same mail came."""
        return Counter(
            (str(mail["Message-ID"]), str(mail["To"]), str(mail["Subject"])) for mail in self.letters
        )


@pytest.fixture
def inbox():
    """A real SMTP server on this machine."""
    box = Inbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    box.address = f"smtp://127.0.0.1:{controller.port}"
    yield box
    controller.stop()


def give_work(town) -> None:
    """Two are assigned a course, one passes, one asks to sign in: six tasks and what follows from them."""
    assign(town, "amina", "farid")
    take(town, "amina", right=12)
    with work(town.house) as ctx:
        request_sign_in(ctx, "farid.rahimi@granvik.example")


def carry_out(town, inbox, point: str) -> int:
    """Let a worker do all that, killed at the point; how often it was."""
    env = environment(town.house.settings) | {"KUNNIG_MAIL": inbox.address}
    command = [sys.executable, "-m", "tests.jobs.killed_worker", point]
    return subprocess.run(command, env=env, cwd=Path(__file__).resolve().parents[2], check=False).returncode


def end_state(town) -> list[object]:
    """All that a worker leaves: tasks, messages, files."""
    with town.inside() as ctx:
        tasks = ctx.db.execute(select(OutboxTask.kind, OutboxTask.outcome, OutboxTask.done_at)).all()
        told = ctx.db.execute(select(Message.kind, Message.person_id, Message.outcome)).all()
        certificates = ctx.db.scalars(select(CertificateRow.number)).all()
    files = list(town.house.settings.files_folder.glob("certificates/**/*"))
    documents = [path for path in files if path.is_file()]
    for path in documents:
        with pikepdf.open(path) as document:
            assert document.check_pdf_syntax() == []
    return [
        sorted((kind, outcome, done_at is not None) for kind, outcome, done_at in tasks),
        sorted(tuple(row) for row in told),
        len(certificates),
        len(documents),
    ]


UNDISTURBED = [
    [
        ("after_assignment", "done", True),
        ("after_completion", "done", True),
        ("send_message", "sent", True),
        ("send_message", "sent", True),
        ("send_message", "sent", True),
        ("send_sign_in_mail", "sent", True),
    ],
    [("assigned", "amina", "sent"), ("assigned", "farid", "sent"), ("passed", "amina", "sent")],
    1,
    1,
]


def named(state: list[object], town) -> list[object]:
    """The end state with people by name."""
    names = {town.person(name).id: name for name in ("amina", "farid")}
    return [
        state[0],
        sorted((kind, names[person], outcome) for kind, person, outcome in state[1]),
        *state[2:],
    ]


@pytest.mark.parametrize("point", ["never", *POINTS])
def test_the_end_is_the_same_wherever_the_worker_was_killed(granvik, inbox, point):
    give_work(granvik)
    killed = carry_out(granvik, inbox, point)
    assert POINTS.get(point, 0) <= killed < 50
    assert named(end_state(granvik), granvik) == UNDISTURBED
    told = inbox.told()
    assert len({message_id for message_id, _to, _subject in told}) == len(told) == 4
    assert sum(told.values()) == 4 + TOLD_AGAIN.get(point, 0)
