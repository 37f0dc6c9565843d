"""The steps of signing in that are left to somebody, and the pages where they are taken."""

from datetime import timedelta

from flask import request, url_for

from lms.base.context import Context
from lms.identity.factor_rules import Step, step_left
from lms.organisation.visitors import Visitor


def step_of(who: Visitor, ctx: Context) -> Step | None:
    """What somebody still has to do before pages open to them; None if nothing."""
    return step_left(
        activated=who.activated,
        has_factor=who.has_factor,
        demanded=who.factor_demanded,
        proven_at=who.factor_proven_at,
        now=ctx.now,
        lasts=timedelta(days=ctx.house.settings.second_factor_days),
    )


def door(step: Step | None) -> str:
    """Address of the page where a step is taken; after a proof the page that was wanted comes."""
    if step == "prove":
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        return url_for("signin.second", next=wanted)
    return url_for("staff.security" if step == "set_up" else "signin.own")
