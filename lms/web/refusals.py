"""The words for refusals: what happened, and what to do now. One table."""

from collections.abc import Callable

from lms.base.errors import Refusal

Translate = Callable[[str], str]


def words(error: Refusal, _: Translate) -> tuple[str, str]:
    """Heading and text for a refusal in the reader's language; `_` translates.

    Whatever is not there and whatever is not yours answer alike.
    """
    table = {
        "not_found": (
            _("We cannot find the page."),
            _("It may have moved, or it is meant for somebody else. Go to the start page or ask for help."),
        ),
        "form_too_old": (
            _("The page was open for too long."),
            _("Nothing was saved. Go back, load the page again, and send once more."),
        ),
        "too_many": (
            _("Too many tries."),
            _("Wait a few minutes and try again. Your manager can help you meanwhile."),
        ),
        "attempt_closed": (_("This test is finished."), _("Open the course to see your result.")),
        "all_have_it": (_("Everybody has this course already."), _("Choose other people or another course.")),
        "meeting_not_yet": (
            _("The meeting has not been held yet."),
            _("You can save notes on the day of the meeting or later."),
        ),
        "done_by_itself": (
            _("This is marked as done by itself."),
            _("A course is done when the test is passed, a meeting when you took part."),
        ),
        "already_active": (
            _("This person already uses Kunnig."),
            _("Slips are only for the first sign-in. Use a link by e-mail or the password instead."),
        ),
        "crash": (
            _("Something went wrong."),
            _("What you saved is still there. Try again in a moment."),
        ),
        "too_large": (_("The file is too large."), _("Send a file of at most 8 MB.")),
    }
    if error.code in table:
        return table[error.code]
    if error.status == 404:
        return table["not_found"]
    if error.status == 429:
        return table["too_many"]
    return _("This cannot be done now."), _("Load the page again to see how things are now.")
