"""Check a folder of courses: every fault with file, line and field, never only the first."""

from datetime import UTC, date, datetime
from pathlib import Path

from lms.catalogue.check_course import course_faults
from lms.catalogue.check_items import item_faults
from lms.catalogue.check_pages import page_faults
from lms.catalogue.check_words import word_faults
from lms.catalogue.document import Fault
from lms.catalogue.folder import CourseFolder, course_folders
from lms.catalogue.options import option_faults, options_rows
from lms.catalogue.report import Report, item_rows, lesson_rows, report_text, verify_rows

__all__ = ["Report", "check", "findings_in", "report_text"]


def check(folder: Path, on: date | None = None) -> Report:
    """Check every course of a folder laid out as `courses/`; `on` is the day (today by default).

    Raises FileNotFoundError if there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    courses = course_folders(folder)
    # A set: what is wrong in a country's file is found again with each of its courses.
    findings = {found for course in courses for found in findings_in(course, on or datetime.now(UTC).date())}
    return Report(
        findings=tuple(sorted(findings, key=lambda found: (found.file, found.line, found.field, found.text))),
        lessons=tuple(row for course in courses for row in lesson_rows(course)),
        items=tuple(row for course in courses for row in item_rows(course)),
        options=tuple(row for course in courses for row in options_rows(course)),
        to_verify=tuple(row for course in courses for row in verify_rows(course)),
    )


def findings_in(course: CourseFolder, on: date) -> list[Fault]:
    """Faults and warnings of one course, in no particular order."""
    return [
        *course.faults,
        *course_faults(course, on),
        *item_faults(course),
        *word_faults(course),
        *page_faults(course),
        *option_faults(course),
    ]
