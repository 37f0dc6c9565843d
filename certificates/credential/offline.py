"""Check a file without asking anybody: by keys and lists that were fetched before, and by making its page again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from certificates.content import COUNTRIES, CertificateContent, canonical_bytes
from certificates.credential import proof, token
from certificates.credential.badge import Place
from certificates.credential.check import KeyBook, check_document, check_token
from certificates.credential.linked_data import DocumentError, read_document
from certificates.credential.status_list import is_set
from certificates.layout import LayoutError, layout_named, own_layout_name
from certificates.maker import maker
from certificates.reading import FileError, Found, Refused, find_credential, has_page
from certificates.render import render_pdf
from certificates.verification import FileVerdict, NotGenuine, Status, Verification, verification

_REFUSED = {
    Refused.TOO_LARGE: NotGenuine.UNREADABLE,
    Refused.UNREADABLE: NotGenuine.UNREADABLE,
    Refused.NO_CREDENTIAL: NotGenuine.NO_CREDENTIAL,
}


@dataclass(frozen=True, slots=True)
class RevokedList:
    """A list of the revoked that its issuer has signed, as it was at a moment."""

    address: str
    did: str
    at: datetime
    bits: str


@dataclass(frozen=True, slots=True)
class Inside:
    """What is genuine in a file, and belongs to its issuer."""

    content: CertificateContent
    did: str
    place: Place
    found: Found  # as it stands in the file


def read_revoked_list(data: bytes, book: KeyBook) -> RevokedList:
    """A list from a file. Raises ValueError for what is none, or not signed by a known key of whoever it names."""
    document = read_document(data)
    signature = proof.check(document, book.documents.get)
    try:
        subject = document["credentialSubject"]
        found = RevokedList(
            document["id"],
            document["issuer"],
            datetime.fromisoformat(document["validFrom"]),
            subject["encodedList"],
        )
        if subject["statusPurpose"] != "revocation" or found.at.tzinfo is None:
            message = "not a list of the revoked"
            raise ValueError(message)
        is_set(found.bits, 0)
    except (KeyError, TypeError, AttributeError) as error:
        message = "not a list of the revoked"
        raise ValueError(message) from error
    if signature["verificationMethod"].partition("#")[0] != found.did:
        raise proof.ProofError("unknown_key")
    return found


def genuine_inside(data: bytes, book_of: Callable[[str], KeyBook]) -> Inside | NotGenuine:
    """What a file holds that is genuine, or why nothing is; `book_of` is asked for the keys of the issuer it names.

    Nothing is to be concluded from that name before the keys have said so. Raises FileError if too many files are being
    read: that says nothing of this one.
    """
    try:
        found = find_credential(data)
    except FileError as refused:
        if refused.reason is Refused.BUSY:
            raise
        return _REFUSED[refused.reason]
    book = book_of(_issuer_named(found))
    checked = check_token(found.token, book) if found.token else check_document(found.document, book)
    if checked.content is None or checked.place is None:
        return NotGenuine(checked.genuine.value)
    return Inside(checked.content, checked.did, checked.place, found)


def read_layout(data: bytes) -> tuple[str, bytes]:
    """The name of an own layout, and its data as they came. Raises ValueError for data that are none."""
    name = own_layout_name(data)
    try:
        layout_named(name, data)
    except (LayoutError, ValueError, TypeError, AttributeError, KeyError) as error:
        message = "not a layout"
        raise ValueError(message) from error
    return name, data


def check_file(
    data: bytes,
    book: KeyBook,
    now: datetime,
    lists: Iterable[RevokedList] = (),
    layouts: Mapping[str, bytes] = MappingProxyType({}),
) -> Verification:
    """The answer to a check of a file at a moment, by what is at hand; days are those of the issuer's country.

    Revocation is known as of the list in which the certificate stands; without that list, nobody has asked. A page with
    an own layout is made again from its data, by name; without them nothing can be told of it.
    """
    inside = genuine_inside(data, lambda _did: book)
    file = FileVerdict.UNKNOWN if has_page(data) else FileVerdict.NONE
    if isinstance(inside, NotGenuine):
        return verification(inside, now.date(), Status(), file)
    today = now.astimezone(ZoneInfo(COUNTRIES[inside.content.country])).date()
    if has_page(data):
        file = _made_again(data, inside, layouts.get(inside.content.layout))
    return verification(inside.content, today, _status(inside, lists), file, signed_by=inside.did)


def _status(inside: Inside, lists: Iterable[RevokedList]) -> Status:
    address, place = inside.place.status_list, inside.place.status_index
    mine = [each for each in lists if (each.address, each.did) == (address, inside.did)]
    newest = max(mine, key=lambda each: each.at, default=None)
    if newest is None:
        return Status(list_address=address)
    return Status(newest.at, list_address=address, is_revoked=is_set(newest.bits, place))


def _made_again(data: bytes, inside: Inside, layout: bytes | None) -> FileVerdict:
    """Whether making the page again gives these bytes; a page that is made otherwise here says nothing.

    Letters that we ship no font for are drawn by those of the machine, and so otherwise on another.
    """
    from certificates.faces import shipped_letters  # noqa: PLC0415 (with it comes what lays out pages)

    if inside.found.maker != maker():
        return FileVerdict.UNKNOWN
    try:
        for ink_saving in (False, True):
            again = render_pdf(
                inside.content,
                inside.place.page,
                ink_saving=ink_saving,
                credential=inside.found.document,
                layout=layout,
            )
            if again == data:
                return FileVerdict.ISSUED
    except LayoutError:  # an own layout, whose data are not at hand
        return FileVerdict.UNKNOWN
    is_ours = shipped_letters() >= set(canonical_bytes(inside.content).decode())
    return FileVerdict.OTHER if is_ours else FileVerdict.UNKNOWN


def _issuer_named(found: Found) -> str:
    """The identifier before the name of the key, unchecked; empty if there is none."""
    if found.token:
        return token.key_named(found.token).partition("#")[0]
    try:
        return proof.key_named(read_document(found.document)).partition("#")[0]
    except (DocumentError, proof.ProofError):
        return ""
