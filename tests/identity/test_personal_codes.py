"""Personal codes: which are refused, how many tries there are, and what makes an end of one."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from lms.base.audit import AuditEntry
from lms.base.errors import Invalid, NotAllowed
from lms.identity.actions import start_session
from lms.identity.changes import change_phone, secrets_of, stop_change
from lms.identity.models import Account, PersonalCode, SignInChange, UserSession
from lms.identity.personal_codes import (
    code_opens,
    personal_code_since,
    remove_personal_code,
    set_personal_code,
)
from lms.identity.rules import PERSONAL_CODE_TRIES, personal_code_fault
from lms.jobs.worker import work_off

CODE = "407 193"


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("407193", None),
        ("4071935520", None),
        ("40719", "code_length"),
        ("4071935520771", "code_length"),
        ("40719a", "not_digits"),
        ("٤٠٧١٩٣", "not_digits"),
        ("", "not_digits"),
        ("123456", "too_easy"),
        ("987654", "too_easy"),
        ("890123", "too_easy"),
        ("111111", "too_easy"),
        ("112211", "too_easy"),
        ("121212", "too_easy"),
        ("407407", "too_easy"),
        ("831224", "too_easy"),
        ("241283", "too_easy"),
        ("19831224", "too_easy"),
        ("24121983", "too_easy"),
        ("831399", None),
        ("710017", "too_easy"),  # the employee number
    ],
)
def test_what_colleagues_guess_first_is_refused(code, fault):
    assert personal_code_fault(code, "1001" if code != "710017" else "71001") == fault


def prove(town, name, ago=timedelta()):
    """A session of somebody who has shown who it is; its key."""
    actor = town.actor(name)
    start_session(
        town.house,
        account_id=actor.account_id,
        employer_id=actor.employer_id,
        user_agent="",
        remember=False,
    )
    with town.work(name) as ctx:
        row = ctx.db.scalars(select(UserSession).order_by(UserSession.id.desc())).first()
        row.proven_at = ctx.now - ago
        return row.id


def choose(town, name="amina", code=CODE):
    """Let somebody choose a personal code."""
    session = prove(town, name)
    with town.work(name, writes=False) as ctx:
        set_personal_code(ctx, session, code, "1001")
    return session


def opens(town, code, name="amina"):
    """Whether a code opens somebody's account."""
    account_id = town.actor(name).account_id
    with town.inside() as ctx:
        return code_opens(ctx, account_id, code)


def test_the_own_code_opens_however_it_is_typed_and_no_other(granvik):
    choose(granvik)
    assert opens(granvik, "407193")
    assert opens(granvik, "4071-93")
    assert not opens(granvik, "407194")
    assert not opens(granvik, "407193", "farid")
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(PersonalCode.code_hash)).one().startswith("$argon2id$")


def test_it_needs_a_fresh_proof_and_is_told_by_mail(granvik):
    session = prove(granvik, "amina", ago=timedelta(minutes=16))
    with granvik.work("amina", writes=False) as ctx, pytest.raises(NotAllowed):
        set_personal_code(ctx, session, CODE, "1001")
    session = prove(granvik, "amina")
    with granvik.work("amina", writes=False) as ctx, pytest.raises(Invalid):
        set_personal_code(ctx, session, "123456", "1001")
    with granvik.work("amina", writes=False) as ctx:
        assert personal_code_since(ctx) is None
    choose(granvik)
    work_off(granvik.house)
    letters = [path.read_text() for path in granvik.house.settings.mail_folder.glob("*.eml")]
    assert len(letters) == 1
    assert "amina.yusuf@" in letters[0]
    with granvik.inside() as ctx:
        assert "407193" not in str(ctx.db.execute(select(AuditEntry.facts)).all())


def test_five_wrong_ones_block_it_until_another_sign_in(granvik):
    choose(granvik)
    choose(granvik, "farid", "552871")
    for _try in range(PERSONAL_CODE_TRIES):
        assert not opens(granvik, "000000")
    assert not opens(granvik, "407193")
    assert opens(granvik, "552871", "farid")
    prove(granvik, "amina")  # signs in
    assert opens(granvik, "407193")


def test_a_removed_code_and_one_of_a_taken_back_account_open_nothing(granvik):
    session = choose(granvik)
    with granvik.work("amina") as ctx:
        remove_personal_code(ctx, session)
        remove_personal_code(ctx, session)
    assert not opens(granvik, "407193")
    with granvik.inside() as ctx:
        about = select(AuditEntry.action).where(AuditEntry.action.like("personal_code.%"))
        about = about.order_by(AuditEntry.id)
        assert list(ctx.db.scalars(about)) == ["personal_code.set", "personal_code.removed"]
    choose(granvik)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Account)
            .where(Account.id == granvik.actor("amina").account_id)
            .values(activated_at=datetime.now(UTC) + timedelta(seconds=1))
        )
    assert not opens(granvik, "407193")


def test_who_says_that_it_was_not_them_is_rid_of_it(granvik):
    session = choose(granvik)
    with granvik.work("amina") as ctx:
        change_phone(ctx, session, "070-174 06 12")
        ctx.db.flush()
        token, _code = secrets_of(ctx, ctx.db.scalars(select(SignInChange)).one())
    with granvik.inside(writes=True) as ctx:
        assert stop_change(ctx, token)
    with granvik.inside() as ctx:
        assert list(ctx.db.scalars(select(PersonalCode))) == []
