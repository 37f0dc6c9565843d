"""Staff lists are read however they were saved, and each fault is told with its line."""

import pytest

from lms.base.i18n import LANGUAGES
from lms.organisation.import_words import column_words
from lms.organisation.rules import StaffLine
from lms.organisation.staff_list import LONGEST_CELL, read_staff_list, tidy
from tests.organisation.lists import HEAD, staff_list

LINE = "1001;Åsa;Öst;Björken;Undersköterska;2026-03-12"
FULL = HEAD + ";Titel;Anställningsform;Sysselsättningsgrad;Till;E-post;Telefon"


def only(data: bytes) -> StaffLine:
    read = read_staff_list(data)
    assert read.faults == ()
    assert len(read.lines) == 1
    return read.lines[0]


COLUMNS = ("employee_number", "given_name", "family_name", "unit", "role", "from")


@pytest.mark.parametrize(
    "header",
    [
        "employee_number;given_name;family_name;unit;role;from",
        "Employee number;First name;Last name;Unit;Role;Start date",
        "Anställningsnummer;Förnamn;Efternamn;Enhet;Roll;Från och med",
        "ANST.NR;förnamn;Efternamn ;Arbetsplats;Rollprofil;Fr.o.m.",
        "Ansattnummer;Fornavn;Etternavn;Enhet;Rolle;Fra",
        "Ansattnr;Fornavn;Etternavn;Arbeidssted;Rolle;Fra og med",
        "Henkilöstönumero;Etunimi;Sukunimi;Yksikkö;Rooli;Alkaen",
        *(";".join(column_words(language)[key] for key in COLUMNS) for language in LANGUAGES),
    ],
)
def test_headers_of_all_languages(header):
    line = only(staff_list(LINE, head=header))
    assert (line.employee_number, line.given_name, line.family_name) == ("1001", "Åsa", "Öst")
    assert (line.unit, line.role, line.first.isoformat()) == (("Björken",), "assistant_nurse", "2026-03-12")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_encodings_delimiters_line_ends(encoding, delimiter, end):
    text = end.join([HEAD, LINE]).replace(";", delimiter)
    assert only(text.encode(encoding)).family_name == "Öst"


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize(
    "heading", ["Personal, Granvik, hemtjänst, 12 mars", "Granvik;Eken;Björken", '5" rör']
)
def test_a_heading_above_the_columns_does_not_say_what_stands_between_cells(heading, delimiter):
    text = f"{HEAD}\r\n{LINE}".replace(";", delimiter)
    read = read_staff_list(f"{heading}\r\n\r\n{text}\r\n".encode())
    assert [line.family_name for line in read.lines] == ["Öst"]
    assert (read.head, read.faults) == (3, ())


def test_columns_in_any_order_with_quotes_and_strange_columns():
    data = staff_list(
        '"Öst";2026-03-12;"Vård; syd > Björken";x;1001;usk;"Åsa"',
        head="Efternamn;Från;Enhet;Lön;Anst.nr;Roll;Förnamn",
    )
    read = read_staff_list(data)
    assert read.lines[0].unit == ("Vård; syd", "Björken")
    assert read.unused == ("Lön",)


def test_all_that_a_line_can_say():
    line = only(
        staff_list(LINE + ";Natt;timanställd;75,4 %;31.12.2026;ASA@Granvik.example;070-174 06 05", head=FULL)
    )
    assert (line.title, line.kind, line.percent) == ("Natt", "hourly", 75)
    assert (line.last.isoformat(), line.ends) == ("2026-12-31", True)
    assert (line.email, line.phone) == ("asa@granvik.example", "+46701740605")


def test_what_a_line_does_not_say_is_none():
    line = only(staff_list(LINE))
    assert (line.title, line.kind, line.percent, line.last, line.email, line.phone) == (None,) * 6
    assert line.ends is False


def test_spreadsheet_that_ate_the_zero_of_a_phone_number():
    assert only(staff_list(LINE + ";701740605", head=HEAD + ";Telefon")).phone == "+46701740605"


def test_a_cell_that_is_far_too_long_is_not_looked_at_to_its_end():
    marks = (
        "A" + "\u0315\u0300" * 250_000
    )  # sorting accents takes the square of their number: minutes, for these
    assert len(tidy(marks)) <= LONGEST_CELL


def test_names_are_put_into_one_form():
    assert only(staff_list("1;A\u030asa  Maria;Öst;Björken;usk;2026-03-12")).given_name == "Åsa Maria"


@pytest.mark.parametrize("text", ["2026-03-12", "20260312", "12.3.2026", "12.03.2026"])
def test_ways_to_write_a_day(text):
    assert only(staff_list(LINE.replace("2026-03-12", text))).first.isoformat() == "2026-03-12"


