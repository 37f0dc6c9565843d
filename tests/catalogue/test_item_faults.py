"""What authors can get wrong between the key of an item and its wording is named."""

import copy
import json
from pathlib import Path

import pytest

from lms.catalogue.check import check
from lms.catalogue.report import report_text
from tests.catalogue.tiny_course import TODAY, write_files
from tests.catalogue.typed_course import NAME, typed_course

ITEMS = [f"{NAME}/SE/{language}/items.yaml" for language in ("sv", "en")]
COURSE = f"{NAME}/SE/course.yaml"
FAULTS = {  # (type, part and place of what is changed, what it becomes) -> (where it is named, in what words)
    "a place that is none": ("hotspot", "key place", "z", "key.place", "none of the options"),
    "a place without a name": (
        "hotspot",
        "key places e",
        [0, 0, 20, 20],
        "key.places.e",
        "none of the options",
    ),
    "a place beside the picture": (
        "hotspot",
        "key places b",
        [90, 50, 20, 30],
        "key.places.b",
        "beside the picture",
    ),
    "a place too small to be hit": ("hotspot", "key places b", [50, 50, 4, 30], "key.places.b", "too small"),
    "a place without its size": ("hotspot", "key places b", [50, 50], "key.places.b", "4"),
    "a picture that is not there": ("hotspot", "key picture", "pot.svg", "key.picture", "no picture pot.svg"),
    "a picture without words": ("hotspot", "wording alt", None, "alt", "missing"),
    "a scene that is none": (
        "branching",
        "key scenes one a",
        "four",
        "key.scenes.one.a",
        "none of the scenes",
    ),
    "a start that is none": ("branching", "key start", "four", "key.start", "none of the scenes"),
    "a way that ends too soon": ("branching", "key scenes one b", "end", "key.scenes", "2 to 4 decisions"),
    "a way in a circle": ("branching", "key scenes two a", "one", "key.scenes", "2 to 4 decisions"),
    "a scene no way leads to": (
        "branching",
        "key scenes one b",
        "two",
        "key.scenes.three",
        "no way leads here",
    ),
    "a scene with nothing good": ("branching", "key good two", None, "key.good.two", "missing"),
    "a good choice that is none": (
        "branching",
        "key good one",
        ["c"],
        "key.good.one[0]",
        "none of the choices of one",
    ),
    "a choice without consequence": (
        "branching",
        "wording scenes one then a",
        None,
        "scenes.one.then.a",
        "missing",
    ),
    "a reflection in the exam": ("reflection", "item use", "exam", "use", "must be practice"),
    "two choices alike": (
        "branching",
        "wording scenes one options b",
        "ask ada",
        "scenes.one.options.b",
        "same",
    ),
}


def changed(tree: object, path: list[str], value: object) -> None:
    """Put a value at a place of a tree, or take away what stands there."""
    for name in path[:-1]:
        tree = tree[name]
    if value is None:
        del tree[path[-1]]
    else:
        tree[path[-1]] = value


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_of_an_item_is_named_where_it_stands(case, tmp_path: Path) -> None:
    kind, what, value, field, says = case
    part, *path = what.split()
    files = typed_course()
    head, items = files[COURSE].split("items: [", 1)
    items = json.loads("[" + items)
    wordings = {file: json.loads(files[file]) for file in ITEMS}
    item = next(each for each in items if each["id"] == f"practice-{kind}")
    trees = {
        "key": [item["key"]],
        "item": [item],
        "wording": [texts[item["id"]] for texts in wordings.values()],
    }
    for tree in trees[part]:
        changed(tree, path, copy.deepcopy(value))
    files[COURSE] = head + "items: " + json.dumps(items)
    files |= {file: json.dumps(texts) for file, texts in wordings.items()}
    report = check(write_files(files, tmp_path), TODAY)
    place = f"{item['id']}.{field}" if part == "wording" else f"items[{item['id']}].{field}"
    assert any(fault.field == place and says in fault.text for fault in report.faults), report_text(report)


def test_the_samples_make_a_clean_course(tmp_path: Path) -> None:
    assert check(write_files(typed_course(), tmp_path), TODAY).faults == ()
