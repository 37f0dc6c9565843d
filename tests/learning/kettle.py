"""A small course published beside the shipped one, with what a test needs: questions before it, rules of the exam."""

import json
from uuid import uuid4

from lms.base.context import work
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish_editions
from lms.learning import actions
from lms.learning.sittings import leave_unfinished
from tests.catalogue.tiny_course import add_pool, tiny_course, write_files
from tests.learning.taking import key_of, wrong_for

KETTLE = "kettle"
EXAM = "exam: {items: 4, pass_percent: 80"


def publish_kettle(
    house,
    folder,
    *,
    label="2026.1",
    exam="",
    parts=None,
    pretest=2,
    changes="",
    reworded=(),
    update=0,
    validity=24,
    percent=80,
    notice="",
    now=None,
):
    """Publish the course, with some lessons `reworded`.

    `exam` is what stands in the rules of its exam beside number and limit (`attempts: 2`), `parts` the names of its
    parts by id, `changes` what it says of what it has changed, `pretest` and `update` how many items those pools have
    on each outcome, `validity` how many months its certificate lasts, `percent` how much of the exam must be right,
    `notice` what stands on every page.
    """
    files = tiny_course()
    course = files["kettle/SE/course.yaml"].replace("2026.1", label)
    course = course.replace(EXAM, f"{EXAM}, {exam}" if exam else EXAM)
    course = course.replace("pass_percent: 80", f"pass_percent: {percent}")
    course = course.replace("validity_months: 24", f"validity_months: {validity}")
    if pretest:
        course = course.replace("outcomes:\n", f"pretest: {{items_per_outcome: {pretest}}}\noutcomes:\n", 1)
    if changes:
        course = course.replace("\nexam:", f"\nchanges: {changes}\nexam:")
        for language in ("sv", "en"):
            files[f"kettle/SE/{language}/course.yaml"] += f"changed: New in {label}.\n"
    for field, said in (("notice", notice), ("parts", json.dumps(parts) if parts else "")):
        for language in ("sv", "en"):
            files[f"kettle/SE/{language}/course.yaml"] += f"{field}: {said}\n" if said else ""
    for lesson in reworded:
        for language in ("sv", "en"):
            page = f"kettle/SE/{language}/{lesson}.md"
            files[page] = files[page].replace("It boils", f"It boils as in {label}")
    files["kettle/SE/course.yaml"] = course
    add_pool(files, "pretest", pretest)
    add_pool(files, "update", update)
    with work(house, **({"now": now} if now else {})) as ctx:
        published = publish_editions(ctx, write_files(files, folder))
    assert not any(each.is_refused for each in published), published


def show(town, name, *solid, kind="pretest", now=None):
    """Take what comes before the course, with right answers on some outcomes; the attempt's public id."""
    with town.work(name, now=now) as ctx:
        attempt = actions.open_attempt(ctx, KETTLE, "sv", kind)
        edition = catalogue.edition(ctx, attempt.edition_id)
    for place in range(1, len(attempt.drawn) + 1):
        with town.work(name, now=now) as ctx:
            is_right = edition.items[attempt.drawn_item(place).item].outcome in solid
            value = key_of(ctx, attempt, place) if is_right else wrong_for(ctx, attempt, place)
            actions.answer_item(ctx, attempt.public_id, place, client_id=str(uuid4()), value=value)
    return attempt.public_id


def leave(town, name, now=None):
    """Begin an exam, answer its first question, and leave it for one in a room, as `sit_exam` closes it then."""
    with town.work(name, now=now) as ctx:
        attempt = actions.open_attempt(ctx, KETTLE, "sv", "exam")
        value = wrong_for(ctx, attempt, 1)
        actions.answer_item(ctx, attempt.public_id, 1, client_id=str(uuid4()), value=value)
        leave_unfinished(ctx, KETTLE)
