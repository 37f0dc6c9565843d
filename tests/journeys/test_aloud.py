"""Reading aloud in a real browser. The device's voices are the edge of the world: pages get ones that write down."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from lms.demo_towns import GRANVIK
from tests.journeys.conftest import PHONE
from tests.journeys.learner import follow
from tests.journeys.test_whole_course import HAS_NOT_BEGUN
from tests.journeys.walk import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
COURSE = "/courses/documentation"
VOICES = """
(voices) => {
  const made = ([lang, localService]) => ({ lang, localService });
  const speech = new EventTarget();
  speech.said = [];
  speech.getVoices = () => voices.map(made);
  speech.speak = (said) => { speech.now = said; speech.said.push([said.text, said.lang, said.voice?.lang]); };
  speech.cancel = () => { const was = speech.now; speech.now = null; was?.onerror({ error: "canceled" }); };
  speech.end = () => { const was = speech.now; speech.now = null; was.onend({}); };
  speech.arrive = (more) => { voices.push(...more); speech.dispatchEvent(new Event("voiceschanged")); };
  Object.defineProperty(window, "speechSynthesis", { value: speech });
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
}
"""


def voices(page: Page, *found: tuple[str, bool]) -> None:
    """Give the device of a page voices: (language, whether they work without network)."""
    page.add_init_script(f"({VOICES})({json.dumps(found)})")


def said(page: Page) -> list[list[str]]:
    """What has been said so far: (text, language, language of the voice)."""
    return page.evaluate("speechSynthesis.said")


def speak_on(page: Page) -> None:
    """Let the voice come to the end of all that is left."""
    page.evaluate("while (speechSynthesis.now) speechSynthesis.end()")


def test_a_step_is_read_in_order_pauses_and_goes_on(visitor):
    page = visitor(PHONE)
    voices(page, ("sv_SE", True))
    sign_in(page, "amina")
    page.goto(f"{COURSE}/right-record/hall")
    read, stop = page.get_by_role("button", name="Läs upp"), page.get_by_role("button", name="Sluta läsa upp")
    expect(read).to_have_attribute("aria-pressed", "false")
    expect(stop).to_be_hidden()
    box = read.bounding_box()
    assert box is not None
    assert box["height"] >= 48
    assert said(page) == []  # never by itself
    read.focus()
    page.keyboard.press("Enter")
    expect(read).to_have_attribute("aria-pressed", "true")
    page.evaluate("speechSynthesis.end()")
    page.evaluate("speechSynthesis.end()")
    third = said(page)[2]
    page.keyboard.press("Enter")
    expect(read).to_have_attribute("aria-pressed", "false")
    expect(stop).to_be_visible()
    assert len(said(page)) == 3
    page.keyboard.press("Enter")
    assert said(page)[3] == third  # once more from the beginning of the block
    speak_on(page)
    expect(read).to_have_attribute("aria-pressed", "false")
    expect(stop).to_be_hidden()
    texts = [text for text, _language, _voice in said(page)[:3] + said(page)[4:]]
    assert texts == page.locator("article .prose > *").all_inner_texts()
    assert {(language, voice) for _text, language, voice in said(page)} == {("sv", "sv_SE")}


def test_stop_begins_from_the_start_and_leaving_is_silent(visitor):
    page = visitor(PHONE)
    voices(page, ("sv-SE", True))
    sign_in(page, "amina")
    page.goto(f"{COURSE}/right-record/hall")
    read, stop = page.get_by_role("button", name="Läs upp"), page.get_by_role("button", name="Sluta läsa upp")
    read.click()
    page.evaluate("speechSynthesis.end()")
    stop.click()
    expect(read).to_be_focused()
    read.click()
    assert said(page)[0] == said(page)[2]
    page.evaluate(
        "addEventListener('pagehide', () => sessionStorage.setItem('left', String(speechSynthesis.now)))"
    )
    page.locator(".dock a.btn").last.click()
    page.wait_for_url(lambda url: not url.endswith("/hall"))
    assert page.evaluate("sessionStorage.getItem('left')") == "null"
    assert said(page) == []


def test_focus_stays_when_reading_comes_to_its_end(visitor):
    page = visitor(PHONE)
    voices(page, ("sv-SE", True))
    sign_in(page, "amina")
    page.goto(f"{COURSE}/right-record/hall")
    read, stop = page.get_by_role("button", name="Läs upp"), page.get_by_role("button", name="Sluta läsa upp")
    read.click()
    stop.focus()
    speak_on(page)
    expect(stop).to_be_hidden()
    expect(read).to_be_focused()


def test_the_own_routine_of_the_employer_is_read_with_its_step(visitor):
    officer = visitor(PHONE)
    sign_in(officer, "maria")
    # a step no other test of this file reads: they come in any order and share one municipality
    officer.goto(f"/org{COURSE}/local/right-record/two-records")
    officer.locator("[name=routine-sv]").fill("Ring jouren.\n\nSkriv sedan.")
    follow(officer, officer.locator("form#local .btn").last)
    page = visitor(PHONE)
    voices(page, ("sv-SE", True))
    sign_in(page, "amina")
    page.goto(f"{COURSE}/right-record/two-records")
    page.get_by_role("button", name="Läs upp").click()
    speak_on(page)
    assert [text for text, *_rest in said(page)][-2:] == ["Ring jouren.", "Skriv sedan."]


def test_a_question_before_a_course_is_read_in_the_language_of_the_course(visitor):
    page = visitor(PHONE)
    voices(page, ("sv-SE", True))
    sign_in(page, GRANVIK.address(HAS_NOT_BEGUN["SE"]["sv"]).partition("@")[0])
    page.goto("/me")
    page.locator("input[name=language][value=nb]").check(force=True)
    follow(page, page.locator("form:has([name=language]) button").last)
    page.goto(f"{COURSE}/before/pretest")
    follow(page, page.locator(".dock button"))
    page.get_by_role("button", name="Les opp").click()
    speak_on(page)
    assert [page.locator(".ask").inner_text(), "sv", "sv-SE"] in said(page)


@pytest.mark.parametrize("found", [[], [("en-GB", True)], [("sv-SE", False)]])
def test_without_a_voice_of_the_device_for_the_language_there_is_no_button(visitor, found):
    page = visitor(PHONE)
    voices(page, *found)
    sign_in(page, "amina")
    page.goto(f"{COURSE}/right-record/hall", wait_until="networkidle")
    read = page.get_by_role("button", name="Läs upp")
    expect(read).to_have_count(0)
    page.evaluate("speechSynthesis.arrive([['sv-SE', true]])")  # browsers find them late
    expect(read).to_be_visible()


def test_a_question_its_options_and_what_is_said_about_the_answer_are_read(visitor):
    page = visitor(PHONE)
    voices(page, ("sv-SE", True))
    sign_in(page, "amina")
    page.goto(f"{COURSE}/right-record/hall")
    while not page.locator("form#practice input[type=radio]").count():
        with page.expect_navigation():
            page.locator(".dock a.btn").last.click()
    read = page.get_by_role("button", name="Läs upp")
    read.click()
    speak_on(page)
    options = page.locator("form#practice .opt").all_inner_texts()
    texts = [text for text, *_rest in said(page)]
    assert page.locator("h1").inner_text() in texts
    assert texts[-len(options) :] == options
    page.locator("form#practice input").last.check()
    page.locator("button[form=practice]", has_text="Svara").click()
    read.click()
    speak_on(page)
    texts = [text for text, *_rest in said(page)]
    assert texts[0] == page.locator("#said p").first.inner_text()
    for answer in page.locator("#answered .said").all_inner_texts():
        assert any(answer in text for text in texts)


def test_a_part_in_another_language_gets_a_voice_of_its_own(visitor):
    page = visitor(PHONE)
    voices(page, ("sv-SE", True), ("nb-NO", True))
    sign_in(page, "amina")
    page.route(
        "**/right-record/hall",
        lambda route: route.fulfill(
            body=re.sub("</h1>", ' <span lang="no">god natt</span></h1>', route.fetch().text(), count=1),
            content_type="text/html",
        ),
    )
    page.goto(f"{COURSE}/right-record/hall")
    page.get_by_role("button", name="Läs upp").click()
    speak_on(page)
    assert ["god natt", "no", "nb-NO"] in said(page)


def test_a_part_without_a_voice_and_what_somebody_wrote_are_passed_over(visitor):
    page = visitor(PHONE)
    voices(page, ("sv-SE", True), ("nb-NO", False))
    sign_in(page, "amina")
    more = ' <span lang="no">god natt</span></h1><p>Sedan <textarea>Jag var ledsen.</textarea></p>'
    page.route(
        "**/right-record/hall",
        lambda route: route.fulfill(
            body=re.sub("</h1>", more, route.fetch().text(), count=1), content_type="text/html"
        ),
    )
    page.goto(f"{COURSE}/right-record/hall")
    page.get_by_role("button", name="Läs upp").click()
    speak_on(page)
    texts = [text for text, *_rest in said(page)]
    assert "Sedan" in texts
    assert not {"god natt", "Jag var ledsen."} & set(texts)
    assert {voice for _text, _language, voice in said(page)} == {"sv-SE"}


def test_the_scripts_of_a_step_are_small(visitor):
    page = visitor(PHONE)
    sign_in(page, "amina")
    page.goto(f"{COURSE}/right-record/hall", wait_until="networkidle")
    sizes = page.evaluate(
        "performance.getEntriesByType('resource')"
        ".filter((each) => each.name.endsWith('.js')).map((each) => each.decodedBodySize)"
    )
    assert len(sizes) == 3  # the pages' own, reading aloud, and what waits from before on a phone
    assert sum(sizes) <= 20 * 1024
