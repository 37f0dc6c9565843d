"""Certificates of a unit, a course or a period as one file: what is in it, who may have it, and with little memory."""

import csv
import os
import tracemalloc
from datetime import date, timedelta
from io import BytesIO, StringIO
from tempfile import TemporaryFile
from zipfile import ZipFile

import pikepdf
import pytest
from sqlalchemy import select, update

import certificates
from lms.base.audit import AuditEntry
from lms.base.errors import NotFound
from lms.evidence.actions import correct_name, revoke_certificate
from lms.jobs import certificate_files, exports
from lms.jobs.worker import work_off
from lms.organisation.models import Person, RoleGrant
from lms.register.queries import Filter
from lms.reports.actions import order_export
from lms.reports.certificate_list import (
    Line,
    certificates_behind,
    certificates_counted,
    certificates_listed,
)
from lms.reports.models import ExportJob
from lms.reports.narrowing import View, kept, read
from lms.reports.opened import FILE, who_opened
from lms.reports.queries import finished_file, own_files
from tests.learning.taking import COURSE, take
from tests.reports.file_words import words_in
from tests.web.staff_pages import counted, shown
from tests.web.test_wallet import leave, number_of

ZIP, PDF = "certificates-zip", "certificates-pdf"


@pytest.fixture
def full(granvik):
    """Amina and Farid of Björken and Hodan of Eken have a certificate, Amina one of another course too."""
    for name in ("amina", "farid", "hodan"):
        take(granvik, name, right=12)
    take(granvik, "amina", right=99, course="medication")
    return granvik


def order(town, view=None, kind=ZIP, who="maria"):
    with town.work(who) as ctx:
        return order_export(ctx, view or View(), kind).public_id


def made(town, view=None, kind=ZIP, who="maria"):
    """The bytes of a file, and what it is called."""
    public_id = order(town, view, kind, who)
    work_off(town.house)
    with town.work(who, writes=False) as ctx:
        key, name, _kind = finished_file(ctx, public_id)
        return ctx.house.files.get(key), name


def listed(town, who="maria", **view):
    narrowed = Filter(**{name: view.pop(name) for name in ("unit", "course", "only_here") if name in view})
    with town.work(who, writes=False) as ctx:
        lines = certificates_listed(ctx, View(narrowed, **view)).lines
        assert certificates_counted(ctx, View(narrowed, **view)) == len(lines)
        keys = sorted(line.certificate_id for line in lines)
        assert certificates_behind(ctx, View(narrowed, **view), 0, 100) == keys
        assert certificates_behind(ctx, View(narrowed, **view), keys[0] if keys else 0, 1) == keys[1:2]
        return [(line.given_name, line.course) for line in lines]


def test_a_zip_holds_each_certificate_with_its_signed_file_and_an_index(full):
    data, name = made(full)
    number = number_of(full, "farid")
    with ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == 4 * 2 + 2
        assert f"pdf/{number}-Rahimi-Farid.pdf" in names
        pdf = archive.read(f"pdf/{number}-Rahimi-Farid.pdf")
        assert number in archive.read(f"signed/{number}-Rahimi-Farid.json").decode()
        table = archive.read("index.csv").decode("utf-8-sig")
        page = archive.read("index.html").decode()
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert len(opened.pages) == 1
    rows = list(csv.reader(StringIO(table, newline=""), delimiter=";"))
    assert [row[2] for row in rows[1:]] == ["Ali", "Rahimi", "Yusuf", "Yusuf"]
    assert all(row[9] in names and row[10] in names for row in rows[1:])
    assert all(f'href="{row[9]}"' in page for row in rows[1:])
    assert name.startswith("intyg-")
    assert name.endswith(".zip")


