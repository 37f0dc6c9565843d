"""What a learner does in the browser, for tests: read a whole course, answer a whole quiz rightly or wrongly."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Locator, Page
from sqlalchemy import select

from lms.catalogue import queries as catalogue
from lms.catalogue.values import Item
from lms.learning.models import Attempt
from tests.builders import Town
from tests.learning.taking import key_of, wrong_for

COURSE = "documentation"
Shot = Callable[[Page, str], None]


def answers_of(town: Town) -> list[tuple[Item, object, object]]:
    """The items of the attempt opened last, each with its right and a wrong answer: keys that no page shows."""
    with town.inside() as ctx:
        attempt = ctx.db.scalars(
            select(Attempt)
            .where(Attempt.employer_id == town.employer_id)
            .order_by(Attempt.id.desc())
            .limit(1)
        ).one()
        items = catalogue.edition(ctx, attempt.edition_id).items
        return [
            (
                items[attempt.drawn_item(place).item],
                key_of(ctx, attempt, place),
                wrong_for(ctx, attempt, place),
            )
            for place in range(1, len(attempt.drawn) + 1)
        ]


def read_course(page: Page) -> None:
    """From the first step of a course to the page before the quiz, by nothing but the button at the foot."""
    while "/quiz" not in page.url:
        practice = page.locator("form#practice")
        if practice.count() and not page.locator("[data-sheet]").count():
            practise(page)
            follow(page, page.locator("[data-sheet] a.btn, .dock a.btn").last)
        else:
            follow(page, page.locator(".dock a.btn").last)


def practise(page: Page) -> None:
    """Give some answer to a practice item, decision by decision if it is made of several, until it is explained.

    What is written at a reflection is kept, and not explained.
    """
    if page.locator("form#practice textarea").count():
        answer_anything(page)
        follow(page, page.locator(".btn[form=practice]"))
        return
    while not page.locator("[data-sheet]").count():
        answer_anything(page)
        follow(page, page.locator(".btn[form=practice]"))
    page.locator("[data-sheet] h2").wait_for()


def follow(page: Page, button: Locator) -> None:
    """Press what leads to another page, and wait until it is there."""
    with page.expect_navigation():
        press(button)


def press(what: Locator) -> None:
    """Press with a finger where the device has a touch screen, else with the mouse."""
    if what.page.evaluate("navigator.maxTouchPoints"):
        what.tap()
    else:
        what.click()


def answer_anything(page: Page) -> None:
    """Give some answer to the question on the page, whatever fields it has."""
    form = page.locator("main form")
    for select_ in form.locator("select").all():
        select_.select_option(index=1)
    for text in form.locator(
        "textarea[name^=answer], input[name^=answer]:is([type=text], [type=number])"
    ).all():
        text.fill("1")
    choices = form.locator("input[name^=answer]:is([type=radio], [type=checkbox])")
    names = choices.evaluate_all("all => [...new Set(all.map(each => each.name))]")
    for name in names:
        press(choices.and_(page.locator(f"[name='{name}']")).first)


def give(form: Locator, value: object) -> None:
    """Give an answer through whatever fields the form has for it: a choice, several, an order, one for each part."""
    match value:
        case dict():
            for part, each in value.items():
                _enter(form, f"answer-{part}", str(each))
        case list() | tuple() if form.locator("[data-order]").count():
            put_in_order(form, list(value))
        case list() | tuple():
            for each in value:
                _enter(form, "answer", str(each))
        case _:
            _enter(form, "answer", str(value))


def key_as_given(item: Item) -> object:
    """The right answer to an item that is the same for everybody, as its form asks for it; None if there is no key."""
    match item.type:
        case "true-false":
            return {"truth": str(item.key["truth"]).lower(), "reason": item.key["reason"]}
        case "hotspot":
            return item.key["place"]
        case (
            "branching" | "reflection" | "generated"
        ):  # asks again after each decision; has none; has others each time
            return None
        case "numeric":
            return {
                "number" if part == "value" else part: item.key[part]
                for part in item.key
                if part != "tolerance"
            }
        case _:
            return item.key


def _enter(form: Locator, name: str, value: str) -> None:
    fields = form.locator(f"[name='{name}']")
    match fields.first.evaluate("field => field.type"):
        case "select-one":
            fields.select_option(value)
        case "radio" | "checkbox":
            press(form.locator(f"[name='{name}'][value='{value}']"))
        case _:
            fields.fill(value)


def answer_quiz(page: Page, town: Town, right: int, shot: Shot | None = None) -> None:
    """Answer every question of the attempt under way, the first so many rightly and the rest wrongly."""
    for name in answering(page, town, right):
        if shot:
            shot(page, name)


def answering(page: Page, town: Town, right: int) -> Iterator[str]:
    """The same step by step: the name of what is on the page, an answer before it is sent or what is said of it."""
    for place, (item, key, wrong) in enumerate(answers_of(town), 1):
        form = page.locator("form#next")
        form.wait_for()
        assert f"/quiz/{place}" in form.get_attribute("action")
        give(form, key if place <= right else wrong)
        yield f"question-{item.type}"
        press(form.locator("button[type=submit]").last)
        page.locator("[data-sheet] h2").wait_for()
        yield f"feedback-{item.type}-{'right' if place <= right else 'wrong'}"
        press(page.locator("[data-sheet] a.btn").last)
    page.wait_for_url("**/result")


def put_in_order(form: Locator, order: list[str]) -> None:
    """Move the rows of an ordering question with its buttons until they stand in this order."""
    values = form.locator("[data-order] input[name=answer]")
    for place, wanted in enumerate(order):
        while (now := [values.nth(n).input_value() for n in range(values.count())]) != order and now[
            place
        ] != wanted:
            row = form.locator("[data-order] > li").nth(now.index(wanted))
            press(row.locator("button[value$=':up']"))


def document_of(page: Page, number: str) -> bytes:
    """The PDF of a certificate, as soon as the worker has made it."""
    for _try in range(120):
        answer = page.request.get(f"/certificates/{number}.pdf")
        if answer.status == 200:
            return answer.body()
        assert answer.status == 202
        page.wait_for_timeout(500)
    raise AssertionError(f"no file for {number}")
