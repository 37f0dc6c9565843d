"""What the authors' files become: safe HTML with working links, filled in for the country, and values."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lms.catalogue.check import check
from lms.catalogue.folder import course_folders
from lms.catalogue.lesson_file import SECTIONS
from lms.catalogue.markdown import Passage, parse
from lms.catalogue.reader import read_edition
from lms.catalogue.snapshot import from_snapshot, to_snapshot
from lms.catalogue.values import Changes, Edition, ExamPart, Reflection, Step
from tests.catalogue.tiny_course import TODAY, add_pool, tiny_course, write_files

LESSON = "kettle/SE/sv/tea.md"


class Elements(HTMLParser):
    """The elements of a piece of HTML as a browser sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def read(folder: Path) -> Edition:
    (course,) = course_folders(folder)
    return read_edition(course)


@pytest.fixture
def html_of(tmp_path: Path) -> Callable[[str], str]:
    """The HTML of the picture step with a text in the place of its own."""

    def make(text: str) -> str:
        files = tiny_course()
        files[LESSON] = files[LESSON].replace("It boils ([the Tea Act](source:tea-act)).", text)
        edition = read(write_files(files, tmp_path))
        return edition.texts["sv"].lessons["tea"].steps["see"].html

    return make


def test_the_course_is_read_with_its_numbers(courses: Path) -> None:
    edition = read(courses)
    assert (edition.course, edition.country, edition.label) == ("kettle", "SE", "2026.1")
    assert edition.published_on == date(2026, 1, 1)
    assert (edition.languages, edition.outcomes) == (("sv", "en"), ("tea", "cup"))
    assert (edition.exam_items, edition.pass_mark, edition.minutes) == (4, 4, 6)
    assert [source.amended_to for source in edition.sources] == ["SFS 1950:2"]
    assert list(edition.media) == ["kettle.svg"]


def test_the_exam_is_one_part_if_it_was_not_divided(courses: Path) -> None:
    edition = read(courses)
    assert edition.exam_parts == (ExamPart("", ("tea", "cup"), 4, 80),)
    assert (edition.attempts, edition.wait_hours, edition.supervised, edition.pretest_items) == (
        0,
        0,
        False,
        0,
    )
    assert edition.changes is None


def test_rules_of_the_exam_and_changes_are_read(tmp_path: Path) -> None:
    files = tiny_course()
    files["kettle/SE/course.yaml"] = files["kettle/SE/course.yaml"].replace(
        "exam: {items: 4, pass_percent: 80}",
        """exam:
  items: 4
  pass_percent: 80
  parts:
    - {id: water, outcomes: [tea], items: 3, pass_percent: 100}
    - {id: china, outcomes: [cup], items: 1}
  attempts: 3
  wait_hours: 24
  supervised: true
changes: {since: "2025.1", effect: update, lessons: [cup], within_days: 60}""",
    )
    for language in ("sv", "en"):
        files[f"kettle/SE/{language}/course.yaml"] += (
            "parts: {water: Water, china: China}\nchanged: Call {{emergency_number}}.\n"
        )
    add_pool(files, "update", 2, ("cup",))
    folder = write_files(files, tmp_path)
    assert check(folder, TODAY).faults == ()
    edition = read(folder)
    assert [item.id for item in edition.items.values() if item.use == "update"] == [
        "cup-update-1",
        "cup-update-2",
    ]
    assert edition.exam_parts == (ExamPart("water", ("tea",), 3, 100), ExamPart("china", ("cup",), 1, 80))
    assert [part.pass_mark for part in edition.exam_parts] == [3, 1]
    assert edition.pass_mark == 4
    assert (edition.attempts, edition.wait_hours, edition.supervised) == (3, 24, True)
    assert edition.changes == Changes("2025.1", "update", ("cup",), 60)
    assert edition.text("sv").parts == {"water": "Water", "china": "China"}
    assert edition.text("sv").changed == "Call 112."
    assert from_snapshot(*to_snapshot(edition)) == replace(edition, digest=to_snapshot(edition)[0])


def test_steps_carry_their_kind_and_item(courses: Path) -> None:
    lesson = read(courses).lesson("tea")
    assert lesson is not None
    assert lesson.steps == (
        Step("start", "situation"),
        Step("see", "picture"),
        Step("try-1", "try", "tea-p1"),
        Step("choose", "do-dont"),
        Step("remember", "remember"),
    )


def test_keys_have_the_shape_of_their_type(courses: Path) -> None:
    items = read(courses).items
    assert items["tea-p1"].key == "b"
    assert items["tea-p2"].key == ("a", "c")
    assert items["tea-e1"].key == ("c", "a", "b")
    assert items["tea-e2"].key == {"a": "x", "b": "y", "c": "x"}
    assert items["tea-e3"].key == "a"


def test_a_title_is_plain_and_not_in_the_html(courses: Path) -> None:
    step = read(courses).texts["sv"].lessons["tea"].steps["start"]
    assert step.title == "Ada wants tea"
    assert "<h" not in step.html
    assert "Ada wants" not in step.html


def test_a_try_step_has_no_text_of_its_own(courses: Path) -> None:
    assert "try-1" not in read(courses).texts["sv"].lessons["tea"].steps


