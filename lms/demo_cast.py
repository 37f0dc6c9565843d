"""Who works in the municipality of the demo, since when, and what they have passed: the same in every country."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

from lms.base.access import Role

LONG_AGO = 800  # days: before anybody's first certificate
LEARNER, NEWCOMER, LEAD, OFFICER, ADMIN = "1001", "1008", "1010", "1090", "1091"
HOME_CARE_LEAD, TOOK_IT_LAST_YEAR = "1039", "1032"
SOUTH_LEAD = "1059"
BACK_FROM_LEAVE, ON_LEAVE, LEFT = "1041", "1045", "1044"
MOVED, HAS_TWO_POSTS = "1043", "1072"
WAS_REVOKED, EXEMPT, HAS_LONGER, OBJECTS = "1046", "1047", "1048", "1003"
# the units, by place in a town's `units`
TOP, HOME, WARD, OTHER_WARD, HOME_CARE, SOUTH, DISABILITY, GROUP_HOME, NURSING = range(9)
PARENTS = {
    TOP: None, HOME: TOP, WARD: HOME, OTHER_WARD: HOME, HOME_CARE: TOP, SOUTH: TOP, DISABILITY: TOP,
    GROUP_HOME: DISABILITY, NURSING: TOP,
}  # fmt: skip

COURSE = "documentation"  # what the demo is mostly about; CAST says how far everybody is in it


@dataclass(frozen=True)
class Part:
    """One person of the demo. `since` and `passed` are days ago: employed, course passed; `read` is lessons read."""

    number: str
    unit: int
    role: str
    kind: str = "permanent"
    percent: int = 100
    passed: int | None = None
    read: int = 0
    active: bool = True
    since: int = LONG_AGO
    grant: Role | None = None
    until: int | None = None  # last day, days ago


CAST = (
    Part(LEARNER, WARD, "assistant_nurse", read=3, since=76),
    Part("1002", WARD, "assistant_nurse", passed=210, percent=75),
    Part("1003", WARD, "care_assistant", passed=705),
    Part("1004", WARD, "assistant_nurse", passed=30),
    Part("1005", WARD, "assistant_nurse", passed=760),
    Part("1006", WARD, "assistant_nurse", passed=400),
    Part("1007", WARD, "care_assistant", read=1, kind="hourly", percent=40, since=99),
    Part(NEWCOMER, WARD, "care_assistant", kind="temporary", active=False, since=3),
    Part(LEAD, WARD, "team_lead", passed=120, grant=Role.LEAD),
    Part("1021", OTHER_WARD, "assistant_nurse", passed=95),
    Part("1022", OTHER_WARD, "assistant_nurse", passed=716),
    Part("1023", OTHER_WARD, "nurse", passed=60),
    Part("1024", OTHER_WARD, "assistant_nurse", since=40),
    Part("1025", OTHER_WARD, "care_assistant", passed=15),
    Part("1029", OTHER_WARD, "team_lead", passed=300, grant=Role.LEAD),
    Part("1031", HOME_CARE, "care_assistant", read=5, since=200),
    Part(TOOK_IT_LAST_YEAR, HOME_CARE, "assistant_nurse", passed=180),
    Part("1033", HOME_CARE, "care_assistant", active=False, since=12),
    Part(HOME_CARE_LEAD, HOME_CARE, "team_lead", grant=Role.LEAD, since=300),
    Part(OFFICER, TOP, "other", grant=Role.OFFICER),
    Part(ADMIN, TOP, "other", grant=Role.ADMIN),
)


@dataclass(frozen=True)
class Also:
    """One of the other courses: who of the cast passed it (days ago), and who has read how many lessons."""

    course: str
    passed: Mapping[str, int]
    read: Mapping[str, int] = field(default_factory=dict)


ALSO = (
    Also(
        "confidentiality",
        {LEARNER: 60, "1002": 205, "1003": 640, "1004": 330, "1005": 755, "1006": 398, "1007": 70, LEAD: 500,
         "1021": 90, "1022": 712, "1023": 64, "1025": 9, "1029": 295, "1031": 150, TOOK_IT_LAST_YEAR: 170,
         OFFICER: 290, ADMIN: 284},
    ),
    Also(
        "deviations",
        {LEARNER: 20, "1002": 100, "1003": 300, "1004": 25, "1006": 390, LEAD: 118, "1021": 110, "1022": 700,
         "1023": 61, "1025": 14, "1029": 120, TOOK_IT_LAST_YEAR: 75, OFFICER: 101},
        {"1005": 4},
    ),
    Also(
        "medication",
        {"1002": 180, "1004": 340, "1005": 200, "1006": 372, "1021": 90, "1022": 120, "1023": 55},
        {LEARNER: 2},
    ),
    Also(
        "self-determination",
        {"1002": 40, "1004": 35, "1006": 45, LEAD: 92, "1023": 58, "1029": 85},
        {"1003": 3},
    ),
)  # fmt: skip


def _some(unit: int, role: str, *since: tuple[str, int], **about: object) -> tuple[Part, ...]:
    return tuple(Part(number, unit, role, since=ago, **about) for number, ago in since)  # type: ignore[arg-type]


CROWD = (
    *_some(OTHER_WARD, "assistant_nurse", ("1026", LONG_AGO)),
    *_some(OTHER_WARD, "care_assistant", ("1027", 250), percent=80),
    *_some(OTHER_WARD, "assistant_nurse", (MOVED, LONG_AGO), percent=75),
    *_some(HOME_CARE, "assistant_nurse", ("1034", LONG_AGO), ("1035", LONG_AGO), ("1036", 410)),
    *_some(HOME_CARE, "care_assistant", ("1037", 180), ("1038", 520), percent=85),
    *_some(HOME_CARE, "care_assistant", ("1085", 300), percent=30, kind="hourly"),
    *_some(
        SOUTH,
        "assistant_nurse",
        (BACK_FROM_LEAVE, LONG_AGO),
        ("1042", 600),
        (ON_LEAVE, 700),
    ),
    *_some(SOUTH, "assistant_nurse", (WAS_REVOKED, LONG_AGO), (EXEMPT, 450), percent=75),
    *_some(SOUTH, "care_assistant", (HAS_LONGER, 95), ("1049", 365), ("1050", 140), kind="temporary"),
    *_some(SOUTH, "assistant_nurse", ("1051", 21)),
    Part(LEFT, SOUTH, "assistant_nurse", until=150),
    Part(SOUTH_LEAD, SOUTH, "team_lead", grant=Role.LEAD),
    *_some(
        GROUP_HOME, "support_worker", ("1061", LONG_AGO), ("1062", LONG_AGO), ("1063", 640), ("1064", 390)
    ),
    *_some(GROUP_HOME, "support_worker", ("1065", 210), ("1066", 60), percent=60),
    *_some(GROUP_HOME, "care_assistant", ("1067", 330), ("1068", 35), percent=50),
    Part("1069", GROUP_HOME, "team_lead", grant=Role.LEAD, since=500),
    *_some(NURSING, "nurse", ("1071", LONG_AGO), (HAS_TWO_POSTS, LONG_AGO), ("1073", 270), percent=80),
    *_some(NURSING, "occupational_therapist", ("1074", LONG_AGO)),
    *_some(NURSING, "physiotherapist", ("1075", 480), percent=75),
    Part("1079", NURSING, "team_lead", grant=Role.LEAD),
)
SUBSTITUTES = (
    *_some(HOME_CARE, "care_assistant", ("1081", 0), ("1082", 0), kind="temporary", active=False),
    *_some(SOUTH, "care_assistant", ("1083", 0), ("1084", 0), kind="temporary", active=False),
)


def substitutes(today: date) -> Iterator[Part]:
    """Those who worked in the last summer that is over, from 15 June to 20 August."""
    year = today.year - (today < date(today.year, 8, 21))
    first, last = date(year, 6, 15), date(year, 8, 20)
    for part in SUBSTITUTES:
        yield replace(part, since=(today - first).days, until=(today - last).days)


@dataclass(frozen=True)
class Habit:
    """How people who are not of the cast come to take a course.

    From `asked` days ago, most within `days`; a certificate lasts for `lasts` days. `unless` are roles that need not.
    """

    asked: int
    days: int
    lasts: int
    share: float  # of those who take it
    unless: frozenset[str] = frozenset()


HABITS = {
    COURSE: Habit(330, 80, 730, 0.9, frozenset({"team_lead"})),
    "confidentiality": Habit(330, 25, 730, 0.95),
    "deviations": Habit(130, 70, 730, 0.8),
    "medication": Habit(
        330, 70, 365, 0.85, frozenset({"team_lead", "occupational_therapist", "physiotherapist"})
    ),
    "self-determination": Habit(100, 120, 730, 0.85),
}
NOT_YET = {  # what somebody of the crowd has not taken, whatever the habit
    ("1061", "medication"), ("1063", "medication"), (EXEMPT, "medication"), (HAS_LONGER, COURSE),
    (BACK_FROM_LEAVE, "deviations"), (BACK_FROM_LEAVE, "self-determination"), ("1042", "self-determination"),
    ("1049", "self-determination"), ("1051", "medication"), (ON_LEAVE, "self-determination"), ("1085", "medication"),
}  # fmt: skip
PASSED = {  # when somebody of the crowd passed, whatever the habit (days ago)
    (WAS_REVOKED, "medication"): 240,
    (BACK_FROM_LEAVE, "confidentiality"): 318,
    (BACK_FROM_LEAVE, COURSE): 312,
    (BACK_FROM_LEAVE, "medication"): 302,
    (ON_LEAVE, "deviations"): 104,
    (ON_LEAVE, "medication"): 250,
    ("1034", "medication"): 345,
    ("1062", "medication"): 420,
}


def passes(part: Part, course: str) -> Iterator[int]:
    """When somebody of the crowd passed a course, in days ago: the first time, and again when that ran out."""
    habit = HABITS[course]
    if (part.number, course) in NOT_YET or part.role in habit.unless:
        return
    random = Random(f"{part.number} {course}")  # noqa: S311  (the same in every demo)
    if (part.number, course) in PASSED:
        ago = PASSED[part.number, course]
    elif random.random() < habit.share:
        ago = min(part.since, habit.asked) - random.randint(2, habit.days)
    else:
        return
    while ago > (part.until or 0):
        yield ago
        if random.random() > 0.8:  # too late, or never
            return
        ago -= habit.lasts - random.randint(3, 40)
