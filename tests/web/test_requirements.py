"""The requirements on the pages of the employer: listed, tried, published, changed, ended."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape
from time import sleep
from uuid import UUID, uuid4

import pytest

from lms.base.access import Role
from lms.organisation import actions as organisation
from lms.organisation.models import Person, Unit
from lms.register.queries import Filter, register_rows
from lms.register.requirement_list import requirements
from lms.register.requirements import Terms, set_requirement
from lms.register.rules import Sought
from lms.reports.narrowing import View, kept, read
from lms.reports.register_file import about
from tests.crowd import grow
from tests.learning.taking import COURSE, assign, take
from tests.register.towns import grow_by_chance
from tests.web.lead_pages import text_of
from tests.web.staff_pages import counted, hidden_fields

PAGE = "/requirements"


@pytest.fixture
def maria(english):
    return english("maria")


def today(town):
    with town.work("maria", writes=False) as ctx:
        return ctx.today


def form(town, **changed):
    return {
        "course": COURSE, "unit": "", "roles": ["assistant_nurse"], "due_days": "30", "not_before": "",
        "valid_from": today(town).isoformat(), "reason": "For the role", "source": "The law",
    } | changed  # fmt: skip


def publish(browser, tried):
    """Send the form that stands beside what it does."""
    inner = tried.text.split('id="effects"')[1]
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', inner)
    data = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    return browser.post(f"{PAGE}/publish", data=data)


def known(town):
    with town.work("maria", writes=False) as ctx:
        return requirements(ctx)


def test_a_requirement_is_tried_and_then_published(granvik, maria):
    take(granvik, "farid", right=12)
    assert "Nothing asks for this course." in text_of(maria.get(PAGE))
    tried = maria.post(f"{PAGE}/new", data=form(granvik))
    words = text_of(tried)
    assert "1 person is asked anew" in words
    assert "Amina Yusuf , Björken" in words
    assert "1 person is asked anew and can show it already" in words
    assert known(granvik) == []
    sent = publish(maria, tried)
    assert (sent.status_code, sent.headers["Location"]) == (303, "/requirements?saved=set")
    page = text_of(maria.get("/requirements?saved=set"))
    assert "Assistant nurse · All units" in page
    assert "Within 30 days For the role" in page
    assert "1 of 2" in page
    (found,) = known(granvik)
    assert (found.people, found.known, found.may_change) == (2, 1, True)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"course": ""}, "Choose a course."),
        ({"due_days": "soon"}, "Write a number of days from 0 to 2,000."),
        ({"due_days": "-1"}, "Write a number of days from 0 to 2,000."),
        ({"valid_from": ""}, "Choose a day from which it holds."),
        ({"reason": " "}, "Write why, so that people see it."),
        ({"source": "x" * 401}, "Write it shorter: 400 characters at most."),
        ({"roles": ["king"]}, "Choose roles of the list."),
        ({"not_before": "tomorrow"}, "Write the day as a date."),
        ({"validity_months": "121"}, "Write a number of months from 1 to 120, or leave it empty."),
        ({"renewal_days": "soon"}, "Write a number of days from 0 to 365, or leave it empty."),
        ({"minimum": "0"}, "Write a number of people from 1 to 999, or leave it empty."),
    ],
)
def test_what_is_missing_is_said_and_what_was_written_stays(granvik, maria, changed, words):
    page = maria.post(f"{PAGE}/new", data=form(granvik, **changed))
    assert page.status_code == 422
    assert words in text_of(page)
    assert 'value="30"' in page.text or "due_days" in changed
    assert known(granvik) == []


def test_only_what_was_shown_is_published(granvik, maria):
    tried = maria.post(f"{PAGE}/new", data=form(granvik))
    data = hidden_fields(tried) | form(granvik, roles=["care_assistant"])
    page = maria.post(f"{PAGE}/publish", data=data)
    assert page.status_code == 200
    assert "Hodan Ali" in text_of(page)
    assert "It has changed since you looked." in text_of(page)
    assert "It has changed" not in text_of(tried)
    assert known(granvik) == []


def test_what_somebody_else_publishes_meanwhile_is_shown_first(granvik, maria):
    tried = maria.post(f"{PAGE}/new", data=form(granvik, due_days="30"))
    with ThreadPoolExecutor(max_workers=1) as pool:
        with granvik.work("maria") as ctx:
            set_requirement(ctx, Terms(COURSE, "Krav", "SoL", due_days=5), valid_from=ctx.today)
            sent = pool.submit(publish, maria, tried)
            sleep(0.3)  # in which the second meets what the first has not committed yet
        assert "It has changed since you looked." in text_of(sent.result())
    assert [each.due_days for each in known(granvik)] == [5]


def test_a_change_says_whom_it_makes_late_and_what_it_said_before(granvik, maria):
    day = today(granvik)
    begun = (day - timedelta(days=40)).isoformat()
    publish(maria, maria.post(f"{PAGE}/new", data=form(granvik, valid_from=begun, due_days="90")))
    (found,) = known(granvik)
    page = f"{PAGE}/{found.rule}"
    assert 'value="90"' in maria.get(page).text
    tried = maria.post(page, data=form(granvik, due_days="30", valid_from=day.isoformat()))
    words = text_of(tried)
    assert "2 people would be overdue at once." in words
    assert "2 people must be done earlier" in words
    publish_change = tried.text.split('id="effects"')[1]
    assert f'name="rule" value="{found.rule}"' in publish_change
    publish(maria, tried)
    assert "What it said before" in text_of(maria.get(page))
    assert "Within 90 days" in text_of(maria.get(page))


def test_a_reason_of_several_lines_is_one_and_is_published(granvik, maria):
    tried = maria.post(f"{PAGE}/new", data=form(granvik, reason=" For the role,\r\n  says the law "))
    assert publish(maria, tried).status_code == 303
    assert [each.reason for each in known(granvik)] == ["For the role, says the law"]


def test_limits_are_tried_published_and_stand_in_the_list(granvik, maria):
    take(granvik, "farid", right=12, now=datetime.now(UTC) - timedelta(days=200))
    begun = (today(granvik) - timedelta(days=20)).isoformat()
    publish(maria, maria.post(f"{PAGE}/new", data=form(granvik, valid_from=begun)))
    (found,) = known(granvik)
    page, limits = f"{PAGE}/{found.rule}", {"validity_months": "6", "renewal_days": "60", "minimum": "2"}
    tried = maria.post(page, data=form(granvik, **limits))
    words = text_of(tried)
    assert "What 1 person can show counts no longer Farid Rahimi , Björken was valid until" in words
    assert "1 unit has fewer people who can show it than it must have. Björken: 0 of 2." in words
    publish(maria, tried)
    assert [(each.validity_months, each.renewal_days, each.minimum) for each in known(granvik)] == [
        (6, 60, 2)
    ]
    limits_in_words = (
        "Critical: at least 2 people in every unit. A certificate counts for at most 6 months. "
        "To be renewed from 60 days before it runs out."
    )
    assert limits_in_words in text_of(maria.get(PAGE))
    shown = maria.get(page).text
    assert all(f'name="{name}" type="text" value="{value}"' in shown for name, value in limits.items())
    assert "Limits None" in text_of(maria.get(page))  # of the version before


def test_a_unit_has_what_comes_from_above_what_is_added_there_and_nothing_of_its_neighbours(granvik, maria):
    eken, bjorken = (str(granvik.unit(name).public_id) for name in ("Eken", "Björken"))
    for changed in ({}, {"unit": eken, "roles": []}, {"unit": bjorken, "roles": ["nurse"]}):
        publish(maria, maria.post(f"{PAGE}/new", data=form(granvik, **changed)))
    words = text_of(maria.get(f"{PAGE}?unit={eken}"))
    assert words.index("From above: All units") < words.index("Added here")
    assert "Nurse" not in words.split("What holds in Eken")[1]
    assert "0 of 2" in words  # everybody in Eken, by what is added there
    assert "Nobody is asked today." in words  # no assistant nurses are there
    top = text_of(maria.get(f"{PAGE}?unit={granvik.unit('Granvik').public_id}"))
    assert "Further down: Björken" in top
    assert "Further down: Eken" in top
    assert maria.get(f"{PAGE}?unit=nonsense").status_code == 200


def test_a_unit_of_another_municipality_is_not_there(granvik, fjordvik, maria):
    assert maria.get(f"{PAGE}?unit={fjordvik.unit('Furua').public_id}").status_code == 404


def test_an_end_says_who_is_not_asked_any_more(granvik, maria):
    publish(maria, maria.post(f"{PAGE}/new", data=form(granvik)))
    assign(granvik, "amina")
    (found,) = known(granvik)
    page = f"{PAGE}/{found.rule}/end"
    assert "is not asked any more" not in text_of(maria.get(page))
    shown = maria.get(f"{page}?last_day={today(granvik)}")
    words = text_of(shown)
    assert "1 person is not asked any more" in words
    assert "Farid Rahimi" in words
    unseen = maria.post(page, data={"last_day": today(granvik).isoformat()})
    assert "It has changed since you looked." in text_of(unseen)
    for day in ("31 June", ""):
        assert "Write the day as a date." in text_of(maria.post(page, data={"last_day": day}))
    assert "Write the day as a date." in text_of(maria.get(f"{page}?last_day=31+June"))
    assert known(granvik)[0].valid_to is None
    sent = maria.post(page, data=hidden_fields(shown) | {"last_day": today(granvik).isoformat()})
    assert sent.headers["Location"] == "/requirements?saved=ended"
    again = maria.post(page, data={"last_day": "2001-01-01"})
    assert (again.status_code, "It began later than that." in text_of(again)) == (422, True)


def test_all_whom_it_concerns_can_be_named(granvik, maria):
    grow(granvik.house, "granvik", 40, below="Björken")
    asked = form(granvik, course="confidentiality", roles=[])
    tried = maria.post(f"{PAGE}/new", data=asked)
    assert len(named(tried)) == 30
    (where,) = re.findall(r'form="try" formaction="([^"]*)#effects" name="all"', tried.text)
    shown = maria.post(where, data=asked | {"all": "1"})
    everybody = named(shown)
    assert f"{len(everybody)} people are asked anew" in text_of(shown)
    assert len(everybody) > 40
    assert "Show all names" not in shown.text
    assert publish(maria, tried).status_code == 303
    (rule,) = (each.rule for each in known(granvik) if each.course == "confidentiality")
    ending = maria.get(f"{PAGE}/{rule}/end?last_day={today(granvik).isoformat()}")
    assert len(named(ending)) == 30
    (where,) = re.findall(r'href="([^"]*all=1)#effects"', ending.text)
    assert sorted(named(maria.get(unescape(where)))) == sorted(everybody)


def named(page):
    return re.findall(r"<li><b>([^<]+)</b>, ", page.text.split('id="effects"')[1])


def test_the_figures_of_a_requirement_lead_to_the_rows_of_whom_it_asks(granvik, maria):
    grow_by_chance(granvik, 1, people=24)
    some = Terms("documentation", "Only some", "The law", due_days=0, roles=("nurse",))
    with granvik.work("maria") as ctx:
        set_requirement(ctx, some, valid_from=ctx.today)
    figures = re.findall(
        r'<a href="(/register\?[^"]*rule=([^&"]*)[^"]*)" aria-label="[^"]*">(\d+)</a>', maria.get(PAGE).text
    )
    assert len(figures) > 3
    for href, rule, number in figures:
        page = maria.get(unescape(href))
        state = Sought(re.search("state=([a-z]+)", href)[1])
        with granvik.work("maria", writes=False) as ctx:
            rows = list(register_rows(ctx, Filter(rule=UUID(rule), state=state)))
        assert f"{len(rows)} row" in text_of(page)
        assert len({row.person_id for row in rows}) == int(number)
        assert 'name="rule"' in page.text
    assert len({number for _href, rule, number in figures}) > 1
    assert "No rows match." in text_of(maria.get(f"/register?rule={uuid4()}"))


def test_a_file_of_whom_a_requirement_asks_says_so(granvik, maria):
    assert publish(maria, maria.post(f"{PAGE}/new", data=form(granvik))).status_code == 303
    (found,) = known(granvik)
    with granvik.work("maria", writes=False) as ctx:
        view = View(Filter(rule=found.rule))
        assert read(kept(view)) == view
        assert ("Krav", "For the role") in about(ctx, view.narrowed, {})
    taken = maria.get(f"/register/file/csv?rule={found.rule}").data.decode("utf-8-sig").splitlines()
    assert len(taken) == 1 + found.people
    page = text_of(maria.get(f"/register/files?rule={found.rule}"))
    assert "Requirement For the role" in page


def test_a_protected_identity_is_not_named(granvik, maria):
    with granvik.inside(writes=True) as ctx:
        ctx.db.get_one(Person, granvik.person("amina").id).protected = True
    words = text_of(maria.post(f"{PAGE}/new", data=form(granvik)))
    assert "Protected identity" in words
    assert "Amina" not in words


def test_a_lead_has_no_such_pages(granvik, english):
    karin = english("karin")
    assert karin.get(PAGE).status_code == 404
    assert karin.post(f"{PAGE}/new", data=form(granvik)).status_code == 404


@pytest.mark.parametrize(("role", "unit"), [(Role.AUDITOR, None), (Role.OFFICER, "Eken")])
def test_who_may_only_read_sees_it_in_words(granvik, maria, english, role, unit):
    publish(maria, maria.post(f"{PAGE}/new", data=form(granvik, kinds=["permanent"])))
    with granvik.work("admin") as ctx:
        organisation.grant_role(
            ctx, person=ctx.db.get_one(Person, granvik.person("jonas").id), role=role,
            unit=ctx.db.get_one(Unit, granvik.unit(unit).id) if unit else None, valid_from=ctx.today,
        )  # fmt: skip
    jonas, (found,) = english("jonas"), known(granvik)
    page = jonas.get(f"{PAGE}/{found.rule}")
    words = text_of(page)
    assert "Assistant nurse" in words
    assert "Permanent" in words
    assert "The law" in words
    assert "<form" not in page.text.split("<main")[1].split("</main")[0]
    assert jonas.get(f"{PAGE}/{found.rule}/end").status_code == 404
    assert jonas.post(f"{PAGE}/{found.rule}", data=form(granvik)).status_code in {200, 404, 422}
    assert [each.rule for each in known(granvik)] == [found.rule]


def test_published_twice_it_is_one(granvik, maria):
    tried = maria.post(f"{PAGE}/new", data=form(granvik))
    publish(maria, tried)
    again = publish(maria, tried)
    assert again.status_code == 422
    assert "Exactly this requirement holds already." in text_of(again)
    assert len(known(granvik)) == 1


def test_published_twice_it_is_one_also_where_nobody_is_asked(granvik, maria):
    tried = maria.post(f"{PAGE}/new", data=form(granvik, roles=["physiotherapist"]))
    for _time in range(2):
        publish(maria, tried)
    assert len(known(granvik)) == 1


def test_what_holds_today_is_shown_and_when_it_changes(granvik, maria):
    publish(maria, maria.post(f"{PAGE}/new", data=form(granvik)))
    (found,) = known(granvik)
    later = (today(granvik) + timedelta(days=9)).isoformat()
    publish(maria, maria.post(f"{PAGE}/{found.rule}", data=form(granvik, due_days="7", valid_from=later)))
    words = text_of(maria.get(PAGE))
    assert "Within 30 days" in words
    assert "Changes on" in words
    assert "0 of 2" in words


def test_few_statements(granvik, maria):
    publish(maria, maria.post(f"{PAGE}/new", data=form(granvik)))
    (found,) = known(granvik)
    unit = granvik.unit("Björken").public_id
    for address in (PAGE, f"{PAGE}?unit={unit}", f"{PAGE}/new", f"{PAGE}/{found.rule}"):
        with counted(granvik.house) as sent:
            maria.get(address)
        assert len(sent) <= 6, sent
