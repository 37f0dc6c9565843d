"""Hard words in the text of a course: a tap explains them, and the marks around them stay with them."""

import pytest

from lms.web.course_text import with_word_help

LINK = '<a class="word" href="#w-lss">LSS</a>'
BUTTON = '<button class="word" type="button" popovertarget="w-lss">LSS</button>'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"enligt {LINK} här", f"enligt {BUTTON} här"),
        (f"enligt {LINK}? Ja", f'enligt <span class="nw">{BUTTON}?</span> Ja'),
        (f"lagen ({LINK}), som", f'lagen <span class="nw">({BUTTON}),</span> som'),
        (f"{LINK} och ”{LINK}”", f'{BUTTON} och <span class="nw">”{BUTTON}”</span>'),
    ],
)
def test_a_word_is_a_button_and_keeps_its_marks(text, shown):
    assert with_word_help(text) == shown
