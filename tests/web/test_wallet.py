"""The wallet: one's certificates of all employers, and nobody else's."""

import json
import re
from datetime import timedelta
from io import BytesIO

import pikepdf
import pytest
from sqlalchemy import update

from lms.base.context import work
from lms.evidence.models import CertificateRow
from lms.evidence.wallet import wallet
from lms.identity.actions import set_preferences
from lms.jobs.worker import work_off
from lms.organisation.models import Employment, Person
from tests.learning.taking import take
from tests.web.staff_pages import counted, shown


def number_of(town, name):
    """The number of somebody's only certificate, as people read it."""
    with town.inside() as ctx:
        number = ctx.db.query(CertificateRow.number).filter_by(person_id=town.actor(name).person_id).scalar()
    return f"{number[:5]}-{number[5:]}"


def leave(town, name):
    """Somebody's employments have ended a week ago."""
    with town.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Employment)
            .where(
                Employment.employer_id == town.employer_id, Employment.person_id == town.actor(name).person_id
            )
            .values(valid_to=ctx.today - timedelta(days=7))
        )


def are_one(granvik, fjordvik, here="amina", there="kari"):
    """Two people of two employers turn out to be one: as a person links an account, signed in on both sides."""
    account = granvik.actor(here).account_id
    with fjordvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Person)
            .where(Person.employer_id == fjordvik.employer_id, Person.id == fjordvik.actor(there).person_id)
            .values(account_id=account)
        )


@pytest.fixture
def both(granvik, fjordvik):
    """Amina has a certificate of each municipality, in the second of which she works no more."""
    for town, name in ((granvik, "amina"), (fjordvik, "kari")):
        take(town, name, right=12)
    are_one(granvik, fjordvik)
    leave(fjordvik, "kari")
    with granvik.work("amina") as ctx:
        set_preferences(ctx, "en", "system")
    return number_of(granvik, "amina"), number_of(fjordvik, "kari")


def test_certificates_of_all_employers_stand_by_employer(granvik, sign_in, both):
    page = shown(sign_in(granvik, "amina").get("/certificates"))
    here, there = page.index("Granviks kommun</h2>"), page.index("Fjordviks kommun</h2>")
    assert here < page.index(both[0]) < there < page.index(both[1])
    assert page.count("You do not work here any more") == 1
    assert page.index("You do not work here any more") > there
    assert page.count('class="qr"') == 2


def test_where_one_still_works_nothing_is_said_of_having_left(granvik, fjordvik, sign_in):
    for town, name in ((granvik, "amina"), (fjordvik, "kari")):
        take(town, name, right=12)
    are_one(granvik, fjordvik)
    page = shown(sign_in(granvik, "amina").get("/certificates"))
    assert "Fjordviks kommun</h2>" in page
    assert 'class="chip "' not in page


def test_each_opens_with_its_pdf_and_the_one_that_saves_ink(granvik, sign_in, both):
    browser = sign_in(granvik, "amina")
    for number in both:
        page = shown(browser.get(f"/certificates/{number}"))
        assert number in page
        for path in (f"/certificates/{number}.pdf", f"/certificates/{number}.pdf?ink=1"):
            if (answer := browser.get(path)).status_code == 202:
                assert f'data-poll="{path}"' in answer.text
                work_off(granvik.house)
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["Content-Disposition"] == f'inline; filename="kunnig-{number}.pdf"'
            with pikepdf.open(BytesIO(answer.data)) as pdf:
                assert len(pdf.pages) == 1
        assert browser.get(f"/certificates/{number}.pdf").data != answer.data


def test_the_signed_document_can_be_carried(granvik, sign_in, both):
    browser = sign_in(granvik, "amina")
    for number in both:
        path = f"/certificates/{number}.json"
        waiting = browser.get(path)
        assert (waiting.status_code, f'data-poll="{path}"' in waiting.text) == (202, True)
    work_off(granvik.house)
    for number in both:
        answer = browser.get(f"/certificates/{number}.json")
        assert (answer.status_code, answer.mimetype) == (200, "application/vc+json")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="kunnig-{number}.json"'
        assert number in answer.text
        assert json.loads(answer.data)["proof"]
        assert sign_in(granvik, "farid").get(f"/certificates/{number}.json").status_code == 404


def test_nobody_elses_is_among_them(granvik, fjordvik, sign_in, both):
    for town, name in ((granvik, "farid"), (granvik, "jonas"), (granvik, "maria"), (fjordvik, "lars")):
        browser = sign_in(town, name)
        page = browser.get("/certificates").text
        for number in both:
            assert number not in page
            assert browser.get(f"/certificates/{number}").status_code == 404
    other = sign_in(granvik, "maria").get(f"/certificates/{both[1]}.pdf")
    assert other.status_code == 404


def test_who_has_left_every_employer_keeps_them(granvik, sign_in, both):
    leave(granvik, "amina")
    browser = sign_in(granvik, "amina")
    page = shown(browser.get("/certificates"))
    assert all(number in page for number in both)
    assert page.count("You do not work here any more") == 2
    assert 'href="/certificates"' in browser.get("/me").text
    assert browser.get(f"/certificates/{both[0]}").status_code == 200


def test_without_any_the_way_to_one_is_shown(granvik, sign_in):
    with granvik.work("farid") as ctx:
        set_preferences(ctx, "en", "system")
    assert "You have no certificates yet" in shown(sign_in(granvik, "farid").get("/certificates"))


def test_statements_are_so_many_for_each_employer(granvik, house, sign_in, both):
    for again in range(2):
        with granvik.work("amina", writes=False) as ctx, counted(house) as sent:
            assert [len(each.certificates) for each in wallet(ctx)] == [1 + again, 1]
        assert len(sent) == 1 + 2 + 3
        take(granvik, "amina", right=12)


def test_a_certificate_that_was_renewed_still_says_that_it_is_valid(granvik, sign_in, both):
    take(granvik, "amina", right=12)
    page = shown(sign_in(granvik, "amina").get(f"/certificates/{both[0]}"))
    assert re.search(
        r"Valid</span>\s*<span[^>]*>[^<]*Renewed</span>", re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)
    )


def test_a_long_name_stands_whole(granvik, sign_in, house):
    name = "Wilhelmina-Aleksandra Nystrøm-Wojciechowska Ánneristiina-Máhttás"
    with work(house) as ctx:
        ctx.actor = granvik.actor("amina")
        ctx.db.execute(
            update(Person)
            .where(Person.employer_id == ctx.employer_id, Person.id == ctx.who.person_id)
            .values(given_name=name)
        )
    take(granvik, "amina", right=12)
    page = shown(sign_in(granvik, "amina").get("/certificates"))
    assert re.search(f"<p>{name} Yusuf</p>", page)
