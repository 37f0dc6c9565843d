"""Whoever a staff list brings in or moves has the duties that fit, and keeps those a lead has given."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import or_, select
from sqlalchemy.exc import NoResultFound

from lms.base.errors import Conflict, Invalid
from lms.learning.models import Assignment
from lms.organisation.models import Absence, Employment, PeopleImport, Person, RoleProfile, Unit
from lms.register.actions import add_assignment
from lms.register.intake import import_people, read_staff_list, undo_import
from lms.register.models import Duty, DutySource, Proof, Requirement, Status
from lms.register.own_duties import my_duties
from lms.register.requirements import Terms, set_requirement
from lms.register.rules import State
from tests.learning.taking import take
from tests.organisation.lists import HEAD, many, staff_list

START = date(2026, 1, 1)
DAY = timedelta(days=1)


@pytest.fixture
def required(granvik):
    """Everybody must know documentation within 30 days; in Eken also confidentiality."""
    with granvik.work("maria") as ctx:
        rule = {"reason": "routine", "source": "MAS", "due_days": 30}
        set_requirement(ctx, Terms("documentation", **rule), valid_from=START)
        set_requirement(ctx, Terms("confidentiality", unit=granvik.unit("Eken"), **rule), valid_from=START)


def take_in(town, *lines, head=HEAD):
    with town.work("maria") as ctx:
        return import_people(ctx, read_staff_list(staff_list(*lines, head=head)))


def undo_last(town):
    with town.work("maria") as ctx:
        last = select(PeopleImport.public_id).where(PeopleImport.employer_id == ctx.employer_id)
        undo_import(ctx, ctx.db.scalars(last.order_by(PeopleImport.id.desc()).limit(1)).one())


def duties(town, number):
    """(course, due on) of what is asked of somebody's employment in force, by course."""
    with town.work("maria", writes=False) as ctx:
        return [
            tuple(row)
            for row in ctx.db.execute(
                select(Duty.course, Status.due_on)
                .join(Status, Status.duty_id == Duty.id)
                .join(Employment, Employment.id == Duty.employment_id)
                .join(Person, Person.id == Duty.person_id)
                .where(
                    Person.employee_number == number,
                    Duty.employer_id == ctx.employer_id,
                    Employment.superseded_at.is_(None),
                    Employment.valid_to.is_(None),
                    Status.due_on.is_not(None),
                )
                .order_by(Duty.course)
            )
        ]


def test_new_people_have_the_duties_of_their_place(granvik, required):
    take_in(granvik, "77;Bo;Ek;Eken;usk;2026-03-01", "78;Eva;Ek;Björken;usk;2026-03-01")
    due = date(2026, 3, 31)
    assert duties(granvik, "77") == [("confidentiality", due), ("documentation", due)]
    assert duties(granvik, "78") == [("documentation", due)]


def test_move_keeps_the_earlier_date_and_adds_what_the_new_place_asks(granvik, required):
    take_in(granvik, "1001;Amina;Yusuf;Eken;usk;2026-06-01")
    assert duties(granvik, "1001") == [
        ("confidentiality", date(2026, 7, 1)), ("documentation", START + timedelta(days=30)),
    ]  # fmt: skip


def test_move_leaves_what_only_the_old_place_asked(granvik, required):
    take_in(granvik, "1003;Hodan;Ali;Björken;vårdbiträde;2026-06-01")
    assert [course for course, _due in duties(granvik, "1003")] == ["documentation"]


def test_what_a_lead_assigned_follows_the_person(granvik):
    due = date(2099, 1, 31)
    with granvik.work("maria") as ctx:
        (employment,) = ctx.db.scalars(
            select(Employment).where(Employment.person_id == granvik.person("amina").id)
        )
        unit = ctx.db.get_one(Unit, employment.unit_id)
        assignment = Assignment(
            employer_id=ctx.employer_id, course="documentation", unit_id=unit.id, assigned_by=ctx.who.person_id,
            due_on=due, reason="ny rutin", created_at=ctx.now,
        )  # fmt: skip
        ctx.db.add(assignment)
        ctx.db.flush()
        add_assignment(
            ctx, assignment_id=assignment.id, course="documentation", due_on=due, reason="ny rutin",
            employments={employment.id: employment.person_id},
        )  # fmt: skip
    take_in(granvik, "1001;Amina;Yusuf;Eken;usk;2026-06-01")
    assert duties(granvik, "1001") == [("documentation", due)]
    with granvik.work("maria", writes=False) as ctx:
        assert ctx.db.scalars(select(DutySource.reason)).all() == ["ny rutin", "ny rutin"]


