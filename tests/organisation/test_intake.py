"""The import of people: a dry run by line, all or nothing, once is enough, facts kept, nobody else touched."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lms.base.access import Role
from lms.base.audit import AuditEntry
from lms.base.errors import Conflict, Invalid, NotFound
from lms.identity.models import Account, Identifier
from lms.organisation import actions
from lms.organisation.intake import import_people, plan_import, print_plan, read_staff_list
from lms.organisation.models import Absence, Employment, PeopleImport, Person, RoleProfile, Unit
from lms.register import intake as ledger
from lms.register.actions import set_requirement
from tests.builders import PEOPLE, Town
from tests.organisation.lists import HEAD, many, staff_list

AMINA = "1001;Amina;Yusuf;Björken;usk;2026-01-01"
NEW = "77;Bo;Ek;Eken;Sjuksköterska;2026-03-01"
TOMORROW = datetime.now(UTC) + timedelta(days=1)


def fates(made):
    return [(line.line, line.fate) for line in made.lines]


def employments(town, number, *, superseded=False):
    """(unit, role, percent, first, last) of somebody, as known now or as known once, oldest first."""
    with town.work("maria", writes=False) as ctx:
        rows = ctx.db.execute(
            select(Unit.name, RoleProfile.key, Employment.percent, Employment.valid_from, Employment.valid_to)
            .join(Person, Person.id == Employment.person_id)
            .join(Unit, Unit.id == Employment.unit_id)
            .join(RoleProfile, RoleProfile.id == Employment.role_profile_id)
            .where(
                Person.employee_number == number,
                Person.employer_id == ctx.employer_id,
                Employment.superseded_at.is_not(None) if superseded else Employment.superseded_at.is_(None),
            )
            .order_by(Employment.valid_from, Employment.id)
        )
        return [tuple(row) for row in rows]


def everything(house):
    """Every row that an import could touch."""
    rows = defaultdict(list)
    for slug in PEOPLE:
        with Town(house, slug).inside() as ctx:
            for table in (Account, Identifier, Person, Employment, Unit, RoleProfile, AuditEntry):
                rows[slug, table] += sorted(
                    str(tuple(row)) for row in ctx.db.execute(select(table.__table__))
                )
    assert all(rows.values())
    return rows


def test_dry_run_tells_every_line(plan, house):
    before = everything(house)
    made = plan(
        staff_list(
            AMINA, NEW, "1003;Hodan;Ali;Björken;vårdbiträde;2026-06-01", "9;X;Y;Ingenstans;usk;2026-01-01"
        )
    )
    assert fates(made) == [(2, "unchanged"), (3, "new"), (4, "changed"), (5, "fault")]
    moved = {change.column: (change.before, change.after) for change in made.lines[2].changes}
    assert moved == {
        "unit": ("Granvik > Eken", "Granvik > Björken"), "from": (date(2026, 1, 1), date(2026, 6, 1)),
    }  # fmt: skip
    assert [(fault.line, fault.column, fault.code) for fault in made.faults] == [(5, "unit", "unknown_unit")]
    assert made.absent == 5
    assert everything(house) == before


def test_new_people_have_an_account_nobody_used(take_in, granvik):
    done = take_in(staff_list(NEW + ";BO@granvik.example;0701740605", head=HEAD + ";E-post;Telefon"))
    assert (done.new, done.changed, done.unchanged, len(done.employments)) == (1, 0, 0, 1)
    with granvik.work("maria", writes=False) as ctx:
        person = ctx.db.scalars(select(Person).where(Person.employee_number == "77")).one()
        account = ctx.db.get_one(Account, person.account_id)
        assert (account.activated_at, account.password_hash, account.language) == (None, None, "sv")
        known = ctx.db.scalars(select(Identifier).where(Identifier.account_id == account.id)).all()
        assert {(one.kind, one.value, one.verified_at) for one in known} == {
            ("email", "bo@granvik.example", None), ("phone", "+46701740605", None),
        }  # fmt: skip
        employment = ctx.db.scalars(select(Employment).where(Employment.person_id == person.id)).one()
        assert (employment.title, employment.kind, employment.percent) == ("Sjuksköterska", "permanent", 100)
        assert done.employments == (employment.id,)
    assert employments(granvik, "77") == [("Eken", "nurse", 100, date(2026, 3, 1), None)]


def test_second_time_changes_nothing(take_in, house):
    data = staff_list(AMINA + ";a@x.example;50", NEW + ";b@x.example;", head=HEAD + ";E-post;Procent")
    take_in(data)
    before = everything(house)
    done = take_in(data)
    assert (done.new, done.changed, done.unchanged, done.employments) == (0, 0, 2, ())
    assert everything(house) == before


@pytest.mark.parametrize(
    "bad",
    [
        "9;X;Y;Ingenstans;usk;2026-01-01", "9;X;Y;Eken;kock;2026-01-01", "9;X;Y 811228-9874;Eken;usk;2026-01-01",
        "77;Bo;Ek;Eken;Sjuksköterska;2026-04-01", "1002;Bosse;Ek;Eken;usk;2026-01-01",
    ],
)  # fmt: skip
def test_one_bad_line_means_no_change_at_all(take_in, house, bad):
    before = everything(house)
    with pytest.raises(Invalid):
        take_in(staff_list(NEW, AMINA.replace("Björken", "Eken"), bad))
    assert everything(house) == before


def test_plan_that_no_longer_holds_is_not_carried_out(plan, take_in, house):
    data = staff_list(AMINA.replace("01-01", "06-01").replace("Björken", "Eken"), NEW)
    digest = plan(data).digest
    assert plan(data).digest == digest
    take_in(staff_list(NEW))
    before = everything(house)
    with pytest.raises(Conflict):
        take_in(data, digest=digest)
    assert everything(house) == before
    assert take_in(data, digest=plan(data).digest).changed == 1


def test_move_ends_the_day_before_and_what_was_known_stays(take_in, granvik):
    done = take_in(staff_list("1001;Amina;Yusuf;Eken;usk;2026-06-01"), now=TOMORROW)
    old, new = date(2026, 5, 31), date(2026, 6, 1)
    assert employments(granvik, "1001") == [
        ("Björken", "assistant_nurse", 100, date(2026, 1, 1), old), ("Eken", "assistant_nurse", 100, new, None),
    ]  # fmt: skip
    assert employments(granvik, "1001", superseded=True) == [
        ("Björken", "assistant_nurse", 100, date(2026, 1, 1), None)
    ]
    ((before, after),) = done.followed.items()
    assert set(done.employments) == {before, after}
    with granvik.work("maria", writes=False) as ctx:
        rows = ctx.db.scalars(select(Employment).where(Employment.id.in_([before, after]))).all()
        assert {row.recorded_at for row in rows} == {TOMORROW}
        kept = ctx.db.scalars(select(Employment).where(Employment.superseded_at.is_not(None))).one()
        assert kept.superseded_at == TOMORROW
        assert kept.recorded_at < TOMORROW


def test_correction_keeps_what_was_known(take_in, granvik):
    take_in(staff_list(AMINA + ";80", head=HEAD + ";Procent"))
    assert employments(granvik, "1001") == [("Björken", "assistant_nurse", 80, date(2026, 1, 1), None)]
    assert employments(granvik, "1001", superseded=True) == [
        ("Björken", "assistant_nurse", 100, date(2026, 1, 1), None)
    ]


def test_leaving_and_coming_back_adds_a_fact(take_in, granvik):
    head = HEAD + ";Till"
    take_in(staff_list(AMINA + ";2026-05-31", head=head))
    take_in(staff_list("1001;Amina;Yusuf;Björken;usk;2026-10-01;", head=head))
    assert [row[3:] for row in employments(granvik, "1001")] == [
        (date(2026, 1, 1), date(2026, 5, 31)), (date(2026, 10, 1), None),
    ]  # fmt: skip


def test_second_workplace(take_in, granvik):
    data = staff_list(
        AMINA + ";60", "1001;Amina;Yusuf;Eken;vårdbiträde;2026-02-01;40", head=HEAD + ";Procent"
    )
    take_in(data)
    assert [(unit, percent) for unit, _role, percent, *_days in employments(granvik, "1001")] == [
        ("Björken", 60), ("Eken", 40),
    ]  # fmt: skip
    assert take_in(data).unchanged == 2


def test_which_workplace_is_asked_for(take_in, plan):
    take_in(staff_list(AMINA, "1001;Amina;Yusuf;Eken;vårdbiträde;2026-02-01"))
    made = plan(staff_list("1001;Amina;Yusuf;Granvik;other;2026-09-01"))
    assert [(fault.line, fault.code) for fault in made.faults] == [(2, "which_workplace")]


def test_people_who_are_not_in_the_list_are_left_alone(take_in, granvik):
    before = employments(granvik, "1002")
    take_in(staff_list(NEW))
    assert employments(granvik, "1002") == before


def test_new_family_name(take_in, granvik):
    done = take_in(staff_list("1001;Amina;Holm;Björken;usk;2026-01-01"))
    assert (done.changed, done.employments) == (1, ())
    assert granvik.person("amina").name == "Amina Holm"


def test_number_of_somebody_else_is_a_fault(plan):
    made = plan(staff_list("1001;Bo;Ek;Björken;usk;2026-01-01"))
    assert [(fault.column, fault.code) for fault in made.faults] == [("employee_number", "another_person")]


def test_units_are_made_only_when_asked(plan, take_in, granvik):
    data = staff_list("77;Bo;Ek;Granvik > Natt > Ett;usk;2026-03-01", "78;Eva;Ek;Natt > Två;usk;2026-02-01")
    assert [fault.code for fault in plan(data).faults] == ["unknown_unit", "unknown_unit"]
    made = plan(data, create_units=True)
    assert made.new_units == ("Granvik > Natt", "Granvik > Natt > Ett", "Granvik > Natt > Två")
    take_in(data, create_units=True)
    assert granvik.unit("Ett").path.startswith(granvik.unit("Natt").path)
    assert granvik.unit("Natt").path.startswith(granvik.unit("Granvik").path)
    assert take_in(data, create_units=True).unchanged == 2
    assert not plan(data).faults


def test_address_of_a_colleague_is_a_fault(plan):
    made = plan(staff_list(NEW + ";farid.rahimi@granvik.example", head=HEAD + ";E-post"))
    assert [(fault.column, fault.code) for fault in made.faults] == [("email", "email_of_another")]


def test_address_used_at_another_employer_is_left_out_without_a_word(take_in, plan, granvik):
    data = staff_list(NEW + ";kari.nes@fjordvik.example", head=HEAD + ";E-post")
    assert "kari" not in repr(plan(data).lines)
    take_in(data)
    assert take_in(data).unchanged == 1
    with granvik.work("maria", writes=False) as ctx:
        bo = ctx.db.scalars(select(Person).where(Person.employee_number == "77")).one()
        assert ctx.db.scalar(select(func.count()).where(Identifier.account_id == bo.account_id)) == 0


def test_who_has_signed_in_keeps_the_own_address(take_in, granvik):
    done = take_in(staff_list(AMINA + ";new@granvik.example", head=HEAD + ";E-post"))
    assert done.unchanged == 1


def test_who_has_never_signed_in_gets_the_address_of_the_list(take_in, granvik):
    head = HEAD + ";E-post"
    take_in(staff_list(NEW + ";old@granvik.example", head=head))
    assert take_in(staff_list(NEW + ";new@granvik.example", head=head)).changed == 1
    with granvik.work("maria", writes=False) as ctx:
        bo = ctx.db.scalars(select(Person).where(Person.employee_number == "77")).one()
        found = ctx.db.scalars(select(Identifier.value).where(Identifier.account_id == bo.account_id)).all()
        assert found == ["new@granvik.example"]


def test_two_employers_never_touch_each_others_people(take_in, granvik, fjordvik):
    before = employments(fjordvik_as(fjordvik), "2001")
    take_in(staff_list("2001;Kari;Nes;Björken;usk;2026-05-01"))
    assert employments(granvik, "2001") == [("Björken", "assistant_nurse", 100, date(2026, 5, 1), None)]
    assert employments(fjordvik_as(fjordvik), "2001") == before
    with pytest.raises(Invalid):
        take_in(staff_list("2001;Kari;Nes;Björken;usk;2026-05-01"), town=fjordvik, who="siri")


def fjordvik_as(town):
    """The other town, asked as its own quality manager."""

    class AsSiri:
        """Answers for Maria with Siri."""

        @staticmethod
        def work(_name, **options):
            return town.work("siri", **options)

    return AsSiri()


@pytest.mark.parametrize("who", ["amina", "karin"])
def test_staff_and_leads_import_nobody(plan, take_in, who):
    for attempt in (plan, take_in):
        with pytest.raises(NotFound):
            attempt(staff_list(NEW), who=who)


def test_officer_of_one_unit_reaches_no_further(granvik, house):
    with granvik.inside(writes=True) as ctx:
        actions.grant_role(
            ctx,
            person=granvik.person("farid"),
            role=Role.ADMIN,
            unit=granvik.unit("Björken"),
            valid_from=date(2026, 1, 1),
        )
    with granvik.work("farid", writes=False) as ctx:
        made = plan_import(
            ctx,
            read_staff_list(
                staff_list(
                    "77;Bo;Ek;Eken;usk;2026-03-01",
                    "1003;Hodan;Ali;Björken;usk;2026-03-01",
                    "78;Eva;Ek;Björken;usk;2026-03-01",
                )
            ),
        )
    assert [(fault.line, fault.code) for fault in made.faults] == [(2, "unknown_unit"), (3, "not_yours")]
    assert made.absent == 3  # the people of Björken


def test_protected_identity_is_named_by_number_only(house, granvik, plan):
    with granvik.inside(writes=True) as ctx:
        ctx.db.get_one(Person, granvik.person("hodan").id).protected = True
    made = plan(staff_list("1003;Hodan;Ali;Björken;usk;2026-06-01"))
    assert (made.lines[0].fate, made.lines[0].name, made.lines[0].employee_number) == ("changed", "", "1003")
    assert all(change.before is None and change.after is None for change in made.lines[0].changes)


def test_everything_written_is_in_the_audit(take_in, granvik):
    take_in(staff_list(NEW, "1001;Amina;Holm;Eken;usk;2026-06-01"))
    with granvik.work("maria", writes=False) as ctx:
        entries = ctx.db.execute(
            select(AuditEntry.action, AuditEntry.facts).where(AuditEntry.person_id == ctx.who.person_id)
        ).all()
        assert sorted(action for action, _facts in entries) == [
            "employment.added", "employment.added", "employment.changed", "people.imported", "person.added",
            "person.changed",
        ]  # fmt: skip
        assert "Holm" not in str(entries)


FULL = HEAD + ";Procent;Frånvarande från;Frånvarande till;Frånvaro"


def absences(town, number, *, superseded=False):
    """(kind, first, last) of somebody's absences, as known now or as known once."""
    with town.work("maria", writes=False) as ctx:
        rows = ctx.db.execute(
            select(Absence.kind, Absence.valid_from, Absence.valid_to)
            .join(Person, Person.id == Absence.person_id)
            .where(
                Person.employee_number == number,
                Absence.superseded_at.is_not(None) if superseded else Absence.superseded_at.is_(None),
            )
            .order_by(Absence.valid_from)
        )
        return [tuple(row) for row in rows]


