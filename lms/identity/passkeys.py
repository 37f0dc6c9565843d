"""Passkeys (WebAuthn): as second factor, and as a way in alone, for the phone asks for face, finger or code itself."""

from dataclasses import dataclass
from secrets import token_bytes
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from lms.base.context import Context
from lms.base.errors import NotFound
from lms.identity.changes import tell_new_factor
from lms.identity.factor_rules import CHALLENGE_LASTS, RelyingParty, relying_party
from lms.identity.models import Account, Passkey, PasskeyChallenge
from lms.identity.recovery_codes import first_codes
from lms.identity.rules import device_label, token_hash
from lms.identity.second_factor import (
    Proven,
    forget_proofs_without_factor,
    prove_session,
    require_fresh,
    tell_own,
)

Purpose = Literal["add", "prove", "enter"]
NAME = "Kunnig"
CHALLENGE_BYTES = 32
LARGEST_ANSWER = 16 * 1024  # characters; real ones have one or two thousand, with an attestation some more
# What the library raises for an answer that is wrong, or that is none at all.
NO_ANSWER = (WebAuthnException, ValueError, LookupError, TypeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Shown:
    """A passkey that has signed: whose it is, and whether its counter shows that there is a copy of it."""

    account_id: int
    copied: bool


def ask_to_add(ctx: Context, session_id: int, browser: str) -> str:
    """Options (JSON) for the browser with this token to make a passkey for the signed-in account.

    Open: own account only. Raises NotFound where passkeys do not work, Conflict if another factor was not
    proven just now.
    """
    require_fresh(ctx, session_id)
    account = ctx.db.get_one(Account, ctx.who.account_id)
    options = generate_registration_options(
        rp_id=_party(ctx).domain,
        rp_name=NAME,
        user_id=account.public_id.bytes,
        user_name=ctx.who.name,
        challenge=_new_challenge(ctx, browser, "add"),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_own(ctx),
    )
    return options_to_json(options)


def add_passkey(
    ctx: Context, session_id: int, browser: str, answer: str, *, user_agent: str = ""
) -> Proven | None:
    """Keep the passkey a browser has made; None if its answer is not one to what it was asked, or known already.

    Open: own account only. Raises Conflict as `ask_to_add`. The challenge is used up also by a wrong answer.
    """
    require_fresh(ctx, session_id)
    party, challenge = _party(ctx), _take_challenge(ctx, browser, "add")
    if challenge is None or len(answer) > LARGEST_ANSWER:
        return None
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.domain,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except NO_ANSWER:
        return None
    row = Passkey(
        account_id=ctx.who.account_id,
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        device=device_label(user_agent),
        created_at=ctx.now,
    )
    if not ctx.add_once(row):
        return None
    tell_new_factor(ctx, "passkey", session_id)
    return prove_session(ctx, session_id, first_codes(ctx))


def ask_to_prove(ctx: Context, browser: str) -> str:
    """Options (JSON) for the browser with this token to sign with a passkey of the signed-in account.

    Open: own account only. Raises NotFound where passkeys do not work.
    """
    return _ask(ctx, browser, "prove", _own(ctx))


def ask_to_enter(ctx: Context, browser: str) -> str:
    """Options (JSON) for the browser with this token to sign with any passkey it has for this place.

    Open: asked before anybody is signed in. Raises NotFound where passkeys do not work.
    """
    return _ask(ctx, browser, "enter", [])


def _ask(ctx: Context, browser: str, purpose: Purpose, allowed: list[PublicKeyCredentialDescriptor]) -> str:
    options = generate_authentication_options(
        rp_id=_party(ctx).domain,
        challenge=_new_challenge(ctx, browser, purpose),
        allow_credentials=allowed,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def prove_with_passkey(ctx: Context, session_id: int, browser: str, answer: str) -> Proven | None:
    """Prove the second factor with a passkey of the signed-in account; None if the answer is not one.

    Open: own session only; the signature is the proof. A passkey whose counter shows a copy is refused, noted
    and told.
    """
    shown = _shown(ctx, browser, "prove", answer)
    if shown is None or shown.account_id != ctx.who.account_id:
        return None
    if shown.copied:
        tell_own(ctx, "passkey_copied", session_id)
        return None
    return prove_session(ctx, session_id)


def passkey_shown(ctx: Context, browser: str, answer: str) -> Shown | None:
    """Whose passkey has signed what this browser was asked to sign; None if the answer is not one.

    Open: the signature is the proof, of both factors: the passkey is something one has, and the device has
    asked for face, finger or code (user verification).
    """
    return _shown(ctx, browser, "enter", answer)


def remove_passkey(ctx: Context, session_id: int, public_id: UUID) -> None:
    """Take a passkey of the signed-in account away.

    Open: own account only. Raises NotFound if it is not one's own, Conflict if the second factor was not proven
    just now.
    """
    require_fresh(ctx, session_id)
    removed = ctx.db.scalar(
        delete(Passkey)
        .where(Passkey.account_id == ctx.who.account_id, Passkey.public_id == public_id)
        .returning(Passkey.id)
    )
    if removed is None:
        raise NotFound
    forget_proofs_without_factor(ctx)
    tell_own(ctx, "passkey_removed", session_id)


def _shown(ctx: Context, browser: str, purpose: Purpose, answer: str) -> Shown | None:
    """The passkey behind an answer, its counter moved on; the challenge is used up also by a wrong answer."""
    challenge = _take_challenge(ctx, browser, purpose)
    if challenge is None or len(answer) > LARGEST_ANSWER:
        return None
    try:
        credential = parse_authentication_credential_json(answer)
        row = ctx.db.scalar(
            select(Passkey).where(Passkey.credential_id == bytes_to_base64url(credential.raw_id))
        )
        if row is None:
            return None
        party = _party(ctx)
        signed: VerifiedAuthentication = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.domain,
            expected_origin=party.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=0,  # the counter is looked at below, so that a copy can be told
            require_user_verification=True,
        )
    except NO_ANSWER:
        return None
    count = signed.new_sign_count
    moved_on = ctx.db.scalar(  # WebAuthn Level 3, 7.2 step 22: one that does not grow may mean a copy
        update(Passkey)
        .where(Passkey.id == row.id, Passkey.sign_count < count if count else Passkey.sign_count == 0)
        .values(sign_count=count, used_at=ctx.now)
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    )
    return Shown(row.account_id, copied=moved_on is None)


def _own(ctx: Context) -> list[PublicKeyCredentialDescriptor]:
    ids = ctx.db.scalars(select(Passkey.credential_id).where(Passkey.account_id == ctx.who.account_id))
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in ids]