def test_second_import_changes_no_duty(granvik, required):
    lines = ("77;Bo;Ek;Eken;usk;2026-03-01", "1001;Amina;Yusuf;Eken;usk;2026-06-01")
    take_in(granvik, *lines)
    before = duties(granvik, "77"), duties(granvik, "1001")
    assert take_in(granvik, *lines).employments == ()
    assert (duties(granvik, "77"), duties(granvik, "1001")) == before


def test_a_corrected_unit_takes_the_duty_of_the_wrong_place_away(granvik, required):
    take_in(granvik, "1003;Hodan;Ali;Björken;vårdbiträde;2026-01-01")
    assert [course for course, _due in duties(granvik, "1003")] == ["documentation"]
    take_in(granvik, "1003;Hodan;Ali;Eken;vårdbiträde;2026-01-01")
    assert [course for course, _due in duties(granvik, "1003")] == ["confidentiality", "documentation"]


def test_undoing_takes_the_duty_away_that_the_mistake_made(granvik, required):
    take_in(granvik, "1001;Amina;Yusuf;Eken;usk;2026-01-01", "1002;Farid;Rahimi;Eken;usk;2026-06-01")
    assert len(duties(granvik, "1001")) == len(duties(granvik, "1002")) == 2
    undo_last(granvik)
    for number in ("1001", "1002"):
        assert [course for course, _due in duties(granvik, number)] == ["documentation"]
    assert wanted(granvik) == held(granvik)


def test_a_corrected_first_day_moves_the_date(granvik, required):
    take_in(granvik, "1001;Amina;Yusuf;Björken;usk;2026-02-01")
    assert duties(granvik, "1001") == [("documentation", date(2026, 3, 3))]


def test_a_lead_s_reason_stays_when_that_of_the_place_is_withdrawn(granvik, required):
    due = date(2099, 1, 31)
    assign_to_hodan(granvik, due)
    take_in(granvik, "1003;Hodan;Ali;Björken;vårdbiträde;2026-01-01")
    assert duties(granvik, "1003") == [
        ("confidentiality", due),
        ("documentation", START + timedelta(days=30)),
    ]


def assign_to_hodan(town, due):
    with town.work("jonas") as ctx:
        post = ctx.db.scalars(select(Employment).where(Employment.person_id == town.person("hodan").id)).one()
        assignment = Assignment(
            employer_id=ctx.employer_id, course="confidentiality", unit_id=post.unit_id,
            assigned_by=ctx.who.person_id, due_on=due, reason="ny rutin", created_at=ctx.now,
        )  # fmt: skip
        ctx.db.add(assignment)
        ctx.db.flush()
        add_assignment(
            ctx, assignment_id=assignment.id, course="confidentiality", due_on=due, reason="ny rutin",
            employments={post.id: post.person_id},
        )  # fmt: skip


def test_a_pass_stays_when_nothing_asks_for_it_any_more(granvik):
    with granvik.work("maria") as ctx:
        set_requirement(
            ctx,
            Terms("documentation", unit=granvik.unit("Björken"), reason="routine", source="MAS", due_days=30),
            valid_from=START,
        )
    take(granvik, "amina", right=12)
    take_in(granvik, "1001;Amina;Yusuf;Eken;usk;2026-01-01")
    with granvik.work("amina", writes=False) as ctx:
        assert my_duties(ctx) == []
        assert ctx.db.scalars(select(Proof.revoked_on)).all() == [None]
    take_in(granvik, "1001;Amina;Yusuf;Björken;usk;2026-01-01")
    with granvik.work("amina", writes=False) as ctx:
        assert [(duty.state, duty.due_on) for duty in my_duties(ctx)] == [
            (State.VALID, START + timedelta(days=30))
        ]


def facts(ctx):
    """Employments that are known and not over, all that are known, and the requirements."""
    posts = ctx.db.scalars(
        select(Employment).where(
            Employment.employer_id == ctx.employer_id, Employment.superseded_at.is_(None)
        )
    ).all()
    rules = ctx.db.scalars(select(Requirement).where(Requirement.employer_id == ctx.employer_id)).all()
    return [post for post in posts if post.valid_to is None or post.valid_to >= ctx.today], posts, rules