def test_absences_begin_are_corrected_and_end(take_in, plan, granvik):
    away = staff_list(AMINA + ";100;2026-02-01;;ledig", head=FULL)
    (line,) = plan(away).lines
    assert {change.column: change.after for change in line.changes} == {
        "absence": "leave", "absent_from": date(2026, 2, 1),
    }  # fmt: skip
    take_in(away)
    assert absences(granvik, "1001") == [("leave", date(2026, 2, 1), None)]
    assert take_in(away).unchanged == 1
    assert take_in(staff_list(AMINA)).unchanged == 1  # a list without the columns does not say
    take_in(staff_list(AMINA + ";100;2026-02-01;2026-12-31;ledig", head=FULL), now=TOMORROW)
    assert absences(granvik, "1001") == [("leave", date(2026, 2, 1), date(2026, 12, 31))]
    assert absences(granvik, "1001", superseded=True) == [("leave", date(2026, 2, 1), None)]
    back = staff_list(AMINA + ";100;;;", head=FULL)
    take_in(back, now=TOMORROW)
    assert absences(granvik, "1001") == [("leave", date(2026, 2, 1), TOMORROW.date() - timedelta(days=1))]
    assert take_in(back, now=TOMORROW).unchanged == 1


@pytest.mark.parametrize(
    ("cells", "column", "code", "value"),
    [
        ("2026-02-01;;sjukskriven", "absence", "unknown_absence", ""),
        (";2026-02-01;", "absent_from", "missing", ""),
        (";;ledig", "absent_from", "missing", ""),
        ("2026-02-01;2026-01-01;", "absent_to", "ends_before_it_begins", "2026-01-01"),
        ("i mars;;", "absent_from", "not_a_date", "i mars"),
    ],
)
def test_absence_that_cannot_be_one(plan, cells, column, code, value):
    made = plan(staff_list(f"{AMINA};100;{cells}", head=FULL))
    assert [(fault.column, fault.code, fault.value) for fault in made.faults] == [(column, code, value)]


