"""The ways in which a page is looked at: light and dark, forced colours, large text, narrow and wide, all unfolded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Page

from tests.journeys.examined import TO_THE_END, assert_no_violation

UNFOLD = """() => {
  for (const fold of document.querySelectorAll("details:not(.lang)")) fold.open = true; // that lies over other things
  document.querySelector("[popover]")?.showPopover?.();
}"""
FOLDS = "[...document.querySelectorAll('details')].map((fold) => fold.open)"
FOLD_AGAIN = """folds => {
  document.querySelectorAll("details").forEach((fold, place) => { fold.open = folds[place]; });
  document.querySelector("[popover]")?.hidePopover?.();
}"""
NORMAL_TEXT = 16  # px, as browsers come
STICKS_OUT = """() => {
  const page = document.documentElement;
  const cutBy = (each) => {
    for (let box = each.parentElement; box && box !== page; box = box.parentElement) {
      if (getComputedStyle(box).overflowX !== "visible" || box.matches(".vh, [hidden]")) return box;
    }
    return page;
  };
  const right = (each) => each.getBoundingClientRect().right;
  const edge = (box) => (box === page ? page.clientWidth : right(box));
  const cuts = (each) => getComputedStyle(each).overflowX !== "visible" && !each.matches("input"); // there one scrolls
  const out = (each) => right(each) > edge(cutBy(each)) + 1 || (cuts(each) && each.scrollWidth > each.clientWidth + 1);
  return [...document.querySelectorAll("main *, .bar *, .dock *, .foot *")]
    .filter((each) => each.checkVisibility() && !each.closest("svg, thead, .prog") && !each.matches(".scroll"))
    .filter((each) => getComputedStyle(each).clipPath !== "inset(50%)") // is there for screen readers alone
    .filter((each) => !cutBy(each).matches(".scroll, .vh, [hidden]") && out(each))
    .filter((each, _place, all) => !all.some((other) => other !== each && each.contains(other)))
    .map((each) => each.outerHTML.slice(0, 160));
}"""
# colours follow a frame after what they were told
SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass(frozen=True)
class Look:
    """One way of looking: width in px, colours, how many times larger text is, whether all that folds is open."""

    width: int = 390
    scheme: Literal["light", "dark"] = "light"
    forced: bool = False
    text: int = 1
    unfolded: bool = False

    def __str__(self) -> str:
        more = (
            "forced colours" * self.forced,
            f"text {self.text}00 %" * (self.text > 1),
            "unfolded" * self.unfolded,
        )
        return ", ".join(filter(None, (f"{self.width} px", self.scheme, *more)))


LOOKS = (
    Look(),
    Look(scheme="dark"),
    Look(width=320),
    Look(width=320, scheme="dark"),
    Look(text=2),
    Look(text=2, scheme="dark"),
    Look(forced=True),
    Look(forced=True, scheme="dark"),
    Look(width=1280),
    Look(width=1280, scheme="dark"),
    Look(width=1280, text=2),
    Look(width=320, unfolded=True),
    Look(width=1280, scheme="dark", unfolded=True),
)
NARROW = (Look(width=320),)
EACH_ALONE = (
    Look(),
    Look(scheme="dark"),
    Look(width=320),
    Look(text=2),
    Look(forced=True),
    Look(width=1280, scheme="dark"),
)


@contextmanager
def looking(page: Page, look: Look) -> Iterator[None]:
    """The loaded page as somebody sees it in this way; afterwards as it was."""
    before, folds = page.viewport_size, page.evaluate(FOLDS)
    page.emulate_media(
        color_scheme=look.scheme, forced_colors="active" if look.forced else "none", reduced_motion="reduce"
    )
    page.set_viewport_size({"width": look.width, "height": 800})
    browser = page.context.new_cdp_session(page)
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": look.text * NORMAL_TEXT}})
    if look.unfolded:
        page.evaluate(UNFOLD)
    yield
    if look.unfolded:
        page.evaluate(FOLD_AGAIN, folds)
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": NORMAL_TEXT}})
    browser.detach()
    page.emulate_media(color_scheme=None, forced_colors=None, reduced_motion=None)
    page.set_viewport_size(before)


def faults(page: Page, looks: tuple[Look, ...] = LOOKS) -> list[str]:
    """What axe finds, and what is too wide or cut off, in all these ways.

    Forced colours are the reader's own; axe takes the page's for them in the dark (`-webkit-text-fill-color`).
    """
    found = []
    for look in looks:
        with looking(page, look):
            page.evaluate(TO_THE_END)
            page.evaluate(SETTLED)
            where = f"{page.url} ({look})"
            try:
                assert_no_violation(page, where, but=("color-contrast",) if look.forced else ())
            except AssertionError as violation:
                found.append(str(violation))
            found += [f"{where}: {each}" for each in overflow(page)]
    return found


def overflow(page: Page) -> list[str]:
    """What sticks out of the page, or of a box that cuts it off, as the page is now; tables that scroll may."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    found = [f"{wide} px wide"] if wide > page.viewport_size["width"] else []
    return found + page.evaluate(STICKS_OUT)
