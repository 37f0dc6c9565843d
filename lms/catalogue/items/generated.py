"""Generated numeric: the same question with other numbers for everybody, and in every attempt."""

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import ClassVar

from lms.catalogue.document import Fault, Node
from lms.catalogue.items.formula import FormulaError, calculate, holds
from lms.catalogue.items.item_type import ID, Drawn, Schema, key_of, shuffled
from lms.catalogue.items.numbers import written
from lms.catalogue.items.numeric import NUMBER, Numeric
from lms.catalogue.values import Item, ItemText

MOST_SETS = 2_000  # of numbers, that an item may choose among
FEWEST_SETS = 20  # fewer are learnt by heart
_PLACE = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")  # two braces are a value of the country
FORMULA: Schema = {"type": "string", "pattern": r"\S"}
NAMES: Schema = {"type": "string", "pattern": r"^[a-z][a-z_]*$", "description": "small letters and _"}


class Generated(Numeric):
    """`numbers` are lists to choose from; `where` holds for every choice; `steps` are worked out on the way.

    Texts take a number in as `{dose}`, one that was worked out as well, and the answer as `{answer}`.
    """

    name = "generated"
    key: ClassVar[Schema] = {
        "type": "object", "required": ["numbers", "answer"], "additionalProperties": False,
        "properties": {
            "numbers": {
                "type": "object", "minProperties": 1, "propertyNames": NAMES,
                "additionalProperties": {"type": "array", "minItems": 1, "uniqueItems": True, "items": NUMBER},
            },
            "where": FORMULA,
            "steps": {"type": "object", "propertyNames": NAMES, "additionalProperties": FORMULA},
            "answer": FORMULA,
            "decimals": {"type": "integer", "minimum": 0, "maximum": 3},
            "tolerance": NUMBER,
            "unit": ID,
        },
    }  # fmt: skip
    wording: ClassVar[dict[str, Schema]] = Numeric.wording
    may_lack = frozenset({"unit", "options"})

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """Every choice of numbers that `where` allows has an answer, and there are enough of them."""
        yield from super().faults(item, wording)
        key = item.get("key")
        try:
            sets = list(allowed(key.plain()))
            for numbers in sets:
                worked_out(key.plain(), numbers)
        except (FormulaError, KeyError, TypeError, ValueError) as error:
            yield key.fault(f"cannot be calculated: {error}")
            return
        if len(sets) < FEWEST_SETS:
            yield key.get("numbers").fault(f"allow {len(sets)} sets of numbers; {FEWEST_SETS} are needed")
        names = {*key.get("numbers").entries, *key.get("steps").entries, "answer"}
        for text in wording.strings():
            for name in placeholders(text.text):
                if name not in names:
                    yield text.fault(f"there is no number {{{name}}}")
        said = placeholders(wording.get("situation").text + wording.get("ask").text)
        for name in key.get("numbers").entries:
            if name not in said:
                yield wording.get("ask").fault(f"does not say the number {{{name}}}")

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """One of the allowed sets of numbers; the units, where there are some, in a random order."""
        numbers = random.choice(list(allowed(key_of(item))))
        return Drawn(
            item.id,
            shuffled(text.options, random),
            numbers={name: str(value) for name, value in numbers.items()},
        )

    def worded(self, item: Item, text: ItemText, drawn: Drawn, language: str) -> ItemText:
        """With the numbers drawn in their places."""
        situation, ask, solution = (
            filled(each, item, drawn, language) for each in (text.situation, text.ask, text.solution)
        )
        why = {name: filled(each, item, drawn, language) for name, each in text.why.items()}
        return replace(text, situation=situation, ask=ask, solution=solution, why=why)

    def right_number(self, item: Item, drawn: Drawn) -> Fraction:
        """The answer for the numbers drawn, rounded as it is asked for."""
        return worked_out(key_of(item), _fractions(drawn))["answer"]


def allowed(key: dict[str, object]) -> Iterator[dict[str, Fraction]]:
    """Every set of numbers an item may be asked with. Raises FormulaError if there are too many."""
    lists = {name: [Fraction(each) for each in some] for name, some in dict(key["numbers"]).items()}  # type: ignore[call-overload]
    count = 1
    for some in lists.values():
        count *= len(some)
    if count > MOST_SETS:
        raise FormulaError(f"{count} sets of numbers are too many; {MOST_SETS} are allowed")
    sets: list[dict[str, Fraction]] = [{}]
    for name, some in lists.items():
        sets = [numbers | {name: each} for numbers in sets for each in some]
    where = str(key.get("where", ""))
    return (numbers for numbers in sets if not where or holds(where, numbers))


def worked_out(key: dict[str, object], numbers: dict[str, Fraction]) -> dict[str, Fraction]:
    """The numbers, what is worked out on the way, and the answer (rounded half up). Raises FormulaError."""
    known = dict(numbers)
    for name, formula in dict(key.get("steps", {})).items():  # type: ignore[call-overload]
        known[name] = calculate(formula, known)
    answer = calculate(str(key["answer"]), known)
    decimals = key.get("decimals")
    known["answer"] = _rounded(answer, decimals) if isinstance(decimals, int) else answer
    return known


def _rounded(number: Fraction, decimals: int) -> Fraction:
    """Half up, as people learn it: half to even would make 2,5 tablets 2."""
    scale = 10**decimals
    return Fraction((number * scale + Fraction(1, 2)).__floor__(), scale)


def placeholders(text: str) -> list[str]:
    """Names that a text takes numbers in for."""
    return _PLACE.findall(text)


def filled(text: str, item: Item, drawn: Drawn, language: str) -> str:
    """A text with the numbers drawn (and what follows from them) as they are written in a language."""
    numbers = worked_out(key_of(item), _fractions(drawn))
    return _PLACE.sub(lambda place: written(numbers[place[1]], language), text)


def _fractions(drawn: Drawn) -> dict[str, Fraction]:
    return {name: Fraction(value) for name, value in drawn.numbers.items()}
