"""Every type of question in Chromium: answered by taps, keys and a screen reader's tree, narrow, light and dark."""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from lms.base.context import make_house, work
from lms.base.migrate import migrate_as_owner
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish_editions
from lms.catalogue.items import TYPES
from lms.catalogue.items.numbers import written
from lms.catalogue.items.numeric import Numeric
from lms.catalogue.values import Edition
from lms.identity.actions import set_preferences, start_session
from lms.learning import rules
from lms.learning.models import Attempt
from lms.learning.rules import Drawn
from tests.builders import Town, build_municipalities
from tests.catalogue.item_samples import OPTIONS, SAMPLES, TARGETS
from tests.catalogue.tiny_course import write_files
from tests.catalogue.typed_course import EXAMINED, LESSON, NAME, typed_course
from tests.journeys.conftest import Site, demo_settings, environment
from tests.journeys.examined import assert_no_violation
from tests.journeys.hands import Hand, Keys, Reader, Taps, line
from tests.journeys.walk import shot
from tests.servers import free_port, kunnig, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
HEIGHT = 780
WAYS: dict[str, tuple[type[Hand], dict[str, Any]]] = {
    "taps, 320 px, light": (Taps, {"width": 320, "color_scheme": "light"}),
    "keys, 390 px, dark": (Keys, {"width": 390, "color_scheme": "dark"}),
    "screen reader, 320 px, dark": (Reader, {"width": 320, "color_scheme": "dark"}),
    "taps, 390 px, without script": (Taps, {"width": 390, "java_script_enabled": False}),
    "keys, 320 px, light": (Keys, {"width": 320, "color_scheme": "light"}),
    "screen reader, 390 px, light": (Reader, {"width": 390, "color_scheme": "light"}),
}


