"""A certificate's content as an Open Badge 3.0: the document that is signed."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from certificates.content import COUNTRIES, CertificateContent, canonical_bytes
from certificates.credential.keys import multibase
from certificates.credential.linked_data import CREDENTIALS, OPEN_BADGES, Document
from certificates.number import display
from certificates.words import credential_words

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
    content: str  # its canonical content
    achievement: str  # what was achieved, the same for all who did
    status_list: str
    status_index: int


def badge(content: CertificateContent, issuer: Issuer, place: Place) -> Document:
    """The credential without a proof: all that stands on the certificate, and the digest of its canonical content.

    The same content has the same document. It names the holder and nothing else about them; who holds it is to be
    compared with a person's own document, as on paper.
    """
    text = credential_words(content)
    return {
        "@context": [CREDENTIALS, OPEN_BADGES],
        "id": place.page,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": issuer.did, "type": ["Profile"], "name": content.issuer_name, "url": issuer.url},
        "validFrom": _moment(content.issued_at),
        **({} if content.expires_on is None else {"validUntil": _end_of(content.expires_on, content)}),
        "name": text.title,
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
            "activityEndDate": _start_of(content.achieved_on, content),
            "licenseNumber": display(content.number),
            "achievement": {
                "id": place.achievement,
                "type": ["Achievement"],
                "achievementType": "CertificateOfCompletion",
                "name": content.course_title,
                "description": text.description,
                "criteria": {"narrative": text.criteria},
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
                "id": place.content,
                "mediaType": "application/json",
                "digestMultibase": multibase(_SHA256 + hashlib.sha256(canonical_bytes(content)).digest()),
            }
        ],
    }


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _start_of(day: date, content: CertificateContent) -> str:
    """The first moment of a day by the issuer's clock."""
    return _moment(datetime.combine(day, time(), ZoneInfo(COUNTRIES[content.country])))


def _end_of(day: date, content: CertificateContent) -> str:
    """The last second of a day by the issuer's clock."""
    first = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(COUNTRIES[content.country]))
    return _moment(first.astimezone(UTC) - timedelta(seconds=1))
