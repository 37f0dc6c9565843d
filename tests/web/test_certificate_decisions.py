"""Revoking, reinstating and correcting on pages, with what follows told before; what the holder reads."""

import re

import pytest
from sqlalchemy import select, update

from lms.evidence.actions import correct_name, revoke_certificate
from lms.evidence.decisions import decisions_told
from lms.evidence.models import Revocation
from lms.evidence.queries import my_certificates
from lms.organisation.models import Person, RoleGrant
from lms.register.models import Coverage
from lms.register.record_models import RecordView
from tests.learning.taking import COURSE, assign, take
from tests.web.lead_pages import text_of
from tests.web.staff_pages import counted

REASON = "Någon annan gjorde testet"


@pytest.fixture
def number(granvik):
    """Number of the certificate that Amina has earned."""
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    return mine(granvik)[0].content.number


@pytest.fixture
def maria(english):
    return english("maria")


def mine(granvik):
    with granvik.work("amina", writes=False) as ctx:
        return my_certificates(ctx)


def page_of(number, decision=""):
    return f"/register/certificate/{number}" + (f"/{decision}" if decision else "")


def known_posts(granvik):
    with granvik.inside() as ctx:
        return ctx.db.scalar(select(Coverage.known_posts).where(Coverage.course == COURSE))


def test_what_follows_is_told_before_and_comes_true(granvik, maria, number):
    page = text_of(maria.get(page_of(number, "revoke")))
    assert "Amina Yusuf" in page
    assert re.search(r"Björken: Valid becomes Not started Complete by 20\d\d-\d\d-\d\d", page), page
    assert known_posts(granvik) == 1
    answer = maria.post(page_of(number, "revoke"), data={"reason": REASON})
    assert answer.status_code == 303
    shown = text_of(maria.get(answer.headers["Location"]))
    assert "Revoked. The register has followed." in shown
    assert f"Reason for the revocation: {REASON}" in shown
    assert "What was decided Revoked " + REASON in shown
    assert "Maria Holm" in shown
    assert known_posts(granvik) == 0
    assert "Not started" in text_of(maria.get("/register"))


def test_whoever_opens_the_form_is_kept_in_the_record_of_the_holder(granvik, maria, number):
    assert maria.get(page_of(number, "revoke")).status_code == 200
    with granvik.inside() as ctx:
        assert [row.page for row in ctx.db.scalars(select(RecordView))] == ["certificate"]


def test_of_two_certificates_the_other_one_goes_on_counting(granvik, maria, number):
    take(granvik, "amina", right=12)
    page = text_of(maria.get(page_of(number, "revoke")))
    assert "Björken: nothing changes, since another certificate counts" in page


def test_where_nothing_asks_for_it_no_state_changes(granvik, maria):
    take(granvik, "amina", right=12)
    page = text_of(maria.get(page_of(mine(granvik)[0].content.number, "revoke")))
    assert "Nothing asks the holder for the course now" in page


def test_reinstated_on_the_pages(granvik, maria, number):
    maria.post(page_of(number, "revoke"), data={"reason": REASON})
    assert "counts again from today" in text_of(maria.get(page_of(number, "reinstate")))
    answer = maria.post(page_of(number, "reinstate"), data={"reason": "Det var hon"}, follow_redirects=True)
    assert "Reinstated. The register has followed." in text_of(answer)
    assert "What was decided Reinstated Det var hon" in text_of(answer)
    assert known_posts(granvik) == 1


def test_a_corrected_name_leads_to_the_new_certificate_and_back(granvik, maria, number):
    form = {"name": "Amina Ali", "reason": "Felstavat"}
    shown = text_of(maria.post(page_of(number, "correct"), data=form, follow_redirects=True))
    new = mine(granvik)[0].content.number
    assert "This is the new certificate." in shown
    assert "Amina Ali" in shown
    assert f"Takes the place of {number[:5]}-{number[5:]} , on which the name was wrong Felstavat" in shown
    old = text_of(maria.get(page_of(number)))
    assert f"It has been replaced by certificate {new[:5]}-{new[5:]} , and does not count any more." in old
    assert "Is something not right?" not in old


