"""What all pages share: opening the unit of work, rendering, errors as pages, security headers."""

import functools
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

from flask import Blueprint, Response, current_app, g, make_response, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf.csrf import CSRFError, generate_csrf
from jinja2 import Environment
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from lms.base.access import Permission, Role
from lms.base.context import Context, House, work
from lms.base.errors import Away, NotFound, NotSignedIn, Refusal, TooMany
from lms.base.i18n import LANGUAGES, catalogue, choose_language
from lms.base.settings import Settings
from lms.identity.actions import touch_session
from lms.identity.factor_rules import Step
from lms.identity.kept_forms import keep_form
from lms.identity.rules import token_hash
from lms.organisation.queries import Visitor, visitor
from lms.web.refusals import words
from lms.web.sessions import CookieSession
from lms.web.steps import door, step_of

View = Callable[..., AnyResponse | str]

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
LANGUAGE_COOKIE = "language"
# Fields that make a form one to send anew after signing in: what proves who somebody is lies nowhere.
NEVER_KEPT = frozenset({"password", "old_password", "code", "credential"})

login_manager = LoginManager()


class SignedIn(UserMixin):  # type: ignore[misc]
    """What Flask-Login calls the user: the visitor our own session row leads to."""

    def __init__(self, who: Visitor) -> None:
        self.visitor = who

    def get_id(self) -> str:
        """The session row, not the account: a revoked device is signed out."""
        return str(self.visitor.session_id)


@login_manager.request_loader
def _load_user(_request: object) -> SignedIn | None:
    context: Context | None = g.pop("context", None)  # if the database is away, the page that says so
    if context is None:  # must not ask it again
        return None
    # nobody is signed in with a token that was made just now
    found = None if g.token_is_new else visitor_with(context, device_token())
    g.context = context
    return SignedIn(found) if found else None


def visitor_with(context: Context, token: str) -> Visitor | None:
    """Who is signed in with this token, raw as in the cookie."""
    return visitor(context.db, token_hash(token), context.now)


def device_token() -> str:
    """The raw token in the cookie of this device, whether somebody is signed in with it or no longer is."""
    return cast("CookieSession", session).token


def house() -> House:
    """The house this Flask application serves."""
    return cast("House", current_app.extensions["kunnig"])


def page(
    blueprint: Blueprint,
    rule: str,
    *,
    methods: tuple[str, ...] = ("GET",),
    writes: bool = False,
    public: bool = False,
    half: Step | None = None,
    needs: Permission | None = None,
) -> Callable[[View], View]:
    """Register a view that is handed a Context as its first argument.

    The Context is one transaction: committed when a view with `writes` returns, rolled back
    when it raises. Without `public` the visitor must be signed in. Who has a step of signing in left
    (an own way in after a slip, proving or setting up a second factor) sees public pages, as nobody, and
    those whose `half` names that step. `needs` names the permission of the page itself, answered with 404;
    actions and queries state theirs again.
    """

    def register(view: View) -> View:
        @functools.wraps(view)
        def handle(**arguments: Any) -> AnyResponse:
            with work(house(), writes=writes) as ctx:
                g.context = ctx
                who = _visitor()
                if who is not None:
                    g.employer = who.employer_slug  # for the log
                    ctx.country, ctx.time_zone = who.country, who.time_zone
                    step = step_of(who, ctx)
                    if step in {None, half}:
                        ctx.actor = who.actor
                    elif not public:
                        return redirect(door(step), 303)
                elif not public:
                    raise NotSignedIn
                ctx.language = _language(who)
                if "\0" in request.path or b"%00" in request.query_string:
                    raise NotFound  # no page has such an address, and PostgreSQL could not be asked for it
                if needs is not None:
                    ctx.require(needs)
                response = make_response(view(ctx, **arguments))
            if who is not None:
                with suppress(Away):  # a page that could be read is not lost over this
                    touch_session(house(), who.session_id, who.seen_at, ctx.now)
            return response

        blueprint.add_url_rule(rule, endpoint=view.__name__, view_func=handle, methods=list(methods))
        return view

    return register


def _visitor() -> Visitor | None:
    return current_user.visitor if current_user.is_authenticated else None


