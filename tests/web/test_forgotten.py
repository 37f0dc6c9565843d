"""What strangers, the holder and the employer are shown of a certificate that is no longer kept."""

import re
from dataclasses import replace

import pytest
import time_machine
from sqlalchemy import select, update

from certificates import canonical_bytes, from_canonical
from lms.base.errors import NotFound
from lms.evidence.actions import revoke_certificate
from lms.evidence.credentials import credential_of
from lms.evidence.models import (
    CertificateRow,
    SignedCredential,
)
from lms.evidence.queries import certificate_in_reach, my_certificates
from lms.evidence.shares import my_shares, share_certificates
from lms.evidence.wallet import wallet
from lms.jobs.worker import work_off
from lms.reports.own_file import all_about_me
from tests.evidence.keeping import (
    REASON,
    first_day_without,
    forget,
    keys,
    left,
    noon,
    table,
)
from tests.learning.taking import assign, take
from tests.web.issued import send
from tests.web.lead_pages import text_of


def test_whoever_asks_by_the_number_is_told_that_it_was_revoked_and_is_no_longer_kept(
    granvik, client, certificate, forgotten
):
    page = client.get(f"/v/{certificate.number}", headers={"Accept-Language": "en"})
    said = text_of(page)
    assert page.status_code == 410
    assert "The certificate has been revoked" in said
    assert "The employer has not kept it since" in said
    assert "Yusuf" not in said
    for word in ("is genuine", "We do not know this number"):
        assert word not in said
    machine = client.get(f"/v/{certificate.number}.json")
    assert machine.status_code == 410
    assert machine.json["state"] == "revoked"
    assert machine.json["content"] == {"verdict": "revoked", "next": "ask_issuer"}
    assert machine.json["certificate"] is None
    assert machine.json["status"]["forgotten_on"] == forgotten.isoformat()
    assert machine.json["status"]["revoked_on"] == certificate.content.achieved_on.isoformat()


def test_of_one_that_was_not_revoked_the_number_says_that_it_is_no_longer_kept(granvik, client, certificate):
    left(granvik, "amina", certificate.content.achieved_on)
    assert forget(granvik, first_day_without(certificate)) == 1
    page = client.get(f"/v/{certificate.number}", headers={"Accept-Language": "en"})
    assert (page.status_code, "This certificate is no longer kept" in text_of(page)) == (410, True)
    assert "Ask the person for the certificate as a file" in text_of(page)
    assert client.get(f"/v/{certificate.number}.json").json["content"]["next"] == "ask_holder"


@pytest.fixture
def carried(granvik, certificate):
    """What Amina has saved of her certificate: the PDF, and its signed form alone."""
    with granvik.inside() as ctx:
        return granvik.house.files.get(keys(certificate)[0]), credential_of(ctx, certificate.id)


def test_a_file_that_was_saved_is_genuine_and_says_that_it_is_no_longer_kept(
    granvik, client, certificate, carried
):
    left(granvik, "amina", certificate.content.achieved_on)
    day = first_day_without(certificate)
    assert forget(granvik, day) == 1
    for file, of_file in zip(carried, ("That cannot be told.", "No page was checked"), strict=True):
        with time_machine.travel(noon(day)):
            said = text_of(send(client, file))
        assert "The certificate is genuine but has expired" in said
        assert "The employer has not kept it since" in said
        assert of_file in said
        assert "Amina Yusuf" in said
    changed = carried[1].replace(b"Amina", b"Anina")
    assert "The certificate is not genuine" in text_of(send(client, changed))


def test_a_file_that_was_saved_says_that_it_was_revoked(client, carried, forgotten):
    with time_machine.travel(noon(forgotten)):
        assert "The certificate has been revoked" in text_of(send(client, carried[0]))


