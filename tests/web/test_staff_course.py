"""Courses as staff read them: overview, steps, practice, in the reader's language."""

import re

import pytest
from sqlalchemy import func, select

from lms.base.db import Base
from lms.catalogue import queries as catalogue
from lms.identity.actions import set_preferences
from lms.learning.models import Progress
from lms.register.own_duties import my_duties
from tests.learning.taking import assign
from tests.web.staff_pages import COURSE, as_fields, counted, edition_of, shown

LARGEST_STEP = 15_000  # bytes of HTML
OPTION = re.compile(r'(?:value|id)="(?:f-answer-)?([a-z])"')


@pytest.fixture
def amina(granvik, sign_in):
    return sign_in(granvik, "amina")


@pytest.fixture
def course(house):
    return edition_of(house)


OF_THEIR_OWN = {"branching", "reflection"}  # taken step by step, and not graded: see their own tests


def practice_items(course):
    """(address, item) of every practice item that a step shows and that is answered at once."""
    return [
        (f"{COURSE}/{lesson.id}/{step.id}", course.items[step.item])
        for lesson in course.lessons
        for step in lesson.steps
        if step.item and course.items[step.item].type not in OF_THEIR_OWN
    ]


def wrong(item, course):
    text = course.texts["sv"].items[item.id]
    options = list(text.options)
    match item.type:
        case "single" | "scenario" | "hotspot":
            return next(option for option in options if option != key(item))
        case "multiple":
            return [option for option in options if option not in item.key]
        case "ordering":
            return list(reversed(item.key))
        case "true-false":
            return key(item) | {"reason": next(option for option in options if option != item.key["reason"])}
        case "fill-in":
            return {gap: next(word for word in text.gaps[gap] if word != item.key[gap]) for gap in text.gaps}
    return dict.fromkeys(options, next(iter(item.key.values())))


def key(item):
    match item.type:
        case "hotspot":
            return item.key["place"]
        case "true-false":
            return {"truth": str(item.key["truth"]).lower(), "reason": item.key["reason"]}
    return list(item.key) if isinstance(item.key, tuple) else item.key


def test_the_list_shows_every_course_and_where_one_stands(granvik, amina):
    assert "40\u00a0min" in shown(amina.get("/courses"))
    assign(granvik, "amina", days=60)
    assert 'href="/courses/documentation"' in amina.get("/courses").text
    assert "chip new" in amina.get("/courses").text
    assign(granvik, "farid", days=9)


def test_the_overview_tells_what_a_course_is(amina, course):
    page = shown(amina.get(COURSE))
    text = course.texts["sv"]
    for lesson in course.lessons:
        assert text.lessons[lesson.id].title in page
        assert f'href="{COURSE}/{lesson.id}"' in page
    for wording in (
        *text.goals.values(),
        *text.sources.values(),
        *(word.means for word in text.words.values()),
    ):
        assert wording in page
    assert all(source.url in page for source in course.sources)
    assert f'href="{COURSE}/quiz"' in page
    first = course.lessons[0]
    assert f'href="{COURSE}/{first.id}/{first.steps[0].id}"' in page


def test_a_lesson_leads_to_its_first_step_that_was_not_read(amina, course):
    lesson = course.lessons[1]
    steps = [f"{COURSE}/{lesson.id}/{step.id}" for step in lesson.steps]
    for step in steps:
        answer = amina.get(f"{COURSE}/{lesson.id}")
        assert (answer.status_code, answer.headers["Location"]) == (303, step)
        assert amina.get(step).status_code == 200
    assert amina.get(f"{COURSE}/{lesson.id}").headers["Location"] == steps[0]


def test_opening_a_step_is_kept_once_and_starts_the_course(granvik, amina, course):
    assign(granvik, "amina", days=60)
    lesson = course.lessons[0]
    for _twice in range(2):
        amina.get(f"{COURSE}/{lesson.id}/{lesson.steps[0].id}")
    with granvik.work("amina", writes=False) as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(Progress)) == 1
        assert my_duties(ctx)[0].state == "under_way"
    page = amina.get(COURSE).text
    assert f'href="{COURSE}/{lesson.id}/{lesson.steps[1].id}"' in page


