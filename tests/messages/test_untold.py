"""What nobody was told of in its time, because they were away or the ledger was new, is said once."""

import pytest
import time_machine
from sqlalchemy import update

from lms.organisation import actions as organisation
from lms.organisation.models import Person
from lms.register.dispensations import give_dispensation
from lms.register.models import Duty, DutySource, Status
from tests.learning.taking import take
from tests.messages.days import MONDAY, at, day, given, log_of


def let_be_away(town, name, *times):
    with town.inside(writes=True) as ctx:
        for first, last in times:
            person = ctx.open(Person, town.person(name).public_id)
            organisation.add_absence(
                ctx, person=person, kind="leave", valid_from=day(first), valid_to=day(last)
            )


def let_have_been_known_since(town, time):
    """As if the duties there are had come at a time."""
    with town.inside(writes=True) as ctx:
        ctx.db.execute(update(Duty).where(Duty.employer_id == town.employer_id).values(created_at=time))


def test_what_was_overdue_before_the_first_day_is_said_once_to_each_and_then_by_the_usual_steps(
    post, granvik
):
    given(post, granvik, "amina", on=day("2026-11-02"))  # by 30 November
    given(post, granvik, "farid", on=day("2026-12-01"))  # by 29 December
    given(post, granvik, "hodan", by="jonas")  # by 1 February: nothing is said of it yet
    post.days(day("2027-01-11"), day("2027-02-03"))
    assert post.told("reminder") == {
        "amina.yusuf": [day("2027-01-11"), day("2027-01-12")],  # the fourth and last of the usual days
        "farid.rahimi": [day("2027-01-11"), day("2027-01-13"), day("2027-01-27")],
        "hodan.ali": [day("2027-01-18"), day("2027-01-29"), day("2027-02-02")],
    }
    assert post.told("escalation") == {
        "karin.lind": [day("2027-01-11"), day("2027-01-12")],
        "maria.holm": [day("2027-01-11"), day("2027-01-28")],
    }
    first = post.text("karin.lind", day("2027-01-11"), "escalation")
    assert ("Amina" in first, "Farid" in first) == (True, False)
    assert "Farid" in post.text("karin.lind", day("2027-01-12"), "escalation")  # two weeks


@pytest.mark.parametrize("hour", [0, 12])
def test_what_is_overdue_when_the_ledger_comes_to_know_of_it_is_said_on_the_day_after_once(
    post, granvik, hour
):
    post.day(MONDAY)
    given(post, granvik, "amina", on=MONDAY)
    let_have_been_known_since(granvik, at(day("2027-01-20"), hour))
    with granvik.inside(writes=True) as ctx:  # as by a requirement for those who have been there for long
        for table in (Status, DutySource):
            ctx.db.execute(
                update(table).where(table.employer_id == ctx.employer_id).values(due_on=day("2026-11-10"))
            )
    post.days(day("2027-01-20"), day("2027-02-12"))
    assert post.told("reminder") == {"amina.yusuf": [day("2027-01-21")]}
    assert post.told("escalation") == {"karin.lind": [day("2027-01-21")], "maria.holm": [day("2027-01-21")]}


def test_who_can_show_it_hears_nothing_on_the_first_day(post, granvik):
    given(post, granvik, "amina", on=day("2026-11-02"))
    with time_machine.travel(at(day("2026-12-10"))):
        take(granvik, "amina", right=12)
    post.mails.clear()
    post.days(day("2027-01-11"), day("2027-01-13"))
    assert post.told("reminder") == post.told("escalation") == {}


@pytest.mark.parametrize(
    "times",
    [
        [("2027-01-11", "2027-02-24"), ("2027-02-25", "2027-03-08")],  # touch
        [("2027-01-11", "2027-03-01"), ("2027-02-25", "2027-03-08")],  # overlap
        [("2027-01-11", "2027-02-26"), ("2027-03-01", "2027-03-08")],  # a weekend lies between
        [("2027-01-11", "2027-03-08"), ("2027-06-01", "9999-12-31")],  # and one to come without an end
    ],
)
def test_times_away_that_touch_count_from_the_first_day_of_the_first(post, granvik, times):
    given(post, granvik, "amina", days=28)
    post.day(MONDAY)
    with granvik.inside(
        writes=True
    ) as ctx:  # all days on which somebody is told lie in the first of the times
        ctx.db.execute(
            update(Status).where(Status.employer_id == ctx.employer_id).values(due_on=day("2027-01-12"))
        )
    let_be_away(granvik, "amina", *times)
    post.days(day("2027-01-11"), day("2027-03-12"))
    assert post.told("reminder") == {"amina.yusuf": [day("2027-03-09")]}
    assert set(log_of(granvik, "amina", "reminder")) == {("not_sent", "absent"), ("sent", None)}
    assert post.told("escalation") == {"karin.lind": [day("2027-03-09")], "maria.holm": [day("2027-03-09")]}


def test_an_exemption_from_one_course_says_nothing_of_another(post, granvik):
    given(post, granvik, "amina")
    with granvik.work("karin", now=at(MONDAY)) as ctx:
        give_dispensation(
            ctx, granvik.person("amina").public_id, "confidentiality", "exemption",
            first=day("2027-01-10"), last=day("2027-01-20"), reason="Arbetar i köket",
        )  # fmt: skip
    post.days(day("2027-01-15"), day("2027-01-25"))
    assert post.told("reminder") == {"amina.yusuf": [day("2027-01-18")]}
