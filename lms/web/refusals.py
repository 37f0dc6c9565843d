"""The words for refusals: what happened, and what to do now. One table."""

from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo

from lms.base.errors import Refusal
from lms.base.i18n import catalogue, clock, day


def words(error: Refusal, language: str, time_zone: str) -> tuple[str, str]:
    """Heading and text for a refusal in the reader's language, with times as the clocks show them there.

    Whatever is not there and whatever is not yours answer alike.
    """
    texts = catalogue(language)
    _, ngettext = texts.gettext, texts.ngettext
    opens = _when(error.facts.get("opens_at"), language, time_zone)
    minutes = ceil(int(str(error.facts.get("seconds", 60))) / 60)
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
            ngettext(
                "Wait %(num)s minute and try again. Your manager can help you meanwhile.",
                "Wait %(num)s minutes and try again. Your manager can help you meanwhile.",
                minutes,
            )
            % {"num": minutes},
        ),
        "layout_not_seen": (
            _("The pages are not ready to look at yet."),
            _("Go back, look at them when they are there, and publish then."),
        ),
        "layout_lost": (
            _("The look that was tried cannot be read any more."),
            _("Nothing has changed. Go back and try it again."),
        ),
        "attempt_closed": (_("This test is finished."), _("Open the course to see your result.")),
        "has_certificate": (
            _("You have a valid certificate."),
            _("You can take the test again when you have network."),
        ),
        "sealed_over": (
            _("There are no questions for a test on this phone now."),
            _("Update the course when you have network. Then you can take the test again."),
        ),
        "needs_network": (
            _("This test needs network."),
            _("One of its questions goes on by what you decide. Take the test when you have network."),
        ),
        "no_pretest": (
            _("There is nothing to show before this course."),
            _("Open the course and go on where you are."),
        ),
        "no_refresher": (
            _("There is nothing to refresh in this course now."),
            _("Open the course and go on where you are."),
        ),
        "no_attempts_left": (
            _("You have used all your attempts."),
            _(
                "Read the lessons again, and tell your manager. They can give you one more attempt. "
                "We do not tell them that you have none left."
            ),
        ),
        "attempt_not_yet": (
            _("You cannot take the test again yet."),
            _("You can take it again on %(day)s at %(time)s. Read the lessons meanwhile.") % opens,
        ),
        "supervised_only": (
            _("This test is taken in a room."),
            _("Open the course and write the code you are told there."),
        ),
        "sitting_not_yet": (
            _("The test in this room has not begun yet."),
            _("It begins on %(day)s at %(time)s. Write the code again then.") % opens,
        ),
        "sitting_over": (
            _("The test in this room is over."),
            _("What you answered is kept. Talk to the one who leads the test if you were not finished."),
        ),
        "own_exam": (
            _("You cannot do this for yourself."),
            _("Ask a colleague who leads the unit, or who opens tests in a room."),
        ),
        "seat_taken": (
            _("You have taken this test here already."),
            _("The one who leads the test can open it once more if there is a reason."),
        ),
        "group_over": (
            _("This group has ended."),
            _("What you read together is kept. Start a new one to go on."),
        ),
        "all_have_it": (_("Everybody has this course already."), _("Choose other people or another course.")),
        "meeting_not_yet": (
            _("The meeting has not been held yet."),
            _("You can save notes on the day of the meeting or later."),
        ),
        "done_by_itself": (
            _("This is marked as done by itself."),
            _("A course is done when the test is passed, a meeting when you took part."),
        ),
        "auditor_over": (
            _("This is over already."),
            _("The list of auditors shows until when it was."),
        ),
        "objected_already": (
            _("You have objected to this already."),
            _("You get an answer in your record. After that you can object again."),
        ),
        "answered_already": (
            _("This has been answered already."),
            _("The list of objections shows what was answered."),
        ),
        "already_revoked": (
            _("The certificate has been revoked."),
            _("Open it to see when and why. It can be reinstated if that was not right."),
        ),
        "not_revoked": (
            _("The certificate is not revoked."),
            _("Open it to see what was decided about it."),
        ),
        "replaced": (
            _("The certificate has been replaced by another one."),
            _("Open it to see by which. What is to be decided is decided about that one."),
        ),
        "already_active": (
            _("This person already uses Kunnig."),
            _("Slips are only for the first sign-in. Use a link by e-mail or the password instead."),
        ),
        "import_undone": (
            _("This import has been undone already."),
            _("What it had changed is as before. The list of people shows how things are now."),
        ),
        "not_the_last_import": (
            _("Only the last import can be undone."),
            _("A later list builds on this one. Correct what is wrong with a new list."),
        ),
        "export_too_large": (
            _("That is too much for one file."),
            _("Narrow it to a unit or a course, or choose CSV, which holds as many rows as there are."),
        ),
        "exports_waiting": (
            _("Some of your files are not made yet."),
            _("Wait until one of them is ready, and ask for the next one then."),
        ),
        "too_many_schedules": (
            _("You have many regular files already."),
            _("Stop one that you no longer need, and add the new one then."),
        ),
        "too_many_shares": (
            _("You share many links already."),
            _("End one that is no longer needed, and make the new one then."),
        ),
        "too_many_times": (
            _("You have put much time aside already."),
            _("Take one of the times back that you no longer need, and add the new one then."),
        ),
        "local_written": (
            _("Somebody else has just added to this step."),
            _("Your text was not saved. Open the step again, and put the two together."),
        ),
        "own_factor": (
            _("You cannot reset your own second step."),
            _("Ask another administrator to do it."),
        ),
        "has_a_way_in": (
            _("This person has another way in."),
            _("A link goes to the confirmed e-mail address, or a slip can be printed."),
        ),
        "no_second_factor": (
            _("There is no second step to reset."),
            _("It may have been reset a moment ago."),
        ),
        "prove_first": (
            _("Show again that it is you."),
            _("Nothing was changed. Open My page and start the change once more."),
        ),
        "no_update": (
            _("There is no update to take."),
            _("You are up to date, or the whole course is to be taken again. The course says which."),
        ),
        "no_questions": (
            _("There are no questions for this test."),
            _("Nothing was begun. Open the course and take its knowledge test instead: that counts as well."),
        ),
        "more_than_reading": (
            _("Reading is not enough this time."),
            _("There is something to take. Open the course to see what."),
        ),
        "newer_meanwhile": (
            _("Something more has changed in the course."),
            _("It came out while you were reading. Open the course, and read that too."),
        ),
        "crash": (
            _("Something went wrong."),
            _("What you saved is still there. Try again in a moment."),
        ),
        "away": (_("We cannot show the page just now."), _("Nothing is lost. Try again in a moment.")),
        "not_saved": (
            _("What you sent could not be saved."),
            _("It is still here. Send it again in a moment."),
        ),
        "not_saved_empty": (
            _("What you sent could not be saved."),
            _("Nothing was changed. Go back to the page in a moment and fill it in once more."),
        ),
        "maybe_saved": (
            _("We do not know whether what you sent was saved."),
            _("Look whether it is there. If it is not, send it again."),
        ),
        "maybe_saved_empty": (
            _("We do not know whether what you sent was saved."),
            _("Look whether it is there. If it is not, fill it in once more."),
        ),
        "files_being_read": (
            _("Many files are being checked just now."),
            _("Wait a moment and send yours again."),
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


def _when(time: object, language: str, time_zone: str) -> dict[str, str]:
    """Day and time of day in words; empty without a time."""
    if not isinstance(time, datetime):
        return {"day": "", "time": ""}
    local = time.astimezone(ZoneInfo(time_zone))
    return {"day": day(local.date(), language), "time": clock(local, language)}
