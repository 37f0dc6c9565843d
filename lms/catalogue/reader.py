"""From a course's files, once they have been found clean, to the edition as a value."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, cast

from lms.catalogue.document import Node
from lms.catalogue.folder import CourseFolder, LanguageFiles
from lms.catalogue.lesson_file import PLANS, PageFile, Part, time_plan
from lms.catalogue.markdown import RefersTo, fill
from lms.catalogue.pictures import Picture
from lms.catalogue.values import (
    Changes,
    CourseText,
    Edition,
    Effect,
    ExamPart,
    Item,
    ItemText,
    Lesson,
    LessonText,
    Reflection,
    Scene,
    Source,
    Step,
    StepText,
    Use,
    Word,
)

ITEM_TEXTS = (
    "situation",
    "ask",
    "unit",
    "solution",
    "text",
    "alt",
    "hint",
)  # of an item's wording, where it has them


def read_edition(folder: CourseFolder) -> Edition:
    """The edition that a course's files describe. They must be free of faults (see check.py)."""
    course = folder.course
    exam = course.get("exam")
    return Edition(
        course=course.get("id").text,
        country=course.get("country").text,
        label=course.get("edition").text,
        published_on=_day(course.get("published_on")),
        languages=course.get("languages").names,
        look={key: node.text for key, node in course.get("look").entries.items()},
        validity_months=course.get("validity_months").number,
        exam_items=exam.get("items").number,
        pass_percent=exam.get("pass_percent").number,
        outcomes=tuple(outcome.get("id").text for outcome in course.get("outcomes").members),
        lessons=tuple(_lesson(node, folder) for node in course.get("lessons").members),
        items={node.get("id").text: _item(node) for node in course.get("items").members},
        sources=tuple(_source(node) for node in course.get("sources").members),
        texts={
            language: _course_text(files, folder.pictures) for language, files in folder.languages.items()
        },
        media={name: picture.sha for name, picture in sorted(folder.pictures.items())},
        parts=tuple(_exam_part(part, exam) for part in exam.get("parts").members),
        attempts=exam.get("attempts").number,
        wait_hours=exam.get("wait_hours").number,
        supervised=bool(exam.get("supervised").value),
        pretest_items=course.get("pretest").get("items_per_outcome").number,
        changes=_changes(course.get("changes")),
    )


def _day(node: Node) -> date:
    day = node.day
    if day is None:
        raise ValueError(f"{node.file}:{node.line}: {node.field} is no date")
    return day


def _exam_part(node: Node, exam: Node) -> ExamPart:
    mark = node.get("pass_percent").number or exam.get("pass_percent").number
    return ExamPart(node.get("id").text, node.get("outcomes").names, node.get("items").number, mark)


def _changes(node: Node) -> Changes | None:
    if node.is_missing:
        return None
    effect = cast("Effect", node.get("effect").text)  # one of them, says the format
    return Changes(node.get("since").text, effect, node.get("lessons").names, node.get("within_days").number)


def _lesson(node: Node, folder: CourseFolder) -> Lesson:
    name = node.get("id").text
    # The kinds and items of steps stand in the lesson files; the check has seen that all languages agree.
    parts = folder.first.lessons[name].parts if folder.first else []
    steps = tuple(Step(part.id, part.kind, part.item or None) for part in parts)
    return Lesson(name, node.get("outcomes").names, node.get("minutes").number, steps)


def _item(node: Node) -> Item:
    texts = {key: node.get(key).text for key in ("id", "outcome", "level", "lesson", "source")}
    return Item(
        **texts,
        use=cast("Use", node.get("use").text),
        type=node.get("type").text,
        roles=node.get("roles").names,
        step=node.get("step").text or None,
        checked_on=_day(node.get("checked_on")),
        key=_key(node.get("key")),
    )


def _key(node: Node) -> str | tuple[str, ...] | dict[str, Any]:
    if node.entries:
        return dict(node.plain())
    return node.names or node.text


def _source(node: Node) -> Source:
    return Source(*(node.get(key).text for key in ("key", "number", "url", "amended_to")))


def _course_text(files: LanguageFiles, pictures: Mapping[str, Picture]) -> CourseText:
    course, values = files.course, files.values
    return CourseText(
        title=fill(course.get("title").text, values),
        summary=fill(course.get("summary").text, values),
        outcomes=_texts(course.get("outcomes"), values),
        goals=_texts(course.get("goals"), values),
        sources=_texts(course.get("sources"), values),
        lessons={name: _lesson_text(page, files, pictures) for name, page in files.lessons.items()},
        items={name: _item_text(node, values) for name, node in files.items.entries.items()},
        words={
            name: Word(fill(node.get("word").text, values), fill(node.get("means").text, values))
            for name, node in files.words.entries.items()
        },
        reflection=_reflection(files, pictures),
        parts=_texts(course.get("parts"), values),
        changed=fill(course.get("changed").text, values),
        notice=fill(course.get("notice").text, values),
    )


def _texts(node: Node, values: Mapping[str, str]) -> dict[str, str]:
    return {key: fill(entry.text, values) for key, entry in node.entries.items()}


def _lesson_text(page: PageFile, files: LanguageFiles, pictures: Mapping[str, Picture]) -> LessonText:
    return LessonText(
        title=fill(page.front.get("title").text, files.values),
        question=fill(page.front.get("question").text, files.values),
        steps={
            part.id: StepText(
                title=part.title,
                html=part.text.html(files.language, pictures),
                words=part.text.used("word"),
                sources=part.text.used("source"),
            )
            for part in page.parts
            if part.kind != "try"
        },
    )


def _item_text(node: Node, values: Mapping[str, str]) -> ItemText:
    texts = {part: fill(node.get(part).text, values) for part in ITEM_TEXTS}
    return ItemText(
        **texts,
        options=_texts(node.get("options"), values),
        why=_texts(node.get("why"), values),
        targets=_texts(node.get("targets"), values),
        then=_texts(node.get("then"), values),
        gaps={gap: _texts(words, values) for gap, words in node.get("gaps").entries.items()},
        scenes={name: _scene(scene, values) for name, scene in node.get("scenes").entries.items()},
    )


def _scene(node: Node, values: Mapping[str, str]) -> Scene:
    options, then, why = (_texts(node.get(part), values) for part in ("options", "then", "why"))
    return Scene(fill(node.get("text").text, values), options, then, why)


def _reflection(files: LanguageFiles, pictures: Mapping[str, Picture]) -> Reflection:
    page = files.reflection
    return Reflection(
        title=fill(page.front.get("title").text, files.values),
        sections={part.id: part.text.html(files.language, pictures) for part in page.parts},
        plans={PLANS[part.id]: tuple(time_plan(part)) for part in page.parts if part.id in PLANS},
        cards=tuple(card for part in page.parts if part.id == "cards" for card in part.text.points),
        headings={part.id: part.title for part in page.parts},
        words=_used(page.parts, "word"),
        sources=_used(page.parts, "source"),
    )


def _used(parts: Iterable[Part], kind: RefersTo) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part.text.used(kind)))
