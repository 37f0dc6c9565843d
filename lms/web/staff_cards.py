"""What the staff pages show of a course and of a certificate, gathered from values that were read already."""

from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from lms.base.context import Context
from lms.catalogue.queries import History
from lms.catalogue.values import CourseText, Edition
from lms.evidence.queries import Certificate, verify_url
from lms.learning.editions import Newer, newer
from lms.learning.rules import Reading, Studied, reading
from lms.register.own_duties import MyDuty
from lms.register.rules import SOON, State, Taught
from lms.web.navigation import address
from lms.web.qr import qr_svg

OPEN = frozenset({State.EXPIRED, State.MISSING, State.EXPIRING, State.UNDER_WAY, State.NOT_YET_DUE})
AHEAD = frozenset({State.UNDER_WAY, State.NOT_YET_DUE})
RENEWED = frozenset({State.EXPIRED, State.EXPIRING})


def minutes_for(questions: int) -> int:
    """About how many minutes some questions take, at half a minute each."""
    return -(-questions // 2)


@dataclass(frozen=True, slots=True)
class CourseCard:
    """A course as its reader sees it: wording, how far it has been read, what is asked of them."""

    edition: Edition
    text: CourseText
    language: str  # of the wording
    reading: Reading
    duty: MyDuty | None
    due_soon: bool
    renews: bool  # there is a certificate that runs out soon, or has run out
    refreshed: bool  # what is to be renewed has been begun anew
    newer: Newer | None  # what newer editions ask of who was taught an earlier one

    @property
    def chip(self) -> str:
        """Which chip says where one stands; empty if nothing asks for the course."""
        if self.duty is None:
            return ""
        return "due" if self.due_soon else self.duty.state.value

    @property
    def is_open(self) -> bool:
        """Whether there is something to do."""
        return self.duty is not None and self.duty.state in OPEN

    @property
    def is_renewal(self) -> bool:
        """Whether there was a certificate before, and nothing has been done to renew it."""
        return self.renews and not self.refreshed

    @property
    def is_update(self) -> bool:
        """Whether a part of the course is to be taken anew, not all of it."""
        return self.newer is not None and self.newer.effect == "update"

    @property
    def href(self) -> str:
        """Where to go on: the step not read yet, the test when all is read, the course to renew.

        A course that may be shorter for who knows things already is begun on its own page.
        """
        course = self.edition.course
        if self.is_update:
            return address("staff.update", course=course)
        if self.is_renewal or (self.edition.pretest_items and not self.reading.begun):
            return address("staff.course", course=course)
        if not self.reading.place:
            return address("staff.quiz", course=course)
        return address("staff.step", course=course, lesson=self.reading.lesson, step=self.reading.step)


def course_card(
    ctx: Context, history: History, done: Studied, duty: MyDuty | None, taught: Taught | None = None
) -> CourseCard:
    """A course for the actor, who has done so much of it, and was `taught` it if that is known beside the duty."""
    edition, taught = history.newest, taught or (duty.taught if duty else None)
    return CourseCard(
        edition=edition,
        text=edition.text(ctx.language),
        language=edition.language(ctx.language),
        reading=reading(edition, done),
        duty=duty,
        renews=(
            (taught is not None and taught.is_to_renew(ctx.today))
            or (duty is not None and duty.state in RENEWED)
        ),
        refreshed=(
            taught is not None
            and done.check is not None
            and done.check.kind == "refresher"
            and ctx.day_of(done.check.closed_at) > taught.achieved_on
        ),
        newer=newer(ctx, history, taught),
        due_soon=duty is not None and duty.state in AHEAD and duty.due_on <= ctx.today + timedelta(days=SOON),
    )


@dataclass(frozen=True, slots=True)
class CertificateCard:
    """A certificate with the address that checks it, and the picture that leads there."""

    certificate: Certificate
    address: str
    qr: Markup
    state: str  # valid expiring expired revoked superseded

    @property
    def replaced(self) -> bool:
        """Whether a newer one is there."""
        return self.certificate.renewed_by is not None

    @property
    def is_to_renew(self) -> bool:
        """Whether the course is to be taken once more for a new one."""
        return self.state in {"expiring", "expired"} and not self.replaced


def certificate_card(ctx: Context, certificate: Certificate) -> CertificateCard:
    """A certificate as its holder sees it today."""
    last_day = certificate.content.expires_on
    state = certificate.verdict.value
    if state == "valid" and last_day is not None and last_day <= ctx.today + timedelta(days=SOON):
        state = "expiring"
    address = verify_url(ctx.house, certificate.content.number)
    return CertificateCard(certificate, address, qr_svg(address), state)
