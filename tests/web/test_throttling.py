"""Throttling as people meet it: over several servers, by what was typed and by address, and whom it leaves alone."""

import http.client
import re
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, update

from lms.app import create_app
from lms.base.context import work
from lms.identity.models import Throttle
from lms.identity.passkeys import add_passkey, ask_to_add
from lms.identity.rules import LIMITS
from lms.organisation.arrival import make_slip
from tests.builders import Town
from tests.identity.factors import SoftAuthenticator, give_app, on_localhost, session_of
from tests.identity.factors import code as code_of
from tests.identity.people import give_password, letters, newcomer
from tests.servers import free_port, kunnig, running
from tests.web.browser import AMINA, PASSWORD

KARIN = "karin.lind@granvik.example"
FARID = "farid.rahimi@granvik.example"


def enter(client, name=AMINA, password="x", m="", **more):
    return client.post("/sign-in/password", data={"name": name, "password": password, "m": m}, **more)


@pytest.fixture
def few(monkeypatch):
    """Make limits of a kind small."""

    def make(kind, **limits):
        monkeypatch.setitem(LIMITS, kind, replace(LIMITS[kind], **limits))

    return make


class Visitor:
    """A browser that talks to several servers of one house, one after the other."""

    def __init__(self, ports):
        self.ports, self.count, self.cookie = ports, 0, ""

    def ask(self, method, path, form=None):
        port = self.ports[self.count % len(self.ports)]
        self.count += 1
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request(method, path, urlencode(form) if form else None, headers)
            answer = connection.getresponse()
            given = re.search(r"kunnig=([^;]+)", answer.headers.get("Set-Cookie", ""))
            self.cookie = given[0] if given else self.cookie
            return answer.status, answer.headers, answer.read().decode()

    def post(self, path, **form):
        page = self.ask("GET", "/sign-in")[2]
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return self.ask("POST", path, form | {"csrf_token": token})


@pytest.fixture
def servers(house, tmp_path):
    """Ports of three server processes over the same database."""
    settings, ports = house.settings, [free_port() for _ in range(3)]
    with ExitStack() as stack:
        for port in ports:
            environment = {
                "KUNNIG_MODE": "demo",
                "KUNNIG_SECRET_KEY": settings.secret_key.get_secret_value(),
                "KUNNIG_DATA": str(settings.data),
                "KUNNIG_DATABASE": settings.database,
                "KUNNIG_PORT": str(port),
                "KUNNIG_PUBLIC_URL": settings.public_url,
            }
            stack.enter_context(
                running(
                    kunnig("serve"), tmp_path / f"{port}.log", f"http://127.0.0.1:{port}/healthz", environment
                )
            )
        yield ports


def test_the_sum_over_all_server_processes_counts(granvik, servers):
    give_password(granvik, "amina", PASSWORD)
    visitor = Visitor(servers)
    allowed = {
        "/sign-in": ("sign_in", {"email": AMINA}, 303),
        "/sign-in/password": ("password", {"name": AMINA, "password": "x"}, 422),
        "/sign-in/code": ("code", {"email": AMINA, "code": "1"}, 422),
        "/sign-in/slip": ("slip", {"m": "granvik", "c": "7F3K92QDXM"}, 422),
    }
    for path, (kind, form, heard) in allowed.items():
        statuses = [visitor.post(path, **form)[0] for _ in range(LIMITS[kind].by_name)]
        assert set(statuses) == {heard}, path
        for _ in servers:  # whichever server is asked now
            status, headers, _page = visitor.post(path, **form)
            assert status == 429
            assert 0 < int(headers["Retry-After"]) <= 900
    with work(granvik.house, writes=False) as ctx:
        tries = sorted(ctx.db.scalars(select(Throttle.tries).where(Throttle.kind == "password")))
    heard = LIMITS["password"].by_name  # from anywhere, and by the network: only what was heard counts
    assert tries == [heard, heard, heard + len(servers)]


def test_one_who_types_and_types_does_not_shut_out_the_workplace(client, granvik, few):
    few("password", by_address=LIMITS["password"].by_name + 1)
    give_password(granvik, "farid", PASSWORD)
    for _ in range(LIMITS["password"].by_name * 3):
        enter(client)
    assert enter(client).status_code == 429
    assert enter(client, FARID, PASSWORD).status_code == 303  # the same address, another name


def test_those_who_get_in_do_not_use_the_workplace_up(app, house, granvik, few):
    give_password(granvik, "farid", PASSWORD)
    for kind in ("password", "code", "sign_in"):
        few(kind, by_address=2)
    for _ in range(4):
        assert enter(app.test_client(), FARID, PASSWORD).status_code == 303
    for _ in range(4):
        browser = app.test_client()
        assert browser.post("/sign-in", data={"email": AMINA}).status_code == 303
        letter = letters(house)[-1]
        assert browser.post("/sign-in/code", data={"code": letter.code}).location == "/todo"


