"""A tiny valid course in two languages, as text by file, for tests to break one thing at a time."""

from datetime import date
from pathlib import Path

TODAY = date(2026, 6, 1)
OUTCOMES = ("tea", "cup")
KEYS = {  # item -> (type, key)
    "p1": ("single", "b"),
    "p2": ("multiple", "[a, c]"),
    "e1": ("ordering", "[c, a, b]"),
    "e2": ("matching", "{a: x, b: y, c: x}"),
    "e3": ("scenario", "a"),
    "e4": ("single", "c"),
}
WORDING = {
    "single": "",
    "multiple": "",
    "ordering": "",
    "matching": "  targets: {x: On the tray, y: In the cupboard}\n",
    "scenario": "  situation: Ada waits.\n  then: {a: Ada is glad., b: Ada waits on., c: Ada is cold.}\n",
}
COUNTRY = """\
country: SE
name: {sv: Sverige, en: Sweden}
emergency_number:
  value: "112"
  source: https://alarm.example
  reviewed_on: 2026-01-01
authority:
  value: TI
  name: {sv: Teinspektionen, en: the Tea Inspectorate}
  source: https://tea.example
  reviewed_on: 2026-01-01
"""
COURSE = """\
format: 1
id: kettle
country: SE
edition: "2026.1"
published_on: 2026-01-01
languages: [sv, en]
look: {band: dok, icon: pen}
validity_months: 24
owner: Kursredaktionen
reviewed_on: 2026-01-01
review_by: 2027-01-01
exam: {items: 4, pass_percent: 80}
outcomes:
  - {id: tea, level: applies}
  - {id: cup, level: judges}
lessons:
  - id: tea
    outcomes: [tea]
    minutes: 3
    steps: [start, see, try-1, choose, remember]
  - id: cup
    outcomes: [cup]
    minutes: 3
    steps: [start, see, try-1, choose, remember]
sources:
  - {key: tea-act, number: "SFS 1900:1", url: "https://law.example/1900", amended_to: "SFS 1950:2"}
to_verify: []
items:
"""
LANGUAGE = """\
title: Tea
summary: How to make tea. Ring {{emergency_number}} in an emergency.
outcomes:
  tea: Making tea
  cup: Choosing a cup
goals:
  tea: You can make tea.
  cup: You can choose a cup.
sources:
  tea-act: The Tea Act
"""
WORDS = """\
kettle:
  word: kettle
  means: What you boil water in.
"""
LESSON = """\
---
title: Tea for Ada
question: May I make tea?
---
::: step situation start
## Ada wants **tea**
Ada asks for tea. Where is the [kettle](word:kettle)?

Ring {{ emergency_number }} if she burns herself. Tell {{authority.name}}.
:::

::: step picture see
## What you see
![A kettle that boils.](kettle.svg)

It boils ([the Tea Act](source:tea-act)).
:::

::: step try try-1
item: ITEM
:::

::: step do-dont choose
## How you do it
- [x] Ask Ada first.
- [ ] Decide for her.
:::

::: step remember remember
## Three things to remember
- Ask.
- Boil.
- Pour.
:::
"""
REFLECTION = """\
---
title: Tea with each other
---
## The example {example}
Ada got no tea.

## Questions {questions}
1. When did you last make tea?
   Hint: Begin here.
2. Who was it for?

   Hint: Name nobody.

## Quarter {plan-15}
- 5 min: All together.
- 10 min: In pairs.

## Half {plan-30}
- 10 min: All together.
- 20 min: In pairs.

## Long {plan-45}
- 45 min: In pairs.

## Before {task}
Make tea.

## If it gets hard {leader}
Drink tea.

## Cards {cards}
1. Ada asks for coffee. What now?
2. The kettle is cold. Who boils it?
"""
PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 320">
<rect width="640" height="320" fill="#fff"/>
<g id="steam"><path d="M1 1h2"/></g>
</svg>
"""


def tiny_course() -> dict[str, str]:
    """The course's files by their path inside a folder of courses."""
    place = "kettle/SE"
    files = {
        "countries/SE.yaml": COUNTRY,
        f"{place}/course.yaml": COURSE + "".join(_item(*of) for of in _items()),
        f"{place}/media/kettle.svg": PICTURE,
    }
    for language in ("sv", "en"):
        files |= {
            f"{place}/{language}/course.yaml": LANGUAGE,
            f"{place}/{language}/words.yaml": WORDS,
            f"{place}/{language}/items.yaml": "".join(_wording(*of) for of in _items()),
            f"{place}/{language}/reflection.md": REFLECTION,
            f"{place}/{language}/tea.md": LESSON.replace("ITEM", "tea-p1"),
            f"{place}/{language}/cup.md": LESSON.replace("ITEM", "cup-p1"),
        }
    return files


def write_files(files: dict[str, str], folder: Path) -> Path:
    """Put the files into a folder and return it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def add_pool(files: dict[str, str], use: str, count: int, outcomes: tuple[str, ...] = OUTCOMES) -> None:
    """Put so many items of a pool on each outcome into the course; `b` is right."""
    for outcome in outcomes:
        for number in range(1, count + 1):
            name = f"{outcome}-{use}-{number}"
            files["kettle/SE/course.yaml"] += (
                f"  - {{id: {name}, use: {use}, type: single, outcome: {outcome}, level: applies,"
                f" roles: [all], lesson: {outcome}, step: see, source: tea-act, checked_on: 2026-01-01, key: b}}\n"
            )
            for language in ("sv", "en"):
                files[f"kettle/SE/{language}/items.yaml"] += (
                    f"{name}:\n  ask: What now, {use} {number}?\n"
                    "  options: {a: I ask., b: I boil., c: I pour.}\n"
                    "  why: {a: Never asked., b: Never boiled., c: Never poured.}\n"
                )


def _items() -> list[tuple[str, str]]:
    return [(outcome, number) for outcome in OUTCOMES for number in KEYS]


def _item(outcome: str, number: str) -> str:
    kind, key = KEYS[number]
    use = "practice" if number.startswith("p") else "exam"
    return (
        f"  - {{id: {outcome}-{number}, use: {use}, type: {kind}, outcome: {outcome}, level: applies, roles: [all],"
        f" lesson: {outcome}, step: see, source: tea-act, checked_on: 2026-01-01, key: {key}}}\n"
    )


def _wording(outcome: str, number: str) -> str:
    return (
        f"{outcome}-{number}:\n  ask: What do you do?\n  options: {{a: I ask., b: I boil., c: I pour.}}\n"
        f"  why: {{a: It is kind., b: It is hot., c: It is early.}}\n{WORDING[KEYS[number][0]]}"
    )
