"""Kunnig as an app on the phone: what a browser has to know to put it among the others (W3C Web App Manifest)."""

import json

from flask import Response, current_app, request

from lms.base.errors import NotFound
from lms.base.i18n import LANGUAGES, catalogue
from lms.web.blueprints import public as blueprint

GROUND, CLOTH = "#F1F4EE", "#38336B"  # while it opens; of the icon
KEPT = 86_400  # seconds


@blueprint.get("/app/<language>.webmanifest")
def manifest(language: str) -> Response:
    """The manifest in a language: browsers ask for it without the cookie that would tell. Raises NotFound."""
    if language not in LANGUAGES:
        raise NotFound
    _ = catalogue(language).gettext
    static = current_app.extensions["templates"][language].globals["static"]
    icons = [
        {"src": static("favicon.svg"), "type": "image/svg+xml", "sizes": "any"},
        {"src": static("icon-192.png"), "type": "image/png", "sizes": "192x192"},
        {"src": static("icon-512.png"), "type": "image/png", "sizes": "512x512"},
        {"src": static("icon-maskable.png"), "type": "image/png", "sizes": "512x512", "purpose": "maskable"},
    ]
    shortcuts = [(_("To do"), "/todo"), (_("Courses"), "/courses"), (_("Certificates"), "/certificates")]
    said = {
        "id": "/",
        "name": "Kunnig",
        "short_name": "Kunnig",
        "description": _("Short courses at work, and the certificates they give."),
        "lang": language,
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": CLOTH,
        "categories": ["education"],
        "icons": icons,
        "shortcuts": [{"name": name, "url": url} for name, url in shortcuts],
    }
    answer = Response(json.dumps(said, ensure_ascii=False), mimetype="application/manifest+json")
    answer.headers["Cache-Control"] = f"public, max-age={KEPT}"
    answer.add_etag()
    answer.make_conditional(request.environ)
    return answer
