"""Where a signed certificate leads: who issued it, what was achieved, the keys, and which ones are revoked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import NotFound
from lms.catalogue import queries as catalogue
from lms.evidence import revoked_lists, signing_keys
from lms.evidence.layouts import published_layout
from lms.identity.actions import count_try
from lms.organisation.acting import acting_for
from lms.organisation.arrival import public_employer
from lms.organisation.queries import employer_id_of
from lms.web.blueprints import public as blueprint
from lms.web.pages import house, page, render

MOST_LISTS = 99_999


@page(blueprint, "/e/<slug>", public=True)
def issuer(ctx: Context, slug: str) -> Response:
    """The employer as an issuer of certificates: its name, where to check one, and where its keys are."""
    return render("public/issuer.html", employer=public_employer(ctx, slug))


@page(blueprint, "/e/<slug>/achievements/<digest>", public=True)
def achievement(ctx: Context, slug: str, digest: str) -> Response:
    """What everybody has done who holds a certificate of this edition: topics, length, test."""
    employer = public_employer(ctx, slug)
    edition = catalogue.edition_named(ctx, digest)
    if edition.country != employer.country:
        raise NotFound
    return render(
        "public/achievement.html",
        employer=employer,
        edition=edition,
        text=edition.text(ctx.language),
        language=edition.language(ctx.language),
    )


@page(blueprint, "/e/<slug>/did.json", public=True)
def did(ctx: Context, slug: str) -> Response:
    """The employer's keys as a DID document (did:web): all that have ever signed, for the address that was asked."""
    with _acting_for_slug(ctx, slug) as employer:
        return _document(
            signing_keys.keys_at(employer, f"{request.host_url}e/{slug}"), "application/did+json"
        )


@page(blueprint, f"/e/<slug>/revoked/<int(min=1, max={MOST_LISTS}):part>", public=True)
def revoked(ctx: Context, slug: str, part: int) -> Response:
    """One list of revoked certificates, as a signed credential (Bitstring Status List)."""
    count_try(house(), "verify", request.remote_addr or "", ctx.now)  # it is signed for each who asks
    with _acting_for_slug(ctx, slug) as employer:
        return _document(revoked_lists.revoked_list(employer, part), "application/vc")


@page(blueprint, "/e/<slug>/layouts/<name>.json", public=True)
def layout(ctx: Context, slug: str, name: str) -> Response:
    """The data of an own layout, by which `kunnig verify` makes a page again; they never change."""
    count_try(house(), "verify", request.remote_addr or "", ctx.now)  # each is up to a megabyte
    with _acting_for_slug(ctx, slug) as employer:
        response = Response(published_layout(employer, name), mimetype="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@contextmanager
def _acting_for_slug(ctx: Context, slug: str) -> Iterator[Context]:
    with acting_for(house(), employer_id_of(ctx, slug), ctx.now, writes=False) as employer:
        yield employer


def _document(document: dict[str, Any], kind: str) -> Response:
    response = Response(json.dumps(document, ensure_ascii=False, indent=1), mimetype=kind)
    response.headers["Access-Control-Allow-Origin"] = "*"  # for everybody, on whatever page they check it
    response.headers["Cache-Control"] = "no-cache"  # what is revoked is so at once
    response.add_etag()
    response.make_conditional(request.environ)
    return response
