"""The signed form of a certificate: an Open Badge 3.0, which is a W3C Verifiable Credential 2.0.

A front of its own beside that of `certificates`: it takes a tenth of a second to load, which few need.
"""

from certificates.bounds import LARGEST_FILE
from certificates.credential.badge import Issuer, Place, badge
from certificates.credential.check import Checked, Genuine, KeyBook, check_document, check_token, key_book
from certificates.credential.did import did_document, did_of
from certificates.credential.keys import (
    PublicKey,
    SigningKey,
    new_signing_key,
    new_token_key,
    public_half,
    public_key,
    signing_key,
)
from certificates.credential.offline import (
    Inside,
    RevokedList,
    check_file,
    genuine_inside,
    read_layout,
    read_revoked_list,
)
from certificates.credential.proof import signed
from certificates.credential.status_list import LENGTH, is_set, revoked_credential
from certificates.credential.token import as_token
from certificates.reading import FileError, has_page

__all__ = [
    "LARGEST_FILE",
    "LENGTH",
    "Checked",
    "FileError",
    "Genuine",
    "Inside",
    "Issuer",
    "KeyBook",
    "Place",
    "PublicKey",
    "RevokedList",
    "SigningKey",
    "as_token",
    "badge",
    "check_document",
    "check_file",
    "check_token",
    "did_document",
    "did_of",
    "genuine_inside",
    "has_page",
    "is_set",
    "key_book",
    "new_signing_key",
    "new_token_key",
    "public_half",
    "public_key",
    "read_layout",
    "read_revoked_list",
    "revoked_credential",
    "signed",
    "signing_key",
]