def test_one_address_trying_many_names_waits(client, few):
    few("password", by_address=3)
    for number in range(3):
        assert enter(client, f"name{number}@granvik.example").status_code == 422
    assert enter(client, "name4@granvik.example").status_code == 429
    elsewhere = {"environ_base": {"REMOTE_ADDR": "192.0.2.9"}}
    assert enter(client, "name4@granvik.example", **elsewhere).status_code == 422


def test_a_stranger_elsewhere_does_not_shut_anybody_out(app, client, house, granvik):
    give_password(granvik, "amina", PASSWORD)
    stranger, elsewhere = app.test_client(), {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}
    for _ in range(LIMITS["password"].anywhere + 1):
        last = [
            enter(stranger, **elsewhere),
            enter(stranger, "1001", m="granvik", **elsewhere),
            stranger.post("/sign-in", data={"email": AMINA}, **elsewhere),
            stranger.post("/sign-in/code", data={"email": AMINA, "code": "000000"}, **elsewhere),
        ]
    assert [answer.status_code for answer in last] == [429] * 4
    assert enter(app.test_client(), "1001", PASSWORD, m="granvik").location == "/todo"
    assert enter(app.test_client(), AMINA, PASSWORD).location == "/todo"
    client.post("/sign-in", data={"email": AMINA})
    assert client.post("/sign-in/code", data={"code": letters(house)[-1].code}).location == "/todo"


@pytest.mark.parametrize(
    ("kind", "path", "form"),
    [
        ("password", "/sign-in/password", {"name": AMINA, "password": "x"}),
        ("code", "/sign-in/code", {"email": AMINA, "code": "1"}),
        ("sign_in", "/sign-in", {"email": AMINA}),
    ],
)
def test_guessing_from_many_networks_is_bounded(client, few, kind, path, form):
    few(kind, anywhere=6)
    answers = [
        client.post(path, data=form, environ_base={"REMOTE_ADDR": f"2001:db8:0:{number}::1"}).status_code
        for number in range(8)
    ]
    assert answers == [answers[0]] * 6 + [429] * 2
    assert answers[0] in {303, 422}


def test_whoever_uses_up_a_colleagues_tries_leaves_a_way_in(client, app, house, granvik):
    give_password(granvik, "amina", PASSWORD)
    attacker = app.test_client()
    for _ in range(30):
        attacker.post("/sign-in", data={"email": AMINA})
        attacker.post("/sign-in/code", data={"email": AMINA, "code": "000000"})
        enter(attacker)
    assert client.post("/sign-in", data={"email": AMINA}).status_code == 429
    assert enter(client, password=PASSWORD).status_code == 429
    # every mail that was asked for holds a link that nobody can use up, and lives longer than the wait
    waiting = client.post("/sign-in", data={"email": AMINA})
    assert (
        "The links in the mails you have already got still work."
        in client.post("/sign-in", data={"email": AMINA}, headers={"Accept-Language": "en"}).text
    )
    assert int(waiting.headers["Retry-After"]) <= 900
    assert client.post(f"/sign-in/link/{letters(house)[-1].token}").location == "/todo"


def slip_code(town, name):
    newcomer(town, name)
    with town.work("jonas") as ctx:
        return make_slip(ctx, town.person(name).public_id).code


def test_a_slip_is_not_shut_out_by_wrong_ones(app, client, granvik):
    code = slip_code(granvik, "hodan")
    for _ in range(LIMITS["slip"].by_name + 5):
        app.test_client().post("/sign-in/slip", data={"m": "granvik", "c": "7F3K92QDXM"})
    entered = client.post("/sign-in/slip", data={"m": "granvik", "c": code, "is_me": "yes"})
    assert entered.location == "/sign-in/own"


def test_looking_up_certificates_is_limited_by_address_and_by_number(client, few):
    few("verify", by_address=3)
    for number in range(3):
        assert client.get(f"/v/ABCDE-2345{number + 2}").status_code == 404
    waiting = client.get("/v/ABCDE-23456", headers={"Accept-Language": "en"})
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["Retry-After"]) <= 900
    assert "Wait 15 minutes and try again." in waiting.text
    assert client.get("/e/granvik/layouts/x.json").status_code == 429
    few("verify", by_address=100, anywhere=2)
    elsewhere = {"environ_base": {"REMOTE_ADDR": "192.0.2.9"}}
    for _ in range(2):
        assert client.get("/v/abcde-99999", **elsewhere).status_code == 404
    for spelling in ("ABCDE-99999", "abcde99999", "A-B-C-D-E-9-9-9-9-9"):
        assert client.get(f"/v/{spelling}", **elsewhere).status_code == 429
    assert client.get("/v/ABCDE-88888", **elsewhere).status_code == 404


