"""Tables of development plans."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from lms.base.db import Base, EmployerKey, PrimaryKey, PublicId, tenant


class DevelopmentPlan(Base):
    """What a person and the lead agreed on for a period."""

    __tablename__ = "development_plan"
    __table_args__ = tenant(
        Index(None, "employer_id", "person_id"),
        person_id="person",
        agreed_by="person",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    period_from: Mapped[date]
    period_to: Mapped[date]
    agreed_on: Mapped[date]
    agreed_by: Mapped[int]  # the lead
    next_talk_on: Mapped[date | None]
    created_at: Mapped[datetime]


class PlanGoal(Base):
    """What the person wants to be able to do."""

    __tablename__ = "plan_goal"
    __table_args__ = tenant(Index(None, "employer_id", "plan_id"), plan_id="development_plan")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    plan_id: Mapped[int]
    text: Mapped[str]
    created_at: Mapped[datetime]


class PlanActivity(Base):
    """A dated step towards a goal. Bound to a course or a meeting it is done by the proof or the attendance."""

    __tablename__ = "plan_activity"
    __table_args__ = tenant(
        CheckConstraint("kind IN ('course', 'meeting', 'free')", "kind"),
        CheckConstraint("(kind = 'course') = (course IS NOT NULL)", "course"),
        CheckConstraint("(kind = 'meeting') = (meeting_id IS NOT NULL)", "meeting"),
        CheckConstraint("kind = 'free' OR done_on IS NULL", "done_is_derived"),
        Index(None, "employer_id", "goal_id"),
        goal_id="plan_goal",
        meeting_id="meeting",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    goal_id: Mapped[int]
    kind: Mapped[str]
    arena: Mapped[str]  # learning arena: e_learning, staff_meeting, supervision, job_rotation, …
    title: Mapped[str]  # free text; for a course or meeting its name when it was added
    course: Mapped[str | None]
    meeting_id: Mapped[int | None]
    due_on: Mapped[date]
    done_on: Mapped[date | None]  # free activities only
    created_at: Mapped[datetime]