def test_two_absences_at_once_are_a_fault_the_same_one_twice_is_not(plan):
    second = "1001;Amina;Yusuf;Eken;vårdbiträde;2026-01-01;50;"
    first = AMINA + ";50;2026-02-01;;ledig"
    assert not plan(staff_list(first, second + "2026-02-01;;ledig", head=FULL)).faults
    made = plan(staff_list(first, second + "2026-03-01;;frånvaro", head=FULL))
    assert [(fault.line, fault.code) for fault in made.faults] == [(3, "absent_otherwise")]


STAFF = (
    "1001;Amina;Yusuf;Björken;usk;2026-01-01", "1002;Farid;Rahimi;Björken;usk;2026-01-01",
    "1003;Hodan;Ali;Eken;vårdbiträde;2026-01-01", "1010;Karin;Lind;Björken;team_lead;2026-01-01",
    "1011;Jonas;Ek;Eken;team_lead;2026-01-01", "1020;Maria;Holm;Granvik;other;2026-01-01",
    "1021;Ida;Berg;Granvik;other;2026-01-01",
)  # fmt: skip


def test_who_is_not_in_the_list_ends_if_the_list_is_everybody(take_in, plan, granvik):
    data = staff_list(*STAFF[2:])
    made = plan(data, everybody=True)
    assert [(end.employee_number, end.name, end.unit) for end in made.ending] == [
        ("1002", "Farid Rahimi", "Granvik > Björken"), ("1001", "Amina Yusuf", "Granvik > Björken"),
    ]  # fmt: skip
    assert "not in the list, ends: 1001 Amina Yusuf" in print_plan(made)
    done = take_in(data, everybody=True, digest=made.digest)
    assert (done.ended, done.unchanged) == (2, 5)
    last = datetime.now(UTC).date() - timedelta(days=1)
    assert employments(granvik, "1001")[0][4] == last
    assert employments(granvik, "1001", superseded=True)[0][4] is None
    assert take_in(data, everybody=True).ended == 0
    assert take_in(staff_list("1001;Amina;Yusuf;Eken;usk;2027-01-01")).new == 0  # she comes back
    assert [row[0] for row in employments(granvik, "1001")] == ["Björken", "Eken"]


