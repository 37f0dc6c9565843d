"""The signed form and the PDF of certificates: made by the worker, outside of any transaction."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import certificates
from lms.base.context import Context, House, work
from lms.evidence import credentials
from lms.evidence.layouts import layout_data
from lms.evidence.models import CertificateRow
from lms.evidence.queries import verify_url
from lms.evidence.signing_keys import keep_keys, make_keys, missing_keys, sealed_otherwise
from lms.organisation.acting import acting_for
from lms.organisation.queries import every_employer

log = logging.getLogger(__name__)
AT_ONCE = 100  # certificates of one task: well within the time for which a worker holds it


def render_certificate(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """Make the PDF of a certificate (or the one that saves ink), its signed form inside; one that holds it stays.

    Which bytes are handed out is noted before they are, so that no file is ever out that we do not know. Of one that
    is forgotten none is made.
    """
    certificate_id, ink_saving = ids["certificate_id"], bool(ids.get("ink_saving"))
    with acting_for(house, employer_id, writes=False) as ctx:
        row = ctx.open(CertificateRow, certificate_id)
        if row.forgotten_on is not None:
            return
        content = certificates.from_canonical(row.content.encode())
        known = credentials.files_of(ctx, certificate_id)
    signed = sign_certificate(house, employer_id, certificate_id)
    key = certificates.pdf_key(content, ink_saving=ink_saving)
    try:
        kept = house.files.get(key)
    except KeyError:
        kept = b""
    if kept and known.get(_digest(kept)) == signed.at:
        return
    pdf = certificates.render_pdf(
        content,
        verify_url(house, content.number),
        ink_saving=ink_saving,
        credential=signed.document,
        layout=layout_data(house, content.layout),
    )
    with acting_for(house, employer_id) as ctx:
        if not _still_to_be_made(ctx, certificate_id, signed.at):
            return
        if kept and _digest(kept) not in known:  # of before files were noted
            credentials.note_file(ctx, certificate_id, _digest(kept), None, ink_saving=ink_saving)
        credentials.note_file(ctx, certificate_id, _digest(pdf), signed.at, ink_saving=ink_saving)
    house.files.put(key, pdf)
    with acting_for(house, employer_id) as ctx:  # it may have lain under what was decided or made in between
        if not _still_to_be_made(ctx, certificate_id, signed.at):
            house.files.delete(key)


def _still_to_be_made(ctx: Context, certificate_id: int, signed_at: datetime) -> bool:
    """Whether a PDF is wanted at all. Raises RuntimeError if what it encloses was signed anew meanwhile."""
    if ctx.open(CertificateRow, certificate_id, lock=True).forgotten_on is not None:
        return False
    now = credentials.kept_credential(ctx, certificate_id)
    if now is None or now.at != signed_at:
        raise RuntimeError(credentials.DISOWNED)
    return True


def _digest(pdf: bytes) -> str:
    return hashlib.sha256(pdf).hexdigest()


def sign_certificate(house: House, employer_id: int | None, certificate_id: int) -> credentials.Kept:
    """The signed form of a certificate; signed now if it is not yet. Raises RuntimeError without usable keys."""
    have_keys(house, employer_id)
    with acting_for(house, employer_id) as ctx:
        draft = credentials.draft_credential(ctx, certificate_id)
    if draft is not None:
        signed = draft.signed()
        with acting_for(house, employer_id) as ctx:
            credentials.keep_credential(ctx, certificate_id, signed)
    with acting_for(house, employer_id, writes=False) as ctx:
        kept = credentials.kept_credential(ctx, certificate_id)
    if kept is None:
        raise RuntimeError(credentials.DISOWNED)
    return kept


def have_keys(house: House, employer_id: int | None) -> None:
    """Make the keys that an employer needs and has not got."""
    with acting_for(house, employer_id, writes=False) as ctx:
        missing = missing_keys(ctx)
    if missing:
        made = make_keys(missing)
        with acting_for(house, employer_id) as ctx:
            keep_keys(ctx, made)


def unusable_keys(house: House) -> list[str]:
    """Names of the keys of all employers that should sign and cannot, since the house's secret is another one."""
    with work(house, writes=False) as ctx:
        employers = every_employer(ctx)
    names = []
    for employer_id in employers:
        with acting_for(house, employer_id, writes=False) as ctx:
            names += sealed_otherwise(ctx)
    return names


def make_missing(house: House, employer_id: int, certificate_ids: Sequence[int]) -> None:
    """Sign those of some certificates that are not signed, and make the PDFs that are not there."""
    with acting_for(house, employer_id, writes=False) as ctx:
        finished = credentials.finished_among(ctx, certificate_ids)
    for certificate_id in certificate_ids:
        digest = finished.get(certificate_id)
        if digest is None or not house.files.has(certificates.key_of_digest(digest)):
            render_certificate(house, employer_id, {"certificate_id": certificate_id})


def sign_left(house: House, employer_id: int | None, ids: dict[str, Any]) -> str:
    """Sign what has no signed form and make PDFs that lack it, some at a time; of before, or since a key is disowned.

    One that cannot be signed keeps no other one waiting; it is told in the log, and tried again the next night.
    """
    have_keys(house, employer_id)  # for the lists, also where nothing is left to sign
    with acting_for(house, employer_id, writes=False) as ctx:
        left = credentials.unfinished(ctx, ids.get("behind", 0), AT_ONCE)
    failed = 0
    for certificate_id in left:
        try:
            render_certificate(house, employer_id, {"certificate_id": certificate_id})
            _follow(house, employer_id, certificate_id)
        except Exception:
            log.exception("certificate not signed", extra={"facts": {"certificate": certificate_id}})
            failed += 1
    if len(left) == AT_ONCE:
        with acting_for(house, employer_id) as ctx:
            ctx.later("sign_left", f"{ids['run']}:{left[-1]}", run=ids["run"], behind=left[-1])
    return f"{len(left) - failed} signed, {failed} failed" if left else "needless"


def _follow(house: House, employer_id: int | None, certificate_id: int) -> None:
    """Make the PDF that saves ink again too, if somebody has asked for it before."""
    with acting_for(house, employer_id, writes=False) as ctx:
        is_wanted = credentials.has_ink_saving(ctx, certificate_id)
    if is_wanted:
        render_certificate(house, employer_id, {"certificate_id": certificate_id, "ink_saving": 1})
