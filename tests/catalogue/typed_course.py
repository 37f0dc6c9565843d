"""A course made of the samples of `item_samples`: each type once as practice and, if it is graded, once in the exam."""

import json
from dataclasses import asdict
from typing import Any

from lms.catalogue.items import TYPES
from tests.catalogue.item_samples import GRADED, SAMPLES
from tests.catalogue.tiny_course import COUNTRY, COURSE, LANGUAGE, PICTURE, REFLECTION, WORDS

NAME = "types"
LESSON = "tea"
EXAMINED = GRADED
STEPS = ("start", *(f"try-{kind}" for kind in SAMPLES), "remember")


def typed_course() -> dict[str, str]:
    """The course's files by their path inside a folder of courses; it checks clean but for warnings."""
    place = f"{NAME}/SE"
    files = {
        "countries/SE.yaml": COUNTRY,
        f"{place}/course.yaml": _course(),
        f"{place}/media/room.svg": PICTURE,
    }
    for language in ("sv", "en"):
        files |= {
            f"{place}/{language}/course.yaml": LANGUAGE.replace("  cup: Choosing a cup\n", "").replace(
                "  cup: You can choose a cup.\n", ""
            ),
            f"{place}/{language}/words.yaml": WORDS,
            f"{place}/{language}/items.yaml": json.dumps(dict(_wordings())),
            f"{place}/{language}/reflection.md": REFLECTION,
            f"{place}/{language}/{LESSON}.md": _lesson(),
        }
    return files


def _course() -> str:
    head, _lessons = COURSE.split("exam:")
    items = [_item("practice", kind) for kind in SAMPLES] + [_item("exam", kind) for kind in EXAMINED]
    parts: dict[str, Any] = {
        "exam": {"items": len(EXAMINED), "pass_percent": 80},
        "outcomes": [{"id": "tea", "level": "applies"}],
        "lessons": [{"id": LESSON, "outcomes": ["tea"], "minutes": 3, "steps": STEPS}],
        "sources": [{"key": "tea-act", "number": "1", "url": "https://law.example/1", "amended_to": "2"}],
        "items": items,
    }
    return head.replace("kettle", NAME) + "".join(
        f"{name}: {json.dumps(part)}\n" for name, part in parts.items()
    )


def _item(use: str, kind: str) -> dict[str, Any]:
    return {
        "id": f"{use}-{kind}", "use": use, "type": kind, "outcome": "tea", "level": "applies", "roles": ["all"],
        "lesson": LESSON, "step": "start", "source": "tea-act", "checked_on": "2026-01-01", "key": SAMPLES[kind][0],
    }  # fmt: skip


def _wordings() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{use}-{kind}", _wording(kind))
        for use, kinds in (("practice", SAMPLES), ("exam", EXAMINED))
        for kind in kinds
    ]


def _wording(kind: str) -> dict[str, Any]:
    parts = {"situation", "ask", *TYPES[kind].wording}
    return {part: text for part, text in asdict(SAMPLES[kind][1]).items() if text and part in parts}


def _lesson() -> str:
    tries = "".join(f"::: step try try-{kind}\nitem: practice-{kind}\n:::\n\n" for kind in SAMPLES)
    return (
        "---\ntitle: Tea for Ada\nquestion: May I make tea?\n---\n"
        "::: step situation start\n## Ada wants tea\nAda asks for tea.\n:::\n\n"
        f"{tries}::: step remember remember\n## Three things\n- Ask.\n- Boil.\n- Pour.\n:::\n"
    )
