"""What a learner does in the browser, for tests: read a whole course, answer a whole quiz rightly or wrongly."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page
from sqlalchemy import select

from lms.base.access import Actor
from lms.base.context import House, work
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition
from lms.learning.models import Attempt

COURSE = "documentation"
Shot = Callable[[Page, str], None]


def newest_attempt(house: House) -> tuple[Attempt, Edition]:
    """The attempt opened last, with its edition: where a test finds the keys that no page shows."""
    with work(house, Actor.program(1), writes=False) as ctx:
        attempt = ctx.db.scalars(select(Attempt).order_by(Attempt.id.desc()).limit(1)).one()
        return attempt, catalogue.edition(ctx, attempt.edition_id)


def read_course(page: Page) -> None:
    """From the first step of a course to the page before the quiz, by nothing but the button at the foot."""
    while "/quiz" not in page.url:
        practice = page.locator("form#practice")
        if practice.count() and not page.locator("[data-sheet]").count():
            answer_anything(page)
            follow(page, page.locator("button[form=practice]"))
            page.locator("[data-sheet] h2").wait_for()
            follow(page, page.locator("[data-sheet] a.btn").last)
        else:
            follow(page, page.locator(".dock a.btn").last)


def follow(page: Page, button: Locator) -> None:
    """Press what leads to another page, and wait until it is there."""
    with page.expect_navigation():
        button.click()


def answer_anything(page: Page) -> None:
    """Give some answer to the question on the page."""
    for select_ in page.locator("main form select").all():
        select_.select_option(index=1)
    boxes = page.locator("main form input[name=answer]:is([type=radio], [type=checkbox])")
    if boxes.count():
        boxes.first.check()


def answer_quiz(page: Page, house: House, right: int, shot: Shot | None = None) -> None:
    """Answer every question of the attempt under way, the first so many rightly and the rest wrongly."""
    attempt, edition = newest_attempt(house)
    for place in range(1, len(attempt.drawn) + 1):
        drawn = attempt.drawn_item(place)
        item = edition.items[drawn.item]
        form = page.locator("form#next")
        form.wait_for()
        assert f"/quiz/{place}" in form.get_attribute("action")
        match item.type:
            case "single" | "scenario":
                wrong = next(option for option in drawn.options if option != item.key)
                form.locator(f"input[name=answer][value='{item.key if place <= right else wrong}']").check()
            case "multiple":
                chosen = item.key if place <= right else [next(o for o in drawn.options if o not in item.key)]
                for option in chosen:
                    form.locator(f"input[name=answer][value='{option}']").check()
            case "ordering":
                put_in_order(page, list(item.key) if place <= right else list(reversed(item.key)))
            case "matching":
                for option in drawn.options:
                    target = item.key[option] if place <= right else drawn.targets[0]
                    form.locator(f"select[name='answer-{option}']").select_option(target)
        if shot:
            shot(page, f"question-{item.type}")
        form.locator("button[type=submit]").last.click()
        page.locator("[data-sheet] h2").wait_for()
        if shot:
            shot(page, f"feedback-{item.type}-{'right' if place <= right else 'wrong'}")
        page.locator("[data-sheet] a.btn").last.click()
    page.wait_for_url("**/result")


def put_in_order(page: Page, order: list[str]) -> None:
    """Move the rows of an ordering question with its buttons until they stand in this order."""
    values = page.locator("[data-order] input[name=answer]")
    for place, wanted in enumerate(order):
        while (now := [values.nth(n).input_value() for n in range(values.count())]) != order and now[
            place
        ] != wanted:
            row = page.locator("[data-order] > li").nth(now.index(wanted))
            row.locator("button[value$=':up']").click()
