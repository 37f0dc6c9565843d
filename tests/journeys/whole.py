"""What must hold in every house at every moment, whatever was killed: no fact is half there, none is there twice."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pikepdf
from sqlalchemy import func, select, text

import certificates
from lms.base.audit import AuditEntry
from lms.base.context import Context, House, work
from lms.base.outbox import OutboxTask
from lms.base.row_security import make_owner_engine
from lms.evidence.models import CertificateNumber, CertificateRow
from lms.identity.models import Account, Identifier
from lms.learning.models import Answer, Attempt
from lms.messages.models import Message
from lms.organisation.models import Employment, Person
from lms.register.models import Duty, Proof, Status


@contextmanager
def everything(house: House) -> Iterator[Context]:
    """A unit of work that is shown the rows of every municipality, as the owner of the tables is."""
    engine = make_owner_engine(house.settings)
    try:
        with work(House(house.settings, engine, house.files), writes=False) as ctx:
            yield ctx
    finally:
        engine.dispose()


def assert_whole(house: House) -> None:
    """Compare the counts of each transaction with each other, all over the database."""
    with everything(house) as ctx:
        _attempts(ctx)
        _certificates(ctx)
        _people(ctx)


def _attempts(ctx: Context) -> None:
    answers = ctx.db.execute(select(Answer.attempt_id, Answer.item, Answer.client_id, Answer.right)).all()
    assert len(answers) == len({(attempt, item) for attempt, item, _client, _right in answers})
    assert len(answers) == len({client for _attempt, _item, client, _right in answers})
    given = Counter(attempt for attempt, _item, _client, _right in answers)
    right = Counter(attempt for attempt, _item, _client, is_right in answers if is_right)
    attempts = ctx.db.scalars(select(Attempt)).all()
    for attempt in attempts:
        assert (attempt.closed_at is not None) == (given[attempt.id] == len(attempt.drawn))
        assert attempt.right == (right[attempt.id] if attempt.closed_at else None)
    under_way = Counter((attempt.person_id, attempt.course) for attempt in attempts if not attempt.closed_at)
    assert set(under_way.values()) <= {1}


def _certificates(ctx: Context) -> None:
    issued = ctx.db.execute(
        select(CertificateRow.attempt_id, CertificateRow.id, CertificateRow.number, CertificateRow.person_id)
    ).all()
    passed = ctx.db.scalars(select(Attempt.id).where(Attempt.passed)).all()
    numbers = ctx.db.execute(select(CertificateNumber.certificate_id, CertificateNumber.number)).all()
    ids = sorted(row.id for row in issued)
    noted = select(AuditEntry.object_id).where(AuditEntry.action == "certificate.issued")
    later = select(OutboxTask.key).where(OutboxTask.kind == "after_completion")
    assert sorted(row.attempt_id for row in issued) == sorted(passed)
    assert sorted((row.id, row.number) for row in issued) == sorted(map(tuple, numbers))
    assert sorted(ctx.db.scalars(select(Proof.certificate_id))) == ids
    assert sorted(ctx.db.scalars(noted)) == ids
    assert sorted(ctx.db.scalars(later)) == sorted(f"after_completion:{row.number}" for row in issued)
    best = ctx.db.execute(
        select(Duty.person_id, Status.proof_id).outerjoin(Status, Status.duty_id == Duty.id)
    )
    holders = {row.person_id for row in issued}
    for person_id, proof_id in best:
        assert (proof_id is not None) == (person_id in holders)


def _people(ctx: Context) -> None:
    def count(*what: object) -> int:
        return ctx.db.scalar(select(func.count()).select_from(*what[:1]).where(*what[1:]))

    people = count(Person)
    assert people == count(Account)
    assert people == count(Identifier)
    assert people == count(Employment)
    assert people == ctx.db.scalar(select(func.count(func.distinct(Employment.person_id))))
    assert count(Duty) == count(Status)


def assert_documents_whole(house: House, known: set[str]) -> None:
    """Every completion that is marked as carried out has its file, whole; `known` are those looked at before."""
    with everything(house) as ctx:
        done = ctx.db.scalars(
            select(CertificateRow.content)
            .join(OutboxTask, OutboxTask.key == "after_completion:" + CertificateRow.number)
            .where(OutboxTask.done_at.is_not(None))
        ).all()
        told = ctx.db.execute(select(Message.kind, Message.about_id, Message.person_id)).all()
    assert len(told) == len(set(told))
    for content in map(certificates.from_canonical, map(str.encode, done)):
        key = certificates.pdf_key(content)
        if key not in known:
            path = house.settings.files_folder / key
            with pikepdf.open(path) as document:
                assert document.check_pdf_syntax() == []
            known.add(key)


def assert_sound(house: House) -> None:
    """Ask SQLite whether its file is sound (PostgreSQL checks its pages by itself)."""
    if house.engine.dialect.name == "sqlite":
        with house.engine.connect() as connection:
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
