"""The one place that wires Flask: settings, database, pages, errors, security."""

import hashlib
import shutil
import tempfile
from pathlib import Path
from wsgiref.headers import Headers

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

from lms.base.context import House, make_house
from lms.base.errors import Away, Refusal
from lms.base.i18n import make_environments
from lms.base.settings import Settings, read_settings
from lms.web import (  # noqa: F401  (pages need only be imported: they hang on the blueprints)
    answers,
    employer_auditors,
    employer_certificates,
    employer_courses,
    employer_coverage,
    employer_edition,
    employer_expiring,
    employer_files,
    employer_items,
    employer_kept,
    employer_layout,
    employer_local,
    employer_messages,
    employer_objections,
    employer_people,
    employer_register,
    employer_requirements,
    employer_sign_in,
    employer_starter,
    error_pages,
    installing,
    lead_assign,
    lead_attempts,
    lead_devices,
    lead_dispense,
    lead_exams,
    lead_meetings,
    lead_outcomes,
    lead_plans,
    lead_team,
    lead_together,
    lead_week,
    offline,
    operation,
    pages,
    person_pages,
    phone,
    public,
    public_calendar,
    public_issuer,
    public_verify,
    shared,
    signin,
    signin_factor,
    signin_shared,
    signin_slip,
    staff_before,
    staff_calendar,
    staff_certificates,
    staff_code,
    staff_course,
    staff_data,
    staff_home,
    staff_messages,
    staff_notes,
    staff_quiz,
    staff_record,
    staff_security,
    staff_shares,
    staff_sign_in,
    staff_update,
    staff_week,
)
from lms.web.blueprints import ALL
from lms.web.navigation import address
from lms.web.observation import observe
from lms.web.sessions import TiedRequest, TiedResponse, TokenSessions

STATIC = Path(__file__).resolve().parent / "web" / "static"
LARGEST_REQUEST = 8 * 1024 * 1024  # bytes; the largest upload is a staff list
YEAR = 31_536_000  # seconds


def create_app(settings: Settings | None = None, house: House | None = None) -> Flask:
    """The Flask application of a house; settings come from the environment if none are given."""
    house = house or make_house(settings or read_settings())
    settings = house.settings
    app = Flask("lms", static_folder=None, template_folder=None)
    app.secret_key = settings.secret_key.get_secret_value()
    app.config.update(
        SESSION_COOKIE_SECURE=settings.is_https,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=2000,
        WTF_CSRF_TIME_LIMIT=None,  # a page left open over a shift must still be able to send
    )
    app.request_class, app.response_class = TiedRequest, TiedResponse
    app.session_interface = TokenSessions()
    app.extensions["kunnig"] = house
    observe(app, house)
    CSRFProtect(app)
    pages.login_manager.init_app(app)
    for audience in ALL:
        app.register_blueprint(audience)
    app.register_error_handler(Refusal, error_pages.show_refusal)
    app.register_error_handler(Away, error_pages.show_away)
    app.register_error_handler(HTTPException, error_pages.show_http_error)
    app.register_error_handler(Exception, error_pages.show_crash)
    app.after_request(pages.secure)
    prefix = _serve_static(app, settings)
    app.extensions["templates"] = make_environments(
        url=address,
        static=lambda name: f"/{prefix}/{name}",
        csrf_token=pages.csrf_token,
        points=answers.points,
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    return app


def _serve_static(app: Flask, settings: Settings) -> str:
    """Serve style, script and fonts under an address that changes with their content, compressed once."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.rglob("*")):
        if file.is_file():
            digest.update(file.relative_to(STATIC).as_posix().encode() + file.read_bytes())
    version = digest.hexdigest()[:12]
    folder = settings.data / "static" / version
    if not folder.exists():
        _compress(folder)
    prefix = f"static/{version}"

    def secure(headers: Headers, _path: str, _url: str) -> None:
        for name, value in pages.security_headers(settings).items():
            headers[name] = value

    noise = WhiteNoise(
        app.wsgi_app,
        max_age=YEAR,
        mimetypes={".svg": "image/svg+xml; charset=utf-8"},
        immutable_file_test=lambda _path, _url: True,
        add_headers_function=secure,
    )
    noise.add_files(str(folder), prefix=f"{prefix}/")
    app.wsgi_app = noise  # type: ignore[method-assign]
    return prefix


def _compress(folder: Path) -> None:
    """Copy the static files beside the data with compressed twins; a folder is complete or not there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent))  # each server process its own
    shutil.copytree(STATIC, work, dirs_exist_ok=True)
    compressor = Compressor(quiet=True)
    for file in sorted(work.rglob("*")):
        if file.is_file() and compressor.should_compress(file.name):
            compressor.compress(str(file))
    try:
        work.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(work, ignore_errors=True)