def test_words_and_sources_are_links_on_the_same_page(courses: Path) -> None:
    steps = read(courses).texts["sv"].lessons["tea"].steps
    assert '<a class="word" href="#w-kettle">kettle</a>' in steps["start"].html
    assert '<a class="source" href="#s-tea-act">the Tea Act</a>' in steps["see"].html
    assert (steps["start"].words, steps["start"].sources) == (("kettle",), ())
    assert (steps["see"].words, steps["see"].sources) == ((), ("tea-act",))


@pytest.mark.parametrize(
    ("language", "authority"), [("sv", "Teinspektionen"), ("en", "the Tea Inspectorate")]
)
def test_the_countrys_values_are_filled_in(courses: Path, language: str, authority: str) -> None:
    text = read(courses).texts[language]
    assert "Ring 112 if she burns herself." in text.lessons["tea"].steps["start"].html
    assert f"Tell {authority}." in text.lessons["tea"].steps["start"].html
    assert text.summary == "How to make tea. Ring 112 in an emergency."


def test_a_picture_is_shown_by_its_content(courses: Path) -> None:
    edition = read(courses)
    assert (
        f'<figure><img src="/media/{edition.media["kettle.svg"]}.svg" alt="A kettle that boils."'
        ' width="640" height="320" loading="lazy"></figure>'
    ) in edition.texts["sv"].lessons["tea"].steps["see"].html


@pytest.mark.parametrize(
    ("language", "do", "dont"),
    [("sv", "Gör så här:", "Gör inte så här:"), ("en", "Do this:", "Do not do this:")],
)
def test_do_and_dont_are_told_without_colour(courses: Path, language: str, do: str, dont: str) -> None:
    html = read(courses).texts[language].lessons["tea"].steps["choose"].html
    assert html.split("\n") == [
        '<ul class="dodont">',
        f'<li class="do"><span class="vh">{do} </span>Ask Ada first.</li>',
        f'<li class="dont"><span class="vh">{dont} </span>Decide for her.</li>',
        "</ul>",
    ]


@pytest.mark.parametrize(
    ("language", "do"),
    [
        ("nb", "Gjør slik:"),
        ("fi", "Tee näin:"),
        ("sv", "Gör så här:"),
        ("sv-FI", "Gör så här:"),
        ("en", "Do this:"),
        ("so", "Do this:"),
    ],
)
def test_do_is_told_in_the_language_of_the_text(language: str, do: str) -> None:
    assert f'<span class="vh">{do} </span>Ask Ada first.' in Passage(parse("- [x] Ask Ada first.")).html(
        language, {}
    )


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        "[tea](javascript:alert(1))",
        "[tea](data:text/html,<script>alert(1)</script>)",
        '<a href="vbscript:x" style="color:red" onclick="x()">tea</a>',
        "<svg/onload=alert(1)>",
        "<style>p{}</style>",
        "![x](https://x.example/pixel.gif)",
    ],
)
def test_nothing_that_runs_or_calls_out_survives(html_of: Callable[[str], str], attack: str) -> None:
    html = html_of(f"Tea. {attack}")
    found = Elements(html)
    assert found.names <= {"figure", "img", "p"}
    assert {name for name, _value in found.attributes} <= {"src", "alt", "width", "height", "loading"}
    assert all(
        value == "" or value.startswith("/media/") for name, value in found.attributes if name == "src"
    )
    assert "<p>Tea." in html


def test_emphasis_and_lists_survive(html_of: Callable[[str], str]) -> None:
    html = html_of("**Now** and *then*\n\n1. one\n2. two")
    assert "<strong>Now</strong> and <em>then</em>" in html
    assert "<li>one</li>" in html


def test_reflection_material_is_read_by_section(courses: Path) -> None:
    reflection = read(courses).texts["en"].reflection
    assert reflection.title == "Tea with each other"
    assert list(reflection.sections) == list(SECTIONS)
    assert reflection.headings["task"] == "Before"
    assert reflection.time_plans == {
        15: ((5, "All together."), (10, "In pairs.")),
        30: ((10, "All together."), (20, "In pairs.")),
        45: ((45, "In pairs."),),
    }
    assert reflection.cards == ("Ada asks for coffee. What now?", "The kettle is cold. Who boils it?")
    assert reflection.sections["example"] == "<p>Ada got no tea.</p>"


def test_an_edition_frozen_with_one_time_plan_still_has_it() -> None:
    old = Reflection("Tea", {}, minutes=20, plan=((20, "In pairs."),))
    assert old.time_plans == {20: ((20, "In pairs."),)}
    assert [old.length(wanted) for wanted in (None, 30, 20)] == [20, 20, 20]


def test_a_meeting_is_as_long_as_it_was_planned_and_half_an_hour_by_habit(courses: Path) -> None:
    reflection = read(courses).texts["en"].reflection
    assert [reflection.length(wanted) for wanted in (None, 45, 20)] == [30, 45, 30]


def test_what_everybody_must_know_is_said_in_each_language_of_a_course(courses: Path) -> None:
    words = courses / "kettle/SE/en/course.yaml"
    words.write_text(words.read_text(encoding="utf-8") + "notice: Tea is no medicine.\n", encoding="utf-8")
    assert read(courses).texts["en"].notice == "Tea is no medicine."
    assert [(one.field, one.text) for one in check(courses, TODAY).faults] == [
        ("notice", "stands in every language or in none")
    ]


def test_hints_to_the_leader_are_set_apart(courses: Path) -> None:
    html = read(courses).texts["en"].reflection.sections["questions"]
    assert '<span class="hint">Hint: Begin here.</span>' in html
    assert '<span class="hint">Hint: Name nobody.</span>' in html
