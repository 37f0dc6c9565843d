"""The employer's page about two-step sign-in: the policy, who has set it up, resetting a lost one."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import event, select, update

from lms.base.access import Role
from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.jobs.worker import work_off
from lms.organisation import actions as organisation
from lms.organisation.models import Employer, Person, RoleGrant
from tests.builders import START
from tests.identity.factors import give_app

PAGE = "/settings/sign-in"
NOW = datetime.now(UTC)
DAY = (NOW + timedelta(days=20)).date().isoformat()


def policy_of(house, slug="granvik"):
    with work(house, writes=False) as ctx:
        return ctx.db.execute(
            select(Employer.second_factor, Employer.second_factor_from).where(Employer.slug == slug)
        ).one()


def lines(page):
    return re.findall(r"<td role=\"cell\"><span><b[^>]*>([^<]+)</b>", page)


def test_an_administrator_sets_the_policy(sign_in, granvik, house):
    ida = sign_in(granvik, "admin")
    assert 'value="offered" checked' in ida.get(PAGE).text
    saved = ida.post(PAGE, data={"second_factor": "required", "first_day": DAY})
    assert saved.location == f"{PAGE}?saved=1"
    assert policy_of(house)[0] == "required"
    assert policy_of(house)[1].isoformat() == DAY
    assert policy_of(house, "fjordvik")[0] == "offered"
    assert f'value="{DAY}"' in ida.get(PAGE).text
    ida.post(PAGE, data={"second_factor": "off", "first_day": DAY})
    assert tuple(policy_of(house)) == ("off", None)
    with granvik.inside() as ctx:
        facts = ctx.db.scalars(select(AuditEntry.facts).where(AuditEntry.action == "second_factor.policy"))
        assert list(facts) == [
            {"policy": "required", "first_day": DAY},
            {"policy": "off", "first_day": None},
        ]


def test_those_who_lack_it_are_told_when_it_becomes_required(sign_in, granvik, fjordvik, house):
    give_app(granvik, "jonas", NOW)
    sign_in(granvik, "admin").post(PAGE, data={"second_factor": "required", "first_day": DAY})
    work_off(house)
    letters = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in house.settings.mail_folder.glob("*.eml")
    ]
    told = {
        letter["To"]
        for letter in letters
        if letter["Subject"].startswith("Ställ in tvåstegsinloggning senast")
    }
    assert told == {f"{name}@granvik.example" for name in ("karin.lind", "maria.holm", "ida.berg")}


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"second_factor": "x"},
        {"second_factor": "required"},
        {"second_factor": "required", "first_day": "soon"},
    ],
)
def test_what_is_no_policy_is_said(sign_in, granvik, house, form):
    answer = sign_in(granvik, "admin").post(PAGE, data=form)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert policy_of(house)[0] == "offered"


def test_an_officer_reads_it_only(sign_in, granvik, house):
    maria = sign_in(granvik, "maria")
    page = maria.get(PAGE).text
    assert "Lind, Karin" in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]
    assert maria.post(PAGE, data={"second_factor": "off"}).status_code == 404
    assert maria.post(f"{PAGE}/{granvik.person('karin').public_id}/reset").status_code == 404
    assert policy_of(house)[0] == "offered"


@pytest.mark.parametrize("name", ["amina", "karin"])
def test_it_is_not_there_for_staff_and_leads(sign_in, granvik, name):
    browser = sign_in(granvik, name)
    assert browser.get(PAGE).status_code == 404
    assert browser.post(PAGE, data={"second_factor": "off"}).status_code == 404


def only_over(granvik, unit):
    """Let Ida be administrator of one unit only."""
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(RoleGrant)
            .where(RoleGrant.person_id == granvik.person("admin").id)
            .values(unit_id=granvik.unit(unit).id)
        )


def test_the_administrator_of_a_unit_sees_and_resets_there_and_sets_no_policy(sign_in, granvik, house):
    only_over(granvik, "Eken")
    for name in ("karin", "jonas"):
        give_app(granvik, name, NOW)
    ida = sign_in(granvik, "admin")
    page = ida.get(PAGE).text
    assert lines(page) == ["Berg, Ida", "Ek, Jonas"]
    assert ida.post(PAGE, data={"second_factor": "off"}).status_code == 404
    assert ida.post(f"{PAGE}/{granvik.person('karin').public_id}/reset").status_code == 404
    assert ida.post(f"{PAGE}/{granvik.person('jonas').public_id}/reset").status_code == 303
    assert policy_of(house)[0] == "offered"


def test_the_list_holds_everybody_with_a_role_once_those_without_first(sign_in, granvik):
    give_app(granvik, "jonas", NOW)
    with granvik.work("admin") as ctx:
        ctx.time_zone = "Europe/Stockholm"
        karin = ctx.db.get_one(Person, granvik.person("karin").id)
        organisation.grant_role(
            ctx, person=karin, role=Role.AUTHORISER, unit=granvik.unit("Björken"), valid_from=START
        )
    page = sign_in(granvik, "admin").get(PAGE).text
    assert lines(page) == ["Berg, Ida", "Holm, Maria", "Lind, Karin", "Ek, Jonas"]
    assert "Behörig godkännare, Enhetschef" in page
    assert "1 av 4" in re.sub(r"<[^>]+>", "", page)


def test_a_protected_identity_has_no_name_there(sign_in, granvik):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Karin").values(protected=True))
    page = sign_in(granvik, "admin").get(PAGE).text
    assert "Lind" not in page
    assert lines(page) == ["Berg, Ida", "Ek, Jonas", "Holm, Maria", "Skyddade personuppgifter"]


def test_a_reset_signs_out_is_audited_and_told(sign_in, granvik, house):
    karin = sign_in(granvik, "karin")
    give_app(granvik, "karin", NOW)
    ida = sign_in(granvik, "admin")
    address = f"{PAGE}/{granvik.person('karin').public_id}/reset"
    assert ida.post(address).location == f"{PAGE}?reset=1"
    assert karin.get("/team").location == "/sign-in?next=/team"
    assert sign_in(granvik, "karin").get("/team").status_code == 200  # nothing left to prove
    with granvik.inside() as ctx:
        entry = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "second_factor.reset")).one()
    assert (entry.person_id, entry.object_id) == (granvik.person("admin").id, granvik.person("karin").id)
    work_off(house)
    mails = [path.read_bytes().decode() for path in house.settings.mail_folder.glob("*.eml")]
    assert all("To: karin.lind@granvik.example" in mail for mail in mails)
    assert len(mails) == 2  # of setting it up, and of this
    assert ida.post(address).status_code == 409


def test_who_had_a_role_can_be_reset_too(sign_in, granvik):
    give_app(granvik, "karin", NOW)
    with granvik.inside(writes=True) as ctx:
        karin = granvik.person("karin").id
        ctx.db.execute(update(RoleGrant).where(RoleGrant.person_id == karin).values(valid_to=START))
    assert (
        sign_in(granvik, "karin").get("/todo").location.startswith("/sign-in/second")
    )  # is still asked for it
    ida = sign_in(granvik, "admin")
    assert "Lind, Karin" in lines(ida.get(PAGE).text)
    assert ida.post(f"{PAGE}/{granvik.person('karin').public_id}/reset").status_code == 303
    assert sign_in(granvik, "karin").get("/todo").status_code == 200


def test_the_button_stands_where_it_works(sign_in, granvik):
    only_over(granvik, "Eken")
    with granvik.inside(writes=True) as ctx:  # an officer of the whole, administrator of a unit
        ida = granvik.person("admin").id
        ctx.db.add(
            RoleGrant(
                employer_id=granvik.employer_id, person_id=ida, role=Role.OFFICER, unit_id=None, valid_from=START,
                recorded_at=NOW,
            )
        )  # fmt: skip
    for name in ("karin", "jonas"):
        give_app(granvik, name, NOW)
    page = sign_in(granvik, "admin").get(PAGE).text
    assert "Lind, Karin" in page
    assert re.findall(rf"{PAGE}/([0-9a-f-]+)/reset", page) == [str(granvik.person("jonas").public_id)]


def test_nobody_resets_their_own(sign_in, granvik):
    ida = sign_in(granvik, "admin")
    key = give_app(granvik, "admin", NOW)[1][0]
    ida.post("/sign-in/second", data={"code": key})
    page = ida.get(PAGE).text
    own = f"{PAGE}/{granvik.person('admin').public_id}/reset"
    assert own not in page
    assert ida.post(own).status_code == 409


@pytest.mark.parametrize("name", ["lars", "siri"])
def test_another_employer_is_out_of_reach(sign_in, granvik, fjordvik, name):
    give_app(granvik, "karin", NOW)
    stranger = sign_in(fjordvik, name)
    assert stranger.post(f"{PAGE}/{granvik.person('karin').public_id}/reset").status_code == 404
    assert "Karin" not in stranger.get(PAGE).text


def test_the_list_costs_the_same_for_two_and_for_two_hundred(sign_in, granvik, house):
    ida = sign_in(granvik, "admin")

    def statements():
        seen = []

        def see(_conn, _cursor, statement, *_rest):
            seen.append(statement)

        event.listen(house.engine, "before_cursor_execute", see)
        assert ida.get(PAGE).status_code == 200
        event.remove(house.engine, "before_cursor_execute", see)
        return len([statement for statement in seen if statement.startswith("SELECT")])

    statements()  # what is read once a minute for every page has been read
    few = statements()
    with granvik.work("admin") as ctx:
        employer = ctx.db.scalars(select(Employer).where(Employer.slug == "granvik")).one()
        for number in range(200):
            person = organisation.add_person(
                ctx, employer=employer, employee_number=f"9{number}", given_name="A", family_name="B"
            )
            ctx.db.flush()
            organisation.grant_role(ctx, person=person, role=Role.AUDITOR, valid_from=START)
    assert statements() == few
    assert "more=1" in ida.get(PAGE).text
    assert len(lines(ida.get(f"{PAGE}?more=1").text)) == 204
