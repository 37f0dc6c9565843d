"""What somebody shares by a link: the chosen certificates as they stand now, and nothing else of the person."""

from flask import request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import NotFound
from lms.evidence.shares import Shared, Shown, count_opening, shared_by
from lms.evidence.verification_words import verification_words
from lms.evidence.wallet import credential_or_ask, pdf_or_ask
from lms.identity.actions import count_try
from lms.web.blueprints import public as blueprint
from lms.web.pages import house, page, render
from lms.web.staff_cards import certificate_card
from lms.web.staff_certificates import credential_answer, pdf_answer

PRIVATE = {  # the address lets somebody in: it goes into no index, no cache and no other site's log
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


@page(blueprint, "/s/<token>", public=True)
def shared(ctx: Context, token: str) -> Response:
    """The certificates behind a link, each with its verdict; one that is over, was ended or never was answers alike."""
    found = _found(ctx, token)
    if found is None:
        return _private(render("public/shared_over.html", status=404))
    if request.method == "GET":
        count_opening(house(), found.share_id, ctx.now)
    return _private(
        render(
            "public/shared.html",
            token=token,
            shown=[
                (
                    each,
                    certificate_card(ctx, each.certificate),
                    verification_words(each.verification, ctx.language),
                )
                for each in found.certificates
            ],
            found=found,
            day_of=ctx.day_of,
            checked_at=ctx.now,
            time_zone=ctx.time_zone,
        )
    )


@page(blueprint, "/s/<token>/<number>.pdf", public=True)
def shared_pdf(ctx: Context, token: str, number: str) -> Response:
    """The PDF of a certificate that is shared; asked for first, it is made meanwhile."""
    found = _file(_found(ctx, token), number)
    data = pdf_or_ask(ctx, found.employer_id, found.certificate)
    if data is None:
        return _preparing("public.shared_pdf", token, number)
    return _private(pdf_answer(data, number))


@page(blueprint, "/s/<token>/<number>.json", public=True)
def shared_credential(ctx: Context, token: str, number: str) -> Response:
    """The signed document of a certificate that is shared."""
    found = _file(_found(ctx, token), number)
    data = credential_or_ask(ctx, found.employer_id, found.certificate)
    if data is None:
        return _preparing("public.shared_credential", token, number)
    return _private(credential_answer(data, number))


def _preparing(endpoint: str, token: str, number: str) -> Response:
    """The page that waits for a file and opens it."""
    here = url_for(endpoint, token=token, number=number)
    return _private(render("public/shared_preparing.html", status=202, token=token, here=here))


def _found(ctx: Context, token: str) -> Shared | None:
    """What a link leads to; look-ups are counted by address."""
    count_try(house(), "share", request.remote_addr or "", ctx.now)
    return shared_by(ctx, token)


def _file(found: Shared | None, number: str) -> Shown:
    """A certificate behind a link whose files may be fetched. Raises NotFound."""
    for each in found.certificates if found and found.has_files else ():
        if each.certificate.number == number:
            return each
    raise NotFound


def _private(response: Response) -> Response:
    response.headers.update(PRIVATE)
    return response
