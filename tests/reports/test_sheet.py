"""The register as a file: the same rows as on screen, cells that are what they should be, formulas defused."""

import csv
import zipfile
from datetime import date

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from lms.base.audit import AuditEntry
from lms.base.errors import NotFound
from lms.organisation.models import Person
from lms.register.queries import Filter, coverage
from lms.register.rules import State
from lms.reports.actions import export_register
from lms.reports.sheet import defused, write_csv, write_xlsx
from tests.learning.taking import assign, take

HEADS = ["Namn", "Dag", "Antal"]
ROWS = [("Åsa Öberg", date(2026, 3, 12), 3), ("=1+1", None, None), ('"; DROP', date(2026, 1, 1), 0)]


def test_csv_opens_rightly_in_a_nordic_excel(tmp_path):
    path = tmp_path / "file.csv"
    assert write_csv(path, HEADS, ROWS) == 3
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == 4
    rows = list(csv.reader(data.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[1] == ["Åsa Öberg", "2026-03-12", "3"]
    assert rows[2] == ["'=1+1", "", ""]
    assert rows[3][0] == '"; DROP'


@pytest.mark.parametrize("text", ["=1+1", "+46", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_what_looks_like_a_formula_is_defused(text):
    assert defused(text) == f"'{text}"


def test_xlsx_has_typed_cells_and_no_formulas(tmp_path):
    path = tmp_path / "file.xlsx"
    assert write_xlsx(path, "Register", HEADS, ROWS, ("Om filen", [("Vad", "Prov")])) == 3
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["Register", "Om filen"]
    rows = book.get_sheet_by_name("Register").to_python()
    assert rows[0] == HEADS
    assert rows[1] == ["Åsa Öberg", date(2026, 3, 12), 3.0]
    assert rows[2][0] == "=1+1"
    assert b"<f>" not in _part(path, "xl/worksheets/sheet1.xml")
    assert b'state="frozen"' in _part(path, "xl/worksheets/sheet1.xml")
    assert b"autoFilter" in _part(path, "xl/worksheets/sheet1.xml")


def _part(path, name):
    with zipfile.ZipFile(path) as book:
        return book.read(name)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "narrowed", [Filter(), Filter(state=State.VALID), Filter(text="amina"), Filter(course="none")]
)
def test_the_file_has_the_rows_of_the_screen_and_is_audited(granvik, kind, narrowed):
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    with granvik.work("maria", writes=False) as ctx:
        export = export_register(ctx, narrowed, kind)
        assert export.rows == sum(line.asked for line in coverage(ctx, narrowed))
    if kind == "csv":
        lines = export.path.read_text("utf-8-sig").splitlines()
        assert len(lines) == export.rows + 1
    else:
        rows = CalamineWorkbook.from_path(str(export.path)).get_sheet_by_index(0).to_python()
        assert len(rows) == export.rows + 1
        if export.rows:
            assert isinstance(rows[1][7], date)
    export.path.unlink()
    with granvik.work("maria", writes=False) as ctx:
        entries = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "register.exported")).all()
        assert [entry.facts["rows"] for entry in entries] == [export.rows]
        assert entries[0].person_id == ctx.who.person_id


def test_only_who_may_export_does(granvik):
    for name in ("amina", "karin", "admin"):
        with granvik.work(name, writes=False) as ctx, pytest.raises(NotFound):
            export_register(ctx, Filter(), "csv")


def test_a_protected_person_is_a_row_without_a_name(granvik):
    assign(granvik, "amina")
    with granvik.work("maria") as ctx:
        ctx.db.scalars(select(Person).where(Person.given_name == "Amina")).one().protected = True
    with granvik.work("maria", writes=False) as ctx:
        export = export_register(ctx, Filter(), "csv")
        assert sum(line.asked for line in coverage(ctx, Filter(text="Amina"))) == 0
    text = export.path.read_text("utf-8-sig")
    export.path.unlink()
    assert "Amina" not in text
    assert "Björken" not in text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_was_sent_leaves_nothing_behind(granvik, sign_in, monkeypatch, tmp_path, kind):
    assign(granvik, "amina")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with sign_in(granvik, "maria").get(f"/register/file/{kind}") as answer:
        assert len(answer.data) == answer.content_length > 100
    assert not list(tmp_path.glob("kunnig-*"))
