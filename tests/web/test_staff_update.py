"""The pages about new editions: what is new, that it was read, the changed lessons in a row, the short test."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from lms.base.i18n import day
from lms.catalogue.queries import current_edition
from lms.jobs.worker import work_off
from lms.learning.actions import read_step
from lms.register.actions import mark_revoked
from lms.register.models import Proof
from tests.catalogue.later_edition import publish_later
from tests.learning.kettle import publish_kettle, show
from tests.learning.taking import assign, take
from tests.web.staff_pages import COURSE, as_fields, attempt_of, counted, hidden_fields, shown

UPDATE = f"{COURSE}/update"


@pytest.fixture
def amina(granvik, sign_in):
    """Amina, who was given the course and has passed it, in a browser."""
    assign(granvik, "amina")
    with granvik.work("amina") as ctx:
        edition = current_edition(ctx, "documentation")
        for lesson in edition.lessons:
            for step in lesson.steps:
                read_step(ctx, edition, lesson.id, step.id)
    take(granvik, "amina", right=12)
    return sign_in(granvik, "amina")


def publish(house, tmp_path, *effects):
    since = {}
    for number, (effect, within, lessons) in enumerate(effects, 1):
        publish_later(
            house, tmp_path / str(number), label=f"2030.{number}", effect=effect, within_days=within,
            lessons=lessons, **since,
        )  # fmt: skip
        since = {"since": f"2030.{number}"}
    work_off(house)


def forms(page):
    return re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', page.text)


def test_what_is_new_is_told_until_it_was_read(house, amina, tmp_path):
    assert "Nytt i Dokumentation" not in shown(amina.get("/todo"))
    publish(house, tmp_path, ("inform", 0, ("correct",)))
    for page in ("/todo", COURSE):
        assert "Nytt i Dokumentation" in shown(amina.get(page))
        assert "Nytt i utgåva 2030.1." in shown(amina.get(page))
        assert f'href="{COURSE}/correct?update=1"' in amina.get(page).text
        assert f"{UPDATE}/read" in forms(amina.get(page))
    page = amina.get(UPDATE)
    assert f'href="{COURSE}/correct?update=1"' in page.text
    assert f'href="{COURSE}/declined?update=1"' not in page.text
    assert f"{UPDATE}/read" in forms(page)
    assert amina.post(f"{UPDATE}/read", data=hidden_fields(page)).location == "/todo?done=1"
    assert "Nytt i Dokumentation" not in shown(amina.get("/todo"))
    assert amina.get(UPDATE).location == COURSE


def test_what_came_out_while_one_was_reading_is_read_too(house, amina, tmp_path):
    publish(house, tmp_path / "a", ("inform", 0, ("correct",)))
    forms_of_before = [hidden_fields(amina.get(page)) for page in ("/todo", COURSE, UPDATE)]
    later = {"label": "2030.2", "since": "2030.1", "lessons": ("declined",)}
    publish_later(house, tmp_path / "b", effect="inform", **later)
    for sent in (*forms_of_before, {}):
        refused = amina.post(f"{UPDATE}/read", data=sent)
        assert refused.status_code == 409
        assert "Något mer har ändrats i kursen." in shown(refused)
    for page in ("/todo", COURSE, UPDATE):
        assert hidden_fields(amina.get(page))["edition"] not in {sent["edition"] for sent in forms_of_before}


def test_steps_follow_the_path_that_the_course_shows(house, granvik, sign_in, tmp_path):
    publish_kettle(house, tmp_path / "kettle")
    show(granvik, "farid", "cup")
    publish_kettle(house, tmp_path / "next", label="2026.2")
    farid = sign_in(granvik, "farid")
    assert (
        'href="/courses/kettle/quiz"' in farid.get("/courses/kettle/tea/remember").text.partition("dock")[2]
    )
    publish_kettle(house, tmp_path / "cup", label="2026.3", reworded=("cup",))
    assert (
        'href="/courses/kettle/cup/start"'
        in farid.get("/courses/kettle/tea/remember").text.partition("dock")[2]
    )


def test_changed_lessons_follow_each_other_and_lead_back(house, granvik, amina, tmp_path):
    publish(house, tmp_path, ("update", 40, ("declined", "safe-channel")))
    with granvik.work("amina", writes=False) as ctx:
        edition = current_edition(ctx, "documentation")
    first, second = (edition.lesson(name) for name in ("declined", "safe-channel"))

    def at(lesson, place):
        return f"{COURSE}/{lesson.id}/{lesson.steps[place].id}?update=1"

    assert f'href="{at(first, 0)}"' in amina.get(UPDATE).text
    for here, ahead in (
        (at(first, 0), at(first, 1)), (at(first, -1), at(second, 0)), (at(second, -1), UPDATE)
    ):  # fmt: skip
        page = amina.get(here).text
        assert f'href="{ahead}"' in page
        assert f'href="{UPDATE}"' in page
    for lesson in (first, second):
        for place in range(len(lesson.steps)):
            amina.get(at(lesson, place))
    assert f"{UPDATE}/test" in forms(amina.get(UPDATE))


def test_the_short_test_makes_the_certificate_count_on(house, granvik, amina, tmp_path):
    publish(house, tmp_path, ("update", 20, ("declined", "correct")))
    todo = shown(amina.get("/todo"))
    assert "Gör uppdateringen" in todo
    assert "Uppdatering: 2 avsnitt" in todo
    assert f'href="{UPDATE}"' in amina.get("/todo").text
    amina.post(f"{UPDATE}/test")
    for wanted, said in (("wrong", "Nästan"), ("right", "Du är uppdaterad")):
        _attempt, right, wrong, items = attempt_of(granvik, "amina")
        assert {item.lesson for item in items.values()} == {"declined", "correct"}
        assert {item.use for item in items.values()} == {"update"}
        for place in right:
            page = amina.get(f"{UPDATE}/test/{place}")
            value = right[place] if wanted == "right" else wrong[place]
            sent = amina.post(f"{UPDATE}/test/{place}", data=hidden_fields(page) | as_fields(value))
            assert sent.location.startswith(f"{UPDATE}/test/")
            assert "data-sheet" in amina.get(sent.location).text  # its questions are nobody's exam
        result = shown(amina.get(f"{UPDATE}/result"))
        assert said in result
        if wanted == "wrong":
            assert amina.post(f"{UPDATE}/test").status_code == 303
    assert "Gör uppdateringen" not in shown(amina.get("/todo"))
    assert amina.post(f"{UPDATE}/test").status_code == 409


def pass_update(town, client):
    """Take the short test of an update with nothing but right answers; what its result says."""
    client.post(f"{UPDATE}/test")
    _attempt, right, _wrong, _items = attempt_of(town, "amina")
    for place, value in right.items():
        page = client.get(f"{UPDATE}/test/{place}")
        client.post(f"{UPDATE}/test/{place}", data=hidden_fields(page) | as_fields(value))
    return client.get(f"{UPDATE}/result")


def test_the_result_says_what_is_asked_meanwhile(house, granvik, amina, tmp_path):
    publish(house, tmp_path / "a", ("update", 20, ("correct",)))
    assert "Du är uppdaterad" in shown(pass_update(granvik, amina))
    later = {"label": "2030.2", "since": "2030.1", "effect": "retake", "within_days": 30}
    publish_later(house, tmp_path / "b", **later)
    page = amina.get(f"{UPDATE}/result")
    assert "Dokumentation: gör om kursen senast" in shown(page)
    assert "Du är uppdaterad" not in shown(page)
    assert "Ditt intyg gäller så länge" not in shown(page)
    assert f'href="{UPDATE}"' in page.text.partition("dock")[2]
    with granvik.inside(writes=True) as ctx:
        mark_revoked(ctx, ctx.db.scalars(select(Proof.certificate_id)).all(), ctx.today)
    page = shown(amina.get(f"{UPDATE}/result"))
    assert "Ditt intyg gäller inte längre." in page
    assert "Du är uppdaterad" not in page


def test_the_certificate_is_not_said_to_count_longer_than_it_does(house, granvik, amina, tmp_path):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Proof).values(expires_on=ctx.today + timedelta(9)))
        last = ctx.today + timedelta(9)
    publish(house, tmp_path, ("retake", 60, ()))
    page = shown(amina.get(UPDATE))
    assert f"Ditt intyg gäller till och med {day(last, 'sv')}." in page


def test_a_course_to_be_taken_again_says_why_and_until_when(house, amina, tmp_path):
    publish(house, tmp_path, ("retake", 60, ()), ("inform", 0, ("correct",)))
    for page in ("/todo", COURSE):
        assert "Dokumentation: gör om kursen senast" in shown(amina.get(page))
    course = shown(amina.get(COURSE))
    assert "0 av 8 avsnitt klara" in course
    last = re.search(r"gör om kursen senast (\d+ \w+)", course)[1]
    assert f"Giltigt till och med {last}" in course  # not until the certificate itself ends
    page = shown(amina.get(UPDATE))
    assert "Gör om hela kursen senast" in page
    assert "Nytt i utgåva 2030.1." in page
    assert "Nytt i utgåva 2030.2." in page
    assert f"{UPDATE}/read" not in page
    assert amina.post(f"{UPDATE}/read").status_code == 409


def test_leads_see_what_is_to_be_taken_and_not_whether_news_were_read(
    house, granvik, amina, sign_in, tmp_path
):
    karin = sign_in(granvik, "karin")
    page = f"/team/{granvik.person('amina').public_id}"
    publish(house, tmp_path / "a", ("inform", 0, ("correct",)))
    before = shown(karin.get(page))
    amina.post(f"{UPDATE}/read", data=hidden_fields(amina.get(UPDATE)))
    assert shown(karin.get(page)) == before
    later = {"label": "2030.2", "since": "2030.1", "lessons": ("declined",)}
    publish_later(house, tmp_path / "b", effect="update", within_days=40, **later)
    assert "Uppdatering senast" in shown(karin.get(page))


def test_who_has_not_taken_the_course_has_no_page_about_news(house, granvik, sign_in, tmp_path):
    publish(house, tmp_path, ("inform", 0, ("correct",)))
    farid = sign_in(granvik, "farid")
    assert farid.get(UPDATE).location == COURSE
    assert farid.get(f"{UPDATE}/result").location == UPDATE
    assert farid.get(f"{UPDATE}/test/1").status_code == 404
    assert farid.post(f"{UPDATE}/test").status_code == 409
    assert farid.post(f"{UPDATE}/test/1", data={"attempt": uuid4()}).status_code == 404


@pytest.mark.parametrize("page", ["/todo", "/courses", COURSE, UPDATE, f"{COURSE}/correct/own-text?update=1"])
def test_pages_take_six_statements_with_news_too(house, amina, tmp_path, page):
    publish(house, tmp_path, ("inform", 0, ("correct",)), ("update", 20, ("declined",)))
    amina.get(page)
    with counted(house) as sent:
        assert amina.get(page).status_code == 200
    assert len(sent) <= 6