def wanted(town):
    """What the requirements ask, worked out one by one: employment, requirement, due on."""
    with town.work("maria", writes=False) as ctx:
        current, posts, rules = facts(ctx)
        away = ctx.db.scalars(
            select(Absence).where(Absence.employer_id == ctx.employer_id, Absence.superseded_at.is_(None))
        ).all()

        def describes(rule, post):
            role = ctx.db.get_one(RoleProfile, post.role_profile_id).key
            return (not rule.roles or role in rule.roles) and (
                rule.unit_id is None or rule.unit_id in above(post.unit_id)
            )

        def above(unit_id):
            unit = ctx.db.get_one(Unit, unit_id)
            return {unit_id, *(above(unit.parent_id) if unit.parent_id else ())}

        def since(rule, post):
            before = (
                other
                for other in posts
                if other.person_id == post.person_id
                and other.valid_from < post.valid_from
                and (other.valid_to is None or other.valid_to >= post.valid_from - DAY)
                and describes(rule, other)
            )
            return min([post.valid_from, *(since(rule, other) for other in before)])

        def due(rule, post):
            """Day by day, those away not counted."""
            day, left = max(since(rule, post), rule.valid_from), rule.due_days
            while left or is_away(post.person_id, day):
                left -= not is_away(post.person_id, day)
                day += DAY
            return day

        def is_away(person_id, day):
            return any(
                each.person_id == person_id and each.valid_from <= day <= (each.valid_to or date.max)
                for each in away
            )

        return {
            (post.id, rule.id, due(rule, post)) for post in current for rule in rules if describes(rule, post)
        }


def held(town):
    """What the ledger holds, and that the date of each duty is the earliest of its reasons."""
    with town.work("maria", writes=False) as ctx:
        rows = ctx.db.execute(
            select(Duty.id, Duty.employment_id, DutySource.requirement_id, DutySource.due_on)
            .join(DutySource, DutySource.duty_id == Duty.id)
            .join(Employment, Employment.id == Duty.employment_id)
            .where(
                Duty.employer_id == ctx.employer_id,
                DutySource.withdrawn_at.is_(None),
                or_(
                    Employment.superseded_at.is_not(None),
                    Employment.valid_to.is_(None),
                    Employment.valid_to >= ctx.today,
                ),
            )
        ).all()
        earliest = {}
        for duty_id, _employment, _requirement, due_on in rows:
            earliest[duty_id] = min(due_on, earliest.get(duty_id, due_on))
        dates = select(Status.duty_id, Status.due_on).where(Status.due_on.is_not(None))
        shown = {row.duty_id: row.due_on for row in ctx.db.execute(dates)}
        assert earliest.items() <= shown.items()
        current = {post.id for post in facts(ctx)[0]}
        of_current = select(Status.duty_id).join(Duty, Duty.id == Status.duty_id)
        for duty_id in ctx.db.scalars(of_current.where(Duty.employment_id.in_(current))):
            assert earliest.get(duty_id) == shown.get(duty_id)
        return {(employment, requirement, due_on) for _duty, employment, requirement, due_on in rows}


LINES = st.builds(
    "p{};Given;Family;{};{};2026-{:02}-01;{};{}".format,
    st.integers(0, 1),
    st.sampled_from(["Granvik", "Björken", "Eken"]),
    st.sampled_from(["usk", "ssk"]),
    st.integers(1, 6),
    st.sampled_from(["", "", "2026-06-30", "2099-12-31"]),
    st.sampled_from([50, 100]),
)
STEPS = st.lists(st.just("undo") | st.lists(LINES, min_size=1, max_size=3), min_size=2, max_size=8)


def test_duties_are_those_a_fresh_computation_gives(granvik, required):
    """After any imports, corrections, moves, ends, returns and undoings."""
    rule = {"reason": "routine", "source": "MAS", "due_days": 10}
    with granvik.work("maria") as ctx:
        rule |= {"roles": ("assistant_nurse",)}
        set_requirement(ctx, Terms("documentation", **rule), valid_from=START + 80 * DAY)
        set_requirement(ctx, Terms("confidentiality", unit=granvik.unit("Eken"), **rule), valid_from=START)

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def whatever_happens(steps):
        for step in steps:
            with suppress(Invalid, Conflict, NoResultFound):
                if step == "undo":
                    undo_last(granvik)
                else:
                    take_in(granvik, *step, head=HEAD + ";Till;Procent")
            assert held(granvik) == wanted(granvik)

    whatever_happens()


def test_statements_do_not_grow_with_the_people(granvik, required, statements):
    first = read_staff_list(many(450))
    moved = read_staff_list(many(450, unit="Eken", first="2026-03-01", percent=80))
    corrected = read_staff_list(many(450, first="2026-03-01", percent=80))
    for staff in (first, moved, corrected):
        with granvik.work("maria") as ctx, statements() as sent:
            import_people(ctx, staff)
        assert len(sent) <= 56
