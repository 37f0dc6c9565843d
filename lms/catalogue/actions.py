"""Publish courses: freeze what the authors' files say into editions that never change."""

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select

from lms.base.context import Context
from lms.base.files import FileStore
from lms.catalogue.check import findings_in
from lms.catalogue.folder import CourseFolder, course_folders
from lms.catalogue.models import EditionRow
from lms.catalogue.reader import read_edition
from lms.catalogue.snapshot import media_key, snapshot_key, to_snapshot
from lms.catalogue.values import Edition


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of a course: a new edition, one that was there already, or none.

    None because of `faults`, or because the label `is_taken`: it was published with other content,
    which stays in force.
    """

    course: str
    country: str
    label: str
    digest: str = ""
    is_new: bool = False
    is_taken: bool = False
    faults: int = 0

    def __str__(self) -> str:
        """One line for whoever runs the command."""
        name = f"{self.course} {self.country} {self.label}"
        if self.faults:
            return f"{name}: not published, {self.faults} faults (see: kunnig courses check)"
        if self.is_taken:
            return f"{name}: published earlier with other content, which stays; changed content needs a new label"
        return f"{name}: published" if self.is_new else f"{name}: published already"


def publish_editions(ctx: Context, folder: Path) -> list[Publication]:
    """Publish every course of a folder, laid out as `courses/`, that checks clean; the others are left out.

    Open: run by the program's own start and commands.
    Doing it again changes nothing. Files are stored before the first statement, so that no write
    lock is held meanwhile and no row names a snapshot that is not there. What was published under
    a label stays what it is, through every restart and release: changed content is a new edition
    and needs a new label.
    """
    frozen: list[Edition] = []
    refused: list[Publication] = []
    for course in course_folders(folder):
        faults = sum(not found.is_warning for found in findings_in(course, ctx.today))
        if faults:
            label = course.course.get("edition").text
            refused.append(Publication(course.course_id, course.country_code, label, faults=faults))
        else:
            frozen.append(_freeze(ctx.house.files, course))
    return refused + [_record(ctx, edition) for edition in frozen]


def _freeze(files: FileStore, course: CourseFolder) -> Edition:
    """Store the pictures and the snapshot of a course; what lies there already is not stored again."""
    edition = read_edition(course)
    digest, data = to_snapshot(edition)
    contents = {media_key(sha): course.picture_bytes[name] for name, sha in edition.media.items()}
    for key, content in {**contents, snapshot_key(digest): data}.items():
        if not files.has(key):
            files.put(key, content)
    return replace(edition, digest=digest)


def _record(ctx: Context, edition: Edition) -> Publication:
    """The row of a frozen edition, written if its label is not published yet."""
    known = ctx.db.scalars(
        select(EditionRow).where(
            EditionRow.course == edition.course,
            EditionRow.country == edition.country,
            EditionRow.label == edition.label,
        )
    ).first()
    if known and known.digest != edition.digest:
        return Publication(edition.course, edition.country, edition.label, known.digest, is_taken=True)
    if not known:
        ctx.db.add(
            EditionRow(
                digest=edition.digest,
                course=edition.course,
                country=edition.country,
                label=edition.label,
                published_on=edition.published_on,
                published_at=ctx.now,
            )
        )
        ctx.db.flush()
    return Publication(edition.course, edition.country, edition.label, edition.digest, is_new=not known)
