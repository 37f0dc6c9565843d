"""What counts as an address, a number, a password, a code; how long to wait; pure rules of signing in."""

import base64
import hashlib
import hmac
import math
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from itertools import pairwise
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from lms.identity.common_passwords import COMMON, CONTEXT_WORDS

Kind = Literal[
    "sign_in",
    "password",
    "code",
    "slip",
    "verify",
    "file",
    "second_factor",
    "change",
    "exam",
    "share",
    "calendar",
    "personal_code",
]

MAIL_LASTS = timedelta(minutes=20)  # link and code in a mail
MAIL_CODE_TRIES = 5  # codes that may be typed for one mail
SLIP_LASTS = timedelta(days=14)
HALF_LASTS = timedelta(hours=1)  # after a slip: the time to set an own way in
PROOF_LASTS = timedelta(minutes=15)  # after showing again who one is: the time to change a way in
STOP_LASTS = timedelta(days=7)  # so long the old address can take a change back
KEPT_LASTS = timedelta(days=1)  # a form sent after the session had ended
MOST_KEPT = 5  # such forms of one session
LARGEST_KEPT = 64 * 1024  # characters of one
SEEN_EVERY = timedelta(minutes=5)  # how often a device's last use is written down
SHARED_SEEN_EVERY = timedelta(seconds=10)  # the same on a device that several people share
SHARED_LASTS = timedelta(hours=1)  # somebody's turn on it, however much it is used

LONGEST_EMAIL = 254  # characters (RFC 5321, 4.5.3.1)
SHORTEST_PASSWORD = 10  # characters
LONGEST_PASSWORD = 128
LONGEST_TYPED = (
    4 * LONGEST_PASSWORD
)  # what is looked at: bringing longer texts into one form can take minutes
FEWEST_OWN_CHARACTERS = 6  # that must be left of a password without names and the number
FEWEST_DIFFERENT_CHARACTERS = 4
LONGEST_EMPLOYEE_NUMBER = 64

SLIP_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # as on certificates: no 0 and O, no 1, I and L, no U
SLIP_LENGTH = 10
SLIP_GROUP = 5
MAIL_CODE_LENGTH = 6
PERSONAL_CODE_LENGTHS = range(6, 13)  # digits
PERSONAL_CODE_TRIES = 5  # wrong ones in a row; after that it opens nothing until another sign-in
FEWEST_DIFFERENT_DIGITS = 3

_CALLING_CODES = {"SE": "46", "NO": "47", "FI": "358"}
_NUMBERS = {  # national number without leading zero: shape by country code
    "46": re.compile(r"[1-9]\d{6,9}"),
    "47": re.compile(r"[2-9]\d{7}"),
    "358": re.compile(r"[1-9]\d{4,10}"),
}
SHORTEST_NUMBER_LIKE = 4  # digits of an employee number that make a code easy
_DATES = {6: ("%y%m%d", "%d%m%y"), 8: ("%Y%m%d", "%d%m%Y")}
_SPACING = re.compile(r"[\s().\-/\u00ad\u2010-\u2015\u2212]+")
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "Chromebook"), ("Windows", "Windows"),
    ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def normal_email(text: str) -> str | None:
    """The stored form of an e-mail address (lower case); None if it cannot be one. No look-up is made."""
    if len(text.strip()) > LONGEST_EMAIL:
        return None
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def normal_phone(text: str, country: str = "SE") -> str | None:
    """The stored form of a Swedish, Norwegian or Finnish number (`+46701740612`); None if it cannot be one.

    A number with a leading zero belongs to `country`; eight digits without one are Norwegian,
    because only Norwegian numbers are written so (E.164 and the three national numbering plans).
    """
    digits = _SPACING.sub("", text.replace("(0)", ""))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits.startswith("+"):
        code = next((code for code in _NUMBERS if digits.startswith("+" + code)), "")
        rest = digits[1 + len(code) :]
    elif digits.startswith("0"):
        code, rest = _CALLING_CODES.get(country, ""), digits[1:]
    else:
        code, rest = "47", digits
    shape = _NUMBERS.get(code)
    return f"+{code}{rest}" if shape and digits.isascii() and shape.fullmatch(rest) else None


def normal_name(text: str, country: str = "SE") -> tuple[Literal["email", "phone"], str | None]:
    """What somebody typed to name their account: which kind it is, and its stored form (None if it is neither)."""
    return ("email", normal_email(text)) if "@" in text else ("phone", normal_phone(text, country))


