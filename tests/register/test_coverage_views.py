"""Coverage over the tree, critical coverage and what runs out say what a naive count of the register's rows says."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from lms.base.access import Permission, Role
from lms.base.errors import NotFound
from lms.organisation.models import Employment, Person, Unit
from lms.register.coverage_queries import Count, Share, coverage_over_time, coverage_view, place
from lms.register.expiring import After, Window, expiring, expiring_by_month
from lms.register.models import CoverageThen
from lms.register.queries import Filter, register_rows
from lms.register.register_then import Then, rows_then
from lms.register.rules import COUNTS_AS_KNOWN, Sought, State
from tests.crowd import grow
from tests.register.towns import COURSES, give, grow_by_chance
from tests.web.staff_pages import counted

SEEDS = (1, 2, 3, 4)


def percents(town):
    with town.inside() as ctx:
        return dict(
            ctx.db.execute(
                select(Employment.title, Employment.percent).where(Employment.superseded_at.is_(None))
            ).all()
        )


def naive(rows, count, percent):
    """Known and asked by course, counted one by one."""
    asked = [row for row in rows if row.state not in {State.EXEMPT, State.NOT_REQUIRED}]
    shares = {}
    for course in {row.course for row in asked}:
        of = [row for row in asked if row.course == course]
        known = [row for row in of if row.state in COUNTS_AS_KNOWN]
        if count is Count.POSTS:
            shares[course] = Share(len(known), len(of))
        elif count is Count.FTE:
            shares[course] = Share(
                sum(percent[row.title] for row in known), sum(percent[row.title] for row in of)
            )
        else:
            everybody = {row.person_id for row in of}
            lacking = {row.person_id for row in of if row not in known}
            shares[course] = Share(len(everybody - lacking), len(everybody))
    return shares


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", list(Count))
def test_every_figure_is_a_count_of_rows(granvik, seed, count):
    grow_by_chance(granvik, seed)
    percent = percents(granvik)
    with granvik.work("maria", writes=False) as ctx:
        seen = 0
        queue = [None]
        while queue:
            key = queue.pop()
            view = coverage_view(ctx, key, count=count)
            assert view.day == ctx.today
            assert view.total.shares == naive(register_rows(ctx, Filter(unit=key)), count, percent)
            for line in view.lines:
                whose = line.node.public_id if line.node else view.place.here.public_id
                rows = register_rows(ctx, Filter(unit=whose, only_here=line.node is None))
                assert line.shares == naive(list(rows), count, percent)
                if line.node:
                    queue.append(line.node.public_id)
                seen += bool(line.shares)
        assert seen > 5


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_behind_a_figure_are_as_many_as_it_says(granvik, seed):
    grow_by_chance(granvik, seed)
    with granvik.work("maria", writes=False) as ctx:
        for line in (top := coverage_view(ctx)).lines:
            whose = line.node.public_id if line.node else top.place.here.public_id
            for course, share in line.shares.items():
                for state, number in (
                    (Sought.ASKED, share.asked), (Sought.KNOWN, share.known), (Sought.LACKING, share.lacking)
                ):  # fmt: skip
                    behind = Filter(unit=whose, course=course, state=state, only_here=line.node is None)
                    assert len(list(register_rows(ctx, behind))) == number


@pytest.mark.parametrize(
    ("who", "permission", "sees"),
    [
        ("karin", Permission.SEE_TEAM, {"Björken", "Norra", "Södra", "Natt"}),
        ("jonas", Permission.SEE_REGISTER, {"Eken", "Västra"}),  # officer over a part
        ("hodan", Permission.SEE_REGISTER, {"Norra", "Natt", "Västra"}),  # auditor of two units
    ],
)
@pytest.mark.parametrize("count", list(Count))
def test_nothing_outside_the_own_reach_is_counted_or_opened(granvik, fjordvik, who, permission, sees, count):
    grow_by_chance(granvik, 5)
    give(granvik, "jonas", Role.OFFICER, "Eken")
    give(granvik, "hodan", Role.AUDITOR, "Norra")
    give(granvik, "hodan", Role.AUDITOR, "Västra")
    percent = percents(granvik)
    with granvik.work("maria", writes=False) as ctx:
        rows = [row for row in register_rows(ctx) if row.unit in sees]
    with granvik.work(who, writes=False) as ctx:
        view = coverage_view(ctx, count=count, permission=permission)
        assert view.total.shares == naive(rows, count, percent)
        for name in ("Björken", "Eken", "Granvik", "Norra", "Västra"):
            if name in sees:
                assert (
                    coverage_view(ctx, granvik.unit(name).public_id, permission=permission).place.here.name
                    == name
                )
            else:
                with pytest.raises(NotFound):
                    coverage_view(ctx, granvik.unit(name).public_id, permission=permission)
        with pytest.raises(NotFound):
            coverage_view(ctx, fjordvik.unit("Furua").public_id, permission=permission)
    with fjordvik.work("siri", writes=False) as ctx:
        assert coverage_view(ctx).total.shares == {}


def test_where_somebody_stands_in_the_tree(granvik):
    grow_by_chance(granvik, 1)
    with granvik.work("maria", writes=False) as ctx:
        top = place(ctx)
        assert (top.here.name, top.is_everything, [node.name for node in top.below]) == (
            "Granvik", True, ["Björken", "Eken"],
        )  # fmt: skip
        below = place(ctx, granvik.unit("Norra").public_id)
        assert [node.name for node in below.above] == ["Granvik", "Björken"]
        assert [node.name for node in below.below] == ["Natt"]
        assert not below.is_everything


def test_a_day_that_has_not_begun_yet_is_said(granvik):
    grow_by_chance(granvik, 1)
    with granvik.work("maria", writes=False) as ctx:
        now = ctx.now
    with granvik.work("maria", writes=False, now=now + timedelta(days=2)) as ctx:
        for count in Count:
            assert coverage_view(ctx, count=count).day == ctx.today - timedelta(days=2)


def test_coverage_takes_two_statements_or_three_however_many_there_are(granvik):
    grow(granvik.house, "granvik", 40, below="Björken", team=5)
    with granvik.work("maria", writes=False) as ctx:
        for count in Count:
            with counted(granvik.house) as sent:
                view = coverage_view(ctx, count=count)
            assert len(sent) == (3 if count is Count.PEOPLE else 2)
            assert view.total.shares["documentation"].asked == 40 * (100 if count is Count.FTE else 1)


# ---- over time ----


def keep(ctx, day, figures):
    """Enter what was counted on a day: (unit, course) to known and asked posts, each of half of full time."""
    ctx.db.execute(
        insert(CoverageThen),
        [
            {"employer_id": ctx.employer_id, "day": day, "unit_id": unit, "course": course, "posts": asked,
             "known_posts": known, "percent": 50 * asked, "known_percent": 50 * known, "people": asked,
             "known_people": known}
            for (unit, course), (known, asked) in figures.items()
        ],
    )  # fmt: skip


def test_weeks_are_added_up_over_what_lies_below(granvik):
    root, north, south = granvik.unit("Granvik"), granvik.unit("Björken"), granvik.unit("Eken")
    with granvik.work("maria") as ctx:
        earlier, later, old = (ctx.today - timedelta(days=days) for days in (14, 7, 400))
        for day, known in ((old, 1), (earlier, 2), (later, 3)):
            keep(ctx, day, {(root.id, "documentation"): (1, 1), (north.id, "documentation"): (known, 5),
                            (north.id, "medication"): (0, 2), (south.id, "documentation"): (0, 0)})  # fmt: skip
    with granvik.work("maria", writes=False) as ctx:
        went = coverage_over_time(ctx)
        assert [(then.day, then.share) for then in went.all] == [(earlier, Share(3, 8)), (later, Share(4, 8))]
        assert [(node.name, [then.share for then in thens]) for node, thens in went.lines] == [
            ("Björken", [Share(2, 7), Share(3, 7)]), ("Eken", []),
        ]  # fmt: skip
        one = coverage_over_time(ctx, north.public_id, course="documentation", count=Count.FTE)
        assert [then.share for then in one.all] == [Share(100, 250), Share(150, 250)]


# ---- what runs out ----


def by_chance(ctx, days, **narrowed):
    """The same from all the rows of the register."""
    rows = register_rows(ctx, Filter(**narrowed))
    last = ctx.today + timedelta(days=days)
    return sorted(
        (row.expires_on, row.title, row.course)
        for row in rows
        if row.expires_on and ctx.today <= row.expires_on <= last and row.state is not State.EXEMPT
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_page_by_page_one_sees_each_row_that_runs_out_once_and_soonest_first(granvik, seed, limit):
    grow_by_chance(granvik, seed, people=20)
    units = [None, granvik.unit("Björken").public_id, granvik.unit("Natt").public_id]
    with granvik.work("maria", writes=False) as ctx:
        for unit in units:
            for course in ("", COURSES[0]):
                for days in (30, 90):
                    window = Window(ctx.today, ctx.today + timedelta(days=days), unit, course)
                    seen, after = [], None
                    while page := expiring(ctx, window, after, limit=limit):
                        assert len(page) <= limit
                        seen += page
                        after = After(page[-1].expires_on, page[-1].duty_id)
                    assert [line.expires_on for line in seen] == sorted(line.expires_on for line in seen)
                    expected = by_chance(ctx, days, unit=unit, course=course)
                    assert sorted((line.expires_on, line.title, line.course) for line in seen) == expected
                    months = Counter((day.replace(day=1), of) for day, _title, of in expected)
                    assert months == {
                        (begins, of): number
                        for begins, courses in expiring_by_month(ctx, window).items()
                        for of, number in courses.items()
                    }


def test_what_runs_out_is_of_the_own_reach(granvik, fjordvik):
    grow_by_chance(granvik, 3, people=20)
    give(granvik, "jonas", Role.OFFICER, "Eken")
    with granvik.work("jonas", writes=False) as ctx:
        window = Window(ctx.today, ctx.today + timedelta(days=200))
        found = expiring(ctx, window)
        assert found
        assert {line.unit for line in found} <= {"Eken", "Västra"}
        assert sum(sum(of.values()) for of in expiring_by_month(ctx, window).values()) == len(found)
        elsewhere = Window(window.first, window.last, granvik.unit("Björken").public_id)
        assert expiring(ctx, elsewhere) == []
        assert expiring_by_month(ctx, elsewhere) == {}
    with fjordvik.work("siri", writes=False) as ctx:
        assert expiring(ctx, window) == []


def test_a_protected_identity_is_counted_but_not_named_nor_found_by_unit(granvik):
    grow_by_chance(granvik, 3, people=20)
    with granvik.work("maria", writes=False) as ctx:
        window = Window(ctx.today, ctx.today + timedelta(days=200))
        before = expiring(ctx, window)
        whom = before[0]
        figures = coverage_view(ctx).total.shares
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.public_id == whom.person_id).values(protected=True))
    with granvik.work("maria", writes=False) as ctx:
        lines = expiring(ctx, window)
        assert len(lines) == len(before)
        hidden = [line for line in lines if line.protected]
        assert hidden
        assert {(line.family_name, line.given_name, line.unit) for line in hidden} == {("", "", "")}
        for unit in ctx.db.scalars(select(Unit.public_id).where(Unit.employer_id == ctx.employer_id)).all():
            narrowed = Window(window.first, window.last, unit)
            found = expiring(ctx, narrowed)
            assert not any(line.protected for line in found)
            assert sum(sum(of.values()) for of in expiring_by_month(ctx, narrowed).values()) == len(found)
        assert coverage_view(ctx).total.shares == figures


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_a_past_day_is_narrowed_alike(granvik, seed):
    grow_by_chance(granvik, seed)
    unit = granvik.unit("Björken").public_id
    with granvik.work("maria", writes=False) as ctx:
        for state in Sought:
            narrowed = Filter(unit=unit, course="documentation", state=state, only_here=True)
            today = {(row.person_id, row.title) for row in register_rows(ctx, narrowed)}
            then = {(row.person_id, row.title) for row in rows_then(ctx, Then(ctx.today), narrowed)}
            assert then == today
        assert list(register_rows(ctx, Filter(unit=unit, only_here=True)))
