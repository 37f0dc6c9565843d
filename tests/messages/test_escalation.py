"""Who hears of somebody long overdue where the lead cannot be reached, and what the log of messages says of it."""

import re

import pytest
import time_machine
from sqlalchemy import delete, select, update

from lms.identity.models import Identifier
from lms.messages.models import Message
from lms.organisation import actions as organisation
from lms.organisation.models import Employment, Person
from lms.register.models import Proof, Status
from tests.learning.taking import assign, take
from tests.messages.days import at, day, given, log_of

TOLD = day("2027-02-15")  # two weeks after the day it was due


def let_be_away(town, name, first, last):
    with town.inside(writes=True) as ctx:
        person = ctx.open(Person, town.person(name).public_id)
        organisation.add_absence(ctx, person=person, kind="leave", valid_from=first, valid_to=last)


def let_have_left(town, name, last_day):
    """As a staff list does it: the employment ends, the role stays."""
    with town.inside(writes=True, now=at(last_day)) as ctx:
        mine = Employment.employer_id == town.employer_id, Employment.person_id == town.actor(name).person_id
        organisation.end_employment(
            ctx, employment=ctx.db.scalars(select(Employment).where(*mine)).one(), last_day=last_day
        )


def let_have_no_address(town, name):
    with town.inside(writes=True) as ctx:
        ctx.db.execute(delete(Identifier).where(Identifier.account_id == town.actor(name).account_id))


def test_while_the_lead_is_away_who_is_above_hears_of_it_and_the_lead_on_coming_back(post, granvik):
    given(post, granvik, "amina")
    let_be_away(granvik, "karin", day("2027-02-12"), day("2027-02-21"))  # a Sunday
    post.days(day("2027-02-12"), day("2027-02-20"))
    assert post.told("escalation") == {"maria.holm": [TOLD]}
    assert "Amina Yusuf" in post.text("maria.holm", kind="escalation")
    assert log_of(granvik, "karin", "escalation") == [("waiting", "absent")]
    post.days(day("2027-02-21"), day("2027-03-05"))
    assert post.told("escalation") == {
        "maria.holm": [TOLD, day("2027-03-03")],
        "karin.lind": [day("2027-02-22")],
    }
    assert "Amina Yusuf" in post.text("karin.lind", kind="escalation")


@pytest.mark.parametrize(
    ("let_be", "reason"),
    [
        (lambda town: let_be_away(town, "karin", day("2027-02-01"), None), "absent"),
        (lambda town: let_have_left(town, "karin", day("2027-02-05")), "not_employed"),
        (lambda town: let_have_no_address(town, "karin"), "no_address"),
    ],
)
def test_who_is_above_hears_of_it_where_the_lead_cannot_and_the_log_says_why(post, granvik, let_be, reason):
    given(post, granvik, "amina")
    let_be(granvik)
    post.days(day("2027-02-12"), day("2027-02-17"))
    assert post.told("escalation") == {"maria.holm": [TOLD]}
    assert log_of(granvik, "karin", "escalation") == [("not_sent", reason)]


def test_another_lead_of_the_unit_is_enough(post, granvik):
    given(post, granvik, "amina")
    with granvik.inside(writes=True) as ctx:
        jonas = ctx.open(Person, granvik.person("jonas").public_id)
        organisation.grant_role(
            ctx, person=jonas, role="lead", unit=granvik.unit("Björken"), valid_from=day("2026-02-01")
        )
    let_be_away(granvik, "karin", day("2027-02-12"), None)
    post.days(day("2027-02-12"), day("2027-02-17"))
    assert post.told("escalation") == {"jonas.ek": [TOLD]}


def test_where_nobody_can_be_reached_the_log_says_why_of_each(post, granvik):
    given(post, granvik, "amina")
    let_be_away(granvik, "karin", day("2027-02-12"), None)
    let_have_no_address(granvik, "maria")
    post.days(day("2027-02-12"), day("2027-02-17"))
    assert post.told("escalation") == {}
    assert log_of(granvik, "karin", "escalation") == [("not_sent", "absent")]
    assert log_of(granvik, "maria", "escalation") == [("not_sent", "no_address")]


def test_a_role_given_after_somebody_left_is_one_from_outside(post, granvik):
    let_have_left(granvik, "karin", day("2026-12-31"))
    with granvik.inside(writes=True) as ctx:
        karin = ctx.open(Person, granvik.person("karin").public_id)
        organisation.grant_role(
            ctx, person=karin, role="lead", unit=granvik.unit("Björken"), valid_from=day("2027-01-02")
        )
    given(post, granvik, "amina", by="maria")
    post.days(day("2027-02-12"), day("2027-02-17"))
    assert post.told("escalation") == {"karin.lind": [TOLD]}
    with granvik.inside() as ctx:
        receivers = select(Message.person_id).where(Message.kind == "escalation")
        assert set(ctx.db.scalars(receivers)) == {granvik.actor("karin").person_id}


def test_the_list_behind_the_link_shows_whom_the_letter_counts(post, granvik, sign_in):
    with time_machine.travel(at(day("2026-01-15"))):
        assign(granvik, "farid", by="karin")
        take(granvik, "farid", right=12)
    with granvik.inside(writes=True) as ctx:  # ran out on the day on which the other was due
        ctx.db.execute(
            update(Status)
            .where(Status.employer_id == ctx.employer_id)
            .values(expires_on=day("2027-02-01"), renew_on=day("2027-01-01"))
        )
        ctx.db.execute(update(Proof).values(expires_on=day("2027-02-01"), renewal_due_on=None))
    given(post, granvik, "amina", "hodan", by="maria")
    with time_machine.travel(at(day("2027-01-20"))):
        take(granvik, "hodan", right=12)
    post.days(day("2027-03-02"), day("2027-03-03"))
    letter = post.text("maria.holm", day("2027-03-03"), "escalation")
    link = re.search(r"/register\S+", letter)[0]
    with time_machine.travel(at(day("2027-03-03"))):
        listed = sign_in(granvik, "maria").get(link).text
    for text in (letter, listed):
        names = {name for name in ("Amina", "Farid", "Hodan") if name in text}
        assert names == {"Amina", "Farid"}
