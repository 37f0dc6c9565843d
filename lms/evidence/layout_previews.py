"""The worker's part of layouts of certificates: contents for the pages of a preview, and what is forgotten."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select

import certificates
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.catalogue.queries import live_editions
from lms.catalogue.values import Edition
from lms.evidence.contents import certificate_content
from lms.evidence.layouts import KINDS, NAMES, newest_id, page_key, tried_key
from lms.evidence.models import CertificateLayout
from lms.evidence.rules import expires_on
from lms.organisation.models import Employer

KEPT = timedelta(days=14)  # what was tried last and waits to be published
KEPT_BESIDE = timedelta(days=1)  # what was tried before something else
AT_ONCE = 20  # files are deleted within the transaction
_NOBODYS = "2222222222"  # the number on the pages of a preview; its verification page says that there is none


def preview_of(ctx: Context, layout: UUID) -> dict[str, certificates.CertificateContent]:
    """What stands on the pages of a preview, by the name of its holder.

    Nothing if it was forgotten, another is tried by now, or no course is there to try it with.
    Open: called by the worker for a task that `try_layout` has left.
    """
    row = _tried(ctx, layout)
    editions = list(live_editions(ctx).values())
    if row is None or not editions or row.id != ctx.db.scalar(newest_id(ctx)):
        return {}
    employer = ctx.db.get_one(Employer, ctx.employer_id)
    longest = max(editions, key=lambda edition: len(" ".join(edition.text(ctx.language).outcomes.values())))
    return {
        name: _content(ctx, employer, longest if name == "longest" else editions[0], name, row)
        for name in NAMES
    }


def _content(
    ctx: Context, employer: Employer, edition: Edition, name: str, row: CertificateLayout
) -> certificates.CertificateContent:
    """A certificate that nobody has, of a course there is, as it would be issued today in this layout."""
    content = certificate_content(
        ctx,
        employer,
        edition,
        number=_NOBODYS,
        holder_name=NAMES[name],
        language=ctx.language,
        expires_on=expires_on(ctx.today, edition.validity_months),
        predecessor=_NOBODYS if name == "longest" else None,
    )
    return replace(
        content,
        layout=row.name,
        signatory_name=row.signatory_name,
        signatory_title=row.signatory_title,
    )


def note_previewed(ctx: Context, layout: UUID, in_ours: list[str], on_two: list[str]) -> None:
    """All pages of a preview are there; for the names `in_ours` the own template had no room, for `on_two` one sheet.

    Open: called by the worker.
    """
    row = _tried(ctx, layout)
    if row is not None:
        row.previewed_at, row.in_ours, row.on_two = ctx.now, in_ours, on_two


def forget_layouts(ctx: Context, most: int) -> int:
    """Forget layouts that were tried and not published, with data and pages, at most so many; returns how many.

    The rows are locked, so that one that is being published is left.

    Open: called by the worker. Raises Away if the files cannot be reached; nothing is forgotten then.
    """
    newest = newest_id(ctx).scalar_subquery()
    over = ctx.db.scalars(
        select(CertificateLayout)
        .where(
            CertificateLayout.employer_id == ctx.employer_id,
            CertificateLayout.published_at.is_(None),
            CertificateLayout.created_at < ctx.now - KEPT_BESIDE,
            or_(CertificateLayout.id != newest, CertificateLayout.created_at < ctx.now - KEPT),
        )
        .order_by(CertificateLayout.id)
        .limit(min(most, AT_ONCE))
        .with_for_update(key_share=True)
    ).all()
    for row in over:
        for name in NAMES:
            for kind in KINDS:
                ctx.house.files.delete(page_key(row.employer_id, row.public_id, name, kind))
        ctx.house.files.delete(tried_key(row.employer_id, row.public_id))
        ctx.db.delete(row)
    return len(over)


def _tried(ctx: Context, layout: UUID) -> CertificateLayout | None:
    try:
        return ctx.open(CertificateLayout, layout)
    except NotFound:
        return None
