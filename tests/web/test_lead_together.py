"""A group that learns together through its pages: chosen, shown on a screen, sent to the own test."""

import re

import pytest
from sqlalchemy import func, select

from lms.base.access import Role
from lms.learning.models import Answer, Attempt, Progress
from lms.organisation import actions as organisation
from lms.organisation.models import Person
from tests.builders import START
from tests.learning.taking import assign, take
from tests.web.lead_pages import COURSE, text_of, ticked
from tests.web.staff_pages import as_fields, counted, edition_of
from tests.web.test_staff_course import key as right_answer

TOGETHER = "/team/together"


@pytest.fixture
def course(house):
    return edition_of(house)


@pytest.fixture
def karin(english):
    return english("karin")


def key(town, name):
    return str(town.person(name).public_id)


def begin(town, browser, *names):
    """Start a group through the form; the address of its first step."""
    unit = re.search(r'name="unit" value="([^"]+)"', browser.get(TOGETHER).text)[1]
    sent = {"course": COURSE, "unit": unit, "people": [key(town, name) for name in names]}
    return browser.post(TOGETHER, data=sent).headers["Location"]


def home(step):
    """The address of the group, from that of a step of it."""
    return step.rsplit("/", 2)[0]


def answered(browser, here, page, item):
    """The page of a step once its practice item was answered, after as many decisions as it takes."""
    if item.type != "branching":
        return browser.post(here, data=as_fields(right_answer(item)))
    while "Show the answer" in page.text:
        made = re.findall(r'name="made" value="([^"]+)"', page.text)
        choice = re.search(r'name="answer" value="([^"]+)"', page.text)[1]
        page = browser.post(here, data={"made": made, "answer": choice})
    return page


def test_the_lead_ticks_who_is_here_and_starts(granvik, karin, course):
    assert f'href="{TOGETHER}"' in karin.get("/team").text
    page = karin.get(TOGETHER)
    assert ticked(page) == set()
    for name in ("amina", "farid", "karin"):
        assert f'name="people" value="{key(granvik, name)}"' in page.text
    assert key(granvik, "hodan") not in page.text
    first = course.lessons[0]
    step = begin(granvik, karin, "amina", "farid")
    assert step.endswith(f"/{first.id}/{first.steps[0].id}")
    assert home(step) in karin.get(TOGETHER).text  # to go on with after the screen was closed
    assert ticked(karin.get(home(step))) == {key(granvik, "amina"), key(granvik, "farid")}


def test_what_is_missing_is_said_and_the_ticks_stay(granvik, karin):
    unit = str(granvik.unit("Björken").public_id)
    refused = karin.post(TOGETHER, data={"course": COURSE, "unit": unit})
    assert refused.status_code == 422
    assert "Choose at least one person." in refused.text
    refused = karin.post(TOGETHER, data={"unit": unit, "people": key(granvik, "amina")})
    assert refused.status_code == 422
    assert "Choose a course." in refused.text
    assert ticked(refused) == {key(granvik, "amina")}


def test_all_steps_are_walked_on_the_screen_and_read_by_everybody(granvik, karin, course, english):
    here = begin(granvik, karin, "amina", "farid")
    first, back = home(here), home(here)
    steps = [(lesson, step) for lesson in course.lessons for step in lesson.steps]
    for lesson, step in steps:
        assert here == f"{first}/{lesson.id}/{step.id}"
        page = karin.get(here)
        assert f'href="{back if step is not lesson.steps[0] else first}"' in page.text
        if "Show the answer" in page.text:
            page = answered(karin, here, page, course.items[step.item])
        assert f'action="{here}/read"' in page.text
        back, here = here, karin.post(f"{here}/read").headers["Location"]
    assert here == f"{first}/test"
    with granvik.inside() as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(Progress)) == 2 * len(steps)
        assert ctx.db.scalar(select(func.count()).select_from(Attempt)) == 0
        assert ctx.db.scalar(select(func.count()).select_from(Answer)) == 0
    page = text_of(english("amina").get(f"/courses/{COURSE}"))
    assert f"{len(course.lessons)} of {len(course.lessons)} lessons done" in page


