"""Own e-mail address, phone number and password after the first sign-in."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.base.errors import Conflict, Invalid
from lms.identity.actions import start_session
from lms.identity.models import Account, Identifier, UserSession
from lms.identity.own_ways import set_own
from lms.identity.passwords import password_matches
from lms.identity.rules import password_fault, token_hash
from lms.identity.ways_in import request_sign_in, sign_in_with_link, sign_in_with_password
from lms.organisation.arrival import account_named, own_words
from tests.identity.people import letters, newcomer

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)


@pytest.fixture
def hodan(granvik):
    """Somebody with a session from a slip, and no address yet."""
    actor = newcomer(granvik, "hodan")
    with work(granvik.house) as ctx:
        ctx.db.delete(
            ctx.db.scalars(select(Identifier).where(Identifier.account_id == actor.account_id)).one()
        )
    return actor


def session_of(house, actor):
    token = start_session(
        house,
        account_id=actor.account_id,
        employer_id=actor.employer_id,
        user_agent="",
        remember=False,
        now=NOW,
    )
    with work(house, writes=False) as ctx:
        return ctx.db.scalars(select(UserSession.id).where(UserSession.token_hash == token_hash(token))).one()


def choose(house, actor, session_id=None, **own):
    session_id = session_id or session_of(house, actor)
    with work(house, actor, writes=False, now=NOW, language="nb") as ctx:
        return set_own(ctx, session_id, own_words=("Hodan", "Ali", "1003"), **own)


def faults(house, actor, **own):
    with pytest.raises(Invalid) as refused:
        choose(house, actor, **own)
    return refused.value.fields


def stored(house, actor):
    with work(house, writes=False) as ctx:
        names = ctx.db.execute(
            select(Identifier.kind, Identifier.value).where(Identifier.account_id == actor.account_id)
        )
        return ctx.db.get_one(Account, actor.account_id), {kind: value for kind, value in names}  # noqa: C416  (dict() takes a result for a mapping)


def test_an_address_is_enough(house, granvik, hodan):
    session_id = session_of(house, hodan)
    token = choose(house, hodan, session_id, email="Hodan@Example.se", remember=True)
    account, names = stored(house, hodan)
    assert account.activated_at == NOW
    assert account.language == "nb"
    assert account.password_hash is None
    assert names == {"email": "hodan@example.se"}
    with work(house, writes=False) as ctx:
        session = ctx.db.get_one(UserSession, session_id)
        assert session.token_hash == token_hash(token)
        assert session.remembered
    with granvik.inside() as ctx:
        entry = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "account.activated")).one()
    assert (entry.person_id, entry.object_id) == (hodan.person_id, session_id)


def test_the_address_is_verified_by_the_first_mail(house, hodan):
    choose(house, hodan, email="hodan@example.se")
    with work(house, writes=False) as ctx:
        assert (
            ctx.db.scalars(select(Identifier).where(Identifier.value == "hodan@example.se")).one().verified_at
            is None
        )
    with work(house, now=NOW) as ctx:
        request_sign_in(ctx, "hodan@example.se")
    (letter,) = letters(house, NOW)
    with work(house, now=NOW) as ctx:
        assert sign_in_with_link(ctx, letter.token) == hodan.account_id
    with work(house, writes=False) as ctx:
        assert (
            ctx.db.scalars(select(Identifier).where(Identifier.value == "hodan@example.se")).one().verified_at
            == NOW
        )


def test_a_phone_number_and_a_password(house, hodan):
    choose(house, hodan, phone="070-174 06 12", password="häst lampa moln")
    account, names = stored(house, hodan)
    assert names == {"phone": "+46701740612"}
    assert password_matches(account.password_hash, "häst lampa moln")


def test_a_password_alone_is_enough_with_the_employee_number(house, hodan):
    choose(house, hodan, password="häst lampa moln")
    account, names = stored(house, hodan)
    assert (names, account.activated_at) == ({}, NOW)
    with work(house, writes=False) as ctx:
        named = account_named(ctx, "1003", "granvik")
        assert sign_in_with_password(ctx, named, "häst lampa moln") == hodan.account_id


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, {"email": "nothing_given"}),
        ({"phone": "070-174 06 12"}, {"password": "phone_needs_password"}),
        ({"email": "hodan"}, {"email": "not_email"}),
        ({"email": "hodan@example.se", "phone": "12"}, {"phone": "not_phone"}),
        ({"email": "hodan@example.se", "password": "kort"}, {"password": "too_short"}),
        ({"email": "hodan@example.se", "password": "hodanali1003"}, {"password": "too_personal"}),
        ({"email": "amina.yusuf@granvik.example"}, {"email": "taken"}),
    ],
)
def test_faults_are_named_by_field_and_nothing_is_stored(house, granvik, hodan, own, expected):
    assert faults(house, hodan, **own) == expected
    account, names = stored(house, hodan)
    assert (account.activated_at, account.password_hash, names) == (None, None, {})


def test_what_the_employer_knew_stays_unless_it_is_replaced(house, granvik):
    actor = newcomer(granvik, "hodan")
    choose(house, actor, phone="070-174 06 12", password="häst lampa moln")
    assert stored(house, actor)[1] == {"email": "hodan.ali@granvik.example", "phone": "+46701740612"}


def test_an_own_address_replaces_the_employers_and_kills_links_sent_there(house, granvik):
    actor = newcomer(granvik, "hodan")
    with work(house, now=NOW) as ctx:
        request_sign_in(ctx, "hodan.ali@granvik.example")
    (letter,) = letters(house, NOW)
    choose(house, actor, email="hodan@example.se")
    assert stored(house, actor)[1] == {"email": "hodan@example.se"}
    with work(house, now=NOW) as ctx:
        assert sign_in_with_link(ctx, letter.token) is None


def test_the_employers_name_is_no_password(granvik):
    with granvik.work("amina", writes=False) as ctx:
        words = own_words(ctx)
    assert words == ("Amina", "Yusuf", "1001", "Granviks", "kommun", "granvik")
    assert password_fault("GranviksKommun26", words) == "too_personal"
    assert password_fault("Granvik.Amina", words) == "too_personal"


def test_only_once(house, hodan):
    session_id = session_of(house, hodan)
    choose(house, hodan, session_id, email="hodan@example.se")
    with pytest.raises(Conflict):
        choose(house, hodan, session_id, email="somebody@example.se")
    assert stored(house, hodan)[1] == {"email": "hodan@example.se"}
