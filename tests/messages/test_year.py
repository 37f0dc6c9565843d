"""Months pass: who is written to on which day, and who is not; at two employers, by a real mail server."""

from datetime import timedelta

import time_machine
from sqlalchemy import event, select, update

from lms.base.access import Role
from lms.base.outbox import OutboxTask
from lms.identity.models import Account
from lms.jobs.worker import begin_day, work_off
from lms.learning.actions import assign_course
from lms.messages.actions import announce
from lms.messages.models import Message
from lms.messages.settings import set_words, want_digest
from lms.messages.terms import Words
from lms.organisation import actions as organisation
from lms.organisation.models import Employer, Employment, Person, RoleGrant, Unit
from lms.register.dispensations import give_dispensation
from lms.register.reminders import plan_day
from tests.learning.taking import COURSE, assign, take
from tests.messages.days import MONDAY, at, day, given, let_terms_be, log_of


def test_who_does_nothing_is_reminded_six_times_and_then_left_in_peace(post, granvik):
    given(post, granvik, "amina")  # by Monday, 1 February
    post.days(day("2027-01-15"), day("2027-03-18"))
    for week in range(40):  # and a day of every week, until the end of the year
        post.day(day("2027-03-22") + timedelta(days=7 * week))
    assert post.told("reminder") == {
        "amina.yusuf": [
            day("2027-01-18"), day("2027-01-29"),  # 14 and 3 days before
            day("2027-02-02"), day("2027-02-16"), day("2027-03-02"), day("2027-03-16"),
        ]
    }  # fmt: skip
    assert "senast 1 februari" in post.text("amina.yusuf", day("2027-01-18"))
    assert "skulle ha gjorts senast 1 februari" in post.text("amina.yusuf", day("2027-02-02"))


def test_a_finland_swedish_letter_begins_with_the_swedish_words_of_the_employer(post, granvik):
    with granvik.work("maria") as ctx:
        set_words(ctx, "reminder", "sv", Words("Hej från Granvik."))
    with granvik.inside(writes=True) as ctx:
        mine = Account.id == granvik.actor("amina").account_id
        ctx.db.execute(update(Account).where(mine).values(language="sv-FI"))
    given(post, granvik, "amina")
    post.day(day("2027-01-18"))
    assert "Hej från Granvik." in post.text("amina.yusuf")


def test_lead_hears_of_it_after_two_weeks_and_who_is_above_after_a_month_once_each(post, granvik):
    given(post, granvik, "amina", "farid")
    post.days(MONDAY, day("2027-03-05"))
    assert post.told("escalation") == {
        "karin.lind": [day("2027-02-15")],
        "maria.holm": [day("2027-03-03")],
    }
    for to in ("karin.lind", "maria.holm"):
        text = post.text(to, kind="escalation")
        assert "Amina Yusuf" in text
        assert "Farid Rahimi" in text
        assert "1 februari" in text


def test_who_works_in_two_units_is_told_of_to_the_lead_of_each(post, granvik):
    with granvik.inside(writes=True) as ctx:
        organisation.employ(
            ctx, person=ctx.db.get_one(Person, granvik.person("amina").id), unit=granvik.unit("Eken"),
            role="assistant_nurse", title="Undersköterska", valid_from=day("2026-02-01"),
        )  # fmt: skip
    given(post, granvik, "amina", by="maria")
    post.days(day("2027-02-12"), day("2027-03-05"))
    assert post.told("escalation") == {
        "karin.lind": [day("2027-02-15")],
        "jonas.ek": [day("2027-02-15")],
        "maria.holm": [day("2027-03-03")],
    }
    assert post.text("maria.holm", kind="escalation").count("Amina Yusuf") == 1


def test_days_off_are_made_up_for_on_monday_in_one_letter(post, granvik):
    given(post, granvik, "amina", days=19)  # by Saturday 23 January: 14 days before is a Saturday
    with time_machine.travel(at(MONDAY)):
        assign(granvik, "amina", days=19, by="karin")
    post.days(day("2027-01-08"), day("2027-01-12"))
    assert post.told("reminder") == {"amina.yusuf": [day("2027-01-11")]}


def test_what_no_worker_did_for_a_week_is_made_up_for(post, granvik):
    given(post, granvik, "amina")
    post.day(MONDAY)
    post.day(day("2027-01-22"))  # since when no worker ran: the 18th
    post.day(day("2027-01-25"))
    assert post.told("reminder") == {"amina.yusuf": [day("2027-01-22")]}


