"""Health, readiness, metrics and security.txt: what they say, and what they keep to themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from lms.app import create_app
from lms.base.context import House
from lms.base.db import make_engine
from lms.base.files import LocalFiles
from lms.base.heartbeat import beat
from lms.web.observation import REQUEST_ID

TOKEN = {"Authorization": "Bearer for the one who measures"}
PAGES = ("/healthz", "/readyz", "/metrics", "/.well-known/security.txt")


@pytest.fixture
def visit(house):
    """Make a browser over the test's house with other settings."""

    def make(**settings):
        app = create_app(house=House(house.settings.model_copy(update=settings), house.engine, house.files))
        return app.test_client()

    return make


@pytest.fixture
def measuring(visit):
    secret = type(visit().application.extensions["kunnig"].settings.secret_key)
    return visit(
        metrics_token=secret("for the one who measures"), security_contact="mailto:it@granvik.example"
    )


def samples(client):
    """What is measured, as (name, labels) -> value."""
    families = text_string_to_metric_families(client.get("/metrics", headers=TOKEN).text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize("path", PAGES)
def test_they_are_fresh_and_leave_no_trace(measuring, owner, path):
    with owner.connect() as connection:
        count = text("SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM throttle)")
        before = connection.execute(count).one()
    for _time in range(30):
        answer = measuring.get(path, headers=TOKEN)
        assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    with owner.connect() as connection:
        assert connection.execute(count).one() == before


def test_a_process_is_healthy_without_its_database_but_not_ready(client, owner):
    assert client.get("/readyz").text == "ready\n"
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE alembic_version RENAME TO elsewhere"))
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok\n")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "database away\n")


@pytest.mark.parametrize(("revision", "status"), [("0001", 503), ("9999", 200)])
def test_a_process_serves_an_older_schema_never_and_a_newer_one_meanwhile(client, owner, revision, status):
    with owner.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    assert client.get("/readyz").status_code == status


def test_a_process_without_its_files_is_not_ready(house, tmp_path):
    (tmp_path / "file").write_text("no folder")
    lost = House(house.settings, house.engine, LocalFiles(tmp_path / "file" / "files"))
    answer = create_app(house=lost).test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "files away\n")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
def test_metrics_are_not_there_without_the_token(measuring, client, headers):
    assert measuring.get("/metrics", headers=headers).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_requests_are_counted_by_route_and_never_by_address(measuring, granvik):
    route = (("method", "GET"), ("route", "/v/<code>"), ("status", "4xx"))
    before = samples(measuring).get(("kunnig_request_seconds_count", route), 0)
    for number in ("7F3K9-2QDXM", "22222-33333"):
        measuring.get(f"/v/{number}?who=amina.yusuf@granvik.example")
    after = samples(measuring)
    assert after["kunnig_request_seconds_count", route] == before + 2
    assert after["kunnig_statements_total", (("route", "/v/<code>"),)] > 0
    measured = measuring.get("/metrics", headers=TOKEN).text
    assert not any(word in measured for word in ("7F3K9", "amina", "granvik"))
    assert {name for _metric, labels in after for name, _value in labels} <= {
        "route",
        "method",
        "status",
        "le",
    }


def test_a_method_somebody_invents_is_no_label_of_its_own(measuring):
    measuring.open("/sign-in", method="NONSENSE")
    assert "NONSENSE" not in measuring.get("/metrics", headers=TOKEN).text


def test_refused_sign_ins_are_counted(measuring):
    measuring.application.config.update(WTF_CSRF_ENABLED=False)
    way = ("kunnig_sign_in_failures_total", (("route", "/sign-in/code"),))
    before = samples(measuring).get(way, 0)
    measuring.post("/sign-in/code", data={"email": "a@b.example", "code": "000000"})
    assert samples(measuring)[way] == before + 1


def test_what_waits_and_who_works_is_measured(measuring, house, granvik):
    now = datetime.now(UTC)
    with granvik.work("karin", now=now - timedelta(hours=1)) as ctx:
        ctx.later("story", "waits")
        ctx.later("story", "comes later", after=timedelta(days=1))
        beat(ctx.db, "one:1", now)
        beat(ctx.db, "two:1", now - timedelta(hours=1))
    measured = samples(measuring)
    assert measured["kunnig_outbox_due", ()] == 1
    assert 3600 <= measured["kunnig_outbox_oldest_seconds", ()] < 3700
    assert (measured["kunnig_workers", ()], measured["kunnig_database_up", ()]) == (1, 1)
    assert measured["kunnig_process_resident_memory_bytes", ()] > 10_000_000
    assert measured["kunnig_process_cpu_seconds_total", ()] > 0


def test_measuring_goes_on_while_the_database_is_away(house, measuring, tmp_path):
    settings = measuring.application.extensions["kunnig"].settings
    nowhere = make_engine(f"sqlite:///{tmp_path}/nowhere/kunnig.db")
    lost = create_app(house=House(settings, nowhere, house.files)).test_client()
    measured = samples(lost)
    nowhere.dispose()
    assert measured["kunnig_database_up", ()] == 0
    assert ("kunnig_workers", ()) not in measured


def test_security_txt_says_whom_to_tell_for_less_than_a_year(measuring):
    answer = measuring.get("/.well-known/security.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == "mailto:it@granvik.example"
    assert fields["Canonical"].endswith("/.well-known/security.txt")
    ends = datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC)
    assert timedelta(days=30) < ends < timedelta(days=365)


def test_without_a_contact_there_is_no_security_txt(client):
    assert client.get("/.well-known/security.txt").status_code == 404


@pytest.mark.parametrize(
    ("proxies", "given", "kept"),
    [
        (1, "from-the-proxy_1", True),
        (0, "from-a-stranger", False),
        (1, "short", False),
        (1, "with space and åäö", False),
        (1, "x" * 65, False),
    ],
)
def test_a_request_has_an_id_of_its_own_or_of_the_trusted_proxy(visit, proxies, given, kept):
    browser = visit(proxies=proxies)
    ids = [
        browser.get("/healthz", headers={REQUEST_ID: given.encode().decode("latin-1")}).headers[REQUEST_ID]
        for _ in range(2)
    ]
    assert (ids == [given] * 2) is kept
    assert kept or (ids[0] != ids[1] and len(ids[0]) == 16)
