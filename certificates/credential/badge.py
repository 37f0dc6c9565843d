"""A certificate's content as an Open Badge 3.0: the document that is signed."""

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from certificates.content import COUNTRIES, CertificateContent, canonical_bytes
from certificates.credential.keys import multibase
from certificates.credential.linked_data import CREDENTIALS, OPEN_BADGES, Document
from certificates.number import display
from certificates.words import credential_words

_ADDRESS = "data:application/json;base64,"
_SHA256 = b"\x12\x20"  # multihash: which function, and how many bytes follow


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: the identifier under which the keys are published, and the page about it."""

    did: str  # did:web:…
    url: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a certificate is on the web, and where it stands in a list of those that are revoked."""

    page: str  # that verifies it
    achievement: str  # what was achieved, the same for all who did
    status_list: str
    status_index: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a credential says beside its content, as it was put on the day it was signed.

    Words are mended and countries change their clocks: it holds by the signature, and is never made a second time.
    """

    title: str
    description: str
    criteria: str  # Markdown
    achieved: str  # moments of UTC: the first of the day, and the last of the last day
    ends: str | None


def said_of(content: CertificateContent) -> Said:
    """What a credential that is signed now says beside its content."""
    text, last = credential_words(content), content.expires_on
    ends = None if last is None else _end_of(last, content)
    return Said(text.title, text.description, text.criteria, _start_of(content.achieved_on, content), ends)


def said_in(document: Document) -> Said:
    """What stands in a document beside its content. Raises LookupError or TypeError for what is no such document."""
    subject = document["credentialSubject"]
    achievement = subject["achievement"]
    said = Said(
        document["name"],
        achievement["description"],
        achievement["criteria"]["narrative"],
        subject["activityEndDate"],
        document.get("validUntil"),
    )
    if not all(
        isinstance(text, str) for text in (said.title, said.description, said.criteria, said.achieved)
    ):
        raise TypeError
    if not isinstance(said.ends, str | None):
        raise TypeError
    return said


def badge(content: CertificateContent, issuer: Issuer, place: Place, said: Said | None = None) -> Document:
    """The credential without a proof: all that stands on the certificate, and its canonical content as a whole.

    The same values have the same document. The content stands in it as a resource whose address is the thing itself,
    so that whoever has the document lacks nothing. It names the holder and nothing else about them; who shows it is to
    be compared with a paper of their own, as ever. Without `said` it is put as one that is signed now.
    """
    said, data = said or said_of(content), canonical_bytes(content)
    return {
        "@context": [CREDENTIALS, OPEN_BADGES],
        "id": place.page,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": issuer.did, "type": ["Profile"], "name": content.issuer_name, "url": issuer.url},
        "validFrom": _moment(content.issued_at),
        **({} if said.ends is None else {"validUntil": said.ends}),
        "name": said.title,
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": False,
                    "identityHash": content.holder_name,
                    "identityType": "name",
                }
            ],
            "activityEndDate": said.achieved,
            "licenseNumber": display(content.number),
            "achievement": {
                "id": place.achievement,
                "type": ["Achievement"],
                "achievementType": "CertificateOfCompletion",
                "name": content.course_title,
                "description": said.description,
                "criteria": {"narrative": said.criteria},
                "inLanguage": content.language,
                "version": content.edition,
            },
        },
        "credentialStatus": {
            "id": f"{place.status_list}#{place.status_index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(place.status_index),
            "statusListCredential": place.status_list,
        },
        "relatedResource": [
            {
                "id": _ADDRESS + b64encode(data).decode(),
                "mediaType": "application/json",
                "digestMultibase": multibase(_SHA256 + hashlib.sha256(data).digest()),
            }
        ],
    }


def content_in(document: Document) -> bytes:
    """The canonical content that stands in a document. Raises LookupError, TypeError or ValueError for none."""
    address: str = document["relatedResource"][0]["id"]
    if not address.startswith(_ADDRESS):
        message = "no content inside"
        raise ValueError(message)
    return b64decode(address.removeprefix(_ADDRESS), validate=True)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _start_of(day: date, content: CertificateContent) -> str:
    """The first moment of a day by the issuer's clock."""
    return _moment(datetime.combine(day, time(), ZoneInfo(COUNTRIES[content.country])))


def _end_of(day: date, content: CertificateContent) -> str:
    """The last second of a day by the issuer's clock."""
    first = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(COUNTRIES[content.country]))
    return _moment(first.astimezone(UTC) - timedelta(seconds=1))
