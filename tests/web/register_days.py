"""A past with a correction in it, and the register as screen, file and machines show it, brought to one form."""

import csv
import io
import re
from datetime import UTC, datetime, time, timedelta
from html import unescape

from python_calamine import CalamineWorkbook
from sqlalchemy import update

from lms.catalogue.models import EditionRow
from lms.learning.actions import assign_course
from lms.organisation.models import Employment, UnitPlacement
from lms.register.dispensations import give_dispensation
from tests.builders import day_of
from tests.learning.taking import COURSE, take


def ago(days):
    """A time so many days ago, at noon."""
    return datetime.combine(day_of(datetime.now(UTC)) - timedelta(days=days), time(11), UTC)


def iso(days):
    """The day so many days ago, as an address has it."""
    return day_of(ago(days)).isoformat()


def past_of(town):
    """Given 60 days ago, to do within 10; Amina passes 55 days ago; that Farid was exempt then is told today."""
    with town.inside(writes=True) as ctx:  # the town has been known for longer than since the test began
        for fact in (Employment, UnitPlacement):
            ctx.db.execute(update(fact).values(recorded_at=ago(90)))
        ctx.db.execute(update(EditionRow).values(published_at=ago(90)))
    with town.work("karin", now=ago(60)) as ctx:
        people = [town.person(name).public_id for name in ("amina", "farid")]
        assign_course(ctx, COURSE, people, due_on=ctx.today + timedelta(days=10), reason="Nya rutiner")
    take(town, "amina", right=12, now=ago(55))
    with town.work("karin") as ctx:
        give_dispensation(
            ctx, town.person("farid").public_id, COURSE, "exemption",
            first=day_of(ago(45)), last=ctx.today + timedelta(days=30), reason="Vikarierar",
        )  # fmt: skip


def on_screen(response):
    """The rows of a page: name, unit, title, completed, valid until, certificate."""
    rows = re.findall(
        r'<tr role="row">\s*<td role="cell"><b>(?:<a[^>]*>)?(.*?)(?:</a>)?</b></td>(.*?)</tr>',
        response.text,
        re.DOTALL,
    )
    found = []
    for name, rest in rows:
        cells = [
            re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", cell))).strip()
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", rest, re.DOTALL)
        ]
        unit, title, _course, achieved, expires, _state, number = cells
        found.append(
            tuple(
                "" if each == "–" else each
                for each in (unescape(name), unit, title, achieved, expires, number)
            )
        )
    return found


def in_csv(response):
    """The same of a CSV file."""
    lines = list(csv.reader(io.StringIO(response.data.decode("utf-8-sig")), delimiter=";"))[1:]
    return [_of_file(line) for line in lines]


def in_workbook(response):
    """The same of an XLSX file."""
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(response.data)).get_sheet_by_index(0)
    return [_of_file([str(cell) for cell in line]) for line in sheet.to_python()[1:]]


def _of_file(line):
    _number, family, given, unit, title, _course, _state, _due, achieved, expires, _edition, certificate = (
        line
    )
    return (f"{family}, {given}", unit, title, achieved, expires, certificate)


def in_json(response):
    """The same of the rows for machines."""
    return [
        (
            f"{row['family_name']}, {row['given_name']}", row["unit"], row["title"], row["achieved_on"] or "",
            row["expires_on"] or "", f"{row['certificate'][:5]}-{row['certificate'][5:]}" if row["certificate"] else "",
        )
        for row in response.json["rows"]
    ]  # fmt: skip
