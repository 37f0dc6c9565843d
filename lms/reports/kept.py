"""What is kept about somebody at their employer, for them: every kind there is, how much of it, since when.

A guard sees that every table with rows about people, or about how they sign in, is here. All of it as a file:
`lms.reports.own_file`.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from lms.base.audit import AuditEntry
from lms.base.context import Context
from lms.base.db import Base, UtcTime
from lms.base.statements import EMPLOYER, ME
from lms.catalogue.models import LocalReading
from lms.competence.models import DevelopmentPlan, PlanActivity, PlanGoal
from lms.evidence.models import (
    CertificateFile,
    CertificateRow,
    CertificateShare,
    Revocation,
    SignedCredential,
)
from lms.identity.models import (
    Account,
    AuthenticatorApp,
    Identifier,
    KeptForm,
    LinkToken,
    Passkey,
    PersonalCode,
    PushSubscription,
    RecoveryCode,
    SignInChange,
    UserSession,
)
from lms.learning.models import (
    Answer,
    Attempt,
    AttemptDecision,
    ExamReopening,
    ExamSeat,
    ExtraAttempt,
    LearnerNote,
    Progress,
    StudyGroupMember,
    WeeklyAnswer,
    WeeklyChoice,
)
from lms.learning.offline_models import AnswerAside
from lms.learning.time_models import LearningTime
from lms.messages.models import DigestChoice, Message, MessageChoice
from lms.organisation.models import Absence, Employment, ImportedFact, Person, RoleGrant
from lms.reflection.models import AgreedAction, Attendance
from lms.register.models import (
    Beginning,
    Dispensation,
    Duty,
    DutySource,
    EditionReceipt,
    Proof,
    ProofRevocation,
    SavedView,
    Status,
)
from lms.register.record_models import Objection, RecordView
from lms.reports.models import CalendarFeed

# How somebody signs in, by what may be told of it: never what proves somebody, not even hashed or sealed.
SIGN_IN: Mapping[type[Base], tuple[str, ...]] = {
    Account: ("language", "theme", "text_size", "activated_at", "created_at"),
    Identifier: ("kind", "value", "created_at", "verified_at"),
    UserSession: (
        "device", "remembered", "created_at", "seen_at", "expires_at", "ends_at", "revoked_at", "second_factor_at",
        "proven_at",
    ),
    Passkey: ("device", "created_at", "used_at"),
    AuthenticatorApp: ("created_at", "confirmed_at"),
    PushSubscription: ("created_at",),
    RecoveryCode: ("used_at",),
    PersonalCode: ("set_at", "wrong"),
    SignInChange: (
        "kind", "old_value", "new_value", "tries", "created_at", "expires_at", "stop_until", "done_at", "stopped_at",
    ),
    LinkToken: ("kind", "tries", "created_at", "expires_at", "used_at"),
    KeptForm: ("path", "kept_at"),
}  # fmt: skip
# All that belongs to an account, and so to no employer, by the same rule.
OF_ACCOUNT: Mapping[type[Base], tuple[str, ...]] = {
    **SIGN_IN,
    CertificateShare: ("numbers", "note", "with_name", "created_at", "expires_at", "ended_at", "opened"),
    CalendarFeed: ("created_at",),
}

# What belongs to each kind, in the order it is shown.
KINDS: dict[str, tuple[type[Base], ...]] = {
    "person": (Person,),
    "employment": (Employment, ImportedFact),
    "absence": (Absence,),
    "role": (RoleGrant,),
    "duty": (Duty, DutySource, Status, Beginning, Dispensation),
    "step": (Progress,),
    "local": (LocalReading,),
    "group": (StudyGroupMember,),
    "receipt": (EditionReceipt,),
    "note": (LearnerNote,),
    "week": (WeeklyAnswer, WeeklyChoice),
    "calendar": (LearningTime, CalendarFeed),
    "attempt": (Attempt, Answer, AnswerAside, AttemptDecision, ExtraAttempt),
    "seat": (ExamSeat, ExamReopening),
    "certificate": (CertificateRow, Proof, SignedCredential, CertificateFile, Revocation, ProofRevocation),
    "share": (CertificateShare,),
    "opened": (RecordView,),
    "objection": (Objection,),
    "plan": (DevelopmentPlan, PlanGoal, PlanActivity),
    "meeting": (Attendance,),
    "action": (AgreedAction,),
    "message": (Message, DigestChoice, MessageChoice),
    "view": (SavedView,),
    "log": (AuditEntry,),
    "sign_in": tuple(SIGN_IN),
}
# Rows that say whose they are otherwise than by the person: by a row of another table, or in another column.
_PART_OF = {
    DutySource: (Duty, "duty_id"),
    Status: (Duty, "duty_id"),
    Answer: (Attempt, "attempt_id"),
    AnswerAside: (Attempt, "attempt_id"),
    AttemptDecision: (Attempt, "attempt_id"),
    ExamReopening: (ExamSeat, "seat_id"),
    Revocation: (CertificateRow, "certificate_id"),
    SignedCredential: (CertificateRow, "certificate_id"),
    CertificateFile: (CertificateRow, "certificate_id"),
    ProofRevocation: (Proof, "proof_id"),
    PlanGoal: (DevelopmentPlan, "plan_id"),
    PlanActivity: (PlanGoal, "goal_id"),
}
_WHO: Mapping[type[Base], str] = {Person: "id", Account: "id", AgreedAction: "responsible_id"}
_WHEN = (
    "recorded_at", "created_at", "read_at", "received_at", "written_at", "answered_at", "opened_at", "taken_at",
    "issued_at", "changed_at", "given_at", "reopened_at", "kept_at", "signed_at", "made_at", "at",
)  # fmt: skip
_ACCOUNT = bindparam("account", type_=Integer)  # the actor's
# What is done to somebody's record, as the change log has it; what it says of all else may be about others.
ABOUT_ME = and_(AuditEntry.object_kind == Person.__tablename__, AuditEntry.object_id == ME)


def columns_of(table: type[Base]) -> Table:
    """The table behind a model."""
    return table.__table__  # type: ignore[return-value]


def whose(table: type[Base]) -> str:
    """The column that says whose a row is: by the person, the account, or what the row belongs to."""
    if table in _PART_OF:
        return _PART_OF[table][1]
    return _WHO.get(table, "account_id" if table in OF_ACCOUNT else "person_id")


def mine(table: type[Base]) -> ColumnElement[bool]:
    """SQL condition: the row is about the actor."""
    columns = columns_of(table).c
    key = columns[whose(table)]
    if table in OF_ACCOUNT:
        return key == _ACCOUNT
    of_employer = columns.employer_id == EMPLOYER
    if table in _PART_OF:
        whole, _key = _PART_OF[table]
        return and_(of_employer, key.in_(select(columns_of(whole).c.id).where(mine(whole))))
    is_me = key == ME
    if table is AuditEntry:  # what one did, and what was done about one
        is_me = or_(is_me, ABOUT_ME)
    return and_(of_employer, is_me)


def places(ctx: Context) -> dict[str, int]:
    """What stands in the places of statements with `mine`, beside those of every statement.

    Open: own account only.
    """
    return {"account": ctx.who.account_id}


def _latest(table: type[Base]) -> ColumnElement[datetime | None]:
    columns = columns_of(table).c
    name = next((name for name in _WHEN if name in columns), None)
    return func.max(columns[name]) if name else cast(null(), UtcTime())


_COUNTED = union_all(
    *(
        select(
            literal(kind).label("kind"), func.count().label("count"), _latest(table).label("latest")
        ).where(mine(table))
        for kind, tables in KINDS.items()
        for table in tables
    )
)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many rows of a kind are kept about somebody, and when the last one was written, where that is kept."""

    kind: str
    count: int
    latest: datetime | None


def kept_about_me(ctx: Context) -> list[Kept]:
    """What is kept about the actor, every kind there is. One statement.

    Open: own rows only.
    """
    counts, latest = Counter[str](), defaultdict[str, list[datetime]](list)
    for kind, count, at in ctx.rows(_COUNTED, **places(ctx)):
        counts[kind] += count
        latest[kind] += [at] if at else []
    return [Kept(kind, counts[kind], max(latest[kind], default=None)) for kind in KINDS]
