"""Every course on a phone from its first step to the certificate, in each country's languages."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pikepdf
import polib
import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from lms.catalogue.queries import COURSE_ORDER
from lms.catalogue.values import Edition
from lms.demo import build_demo
from lms.demo_towns import TOWNS
from tests import builders
from tests.journeys.conftest import PHONE
from tests.journeys.examined import TO_THE_END, assert_no_violation
from tests.journeys.learner import (
    answer_quiz,
    document_of,
    follow,
    give,
    key_as_given,
    practise,
    press,
)
from tests.journeys.walk import shot, sign_in
from tests.web.staff_pages import edition_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
REGION = {"sv": "sv-SE", "nb": "nb-NO", "en": "en-GB"}
IN_EVERY_RUN = ("documentation", "SE", "sv")  # the others, which need minutes, in `make thorough`
HAS_NOT_BEGUN = {"SE": {"sv": "1024", "en": "1039"}, "NO": {"nb": "1024", "en": "1039"}}
SEEN = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const said = [document.title];
  while (texts.nextNode()) said.push(texts.currentNode.data.trim().replace(/\\s+/g, " "));
  return {
    language: document.documentElement.lang,
    width: document.documentElement.scrollWidth,
    others: [...document.querySelectorAll("main [lang]")].map(each => each.lang),
    said,
  };
}"""


@pytest.fixture(scope="module")
def towns(site) -> dict[str, builders.Town]:
    """A municipality of each country."""
    for town in TOWNS.values():
        build_demo(site.house, town)
    return {country: builders.Town(site.house, town.slug) for country, town in TOWNS.items()}


def english(language: str) -> set[str]:
    """The texts of the interface as they stand in the code, where a language has other words."""
    if language == "en":
        return set()
    entries = polib.pofile(str(Path(__file__).parents[2] / "lms" / "locale" / f"{language}.po"))
    return {
        entry.msgid for entry in entries if entry.msgid not in {entry.msgstr, *entry.msgstr_plural.values()}
    }


@dataclass
class Look:
    """What is looked for on every page; each kind of page is examined by axe and photographed once."""

    name: str
    language: str
    english: set[str]
    kinds: set[str] = field(default_factory=set)

    def __call__(self, page: Page, kind: str) -> None:
        seen = page.evaluate(SEEN)
        assert seen["language"] == self.language, page.url
        assert seen["width"] <= PHONE["width"], page.url
        assert set(seen["others"]) <= {self.language}, page.url
        assert not self.english & set(seen["said"]), page.url
        if kind in self.kinds:
            return
        self.kinds.add(kind)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(TO_THE_END)
            shot(page, f"{self.name}-{len(self.kinds):02}-{kind}-{scheme}")
            assert_no_violation(page, page.url)


def read_all(page: Page, edition: Edition, look: Look) -> list[tuple[str, str]]:
    """Read from the first step to the page before the test, every other practice item rightly; the steps seen."""
    steps, right = [], False
    while "/quiz" not in page.url:
        lesson, step = urlsplit(page.url).path.split("/")[3:]
        steps.append((lesson, step))
        form = page.locator("form#practice")
        if not form.count():
            look(page, "step")
            follow(page, page.locator(".dock a.btn").last)
            continue
        name = next(each.item for each in edition.lesson(lesson).steps if each.id == step)
        item, right = edition.items[name], not right
        look(page, f"practice-{item.type}")
        key = key_as_given(item) if right else None
        if item.type == "reflection":
            practise(page)
            look(page, "noted")
            follow(page, page.locator(".dock a.btn").last)
            continue
        if key:
            give(form, key)
            follow(page, page.locator(".btn[form=practice]"))
        else:
            practise(page)
        sheet = page.locator("[data-sheet]")
        look(page, f"explained-{item.type}-{sheet.get_attribute('class').split()[-1]}")
        if key:
            expect(sheet).to_have_class(re.compile(r"\bright\b"))
        said = page.locator("main").inner_text()
        text = edition.texts[look.language].items[name]
        reasons = [*text.why.values(), *(why for scene in text.scenes.values() for why in scene.why.values())]
        assert any(why in said for why in reasons), page.url
        follow(page, sheet.locator("a.btn").last)
    return steps


WAYS = [
    (course, country, language)
    for course in COURSE_ORDER
    for country, people in HAS_NOT_BEGUN.items()
    for language in people
]


@pytest.mark.parametrize(
    ("course", "country", "language"),
    [pytest.param(*way, marks=() if way == IN_EVERY_RUN else pytest.mark.thorough) for way in WAYS],
)
def test_from_the_first_step_to_a_certificate_that_anybody_can_verify(
    towns: dict[str, builders.Town], visitor: Callable[..., Page], course: str, country: str, language: str
):
    town, edition = TOWNS[country], edition_of(towns[country].house, country, course)
    text = edition.texts[language]
    number = HAS_NOT_BEGUN[country][language]
    look = Look(f"{course}-{country}-{language}", language, english(language))
    errors: list[str] = []
    page = visitor(PHONE, locale=REGION[language])
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)

    page.goto("/sign-in/password")
    look(page, "sign-in")
    sign_in(page, town.address(number).partition("@")[0], town)
    if language != town.language:
        page.goto("/me")
        press(page.locator(f"label:has([name=language][value={language}])"))
        follow(page, page.locator("form:has([name=language]) button[type=submit]"))
    page.goto("/todo")
    look(page, "to-do")
    page.goto("/courses")
    look(page, "courses")
    follow(page, page.locator(f"main a[href='/courses/{course}']").first)
    look(page, "course")
    follow(page, page.locator(".dock a.btn"))  # on past what one could show first
    assert read_all(page, edition, look) == [
        (lesson.id, step.id) for lesson in edition.lessons for step in lesson.steps
    ]

    look(page, "before-the-test")
    follow(page, page.locator(".dock button[type=submit]"))
    one_wrong = 0 if edition.parts else 1  # a part may ask for every answer to be right
    answer_quiz(page, towns[country], right=edition.exam_items - one_wrong, shot=look)
    look(page, "passed")
    page.goto("/certificates")
    look(page, "certificates")
    paper = page.locator("main .certificate").filter(has_text=text.title)
    follow(page, paper.locator("a[href^='/certificates/']:not([href*='.'], [href*='share'])").first)
    look(page, "certificate")
    expect(page.locator("main h1")).to_have_text(text.title)
    address = page.locator("main a[href*='/v/']").first.get_attribute("href")

    document = document_of(page, urlsplit(page.url).path.rpartition("/")[2])
    with pikepdf.open(BytesIO(document)) as pdf:
        assert str(pdf.Root.Lang).startswith(language)
    words = " ".join(pypdfium2.PdfDocument(document)[0].get_textpage().get_text_bounded().split())
    assert text.title in words
    assert town.full_name(number) in words

    stranger = visitor(PHONE, locale=REGION[language])
    stranger.goto(address)
    look(stranger, "verified")
    expect(stranger.locator(".verdict.ok")).to_be_visible()
    assert text.title in stranger.locator("main").inner_text()
    assert errors == []
