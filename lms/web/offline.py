"""What the browser needs to go on without network: the service worker, and the page for what is not on the phone."""

from functools import cache
from importlib.resources import files

from flask import Response, current_app, request

from lms.base.context import Context
from lms.web.blueprints import public as blueprint
from lms.web.pages import page, render


@cache
def _worker() -> str:
    return files("lms.web").joinpath("static/offline/worker.js").read_text("utf-8")


@blueprint.get("/sw.js")
def worker() -> Response:
    """The service worker, told where this release's files are: a new release is another script to the browser."""
    static = current_app.extensions["templates"]["en"].globals["static"]("")
    response = Response(_worker().replace("/static/release/", static), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@page(blueprint, "/offline", public=True)
def offline(_ctx: Context) -> Response:
    """What is shown without network in the place of a page that is not on the phone; says nothing of anybody."""
    return render("public/offline.html", is_sign_out="still" in request.args, nav=[], me=None, messages=None)
