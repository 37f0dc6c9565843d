"""Pages for those who run the server and for those who test it: health, readiness, metrics, security.txt.

They open no unit of work, so they set no cookie, count no tries and read nothing of anybody.
"""

import hmac
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from lms.base.context import House
from lms.base.errors import NotFound
from lms.base.i18n import LANGUAGES
from lms.base.migrate import Schema, schema
from lms.web.blueprints import public as blueprint
from lms.web.metrics import exposition
from lms.web.pages import house

log = logging.getLogger(__name__)

STATED_FOR = timedelta(days=180)  # RFC 9116, 2.5.5: less than a year


def _text(text: str | bytes, status: int = 200, mimetype: str = "text/plain") -> Response:
    return Response(text, status, {"Cache-Control": "no-store"}, content_type=f"{mimetype}; charset=utf-8")


@blueprint.get("/healthz")
def healthz() -> Response:
    """Whether this process answers; asks nothing of the database."""
    return _text("ok\n")


def _check_database(home: House) -> None:
    if schema(home.engine) is Schema.BEHIND:
        raise LookupError("the database is not at the newest migration")


PARTS: dict[str, Callable[[House], None]] = {
    "database": _check_database,
    "files": lambda home: home.files.check(),
}


@blueprint.get("/readyz")
def readyz() -> Response:
    """Whether this process can serve people: 503 and the names of the parts that are away, the log says more."""
    away = []
    for part, check in PARTS.items():
        try:
            check(house())
        except Exception:  # whatever it is, it is not ready
            log.exception("not ready", extra={"facts": {"part": part}})
            away.append(part)
    return _text("".join(f"{part} away\n" for part in away), 503) if away else _text("ready\n")


@blueprint.get("/metrics")
def measured() -> Response:
    """The metrics, for who brings the token of the settings. Raises NotFound for everybody else."""
    token = house().settings.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise NotFound
    response = _text(exposition(house()))
    response.headers["Content-Type"] = CONTENT_TYPE_LATEST
    return response


@blueprint.get("/.well-known/security.txt")
def security_txt() -> Response:
    """Whom to tell about a weakness (RFC 9116). Raises NotFound where no contact is set."""
    settings = house().settings
    if not settings.security_contact:
        raise NotFound
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return _text(
        f"Contact: {settings.security_contact}\n"
        f"Expires: {(midnight + STATED_FOR).isoformat()}\n"
        f"Preferred-Languages: {', '.join(LANGUAGES)}\n"
        f"Canonical: {settings.public_url}/.well-known/security.txt\n"
    )
