"""The question of the week through the pages: wanted, asked, explained, stopped."""

import re

import pytest
from sqlalchemy import delete

from lms.learning.models import WeeklyAnswer, WeeklyChoice
from lms.learning.spacing import may_be_asked
from lms.learning.weekly import my_week
from tests.learning.kettle import KETTLE, publish_kettle
from tests.learning.taking import take
from tests.web.staff_pages import as_fields, counted, edition_of, hidden_fields, shown

WANTED, STOPPED = {"wanted": "yes"}, {"wanted": "no"}


@pytest.fixture
def amina(granvik, english):
    """Signed in, with a valid proof of the shipped course."""
    take(granvik, "amina", right=12)
    return english("amina")


def asked(town, name="amina"):
    with town.work(name, writes=False) as ctx:
        return my_week(ctx)


def right_and_wrong(found):
    """A right answer to the question of the week, and one that is not."""
    key, drawn = found.edition.items[found.item].key, found.question
    ids = [option for option, _text in drawn.options]
    match drawn.type:
        case "single" | "scenario":
            return key, next(option for option in ids if option != key)
        case "multiple":
            return list(key), [next(option for option in ids if option not in key)]
        case "matching":
            return dict(key), dict.fromkeys(ids, drawn.targets[0][0])


def send(browser, value, page=None):
    return browser.post("/week", data=hidden_fields(page or browser.get("/week")) | as_fields(value))


@pytest.fixture
def only(monkeypatch):
    """Ask items of some types only: those of which a test knows a wrong answer."""

    def types(*names):
        monkeypatch.setattr(
            "lms.learning.spacing.may_be_asked", lambda item: item.type in names and may_be_asked(item)
        )

    return types


CHOICES = ("single", "scenario", "multiple", "matching")


def test_it_is_wanted_on_the_own_page_and_stands_on_the_first(amina):
    assert "Give me a question a week" in amina.get("/me").text
    assert "A question for the week" not in amina.get("/todo").text
    assert 'href="/week"' in amina.get("/courses/documentation/result").text
    about = amina.get("/week").text
    assert "What you missed comes back sooner." in about
    assert "Give me a question a week" in about
    sent = amina.post("/week/choice", data=WANTED)
    assert (sent.status_code, sent.headers["Location"]) == (303, "/me?saved=weekly#weekly")
    assert "You now get a question a week." in amina.get("/me?saved=weekly").text
    todo = amina.get("/todo").text
    assert 'href="/week"' in todo
    assert "It takes about half a minute. Only you see it." in todo


def test_it_is_offered_with_the_first_certificate_until_there_is_a_choice(house, granvik, amina, tmp_path):
    result = "/courses/documentation/result"
    assert 'href="/week"' in amina.get(result).text
    amina.post("/week/choice", data=STOPPED)
    assert 'href="/week"' not in amina.get(result).text
    with granvik.work("amina") as ctx:
        ctx.db.execute(delete(WeeklyChoice).where(WeeklyChoice.employer_id == ctx.employer_id))
    assert 'href="/week"' in amina.get(result).text
    publish_kettle(house, tmp_path / "kettle")
    take(granvik, "amina", 4, course=KETTLE)
    assert 'href="/week"' not in amina.get(f"/courses/{KETTLE}/result").text


def test_another_language_is_no_answer_and_nothing_is_lost(granvik, amina, only):
    only("single", "scenario")
    amina.post("/week/choice", data=WANTED)
    found = asked(granvik)
    right, _wrong = right_and_wrong(found)
    sent = hidden_fields(amina.get("/week")) | as_fields(right) | {"to": "sv"}
    page = amina.post("/week", data=sent)
    assert (page.status_code, page.text.count('<html lang="sv"')) == (200, 1)
    assert found.edition.texts["sv"].items[found.item].ask in shown(page)
    assert f'value="{right}" checked' in page.text
    assert asked(granvik).question is not None
    send(amina, right)
    answered = amina.get("/week")
    assert found.edition.texts["sv"].items[found.item].ask in shown(answered)
    assert re.search(r'<form class="langs" method="post" action="/language">.*?value="/week"', answered.text)


def test_nothing_on_the_page_looks_like_a_time_limit(amina):
    amina.post("/week/choice", data=WANTED)
    page = amina.get("/week").text
    assert "There is no time limit." in page
    assert not re.search(r"second|minute", page)


def test_it_is_stopped_below_the_question(amina):
    amina.post("/week/choice", data=WANTED)
    assert 'name="wanted" value="no"' in amina.get("/week").text
    assert amina.post("/week/choice", data=STOPPED).headers["Location"] == "/me?saved=no_weekly#weekly"
    own = amina.get("/me?saved=no_weekly").text
    assert "You get no more questions." in own
    assert "Give me a question a week" in own
    assert 'href="/week"' not in amina.get("/todo").text


