"""Passkeys: made, asked for, alone a way in; and every way an answer can be wrong."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select, update

from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.base.errors import Conflict, NotFound
from lms.base.outbox import OutboxTask
from lms.identity.change_letters import notice_letter
from lms.identity.changes import stop_change
from lms.identity.models import Account, PasskeyChallenge, RecoveryCode, SignInChange, UserSession
from lms.identity.passkeys import (
    LARGEST_ANSWER,
    add_passkey,
    ask_to_add,
    ask_to_enter,
    ask_to_prove,
    passkey_shown,
    prove_with_passkey,
    remove_passkey,
)
from lms.identity.rules import token_hash
from lms.identity.second_factor import has_factor, own_factors
from lms.organisation.second_factor import enter_with_passkey
from lms.organisation.visitors import visitor
from tests.builders import Town
from tests.identity.factors import (
    PRESENT,
    SoftAuthenticator,
    on_localhost,
    other_signature,
    session_of,
)

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
BROWSER, OTHER = "b" * 43, "o" * 43
ANDROID = "Mozilla/5.0 (Linux; Android 14) Chrome/126.0.0.0 Mobile Safari/537.36"


@pytest.fixture
def granvik(house):
    """Granvik at an address where passkeys work."""
    return Town(on_localhost(house), "granvik")


def add(town, device, name="karin", now=NOW):
    """Let somebody make a passkey with a device."""
    session = session_of(town, name, now)
    with town.work(name, now=now) as ctx:
        options = ask_to_add(ctx, session, BROWSER)
    with town.work(name, now=now) as ctx:
        return add_passkey(ctx, session, BROWSER, device.make(options), user_agent=ANDROID)


def prove(town, device, name="karin", now=NOW, change=lambda answer: answer):
    session = session_of(town, name, now)
    with town.work(name, now=now) as ctx:
        options = ask_to_prove(ctx, BROWSER)
    with town.work(name, now=now) as ctx:
        return prove_with_passkey(ctx, session, BROWSER, change(device.sign(options)))


def enter(town, device, change=lambda answer: answer):
    with work(town.house, now=NOW) as ctx:
        options = ask_to_enter(ctx, BROWSER)
    with work(town.house, now=NOW) as ctx:
        return enter_with_passkey(ctx, BROWSER, change(device.sign(options)), user_agent=ANDROID)


def test_a_passkey_is_made_for_this_place_and_this_account(granvik):
    session = session_of(granvik, "karin", NOW)
    with granvik.work("karin", now=NOW) as ctx:
        options = json.loads(ask_to_add(ctx, session, BROWSER))
        account = ctx.db.get_one(Account, ctx.who.account_id)
    assert options["rp"] == {"id": "localhost", "name": "Kunnig"}
    assert options["user"]["name"] == "Karin Lind"
    assert len(account.public_id.bytes) == 16
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"


def test_it_is_kept_proves_the_device_and_brings_recovery_codes(granvik):
    proven = add(granvik, SoftAuthenticator())
    assert len(set(proven.codes)) == 10
    with granvik.work("karin", writes=False, now=NOW) as ctx:
        found = visitor(ctx.db, token_hash(proven.token), NOW)
        (passkey,) = own_factors(ctx).passkeys
    assert (found.has_factor, found.factor_proven_at) == (True, NOW)
    assert (passkey.device, passkey.created_at, passkey.used_at) == ("Chrome, Android", NOW, None)
    assert add(granvik, SoftAuthenticator(), "jonas") is not None


def test_as_second_factor(granvik):
    device = SoftAuthenticator()
    add(granvik, device)
    assert prove(granvik, device) is not None
    assert prove(granvik, SoftAuthenticator()) is None
    add(granvik, other := SoftAuthenticator(), "jonas")
    assert prove(granvik, other) is None  # somebody else's
    with granvik.work("karin", writes=False) as ctx:
        assert own_factors(ctx).passkeys[0].used_at == NOW


def test_alone_it_proves_both_steps(granvik):
    device = SoftAuthenticator()
    add(granvik, device)
    token = enter(granvik, device)
    with granvik.work("karin", writes=False, now=NOW) as ctx:
        found = visitor(ctx.db, token_hash(token), NOW)
    assert (found.given_name, found.factor_proven_at) == ("Karin", NOW)
    assert enter(granvik, SoftAuthenticator()) is None


WRONG = [
    {"origin": "https://localhost:8000"},
    {"origin": "http://localhost"},
    {"origin": "https://kunnig.evil.example"},
    {"domain": "evil.example"},
    {"flags": PRESENT},  # the owner was not recognised
    {"flags": 0},  # nobody was there
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_an_answer_for_another_place_or_without_its_owner_is_none(granvik, wrong):
    assert add(granvik, SoftAuthenticator(**wrong)) is None
    device = SoftAuthenticator()
    add(granvik, device)
    for name, value in wrong.items():
        setattr(device, name, value)
    assert prove(granvik, device) is None
    assert enter(granvik, device) is None


def test_a_wrong_signature_is_none(granvik):
    device = SoftAuthenticator()
    add(granvik, device)
    assert prove(granvik, device, change=other_signature) is None
    assert enter(granvik, device, change=other_signature) is None


def test_a_challenge_is_for_one_browser_one_purpose_five_minutes_and_once(granvik):
    device = SoftAuthenticator()
    add(granvik, device)
    session = session_of(granvik, "karin", NOW)

    def ask(now=NOW):
        with granvik.work("karin", now=now) as ctx:
            return device.sign(ask_to_prove(ctx, BROWSER))

    def answer(signed, browser=BROWSER, now=NOW, how=None):
        with granvik.work("karin", now=now) as ctx:
            return how(ctx) if how else prove_with_passkey(ctx, session, browser, signed)

    signed = ask()
    assert answer(signed, OTHER) is None
    assert answer("", how=lambda ctx: passkey_shown(ctx, BROWSER, signed)) is None
    assert answer(signed, now=NOW + timedelta(minutes=5)) is None
    assert answer(signed) is not None
    assert answer(signed) is None
    first, second = ask(), ask()
    assert answer(first) is None  # asked again since; and a wrong answer uses the challenge up
    assert answer(second) is None


def test_challenges_that_nobody_answered_are_swept(granvik):
    for number in range(3):
        with work(granvik.house, now=NOW + number * timedelta(minutes=5)) as ctx:
            ask_to_enter(ctx, f"browser {number}")
    with work(granvik.house, writes=False) as ctx:
        assert len(list(ctx.db.scalars(select(PasskeyChallenge)))) == 1


def told(town):
    with town.work("karin", writes=False) as ctx:
        actions = ctx.db.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("second_factor.%")).order_by(AuditEntry.id)
        ).all()
        tasks = ctx.db.scalars(select(OutboxTask).where(OutboxTask.kind == "after_sign_in_change")).all()
        notices = ctx.db.scalars(select(OutboxTask).where(OutboxTask.kind == "send_change_notice")).all()
        changed = ctx.db.scalars(select(SignInChange)).all()
    assert len(notices) == sum(
        action.endswith("_added") for action in actions
    )  # with the link that takes it back
    assert {notice.ids["change_id"] for notice in notices} == {change.id for change in changed}
    assert {change.account_id for change in changed} == {town.actor("karin").account_id}
    assert len(tasks) == len(actions) - len(notices)
    assert {task.ids["person_id"] for task in tasks} <= {town.actor("karin").person_id}
    assert {task.employer_id for task in tasks} <= {town.actor("karin").employer_id}
    return [action.removeprefix("second_factor.") for action in actions]


def test_the_mail_about_a_new_passkey_takes_it_away(granvik):
    device = SoftAuthenticator()
    add(granvik, device)
    with work(granvik.house, now=NOW) as ctx:
        (change,) = ctx.db.scalars(select(SignInChange.id))
        letter = notice_letter(ctx, change)
        assert letter.kind == "passkey"
        assert stop_change(ctx, letter.stop_token)
    assert enter(granvik, device) is None


@pytest.mark.parametrize("how", [prove, enter])
def test_a_counter_that_does_not_grow_shows_a_copy(granvik, how):
    device = SoftAuthenticator(counts=True)
    add(granvik, device)
    assert how(granvik, device) is not None
    assert how(granvik, device) is not None
    copy = SoftAuthenticator(key=device.key, credential_id=device.credential_id, counts=True, count=1)
    assert how(granvik, copy) is None
    assert told(granvik) == ["passkey_added", "passkey_copied"]
    copy.counts, copy.count = False, 0  # says it does not count
    assert how(granvik, copy) is None
    assert how(granvik, device) is not None


def test_a_forged_copy_does_not_count_as_one(granvik):
    device = SoftAuthenticator(counts=True)
    add(granvik, device)
    prove(granvik, device)
    device.count = 0
    assert prove(granvik, device, change=other_signature) is None
    assert told(granvik) == ["passkey_added"]


def test_the_same_passkey_is_kept_once(granvik):
    device = SoftAuthenticator()
    add(granvik, device)
    assert add(granvik, device, "jonas") is None
    with granvik.work("jonas", writes=False) as ctx:
        assert not has_factor(ctx)


def test_a_second_passkey_only_just_after_a_proof_and_none_that_is_there(granvik):
    device = SoftAuthenticator()
    add(granvik, device)
    session = session_of(granvik, "karin", NOW)
    for act in (
        lambda ctx: ask_to_add(ctx, session, BROWSER),
        lambda ctx: add_passkey(ctx, session, BROWSER, "{}"),
    ):
        with granvik.work("karin", now=NOW) as ctx, pytest.raises(Conflict) as refused:
            act(ctx)
        assert refused.value.code == "proof_needed"
    with granvik.work("karin", now=NOW) as ctx:
        ctx.db.execute(update(UserSession).values(second_factor_at=NOW))
        options = json.loads(ask_to_add(ctx, session, BROWSER))
    assert len(options["excludeCredentials"]) == 1
    second = SoftAuthenticator()
    with granvik.work("karin", now=NOW) as ctx:
        proven = add_passkey(ctx, session, BROWSER, second.make(json.dumps(options)))
    assert proven.codes == ()  # the codes of the first one still work
    assert prove(granvik, second) is not None


def test_only_ones_own_passkey_is_removed_and_the_last_takes_the_codes_with_it(granvik):
    add(granvik, SoftAuthenticator())
    add(granvik, SoftAuthenticator(), "jonas")
    with granvik.work("karin", now=NOW) as ctx:
        ctx.db.execute(update(UserSession).values(second_factor_at=NOW))
        (mine,) = own_factors(ctx).passkeys
    with granvik.work("jonas", writes=False) as ctx:
        (of_jonas,) = own_factors(ctx).passkeys
    session = session_of(granvik, "karin", NOW)
    with granvik.work("karin", now=NOW) as ctx, pytest.raises(Conflict):
        remove_passkey(ctx, session, mine.public_id)
    with granvik.work("karin", now=NOW) as ctx:
        ctx.db.execute(update(UserSession).values(second_factor_at=NOW))
    with granvik.work("karin", now=NOW) as ctx, pytest.raises(NotFound):
        remove_passkey(ctx, session, of_jonas.public_id)
    with granvik.work("karin", now=NOW) as ctx:
        remove_passkey(ctx, session, mine.public_id)
    with granvik.work("karin", writes=False) as ctx:
        assert not has_factor(ctx)
        owners = set(ctx.db.scalars(select(RecoveryCode.account_id)))
    assert owners == {granvik.actor("jonas").account_id}


def test_at_an_ip_address_there_are_no_passkeys(house):
    town = Town(house, "granvik")
    session = session_of(town, "karin", NOW)
    for act in (
        lambda ctx: ask_to_add(ctx, session, BROWSER),
        lambda ctx: ask_to_prove(ctx, BROWSER),
        lambda ctx: ask_to_enter(ctx, BROWSER),
    ):
        with town.work("karin", now=NOW) as ctx, pytest.raises(NotFound):
            act(ctx)


NO_ANSWERS = (
    "",
    "null",
    "[]",
    "7",
    "{",
    '"x"',
    "{}",
    '{"id": "x", "rawId": "x", "type": "public-key", "response": {}}',
    "[" * LARGEST_ANSWER,  # deeper than Python follows
    "[" * 100_000,
)


def spoilt(answer, random):
    """The answer with one part of it left out, of another kind, cut off, or with one byte changed."""
    value = json.loads(answer)
    where = random.choice([value, value["response"]])
    part = random.choice(sorted(set(where) - {"response"}))
    text, place = where[part], random.randrange(len(where[part]) - 2)
    other = "A" if text[place] != "A" else "B"
    where[part] = random.choice(
        [None, 7, [], {}, "", "é", text[:place], text[:place] + other + text[place + 1 :]]
    )
    return json.dumps(value)


def test_what_is_no_answer_proves_nothing_and_breaks_nothing(granvik):
    random, device = Random(20261129), SoftAuthenticator()
    add(granvik, device)
    for answer in NO_ANSWERS:
        assert prove(granvik, device, change=lambda _signed, answer=answer: answer) is None
    session = session_of(granvik, "karin", NOW)
    with granvik.work("karin", now=NOW) as ctx:
        for _ in range(150):
            answer = spoilt(device.sign(ask_to_prove(ctx, BROWSER)), random)
            assert prove_with_passkey(ctx, session, BROWSER, answer) is None, answer
        assert prove_with_passkey(ctx, session, BROWSER, device.sign(ask_to_prove(ctx, BROWSER)))


def test_an_answer_may_be_so_long_and_no_longer(granvik):
    device = SoftAuthenticator()
    add(granvik, device)
    assert prove(granvik, device, change=lambda signed: signed.ljust(LARGEST_ANSWER)) is not None
    assert prove(granvik, device, change=lambda signed: signed.ljust(LARGEST_ANSWER + 1)) is None
    with granvik.work("jonas", now=NOW) as ctx:
        session = session_of(granvik, "jonas", NOW)
        made = SoftAuthenticator().make(ask_to_add(ctx, session, BROWSER))
        assert add_passkey(ctx, session, BROWSER, made.ljust(LARGEST_ANSWER + 1)) is None


def test_what_is_no_passkey_breaks_nothing(granvik):
    random, session = Random(20261129), session_of(granvik, "jonas", NOW)
    with granvik.work("jonas", now=NOW) as ctx:
        for answer in NO_ANSWERS:
            ask_to_add(ctx, session, BROWSER)
            assert add_passkey(ctx, session, BROWSER, answer) is None
        for _ in range(150):
            made = spoilt(SoftAuthenticator().make(ask_to_add(ctx, session, BROWSER)), random)
            add_passkey(ctx, session, BROWSER, made)  # a changed byte may only have changed the name of it
            ctx.db.execute(update(UserSession).values(second_factor_at=NOW))
