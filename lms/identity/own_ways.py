"""The person's own ways in, set right after the first sign-in by slip."""

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from lms.base.context import Context, work
from lms.base.errors import Conflict, Invalid
from lms.identity.actions import rotate_session
from lms.identity.models import Account, Identifier, UserSession
from lms.identity.passwords import hash_password
from lms.identity.queries import OwnWays, is_held, own_ways
from lms.identity.rules import normal_email, normal_phone, own_ways_fault, password_fault
from lms.identity.ways_in import activate, close_links


def set_own(
    ctx: Context,
    session_id: int,
    *,
    email: str = "",
    phone: str = "",
    password: str = "",
    own_words: tuple[str, ...] = (),
    remember: bool = False,
) -> str:
    """Store the person's own ways in and activate the account; the session's new raw token.

    Open: own account only, once: after the first sign-in by slip.
    Call it in a reading unit of work: the password is hashed before the writing one that it opens. What is left
    empty stays as it was. The address is verified by the first sign-in through it. Raises Invalid with the
    faults by field, Conflict if the account is active already.
    """
    known = own_ways(ctx)
    wanted = _wanted_ways(ctx, known, email, phone, password, own_words)
    hashed = hash_password(password) if password else None
    with work(ctx.house, ctx.actor, now=ctx.now) as change:
        account = change.db.get_one(Account, ctx.who.account_id, with_for_update=True)
        if account.activated_at is not None:
            raise Conflict("already_active")
        taken: dict[str, str] = {}
        for kind, value in (("email", wanted.email), ("phone", wanted.phone)):
            try:
                if value is not None:
                    set_identifier(change, account.id, kind, value)
            except Invalid as refusal:
                taken |= refusal.fields
        if taken:
            raise Invalid(taken)
        account.password_hash = hashed or account.password_hash
        account.language = ctx.language  # the one the person reads this page in
        activate(change, account)
        change.note("account.activated", change.db.get_one(UserSession, session_id), account=account.id)
        return rotate_session(change, session_id, remember=remember)


def _wanted_ways(
    ctx: Context, known: OwnWays, email: str, phone: str, password: str, own_words: tuple[str, ...]
) -> OwnWays:
    """The typed ways in their stored form, None for what was left empty; raises Invalid."""
    faults: dict[str, str] = {}
    wanted = OwnWays(
        normal_email(email) if email else None, normal_phone(phone, ctx.country) if phone else None
    )
    if email and wanted.email is None:
        faults["email"] = "not_email"
    if phone and wanted.phone is None:
        faults["phone"] = "not_phone"
    if password and (fault := password_fault(password, own_words)):
        faults["password"] = fault
    missing = own_ways_fault(
        email=bool(email or known.email), phone=bool(phone or known.phone), password=bool(password)
    )
    if missing:
        faults.setdefault("password" if missing == "phone_needs_password" else "email", missing)
    if faults:
        raise Invalid(faults)
    return wanted


def set_identifier(ctx: Context, account_id: int, kind: str, value: str, *, verified: bool = False) -> None:
    """Let the account have this address or number and no other of its kind.

    Open: called by actions that have checked who asks. Raises Invalid if it is another's, or was until
    a moment ago: as long as a change can be taken back nobody else gets the old address.
    """
    if is_held(ctx, account_id, kind, value):
        raise Invalid({kind: "taken"})
    owner = ctx.db.scalar(
        select(Identifier.account_id).where(Identifier.kind == kind, Identifier.value == value)
    )
    if owner == account_id and not verified:
        return
    try:
        if owner not in {None, account_id}:
            raise Invalid({kind: "taken"})
        with ctx.db.begin_nested():
            ctx.db.execute(
                delete(Identifier).where(Identifier.account_id == account_id, Identifier.kind == kind)
            )
            ctx.db.add(
                Identifier(
                    account_id=account_id,
                    kind=kind,
                    value=value,
                    created_at=ctx.now,
                    verified_at=ctx.now if verified else None,
                )
            )
    except IntegrityError:  # taken a moment ago
        raise Invalid({kind: "taken"}) from None
    if kind == "email":
        close_links(ctx, account_id, "mail")
