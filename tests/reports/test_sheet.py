"""The register as a file: the same rows as on screen, cells that are what they should be, formulas defused."""

import csv
import io
import tracemalloc
import zipfile
from datetime import date, datetime, timedelta

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lms.base.audit import AuditEntry
from lms.base.errors import NotFound
from lms.organisation.models import Person
from lms.register.queries import Filter, RegisterRow, coverage, register_rows
from lms.register.rules import State
from lms.reports import workbook
from lms.reports.actions import export_register
from lms.reports.register_file import cells
from lms.reports.sheet import defused, write_csv
from lms.reports.words import state_words
from lms.reports.workbook import write_xlsx
from tests.learning.taking import COURSE, assign, take

HEADS = ["Namn", "Dag", "Antal"]
ROWS = [("Åsa Öberg", date(2026, 3, 12), 3), ("=1+1", None, None), ('"; DROP', date(2026, 1, 1), 0)]
ODD = [
    "<b>&amp;</b>", "]]>", "  Åsa ", "two\nlines", "'quoted'", '=HYPERLINK("http://x")', "+46 70", "-1", "@SUM(A1)",
    "\U0001f9d1", "שלום", "0012", "1e5", "TRUE", "#N/A", "2026-01-01", "a_b",
]  # fmt: skip


def as_csv(rows, heads=HEADS):
    file = io.BytesIO()
    assert write_csv(file, heads, rows) == len(rows)
    return file.getvalue()


def as_workbook(rows, heads=HEADS, about=("Om filen", [("Vad", "Prov")])):
    """What somebody else's program reads in the workbook: it, and the rows of the first sheet."""
    file = io.BytesIO()
    assert write_xlsx(file, "Register", heads, rows, about) == len(rows)
    book = openpyxl.load_workbook(file)
    return book, [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]


