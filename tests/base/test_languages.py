"""Which language somebody gets, and how days, numbers and times are written in it."""

from datetime import date, time

import pytest

from lms.base import i18n
from lms.base.i18n import LANGUAGES, catalogue, choose_language, written_in

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("sv-FI,sv;q=0.9,fi;q=0.8", "sv-FI"),
        ("fi-FI,fi;q=0.9,en;q=0.8", "fi"),
        ("nn-NO,nn;q=0.9", "nb"),
        ("no", "nb"),
        ("en-US,en;q=0.5", "en"),
        ("so, ar;q=0.9, fi;q=0.5", "fi"),
        ("de", "sv"),
        ("*", "sv"),
        ("", "sv"),
    ],
)
def test_the_first_language_of_a_browser_that_we_have_is_taken(accepted, language):
    assert choose_language(None, accepted) == language
    assert choose_language("xx", accepted) == language
    assert choose_language("nb", accepted) == "nb"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("sv", ("2 mars 2026", "2 mars", "2026-03-02", "mars 2026", "mars", "1\xa0234,5", "14.05")),
        ("sv-FI", ("2 mars 2026", "2 mars", "2.3.2026", "mars 2026", "mars", "1\xa0234,5", "14.05")),
        ("nb", ("2. mars 2026", "2. mars", "02.03.2026", "mars 2026", "mar", "1\xa0234,5", "14.05")),
        (
            "fi",
            (
                "2. maaliskuuta 2026",
                "2. maaliskuuta",
                "2.3.2026",
                "maaliskuu 2026",
                "maalis",
                "1\xa0234,5",
                "14.05",
            ),
        ),
        ("en", ("2 March 2026", "2 March", "2026-03-02", "March 2026", "Mar", "1,234.5", "14:05")),
    ],
)
def test_days_numbers_and_times(language, said):
    assert (
        i18n.day(DAY, language), i18n.day_near(DAY, DAY, language), i18n.day_short(DAY, language),
        i18n.month(DAY, language), i18n.month_short(DAY, language), i18n.decimal(1234.5, language),
        i18n.clock(time(14, 5), language),
    ) == said  # fmt: skip


def test_every_language_has_all_its_forms():
    assert {*i18n._REGION} == {*i18n._SHORT} == {*LANGUAGES}


def test_a_variant_says_what_its_language_says_where_it_has_no_words_of_its_own():
    assert catalogue("sv-FI").gettext("Save") == catalogue("sv").gettext("Save") == "Spara"
    assert catalogue("sv-FI").ngettext("%(num)s minute", "%(num)s minutes", 2) == "%(num)s minuter"


@pytest.mark.parametrize(
    ("language", "there", "read"),
    [
        ("sv-FI", ["en", "sv"], "sv"),
        ("sv-FI", ["sv-FI", "sv"], "sv-FI"),
        ("fi", ["sv", "en"], None),
        ("sv", {}, None),
    ],
)
def test_a_text_is_read_in_ones_language_or_the_one_it_is_a_variant_of(language, there, read):
    assert written_in(language, there) == read
