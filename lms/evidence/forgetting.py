"""Forget certificates, after the time the employer keeps them: what they say, for whom, and every file of theirs."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update

import certificates
from lms.base.context import Context
from lms.evidence.models import CertificateFile, CertificateRow, Revocation, SignedCredential
from lms.organisation.models import Employer, Employment
from lms.register.rules import add_months

KEPT = 120  # months, where the employer has set no other time
AT_ONCE = 100  # files are deleted within the transaction, and nobody is to wait for a store that is slow
MENDED_WITHIN = timedelta(
    days=183
)  # a last day that was told late or wrongly takes nothing from anybody at once


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

    One statement, and none where all count today.
    Open: asked by pages that show the numbers anyway, to link fewer.
    """
    past = {number for number, last in shown if number and (last is None or last < ctx.today)}
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
    kept: dict[str, int] = ctx.db.scalars(
        select(Employer.retention).where(Employer.id == ctx.employer_id)
    ).one()
    since = add_months(ctx.today, -kept.get("certificate", KEPT))
    worked_here = exists().where(
        Employment.employer_id == CertificateRow.employer_id,
        Employment.person_id == CertificateRow.person_id,
        or_(Employment.valid_to.is_(None), Employment.valid_to >= since),
        or_(Employment.superseded_at.is_(None), Employment.superseded_at >= ctx.now - MENDED_WITHIN),
    )
    rows = ctx.db.execute(
        select(CertificateRow.id, CertificateRow.digest)
        .where(
            CertificateRow.employer_id == ctx.employer_id,
            CertificateRow.forgotten_on.is_(None),
            CertificateRow.achieved_on < since,  # follows from the next line, and has an index
            func.coalesce(CertificateRow.expires_on, CertificateRow.achieved_on) < since,
            ~worked_here,
        )
        .order_by(CertificateRow.achieved_on, CertificateRow.id)  # as the index has them
        .limit(most)
    )
    return {row.id: row.digest for row in rows}


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
