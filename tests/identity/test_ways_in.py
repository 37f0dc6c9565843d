"""Mailed links and codes, passwords: what proves an account, how often, and for how long."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lms.base.context import work
from lms.base.outbox import OutboxTask
from lms.identity.models import Account, Identifier, LinkToken
from lms.identity.passwords import hash_password, password_matches
from lms.identity.rules import MAIL_LASTS, mail_secrets
from lms.identity.ways_in import (
    request_sign_in,
    sign_in_with_code,
    sign_in_with_link,
    sign_in_with_password,
)
from lms.organisation.arrival import account_named
from tests.conftest import SECRET
from tests.identity.people import give_password, letters, newcomer

AMINA = "amina.yusuf@granvik.example"
NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)


def ask(house, email=AMINA, now=NOW):
    with work(house, now=now) as ctx:
        request_sign_in(ctx, email)


def by_link(house, token, now=NOW):
    with work(house, now=now) as ctx:
        return sign_in_with_link(ctx, token)


def by_code(house, code, email=AMINA, now=NOW):
    with work(house, now=now) as ctx:
        return sign_in_with_code(ctx, email, code)


def by_password(house, name, password, employer="granvik"):
    with work(house, writes=False) as ctx:
        return sign_in_with_password(ctx, account_named(ctx, name, employer), password)


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_mailed_link_signs_in_once(house, granvik):
    ask(house, "Amina.Yusuf@granvik.example ")
    (letter,) = letters(house, NOW)
    assert letter.address == AMINA
    assert by_link(house, letter.token) == granvik.actor("amina").account_id
    assert by_link(house, letter.token) is None
    assert by_code(house, letter.code) is None


def test_a_link_used_at_the_same_time_on_many_devices_lets_one_in(house):
    ask(house)
    (letter,) = letters(house, NOW)
    with ThreadPoolExecutor(4) as pool:
        proven = list(pool.map(lambda _: by_link(house, letter.token), range(4)))
    assert len([account for account in proven if account]) == 1


def test_codes_tried_at_the_same_time_are_all_counted(house):
    ask(house)
    (letter,) = letters(house, NOW)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: by_code(house, wrong(letter.code)), range(8)))
    assert by_code(house, letter.code) is None


def test_a_mailed_code_signs_in_once(house, granvik):
    ask(house)
    (letter,) = letters(house, NOW)
    assert by_code(house, f" {letter.code[:3]} {letter.code[3:]} ") == granvik.actor("amina").account_id
    assert by_code(house, letter.code) is None
    assert by_link(house, letter.token) is None


def test_a_link_and_a_code_are_worth_nothing_after_their_time(house):
    ask(house)
    (letter,) = letters(house, NOW)
    later = NOW + MAIL_LASTS
    assert by_link(house, letter.token, later) is None
    assert by_code(house, letter.code, now=later) is None
    assert letters(house, later) == []
    assert by_link(house, letter.token, later - timedelta(seconds=1)) is not None


def test_five_wrong_codes_kill_the_code_but_not_the_link(house):
    ask(house)
    (letter,) = letters(house, NOW)
    for _ in range(5):
        assert by_code(house, wrong(letter.code)) is None
    assert by_code(house, letter.code) is None
    assert by_link(house, letter.token) is not None


def test_only_the_code_of_the_newest_mail_counts_but_every_link(house):
    ask(house)
    ask(house, now=NOW + timedelta(minutes=1))
    old, new = letters(house, NOW + timedelta(minutes=1))
    assert old.code != new.code
    assert by_code(house, old.code, now=NOW + timedelta(minutes=1)) is None
    assert by_link(house, old.token, now=NOW + timedelta(minutes=1)) is not None


def test_a_code_does_not_work_for_somebody_else(house):
    ask(house)
    ask(house, "farid.rahimi@granvik.example")
    amina, farid = letters(house, NOW)
    if amina.code != farid.code:
        assert by_code(house, amina.code, email=farid.address) is None
    assert by_code(house, amina.code, email="nobody@granvik.example") is None
    assert by_code(house, amina.code, email="") is None


def test_the_database_holds_neither_link_nor_code(house):
    ask(house)
    (letter,) = letters(house, NOW)
    with work(house, writes=False) as ctx:
        link = ctx.db.scalars(select(LinkToken)).one()
        task = ctx.db.scalars(select(OutboxTask).where(OutboxTask.kind == "send_sign_in_mail")).one()
        stored = " ".join(str(value) for row in (link, task) for value in vars(row).values())
    assert letter.token not in stored
    assert letter.code not in stored
    assert set(task.ids) == {"link_token_id", "account_id"}


def test_an_unknown_address_leaves_a_link_that_is_nobodys_and_is_swept(house):
    for email in ("nobody@granvik.example", "no address"):
        ask(house, email)
    assert letters(house, NOW) == []
    with work(house, writes=False) as ctx:
        assert ctx.db.scalars(select(LinkToken.account_id)).all() == [None, None]
        link = ctx.db.scalars(select(LinkToken)).first()
        token, code = mail_secrets(SECRET, link.id, link.created_at)
    assert by_link(house, token) is None
    assert by_code(house, code, email="nobody@granvik.example") is None
    ask(house, "somebody@granvik.example", now=NOW + timedelta(hours=1))
    with work(house, writes=False) as ctx:
        assert ctx.db.scalar(select(func.count(LinkToken.id))) == 1


def test_the_first_mailed_link_verifies_the_address_and_activates_the_account(house, granvik):
    amina = newcomer(granvik, "amina")
    ask(house)
    (letter,) = letters(house, NOW)
    with work(house, writes=False) as ctx:
        assert ctx.db.scalars(select(Identifier).where(Identifier.value == AMINA)).one().verified_at is None
    by_link(house, letter.token)
    with work(house, writes=False) as ctx:
        assert ctx.db.scalars(select(Identifier).where(Identifier.value == AMINA)).one().verified_at == NOW
        assert ctx.db.get_one(Account, amina.account_id).activated_at == NOW


def test_a_password_signs_in_with_the_address(house, granvik):
    give_password(granvik, "amina", "häst lampa moln")
    amina = granvik.actor("amina").account_id
    assert by_password(house, " Amina.Yusuf@granvik.example", "häst lampa moln") == amina
    assert by_password(house, AMINA, "häst lampa Moln") is None
    assert by_password(house, AMINA, "") is None
    assert by_password(house, "farid.rahimi@granvik.example", "häst lampa moln") is None
    assert by_password(house, "nobody@granvik.example", "häst lampa moln") is None
    assert by_password(house, "", "") is None


def test_a_password_signs_in_with_the_phone_number_however_it_is_written(house, granvik):
    give_password(granvik, "amina", "häst lampa moln")
    amina = granvik.actor("amina").account_id
    with work(house) as ctx:
        ctx.db.add(Identifier(account_id=amina, kind="phone", value="+46701740612", created_at=NOW))
    assert by_password(house, "070-174 06 12", "häst lampa moln") == amina
    assert by_password(house, "+46 70 174 06 12", "häst lampa moln") == amina


@pytest.mark.parametrize("name", ["nobody@granvik.example", "farid.rahimi@granvik.example", "nonsense"])
def test_a_password_is_hashed_even_if_there_is_nothing_to_compare(house, name, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "lms.identity.ways_in.password_matches", lambda stored, typed: asked.append(stored) or False
    )
    assert by_password(house, name, "häst lampa moln") is None
    assert asked == [None]


def test_without_a_hash_the_dummy_is_tried_and_nobody_gets_in():
    assert password_matches(None, "häst lampa moln") is False
    assert password_matches("not a hash", "häst lampa moln") is False


def test_a_password_hash_is_argon2id_salted_and_the_same_from_every_keyboard():
    hashed = hash_password("ångström ä")
    assert hashed.startswith("$argon2id$")
    assert hashed != hash_password("ångström ä")
    assert password_matches(hashed, "ångström ä")


def test_a_very_long_password_costs_no_more(house, granvik):
    assert by_password(house, AMINA, "x" * 5_000_000) is None


def test_an_outdated_hash_is_renewed_at_sign_in(house, granvik):
    from argon2 import PasswordHasher  # noqa: PLC0415

    amina = granvik.actor("amina").account_id
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("häst lampa moln")
    with work(house) as ctx:
        ctx.db.get_one(Account, amina).password_hash = weak
    assert by_password(house, AMINA, "häst lampa moln") == amina
    with work(house, writes=False) as ctx:
        renewed = ctx.db.get_one(Account, amina).password_hash
    assert renewed != weak
    assert password_matches(renewed, "häst lampa moln")


def test_the_code_of_a_mail_that_nobody_got_lets_nobody_in(house):
    ask(house, "nobody@granvik.example")
    with work(house, writes=False) as ctx:
        link = ctx.db.scalars(select(LinkToken).where(LinkToken.account_id.is_(None))).one()
    _token, code = mail_secrets(SECRET, link.id, link.created_at)
    assert by_code(house, code, "nobody@granvik.example") is None
    assert by_code(house, code) is None  # nor somebody who has asked for none
    with work(house, writes=False) as ctx:
        assert ctx.db.get_one(LinkToken, link.id).tries == 2
