"""What a phone gets of a course and what it sends: whole, only to a device of one's own, and without any key."""

import gzip
import json
import re
from datetime import UTC, datetime
from html import unescape
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from lms.app import STATIC
from lms.catalogue import queries as catalogue
from lms.catalogue.items import TYPES
from lms.learning.models import Answer, Attempt
from lms.learning.practice import foreseen
from lms.learning.queries import Question
from lms.web.answers import as_sent, sent_answer
from lms.web.offline import SHOWN_WITH
from lms.web.phone_pages import ANY, FULL, INCOMPLETE, OVER, canonical
from tests.catalogue.later_edition import publish_later
from tests.learning.taking import COURSE, take
from tests.web.staff_pages import counted, edition_of

PAGES = f"/phone/courses/{COURSE}/pages.json"


@pytest.fixture
def phone(granvik, sign_in):
    return sign_in(granvik, "amina", remember=True)


def content(browser, path=PAGES):
    answer = browser.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    return json.loads(gzip.decompress(answer.data))


def post(browser, deeds, **more):
    now = datetime.now(UTC).timestamp() * 1000
    return browser.post(
        "/phone/deeds", json={"sent_at": now, "deeds": [{"at": now} | each for each in deeds]} | more
    )


def deed(kept, place, form, **more):
    return {
        "kind": "answer", "client_id": str(uuid4()), "attempt": kept["exam"]["attempt"], "place": place, "form": form,
    } | more  # fmt: skip


def test_every_step_every_answer_and_the_test_are_there(granvik, house, phone):
    kept, edition = content(phone), edition_of(house)
    there = {(at, sent): html for at, sent, html in kept["pages"]}
    assert (f"/courses/{COURSE}", "") in there
    with granvik.work("amina", writes=False) as ctx:
        for lesson in edition.lessons:
            for step in lesson.steps:
                at = f"/courses/{COURSE}/{lesson.id}/{step.id}"
                assert "data-offline" in there[at, ""]
                item = edition.items.get(step.item or "")
                if item is None or not TYPES[item.type].is_graded:
                    continue
                said, other = foreseen(ctx, edition, item.id)
                for value, answer in said.items():
                    in_steps = TYPES[item.type].in_steps
                    html = there[at, canonical(as_sent(json.loads(value), in_steps=in_steps))]
                    assert ("data-sheet" in html) is not isinstance(answer, Question)
                assert other.compared
                assert "Jämför ditt svar" in there[at, ANY]
                assert "Ditt svar, och rätt" not in there[at, ANY]
                assert 'class="err"' in there[at, INCOMPLETE] or 'role="alert"' in there[at, INCOMPLETE]
    quiz = f"/courses/{COURSE}/quiz"
    assert kept["exam"]["places"] == list(range(1, 13))
    assert {
        (f"{quiz}/{place}", sent) for place in range(1, 13) for sent in ("", INCOMPLETE, FULL)
    } <= there.keys()
    assert {(quiz, ""), (quiz, OVER)} <= there.keys()
    assert not any('name="to"' in html for html in there.values())  # another language would be an answer
    assert (f"/courses/{COURSE}/result", "") in there
    assert set(edition.media.values()) == set(re.findall(r"/media/([0-9a-f]{64})", " ".join(kept["files"])))


def test_pages_of_the_test_give_nothing_away(granvik, house, phone):
    kept, edition = content(phone), edition_of(house)
    pages = [unescape(html) for at, _sent, html in kept["pages"] if "/quiz" in at]
    for item in edition.items.values():
        if item.use == "exam":
            for why in edition.texts["sv"].items[item.id].why.values():
                assert not any(why in html for html in pages)


def test_what_is_sent_is_what_the_form_of_each_type_sends(house):
    for item in edition_of(house).items.values():
        kind = TYPES[item.type]
        if not kind.is_graded:
            continue
        drawn = kind.draw(item, edition_of(house).texts["sv"].items[item.id], Random(1))
        right = kind.solved(item, drawn)
        pairs = as_sent(right, in_steps=kind.in_steps)
        assert sent_answer(MultiDict(pairs), item.type) == right
        assert {name for name, _value in pairs} - {"made"} == set(kind.asked(item, drawn))


def test_nothing_counts_as_read_or_begun(granvik, phone):
    before = phone.get(f"/courses/{COURSE}").text
    content(phone)
    after = phone.get(f"/courses/{COURSE}").text
    assert re.sub(r'value="[^"]{40,}"', "", before) == re.sub(r'value="[^"]{40,}"', "", after)
    assert "Du har redan börjat" not in phone.get(f"/courses/{COURSE}/quiz").text


def test_files_that_pages_need_are_there(house, phone):
    files = content(phone)["files"]
    for name in SHOWN_WITH:
        assert (STATIC / name).is_file()
        assert sum(file.endswith(f"/{name}") for file in files) == 1
    for file in files:
        assert phone.get(file).status_code == 200
    imported = re.findall(
        r'from "\./([a-z]+\.js)"', "".join(path.read_text() for path in (STATIC / "offline").glob("*.js"))
    )
    assert {f"offline/{name}" for name in imported} <= set(SHOWN_WITH)