def shared_out(first: int) -> list[Any]:
    """Every type in every way: in each run one way for each type, beginning with the `first`, the rest if thorough."""
    return [
        pytest.param(kind, way, marks=() if (which + place) % len(WAYS) == first else pytest.mark.thorough)
        for which, kind in enumerate(EXAMINED)
        for place, way in enumerate(WAYS)
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A municipality with a course of all types, served."""
    folder = tmp_path_factory.mktemp("types")
    settings = demo_settings(folder / "data", free_port())
    settings.data.mkdir()
    house = make_house(settings)
    migrate_as_owner(settings)
    build_municipalities(house)
    with work(house) as ctx:
        publish_editions(ctx, write_files(typed_course(), folder / "courses"))
    with Town(house, "granvik").work("amina") as ctx:
        set_preferences(ctx, "en", "system")
    with running(kunnig("serve"), folder / "log", f"{settings.public_url}/healthz", environment(settings)):
        yield Site(settings.public_url, house, folder)
    house.engine.dispose()


@pytest.fixture
def amina(site: Site) -> Town:
    """Where Amina works."""
    return Town(site.house, "granvik")


@dataclass(frozen=True)
class Seat:
    """Amina, signed in before a screen of some width, with the one way she has of using it."""

    page: Page
    hand: Hand
    script: bool


@pytest.fixture
def seat(request: pytest.FixtureRequest, site: Site, visitor: Callable[..., Page]) -> Seat:
    """A seat of the way the test is given."""
    hand, options = WAYS[request.getfixturevalue("way")]
    screen = {"width": options["width"], "height": HEIGHT}
    page = visitor(
        screen, **{"has_touch": True} | {name: options[name] for name in options.keys() - {"width"}}
    )
    actor = Town(site.house, "granvik").actor("amina")
    token = start_session(
        site.house, account_id=actor.account_id, employer_id=actor.employer_id, user_agent="", remember=False
    )
    page.context.add_cookies([{"name": "kunnig", "value": token, "url": site.url}])
    return Seat(page, hand(page), options.get("java_script_enabled", True))


def edition(town: Town) -> Edition:
    """The course of all types."""
    with town.work("amina", writes=False) as ctx:
        return catalogue.current_edition(ctx, NAME)


def examined_with(town: Town, kind: str) -> Drawn:
    """Open an attempt of one question, of that type; one left over ends before."""
    course = edition(town)
    drawn = rules.shown(course, course.items[f"exam-{kind}"], Random(7))
    with town.work("amina") as ctx:
        mine = Attempt.employer_id == ctx.employer_id, Attempt.person_id == ctx.who.person_id
        ctx.db.execute(update(Attempt).where(*mine, Attempt.closed_at.is_(None)).values(closed_at=ctx.now))
        ctx.db.add(
            Attempt(
                employer_id=ctx.employer_id, person_id=ctx.who.person_id, course=NAME, edition_id=course.id,
                language="en", mode="online", drawn=[asdict(drawn)], opened_at=ctx.now,
            )
        )  # fmt: skip
    return drawn


def answer_rightly(seat: Seat, kind: str, answer: str) -> None:
    """Fill in the form of a question with its right answer and send it."""
    key, text, _right, _wrong = SAMPLES[kind]
    hand = seat.hand
    match kind:
        case "multiple":
            for option in key:
                hand.choose(OPTIONS[option])
        case "true-false":
            hand.choose("Yes, it is right")
            hand.choose(OPTIONS[key["reason"]])
        case "ordering":
            put_in_order(seat, [OPTIONS[option] for option in key])
        case "matching":
            for option, target in key.items():
                hand.pick(OPTIONS[option], TARGETS[target])
        case "numeric" | "generated":
            hand.write("Your answer in", answer)
        case "fill-in":
            for number, gap in enumerate(("what", "when"), 1):
                hand.pick(f"Word {number}", text.gaps[gap][key[gap]])
        case "branching":
            hand.choose("Ask Ada")
            hand.press("Answer")
            expect(seat.page.locator("#then")).to_contain_text("Ada is glad.")
            expect(seat.page.locator("#then")).to_be_focused()
            look_at(seat, "branching after a decision")
            hand.choose("Wait a while")
        case "hotspot":
            choose_place(seat, OPTIONS[key["place"]])
        case _:
            hand.choose(OPTIONS[key])
    hand.press("Answer")


def choose_place(seat: Seat, name: str) -> None:
    """On the picture where there is script; a screen reader's user takes the list, which says the same."""
    if seat.script and not isinstance(seat.hand, Reader):
        seat.hand.press(re.compile(name))
        expect(line(seat.page, name).locator("input")).to_be_checked()
    else:
        seat.hand.choose(name)
    if seat.script:
        place = seat.page.get_by_role("button", name=re.compile(name))
        expect(place).to_have_attribute("aria-pressed", "true")


def put_in_order(seat: Seat, order: list[str]) -> None:
    """Each in turn is moved up until it stands where it belongs."""
    rows = seat.page.locator("[data-order] > li .g")
    for place, wanted in enumerate(order):
        while (at := [text.strip() for text in rows.all_inner_texts()].index(wanted)) > place:
            seat.hand.press(f"Move up: {wanted}")
            expect(rows.nth(at - 1)).to_have_text(wanted)


def number_for(course: Edition, drawn: Drawn) -> str:
    """The number that is right for what was drawn, as it is written; nothing where none is asked for."""
    item = course.items[drawn.item]
    kind = TYPES[item.type]
    return written(kind.right_number(item, drawn), "en") if isinstance(kind, Numeric) else ""


def look_at(seat: Seat, name: str) -> None:
    """Nothing is wider than the screen, and axe finds nothing."""
    shot(seat.page, name)
    if seat.script:
        assert seat.page.evaluate("document.documentElement.scrollWidth") <= seat.page.viewport_size["width"]
        # a sheet that is still rising is paler than it will be
        seat.page.emulate_media(reduced_motion="reduce")
        assert_no_violation(seat.page, name)


@pytest.mark.parametrize(("kind", "way"), shared_out(0))
def test_practice_is_answered_and_explained(seat, amina, kind, way):
    seat.page.goto(f"/courses/{NAME}/{LESSON}/try-{kind}")
    look_at(seat, f"{kind} practice asked ({way})")
    course = edition(amina)
    item = course.items[f"practice-{kind}"]
    drawn = rules.shown(course, item, Random(f"{amina.actor('amina').person_id}:{item.id}"))
    answer_rightly(seat, kind, number_for(course, drawn))
    expect(seat.page.locator(".sheet.right h2")).to_have_text("Right!")
    look_at(seat, f"{kind} practice answered ({way})")


@pytest.mark.parametrize(("kind", "way"), shared_out(2))
def test_in_the_exam_it_is_answered_and_counts(seat, amina, kind, way):
    drawn = examined_with(amina, kind)
    seat.page.goto(f"/courses/{NAME}/quiz/1")
    look_at(seat, f"{kind} exam asked ({way})")
    answer_rightly(seat, kind, number_for(edition(amina), drawn))
    expect(seat.page.locator(".sheet.right h2")).to_have_text("Right!")
    look_at(seat, f"{kind} exam answered ({way})")
    seat.page.get_by_role("link", name="To your result").click()
    expect(seat.page.get_by_text("1 of 1")).to_be_visible()


@pytest.mark.parametrize("way", WAYS)
def test_a_reflection_is_kept_changed_and_removed(seat, way):
    seat.page.goto(f"/courses/{NAME}/{LESSON}/try-reflection")
    look_at(seat, f"reflection asked ({way})")
    seat.hand.write("Write here, in your own words", "I think of Ada.")
    saved = seat.page.get_by_role("status").filter(has_text="It is shown to you only.")
    seat.hand.press("Save")
    expect(saved).to_be_visible()
    look_at(seat, f"reflection kept ({way})")
    seat.page.goto(f"/courses/{NAME}/{LESSON}/try-reflection")
    expect(seat.page.get_by_label("Write here, in your own words")).to_have_value("I think of Ada.")
    seat.page.get_by_label("Write here, in your own words").fill("")
    seat.hand.write("Write here, in your own words", "I think of Bo.")
    seat.hand.press("Save the change")
    expect(saved).to_be_visible()
    seat.page.goto(f"/courses/{NAME}/notes")
    expect(seat.page.get_by_text("I think of Bo.")).to_be_visible()
    look_at(seat, f"notes ({way})")
    seat.hand.press("Remove: What do you think?")
    expect(seat.page.get_by_text("The note has been removed.")).to_be_visible()
    expect(seat.page.get_by_text("No notes yet")).to_be_visible()
    look_at(seat, f"no notes ({way})")
