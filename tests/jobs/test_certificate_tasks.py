"""A file of many certificates: what is missing is made in short tasks, each of which may be the last of its worker."""

import os
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pikepdf
import pytest
from sqlalchemy import select, update

from lms.base.context import work
from lms.base.files import LocalFiles
from lms.base.heartbeat import ALIVE, beat, this_worker, workers_alive
from lms.base.outbox import LEASE, OutboxTask
from lms.evidence.models import CertificateRow, SigningKey
from lms.evidence.signing_keys import disown_key
from lms.jobs import certificate_files, papers
from lms.jobs.worker import work_off, work_once
from lms.messages.models import Message
from lms.reports.actions import order_export
from lms.reports.narrowing import View
from lms.reports.queries import finished_file, own_files
from tests.crowd import certify
from tests.learning.taking import assign


@pytest.fixture
def stored(monkeypatch):
    """The keys of the PDFs of certificates that are stored, one after the other."""
    keys, put = [], LocalFiles.put

    def noted(files, key, data):
        put(files, key, data)
        keys.append(key)

    monkeypatch.setattr(LocalFiles, "put", noted)
    return keys


def order(town, kind="certificates-zip"):
    with town.work("maria") as ctx:
        return order_export(ctx, View(), kind).public_id


def content(town, public_id):
    with town.work("maria", writes=False) as ctx:
        key, _name, _kind = finished_file(ctx, public_id)
        return ctx.house.files.get(key)


def tasks(town, kind):
    with town.inside() as ctx:
        return ctx.db.scalars(
            select(OutboxTask).where(OutboxTask.kind == kind).order_by(OutboxTask.done_at)
        ).all()


def progress(town):
    with town.work("maria", writes=False) as ctx:
        (file,) = own_files(ctx)
        return file.made, file.total, file.done, file.is_running


def test_many_are_made_some_at_a_time_and_letters_leave_in_between(granvik, stored):
    certify(granvik, 250)
    public_id = order(granvik)
    assert work_once(granvik.house)
    assert progress(granvik) == (100, 250, 0, True)
    assert len(stored) == 100
    assign(granvik, "amina")
    work_off(granvik.house)
    assert [task.ids["made"] for task in tasks(granvik, "make_certificates")] == [0, 100, 200]
    (letter,), (written,) = tasks(granvik, "send_message"), tasks(granvik, "make_export")
    assert letter.done_at < written.done_at
    with granvik.inside() as ctx:
        assert ctx.db.scalars(
            select(Message.outcome).where(Message.employer_id == ctx.employer_id)
        ).all() == ["sent"]
    assert progress(granvik) == (250, 250, 250, False)
    assert len(stored) == len(set(stored)) == 250
    with ZipFile(BytesIO(content(granvik, public_id))) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 2 * 250 + 2


def test_a_worker_that_dies_costs_some_and_nothing_is_made_twice(granvik, stored, monkeypatch):
    monkeypatch.setattr(certificate_files, "OF_A_TASK", 10)
    certify(granvik, 25)
    public_id = order(granvik)
    child = os.fork()
    if child == 0:
        real, made = papers.render_certificate, []

        def fourteen_and_no_more(*arguments):
            if len(made) == 14:
                os._exit(9)
            made.append(real(*arguments))

        papers.render_certificate = fourteen_and_no_more
        granvik.house.engine.dispose(close=False)
        work_off(granvik.house)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert progress(granvik) == (10, 25, 0, True)
    assert not work_once(granvik.house)  # it may still be at work
    work_off(granvik.house, ahead=LEASE + timedelta(seconds=1))
    assert len(stored) == len(set(stored)) == 25 - 14
    first = content(granvik, public_id)
    with ZipFile(BytesIO(first)) as archive:
        assert len(archive.namelist()) == 2 * 25 + 2
    again = order(granvik)
    work_off(granvik.house)
    assert len(stored) == 25 - 14
    assert content(granvik, again) == first


def test_a_task_that_is_told_twice_goes_on_once(granvik, stored, monkeypatch):
    monkeypatch.setattr(certificate_files, "OF_A_TASK", 10)
    certify(granvik, 25)
    order(granvik)
    work_once(granvik.house)
    with work(granvik.house) as ctx:
        ctx.db.execute(update(OutboxTask).where(OutboxTask.kind == "make_certificates").values(done_at=None))
    work_off(granvik.house)
    assert [task.ids["made"] for task in tasks(granvik, "make_certificates")] == [0, 10, 20]
    assert len(tasks(granvik, "make_export")) == 1
    assert len(stored) == 25


