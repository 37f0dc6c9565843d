"""Who must know what: published with a dry run before it, and given to a new hire and to somebody who is back."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lms.demo_cast import ON_LEAVE, SOUTH, SOUTH_LEAD
from lms.demo_towns import GRANVIK
from lms.organisation.import_words import column_words
from lms.organisation.models import Employment, Person
from lms.register.duty_rules import NEVER
from lms.register.models import Duty, Proof, Status
from tests import builders
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.examined import examine
from tests.journeys.walk import OWN_PASSWORD, shot, sign_in, today

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PLACE = GRANVIK.units[SOUTH]
COLUMNS = (
    "employee_number",
    "given_name",
    "family_name",
    "unit",
    "role",
    "from",
    "email",
    "absent_from",
    "absent_to",
)
FIVE = {"confidentiality", "deviations", "documentation", "medication", "self-determination"}


@pytest.fixture
def town(site):
    return builders.Town(site.house, "granvik")


def asked(town, course):
    """By when each person must show a course, by name."""
    with town.inside() as ctx:
        rows = ctx.db.execute(
            select(Person.given_name, Person.family_name, Status.due_on)
            .join(Duty, Duty.person_id == Person.id)
            .join(Status, Status.duty_id == Duty.id)
            .where(Duty.course == course, Status.due_on.is_not(None))
        )
        return {f"{given} {family}": due_on for given, family, due_on in rows}


def test_a_quality_manager_publishes_a_requirement_after_a_dry_run(visitor, town):
    maria = visitor(DESK)
    sign_in(maria, "maria")
    maria.get_by_role("link", name="Krav", exact=True).first.click()
    maria.get_by_role("link", name="Nytt krav").click()
    maria.get_by_label("Kurs", exact=True).select_option("medication")
    maria.get_by_label("Var", exact=True).select_option(label="\u2003" + PLACE)
    maria.locator("label.opt").filter(has_text="Enhetschef").click()
    maria.get_by_label("Dagar på sig").fill("45")
    maria.get_by_label("Månader ett intyg räknas, högst").fill("6")
    maria.get_by_label("Varför").fill("Chefen godkänner rutinen för läkemedel")
    maria.get_by_label("Var det står").fill("Rutin 2026-4")
    shot(maria, "requirement-1-written")
    before = asked(town, "medication")
    maria.get_by_role("button", name="Se vad det gör").click()
    effects = maria.locator("#effects")
    (lead,) = {GRANVIK.full_name(SOUTH_LEAD)}
    expect(effects).to_contain_text("1 person får ett nytt krav")
    effects.locator("summary").first.click()
    expect(effects).to_contain_text(lead)
    examine(maria, desk=True)
    shot(maria, "requirement-2-tried")
    assert asked(town, "medication") == before  # nothing is written before it is published
    effects.get_by_role("button", name="Publicera kravet").click()
    maria.wait_for_url("**/requirements?saved=set")
    main = maria.locator("main")
    expect(main).to_contain_text("Chefen godkänner rutinen för läkemedel")
    expect(main).to_contain_text("Ett intyg räknas i högst 6 månader.")
    examine(maria, desk=True)
    after = asked(town, "medication")
    assert {name: due for name, due in after.items() if before.get(name) != due} == {
        lead: today() + timedelta(days=45)
    }
    helena = visitor(PHONE)
    sign_in(helena, GRANVIK.address(SOUTH_LEAD).partition("@")[0])
    helena.goto("/todo")
    expect(helena.locator("main a[href*='/courses/medication']").first).to_be_visible()


def staff(town, number):
    """First day of somebody's employment, and the courses they can show today."""
    with town.inside() as ctx:
        person = ctx.db.scalars(select(Person).where(Person.employee_number == number)).one()
        began = ctx.db.scalars(
            select(Employment.valid_from).where(
                Employment.person_id == person.id, Employment.superseded_at.is_(None)
            )
        ).one()
        proven = set(
            ctx.db.scalars(
                select(Proof.course).where(
                    Proof.person_id == person.id, Proof.revoked_on.is_(None), Proof.expires_on >= today()
                )
            )
        )
        return began, proven