def test_slips_that_work_do_not_use_the_workplace_up(app, granvik, few):
    few("slip", by_address=1, by_name=1)
    for _ in range(3):
        browser, form = app.test_client(), {"m": "granvik", "c": slip_code(granvik, "hodan")}
        assert browser.post("/sign-in/slip", data=form).status_code == 200  # is it you?
        assert browser.post("/sign-in/slip", data=form | {"is_me": "yes"}).location == "/sign-in/own"


@pytest.fixture
def karin(app, granvik):
    """A browser in which Karin has given her password, with an app; and her recovery codes."""
    give_password(granvik, "karin", PASSWORD)
    _key, codes = give_app(granvik, "karin", datetime.now(UTC))
    browser = app.test_client()
    enter(browser, KARIN, PASSWORD)
    return browser, codes


def test_right_second_steps_do_not_use_the_workplace_up(karin, few):
    browser, codes = karin
    few("second_factor", by_address=1, by_name=1, anywhere=1)
    for code in codes[:3]:
        assert browser.post("/sign-in/second", data={"code": code}).location == "/team"
    assert browser.post("/sign-in/second", data={"code": codes[0]}).status_code == 422
    assert browser.post("/sign-in/second", data={"code": codes[3]}).status_code == 429


def test_one_who_cannot_take_the_second_step_does_not_shut_out_the_workplace(karin, sign_in, granvik, few):
    browser, _codes = karin
    few("second_factor", by_address=LIMITS["second_factor"].by_name + 1)
    for _ in range(LIMITS["second_factor"].by_name * 3):
        waiting = browser.post("/sign-in/second", data={"code": "000000"})
    assert waiting.status_code == 429
    assert "Vänta 15 minuter" in waiting.text
    assert "fungerar fortfarande" not in waiting.text  # no other second step does
    jonas = sign_in(granvik, "jonas")
    jonas.get("/me/security/app")
    assert jonas.post("/me/security/app", data={"code": "000000"}).status_code == 422


def test_setting_up_an_app_waits_as_the_second_step_does(sign_in, granvik, few):
    few("second_factor", by_name=1)
    jonas = sign_in(granvik, "jonas")
    page = jonas.get("/me/security/app").text
    jonas.post("/me/security/app", data={"code": "000000"})
    waiting = jonas.post("/me/security/app", data={"code": "000000"})
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["Retry-After"]) <= 900
    assert "fungerar fortfarande" not in waiting.text
    few("second_factor", by_name=2, anywhere=2, by_address=2)
    key = re.search(r'class="key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    with work(granvik.house) as ctx:
        ctx.db.execute(update(Throttle).values(tries=1))
    right = jonas.post("/me/security/app", data={"code": code_of(key, datetime.now(UTC))})
    assert right.status_code == 200
    with work(granvik.house, writes=False) as ctx:
        assert set(ctx.db.scalars(select(Throttle.tries))) == {1}


def test_passkeys_are_counted_when_they_answer_wrongly(house, granvik, few):
    few("second_factor", by_address=1)
    there = on_localhost(house)
    app = create_app(house=there)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    browser, device = app.test_client(), SoftAuthenticator()
    session, town = session_of(granvik, "karin", datetime.now(UTC)), Town(there, "granvik")
    with town.work("karin") as ctx:
        assert add_passkey(ctx, session, "b" * 43, device.make(ask_to_add(ctx, session, "b" * 43)))
    for _ in range(3):
        browser.get("/sign-in")
        options = browser.post("/sign-in/passkey/options").text
        entered = browser.post("/sign-in/passkey", data={"credential": device.sign(options)})
        assert entered.location == "/team"
        browser.post("/sign-out")
    assert browser.post("/sign-in/passkey", data={"credential": "{}"}).status_code == 422
    assert browser.post("/sign-in/passkey/options").status_code == 200
    assert browser.post("/sign-in/passkey", data={"credential": "{}"}).status_code == 429


def test_right_proofs_and_changes_on_the_own_page_do_not_use_the_workplace_up(sign_in, house, granvik, few):
    give_password(granvik, "amina", PASSWORD)
    browser = sign_in(granvik, "amina")
    for kind in ("password", "code", "sign_in", "change"):
        few(kind, by_address=1)
    for number in range(3):
        assert browser.post("/me/prove", data={"password": PASSWORD}).location == "/me"
        assert browser.post("/me/prove", data={"send": "yes"}).status_code == 303
        assert browser.post("/me/prove", data={"code": letters(house)[-1].code}).location == "/me"
        changed = browser.post("/me/phone", data={"phone": f"070-174 06 1{number}"})
        assert changed.location == "/me?saved=phone"
        same = {"old_password": PASSWORD, "password": PASSWORD}
        assert browser.post("/me/password", data=same).location == "/me?saved=password"
    few("change", by_name=3)  # the own ones stay counted: each has written to somebody
    assert browser.post("/me/phone", data={"phone": "070-174 06 19"}).status_code == 429
