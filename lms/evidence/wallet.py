"""A person's certificates of all employers, also those they have left: each employer's rows in its own context."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select

import certificates
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.base.names import language_of, name_key
from lms.base.statements import EMPLOYER, ME, TODAY
from lms.evidence.credentials import credential_of
from lms.evidence.decisions import Decision, decisions_told
from lms.evidence.queries import Certificate, certificate_pdf, certificates_of
from lms.organisation.acting import acting_for
from lms.organisation.models import Employer, Employment
from lms.organisation.own_persons import persons_of
from lms.organisation.queries import in_force


@dataclass(frozen=True, slots=True)
class Pocket:
    """What somebody has of one employer."""

    employer_id: int
    person_id: int  # who the holder is there
    name: str  # of the employer
    is_here: bool  # the employer they are signed in at
    works_there: bool
    certificates: list[Certificate]  # newest first


def wallet(ctx: Context) -> list[Pocket]:
    """The actor's own certificates by employer: here, then where they work, then where they have worked.

    One statement, two of the employer they are signed in at and three of each other one.
    Open: own certificates only, and whoever has left keeps them.
    """
    pockets = [_pocket(ctx, *person) for person in persons_of(ctx, ctx.who.account_id)]
    language = language_of(ctx.country)
    return sorted(
        pockets, key=lambda each: (not each.is_here, not each.works_there, name_key(each.name, language))
    )


def held_certificate(ctx: Context, number: str) -> tuple[Pocket, Certificate]:
    """One of the actor's own certificates, of whatever employer, by its number. Raises NotFound.

    Open: own certificates only.
    """
    wanted = certificates.normalise(number)
    for pocket in wallet(ctx):
        for each in pocket.certificates:
            if each.content.number == wanted:
                return pocket, each
    raise NotFound


def decided(ctx: Context, pocket: Pocket, certificate: Certificate) -> list[Decision]:
    """What was decided about a certificate of the actor's own, by whom and why. One statement, or two.

    Open: own certificates only.
    """
    with at_employer(ctx, pocket.employer_id) as there:
        return decisions_told(there, pocket.person_id, certificate)


def pdf_or_ask(
    ctx: Context, employer_id: int, certificate: Certificate, *, ink_saving: bool = False
) -> bytes | None:
    """The PDF of a certificate that the caller has opened; None: it was not made yet, and the worker has been asked.

    Open: the certificate was found by a query that checks who asks.
    """
    data = certificate_pdf(ctx, certificate, ink_saving=ink_saving)
    if data is None:
        _ask(ctx, employer_id, certificate, ink_saving=ink_saving)
    return data


def credential_or_ask(ctx: Context, employer_id: int, certificate: Certificate) -> bytes | None:
    """The signed document of a certificate that the caller has opened; None: the worker has been asked to sign it.

    Open: the certificate was found by a query that checks who asks.
    """
    with at_employer(ctx, employer_id) as there:
        data = credential_of(there, certificate.id)
    if data is None:
        _ask(ctx, employer_id, certificate, ink_saving=False)
    return data


def _ask(ctx: Context, employer_id: int, certificate: Certificate, *, ink_saving: bool) -> None:
    """Let the worker sign a certificate and make its PDF, in a short transaction of its own."""
    # A task that was carried out stays under its key: the hour lets a file that was lost be made again.
    key = f"{certificate.content.number}{'-ink' if ink_saving else ''}-{ctx.now:%Y%m%d%H}"
    with acting_for(ctx.house, employer_id, ctx.now) as change:
        change.later("render_certificate", key, certificate_id=certificate.id, ink_saving=int(ink_saving))


@contextmanager
def at_employer(ctx: Context, employer_id: int) -> Iterator[Context]:
    """A reading unit of work at one of the employers of the actor's account: the one at hand where it is that one's.

    Open: what is read there is the actor's own, by `persons_of`.
    """
    if ctx.actor is not None and ctx.employer_id == employer_id:
        yield ctx
    else:
        with acting_for(ctx.house, employer_id, ctx.now, writes=False) as there:
            yield there


_ABOUT = select(
    Employer.name,
    select(Employment.id)
    .where(Employment.employer_id == EMPLOYER, Employment.person_id == ME, in_force(Employment, TODAY))
    .exists(),
).where(Employer.id == EMPLOYER)


def _pocket(ctx: Context, employer_id: int, person_id: int) -> Pocket:
    with at_employer(ctx, employer_id) as there:
        name, works_there = there.rows(_ABOUT, me=person_id).one()
        is_here = employer_id == ctx.employer_id
        return Pocket(
            employer_id, person_id, name, is_here, bool(works_there), certificates_of(there, person_id)
        )
