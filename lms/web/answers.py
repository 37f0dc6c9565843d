"""What the form of a question sends, as the plain value that is graded; and what it was worth, in numbers."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import floor

from werkzeug.datastructures import MultiDict

from lms.catalogue.items import TYPES
from lms.catalogue.items.numbers import written
from lms.learning.queries import Question


def sent_answer(form: MultiDict[str, str], kind: str) -> object:
    """The answer in a form, by the type of its question; nothing for a type there is not."""
    return TYPES[kind].sent(form.to_dict(flat=False)) if kind in TYPES else None


def as_sent(value: object, *, in_steps: bool = False) -> list[tuple[str, str]]:
    """An answer as its form sends it: fields with their values, in order; the other way round than `sent_answer`.

    Of an item in steps (`in_steps`) the decisions made before go along with the last one.
    """
    if isinstance(value, dict):
        return [(f"answer-{name}", str(each)) for name, each in value.items()]
    values = [str(each) for each in value] if isinstance(value, list) else [str(value)]
    before = len(values) - 1 if in_steps else 0
    return [("made" if place < before else "answer", each) for place, each in enumerate(values)]


def moved(options: Sequence[tuple[str, str]], order: Sequence[str], move: str) -> tuple[tuple[str, str], ...]:
    """Options (id, text) in the order sent, one of them moved: `b:up` or `b:down`, as an arrow sends without script.

    An order that is not one of these options is left aside.
    """
    texts = dict(options)
    ids = list(order) if sorted(order) == sorted(texts) else list(texts)
    option, _colon, direction = move.partition(":")
    if option in ids:
        place = ids.index(option)
        other = place + (1 if direction == "down" else -1)
        if 0 <= other < len(ids):
            ids[place], ids[other] = ids[other], ids[place]
    return tuple((each, texts[each]) for each in ids)


def as_left(question: Question, form: MultiDict[str, str]) -> tuple[Question, object]:
    """A question as its form was left, one of its options moved if an arrow was pressed, and the answer in the form."""
    options = moved(question.options, form.getlist("answer"), form.get("move", ""))
    return replace(question, options=options), sent_answer(form, question.type)


def points(share: Fraction | int, language: str) -> str:
    """How much is right as a language writes it: 12,5. Two decimals at most, never rounded up to a limit."""
    return written(Fraction(floor(share * 100), 100), language)
