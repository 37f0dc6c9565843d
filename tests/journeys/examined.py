"""Looking at a page as axe does, light and dark, and whether a narrow phone holds it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
TO_THE_END = "scrollTo(0, document.documentElement.scrollHeight)"  # what lies under the dock is scrolled to


def examine(page: Page) -> None:
    """Nothing on the page breaks a rule, in light or dark, and it is no wider than 320 px."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(TO_THE_END)
        found = Axe().run(page, options=WCAG)
        assert found.violations_count == 0, f"{page.url} ({scheme}):\n{found.generate_report()[:3000]}"
    before = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, f"{page.url} is wider than 320 px"
    page.set_viewport_size(before)
