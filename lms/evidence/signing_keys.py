"""The keys that sign for an employer: made, exchanged, disowned, published."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, update

from certificates import credential
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.evidence.models import RevokedList, SignedCredential, SigningKey
from lms.identity.sealing import seal, unseal
from lms.organisation.models import Employer

DOCUMENT, TOKEN = "document", "token"


@dataclass(frozen=True, slots=True)
class Need:
    """For whom, by the identifier of the day, a key of which kind has to be there."""

    did: str
    kind: str


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """A key that was just made, and is kept nowhere yet."""

    need: Need
    name: str
    secret: str
    public: dict[str, Any]


def issuer_of(ctx: Context) -> credential.Issuer:
    """Who signs: the employer's page, and the identifier that follows from its address.

    Open: public by its nature.
    """
    slug = ctx.db.get_one(Employer, ctx.employer_id).slug
    url = f"{ctx.house.settings.public_url}/e/{slug}"
    return credential.Issuer(credential.did_of(url), url)


def needed_keys(ctx: Context) -> list[Need]:
    """The kinds of key that have to be there: both, for today's address and for each of before that has lists.

    Open: called by the worker and by commands.
    """
    now = issuer_of(ctx).did
    listed = ctx.db.scalars(
        select(RevokedList.did).where(RevokedList.employer_id == ctx.employer_id).distinct()
    )
    before = sorted({did for did in listed if did != now})
    return [Need(did, kind) for did in (now, *before) for kind in (DOCUMENT, TOKEN)]


def missing_keys(ctx: Context) -> list[Need]:
    """What of it is not there.

    Open: called by the worker.
    """
    return [need for need in needed_keys(ctx) if _newest(ctx, need) is None]


def make_keys(needs: Iterable[Need]) -> list[NewKey]:
    """Keys by chance; takes a while, so no transaction is open meanwhile.

    Open: nothing is kept yet.
    """
    return [_made(need) for need in needs]


def keep_keys(ctx: Context, made: Iterable[NewKey], *, exchange: bool = False) -> list[SigningKey]:
    """Keep keys that were made, where none is there; to `exchange` them, those of before sign no more.

    Open: called by the worker and by commands.
    """
    ctx.db.execute(select(Employer.id).where(Employer.id == ctx.employer_id).with_for_update(key_share=True))
    kept = []
    for new in made:
        old = _newest(ctx, new.need)
        if old is not None and not exchange:  # another worker was quicker
            continue
        if old is not None:
            old.retired_at = ctx.now
            ctx.note("key.retired", old, kind=old.kind, name=old.name)
        row = SigningKey(
            employer_id=ctx.employer_id, kind=new.need.kind, did=new.need.did, name=new.name, public=new.public,
            sealed=seal(_secret(ctx), _purpose(ctx, new.name), new.secret), made_at=ctx.now,
        )  # fmt: skip
        ctx.db.add(row)
        ctx.note("key.made", row, kind=row.kind, name=row.name)
        kept.append(row)
    return kept


def disown_key(ctx: Context, name: str) -> int:
    """Somebody else may have a key: believe nothing that it signed, and sign that anew. How many certificates that is.

    Open: called by the command. Raises NotFound if the employer has no such key.
    """
    key = ctx.db.scalars(_keys(ctx).where(SigningKey.name == name)).first()
    if key is None:
        raise NotFound("key", name=name)
    key.disowned_at = key.disowned_at or ctx.now
    key.retired_at = key.retired_at or ctx.now
    column = SignedCredential.key_id if key.kind == DOCUMENT else SignedCredential.token_key_id
    signed = SignedCredential.employer_id == ctx.employer_id, column == key.id
    count = ctx.db.scalar(select(func.count()).select_from(SignedCredential).where(*signed)) or 0
    ctx.db.execute(update(SignedCredential).where(*signed).values(document=None, token=None, signed_at=None))
    ctx.note("key.disowned", key, kind=key.kind, name=key.name, certificates=count)
    run = f"{ctx.employer_id}:key {key.id}"
    ctx.later("sign_left", run, run=run)
    return count


def signing_key(ctx: Context, need: Need) -> tuple[SigningKey, str]:
    """The key that signs now, and its secret half.

    Open: called by whoever signs in the employer's name.

    Raises RuntimeError if there is none, or if it was sealed with another secret than the house has today.
    """
    key = _newest(ctx, need)
    if key is None:
        message = f"no key of kind {need.kind} for {need.did}: kunnig keys rotate"
        raise RuntimeError(message)
    secret = _opened(ctx, key)
    if secret is None:
        message = (
            "signing keys are sealed with another KUNNIG_SECRET_KEY: set that one, or kunnig keys rotate"
        )
        raise RuntimeError(message)
    return key, secret


def sealed_otherwise(ctx: Context) -> list[str]:
    """Names of the keys that should sign now and cannot be opened.

    Open: asked by the doctor.
    """
    keys = (_newest(ctx, need) for need in needed_keys(ctx))
    return [key.name for key in keys if key is not None and _opened(ctx, key) is None]


def published_keys(ctx: Context) -> list[dict[str, Any]]:
    """The employer's keys as others read them, all that have ever signed: a document for each address there was.

    The document of today's address is the first, also while there is no key yet. Two statements.

    Open: public by their nature.
    """
    rows = ctx.db.scalars(_keys(ctx).order_by(SigningKey.id)).all()
    dids = dict.fromkeys([issuer_of(ctx).did, *(row.did for row in rows)])
    return [_document(did, [row for row in rows if row.did == did]) for did in dids]


def keys_at(ctx: Context, address: str) -> dict[str, Any]:
    """The document that is published at an address below the employer's, also one of before; else today's.

    Open: public by their nature.
    """
    documents = published_keys(ctx)
    return next((each for each in documents if each["id"] == credential.did_of(address)), documents[0])


def _document(did: str, rows: list[SigningKey]) -> dict[str, Any]:
    return credential.did_document(
        did,
        [credential.public_key(row.name) for row in rows if row.kind == DOCUMENT],
        [row.public for row in rows if row.kind == TOKEN],
        {row.name for row in rows if row.disowned_at is not None},
    )


def _keys(ctx: Context) -> Select[SigningKey]:
    return select(SigningKey).where(SigningKey.employer_id == ctx.employer_id)


def _newest(ctx: Context, need: Need) -> SigningKey | None:
    return ctx.db.scalars(
        _keys(ctx)
        .where(SigningKey.did == need.did, SigningKey.kind == need.kind, SigningKey.retired_at.is_(None))
        .order_by(SigningKey.id.desc())
        .limit(1)
    ).first()


def _opened(ctx: Context, key: SigningKey) -> str | None:
    return unseal(_secret(ctx), _purpose(ctx, key.name), key.sealed)


def _made(need: Need) -> NewKey:
    if need.kind == DOCUMENT:
        key = credential.new_signing_key()
        return NewKey(need, key.public.multibase, key.multibase, {})
    token_key = credential.new_token_key()
    return NewKey(need, str(token_key["kid"]), json.dumps(token_key), credential.public_half(token_key))


def _secret(ctx: Context) -> str:
    return ctx.house.settings.secret_key.get_secret_value()


def _purpose(ctx: Context, name: str) -> str:
    return f"signing key {name} of employer {ctx.employer_id}"
