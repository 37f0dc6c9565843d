"""What a check of courses found: faults, warnings, and tables of what the courses hold; and how it is printed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lms.catalogue.document import Fault
from lms.catalogue.folder import CourseFolder
from lms.catalogue.options import OptionsRow
from lms.catalogue.readability import measure

_LESSON_HEAD = ("course", "lesson", "language", "steps", "words", "min", "w/sentence", "LIX", "outcomes")
_ITEM_HEAD = ("course", "outcome", "use", "type", "items")
_OPTIONS_HEAD = ("course", "language", "choices", "longest", "shortest", "by chance", "length %", "places")


@dataclass(frozen=True, slots=True)
class LessonRow:
    """A lesson in one language: steps, words to read, minutes as planned, sentence length and LIX."""

    course: str
    country: str
    language: str
    lesson: str
    steps: int
    words: int
    minutes: int
    sentence_length: float
    lix: int
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemRow:
    """How many items of a type ask for an outcome in one of the pools."""

    course: str
    country: str
    outcome: str
    use: str
    type: str
    count: int


@dataclass(frozen=True, slots=True)
class VerifyRow:
    """Something an expert has to confirm before it is taught, and whose question it is."""

    course: str
    country: str
    what: str
    owner: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a check found. `findings` are faults and warnings by file and line."""

    findings: tuple[Fault, ...]
    lessons: tuple[LessonRow, ...]
    items: tuple[ItemRow, ...]
    options: tuple[OptionsRow, ...]
    to_verify: tuple[VerifyRow, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What keeps a course from being published."""
        return tuple(found for found in self.findings if not found.is_warning)

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What authors should think over once more."""
        return tuple(found for found in self.findings if found.is_warning)

    @property
    def is_clean(self) -> bool:
        """Whether there is no fault (there may be warnings)."""
        return not self.faults


def lesson_rows(folder: CourseFolder) -> Iterator[LessonRow]:
    """One row per lesson and language, lessons in the order of the course."""
    for lesson in folder.course.get("lessons").members:
        name = lesson.get("id").text
        for language, files in folder.languages.items():
            parts = files.lessons[name].parts if name in files.lessons else []
            reading = measure(text for part in parts for text in part.text.blocks)
            yield LessonRow(
                course=folder.course_id,
                country=folder.country_code,
                language=language,
                lesson=name,
                steps=len(parts),
                words=reading.words,
                minutes=lesson.get("minutes").number,
                sentence_length=round(reading.sentence_length, 1),
                lix=reading.lix,
                outcomes=lesson.get("outcomes").names,
            )


def item_rows(folder: CourseFolder) -> Iterator[ItemRow]:
    """How many items there are, by outcome, use and type."""
    keys = ("outcome", "use", "type")
    count = Counter(tuple(item.get(key).text for key in keys) for item in folder.course.get("items").members)
    for (outcome, use, kind), number in sorted(count.items()):
        yield ItemRow(folder.course_id, folder.country_code, outcome, use, kind, number)


def verify_rows(folder: CourseFolder) -> Iterator[VerifyRow]:
    """The questions for experts, as the course lists them."""
    for row in folder.course.get("to_verify").members:
        yield VerifyRow(folder.course_id, folder.country_code, row.get("what").text, row.get("owner").text)


def report_text(report: Report) -> str:
    """The report as it is printed: `file:line: field: fault` line by line, then the tables, then the sum."""
    lines = [finding(each) for each in report.findings]
    lessons = [
        (f"{row.course}/{row.country}", row.lesson, row.language, row.steps, row.words, row.minutes,
         row.sentence_length, row.lix, " ".join(row.outcomes))
        for row in report.lessons
    ]  # fmt: skip
    items = [
        (f"{row.course}/{row.country}", row.outcome, row.use, row.type, row.count) for row in report.items
    ]
    options = [
        (f"{row.course}/{row.country}", row.language, row.choices, row.longest, row.shortest, row.by_chance,
         row.length, " ".join(map(str, row.places)))
        for row in report.options
    ]  # fmt: skip
    lines += ["", *_table(_LESSON_HEAD, lessons), "", *_table(_ITEM_HEAD, items)]
    lines += ["", "How the right option looks beside the others", *_table(_OPTIONS_HEAD, options)]
    lines += ["", f"To be verified by an expert: {len(report.to_verify)}"]
    lines += [f"{row.course}/{row.country}: {row.owner}: {row.what}" for row in report.to_verify]
    lines += ["", f"{len(report.faults)} faults, {len(report.warnings)} warnings"]
    return "\n".join(lines).lstrip("\n")


def finding(found: Fault) -> str:
    """A fault or a warning in one line, with file, line and field."""
    kind = "warning: " if found.is_warning else ""
    field = f"{found.field}: " if found.field else ""
    return f"{found.file}:{found.line}: {field}{kind}{found.text}"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Columns as wide as their widest cell; numbers to the right."""
    table = [[str(cell) for cell in row] for row in rows]
    columns = list(zip(head, *table, strict=True))
    numbers = [all(cell.replace(".", "").isdigit() for cell in column[1:]) for column in columns]
    widths = [max(map(len, column)) for column in columns]
    for row in [list(head), *table]:
        cells = zip(row, widths, numbers, strict=True)
        yield "  ".join(
            f"{cell:>{width}}" if right else f"{cell:<{width}}" for cell, width, right in cells
        ).rstrip()
