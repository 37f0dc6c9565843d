"""Whether the exam, its parts, the test before the course and what is said of changes can be kept as written."""

from collections import Counter
from collections.abc import Iterator

from lms.catalogue.document import Fault, Node
from lms.catalogue.rules import LEAST_UPDATE_ITEMS, label_order


def exam_faults(course: Node) -> Iterator[Fault]:
    """Faults of `exam`, `pretest` and `changes` in a country's course.yaml."""
    outcomes = [outcome.get("id").text for outcome in course.get("outcomes").members]
    pool = Counter((item.get("use").text, item.get("outcome").text) for item in course.get("items").members)
    yield from _whole(course.get("exam").get("items"), outcomes, pool)
    yield from _parts(course.get("exam"), outcomes, pool)
    yield from _pretest(course, outcomes, pool)
    yield from _changes(course)


def _whole(drawn: Node, outcomes: list[str], pool: Counter[tuple[str, str]]) -> Iterator[Fault]:
    there = sum(count for (use, _outcome), count in pool.items() if use == "exam")
    if there < drawn.number:
        yield drawn.fault(f"draws {drawn.number} items, but there are only {there} for the exam")
    if 0 < drawn.number < len(outcomes):
        yield drawn.fault(f"draws {drawn.number} items, too few for {len(outcomes)} outcomes")
    for name in sorted(outcomes):
        if not pool["exam", name]:
            yield drawn.fault(f"the exam cannot cover {name}: no exam item asks for it")


def _parts(exam: Node, outcomes: list[str], pool: Counter[tuple[str, str]]) -> Iterator[Fault]:
    parts = exam.get("parts").members
    if not parts:
        return
    asked: set[str] = set()
    for part in parts:
        for outcome in part.get("outcomes").members:
            if outcome.text and outcome.text not in outcomes:
                yield outcome.fault(f"there is no outcome {outcome.text}")
            if outcome.text in asked:
                yield outcome.fault(f"{outcome.text} stands in another part")
            asked.add(outcome.text)
        drawn, names = part.get("items"), part.get("outcomes").names
        there = sum(pool["exam", name] for name in names)
        if there < drawn.number:
            yield drawn.fault(f"draws {drawn.number} items, but there are only {there} for this part")
        if 0 < drawn.number < len(names):
            yield drawn.fault(f"draws {drawn.number} items, too few for {len(names)} outcomes")
    for name in outcomes:
        if name not in asked:
            yield exam.get("parts").fault(f"no part asks for {name}")
    if (of_parts := sum(part.get("items").number for part in parts)) != exam.get("items").number:
        yield exam.get("items").fault(f"must be the sum of its parts, {of_parts}")


def _pretest(course: Node, outcomes: list[str], pool: Counter[tuple[str, str]]) -> Iterator[Fault]:
    asked = course.get("pretest").get("items_per_outcome")
    for name in outcomes:
        if pool["pretest", name] < asked.number:
            yield asked.fault(f"asks {asked.number} items on {name}; there are {pool['pretest', name]}")
    if course.get("pretest").is_missing:
        for item in course.get("items").members:
            if item.get("use").text == "pretest":
                yield item.get("use").fault("the course has no pretest")


def _changes(course: Node) -> Iterator[Fault]:
    lessons = {lesson.get("id").text: lesson for lesson in course.get("lessons").members}
    changes = course.get("changes")
    since, label = changes.get("since").text, course.get("edition").text
    if since and since == label:
        yield changes.get("since").fault("is this edition; name the one before")
    elif since and label and label_order(since) > label_order(label):
        yield changes.get("since").fault(f"comes after {label}; name the edition before it")
    if changes.get("effect").text == "inform" and not changes.get("within_days").is_missing:
        yield changes.get("within_days").fault("what is only to be read has no last day; leave it out")
    if changes.get("effect").text == "update" and not changes.get("lessons").members:
        yield changes.get("lessons").fault("name the lessons that an update consists of")
    for lesson in changes.get("lessons").members:
        if lesson.text and lesson.text not in lessons:
            yield lesson.fault(f"there is no lesson {lesson.text}")
    if changes.get("effect").text == "update":
        yield from _update_pool(course, lessons)


def _update_pool(course: Node, lessons: dict[str, Node]) -> Iterator[Fault]:
    """Outcomes of the changed lessons that the short test of the update cannot ask for."""
    named = course.get("changes").get("lessons")
    pool = Counter(
        item.get("outcome").text
        for item in course.get("items").members
        if item.get("use").text == "update" and item.get("lesson").text in named.names
    )
    for lesson in named.members:
        for outcome in lessons[lesson.text].get("outcomes").names if lesson.text in lessons else ():
            there = pool[outcome]
            if there < LEAST_UPDATE_ITEMS:
                yield lesson.fault(
                    f"the update asks {LEAST_UPDATE_ITEMS} items of its own pool on {outcome}; there are {there}"
                )
