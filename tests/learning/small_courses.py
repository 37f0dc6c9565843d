"""Courses made up for properties: outcomes in parts, a few items of each pool on each of them."""

from datetime import date

from hypothesis import strategies as st

from lms.catalogue.values import (
    CourseText,
    Edition,
    ExamPart,
    Item,
    ItemText,
    Lesson,
    LessonText,
    Reflection,
    Step,
)

USES = ("exam", "pretest", "practice", "update")


def item(name, use, outcome, lesson=""):
    return Item(
        name, use, "single", outcome, "applies", (), lesson or outcome, None, "", date(2026, 1, 1), "a"
    )


def course(outcomes, items, parts, lessons=None, **rules):
    """An edition with a lesson for each outcome, or the lessons given as sets of outcomes with their minutes."""
    lessons = lessons or [([outcome], 5) for outcome in outcomes]
    texts = CourseText(
        title="", summary="", outcomes={}, goals={}, sources={}, words={},
        lessons={f"l{place}": LessonText("", "", {}) for place in range(len(lessons))},
        items={each.id: ItemText("?", {"a": "yes", "b": "no"}) for each in items},
        reflection=Reflection("", 0, {}, ()),
    )  # fmt: skip
    return Edition(
        course="c", country="SE", label="1", published_on=date(2026, 1, 1), languages=("sv",), look={},
        validity_months=24, exam_items=sum(part.items for part in parts), pass_percent=80,
        outcomes=tuple(outcomes), lessons=tuple(
            Lesson(f"l{place}", tuple(taught), minutes, (Step("one", "explain"), Step("two", "explain")))
            for place, (taught, minutes) in enumerate(lessons)
        ),
        items={each.id: each for each in items}, sources=(), texts={"sv": texts}, media={}, parts=tuple(parts), **rules,
    )  # fmt: skip


@st.composite
def courses(draw):
    """An edition whose exam has one to three parts, each drawing as many items as its pools hold, or fewer."""
    outcomes, items, parts = [], [], []
    for part in range(draw(st.integers(1, 3))):
        mine = [f"o{part}{place}" for place in range(draw(st.integers(1, 4)))]
        pool = 0
        for number, outcome in enumerate(mine, len(outcomes)):
            for use in USES:
                count = draw(st.integers(1, 4))
                items += [
                    item(f"{outcome}-{use}-{place}", use, outcome, f"l{number}") for place in range(count)
                ]
                pool += count if use == "exam" else 0
        outcomes += mine
        asked = draw(st.integers(len(mine), pool))
        parts.append(ExamPart(f"part{part}", tuple(mine), asked, draw(st.integers(1, 100))))
    return course(outcomes, items, parts, pretest_items=1)
