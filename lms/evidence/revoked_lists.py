"""Lists that tell machines which certificates are revoked, without telling anybody which one is asked about."""

import secrets
from typing import Any

from sqlalchemy import and_, func, or_, select

from certificates import credential
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.evidence.models import Revocation as Decision
from lms.evidence.models import RevokedList, SignedCredential
from lms.evidence.signing_keys import DOCUMENT, Need, issuer_of, signing_key
from lms.register.models import Proof

TRIES = 8  # to draw a free place; a list that is half full fails one time in 256, and then a new one is begun


def reserve_place(ctx: Context, certificate_id: int) -> SignedCredential:
    """A place by chance in the newest list, or in a new one where that fills up; of two who reserve at once one does.

    Open: called by the worker, before it signs.
    """
    into = _newest_list(ctx)
    for _draw in range(TRIES):
        row = SignedCredential(
            employer_id=ctx.employer_id,
            certificate_id=certificate_id,
            revoked_list_id=into.id,
            place=secrets.randbelow(credential.LENGTH),
        )
        if ctx.add_once(row):
            return row
        already = ctx.db.scalars(
            select(SignedCredential).where(
                SignedCredential.employer_id == ctx.employer_id,
                SignedCredential.certificate_id == certificate_id,
            )
        ).first()
        if already is not None:
            return already
    _new_list(ctx, into.number + 1)
    return reserve_place(ctx, certificate_id)


def revoked_list(ctx: Context, number: int) -> dict[str, Any]:
    """One list of the revoked, as of the last decision about one of them, signed. Raises NotFound for no such list.

    In it is also what was replaced since the name on it was wrong: machines know no other word for that. The same
    decisions have the same bytes, whenever it is asked for.
    Open: public by its nature; who is meant by a place of it is known only to who has the certificate.
    """
    listed = ctx.db.scalars(
        select(RevokedList).where(RevokedList.employer_id == ctx.employer_id, RevokedList.number == number)
    ).first()
    if listed is None:
        raise NotFound
    mine = SignedCredential.employer_id == ctx.employer_id, SignedCredential.revoked_list_id == listed.id
    # Before the places, so that what is decided in between is missing in neither or in the moment alone.
    decided_at = ctx.db.scalar(
        select(func.max(Decision.recorded_at))
        .join(
            SignedCredential,
            and_(
                SignedCredential.employer_id == Decision.employer_id,
                SignedCredential.certificate_id == Decision.certificate_id,
            ),
        )
        .where(*mine)
    )
    revoked = ctx.db.scalars(
        select(SignedCredential.place)
        .join(
            Proof,
            and_(
                Proof.employer_id == SignedCredential.employer_id,
                Proof.certificate_id == SignedCredential.certificate_id,
            ),
        )
        .where(*mine, or_(Proof.revoked_on.is_not(None), Proof.superseded_at.is_not(None)))
    ).all()
    at = max(decided_at or listed.made_at, listed.made_at)
    key, secret = signing_key(ctx, Need(listed.did, DOCUMENT))
    document = credential.revoked_credential(listed.address, listed.did, revoked, at)
    return credential.signed(
        document, credential.signing_key(secret), f"{listed.did}#{key.name}", max(at, key.made_at)
    )


def _newest_list(ctx: Context) -> RevokedList:
    """The list that is being filled, of the address of today."""
    newest = ctx.db.scalars(
        select(RevokedList)
        .where(RevokedList.employer_id == ctx.employer_id)
        .order_by(RevokedList.number.desc())
        .limit(1)
    ).first()
    if newest is not None and newest.did == issuer_of(ctx).did:
        return newest
    return _new_list(ctx, newest.number + 1 if newest else 1)


def _new_list(ctx: Context, number: int) -> RevokedList:
    """Begin a list; if another worker begins it at the same time, theirs."""
    issuer = issuer_of(ctx)
    ctx.add_once(
        RevokedList(
            employer_id=ctx.employer_id,
            number=number,
            did=issuer.did,
            address=f"{issuer.url}/revoked/{number}",
            made_at=ctx.now,
        )
    )
    return ctx.db.scalars(
        select(RevokedList).where(RevokedList.employer_id == ctx.employer_id, RevokedList.number == number)
    ).one()
