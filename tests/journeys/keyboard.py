"""A keyboard and nothing else: where the focus is, that it can be seen there, and what keys do with fields."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page

MOST_TABS = 80
HAS_FOCUS = "each => each === document.activeElement"
NOWHERE = "nowhere"
WHERE = """() => {
  const each = document.activeElement;
  if (!each || each === document.body) return "nowhere";
  const box = each.getBoundingClientRect();
  const mark = getComputedStyle(each.closest(".opt") ?? each);
  if (box.bottom <= 0 || box.top >= innerHeight) return "outside the screen: " + each.outerHTML.slice(0, 120);
  const [x, y] = [box.left + box.width / 2, Math.min(Math.max(box.top, 0) + 4, (box.top + box.bottom) / 2)];
  const seen = document.elementFromPoint(x, y);
  const same = seen && (each.contains(seen) || seen.contains(each) || each.closest("label")?.contains(seen));
  if (!same) return `under ${seen?.outerHTML.slice(0, 80)}: ${each.outerHTML.slice(0, 120)}`;
  if (mark.outlineStyle === "none" && mark.boxShadow === "none" && each.tabIndex >= 0)
    return "unmarked: " + each.outerHTML;
  return "";
}"""


@dataclass(frozen=True)
class Keyboard:
    """What somebody without mouse and finger does on a page."""

    page: Page

    def go_to(self, *fields: Locator) -> None:
        """Tab until one of them has the focus; every stop on the way can be seen and is marked."""
        for _each in range(MOST_TABS):
            if any(field.evaluate(HAS_FOCUS) for field in fields):
                return
            self.page.keyboard.press("Tab")
            self.assert_seen(in_page=False)  # after the last one comes the browser's own bar, then the first
        raise AssertionError(f"Tab does not lead to {fields[0]}")

    def assert_seen(self, *, in_page: bool = True) -> None:
        """The focus is on something that is seen, not covered, and marked; without `in_page` it may be nowhere."""
        fault = self.page.evaluate(WHERE)
        assert not fault or (fault == NOWHERE and not in_page), f"{self.page.url}: the focus is {fault}"

    def follow(self, what: Locator) -> None:
        """Enter on a link or button that leads to another page."""
        self.go_to(what)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        """Type into a field, in place of what stands there."""
        self.go_to(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def give(self, form: Locator, value: object) -> None:
        """Give an answer to a question: a choice, several, an order, or one for each part."""
        match value:
            case dict():
                for part, each in value.items():
                    self._enter(form, f"answer-{part}", str(each))
            case list() | tuple() if form.locator("[data-order]").count():
                self._put_in_order(form, list(value))
            case list() | tuple():
                for each in value:
                    self._enter(form, "answer", str(each))
            case _:
                self._enter(form, "answer", str(value))

    def _enter(self, form: Locator, name: str, value: str) -> None:
        fields = form.locator(f"[name='{name}']")
        match fields.first.evaluate("field => field.type"):
            case "select-one":
                self.go_to(fields)
                places = [each.get_attribute("value") for each in fields.locator("option").all()]
                self.page.keyboard.press("Home")
                for _each in range(places.index(value)):
                    self.page.keyboard.press("ArrowDown")
                assert fields.input_value() == value
            case "radio":
                self.go_to(*fields.all())
                self.page.keyboard.press("Space")
                wanted = form.locator(f"[name='{name}'][value='{value}']")
                for _each in range(fields.count()):
                    if wanted.is_checked():
                        break
                    self.page.keyboard.press("ArrowDown")
                assert wanted.is_checked()
            case "checkbox":
                self.go_to(form.locator(f"[name='{name}'][value='{value}']"))
                self.page.keyboard.press("Space")
            case _:
                self.write(fields, value)
        self.assert_seen()

    def _put_in_order(self, form: Locator, order: list[str]) -> None:
        rows = form.locator("[data-order] > li")
        values = form.locator("[data-order] input[name=answer]")
        for place, wanted in enumerate(order):
            while (now := [each.input_value() for each in values.all()])[place] != wanted:
                self._go_back_to(rows.nth(now.index(wanted)).locator("button[value$=':up']"))
                self.page.keyboard.press("Enter")
                self.assert_seen()  # on the arrow that was pressed, or on the other one of its row

    def _go_back_to(self, button: Locator) -> None:
        for _each in range(MOST_TABS):
            if button.evaluate(HAS_FOCUS):
                return
            forward = self.page.evaluate(
                "other => !!(document.activeElement.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING)",
                button.element_handle(),
            )
            self.page.keyboard.press("Tab" if forward else "Shift+Tab")
            self.assert_seen(in_page=False)
        raise AssertionError(f"Tab does not lead to {button}")
