"""An app with codes: set up, asked for, one code taken once; and the recovery codes that come with it."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from lms.base.audit import AuditEntry
from lms.base.errors import Conflict, Expired, NotAllowed
from lms.identity.authenticator_app import begin_app, confirm_app, prove_with_app, remove_app, step_of_code
from lms.identity.models import AuthenticatorApp, RecoveryCode, UserSession
from lms.identity.recovery_codes import prove_with_recovery_code, renew_codes
from lms.identity.second_factor import has_factor, own_factors
from tests.identity.factors import code, give_app, session_of

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
STEP = timedelta(seconds=30)
KEY_OF_THE_RFC = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
        (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_codes_are_those_of_rfc_6238(seconds, eight_digits):
    at = datetime.fromtimestamp(seconds, UTC)
    assert (
        step_of_code(KEY_OF_THE_RFC, eight_digits[-6:], at) == seconds // 30
    )  # appendix B, cut to six digits


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps, taken):
    shown = code(KEY_OF_THE_RFC, NOW + steps * STEP)
    assert (step_of_code(KEY_OF_THE_RFC, shown, NOW) is not None) is taken


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "7F3K9-2QDXM"])
def test_what_is_no_code_is_no_code(typed):
    assert step_of_code(KEY_OF_THE_RFC, typed, NOW) is None


def prove(town, name, typed, now, how=prove_with_app):
    session = session_of(town, name, now)
    with town.work(name, now=now) as ctx:
        return how(ctx, session, typed)


def actions(town):
    with town.work("karin", writes=False) as ctx:
        noted = ctx.db.scalars(select(AuditEntry.action).order_by(AuditEntry.id))
        return [each for each in noted if each.startswith("second_factor.")]


def test_a_key_is_the_same_until_a_code_confirms_it(granvik):
    session = session_of(granvik, "karin", NOW)
    keys = []
    for minutes in (0, 59, 61):
        with granvik.work("karin", now=NOW + timedelta(minutes=minutes)) as ctx:
            ctx.db.get_one(UserSession, session).proven_at = ctx.now
            keys.append(begin_app(ctx, session))
            assert not has_factor(ctx)
    assert keys[0] == keys[1]
    assert keys[1].key != keys[2].key
    assert keys[0].address.startswith(
        f"otpauth://totp/Kunnig:Karin%20Lind?secret={keys[0].key}&issuer=Kunnig"
    )
    with granvik.work("karin", writes=False) as ctx:
        assert keys[2].key not in ctx.db.scalars(select(AuthenticatorApp)).one().sealed_key


def test_the_app_is_set_up_with_a_code_it_shows_and_that_proves_the_device(granvik):
    session = session_of(granvik, "karin", NOW)
    with granvik.work("karin", now=NOW) as ctx:
        key = begin_app(ctx, session).key
    with granvik.work("karin", now=NOW) as ctx:
        before = ctx.db.get_one(UserSession, session).token_hash
        assert confirm_app(ctx, session, "000000") is None
        assert not has_factor(ctx)
    with granvik.work("karin", now=NOW) as ctx:
        proven = confirm_app(ctx, session, code(key, NOW))
        assert len(set(proven.codes)) == 10
    with granvik.work("karin", now=NOW) as ctx:
        row = ctx.db.get_one(UserSession, session)
        assert row.second_factor_at == NOW
        assert row.token_hash != before
        assert own_factors(ctx).app_since == NOW
        assert own_factors(ctx).codes_left == 10
        with pytest.raises(Conflict):
            begin_app(ctx, session)
        with pytest.raises(Expired):
            confirm_app(ctx, session, code(key, NOW + STEP))
    assert actions(granvik) == ["second_factor.app_added"]


def test_the_first_factor_needs_a_sign_in_or_a_proof_of_a_short_while_ago(granvik):
    session = session_of(granvik, "karin", NOW)
    later = NOW + timedelta(minutes=16)
    with granvik.work("karin", now=later) as ctx, pytest.raises(NotAllowed):
        begin_app(ctx, session)
    with granvik.work("karin", now=later) as ctx:
        ctx.db.get_one(UserSession, session).proven_at = NOW + timedelta(minutes=2)
        assert begin_app(ctx, session)


def test_a_key_that_nobody_confirmed_is_dead_after_an_hour(granvik):
    session = session_of(granvik, "karin", NOW)
    with granvik.work("karin", now=NOW) as ctx:
        key = begin_app(ctx, session).key
    later = NOW + timedelta(hours=1)
    with granvik.work("karin", now=later) as ctx:
        ctx.db.get_one(UserSession, session).proven_at = later
    with granvik.work("karin", now=later) as ctx, pytest.raises(Expired):
        confirm_app(ctx, session, code(key, later))


def test_one_code_is_taken_once(granvik):
    key, _codes = give_app(granvik, "karin", NOW)
    assert prove(granvik, "karin", code(key, NOW), NOW) is None  # the one it was set up with
    assert prove(granvik, "karin", code(key, NOW - STEP), NOW) is None  # nor an older one
    later = NOW + 10 * STEP
    assert prove(granvik, "karin", code(key, later), later) is not None
    assert prove(granvik, "karin", code(key, later), later + STEP) is None
    assert prove(granvik, "karin", code(key, later + STEP), later + STEP) is not None


def test_one_code_sent_twice_at_the_same_time_is_taken_once(granvik):
    key, _codes = give_app(granvik, "karin", NOW)
    later = NOW + 10 * STEP
    with ThreadPoolExecutor(4) as pool:
        proven = list(pool.map(lambda _: prove(granvik, "karin", code(key, later), later), range(4)))
    assert len([each for each in proven if each]) == 1


def test_a_code_of_somebody_else_proves_nothing(granvik):
    key, codes = give_app(granvik, "karin", NOW)
    give_app(granvik, "jonas", NOW)
    later = NOW + 10 * STEP
    assert prove(granvik, "jonas", code(key, later), later) is None
    assert prove(granvik, "jonas", codes[0], later, prove_with_recovery_code) is None
    assert prove(granvik, "maria", code(key, later), later) is None


@pytest.mark.parametrize("how", [prove_with_app, prove_with_recovery_code])
def test_a_proof_leaves_the_device_of_somebody_else_as_it_was(granvik, how):
    key, codes = give_app(granvik, "karin", NOW)
    of_jonas, later = session_of(granvik, "jonas", NOW), NOW + 10 * STEP
    with granvik.work("jonas", writes=False) as ctx:
        before = ctx.db.get_one(UserSession, of_jonas).token_hash
    with granvik.work("karin", now=later) as ctx:
        how(ctx, of_jonas, code(key, later) if how is prove_with_app else codes[0])
    with granvik.work("jonas", writes=False) as ctx:
        device = ctx.db.get_one(UserSession, of_jonas)
        assert (device.token_hash, device.second_factor_at) == (before, None)


def test_with_another_secret_of_the_house_the_key_cannot_be_read(granvik):
    key, _codes = give_app(granvik, "karin", NOW)
    with granvik.work("karin") as ctx:
        ctx.db.execute(update(AuthenticatorApp).values(sealed_key="A" * 88))
    later = NOW + 10 * STEP
    assert prove(granvik, "karin", code(key, later), later) is None


def test_a_recovery_code_is_taken_once_however_it_is_typed(granvik):
    _key, codes = give_app(granvik, "karin", NOW)
    assert prove(granvik, "karin", "7F3K9-2QDXM", NOW, prove_with_recovery_code) is None
    assert prove(granvik, "karin", "", NOW, prove_with_recovery_code) is None
    typed = codes[4].lower().replace("-", " ")
    assert prove(granvik, "karin", typed, NOW, prove_with_recovery_code) is not None
    assert prove(granvik, "karin", codes[4], NOW, prove_with_recovery_code) is None
    with granvik.work("karin") as ctx:
        assert own_factors(ctx).codes_left == 9
        hashes = list(ctx.db.scalars(select(RecoveryCode.code_hash)))
    assert not any(each.replace("-", "") in hashed.upper() for each in codes for hashed in hashes)
    assert actions(granvik) == ["second_factor.app_added", "second_factor.code_used"]


def test_new_recovery_codes_make_the_old_ones_useless(granvik):
    _key, old = give_app(granvik, "karin", NOW)
    session = session_of(granvik, "karin", NOW)
    with granvik.work("karin", now=NOW) as ctx:
        prove_with_recovery_code(ctx, session, old[0])
        new = renew_codes(ctx, session)
    assert len(set(new) - set(old)) == 10
    assert prove(granvik, "karin", old[1], NOW, prove_with_recovery_code) is None
    assert prove(granvik, "karin", new[1], NOW, prove_with_recovery_code) is not None


def test_without_a_factor_there_are_no_recovery_codes(granvik):
    session = session_of(granvik, "karin", NOW)
    with granvik.work("karin", now=NOW) as ctx, pytest.raises(Conflict):
        renew_codes(ctx, session)


@pytest.mark.parametrize("act", [remove_app, renew_codes, begin_app])
def test_factors_are_changed_only_just_after_one_was_proven(granvik, act):
    key, _codes = give_app(granvik, "karin", NOW)
    later = NOW + timedelta(minutes=15)
    session = session_of(granvik, "karin", NOW)
    for unproven in (True, False):
        with granvik.work("karin", now=later) as ctx, pytest.raises(Conflict) as refused:
            act(ctx, session)
        assert refused.value.code == "proof_needed"
        if unproven:  # then proven, but too long ago
            with granvik.work("karin", now=NOW) as ctx:
                assert prove_with_app(ctx, session, code(key, NOW + STEP))


def test_what_was_proven_on_another_device_or_by_somebody_else_does_not_count(granvik):
    give_app(granvik, "karin", NOW)
    give_app(granvik, "jonas", NOW)
    with granvik.work("jonas", writes=False) as ctx:
        of_jonas = ctx.db.scalars(
            select(UserSession.id).where(UserSession.account_id == ctx.who.account_id)
        ).one()
    with granvik.work("karin", now=NOW) as ctx, pytest.raises(Conflict):
        remove_app(ctx, of_jonas)


def test_a_removed_app_takes_the_recovery_codes_with_it(granvik):
    key, codes = give_app(granvik, "karin", NOW)
    session = session_of(granvik, "karin", NOW)
    with granvik.work("karin", now=NOW) as ctx:
        assert prove_with_app(ctx, session, code(key, NOW + STEP))
        remove_app(ctx, session)
        remove_app(ctx, session)  # a second press changes nothing
        left = own_factors(ctx)
        assert (left.app_since, left.passkeys, left.codes_left) == (None, (), 0)
    assert prove(granvik, "karin", codes[0], NOW, prove_with_recovery_code) is None
    assert actions(granvik) == ["second_factor.app_added", "second_factor.app_removed"]
