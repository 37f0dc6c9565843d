"""Correcting the name on a certificate: a new one takes the place of the old one, and nothing counts twice."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from lms.base.context import work
from lms.base.errors import Conflict, Invalid, NotFound
from lms.evidence.actions import correct_name, reinstate_certificate, revoke_certificate
from lms.evidence.checking import check_number
from lms.evidence.models import CertificateRow, Revocation
from lms.evidence.queries import (
    certificate_in_reach,
    certificate_of_attempt,
    certificate_pdf,
    my_certificates,
    public_certificate,
)
from lms.jobs.worker import work_off
from lms.organisation.models import Person
from lms.register.models import Coverage, Proof
from lms.register.own_duties import my_duties
from lms.register.queries import Filter, register_rows
from lms.register.register_then import Then, rows_then
from lms.reports.own_record import my_record, shown_of
from tests.learning.taking import assign, take

NAME, REASON = "Amina Yūsuf Ali", "Namnet var felstavat"


@pytest.fixture
def number(granvik):
    """Number of the certificate that Amina has earned."""
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    return mine(granvik)[0].content.number


def mine(granvik):
    with granvik.work("amina", writes=False) as ctx:
        return my_certificates(ctx)


def correct(granvik, number, name=NAME, reason=REASON, who="maria"):
    with granvik.work(who) as ctx:
        return correct_name(ctx, number, name, reason).number


def public(granvik, number):
    with work(granvik.house, writes=False) as ctx:
        return public_certificate(ctx, number)


def seen(granvik, number):
    with granvik.work("maria", writes=False) as ctx:
        return certificate_in_reach(ctx, number)


def counted(granvik):
    with granvik.inside() as ctx:
        return ctx.db.execute(
            select(Coverage.course, Coverage.posts, Coverage.known_posts, Coverage.known_people)
            .where(Coverage.employer_id == ctx.employer_id)
            .order_by(Coverage.id)
        ).all()


def test_the_old_one_is_superseded_for_ever_and_leads_to_the_new_one(granvik, number):
    new = correct(granvik, number)
    found = public(granvik, number)
    assert (found.verdict.value, found.replaced_by, found.revoked_on) == ("superseded", new, None)
    assert found.reason == REASON
    assert public(granvik, new).verdict.value == "valid"
    for decide in (revoke_certificate, reinstate_certificate):
        with pytest.raises(Conflict, match="replaced"), granvik.work("maria") as ctx:
            decide(ctx, number, "x")
    with pytest.raises(Conflict, match="replaced"):
        correct(granvik, number, "Amina Ali")
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, new, "Fusk")
    assert public(granvik, number).verdict.value == "superseded"
    assert public(granvik, new).verdict.value == "revoked"


def test_all_but_name_number_and_time_of_issue_is_the_same(granvik, number):
    before = public(granvik, number).content
    new = public(granvik, correct(granvik, number)).content
    changed = {name for name in before.__slots__ if getattr(before, name) != getattr(new, name)}
    assert changed == {"number", "holder_name"} | (
        {"issued_at"} if before.issued_at != new.issued_at else set()
    )
    assert new.holder_name == NAME


def test_who_decided_when_and_why_stays_on_record(granvik, number):
    correct(granvik, number)
    with granvik.inside() as ctx:
        (row,) = ctx.db.scalars(select(Revocation)).all()
        said = (row.kind, row.on, row.reason, row.person_id)
        assert said == ("replaced", ctx.today, REASON, granvik.person("maria").id)


def test_the_register_shows_the_new_one_and_counts_it_once(granvik, number):
    before = counted(granvik)
    new = correct(granvik, number)
    assert counted(granvik) == before
    with granvik.work("maria", writes=False) as ctx:
        rows = list(register_rows(ctx, Filter(text=new)))
        assert [row.certificate for row in rows] == [new]
        proofs = ctx.db.scalars(select(Proof).where(Proof.revoked_on.is_(None))).all()
        assert [proof.reference for proof in proofs] == [new]
    with granvik.work("amina", writes=False) as ctx:
        assert my_duties(ctx)[0].achieved_on is not None
        lines = my_record(ctx).courses
        assert [each.number for line in lines for each in shown_of(line)] == [new]


def test_what_was_known_before_is_told_as_it_was(granvik, number):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with granvik.work("maria", now=tomorrow) as ctx:
        new = correct_name(ctx, number, NAME, REASON).number
    with granvik.work("maria", writes=False, now=tomorrow) as ctx:
        yesterday = ctx.today - timedelta(days=1)
        for known_on, said in ((yesterday, number), (None, new)):
            rows = rows_then(ctx, Then(yesterday, known_on), Filter())
            assert [row.certificate for row in rows if row.certificate] == [said]


def test_days_on_which_the_old_one_was_revoked_stay_so(granvik, number):
    now = datetime.now(UTC)
    for day, decide in ((1, revoke_certificate), (3, reinstate_certificate)):
        with granvik.work("maria", now=now + timedelta(days=day)) as ctx:
            decide(ctx, number, "x")
    last = now + timedelta(days=4)
    with granvik.work("maria", now=last) as ctx:
        new = correct_name(ctx, number, NAME, REASON).number
    with granvik.work("maria", writes=False, now=last) as ctx:
        shown = {}
        for ago in range(5):
            rows = rows_then(ctx, Then(ctx.today - timedelta(days=ago), None), Filter())
            shown[ago] = [row.certificate for row in rows if row.certificate]
        assert shown == {0: [new], 1: [new], 2: [], 3: [], 4: [new]}


def test_the_worker_makes_the_new_one(granvik, number):
    correct(granvik, number)
    work_off(granvik.house)
    with granvik.work("amina", writes=False) as ctx:
        pdf = certificate_pdf(ctx, my_certificates(ctx)[0])
    assert pdf is not None
    assert pdf.startswith(b"%PDF")


def test_the_holder_has_both_and_the_test_leads_to_the_new_one(granvik, number):
    new = correct(granvik, number)
    assert [(each.content.number, each.verdict.value) for each in mine(granvik)] == [
        (new, "valid"),
        (number, "superseded"),
    ]
    with granvik.work("amina", writes=False) as ctx:
        attempt = ctx.db.scalar(select(CertificateRow.attempt_id).limit(1))
        assert certificate_of_attempt(ctx, attempt).content.number == new


def test_it_can_be_corrected_once_more(granvik, number):
    second = correct(granvik, number)
    third = correct(granvik, second, "Amina Ali")
    assert public(granvik, number).replaced_by == second
    assert public(granvik, second).replaced_by == third
    assert public(granvik, third).verdict.value == "valid"


def test_without_a_name_it_is_the_one_in_the_staff_list(granvik, number):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(family_name="Hassan"))
    assert public(granvik, correct(granvik, number, " ")).content.holder_name == "Amina Hassan"


@pytest.mark.parametrize(
    ("name", "reason", "faults"),
    [
        ("Amina  Yusuf", REASON, {"name": "same"}),
        ("", REASON, {"name": "same"}),
        ("A" * 201, REASON, {"name": "too_long"}),
        ("Amina\u0007", REASON, {"name": "unreadable"}),
        (NAME, " ", {"reason": "missing"}),
        (NAME, "x" * 401, {"reason": "too_long"}),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(granvik, number, name, reason, faults):
    with pytest.raises(Invalid) as refusal:
        correct(granvik, number, name, reason)
    assert refusal.value.fields == faults
    with granvik.inside() as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(CertificateRow)) == 1


def test_not_what_is_revoked(granvik, number):
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, number, "Fusk")
    with pytest.raises(Conflict, match="already_revoked"):
        correct(granvik, number)


@pytest.mark.parametrize("name", ["karin", "amina", "admin"])
def test_only_with_the_role(granvik, number, name):
    with pytest.raises(NotFound):
        correct(granvik, number, who=name)


def test_not_by_another_employer(granvik, fjordvik, number):
    with pytest.raises(NotFound):
        correct(fjordvik, number, who="siri")


def test_of_a_protected_identity_no_number_leads_to_another(granvik, number):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(protected=True))
    new = correct(granvik, number)
    with work(granvik.house, writes=False) as ctx:
        found = check_number(ctx, number)
    assert found.state.value == "superseded"
    assert new[:5] not in str(found.as_json(datetime.now(UTC)))
    with granvik.work("maria", writes=False) as ctx:
        assert certificate_in_reach(ctx, number).replaced_by == new


def test_a_renewal_names_the_latest_one_that_stands(granvik, number):
    year = datetime.now(UTC) + timedelta(days=360)
    take(granvik, "amina", right=12, now=year)
    (renewal,) = [each for each in mine(granvik) if each.content.number != number]
    new = correct(granvik, number)
    assert renewal.content.predecessor == number
    assert public(granvik, new).content.predecessor is None
    later = year + timedelta(days=360)
    take(granvik, "amina", right=12, now=later)
    newest = public(granvik, seen(granvik, new).renewed_by).content
    assert public(granvik, new).renewed_by is None  # to strangers: the name on it is another one
    assert newest.predecessor == renewal.content.number
    assert public(granvik, renewal.content.number).renewed_by == newest.number
    assert public(granvik, newest.number).renewed_by is None
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, newest.number, "Fusk")
    assert seen(granvik, new).renewed_by == renewal.content.number