def test_csv_opens_rightly_in_a_nordic_excel():
    data = as_csv(ROWS)
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == 4
    rows = list(csv.reader(data.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[1] == ["Åsa Öberg", "2026-03-12", "3"]
    assert rows[2] == ["'=1+1", "", ""]
    assert rows[3][0] == '"; DROP'


@pytest.mark.parametrize("text", ["=1+1", "+46", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_what_looks_like_a_formula_is_defused(text):
    assert defused(text) == f"'{text}"


def test_a_workbook_has_typed_cells_a_head_that_stays_and_a_filter():
    book, rows = as_workbook(ROWS)
    assert rows[0] == HEADS
    assert rows[1] == ["Åsa Öberg", datetime(2026, 3, 12), 3]  # noqa: DTZ001  (a day, as openpyxl has it)
    assert rows[2] == ["=1+1", None, None]
    sheet = book["Register"]
    assert sheet["B2"].is_date
    assert sheet["B2"].number_format == "yyyy\\-mm\\-dd"
    assert sheet["C4"].data_type == "n"
    assert sheet["A3"].data_type != "f"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:C4"
    assert sheet["A1"].font.b
    assert not sheet["A2"].font.b
    assert 12 <= sheet.column_dimensions["A"].width <= 48


def test_the_second_sheet_says_what_the_file_is():
    said = [("Vad", "Kompetensregister"), ("Sök", "=1+1 & <b>")]
    book, _rows = as_workbook(ROWS, about=("Om filen", said))
    assert book.sheetnames == ["Register", "Om filen"]
    assert list(book["Om filen"].values) == said


def test_a_workbook_of_no_rows_opens():
    book, rows = as_workbook([])
    assert rows == [HEADS]
    assert book["Register"].auto_filter.ref == "A1:C1"


def test_odd_text_is_read_back_as_it_was_and_is_never_a_formula():
    file = io.BytesIO()
    write_xlsx(file, "R", ["a"], [(text,) for text in ODD], ("x", []))
    read = [row[0] for row in openpyxl.load_workbook(file).worksheets[0].iter_rows(min_row=2)]
    assert [cell.value for cell in read] == ODD
    with zipfile.ZipFile(file) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_letters_that_no_workbook_can_hold_are_marked_and_what_looks_like_a_code_stays():
    _book, rows = as_workbook(
        [("a\0b\x0bc", None, None), ("_x0041_", None, None), ("x" * 40_000, None, None)]
    )
    assert rows[1][0] == "a\ufffdb\ufffdc"
    assert rows[2][0] == "_x005F_x0041_"  # how a spreadsheet is told that it is no code; openpyxl leaves it
    assert len(rows[3][0]) == 32_767


def as_read(day):
    """A day as openpyxl has it; what was before spreadsheets can reckon stands there as text."""
    return datetime(day.year, day.month, day.day) if day >= date(1900, 3, 1) else day.isoformat()  # noqa: DTZ001


@given(
    st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.integers(0, 2**40), st.dates()), max_size=9)
)
def test_whatever_the_cells_are_both_files_open_and_have_as_many(rows):
    _book, read = as_workbook(rows)
    assert [(row[1], row[2]) for row in read[1:]] == [(number, as_read(day)) for _text, number, day in rows]
    lines = list(csv.reader(io.StringIO(as_csv(rows).decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [(defused(text), str(number), str(day)) for text, number, day in rows] == [
        tuple(line) for line in lines[1:]
    ]


def test_a_sheet_that_would_be_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    with pytest.raises(ValueError, match="at most 3 rows"):
        write_xlsx(io.BytesIO(), "R", ["n"], [(n,) for n in range(4)], ("x", []))


class Sink(io.RawIOBase):
    """A file that is as long as it gets and keeps nothing."""

    def __init__(self):
        self.size = 0

    def writable(self):
        return True

    def write(self, data):
        self.size += len(data)
        return len(data)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_memory_does_not_grow_with_the_rows(kind):
    def peak(count):
        rows = ((f"Namn {n}", date(2026, 1, 1) + timedelta(n), n) for n in range(count))
        tracemalloc.start()
        try:
            if kind == "csv":
                write_csv(Sink(), HEADS, rows)
            else:
                write_xlsx(Sink(), "R", HEADS, rows, ("x", []))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is made once
    few = peak(6_000)
    assert peak(20_000) < few + 200_000 < 5_000_000


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "narrowed",
    [
        Filter(), Filter(state=State.VALID), Filter(state=State.NOT_YET_DUE), Filter(text="amina"),
        Filter(course="none"), Filter(course=COURSE), Filter(role="assistant_nurse"),
    ],
)  # fmt: skip
def test_the_file_has_the_rows_of_the_screen_and_is_audited(granvik, kind, narrowed):
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    with granvik.work("maria", writes=False) as ctx:
        export = export_register(ctx, narrowed, kind)
        shown = list(register_rows(ctx, narrowed))
        assert export.rows == len(shown) == sum(line.rows for line in coverage(ctx, narrowed))
        words = state_words(str)
    with export.file as file:
        if kind == "csv":
            lines = list(csv.reader(io.StringIO(file.read().decode("utf-8-sig"), newline=""), delimiter=";"))
        else:
            lines = [list(row) for row in openpyxl.load_workbook(file).worksheets[0].values]
            assert all(isinstance(row[7], datetime) for row in lines[1:])
    assert [(row[0], row[1], row[2]) for row in lines[1:]] == [
        (row.employee_number, row.family_name, row.given_name) for row in shown
    ]
    assert len({row[6] for row in lines[1:]}) == len({words[row.state] for row in shown})
    with granvik.work("maria", writes=False) as ctx:
        entries = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "register.exported")).all()
        assert [entry.facts["rows"] for entry in entries] == [export.rows]
        assert entries[0].person_id == ctx.who.person_id


def test_a_workbook_says_what_it_was_narrowed_to(granvik):
    narrowed = Filter(
        unit=granvik.unit("Björken").public_id, role="nurse", course=COURSE, state=State.VALID, text="ä"
    )
    with granvik.work("maria", writes=False) as ctx, export_register(ctx, narrowed, "xlsx").file as file:
        about = dict(openpyxl.load_workbook(file).worksheets[1].values)
    said = {"Björken", "Sjuksköterska", "Giltigt", "Maria Holm", "Avgränsat genom en sökning"}
    assert said < set(about.values())
    assert "ä" not in about.values()  # it may be the name of somebody who is protected


def test_cells_are_made_of_rows_wherever_they_come_from():
    day = date(2026, 1, 1)
    row = RegisterRow(
        None, "1", "Yusuf", "Amina", "Björken", "Usk", "nurse", "x", State.VALID, day, None, None, None, "ABCDE12345",
        protected=False,
    )  # fmt: skip
    (made,) = cells([row], {"x": "Kursen"}, "sv")
    assert made[:7] == ("1", "Yusuf", "Amina", "Björken", "Usk", "Kursen", "Giltigt")
    assert made[7:] == (day, None, None, None, "ABCDE-12345")


def test_only_who_may_export_does(granvik):
    for name in ("amina", "karin", "admin"):
        with granvik.work(name, writes=False) as ctx, pytest.raises(NotFound):
            export_register(ctx, Filter(), "csv")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_protected_person_is_a_row_without_a_name(granvik, kind):
    assign(granvik, "amina")
    with granvik.work("maria") as ctx:
        ctx.db.scalars(select(Person).where(Person.given_name == "Amina")).one().protected = True
    with granvik.work("maria", writes=False) as ctx:
        assert sum(line.rows for line in coverage(ctx, Filter(text="Amina"))) == 0
        with export_register(ctx, Filter(), kind).file as file:
            if kind == "csv":
                text = file.read().decode("utf-8-sig")
            else:
                with zipfile.ZipFile(file) as book:
                    text = book.read("xl/worksheets/sheet1.xml").decode()
    assert "Skyddad" in text
    assert not [word for word in ("Amina", "Yusuf", "1001", "Björken") if word in text]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_was_sent_leaves_nothing_behind(granvik, sign_in, monkeypatch, tmp_path, kind):
    assign(granvik, "amina")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with sign_in(granvik, "maria").get(f"/register/file/{kind}") as answer:
        assert len(answer.data) == answer.content_length > 100
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
