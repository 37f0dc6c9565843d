"""What a stranger who checks a certificate is told: one pure function, for a page, a machine, a file and a command.

Two verdicts that are never mixed: whether the content is genuine and counts, and whether the very file is the one that
was issued. A page can be drawn over a genuine credential; so a file says nothing until it has been compared itself.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum, auto
from typing import Any

from certificates.content import CertificateContent
from certificates.number import display
from certificates.verdict import verdict

JSON_FORMAT, JSON_VERSION = "kunnig-verification", 1


class NotGenuine(StrEnum):
    """Why there is no content that anybody could rely on."""

    ALTERED = auto()  # what it says is not what was signed
    UNKNOWN_KEY = auto()  # signed by a key that is not among those at hand
    UNKNOWN_NUMBER = auto()  # nobody here holds it
    NO_CREDENTIAL = auto()  # a readable file without one
    UNREADABLE = auto()
    NOT_KEPT = auto()  # it was issued here, and what it said is forgotten by now


class FileVerdict(StrEnum):
    """What is to be thought of the file."""

    NONE = auto()  # nothing was shown but a number, or content that is signed as a whole
    ISSUED = auto()  # byte by byte the one that was issued
    OTHER = auto()  # another one, whatever is inside
    UNKNOWN = auto()  # cannot be told


class State(StrEnum):
    """The verdict on the content, and with the last two that on both: the worse of them. Only VALID is a yes."""

    VALID = auto()  # the first four are genuine, or, of what is no longer kept, were
    EXPIRED = auto()
    REVOKED = auto()
    SUPERSEDED = auto()  # by a newer certificate
    ALTERED = auto()
    UNKNOWN_KEY = auto()
    UNKNOWN_NUMBER = auto()
    NO_CREDENTIAL = auto()
    UNREADABLE = auto()
    NOT_KEPT = auto()
    OTHER_FILE = auto()  # genuine content in a file that nobody issued
    UNCERTAIN_FILE = auto()  # valid content in a file of which nothing can be told


class Step(StrEnum):
    """What to do next."""

    RELY = auto()  # and compare the name with a paper of the person's own
    ASK_FOR_NEWER = auto()
    ASK_ISSUER = auto()
    GET_KEYS = auto()  # of the issuer, or check it there
    CHECK_NUMBER = auto()  # it was mistyped, or never issued here
    CHECK_BY_NUMBER = auto()  # that stands on the page, since the file does not help
    SEND_ORIGINAL = auto()  # as it was received
    ASK_HOLDER = auto()  # for their own file, whose signature can be checked as long as there are keys
    COMPARE = auto()  # each line of the page with the content


UNSETTLED = frozenset(
    {State.UNKNOWN_KEY, State.NO_CREDENTIAL, State.UNREADABLE, State.NOT_KEPT, State.UNCERTAIN_FILE}
)  # neither yes nor no

_CONTENT_STEP = {
    State.VALID: Step.RELY, State.EXPIRED: Step.ASK_FOR_NEWER, State.REVOKED: Step.ASK_ISSUER,
    State.SUPERSEDED: Step.ASK_FOR_NEWER, State.ALTERED: Step.ASK_ISSUER, State.UNKNOWN_KEY: Step.GET_KEYS,
    State.UNKNOWN_NUMBER: Step.CHECK_NUMBER, State.NO_CREDENTIAL: Step.CHECK_BY_NUMBER,
    State.UNREADABLE: Step.SEND_ORIGINAL, State.NOT_KEPT: Step.ASK_HOLDER,
}  # fmt: skip
_FILE_STEP = {
    FileVerdict.NONE: Step.COMPARE, FileVerdict.OTHER: Step.SEND_ORIGINAL, FileVerdict.UNKNOWN: Step.COMPARE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Status:
    """What has become of a certificate, as it was known at a moment; None: nobody has asked."""

    known_at: datetime | None = None
    is_revoked: bool = False
    revoked_on: date | None = None  # a list of the revoked does not say when
    is_superseded: bool = False  # by one with the right name
    renewed_by: str | None = None  # number of one by a later pass of the course, on the same name
    forgotten_on: date | None = None  # since when the issuer no longer keeps it, nor which files were issued
    list_address: str | None = None  # where the list of the revoked is, in which it stands


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer. `certificate` is what may be read: genuine content only."""

    state: State
    content: State  # none of the last two
    file: FileVerdict
    certificate: CertificateContent | None
    status: Status
    is_named: bool  # whether the holder's name may be shown
    signed_by: str | None = (
        None  # identifier of the issuer whose key has signed it; None: found by its number
    )

    @property
    def content_step(self) -> Step:
        """What to do next about the content."""
        return _CONTENT_STEP[self.content]

    @property
    def file_step(self) -> Step:
        """What to do next about the file: of one without genuine content there is nothing to compare.

        The very page that was issued is worth what its content is.
        """
        if self.certificate is None or self.file is FileVerdict.ISSUED:
            return self.content_step
        return _FILE_STEP[self.file]

    def as_json(self, checked_at: datetime) -> dict[str, Any]:
        """The answer for a machine; keys stay as long as `version` does, and further ones may be added.

        Days are those of the issuer, moments are UTC. A name that may not be shown is null.
        """
        return {
            "format": JSON_FORMAT,
            "version": JSON_VERSION,
            "checked_at": _moment(checked_at),
            "state": self.state.value,
            "content": {"verdict": self.content.value, "next": self.content_step.value},
            "file": {"verdict": self.file.value, "next": self.file_step.value},
            "status": {
                "known_at": self.status.known_at and _moment(self.status.known_at),
                "list": self.status.list_address,
                "revoked_on": self.status.revoked_on and self.status.revoked_on.isoformat(),
                "renewed_by": self.status.renewed_by and display(self.status.renewed_by),
                "forgotten_on": self.status.forgotten_on and self.status.forgotten_on.isoformat(),
            },
            "signed_by": self.signed_by,
            "certificate": self.certificate and self._printed(self.certificate),
        }

    def _printed(self, content: CertificateContent) -> dict[str, Any]:
        """What the page of a check shows of the content."""
        return {
            "number": display(content.number),
            "holder_name": content.holder_name if self.is_named else None,
            "course": content.course_title,
            "edition": content.edition,
            "country": content.country,
            "language": content.language,
            "outcomes": list(content.outcomes),
            "minutes": content.minutes,
            "right_answers_needed": content.pass_mark,
            "questions": content.exam_items,
            "achieved_on": content.achieved_on.isoformat(),
            "expires_on": content.expires_on and content.expires_on.isoformat(),
            "issuer": content.issuer_name,
            "issuer_department": content.issuer_department,
        }


