"""Checking a certificate by its number: what the page says, a machine reads, and that they never disagree."""

import json

import pytest
import time_machine
from sqlalchemy import update

from lms.base.i18n import day
from lms.evidence.actions import reinstate_certificate, revoke_certificate
from lms.evidence.queries import my_certificates
from lms.organisation.models import Person
from tests.learning.taking import assign, take
from tests.web.staff_pages import counted, shown

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def certificate(granvik):
    """The certificate that Amina has earned."""
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    with granvik.work("amina", writes=False) as ctx:
        return my_certificates(ctx)[0]


def told(client, number):
    """What a machine is told about a number."""
    answer = client.get(f"/v/{number}.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    return answer


def page_of(client, number):
    return shown(client.get(f"/v/{number}", headers=ENGLISH))


def test_page_and_machine_say_what_stands_on_the_certificate(client, certificate):
    said = told(client, certificate.number).json
    assert (said["state"], said["content"]["verdict"], said["file"]["verdict"]) == ("valid", "valid", "none")
    page = page_of(client, certificate.number)
    content = said["certificate"]
    for part in (
        "The certificate is genuine and valid", "Is the content genuine?", "Is this the very file that was issued?",
        content["number"], content["holder_name"], content["course"], content["issuer"], content["edition"],
        *content["outcomes"], day(certificate.content.achieved_on, "en"),
        f'<link rel="alternate" type="application/json" href="/v/{certificate.number}.json">',
    ):  # fmt: skip
        assert part in page
    assert content.keys() == {
        "number", "holder_name", "course", "edition", "country", "language", "outcomes", "minutes",
        "right_answers_needed", "questions", "achieved_on", "expires_on", "issuer", "issuer_department",
    }  # fmt: skip


def test_what_is_revoked_is_so_at_once_on_page_and_for_machines(granvik, client, certificate):
    number = certificate.number
    for action, state, heading in (
        (revoke_certificate, "revoked", "The certificate has been revoked"),
        (reinstate_certificate, "valid", "The certificate is genuine and valid"),
    ):
        with granvik.work("maria") as ctx:
            action(ctx, number, "Fel person gjorde testet")
            today = ctx.today
        said, page = told(client, number), page_of(client, number)
        assert said.json["state"] == state
        assert said.json["status"]["revoked_on"] == (today.isoformat() if state == "revoked" else None)
        assert heading in page
        assert "Fel person" not in page + said.text  # why is the employer's business


def test_it_expires_at_midnight_of_whoever_issued_it(client, certificate):
    last = certificate.content.expires_on.isoformat()
    for moment, state in ((f"{last}T22:59:00Z", "valid"), (f"{last}T23:01:00Z", "expired")):  # in winter
        with time_machine.travel(moment, tick=False):
            assert told(client, certificate.number).json["state"] == state
            assert ("has expired" in page_of(client, certificate.number)) is (state == "expired")


def test_a_number_is_no_file(client, certificate):
    assert "You checked the number, not a file." in page_of(client, certificate.number)


def test_a_number_that_nobody_holds(client):
    said = told(client, "7F3K9-2QDXM")
    assert (said.status_code, said.json["state"], said.json["certificate"]) == (404, "unknown_number", None)
    assert "We do not know this number" in page_of(client, "7F3K9-2QDXM")
    assert told(client, "%22%3Cb%3E").status_code == 404


def test_a_protected_identity_has_no_name_for_strangers(granvik, client, certificate):
    with granvik.work("maria") as ctx:
        ctx.db.execute(update(Person).where(Person.id == granvik.person("amina").id).values(protected=True))
    said, page = told(client, certificate.number), page_of(client, certificate.number)
    assert said.json["certificate"]["holder_name"] is None
    assert "Yusuf" not in json.dumps(said.json) + page
    assert "Protected identity" in page


def test_asking_costs_the_same_few_statements_on_page_and_for_machines(granvik, client, certificate):
    for address in (f"/v/{certificate.number}", f"/v/{certificate.number}.json"):
        client.get(address)
        with counted(granvik.house) as sent:
            assert client.get(address).status_code == 200
        assert len(sent) <= 6, sent
