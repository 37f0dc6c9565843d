"""Items of the exam and those before the course can be answered from the lessons: who did not know the key did so."""

from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lms.base.shipped import shipped
from lms.catalogue.folder import course_folders
from lms.catalogue.reader import read_edition
from lms.catalogue.values import Edition

HERE = Path(__file__).parent
SHEETS = sorted(sheet.relative_to(HERE).as_posix() for sheet in HERE.glob("*/*/*.yaml"))


@cache
def editions() -> dict[str, Edition]:
    """The shipped course that each sheet is about, one sheet for each of its languages."""
    found = [read_edition(folder) for folder in course_folders(shipped("courses"))]
    return {f"{one.course}/{one.country}/{language}.yaml": one for one in found for language in one.languages}


def without_order(kind, answer):
    """An answer as it can be compared: the options ticked in a multiple-choice item have no order."""
    return sorted(answer) if kind == "multiple" and answer else answer


def differences(items, answers):
    """One line for each item that is answered otherwise than its key says, or not at all."""
    for name, item in items.items():
        key = list(item.key) if isinstance(item.key, tuple) else item.key
        if without_order(item.type, answers.get(name)) != without_order(item.type, key):
            yield f"{name}: answered {answers.get(name)}, but the key says {key}"
    for name in answers.keys() - items.keys():
        yield f"{name}: answered {answers[name]}, but there is no such item"


def test_every_course_has_been_answered_in_each_of_its_languages():
    assert sorted(editions()) == SHEETS


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_answers_are_those_of_the_key(sheet):
    answers = YAML(typ="safe", pure=True).load(HERE / sheet)
    items = {
        name: item
        for name, item in editions()[sheet].items.items()
        if item.use in {"exam", "pretest", "update"}
    }
    found = list(differences(items, answers))
    assert not found, "\n".join(found)