def verification(
    found: CertificateContent | NotGenuine,
    today: date,
    status: Status,
    file: FileVerdict = FileVerdict.NONE,
    *,
    is_named: bool = True,
    signed_by: str | None = None,
) -> Verification:
    """The answer to a check on a day of the issuer's: `found` is content that is genuine, or why there is none.

    A file without genuine content was perhaps issued and perhaps not, whatever else is known of it. That a certificate
    was revoked or replaced is told also when it is no longer kept. No number leads to another of whoever may not be
    named, nor from one with a wrong name: who has that is not to learn the right one.
    """
    if isinstance(found, NotGenuine):
        file = FileVerdict.NONE if file is FileVerdict.NONE else FileVerdict.UNKNOWN
        said = State(found.value)
        if found is not NotGenuine.NOT_KEPT:
            status = Status(status.known_at, forgotten_on=status.forgotten_on)
        elif status.is_superseded or status.revoked_on:
            said = State.SUPERSEDED if status.is_superseded else State.REVOKED
        status = replace(status, renewed_by=None)
        return Verification(said, said, file, None, status, is_named)
    revoked_on = status.revoked_on or (today if status.is_revoked else None)
    said = State(verdict(found, today, revoked_on=revoked_on, is_superseded=status.is_superseded).value)
    if status.is_superseded or not is_named:
        status = replace(status, renewed_by=None)
    return Verification(_worse(said, file), said, file, found, status, is_named, signed_by)


def _worse(content: State, file: FileVerdict) -> State:
    """Of genuine content: a page that was not issued may say anything, so that stands before all else."""
    if file is FileVerdict.OTHER:
        return State.OTHER_FILE
    if content is State.VALID and file is FileVerdict.UNKNOWN:
        return State.UNCERTAIN_FILE
    return content


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
