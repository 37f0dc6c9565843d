"""Doses are right with every set of numbers that anybody can be asked: reckoned again from what is printed.

How each question is worked out was written down by somebody who saw the printed questions only, not their keys.
"""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction

import pytest

from lms.catalogue.items import TYPES, Drawn
from lms.catalogue.items.generated import allowed
from lms.catalogue.items.numbers import read_number, written
from lms.catalogue.values import Edition, Item, ItemText
from tests.courses.test_second_answer_sheet import editions

CLOCK_OR_NUMBER = re.compile(r"(\d+)[.:]00(?!\d)|(\d+(?:[.,]\d+)?)")
DAY = "24 hours"  # what English says for `dygn`, no number to reckon with
IN_HALVES = {"tabletter", "tablets"}  # the smallest part of a tablet that anybody is asked to give
IN_WHOLE = {"droppar", "dråper", "drops"}


def per_unit(dose: Fraction, strength: Fraction) -> Fraction:
    return dose / strength


def micrograms(milligrams: Fraction, strength: Fraction) -> Fraction:
    return milligrams * 1000 / strength


def left(start: Fraction, a_day: Fraction, days: Fraction, as_needed: Fraction) -> Fraction:
    return start - a_day * days - as_needed


def most(regular: Fraction, times: Fraction, as_needed: Fraction, more: Fraction) -> Fraction:
    return regular * times + as_needed * more


def product(each: Fraction, times: Fraction, days: Fraction) -> Fraction:
    return each * times * days


# By country and item: from the numbers in the order they are printed.
WORKED: dict[str, dict[str, Callable[..., Fraction]]] = {
    "SE": {
        "dose-p1": per_unit,
        "dose-p2": per_unit,
        "dose-p4": left,
        "dose-p5": lambda given, gap, now: given + gap - now,
        "dose-p6": micrograms,
        "dose-p7": lambda per_kilo, weight, strength: round_half_up(per_kilo * weight / strength, 2),
        "dose-e1": lambda dose, _hour, strength: dose / strength,
        "dose-e2": per_unit,
        "dose-e3": micrograms,
        "dose-e4": left,
        "dose-e5": lambda given, gap, now: given + gap - now,
        "dose-e6": lambda each, times, days, there: each * times * days - there,
        "dose-e7": lambda pen, morning, evening, primed: Fraction(pen // (morning + evening + 2 * primed)),
        "dose-e8": lambda high, days, low, more_days, strength: (high * days + low * more_days) / strength,
        "dose-e11": most,
        "dose-e12": lambda dose, strength, drops: dose / strength * drops,
        "dose-t1": per_unit,
        "dose-t2": micrograms,
    },
    "NO": {
        "dose-p1": per_unit,
        "dose-p2": micrograms,
        "dose-p4": per_unit,
        "dose-p5": most,
        "dose-p6": left,
        "dose-p7": product,
        "dose-e1": per_unit,
        "dose-e2": micrograms,
        "dose-e3": per_unit,
        "dose-e4": product,
        "dose-e5": left,
        "dose-e6": lambda grams, times, milligrams, more: grams * times + milligrams / 1000 * more,
        "dose-e8": lambda dose, strength, millilitres, drops: dose / strength / millilitres * drops,
        "dose-e10": lambda gap, given, now: given + gap - now,
        "dose-e11": lambda one, two, three, days, strength: (one + two + three) / strength * days,
        "dose-t1": per_unit,
        "dose-t2": per_unit,
    },
}  # fmt: skip


def round_half_up(number: Fraction, decimals: int) -> Fraction:
    return Fraction((number * 10**decimals + Fraction(1, 2)).__floor__(), 10**decimals)


def generated() -> Iterator[tuple[str, Edition, str, Item, ItemText]]:
    for edition in {id(each): each for each in editions().values()}.values():
        for language in edition.languages:
            for item in edition.items.values():
                if item.type == "generated":
                    name = f"{edition.course}-{edition.country}-{language}-{item.id}"
                    yield name, edition, language, item, edition.texts[language].items[item.id]


def numbers_in(text: str) -> list[Fraction]:
    return [
        Fraction((hour or number).replace(",", "."))
        for hour, number in CLOCK_OR_NUMBER.findall(text.replace(DAY, "day"))
    ]


@pytest.mark.parametrize(
    ("edition", "language", "item", "text"),
    [pytest.param(*rest, id=name) for name, *rest in generated()],
)
def test_a_dose_is_what_its_printed_question_makes_it(edition, language, item, text):
    kind, work = TYPES["generated"], WORKED[edition.country][item.id]
    for numbers in allowed(item.key):
        drawn = Drawn(item.id, (), numbers={name: str(value) for name, value in numbers.items()})
        asked = kind.worded(item, text, drawn, language)
        printed = f"{asked.situation} {asked.ask}"
        answer = work(*numbers_in(printed))
        assert answer == kind.right_number(item, drawn), printed
        assert answer > 0, printed
        assert read_number(written(answer, language)) == answer, (
            printed
        )  # nothing is lost where it is written
        said = re.escape(written(answer, language))
        assert re.search(rf"(?<![\d.,]){said}(?!\d|[.,]\d)", asked.solution), asked.solution
        assert (answer * 2).denominator == 1 or asked.unit not in IN_HALVES, printed
        assert answer.denominator == 1 or asked.unit not in IN_WHOLE, printed


def test_every_dose_is_reckoned_again():
    there = {(edition.country, item.id) for _name, edition, _language, item, _text in generated()}
    assert there == {(country, name) for country, items in WORKED.items() for name in items}
