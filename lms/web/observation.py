"""Every request gets an id, is counted and timed, and leaves one line in the log: by its route, never its address."""

import logging
import re
import secrets
import time
from typing import Any

from flask import Flask, g, has_request_context, request
from sqlalchemy import event
from werkzeug.wrappers import Response

from lms.base.context import House
from lms.base.log import mark
from lms.web import metrics

log = logging.getLogger(__name__)

REQUEST_ID = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{8,64}")
QUIET = {"public.healthz", "public.readyz", "public.measured"}  # asked all the time; logged when refused
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}  # whoever asks may invent others


def observe(app: Flask, house: House) -> None:
    """Hook into every request; before anything else does, so that what others refuse is seen too."""

    def begin() -> None:
        given = request.headers.get(REQUEST_ID, "") if house.settings.proxies else ""
        g.request_id = given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
        g.began = time.perf_counter()
        mark(request=g.request_id)

    @event.listens_for(house.engine, "before_cursor_execute")
    def _count(_connection: object, _cursor: object, statement: str, *_more: Any) -> None:
        if has_request_context() and not statement.startswith("BEGIN"):
            g.statements = g.get("statements", 0) + 1

    app.before_request(begin)
    app.after_request(_end)


def _end(response: Response) -> Response:
    """Count and log the request, and tell its id to whoever asked."""
    seconds, statements = time.perf_counter() - g.began, g.get("statements", 0)
    route = request.url_rule.rule if request.url_rule else "(none)"
    method = request.method if request.method in METHODS else "(other)"
    refused = response.status_code >= 400
    metrics.REQUESTS.labels(route, method, f"{response.status_code // 100}xx").observe(seconds)
    metrics.STATEMENTS.labels(route).inc(statements)
    if refused and request.blueprint == "signin" and method == "POST":
        metrics.SIGN_IN_FAILURES.labels(route).inc()
    if refused or request.endpoint not in QUIET:
        facts = {
            "method": method,
            "route": route,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "statements": statements,
        }
        employer = g.get("employer")
        log.info("request", extra={"facts": facts | ({"employer": employer} if employer else {})})
    response.headers[REQUEST_ID] = g.request_id
    return response
