"""Every kind of fault is found, with its file, line and field."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from lms.base.shipped import shipped
from lms.catalogue.check import check
from lms.catalogue.format import FORMAT
from lms.catalogue.report import report_text
from tests.catalogue.tiny_course import TODAY, add_pool, tiny_course, write_files

FILES = {
    "country": "countries/SE.yaml",
    "course": "kettle/SE/course.yaml",
    "picture": "kettle/SE/media/kettle.svg",
    "text": "kettle/SE/sv/course.yaml",
    "words": "kettle/SE/sv/words.yaml",
    "items": "kettle/SE/sv/items.yaml",
    "items-en": "kettle/SE/en/items.yaml",
    "lesson": "kettle/SE/sv/tea.md",
    "lesson-en": "kettle/SE/en/tea.md",
    "lesson-cup": "kettle/SE/sv/cup.md",
    "lesson-mug": "kettle/SE/en/mug.md",
    "story": "kettle/SE/sv/reflection.md",
}
COURSE, LESSON, PICTURE = FILES["course"], FILES["lesson"], FILES["picture"]
CASES = YAML(typ="safe", pure=True).load(Path(__file__).with_name("faults.yaml"))


def line_of(text: str, piece: str) -> int:
    """The number of the first line that holds a piece; 1 for none asked."""
    return text[: text.index(piece)].count("\n") + 1


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_fault_is_named_where_it_stands(case, tmp_path) -> None:
    files = tiny_course()
    short, old, new = case["change"]
    assert old in files[FILES[short]]
    files[FILES[short]] = files[FILES[short]].replace(old, new, 1)
    report = check(write_files(files, tmp_path), TODAY)
    at, field, says, *elsewhere = case["fault"]
    file = FILES[elsewhere[0]] if elsewhere else FILES[short]
    place = (file, line_of(files.get(file, ""), at), field)
    found = [fault.text for fault in report.faults if (fault.file, fault.line, fault.field) == place]
    assert any(says in text for text in found), report_text(report)


def test_the_tiny_course_is_clean(courses: Path) -> None:
    report = check(courses, TODAY)
    assert report.findings == ()
    assert report.is_clean


def test_all_faults_are_found_at_once(tmp_path: Path) -> None:
    files = tiny_course()
    files[COURSE] = files[COURSE].replace("owner: Kursredaktionen\n", "").replace("key: b}", "key: d}")
    files[LESSON] = files[LESSON].replace("word:kettle", "word:pot").replace("- Pour.\n", "")
    files[PICTURE] = files[PICTURE].replace("</svg>", "<script/></svg>")
    report = check(write_files(files, tmp_path), TODAY)
    assert {(fault.file, fault.field) for fault in report.faults} == {
        (COURSE, "owner"),
        (COURSE, "items[tea-p1].key"),
        (COURSE, "items[cup-p1].key"),
        (LESSON, "start.word"),
        (LESSON, "remember.text"),
        (PICTURE, "script"),
    }


@pytest.mark.parametrize("missing", ["countries/SE.yaml", "kettle/SE/course.yaml", "kettle/SE/en/words.yaml"])
def test_a_missing_file_is_named(missing: str, tmp_path: Path) -> None:
    files = tiny_course()
    del files[missing]
    report = check(write_files(files, tmp_path), TODAY)
    assert [fault.text for fault in report.faults if (fault.file, fault.line) == (missing, 1)] == [
        "the file is missing"
    ]


@pytest.mark.parametrize("wrong", ["-1", "[[]]", "{a: {b: 1}}", ""])
def test_a_value_of_the_wrong_kind_never_stops_the_check(wrong, tmp_path):
    files = tiny_course()
    keys = re.findall(r"^(\w+):", files[COURSE], re.MULTILINE)
    for key in keys:
        changed = re.sub(rf"^{key}:.*\n( .*\n)*", f"{key}: {wrong}\n", files[COURSE], flags=re.MULTILINE)
        report = check(write_files({**files, COURSE: changed}, tmp_path), TODAY)
        assert report.faults, key


def test_the_published_format_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(FORMAT)


def test_a_file_in_another_encoding_is_named(courses: Path) -> None:
    (courses / LESSON).write_bytes("---\ntitle: Kaffe\nquestion: Får jag?\n".encode("latin-1"))
    faults = check(courses, TODAY).faults
    assert (LESSON, 3, "is not UTF-8") in {(fault.file, fault.line, fault.text) for fault in faults}


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "field", "says"),
    [
        (COURSE, "review_by: 2027-01-01", "review_by: 2026-05-31", "review_by", "review_by", "has passed"),
        (COURSE, "minutes: 3", "minutes: 9", "minutes: 9", "lessons[tea].minutes", "3 to 6 minutes"),
        (LESSON, "It boils", "Tea. " * 81, "step picture", "see.text", "at most 80"),
        (LESSON, "It boils", "it and tea " * 60, "---", "text", "words on average"),
        (LESSON, "It boils", "Genomförandeplanerna socialdokumentera. " * 20, "---", "text", "LIX"),
        (PICTURE, "</svg>", f"{' ' * 30_000}</svg>", "<svg", "svg", "kB"),
    ],
)
def test_warnings_do_not_make_a_course_unclean(tmp_path, file, old, new, at, field, says):
    files = tiny_course()
    files[file] = files[file].replace(old, new, 1)
    report = check(write_files(files, tmp_path), TODAY)
    line = line_of(files[file], at)
    found = [
        warning
        for warning in report.warnings
        if (warning.file, warning.line, warning.field) == (file, line, field)
    ]
    assert says in found[0].text
    assert report.is_clean


def test_a_picture_nobody_shows_is_a_warning(courses: Path) -> None:
    (courses / "kettle/SE/media/pot.svg").write_bytes((courses / PICTURE).read_bytes())
    (warning,) = check(courses, TODAY).findings
    assert (warning.file, warning.is_warning) == ("kettle/SE/media/pot.svg", True)


def test_the_report_counts_lessons_and_items(courses: Path) -> None:
    report = check(courses, TODAY)
    first = report.lessons[0]
    assert (first.course, first.country, first.lesson, first.language) == ("kettle", "SE", "tea", "sv")
    assert (first.steps, first.minutes, first.outcomes) == (5, 3, ("tea",))
    assert first.words == 30
    assert [(row.outcome, row.use, row.type, row.count) for row in report.items if row.outcome == "tea"] == [
        ("tea", "exam", "matching", 1),
        ("tea", "exam", "ordering", 1),
        ("tea", "exam", "scenario", 1),
        ("tea", "exam", "single", 1),
        ("tea", "practice", "multiple", 1),
        ("tea", "practice", "single", 1),
    ]


def with_pool(lengths: Mapping[str, int]) -> dict[str, str]:
    """The tiny course with twelve more exam items on each outcome whose options are so long; `b` is right."""
    files = tiny_course()
    add_pool(files, "exam", 12)
    for language in ("sv", "en"):
        name = f"kettle/SE/{language}/items.yaml"
        for option, text in (("a", "I ask."), ("b", "I boil."), ("c", "I pour.")):
            files[name] = files[name].replace(f"{option}: {text}", f"{option}: {option * lengths[option]}")
    return files


@pytest.mark.parametrize(
    ("lengths", "says"),
    [
        ({"a": 20, "b": 30, "c": 20}, "the right option is the longest in 26 of 30"),
        ({"a": 20, "b": 10, "c": 20}, "the right option is the shortest in"),
        ({"a": 20, "b": 30, "c": 30}, ""),
    ],
)
def test_a_right_option_that_can_be_told_by_its_length_is_a_warning(tmp_path: Path, lengths, says) -> None:
    report = check(write_files(with_pool(lengths), tmp_path), TODAY)
    found = [each.text for each in report.warnings if each.file == FILES["items"]]
    assert [text.startswith(says) for text in found] == ([True] if says else [])


def test_the_report_tells_how_right_options_look_and_what_experts_are_asked(tmp_path: Path) -> None:
    files = with_pool({"a": 20, "b": 30, "c": 20})
    asked = 'to_verify:\n  - {what: "Is tea hot?", owner: "Nurse"}\n'
    files[COURSE] = files[COURSE].replace("to_verify: []\n", asked)
    report = check(write_files(files, tmp_path), TODAY)
    row = report.options[0]
    assert (row.language, row.choices, row.longest, row.places[1]) == ("sv", 30, 26, 26)
    text = report_text(report)
    assert "To be verified by an expert: 1\nkettle/SE: Nurse: Is tea hot?" in text
    assert "kettle/SE  sv" in text


def test_the_report_is_printed_line_by_line(tmp_path: Path) -> None:
    files = tiny_course()
    files[LESSON] = files[LESSON].replace("word:kettle", "word:pot")
    text = report_text(check(write_files(files, tmp_path), date(2027, 2, 1)))
    assert "kettle/SE/course.yaml:11: review_by: warning: the day for the next review has passed" in text
    assert "kettle/SE/sv/tea.md:7: start.word: there is no word pot" in text
    assert text.endswith("1 faults, 1 warnings")


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check(tmp_path / "nowhere")


def test_the_shipped_courses_are_clean() -> None:
    report = check(shipped("courses"))
    assert report.faults == (), report_text(report)
    assert report.lessons
