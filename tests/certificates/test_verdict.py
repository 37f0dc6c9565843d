"""The verdict on a certificate, day by day."""

from datetime import date

import pytest

from certificates import Verdict, verdict
from tests.certificates.builders import make_content

LAST_DAY = date(2027, 3, 11)
AFTER = date(2027, 3, 12)
REVOKED_ON = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("today", "revoked_on", "is_superseded", "expected"),
    [
        (date(2026, 3, 12), None, False, Verdict.VALID),
        (LAST_DAY, None, False, Verdict.VALID),
        (AFTER, None, False, Verdict.EXPIRED),
        (REVOKED_ON, REVOKED_ON, False, Verdict.REVOKED),
        (date(2026, 8, 31), REVOKED_ON, False, Verdict.VALID),
        (AFTER, REVOKED_ON, False, Verdict.REVOKED),
        (LAST_DAY, None, True, Verdict.SUPERSEDED),
        (AFTER, None, True, Verdict.SUPERSEDED),
        (AFTER, REVOKED_ON, True, Verdict.REVOKED),
    ],
)
def test_verdict(
    today: date,
    revoked_on: date | None,
    is_superseded: bool,
    expected: Verdict,
) -> None:
    content = make_content(expires_on=LAST_DAY)
    assert verdict(content, today, revoked_on=revoked_on, is_superseded=is_superseded) is expected


def test_without_an_end_it_stays_valid() -> None:
    assert verdict(make_content(expires_on=None), date(2096, 1, 1)) is Verdict.VALID


def test_a_number_that_nobody_holds_is_unknown() -> None:
    assert verdict(None, LAST_DAY, revoked_on=REVOKED_ON) is Verdict.UNKNOWN
