"""Editions as values, read from the snapshots that the rows name; a snapshot is parsed once per process."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, bindparam, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.catalogue.models import EditionRow
from lms.catalogue.rules import Published, label_order
from lms.catalogue.snapshot import from_snapshot, media_key, snapshot_key
from lms.catalogue.values import Edition

COURSE_ORDER = ("documentation", "confidentiality", "deviations", "medication", "self-determination")
SNAPSHOTS_KEPT = 64  # parsed editions in the memory of a process

_parsed: dict[tuple[int, str], Edition] = {}  # by row and digest; what a digest names never changes
_SHA256 = re.compile(r"[0-9a-f]{64}")

_EDITIONS = select(EditionRow.id, EditionRow.digest, EditionRow.course)
_OF_COUNTRY = _EDITIONS.where(EditionRow.country == bindparam("country"))
_CHAINS = _OF_COUNTRY.add_columns(
    EditionRow.label, EditionRow.published_at, EditionRow.effect, EditionRow.within_days
)
_CHAIN = _CHAINS.where(EditionRow.course == bindparam("course"))
_ONE = _EDITIONS.where(EditionRow.id == bindparam("id"))
_NAMED = _EDITIONS.where(EditionRow.digest == bindparam("digest"))
_BY_ID = _EDITIONS.where(EditionRow.id.in_(bindparam("ids", expanding=True)))


def current_edition(ctx: Context, course: str) -> Edition:
    """The newest edition of a course in the employer's country, by its label. One statement.

    Raises NotFound if the course has none there.
    """
    ctx.require(Permission.SEE_COURSES)
    return newest_edition(ctx, course)


def newest_edition(ctx: Context, course: str) -> Edition:
    """The same for the worker, which writes letters about courses.

    Open: editions belong to no employer; the program itself holds no permission.
    """
    editions = chain(ctx, course)
    if not editions:
        raise NotFound
    return content(ctx, editions[-1])


def current_editions(ctx: Context) -> list[Edition]:
    """The newest edition of every course in the employer's country, in the courses' order. One statement."""
    ctx.require(Permission.SEE_COURSES)
    return [history.newest for history in histories(ctx).values()]


def live_editions(ctx: Context) -> dict[str, Edition]:
    """The same for the worker, by course: what is not among them cannot be taken.

    Open: editions belong to no employer; the program itself holds no permission.
    """
    return {course: content(ctx, editions[-1]) for course, editions in chains(ctx).items()}


@dataclass(frozen=True, slots=True)
class History:
    """All editions of a course in a country, oldest first by their labels, and the newest with its content."""

    chain: tuple[Published, ...]
    newest: Edition


def histories(ctx: Context) -> dict[str, History]:
    """Every course of the employer's country with its editions, in the courses' order. One statement."""
    ctx.require(Permission.SEE_COURSES)
    return {course: History(editions, content(ctx, editions[-1])) for course, editions in chains(ctx).items()}


def chains(ctx: Context) -> dict[str, tuple[Published, ...]]:
    """All editions of every course of the employer's country, as `chain` gives those of one. One statement.

    Open: as `chain`.
    """
    rows: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    for row in ctx.rows(_CHAINS, country=ctx.country):
        rows.setdefault(row.course, []).append(row)
    return {course: _chain(ctx, rows[course]) for course in sorted(rows, key=place)}


def history(ctx: Context, course: str) -> History:
    """A course of the employer's country with its editions. One statement. Raises NotFound."""
    ctx.require(Permission.SEE_COURSES)
    editions = chain(ctx, course)
    if not editions:
        raise NotFound
    return History(editions, content(ctx, editions[-1]))


def chain(ctx: Context, course: str, country: str = "") -> tuple[Published, ...]:
    """All editions of a course in the employer's country (or another), oldest first, without content. One statement.

    Open: editions belong to no employer; the ledger asks what they mean for its proofs.
    """
    return _chain(ctx, ctx.rows(_CHAIN, course=course, country=country or ctx.country))


def content(ctx: Context, published: Published) -> Edition:
    """The content of an edition. No statement.

    Open: editions belong to no employer.
    """
    return edition_of(ctx, published.id, published.digest)


def edition_of(ctx: Context, edition_id: int, digest: str) -> Edition:
    """The edition of a row, whose digest was read with it. No statement.

    Open: editions belong to no employer; called by capabilities that have found both in rows of their own.
    """
    found = _parsed.get((edition_id, digest))
    if found is None:
        found = replace(from_snapshot(digest, ctx.house.files.get(snapshot_key(digest))), id=edition_id)
        if len(_parsed) >= SNAPSHOTS_KEPT:
            _parsed.clear()
        _parsed[edition_id, digest] = found
    return found


def _chain(ctx: Context, rows: Iterable[Row[*tuple[Any, ...]]]) -> tuple[Published, ...]:
    editions = (
        Published(row.id, row.digest, row.label, ctx.day_of(row.published_at), row.effect, row.within_days)
        for row in rows
    )
    # Two of one label are there only where they were published before that was refused: the later one is newer.
    return tuple(sorted(editions, key=lambda edition: (label_order(edition.label), edition.id)))


def edition(ctx: Context, edition_id: int) -> Edition:
    """The edition of a row. One statement. Raises NotFound.

    Open: editions belong to no employer; called by capabilities that have found the id in a row of their own.
    """
    row = ctx.rows(_ONE, id=edition_id).first()
    if row is None:
        raise NotFound
    return edition_of(ctx, row.id, row.digest)


def edition_named(ctx: Context, digest: str) -> Edition:
    """The edition with a digest. One statement. Raises NotFound.

    Open: editions belong to no employer; asked by the worker, whose task names it.
    """
    row = ctx.rows(_NAMED, digest=digest).first()
    if row is None:
        raise NotFound
    return edition_of(ctx, row.id, row.digest)


def editions(ctx: Context, ids: Collection[int]) -> dict[int, Edition]:
    """Editions by the ids of their rows; unknown ids are left out. At most one statement.

    Open: editions belong to no employer; called by capabilities that have found the ids in rows of their own.
    """
    if not ids:
        return {}
    rows = ctx.rows(_BY_ID, ids=list(set(ids)))
    return {row.id: edition_of(ctx, row.id, row.digest) for row in rows}


def every_edition(ctx: Context) -> list[Edition]:
    """All editions there are, by course, country and label. One statement.

    Open: editions belong to no employer; asked by commands.
    """
    found = (edition_of(ctx, row.id, row.digest) for row in ctx.rows(_EDITIONS))
    return sorted(found, key=lambda each: (each.course, each.country, label_order(each.label)))


def media(ctx: Context, sha: str) -> bytes:
    """A picture (SVG) by the SHA-256 of its bytes. No statement. Raises NotFound."""
    ctx.require(Permission.SEE_COURSES)
    if not _SHA256.fullmatch(sha):
        raise NotFound
    try:
        return ctx.house.files.get(media_key(sha))
    except KeyError:
        raise NotFound from None


def place(course: str) -> tuple[int, str]:
    """What courses are sorted by wherever they stand in a row: those every service needs first, others by name.

    Open: pure.
    """
    return (COURSE_ORDER.index(course) if course in COURSE_ORDER else len(COURSE_ORDER), course)
