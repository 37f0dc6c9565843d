"""Numbers stay with their units where a line is broken."""

import pytest

from lms.catalogue.typography import kept_together


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ge 40 mg nu", "Ge 40~mg nu"), ("{dose} mikrogram", "{dose}~mikrogram"), ("80 mg/ml", "80~mg/ml"),
        ("3 × 0,7 g + 2 × 0,3 g = 2,7 g", "3 ×~0,7~g +~2 ×~0,3~g =~2,7~g"), ("90 : 45 = 2", "90 :~45 =~2"),
        ("kl. 12.00, 14 kap. 5 § och §§ 3, 4", "kl.~12.00, 14~kap. 5~§ och §§~3, 4"), ("SFS 2025:400", "SFS~2025:400"),
        ("12 gladpack", "12 gladpack"), ("Tid: 12", "Tid: 12"), ("- 3 tabletter\n+ 4", "- 3 tabletter\n+ 4"),
    ],
)  # fmt: skip
def test_what_reads_as_one_stays_on_one_line(text, kept):
    assert kept_together(text) == kept.replace("~", "\u00a0")
    assert kept_together(kept_together(text)) == kept_together(text)
