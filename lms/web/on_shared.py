"""Devices that several people share: what opens on them, and the cookie they are known by.

Whoever comes in on one, in whatever way, is a learner for a short while: the pages listed here, and those of before
signing in. Everything else answers like what is not there. The page says so to scripts, on the root element:
`data-shared` (nothing is to be kept on this device).
"""

from flask import request

COOKIE = "shared"  # `granvik.token`: the employer's short name, and the device's token

EVERYTHING = '"cache", "storage"'  # what a browser is told to forget between two people (Clear-Site-Data)

PAGES = frozenset(
    {
        "staff.todo", "staff.action_done", "staff.meeting", "staff.plan", "staff.activity_done", "staff.me",
        "staff.save_preferences", "staff.stay", "staff.kept",
        "staff.courses", "staff.course", "staff.lesson", "staff.step", "staff.local_question", "staff.practice",
        "staff.save_note", "staff.notes", "staff.delete_note",
        "staff.before", "staff.start_before", "staff.question_before", "staff.answer_before", "staff.result_before",
        "staff.quiz", "staff.enter_exam_code", "staff.start_quiz", "staff.question", "staff.answer", "staff.result",
        "staff.update", "staff.update_read", "staff.start_update", "staff.question_update", "staff.answer_update",
        "staff.result_update",
        "staff.week", "staff.answer_week", "staff.choose_week",
        "staff.certificates", "staff.certificate",
    }
)  # fmt: skip


def is_shared_here() -> bool:
    """Whether the browser says that several people share it; whether it still does is known when somebody comes in."""
    return COOKIE in request.cookies
