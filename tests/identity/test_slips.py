"""Printed slips: who may make them, for whom, and how often they work."""

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import delete, select

from lms.base.access import Role
from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.base.errors import Conflict, NotAllowed, NotFound
from lms.identity.change_letters import code_letter
from lms.identity.changes import ask_email_change, confirm_email_change
from lms.identity.models import Account, Identifier, LinkToken, SignInChange, UserSession
from lms.identity.own_ways import set_own
from lms.identity.rules import slip_code_groups, token_hash
from lms.identity.ways_in import request_sign_in, sign_in_with_link
from lms.jobs.worker import work_off
from lms.messages.models import Message
from lms.organisation import actions as organisation
from lms.organisation.arrival import make_slip, slip_holder, use_slip, way_back
from lms.organisation.models import Person
from tests.identity.people import letters, newcomer

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)


def slip_for(town, name, by="jonas", now=NOW):
    with town.work(by, now=now) as ctx:
        return make_slip(ctx, town.person(name).public_id)


def holder(house, code, slug="granvik", now=NOW):
    with work(house, writes=False, now=now) as ctx:
        return slip_holder(ctx, slug, code)


def used(house, code, slug="granvik", now=NOW):
    with work(house, now=now) as ctx:
        return use_slip(ctx, slug, code, browser="b" * 43, user_agent="")


def test_a_slip_says_who_it_is_for_and_until_when(house, granvik):
    newcomer(granvik, "hodan")
    slip = slip_for(granvik, "hodan")
    assert (slip.name, slip.language, slip.employer_slug) == ("Hodan Ali", "sv", "granvik")
    assert slip.last_day == date(2026, 3, 25)
    assert holder(house, slip_code_groups(slip.code).lower()) == "Hodan"


def test_a_slip_lets_in_once_and_does_not_activate_the_account(house, granvik):
    hodan = newcomer(granvik, "hodan")
    slip = slip_for(granvik, "hodan")
    assert holder(house, slip.code) == "Hodan"  # asking does not use it up
    token = used(house, slip.code)
    assert token
    assert used(house, slip.code) is None
    assert holder(house, slip.code) is None
    with work(house, writes=False) as ctx:
        session = ctx.db.scalars(select(UserSession).where(UserSession.token_hash == token_hash(token))).one()
        assert (session.account_id, session.employer_id) == (hodan.account_id, hodan.employer_id)
        assert session.expires_at == NOW + timedelta(hours=1)
        assert ctx.db.get_one(Account, hodan.account_id).activated_at is None


def test_a_slip_is_worth_nothing_after_fourteen_days(house, granvik):
    newcomer(granvik, "hodan")
    slip = slip_for(granvik, "hodan")
    assert holder(house, slip.code, now=NOW + timedelta(days=14, seconds=-1)) == "Hodan"
    assert holder(house, slip.code, now=NOW + timedelta(days=14)) is None
    assert used(house, slip.code, now=NOW + timedelta(days=14)) is None


def test_a_slip_goes_with_its_municipality(house, granvik):
    newcomer(granvik, "hodan")
    slip = slip_for(granvik, "hodan")
    for slug in ("fjordvik", "", "nowhere"):
        assert holder(house, slip.code, slug) is None
        assert used(house, slip.code, slug) is None
    assert used(house, slip.code)


def test_a_new_slip_kills_the_old_one_and_whoever_came_in_by_it(house, granvik):
    newcomer(granvik, "hodan")
    first = slip_for(granvik, "hodan")
    token = used(house, first.code)
    second = slip_for(granvik, "hodan")
    third = slip_for(granvik, "hodan")
    assert holder(house, second.code) is None
    assert holder(house, third.code) == "Hodan"
    with work(house, writes=False) as ctx:
        session = ctx.db.scalars(select(UserSession).where(UserSession.token_hash == token_hash(token))).one()
    assert session.revoked_at == NOW