def made_ready(town, kind="certificates-zip"):
    """An order of which everything is made, and the file is still to be written."""
    public_id = order(town, kind)
    before = len(tasks(town, "make_export"))
    while len(tasks(town, "make_export")) == before:
        assert work_once(town.house)
    return public_id


def test_a_pdf_that_is_lost_is_made_again(granvik, stored):
    certify(granvik, 3)
    first = order(granvik)
    work_off(granvik.house)
    granvik.house.files.delete(stored[1])
    second = made_ready(granvik)
    assert stored[3:] == [stored[1]]
    work_off(granvik.house)
    assert content(granvik, second) == content(granvik, first)


def test_what_lost_its_signature_before_it_is_written_is_signed_and_made_again(granvik):
    certify(granvik, 3)
    public_id = made_ready(granvik)
    with granvik.inside(writes=True) as ctx:
        key = ctx.db.scalars(select(SigningKey.name).where(SigningKey.kind == "document")).first()
        disown_key(ctx, key)
    work_once(granvik.house)
    with ZipFile(BytesIO(content(granvik, public_id))) as archive:
        pdfs = [name for name in archive.namelist() if name.startswith("pdf/")]
        for name in pdfs:
            signed = archive.read(name.replace("pdf", "signed", 1).removesuffix("pdf") + "json")
            with pikepdf.open(BytesIO(archive.read(name))) as pdf:
                assert pdf.attachments["credential.json"].get_file().read_bytes() == signed
            assert key.encode() not in signed
    assert len(pdfs) == 3


def test_what_is_forgotten_while_it_is_written_is_not_in_it_and_nobody_is_called_protected(
    granvik, monkeypatch
):
    certify(granvik, 3)
    public_id = made_ready(granvik)
    real = certificate_files.course_titles

    def forgetting(ctx):
        """Called when the certificates have been listed."""
        with granvik.inside(writes=True) as other:
            mine = CertificateRow.employer_id == other.employer_id
            row = other.db.scalars(select(CertificateRow).where(mine).limit(1)).one()
            row.forgotten_on = other.today
        return real(ctx)

    monkeypatch.setattr(certificate_files, "course_titles", forgetting)
    work_once(granvik.house)
    with ZipFile(BytesIO(content(granvik, public_id))) as archive:
        assert len(archive.namelist()) == 2 * 2 + 2
        assert "skyddade" not in archive.read("index.csv").decode("utf-8-sig")


@pytest.mark.parametrize("kind", ["certificates-zip", "certificates-pdf"])
def test_a_file_that_takes_long_stays_with_the_worker_that_writes_it(granvik, monkeypatch, kind):
    certify(granvik, 5)
    made_ready(granvik, kind)
    monkeypatch.setattr(certificate_files, "BETWEEN", 0.0)
    real, leases, alive = certificate_files._pdf, [], []
    with work(granvik.house) as ctx:
        beat(ctx.db, this_worker(), ctx.now)

    def slow(*arguments):
        """As if another four minutes had gone by with each."""
        with work(granvik.house) as ctx:
            task = ctx.db.scalars(select(OutboxTask).where(OutboxTask.kind == "make_export")).one()
            leases.append(task.leased_until - ctx.now)
            task.leased_until = ctx.now + timedelta(minutes=1)
            alive.append(workers_alive(ctx.db, ctx.now))
            beat(ctx.db, this_worker(), ctx.now - ALIVE - timedelta(minutes=1))
        return real(*arguments)

    monkeypatch.setattr(certificate_files, "_pdf", slow)
    work_once(granvik.house)
    assert len(leases) == 5
    assert all(LEASE - timedelta(minutes=1) < left <= LEASE for left in leases)
    assert alive == [1] * 5
    assert progress(granvik)[3] is False
    with work(granvik.house, writes=False) as ctx:
        (task,) = ctx.db.scalars(select(OutboxTask).where(OutboxTask.kind == "make_export"))
        assert (task.attempts, task.leased_until) == (1, None)
        assert task.done_at < datetime.now(UTC)
