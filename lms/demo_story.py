"""What happened in the municipality of the demo: what is told here happens afterwards, in the order of days."""

from functools import partial

from lms.demo_cast import (
    ALSO,
    BACK_FROM_LEAVE,
    CAST,
    COURSE,
    CROWD,
    EXEMPT,
    HABITS,
    HAS_LONGER,
    HAS_TWO_POSTS,
    HOME,
    LEARNER,
    LONG_AGO,
    MOVED,
    OBJECTS,
    ON_LEAVE,
    OTHER_WARD,
    SOUTH,
    WAS_REVOKED,
    passes,
    substitutes,
)
from lms.demo_year import Year

STARTED = 330  # days ago: the whole municipality began with the set of its country
TIME_GIVEN = 60  # days for those who were there
READ_IN_FULL = 210  # days: who passed since then has read every lesson
HOME_BEGAN = (
    (LONG_AGO, COURSE, 90),
    (LONG_AGO, "confidentiality", 30),
    (400, "medication", 120, "assistant_nurse"),
)


def tell_of_the_year(year: Year) -> None:
    """Hires and leavers, requirements and what became of them, passes, leave, doubts: each on its day."""
    for part in (*CAST, *CROWD, *substitutes(year.today)):
        year.on(part.since, partial(year.hire, part))
        if part.until and part.kind != "temporary":
            year.on(part.until + 20, partial(year.resign, part, part.until + 20))
    _tell_of_requirements(year)
    _tell_of_people(year)
    for part in (*CROWD, *substitutes(year.today)):
        for course in HABITS:
            for ago in passes(part, course):
                year.on(ago, partial(year.learn, part.number, course, ago))
    for part in CAST:
        if part.passed is not None:
            lessons = None if part.passed <= READ_IN_FULL else 0
            year.on(part.passed, partial(year.learn, part.number, COURSE, part.passed, lessons=lessons))
        elif part.read:
            year.on(2, partial(year.read, part.number, COURSE, part.read))
    for also in ALSO:
        for number, ago in also.passed.items():
            lessons = None if number == LEARNER else 0
            year.on(ago, partial(year.learn, number, also.course, ago, lessons=lessons))
        for number, lessons in also.read.items():
            year.on(2, partial(year.read, number, also.course, lessons))


def _tell_of_requirements(year: Year) -> None:
    """One home began; then everybody, with the set of the country, in three steps; one of them was changed."""
    for ago, course, due_days, *roles in HOME_BEGAN:
        year.on(ago, partial(year.require, ago, course, due_days, *roles))
    began_with = (COURSE, "confidentiality", "medication")
    year.on(STARTED, partial(year.begin_with, STARTED, *began_with, given=TIME_GIVEN))
    year.on(130, partial(year.begin_with, 130, "deviations"))
    year.on(100, partial(year.begin_with, 100, "self-determination"))
    year.on(160, partial(year.change_confidentiality, 160))


def _tell_of_people(year: Year) -> None:
    """Leave and coming back, moving on, a second post, dispensations, a certificate in doubt."""
    year.on(300, partial(year.leave, BACK_FROM_LEAVE, 300))
    year.on(260, partial(year.take_second_post, HAS_TWO_POSTS, OTHER_WARD, 260, 20))
    year.on(200, partial(year.move, MOVED, SOUTH, 200))
    year.on(90, partial(year.dispense, EXEMPT, "medication", 90, -60, "exempt"))
    year.on(80, partial(year.leave, ON_LEAVE, 80))
    year.on(70, partial(year.revoke, WAS_REVOKED, "medication", 70))
    year.on(63, partial(year.reinstate, WAS_REVOKED, "medication", 63))
    year.on(40, partial(year.dispense, HAS_LONGER, COURSE, 40, -20, "longer"))
    year.on(11, partial(year.come_back, BACK_FROM_LEAVE, 25, 11))  # two weeks after
    year.on(6, partial(year.object_to, OBJECTS, 6))
    year.on(4, partial(year.let_audit, HOME, 4, -26))