def test_the_history_goes_with_the_name(granvik, english, maria, number):
    maria.post(page_of(number, "revoke"), data={"reason": REASON})
    maria.post(page_of(number, "reinstate"), data={"reason": "Det var hon"})
    maria.post(page_of(number, "correct"), data={"name": "Amina Ali", "reason": "Felstavat"})
    second = mine(granvik)[0].content.number
    maria.post(page_of(second, "correct"), data={"name": "Amina Y Ali", "reason": "Ett namn till"})
    newest = mine(granvik)[0].content.number
    old, middle = (f"{each[:5]}-{each[5:]}" for each in (number, second))
    takes = "Takes the place of {} , on which the name was wrong"
    words = [
        takes.format(middle) + " Ett namn till", takes.format(old) + " Felstavat",
        "Reinstated Det var hon", f"It was certificate {old} then",
        f"Revoked {REASON}", f"It was certificate {old} then",
    ]  # fmt: skip
    pages = ((maria, page_of(newest)), (english("karin"), f"/team/certificate/{newest}"))
    for browser, page in (*pages, (english("amina"), f"/certificates/{newest}")):
        said = text_of(browser.get(page)).partition("What was decided")[2]
        for each in words:
            before, found, said = said.partition(each)
            assert found, (page, each, before)
        assert browser.get(f"{page.rpartition('/')[0]}/{number}").status_code == 200
    with granvik.inside(writes=True) as ctx:  # an auditor reads what was decided, not why
        ctx.db.execute(update(RoleGrant).where(RoleGrant.role == "officer").values(role="auditor"))
    said = text_of(maria.get(page_of(newest))).partition("What was decided")[2]
    assert f"It was certificate {old} then" in said
    assert (REASON in said, "Maria Holm" in said) == (False, False)
    with granvik.work("amina", writes=False) as ctx:  # what came later is not told of the old one
        assert [each.kind for each in decisions_told(ctx, ctx.who.person_id, mine(granvik)[-1])] == [
            "replaced", "reinstated", "revoked",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("decision", "form", "said"),
    [
        ("revoke", {"reason": " "}, "Write why."),
        ("revoke", {"reason": "x" * 401}, "Make the text shorter."),
        ("correct", {"name": "Amina Yusuf", "reason": REASON}, "This is the name that stands there now."),
        (
            "correct",
            {"name": "", "reason": REASON},
            "The staff list has the same name. Write the right name here.",
        ),
        ("correct", {"name": "x" * 201, "reason": REASON}, "Make the text shorter."),
    ],
)
def test_one_clear_error_and_what_was_typed_stays(granvik, maria, number, decision, form, said):
    answer = maria.post(page_of(number, decision), data=form)
    assert answer.status_code == 422
    assert f"Correct this first {said}" in text_of(answer)
    if decision == "correct":
        assert f'value="{form["name"]}"' in answer.text
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(Revocation)).all() == []


def test_what_cannot_be_decided_now_is_said(granvik, maria, number):
    assert maria.post(page_of(number, "reinstate"), data={"reason": REASON}).status_code == 409
    answer = maria.get(page_of(number, "reinstate"))
    assert (answer.status_code, "The certificate is not revoked." in text_of(answer)) == (409, True)
    maria.post(page_of(number, "revoke"), data={"reason": REASON})
    for decision in ("revoke", "correct"):
        answer = maria.post(page_of(number, decision), data={"name": "Amina Ali", "reason": REASON})
        assert (answer.status_code, "Open it to see when and why." in text_of(answer)) == (409, True)
    assert maria.get(page_of(number, "burn")).status_code == 404
    assert maria.post(page_of(number, "burn"), data={"reason": REASON}).status_code == 404


def test_after_a_correction_the_old_one_is_closed(granvik, maria, number):
    with granvik.work("maria") as ctx:
        correct_name(ctx, number, "Amina Ali", "Felstavat")
    answer = maria.get(page_of(number, "revoke"))
    assert (answer.status_code, "has been replaced by another one" in text_of(answer)) == (409, True)


@pytest.mark.parametrize("name", ["karin", "amina", "admin"])
def test_nobody_else_has_the_forms(granvik, sign_in, number, name):
    browser = sign_in(granvik, name)
    for decision in ("revoke", "reinstate", "correct"):
        assert browser.get(page_of(number, decision)).status_code == 404
        assert browser.post(page_of(number, decision), data={"reason": REASON}).status_code == 404


