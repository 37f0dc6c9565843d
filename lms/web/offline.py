"""What the browser needs to go on without network: the service worker, and the page for what is not on the phone."""

import json
from functools import cache
from importlib.resources import files

from flask import Response, current_app, request

from lms.base.context import Context
from lms.web.blueprints import public as blueprint
from lms.web.pages import page, render

SHOWN_WITH = (  # files of the program that pages need without network, those of a kept course too
    "style.css", "kunnig.js", "aloud.js", "icons.svg", "favicon.svg", "hills.svg", "fonts/familjen.woff2",
    "fonts/atkinson.woff2", "offline/answers.js", "offline/idb.js", "offline/keeping.js", "offline/left.js",
    "offline/looking.js", "offline/pages.js", "offline/sending.js", "offline/store.js",
)  # fmt: skip


@cache
def _worker() -> str:
    return files("lms.web").joinpath("static/offline/worker.js").read_text("utf-8")


@blueprint.get("/sw.js")
def worker() -> Response:
    """The service worker, told this release's files: a new release is another script to the browser."""
    static = current_app.extensions["templates"]["en"].globals["static"]("")
    script = _worker().replace("/static/release/", static).replace('["shown with"]', json.dumps(SHOWN_WITH))
    response = Response(script, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@page(blueprint, "/offline", public=True)
def offline(_ctx: Context) -> Response:
    """What is shown without network in the place of a page that is not on the phone; says nothing of anybody."""
    return render("public/offline.html", is_sign_out="still" in request.args, nav=[], me=None, messages=None)
