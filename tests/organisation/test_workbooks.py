"""Staff lists as workbooks: typed cells become what people see, and bad ones end in one clear error."""

import io
import resource
import zipfile
from datetime import date

import pytest

from lms.organisation import workbook
from lms.organisation.staff_list import read_staff_list
from lms.organisation.workbook_cells import MOST_COLUMNS, MOST_ROWS
from tests.organisation.lists import staff_list
from tests.organisation.workbooks import AMINA, HEAD, NEW, altered, archive, ods, xlsx

MAKERS = pytest.mark.parametrize("make", [xlsx, ods])
SHEET = "xl/worksheets/sheet1.xml"


@MAKERS
def test_typed_cells_become_what_a_text_file_says(make):
    head = (*HEAD, "Procent", "Till", "E-post", "Telefon", "Lön")
    row = (
        1001,
        "Åsa",
        "Öst",
        "Björken",
        "usk",
        date(2026, 3, 12),
        0.75,
        date(2026, 12, 31),
        "a@b.se",
        701740605,
        1.5,
    )
    read = read_staff_list(make([head, row]))
    assert read.faults == ()
    assert read.unused == ("Lön",)
    (line,) = read.lines
    text = staff_list(
        "1001;Åsa;Öst;Björken;usk;2026-03-12;75;2026-12-31;a@b.se;0701740605;1,5", head=";".join(head)
    )
    assert line == read_staff_list(text).lines[0]
    assert (line.line, line.employee_number, line.percent, line.phone) == (2, "1001", 75, "+46701740605")


@MAKERS
def test_zeros_in_front_stay_where_they_are_text(make):
    read = read_staff_list(make([HEAD, ("0012", *AMINA[1:])]))
    assert read.lines[0].employee_number == "0012"


@pytest.mark.parametrize(
    ("cells", "percent"),
    [
        ((0.75, 1, 0), [75, 100, 0]), ((1, 1, 1), [100, 100, 100]), ((75, 1, 0), [75, 1, 0]), ((0, 0, 0), [0, 0, 0]),
        ((0.5, 75, 1), [50, 75, 100]), (("0,75", "1,00", "80 %"), [75, 100, 80]),
        (("75 %", "1", None), [75, 100, None]),
    ],
)  # fmt: skip
def test_percentages_are_shares_where_the_column_says_so(cells, percent):
    rows = [(number, *AMINA[1:], cell) for number, cell in enumerate(cells, 1)]
    read = read_staff_list(xlsx([(*HEAD, "Procent"), *rows]))
    assert read.faults == ()
    assert [line.percent for line in read.lines] == percent


@MAKERS
def test_numbers_of_lines_are_those_of_the_spreadsheet(make):
    rows = [(), ("Personallista 2026",), (), HEAD, (), AMINA, (), ("5", "X", "Y", "Eken", "kock", "aldrig")]
    read = read_staff_list(make(rows))
    assert read.head == 4
    assert [line.line for line in read.lines] == [6]
    assert {(fault.line, fault.column, fault.value) for fault in read.faults} == {
        (8, "role", "kock"), (8, "from", "aldrig"),
    }  # fmt: skip


def test_list_that_does_not_begin_in_the_first_column():
    read = read_staff_list(xlsx([(None, None, *HEAD), (None, None, *AMINA)]))
    assert [line.employee_number for line in read.lines] == ["1001"]


def test_list_is_found_on_the_sheet_that_has_it():
    def more(book, _sheet, day):
        hidden = book.add_worksheet("Gammal")
        hidden.hide()
        for name in ("Data", "Personal"):
            page = book.add_worksheet(name)
            for place, row in enumerate([HEAD, (name, *AMINA[1:5])]):
                page.write_row(place, 0, row)
            page.write_datetime(1, 5, AMINA[5], day)
        hidden.write_row(0, 0, HEAD)

    read = read_staff_list(xlsx([("Om listan",), ("Uttag", "2026-11-29")], sheet="Om", more=more))
    assert [line.employee_number for line in read.lines] == ["Personal"]  # before another that would do


def test_workbook_without_a_line_that_names_columns():
    read = read_staff_list(xlsx([("Personal", "Lön"), ("Amina", 1)]))
    assert {(fault.line, fault.code) for fault in read.faults} == {(1, "no_such_column")}


def test_hidden_rows_count_formulas_and_merged_cells_have_their_values():
    def more(_book, sheet, day):
        sheet.merge_range(1, 3, 3, 3, "Eken")
        for row, number in enumerate((1, 2, 3), 1):
            sheet.write_formula(row, 0, "=1+1", None, number)
            sheet.write_row(row, 1, ("A", f"B{number}"))
            sheet.write_string(row, 4, "usk")
            sheet.write_datetime(row, 5, date(2026, 1, 1), day)
        sheet.set_row(2, None, None, {"hidden": True})

    read = read_staff_list(xlsx([HEAD], more=more))
    assert read.faults == ()
    assert [(line.line, line.employee_number, line.unit) for line in read.lines] == [
        (2, "1", ("Eken",)), (3, "2", ("Eken",)), (4, "3", ("Eken",)),
    ]  # fmt: skip


