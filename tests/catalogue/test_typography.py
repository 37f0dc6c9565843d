"""Numbers stay with their units where a line is broken, and nothing else about a text changes."""

import pytest

from lms.catalogue.typography import all_kept_together, kept_together
from lms.catalogue.values import ItemText, Scene


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ge 40 mg nu", "Ge 40~mg nu"), ("{dose} mikrogram", "{dose}~mikrogram"), ("80 mg/ml", "80~mg/ml"),
        ("3 × 0,7 g + 2 × 0,3 g = 2,7 g", "3 ×~0,7~g +~2 ×~0,3~g =~2,7~g"), ("90 : 45 = 2", "90 :~45 =~2"),
        ("125 ÷ 62.5 = <strong>2</strong>", "125 ÷~62.5 =~<strong>2</strong>"),
        ("kl. 12.00, 14 kap. 5 § och §§ 3, 4", "kl.~12.00, 14~kap.~5~§ och §§~3, 4"),
        ("kapittel 4 A, SFS 2025:400", "kapittel~4 A, SFS~2025:400"),
        ("12 gladpack", "12 gladpack"), ("Tid: 12", "Tid: 12"), ("- 3 tabletter\n+ 4", "- 3 tabletter\n+ 4"),
    ],
)  # fmt: skip
def test_what_reads_as_one_stays_on_one_line(text, kept):
    assert kept_together(text) == kept.replace("~", "\u00a0")
    assert kept_together(kept_together(text)) == kept_together(text)


def test_in_every_text_of_an_item():
    scene = Scene("2 mg", {"a": "3 mg"}, {"a": "4 mg"}, {"a": "5 mg"})
    item = ItemText("1 mg", {"a": "6 mg"}, scenes={"first": scene}, gaps={"x": {"a": "7 mg"}})
    kept = all_kept_together(item)
    assert str(kept).replace("\\xa0", " ") == str(item)
    assert str(kept).count("\\xa0") == 7
