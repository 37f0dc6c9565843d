"""The last import is undone by new facts: what was true before is known again, and nothing is deleted."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lms.base.audit import AuditEntry
from lms.base.errors import Conflict, NotFound
from lms.identity.models import Account, Identifier, LinkToken
from lms.learning.actions import assign_course
from lms.organisation import actions
from lms.organisation.arrival import make_slip
from lms.organisation.imports import earlier_imports, plan_undo
from lms.organisation.models import Absence, Employment, ImportedFact, PeopleImport, Person
from lms.register.intake import undo_import
from tests.organisation.known import employments
from tests.organisation.lists import HEAD, many, staff_list
from tests.organisation.test_duties import duties

AMINA = "1001;Amina;Yusuf;Björken;usk;2026-01-01"
NEW = "77;Bo;Ek;Eken;Sjuksköterska;2026-03-01"
HOUR = timedelta(hours=1)
LATER = datetime.now(UTC) + HOUR


@pytest.fixture
def undo(granvik):
    """Undo the newest import, as Maria."""

    def make(*, now=LATER, who="maria"):
        with granvik.work(who, now=now) as ctx:
            return undo_import(ctx, newest(ctx))

    return make


def newest(ctx):
    """Public id of the newest import."""
    return ctx.db.scalars(
        select(PeopleImport.public_id)
        .where(PeopleImport.employer_id == ctx.employer_id)
        .order_by(PeopleImport.id.desc())
        .limit(1)
    ).one()


def known_now(town):
    """Everything that is known now of people, employments, absences and addresses that a list may change."""
    with town.work("maria", writes=False) as ctx:
        facts = {
            table.__tablename__: sorted(
                (
                    tuple(row)
                    for row in ctx.db.execute(
                        select(table.person_id, *columns, table.valid_from, table.valid_to).where(
                            table.employer_id == ctx.employer_id, table.superseded_at.is_(None)
                        )
                    )
                ),
                key=str,
            )
            for table, columns in (
                (Employment, (Employment.id, Employment.unit_id, Employment.role_profile_id, Employment.title,
                              Employment.kind, Employment.percent)),
                (Absence, (Absence.id, Absence.kind)),
            )
        }  # fmt: skip
        names = select(Person.employee_number, Person.given_name, Person.family_name)
        with_posts = names.where(
            Person.employer_id == ctx.employer_id, Person.id.in_([row[0] for row in facts["employment"]])
        )
        addresses = select(Identifier.account_id, Identifier.kind, Identifier.value)
        return facts | {
            "people": sorted(tuple(row) for row in ctx.db.execute(with_posts)),
            "addresses": sorted(tuple(row) for row in ctx.db.execute(addresses)),
        }


FULL = HEAD + ";Procent;Till;E-post;Telefon;Frånvarande från;Frånvarande till;Frånvaro"
EARLIER = (
    "77;Bo;Ek;Eken;Sjuksköterska;2026-03-01;100;;old@granvik.example;;2026-05-01;;ledig",
    "78;Eva;Ek;Eken;usk;2026-03-01;50;;eva@granvik.example;;;;",
    "78;Eva;Ek;Björken;vårdbiträde;2026-03-01;50;;;;;;",
)
CHANGES = {
    "new people": ["79;Ny;Nyman;Eken;usk;2026-03-01;100;;ny@granvik.example;0701740605;2026-10-01;;"],
    "move": ["1001;Amina;Yusuf;Eken;usk;2026-06-01;100;;;;;;"],
    "correction": ["1001;Amina;Yusuf;Björken;ssk;2026-01-01;80;;;;;;"],
    "end": ["1001;Amina;Yusuf;Björken;usk;2026-01-01;100;2026-11-30;;;;;"],
    "name and address": [
        "77;Bo;Holm;Eken;Sjuksköterska;2026-03-01;100;;new@granvik.example;0701740606;2026-05-01;;ledig"
    ],
    "absence ends": ["77;Bo;Ek;Eken;Sjuksköterska;2026-03-01;100;;;;;;"],
    "absence never was": ["77;Bo;Ek;Eken;Sjuksköterska;2026-03-01;100;;;;2026-05-01;2026-06-01;frånvaro"],
    "covered": ["78;Eva;Ek;Eken;usk;2026-03-01;60;;;;;;", "78;Eva;Ek;Granvik;other;2026-06-01;40;;;;;;"],
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_true_before_is_known_again(take_in, undo, granvik, change):
    take_in(staff_list(*EARLIER, head=FULL))
    before = known_now(granvik)
    data = staff_list(*CHANGES[change], head=FULL)
    assert take_in(data, now=LATER).changed + ("new" in change) > 0
    assert known_now(granvik) != before
    with granvik.work("maria", writes=False) as ctx:
        rows = [
            ctx.db.scalar(select(func.count()).select_from(table)) for table in (Person, Employment, Absence)
        ]
    undone = undo(now=LATER + HOUR)
    assert (undone.people, undone.stay) == (1, ())
    assert known_now(granvik) == before
    with granvik.work("maria", writes=False) as ctx:  # nothing is deleted
        after = [
            ctx.db.scalar(select(func.count()).select_from(table)) for table in (Person, Employment, Absence)
        ]
    assert all(now >= then for now, then in zip(after, rows, strict=True))
    assert take_in(data, now=LATER + 2 * HOUR).unchanged == 0
    assert known_now(granvik) != before


def test_what_was_known_in_between_is_kept(take_in, undo, granvik):
    take_in(staff_list("1001;Amina;Yusuf;Björken;usk;2026-01-01;80", head=HEAD + ";Procent"), now=LATER)
    undo(now=LATER + HOUR)
    with granvik.work("maria", writes=False) as ctx:
        rows = ctx.db.execute(
            select(Employment.percent, Employment.recorded_at, Employment.superseded_at)
            .where(Employment.person_id == granvik.person("amina").id)
            .order_by(Employment.recorded_at)
        ).all()
    (first, begun, ended), (second, changed, corrected), (third, undone, still) = rows
    assert (first, second, third) == (100, 80, 100)
    assert begun < ended == changed == LATER
    assert corrected == undone == LATER + HOUR
    assert still is None


def test_everybody_who_was_ended_works_here_again(take_in, undo, granvik):
    take_in(many(20))
    before = known_now(granvik)
    data = staff_list(*(line for line in many(20).decode().splitlines()[1:16]), head=HEAD + ";E-post;Procent")
    keep = [f"{n};{given};{family};{unit};{role};2026-01-01" for n, given, family, unit, role in (
        ("1001", "Amina", "Yusuf", "Björken", "usk"), ("1002", "Farid", "Rahimi", "Björken", "usk"),
        ("1003", "Hodan", "Ali", "Eken", "vårdbiträde"), ("1010", "Karin", "Lind", "Björken", "team_lead"),
        ("1011", "Jonas", "Ek", "Eken", "team_lead"), ("1020", "Maria", "Holm", "Granvik", "other"),
    )]  # fmt: skip
    done = take_in(data + "\r\n".join(keep).encode(), everybody=True, now=LATER)
    assert done.ended == 6
    undo(now=LATER + HOUR)
    assert known_now(granvik) == before


def test_new_person_who_has_signed_in_since_stays_and_is_named(take_in, undo, granvik):
    take_in(staff_list(NEW, "78;Eva;Ek;Eken;usk;2026-03-01"))
    with granvik.work("maria") as ctx:
        bo = ctx.db.scalars(select(Person).where(Person.employee_number == "77")).one()
        ctx.db.get_one(Account, bo.account_id).activated_at = ctx.now
    undone = undo()
    assert [(stay.employee_number, stay.name, stay.reason) for stay in undone.stay] == [
        ("77", "Bo Ek", "signed_in")
    ]
    assert undone.people == 1
    assert len(employments(granvik, "77")) == 1
    assert employments(granvik, "78") == []


def test_who_has_been_changed_since_stays(take_in, undo, granvik):
    take_in(staff_list("1001;Amina;Yusuf;Eken;usk;2026-06-01", NEW))
    with granvik.work("admin", now=LATER) as ctx:
        (post,) = ctx.db.scalars(
            select(Employment).where(
                Employment.person_id == granvik.person("amina").id,
                Employment.superseded_at.is_(None), Employment.valid_to.is_(None),
            )
        )  # fmt: skip
        actions.end_employment(ctx, employment=post, last_day=date(2026, 12, 31))
    before = employments(granvik, "1001")
    undone = undo(now=LATER + HOUR)
    assert [(stay.employee_number, stay.reason) for stay in undone.stay] == [("1001", "changed")]
    assert employments(granvik, "1001") == before
    assert employments(granvik, "77") == []


def test_protected_identity_is_named_by_number_only(take_in, undo, granvik, house):
    take_in(staff_list(NEW))
    with granvik.inside(writes=True) as ctx:
        bo = ctx.db.scalars(select(Person).where(Person.employee_number == "77")).one()
        bo.protected = True
        ctx.db.get_one(Account, bo.account_id).activated_at = ctx.now
    (stay,) = undo().stay
    assert (stay.employee_number, stay.name, stay.protected) == ("77", "", True)


def test_nobody_comes_in_as_somebody_who_was_never_here(take_in, undo, granvik):
    take_in(staff_list(NEW + ";bo@granvik.example", head=HEAD + ";E-post"))
    with granvik.work("admin") as ctx:
        bo = ctx.db.scalars(select(Person).where(Person.employee_number == "77")).one()
        make_slip(ctx, bo.public_id)
    undo()
    with granvik.work("maria", writes=False) as ctx:
        of_bo = Identifier.account_id == bo.account_id
        assert ctx.db.scalar(select(func.count()).where(of_bo)) == 0
        assert ctx.db.scalars(select(LinkToken.used_at)).all() != [None]
    assert (
        take_in(staff_list("80;Bo;Ek;Eken;usk;2026-03-01;bo@granvik.example", head=HEAD + ";E-post")).new == 1
    )


def test_only_the_last_import_is_undone_and_only_once(take_in, undo, granvik):
    take_in(staff_list(NEW))
    with granvik.work("maria", writes=False) as ctx:
        first = newest(ctx)
    take_in(staff_list("78;Eva;Ek;Eken;usk;2026-03-01"))
    with granvik.work("maria") as ctx, pytest.raises(Conflict) as refusal:
        undo_import(ctx, first)
    assert refusal.value.code == "not_the_last_import"
    undo()
    with pytest.raises(Conflict) as refusal:
        undo()
    assert refusal.value.code == "import_undone"
    with granvik.work("maria") as ctx, pytest.raises(Conflict):
        undo_import(ctx, first)


def test_imports_are_listed_and_belong_to_who_made_them(take_in, granvik, fjordvik, house):
    assert take_in(staff_list(AMINA)).unchanged == 1  # changed nothing: leaves nothing
    take_in(staff_list(NEW))
    with granvik.inside(writes=True) as ctx:
        actions.grant_role(
            ctx,
            person=granvik.person("farid"),
            role="admin",
            unit=granvik.unit("Björken"),
            valid_from=date(2026, 1, 1),
        )
    take_in(staff_list("78;Eva;Ek;Björken;usk;2026-03-01"), who="farid")
    with granvik.work("maria", writes=False) as ctx:
        lines = earlier_imports(ctx)
        assert [(line.by, line.added, line.is_last) for line in lines] == [
            ("Farid Rahimi", 1, True), ("Maria Holm", 1, False),
        ]  # fmt: skip
        assert plan_undo(ctx, lines[0].public_id).people == 1
    with granvik.work("farid") as ctx:
        assert [line.by for line in earlier_imports(ctx)] == ["Farid Rahimi"]
        with pytest.raises(NotFound):
            undo_import(ctx, lines[1].public_id)
    with fjordvik.work("siri") as ctx:
        assert earlier_imports(ctx) == []
        with pytest.raises(NotFound):
            undo_import(ctx, lines[0].public_id)
    for who in ("amina", "karin"):
        with granvik.work(who) as ctx, pytest.raises(NotFound):
            undo_import(ctx, lines[0].public_id)


def test_what_a_lead_assigned_since_goes_back_with_the_person(take_in, undo, granvik):
    take_in(staff_list("1001;Amina;Yusuf;Eken;usk;2026-06-01"))
    due = date(2099, 1, 31)
    with granvik.work("jonas") as ctx:
        assign_course(
            ctx, "documentation", [granvik.person("amina").public_id], due_on=due, reason="ny rutin"
        )
    undo()
    assert duties(granvik, "1001") == [("documentation", due)]


def test_undoing_is_in_the_audit_without_names(take_in, undo, granvik):
    take_in(staff_list("1001;Amina;Holm;Eken;usk;2026-06-01"))
    undo()
    with granvik.work("maria", writes=False) as ctx:
        entries = ctx.db.execute(
            select(AuditEntry.action, AuditEntry.facts).where(AuditEntry.at == LATER)
        ).all()
    assert {action for action, _facts in entries} == {
        "employment.changed", "person.changed", "people.import_undone",
    }  # fmt: skip
    assert "Yusuf" not in str(entries)


def test_marks_are_one_for_each_fact(take_in, granvik):
    take_in(staff_list(NEW, "1001;Amina;Holm;Eken;usk;2026-06-01"))
    with granvik.work("maria", writes=False) as ctx:
        marks = ctx.db.scalars(select(ImportedFact)).all()
        assert sorted((bool(mark.employment_id), bool(mark.before)) for mark in marks) == [
            (False, True), (True, False), (True, False), (True, True),
        ]  # fmt: skip


def test_statements_do_not_grow_with_the_people(take_in, granvik, statements):
    counts = []
    for size in (50, 1_200):
        take_in(many(size, first="2026-03-01"))
        take_in(many(size, percent=80, first="2026-05-01"))
        with granvik.work("maria") as ctx:
            import_id = newest(ctx)
            with statements() as sent:
                undo_import(ctx, import_id)
        counts.append(len(sent))
    assert (
        counts[1] - counts[0] <= 18
    )  # one batch more: duties, their status, and what is counted in their units
    assert counts[1] <= 50
