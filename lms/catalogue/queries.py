"""Editions as values, read from the snapshots that the rows name; a snapshot is parsed once per process."""

import re
from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.catalogue.models import EditionRow
from lms.catalogue.snapshot import from_snapshot, media_key, snapshot_key
from lms.catalogue.values import Edition

COURSE_ORDER = ("documentation", "confidentiality", "deviations", "medication", "self-determination")
SNAPSHOTS_KEPT = 64  # parsed editions in the memory of a process

_parsed: dict[str, Edition] = {}  # by digest; what a digest names never changes
_SHA256 = re.compile(r"[0-9a-f]{64}")


def current_edition(ctx: Context, course: str) -> Edition:
    """The edition of a course published last in the employer's country. One statement.

    Raises NotFound if the course has none there.
    """
    ctx.require(Permission.SEE_COURSES)
    return newest_edition(ctx, course)


def newest_edition(ctx: Context, course: str) -> Edition:
    """The same for the worker, which writes letters about courses.

    Open: editions belong to no employer; the program itself holds no permission.
    """
    row = ctx.db.scalars(
        select(EditionRow)
        .where(EditionRow.course == course, EditionRow.country == ctx.country)
        .order_by(EditionRow.published_at.desc(), EditionRow.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound
    return _edition(ctx, row)


def current_editions(ctx: Context) -> list[Edition]:
    """The edition published last of every course in the employer's country, in the courses' order. One statement."""
    ctx.require(Permission.SEE_COURSES)
    rows = ctx.db.scalars(
        select(EditionRow)
        .where(EditionRow.country == ctx.country)
        .order_by(EditionRow.published_at, EditionRow.id)
    )
    last = {row.course: row for row in rows}  # the later of two rows stays
    return [_edition(ctx, last[course]) for course in sorted(last, key=_place)]


def edition(ctx: Context, edition_id: int) -> Edition:
    """The edition of a row. One statement. Raises NotFound.

    Open: editions belong to no employer; called by capabilities that have found the id in a row of their own.
    """
    row = ctx.db.get(EditionRow, edition_id)
    if row is None:
        raise NotFound
    return _edition(ctx, row)


def editions(ctx: Context, ids: Collection[int]) -> dict[int, Edition]:
    """Editions by the ids of their rows; unknown ids are left out. At most one statement.

    Open: editions belong to no employer; called by capabilities that have found the ids in rows of their own.
    """
    if not ids:
        return {}
    rows = ctx.db.scalars(select(EditionRow).where(EditionRow.id.in_(set(ids))))
    return {row.id: _edition(ctx, row) for row in rows}


def media(ctx: Context, sha: str) -> bytes:
    """A picture (SVG) by the SHA-256 of its bytes. No statement. Raises NotFound."""
    ctx.require(Permission.SEE_COURSES)
    if not _SHA256.fullmatch(sha):
        raise NotFound
    try:
        return ctx.house.files.get(media_key(sha))
    except KeyError:
        raise NotFound from None


def _place(course: str) -> tuple[int, str]:
    return (COURSE_ORDER.index(course) if course in COURSE_ORDER else len(COURSE_ORDER), course)


def _edition(ctx: Context, row: EditionRow) -> Edition:
    found = _parsed.get(row.digest)
    if found is None:
        found = from_snapshot(row.digest, ctx.house.files.get(snapshot_key(row.digest)))
        if len(_parsed) >= SNAPSHOTS_KEPT:
            _parsed.clear()
        _parsed[row.digest] = found
    return replace(found, id=row.id)
