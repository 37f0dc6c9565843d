"""Personal identity numbers of three countries are recognised, and stay out whatever field they stand in."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lms.organisation.personal_numbers import holds_personal_number
from lms.organisation.staff_list import read_staff_list
from tests.organisation.lists import HEAD, staff_list

COLUMNS = [
    *HEAD.split(";"),
    "Titel",
    "Anställningsform",
    "Procent",
    "Till",
    "E-post",
    "Telefon",
    "Anteckning",
]
GOOD = [
    "1",
    "Bo",
    "Ek",
    "Björken",
    "usk",
    "2026-01-01",
    "Usk",
    "tillsvidare",
    "75",
    "",
    "b@x.example",
    "070-1740605",
    "",
]


def luhn(nine: str) -> str:
    """Control digit of a Swedish number, by the definition: double every second digit from the left."""
    total = 0
    for place, digit in enumerate(nine):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value if value < 10 else value - 9
    return str(-total % 10)


@st.composite
def swedish(draw):
    born = draw(st.dates(date(1930, 1, 1), date(2015, 12, 31)))
    day = born.day + draw(st.sampled_from([0, 60]))  # 60 more: a coordination number
    nine = f"{born:%y%m}{day:02}{draw(st.integers(0, 999)):03}"
    form = draw(st.sampled_from(["{}-{}", "{}{}", "{}+{}", "{} {}"]))
    century = draw(st.sampled_from(["", f"{born:%Y}"[:2]]))
    return century + form.format(nine[:6], nine[6:] + luhn(nine))


@st.composite
def norwegian(draw):
    born = draw(st.dates(date(1930, 1, 1), date(2015, 12, 31)))
    day = born.day + draw(st.sampled_from([0, 40]))
    month = born.month + draw(st.sampled_from([0, 40, 80]))
    for end in range(draw(st.integers(0, 900)), 1000):
        nine = f"{day:02}{month:02}{born:%y}{end:03}"
        first = -sum(w * int(d) for w, d in zip((3, 7, 6, 1, 8, 9, 4, 5, 2), nine, strict=True)) % 11
        second = (
            -sum(
                w * int(d) for w, d in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), f"{nine}{first % 10}", strict=True)
            )
            % 11
        )
        if first < 10 and second < 10:
            number = f"{nine}{first}{second}"
            return draw(st.sampled_from([number, f"{number[:6]} {number[6:]}"]))
    raise AssertionError(born)


@st.composite
def finnish(draw):
    born = draw(st.dates(date(1930, 1, 1), date(2015, 12, 31)))
    end = draw(st.integers(2, 899))
    sign = draw(st.sampled_from("-YXWVU" if born.year < 2000 else "ABCDEF"))
    control = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(f"{born:%d%m%y}{end:03}") % 31]
    return f"{born:%d%m%y}{sign}{end:03}{control}"


PERSONAL = swedish() | norwegian() | finnish()


@pytest.mark.parametrize(
    "text",
    [
        "811228-9874", "8112289874", "19811228-9874", "811228+9874", "701063-2391", "Anna 811228-9874",
        "13097248022", "130972 48022", "131052-308T", "010594Y9032", "131052-308t",
    ],
)  # fmt: skip
def test_published_examples_are_recognised(text):
    assert holds_personal_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1001",
        "811228-9875",
        "8113289874",
        "811200-9876",
        "13097248023",
        "131052-308U",
        "2026-03-12",
        "123456789012",
    ],
)
def test_what_only_looks_like_one_is_not(text):
    assert not holds_personal_number(text)


@given(PERSONAL)
def test_every_number_with_a_right_checksum_is_recognised(number):
    assert holds_personal_number(number)
    assert holds_personal_number(f"Kalle {number}, dagtid")


@given(PERSONAL, st.integers(0, len(COLUMNS) - 1), st.booleans())
@example("010100 00110", 11, False)  # Norwegian, in two groups, where a phone number is expected
def test_number_in_any_field_is_a_fault_of_its_line_and_is_not_echoed(number, place, among_words):
    column = COLUMNS[place]
    if column == "Telefon" and number.isdigit() and number.startswith("0") and not among_words:
        return  # ten digits from 0 on are a phone number where one is expected
    cells = list(GOOD)
    cells[place] = f"x {number}" if among_words else number
    read = read_staff_list(
        staff_list(";".join(GOOD), ";".join(["2", *cells[1:]] if place else cells), head=";".join(COLUMNS))
    )
    assert [(fault.line, fault.code) for fault in read.faults if fault.code == "personal_number"] == [
        (3, "personal_number")
    ]
    assert number not in repr(read)


def test_phone_number_is_not_taken_for_one():
    cells = list(GOOD)
    cells[11] = "070101002" + luhn("070101002")  # also a date with a right checksum
    assert holds_personal_number(cells[11])
    read = read_staff_list(staff_list(";".join(cells), head=";".join(COLUMNS)))
    assert read.faults == ()
    assert read.lines[0].phone == "+46" + cells[11][1:]