def normal_employee_number(text: str) -> str:
    """The employee number somebody typed, as it stands in the staff list; empty if it cannot be one."""
    number = text.strip()
    return number if len(number) <= LONGEST_EMPLOYEE_NUMBER and number.isprintable() else ""


def password_fault(password: str, own_words: Sequence[str] = ()) -> str | None:
    """What is wrong with a new password: too_short, too_long, too_personal, too_common; None if it will do.

    `own_words` are the person's names and employee number, and the employer's name; a password that is little
    else is refused, and so is one that is little but words of this program.
    Length and list follow NIST SP 800-63B 5.1.1.2; kinds of characters are not asked for.
    """
    text = plain_password(password)
    if len(text) < SHORTEST_PASSWORD:
        return "too_short"
    if len(password) > LONGEST_TYPED or len(text) > LONGEST_PASSWORD:
        return "too_long"
    folded = text.casefold()
    if _is_little_but(folded, own_words):
        return "too_personal"
    letters = re.sub(r"[\W\d_]+$", "", folded)
    if (
        not letters
        or folded in COMMON
        or letters in COMMON
        or _is_little_but(folded, (*own_words, *CONTEXT_WORDS))
        or len(set(folded)) < FEWEST_DIFFERENT_CHARACTERS
    ):
        return "too_common"
    return None


def _is_little_but(folded: str, words: Iterable[str]) -> bool:
    """Whether little is left of a folded text when the words in it are taken out, the longest first."""
    rest = folded
    for word in sorted({word.casefold() for word in words}, key=len, reverse=True):
        if len(word) > 1:
            rest = rest.replace(word, "")
    return rest != folded and len(rest) < FEWEST_OWN_CHARACTERS


def plain_password(password: str) -> str:
    """The form of a password that is hashed: the same characters whatever keyboard made them (NFKC)."""
    return unicodedata.normalize("NFKC", password[:LONGEST_TYPED])


def own_ways_fault(*, email: bool, phone: bool, password: bool) -> str | None:
    """Why somebody could not come back with these; None if they could.

    An e-mail address is enough (links go there), and so is a password (with the employee number);
    a phone number needs a password.
    """
    if email or password:
        return None
    return "phone_needs_password" if phone else "nothing_given"


def new_slip_code(choose: Callable[[Sequence[str]], str] = secrets.choice) -> str:
    """Ten random characters for a printed slip, about 49 bits; `choose` picks one of the alphabet."""
    return "".join(choose(SLIP_ALPHABET) for _ in range(SLIP_LENGTH))


def normal_slip_code(text: str) -> str | None:
    """The slip code somebody typed, in its stored form; None if it cannot be one."""
    code = _SPACING.sub("", text).upper()
    return code if len(code) == SLIP_LENGTH and set(code) <= set(SLIP_ALPHABET) else None


def slip_code_groups(code: str) -> str:
    """A slip code as it is printed: two groups of five, `7F3K9-2QDXM`."""
    return f"{code[:SLIP_GROUP]}-{code[SLIP_GROUP:]}"


def slip_link(public_url: str, employer_slug: str, code: str) -> str:
    """The address in the QR code of a slip: it fills in municipality and code."""
    return f"{public_url.rstrip('/')}/sign-in/slip?{urlencode({'m': employer_slug, 'c': code})}"


def normal_mail_code(text: str) -> str | None:
    """The six digits somebody typed; None if it is anything else."""
    code = _SPACING.sub("", text)
    return code if len(code) == MAIL_CODE_LENGTH and code.isascii() and code.isdigit() else None


def normal_personal_code(text: str) -> str:
    """The personal code somebody typed, without spaces and dashes."""
    return _SPACING.sub("", text)