def test_a_question_is_talked_over_before_the_answer_is_shown(granvik, karin, course):
    lesson, step = next((lesson, step) for lesson in course.lessons for step in lesson.steps if step.item)
    address = f"{home(begin(granvik, karin, 'amina'))}/{lesson.id}/{step.id}"
    page = text_of(karin.get(address))
    assert "Talk it over, then show the answer." in page
    assert "Show the answer" in page
    assert "Nobody sees what you answer" not in page
    refused = karin.post(address)
    assert refused.status_code == 422
    assert "Choose an answer first." in refused.text
    item = course.items[step.item]
    wrong = next(option for option in course.texts["sv"].items[item.id].options if option != item.key)
    said = karin.post(address, data={"answer": wrong})
    assert "Not quite" in said.text
    assert "/courses/" not in said.text  # the step that explains it is shown on the screen, too


def test_who_comes_late_is_ticked_then(granvik, karin):
    group = home(begin(granvik, karin, "amina"))
    both = [key(granvik, "amina"), key(granvik, "farid")]
    saved = karin.post(f"{group}/here", data={"people": both})
    assert saved.status_code == 303
    page = karin.get(saved.headers["Location"])
    assert "Who is here is saved." in page.text
    assert ticked(page) == set(both)
    refused = karin.post(f"{group}/here")
    assert refused.status_code == 422
    assert "Choose at least one person." in refused.text
    assert karin.post(f"{group}/here", data={"people": key(granvik, "hodan")}).status_code == 404


def test_a_step_is_read_by_going_on_from_it_not_by_looking(granvik, karin):
    step = begin(granvik, karin, "amina", "farid")
    karin.get(step)
    with granvik.inside() as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(Progress)) == 0
    assert karin.get(f"{step}/read").status_code == 405
    assert karin.post(f"{step}/read").status_code == 303
    with granvik.inside() as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(Progress)) == 2


def test_each_is_sent_to_the_own_test_and_nothing_tells_how_it_goes(granvik, karin):
    assign(granvik, "amina")
    step = begin(granvik, karin, "amina", "farid")
    karin.post(f"{step}/read")
    before = karin.get(f"{home(step)}/test")
    assert f"/courses/{COURSE}</b>" in before.text
    assert "<svg" in before.text
    for name in ("Amina", "Farid", "Yusuf", "Rahimi"):
        assert name not in before.text
    take(granvik, "farid", right=3)
    take(granvik, "amina", right=12)
    assert text_of(karin.get(f"{home(step)}/test")) == text_of(before)


def test_an_ended_group_shows_no_more_steps(granvik, karin):
    step = begin(granvik, karin, "amina")
    ended = karin.post(f"{home(step)}/end")
    assert ended.headers["Location"] == home(step)
    assert "This group has ended." in karin.get(home(step)).text
    for answer in (
        karin.get(step), karin.post(step), karin.post(f"{step}/read"),
        karin.post(f"{home(step)}/here", data={"people": key(granvik, "amina")}),
    ):  # fmt: skip
        assert answer.status_code == 410
        assert "Start a new one to go on." in answer.text
    assert home(step) not in karin.get(TOGETHER).text
    assert karin.get(f"{home(step)}/test").status_code == 200


def test_a_step_on_the_screen_takes_few_statements(house, granvik, karin):
    step = begin(granvik, karin, "amina", "farid")
    with counted(house) as sent:
        karin.get(step)
    assert len(sent) <= 6
    with counted(house) as sent:
        karin.post(f"{step}/read")
    assert len(sent) <= 14


def test_a_lead_of_several_units_begins_with_the_first(granvik, karin):
    with granvik.work("admin") as ctx:
        person = ctx.open(Person, granvik.person("karin").public_id)
        organisation.grant_role(
            ctx, person=person, role=Role.LEAD, unit=granvik.unit("Eken"), valid_from=START
        )
    page = karin.get(TOGETHER)
    assert f'name="unit" value="{granvik.unit("Björken").public_id}"' in page.text
    assert key(granvik, "hodan") not in page.text
    page = karin.get(f"{TOGETHER}?unit={granvik.unit('Eken').public_id}")
    assert key(granvik, "hodan") in page.text
    assert key(granvik, "farid") not in page.text
