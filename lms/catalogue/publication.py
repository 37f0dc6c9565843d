"""What became of a course that was to be published, and how it is told to whoever runs the command."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lms.catalogue.document import Fault
from lms.catalogue.report import finding
from lms.catalogue.rules import LEAST_UPDATE_ITEMS, Lack
from lms.catalogue.values import Changes, Edition


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of a course: a new edition, one that was there already, or none.

    None because of `faults`, because of what it `lacks` for updates, or because the label `is_taken`: it was published
    with other content, which stays in force. `before` is the label of the edition that a new one follows, `changes`
    what it says of that, `forgotten` the lessons that have changed since and are not named. `newest` is the label of
    the edition that is taught from now on: another one if this one comes late.
    """

    course: str
    country: str
    label: str
    digest: str = ""
    is_new: bool = False
    is_taken: bool = False
    faults: tuple[Fault, ...] = ()
    lacks: tuple[Lack, ...] = ()
    before: str = ""
    newest: str = ""
    changes: Changes | None = None
    forgotten: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether the folder holds something that is not published, and will not be."""
        return bool(self.faults) or bool(self.lacks) or self.is_taken

    def __str__(self) -> str:
        """One line for whoever runs the command."""
        name = f"{self.course} {self.country} {self.label}"
        if self.faults:
            return f"{name}: not published, {len(self.faults)} faults (see: kunnig courses check)"
        if self.lacks:
            return f"{name}: not published, who is asked for an update could not take it"
        if self.is_taken:
            return f"{name}: published earlier with other content, which stays; changed content needs a new label"
        return f"{name}: published" if self.is_new else f"{name}: published already"


def publication_lines(publication: Publication, holders: int | None = None) -> Iterator[str]:
    """A publication with its faults, or with what it asks of how many `holders` of earlier editions."""
    yield str(publication)
    for fault in publication.faults:
        yield f"  {finding(fault)}"
    for lack in publication.lacks:
        yield f"  {lack_text(lack, publication.newest)}"
    if publication.is_new and publication.newest != publication.label:
        yield f"  {publication.newest} stays the edition that is taught: this one is older."
    if not publication.is_new or not publication.before:
        return
    changes = publication.changes
    if changes is None:
        yield f"  It says nothing of what it has changed since {publication.before}: nobody is asked for anything."
        return
    yield f"  {changes_text(changes)}"
    if changes.effect != "retake" and publication.forgotten:
        yield f"  Changed since {publication.before} and not named: {', '.join(publication.forgotten)}"
    if changes.since != publication.before:
        between = "publish what lies between, too, or what that asks is lost"
        yield f"  The edition before it here is {publication.before}: {between}."
    if holders is not None:
        yield f"  People with a certificate of an earlier edition that has not run out: {holders}."


def lack_text(lack: Lack, newest: str) -> str:
    """What an edition lacks for an update, in one line."""
    if not lack.lessons:
        return f"{newest} has none of the lessons that an update consists of"
    return (
        f"{newest} has {lack.items} items of the update pool on {lack.outcome} ({', '.join(lack.lessons)});"
        f" {LEAST_UPDATE_ITEMS} are needed"
    )


def changes_text(changes: Changes) -> str:
    """What an edition has changed and its effect, in one line."""
    within = f" within {changes.within_days} days" if changes.within_days else ""
    lessons = f": {', '.join(changes.lessons)}" if changes.lessons else ""
    return f"{changes.effect}{within}, since {changes.since}{lessons}"


def edition_lines(editions: Iterable[Edition]) -> Iterator[str]:
    """A line for each edition: course, country, label, day, digest, what it has changed."""
    for each in editions:
        changes = f"  {changes_text(each.changes)}" if each.changes else ""
        yield f"{each.course} {each.country} {each.label}  {each.published_on}  {each.digest[:12]}{changes}"