def test_no_slip_for_an_account_that_was_activated(house, granvik):
    with pytest.raises(Conflict, match="already_active"):
        slip_for(granvik, "hodan")


def test_a_slip_dies_when_the_account_is_activated_another_way(house, granvik):
    newcomer(granvik, "hodan")
    slip = slip_for(granvik, "hodan")
    with work(house, now=NOW) as ctx:
        request_sign_in(ctx, "hodan.ali@granvik.example")
    (letter,) = letters(house, NOW)
    with work(house, now=NOW) as ctx:
        sign_in_with_link(ctx, letter.token)
    assert holder(house, slip.code) is None
    assert used(house, slip.code) is None


@pytest.mark.parametrize("by", ["karin", "amina", "hodan", "maria"])
def test_only_within_reach_of_somebody_who_may(granvik, by):
    newcomer(granvik, "hodan")
    with pytest.raises(NotFound):
        slip_for(granvik, "hodan", by=by)


def test_a_lead_of_another_municipality_finds_nobody(granvik, fjordvik):
    newcomer(granvik, "hodan")
    with fjordvik.work("lars", now=NOW) as ctx, pytest.raises(NotFound):
        make_slip(ctx, granvik.person("hodan").public_id)


def test_an_administrator_reaches_everybody_of_the_employer(house, granvik):
    newcomer(granvik, "hodan")
    assert holder(house, slip_for(granvik, "hodan", by="admin").code) == "Hodan"


@pytest.mark.parametrize(
    ("first", "last", "there"),
    [
        (date(2026, 3, 20), None, True),
        (date(2026, 1, 1), date(2026, 3, 12), True),
        (date(2026, 1, 1), date(2026, 3, 11), False),
    ],
)
def test_somebody_who_starts_next_week_can_have_a_slip_somebody_who_left_cannot(
    house, granvik, first, last, there
):
    unit = granvik.unit("Eken")
    with granvik.work("admin", now=NOW) as ctx:
        employer_id = ctx.employer_id
        ctx.db.add(account := Account(language="sv", created_at=NOW))
        ctx.db.flush()
        person = Person(
            employer_id=employer_id,
            account_id=account.id,
            employee_number="77",
            given_name="Nova",
            family_name="Ny",
            created_at=NOW,
        )
        ctx.db.add(person)
        ctx.db.flush()
        organisation.employ(
            ctx, person=person, unit=unit, role="nurse", title="", valid_from=first, valid_to=last
        )
    with granvik.work("jonas", now=NOW) as ctx:
        if there:
            assert make_slip(ctx, person.public_id).name == "Nova Ny"
        else:
            with pytest.raises(NotFound):
                make_slip(ctx, person.public_id)


def test_the_name_of_somebody_protected_is_not_shown(house, granvik):
    hodan = newcomer(granvik, "hodan")
    with granvik.inside(writes=True) as ctx:
        ctx.db.get_one(Person, hodan.person_id).protected = True
    assert holder(house, slip_for(granvik, "hodan").code) == ""


def mails(house):
    """What was written to people about slips: (address, subject, text)."""
    work_off(house, ahead=timedelta(minutes=1))
    read = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in house.settings.mail_folder.glob("*.eml")
    ]
    return [(mail["To"], mail["Subject"], mail.get_body(("plain",)).get_content()) for mail in read]


def test_the_person_is_told_of_each_slip_but_not_its_code(house, granvik):
    newcomer(granvik, "hodan")
    slips = [slip_for(granvik, "hodan", now=datetime.now(UTC) + timedelta(seconds=n)) for n in range(2)]
    told = mails(house)
    assert [(address, subject) for address, subject, _text in told] == [
        ("hodan.ali@granvik.example", "En inloggningslapp till dig")
    ] * 2
    for _address, _subject, text in told:
        assert "Granviks kommun" in text
        assert not any(code in text for slip in slips for code in (slip.code, slip_code_groups(slip.code)))


