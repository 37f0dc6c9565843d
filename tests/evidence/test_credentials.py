"""Certificates are signed when they are issued, by keys that are published, and a revocation is seen at once."""

import hashlib
import json
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import delete, func, select, update

import certificates
from certificates import pdf_key
from certificates.credential import Checked, Genuine, check_document, check_token, is_set, key_book
from lms.base.audit import AuditEntry
from lms.base.findings import Verdict
from lms.base.outbox import OutboxTask
from lms.cli import keys as cli
from lms.doctor import examine
from lms.evidence import credentials, revoked_lists, signing_keys
from lms.evidence.actions import correct_name, reinstate_certificate, revoke_certificate
from lms.evidence.models import CertificateFile, CertificateRow, RevokedList, SignedCredential, SigningKey
from lms.jobs.papers import render_certificate, sign_certificate, sign_left
from lms.jobs.worker import work_once
from lms.organisation.acting import acting_for
from tests.certificates.test_credential import SCHEMA
from tests.learning.taking import take


@pytest.fixture
def issued(granvik):
    """Amina's certificate, signed by the worker."""
    take(granvik, "amina", right=12)
    work_all(granvik)
    return granvik


@pytest.fixture
def command(issued, monkeypatch):
    """`kunnig keys …` in the house of the test."""
    monkeypatch.setattr(cli, "open_house", lambda: issued.house)
    return lambda *words: CliRunner().invoke(cli.keys, words)


def work_all(town):
    while work_once(town.house):
        pass


def rows(town):
    with town.inside() as ctx:
        return ctx.db.execute(
            select(CertificateRow.id, CertificateRow.number, SignedCredential.document, SignedCredential.token,
                   RevokedList.number.label("part"), SignedCredential.place)
            .join(SignedCredential, SignedCredential.certificate_id == CertificateRow.id)
            .join(RevokedList, RevokedList.id == SignedCredential.revoked_list_id)
            .order_by(CertificateRow.id)
        ).all()  # fmt: skip


def book(client, slug="granvik"):
    return key_book(client.get(f"/e/{slug}/did.json").data)


def enclosed(pdf):
    with pikepdf.open(BytesIO(pdf)) as opened:
        return opened.attachments["credential.json"].get_file().read_bytes()


def method_of(row):
    return json.loads(row.document)["proof"][0]["verificationMethod"]


def test_a_certificate_is_signed_and_genuine_by_the_published_keys(issued, client):
    (row,) = rows(issued)
    found = check_document(row.document.encode(), book(client))
    assert found.genuine is Genuine.GENUINE
    assert found.content.holder_name == "Amina Yusuf"
    assert found.did == "did:web:127.0.0.1%3A8000:e:granvik"
    assert check_token(row.token, book(client)) == found
    pdf = issued.house.files.get(pdf_key(found.content))
    assert enclosed(pdf).decode() == row.document
    with issued.inside() as ctx:
        assert credentials.is_issued_file(ctx, row.id, hashlib.sha256(pdf).hexdigest())
        assert not credentials.is_issued_file(ctx, row.id, hashlib.sha256(pdf + b"\n").hexdigest())
        assert credentials.token_of(ctx, row.id) == row.token


def test_where_it_leads_there_are_pages(issued, client):
    (row,) = rows(issued)
    document = json.loads(row.document)
    site = issued.house.settings.public_url
    issuer = client.get(document["issuer"]["url"].removeprefix(site))
    assert "Granvik" in issuer.text
    achievement = client.get(document["credentialSubject"]["achievement"]["id"].removeprefix(site))
    assert achievement.status_code == 200
    assert document["credentialSubject"]["achievement"]["name"] in achievement.text
    assert "Amina" not in issuer.text + achievement.text
    for nowhere in ("/e/nowhere", "/e/granvik/achievements/abc", "/e/granvik/revoked/0"):
        assert client.get(nowhere).status_code == 404


