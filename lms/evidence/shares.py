"""Share certificates by a link that ends: whoever has it sees those certificates as they stand, and nothing else.

The link belongs to the account, for one may share certificates of several employers. Each is read in its own
employer's context, with the verdict that its page of verification gives.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update
from uuid_utils.compat import uuid7

import certificates
from lms.base.context import Context, House, work
from lms.base.errors import Conflict, Invalid, NotFound
from lms.evidence.checking import Verification, check_known, may_be_named
from lms.evidence.models import CertificateNumber, CertificateShare
from lms.evidence.queries import Certificate, certificates_shown
from lms.evidence.wallet import at_employer, wallet
from lms.identity.models import Account
from lms.identity.rules import share_token, token_hash
from lms.organisation.models import Person

DAYS = (1, 7, 30)  # how long a link may lead somewhere
USUAL = 7
MOST_AT_ONCE = 30  # certificates behind one link
MOST_LINKS = 20  # of one account that lead somewhere
LONGEST_NOTE = 80  # characters
KEPT = timedelta(days=30)  # so long one can look up how often a link that has ended was opened


@dataclass(frozen=True, slots=True)
class OwnShare:
    """A link as the person who shares sees it."""

    public_id: UUID
    address: str  # empty: it was made with another secret of the house, and cannot be worked out again
    numbers: tuple[str, ...]  # as stored
    note: str
    with_name: bool
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    opened: int
    is_running: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A shared certificate, and whose it is."""

    certificate: Certificate
    verification: Verification  # as the page that verifies it says
    employer_id: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What a link leads to now."""

    share_id: int
    expires_at: datetime
    is_named: bool  # no name is shown of who is protected at any employer, whichever has issued it
    has_files: bool  # that have the name in them
    certificates: list[Shown]


# A link leads nowhere any more once the account was taken back, from somebody who came in with another's slip.
_OF_WHO_HAS_IT_NOW = exists().where(
    Account.id == CertificateShare.account_id, Account.activated_at <= CertificateShare.created_at
)


def share_certificates(
    ctx: Context, numbers: Collection[str], *, days: int, note: str = "", with_name: bool = False
) -> UUID:
    """Let whoever has a link see some of the actor's own certificates for so many days; the link's public id.

    `with_name` lets files with the name be fetched though the identity is protected. The change log says how many were
    shared and for how long, not which and for whom: that is nothing for the employer to know.
    Raises Invalid (`numbers`, also of one that was replaced, `days`, `note`), NotFound for one that is not the actor's,
    Conflict with too many links.
    Open: own certificates only.
    """
    chosen = [certificates.normalise(number) or "" for number in dict.fromkeys(numbers)]
    faults = {}
    if not 0 < len(chosen) <= MOST_AT_ONCE:
        faults["numbers"] = "missing" if not chosen else "too_many"
    if days not in DAYS:
        faults["days"] = "missing"
    if len(note) > LONGEST_NOTE:
        faults["note"] = "too_long"
    if faults:
        raise Invalid(faults)
    own = {each.content.number: each for pocket in wallet(ctx) for each in pocket.certificates}
    if not own.keys() >= set(chosen):
        raise NotFound
    if any(own[number].replaced_by for number in chosen):
        raise Invalid({"numbers": "replaced"})
    if sum(each.is_running for each in my_shares(ctx)) >= MOST_LINKS:
        raise Conflict("too_many_shares")
    public_id = uuid7()
    ctx.db.add(
        CertificateShare(
            public_id=public_id,
            token_hash=token_hash(_token(ctx.house, public_id)),
            account_id=ctx.who.account_id,
            numbers=chosen,
            note=note.strip(),
            with_name=with_name,
            created_at=ctx.now,
            expires_at=ctx.now + timedelta(days=days),
        )
    )
    ctx.note("certificates.shared", ctx.open(Person, ctx.who.person_id), count=len(chosen), days=days)
    return public_id


def my_shares(ctx: Context) -> list[OwnShare]:
    """The actor's own links, those that lead somewhere first, then the newest. One statement.

    Open: own account only.
    """
    rows = ctx.db.scalars(
        select(CertificateShare)
        .where(CertificateShare.account_id == ctx.who.account_id, _OF_WHO_HAS_IT_NOW)
        .order_by(CertificateShare.id.desc())
    )
    return sorted((_own(ctx, row) for row in rows), key=lambda each: not each.is_running)


def _own(ctx: Context, row: CertificateShare) -> OwnShare:
    token = _token(ctx.house, row.public_id)
    is_known = token_hash(token) == row.token_hash
    return OwnShare(
        public_id=row.public_id,
        address=f"{ctx.house.settings.public_url}/s/{token}" if is_known else "",
        numbers=tuple(row.numbers),
        note=row.note,
        with_name=row.with_name,
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        opened=row.opened,
        is_running=row.ended_at is None and row.expires_at > ctx.now,
    )


def end_share(ctx: Context, public_id: UUID) -> None:
    """Let a link of the actor's own lead nowhere from now on. Raises NotFound; one that has ended stays as it is.

    Open: own account only.
    """
    row = ctx.db.scalar(
        select(CertificateShare).where(
            CertificateShare.public_id == public_id,
            CertificateShare.account_id == ctx.who.account_id,
            _OF_WHO_HAS_IT_NOW,
        )
    )
    if row is None:
        raise NotFound
    if row.ended_at is None and row.expires_at > ctx.now:
        row.ended_at = ctx.now
        ctx.note("certificates.share_ended", ctx.open(Person, ctx.who.person_id))


def shared_by(ctx: Context, token: str) -> Shared | None:
    """What the link with a token leads to now; None if there is none, it is over, was ended or the account taken back.

    Three statements, and two for each employer. Whatever became of a certificate since it was shared is in it.
    Open: who has the link has been given it; the caller throttles it.
    """
    row = ctx.db.scalar(
        select(CertificateShare).where(
            CertificateShare.token_hash == token_hash(token),
            CertificateShare.ended_at.is_(None),
            CertificateShare.expires_at > ctx.now,
            _OF_WHO_HAS_IT_NOW,
        )
    )
    if row is None:
        return None
    owners = ctx.db.execute(
        select(CertificateNumber.employer_id, CertificateNumber.certificate_id).where(
            CertificateNumber.number.in_(row.numbers)
        )
    )
    of_employer = defaultdict[int, list[int]](list)
    for employer_id, certificate_id in owners:
        of_employer[employer_id].append(certificate_id)
    is_named = may_be_named(ctx, row.account_id)
    found = {}
    for employer_id, ids in of_employer.items():
        with at_employer(ctx, employer_id) as issuer:
            for each in certificates_shown(issuer, ids):
                found[each.content.number] = Shown(
                    each, check_known(issuer, each, is_named=is_named), employer_id
                )
            ctx.time_zone = issuer.time_zone
    shown = [found[number] for number in row.numbers if number in found]
    return Shared(row.id, row.expires_at, is_named, is_named or row.with_name, shown)


def count_opening(house: House, share_id: int, now: datetime) -> None:
    """Count that what a link leads to was opened; by whom is not kept. In a short transaction of its own.

    Open: called by the page that shows it.
    """
    with work(house, now=now) as ctx:
        ctx.db.execute(
            update(CertificateShare)
            .where(CertificateShare.id == share_id)
            .values(opened=CertificateShare.opened + 1)
            .execution_options(synchronize_session=False)
        )


def forget_shares(ctx: Context, most: int) -> int:
    """Delete links that ended long ago, at most so many; returns how many.

    Open: called by the worker.
    """
    before = ctx.now - KEPT
    is_over = or_(CertificateShare.expires_at < before, CertificateShare.ended_at < before)
    over = select(CertificateShare.id).where(is_over).limit(most)
    gone = delete(CertificateShare).where(CertificateShare.id.in_(over)).returning(CertificateShare.id)
    return len(ctx.db.execute(gone.execution_options(synchronize_session=False)).all())


def _token(house: House, public_id: UUID) -> str:
    return share_token(house.settings.secret_key.get_secret_value(), public_id)