def test_of_a_corrected_name_only_what_stands_is_in_it_and_each_says_whether_it_counts(full):
    wrong, revoked = number_of(full, "farid"), number_of(full, "hodan")
    with full.work("maria") as ctx:
        right = certificates.display(correct_name(ctx, wrong, "Farid Rahimi Noor", "Felstavat").number)
        revoke_certificate(ctx, revoked, "Fel person")
    with ZipFile(BytesIO(made(full)[0])) as archive:
        table = archive.read("index.csv").decode("utf-8-sig")
        page = archive.read("index.html").decode()
    states = {row[0]: row[8] for row in csv.reader(StringIO(table, newline=""), delimiter=";")}
    assert wrong not in states
    assert (states[right], states[revoked]) == ("Giltigt", "Återkallat")
    assert page.count("Återkallat") == 1
    with (
        pikepdf.open(BytesIO(made(full, kind=PDF)[0])) as pdf,
        pdf.open_outline() as outline,
    ):
        marks = [item.title.rpartition(" (")[2] for item in outline.root]
    assert marks == ["Återkallat)", "Giltigt)", "Giltigt)", "Giltigt)"]


def test_one_pdf_has_each_certificate_in_its_outline(full):
    data, name = made(full, kind=PDF)
    with pikepdf.open(BytesIO(data)) as pdf:
        assert len(pdf.pages) == 4
        assert number_of(full, "farid") in [page.label for page in pdf.pages]
        with pdf.open_outline() as outline:
            assert [item.title.partition(":")[0] for item in outline.root] == [
                "Ali, Hodan", "Rahimi, Farid", "Yusuf, Amina", "Yusuf, Amina",
            ]  # fmt: skip
    assert name.endswith(".pdf")


def test_it_is_narrowed_to_a_unit_a_course_and_a_period(full):
    home = full.unit("Björken").public_id
    with full.inside() as ctx:
        today = ctx.today
    assert len(listed(full)) == 4
    assert {name for name, _course in listed(full, unit=home)} == {"Amina", "Farid"}
    assert listed(full, unit=full.unit("Granvik").public_id, only_here=True) == []
    assert listed(full, course="medication") == [("Amina", "medication")]
    assert len(listed(full, passed_from=today, passed_to=today)) == 4
    assert listed(full, passed_from=today + timedelta(days=1)) == []
    assert listed(full, passed_to=today - timedelta(days=1)) == []


def test_only_who_may_take_out_the_register_has_it_and_of_their_own_reach(full, fjordvik):
    for name in ("amina", "karin", "admin"):
        with pytest.raises(NotFound):
            order(full, who=name)
    assert listed(fjordvik, who="siri") == []


def grant(town, name, role, unit=None):
    with town.inside(writes=True) as ctx:
        ctx.db.add(
            RoleGrant(
                employer_id=town.employer_id, person_id=town.person(name).id, role=role,
                unit_id=town.unit(unit).id if unit else None, valid_from=ctx.today, recorded_at=ctx.now,
            )
        )  # fmt: skip


def test_an_auditor_takes_the_register_out_but_no_certificates(full, english):
    grant(full, "jonas", "auditor")
    assert order(full, kind="csv", who="jonas")
    for kind in (ZIP, PDF):
        with pytest.raises(NotFound):
            order(full, kind=kind, who="jonas")
    browser = english("jonas")
    for page in ("/register", "/register/files"):
        assert browser.get(page).status_code == 200
        assert "Certificates as files" not in shown(browser.get(page))
        assert "Certificates as files" in shown(english("maria").get(page))
    assert browser.post("/register/files/certificates", data={"kind": ZIP}).status_code == 404


def test_an_auditor_of_all_who_decides_for_one_unit_takes_the_certificates_of_that_unit(full):
    grant(full, "jonas", "auditor")
    grant(full, "jonas", "officer", "Eken")
    assert listed(full, who="jonas") == [("Hodan", COURSE)]
    said = words_in(made(full, kind=PDF, who="jonas")[0], PDF)
    assert ("Hodan" in said, "Yusuf" in said) == (True, False)