def test_signing_again_changes_nothing(issued):
    (row,) = before = rows(issued)
    with issued.inside() as ctx:
        files = credentials.files_of(ctx, row.id)
    assert sign_certificate(issued.house, issued.employer_id, row.id).document.decode() == row.document
    render_certificate(issued.house, issued.employer_id, {"certificate_id": row.id})
    assert rows(issued) == before
    with issued.inside() as ctx:
        assert credentials.files_of(ctx, row.id) == files
        assert len(files) == 1


def test_of_two_who_sign_at_once_the_first_is_kept(issued):
    (row,) = rows(issued)
    with issued.inside(writes=True) as ctx:
        key = ctx.db.scalars(select(SigningKey.id)).first()
        credentials.keep_credential(ctx, row.id, credentials.Signed("another", "another", key, key))
    assert rows(issued) == [row]


def test_what_was_reserved_and_not_signed_is_signed_the_next_time(issued):
    (row,) = rows(issued)
    with issued.inside(writes=True) as ctx:
        ctx.db.execute(update(SignedCredential).values(document=None, token=None))
    sign_certificate(issued.house, issued.employer_id, row.id)
    (again,) = rows(issued)
    assert again.place == row.place
    assert again.document is not None


def test_certificates_of_before_are_signed_at_night_and_their_first_files_stay_known(issued, client):
    (row,) = rows(issued)
    content = check_document(row.document.encode(), book(client)).content
    with issued.inside(writes=True) as ctx:
        ctx.db.execute(delete(SignedCredential))
        ctx.db.execute(delete(CertificateFile))
    issued.house.files.put(pdf_key(content), b"the file of before")
    assert sign_left(issued.house, issued.employer_id, {"run": "night"}) == "1 signed, 0 failed"
    assert sign_left(issued.house, issued.employer_id, {"run": "night"}) == "needless"
    with issued.inside() as ctx:
        assert credentials.is_issued_file(ctx, row.id, hashlib.sha256(b"the file of before").hexdigest())
        now = issued.house.files.get(pdf_key(content))
        assert credentials.is_issued_file(ctx, row.id, hashlib.sha256(now).hexdigest())
        assert enclosed(now) == credentials.credential_of(ctx, row.id)


def test_some_are_signed_at_a_time_and_one_that_cannot_be_stops_no_other(issued, monkeypatch, caplog):
    take(issued, "farid", right=12)
    take(issued, "jonas", right=12)
    with issued.inside(writes=True) as ctx:
        ctx.db.execute(delete(SignedCredential))
        ctx.db.execute(delete(OutboxTask))
        first = ctx.db.scalar(select(func.min(CertificateRow.id)))
        ctx.db.execute(update(CertificateRow).where(CertificateRow.id == first).values(content="{}"))
    monkeypatch.setattr("lms.jobs.papers.AT_ONCE", 2)
    assert sign_left(issued.house, issued.employer_id, {"run": "night"}) == "1 signed, 1 failed"
    assert "certificate not signed" in caplog.text
    work_all(issued)
    assert len([row for row in rows(issued) if row.document]) == 2


def test_what_is_revoked_is_so_in_the_list_at_once_and_counts_again_as_soon(issued, client):
    (row,) = rows(issued)
    address = f"/e/granvik/revoked/{row.part}"

    def listed():
        answer = client.get(address)
        assert answer.mimetype == "application/vc"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert client.get(address).data == answer.data  # the same decisions, the same bytes
        return is_set(json.loads(answer.data)["credentialSubject"]["encodedList"], row.place)

    status = json.loads(row.document)["credentialStatus"]
    assert status["statusListCredential"].endswith(address)
    assert not listed()
    with issued.work("maria") as ctx:
        revoke_certificate(ctx, row.number, "Fel person")
    assert listed()
    assert check_document(row.document.encode(), book(client)).genuine is Genuine.GENUINE  # of the content
    with issued.work("maria") as ctx:
        reinstate_certificate(ctx, row.number, "Rätt person")
    assert not listed()
    assert client.get("/e/granvik/revoked/2").status_code == 404
    assert client.get("/e/nowhere/did.json").status_code == 404
    assert client.get("/e/nowhere/revoked/1").status_code == 404
    etag = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304


