"""The words for the answer to a check: what it says, and what to do next. One table, for pages and the command."""

from dataclasses import dataclass, replace
from functools import cache

from certificates import FileVerdict, State, Verification
from lms.base.i18n import catalogue, day


@dataclass(frozen=True, slots=True)
class Said:
    """An answer and what to do about it."""

    answer: str
    do: str


@dataclass(frozen=True, slots=True)
class VerificationWords:
    """What a check says: first both verdicts in one, then each of them."""

    heading: str
    text: str
    content: Said
    file: Said


def verification_words(found: Verification, language: str, *, by_number: bool = False) -> VerificationWords:
    """The words in a language; `by_number`: no file was checked, nor was there any."""
    _ = catalogue(language).gettext
    content, file = _of_content(language)[found.content], _of_file(language)[found.file]
    if found.content is State.VALID and found.status.known_at is None:
        content = replace(
            content, answer=_("Yes, it is genuine. Whether it was revoked has not been checked.")
        )
    if by_number:
        file = replace(file, answer=_("You checked the number, not a file."))
    if found.certificate is None:  # there is nothing to compare it with
        file = replace(file, do=content.do)
    elif found.file is FileVerdict.ISSUED and found.content is not State.VALID:
        said = _("The page is the one that was issued, but the certificate does not count.")
        file = replace(file, do=said)
    heading, text = _first(found, language)
    if found.certificate is None and found.content in {State.REVOKED, State.SUPERSEDED}:
        # whether it is genuine cannot be told by the number any more
        content = replace(content, answer=f"{heading}.")
    return VerificationWords(heading, text, content, file)


def _first(found: Verification, language: str) -> tuple[str, str]:
    """Heading and first sentence, with the days of this certificate."""
    _ = catalogue(language).gettext
    heading, text = _headings(language)[found.state]
    content, revoked_on = found.certificate, found.status.revoked_on
    if found.state is State.VALID and found.status.known_at is None:
        heading = _("The certificate is genuine; whether it was revoked has not been checked")
    match found.state:
        case State.VALID if content and content.expires_on:
            text = _("Valid until and including %(date)s.") % {"date": day(content.expires_on, language)}
        case State.EXPIRED if content and content.expires_on:
            text = _("It was valid until and including %(date)s. Ask for a newer one.") % {
                "date": day(content.expires_on, language)
            }
        case State.REVOKED if revoked_on:
            text = _("It was revoked on %(date)s and does not count. Ask the employer that issued it.") % {
                "date": day(revoked_on, language)
            }
    if found.status.forgotten_on and found.content is not State.NOT_KEPT:
        text += " " + _("The employer has not kept it since %(date)s.") % {
            "date": day(found.status.forgotten_on, language)
        }
    return heading, text


@cache
def _headings(language: str) -> dict[State, tuple[str, str]]:
    _ = catalogue(language).gettext
    return {
        State.VALID: (_("The certificate is genuine and valid"), _("It has no end date.")),
        State.EXPIRED: (_("The certificate is genuine but has expired"), _("Ask for a newer one.")),
        State.REVOKED: (
            _("The certificate has been revoked"),
            _("It does not count. Ask the employer that issued it."),
        ),
        State.SUPERSEDED: (
            _("The certificate has been replaced by a newer one"), _("Ask the person for the newer certificate."),
        ),
        State.ALTERED: (
            _("The certificate is not genuine"),
            _("What it says is not what was signed. Do not rely on it."),
        ),
        State.UNKNOWN_KEY: (
            _("We do not know who signed this"),
            _("It was not signed with a key that we know. It may be genuine, but it cannot be checked here."),
        ),
        State.UNKNOWN_NUMBER: (
            _("We do not know this number"),
            _("Compare the number with the paper. If it is right, the certificate was not issued here."),
        ),
        State.NO_CREDENTIAL: (
            _("There is nothing in this file that can be checked"),
            _("That says nothing about the certificate. A scan or a photo of it is such a file, for example."),
        ),
        State.UNREADABLE: (
            _("We cannot read this file"),
            _("It is damaged, locked, too large or of another kind. That says nothing about the certificate."),
        ),
        State.NOT_KEPT: (
            _("This certificate is no longer kept"),
            _("It was issued here, but the time for which the employer keeps certificates is over."),
        ),
        State.OTHER_FILE: (
            _("This is not the file that was issued"),
            _("What is signed in it is genuine, but its page may say something else. Do not rely on the page."),
        ),
        State.UNCERTAIN_FILE: (
            _("What is signed is genuine and valid, but the page may be another"),
            _("Whether this very file was issued cannot be told. Compare every line of it before you rely on it."),
        ),
    }  # fmt: skip


@cache
def _of_content(language: str) -> dict[State, Said]:
    """For the verdict on the content."""
    _ = catalogue(language).gettext
    rely = _("Compare the name with an identity document.")
    return {
        State.VALID: Said(_("Yes, it is genuine and valid."), rely),
        State.EXPIRED: Said(_("It is genuine, but it has expired."), _("Ask for a newer one.")),
        State.REVOKED: Said(
            _("It is genuine, but it has been revoked and does not count."),
            _("Ask the employer that issued it."),
        ),
        State.SUPERSEDED: Said(
            _("It is genuine, but there is a newer certificate."), _("Ask the person for the newer certificate.")
        ),
        State.ALTERED: Said(
            _("No. It has been changed, or put together."), _("Ask the employer that is said to have issued it.")
        ),
        State.UNKNOWN_KEY: Said(
            _("That cannot be told without the issuer's key."),
            _("Check it where it was issued, or by the number that stands on it."),
        ),
        State.UNKNOWN_NUMBER: Said(
            _("No certificate with this number was issued here."), _("Compare the number with the paper.")
        ),
        State.NO_CREDENTIAL: Said(
            _("That cannot be told from this file."), _("Check it by the number that stands on it.")
        ),
        State.UNREADABLE: Said(
            _("That cannot be told from this file."),
            _("Choose the file as you got it, at most 5 MB and without a password, or check it by its number."),
        ),
        State.NOT_KEPT: Said(
            _("That cannot be told by the number any more."),
            _("Ask the person for the certificate as a file. Its signature can still be checked."),
        ),
    }  # fmt: skip


@cache
def _of_file(language: str) -> dict[FileVerdict, Said]:
    """For the verdict on the file."""
    _ = catalogue(language).gettext
    compare = _("Compare every line of the page you have with what stands here.")
    return {
        FileVerdict.NONE: Said(_("No page was checked, only the content."), compare),
        FileVerdict.ISSUED: Said(_("Yes, unchanged."), _("You can rely on what its page says.")),
        FileVerdict.OTHER: Said(
            _("No. Somebody changed it, or a program saved it anew."),
            _("Rely only on what stands here. Ask for the file as the employer issued it."),
        ),
        FileVerdict.UNKNOWN: Said(_("That cannot be told."), compare),
    }