def personal_code_fault(code: str, employee_number: str = "") -> str | None:
    """What is wrong with a new personal code: not_digits, code_length, too_easy; None if it will do.

    Too easy is what colleagues guess first: one digit or two, a run up or down, the same block again, a date, or the
    employee number.
    """
    if not (code.isascii() and code.isdigit()):
        return "not_digits"
    if len(code) not in PERSONAL_CODE_LENGTHS:
        return "code_length"
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(code)}
    is_run = steps in ({0}, {1}, {9})
    repeats = any(code == code[:size] * (len(code) // size) for size in range(1, len(code) // 2 + 1))
    is_number = len(employee_number) >= SHORTEST_NUMBER_LIKE and employee_number in code
    if len(set(code)) < FEWEST_DIFFERENT_DIGITS or is_run or repeats or is_number or _is_date(code):
        return "too_easy"
    return None


def _is_date(digits: str) -> bool:
    """Whether digits can be read as a day, as 831224, 241283, 19831224 or 24121983."""
    for form in _DATES.get(len(digits), ()):
        with suppress(ValueError):
            datetime.strptime(digits, form)  # noqa: DTZ007  (a day, no time)
            return True
    return False


def mail_secrets(
    secret_key: str, row_id: int, created_at: datetime, purpose: str = "mail link"
) -> tuple[str, str]:
    """Token and six-digit code of what is mailed about a row, worked out from the row and the house's secret.

    The same for the same row, so that the worker can write the mail while the table holds hashes only.
    """
    row = f"{purpose} {row_id} {created_at.isoformat()}"
    link = _keyed(secret_key, row + " token")
    code = int.from_bytes(_keyed(secret_key, row + " code")) % 10**MAIL_CODE_LENGTH
    return _as_token(link), f"{code:0{MAIL_CODE_LENGTH}}"


def share_token(secret_key: str, public_id: UUID) -> str:
    """The token in the link of a share, worked out from its row and the house's secret; the table holds its hash."""
    return _as_token(_keyed(secret_key, f"share {public_id}"))


def slip_session_token(secret_key: str, employer_id: int, typed: str, browser: str) -> str:
    """The token of the session that a browser, which has a token of its own until then, opens with a slip.

    Worked out, so that the same browser gets the same session if the answer with its cookie was lost on the way.
    """
    slip = f"slip session {employer_id} {normal_slip_code(typed)}"
    return _as_token(_keyed(secret_key, f"{slip} {browser}"))


def token_hash(token: str) -> str:
    """What a table holds of a long random token (SHA-256, hex)."""
    return hashlib.sha256(token.encode()).hexdigest()


def code_hash(secret_key: str, purpose: str, code: str) -> str:
    """What a table holds of a short code: useless without the secret, for short codes can be tried through."""
    return _keyed(secret_key, f"{purpose} {code}").hex()


def _as_token(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def _keyed(secret_key: str, text: str) -> bytes:
    return hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).digest()


def device_label(user_agent: str) -> str:
    """Browser and system in short words (`Chrome, Android`) from a User-Agent header; empty if unknown."""
    found = (
        next((name for mark, name in names if mark in user_agent), "") for names in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(name for name in found if name)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in a window of time: by one network address; for one name or code typed there, or anywhere."""

    by_address: int
    by_name: int
    anywhere: int
    window: timedelta = timedelta(minutes=15)


# A whole workplace shares one address, so that number is generous. `anywhere` bounds guessing from many networks, and
# is so much higher than `by_name` that a stranger in one network cannot use it up: short codes have the lowest.
LIMITS: dict[Kind, Limit] = {
    "sign_in": Limit(by_address=60, by_name=5, anywhere=20),  # asking for a mail
    "password": Limit(by_address=100, by_name=10, anywhere=100),
    "code": Limit(by_address=100, by_name=10, anywhere=30),
    "slip": Limit(by_address=100, by_name=20, anywhere=100),
    "verify": Limit(
        by_address=120, by_name=600, anywhere=600
    ),  # certificate numbers: counted by address, and anywhere
    "file": Limit(
        by_address=40, by_name=40, anywhere=40
    ),  # of a certificate, sent to be checked; each takes a process
    "second_factor": Limit(by_address=100, by_name=5, anywhere=20),
    "change": Limit(by_address=60, by_name=5, anywhere=20),  # of a way in; each may write to somebody
    "share": Limit(
        by_address=120, by_name=600, anywhere=600
    ),  # links cannot be guessed: counted by address alone
    "calendar": Limit(
        by_address=120, by_name=600, anywhere=600
    ),  # wrong addresses alone: one service fetches the calendars of many
    "personal_code": Limit(
        by_address=60, by_name=5, anywhere=20
    ),  # by shared device, for one person there; five in all block the code
    "exam": Limit(
        by_address=200, by_name=10, anywhere=30
    ),  # codes of a supervised exam: a room full of people
}


def network_of(address: str) -> str:
    """The network a try came from: an IPv4 address, or the /64 that one IPv6 customer has; else the text itself.

    An IPv4 address written as an IPv6 one (RFC 4291, 2.5.5.2), as some servers do, is the IPv4 address.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))


def seconds_to_wait(tries: int, allowed: int, window_from: datetime, window: timedelta, now: datetime) -> int:
    """Seconds until the next try is heard; 0 if this one, the `tries`-th of its window, is."""
    if tries <= allowed:
        return 0
    return max(1, math.ceil((window_from + window - now).total_seconds()))
