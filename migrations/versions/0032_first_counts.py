"""Work out from when certificates are to be renewed, and count coverage, for those who come from the release before."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

SOON = timedelta(days=30)  # before the last day, as no requirement of the release before said anything else
STATUS = sa.table(
    "status",
    *(sa.column(name, sa.Integer()) for name in ("employer_id", "person_id", "unit_id", "percent")),
    sa.column("course", sa.String()),
    *(
        sa.column(name, sa.Date())
        for name in (
            "first_on", "last_on", "due_on", "achieved_on", "expires_on", "renew_on", "exempt_from", "exempt_to",
        )
    ),
)  # fmt: skip
DAY = sa.table("coverage_day", sa.column("employer_id", sa.Integer()), sa.column("day", sa.Date()))
FIGURES = ("posts", "known_posts", "percent", "known_percent", "people", "known_people")


def upgrade() -> None:
    """Apply. Who has counted already is left alone."""
    bind = op.get_bind()
    _renewals(bind)
    _counts(bind, datetime.now(UTC).date())


def _renewals(bind: sa.Connection) -> None:
    to_fill = sa.and_(STATUS.c.expires_on.is_not(None), STATUS.c.renew_on.is_(None))
    for last_day in bind.scalars(sa.select(STATUS.c.expires_on).distinct().where(to_fill)).all():
        of_day = sa.and_(to_fill, STATUS.c.expires_on == last_day)
        bind.execute(sa.update(STATUS).where(of_day).values(renew_on=last_day - SOON))


def _counts(bind: sa.Connection, today: object) -> None:
    employer = sa.table("employer", sa.column("id", sa.Integer()))
    coverage = sa.table("coverage", *map(sa.column, ("employer_id", "unit_id", "course", *FIGURES)))
    uncounted = bind.scalars(
        sa.select(employer.c.id).where(employer.c.id.not_in(sa.select(DAY.c.employer_id)))
    ).all()
    here = STATUS.c
    known = sa.case(
        (sa.and_(here.achieved_on <= today, sa.or_(here.expires_on.is_(None), here.expires_on >= today)), 1),
        else_=0,
    )
    exempt = sa.and_(
        here.exempt_from.is_not(None),
        here.exempt_from <= today,
        sa.or_(here.exempt_to.is_(None), here.exempt_to >= today),
    )
    for employer_id in uncounted:
        each = (
            sa.select(
                here.unit_id, here.course, sa.func.count().label("posts"), sa.func.sum(known).label("known_posts"),
                sa.func.sum(here.percent).label("percent"), sa.func.sum(here.percent * known).label("known_percent"),
                sa.func.min(known).label("known_people"),
            )
            .where(
                here.employer_id == employer_id, here.unit_id.is_not(None), here.due_on.is_not(None),
                here.first_on <= today, sa.or_(here.last_on.is_(None), here.last_on >= today), ~exempt,
            )
            .group_by(here.unit_id, here.course, here.person_id)
            .subquery()
        )  # fmt: skip
        found = sa.select(
            sa.literal(employer_id), each.c.unit_id, each.c.course, sa.func.sum(each.c.posts),
            sa.func.sum(each.c.known_posts), sa.func.sum(each.c.percent), sa.func.sum(each.c.known_percent),
            sa.func.count(), sa.func.sum(each.c.known_people),
        ).group_by(each.c.unit_id, each.c.course)  # fmt: skip
        bind.execute(sa.insert(DAY).values(employer_id=employer_id, day=today))
        bind.execute(sa.insert(coverage).from_select(["employer_id", "unit_id", "course", *FIGURES], found))


def downgrade() -> None:
    """Take back: what was worked out does no harm."""
