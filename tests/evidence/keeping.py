"""A certificate until its time is over, for the tests of what is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from certificates import pdf_key
from lms.evidence.actions import reinstate_certificate, revoke_certificate
from lms.evidence.forgetting import forget_certificates
from lms.evidence.queries import my_certificates
from lms.jobs.papers import render_certificate
from lms.jobs.worker import work_off
from lms.organisation.models import Employment
from lms.register.rules import add_months
from tests.learning.taking import take

DAY = timedelta(days=1)
REASON = "Fusk vid provet"


@pytest.fixture
def certificate(granvik):
    """Amina's certificate, signed, as a PDF that saves ink too."""
    take(granvik, "amina", right=12)
    work_off(granvik.house)
    with granvik.work("amina", writes=False) as ctx:
        (found,) = my_certificates(ctx)
    render_certificate(granvik.house, granvik.employer_id, {"certificate_id": found.id, "ink_saving": 1})
    return found


def left(town, name, last_day):
    """Somebody's last day at their employer, as known from the beginning."""
    with town.inside(writes=True) as ctx:
        post = Employment.person_id == town.person(name).id
        ctx.db.execute(update(Employment).where(post).values(valid_to=last_day))


def noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def forget(town, day, most=1_000):
    with town.inside(writes=True, now=noon(day)) as ctx:
        return forget_certificates(ctx, most)


def first_day_without(certificate, months=120):
    return add_months(certificate.content.expires_on, months) + DAY


@pytest.fixture
def forgotten(granvik, certificate):
    """The day on which it was forgotten, after it was revoked, reinstated and revoked."""
    for decide in (revoke_certificate, reinstate_certificate, revoke_certificate):
        with granvik.work("maria") as ctx:
            decide(ctx, certificate.content.number, REASON)
    left(granvik, "amina", certificate.content.achieved_on)
    day = first_day_without(certificate)
    assert forget(granvik, day) == 1
    return day


def keys(certificate):
    return [pdf_key(certificate.content, ink_saving=ink) for ink in (False, True)]


def table(town, model):
    """The rows of a table of the employer, as dictionaries."""
    with town.inside() as ctx:
        columns = model.__table__.c
        rows = ctx.db.execute(select(*columns).where(columns.employer_id == town.employer_id)).mappings()
        return [dict(row) for row in rows]
