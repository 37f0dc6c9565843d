"""Auditors: read-only, for chosen units, from a day to a day, whether they work here or come from outside."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select, update

from lms.base.audit import AuditEntry
from lms.evidence.models import CertificateRow
from lms.identity.actions import start_session
from lms.identity.models import Account, Identifier
from lms.jobs.worker import work_off
from lms.messages.models import Message
from lms.organisation import actions as organisation
from lms.organisation.auditor_list import auditors
from lms.organisation.auditors import (
    Outsider,
    Terms,
    appoint_outsider,
    end_auditor,
)
from lms.organisation.models import Person, RoleGrant
from lms.reports.kept import SIGN_IN
from tests.builders import day_of
from tests.guards.test_fuzz import Changes
from tests.guards.test_urls import address, routes, things
from tests.learning.taking import assign, take
from tests.web.lead_pages import local_day, text_of

__all__ = ["things"]  # a fixture

PER = Outsider("Per", "Sundin", "per.sundin@ivo.example")
OWN = {table.__tablename__ for table in SIGN_IN} | {
    "audit",
    "calendar_feed",
    "outbox",
    "passkey_challenge",
    "throttle",
}  # the account
OWN_FILES = ("/register/views", "/register/files")  # what the own register is narrowed to, and files of it
KEPT_OF_THEM = {"saved_view", "export_job", "audit", "outbox"}


def appoint(town, *units, by="maria", first=0, last=30, who=PER):
    """Let somebody from outside read the register of units, from so many days from today: the first grant."""
    with town.work(by) as ctx:
        terms = Terms(
            tuple(town.unit(unit).public_id for unit in units), ctx.today + timedelta(days=first),
            ctx.today + timedelta(days=last), "Tillsyn 2026-118", whole=not units,
        )  # fmt: skip
        return appoint_outsider(ctx, who, terms)[0]


@pytest.fixture
def enter(app, house):
    """Make a browser signed in as the person of a grant, whose account has been used."""

    def make(town, grant):
        with town.inside(writes=True) as ctx:
            person = ctx.db.get_one(Person, grant.person_id)
            ctx.db.get_one(Account, person.account_id).activated_at = ctx.now
        token = start_session(
            house, account_id=person.account_id, employer_id=town.employer_id, user_agent="", remember=False
        )
        browser = app.test_client()
        browser.set_cookie("kunnig", token)
        return browser

    return make


def move(town, grant, first, last):
    """Let an appointment hold other days, counted from today."""
    today = day_of(datetime.now(UTC))
    with town.inside(writes=True) as ctx:
        ctx.db.execute(
            update(RoleGrant)
            .where(RoleGrant.employer_id == ctx.employer_id, RoleGrant.id == grant.id)
            .values(valid_from=today + timedelta(days=first), valid_to=today + timedelta(days=last))
        )


def certificate_of(town, name):
    with town.work(name, writes=False) as ctx:
        mine = select(CertificateRow.number).where(CertificateRow.person_id == ctx.who.person_id)
        return ctx.db.scalars(mine).one()


@pytest.fixture
def learnt(granvik):
    """Amina in Björken and Hodan in Eken have certificates: their numbers."""
    assign(granvik, "amina")
    assign(granvik, "hodan", by="jonas")
    for name in ("amina", "hodan"):
        take(granvik, name, right=12)
    return certificate_of(granvik, "amina"), certificate_of(granvik, "hodan")


def reads(browser, number):
    """Which of the pages of the register open."""
    pages = (
        "/register", "/requirements", f"/register/certificate/{number}", "/register/file/csv", "/register/files",
        "/register/rows.json",
    )  # fmt: skip
    return {page for page in pages if browser.get(page).status_code == 200}


@pytest.mark.parametrize(
    ("first", "last", "opens"), [(0, 0, True), (-3, 0, True), (0, 5, True), (1, 5, False), (-9, -1, False)]
)
def test_not_a_day_before_and_not_a_day_after(granvik, enter, learnt, first, last, opens):
    grant = appoint(granvik, "Björken")
    browser = enter(granvik, grant)
    move(granvik, grant, first, last)
    assert bool(reads(browser, learnt[0])) == opens
    assert (len(reads(browser, learnt[0])) == 6) == opens
    assert browser.get("/me").status_code == 200  # the own account stays


def test_other_units_and_other_employers_are_not_there(granvik, fjordvik, enter, learnt):
    amina, hodan = learnt
    browser = enter(granvik, appoint(granvik, "Björken"))
    page = browser.get("/register").text
    assert "Amina" in page or "Yusuf" in page
    assert "Hodan" not in page
    assert "Eken" not in page
    assert browser.get(f"/register/certificate/{hodan}").status_code == 404
    assert browser.get(f"/certificates/{hodan}.pdf").status_code == 404
    taken = browser.get("/register/file/csv").data.decode("utf-8-sig")
    assert "Yusuf" in taken
    assert "Hodan" not in taken
    other = enter(fjordvik, appoint(fjordvik, by="siri"))
    assert "Yusuf" not in other.get("/register").text
    assert other.get(f"/register/certificate/{amina}").status_code == 404


def test_what_is_opened_and_taken_out_is_kept_and_shown(granvik, enter, english, learnt):
    browser = enter(granvik, appoint(granvik, "Björken"))
    browser.get(f"/register/certificate/{learnt[0]}")
    browser.get("/register/file/csv")
    told = text_of(english("amina").get("/me/record/opened"))
    assert "Per Sundin Auditor A certificate of yours" in told
    assert "Per Sundin Auditor Took out the register of Björken as a file" in told
    assert "Per Sundin" not in text_of(english("hodan").get("/me/record/opened"))
    with granvik.inside() as ctx:
        entry = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "register.exported")).one()
    assert entry.facts["rows"] == 1


@pytest.mark.parametrize("first", [0, -3])
def test_what_was_taken_out_stays_told_when_the_appointment_is_ended_that_day(
    granvik, enter, english, learnt, first
):
    grant = appoint(granvik, "Björken")
    move(granvik, grant, first, 30)
    enter(granvik, grant).get("/register/file/csv")
    with granvik.work("maria") as ctx:
        end_auditor(ctx, grant.public_id)
    told = text_of(english("amina").get("/me/record/opened"))
    assert "Per Sundin Auditor Took out the register of Björken as a file" in told


CHECK = "public.verify_file"  # of a certificate that anybody sends; nothing of it is kept


def test_nothing_can_be_written_anywhere(app, granvik, enter, things):
    browser = enter(granvik, appoint(granvik))
    changes = Changes(granvik.house.engine)
    sent = {"reason": "x", "text": "x", "name": "x", "query": "unit=x"}
    for rule, method in routes(app):
        if method != "POST" or rule.endpoint.startswith("signin."):
            continue
        answer = browser.post(address(rule, things), data=sent)
        own = OWN if rule.endpoint.startswith("staff.") else KEPT_OF_THEM
        changed = changes.taken()
        refused = answer.status_code in {404, 405}
        assert (refused and not changed) or changed <= own, f"{rule.rule}: {answer.status_code} {changed}"
        is_open = rule.rule.startswith(OWN_FILES) or (rule.endpoint == CHECK and not changed)
        assert refused or own is OWN or is_open, f"{rule.rule}: {answer.status_code}"


def test_only_the_register_and_ones_own_pages_open(app, granvik, enter, things):
    browser = enter(granvik, appoint(granvik, "Björken"))
    found = set()
    for rule, method in routes(app):
        audience = rule.endpoint.split(".")[0]
        if method == "GET" and audience in {"lead", "employer"}:
            answer = browser.get(address(rule, things))
            if answer.status_code == 200:
                found.add(rule.endpoint)
    assert found == {
        "employer.register", "employer.register_file", "employer.register_certificate", "employer.register_person",
        "employer.register_json", "employer.register_files", "employer.requirements", "employer.requirement",
        "employer.coverage", "employer.coverage_time", "employer.matrix", "employer.critical", "employer.expiring_soon",
        "employer.expiring_in_a_year",
    }  # fmt: skip
    page = browser.get("/register").text
    assert "Objections" not in page
    assert "Invändningar" not in page


def test_one_unit_taken_back_at_once_leaves_the_letter_about_the_others(granvik, house):
    with granvik.work("maria") as ctx:
        units = tuple(granvik.unit(name).public_id for name in ("Björken", "Eken"))
        first, _second = appoint_outsider(
            ctx, PER, Terms(units, ctx.today, ctx.today + timedelta(days=30), "Tillsyn 2026-118")
        )
    with granvik.work("maria") as ctx:
        end_auditor(ctx, first.public_id)
    work_off(house)
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(Message).where(Message.kind == "auditor")).one().outcome == "sent"
    (mail,) = house.settings.mail_folder.glob("*.eml")
    text = message_from_bytes(mail.read_bytes(), policy=policy.default).get_body(("plain",)).get_content()
    assert ("Björken" in text, "Eken" in text) == (False, True)


def test_a_protected_identity_is_not_named(granvik, enter, learnt):
    with granvik.inside(writes=True) as ctx:
        ctx.open(Person, granvik.person("amina").public_id).protected = True
    browser = enter(granvik, appoint(granvik))
    for page in (
        "/register",
        "/register/file/csv",
        f"/register/certificate/{learnt[0]}",
        "/register?text=Yusuf",
    ):
        text = re.sub(
            r'text=Yusuf|value="Yusuf"', "", browser.get(page).get_data(as_text=True)
        )  # what was looked for
        assert "Yusuf" not in text
        assert "Amina" not in text
    assert browser.get(f"/certificates/{learnt[0]}.pdf").status_code == 404


def form(**changed):
    return {
        "who": "outsider", "given_name": "Per", "family_name": "Sundin", "email": PER.email, "whole": "true",
        "valid_from": local_day(), "valid_to": local_day(30), "reason": "Tillsyn",
    } | changed  # fmt: skip


def test_an_inspector_is_let_in_by_mail_reads_and_is_let_out(granvik, english, client, house):
    maria = english("maria")
    assert 'href="/auditors"' in maria.get("/org").text
    assert maria.post("/auditors/new", data=form()).status_code == 303
    listed = text_of(maria.get("/auditors"))
    assert "Per Sundin The whole employer" in listed
    assert "From outside · per.sundin@ivo.example · has never signed in" in listed
    assert "Appointed by Maria Holm" in listed
    work_off(house)
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(Message).where(Message.kind == "auditor")).one().outcome == "sent"
    (letter,) = [
        text for path in house.settings.mail_folder.glob("*.eml") if "auditor." in (text := path.read_text())
    ]
    assert "/sign-in" in letter
    client.post("/sign-in", data={"email": PER.email})
    work_off(house)
    mails = [path.read_text() for path in house.settings.mail_folder.glob("*.eml")]
    (link,) = {
        found for mail in mails for found in re.findall(r"/sign-in/link/([\w-]+)", mail.replace("=\n", ""))
    }
    entered = client.post(f"/sign-in/link/{link}")
    assert entered.location == "/register"
    assert client.get("/register").status_code == 200
    where = re.search(r'action="(/auditors/[^/]+/end)"', maria.get("/auditors").text)[1]
    assert maria.post(where).status_code == 303
    assert client.get("/register").status_code == 404
    assert maria.post(where).status_code == 409
    assert "Per Sundin" not in text_of(maria.get("/auditors"))
    assert "taken back" in text_of(maria.get("/auditors?over=1"))


def test_a_slip_lets_in_who_has_no_mail_at_hand(granvik, english, client):
    maria = english("maria")
    maria.post("/auditors/new", data=form())
    where = re.search(r'action="(/auditors/[^/]+/slip)"', maria.get("/auditors").text)[1]
    paper = maria.post(where)
    assert paper.status_code == 200
    assert 'href="/auditors"' in paper.text
    code = re.search(r'<dd class="num">([^<]+)</dd>', paper.text)
    typed = client.post("/sign-in/slip", data={"m": "granvik", "c": code[1], "is_me": "yes"})
    assert typed.location == "/sign-in/own"
    with granvik.inside(writes=True) as ctx:
        person = ctx.db.scalars(select(Person).where(Person.family_name == "Sundin")).one()
        ctx.db.get_one(Account, person.account_id).activated_at = ctx.now
    assert maria.post(where).status_code == 409
    assert "/slip" not in maria.get("/auditors").text


def test_somebody_who_works_here_is_appointed_by_number(granvik, english):
    maria, jonas = english("maria"), english("jonas")
    assert jonas.get("/register").status_code == 404
    sent = form(
        who="colleague", employee_number="1011", whole="", units=str(granvik.unit("Björken").public_id)
    )
    assert maria.post("/auditors/new", data=sent).status_code == 303
    page = jonas.get("/register").text
    assert "Hodan" not in page
    menu = re.findall(r"<nav.*?</nav>", jonas.get("/team").text, re.DOTALL)[0]
    assert 'href="/team"' in menu  # he still leads
    assert 'href="/register"' in menu
    assert (
        'href="/register"'
        not in re.findall(r"<nav.*?</nav>", english("karin").get("/team").text, re.DOTALL)[0]
    )
    assert "/slip" not in maria.get("/auditors").text  # his lead prints slips for him
    assert "From outside" not in text_of(maria.get("/auditors"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"who": "x"}, "who"), ({"email": "nobody"}, "email"), ({"given_name": " "}, "given_name"),
        ({"family_name": "x" * 121}, "family_name"), ({"whole": ""}, "units"), ({"valid_to": ""}, "valid_to"),
        ({"valid_from": "2026-01-01"}, "valid_from"), ({"valid_to": "2026-01-01"}, "valid_to"),
        ({"valid_to": local_day(366)}, "valid_to"), ({"reason": ""}, "reason"), ({"reason": "x" * 401}, "reason"),
        ({"who": "colleague", "employee_number": "1020"}, "employee_number"),
        ({"who": "colleague", "employee_number": "2010"}, "employee_number"),
        ({"email": "maria.holm@granvik.example"}, "email"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field(granvik, english, changed, field):
    refused = english("maria").post("/auditors/new", data=form(**changed))
    assert refused.status_code == 422
    assert f'id="e-{field}"' in refused.text
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(RoleGrant).where(RoleGrant.role == "auditor")).all() == []
        assert ctx.db.scalars(select(Person).where(Person.employee_number.startswith("EXT"))).all() == []


def test_one_appointment_of_several_units_is_told_once(granvik, house):
    appoint(granvik, "Björken", "Eken")
    work_off(house)
    with granvik.inside() as ctx:
        assert len(ctx.db.scalars(select(Message).where(Message.kind == "auditor")).all()) == 1
    (letter,) = [path.read_text() for path in house.settings.mail_folder.glob("*.eml")]
    assert "Eken" in letter


def test_the_same_inspector_comes_again_as_the_same_person(granvik):
    first, second = appoint(granvik, "Björken", last=1), appoint(granvik, "Eken", last=2)
    other = appoint(granvik, "Eken", who=Outsider("Åsa", "Ek", "asa@revision.example"))
    assert first.person_id == second.person_id != other.person_id
    with granvik.inside() as ctx:
        numbers = select(Person.employee_number).where(Person.id.in_((first.person_id, other.person_id)))
        assert set(ctx.db.scalars(numbers.where(Person.employer_id == ctx.employer_id))) == {"EXT-1", "EXT-2"}
        assert (
            ctx.db.scalars(select(Identifier).where(Identifier.value == PER.email)).one().verified_at is None
        )


def officer_of_eken(granvik):
    with granvik.work("admin") as ctx:
        jonas = ctx.open(Person, granvik.person("jonas").public_id)
        eken = ctx.db.merge(granvik.unit("Eken"), load=False)
        organisation.grant_role(ctx, person=jonas, role="officer", unit=eken)


def test_an_officer_of_a_unit_appoints_for_that_unit_only_and_ends_nobody_elses(granvik, english):
    officer_of_eken(granvik)
    of_others = [appoint(granvik, "Björken"), appoint(granvik, last=9)]
    jonas = english("jonas")
    bjorken, eken = (str(granvik.unit(name).public_id) for name in ("Björken", "Eken"))
    page = jonas.get("/auditors/new").text
    assert eken in page
    assert bjorken not in page
    assert "The whole employer" not in page
    assert jonas.post("/auditors/new", data=form()).status_code == 404
    assert jonas.post("/auditors/new", data=form(whole="", units=bjorken)).status_code == 404
    assert jonas.post("/auditors/new", data=form(whole="", units=eken)).status_code == 303
    assert text_of(jonas.get("/auditors")).count("Per Sundin") == 3  # the name, and on two buttons
    for grant in of_others:
        assert jonas.post(f"/auditors/{grant.public_id}/end").status_code == 404
        assert jonas.post(f"/auditors/{grant.public_id}/slip").status_code == 404


@pytest.mark.parametrize("name", ["amina", "karin"])
def test_nobody_else_appoints(granvik, fjordvik, english, sign_in, name):
    grant = appoint(granvik)
    for browser in (english(name), sign_in(fjordvik, "siri")):
        assert browser.post(f"/auditors/{grant.public_id}/end").status_code == 404
        assert browser.post(f"/auditors/{grant.public_id}/slip").status_code == 404
    assert english(name).get("/auditors").status_code == 404
    assert english(name).post("/auditors/new", data=form()).status_code == 404


def test_what_was_known_of_an_appointment_that_ended_early_is_kept(granvik):
    grant = appoint(granvik)
    move(granvik, grant, -5, 20)
    with granvik.work("maria") as ctx:
        end_auditor(ctx, grant.public_id)
    with granvik.work("maria", writes=False) as ctx:
        (over,) = auditors(ctx, over=True)
        assert over.valid_to == ctx.today - timedelta(days=1)
        assert not over.was_taken_back
        rows = ctx.db.scalars(select(RoleGrant).where(RoleGrant.person_id == grant.person_id)).all()
    assert [row.superseded_at is None for row in sorted(rows, key=lambda row: row.id)] == [True, False]
    assert {row.reason for row in rows} == {"Tillsyn 2026-118"}
