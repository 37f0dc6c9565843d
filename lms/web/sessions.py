"""Cookies, and the one of the session: a random token whose hash a signed-in device has a row with."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import Flask, Request, Response, current_app, g
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.utils import cached_property

REMEMBERED = timedelta(days=400)  # browsers cap cookies there; the row decides how long it is worth something

COOKIE = "kunnig"
HOST = (
    "__Host-"  # before a name: browsers take the cookie by https from this host only, and send it to no other
)


class TiedRequest(Request):
    """A request whose cookies are those that `TiedResponse` has set, by the names the program gave them.

    Files that people send stay in memory, bounded by the size of a request: none of them touches a disk by itself.
    """

    def _get_file_stream(self, *_about: Any, **_more: Any) -> BytesIO:
        return BytesIO()

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """Cookies by name; with https those without the prefix, which another host may have set, are not there."""
        sent = super().cookies
        if not current_app.config["SESSION_COOKIE_SECURE"]:
            return sent
        tied = ((name, value) for name, value in sent.items(multi=True) if name.startswith(HOST))
        return ImmutableMultiDict((name.removeprefix(HOST), value) for name, value in tied)


class TiedResponse(Response):
    """An answer that ties every cookie to this host where https allows it."""

    def set_cookie(self, key: str, value: str = "", **settings: Any) -> None:  # type: ignore[override]
        """Set a cookie, for all pages of this host if it is tied to it."""
        if current_app.config["SESSION_COOKIE_SECURE"]:
            key, settings = f"{HOST}{key}", {**settings, "path": "/", "domain": None, "secure": True}
        super().set_cookie(key, value, **settings)


class CookieSession(dict[str, object], SessionMixin):
    """What Flask calls the session: nothing but the CSRF seed, worked out from the cookie."""

    def __init__(self, token: str, seed: str) -> None:
        super().__init__(csrf_token=seed)
        self.token = token


class TokenSessions(SessionInterface):
    """Reads the token from the cookie and keeps it there; makes one for a new visitor.

    Nothing is stored for visitors who have not signed in. `g.new_token` set by a view
    (sign-in, rotation) replaces the cookie; without `g.remember` it ends with the browser.
    """

    def open_session(self, app: Flask, request: Request) -> CookieSession:
        """The session of a request; a token of the wrong length is replaced by a new one."""
        token = request.cookies.get(COOKIE, "")
        g.token_is_new = len(token) != 43
        if g.token_is_new:
            token = secrets.token_urlsafe(32)
        secret = str(app.secret_key).encode()
        seed = hmac.new(secret, b"csrf:" + token.encode(), hashlib.sha256).hexdigest()
        return CookieSession(token, seed)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie if it is new, and only if the page uses it.

        A token made in a unit of work that could not be committed opens nothing: what failed leaves the cookie.
        """
        new = g.get("new_token") if response.status_code < 500 else None
        if new is None and not (g.token_is_new and g.get("csrf_used")):
            return
        response.set_cookie(
            COOKIE,
            new or session.token,  # type: ignore[attr-defined]
            max_age=REMEMBERED if g.get("remember") else None,
            secure=app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
            path="/",
        )
