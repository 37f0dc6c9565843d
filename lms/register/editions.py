"""What a new edition of a course means for those who were taught an earlier one."""

from sqlalchemy import and_, func, or_, select

from lms.base.context import Context
from lms.organisation.models import Employment
from lms.organisation.queries import in_force
from lms.register.models import Proof


def holders(ctx: Context, course: str) -> int:
    """How many people who work today hold a proof of a course that has not run out. One statement.

    Open: a figure for whoever runs the command that publishes.
    """
    return ctx.db.scalars(
        select(func.count(Proof.person_id.distinct()))
        .join(
            Employment,
            and_(Employment.employer_id == Proof.employer_id, Employment.person_id == Proof.person_id),
        )
        .where(
            Proof.employer_id == ctx.employer_id,
            Proof.course == course,
            Proof.revoked_on.is_(None),
            or_(Proof.expires_on.is_(None), Proof.expires_on >= ctx.today),
            in_force(Employment, ctx.today),
        )
    ).one()
