"""The program itself at work for one employer: the worker and the commands, never a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from lms.base.access import Actor
from lms.base.context import Context, House, work
from lms.organisation.models import Employer


@contextmanager
def acting_for(house: House, employer_id: int | None, now: datetime | None = None) -> Iterator[Context]:
    """A writing unit of work of the program for one employer, in that employer's time zone and language.

    The named path by which the worker reaches an employer's tables. Raises ValueError without an employer.
    """
    if employer_id is None:
        message = "this task belongs to an employer"
        raise ValueError(message)
    with work(house, Actor.program(employer_id), now=now or datetime.now(UTC)) as ctx:
        employer = ctx.db.get_one(Employer, employer_id)
        ctx.time_zone, ctx.country, ctx.language = employer.time_zone, employer.country, employer.language
        yield ctx
