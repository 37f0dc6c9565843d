"""Changes of address, number and password: proven, confirmed, told, and taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.base.errors import Invalid, NotAllowed
from lms.base.outbox import OutboxTask
from lms.identity import change_letters, changes
from lms.identity.actions import start_session
from lms.identity.models import Account, Identifier, SignInChange, UserSession
from lms.identity.passwords import password_matches
from lms.identity.queries import named_account, own_devices
from lms.identity.rules import token_hash
from lms.identity.second_factor import own_factors
from lms.identity.ways_in import request_proof
from lms.organisation.arrival import way_back
from tests.identity.factors import give_app
from tests.identity.people import give_password, letters

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
OLD, NEW = "amina.yusuf@granvik.example", "amina@example.se"
PASSWORD = "häst lampa moln"


class Person:
    """Somebody signed in on a device, doing things in units of work of their own."""

    def __init__(self, town, name="amina", now=NOW):
        self.house, self.actor, self.now = town.house, town.actor(name), now
        self.token = start_session(
            self.house, account_id=self.actor.account_id, employer_id=self.actor.employer_id,
            user_agent="", remember=False, now=now,
        )  # fmt: skip
        with work(self.house, writes=False) as ctx:
            hashed = token_hash(self.token)
            self.session_id = ctx.db.scalars(
                select(UserSession.id).where(UserSession.token_hash == hashed)
            ).one()

    def do(self, action, *arguments, writes=True, after=timedelta()):
        with work(self.house, self.actor, writes=writes, now=self.now + after) as ctx:
            return action(ctx, *arguments)

    def prove(self, after=timedelta()):
        self.do(request_proof, after=after)
        code = letters(self.house, self.now + after)[-1].code
        assert self.do(changes.prove_with_code, self.session_id, code, after=after)

    def mails(self, after=timedelta()):
        """What the worker would mail about changes: (kind of mail, letter)."""
        makers = {
            "send_change_code": change_letters.code_letter,
            "send_change_notice": change_letters.notice_letter,
        }
        with work(self.house, writes=False, now=self.now + after) as ctx:
            tasks = ctx.db.scalars(
                select(OutboxTask).where(OutboxTask.kind.in_(makers)).order_by(OutboxTask.id)
            )
            found = [(task.kind, makers[task.kind](ctx, task.ids["change_id"])) for task in tasks]
        return [(kind.removeprefix("send_change_"), letter) for kind, letter in found if letter]

    def names(self):
        with work(self.house, writes=False) as ctx:
            rows = ctx.db.execute(
                select(Identifier.kind, Identifier.value).where(
                    Identifier.account_id == self.actor.account_id
                )
            )
            return {kind: value for kind, value in rows}  # noqa: C416  (dict() takes a result for a mapping)

    def account(self):
        with work(self.house, writes=False) as ctx:
            return ctx.db.get_one(Account, self.actor.account_id)

    def devices(self):
        return self.do(own_devices, writes=False)


@pytest.fixture
def amina(granvik):
    return Person(granvik)


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"


def moved(amina):
    """Let Amina have changed her address; the token that takes it back."""
    amina.prove()
    amina.do(changes.ask_email_change, amina.session_id, NEW)
    mails = dict(amina.mails())
    assert amina.do(changes.confirm_email_change, mails["code"].code)
    return mails["notice"].stop_token


def test_nothing_changes_without_a_fresh_proof(amina):
    for action, value in ((changes.ask_email_change, NEW), (changes.change_phone, "070-174 06 12")):
        with pytest.raises(NotAllowed, match="prove_first"):
            amina.do(action, amina.session_id, value)
    with pytest.raises(NotAllowed, match="prove_first"):
        amina.do(changes.change_password, amina.session_id, "", PASSWORD, (), writes=False)
    amina.prove()
    with pytest.raises(NotAllowed):
        amina.do(changes.ask_email_change, amina.session_id, NEW, after=timedelta(minutes=15))
    assert amina.names() == {"email": OLD}


def test_the_proof_is_the_own_password_or_the_newest_code_and_counts_on_one_device(granvik, amina):
    give_password(granvik, "amina", PASSWORD)
    assert not amina.do(changes.prove_with_password, amina.session_id, "häst", writes=False)
    assert amina.do(changes.prove_with_password, amina.session_id, PASSWORD, writes=False)
    other = Person(granvik)
    with pytest.raises(NotAllowed):
        other.do(changes.ask_email_change, other.session_id, NEW)
    other.do(request_proof)
    code = letters(granvik.house, NOW)[-1].code
    assert not other.do(changes.prove_with_code, other.session_id, wrong(code))
    assert other.do(changes.prove_with_code, other.session_id, code)
    assert not other.do(changes.prove_with_code, other.session_id, code)


def test_a_code_for_the_proof_does_not_sign_in_and_the_other_way_round(house, granvik, amina):
    from lms.identity.ways_in import request_sign_in, sign_in_with_code, sign_in_with_link  # noqa: PLC0415

    amina.do(request_proof)
    letter = letters(house, NOW)[-1]
    assert letter.kind == "prove"
    with work(house, now=NOW) as ctx:
        assert sign_in_with_code(ctx, OLD, letter.code) is None
        assert sign_in_with_link(ctx, letter.token) is None
        request_sign_in(ctx, OLD)
    assert not amina.do(changes.prove_with_code, amina.session_id, letters(house, NOW)[-1].code)


def test_a_new_address_counts_when_its_code_is_typed_and_the_old_one_is_told_at_once(granvik, amina):
    amina.prove()
    amina.do(changes.ask_email_change, amina.session_id, " Amina@Example.se")
    assert amina.names() == {"email": OLD}
    assert amina.do(changes.pending_email, writes=False) == NEW
    (_, code), (_, notice) = amina.mails()
    assert (code.address, notice.address, notice.new_value) == (NEW, OLD, NEW)
    assert not amina.do(changes.confirm_email_change, wrong(code.code))
    assert amina.do(changes.confirm_email_change, code.code)
    assert amina.names() == {"email": NEW}
    assert amina.do(changes.pending_email, writes=False) is None
    with granvik.inside() as ctx:
        assert named_account(ctx, OLD) is None
        row = ctx.db.scalars(select(Identifier).where(Identifier.value == NEW)).one()
        entries = ctx.db.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("account.")).order_by(AuditEntry.id)
        )
        said = [(entry.action, entry.facts["kind"], entry.person_id) for entry in entries]
    assert row.verified_at == NOW
    assert said == [
        ("account.change_asked", "email", amina.actor.person_id),
        ("account.changed", "email", amina.actor.person_id),
    ]


def test_five_wrong_codes_kill_it_and_so_does_time(amina):
    amina.prove()
    amina.do(changes.ask_email_change, amina.session_id, NEW)
    code = dict(amina.mails())["code"].code
    assert not amina.do(changes.confirm_email_change, code, after=timedelta(minutes=20))
    for _ in range(5):
        assert not amina.do(changes.confirm_email_change, wrong(code))
    assert not amina.do(changes.confirm_email_change, code)
    assert amina.names() == {"email": OLD}


def test_nobody_learns_that_an_address_is_taken_but_who_reads_its_mail(granvik, amina):
    amina.prove()
    amina.do(changes.ask_email_change, amina.session_id, "farid.rahimi@granvik.example")
    with pytest.raises(Invalid) as refused:
        amina.do(changes.confirm_email_change, dict(amina.mails())["code"].code)
    assert refused.value.fields == {"email": "taken"}
    assert amina.names() == {"email": OLD}


@pytest.mark.parametrize(("typed", "fault"), [("amina", "not_email"), (OLD.upper(), "same")])
def test_what_is_no_new_address(amina, typed, fault):
    amina.prove()
    with pytest.raises(Invalid) as refused:
        amina.do(changes.ask_email_change, amina.session_id, typed)
    assert refused.value.fields == {"email": fault}


def test_the_old_address_stops_a_change_that_waits(amina):
    amina.prove()
    amina.do(changes.ask_email_change, amina.session_id, NEW)
    mails = dict(amina.mails())
    assert amina.do(changes.stop_change, mails["notice"].stop_token)
    assert not amina.do(changes.confirm_email_change, mails["code"].code)
    assert amina.names() == {"email": OLD}
    assert amina.devices() == []
    assert amina.mails() == []


def test_the_old_address_takes_a_change_back_for_seven_days_and_everybody_is_signed_out(granvik, amina):
    give_password(granvik, "amina", PASSWORD)
    stop = moved(amina)
    assert len(Person(granvik).devices()) == 2
    later = timedelta(days=7) - timedelta(seconds=1)
    assert amina.do(changes.is_stop_open, stop, writes=False, after=later)
    assert amina.do(changes.stop_change, stop, after=later)
    assert amina.names() == {"email": OLD}
    assert amina.account().password_hash is None
    assert amina.devices() == []
    assert not amina.do(changes.stop_change, stop, after=later)
    assert not amina.do(changes.is_stop_open, stop, writes=False, after=later)


def test_after_seven_days_it_is_over(amina):
    stop = moved(amina)
    assert not amina.do(changes.stop_change, stop, after=timedelta(days=7))
    assert amina.names() == {"email": NEW}


def test_all_that_was_changed_since_is_taken_back_too(amina):
    stop = moved(amina)
    amina.do(changes.change_phone, amina.session_id, "070-174 06 12")
    amina.do(changes.ask_email_change, amina.session_id, "third@example.se")
    code = [letter.code for kind, letter in amina.mails() if kind == "code"][-1]
    assert amina.do(changes.confirm_email_change, code)
    later = [letter.stop_token for kind, letter in amina.mails() if kind == "notice"][-1]
    assert amina.names() == {"email": "third@example.se", "phone": "+46701740612"}
    assert amina.do(changes.stop_change, stop)
    assert amina.names() == {"email": OLD}
    assert not amina.do(changes.stop_change, later)


def test_an_address_that_may_come_back_is_nobody_elses(granvik, amina):
    stop = moved(amina)
    farid = Person(granvik, "farid")
    farid.prove()
    farid.do(changes.ask_email_change, farid.session_id, OLD)
    code = [letter.code for kind, letter in farid.mails() if letter.address == OLD and kind == "code"][-1]
    with pytest.raises(Invalid):
        farid.do(changes.confirm_email_change, code)
    assert amina.do(changes.stop_change, stop)
    assert amina.names() == {"email": OLD}


def test_a_phone_number_changes_at_once_and_the_address_is_told(amina):
    amina.prove()
    amina.do(changes.change_phone, amina.session_id, "070-174 06 12")
    assert amina.names() == {"email": OLD, "phone": "+46701740612"}
    ((kind, notice),) = amina.mails()
    assert (kind, notice.kind, notice.address, notice.is_done) == ("notice", "phone", OLD, True)
    assert amina.do(changes.stop_change, notice.stop_token)
    assert amina.names() == {"email": OLD}


@pytest.mark.parametrize(("typed", "fault"), [("12", "not_phone"), ("", "same")])
def test_what_is_no_new_number(amina, typed, fault):
    amina.prove()
    with pytest.raises(Invalid) as refused:
        amina.do(changes.change_phone, amina.session_id, typed)
    assert refused.value.fields == {"phone": fault}


def test_a_number_of_somebody_else_is_taken_and_an_own_one_can_be_removed(granvik, amina):
    for person in (amina, Person(granvik, "farid")):
        person.prove()
    amina.do(changes.change_phone, amina.session_id, "070-174 06 12")
    farid = Person(granvik, "farid")
    farid.prove()
    with pytest.raises(Invalid) as refused:
        farid.do(changes.change_phone, farid.session_id, "+46701740612")
    assert refused.value.fields == {"phone": "taken"}
    amina.do(changes.change_phone, amina.session_id, "")
    assert amina.names() == {"email": OLD}


def test_a_password_changes_with_the_old_one_and_other_devices_are_signed_out(granvik, amina):
    give_password(granvik, "amina", PASSWORD)
    Person(granvik)
    change = (changes.change_password, amina.session_id)
    with pytest.raises(Invalid) as refused:
        amina.do(*change, "häst", "kort", ("Amina",), writes=False)
    assert refused.value.fields == {"old_password": "wrong_password", "password": "too_short"}
    token, remembered = amina.do(*change, PASSWORD, "sol vind regn", ("Amina",), writes=False)
    assert (token != amina.token, remembered) == (True, False)
    assert [device.session_id for device in amina.devices()] == [amina.session_id]
    assert password_matches(amina.account().password_hash, "sol vind regn")
    ((_, notice),) = amina.mails()
    assert (notice.kind, notice.new_value) == ("password", None)
    assert amina.do(changes.stop_change, notice.stop_token)
    assert amina.account().password_hash is None


def test_a_first_password_needs_the_proof_only(amina):
    amina.prove()
    amina.do(changes.change_password, amina.session_id, "", PASSWORD, (), writes=False)
    assert password_matches(amina.account().password_hash, PASSWORD)


def test_changes_that_nobody_can_stop_any_more_are_forgotten(house, granvik, amina):
    moved(amina)
    farid = Person(granvik, "farid", now=NOW + timedelta(days=8))
    farid.prove()
    farid.do(changes.ask_email_change, farid.session_id, "farid@example.se")
    with work(house, writes=False) as ctx:
        assert ctx.db.scalars(select(SignInChange.new_value)).all() == ["farid@example.se"]


def changed_by_a_thief(town):
    """Amina with a password somebody else has used to change her address; the token of the mail to the old one."""
    thief = Person(town)
    thief.prove()
    thief.do(changes.ask_email_change, thief.session_id, "thief@example.se")
    code = next(letter.code for kind, letter in thief.mails() if kind == "code")
    assert thief.do(changes.confirm_email_change, code)
    return next(letter.stop_token for kind, letter in thief.mails() if kind == "notice")


def test_a_second_factor_of_the_thief_goes_with_the_change(granvik):
    give_app(granvik, "amina", NOW - timedelta(hours=3))
    token = changed_by_a_thief(granvik)
    with work(granvik.house, now=NOW) as ctx:
        assert changes.stop_change(ctx, token)
    with granvik.work("amina", writes=False, now=NOW) as ctx:
        left = own_factors(ctx)
    assert (left.app_since, left.passkeys, left.codes_left) == (None, (), 0)


def test_the_mail_about_a_new_second_factor_takes_it_away(granvik):
    give_app(granvik, "amina", NOW)
    amina = Person(granvik)
    ((what, letter),) = amina.mails()
    assert (what, letter.kind, letter.address, letter.is_done) == ("notice", "app", OLD, True)
    assert amina.do(changes.stop_change, letter.stop_token)
    left = amina.do(own_factors, writes=False)
    assert (left.app_since, left.passkeys, left.codes_left) == (None, (), 0)
    assert amina.names()["email"] == OLD
    assert amina.account().password_hash is None
    assert amina.devices() == []


def test_an_older_second_factor_stays(granvik):
    give_app(granvik, "amina", NOW - timedelta(days=40))
    token = changed_by_a_thief(granvik)
    with work(granvik.house, now=NOW) as ctx:
        assert changes.stop_change(ctx, token)
    with granvik.work("amina", writes=False, now=NOW) as ctx:
        assert own_factors(ctx).app_since == NOW - timedelta(days=40)


def test_who_has_no_way_in_left_after_that_can_have_a_slip(granvik):
    token = changed_by_a_thief(granvik)
    with granvik.work("farid") as ctx:  # as no program of ours would do it any more
        ctx.db.add(
            Identifier(
                account_id=ctx.who.account_id, kind="email", value=OLD, created_at=NOW, verified_at=NOW
            )
        )
    with work(granvik.house, now=NOW) as ctx:
        assert changes.stop_change(ctx, token)
    with granvik.work("karin", writes=False, now=NOW) as ctx:
        assert way_back(ctx, granvik.person("amina").public_id).needs_slip
