"""Pages for everybody: the front door, help, and in the demo the mailbox."""

from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from flask import redirect, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import NotFound
from lms.catalogue import queries as catalogue
from lms.evidence.forgetting import KEPT, months_kept
from lms.web.blueprints import public as blueprint
from lms.web.navigation import landing
from lms.web.on_shared import is_shared_here
from lms.web.pages import current_visitor, house, page, render

STATEMENT_REVIEWED_ON = date(2026, 11, 30)  # when the accessibility statement was last held to what is so
IMMUTABLE = "public, max-age=31536000, immutable"


@page(blueprint, "/", public=True)
def front(_ctx: Context) -> Response:
    """The first address somebody types: on to where they belong."""
    who = current_visitor()
    if who is None and is_shared_here():
        return redirect(url_for("signin.shared"), 303)
    return redirect(landing(who) if who else url_for("signin.sign_in"), 303)


@page(blueprint, "/media/<digest>.svg", public=True)
def media(ctx: Context, digest: str) -> Response:
    """A picture of a course; its address is the digest of its content, so it never changes."""
    response = Response(catalogue.media(ctx, digest), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
    )
    return response


@page(blueprint, "/help", public=True)
def help_page(_ctx: Context) -> Response:
    """The questions people ask most, and who can help."""
    return render("public/help.html")


@page(blueprint, "/privacy", public=True)
def privacy(ctx: Context) -> Response:
    """What is stored about staff, who sees it, and for how long."""
    months = months_kept(ctx) if ctx.actor else 0
    return render("public/privacy.html", months_kept=months, months_usual=KEPT)


@page(blueprint, "/accessibility", public=True)
def accessibility(_ctx: Context) -> Response:
    """The accessibility statement, with whom to tell what does not work."""
    return render(
        "public/accessibility.html",
        contact=house().settings.accessibility_contact,
        reviewed_on=STATEMENT_REVIEWED_ON,
    )


@page(blueprint, "/robots.txt", public=True)
def robots(_ctx: Context) -> Response:
    """Nothing here is for search engines but the page that checks a certificate."""
    return Response("User-agent: *\nDisallow: /\nAllow: /v$\n", mimetype="text/plain")


@page(blueprint, "/demo/mail", public=True)
def mailbox(_ctx: Context) -> Response:
    """Mail that the demo would have sent, newest first. Raises NotFound outside the demo."""
    newest_first = sorted(_mail_folder().glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    letters = [(path.stem, _read(path)) for path in newest_first[:100]]
    return render("public/mailbox.html", letters=letters)


@page(blueprint, "/demo/mail/<name>", public=True)
def mail(_ctx: Context, name: str) -> Response:
    """One mail of the demo, as text with its links. Raises NotFound outside the demo."""
    path = next((path for path in _mail_folder().glob("*.eml") if path.stem == name), None)
    if path is None:
        raise NotFound
    letter = _read(path)
    body = letter.get_body(preferencelist=("plain",))
    return render(
        "public/mail.html", letter=letter, lines=str(body.get_content() if body else "").splitlines()
    )


def _mail_folder() -> Path:
    settings = house().settings
    if not settings.is_demo or settings.mail:
        raise NotFound
    return settings.mail_folder


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)
