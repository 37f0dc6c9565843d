"""The plain facts of three employers that are alike to the last name: units, people, roles, and what they do.

They know nothing of the house's tables or rules: units are paths of names, days are counted from today.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from lms.base.access import Role

DAY = timedelta(days=1)
_SOON = datetime.now(UTC).date() + DAY
TODAY = _SOON + -_SOON.weekday() % 7 * DAY  # the next Monday: leads get their letter, and it is no midnight
NOW = datetime.combine(TODAY, time(10), UTC)

EVERYWHERE = ""
TOP, NORTH, SOUTH = "Alby", "Alby/Norr", "Alby/Söder"
EKEN, LINDEN = "Alby/Norr/Eken", "Alby/Norr/Linden"
OTHER_EKEN, ALEN = "Alby/Söder/Eken", "Alby/Söder/Alen"
UNITS = (TOP, NORTH, SOUTH, EKEN, LINDEN, OTHER_EKEN, ALEN)
SLUGS = ("alby", "alby2", "alby-21")
EVERYBODYS, CRITICAL, GIVEN, PROPOSED = "documentation", "medication", "confidentiality", "deviations"
NURSE, ASSISTANT, OTHER = "assistant_nurse", "care_assistant", "other"
BUILT, REQUIRED, ASSIGNED = -400, -300, -30  # days from today
DUE_DAYS, MINIMUM = 30, 2


def ago(days: int) -> date:
    """The day so many days from today; earlier ones are below 0."""
    return TODAY + days * DAY


@dataclass(frozen=True)
class Post:
    """Somebody works in a unit as something, from a day to a day."""

    unit: str
    role: str = NURSE
    first: int = BUILT
    last: int | None = None

    def on(self, day: int) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Human:
    """Somebody, and what befalls them."""

    key: str
    given: str
    family: str
    posts: tuple[Post, ...]
    protected: bool = False
    away: bool = False


PEOPLE = (
    Human("anna", "Anna", "Ek", (Post(EKEN),)),
    Human("bo", "Bo", "Ek", (Post(EKEN, ASSISTANT),)),
    Human("pia", "Pia", "Hemlig", (Post(EKEN),), protected=True),
    Human("cia", "Cia", "Lund", (Post(LINDEN),)),
    Human("dan", "Dan", "Lund", (Post(LINDEN, ASSISTANT), Post(EKEN, ASSISTANT))),  # two posts below one node
    Human("left", "Eva", "Lund", (Post(LINDEN, last=-50),)),
    Human("anna2", "Anna", "Ek", (Post(OTHER_EKEN),)),
    Human("gun", "Gun", "Berg", (Post(OTHER_EKEN), Post(LINDEN))),  # two posts that no middle unit joins
    Human("away", "Hugo", "Berg", (Post(OTHER_EKEN, ASSISTANT),), away=True),
    Human("new", "Inga", "Ek", (Post(ALEN, ASSISTANT, first=-5),)),
    Human("soon", "Jon", "Ek", (Post(ALEN, first=20),)),
    Human("moved", "Kim", "Ek", (Post(EKEN, last=-80), Post(ALEN, first=-79))),
    Human("hidden", "Qi", "Hemlig", (Post(ALEN), Post(LINDEN)), protected=True),
    Human("lo", "Lo", "Norén", (Post(NORTH),)),
    Human("mio", "Mio", "Norén", (Post(NORTH, ASSISTANT),)),
    Human("siv", "Siv", "Sund", (Post(SOUTH),)),
    Human("sam", "Sam", "Sund", (Post(SOUTH, ASSISTANT),)),
    Human("tor", "Tor", "Topp", (Post(TOP, OTHER),)),
    Human("una", "Una", "Topp", (Post(TOP, OTHER),)),
)
BY_KEY = {human.key: human for human in PEOPLE}

# What proofs there are: the day it was achieved, the last day, the day it was entered.
LASTS, FRESH, LATE = (-150, 300, -150), (-3, 400, -3), (-120, 200, -40)
RUNS_OUT, RAN_OUT, RAN_OUT_LONG_AGO = (-120, 7, -120), (-200, -14, -200), (-200, -30, -200)
PATTERN = (LASTS, RUNS_OUT, None, LATE, None, RAN_OUT, FRESH, RAN_OUT_LONG_AGO)


@dataclass(frozen=True)
class Charge:
    """A role over a node, from a day to a day."""

    role: Role
    node: str
    first: int = BUILT
    last: int | None = None

    def on(self, day: int) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


def _plain_charges() -> dict[str, tuple[Charge, ...]]:
    """Every role that is granted over every kind of node."""
    return {
        f"{role.value}@{node or 'everywhere'}": (Charge(role, node),)
        for role in Role
        if role is not Role.STAFF
        for node in (EVERYWHERE, SOUTH, EKEN)
    }


CHARGES: dict[str, tuple[Charge, ...]] = _plain_charges() | {
    "lead and officer elsewhere": (Charge(Role.LEAD, EKEN), Charge(Role.OFFICER, SOUTH)),
    "lead and officer of the same": (Charge(Role.LEAD, ALEN), Charge(Role.OFFICER, ALEN)),
    "lead@Alby": (Charge(Role.LEAD, TOP),),
    "officer@Alby": (Charge(Role.OFFICER, TOP),),
    "officer of two units": (Charge(Role.OFFICER, LINDEN), Charge(Role.OFFICER, ALEN)),
    "two units led": (Charge(Role.LEAD, LINDEN), Charge(Role.LEAD, OTHER_EKEN)),
    "authoriser and admin": (Charge(Role.AUTHORISER, LINDEN), Charge(Role.ADMIN, SOUTH)),
    "lead who audits": (Charge(Role.LEAD, OTHER_EKEN), Charge(Role.AUDITOR, NORTH, 0, 0)),
    "auditor of today": (Charge(Role.AUDITOR, LINDEN, 0, 0),),
    "auditor until yesterday": (Charge(Role.AUDITOR, EVERYWHERE, -40, -1),),
    "auditor from tomorrow": (Charge(Role.AUDITOR, SOUTH, 1, 40),),
    "auditor now here, then there": (
        Charge(Role.AUDITOR, EKEN, -10, 10),
        Charge(Role.AUDITOR, SOUTH, 11, 20),
    ),
    "author and lead": (Charge(Role.AUTHOR, EVERYWHERE), Charge(Role.LEAD, NORTH)),
    # people of the town
    "anna": (),
    "gun": (),
    "left": (),
    "soon": (),
    "pia": (),
    "moved": (Charge(Role.LEAD, ALEN),),
    "lo": (Charge(Role.LEAD, NORTH), Charge(Role.AUTHORISER, EVERYWHERE)),
    "tor": (Charge(Role.OFFICER, EVERYWHERE),),
    "siv": (Charge(Role.OFFICER, SOUTH),),
}


def is_below(unit: str, node: str) -> bool:
    """Whether a unit is a node or lies below it."""
    return node in {EVERYWHERE, unit} or unit.startswith(node + "/")


ASSIGNMENTS = (
    ("lead@Alby/Norr/Eken", ("anna", "dan", "pia")),
    ("officer@Alby/Söder", ("gun", "moved")),
    ("tor", ("una", "lo")),
)
DISPENSATIONS = (  # by whom, to whom, of what, where it holds
    ("lead@Alby/Norr/Eken", "anna", EVERYBODYS, EKEN),
    ("officer@Alby/Söder", "gun", EVERYBODYS, SOUTH),
    ("two units led", "gun", PROPOSED, LINDEN),  # and in the other Eken
    ("tor", "cia", EVERYBODYS, EVERYWHERE),
    ("moved", "hidden", EVERYBODYS, ALEN),
)
OBJECTIONS = (  # what, by whom, answered by whom
    ("o1", "anna", ""),
    ("o2", "gun", ""),
    ("o3", "pia", ""),
    ("o4", "left", ""),
    ("o5", "moved", "tor"),
    ("o6", "siv", "tor"),
    ("o7", "tor", ""),
    ("o8", "hidden", ""),
)
VIEWS = ("tor", "siv", "officer@Alby/Söder", "auditor of today")
OPENED = (("tor", "anna"), ("lo", "anna"), ("officer@Alby/Söder", "gun"), ("tor", "siv"))


def title_of(post: Post) -> str:
    """What is printed for a post."""
    return f"{post.role} {post.unit.rpartition('/')[2]}"