@pytest.mark.parametrize(
    ("line", "column", "code", "value"),
    [
        (";Åsa;Öst;Björken;usk;2026-03-12;;;;;;", "employee_number", "missing", ""),
        ("1;;Öst;Björken;usk;2026-03-12;;;;;;", "given_name", "missing", ""),
        ("1;Åsa;;Björken;usk;2026-03-12;;;;;;", "family_name", "missing", ""),
        ("1;Åsa;Öst;;usk;2026-03-12;;;;;;", "unit", "missing", ""),
        ("1;Åsa;Öst;Björken;;2026-03-12;;;;;;", "role", "missing", ""),
        ("1;Åsa;Öst;Björken;usk;;;;;;;", "from", "missing", ""),
        ("1;Åsa;Öst;A > > B;usk;2026-03-12;;;;;;", "unit", "not_a_path", "A > > B"),
        ("1;Åsa;Öst;Björken;kock;2026-03-12;;;;;;", "role", "unknown_role", "kock"),
        ("1;Åsa;Öst;Björken;usk;31.2.2026;;;;;;", "from", "not_a_date", "31.2.2026"),
        ("1;Åsa;Öst;Björken;usk;03/12/2026;;;;;;", "from", "not_a_date", "03/12/2026"),
        ("1;Åsa;Öst;Björken;usk;2026-03-12;;;;2026-03-11;;", "to", "ends_before_it_begins", "2026-03-11"),
        ("1;Åsa;Öst;Björken;usk;2026-03-12;;evig;;;;", "kind", "unknown_kind", "evig"),
        ("1;Åsa;Öst;Björken;usk;2026-03-12;;;101;;;", "percent", "not_a_percent", "101"),
        ("1;Åsa;Öst;Björken;usk;2026-03-12;;;halv;;;", "percent", "not_a_percent", "halv"),
        ("1;Åsa;Öst;Björken;usk;2026-03-12;;;;;asa at home;", "email", "not_an_email", "asa at home"),
        ("1;Åsa;Öst;Björken;usk;2026-03-12;;;;;;12", "phone", "not_a_phone", "12"),
        (f"1;Åsa;{'Ö' * 121};Björken;usk;2026-03-12;;;;;;", "family_name", "too_long", "Ö" * 20 + "…"),
        ("1;Åsa;Öst;Björken;usk;2026-03-12;;;;;;;extra", "", "too_many_cells", ""),
    ],
)
def test_fault_of_a_line(line, column, code, value):
    read = read_staff_list(staff_list(LINE, line, "3;C;D;Björken;usk;2026-01-01", head=FULL))
    assert [(fault.line, fault.column, fault.code, fault.value) for fault in read.faults] == [
        (3, column, code, value)
    ]
    assert [good.line for good in read.lines] == [2, 4]


def test_all_faults_of_all_lines_at_once():
    read = read_staff_list(staff_list("1;;Öst;Björken;kock;x", LINE, "3;C;D;Björken;usk;y"))
    assert [(fault.line, fault.column) for fault in read.faults] == [
        (2, "given_name"), (2, "role"), (2, "from"), (4, "from"),
    ]  # fmt: skip
    assert read.who == {2: ("1", "Öst"), 4: ("3", "C D")}


def test_line_numbers_count_empty_lines_and_lines_within_quotes():
    read = read_staff_list(
        staff_list("", '1;"Å\nsa";Öst;Björken;usk;2026-03-12', ";;;;;", "2;B;C;Björken;kock;2026-03-12")
    )
    assert [line.line for line in read.lines] == [3]
    assert [fault.line for fault in read.faults] == [6]


@pytest.mark.parametrize(
    ("data", "code", "column"),
    [
        (b"", "empty_file", ""),
        (b"\r\n \r\n", "empty_file", ""),
        (HEAD.encode(), "empty_file", ""),
        (b"PK\x03\x04 a workbook", "damaged_workbook", ""),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not_a_list", ""),
        (staff_list('1;"Åsa;Öst;Björken;usk;2026-03-12'), "not_csv", ""),
        (
            staff_list("1;Åsa;Öst;Björken;usk", head="Anst.nr;Förnamn;Efternamn;Enhet;Roll"),
            "no_such_column",
            "from",
        ),
        (staff_list(LINE + ";usk", head=HEAD + ";Rolle"), "column_twice", "role"),
    ],
)
def test_fault_of_the_file(data, code, column):
    read = read_staff_list(data)
    assert [(fault.line, fault.column, fault.code) for fault in read.faults] == [(1, column, code)]
    assert read.lines == ()


@pytest.mark.parametrize(
    ("second", "column", "code"),
    [
        ("1001;Åsa;Öst;björken;USK;2026-06-01", "employee_number", "repeated"),
        ("1001;Eva;Öst;Eken;usk;2026-03-12", "employee_number", "other_name"),
        ("1002;Eva;Öst;Eken;usk;2026-03-12;ASA@x.example", "email", "email_repeated"),
        ("1002;Eva;Öst;Eken;usk;2026-03-12;;+46 70 174 06 05", "phone", "phone_repeated"),
    ],
)
def test_line_that_contradicts_an_earlier_one(second, column, code):
    head = HEAD + ";E-post;Telefon"
    read = read_staff_list(
        staff_list(LINE + ";asa@x.example;0701740605", second + ";" * (7 - second.count(";")), head=head)
    )
    assert [(fault.line, fault.column, fault.code) for fault in read.faults] == [(3, column, code)]


@pytest.mark.parametrize(
    "second",
    [
        "1001;Åsa;Öst;Eken;usk;2026-03-12;",
        "1001;Åsa;Öst;Björken;ssk;2026-03-12;",
        "1001;Åsa;Öst;Björken;usk;2026-07-01;",
    ],
)
def test_person_may_have_several_workplaces_and_come_back(second):
    read = read_staff_list(staff_list(LINE + ";2026-06-30", second, head=HEAD + ";Till"))
    assert read.faults == ()
