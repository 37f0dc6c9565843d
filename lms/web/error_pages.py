"""What is refused, away or broken, as pages; what somebody had typed is not lost over it."""

from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlsplit

from flask import Response, current_app, redirect, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from lms.base.errors import Away, NotSignedIn, Refusal, TooMany
from lms.identity.kept_forms import keep_form
from lms.web.on_shared import is_shared_here
from lms.web.pages import device_token, house, page_language, page_time_zone, render
from lms.web.refusals import words
from lms.web.signin_form import local_path
from lms.web.tries import told_to_wait

# Fields that make a form one to send anew after signing in: what proves who somebody is lies nowhere.
NEVER_KEPT = frozenset({"password", "old_password", "code", "credential"})


def show_refusal(error: Refusal) -> AnyResponse:
    """A refusal as a page in the reader's language; who is not signed in is led to sign-in."""
    if isinstance(error, NotSignedIn):
        if is_shared_here():  # where the one before was is nothing for the next
            _keep_sent()
            return redirect(url_for("signin.shared"), 303)
        here = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("signin.sign_in", next=here, kept="yes" if _keep_sent() else None), 303)
    response = _error_page(error, error.status)
    return told_to_wait(response, error) if isinstance(error, TooMany) else response


def _keep_sent() -> bool:
    """Keep a form that came after the session had ended; whether it was kept. Its token has been checked before.

    A form with a password, a code or a file is not kept.
    """
    names = set(request.form) - {"csrf_token"}
    if request.method != "POST" or not names or names & NEVER_KEPT or request.files:
        return False
    query = f"?{request.query_string.decode('ascii', 'ignore')}" if request.query_string else ""
    where = url_for(str(request.endpoint), **(request.view_args or {})) + query
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    return keep_form(house(), device_token(), where, fields, datetime.now(UTC))


def _error_page(error: Refusal, status: int) -> Response:
    heading, text = words(error, page_language(), page_time_zone())
    return render("error.html", status=status, heading=heading, text=text, home_href="/", again_href="")


def show_away(error: Away) -> AnyResponse:
    """What the page stands on is away: what was sent is in the answer, and one button sends it again.

    A password, a code and a file are not put back: the page they came from is offered again. Where nobody can tell
    whether it was saved, the page to look at is offered first.
    """
    current_app.logger.error("what the program stands on is away", exc_info=error)
    here = request.full_path.rstrip("?")
    keeps = request.method == "POST" and not request.files and not NEVER_KEPT & set(request.form)
    unsure = request.method == "POST" and "unsure" in error.facts
    saved = "maybe_saved" if unsure else "not_saved"
    code = saved if keeps else f"{saved}_empty" if request.method == "POST" else "away"
    heading, text = words(Refusal(code), page_language(), page_time_zone())
    response = render(
        "error.html",
        status=error.status,
        heading=heading,
        text=text,
        send_to=here if keeps else "",
        kept=[field for field in request.form.items(multi=True) if field[0] != "csrf_token"],
        look_href=_page_before() if unsure else "",
        again_href="" if keeps or unsure else here if _is_page() else _page_before(),
    )
    response.headers["Retry-After"] = "10"  # seconds
    return response


def _is_page() -> bool:
    """Whether the address of this request can be opened, and not only sent to."""
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(method="GET")


def _page_before() -> str:
    """The page of this program that a form stood on, as the browser says; else the start page."""
    before = urlsplit(request.referrer or "")
    path = f"{before.path}?{before.query}" if before.query else before.path
    return (local_path(path) if before.netloc == request.host else "") or "/"


def show_http_error(error: HTTPException) -> AnyResponse:
    """Errors that Flask itself raises, in the same clothes."""
    if error.response is not None:
        return cast("AnyResponse", error.response)
    if isinstance(error, CSRFError):
        return _error_page(Refusal("form_too_old"), 400)
    status = error.code or 500
    response = _error_page(Refusal({404: "not_found", 413: "too_large"}.get(status, "http")), status)
    if status == 405:
        response.headers["Allow"] = dict(error.get_headers()).get("Allow", "GET")
    return response


def show_crash(error: Exception) -> AnyResponse:
    """An error of the program: logged, and a page that says that nothing was lost."""
    current_app.logger.error("unhandled error", exc_info=error)
    return _error_page(Refusal("crash"), 500)
