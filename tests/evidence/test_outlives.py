"""A number and its page outlive the post, the unit, the account and the course; a later one is told of."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from lms.base.context import work
from lms.catalogue import queries as catalogue
from lms.evidence.checking import check_number
from lms.evidence.queries import certificate_in_reach, my_certificates
from lms.identity.models import Account
from lms.jobs.worker import work_off
from lms.learning.forgetting import forget_own
from lms.organisation.actions import end_employment
from lms.organisation.models import Employment, Person, UnitPlacement
from tests.learning.taking import take
from tests.web.lead_pages import text_of

NOW = datetime.now(UTC)
IN_A_YEAR = NOW + timedelta(days=365)


@pytest.fixture
def number(granvik):
    """Number of the certificate that Amina has earned."""
    take(granvik, "amina", right=12)
    with granvik.work("amina", writes=False) as ctx:
        return my_certificates(ctx)[0].content.number


def checked(granvik, number, now):
    with work(granvik.house, writes=False, now=now) as ctx:
        return check_number(ctx, number)


def close_all(granvik):
    """Amina leaves, her account is closed, her unit is no more; what is forgotten with time is forgotten."""
    amina = granvik.person("amina")
    with granvik.work("admin") as ctx:
        post = ctx.db.scalars(select(Employment).where(Employment.person_id == amina.id)).one()
        end_employment(ctx, employment=post, last_day=ctx.today - timedelta(days=1))
        ctx.db.execute(update(Account).where(Account.id == amina.account_id).values(activated_at=None))
        stood = UnitPlacement.unit_id == granvik.unit("Björken").id
        ctx.db.execute(update(UnitPlacement).where(stood).values(valid_to=ctx.today))
    with granvik.inside(writes=True, now=IN_A_YEAR) as ctx:
        forget_own(ctx, 1_000)


def test_whoever_has_left_a_closed_unit_has_a_certificate_that_anybody_can_check(granvik, client, number):
    work_off(granvik.house)
    close_all(granvik)
    assert checked(granvik, number, IN_A_YEAR).state.value == "valid"
    page = text_of(client.get(f"/v/{number}", headers={"Accept-Language": "en"}))
    assert "The certificate is genuine and valid" in page
    assert "Amina Yusuf" in page
    with granvik.work("maria", writes=False) as ctx:
        assert certificate_in_reach(ctx, number).content.number == number


def test_a_course_that_is_no_more_changes_nothing_on_its_certificates(
    granvik, client, english, monkeypatch, number
):
    maria = english("maria")
    monkeypatch.setattr(catalogue, "chains", lambda _ctx: {})
    monkeypatch.setattr(catalogue, "chain", lambda _ctx, _course, _country="": ())
    assert client.get(f"/v/{number}").status_code == 200
    assert maria.get(f"/register/certificate/{number}").status_code == 200
    assert english("amina").get(f"/certificates/{number}").status_code == 200


def test_of_one_that_has_run_out_a_later_one_is_told_but_of_no_protected_identity(granvik, number):
    take(granvik, "amina", right=12, now=IN_A_YEAR)
    later = NOW + timedelta(days=800)
    found = checked(granvik, number, later)
    assert found.state.value == "expired"
    newer = found.status.renewed_by
    assert checked(granvik, newer, later).state.value == "valid"
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(protected=True))
    hidden = checked(granvik, number, later)
    assert (hidden.state.value, hidden.status.renewed_by) == ("expired", None)