def _party(ctx: Context) -> RelyingParty:
    party = relying_party(ctx.house.settings.public_url)
    if party is None:
        raise NotFound
    return party


def _new_challenge(ctx: Context, browser: str, purpose: Purpose) -> bytes:
    """A challenge for this browser, in place of an earlier one; those nobody has answered are swept."""
    challenge, hashed = token_bytes(CHALLENGE_BYTES), token_hash(browser)
    ctx.db.execute(
        delete(PasskeyChallenge).where(
            or_(PasskeyChallenge.browser == hashed, PasskeyChallenge.expires_at <= ctx.now)
        )
    )
    ctx.add_once(  # asked twice at the same time: the first one counts
        PasskeyChallenge(
            browser=hashed, purpose=purpose, challenge=challenge, expires_at=ctx.now + CHALLENGE_LASTS
        )
    )
    return challenge


def _take_challenge(ctx: Context, browser: str, purpose: Purpose) -> bytes | None:
    """What this browser was last asked to sign for a purpose, once; None if nothing, or too long ago."""
    return ctx.db.scalar(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.browser == token_hash(browser),
            PasskeyChallenge.purpose == purpose,
            PasskeyChallenge.expires_at > ctx.now,
        )
        .returning(PasskeyChallenge.challenge)
    )
