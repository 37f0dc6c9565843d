"""A number and its page outlive the post, the unit, the account and the course; a later one is told of."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from certificates import from_canonical
from lms.base.context import work
from lms.catalogue import queries as catalogue
from lms.evidence.actions import correct_name
from lms.evidence.checking import check_number
from lms.evidence.models import CertificateRow
from lms.evidence.queries import certificate_in_reach, certificates_shown, my_certificates
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


def renamed(granvik, number):
    """The content of the certificate that Amina earns a year later, under another name."""
    with granvik.inside(writes=True) as ctx:
        amina = Person.id == granvik.person("amina").id
        ctx.db.execute(update(Person).where(amina).values(family_name="Nyström"))
    take(granvik, "amina", right=12, now=IN_A_YEAR)
    with granvik.work("amina", writes=False) as ctx:
        (new,) = (each for each in my_certificates(ctx) if each.content.number != number)
    return new.content


def test_no_old_number_tells_a_stranger_the_new_name_nor_a_new_certificate_the_old_one(
    granvik, english, number
):
    new = renamed(granvik, number)
    assert (new.holder_name, new.predecessor) == ("Amina Nyström", None)
    later = NOW + timedelta(days=800)
    found = checked(granvik, number, later)
    assert (found.state.value, found.status.renewed_by) == ("expired", None)
    assert new.number[:5] not in str(found.as_json(later))
    with granvik.inside(now=later) as ctx:  # nor does a link by which the old one is shared
        old, latest = certificates_shown(ctx, [1, 2])[::-1]
        assert (old.content.number, old.renewed_by, latest.renewed_by) == (number, None, None)
    for page, browser in (("certificates", english("amina")), ("register/certificate", english("maria"))):
        for one, other in ((number, new.number), (new.number, number)):
            assert f"{other[:5]}-{other[5:]}" in text_of(browser.get(f"/{page}/{one}")), page


def test_a_corrected_name_is_not_printed_with_the_number_that_has_the_wrong_one(granvik, number):
    new = renamed(granvik, number).number
    with granvik.work("maria", now=IN_A_YEAR) as ctx:
        other = correct_name(ctx, new, "Amina Yūsuf", "Felstavat").number
        back = correct_name(ctx, other, "Amina Yusuf", "Hon heter så igen").number
    for corrected, printed in ((other, None), (back, number)):
        with granvik.inside() as ctx:
            row = ctx.db.scalars(select(CertificateRow).where(CertificateRow.number == corrected)).one()
            assert from_canonical(row.content.encode()).predecessor == printed
            assert row.predecessor_id == 1


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
