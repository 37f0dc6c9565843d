"""How long certificates are kept, and that they are forgotten then: what they say, for whom, every file of theirs."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update

import certificates
from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.evidence.models import CertificateFile, CertificateRow, Revocation, SignedCredential
from lms.organisation.models import Employer, Employment
from lms.register.rules import add_months

KEPT = 120  # months, where the employer has set no other time
LEAST = 24  # months: as long as the one that renews it, and names it, can be valid
MOST = 600
AT_ONCE = 100  # files are deleted within the transaction, and nobody is to wait for a store that is slow
MENDED_WITHIN = timedelta(
    days=183
)  # a last day that was told late or wrongly takes nothing from anybody at once


def months_kept(ctx: Context) -> int:
    """How long the employer keeps certificates that are over, in months. One statement.

    Open: everybody who works there may know.
    """
    return _kept_by(ctx.db.get_one(Employer, ctx.employer_id))


def _kept_by(employer: Employer) -> int:
    return max(LEAST, employer.retention.get("certificate", KEPT))


def certificates_over(ctx: Context, months: int) -> int:
    """How many certificates would be forgotten at once if they were kept for so many months. Raises Invalid."""
    ctx.require(Permission.SET_RETENTION)
    _check(months)
    is_over = _is_over(ctx, months)
    return ctx.db.scalars(select(func.count(CertificateRow.id)).where(*is_over)).one()


def set_months_kept(ctx: Context, months: int) -> None:
    """Keep certificates for so many months after they are over; what is older is forgotten soon, for good.

    Raises Invalid for less than is needed for them to be checked, and for more than anybody asks.
    """
    ctx.require(Permission.SET_RETENTION)
    _check(months)
    employer = ctx.db.get_one(Employer, ctx.employer_id, with_for_update={"key_share": True})
    before = _kept_by(employer)
    if months != before:
        employer.retention = {**employer.retention, "certificate": months}
        ctx.note("employer.certificates_kept", employer, before=before, months=months)


def _check(months: int) -> None:
    if not LEAST <= months <= MOST:
        raise Invalid({"months": "too_few" if months < LEAST else "too_many"})


def forget_certificates(ctx: Context, most: int) -> int:
    """Forget certificates whose time is over, at most so many; returns how many.

    How long they are kept, in months, is the employer's to say (`Employer.retention`, `certificate`): it counts from
    the last day of validity (without one, the day of the test) or the holder's last day here, whichever is later.
    The number stays, and that there was a certificate: so neither is given to another, and whoever asks is told. What
    it proved is the register's, which has its own rules.

    Open: called by the worker. Raises Away if the files cannot be reached; nothing is forgotten then.
    """
    over = _over(ctx, min(most, AT_ONCE))
    for digest in over.values():  # the files first: once the digest is gone nothing leads to them
        for ink_saving in (False, True):
            ctx.house.files.delete(certificates.key_of_digest(digest, ink_saving=ink_saving))
    if over:
        _forget(ctx, list(over))
    return len(over)


def forgotten_among(ctx: Context, shown: Iterable[tuple[str | None, date | None]]) -> frozenset[str]:
    """Of certificates by number and last day, as the register shows them, those that are forgotten: no page is theirs.

    One statement, and none where all counted within the least time they are kept.
    Open: asked by pages that show the numbers anyway, to link fewer.
    """
    since = add_months(ctx.today, -LEAST)
    past = {number for number, last in shown if number and (last is None or last < since)}
    if not past:
        return frozenset()
    return frozenset(
        ctx.db.scalars(
            select(CertificateRow.number).where(
                CertificateRow.employer_id == ctx.employer_id,
                CertificateRow.number.in_(past),
                CertificateRow.forgotten_on.is_not(None),
            )
        )
    )


def _over(ctx: Context, most: int) -> dict[int, str]:
    """The digests of certificates whose time is over, by their ids."""
    rows = ctx.db.execute(
        select(CertificateRow.id, CertificateRow.digest)
        .where(*_is_over(ctx, months_kept(ctx)))
        .order_by(CertificateRow.achieved_on, CertificateRow.id)  # as the index has them
        .limit(most)
    )
    return {row.id: row.digest for row in rows}


def _is_over(ctx: Context, months: int) -> tuple[ColumnElement[bool], ...]:
    """Which certificates were over so many months ago, and are not forgotten."""
    since = add_months(ctx.today, -months)
    worked_here = exists().where(
        Employment.employer_id == CertificateRow.employer_id,
        Employment.person_id == CertificateRow.person_id,
        or_(Employment.valid_to.is_(None), Employment.valid_to >= since),
        or_(Employment.superseded_at.is_(None), Employment.superseded_at >= ctx.now - MENDED_WITHIN),
    )
    return (
        CertificateRow.employer_id == ctx.employer_id,
        CertificateRow.forgotten_on.is_(None),
        CertificateRow.achieved_on < since,  # follows from the next line, and has an index
        func.coalesce(CertificateRow.expires_on, CertificateRow.achieved_on) < since,
        ~worked_here,
    )


def _forget(ctx: Context, ids: list[int]) -> None:
    """Empty the rows; of the signed form its place in a list of the revoked stays taken."""
    nothing = {"document": None, "token": None, "key_id": None, "token_key_id": None, "signed_at": None}
    is_over = CertificateRow.employer_id == ctx.employer_id, CertificateRow.id.in_(ids)
    for statement in (
        update(CertificateRow).where(*is_over).values(content="", digest="", forgotten_on=ctx.today),
        update(SignedCredential).where(_of(ctx, SignedCredential, ids)).values(nothing),
        update(Revocation).where(_of(ctx, Revocation, ids)).values(reason=""),
        delete(CertificateFile).where(_of(ctx, CertificateFile, ids)),
    ):
        ctx.db.execute(statement.execution_options(synchronize_session=False))


def _of(
    ctx: Context, table: type[SignedCredential | Revocation | CertificateFile], ids: list[int]
) -> ColumnElement[bool]:
    return and_(table.employer_id == ctx.employer_id, table.certificate_id.in_(ids))
