"""What every answer says to browsers: nothing foreign runs or frames it, nothing personal stays behind."""

import mimetypes

import pytest

from lms.app import STATIC, create_app
from lms.catalogue.snapshot import media_key
from lms.web.pages import SECURITY_HEADERS
from tests.guards.test_urls import routes
from tests.identity.people import give_password
from tests.web.browser import AMINA, PASSWORD

HTTPS = "https://kunnig.example"


@pytest.fixture
def secure_app(house):
    """The application as reached by https."""
    settings = house.settings.model_copy(update={"public_url": HTTPS})
    made = create_app(house=type(house)(settings, house.engine, house.files))
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return made


@pytest.fixture
def secure_client(secure_app):
    """A browser that comes by https."""
    client = secure_app.test_client()
    client.environ_base["wsgi.url_scheme"] = "https"
    return client


def static_folder(app):
    return app.extensions["templates"]["en"].globals["static"]("")


@pytest.mark.parametrize(
    "path", ["/sign-in", "/todo", "/robots.txt", "/nowhere", "/.git/config", "/v/00000-00000"]
)
def test_pages_carry_every_header_and_are_kept_by_no_cache(secure_client, path):
    headers = secure_client.get(path).headers
    assert SECURITY_HEADERS.items() <= dict(headers).items()
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers


def test_every_static_file_carries_every_header_and_says_what_it_is(secure_app, secure_client):
    files = [file for file in STATIC.rglob("*") if file.is_file()]
    assert len(files) > 10
    for file in files:
        path = static_folder(secure_app) + file.relative_to(STATIC).as_posix()
        with secure_client.get(path) as answer:
            headers = answer.headers
        assert answer.status_code == 200, file
        assert dict(headers).items() >= SECURITY_HEADERS.items(), file
        assert "Strict-Transport-Security" in headers, file
        kind, *more = headers["Content-Type"].split("; ")
        assert kind == mimetypes.guess_type(file.name)[0], file
        assert kind.startswith(("font/", "image/png")) or more[0].replace('"', "") == "charset=utf-8", file


def test_a_picture_opened_by_itself_runs_nothing_and_is_framed_by_nobody(granvik, sign_in):
    digest = "a" * 64
    granvik.house.files.put(media_key(digest), b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    headers = sign_in(granvik, "amina").get(f"/media/{digest}.svg").headers
    policy = {part.strip() for part in headers["Content-Security-Policy"].split(";")}
    assert policy >= {"default-src 'none'", "frame-ancestors 'none'", "sandbox"}
    assert headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_folders_are_not_listed(secure_app, secure_client):
    folder = static_folder(secure_app)
    for path in (folder, folder.rstrip("/"), f"{folder}fonts/", f"{folder}../", f"{folder}%2e%2e/"):
        assert secure_client.get(path).status_code == 404


def test_without_https_nothing_promises_it(client):
    assert "Strict-Transport-Security" not in client.get("/sign-in").headers


def test_methods_nobody_needs_are_refused(app, client):
    for rule, _method in routes(app):
        if "<" not in rule.rule:
            for method in ("TRACE", "PUT", "PATCH", "DELETE", "CONNECT", "NONSENSE"):
                assert client.open(rule.rule, method=method).status_code == 405, f"{method} {rule.rule}"


def test_every_cookie_is_tied_to_the_host_where_https_allows_it(secure_client, granvik):
    give_password(granvik, "amina", PASSWORD)
    cookies = [
        cookie
        for answer in (
            secure_client.get("/language?to=nb"),
            secure_client.post("/sign-in", data={"email": AMINA}),
            secure_client.post(
                "/sign-in/password", data={"name": AMINA, "password": PASSWORD, "remember": "on"}
            ),
            secure_client.post("/sign-out"),
        )
        for cookie in answer.headers.getlist("Set-Cookie")
    ]
    assert {cookie.partition("=")[0] for cookie in cookies} >= {
        "__Host-language", "__Host-kunnig-sign-in", "__Host-kunnig",
    }  # fmt: skip
    for cookie in cookies:
        said = {part.strip() for part in cookie.split(";")[1:]}
        taken_away = cookie.partition(";")[0].endswith("=")
        assert cookie.startswith("__Host-")
        assert said >= {"Secure", "Path=/"}
        assert taken_away or said >= {"HttpOnly", "SameSite=Lax"}
        assert not any(part.startswith("Domain") for part in said)


def test_what_a_tied_cookie_says_is_heard_and_what_another_host_sets_is_not(secure_client):
    secure_client.get("/language?to=nb")
    assert 'lang="nb"' in secure_client.get("/sign-in").text
    secure_client.delete_cookie("__Host-language")
    secure_client.set_cookie("language", "nb")
    assert 'lang="sv"' in secure_client.get("/sign-in").text


def test_signing_out_empties_what_the_browser_has_kept(sign_in, granvik):
    answer = sign_in(granvik, "amina").post("/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"storage"'
