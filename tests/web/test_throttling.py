"""Throttling as people meet it: over several servers, by what was typed and by address, and whom it leaves alone."""

import http.client
import re
from contextlib import ExitStack, closing
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from lms.base.context import work
from lms.identity.models import Throttle
from lms.identity.rules import LIMITS
from tests.identity.people import give_password, letters, newcomer
from tests.servers import free_port, kunnig, running
from tests.web.browser import AMINA, PASSWORD

FARID = "farid.rahimi@granvik.example"


def enter(client, name=AMINA, password="x", **more):
    return client.post("/sign-in/password", data={"name": name, "password": password}, **more)


@pytest.fixture
def few(monkeypatch):
    """Make the limit by address small."""

    def make(kind, by_address):
        limit = LIMITS[kind]
        monkeypatch.setitem(LIMITS, kind, type(limit)(by_address, limit.by_name, limit.window))

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
    assert tries == [LIMITS["password"].by_name, LIMITS["password"].by_name + len(servers)]


def test_one_who_types_and_types_does_not_shut_out_the_workplace(client, granvik, few):
    few("password", LIMITS["password"].by_name + 1)
    give_password(granvik, "farid", PASSWORD)
    for _ in range(LIMITS["password"].by_name * 3):
        enter(client)
    assert enter(client).status_code == 429
    assert enter(client, FARID, PASSWORD).status_code == 303  # the same address, another name


def test_those_who_get_in_do_not_use_the_workplace_up(app, house, granvik, few):
    give_password(granvik, "farid", PASSWORD)
    few("password", 2)
    few("code", 2)
    few("sign_in", 2)
    for _ in range(4):
        assert enter(app.test_client(), FARID, PASSWORD).status_code == 303
    for _ in range(4):
        browser = app.test_client()
        assert browser.post("/sign-in", data={"email": AMINA}).status_code == 303
        letter = letters(house)[-1]
        assert browser.post("/sign-in/code", data={"code": letter.code}).location == "/todo"


def test_one_address_trying_many_names_waits(client, few):
    few("password", 3)
    for number in range(3):
        assert enter(client, f"name{number}@granvik.example").status_code == 422
    assert enter(client, "name4@granvik.example").status_code == 429
    elsewhere = {"environ_base": {"REMOTE_ADDR": "192.0.2.9"}}
    assert enter(client, "name4@granvik.example", **elsewhere).status_code == 422


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
        "still work" in client.post("/sign-in", data={"email": AMINA}, headers={"Accept-Language": "en"}).text
    )
    assert int(waiting.headers["Retry-After"]) <= 900
    assert client.post(f"/sign-in/link/{letters(house)[-1].token}").location == "/todo"


def test_a_slip_is_not_shut_out_by_wrong_ones(app, client, granvik):
    from lms.organisation.arrival import make_slip  # noqa: PLC0415

    newcomer(granvik, "hodan")
    with granvik.work("jonas") as ctx:
        code = make_slip(ctx, granvik.person("hodan").public_id).code
    for _ in range(LIMITS["slip"].by_name + 5):
        app.test_client().post("/sign-in/slip", data={"m": "granvik", "c": "7F3K92QDXM"})
    entered = client.post("/sign-in/slip", data={"m": "granvik", "c": code, "is_me": "yes"})
    assert entered.location == "/sign-in/own"


def test_looking_up_certificates_is_limited_by_address_and_by_number(client, few, monkeypatch):
    few("verify", 3)
    for number in range(3):
        assert client.get(f"/v/ABCDE-2345{number + 2}").status_code == 404
    waiting = client.get("/v/ABCDE-23456", headers={"Accept-Language": "en"})
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["Retry-After"]) <= 900
    assert "Wait 15 minutes and try again." in waiting.text
    monkeypatch.setitem(LIMITS, "verify", type(LIMITS["verify"])(by_address=100, by_name=2))
    elsewhere = {"environ_base": {"REMOTE_ADDR": "192.0.2.9"}}
    for _ in range(2):
        assert client.get("/v/abcde-99999", **elsewhere).status_code == 404
    assert client.get("/v/ABCDE-99999", **elsewhere).status_code == 429
    assert client.get("/v/ABCDE-88888", **elsewhere).status_code == 404