def test_who_is_in_the_list_of_everybody_again_works_here_again(take_in, plan, granvik):
    before = employments(granvik, "1001")
    take_in(staff_list(*STAFF[1:]), everybody=True)
    made = plan(staff_list(*STAFF), everybody=True)
    assert [change.column for change in made.lines[0].changes] == ["to"]
    assert take_in(staff_list(*STAFF), everybody=True).changed == 1
    assert employments(granvik, "1001") == before
    assert take_in(staff_list(*STAFF), everybody=True).unchanged == 7


def test_a_line_about_an_employment_that_is_over_is_a_fault(take_in, plan, granvik):
    take_in(staff_list(*STAFF[1:]), everybody=True)
    made = plan(staff_list(AMINA))
    assert [(fault.line, fault.column, fault.code) for fault in made.faults] == [(2, "to", "has_ended")]
    assert not plan(staff_list(AMINA + ";", head=HEAD + ";Till")).faults
    assert not plan(staff_list(AMINA + ";2026-05-31", head=HEAD + ";Till")).faults


def test_an_earlier_part_of_what_goes_on_is_no_fault(take_in, plan):
    take_in(staff_list("1001;Amina;Yusuf;Björken;usk;2026-06-01;80", head=HEAD + ";Procent"))
    assert [fate.fate for fate in plan(staff_list(AMINA)).lines] == ["unchanged"]


