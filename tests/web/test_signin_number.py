"""Signing in with the employee number and the municipality, which the device remembers."""

import re

import pytest
from sqlalchemy import update

from lms.base.context import work
from lms.identity.models import Identifier
from lms.identity.rules import LIMITS
from lms.organisation.models import Employer
from tests.identity.people import give_password
from tests.web.browser import AMINA, PASSWORD, is_signed_in, text_of


@pytest.fixture
def amina(granvik):
    """Somebody with a password."""
    give_password(granvik, "amina", PASSWORD)
    return granvik.person("amina")


def enter(client, name="1001", m="granvik", password=PASSWORD):
    return client.post("/sign-in/password", data={"name": name, "m": m, "password": password})


def chosen(client, path="/sign-in/password"):
    found = re.search(r'<option value="([^"]+)" selected>', client.get(path).text)
    return found[1] if found else ""


@pytest.mark.parametrize("typed", ["1001", " 1001 "])
def test_by_employee_number_and_municipality(client, amina, typed):
    assert enter(client, typed).location == "/todo"


@pytest.mark.parametrize(
    ("name", "m"), [("1001", "fjordvik"), ("1001", "nowhere"), ("2001", "granvik"), ("100", "granvik")]
)
def test_the_number_counts_in_its_own_municipality_only(client, amina, name, m):
    assert enter(client, name, m).status_code == 422
    assert not is_signed_in(client)


def test_a_number_without_municipality_is_asked_for_it(client, amina):
    answer = enter(client, m="")
    assert answer.status_code == 422
    assert 'href="#f-m"' in answer.text
    assert 'value="1001"' in answer.text


def test_with_an_address_the_municipality_does_not_matter(client, amina):
    assert enter(client, AMINA, m="fjordvik").location == "/todo"


def test_a_phone_number_is_found_beside_employee_numbers(client, granvik, amina, house):
    with work(house) as ctx:
        ctx.db.add(
            Identifier(account_id=amina.account_id, kind="phone", value="+4741234567", created_at=ctx.now)
        )
    assert enter(client, "412 34 567").location == "/todo"


@pytest.mark.parametrize(("country", "stored"), [("SE", "+46401234567"), ("FI", "+358401234567")])
def test_a_national_number_is_one_of_the_municipalitys_country(
    app, client, granvik, amina, house, country, stored
):
    with work(house) as ctx:
        ctx.db.execute(update(Employer).where(Employer.slug == "granvik").values(country=country))
        ctx.db.add(Identifier(account_id=amina.account_id, kind="phone", value=stored, created_at=ctx.now))
    assert enter(client, "040 123 45 67").location == "/todo"
    client.post("/sign-out")
    assert enter(client, "040 123 45 67", m=chosen(client)).location == "/todo"
    assert (enter(app.test_client(), "040 123 45 67", m="fjordvik").status_code == 303) is (country == "SE")


def test_the_device_remembers_the_municipality(app, client, amina):
    assert chosen(client) == ""
    enter(client)
    cookie = client.get_cookie("employer", path="/sign-in")
    assert (cookie.value, cookie.http_only) == ("granvik", True)
    client.post("/sign-out")
    assert chosen(client) == "granvik"
    assert chosen(client, "/sign-in/slip") == "granvik"
    assert chosen(client, "/sign-in/password?m=fjordvik") == "fjordvik"  # the address goes first


def test_the_municipality_stays_when_the_password_was_wrong(client, amina):
    answer = enter(client, m="fjordvik")
    assert '<option value="fjordvik" selected>' in answer.text


def test_numbers_are_limited_apart_in_each_municipality(client, amina):
    for _ in range(LIMITS["password"].by_name):
        enter(client, password="x")
    waiting = enter(client)
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["Retry-After"]) <= 900
    assert enter(client, m="fjordvik").status_code == 422
    assert enter(client, AMINA).location == "/todo"  # the other ways in still work


def test_the_wait_says_how_long_and_who_can_help(client, amina):
    client.get("/language?to=en")
    for _ in range(LIMITS["password"].by_name + 1):
        said = text_of(enter(client, password="x"))
    assert "Wait 15 minutes and try again." in said
    assert "The other ways to sign in still work." in said
    assert "Your manager can help you." in said
