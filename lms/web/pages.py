"""What all pages share: opening the unit of work, rendering, security headers."""

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from flask import Blueprint, Response, current_app, g, make_response, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf.csrf import generate_csrf
from jinja2 import Environment
from werkzeug.wrappers import Response as AnyResponse

from lms.base.access import Permission
from lms.base.context import Context, House, work
from lms.base.errors import Away, NotFound, NotSignedIn
from lms.base.i18n import LANGUAGES, choose_language
from lms.base.settings import Settings
from lms.identity.actions import touch_session
from lms.identity.factor_rules import Step
from lms.identity.rules import token_hash
from lms.messages.own_list import HAS_NEWS
from lms.organisation.visitors import Visitor, visitor
from lms.web.mail_alarm import mail_alarm
from lms.web.navigation import address, navigation, register_tabs
from lms.web.on_shared import PAGES, is_shared_here
from lms.web.sessions import CookieSession
from lms.web.steps import door, step_of
from lms.web.whose import person_key, say_whose

View = Callable[..., AnyResponse | str]

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
LANGUAGE_COOKIE = "language"
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
    return visitor(context.db, token_hash(token), context.now, HAS_NEWS)


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
        opens_on_shared = public or f"{blueprint.name}.{view.__name__}" in PAGES

        @functools.wraps(view)
        def handle(**arguments: Any) -> AnyResponse:
            with work(house(), writes=writes) as ctx:
                g.context = ctx
                who, step = _visitor(), None
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
                if who is not None and who.is_shared and step is None and not opens_on_shared:
                    raise NotFound
                if "\0" in request.path or b"%00" in request.query_string:
                    raise NotFound  # no page has such an address, and PostgreSQL could not be asked for it
                if needs is not None:
                    ctx.require(needs)
                response = make_response(view(ctx, **arguments))
            if who is not None:
                with suppress(Away):  # a page that could be read is not lost over this
                    touch_session(house(), who.session_id, who.seen_at, ctx.now, shared=who.is_shared)
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


def page_language() -> str:
    """Language of this answer: that of the unit of work, or of the browser when there was none."""
    context: Context | None = g.get("context")
    return context.language if context else _language(None)


def page_time_zone() -> str:
    """Zone of the clocks in this answer: that of the unit of work, if there was one."""
    context: Context | None = g.get("context")
    return context.time_zone if context else Context.time_zone


def current_visitor() -> Visitor | None:
    """The visitor of this request, or None."""
    return _visitor() if g.get("context") is not None else None


def csrf_token() -> str:
    """Token for a form; asking for it makes the visitor's cookie stay."""
    g.csrf_used = True
    return str(generate_csrf())


def render(template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a template in the visitor's language, with what every page shows."""
    who = current_visitor()
    context: Context | None = g.get("context")
    language = page_language()
    env: Environment = current_app.extensions["templates"][language]
    nav = navigation(who, context, language)
    shown: dict[str, object] = {
        "me": _me(who),
        "nav": nav,
        "languages": [] if nav else _languages(language),
        "tabs": register_tabs(who, language) if who and request.blueprint == "employer" else [],
        "toasts": [],
        "messages": {"href": address("staff.messages"), "new": bool(who and who.has_news)}
        if nav and not (who and who.is_shared)
        else None,
        "back": None,
        "theme": who.theme if who else "system",
        "text_size": who.text_size if who else "normal",
        "help_href": address("public.help_page"),
        "shared": is_shared_here() or (who is not None and who.is_shared),
        "locks_after": house().settings.shared_idle_minutes * 60 if who and who.is_shared else 0,
        "employer_name": who.employer_name if who else "",
        "today": context.today if context else None,
        "mail_alarm": mail_alarm(context) if template.startswith("employer/") else None,
        "kept": g.get("kept", False),
        "may_keep": person_key(who) != "",
    }
    html = env.get_template(template).render(shown | values)
    response = make_response(html, status)
    # Not even kept to be asked about (ETag): going back shows what is kept without asking, after signing out of a
    # shared phone too. What is for everybody (style, pictures of courses, manifest, lists) is kept.
    response.headers["Cache-Control"] = "no-store"
    say_whose(response, who)
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
