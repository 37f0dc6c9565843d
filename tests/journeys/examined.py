"""Looking at a page as axe does, light and dark, on a desk too, and whether a narrow phone holds it."""

from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
DESK = {"width": 1280, "height": 800}
TO_THE_END = "scrollTo(0, document.documentElement.scrollHeight)"  # what lies under the dock is scrolled to


def examine(page: Page, *, desk: bool = False) -> None:
    """Nothing on the page breaks a rule, in light or dark, and it is no wider than 320 px.

    With `desk` it is looked at on a wide screen in the dark too, where it is laid out and coloured otherwise.
    """
    for scheme in ("light", "dark"):
        _look(page, scheme)
    before = page.viewport_size
    if desk:
        page.set_viewport_size(DESK)
        _look(page, "dark")
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, f"{page.url} is wider than 320 px"
    page.set_viewport_size(before)


def assert_no_violation(page: Page, where: str, *, but: tuple[str, ...] = ()) -> None:
    """Axe finds nothing wrong on the page as it is now, `but` for these rules; fails with what it finds.

    What it finds right stays in the browser: to hand that over takes longer than to find it.
    """
    if page.evaluate("!window.axe"):
        page.evaluate(AXE_SCRIPT)
    rules = RULES | {"rules": {rule: {"enabled": False} for rule in but}}
    found = AxeResults(page.evaluate("rules => axe.run(rules).then(({violations}) => ({violations}))", rules))
    assert found.violations_count == 0, f"{where}:\n{found.generate_report()[:3000]}"


def _look(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(TO_THE_END)
    assert_no_violation(page, f"{page.url} ({scheme}, {page.viewport_size['width']} px)")