def test_steps_are_chained_to_the_quiz(amina, course):
    addresses = [f"{COURSE}/{lesson.id}/{step.id}" for lesson in course.lessons for step in lesson.steps]
    follow = [*addresses[1:], f"{COURSE}/quiz"]
    before = [COURSE, *addresses]
    items = dict(practice_items(course))
    in_steps = [
        f"{COURSE}/{lesson.id}/{step.id}"
        for lesson in course.lessons
        for step in lesson.steps
        if step.item and course.items[step.item].type == "branching"  # leads on after the last decision
    ]
    for address, ahead, back in zip(addresses, follow, before, strict=False):
        page = amina.get(address)
        lesson_begins = address.rsplit("/", 1)[0] != back.rsplit("/", 1)[0]
        assert f'href="{COURSE if lesson_begins else back}"' in page.text
        if address in items:
            page = amina.post(address, data=as_fields(key(items[address])))
        assert f'href="{ahead}"' in page.text or address in in_steps


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_step_is_small_and_has_one_heading_of_the_first_level(granvik, amina, course, language):
    with granvik.work("amina") as ctx:
        set_preferences(ctx, language, "dark")
    for lesson in course.lessons:
        for place, step in enumerate(lesson.steps, 1):
            page = amina.get(f"{COURSE}/{lesson.id}/{step.id}")
            assert page.status_code == 200
            assert len(page.data) <= LARGEST_STEP
            assert page.text.count("<h1") == 1
            assert f'value="{place}" max="{len(lesson.steps)}"' in page.text
            assert 'data-theme="dark"' in page.text


def test_words_and_sources_stand_under_the_text_that_uses_them(amina, course):
    for lesson in course.lessons:
        for step in lesson.steps:
            page = shown(amina.get(f"{COURSE}/{lesson.id}/{step.id}"))
            for target in re.findall(r'(?:href="#|popovertarget=")([ws]-[a-z-]+)"', page):
                assert page.count(f'id="{target}"') == 1
            if step.item is None:
                wording = course.texts["sv"].lessons[lesson.id].steps[step.id]
                assert all(course.texts["sv"].words[word].means in page for word in wording.words)
                assert all(course.texts["sv"].sources[key] in page for key in wording.sources)


def test_what_is_not_there_is_not_found(amina, course):
    lesson = course.lessons[0]
    for address in ("/courses/x", f"{COURSE}/x", f"{COURSE}/x/y", f"{COURSE}/{lesson.id}/x"):
        assert amina.get(address).status_code == 404
    assert amina.post(f"{COURSE}/{lesson.id}/{lesson.steps[0].id}", data={"answer": "a"}).status_code == 404


def test_a_practice_item_keeps_its_key_until_it_is_answered(amina, course):
    for address, item in practice_items(course):
        text = course.texts["sv"].items[item.id]
        page = shown(amina.get(address))
        assert text.ask in page
        assert not any(told in page for told in (*text.why.values(), *text.then.values()))
        assert options_in(amina.get(address)) == re.findall(OPTION, page)


def options_in(page):
    return re.findall(OPTION, page.text)


def test_options_stand_in_the_same_order_at_every_visit_of_a_person(granvik, sign_in, course):
    orders = {}
    for name in ("amina", "farid", "hodan"):
        browser = sign_in(granvik, name)
        for address, item in practice_items(course):
            first, again = (options_in(browser.get(address)) for _visit in range(2))
            assert first == again
            orders.setdefault(item.id, set()).add(tuple(first))
    assert any(len(different) > 1 for different in orders.values())


def test_every_type_of_practice_item_is_graded_and_explained(amina, course):
    items = practice_items(course)
    assert {item.type for _address, item in items} == {
        "single",
        "multiple",
        "ordering",
        "matching",
        "scenario",
        "true-false",
        "fill-in",
        "hotspot",
    }
    for address, item in items:
        text = course.texts["sv"].items[item.id]
        right = amina.post(address, data=as_fields(key(item)))
        assert "sheet right" in right.text
        missed = amina.post(address, data=as_fields(wrong(item, course)))
        assert "sheet wrong" in missed.text
        for page in (right, missed):
            assert page.status_code == 200
            assert page.text.count("<h1") == 1
            assert all(told in shown(page) for told in (*text.why.values(), *text.then.values()))
        assert f'href="{COURSE}/{item.lesson}/{item.step}"' in missed.text or item.step is None


def test_an_answer_that_is_none_is_said_at_the_options(english, course):
    said = {
        "single": "Choose an answer first.",
        "scenario": "Choose an answer first.",
        "multiple": "Choose at least one answer first.",
        "ordering": "Put all of them in order first.",
        "matching": "Choose an answer on every line first.",
        "true-false": "Choose if it is right, and why, first.",
        "fill-in": "Choose a word for every gap first.",
        "hotspot": "Choose an answer first.",
    }
    amina = english("amina")
    for address, item in practice_items(course):
        for sent in ({}, {"answer": "nothing-like-it"}, {"answer-zz": "a", "answer": ["zz", "zz"]}):
            page = amina.post(address, data=sent)
            assert page.status_code == 422
            assert said[item.type] in page.text
            assert 'aria-invalid="true"' in page.text
            assert "data-sheet" not in page.text