def test_what_was_replaced_is_in_the_list_for_ever_and_what_replaced_it_is_not(issued, client):
    (old,) = rows(issued)
    with issued.work("maria") as ctx:
        correct_name(ctx, old.number, "Amina Yusuf Ek", "Gift")
    work_all(issued)
    old, new = rows(issued)
    (listed,) = {client.get(f"/e/granvik/revoked/{row.part}").data for row in (old, new)}
    bits = json.loads(listed)["credentialSubject"]["encodedList"]
    assert (is_set(bits, old.place), is_set(bits, new.place)) == (True, False)
    assert check_document(new.document.encode(), book(client)).content.holder_name == "Amina Yusuf Ek"


def test_what_is_issued_is_what_the_official_schema_asks_for(issued):
    take(issued, "farid", right=12)
    work_all(issued)
    for row in rows(issued):
        SCHEMA.validate(json.loads(row.document))


def test_a_list_that_fills_up_is_followed_by_another(issued, monkeypatch):
    monkeypatch.setattr("secrets.randbelow", lambda _most: rows(issued)[0].place)
    take(issued, "farid", right=12)
    with issued.inside(writes=True) as ctx:
        farid = ctx.db.scalar(select(func.max(CertificateRow.id)))
        kept = revoked_lists.reserve_place(ctx, farid)
        assert revoked_lists.reserve_place(ctx, farid).id == kept.id
        assert ctx.db.scalars(select(RevokedList.number).order_by(RevokedList.number)).all() == [1, 2]


def test_keys_are_exchanged_and_what_the_old_ones_signed_stays_genuine(issued, client, command):
    told = command("rotate", "--employer", "granvik")
    assert told.output.count("signs from now on") == 2
    take(issued, "farid", right=12)
    work_all(issued)
    old, new = rows(issued)
    assert method_of(old) != method_of(new)
    published = command("publish")
    for keys in (book(client), key_book(published.output.encode())):
        for row in (old, new):
            assert check_document(row.document.encode(), keys).genuine is Genuine.GENUINE
            assert check_token(row.token, keys).genuine is Genuine.GENUINE
    with issued.inside() as ctx:
        kept = ctx.db.execute(select(SigningKey.kind, func.count()).group_by(SigningKey.kind)).all()
        assert sorted(kept) == [("document", 2), ("token", 2)]
        noted = ctx.db.execute(
            select(AuditEntry.action, func.count())
            .where(AuditEntry.action.startswith("key."))
            .group_by(AuditEntry.action)
        ).all()
        assert dict(map(tuple, noted)) == {"key.made": 4, "key.retired": 2}


def test_a_key_that_somebody_else_may_have_is_disowned_and_all_it_signed_is_signed_anew(
    issued, client, command
):
    (old,) = rows(issued)
    name = method_of(old).partition("#")[2]
    with issued.inside() as ctx:
        (first_file,) = credentials.files_of(ctx, old.id)
    assert command("revoke", "--employer", "granvik", "no-such-key").exit_code != 0
    assert "signs anew: 1" in command("revoke", "--employer", "granvik", name).output
    assert check_document(old.document.encode(), book(client)) == Checked(Genuine.UNKNOWN_KEY)
    with issued.inside() as ctx:
        assert credentials.credential_of(ctx, old.id) is None
    work_all(issued)
    (new,) = rows(issued)
    assert check_document(new.document.encode(), book(client)).genuine is Genuine.GENUINE
    assert new.place == old.place
    with issued.inside() as ctx:
        files = credentials.files_of(ctx, old.id)
    assert len(files) == 2
    assert first_file in files  # it is in somebody's hands
    assert client.get(f"/e/granvik/revoked/{new.part}").status_code == 200


