"""Publish courses: freeze what the authors' files say into editions that never change."""

from dataclasses import replace
from pathlib import Path

from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.catalogue.check import findings_in
from lms.catalogue.folder import CourseFolder, course_folders
from lms.catalogue.models import EditionRow
from lms.catalogue.publication import Publication
from lms.catalogue.reader import read_edition
from lms.catalogue.rules import Published, forgotten, label_order, lacks
from lms.catalogue.snapshot import media_key, snapshot_key, to_snapshot
from lms.catalogue.values import Edition


def publish_editions(ctx: Context, folder: Path) -> list[Publication]:
    """Publish every course of a folder, laid out as `courses/`, that checks clean; the others are left out.

    Open: run by the program's own start and commands.
    Doing it again changes nothing. Files are stored before the first statement, so that no write
    lock is held meanwhile and no row names a snapshot that is not there. What was published under
    a label stays what it is, through every restart and release: changed content is a new edition
    and needs a new label.
    """
    refused, clean = _sorted(ctx, folder)
    frozen = [_freeze(course) for course in clean]
    for course, (edition, data) in zip(clean, frozen, strict=True):
        contents = {media_key(sha): course.picture_bytes[name] for name, sha in edition.media.items()}
        for key, content in {**contents, snapshot_key(edition.digest): data}.items():
            if not ctx.house.files.has(key):
                ctx.house.files.put(key, content)
    return refused + [_publish(ctx, edition) for edition, _data in frozen]


def plan_editions(ctx: Context, folder: Path) -> list[Publication]:
    """What `publish_editions` would do with a folder; nothing is stored.

    Open: run by commands.
    """
    refused, clean = _sorted(ctx, folder)
    return refused + [_planned(ctx, _freeze(course)[0]) for course in clean]


def _sorted(ctx: Context, folder: Path) -> tuple[list[Publication], list[CourseFolder]]:
    """The courses of a folder: those that are not published, and why, and those that check clean."""
    refused: list[Publication] = []
    clean: list[CourseFolder] = []
    for course in course_folders(folder):
        faults = tuple(found for found in findings_in(course, ctx.today) if not found.is_warning)
        if faults:
            label = course.course.get("edition").text
            refused.append(Publication(course.course_id, course.country_code, label, faults=faults))
        else:
            clean.append(course)
    return refused, clean


def _freeze(course: CourseFolder) -> tuple[Edition, bytes]:
    """A course as an edition, and its snapshot."""
    edition = read_edition(course)
    digest, data = to_snapshot(edition)
    return replace(edition, digest=digest), data


def _planned(ctx: Context, edition: Edition) -> Publication:
    """What becomes of an edition beside those of its course that are there."""
    known = catalogue.chain(ctx, edition.course, edition.country)
    there = next((each.digest for each in known if each.label == edition.label), "")
    if there:
        is_taken = there != edition.digest
        return Publication(edition.course, edition.country, edition.label, there, is_taken=is_taken)
    changes = edition.changes
    asks = (changes.effect, changes.within_days) if changes else ()
    own = Published(0, edition.digest, edition.label, ctx.today, *asks)
    chain = sorted([*known, own], key=lambda each: label_order(each.label))
    contents = {each.id: catalogue.content(ctx, each) for each in known} | {own.id: edition}
    place = chain.index(own)
    before = chain[place - 1] if place else None
    missing = tuple(lacks(chain, contents))
    return Publication(
        edition.course,
        edition.country,
        edition.label,
        edition.digest,
        is_new=not missing,
        lacks=missing,
        before=before.label if before else "",
        newest=chain[-1].label,
        changes=changes,
        forgotten=forgotten(contents[before.id], edition) if before else (),
    )


def _publish(ctx: Context, edition: Edition) -> Publication:
    """Enter an edition, unless somebody else has entered one with its label a moment ago."""
    planned = _planned(ctx, edition)
    if not planned.is_new:
        return planned
    row = EditionRow(
        digest=edition.digest,
        course=edition.course,
        country=edition.country,
        label=edition.label,
        name=f"{edition.course} {edition.country} {edition.label}",
        published_on=edition.published_on,
        published_at=ctx.now,
        effect=edition.changes.effect if edition.changes else None,
        within_days=edition.changes.within_days if edition.changes else 0,
    )
    if not ctx.add_once(row):
        return _planned(ctx, edition)
    if row.within_days:
        ctx.later("after_edition", edition.digest, digest=edition.digest)
    return planned
