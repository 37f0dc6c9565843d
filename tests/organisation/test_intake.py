"""The import of people: a dry run by line, all or nothing, once is enough, facts kept, nobody else touched."""

from datetime import date

import pytest
from sqlalchemy import func, select

from lms.base.audit import AuditEntry
from lms.base.errors import Conflict, Invalid
from lms.identity.models import Account, Identifier
from lms.organisation.intake import import_people, print_plan, read_staff_list
from lms.organisation.models import Employment, PeopleImport, Person
from lms.register import intake as ledger
from lms.register.requirements import Terms, set_requirement
from tests.organisation.known import AMINA, NEW, TOMORROW, employments, everything, fates
from tests.organisation.lists import HEAD, many, staff_list


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
            ctx, Terms("documentation", reason="r", source="s", due_days=30), valid_from=date(2026, 1, 1)
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
    assert added <= 26  # one batch more: duties, their status, and what is counted in their units
    assert moved <= 66  # three more: the employments that end, and those that begin
    assert max(counts[1]) <= 120, counts


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