def test_another_employer_cannot_sign_what_is_forgotten_here(granvik, fjordvik, client, certificate, carried):
    left(granvik, "amina", certificate.content.achieved_on)
    assert forget(granvik, first_day_without(certificate)) == 1
    take(fjordvik, "kari", right=12)
    with fjordvik.inside(writes=True) as ctx:  # the same number in what another one has signed
        changed = replace(content_of(ctx), number=certificate.content.number)
        ctx.db.execute(
            update(CertificateRow)
            .where(CertificateRow.employer_id == fjordvik.employer_id)
            .values(content=canonical_bytes(changed).decode())
        )
    work_off(fjordvik.house)
    (signed,) = table(fjordvik, SignedCredential)
    assert "We do not know this number" in text_of(send(client, signed["document"].encode()))


def content_of(ctx):
    row = ctx.db.scalars(select(CertificateRow).where(CertificateRow.employer_id == ctx.employer_id)).one()
    return from_canonical(row.content.encode())


def test_nobody_finds_it_anywhere_else(granvik, english, certificate, forgotten):
    number = certificate.number
    for name, addresses in {
        "amina": [f"/certificates/{number}", f"/certificates/{number}.pdf", f"/certificates/{number}.json"],
        "maria": [f"/register/certificate/{number}", f"/register/certificate/{number}/revoke"],
    }.items():
        browser = english(name)
        for address in addresses:
            assert browser.get(address).status_code == 404, address
    assert number not in text_of(english("amina").get("/certificates"))
    with granvik.work("amina", writes=False) as ctx:
        assert [pocket.certificates for pocket in wallet(ctx)] == [[]]
        assert "Amina Yusuf" not in all_about_me(ctx).partition('"certificate"')[2].partition('"proof"')[0]
    with granvik.work("maria", writes=False) as ctx:
        with pytest.raises(NotFound):
            certificate_in_reach(ctx, number)
        with pytest.raises(NotFound):
            revoke_certificate(ctx, number, REASON)


def test_who_comes_back_reads_its_number_and_nothing_leads_to_it(granvik, english, certificate, forgotten):
    left(granvik, "amina", None)
    person = granvik.person("amina").public_id
    with time_machine.travel(noon(forgotten)):
        take(granvik, "amina", right=12)
        with granvik.work("amina", writes=False) as ctx:
            (new,) = my_certificates(ctx)
        pages = {
            "/me/record": english("amina"),
            f"/register/people/{person}": english("maria"),
            f"/team/{person}/record": english("karin"),
        }
        for page, browser in pages.items():
            answer = browser.get(page)
            assert certificate.number in text_of(answer), page
            assert "no longer kept" in text_of(answer), page
            links = re.findall(r'href="([^"]*)"', answer.text)
            assert not [each for each in links if certificate.number[-5:] in each], page
            assert [each for each in links if new.number[-5:] in each], page


def test_a_row_of_the_register_that_has_only_it_leads_nowhere(granvik, english, certificate):
    left(granvik, "amina", certificate.content.achieved_on)
    day = first_day_without(certificate)
    assert forget(granvik, day) == 1
    left(granvik, "amina", None)
    with time_machine.travel(noon(day)):
        assign(granvik, "amina")
        page = english("maria").get("/register?text=Amina")
        assert f"{certificate.number} (no longer kept)" in text_of(page)
        assert certificate.number[-5:] not in "".join(re.findall(r'href="([^"]*)"', page.text))


def test_a_link_that_was_shared_shows_nothing_of_it(granvik, client, certificate):
    day = first_day_without(certificate)
    with granvik.work("amina", now=noon(day)) as ctx:
        share_certificates(ctx, [certificate.content.number], days=7)
        (link,) = my_shares(ctx)
    path = link.address.removeprefix(granvik.house.settings.public_url)
    with time_machine.travel(noon(day)):
        assert certificate.number in text_of(client.get(path))
        left(granvik, "amina", certificate.content.achieved_on)
        assert forget(granvik, day) == 1
        answer = client.get(path)
        assert (answer.status_code, certificate.number in text_of(answer)) == (200, False)
        assert client.get(f"{path}/{certificate.number}.pdf").status_code == 404
