"""The register as a document: on the employer's paper, every row and no other, tagged and archivable."""

import io
import re
from collections import Counter
from datetime import date

import pikepdf
import pypdfium2
import pytest
from sqlalchemy import select

from lms.base.errors import NotFound
from lms.base.i18n import make_environments
from lms.jobs.worker import work_off
from lms.organisation.models import Person
from lms.register.coverage_queries import Share
from lms.register.queries import EVERYTHING, Filter, coverage, register_rows
from lms.register.register_then import Then
from lms.reports import rules
from lms.reports.actions import order_export
from lms.reports.narrowing import View
from lms.reports.queries import finished_file, own_files
from lms.reports.report import Covered, report_of
from tests.builders import day_of
from tests.crowd import grow
from tests.learning.taking import COURSE, assign, take
from tests.web.register_days import ago, past_of


@pytest.fixture
def full(granvik):
    """Granvik with something in its register."""
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    work_off(granvik.house)
    return granvik


def document(town, view=None):
    """The bytes of a report that Maria has ordered."""
    with town.work("maria") as ctx:
        public_id = order_export(ctx, view or View(), "pdf").public_id
    work_off(town.house)
    with town.work("maria", writes=False) as ctx:
        key, name, kind = finished_file(ctx, public_id)
        assert name.endswith(".pdf")
        assert kind == "pdf"
        return ctx.house.files.get(key)


def pages(data):
    """The text of each page, in one line."""
    with pypdfium2.PdfDocument(data) as read:
        return [re.sub(r"\s+", " ", page.get_textpage().get_text_range()) for page in read]


def tags(data):
    """How many elements of each kind there are."""
    found = Counter()

    def walk(node):
        if isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found[str(node.S)] += 1
            below = node.get("/K")
            for child in below if isinstance(below, pikepdf.Array) else [below]:
                walk(child)

    with pikepdf.open(io.BytesIO(data)) as read:
        assert read.check_pdf_syntax() == []
        with read.open_metadata() as said:
            assert (said["pdfuaid:part"], said["pdfaid:part"]) == ("1", "3")
        assert str(read.Root.Lang) == "sv"
        walk(read.Root.StructTreeRoot)
    return found


def test_it_says_whose_it_is_what_it_shows_and_who_took_it_out(full):
    data = document(full, View(Filter(unit=full.unit("Björken").public_id, course=COURSE)))
    (page,) = pages(data)
    for words in (
        "Granviks kommun",
        "Vård och omsorg",
        "Maria Holm",
        "Björken",
        "Yusuf, Amina",
        "Sida 1 av 1",
    ):
        assert words in page, words
    found = tags(data)
    assert found["/H1"] == 1
    assert found["/TH"] > 9


def test_every_row_is_in_it_under_a_head_on_each_page(full):
    grow(full.house, "granvik", 60, below="Björken")
    read = pages(document(full))
    assert len(read) > 2
    for number, page in enumerate(read, 1):
        assert "Giltigt till och med" in page
        assert f"Sida {number} av {len(read)}" in page
    with full.work("maria", writes=False) as ctx:
        rows = list(register_rows(ctx))
    text = " ".join(read)
    assert len(rows) == 62
    assert [row for row in rows if row.employee_number not in text] == []


@pytest.mark.parametrize("course", ["", COURSE])
def test_coverage_is_that_of_the_page_and_one_course_has_no_column(full, course):
    narrowed = Filter(course=course)
    with full.work("maria", writes=False) as ctx:
        report = report_of(ctx, View(narrowed), lambda _count: None)
        covered = coverage(ctx, narrowed)
    assert [(part.known, part.asked) for part in report.coverage] == [
        (part.known, part.asked) for part in covered
    ]
    assert ("course" in dict(report.heads)) is not bool(course)
    assert {len(line.cells) for line in report.lines} == {len(report.heads)}


def test_a_report_of_a_past_day_shows_that_day(granvik):
    past_of(granvik)
    then = Then(day_of(ago(30)), day_of(ago(20)))
    text = " ".join(pages(document(granvik, View(then=then))))
    assert then.day.isoformat() in text
    assert then.known_on.isoformat() in text
    assert "Rahimi, Farid" in text


def test_more_rows_than_a_document_can_hold_are_told(full, monkeypatch):
    with full.work("maria") as ctx:
        order_export(ctx, View(), "pdf")
    monkeypatch.setitem(rules.MOST_ROWS, "pdf", 1)
    work_off(full.house)
    with full.work("maria", writes=False) as ctx:
        assert [(file.outcome, file.reason) for file in own_files(ctx)] == [("failed", "too_many")]


def test_a_protected_person_has_no_name_in_it(full):
    with full.work("maria") as ctx:
        ctx.db.scalars(select(Person).where(Person.given_name == "Amina")).one().protected = True
    text = " ".join(pages(document(full)))
    assert "Skyddad" in text
    assert not [word for word in ("Amina", "Yusuf", "1001") if word in text]


def test_what_people_type_is_text_and_never_markup(full):
    with full.work("maria") as ctx:
        ctx.db.scalars(
            select(Person).where(Person.given_name == "Amina")
        ).one().family_name = "<b>O'Neill & Ö</b>"
    assert "<b>O'Neill & Ö</b>, Amina" in " ".join(pages(document(full)))


def test_only_who_may_take_the_register_out_gets_one(full):
    for name in ("amina", "karin", "admin"):
        with full.work(name, writes=False) as ctx, pytest.raises(NotFound):
            report_of(ctx, View(EVERYTHING), lambda _count: None)


def test_of_nobody_it_says_so(full):
    (page,) = pages(document(full, View(Filter(text="ingen alls"))))
    assert "Inga rader" in page
    assert date.today().isoformat()[:4] in page  # noqa: DTZ011  (the year is enough)


SHARES = [(249, 250, 99), (250, 250, 100), (0, 5, 0), (4, 5, 80), (4, 4, None), (0, 0, None)]


@pytest.mark.parametrize(("known", "asked", "share"), SHARES)
def test_a_share_is_full_only_when_nobody_lacks_the_course(known, asked, share):
    assert Covered("", known, asked).share == share


@pytest.mark.parametrize(("known", "asked", "share"), SHARES)
def test_pages_say_the_share_that_the_report_says(known, asked, share):
    env = make_environments(static=str, url=str)["en"]
    said = {
        str(env.get_template("macros/parts.html").module.meter(known, asked, "x")),
        str(env.from_string(_OF_COVERAGE).render(share=Share(known, asked), count="posts", say=str)),
        str(
            env.from_string(_OF_COVERAGE).render(share=Share(100 * known, 100 * asked), count="fte", say=str)
        ),
    }
    for each in said:
        assert re.findall(r"· (\d+)%", re.sub(r"<[^>]+>", "", each)) == (
            [] if share is None else [str(share)]
        )


_OF_COVERAGE = (
    '{% import "employer/_coverage.html" as parts with context %}{{ parts.share_words(share, count, say) }}'
)
