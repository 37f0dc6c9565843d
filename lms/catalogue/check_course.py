"""Whether a course is whole: every outcome taught, practised and examined, every id known, once and allowed."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from lms.catalogue.check_exam import exam_faults
from lms.catalogue.document import Fault, Node
from lms.catalogue.folder import CourseFolder
from lms.catalogue.format import RESERVED_LESSONS

LEAST_PRACTICE_ITEMS = 2  # per outcome
LEAST_EXAM_ITEMS = 4  # per outcome, so that a second attempt is not the first again
LESSON_MINUTES = (3, 6)
LESSON_STEPS = (5, 9)


def course_faults(folder: CourseFolder, on: date) -> Iterator[Fault]:
    """Faults in a country's course.yaml that its format cannot see; `on` is the day of the check."""
    course = folder.course
    if course.get("id").text not in {"", folder.course_id}:
        yield course.get("id").fault(f"must be {folder.course_id}, as the folder is called")
    if course.get("country").text not in {"", folder.country_code}:
        yield course.get("country").fault(f"must be {folder.country_code}, as the folder is called")
    review_by = course.get("review_by").day
    if review_by and review_by < on:
        yield course.get("review_by").warning("the day for the next review has passed")
    for list_name, key in (("outcomes", "id"), ("lessons", "id"), ("items", "id"), ("sources", "key")):
        yield from _twice(member.get(key) for member in course.get(list_name).members)
    yield from _lesson_faults(course)
    yield from _item_faults(course)
    yield from _outcome_faults(course)
    yield from exam_faults(course)


def _ids(course: Node, list_name: str, key: str = "id") -> set[str]:
    return {member.get(key).text for member in course.get(list_name).members}


def _twice(nodes: Iterable[Node]) -> Iterator[Fault]:
    seen: set[str] = set()
    for node in nodes:
        if node.text in seen:
            yield node.fault(f"{node.text} stands twice")
        if node.text:
            seen.add(node.text)


def _unknown(nodes: Iterable[Node], known: Iterable[str], what: str) -> Iterator[Fault]:
    """Faults of the ids that are none of the known ones. An empty id is the format's fault."""
    for node in nodes:
        if node.text and node.text not in known:
            yield node.fault(f"there is no {what} {node.text}")


def _lesson_faults(course: Node) -> Iterator[Fault]:
    outcomes = _ids(course, "outcomes")
    for lesson in course.get("lessons").members:
        if lesson.get("id").text in RESERVED_LESSONS:
            yield lesson.get("id").fault(
                f"{lesson.get('id').text} is an address of every course; name it otherwise"
            )
        yield from _unknown(lesson.get("outcomes").members, outcomes, "outcome")
        yield from _twice(lesson.get("steps").members)
        minutes, steps = lesson.get("minutes"), lesson.get("steps")
        if minutes.number and not LESSON_MINUTES[0] <= minutes.number <= LESSON_MINUTES[1]:
            yield minutes.warning("a lesson takes {} to {} minutes".format(*LESSON_MINUTES))
        if steps.members and not LESSON_STEPS[0] <= len(steps.members) <= LESSON_STEPS[1]:
            yield steps.warning("a lesson has {} to {} steps".format(*LESSON_STEPS))


def _item_faults(course: Node) -> Iterator[Fault]:
    outcomes, sources = _ids(course, "outcomes"), _ids(course, "sources", "key")
    lessons = {lesson.get("id").text: lesson for lesson in course.get("lessons").members}
    for item in course.get("items").members:
        yield from _unknown([item.get("outcome")], outcomes, "outcome")
        yield from _unknown([item.get("lesson")], lessons, "lesson")
        yield from _unknown([item.get("source")], sources | {"practice"}, "source")
        lesson = lessons.get(item.get("lesson").text)
        if lesson is None:
            continue
        yield from _unknown(
            [item.get("step")], lesson.get("steps").names, f"step in {lesson.get('id').text}:"
        )
        outcome = item.get("outcome").text
        if outcome in outcomes and outcome not in lesson.get("outcomes").names:
            yield item.get("lesson").fault(f"the lesson {lesson.get('id').text} does not teach {outcome}")


def _outcome_faults(course: Node) -> Iterator[Fault]:
    taught = {name for lesson in course.get("lessons").members for name in lesson.get("outcomes").names}
    items = course.get("items").members
    count = Counter((item.get("outcome").text, item.get("use").text) for item in items)
    for outcome in course.get("outcomes").members:
        name = outcome.get("id").text
        practice, exam = count[name, "practice"], count[name, "exam"]
        if name not in taught:
            yield outcome.fault("no lesson teaches it")
        if practice < LEAST_PRACTICE_ITEMS:
            yield outcome.fault(f"has {practice} practice items; {LEAST_PRACTICE_ITEMS} are needed")
        if exam < LEAST_EXAM_ITEMS:
            yield outcome.fault(f"has {exam} exam items; {LEAST_EXAM_ITEMS} are needed")
