"""The wallet: one's certificates of all employers, to show, to print and to carry."""

from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.evidence.queries import Certificate, certificate_in_reach
from lms.evidence.wallet import credential_or_ask, decided, held_certificate, pdf_or_ask, wallet
from lms.register.views_kept import keep_certificate_view
from lms.web.blueprints import staff as blueprint
from lms.web.pages import page, render
from lms.web.register_address import days
from lms.web.staff_cards import certificate_card

PDF_POLICY = (
    "default-src 'none'; object-src 'self'; frame-ancestors 'none'"  # the browser's viewer may show it
)


@page(blueprint, "/certificates")
def certificates(ctx: Context) -> Response:
    """One's own certificates of every employer, also of those one has left: newest first."""
    pockets = [
        (pocket, [certificate_card(ctx, each) for each in pocket.certificates])
        for pocket in wallet(ctx)
        if pocket.certificates
    ]
    return render("staff/certificates.html", pockets=pockets, learns=ctx.who.may(Permission.LEARN))


@page(blueprint, "/certificates/<number>")
def certificate(ctx: Context, number: str) -> Response:
    """One certificate with everything that stands on it, to show and to print."""
    pocket, found = held_certificate(ctx, number)
    return render(
        "staff/certificate.html",
        card=certificate_card(ctx, found),
        pocket=pocket,
        decisions=decided(ctx, pocket, found),
    )


@page(blueprint, "/certificates/<number>.pdf")
def certificate_pdf(ctx: Context, number: str) -> Response:
    """The PDF of a certificate of one's own or of somebody in reach; asked for first, it is made meanwhile.

    With `ink` in the address the one without large areas of colour.
    """
    ink_saving = "ink" in request.args
    employer_id, found = _openable(ctx, number)
    data = pdf_or_ask(ctx, employer_id, found, ink_saving=ink_saving)
    if data is None:
        return _preparing(number=found.number, ink=1 if ink_saving else None)
    keep_certificate_view(ctx, found.content.number)
    return pdf_answer(data, found.number)


@page(blueprint, "/certificates/<number>.json")
def certificate_credential(ctx: Context, number: str) -> Response:
    """The signed document of a certificate of one's own: to carry, and to verify without us."""
    pocket, found = held_certificate(ctx, number)
    data = credential_or_ask(ctx, pocket.employer_id, found)
    if data is None:
        return _preparing("staff.certificate_credential", number=found.number)
    return credential_answer(data, found.number)


def _preparing(endpoint: str = "staff.certificate_pdf", **address: Any) -> Response:
    """The page that waits for a file and opens it."""
    return render("staff/preparing.html", status=202, here=url_for(endpoint, **address))


def _openable(ctx: Context, number: str) -> tuple[int, Certificate]:
    """A certificate and its employer: in the actor's reach here, or their own of another employer. Raises NotFound."""
    then = days(ctx).checked()
    try:
        return ctx.employer_id, certificate_in_reach(ctx, number, day=then.day if then else None, named=True)
    except NotFound:
        pocket, found = held_certificate(ctx, number)
        return pocket.employer_id, found


def pdf_answer(data: bytes, number: str) -> Response:
    """The PDF of a certificate as an answer that browsers show, and no cache keeps."""
    response = Response(data, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="kunnig-{number}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = PDF_POLICY
    return response


def credential_answer(data: bytes, number: str) -> Response:
    """The signed document of a certificate as an answer to be saved (W3C Verifiable Credentials 2.0, 6.2)."""
    response = Response(data, mimetype="application/vc+json")
    response.headers["Content-Disposition"] = f'attachment; filename="kunnig-{number}.json"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