def test_who_may_no_longer_take_certificates_fetches_none_and_none_are_made(full, english):
    public_id = order(full)
    work_off(full.house)
    waiting = order(full, View(Filter(course=COURSE)))
    with full.inside(writes=True) as ctx:
        ctx.db.execute(
            update(RoleGrant)
            .where(RoleGrant.employer_id == full.employer_id, RoleGrant.person_id == full.person("maria").id)
            .values(role="auditor")
        )
    work_off(full.house)
    with full.work("maria", writes=False) as ctx:
        files = {each.public_id: (each.outcome, each.reason) for each in own_files(ctx)}
        assert files[waiting] == ("failed", "no_role")
        with pytest.raises(NotFound):
            finished_file(ctx, public_id)
    with full.inside(writes=True) as ctx:
        ctx.db.execute(update(ExportJob).where(ExportJob.public_id == waiting).values(reason="error"))
    page = english("maria").get("/register/files")
    assert f"/register/files/{public_id}" not in page.text
    assert "Try again" not in shown(page)
    assert "you can try now" not in shown(page)
    assert "You no longer may take this part of the register out." in shown(page)


def test_who_has_left_is_no_longer_in_it(full):
    leave(full, "farid")
    assert {name for name, _course in listed(full)} == {"Amina", "Hodan"}


@pytest.mark.parametrize("kind", [ZIP, PDF])
def test_a_protected_identity_is_left_out_and_counted(full, kind):
    assert "Yusuf" in words_in(made(full, kind=kind)[0], kind)
    with full.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Person)
            .where(Person.employer_id == full.employer_id, Person.given_name == "Amina")
            .values(protected=True)
        )
    data, _name = made(full, kind=kind)
    assert "Yusuf" not in words_in(data, kind)
    if kind == ZIP:
        with ZipFile(BytesIO(data)) as archive:
            assert len(archive.namelist()) == 2 * 2 + 2
            for index in ("index.csv", "index.html"):
                assert "2 intyg för personer med skyddade personuppgifter är utelämnade." in archive.read(
                    index
                ).decode("utf-8-sig")


@pytest.mark.parametrize("kind", [ZIP, PDF])
def test_who_becomes_protected_while_it_is_made_is_not_in_it(full, monkeypatch, kind):
    assert "Yusuf" in words_in(made(full, kind=kind)[0], kind)
    real = certificate_files._pdf

    def protecting(*arguments):
        with full.inside(writes=True) as ctx:
            ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(protected=True))
        return real(*arguments)

    monkeypatch.setattr(certificate_files, "AT_ONCE", 1)
    monkeypatch.setattr(certificate_files, "_pdf", protecting)
    data, _name = made(full, kind=kind)
    assert "Yusuf" not in words_in(data, kind)
    with full.work("maria", writes=False) as ctx:
        file, before = own_files(ctx)
        assert before.is_withdrawn
        assert (file.total, file.is_withdrawn) == (2, False)  # who is left out is not in it
    if kind == ZIP:
        with ZipFile(BytesIO(data)) as archive:
            assert len(archive.namelist()) == 2 * 2 + 2
            index = archive.read("index.csv").decode("utf-8-sig")
            assert ("Yusuf" in index, "2 intyg för personer" in index) == (False, True)


@pytest.mark.parametrize("kind", [ZIP, PDF])
def test_a_worker_that_takes_over_writes_the_same_file(full, monkeypatch, kind):
    class Killed(BaseException):
        pass

    with full.inside() as ctx:
        for key in list(ctx.house.files.all_keys()):
            if key.startswith("certificates/"):
                ctx.house.files.delete(key)
    public_id = order(full, kind=kind)
    written = []
    real = certificate_files._pdf

    def two_and_then_no_more(*arguments):
        if len(written) == 2:
            raise Killed
        written.append(real(*arguments))
        return written[-1]

    monkeypatch.setattr(certificate_files, "_pdf", two_and_then_no_more)
    with pytest.raises(Killed):
        exports.make_export(full.house, full.employer_id, {"export": str(public_id)})
    with full.work("maria", writes=False) as ctx:
        assert own_files(ctx)[0].is_running
    monkeypatch.setattr(certificate_files, "_pdf", real)
    exports.make_export(full.house, full.employer_id, {"export": str(public_id)})
    with full.work("maria", writes=False) as ctx:
        key, _name, _kind = finished_file(ctx, public_id)
        first = ctx.house.files.get(key)
    assert made(full, kind=kind)[0] == first