def test_error_of_a_formula_is_a_fault_and_not_an_empty_cell():
    def more(_book, sheet, _day):
        sheet.write_formula(1, 6, "=VLOOKUP(1,A:A,1)", None, "#N/A")

    read = read_staff_list(xlsx([(*HEAD, "Till"), AMINA], more=more))
    assert [(fault.line, fault.column, fault.code, fault.value) for fault in read.faults] == [
        (2, "to", "formula_error", "#N/A")
    ]


def test_personal_numbers_are_found_among_numbers():
    read = read_staff_list(xlsx([(*HEAD, "Övrigt"), (*AMINA, 198112289874)]))
    assert [(fault.line, fault.code) for fault in read.faults] == [(2, "personal_number")]


def test_characters_nobody_sees_are_left_out():
    read = read_staff_list(staff_list("1001;A\u202emina\x07;\ufeffYus\u200buf;Björken;usk;2026-01-01"))
    assert read.lines[0].names == ("Amina", "Yusuf")


def _lying(size: int) -> bytes:
    """A workbook whose directory says that a part is small."""
    data = bytearray(altered(xlsx([HEAD, AMINA]), SHEET, lambda _part: b" " * 30_000_000))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as known:
        real = known.getinfo(SHEET).file_size.to_bytes(4, "little")
    return bytes(data.replace(real, size.to_bytes(4, "little")))


def _encrypted() -> bytes:
    data = bytearray(xlsx([HEAD, AMINA]))
    place = data.find(b"PK\x01\x02")
    data[place + 8] |= 1  # first entry of the directory: general purpose flag
    return bytes(data)


BIG_CELL = (
    b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
)
ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
REPEATED = (
    '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384" '
    'office:value-type="float" office:value="1"/></table:table-row>'
)
BAD = {
    "old or not a sheet": (workbook.OLE + bytes(600), "not_a_list"),
    "locked xlsx": (workbook.OLE + bytes(600) + workbook.LOCKED, "locked_workbook"),
    "locked part": (_encrypted(), "locked_workbook"),
    "locked ods": (
        ods([HEAD, AMINA], parts={"META-INF/manifest.xml": "<manifest:encryption-data/>"}), "locked_workbook",
    ),
    "half": (xlsx([HEAD, AMINA])[:3000], "damaged_workbook"),
    "one byte": (xlsx([HEAD, AMINA]).replace(b"\x01\x02", b"\xff\xff"), "damaged_workbook"),
    "not xml": (altered(xlsx([HEAD, AMINA]), SHEET, lambda _part: b"\xff\x00<<"), "damaged_workbook"),
    "no sheet": (archive({"xl/workbook.xml": "<workbook/>"}), "damaged_workbook"),
    "letter": (archive({"word/document.xml": "<w/>"}), "not_a_list"),
    "macros": (altered(xlsx([HEAD, AMINA]), "xl/vbaProject.bin", lambda _part: b"x"), "macros"),
    "macros of ods": (ods([HEAD, AMINA], parts={"Basic/Standard/Module1.xml": "<x/>"}), "macros"),
    "zip bomb": (altered(xlsx([HEAD, AMINA]), SHEET, lambda _part: bytes(40_000_000)), "workbook_too_large"),
    "large": (archive({"xl/workbook.xml": "x", "a.xml": bytes(70_000_000)}), "workbook_too_large"),
    "lying zip bomb": (_lying(5_000), "damaged_workbook"),
    "many parts": (archive({"content.xml": "x"} | {f"{n}.xml": "" for n in range(2_001)}), "workbook_too_large"),
    "xml bomb": (altered(xlsx([HEAD, AMINA]), SHEET, lambda part: ENTITIES + part), "damaged_workbook"),
    "corner": (
        altered(
            xlsx([HEAD, AMINA]), SHEET, lambda part: part[: part.index(b"<sheetData")] + BIG_CELL + b"</worksheet>"
        ),
        "workbook_too_large",
    ),
    "repeated": (ods([HEAD, AMINA], tail=REPEATED), "damaged_workbook"),
    "wide": (xlsx([(*HEAD, *(f"k{n}" for n in range(MOST_COLUMNS)))]), "workbook_too_large"),
    "wide to the end": (xlsx([HEAD, (*AMINA, *[None] * 16_377, "x")]), "workbook_too_large"),
    "long": (xlsx([HEAD, *[AMINA] * (MOST_ROWS + 1)]), "workbook_too_large"),
    "long text": (staff_list(*["1"] * (MOST_ROWS + 1)), "workbook_too_large"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_one_fault(name):
    data, code = BAD[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = read_staff_list(data)
    assert [(fault.line, fault.column, fault.code) for fault in read.faults] == [(1, "", code)]
    assert read.lines == ()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # KiB


def test_a_million_empty_rows_below_the_list_are_no_matter():
    empty = (
        '<table:table-row table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    read = read_staff_list(ods([HEAD, AMINA, NEW], tail=empty))
    assert (len(read.lines), read.faults) == (2, ())
    rows = b"".join(
        b'<row r="%d" spans="1:6"><c r="A%d" s="1"/></row>' % (row, row) for row in range(3, 500_000)
    )
    read = read_staff_list(
        altered(
            xlsx([HEAD, AMINA]), SHEET, lambda part: part.replace(b"</sheetData>", rows + b"</sheetData>")
        )
    )
    assert (len(read.lines), read.faults) == (1, ())
