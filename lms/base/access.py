"""Who may do what, on one screen; and the actor, the person a request acts for."""

from dataclasses import dataclass
from enum import StrEnum, auto


class Role(StrEnum):
    """What somebody is to an employer. Staff follows from a current employment, the rest is granted."""

    STAFF = auto()
    LEAD = auto()  # first-line manager of a unit
    OFFICER = auto()  # HR, quality manager, head of department
    AUTHOR = auto()  # writes and publishes courses
    AUTHORISER = auto()  # opens exams, signs off skills, decides delegations
    AUDITOR = auto()  # reads, for a limited time
    ADMIN = auto()  # people, units, sign-in


class Permission(StrEnum):
    """One thing that can be done; every action and query names one in its first line."""

    LEARN = auto()  # take courses, see own record, certificates and plan
    SEE_TEAM = auto()  # states, dates and certificates of people in own units; never answers or scores
    ASSIGN = auto()  # give courses to people in own units, withdraw them
    DISPENSE = auto()  # let people off a course for a time, or give them longer, with a reason
    PRINT_SLIP = auto()  # make a slip for somebody's first sign-in
    AGREE_PLAN = auto()  # write development plans with people in own units
    HOLD_MEETING = (
        auto()
    )  # lead staff meetings and groups that learn together; record who took part, what was agreed
    SEE_REGISTER = auto()  # documented knowledge of everybody in reach
    EXPORT_REGISTER = auto()  # take the register out as a file
    EXPORT_CERTIFICATES = auto()  # take the certificates in it out as files, each with its signed form
    ANSWER_OBJECTION = auto()  # answer people who say that a line of their record is not right
    SEE_COURSES = auto()  # read any course without being asked to take it
    WRITE_LOCAL = auto()  # add the employer's own routines and questions to courses
    SEE_ITEMS = auto()  # how well the questions of an exam work; never who answered what
    SET_REQUIREMENT = auto()  # say who must know what
    REVOKE_CERTIFICATE = auto()  # revoke and reinstate, correct the name
    SEE_ORGANISATION = auto()  # units and people
    IMPORT_PEOPLE = auto()  # add and change people from a file
    APPOINT_AUDITOR = auto()  # let somebody read the register of units for a limited time
    SEE_LOG = auto()  # the change log
    OPEN_EXAM = (
        auto()
    )  # open a supervised exam in a room: who has come and is finished; never answers or scores
    GIVE_ATTEMPT = auto()  # give one more attempt at an exam; never whether, or how often, it was taken
    SET_COURSE = auto()  # say what is allowed at a course
    MANAGE_SIGN_IN = auto()  # say who needs a second factor, reset a lost one
    SET_MESSAGES = auto()  # say when people are reminded, at which hours and in which words
    MANAGE_CERTIFICATE_LAYOUT = auto()  # say how certificates look from now on, and who signs them
    SET_RETENTION = auto()  # say how long certificates are kept
    SHARE_DEVICE = auto()  # make a device one that the people of a unit share, and end that
    SEE_MESSAGES = auto()  # which messages went to whom, and why others did not; never what they said


_P = Permission

POLICY: dict[Role, frozenset[Permission]] = {
    Role.STAFF: frozenset({_P.LEARN, _P.SEE_COURSES}),
    Role.LEAD: frozenset(
        {
            _P.SEE_TEAM, _P.ASSIGN, _P.PRINT_SLIP, _P.AGREE_PLAN, _P.HOLD_MEETING, _P.SEE_COURSES,
            _P.GIVE_ATTEMPT, _P.DISPENSE, _P.SHARE_DEVICE,
        },
    ),
    Role.OFFICER: frozenset(
        {
            _P.SEE_TEAM, _P.ASSIGN, _P.SEE_REGISTER, _P.EXPORT_REGISTER, _P.EXPORT_CERTIFICATES, _P.SET_REQUIREMENT,
            _P.REVOKE_CERTIFICATE, _P.SEE_ORGANISATION, _P.IMPORT_PEOPLE, _P.SEE_LOG, _P.SEE_COURSES,
            _P.WRITE_LOCAL, _P.SET_COURSE, _P.DISPENSE, _P.ANSWER_OBJECTION,
            _P.APPOINT_AUDITOR,
            _P.SET_MESSAGES, _P.SEE_MESSAGES, _P.MANAGE_CERTIFICATE_LAYOUT, _P.SET_RETENTION,
        },
    ),
    Role.AUTHOR: frozenset({_P.SEE_COURSES, _P.WRITE_LOCAL, _P.SEE_ITEMS}),
    Role.AUTHORISER: frozenset({_P.SEE_TEAM, _P.OPEN_EXAM, _P.GIVE_ATTEMPT, _P.SEE_COURSES}),
    Role.AUDITOR: frozenset({_P.SEE_REGISTER, _P.EXPORT_REGISTER, _P.SEE_COURSES}),
    Role.ADMIN: frozenset(
        {
            _P.PRINT_SLIP, _P.SEE_ORGANISATION, _P.IMPORT_PEOPLE, _P.SEE_LOG, _P.SEE_COURSES, _P.SET_COURSE,
            _P.MANAGE_SIGN_IN, _P.APPOINT_AUDITOR, _P.SHARE_DEVICE,
            _P.SET_MESSAGES, _P.SEE_MESSAGES, _P.MANAGE_CERTIFICATE_LAYOUT,
        },
    ),
}  # fmt: skip

# What holds for everybody at the employer, or counts them all: given by a role over the whole employer only.
OF_THE_WHOLE = frozenset(
    {_P.WRITE_LOCAL, _P.SEE_ITEMS, _P.SET_MESSAGES, _P.MANAGE_CERTIFICATE_LAYOUT, _P.SET_RETENTION}
)
WHOLE = "/"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over a node of the unit tree; `path` is the node's path, `/` for the whole employer."""

    role: Role
    path: str

    def gives(self, permission: Permission) -> bool:
        """Whether it gives a permission, over its node."""
        return permission in POLICY[self.role] and (self.path == WHOLE or permission not in OF_THE_WHOLE)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person of one employer, with what has been granted today."""

    account_id: int
    person_id: int
    employer_id: int
    name: str
    grants: tuple[Grant, ...] = ()

    @classmethod
    def program(cls, employer_id: int) -> "Actor":
        """The program itself, acting for one employer (worker, commands): no account, no permission."""
        return cls(account_id=0, person_id=0, employer_id=employer_id, name="")

    def may(self, permission: Permission) -> bool:
        """Whether any of the actor's roles gives this permission anywhere."""
        return any(grant.gives(permission) for grant in self.grants)

    def paths(self, permission: Permission) -> tuple[str, ...]:
        """Nodes of the unit tree below which the actor has this permission."""
        return tuple(sorted({grant.path for grant in self.grants if grant.gives(permission)}))

    @property
    def is_entrusted(self) -> bool:
        """Whether any role was granted: who sees or changes what is about others (lead and above)."""
        return any(grant.role is not Role.STAFF for grant in self.grants)

    def has(self, role: Role) -> bool:
        """Whether the role is held anywhere (for choosing pages, never for deciding access)."""
        return any(grant.role is role for grant in self.grants)