def courses_on(page, which=""):
    """The courses that a page leads to; those that are valid, or those that are to do."""
    found = page.locator("main a[href^='/courses/']").evaluate_all(
        "all => all.map(a => [a.getAttribute('href'), a.closest('li, .card').innerText])"
    )
    return {
        re.match(r"/courses/([a-z-]+)", href).group(1)
        for href, words in found
        if which == "" or ("Giltigt" in words) == (which == "valid")
    }


def import_list(page, *lines):
    """Send a staff list, look at it, and have it written."""
    words = column_words("sv")
    rows = [";".join(words[column] for column in COLUMNS), *(";".join(line) for line in lines)]
    page.goto("/org/people/import")
    page.locator("input[type=file]").set_input_files(
        {"name": "staff.csv", "mimeType": "text/csv", "buffer": "\r\n".join([*rows, ""]).encode()}
    )
    page.get_by_role("button", name="Se vad som händer").click()
    shot(page, "hired-1-list")
    page.get_by_role("button", name=re.compile(r"^Skriv 2 ändringar$")).click()
    page.wait_for_url("**/org/people?imported=2*")


def come_in(lead, visitor, name):
    """The lead prints a slip, and whoever it is for comes in with it."""
    lead.goto("/team")
    lead.get_by_role("link", name=re.compile(name)).first.click()
    lead.locator("form[action$='/slip'] button[type=submit]").click()
    code = re.sub("[^0-9A-Z]", "", lead.locator(".slip dd.num").first.inner_text())
    page = visitor(PHONE)
    page.goto(f"/sign-in/slip?m=granvik&c={code}")
    if page.locator("input[name=c]:visible").count():
        page.locator("main form button[type=submit]").first.click()
    page.locator("button[name=is_me]").click()
    page.wait_for_url("**/sign-in/own")
    page.locator("input[name=password]").fill(OWN_PASSWORD)
    page.locator("form[action='/sign-in/own'] button[type=submit]").last.click()
    page.wait_for_url("**/todo")
    return page


def test_a_new_hire_and_a_returner_get_what_they_lack_and_nothing_more(visitor, town):
    began, proven = staff(town, ON_LEAVE)
    given, family = GRANVIK.people[ON_LEAVE]
    assert set() < proven < FIVE
    assert asked(town, "self-determination")[f"{given} {family}"] == NEVER  # nobody knows when
    ida = visitor(DESK)
    sign_in(ida, "ida")
    import_list(
        ida,
        (
            "3001",
            "Nour",
            "Saleh",
            PLACE,
            "Undersköterska",
            today().isoformat(),
            "nour@granvik.example",
            "",
            "",
        ),
        (ON_LEAVE, given, family, PLACE, "Undersköterska", began.isoformat(), "", "", ""),
    )

    helena = visitor(DESK)
    sign_in(helena, GRANVIK.address(SOUTH_LEAD).partition("@")[0])
    nour = come_in(helena, visitor, "Nour Saleh")
    shot(nour, "hired-2-todo")
    assert courses_on(nour, "to do") == FIVE
    examine(nour, desk=True)

    nadia = visitor(PHONE)
    sign_in(nadia, GRANVIK.address(ON_LEAVE).partition("@")[0])
    nadia.goto("/todo")
    shot(nadia, "hired-3-back")
    assert courses_on(nadia) == FIVE  # those she can show are there, and are said to be valid
    assert courses_on(nadia, "valid") == proven
    assert courses_on(nadia, "to do") == FIVE - proven
    due = asked(town, "self-determination")[f"{given} {family}"]
    assert due == today() + timedelta(days=150 - 20)  # 20 days of hers had passed before she went on leave
    helena.goto("/team")
    helena.get_by_role("link", name=re.compile(f"{given} {family}")).first.click()
    shown = helena.locator("main")
    expect(shown).to_contain_text("Giltigt")