def test_a_lead_reads_what_was_decided_and_has_no_form(granvik, english, number):
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, number, REASON)
    page = text_of(english("karin").get(f"/team/certificate/{number}"))
    assert "What was decided Revoked " + REASON in page
    assert "Is something not right?" not in page


def test_auditors_read_what_was_decided_and_when_but_not_why_nor_by_whom(granvik, english, number):
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, number, REASON)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(RoleGrant)
            .where(RoleGrant.employer_id == granvik.employer_id, RoleGrant.role == "officer")
            .values(role="auditor")
        )
    page = text_of(english("maria").get(page_of(number)))
    assert "What was decided Revoked " in page
    for word in (REASON, "Maria Holm", "a colleague"):
        assert word not in page.partition("What was decided")[2]
    assert f"Reason for the revocation: {REASON}" not in page


def test_reasons_about_a_protected_identity_are_for_the_own_lead(granvik, english, number):
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, number, REASON)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(protected=True))
    assert REASON not in text_of(english("maria").get(page_of(number)))
    assert REASON in text_of(english("karin").get(f"/team/certificate/{number}"))


def test_a_protected_identity_is_decided_about_without_a_name(granvik, maria, number):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Person).where(Person.given_name == "Amina").values(protected=True, family_name="Ali")
        )
    for decision in ("revoke", "correct"):
        page = maria.get(page_of(number, decision))
        assert (page.status_code, "Protected identity" in page.text, "Amina" in page.text) == (
            200,
            True,
            False,
        )
        assert "Björken" not in page.text
    answer = maria.post(page_of(number, "correct"), data={"reason": "Felstavat"}, follow_redirects=True)
    assert (answer.status_code, "Amina" in answer.text) == (200, False)
    assert mine(granvik)[0].content.holder_name == "Amina Ali"


def test_the_holder_reads_why_and_whom_to_ask(granvik, english, number):
    amina = english("amina")
    with granvik.work("maria") as ctx:
        new = correct_name(ctx, number, "Amina Ali", "Felstavat").number
    page = text_of(amina.get(f"/certificates/{number}"))
    assert f"the name on it was wrong. Reason: Felstavat Use this one: {new[:5]}-{new[5:]}" in page
    assert "Replaced" in text_of(amina.get("/certificates"))
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, new, REASON)
    page = text_of(amina.get(f"/certificates/{new}"))
    assert f"Reason: {REASON} Ask your manager if you think this is wrong." in page


def test_the_public_page_leads_nobody_with_an_old_number_to_the_new_name(granvik, client, number):
    with granvik.work("maria") as ctx:
        new = correct_name(ctx, number, "Amina Ali", "Felstavat").number
    page = text_of(client.get(f"/v/{number}", headers={"Accept-Language": "en"}))
    assert "has been replaced" in page
    assert "Ask the person for the newer certificate." in page
    for word in (new[:5], "Felstavat"):
        assert word not in page
        assert word not in client.get(f"/v/{number}.json").text


def test_the_page_costs_few_statements(granvik, house, maria, number):
    for page, most in ((page_of(number), 6), (page_of(number, "revoke"), 8), (page_of(number, "correct"), 6)):
        maria.get(page)
        with counted(house) as few:
            assert maria.get(page).status_code == 200
        assert len(few) <= most, few


def test_nobody_decides_about_their_own(granvik, maria):
    take(granvik, "maria", right=12)
    with granvik.work("maria", writes=False) as ctx:
        own = my_certificates(ctx)[0].content.number
    page = maria.get(page_of(own))
    assert (page.status_code, "Is something not right?" in page.text) == (200, False)
    for decision in ("revoke", "correct", "reinstate"):
        assert maria.get(page_of(own, decision)).status_code == 404
        answer = maria.post(page_of(own, decision), data={"name": "Maria Berg", "reason": REASON})
        assert answer.status_code == 404
    edition = f"/register/editions/{COURSE}"
    assert f'value="{own}"' not in maria.get(edition).text
    for decision in ("end", "keep"):
        answer = maria.post(f"{edition}/{decision}", data={"numbers": own, "reason": REASON})
        assert answer.status_code == 404
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(Revocation)).all() == []