def test_a_night_begins_the_day_and_the_letter_waits_for_the_morning(post, granvik):
    given(post, granvik, "amina")
    post.day(MONDAY)
    post.day(day("2027-01-18"), hour=1)
    assert log_of(granvik, "amina", "reminder") == [("waiting", "quiet")]
    assert post.told("reminder") == {}
    post.day(day("2027-01-18"), hour=6)
    assert post.told("reminder") == {}
    post.day(day("2027-01-18"), hour=7)
    assert post.told("reminder") == {"amina.yusuf": [day("2027-01-18")]}
    assert log_of(granvik, "amina", "reminder") == [("sent", None)]


def test_a_pass_between_announcement_and_sending_cancels_it(post, granvik):
    given(post, granvik, "amina")
    post.day(MONDAY)
    post.day(day("2027-01-18"), hour=1)
    with time_machine.travel(at(day("2027-01-18"), hour=5)):
        take(granvik, "amina", right=12)
    post.days(day("2027-01-18"), day("2027-03-05"))
    assert post.told("reminder") == {}
    assert post.told("escalation") == {}
    assert log_of(granvik, "amina", "reminder") == [("not_sent", "done")]


def test_a_proof_that_runs_out_is_announced_three_times_and_then_reminded_of(post, granvik):
    with time_machine.travel(at(day("2026-03-10"))):
        assign(granvik, "farid", by="karin")
        take(granvik, "farid", right=12)
        work_off(post.house)
    post.mails.clear()
    post.days(day("2027-12-31"), day("2028-04-25"))  # it counts until 9 March 2028, a Thursday
    assert post.told("reminder") == {
        "farid.rahimi": [
            day("2028-01-10"),  # 60 days before is a Saturday
            day("2028-02-08"), day("2028-03-02"), day("2028-03-10"), day("2028-03-24"), day("2028-04-07"),
            day("2028-04-21"),
        ]
    }  # fmt: skip
    assert "9 mars" in post.text("farid.rahimi", day("2028-03-02"))
    assert post.told("escalation") == {"karin.lind": [day("2028-03-23")], "maria.holm": [day("2028-04-10")]}


def test_who_is_away_hears_nothing_until_back_and_then_one_letter(post, granvik):
    given(post, granvik, "amina", "farid")
    with granvik.inside(writes=True) as ctx:
        organisation.add_absence(
            ctx,
            person=ctx.open(Person, granvik.person("amina").public_id),
            kind="leave",
            valid_from=day("2027-01-11"),
            valid_to=day("2027-02-25"),
        )
    post.days(day("2027-01-08"), day("2027-02-28"))
    assert post.told("reminder")["amina.yusuf"] == [day("2027-02-26")]
    assert set(log_of(granvik, "amina", "reminder")) == {("not_sent", "absent"), ("sent", None)}
    assert "Amina" not in post.text("karin.lind", day("2027-02-15"), "escalation")


def test_who_is_exempt_is_not_reminded_nor_told_of_until_it_ends(post, granvik):
    given(post, granvik, "amina")
    with granvik.work("karin", now=at(MONDAY)) as ctx:
        give_dispensation(
            ctx, granvik.person("amina").public_id, COURSE, "exemption",
            first=day("2027-01-10"), last=day("2027-02-18"), reason="Arbetar i köket",
        )  # fmt: skip
    post.days(day("2027-01-15"), day("2027-02-22"))
    assert post.told("reminder") == {"amina.yusuf": [day("2027-02-19")]}
    assert post.told("escalation") == {"karin.lind": [day("2027-02-19")]}


def test_whom_is_away_on_the_day_the_lead_is_told_is_told_of_when_they_are_back(post, granvik):
    given(post, granvik, "amina")
    with granvik.inside(writes=True) as ctx:
        amina = ctx.open(Person, granvik.person("amina").public_id)
        first, last = day("2027-02-13"), day("2027-02-16")
        organisation.add_absence(ctx, person=amina, kind="leave", valid_from=first, valid_to=last)
    post.days(day("2027-02-08"), day("2027-03-05"))
    assert post.told("escalation") == {"karin.lind": [day("2027-02-17")], "maria.holm": [day("2027-03-03")]}


def test_however_many_come_back_on_a_day_no_statement_grows_with_them(granvik):
    usual = _most_parameters(granvik)
    with granvik.inside(writes=True) as ctx:
        for name in ("amina", "farid", "hodan"):
            organisation.add_absence(
                ctx,
                person=ctx.open(Person, granvik.person(name).public_id),
                kind="leave",
                valid_from=day("2027-01-04"),
                valid_to=day("2027-01-10"),
            )
    assert _most_parameters(granvik) == usual