def test_only_a_device_of_ones_own_keeps_anything(granvik, sign_in, client):
    borrowed = sign_in(granvik, "amina")
    assert borrowed.get(PAGES).status_code == 404
    for path in (PAGES, "/phone/state.json"):
        assert client.get(path).status_code == 303
    # what waits from before is sent from there all the same
    own = sign_in(granvik, "amina", remember=True)
    assert borrowed.get("/phone/state.json").json["for"] == own.get("/phone/state.json").json["for"]
    assert post(borrowed, []).status_code == 200
    page = borrowed.get(f"/phone/courses/{COURSE}")
    assert "Bara i din egen telefon" in page.text
    assert "keeping.js" not in page.text
    assert page.headers["Kunnig-Person"] == ""
    assert "Kunnig-Keep" not in borrowed.get("/todo").headers


def test_pages_say_whose_they_are_and_which_may_be_kept(granvik, sign_in, phone, client):
    other = sign_in(granvik, "farid", remember=True)
    mine, theirs = (each.get("/todo").headers["Kunnig-Person"] for each in (phone, other))
    assert re.fullmatch("[0-9a-f]{24}", mine)
    assert mine != theirs
    assert phone.get("/todo").headers["Kunnig-Keep"] == "1"
    assert "Kunnig-Keep" not in phone.get("/me").headers
    assert phone.get("/me").headers["Kunnig-Person"] == mine
    assert client.get("/sign-in").headers["Kunnig-Person"] == ""
    assert "Kunnig-Person" not in client.get("/help").headers
    assert "Kunnig-Person" not in client.get("/v").headers


def test_signing_out_clears_the_device_unless_its_worker_does(granvik, sign_in):
    assert sign_in(granvik, "amina").post("/sign-out").headers["Clear-Site-Data"] == '"storage"'
    kept = sign_in(granvik, "amina").post("/sign-out", headers={"Kunnig-Worker": "1"})
    assert "Clear-Site-Data" not in kept.headers


def test_the_worker_is_asked_for_anew_and_knows_this_release(client):
    worker = client.get("/sw.js")
    assert worker.headers["Cache-Control"] == "no-cache"
    assert worker.mimetype == "text/javascript"
    release = re.search(r'const RELEASE = "(/static/[0-9a-f]{12}/)"', worker.text)[1]
    needed = re.search(r"const SHELL_FILES = \[(.*?)\]", worker.text, re.DOTALL)[1]
    for name in re.findall(r'"([^"]+)"', needed):
        assert client.get(release + name).status_code == 200
    assert "/static/release/" not in worker.text
    assert client.get("/offline").status_code == 200
    assert "worker-src 'self'" in worker.headers["Content-Security-Policy"]


def test_answers_are_taken_in_by_their_forms(granvik, house, phone):
    kept = content(phone)
    with granvik.work("amina", writes=False) as ctx:
        attempt = ctx.db.scalars(select(Attempt).where(Attempt.employer_id == ctx.employer_id)).one()
        edition = catalogue.edition(ctx, attempt.edition_id)
        deeds = []
        for place in range(1, len(attempt.drawn) + 1):
            drawn = attempt.drawn_item(place)
            item = edition.items[drawn.item]
            pairs = as_sent(TYPES[item.type].solved(item, drawn))
            deeds.append(deed(kept, place, [*pairs, ("type", item.type)]))
    said = json.loads(post(phone, deeds[:3]).data)
    assert said["done"] == [each["client_id"] for each in deeds[:3]]
    (standing,) = said["standings"]
    assert (standing["state"], standing["counted"], standing["count"]) == ("sent", 3, 12)
    assert phone.get(f"/phone/state.json?course={COURSE}").json["standings"] == [standing]
    assert json.loads(post(phone, deeds).data)["standings"][0]["state"] == "graded"
    assert "Godkänd" in phone.get(standing["result"]).text
    assert content(phone)["exam"] is None
    with granvik.work("amina", writes=False) as ctx:
        assert len(ctx.db.scalars(select(Answer)).all()) == 12


READ = {"kind": "read", "client_id": str(uuid4()), "at": 1}


@pytest.mark.parametrize(
    "sent",
    [{}, [], {"sent_at": "x", "deeds": []}, {"sent_at": 1, "deeds": 5}, {"sent_at": 1, "deeds": [{}]},
     {"sent_at": 1, "deeds": [READ | {"client_id": "x"}]}, {"sent_at": 1, "deeds": [READ | {"form": [["a"]]}]},
     {"sent_at": 1e300, "deeds": []}, {"sent_at": 1, "deeds": [READ] * 101}],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_as_a_whole(phone, sent):
    assert phone.post("/phone/deeds", json=sent).status_code == 422


def test_nothing_is_said_of_a_test_before_something_of_it_was_sent(phone):
    kept = content(phone)
    assert kept["exam"]
    assert phone.get(f"/phone/state.json?course={COURSE}").json["standings"] == []


def test_a_new_edition_or_routine_is_another_version(granvik, house, phone, tmp_path):
    asked = f"/phone/state.json?course={COURSE}&course=nowhere"
    before = phone.get(asked).json["versions"]
    assert before == {COURSE: content(phone)["version"]}
    assert phone.get(asked).json["versions"] == before
    publish_later(house, tmp_path)
    assert phone.get(asked).json["versions"] != before


def test_asking_how_things_stand_is_cheap(house, granvik, phone):
    content(phone)
    phone.get("/todo")
    with counted(house) as sent:
        phone.get(f"/phone/state.json?course={COURSE}&course=medication")
    assert len(sent) <= 7


def test_who_has_a_certificate_takes_the_lessons_alone(granvik, phone):
    take(granvik, "amina", right=12)
    kept = content(phone)
    assert kept["exam"] is None
    html = next(html for at, _sent, html in kept["pages"] if at.endswith("/quiz"))
    assert "Du har ett giltigt intyg." in html
