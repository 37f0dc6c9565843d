"""Coverage, what is critical and what runs out, on the pages of the employer."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID

import pytest
from sqlalchemy import update

from lms.base.access import Role
from lms.organisation import actions as organisation
from lms.organisation.models import Person, Unit
from lms.register.models import Requirement
from lms.register.queries import Filter, register_rows
from tests.builders import day_of
from tests.register.test_coverage_views import keep
from tests.register.towns import grow_by_chance
from tests.web.lead_pages import text_of
from tests.web.staff_pages import counted

PAGES = (
    "/register", "/register/coverage/people", "/register/coverage", "/register/coverage/time", "/register/critical",
    "/register/expiring", "/register/expiring/year",
)  # fmt: skip


@pytest.fixture
def maria(granvik, english):
    grow_by_chance(granvik, 1, people=24)
    return english("maria")


def rows_of(page):
    return int(re.search(r"<b>([\d,]+) rows?</b>", page.text)[1])


def test_every_figure_leads_to_as_many_rows(maria):
    page = maria.get("/register/coverage").text
    cells = re.findall(r'<a href="(/register\?[^"]*)"[^>]*>(?:<b>)?(\d+) of (\d+)<', page)
    lacking = re.findall(
        r'<a class="lacking[^"]*" href="(/register\?[^"]*)">.*?</svg>(\d+) lacks? it</a>', page
    )
    assert len(cells) > 6
    assert len(lacking) > 4
    for href, known, asked in cells:
        assert rows_of(maria.get(unescape(href))) == int(asked)
        assert rows_of(maria.get(unescape(href).replace("state=asked", "state=known") + "&page=1")) == int(
            known
        )
    for href, number in lacking:
        assert rows_of(maria.get(unescape(href))) == int(number)


@pytest.mark.parametrize(
    "query",
    ["", "?state=asked", "?state=known", "?state=lacking", "?unit=Björken", "?role=nurse", "?day=yesterday"],
)
def test_every_figure_on_the_cards_of_the_register_leads_to_its_rows(granvik, maria, query):
    yesterday = day_of(datetime.now(UTC)) - timedelta(days=1)
    query = query.replace("Björken", str(granvik.unit("Björken").public_id)).replace(
        "yesterday", str(yesterday)
    )
    page = maria.get(f"/register{query}").text
    figures = re.findall(r'<a href="(/register\?[^"]*)" aria-label="[^"]*">(\d+)</a>', page)
    assert figures
    for href, number in figures:
        assert rows_of(maria.get(unescape(href))) == int(number)


def test_who_has_something_that_runs_out_is_a_way_to_what_is_known_of_them(granvik, maria):
    page = maria.get("/register/expiring?days=90").text
    people = re.findall(r'<td role="cell"><b>(?:<a href="([^"]*)">)?([^<]+)<', page)
    assert len(people) > 2
    for href, name in people:
        family, _comma, given = name.partition(", ")
        assert (f"{given} {family}" in text_of(maria.get(href))) if href else name == "Protected identity"


def test_one_goes_down_the_tree_and_up_again(granvik, maria):
    top = maria.get("/register/coverage?count=people").text
    down = re.search(r'href="(/register/coverage\?unit=[^"]*)">Björken<', top)[1]
    page = maria.get(unescape(down))
    assert "count=people" in down
    words = text_of(page)
    assert "Directly in Björken" in words
    assert "Each person counts once" in words
    up = re.search(r'<li><a href="([^"]*)">Granvik</a>', page.text)[1]
    assert maria.get(unescape(up)).status_code == 200


@pytest.mark.parametrize(
    ("count", "words"), [("fte", "two half-time posts are one"), ("x", "Each post counts.")]
)
def test_what_is_counted_is_said(maria, count, words):
    assert words in text_of(maria.get(f"/register/coverage?count={count}"))


def test_full_time_equivalents_are_written_with_the_decimal_mark(granvik, maria):
    assert re.search(r"\d\.\d+ of \d", maria.get("/register/coverage?count=fte").text)


def test_the_picture_over_time_has_a_table_and_small_ones_below(granvik, maria):
    assert "Nothing has been kept yet" in text_of(maria.get("/register/coverage/time"))
    north, south = granvik.unit("Björken").id, granvik.unit("Eken").id
    with granvik.work("maria") as ctx:
        for weeks, known in ((5, 1), (4, 2), (1, 4)):
            day = ctx.today - timedelta(days=7 * weeks)
            keep(ctx, day, {(north, "documentation"): (known, 5), (south, "documentation"): (1, 5)})
    page = maria.get("/register/coverage/time")
    words = text_of(page)
    assert "5 of 10 · 50%" in words
    assert re.search(r"3 10 30%", words)
    assert re.findall(r'<h3 class="h4"><a [^>]*>(\w+)<', page.text) == ["Eken", "Björken"]  # the lowest first
    assert page.text.count('role="img"') == 3
    assert all("<desc" in svg for svg in re.findall(r'<svg class="lines".*?</svg>', page.text, re.DOTALL))
    assert page.text.count("<polyline") == 3  # one each, and a gap of three weeks
    assert "Nothing has been kept yet" in text_of(maria.get("/register/coverage/time?course=medication"))


def test_the_matrix_of_a_unit_has_its_people_by_courses_and_leads_to_each(granvik, maria):
    unit = granvik.unit("Björken")
    coverage = maria.get(f"/register/coverage?unit={unit.public_id}").text
    page = maria.get(unescape(re.search(r'href="(/register/coverage/people[^"]*)"', coverage)[1]))
    people = re.findall(
        r'<th scope="row"[^>]*>\s*<span><a href="(/register/people/[^"]*)">([^<]+)<', page.text
    )
    with granvik.work("maria", writes=False) as ctx:
        rows = {row.person_id for row in register_rows(ctx, Filter(unit=unit.public_id))}
    assert {href.rsplit("/", 1)[1] for href, _name in people} >= {str(each) for each in rows}
    assert maria.get(people[0][0]).status_code == 200
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Person)
            .where(Person.public_id == UUID(people[0][0].rsplit("/", 1)[1]))
            .values(protected=True)
        )
    assert people[0][0] not in maria.get(f"/register/coverage/people?unit={unit.public_id}").text


def test_critical_places_stand_in_order_with_ways_to_their_rows(granvik, maria):
    assert "Nothing is critical here" in text_of(maria.get("/register/critical"))
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Requirement).where(Requirement.course == "documentation").values(minimum=2))
    page = maria.get("/register/critical")
    words = text_of(page)
    assert "Critical coverage" in words
    spare = [
        -int(few) if few else int(more) for few, more in re.findall(r"(\d+) too few|(\d+) to spare", words)
    ]
    assert spare == sorted(spare)
    for href, number in re.findall(r'<a href="(/register\?[^"]*state=known)">(\d+) pe', page.text):
        assert rows_of(maria.get(unescape(href))) >= int(number)  # of somebody there may be two


def test_what_runs_out_goes_on_page_by_page_and_leads_to_the_certificates(granvik, maria, monkeypatch):
    monkeypatch.setattr("lms.web.employer_expiring.PAGE", 4)
    here, seen = "/register/expiring?days=90", []
    while here:
        page = maria.get(here)
        assert page.status_code == 200
        seen += re.findall(r'<tr role="row">\s*<td role="cell"><b>(?:<a [^>]*>)?([^<]*)<', page.text)
        ahead = re.search(r'href="([^"]*)" rel="next"', page.text)
        here = unescape(ahead[1]) if ahead else ""
        assert not here or "days=90" in here
    number = int(re.search(r"(\d+) proofs run out", text_of(maria.get("/register/expiring?days=90")))[1])
    assert len(seen) == number > 8
    assert "From the start" in text_of(page)


def test_a_month_of_the_year_ahead_leads_to_its_rows(granvik, maria):
    page = maria.get("/register/expiring/year")
    months = re.findall(r'<a href="(/register/expiring\?month=[^"&]*)">\s*<b>(\d+)</b>', page.text)
    assert len(months) > 1
    for href, number in months:
        assert f"{number} proof" in text_of(maria.get(unescape(href)))


def test_days_that_are_chosen_while_a_month_is_shown_count(maria):
    ahead = day_of(datetime.now(UTC)) + timedelta(days=40)
    month = maria.get(f"/register/expiring?month={ahead:%Y-%m}&days=").text
    days = maria.get(f"/register/expiring?month={ahead:%Y-%m}&days=90").text
    assert 'name="month"' in month
    assert 'name="month"' not in days
    assert '<option value="90" selected>' in days


def test_a_unit_where_nobody_is_asked_any_more_is_not_drawn_beside_the_others(granvik, maria):
    north, south = granvik.unit("Björken").id, granvik.unit("Eken").id
    with granvik.work("maria") as ctx:
        keep(ctx, ctx.today - timedelta(days=200), {(south, "documentation"): (0, 5)})
        keep(ctx, ctx.today - timedelta(days=7), {(north, "documentation"): (4, 5)})
    page = maria.get("/register/coverage/time").text
    assert re.findall(r'<h3 class="h4"><a [^>]*>(\w+)<', page) == ["Björken"]


@pytest.mark.parametrize(
    ("posts", "count", "says"), [(4, "posts", False), (8, "posts", True), (8, "fte", False)]
)
def test_of_a_group_below_five_no_percentage_is_told(granvik, maria, posts, count, says):
    with granvik.work("maria") as ctx:
        for days in (14, 7):
            keep(
                ctx,
                ctx.today - timedelta(days=days),
                {(granvik.unit("Eken").id, "documentation"): (posts // 4, posts)},
            )
    page = maria.get(f"/register/coverage/time?count={count}").text
    assert ("25%" in page) is says


@pytest.mark.parametrize("month", ["2020-01", "x", "2026-13", "9999-12", "0000-00"])
def test_a_month_that_is_over_or_none_is_not_asked_for(maria, month):
    assert maria.get(f"/register/expiring?month={month}").status_code == 200


@pytest.mark.parametrize("path", PAGES[1:])
def test_a_unit_that_is_not_ones_own_is_not_there(granvik, fjordvik, sign_in, path):
    grow_by_chance(granvik, 2)
    with granvik.work("admin") as ctx:
        where = ctx.open(Unit, granvik.unit("Eken").public_id)
        jonas = ctx.db.get_one(Person, granvik.person("jonas").id)
        organisation.grant_role(ctx, person=jonas, role=Role.OFFICER, unit=where)
    browser = sign_in(granvik, "jonas")
    assert browser.get(f"{path}?unit={where.public_id}").status_code == 200
    assert "Björken" not in browser.get(path).text
    for unit in (granvik.unit("Björken"), granvik.unit("Granvik"), fjordvik.unit("Furua")):
        assert browser.get(f"{path}?unit={unit.public_id}").status_code == 404


def test_the_pages_of_the_register_lead_to_each_other(maria):
    for path in (*PAGES, "/requirements"):
        page = maria.get(path).text
        tabs = re.search(r'<nav class="subnav".*?</nav>', page, re.DOTALL)[0]
        assert {
            "/register",
            "/register/coverage",
            "/register/critical",
            "/register/expiring",
            "/requirements",
            "/register/files",
        } == set(re.findall(r'href="([^"]*)"', tabs))
        assert tabs.count("aria-current") == 1
        menu = re.search(r'<nav class="nav.*?</nav>', page, re.DOTALL)[0]
        assert re.search(r'href="/register" aria-current', menu)


@pytest.mark.parametrize(
    "path", ["/auditors", "/auditors/new", "/settings/messages", "/settings/sign-in", "/org", "/org/messages"]
)
def test_the_menu_says_that_one_is_in_the_organisation(maria, path):
    menu = re.search(r'<nav class="nav.*?</nav>', maria.get(path).text, re.DOTALL)[0]
    assert re.findall(r'href="([^"]*)" aria-current', menu) == ["/org"]


@pytest.mark.parametrize("query", ["", "?count=people", "?count=fte"])
def test_six_statements_are_enough_for_any_of_them(granvik, maria, query):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Requirement).values(minimum=2))
        keep(ctx, ctx.today, {(granvik.unit("Björken").id, "documentation"): (1, 5)})
    for path in PAGES:
        maria.get(path + query)
        with counted(granvik.house) as sent:
            assert maria.get(path + query).status_code == 200
        may_be_forgotten = [
            each for each in sent if "forgotten_on IS NOT NULL" in each
        ]  # ended that long ago
        assert len(sent) - len(may_be_forgotten) <= 6, path
        assert len(may_be_forgotten) <= 1, path