def _most_parameters(town):
    """Of a statement of those that plan the 11th of January."""
    counts = []

    def count(_connection, _cursor, _statement, parameters, _context, _many):
        counts.append(len(parameters))

    event.listen(town.house.engine, "before_cursor_execute", count)
    try:
        with town.inside(now=at(day("2027-01-11"))) as ctx:
            assert plan_day(ctx) is not None
    finally:
        event.remove(town.house.engine, "before_cursor_execute", count)
    return max(counts)


def test_who_gets_longer_is_reminded_by_the_new_day(post, granvik):
    given(post, granvik, "amina")
    with granvik.work("karin", now=at(day("2027-01-11"))) as ctx:
        give_dispensation(
            ctx, granvik.person("amina").public_id, COURSE, "extension",
            first=day("2027-01-11"), last=day("2027-02-15"), reason="Vikarie saknas",
        )  # fmt: skip
    post.days(day("2027-01-15"), day("2027-02-17"))
    assert post.told("reminder") == {"amina.yusuf": [day("2027-02-01"), day("2027-02-12"), day("2027-02-16")]}


def test_who_has_left_hears_nothing_and_nobody_hears_of_them(post, granvik):
    given(post, granvik, "amina")
    with granvik.inside(writes=True, now=at(MONDAY)) as ctx:
        amina = granvik.actor("amina").person_id
        mine = Employment.employer_id == granvik.employer_id, Employment.person_id == amina
        for employment in ctx.db.scalars(select(Employment).where(*mine)):
            organisation.end_employment(ctx, employment=employment, last_day=day("2027-01-15"))
    post.days(day("2027-01-15"), day("2027-03-05"))
    assert post.told() == {}


def test_nobody_is_told_of_another_employers_people(post, granvik, fjordvik):
    given(post, fjordvik, "kari", by="lars")
    post.days(day("2027-01-15"), day("2027-03-05"))
    assert set(post.told("reminder")) == {"kari.nes"}
    assert post.told("escalation") == {"lars.moe": [day("2027-02-15")], "siri.dahl": [day("2027-03-03")]}


def test_told_twice_is_sent_once(post, granvik):
    given(post, granvik, "amina")
    post.day(MONDAY)
    for _time in range(3):
        post.day(day("2027-01-18"))
        with granvik.inside(
            writes=True
        ) as ctx:  # as if the worker had been killed before it could mark anything
            for task in ctx.db.scalars(select(OutboxTask)):
                task.done_at = None
    assert post.told("reminder") == {"amina.yusuf": [day("2027-01-18")]}


def test_all_that_concerns_somebody_stands_in_one_letter(post, granvik):
    given(post, granvik, "amina")
    with time_machine.travel(at(MONDAY)), granvik.work("karin") as ctx:
        assign_course(
            ctx,
            "confidentiality",
            [granvik.person("amina").public_id],
            due_on=day("2027-01-31"),
            reason="Nytt",
        )
    post.days(MONDAY, day("2027-01-18"))
    assert post.told("reminder") == {"amina.yusuf": [day("2027-01-18")]}
    text = post.text("amina.yusuf")
    assert "Dokumentation" in text
    assert ("31 januari" in text, "1 februari" in text) == (True, True)


def test_a_lead_without_a_colleague_who_is_late_themself_is_told_of_by_those_above(post, granvik):
    given(post, granvik, "karin", by="maria")
    post.days(day("2027-01-15"), day("2027-03-05"))
    assert set(post.told("reminder")) == {"karin.lind"}
    assert set(post.told("escalation")) == {"maria.holm"}


def test_a_protected_identity_is_named_in_no_letter(post, granvik):
    given(post, granvik, "amina")
    with granvik.inside(writes=True) as ctx:
        ctx.open(Person, granvik.person("amina").public_id).protected = True
    post.days(day("2027-01-29"), day("2027-03-05"))
    for to in ("karin.lind", "maria.holm"):
        text = post.text(to, kind="escalation")
        assert "Amina" not in text
        assert "Björken" not in text
        assert "skyddade personuppgifter" in text


