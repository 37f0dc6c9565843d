"""The one cookie: a random token. A signed-in device has a row with its hash; the CSRF seed follows from it."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from flask import Flask, Request, Response, g
from flask.sessions import SessionInterface, SessionMixin

REMEMBERED = timedelta(days=400)  # browsers cap cookies there; the row decides how long it is worth something


class CookieSession(dict[str, object], SessionMixin):
    """What Flask calls the session: nothing but the CSRF seed, worked out from the cookie."""

    def __init__(self, token: str, seed: str) -> None:
        super().__init__(csrf_token=seed)
        self.token = token


class TokenSessions(SessionInterface):
    """Reads the token from the cookie and keeps it there; makes one for a new visitor.

    Nothing is stored for visitors who have not signed in. `g.new_token` set by a view
    (sign-in, rotation) replaces the cookie; `g.forget` makes the session end with the browser.
    """

    def cookie(self, app: Flask) -> str:
        """Name of the cookie; `__Host-` ties it to this host where https allows it."""
        return "__Host-kunnig" if app.config["SESSION_COOKIE_SECURE"] else "kunnig"

    def open_session(self, app: Flask, request: Request) -> CookieSession:
        """The session of a request; a token of the wrong length is replaced by a new one."""
        token = request.cookies.get(self.cookie(app), "")
        g.token_is_new = len(token) != 43
        if g.token_is_new:
            token = secrets.token_urlsafe(32)
        secret = str(app.secret_key).encode()
        seed = hmac.new(secret, b"csrf:" + token.encode(), hashlib.sha256).hexdigest()
        return CookieSession(token, seed)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie if it is new, and only if the page uses it."""
        new = g.get("new_token")
        if new is None and not (g.token_is_new and g.get("csrf_used")):
            return
        response.set_cookie(
            self.cookie(app),
            new or session.token,  # type: ignore[attr-defined]
            max_age=REMEMBERED if g.get("remember") else None,
            secure=app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
            path="/",
        )