def test_the_pdf_that_saves_ink_follows_when_all_is_signed_anew(issued, command, client):
    (row,) = rows(issued)
    content = check_document(row.document.encode(), book(client)).content
    render_certificate(issued.house, issued.employer_id, {"certificate_id": row.id, "ink_saving": 1})
    command("revoke", "--employer", "granvik", method_of(row).partition("#")[2])
    work_all(issued)
    with issued.inside() as ctx:
        signed = credentials.credential_of(ctx, row.id)
        assert len(credentials.files_of(ctx, row.id)) == 4
    assert signed.decode() != row.document
    for ink_saving in (False, True):
        assert enclosed(issued.house.files.get(pdf_key(content, ink_saving=ink_saving))) == signed


def test_a_worker_that_dies_after_signing_leaves_it_to_the_next_night(issued, command, client, monkeypatch):
    (row,) = rows(issued)
    content = check_document(row.document.encode(), book(client)).content
    render_certificate(issued.house, issued.employer_id, {"certificate_id": row.id, "ink_saving": 1})
    command("revoke", "--employer", "granvik", method_of(row).partition("#")[2])
    sign_certificate(issued.house, issued.employer_id, row.id)  # and no further
    with issued.inside(writes=True) as ctx:
        ctx.db.execute(delete(OutboxTask))
    assert sign_left(issued.house, issued.employer_id, {"run": "night"}) == "1 signed, 0 failed"
    for ink_saving in (False, True):
        pdf = issued.house.files.get(pdf_key(content, ink_saving=ink_saving))
        assert check_document(enclosed(pdf), book(client)).genuine is Genuine.GENUINE
    assert sign_left(issued.house, issued.employer_id, {"run": "night"}) == "needless"


def test_a_key_that_is_disowned_while_it_signs_has_signed_nothing(issued, command):
    (row,) = rows(issued)
    with issued.inside(writes=True) as ctx:
        ctx.db.execute(update(SignedCredential).values(document=None, token=None))
    with issued.inside(writes=True) as ctx:
        draft = credentials.draft_credential(ctx, row.id)
    command("revoke", "--employer", "granvik", draft.key_name.partition("#")[2])
    with issued.inside(writes=True) as ctx, pytest.raises(RuntimeError, match="disowned"):
        credentials.keep_credential(ctx, row.id, draft.signed())
    work_all(issued)
    (new,) = rows(issued)
    assert method_of(new) != draft.key_name


def test_a_page_that_was_drawn_before_it_was_signed_anew_is_not_kept(issued, command, client, monkeypatch):
    (row,) = rows(issued)
    content = check_document(row.document.encode(), book(client)).content
    issued.house.files.delete(pdf_key(content))
    draw = certificates.render_pdf

    def slowly(*words, **more):
        monkeypatch.setattr(certificates, "render_pdf", draw)
        command("revoke", "--employer", "granvik", method_of(row).partition("#")[2])
        work_all(issued)
        return draw(*words, **more)

    monkeypatch.setattr(certificates, "render_pdf", slowly)
    with pytest.raises(RuntimeError, match="sign it again"):
        render_certificate(issued.house, issued.employer_id, {"certificate_id": row.id})
    pdf = issued.house.files.get(pdf_key(content))
    assert check_document(enclosed(pdf), book(client)).genuine is Genuine.GENUINE


def test_lists_are_signed_also_when_the_only_key_is_disowned_before_it_signed_anything(
    issued, command, client
):
    told = command("rotate", "--employer", "granvik")
    name = next(line.split()[1] for line in told.output.splitlines() if line.startswith("document"))
    assert "signs anew: 0" in command("revoke", "--employer", "granvik", name).output
    assert client.get("/e/granvik/revoked/1").status_code == 200


