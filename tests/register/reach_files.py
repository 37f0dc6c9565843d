"""Files of the register, and what somebody keeps for themselves."""

import csv
import io
from collections.abc import Iterator

import openpyxl

from lms.base.access import Permission
from lms.base.context import Context
from lms.organisation.queries import units_in_reach
from lms.register.queries import Filter
from lms.register.saved_views import my_views
from lms.reports.making import register_of, rows_today, write_register
from lms.reports.narrowing import View
from lms.reports.queries import finished_file, own_files, own_row
from lms.reports.register_file import unit_names
from lms.reports.report import report_of
from lms.reports.schedules import regular_files
from tests.register import reach_naive as naive
from tests.register.reach_facts import NORTH, UNITS, VIEWS, is_below
from tests.register.reach_register import THEN, days_of
from tests.register.reach_table import NOT_THERE, Asker, Case, in_order, lists


@lists(Permission.SEE_REGISTER, my_views)
def saved_views(who: Asker) -> Iterator[Case]:
    own = [f"Vy {who.name}"] if who.name in VIEWS else []
    yield "own", lambda ctx: [view.name for view in my_views(ctx)], own


@lists(Permission.EXPORT_REGISTER, write_register, register_of, rows_today, report_of)
def files(who: Asker) -> Iterator[Case]:
    for view in (View(), View(then=THEN[2]), View(Filter(unit=who.unit(NORTH)))):
        rows = naive.rows(who.town, who.nodes, *days_of(view.then))
        if view.narrowed.unit:
            rows = [row for row in rows if is_below(row.post.unit, NORTH) and not row.human.protected]
        for kind, read in (("csv", read_csv), ("xlsx", read_xlsx)):
            yield (
                f"{kind} {view}",
                lambda ctx, view=view, kind=kind, read=read: made(ctx, view, kind, read),
                (len(rows), in_order(as_in_file(who, row) for row in rows)),
            )
    documents = in_order(as_in_document(who, row) for row in who.rows)
    yield "document", lambda ctx: of_document(report_of(ctx, View(), lambda _count: None)), documents
    yield "how many", lambda ctx: rows_today(ctx, Filter()), len(who.rows)


def made(ctx: Context, view: View, kind, read) -> tuple[int, list]:
    """The number of rows that were written, and those that are read back."""
    file = io.BytesIO()
    number = write_register(ctx, view, kind, file)
    return number, read(file.getvalue())


def read_csv(content: bytes) -> list[tuple]:
    _heads, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    return in_order(of_file(rows))


def read_xlsx(content: bytes) -> list[tuple]:
    _heads, *rows = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    return in_order(of_file([["" if cell is None else str(cell)[:40] for cell in row] for row in rows]))


def of_file(rows) -> Iterator[tuple]:
    """Number, names, unit, title, due day, days of the proof, and its number; a protected identity by what it lacks."""
    for number, family, given, unit, title, _course, _state, due, achieved, expires, _edition, proof in rows:
        days = (due[:10], achieved[:10], expires[:10])
        yield (number, family if number else "", given, unit, title, *days, proof.replace("-", ""))


def as_in_file(who: Asker, row: naive.Row) -> tuple:
    (
        _id,
        number,
        family,
        given,
        unit,
        title,
        _role,
        _course,
        _state,
        due,
        achieved,
        expires,
        _edition,
        proof,
        _hidden,
    ) = naive.written(who.town, row)
    days = (str(due), str(achieved or ""), str(expires or ""))
    return (number, family, given, unit, title, *days, proof or "")


def of_document(report) -> list[tuple]:
    """Name, number, unit, title and certificate, a protected identity by what it lacks."""
    return in_order(
        (name if number else "", number, unit, title, proof.replace("-", ""))
        for name, number, unit, title, *_more, proof in (line.cells for line in report.lines)
    )


def as_in_document(who: Asker, row: naive.Row) -> tuple:
    """A row as a document has it."""
    number, family, given, unit, title, *_days, proof = as_in_file(who, row)
    return (f"{family}, {given}" if number else "", number, unit, title, proof)


@lists(Permission.EXPORT_REGISTER, own_files, own_row, finished_file, regular_files)
def files_made_in_the_background(who: Asker) -> Iterator[Case]:
    own = who.town.files.get(who.name)
    yield "own", lambda ctx: [each.public_id for each in own_files(ctx)], [own] if own else []
    regular = [who.town.regular[who.name]] if own else []
    yield "regular", lambda ctx: [each.public_id for each in regular_files(ctx)], regular
    rows = in_order(as_in_file(who, row) for row in who.rows)
    for town in (who.town, who.other):
        for by, key in town.files.items():
            mine = key == own

            def content(ctx, key=key):
                return read_csv(ctx.house.files.get(finished_file(ctx, key)[0]))

            yield f"content {town.slug} {by}", content, rows if mine else NOT_THERE
            yield (
                f"row {town.slug} {by}",
                lambda ctx, key=key: own_row(ctx, key).public_id,
                key if mine else NOT_THERE,
            )


@lists(Permission.EXPORT_REGISTER, unit_names)
def units_of_files(who: Asker) -> Iterator[Case]:
    inside = [path for path in UNITS if naive.reaches(who.nodes, path)]
    named = {str(who.unit(path)): who.town.units[path].name for path in inside}
    yield "all", unit_names, named


@lists(Permission.SEE_REGISTER, units_in_reach)
def units_to_choose(who: Asker) -> Iterator[Case]:
    inside = {str(who.unit(path)) for path in UNITS if naive.reaches(who.nodes, path)}
    yield "all", lambda ctx: {key for key, _name in units_in_reach(ctx, Permission.SEE_REGISTER)}, inside