def test_it_is_noted_and_stands_in_the_record_of_whoever_is_in_it(full):
    made(full, View(Filter(unit=full.unit("Björken").public_id)))
    with full.inside() as ctx:
        facts = ctx.db.scalars(select(AuditEntry.facts).where(AuditEntry.action == "register.exported")).one()
    assert (facts["kind"], facts["rows"]) == (ZIP, 3)
    with full.work("amina", writes=False) as ctx:
        assert [(each.page, each.name) for each in who_opened(ctx)] == [(FILE, "Maria Holm")]
    with full.work("hodan", writes=False) as ctx:
        assert who_opened(ctx) == []


@pytest.mark.parametrize("kind", [ZIP, PDF])
def test_without_certificates_it_says_so(granvik, kind):
    order(granvik, kind=kind)
    work_off(granvik.house)
    with granvik.work("maria", writes=False) as ctx:
        assert [(each.outcome, each.reason) for each in own_files(ctx)] == [("failed", "nothing")]


def test_the_progress_is_told(full, monkeypatch):
    monkeypatch.setattr(certificate_files, "BETWEEN", 0.0)
    told = []
    real = exports.making.note_progress
    monkeypatch.setattr(
        exports.making,
        "note_progress",
        lambda ctx, job, done, total=None: (told.append((done, total)), real(ctx, job, done, total))[1],
    )
    made(full)
    assert told == [(0, 4), (1, None), (2, None), (3, None), (4, None)]


def test_from_the_register_to_the_file(full, sign_in, english):
    browser = english("maria")
    unit = full.unit("Björken").public_id
    assert f"/register/files?unit={unit}#certificates" in shown(browser.get(f"/register?unit={unit}"))
    form = shown(browser.get(f"/register/files?unit={unit}"))
    assert 'action="/register/files/certificates"' in form
    assert "Revoked and expired certificates are included too." in form
    assert form.count("Björken") == 2  # of the register, and of the certificates
    assert "Choose a unit or a course" in form
    data = {"kind": ZIP, "unit": unit, "passed_from": "2026-01-01"}
    sent = browser.post("/register/files/certificates", data=data)
    page = shown(browser.get(sent.headers["Location"]))
    assert "Certificates as files (ZIP)" in page
    assert "Unit: Björken" in page
    assert "Passed from: " in page
    work_off(full.house)
    page = shown(browser.get("/register/files"))
    assert "3 certificates" in page
    with full.work("maria", writes=False) as ctx:
        (file,) = own_files(ctx)
    answer = browser.get(f"/register/files/{file.public_id}")
    assert (answer.mimetype, 'filename="kunnig.zip"' in answer.headers["Content-Disposition"]) == (
        "application/zip",
        True,
    )
    assert browser.post("/register/files/certificates", data={"passed_from": "x"}).status_code == 422
    assert sign_in(full, "karin").post("/register/files/certificates", data=data).status_code == 404


def test_a_period_is_kept_and_read_again():
    view = View(Filter(course=COURSE), passed_from=date(2026, 1, 1), passed_to=date(2026, 6, 30))
    assert read(kept(view)) == view


def test_the_list_is_one_statement(full, house):
    with full.work("maria", writes=False) as ctx, counted(house) as sent:
        certificates_listed(ctx, View())
    assert len(sent) == 1


def test_memory_does_not_grow_with_the_certificates():
    _most_memory_of_a_zip(20)  # words and templates are read once
    assert _most_memory_of_a_zip(300) < 3_000_000


def _most_memory_of_a_zip(certificates_in_it: int) -> int:
    lines = [
        Line(number, number, f"{number:010}", "Ek", "Bo", "1", "Björken", COURSE, date(2026, 1, 1), None)
        for number in range(certificates_in_it)
    ]
    papers = (
        certificate_files.Paper(
            line, "Dokumentation", certificates.Verdict.VALID, os.urandom(200_000), b"{}" * 2_000
        )
        for line in lines
    )
    held = certificate_files.Held()
    with TemporaryFile() as file:
        tracemalloc.start()
        told = certificate_files._told(papers, held, lambda done, of: None)
        certificate_files._zipped(told, held, file, {}, "sv")
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert held.lines == lines
        assert file.seek(0, os.SEEK_END) > 200_000 * certificates_in_it
    return most