def test_a_workplace_that_is_not_in_the_list_ends_too(take_in, granvik):
    second = "1001;Amina;Yusuf;Eken;vårdbiträde;2026-02-01"
    take_in(staff_list(*STAFF, second))
    assert take_in(staff_list(*STAFF), everybody=True).ended == 1
    assert [bool(row[4]) for row in employments(granvik, "1001")] == [False, True]


def test_what_begins_today_never_was_and_what_lies_ahead_stays(take_in, granvik):
    now = datetime.now(UTC)
    take_in(
        staff_list(f"77;Bo;Ek;Eken;usk;{now.date()}", f"78;Eva;Ek;Eken;usk;{now.date() + timedelta(days=9)}")
    )
    take_in(staff_list(*STAFF), everybody=True)
    assert employments(granvik, "77") == []
    assert len(employments(granvik, "78")) == 1


def test_more_than_a_third_is_never_ended_at_once(take_in, plan, house):
    data = staff_list(*STAFF[3:])
    made = plan(data, everybody=True)
    assert [(fault.line, fault.code, fault.value) for fault in made.faults] == [(1, "ends_too_many", "3/7")]
    before = everything(house)
    with pytest.raises(Invalid):
        take_in(data, everybody=True)
    assert everything(house) == before
    assert not plan(data).faults


