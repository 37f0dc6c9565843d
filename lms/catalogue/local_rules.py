"""What an employer adds to a step: its form, whether it still fits an edition, and where it stands; pure."""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum, auto
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from lms.base.i18n import written_in
from lms.catalogue.values import Edition, Item, ItemText, Lesson

LONGEST_ROUTINE = 2_000  # characters
LONGEST_LINE = 300  # of a question, an option, a reason, an address
OPTIONS = ("a", "b", "c")  # of a question of one's own; the last may be left out
ITEM = "local"  # id of that question in the edition it is shown with


@dataclass(frozen=True, slots=True)
class LocalQuestion:
    """A question with one right answer, in one language."""

    ask: str
    options: dict[str, str]
    why: dict[str, str]


@dataclass(frozen=True, slots=True)
class LocalText:
    """What stands in the box, by language: the routine as plain text, and a question if one wants.

    `link` is the address of the routine itself, or empty; `key` the id of the right option.
    """

    routine: dict[str, str]
    link: str = ""
    questions: dict[str, LocalQuestion] = field(default_factory=dict)
    key: str = ""

    def language(self, wanted: str, edition: Edition) -> str:
        """The wanted language if it is there, else the first one of the course that is."""
        return written_in(wanted, self.routine) or next(
            code for code in (*edition.languages, *self.routine) if code in self.routine
        )


CONTENT = TypeAdapter(LocalText)  # as it is stored


class Fit(StrEnum):
    """How a local part stands to the newest edition."""

    FITS = auto()
    CHANGED = auto()  # its step reads otherwise than when it was written
    MOVED = auto()  # its step is gone; it stands at the end of the lesson
    GONE = auto()  # its lesson is gone; it is not shown


def fit(lesson_id: str, step_id: str, written_for: Edition, now: Edition) -> Fit:
    """Whether what was written for a step of one edition still fits another."""
    lesson = now.lesson(lesson_id)
    if lesson is None:
        return Fit.GONE
    if step_id not in {step.id for step in lesson.steps}:
        return Fit.MOVED
    same = all(
        _wording(written_for, language, lesson_id, step_id) == _wording(now, language, lesson_id, step_id)
        for language in now.languages
    )
    return Fit.FITS if same else Fit.CHANGED


def _wording(edition: Edition, language: str, lesson_id: str, step_id: str) -> object:
    """What a step says; of a practice item its question."""
    lesson = edition.lesson(lesson_id)
    step = next((step for step in lesson.steps if step.id == step_id), None) if lesson else None
    if step is None or language not in edition.texts:
        return None
    text = edition.texts[language]
    return text.items[step.item] if step.item else text.lessons[lesson_id].steps[step_id]


def stands_at(lesson: Lesson, step_id: str) -> str:
    """The step of a lesson where a local part is shown: its own, or the last one if that is gone."""
    return step_id if step_id in {step.id for step in lesson.steps} else lesson.steps[-1].id


def with_question(edition: Edition, lesson: str, local: LocalText, written_on: date) -> Edition:
    """The edition with the local question as a practice item of its own, worded in all languages it has."""
    item = Item(
        id=ITEM, use="practice", type="single", outcome="", level="applies", roles=("all",), lesson=lesson,
        step=None, source="practice", checked_on=written_on, key=local.key,
    )  # fmt: skip
    texts = {
        language: replace(text, items={**text.items, ITEM: _asked(local, language, edition)})
        for language, text in edition.texts.items()
    }
    return replace(edition, items={**edition.items, ITEM: item}, texts=texts)


def _asked(local: LocalText, language: str, edition: Edition) -> ItemText:
    question = local.questions[local.language(language, edition)]
    return ItemText(ask=question.ask, options=question.options, why=question.why)


def faults_of(local: LocalText, first: str) -> dict[str, str]:
    """What is wrong with a local part, by field; `first` is the language that must be there.

    Fields are `routine-sv`, `link`, `key`, `ask-sv`, `option-sv-a`, `why-sv-a`; what is wrong is `missing`, `too_long`,
    `no_address`, or `languages` where a question is not there in every language of the routine. A question has the same
    options in every language, and a routine to go with it.
    """
    faults = {
        f"routine-{code}": "too_long" for code, text in local.routine.items() if len(text) > LONGEST_ROUTINE
    }
    if first not in local.routine:
        faults[f"routine-{first}"] = "missing"
    if len(local.link) > LONGEST_LINE:
        faults["link"] = "too_long"
    elif local.link and not _is_address(local.link):
        faults["link"] = "no_address"
    if local.questions:
        options = {option for question in local.questions.values() for option in question.options}
        if local.key not in options:
            faults["key"] = "missing"
        for code in local.routine:
            if code not in local.questions:
                faults[f"ask-{code}"] = "languages"
        for code in local.questions:
            if code not in local.routine:
                faults[f"routine-{code}"] = "missing"
        for code, question in local.questions.items():
            faults |= _faults_of_question(code, question, options)
    return faults


def _faults_of_question(code: str, question: LocalQuestion, options: set[str]) -> dict[str, str]:
    wanted = {"a", "b"} | options
    texts: dict[str, str] = {f"ask-{code}": question.ask}
    texts |= {f"option-{code}-{option}": question.options.get(option, "") for option in wanted}
    texts |= {f"why-{code}-{option}": question.why.get(option, "") for option in wanted}
    return {
        name: "missing" if not text else "too_long"
        for name, text in texts.items()
        if not 0 < len(text) <= LONGEST_LINE
    }


def _is_address(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not any(each.isspace() for each in link)
