"""The program itself at work for one employer, found in a global table: by the worker, commands and look-ups."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from lms.base.access import Actor
from lms.base.context import Context, House, work
from lms.organisation.models import Employer


@contextmanager
def acting_for(
    house: House, employer_id: int | None, now: datetime | None = None, *, writes: bool = True
) -> Iterator[Context]:
    """A unit of work of the program for one employer, in that employer's time zone and language.

    The named path to an employer's tables for who is nobody of that employer: the worker by its task, a stranger
    by the number of a certificate or the code of a slip. A guard lists who takes it. Raises ValueError without
    an employer.
    """
    if employer_id is None:
        message = "this task belongs to an employer"
        raise ValueError(message)
    with work(house, Actor.program(employer_id), writes=writes, now=now or datetime.now(UTC)) as ctx:
        employer = ctx.db.get_one(Employer, employer_id)
        ctx.time_zone, ctx.country, ctx.language = employer.time_zone, employer.country, employer.language
        yield ctx
