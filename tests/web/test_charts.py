"""Where the pictures draw what."""

from datetime import date, timedelta

from lms.web.charts import curve, heights

FIRST = date(2026, 1, 5)


def weeks(*shares):
    return [
        (FIRST + timedelta(days=7 * week), share) for week, share in enumerate(shares) if share is not None
    ]


def test_the_axis_is_that_of_all_there_can_be():
    drawn = curve(weeks(0, 0.25, 1), FIRST, FIRST + timedelta(days=14))
    assert drawn.runs == ("0,100 500,75 1000,0",)
    assert drawn.dots == ("M1000 0h0",)


def test_weeks_that_are_missing_are_gaps_and_what_stands_alone_is_a_point():
    drawn = curve(weeks(0.5, 0.5, None, 0.5, None, 1, 1)[::-1], FIRST, FIRST + timedelta(days=42))
    assert [run.split()[0] for run in drawn.runs] == ["0,50", "833,0"]
    assert drawn.dots == ("M500 50h0", "M1000 0h0")


def test_one_day_and_none_can_be_drawn():
    assert curve(weeks(0.9), FIRST, FIRST).dots == ("M0 10h0",)
    assert curve([], FIRST, FIRST).runs == ()


def test_bars_begin_at_nothing_and_what_is_there_can_be_seen():
    assert heights([0, 500, 1000, 1]) == [0, 50, 100, 2]
    assert heights([0, 0]) == [0, 0]
    assert heights([]) == []