def test_without_an_address_nobody_is_told_and_the_log_says_so(house, granvik):
    hodan = newcomer(granvik, "hodan")
    with work(house) as ctx:
        ctx.db.execute(delete(Identifier).where(Identifier.account_id == hodan.account_id))
    slip_for(granvik, "hodan", now=datetime.now(UTC))
    assert mails(house) == []
    with granvik.inside() as ctx:
        message = ctx.db.scalars(select(Message).where(Message.kind == "slip")).one()
    assert (message.person_id, message.outcome, message.reason) == (hodan.person_id, "not_sent", "no_address")


def test_slips_stand_in_the_log_without_their_code(house, granvik):
    hodan = newcomer(granvik, "hodan")
    slip = slip_for(granvik, "hodan")
    used(house, slip.code)
    with granvik.inside() as ctx:
        entries = list(ctx.db.scalars(select(AuditEntry).where(AuditEntry.action.startswith("slip."))))
        stored = ctx.db.scalars(select(LinkToken)).one()
    assert [entry.action for entry in entries] == ["slip.made", "slip.used"]
    assert entries[0].person_id == granvik.actor("jonas").person_id
    assert all(entry.facts == {"account": hodan.account_id} for entry in entries)
    assert slip.code not in f"{stored.code_hash} {stored.token_hash}"
    assert granvik.actor("jonas").has(Role.LEAD)


def start_with(house, granvik, **own):
    """Let Hodan come in by slip and set these ways in; the device's session."""
    newcomer(granvik, "hodan")
    token = used(house, slip_for(granvik, "hodan").code)
    with work(house, writes=False) as ctx:
        session = ctx.db.scalars(
            select(UserSession.id).where(UserSession.token_hash == token_hash(token))
        ).one()
    with granvik.work("hodan", writes=False, now=NOW) as ctx:
        set_own(ctx, session, **own)
    return session


def test_who_mistyped_the_own_address_gets_a_new_slip(house, granvik):
    start_with(house, granvik, email="hodan@gmial.example")
    with granvik.work("jonas", writes=False, now=NOW) as ctx:
        assert way_back(ctx, granvik.person("hodan").public_id).needs_slip
    slip = slip_for(granvik, "hodan")
    assert used(house, slip.code)
    with granvik.inside() as ctx:
        account = granvik.actor("hodan").account_id
        assert ctx.db.get_one(Account, account).activated_at is None
        assert ctx.db.scalars(select(Identifier).where(Identifier.account_id == account)).all() == []


@pytest.mark.parametrize("shown", ["password", "link"])
def test_who_has_shown_a_way_back_gets_none(house, granvik, shown):
    start_with(house, granvik, email="hodan@home.example", password="häst lampa moln" * (shown == "password"))
    if shown == "link":
        with work(house, now=NOW) as ctx:
            request_sign_in(ctx, "hodan@home.example")
        with work(house, now=NOW) as ctx:
            assert sign_in_with_link(ctx, letters(house, NOW)[-1].token)
    with granvik.work("jonas", writes=False, now=NOW) as ctx:
        assert not way_back(ctx, granvik.person("hodan").public_id).needs_slip
    with pytest.raises(Conflict, match="already_active"):
        slip_for(granvik, "hodan")


def test_a_mistyped_address_is_corrected_on_the_device_that_set_it(house, granvik):
    session = start_with(house, granvik, email="hodan@gmial.example")
    with granvik.work("hodan", now=NOW + timedelta(hours=2)) as ctx:
        ask_email_change(ctx, session, "hodan@gmail.example")
        ctx.db.flush()
        code = code_letter(ctx, ctx.db.scalars(select(SignInChange.id)).one()).code
        assert confirm_email_change(ctx, code)
    with granvik.work("hodan", now=NOW + timedelta(hours=3)) as ctx, pytest.raises(NotAllowed):
        ask_email_change(ctx, session, "other@gmail.example")  # now there is something to show it by
