"""Checking a certificate, for anybody: by its number, on a page and as JSON, or by its file."""

import json

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.evidence.checking import LARGEST_FILE, Verification, check_file, check_number
from lms.evidence.verification_words import verification_words
from lms.identity.actions import count_try
from lms.web.blueprints import public as blueprint
from lms.web.pages import house, page, render

NUMBER_LENGTH = 10


@page(blueprint, "/v", public=True)
def verify(_ctx: Context) -> Response:
    """Type a certificate number; case, spaces and hyphens do not matter."""
    typed = request.args.get("number", "").strip()
    if not typed:
        return _ask()
    number = _plain(typed)
    if len(number) != NUMBER_LENGTH:
        return _ask(number=typed, error="format")
    return redirect(url_for("public.verdict", code=f"{number[:5]}-{number[5:]}"), 303)


@page(blueprint, "/v", methods=("POST",), public=True)
def verify_file(ctx: Context) -> Response:
    """Check the file of a certificate, in memory: the answer is this page, and nothing of the file is kept."""
    sent = request.files.get("file")
    data = sent.read(LARGEST_FILE + 1) if sent else b""
    if not data:
        return _ask(error="file")
    count_try(house(), "file", request.remote_addr or "", ctx.now)
    return _show(ctx, check_file(ctx, data), status=200, code="")


def _plain(typed: str) -> str:
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def _ask(*, number: str = "", error: str = "") -> Response:
    return render("public/verify.html", status=422 if error else 200, number=number, error=error)


@page(blueprint, "/v/<code>", public=True)
def verdict(ctx: Context, code: str) -> Response:
    """What a number stands for, in words and colour; look-ups are counted, per number and per address."""
    found = _counted_check(ctx, code)
    return _show(ctx, found, status=_status(found), code=code)


@page(blueprint, "/v/<code>.json", public=True)
def verdict_json(ctx: Context, code: str) -> Response:
    """The same for a program, from whatever page it asks. It says what the page says and no more."""
    found = _counted_check(ctx, code)
    body = json.dumps(found.as_json(ctx.now), ensure_ascii=False, indent=1)
    response = Response(body, _status(found), mimetype="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _status(found: Verification) -> int:
    """The status of HTTP: not there is a number that nobody holds, gone is a certificate that is no longer kept."""
    if found.certificate:
        return 200
    return 410 if found.status.forgotten_on else 404


def _counted_check(ctx: Context, code: str) -> Verification:
    number = _plain(code)[:NUMBER_LENGTH]  # however it is spelled
    count_try(house(), "verify", number, ctx.now, by="anywhere")
    count_try(house(), "verify", request.remote_addr or "", ctx.now)
    return check_number(ctx, code)


def _show(ctx: Context, found: Verification, *, status: int, code: str) -> Response:
    return render(
        "public/verdict.html",
        status=status,
        found=found,
        words=verification_words(found, ctx.language, by_number=bool(code)),
        code=code[:40],
        checked_at=ctx.now,
        time_zone=ctx.time_zone,
    )
