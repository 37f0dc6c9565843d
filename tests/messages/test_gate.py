"""The gate, case by case: who gets a message now, later, or not at all, and why."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from lms.messages.rules import AT_ONCE, Errand, Quiet, Recipient, back, verdict

ZONE = ZoneInfo("Europe/Stockholm")
USUAL = Quiet()
SOMEBODY = Recipient(address="amina@granvik.example", employed=True)
AWAY = replace(SOMEBODY, away=True, back_on=date(2027, 1, 25))  # a Monday
LATER_ONLY = replace(SOMEBODY, works_today=False)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


NOON, NIGHT, SATURDAY = at("2027-01-20T12:00"), at("2027-01-20T22:30"), at("2027-01-23T12:00")
SEND = ("send", None, None)

TABLE = [
    # kind, recipient, at, fate
    ("assigned", SOMEBODY, NOON, SEND),
    ("reminder", SOMEBODY, NOON, SEND),
    ("assigned", SOMEBODY, NIGHT, ("wait", "quiet", at("2027-01-21T07:00"))),
    ("reminder", SOMEBODY, at("2027-01-20T06:59"), ("wait", "quiet", at("2027-01-20T07:00"))),
    ("reminder", SOMEBODY, at("2027-01-20T07:00"), SEND),
    ("reminder", SOMEBODY, at("2027-01-20T19:59"), SEND),
    ("reminder", SOMEBODY, at("2027-01-20T20:00"), ("wait", "quiet", at("2027-01-21T07:00"))),
    ("reminder", SOMEBODY, at("2027-01-22T21:00"), ("wait", "quiet", at("2027-01-25T07:00"))),
    ("reminder", SOMEBODY, SATURDAY, ("wait", "quiet", at("2027-01-25T07:00"))),
    ("escalation", SOMEBODY, SATURDAY, ("wait", "quiet", at("2027-01-25T07:00"))),
    ("digest", SOMEBODY, SATURDAY, ("wait", "quiet", at("2027-01-25T07:00"))),
    ("edition", SOMEBODY, SATURDAY, ("wait", "quiet", at("2027-01-25T07:00"))),
    ("assigned", SOMEBODY, SATURDAY, SEND),  # somebody was at work to give it
    *((kind, SOMEBODY, NIGHT, SEND) for kind in sorted(AT_ONCE)),
    *((kind, AWAY, SATURDAY, SEND) for kind in sorted(AT_ONCE)),
    ("assigned", AWAY, NOON, ("wait", "absent", at("2027-01-25T07:00"))),
    ("edition", replace(AWAY, back_on=date(2027, 1, 23)), NOON, ("wait", "absent", at("2027-01-25T07:00"))),
    ("assigned", replace(AWAY, back_on=None), NOON, ("not_sent", "absent", None)),
    ("assigned", replace(AWAY, back_on=date(2027, 6, 1)), NOON, ("not_sent", "absent", None)),
    ("reflection_task", AWAY, NOON, ("not_sent", "absent", None)),
    ("reminder", AWAY, NOON, ("not_sent", "absent", None)),
    ("digest", AWAY, NIGHT, ("not_sent", "absent", None)),
    *(
        (kind, AWAY, NOON, ("wait", "absent", at("2027-01-25T07:00")))
        for kind in ("escalation", "auditor", "regular_file_ended", "certificate_decided")
    ),
    ("assigned", LATER_ONLY, NOON, SEND),
    ("slip", LATER_ONLY, NIGHT, SEND),
    ("reminder", LATER_ONLY, NOON, ("not_sent", "not_employed", None)),
    ("slip", replace(SOMEBODY, employed=False), NOON, ("not_sent", "not_employed", None)),
    ("certificate_decided", replace(SOMEBODY, employed=False, works_today=False), NOON, SEND),
    ("certificate_decided", replace(AWAY, employed=False, works_today=False, back_on=None), NOON, SEND),
    ("certificate_decided", replace(SOMEBODY, address=None), NOON, ("not_sent", "no_address", None)),
    ("certificate_decided", SOMEBODY, NIGHT, ("wait", "quiet", at("2027-01-21T07:00"))),
    ("sign_in_changed", replace(SOMEBODY, address=None), NOON, ("not_sent", "no_address", None)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "recipient", "now", "fate"), TABLE)
def test_gate(kind, recipient, now, fate):
    found = verdict(recipient, Errand(kind), USUAL, now)
    assert (found.fate, found.reason, found.until) == fate


@pytest.mark.parametrize(
    ("errand", "reason"),
    [
        (Errand("assigned", is_live=False), "course_ended"),
        (Errand("reminder", is_on=False), "switched_off"),
        (Errand("digest", is_wanted=False), "stopped"),
        (Errand("reminder", is_newest=False), "newer"),
    ],
)
def test_what_goes_at_no_hour(errand, reason):
    for now in (NOON, NIGHT, SATURDAY):
        for recipient in (SOMEBODY, AWAY):
            found = verdict(recipient, errand, USUAL, now)
            assert (found.fate, found.reason) == ("not_sent", reason)


def test_quiet_is_as_the_employer_says():
    never = Quiet(time(0), time(0), weekends=False)
    assert verdict(SOMEBODY, Errand("reminder"), never, SATURDAY.replace(hour=23)).fate == "send"
    weekends_only = Quiet(time(0), time(0), weekends=True)
    found = verdict(SOMEBODY, Errand("reminder"), weekends_only, SATURDAY)
    assert found.until == at("2027-01-25T00:00")
    at_lunch = Quiet(time(12), time(13), weekends=False)
    assert verdict(SOMEBODY, Errand("assigned"), at_lunch, NOON).until == at("2027-01-20T13:00")
    assert verdict(SOMEBODY, Errand("assigned"), at_lunch, NIGHT).fate == "send"


def test_the_night_the_clocks_change_ends_at_seven_too():
    found = verdict(SOMEBODY, Errand("assigned"), USUAL, at("2027-03-27T23:00"))
    assert found.until.isoformat() == "2027-03-28T07:00:00+02:00"


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        ([], date(2027, 1, 20)),
        ([(date(2027, 1, 20), date(2027, 1, 20))], date(2027, 1, 21)),
        ([(date(2027, 1, 21), date(2027, 1, 25))], date(2027, 1, 20)),
        ([(date(2027, 1, 18), date(2027, 1, 22)), (date(2027, 1, 23), date(2027, 1, 24))], date(2027, 1, 25)),
        ([(date(2027, 1, 23), None), (date(2027, 1, 18), date(2027, 1, 22))], None),
        ([(date(2027, 1, 18), date(2027, 1, 22)), (date(2027, 1, 24), None)], date(2027, 1, 23)),
        ([(date(2027, 1, 18), date(9999, 12, 31))], None),  # what payroll systems write for no end
    ],
)
def test_the_first_day_back(away, expected):
    assert back(away, date(2027, 1, 20)) == expected
