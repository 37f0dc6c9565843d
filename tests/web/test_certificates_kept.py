"""How long certificates are kept: chosen by whoever may, after seeing what would be removed; pages name the figure."""

import pytest
from sqlalchemy import select, update

from lms.base.audit import AuditEntry
from lms.evidence.forgetting import certificates_over, months_kept, set_months_kept
from lms.evidence.models import CertificateRow
from lms.jobs.worker import tidy
from lms.organisation.models import Employer
from tests.evidence.keeping import DAY, first_day_without, forget, left, noon, table
from tests.web.lead_pages import text_of

PAGE = "/settings/certificates/kept"
HOME = "/settings/certificates"


@pytest.fixture
def maria(granvik, sign_in):
    """The browser of an officer of the whole municipality."""
    return sign_in(granvik, "maria")


def kept(town):
    with town.inside() as ctx:
        return ctx.db.scalars(select(Employer.retention).where(Employer.id == town.employer_id)).one()


def noted(town):
    with town.inside() as ctx:
        entries = select(AuditEntry.facts).where(AuditEntry.action == "employer.certificates_kept")
        return list(ctx.db.scalars(entries.order_by(AuditEntry.id)))


def test_until_somebody_chooses_it_is_ten_years(granvik, maria):
    assert "10 år efter att ett intyg har gått ut" in text_of(maria.get(HOME))
    page = maria.get(PAGE)
    assert "Nu är det 10 år" in text_of(page)
    assert 'name="years" type="text" value="10"' in page.text


def test_another_time_is_kept_noted_and_named_on_pages(
    granvik, fjordvik, maria, sign_in, client, certificate
):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Employer).values(retention={"message": 12}))
    assert maria.post(PAGE, data={"years": " 7 "}).location == f"{HOME}?kept=1"
    assert maria.post(PAGE, data={"years": "7"}).status_code == 303
    assert kept(granvik) == {"message": 12, "certificate": 84}
    assert noted(granvik) == [{"before": 120, "months": 84}]
    assert "7 år efter att ett intyg har gått ut" in text_of(maria.get(f"{HOME}?kept=1"))
    amina, kari = sign_in(granvik, "amina"), sign_in(fjordvik, "kari")
    assert "i 7 år efter" in text_of(amina.get("/privacy"))
    assert "Sparas i 7 år efter" in text_of(amina.get("/me/data"))
    assert "i 10 år" in text_of(kari.get("/privacy"))
    assert "om arbetsgivaren inte har bestämt en annan tid" in text_of(client.get("/privacy"))


@pytest.mark.parametrize(
    ("years", "said"),
    [
        ("1", "Välj minst 2 år."),
        ("0", "Välj minst 2 år."),
        ("-3", "Välj minst 2 år."),
        ("51", "Välj högst 50 år."),
        ("9999999", "Välj högst 50 år."),
        ("", "Skriv ett antal år."),
        ("tio", "Skriv ett antal år."),
        ("2.5", "Skriv ett antal år."),
    ],
)
def test_what_cannot_be_is_said(granvik, maria, years, said):
    answer = maria.post(PAGE, data={"years": years, "confirmed": "1"})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert kept(granvik) == {}


def test_what_would_be_removed_is_seen_before(granvik, maria, certificate, monkeypatch):
    left(granvik, "amina", certificate.content.achieved_on)
    at = noon(first_day_without(certificate, 24))
    for months, over in ((24, 1), (25, 0)):
        with granvik.work("maria", writes=False, now=at) as ctx:
            assert certificates_over(ctx, months) == over
    monkeypatch.setattr("lms.evidence.forgetting.certificates_over", lambda _ctx, _months: 1)
    answer = maria.post(PAGE, data={"years": "2"})
    assert "1 intyg skulle tas bort" in text_of(answer)
    assert "ingen kan få tillbaka dem" in text_of(answer)
    assert kept(granvik) == {}
    assert maria.post(PAGE, data={"years": "2", "confirmed": "1"}).status_code == 303
    assert kept(granvik) == {"certificate": 24}


def test_what_was_chosen_is_what_happens(granvik, certificate):
    left(granvik, "amina", certificate.content.achieved_on)
    with granvik.work("maria") as ctx:
        set_months_kept(ctx, 36)
    day = first_day_without(certificate, 36)
    for at, gone in ((day - DAY, None), (day, day)):
        tidy(granvik.house, noon(at))
        assert [row["forgotten_on"] for row in table(granvik, CertificateRow)] == [gone]


def test_less_than_the_least_is_never_heeded(granvik, certificate):
    left(granvik, "amina", certificate.content.achieved_on)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Employer).values(retention={"certificate": -600}))
        assert months_kept(ctx) == 24
    days = (first_day_without(certificate, months) for months in (23, 24))
    assert [forget(granvik, day) for day in days] == [0, 1]


@pytest.mark.parametrize("name", ["amina", "karin", "admin"])
def test_it_is_not_for_others(granvik, sign_in, name):
    browser = sign_in(granvik, name)
    assert browser.get(PAGE).status_code == 404
    assert browser.post(PAGE, data={"years": "3"}).status_code == 404
    assert PAGE not in browser.get(HOME).text
    assert kept(granvik) == {}
