"""What is left to do after the first proof, how long a second one counts, and where passkeys work."""

from datetime import UTC, datetime, timedelta

import pytest

from lms.identity.factor_rules import RelyingParty, is_fresh, relying_party, step_left
from lms.identity.sealing import seal, unseal

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
DAYS = timedelta(days=30)
SECRET = "a secret of the house"


@pytest.mark.parametrize(
    ("activated", "has_factor", "demanded", "proven_ago", "step"),
    [
        (False, False, False, None, "own"),
        (False, False, True, None, "own"),  # first things first
        (True, False, False, None, None),
        (True, False, True, None, "set_up"),
        (True, True, False, None, "prove"),  # one's own choice counts, whatever the employer says
        (True, True, True, None, "prove"),
        (True, True, True, timedelta(), None),
        (True, True, True, DAYS - timedelta(seconds=1), None),
        (True, True, True, DAYS, "prove"),
        (True, False, True, timedelta(), "set_up"),  # proven with one that is gone
    ],
)
def test_the_step_that_is_left(activated, has_factor, demanded, proven_ago, step):
    left = step_left(
        activated=activated,
        has_factor=has_factor,
        demanded=demanded,
        proven_at=None if proven_ago is None else NOW - proven_ago,
        now=NOW,
        lasts=DAYS,
    )
    assert left == step


@pytest.mark.parametrize(("minutes", "fresh"), [(0, True), (14, True), (15, False)])
def test_a_proof_is_fresh_for_a_quarter_of_an_hour(minutes, fresh):
    assert is_fresh(NOW - timedelta(minutes=minutes), NOW) is fresh
    assert not is_fresh(None, NOW)


@pytest.mark.parametrize(
    ("address", "party"),
    [
        ("https://kunnig.granvik.example", ("kunnig.granvik.example", "https://kunnig.granvik.example")),
        ("https://Kunnig.Example:8443/x", ("kunnig.example", "https://kunnig.example:8443")),
        ("http://localhost:8000", ("localhost", "http://localhost:8000")),
        ("http://kunnig.example", None),
        ("http://127.0.0.1:8000", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]", None),
        ("https://", None),
        ("", None),
    ],
)
def test_passkeys_need_a_domain_and_https(address, party):
    assert relying_party(address) == (RelyingParty(*party) if party else None)


def test_what_is_sealed_is_read_with_the_same_secret_for_the_same_purpose_only():
    sealed = seal(SECRET, "key of 1", "JBSWY3DPEHPK3PXP")
    assert "JBSW" not in sealed
    assert seal(SECRET, "key of 1", "JBSWY3DPEHPK3PXP") != sealed
    assert unseal(SECRET, "key of 1", sealed) == "JBSWY3DPEHPK3PXP"
    assert unseal(SECRET, "key of 2", sealed) is None
    assert unseal("another secret", "key of 1", sealed) is None
    changed = sealed[:-4] + ("AAA=" if sealed[-4:] != "AAA=" else "BBB=")
    assert unseal(SECRET, "key of 1", changed) is None
