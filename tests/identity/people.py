"""People for the tests of sign-in: somebody who has never signed in, and what a mail to somebody holds."""

from datetime import UTC, datetime

from sqlalchemy import select, update

from lms.base.access import Actor
from lms.base.context import House, work
from lms.base.outbox import OutboxTask
from lms.identity.models import Account, Identifier
from lms.identity.passwords import hash_password
from lms.identity.ways_in import SignInLetter, sign_in_letter
from tests.builders import Town


def newcomer(town: Town, name: str) -> Actor:
    """Make a person of the town somebody who has never signed in."""
    actor = town.actor(name)
    with work(town.house) as ctx:
        ctx.db.get_one(Account, actor.account_id).activated_at = None
        ctx.db.execute(
            update(Identifier).where(Identifier.account_id == actor.account_id).values(verified_at=None)
        )
    return actor


def give_password(town: Town, name: str, password: str) -> None:
    """Let a person have this password."""
    hashed = hash_password(password)
    with work(town.house) as ctx:
        ctx.db.get_one(Account, town.actor(name).account_id).password_hash = hashed


def letters(house: House, now: datetime | None = None) -> list[SignInLetter]:
    """What the worker would mail, oldest first."""
    with work(house, writes=False, now=now or datetime.now(UTC)) as ctx:
        tasks = ctx.db.scalars(
            select(OutboxTask).where(OutboxTask.kind == "send_sign_in_mail").order_by(OutboxTask.id)
        )
        found = [sign_in_letter(ctx, **task.ids) for task in tasks]
    return [letter for letter in found if letter]