def _language(who: Visitor | None) -> str:
    wanted = request.cookies.get(LANGUAGE_COOKIE)
    if who is not None and (
        who.activated or wanted not in LANGUAGES
    ):  # until then it is what the employer guessed
        wanted = who.language
    return choose_language(wanted, request.headers.get("Accept-Language", ""))


def _page_language() -> str:
    """Language of this answer: that of the unit of work, or of the browser when there was none."""
    context: Context | None = g.get("context")
    return context.language if context else _language(None)


def current_visitor() -> Visitor | None:
    """The visitor of this request, or None."""
    return _visitor() if g.get("context") is not None else None


def address(endpoint: str, **values: object) -> str:
    """Path of a page, as `url_for` gives it; pages link to the same ones again and again.

    Whoever reads a page has no part in its addresses, so they are kept for everybody.
    """
    return _address(endpoint, tuple(values.items()))


@functools.lru_cache(maxsize=4096)
def _address(endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    return url_for(endpoint, **dict(values))


def csrf_token() -> str:
    """Token for a form; asking for it makes the visitor's cookie stay."""
    g.csrf_used = True
    return str(generate_csrf())


def render(template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a template in the visitor's language, with what every page shows."""
    who = current_visitor()
    context: Context | None = g.get("context")
    language = _page_language()
    env: Environment = current_app.extensions["templates"][language]
    nav = _navigation(who, language)
    shown: dict[str, object] = {
        "me": _me(who),
        "nav": nav,
        "languages": [] if nav else _languages(language),
        "toasts": [],
        "messages": None,
        "back": None,
        "theme": who.theme if who else "system",
        "help_href": address("public.help_page"),
        "employer_name": who.employer_name if who else "",
        "today": context.today if context else None,
    }
    html = env.get_template(template).render(shown | values)
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept-Language, Cookie"
    return response


def _me(who: Visitor | None) -> dict[str, str] | None:
    if who is None:
        return None
    return {
        "name": f"{who.given_name} {who.family_name}",
        "given_name": who.given_name,
        "initials": f"{who.given_name[:1]}{who.family_name[:1]}".upper(),
        "title": who.title,
        "href": address("staff.me"),
    }


STAFF_NAV = (
    ("staff.todo", "todo"),
    ("staff.courses", "book"),
    ("staff.plan", "route"),
    ("staff.certificates", "seal"),
)
LEAD_NAV = (
    ("lead.team", "users"),
    ("lead.assign", "plus"),
    ("lead.meetings", "msg"),
    ("lead.plans", "route"),
    ("staff.todo", "todo"),
)
EMPLOYER_NAV = (
    ("employer.register", "seal"),
    ("employer.organisation", "tree"),
    ("employer.people", "users"),
    ("staff.todo", "todo"),
)
NAV_NEEDS = {
    "employer.register": Permission.SEE_REGISTER,
    "employer.organisation": Permission.SEE_ORGANISATION,
    "employer.people": Permission.SEE_ORGANISATION,
    "staff.todo": Permission.LEARN,
}


def _nav_label(endpoint: str, language: str) -> str:
    """Words of the navigation; what is a lead's or employer's own learning is called so."""
    _ = catalogue(language).gettext
    return {
        "staff.todo": _("To do"),
        "staff.courses": _("Courses"),
        "staff.plan": _("My plan"),
        "staff.certificates": _("Certificates"),
        "lead.team": _("My unit"),
        "lead.assign": _("Assign"),
        "lead.meetings": _("Meetings"),
        "lead.plans": _("Plans"),
        "employer.register": _("Register"),
        "employer.organisation": _("Organisation"),
        "employer.people": _("People"),
        "own": _("My own"),
    }[endpoint]


def audience(who: Visitor) -> str:
    """Whose pages somebody lands on: employer, lead or staff (a lead also has the staff pages)."""
    if who.actor.may(Permission.SEE_REGISTER) or who.actor.may(Permission.IMPORT_PEOPLE):
        return "employer"
    return "lead" if who.actor.has(Role.LEAD) else "staff"


def landing_endpoint(who: Visitor) -> str:
    """The first page after sign-in."""
    home = audience(who)
    if home == "employer":
        return "employer.register" if who.actor.may(Permission.SEE_REGISTER) else "employer.organisation"
    return {"lead": "lead.team", "staff": "staff.todo"}[home]


def landing(who: Visitor) -> str:
    """Address of the first page after sign-in."""
    return address(landing_endpoint(who))


def _navigation(who: Visitor | None, language: str) -> list[dict[str, object]]:
    """The menu: that of the pages somebody is on; leads and employers reach their own learning from theirs."""
    if who is None or step_of(who, g.context) is not None:
        return []
    home = audience(who)
    on_staff_pages = request.blueprint == "staff" or home == "staff"
    entries = STAFF_NAV if on_staff_pages else {"employer": EMPLOYER_NAV, "lead": LEAD_NAV}[home]
    area = _area([address(endpoint) for endpoint, _icon in entries])
    items: list[dict[str, object]] = [
        {
            "key": endpoint,
            "href": address(endpoint),
            "icon": icon,
            "label": _nav_label(
                "own" if endpoint == "staff.todo" and not on_staff_pages else endpoint, language
            ),
            "current": "" if address(endpoint) != area else "page" if request.path == area else "true",
            "where": "",
        }
        for endpoint, icon in entries
        if endpoint not in NAV_NEEDS or who.actor.may(NAV_NEEDS[endpoint])
    ]
    if on_staff_pages and home != "staff":
        back = {"lead": "lead.team", "employer": landing_endpoint(who)}[home]
        label = _nav_label(back, language)
        items.append(
            {
                "key": back,
                "href": address(back),
                "icon": "users",
                "label": label,
                "current": "",
                "where": "",
            }
        )
    return items


def _area(addresses: list[str]) -> str:
    """Address of the menu item this page is or lies below, the nearest one; empty for a page of none."""
    here = address("staff.todo") if request.endpoint == "staff.meeting" else request.path  # opened from there
    above = [address for address in addresses if f"{here}/".startswith(f"{address}/")]
    return max(above, key=len, default="")


def show_refusal(error: Refusal) -> AnyResponse:
    """A refusal as a page in the reader's language; who is not signed in is led to sign-in."""
    if isinstance(error, NotSignedIn):
        here = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("signin.sign_in", next=here, kept="yes" if _keep_sent() else None), 303)
    response = _error_page(error, error.status)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.facts.get("seconds", 60))
    return response


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
    language = _page_language()
    heading, text = words(error, catalogue(language))
    return render("error.html", status=status, heading=heading, text=text, home_href="/", again_href="")


