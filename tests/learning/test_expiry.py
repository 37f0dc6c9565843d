"""How an employer lets certificates run out: who says so, and what it does to those issued from then on only."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from lms.base.audit import AuditEntry
from lms.base.errors import Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.evidence.queries import my_certificates
from lms.evidence.rules import AS_THE_AUTHOR, Expiry
from lms.learning.settings import Setting, course_setting, set_course, set_expiry
from lms.register.own_duties import my_duties
from lms.register.rules import last_valid_day
from tests.learning.taking import COURSE, assign, take
from tests.web.lead_pages import text_of

PAGE = f"/org/courses/{COURSE}/expiry"
TODAY = datetime(2026, 12, 10, 12, tzinfo=UTC)


def say(town, expiry, by="maria"):
    with town.work(by) as ctx:
        set_expiry(ctx, COURSE, expiry)


def setting(town):
    with town.work("maria", writes=False) as ctx:
        return course_setting(ctx, COURSE)


def allowed(town):
    with town.work("maria", writes=False) as ctx:
        return catalogue.current_edition(ctx, COURSE).validity_months


def ends(town):
    with town.work("amina", writes=False, now=TODAY) as ctx:
        return [each.content.expires_on for each in my_certificates(ctx)]


def test_certificates_from_now_on_follow_and_the_register_with_them(granvik):
    assign(granvik, "amina")
    take(granvik, "amina", right=12, now=TODAY)
    as_author = last_valid_day(TODAY.date(), allowed(granvik))
    say(granvik, Expiry(ends=(12, 31), gap_months=3))
    assert ends(granvik) == [as_author]
    take(granvik, "amina", right=12, now=TODAY)
    assert ends(granvik) == [date(2027, 12, 31), as_author]
    say(granvik, Expiry(months=6))
    take(granvik, "amina", right=12, now=TODAY)
    assert ends(granvik) == [date(2027, 6, 9), date(2027, 12, 31), as_author]
    with granvik.work("amina", writes=False, now=TODAY) as ctx:
        assert my_duties(ctx)[0].expires_on == as_author  # the one that lasts longest counts


def test_it_stands_beside_what_else_is_said_of_the_course_and_leaves_a_trace(granvik):
    say(granvik, Expiry(ends=(2, 29)))
    with granvik.work("maria") as ctx:
        set_course(ctx, COURSE, pretest=False, exam_language_free=True)
    say(granvik, Expiry(months=12))
    say(granvik, Expiry(months=12))
    assert setting(granvik) == Setting(pretest=False, exam_language_free=True, expiry=Expiry(months=12))
    say(granvik, AS_THE_AUTHOR, by="admin")
    assert setting(granvik).expiry == AS_THE_AUTHOR
    with granvik.inside() as ctx:
        rows = ctx.db.scalars(
            select(AuditEntry).where(AuditEntry.action == "course.expiry").order_by(AuditEntry.id)
        )
        said = [(row.facts["months"], row.facts["ends"]) for row in rows]
    assert said == [(None, [2, 29]), (12, None), (None, None)]


@pytest.mark.parametrize(
    ("expiry", "faults"),
    [
        (Expiry(months=1000), {"months": "too_long"}),
        (Expiry(months=0), {"months": "too_short"}),
        (Expiry(ends=(2, 30)), {"ends": "no_such_day"}),
        (Expiry(gap_months=2), {"ends": "missing"}),
        (Expiry(months=3, ends=(12, 31), gap_months=4), {"gap": "too_long"}),
        (Expiry(ends=(12, 31), gap_months=-1), {"gap": "too_short"}),
    ],
)
def test_what_cannot_be_is_refused(granvik, expiry, faults):
    with pytest.raises(Invalid) as refusal:
        say(granvik, expiry)
    assert refusal.value.fields == faults
    assert setting(granvik) == Setting()


@pytest.mark.parametrize("name", ["karin", "amina", "jonas"])
def test_only_with_the_role(granvik, name):
    with pytest.raises(NotFound):
        say(granvik, Expiry(months=6), by=name)


def test_it_is_said_on_a_page(granvik, english):
    maria = english("maria")
    warning = "can get a certificate of a few days"
    assert warning in text_of(maria.get(PAGE))
    refused = text_of(maria.post(PAGE, data={"months": "", "day": "31", "month": "12", "gap": "-1"}))
    assert "Write 0 or more." in refused
    answer = maria.post(
        PAGE, data={"months": "", "day": "31", "month": "12", "gap": "3"}, follow_redirects=True
    )
    assert "Saved." in answer.text
    assert setting(granvik).expiry == Expiry(None, (12, 31), 3)
    page = maria.get(PAGE).text
    assert warning not in page
    assert "but never longer than the course allows" in page
    assert 'name="day" type="text" value="31"' in page
    assert '<option value="12" selected>' in page
    with granvik.inside() as ctx:
        year = ctx.today.year + (ctx.today.month > 9)  # the first 31 December that is three months away
    assert f"is valid until and including 31 December {year}." in text_of(maria.get("/org/courses"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"months": "999"}, "The course allows at most"),
        ({"months": "six"}, "Write a whole number."),
        ({"day": "31", "month": "4"}, "There is no such day."),
        ({"day": "31"}, "There is no such day."),
        ({"gap": "3"}, "Choose a day of the year"),
        ({"day": "1", "month": "2", "gap": "99"}, "That is longer than a certificate is valid"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(granvik, english, typed, said):
    answer = english("maria").post(PAGE, data=typed)
    assert (answer.status_code, f"Correct this first {said}" in text_of(answer)) == (422, True)
    assert setting(granvik) == Setting()
