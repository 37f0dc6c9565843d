"""Which outcomes of courses a unit misses, for its lead to choose what to talk about; never of single people."""

from datetime import timedelta

from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.learning.figure_rules import HowMany, counted_until
from lms.learning.outcome_rules import LEAST_OF_UNIT
from lms.learning.unit_outcomes import unit_outcomes
from lms.web.blueprints import lead as blueprint
from lms.web.lead_forms import chosen_unit
from lms.web.pages import page, render


@page(blueprint, "/team/outcomes", needs=Permission.SEE_TEAM)
def outcomes(ctx: Context) -> Response:
    """For each course how many of the unit miss each outcome, in steps; those that most miss first."""
    place = chosen_unit(ctx, Permission.SEE_TEAM)
    courses = [
        (found.edition, sorted(found.outcomes.items(), key=lambda step: -step[1]))
        for found in (unit_outcomes(ctx, place.key) if place.key else ())
    ]
    return render(
        "lead/outcomes.html",
        place=place,
        courses=courses,
        language=ctx.language,
        steps=len(HowMany),
        until=counted_until(ctx.today) - timedelta(days=1),
        least=LEAST_OF_UNIT,
        may_meet=ctx.who.may(Permission.HOLD_MEETING),
    )