def show_away(error: Away) -> AnyResponse:
    """What the page stands on is away: what was sent is in the answer, and one button sends it again.

    A password, a code and a file are not put back: the page they came from is offered again.
    """
    current_app.logger.error("what the program stands on is away", exc_info=error)
    here = request.full_path.rstrip("?")
    keeps = request.method == "POST" and not request.files and not NEVER_KEPT & set(request.form)
    code = "not_saved" if keeps else "not_saved_empty" if request.method == "POST" else "away"
    heading, text = words(Refusal(code), catalogue(_page_language()))
    response = render(
        "error.html",
        status=error.status,
        heading=heading,
        text=text,
        send_to=here if keeps else "",
        kept=[field for field in request.form.items(multi=True) if field[0] != "csrf_token"],
        again_href="" if keeps else here,
    )
    response.headers["Retry-After"] = "10"  # seconds
    return response


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


def security_headers(settings: Settings) -> dict[str, str]:
    """What every answer says to browsers, pages and files alike."""
    return SECURITY_HEADERS | (STRICT_TRANSPORT if settings.is_https else {})


def secure(response: AnyResponse) -> AnyResponse:
    """Security headers on every answer; what says nothing else about it is kept by no cache."""
    for name, value in security_headers(house().settings).items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _languages(current: str) -> list[dict[str, object]]:
    """Languages to choose from on pages without sign-in."""
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return [
        {
            "code": code,
            "label": name,
            "href": url_for("signin.language", to=code, next=here),
            "current": code == current,
        }
        for code, name in LANGUAGES.items()
    ]


def known_language(code: str) -> bool:
    """Whether we have the interface in this language."""
    return code in LANGUAGES
