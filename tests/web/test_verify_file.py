"""Checking a certificate's file on the page: both verdicts, nothing kept, and the same answer as everywhere else."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from threading import BoundedSemaphore

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import update

from certificates import State, reading
from certificates.credential import new_signing_key, signed
from lms.base.context import work
from lms.cli import main
from lms.evidence import checking
from lms.evidence.actions import revoke_certificate
from lms.evidence.models import CertificateNumber, CertificateRow
from lms.identity.rules import LIMITS
from lms.organisation.models import Person
from tests.certificates.test_reading import baked, picture
from tests.web.issued import issue, send
from tests.web.staff_pages import counted, shown

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def issued(granvik):
    return issue(granvik)


def heading_of(answer):
    assert answer.status_code == 200
    return shown(answer).partition("<title>")[2].partition(" – ")[0]


def forged(issued):
    """Signed by a stranger in the employer's name."""
    key = new_signing_key()
    document = json.loads(issued.document)
    method = f"{document['issuer']['id']}#{key.public.multibase}"
    del document["proof"]
    return json.dumps(signed(document, key, method, datetime(2026, 11, 30, tzinfo=UTC))).encode()


FILES = {
    "the PDF": (lambda it: it.pdf, "The certificate is genuine and valid", "Yes, unchanged."),
    "the credential": (lambda it: it.document, "The certificate is genuine and valid", "No page was checked"),
    "the token": (lambda it: it.token, "The certificate is genuine and valid", "No page was checked"),
    "a picture": (
        lambda it: picture(baked(it.document)), "This is not the file that was issued", "Somebody changed it",
    ),
    "the PDF with one byte more": (
        lambda it: it.pdf + b"\n", "This is not the file that was issued", "Somebody changed it",
    ),
    "a changed credential": (
        lambda it: it.document.replace(b"Amina", b"Anina"), "The certificate is not genuine", "No page was checked",
    ),
    "one that a stranger signed": (forged, "We do not know who signed this", "No page was checked"),
    "something else": (lambda _it: b"hello", "We cannot read this file", "No page was checked"),
    "a scan": (lambda _it: picture(), "There is nothing in this file that can be checked", "That cannot be told."),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_both_verdicts_stand_on_the_page(client, issued, name):
    data, heading, of_file = FILES[name]
    answer = send(client, data(issued))
    assert heading_of(answer) == heading
    page = shown(answer)
    assert of_file in page
    assert ("Amina Yusuf" in page) is (
        heading.startswith(("The certificate is genuine", "This is not the file"))
    )
    assert ("The file was not kept." in page) is ("Amina Yusuf" not in page)


def test_it_is_known_whose_key_has_signed_what_was_sent_and_nobodys_of_a_number(granvik, issued):
    did = json.loads(issued.document)["issuer"]["id"]
    with work(granvik.house, writes=False) as ctx:
        assert checking.check_file(ctx, issued.pdf).signed_by == did
        assert checking.check_file(ctx, forged(issued)).signed_by is None
        assert checking.check_number(ctx, issued.number).signed_by is None


def test_without_a_file_it_asks_for_one(client):
    for data in ({}, {"file": "no file"}):
        assert "Choose a file with something in it." in shown(client.post("/v", data=data, headers=ENGLISH))
    assert send(client, b"").status_code == 422


def test_what_is_sent_is_neither_kept_nor_logged(granvik, client, issued, caplog):
    caplog.set_level(logging.DEBUG)
    client.get("/v")
    before = files_in(granvik)
    with counted(granvik.house) as sent:
        send(client, issued.pdf, "Amina Yusuf.pdf")
        send(client, b"%PDF- Amina Yusuf", "Amina Yusuf.pdf")
    written = [each for each in sent if each.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))]
    assert all("throttle" in each for each in written), written
    assert files_in(granvik) == before
    assert "Yusuf" not in caplog.text


def files_in(town):
    """Files beside the database and the figures about requests."""
    files = (path for path in town.house.settings.data.rglob("*") if path.is_file())
    return {path for path in files if "metrics" not in path.parts and not path.name.startswith("kunnig.db")}