def test_choices_on_some_lines_are_kept_beside_the_error(amina, course):
    address, item = next(found for found in practice_items(course) if found[1].type == "matching")
    option, target = next(iter(item.key.items()))
    page = amina.post(address, data={f"answer-{option}": target})
    assert page.status_code == 422
    assert f'<option value="{target}" selected>' in page.text


def test_without_script_an_arrow_moves_an_option_and_nothing_is_graded(amina, course):
    address, item = next(found for found in practice_items(course) if found[1].type == "ordering")
    order = sorted(item.key)
    page = amina.post(address, data={"answer": order, "move": f"{order[0]}:down"})
    assert page.status_code == 200
    assert re.findall(r'name="answer" value="([a-z])"', page.text)[:2] == [order[1], order[0]]
    assert "data-sheet" not in page.text
    for move in ("zz:up", f"{order[0]}:up", ""):
        same = amina.post(address, data={"answer": order, "move": move})
        assert re.findall(r'name="answer" value="([a-z])"', same.text) == order
    strange = amina.post(address, data={"answer": ["a", "zz"], "move": "a:up"})
    assert sorted(re.findall(r'name="answer" value="([a-z])"', strange.text)) == order


def test_practice_is_stored_nowhere(granvik, amina, course):
    def rows():
        with granvik.work("amina", writes=False) as ctx:
            tables = [table for table in Base.metadata.tables.values() if table.name != "session"]
            return {table.name: ctx.db.scalar(select(func.count()).select_from(table)) for table in tables}

    items = practice_items(course)
    for address, _item in items:
        amina.get(address)
    before = rows()
    for address, item in items:
        amina.post(address, data=as_fields(key(item)))
        amina.post(address, data=as_fields(wrong(item, course)))
    assert rows() == before


def test_a_course_is_read_in_the_readers_language_or_marked_with_its_own(granvik, amina, course, english):
    lesson = course.lessons[0]
    address = f"{COURSE}/{lesson.id}/{lesson.steps[0].id}"
    titles = {
        code: text.lessons[lesson.id].steps[lesson.steps[0].id].title for code, text in course.texts.items()
    }
    assert titles["sv"] in shown(amina.get(address))
    amina = english("amina")
    page = shown(amina.get(address))
    assert titles["en"] in page
    assert '<html lang="en"' in page
    assert '<article class="stack" id="text">' in page
    with granvik.work("amina") as ctx:
        set_preferences(ctx, "nb", "system")
    page = shown(amina.get(address))
    assert titles["sv"] in page
    assert '<html lang="nb"' in page
    assert '<article class="stack" lang="sv" id="text">' in page
    assert "Svenska" in amina.get(COURSE).text


def test_pages_of_a_course_take_at_most_six_statements(granvik, amina, house, course):
    assign(granvik, "amina")
    lesson = course.lessons[0]
    addresses = [
        "/courses", COURSE, f"{COURSE}/{lesson.id}", f"{COURSE}/{lesson.id}/{lesson.steps[0].id}", f"{COURSE}/quiz",
    ]  # fmt: skip
    for address in addresses:
        with counted(house) as sent:
            amina.get(address)
        begins = address.endswith(lesson.steps[0].id)  # the first step of all is also the beginning of a duty
        assert len(sent) <= 6 + begins, sent
    for each in course.lessons:
        for step in each.steps:
            amina.get(f"{COURSE}/{each.id}/{step.id}")
    amina.post(f"{COURSE}/quiz")
    for address in addresses:
        with counted(house) as sent:
            amina.get(address)
        assert len(sent) <= 6, sent


def test_when_all_is_read_the_course_leads_to_the_test(granvik, amina, course):
    assign(granvik, "amina")
    for lesson in course.lessons:
        for step in lesson.steps:
            amina.get(f"{COURSE}/{lesson.id}/{step.id}")
    dock = amina.get(COURSE).text.split('class="dock"')[1]
    assert f'href="{COURSE}/quiz"' in dock
    assert f'href="{COURSE}/quiz"' in amina.get("/todo").text
    with granvik.work("amina", writes=False) as ctx:
        assert catalogue.current_edition(ctx, "documentation").id == course.id


def test_nobody_reads_without_signing_in(client, course):
    lesson = course.lessons[0]
    for address in (
        "/courses",
        COURSE,
        f"{COURSE}/{lesson.id}",
        f"{COURSE}/{lesson.id}/{lesson.steps[0].id}",
    ):
        assert "/sign-in" in client.get(address).headers["Location"]