def test_list_of_everybody_ends_nobody_of_another_part(granvik, house):
    with granvik.inside(writes=True) as ctx:
        actions.grant_role(
            ctx, person=granvik.person("farid"), role=Role.ADMIN, unit=granvik.unit("Björken"),
            valid_from=date(2026, 1, 1),
        )  # fmt: skip
    with granvik.work("farid", writes=False) as ctx:
        made = plan_import(ctx, read_staff_list(staff_list(*STAFF[:2])), everybody=True)
    assert [end.employee_number for end in made.ending] == ["1010"]


def test_protected_identity_ends_by_number_only(house, granvik, plan):
    with granvik.inside(writes=True) as ctx:
        ctx.db.get_one(Person, granvik.person("amina").id).protected = True
    (end,) = plan(staff_list(*STAFF[1:]), everybody=True).ending
    assert (end.employee_number, end.name, end.unit) == ("1001", "", "")


@pytest.mark.parametrize(
    ("given", "family"), [("amina", "YUSUF"), ("Ami-na", "Yusuf"), ("Amína", "Yúsuf"), ("A mina", "Yusuf")]
)
def test_other_spelling_is_the_same_person(take_in, plan, given, family):
    data = staff_list(AMINA, f"1001;{given};{family};Eken;vårdbiträde;2026-02-01")
    assert not plan(data).faults
    take_in(data)
    assert take_in(data).unchanged == 2
    respelled = staff_list(f"1001;{given};{family};Björken;usk;2026-01-01")
    assert not plan(respelled).faults
    take_in(respelled)
    assert take_in(respelled).unchanged == 1


def test_nothing_changed_leaves_no_import(take_in, granvik):
    take_in(staff_list(AMINA))
    with granvik.work("maria", writes=False) as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(PeopleImport)) == 0


def test_statements_do_not_grow_with_the_list(granvik, statements):
    with granvik.work("maria") as ctx:
        set_requirement(
            ctx, course="documentation", reason="r", source="s", due_days=30, valid_from=date(2026, 1, 1)
        )
    counts = []
    for size in (100, 2_000):
        lists = many(size), many(size), many(size, percent=80, first="2026-05-01")
        done = []
        for data in lists:
            staff = read_staff_list(data)
            with granvik.work("maria") as ctx, statements() as sent:
                done.append((ledger.import_people(ctx, staff).unchanged, len(sent)))
        assert done[1][0] == size
        counts.append([sent for _unchanged, sent in done])
        with granvik.work("maria") as ctx:
            ledger.undo_import(
                ctx, ctx.db.scalars(select(PeopleImport.public_id).order_by(PeopleImport.id.desc())).first()
            )
    added, again, moved = (many_rows - few for few, many_rows in zip(*counts, strict=True))
    assert again == 0, counts
    assert added <= 16  # one batch of employments more for the duties
    assert moved <= 40  # two more, and one of those who moved
    assert max(counts[1]) <= 90


def test_plan_as_text(plan):
    text = print_plan(
        plan(staff_list(AMINA, NEW, "9;X;Y;Ingenstans;kock;2026-01-01", "8;X;Y;Ingenstans;usk;2026-01-01"))
    )
    assert text.splitlines()[0] == "line 2: unchanged  1001 Amina Yusuf"
    assert "line 3: new  77 Bo Ek  (Unit: Granvik > Eken; Role: Registered nurse; " in text
    assert "line 4: fault  9 X Y\n    Role: kock is none of the roles we know." in text
    assert "    Unit: There is no unit called Ingenstans." in text
    assert text.endswith("Nothing can be imported before all faults are corrected.")


def test_import_people_states_what_is_wrong_without_values(house, granvik):
    with granvik.work("maria") as ctx, pytest.raises(Invalid) as refusal:
        import_people(ctx, read_staff_list(staff_list("9;X;Y 811228-9874;Eken;usk;2026-01-01")))
    assert "9874" not in f"{refusal.value.facts} {refusal.value.fields}"
