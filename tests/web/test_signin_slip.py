"""The first sign-in by a printed slip, from the QR code to the first page."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from lms.base.context import work
from lms.identity.models import Account, Identifier
from lms.identity.rules import LIMITS, slip_code_groups
from lms.organisation.arrival import make_slip
from lms.organisation.models import Person
from tests.identity.people import newcomer
from tests.web.browser import AMINA, PASSWORD, is_signed_in, text_of, token_of

HOUR = timedelta(hours=1)


def slip_for(town, name, by="jonas"):
    with town.work(by) as ctx:
        return make_slip(ctx, town.person(name).public_id)


@pytest.fixture
def hodan_slip(granvik):
    """A slip for somebody who has never signed in."""
    newcomer(granvik, "hodan")
    return slip_for(granvik, "hodan")


def come_in(client, slip):
    return client.post("/sign-in/slip", data={"m": "granvik", "c": slip.code, "is_me": "yes"})


def test_by_slip_from_the_qr_code_to_the_first_page(client, house, granvik, hodan_slip):
    filled = client.get(f"/sign-in/slip?m=granvik&c={hodan_slip.code}")
    assert slip_code_groups(hodan_slip.code) in filled.text
    assert re.search(r'<option value="granvik" selected>', filled.text)
    asked = client.post(
        "/sign-in/slip", data={"m": "granvik", "c": slip_code_groups(hodan_slip.code).lower()}
    )
    assert asked.status_code == 200
    assert "Hodan" in asked.text
    assert "Ali" not in asked.text
    assert not is_signed_in(client)
    entered = come_in(client, hodan_slip)
    assert (entered.status_code, entered.location) == (303, "/sign-in/own")
    half = token_of(client)
    chosen = client.post(
        "/sign-in/own", data={"phone": "070-174 06 12", "password": PASSWORD, "remember": "yes"}
    )
    assert (chosen.status_code, chosen.location) == (303, "/todo")
    assert token_of(client) != half
    assert client.get("/todo").status_code == 200
    old = client.application.test_client()
    old.set_cookie("kunnig", half)
    assert not is_signed_in(old)
    again = client.application.test_client()
    assert (
        again.post("/sign-in/password", data={"name": "0701740612", "password": PASSWORD}).status_code == 303
    )
    with work(house, writes=False) as ctx:
        account = ctx.db.get_one(Account, granvik.actor("hodan").account_id)
    assert account.activated_at is not None


def test_an_own_password_alone_and_then_the_employee_number(app, client, hodan_slip):
    come_in(client, hodan_slip)
    assert "1003" in client.get("/sign-in/own").text
    assert client.post("/sign-in/own", data={"password": PASSWORD}).location == "/todo"
    assert client.get_cookie("employer", path="/sign-in").value == "granvik"
    client.post("/sign-out")
    for browser in (client, app.test_client()):
        entered = browser.post(
            "/sign-in/password", data={"name": "1003", "m": "granvik", "password": PASSWORD}
        )
        assert entered.location == "/todo"


@pytest.mark.parametrize("path", ["/todo", "/courses", "/me", "/team", "/register", "/", "/sign-in"])
def test_until_then_nothing_else_opens_but_what_is_open_to_everybody(client, hodan_slip, path):
    come_in(client, hodan_slip)
    answer = client.get(path, follow_redirects=True)
    assert answer.request.path == "/sign-in/own"
    assert "Hodan" not in answer.text
    assert client.get("/help").status_code == 200


def test_who_leaves_without_choosing_needs_a_new_slip(client, granvik, hodan_slip):
    come_in(client, hodan_slip)
    assert client.post("/sign-out").status_code == 303
    assert come_in(client, hodan_slip).status_code == 422
    assert come_in(client, slip_for(granvik, "hodan")).location == "/sign-in/own"


def test_a_slip_whose_answer_was_lost_works_again_in_the_same_browser(app, client, hodan_slip):
    client.get("/sign-in/slip")  # the form gives the browser its token
    before = token_of(client)
    come_in(client, hodan_slip)
    half = token_of(client)
    client.set_cookie("kunnig", before)
    again = come_in(client, hodan_slip)
    assert (again.status_code, again.location) == (303, "/sign-in/own")
    assert token_of(client) == half
    assert come_in(client, hodan_slip).location == "/sign-in/own"  # the cookie had come, the page had not
    assert come_in(app.test_client(), hodan_slip).status_code == 422
    assert client.post("/sign-in/own", data={"password": PASSWORD}).location == "/todo"
    for token in (before, token_of(client)):
        client.set_cookie("kunnig", token)
        assert come_in(client, hodan_slip).status_code == 422


def test_a_slip_whose_answer_was_lost_works_for_an_hour_and_no_longer_than_a_newer_one(
    app, client, granvik, hodan_slip
):
    other = app.test_client()
    client.get("/sign-in/slip")
    before = token_of(client)
    come_in(client, hodan_slip)
    client.set_cookie("kunnig", before)
    with time_machine.travel(datetime.now(UTC) + HOUR + timedelta(seconds=1)):
        assert come_in(client, hodan_slip).status_code == 422
    newer = slip_for(granvik, "hodan")
    assert come_in(client, hodan_slip).status_code == 422
    assert come_in(other, newer).location == "/sign-in/own"


def test_who_comes_after_somebody_on_the_same_device_is_not_led_to_their_pages(client, hodan_slip):
    come_in(client, hodan_slip)
    mistyped = client.post("/sign-in/slip", data={"m": "granvik", "c": "7F3K92QDXM", "is_me": "yes"})
    assert mistyped.status_code == 422


def test_an_hour_after_the_slip_the_session_is_over(client, hodan_slip):
    come_in(client, hodan_slip)
    with time_machine.travel(datetime.now(UTC) + HOUR + timedelta(seconds=1)):
        assert client.get("/sign-in/own").location.startswith("/sign-in?")


def test_all_slips_that_do_not_work_get_the_same_answer(app, client, granvik, hodan_slip):
    used = come_in(client, hodan_slip)
    assert used.status_code == 303
    expired = slip_for(granvik, "hodan").code
    answers = []
    stranger = app.test_client()

    def answer(code):
        said = stranger.post("/sign-in/slip", data={"m": "granvik", "c": code})
        return said.status_code, re.sub(r'(id="f-c"[^>]*) value="[^"]*"', r"\1", text_of(said))

    answers += [answer(code) for code in (hodan_slip.code, "7F3K92QDXM", "?", "")]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=15)):
        answers.append(answer(expired))
    newcomer(granvik, "amina")
    active = slip_for(granvik, "amina", by="karin").code
    with work(granvik.house) as ctx:
        ctx.db.get_one(Account, granvik.actor("amina").account_id).activated_at = ctx.now
    answers.append(answer(active))
    assert len(set(answers)) == 1
    assert answers[0][0] == 422


def test_somebody_protected_is_not_named(client, granvik, hodan_slip):
    with granvik.inside(writes=True) as ctx:
        ctx.db.get_one(Person, granvik.actor("hodan").person_id).protected = True
    asked = client.post("/sign-in/slip", data={"m": "granvik", "c": hodan_slip.code})
    assert asked.status_code == 200
    assert "Hodan" not in asked.text


def test_faults_in_the_own_ways_stand_at_their_fields(client, hodan_slip):
    come_in(client, hodan_slip)
    answer = client.post("/sign-in/own", data={"email": "hodan", "password": "hodanali1003"})
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 2
    assert 'href="#f-email"' in answer.text
    assert 'href="#f-password"' in answer.text
    assert "hodanali1003" not in answer.text


def test_own_ways_do_not_tell_for_long_whose_address_is_known(client, house, granvik, hodan_slip):
    come_in(client, hodan_slip)
    for _ in range(LIMITS["change"].by_name + 1):  # what tells nothing about others does not count
        assert client.post("/sign-in/own", data={"email": "hodan"}).status_code == 422
    with work(house) as ctx:
        ids = {"account_id": granvik.actor("amina").account_id, "created_at": ctx.now}
        ctx.db.add(Identifier(kind="phone", value="+46701740612", **ids))
    known = {"email": AMINA, "phone": "070-174 06 12", "password": PASSWORD}
    for _ in range(LIMITS["change"].by_name):
        answer = client.post("/sign-in/own", data=known)
        assert answer.status_code == 422
        assert (
            answer.text.count('aria-invalid="true"') == 2
        )  # both are told of at once, whichever is looked at first
    waiting = client.post("/sign-in/own", data={"email": "farid.rahimi@granvik.example"})
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["Retry-After"]) <= 900
    assert 'value="farid.rahimi@granvik.example"' in waiting.text
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        assert client.post("/sign-in/own", data={"password": PASSWORD}).location == "/todo"


def test_own_ways_are_for_who_came_by_slip(client, sign_in, granvik):
    assert client.get("/sign-in/own").status_code == 303
    assert client.post("/sign-in/own", data={"email": "x@example.se"}).status_code == 303
    amina = sign_in(granvik, "amina")
    assert amina.get("/sign-in/own").location == "/todo"
    assert amina.post("/sign-in/own", data={"email": "x@example.se"}).status_code == 303
    with work(granvik.house, writes=False) as ctx:
        assert ctx.db.get_one(Account, granvik.actor("amina").account_id).password_hash is None


def test_the_language_of_the_first_visit_becomes_the_persons(client, granvik, hodan_slip):
    client.get("/language?to=en")
    come_in(client, hodan_slip)
    assert 'lang="en"' in client.get("/sign-in/own").text
    client.post("/sign-in/own", data={"email": "hodan@example.se"})
    with work(granvik.house, writes=False) as ctx:
        assert ctx.db.get_one(Account, granvik.actor("hodan").account_id).language == "en"