@pytest.mark.parametrize("right", [True, False])
def test_from_the_card_to_what_is_said(granvik, amina, only, right):
    only(*CHOICES)
    amina.post("/week/choice", data=WANTED)
    found = asked(granvik)
    page = shown(amina.get("/week"))
    item, text = found.edition.items[found.item], found.edition.texts["en"]
    assert may_be_asked(item)
    assert text.items[item.id].ask in page
    assert not any(why in page for why in text.items[item.id].why.values())
    nothing = amina.post("/week", data=hidden_fields(amina.get("/week")))
    assert nothing.status_code == 422
    assert "Error:" in nothing.text
    sent = send(amina, right_and_wrong(found)[not right])
    assert (sent.status_code, sent.headers["Location"]) == (303, "/week")
    said = shown(amina.get("/week"))
    assert ("Right!" if right else "Not quite") in said
    assert "The next question comes on Monday." in said
    assert f'href="/courses/documentation/{item.lesson}' in said
    assert "A question for the week" not in amina.get("/todo").text


def test_an_answer_to_another_question_or_a_second_one_changes_nothing(granvik, amina, only):
    only(*CHOICES)
    amina.post("/week/choice", data=WANTED)
    found, page = asked(granvik), amina.get("/week")
    right, wrong = right_and_wrong(found)
    other = hidden_fields(page) | {"item": "e1"} | as_fields(right)
    assert amina.post("/week", data=other).status_code == 303
    assert asked(granvik).question is not None
    for value in (wrong, right):
        assert send(amina, value, page).status_code == 303
    assert asked(granvik).feedback.right is False
    assert amina.post("/week", data={"move": "a:up"}).headers["Location"] == "/week"


def test_an_order_is_changed_without_script(granvik, amina, only):
    only("ordering")
    amina.post("/week/choice", data=WANTED)
    ids = [option for option, _text in asked(granvik).question.options]
    page = amina.post("/week", data={"item": "x", "answer": ids, "move": f"{ids[1]}:up"})
    texts = edition_of(granvik.house).texts["en"].items[asked(granvik).item].options
    assert page.status_code == 200
    assert shown(page).index(texts[ids[1]]) < shown(page).index(texts[ids[0]])


def test_without_a_valid_certificate_it_says_so(english):
    browser = english("farid")
    browser.post("/week/choice", data=WANTED)
    assert "There is no question for you this week." in browser.get("/week").text
    assert 'href="/week"' not in browser.get("/todo").text


@pytest.mark.parametrize("name", ["karin", "maria", "farid"])
def test_nobody_else_sees_whether_one_wants_or_answers_it(granvik, amina, sign_in, name):
    browser = sign_in(granvik, name)
    person = granvik.person("amina").public_id
    pages = ("/team", f"/team/{person}", "/register", "/org/people", "/week", "/todo", "/me")
    before = [browser.get(page).text.count("week") for page in pages]
    amina.post("/week/choice", data=WANTED)
    with granvik.work("amina") as ctx:
        ctx.db.add(
            WeeklyAnswer(
                employer_id=ctx.employer_id, person_id=ctx.who.person_id, course="documentation", edition_id=1,
                item="zz-item", asked_week=ctx.today, value="a", right=False, answered_at=ctx.now,
            )
        )  # fmt: skip
    assert [browser.get(page).text.count("week") for page in pages] == before


def test_the_pages_take_at_most_six_statements_and_the_first_one_as_many_as_before(granvik, house, amina):
    def costs(path):
        with counted(house) as sent:
            assert amina.get(path).status_code == 200
        return len(sent)

    amina.get("/todo")
    without = costs("/todo")
    assert max(without, costs("/week"), costs("/me"), costs("/courses/documentation/result")) <= 6
    amina.post("/week/choice", data=WANTED)
    assert costs("/todo") == without
    assert max(costs("/week"), costs("/me")) <= 6


def test_looking_writes_nothing(granvik, amina):
    amina.get("/week")
    amina.post("/week/choice", data=WANTED)
    for path in ("/todo", "/week", "/me"):
        amina.get(path)
    with granvik.inside() as ctx:
        answers = ctx.db.query(WeeklyAnswer).where(WeeklyAnswer.employer_id == granvik.employer_id)
        choices = ctx.db.query(WeeklyChoice).where(WeeklyChoice.employer_id == granvik.employer_id)
        assert (answers.count(), choices.count()) == (0, 1)
