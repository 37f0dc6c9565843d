"""Hash and check passwords (argon2id), a few at a time; never inside a writing transaction."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lms.base.context import is_writing
from lms.identity.rules import LONGEST_PASSWORD, plain_password

# 19 MiB, two passes, one lane: the second choice of the OWASP password storage cheat sheet, for small servers.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(4)  # hashes in one process at the same time; bounds memory under attack


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its salt and parameters. Takes tens of milliseconds.

    Raises RuntimeError inside a writing unit of work, as `password_matches` does.
    """
    with _one_of_few():
        return _HASHER.hash(plain_password(password))


def password_matches(stored: str | None, password: str) -> bool:
    """Whether a password is the one behind a stored hash.

    Without a hash it takes as long and says no, so that time does not tell whether there is an account.
    """
    text = plain_password(password)[: LONGEST_PASSWORD + 1]
    with _one_of_few():
        try:
            _HASHER.verify(stored or _nobodys(), text)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with older parameters and should be made again."""
    return _HASHER.check_needs_rehash(stored)


@contextmanager
def _one_of_few() -> Iterator[None]:
    """Wait until few enough are hashing; never while others wait for this unit of work to let go of its lock."""
    if is_writing():
        raise RuntimeError("a password is hashed inside a writing unit of work")
    with _AT_ONCE:
        yield


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_hex(16))