def test_a_protected_identity_has_no_name_in_the_answer(granvik, client, issued):
    with granvik.work("maria") as ctx:
        ctx.db.execute(update(Person).where(Person.id == granvik.person("amina").id).values(protected=True))
    page = shown(send(client, issued.pdf))
    assert "Yusuf" not in page
    assert "Protected identity" in page


def test_files_are_counted_by_address_and_few_are_read_at_a_time(client, issued, monkeypatch):
    monkeypatch.setitem(LIMITS, "file", replace(LIMITS["file"], by_address=2))
    monkeypatch.setattr(reading, "WAIT", 0.01)
    monkeypatch.setattr(reading, "_AT_ONCE", BoundedSemaphore(1))
    with reading._AT_ONCE:
        answer = send(client, issued.pdf)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert "Many files are being checked just now." in shown(answer)
    assert heading_of(send(client, issued.pdf)) == "The certificate is genuine and valid"
    assert send(client, issued.pdf).status_code == 429
    elsewhere = {"REMOTE_ADDR": "192.0.2.9"}
    assert client.post("/v", data={}, environ_base=elsewhere).status_code == 422


def test_content_that_is_signed_but_stands_here_under_no_number_is_not_known(granvik, client, issued):
    with granvik.work("maria") as ctx:
        ctx.db.execute(update(CertificateNumber).values(number="23456789AB"))
    assert heading_of(send(client, issued.document)) == "We do not know this number"


@pytest.mark.parametrize("state", [State.VALID, State.REVOKED, State.EXPIRED])
def test_page_machine_file_and_command_never_disagree(granvik, client, issued, tmp_path, monkeypatch, state):
    monkeypatch.chdir(tmp_path)
    if state is State.REVOKED:
        with granvik.work("maria") as ctx:
            revoke_certificate(ctx, issued.number, "Fel person gjorde testet")
    last = issued.content.expires_on
    moment = f"{last}T23:01:00Z" if state is State.EXPIRED else datetime.now(UTC)
    with time_machine.travel(moment, tick=False):
        assert told_by_all(client, issued, issued.pdf, tmp_path) == {state}
        page = shown(send(client, issued.pdf))
        assert ("You can rely on what its page says." in page) is (state is State.VALID)
        if state is State.VALID:
            changed = told_by_file(client, issued.pdf + b"\n", tmp_path)
            assert changed == {State.OTHER_FILE}


def told_by_all(client, issued, data, folder):
    """The state by number on page and for machines, by file on page and by command, of PDF and of credential."""
    number = client.get(f"/v/{issued.number}.json").json
    by_number = {State(number["state"]), state_on(client.get(f"/v/{issued.number}", headers=ENGLISH))}
    return by_number | told_by_file(client, issued.document, folder) | told_by_file(client, data, folder)


def told_by_file(client, data, folder):
    place = json.loads(client.get("/e/granvik/revoked/1").data)["id"]
    (folder / "keys.json").write_bytes(client.get("/e/granvik/did.json").data)
    (folder / "list.json").write_bytes(client.get("/e/granvik/revoked/1").data)
    (folder / "file").write_bytes(data)
    done = CliRunner().invoke(
        main, ["verify", "file", "--keys", "keys.json", "--status", "list.json", "--json"]
    )
    said = json.loads(done.stdout)
    assert said["status"]["list"] == place
    return {State(said["state"]), state_on(send(client, data))}


def state_on(answer):
    heading = heading_of(answer)
    known = {
        "The certificate is genuine and valid": State.VALID, "The certificate has been revoked": State.REVOKED,
        "The certificate is genuine but has expired": State.EXPIRED,
        "This is not the file that was issued": State.OTHER_FILE,
    }  # fmt: skip
    return known[heading]


def test_a_file_of_what_is_no_longer_kept_is_genuine_by_its_signature_and_the_page_cannot_be_told(
    granvik, issued, client
):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(CertificateRow).values(forgotten_on=ctx.today))
    answer = send(client, issued.pdf)
    assert heading_of(answer) == "What is signed is genuine and valid, but the page may be another"
    assert "The employer has not kept it since" in shown(answer)
    assert "That cannot be told." in shown(answer)
    assert heading_of(send(client, issued.document)) == "The certificate is genuine and valid"
