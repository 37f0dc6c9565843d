"""A published course as plain values: what the rest of the program reads, the same in every process."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from lms.base.i18n import written_in

Use = Literal["practice", "exam", "pretest", "update"]  # pools that never mix
Effect = Literal["inform", "update", "retake"]
TimePlan = tuple[tuple[int, str], ...]  # minutes, and what they are for
USUAL_MEETING = 30  # minutes


@dataclass(frozen=True, slots=True)
class Step:
    """One screen of a lesson. `item` is set for steps of kind `try`, which have no text of their own."""

    id: str
    kind: str
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson: the outcomes it serves, its reading time in minutes, its steps in order."""

    id: str
    outcomes: tuple[str, ...]
    minutes: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its key, whose form follows from the type (see `lms.catalogue.items`)."""

    id: str
    use: Use
    type: str
    outcome: str
    level: str
    roles: tuple[str, ...]
    lesson: str
    step: str | None
    source: str
    checked_on: date
    key: str | tuple[str, ...] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class ExamPart:
    """A part of the exam with a pass mark of its own: how many items ask for its outcomes."""

    id: str
    outcomes: tuple[str, ...]
    items: int
    pass_percent: int

    @property
    def pass_mark(self) -> int:
        """How many of its items must be right: the percentage, rounded up."""
        return -(-self.items * self.pass_percent // 100)


@dataclass(frozen=True, slots=True)
class Changes:
    """What an edition has changed since the one labelled `since`, and what that means for who was taught that one.

    `inform`: to be read. `update`: the changed lessons and items of their own pool are taken within so many days.
    `retake`: the whole course is taken again within so many days.
    """

    since: str
    effect: Effect
    lessons: tuple[str, ...]
    within_days: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A law or other text the course builds on, as read, amended up to."""

    key: str
    number: str
    url: str
    amended_to: str


@dataclass(frozen=True, slots=True)
class StepText:
    """Wording of a step in one language: title and safe HTML.

    `words` and `sources` are the ids that the HTML links to as `#w-<id>` and `#s-<key>`, in order.
    """

    title: str
    html: str
    words: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LessonText:
    """Wording of a lesson in one language; `steps` by step id, without those of kind `try`."""

    title: str
    question: str
    steps: dict[str, StepText]


@dataclass(frozen=True, slots=True)
class Scene:
    """A point of a branching scenario where something is decided; options, `then` and `why` by choice."""

    text: str
    options: dict[str, str]
    then: dict[str, str]
    why: dict[str, str]


@dataclass(frozen=True, slots=True)
class ItemText:
    """Wording of an item in one language; which parts there are follows from the type (see `lms.catalogue.items`)."""

    ask: str
    options: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    situation: str = ""
    targets: dict[str, str] = field(default_factory=dict)
    then: dict[str, str] = field(default_factory=dict)
    unit: str = ""
    solution: str = ""
    text: str = ""
    gaps: dict[str, dict[str, str]] = field(default_factory=dict)
    alt: str = ""
    hint: str = ""
    scenes: dict[str, Scene] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Word:
    """A hard word and what it means, plainly."""

    word: str
    means: str


@dataclass(frozen=True, slots=True)
class Reflection:
    """Reflection material for a staff meeting; `sections` by id (example, questions, task, leader …) as safe HTML.

    `plans` are the time plans by how many minutes the meeting takes, each as (minutes, what) pairs; editions
    frozen before there were several have one, as `minutes` and `plan`: read `time_plans`.
    `cards` are texts to print and cut out, `headings` the sections' own headings by id.
    `words` and `sources` are the ids that the HTML links to as `#w-<id>` and `#s-<key>`, in order.
    A hint to the leader is a `span` of class `hint`.
    """

    title: str
    sections: dict[str, str]
    minutes: int = 0
    plan: TimePlan = ()
    plans: dict[int, TimePlan] = field(default_factory=dict)
    cards: tuple[str, ...] = ()
    headings: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def time_plans(self) -> dict[int, TimePlan]:
        """Each way to hold the meeting, by its length in minutes, the shortest first."""
        return dict(sorted(self.plans.items())) if self.plans else {self.minutes: self.plan}

    def length(self, wanted: int | None) -> int:
        """Minutes of a plan there is: those wanted, or else the usual ones."""
        there = self.time_plans
        return wanted if wanted in there else USUAL_MEETING if USUAL_MEETING in there else next(iter(there))


@dataclass(frozen=True, slots=True)
class CourseText:
    """Everything of a course that is worded, in one language.

    `notice` is what everybody has to know on every page of the course, such as what passing it does not mean.
    """

    title: str
    summary: str
    outcomes: dict[str, str]
    goals: dict[str, str]
    sources: dict[str, str]
    lessons: dict[str, LessonText]
    items: dict[str, ItemText]
    words: dict[str, Word]
    reflection: Reflection
    parts: dict[str, str] = field(default_factory=dict)
    changed: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """An immutable snapshot of a course for a country, in all its languages.

    `id` is the row of the edition table (0 before it is published), `digest` the SHA-256 of the snapshot.
    `attempts` and `wait_hours` are 0 where there is no limit and no wait, `pretest_items` (per outcome) where
    there is no test before the course.
    """

    course: str
    country: str
    label: str
    published_on: date
    languages: tuple[str, ...]
    look: dict[str, str]  # band, icon
    validity_months: int
    exam_items: int
    pass_percent: int
    outcomes: tuple[str, ...]
    lessons: tuple[Lesson, ...]
    items: dict[str, Item]
    sources: tuple[Source, ...]
    texts: dict[str, CourseText]
    media: dict[str, str]  # file name -> SHA-256 of its bytes
    parts: tuple[ExamPart, ...] = ()  # as written; see exam_parts
    attempts: int = 0
    wait_hours: int = 0
    supervised: bool = False
    pretest_items: int = 0
    changes: Changes | None = None
    id: int = 0
    digest: str = ""

    def text(self, language: str) -> CourseText:
        """Wording in a language, or in the course's first language if it has not got it."""
        return self.texts[self.language(language)]

    def language(self, wanted: str) -> str:
        """The wanted language if the course has it, or the one of which that is a variant, else its first."""
        return written_in(wanted, self.texts) or self.languages[0]

    @property
    def minutes(self) -> int:
        """Reading time of all lessons."""
        return sum(lesson.minutes for lesson in self.lessons)

    @property
    def exam_parts(self) -> tuple[ExamPart, ...]:
        """The parts of the exam, each to be passed: one for everything if it was not divided."""
        return self.parts or (ExamPart("", self.outcomes, self.exam_items, self.pass_percent),)

    @property
    def pass_mark(self) -> int:
        """How many of the drawn items must be right, over all parts."""
        return sum(part.pass_mark for part in self.exam_parts)

    def step_showing(self, item_id: str) -> tuple[str, str] | None:
        """The lesson and the step that show an item, by their ids; None if none does."""
        steps = ((lesson.id, step) for lesson in self.lessons for step in lesson.steps)
        return next(((lesson_id, step.id) for lesson_id, step in steps if step.item == item_id), None)

    def lesson(self, lesson_id: str) -> Lesson | None:
        """The lesson with this id, or None."""
        return next((lesson for lesson in self.lessons if lesson.id == lesson_id), None)
