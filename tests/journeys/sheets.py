"""Every kind of page at four widths, light and dark, a sheet for each, and one page to look through: `make sheets`."""

import sys
from html import escape
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.journeys.looks import SETTLED
from tests.journeys.shown import every_page, shown, visitor_of

SIZES = ((320, 640), (390, 844), (768, 1024), (1280, 800))
HIGHEST = 1500  # pixels; what lies below is cut off
GAP = 12


def main(folder: Path) -> None:
    """Write a PNG of each page and an index.html that shows all of them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    with shown() as (site, browser):
        for name, page in every_page(site, visitor_of(site, browser)):
            sheet_of(page).save(folder / f"{name}.png", optimize=True)
            names.append(name)
            print(name)  # noqa: T201  (it takes minutes)
    shots = "".join(
        f'<h2 id="{escape(name)}">{escape(name)}</h2><img src="{escape(name)}.png" loading="lazy">'
        for name in names
    )
    (folder / "index.html").write_text(
        f"<!doctype html><title>Kunnig</title><style>img {{ width: 100% }}</style>{shots}"
    )


def sheet_of(page: Page) -> Image.Image:
    """The page as it is now: narrow to wide from left to right, light above dark."""
    before = page.viewport_size
    rows = [[shot(page, size, scheme) for size in SIZES] for scheme in ("light", "dark")]
    page.emulate_media(color_scheme=None, reduced_motion=None)
    page.set_viewport_size(before)
    heights = [max(each.height for each in row) for row in rows]
    width = sum(width for width, _height in SIZES) + GAP * (len(SIZES) - 1)
    sheet = Image.new("RGB", (width, sum(heights) + GAP), "#888888")
    for row, top in zip(rows, (0, heights[0] + GAP), strict=True):
        left = 0
        for each in row:
            sheet.paste(each, (left, top))
            left += each.width + GAP
    return sheet


def shot(page: Page, size: tuple[int, int], scheme: str) -> Image.Image:
    """The whole page, or as much of it as a sheet has room for; what sticks to the foot of the screen is below all."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    whole = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size[0], "height": min(max(whole, size[1]), HIGHEST)})
    page.evaluate("scrollTo(0, 0)")
    page.evaluate(SETTLED)
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