def test_the_digest_comes_on_mondays_with_what_is_new_and_to_leads_only_their_own(post, granvik):
    let_terms_be(granvik, reminders=False, escalations=False)
    given(post, granvik, "amina")
    given(post, granvik, "hodan", by="jonas")
    post.days(MONDAY, day("2027-01-31"))
    assert post.told("digest") == {}
    with granvik.inside() as ctx:
        digests = ctx.db.scalars(select(Message).where(Message.kind == "digest")).all()
        assert {(each.outcome, each.reason) for each in digests} == {("not_sent", "nothing")}
    post.days(day("2027-02-01"), day("2027-02-12"))
    assert post.told("digest") == {"karin.lind": [day("2027-02-08")], "jonas.ek": [day("2027-02-08")]}
    karins, jonas = post.text("karin.lind"), post.text("jonas.ek")
    assert "Amina Yusuf" in karins
    assert "Hodan" not in karins
    assert "Hodan Ali" in jonas
    assert "Amina" not in jonas
    assert "/me/messages" in karins
    with time_machine.travel(at(day("2027-02-10"))):
        take(granvik, "amina", right=12)
        with granvik.work("jonas") as ctx:
            want_digest(ctx, wanted=False)
        with granvik.inside(writes=True) as ctx:
            _hire(ctx, granvik, "Björken", day("2027-02-11"))
    post.day(day("2027-02-15"))
    assert post.told("digest") == {
        "karin.lind": [day("2027-02-08"), day("2027-02-15")],
        "jonas.ek": [day("2027-02-08")],
    }
    assert log_of(granvik, "jonas", "digest")[-1] == ("not_sent", "stopped")
    text = post.text("karin.lind")
    assert "Amina Yusuf: Dokumentation" in text
    assert "Bo Ek (Björken)" in text


def _hire(ctx, town, unit, since):
    employer = ctx.db.get_one(Employer, town.employer_id)
    person = organisation.add_person(
        ctx,
        employer=employer,
        employee_number="77",
        given_name="Bo",
        family_name="Ek",
        email="bo.ek@granvik.example",
    )
    ctx.db.flush()
    place = ctx.open(Unit, town.unit(unit).public_id)
    organisation.employ(ctx, person=person, unit=place, role="nurse", title="Ssk", valid_from=since)


def test_a_lead_of_nothing_any_more_gets_no_digest(post, granvik):
    let_terms_be(granvik, reminders=False, escalations=False)
    given(post, granvik, "amina", days=1)
    post.day(MONDAY)
    post.day(day("2027-01-11"), hour=1)
    with granvik.inside(writes=True, now=at(day("2027-01-11"), 3)) as ctx:
        for grant in ctx.db.scalars(select(RoleGrant).where(RoleGrant.role == Role.LEAD)):
            organisation.revoke_role(ctx, grant=grant, last_day=day("2027-01-10"))
    post.day(day("2027-01-11"))
    assert post.told("digest") == {}
    assert log_of(granvik, "karin", "digest")[-1] == ("not_sent", "withdrawn")


def test_a_newer_letter_goes_instead_of_one_that_was_held_up(post, granvik, house):
    given(post, granvik, "amina")
    with time_machine.travel(at(day("2027-02-01"))):  # no mail server at all
        begin_day(house)
    post.day(MONDAY)
    with granvik.inside(writes=True, now=at(day("2027-02-02"))) as ctx:
        for each in ("2027-02-01", "2027-02-02"):
            announce(ctx, "reminder", day(each).toordinal(), [granvik.actor("amina").person_id])
    post.day(day("2027-02-02"))
    assert post.told("reminder") == {"amina.yusuf": [day("2027-02-02")]}
    assert log_of(granvik, "amina", "reminder") == [("not_sent", "newer"), ("sent", None)]


def test_who_a_held_up_letter_to_a_lead_was_about_stands_in_the_newer_one_that_goes_instead(post, granvik):
    given(post, granvik, "amina")  # told of after two weeks: on Monday, 15 February
    given(post, granvik, "farid", days=29)  # on Tuesday
    with time_machine.travel(at(MONDAY)), granvik.work("karin") as ctx:
        also = [granvik.person("amina").public_id]
        assign_course(ctx, "confidentiality", also, due_on=day("2027-02-04"), reason="Nytt")  # on Thursday
    post.days(day("2027-02-08"), day("2027-02-14"))
    post.without_mail(day("2027-02-15"))
    post.day(day("2027-02-16"), hour=0)
    post.days(day("2027-02-16"), day("2027-02-19"))
    assert log_of(granvik, "karin", "escalation") == [("not_sent", "newer"), ("sent", None), ("sent", None)]
    tuesday = post.text("karin.lind", day("2027-02-16"), "escalation")
    assert ("Amina" in tuesday, "Farid" in tuesday) == (True, True)
    thursday = post.text("karin.lind", day("2027-02-18"), "escalation")
    assert ("Amina" in thursday, "Farid" in thursday) == (True, False)


def test_switched_off_means_nobody_is_written_to(post, granvik):
    let_terms_be(granvik, reminders=False, escalations=False, digests=False)
    given(post, granvik, "amina")
    post.days(day("2027-01-15"), day("2027-03-05"))
    assert post.told() == {}
