"""Certificates are forgotten on their day, not before: content, files, reasons; their number is given to nobody."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import event, func, insert, select, update
from sqlalchemy.exc import DatabaseError

from certificates import credential
from lms.base.context import work
from lms.base.errors import Away, NotFound
from lms.base.files import LocalFiles
from lms.evidence import forgetting, revoked_lists
from lms.evidence.actions import revoke_certificate
from lms.evidence.checking import check_number
from lms.evidence.credentials import credential_of, token_of
from lms.evidence.forgetting import forget_certificates
from lms.evidence.models import (
    CertificateFile,
    CertificateNumber,
    CertificateRow,
    Revocation,
    SignedCredential,
)
from lms.evidence.of_edition import counts_by_edition
from lms.evidence.queries import my_certificates
from lms.jobs import worker
from lms.jobs.papers import render_certificate, sign_certificate, sign_left
from lms.jobs.worker import tidy, work_off
from lms.organisation.actions import employ, end_employment
from lms.organisation.models import Employer, Employment
from lms.register.models import Proof
from lms.register.rules import add_months
from lms.reports.certificate_list import certificates_listed
from lms.reports.narrowing import View
from tests.evidence.keeping import (
    DAY,
    REASON,
    first_day_without,
    forget,
    keys,
    left,
    noon,
    table,
)
from tests.learning.taking import take


def kept_for(town, months):
    with town.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Employer).where(Employer.id == town.employer_id).values(retention={"certificate": months})
        )


@pytest.mark.parametrize("months", [None, 24])
@pytest.mark.parametrize("later", ["validity", "employment"])
def test_it_is_forgotten_on_its_day_and_not_before(granvik, certificate, months, later):
    last_valid = certificate.content.expires_on
    last_day = last_valid + timedelta(days=-100 if later == "validity" else 100)
    left(granvik, "amina", last_day)
    if months:
        kept_for(granvik, months)
    day = add_months(max(last_valid, last_day), months or 120) + DAY
    assert forget(granvik, day - DAY) == 0
    assert all(granvik.house.files.has(key) for key in keys(certificate))
    assert forget(granvik, day) == 1


def test_one_without_an_end_counts_from_the_day_of_the_test(granvik, certificate):
    achieved_on = certificate.content.achieved_on
    left(granvik, "amina", achieved_on - DAY)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(CertificateRow).values(expires_on=None))
    day = add_months(achieved_on, 120) + DAY
    assert [forget(granvik, each) for each in (day - DAY, day)] == [0, 1]


def test_never_while_the_holder_is_employed(granvik, certificate):
    far = first_day_without(certificate, 600)
    assert forget(granvik, far) == 0
    left(granvik, "amina", certificate.content.achieved_on)
    with granvik.inside(writes=True) as ctx:  # who comes back finds it
        person = granvik.person("amina")
        employ(
            ctx,
            person=person,
            unit=granvik.unit("Björken"),
            role="assistant_nurse",
            title="x",
            valid_from=far,
        )
    assert forget(granvik, far) == 0
    with granvik.work("amina", writes=False) as ctx:
        assert [each.number for each in my_certificates(ctx)] == [certificate.number]


def test_a_last_day_that_was_told_late_can_be_mended_for_half_a_year(granvik, certificate):
    told = first_day_without(certificate)
    with granvik.inside(writes=True, now=noon(told)) as ctx:
        post = ctx.db.scalars(
            select(Employment).where(Employment.person_id == granvik.person("amina").id)
        ).one()
        end_employment(ctx, employment=post, last_day=certificate.content.achieved_on)
    assert [forget(granvik, told + days * DAY) for days in (0, 183, 184)] == [0, 0, 1]


def test_no_more_at_once_than_asked_and_only_those_of_the_employer(granvik, fjordvik, certificate):
    take(granvik, "farid", right=12)
    take(fjordvik, "kari", right=12)
    for town, name in ((granvik, "amina"), (granvik, "farid"), (fjordvik, "kari")):
        left(town, name, certificate.content.achieved_on)
    day = first_day_without(certificate, 130)
    assert [forget(granvik, day, most=1) for _time in range(3)] == [1, 1, 0]
    assert [row["forgotten_on"] for row in table(fjordvik, CertificateRow)] == [None]
    assert forget(fjordvik, day) == 1


def test_a_transaction_deletes_the_files_of_a_bounded_number(granvik, certificate, monkeypatch):
    monkeypatch.setattr(forgetting, "AT_ONCE", 1)
    take(granvik, "farid", right=12)
    for name in ("amina", "farid"):
        left(granvik, name, certificate.content.achieved_on)
    assert forget(granvik, first_day_without(certificate)) == 1


def test_content_files_and_reasons_are_gone_and_number_place_and_proof_stay(granvik, certificate, forgotten):
    (row,) = table(granvik, CertificateRow)
    assert (row["content"], row["digest"], row["forgotten_on"]) == ("", "", forgotten)
    assert row["number"] == certificate.content.number
    (signed,) = table(granvik, SignedCredential)
    assert {name for name, value in signed.items() if value is None} == {
        "document", "token", "key_id", "token_key_id", "signed_at",
    }  # fmt: skip
    assert table(granvik, CertificateFile) == []
    decisions = table(granvik, Revocation)
    assert [(each["kind"], each["reason"]) for each in decisions] == [
        ("revoked", ""), ("reinstated", ""), ("revoked", ""),
    ]  # fmt: skip
    assert not any(granvik.house.files.has(key) for key in keys(certificate))
    with granvik.inside() as ctx:
        assert ctx.db.get(CertificateNumber, certificate.content.number) is not None
        assert ctx.db.scalar(select(Proof.reference)) == certificate.content.number
        assert (credential_of(ctx, certificate.id), token_of(ctx, certificate.id)) == (None, None)


def test_each_hour_only_what_is_old_is_looked_at(granvik, certificate):
    plans = []
    is_sqlite = granvik.house.engine.dialect.name == "sqlite"

    def explain(_connection, cursor, statement, parameters, *_more):
        if "certificate.digest" not in statement:
            return
        if not is_sqlite:  # which reads so few rows from first to last, and so many by their index
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{statement}", parameters)
        plans.extend(" ".join(str(row[-1]).split()) for row in cursor.fetchall())

    tidy(granvik.house)  # which tells the database how large it is
    with granvik.inside(writes=True) as ctx:
        event.listen(ctx.db.get_bind(), "before_cursor_execute", explain)
        assert forget_certificates(ctx, 1) == 0
        event.remove(ctx.db.get_bind(), "before_cursor_execute", explain)
    if is_sqlite:
        assert "SEARCH certificate USING INDEX ix_certificate_kept (employer_id=? AND achieved_on<?)" in plans
    else:
        scan = next(place for place, line in enumerate(plans) if "Scan using ix_certificate_kept" in line)
        assert "achieved_on <" in plans[scan + 1], plans


def test_told_twice_it_is_the_same(granvik, forgotten):
    models = (CertificateRow, SignedCredential, Revocation, Proof)
    before = [table(granvik, model) for model in models]
    assert forget(granvik, forgotten + 400 * DAY) == 0
    assert [table(granvik, model) for model in models] == before


def test_the_worker_does_it(granvik, certificate):
    left(granvik, "amina", certificate.content.achieved_on)
    day = first_day_without(certificate)
    for at, gone in ((day - DAY, None), (day, day)):
        tidy(granvik.house, noon(at))
        assert [row["forgotten_on"] for row in table(granvik, CertificateRow)] == [gone]


def test_what_cannot_be_forgotten_keeps_nothing_else_from_it(granvik, certificate, monkeypatch):
    left(granvik, "amina", certificate.content.achieved_on)
    with granvik.inside(writes=True) as ctx:  # nor does a content that cannot be read
        ctx.db.execute(update(CertificateRow).values(content="unreadable"))

    def broken(_ctx, _most):
        raise Away

    broken.__name__ = "forget_nothing"
    monkeypatch.setattr(worker, "FORGETTING_FOR_ALL", (broken,))
    monkeypatch.setattr(worker, "FORGETTING", (broken, forget_certificates))
    day = first_day_without(certificate)
    tidy(granvik.house, noon(day))
    assert [row["forgotten_on"] for row in table(granvik, CertificateRow)] == [day]
    assert not any(granvik.house.files.has(key) for key in keys(certificate))


def test_who_comes_back_does_not_find_it_in_a_file_of_certificates(granvik, certificate, forgotten):
    left(granvik, "amina", None)
    with granvik.work("maria", writes=False) as ctx:
        assert certificates_listed(ctx, View()).lines == []
    take(granvik, "amina", right=12, now=noon(forgotten))
    with granvik.work("amina", writes=False) as ctx:
        (new,) = my_certificates(ctx)
    assert new.content.predecessor is None
    with work(granvik.house, writes=False) as ctx:
        assert check_number(ctx, certificate.number).state.value == "revoked"


def test_no_other_one_leads_to_it(granvik, certificate):
    take(granvik, "amina", right=12, now=noon(certificate.content.expires_on))
    left(granvik, "amina", certificate.content.achieved_on)
    day = first_day_without(certificate, 150)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(CertificateRow).where(CertificateRow.id == certificate.id).values(expires_on=day)
        )
    for renewed in (True, False):
        with work(granvik.house, writes=False, now=noon(day)) as ctx:
            assert (check_number(ctx, certificate.number).status.renewed_by is not None) is renewed
        assert forget(granvik, day) == renewed


def test_it_is_not_among_those_of_an_edition_that_can_be_ended(granvik, certificate):
    def counted():
        with granvik.work("maria", writes=False) as ctx:
            return list(counts_by_edition(ctx, certificate.content.course_id).values())

    assert counted() == [1]
    left(granvik, "amina", certificate.content.achieved_on)
    assert forget(granvik, first_day_without(certificate)) == 1
    left(granvik, "amina", None)
    assert counted() == []


def test_the_worker_neither_signs_nor_makes_it_again(granvik, certificate, forgotten):
    house, employer = granvik.house, granvik.employer_id
    assert sign_left(house, employer, {"run": "night"}) == "needless"
    with pytest.raises(NotFound):
        sign_certificate(house, employer, certificate.id)
    for ink_saving in (0, 1):
        render_certificate(house, employer, {"certificate_id": certificate.id, "ink_saving": ink_saving})
    assert not any(house.files.has(key) for key in keys(certificate))
    assert table(granvik, CertificateFile) == []


def test_what_is_forgotten_while_it_is_being_made_is_not_put_there(granvik, certificate, monkeypatch):
    left(granvik, "amina", certificate.content.achieved_on)
    for key in keys(certificate):
        granvik.house.files.delete(key)
    making = forgetting.certificates.render_pdf

    def slowly(*about, **more):
        assert forget(granvik, first_day_without(certificate)) == 1
        return making(*about, **more)

    monkeypatch.setattr("certificates.render_pdf", slowly)
    render_certificate(granvik.house, granvik.employer_id, {"certificate_id": certificate.id})
    assert not any(granvik.house.files.has(key) for key in keys(certificate))
    assert table(granvik, CertificateFile) == []


def test_its_place_among_the_revoked_stays_taken_and_told(
    granvik, client, certificate, forgotten, monkeypatch
):
    (signed,) = table(granvik, SignedCredential)
    take(granvik, "farid", right=12)
    drawn = iter([signed["place"], signed["place"], 7])
    monkeypatch.setattr(revoked_lists.secrets, "randbelow", lambda _most: next(drawn))
    work_off(granvik.house)
    places = {row["certificate_id"]: row["place"] for row in table(granvik, SignedCredential)}
    assert places.pop(certificate.id) == signed["place"]
    assert list(places.values()) == [7]
    listed = json.loads(client.get("/e/granvik/revoked/1").data)["credentialSubject"]["encodedList"]
    assert credential.is_set(listed, signed["place"])
    assert not credential.is_set(listed, 7)


def test_files_that_cannot_be_reached_leave_everything_for_the_next_time(granvik, certificate, monkeypatch):
    left(granvik, "amina", certificate.content.achieved_on)
    day, first = first_day_without(certificate), keys(certificate)[0]
    deleting = LocalFiles.delete

    def dies(files, key):
        if key != first:
            raise Away("files_away")
        deleting(files, key)

    with monkeypatch.context() as broken:
        broken.setattr(LocalFiles, "delete", dies)
        with pytest.raises(Away):
            forget(granvik, day)
    assert [row["forgotten_on"] for row in table(granvik, CertificateRow)] == [None]
    assert forget(granvik, day) == 1
    assert not any(granvik.house.files.has(key) for key in keys(certificate))


@pytest.mark.parametrize(
    "change",
    [{"reason": "another"}, {"reason": "", "kind": "reinstated"}, {"reason": "", "certificate_id": 0}],
)
def test_of_a_decision_nothing_else_can_be_changed(granvik, forgotten, change):
    with pytest.raises(DatabaseError), granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Revocation).where(Revocation.kind == "revoked").values(change))


def test_the_reason_of_a_decision_about_one_that_is_kept_stays(granvik, certificate):
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, certificate.content.number, REASON)
    with pytest.raises(DatabaseError, match="append-only"), granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Revocation).values(reason=""))
    assert [row["reason"] for row in table(granvik, Revocation)] == [REASON]


def test_a_number_of_one_that_is_forgotten_cannot_be_entered_again(granvik, certificate, forgotten):
    taken = {"number": certificate.content.number, "employer_id": granvik.employer_id, "certificate_id": 1}
    with pytest.raises(DatabaseError), granvik.inside(writes=True) as ctx:
        ctx.db.execute(insert(CertificateNumber).values(taken))
    with granvik.inside() as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(CertificateNumber)) == 1