def test_another_address_of_the_site_has_keys_of_its_own_and_the_old_ones_stay_published(issued, client):
    (old,) = rows(issued)
    elsewhere = replace(
        issued.house,
        settings=issued.house.settings.model_copy(update={"public_url": "https://kunnig.example"}),
    )
    take(issued, "farid", right=12)
    with issued.inside() as ctx:
        farid = ctx.db.scalar(select(func.max(CertificateRow.id)))
    document = sign_certificate(elsewhere, issued.employer_id, farid).document
    with acting_for(elsewhere, issued.employer_id, writes=False) as ctx:
        published = signing_keys.published_keys(ctx)
        now, before = published
        assert signing_keys.keys_at(ctx, "http://127.0.0.1:8000/e/granvik") == before
        assert signing_keys.keys_at(ctx, "https://elsewhere.example/e/granvik") == now
        for part in (1, 2):
            assert revoked_lists.revoked_list(ctx, part)["issuer"] == published[2 - part]["id"]
    with acting_for(elsewhere, issued.employer_id) as ctx:  # what is signed anew stays with its list
        signing_keys.disown_key(ctx, method_of(old).partition("#")[2])
    again = sign_certificate(elsewhere, issued.employer_id, old.id).document
    with acting_for(elsewhere, issued.employer_id, writes=False) as ctx:
        published = signing_keys.published_keys(ctx)
    keys = key_book(json.dumps(published).encode())
    assert check_document(again, keys).did == "did:web:127.0.0.1%3A8000:e:granvik"
    assert check_document(document, keys).did == "did:web:kunnig.example:e:granvik"
    assert check_token(old.token, keys).genuine is Genuine.GENUINE  # of a key that nobody disowned


def test_with_another_secret_nothing_is_signed_until_somebody_decides(issued, client, command):
    doctored = replace(
        issued.house,
        settings=issued.house.settings.model_copy(update={"secret_key": SecretStr("another secret " * 3)}),
    )
    take(issued, "farid", right=12)
    with issued.inside() as ctx:
        farid = ctx.db.scalar(select(func.max(CertificateRow.id)))
    with pytest.raises(RuntimeError, match="another KUNNIG_SECRET_KEY"):
        sign_certificate(doctored, issued.employer_id, farid)
    found = dict(examine(doctored))["signing keys"]
    assert found.verdict is Verdict.FAULT
    assert "kunnig keys rotate" in found.do
    assert dict(examine(issued.house))["signing keys"].verdict is Verdict.OK
    with issued.inside() as ctx:
        assert ctx.db.scalar(select(func.count()).where(SigningKey.retired_at.is_not(None))) == 0
    work_all(issued)  # with the secret of before
    assert all(
        check_document(row.document.encode(), book(client)).genuine is Genuine.GENUINE for row in rows(issued)
    )


def test_of_two_pairs_of_keys_that_are_made_at_once_one_is_kept(granvik):
    with acting_for(granvik.house, granvik.employer_id, writes=False) as ctx:
        needs = signing_keys.missing_keys(ctx)
    one, two = signing_keys.make_keys(needs), signing_keys.make_keys(needs)
    with acting_for(granvik.house, granvik.employer_id) as ctx:
        assert len(signing_keys.keep_keys(ctx, one)) == 2
        ctx.db.flush()
        assert signing_keys.keep_keys(ctx, two) == []


def test_keys_are_sealed_and_published_without_their_secret_half(issued, client):
    with issued.inside() as ctx:
        sealed = ctx.db.scalars(select(SigningKey.sealed)).all()
    published = client.get("/e/granvik/did.json")
    assert published.mimetype == "application/did+json"
    assert published.headers["Access-Control-Allow-Origin"] == "*"
    assert all(secret not in published.text for secret in sealed)
    jwk = next(
        each["publicKeyJwk"] for each in published.json["verificationMethod"] if "publicKeyJwk" in each
    )
    assert jwk.keys() == {"kty", "n", "e", "kid", "alg", "use"}


def test_an_employer_signs_in_its_own_name_only(issued, fjordvik, client):
    (row,) = rows(issued)
    assert client.get("/e/fjordvik/did.json").json["verificationMethod"] == []
    assert check_document(row.document.encode(), book(client, "fjordvik")) == Checked(Genuine.UNKNOWN_KEY)
    with fjordvik.inside() as ctx:
        assert credentials.credential_of(ctx, row.id) is None
