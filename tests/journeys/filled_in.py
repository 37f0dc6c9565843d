"""Every form that pages have, sent empty and sent wrong as browsers send it; and everything that opens, opened."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Error, Page, Response
from werkzeug.exceptions import HTTPException

from tests.journeys.full_and_empty import LONG
from tests.journeys.rounds import Round

WAYS = ("empty", "wrong")
FORMS = """() => [...document.forms].flatMap((form, place) => {
  const fields = [...form.elements].filter((each) => !each.matches("[type=hidden], button, fieldset"));
  const buttons = [...form.elements].filter((each) => each.type === "submit");
  return (fields.length ? buttons : []).map((button, which) => ({
    place, which, method: form.method, name: button.name,
    action: button.hasAttribute("formaction") ? button.formAction : form.action,
    fields: [...new Set(fields.map((each) => each.name.replace(/[0-9a-f-]{36}|[0-9]+/, "#")))].join(),
  }));
})"""
# Fills in all of a form in one way and sends it, past the checks of browser and scripts.
SEND = """([place, which, way, long]) => {
  const form = document.forms[place];
  const pressed = [...form.elements].filter((each) => each.type === "submit")[which];
  for (const field of form.elements) {
    if (field.matches("[type=hidden], [type=file], button, fieldset")) continue;
    if (field.matches("[type=checkbox], [type=radio]")) field.checked = way === "wrong";
    else if (field.matches("select")) {
      field.selectedIndex = way === "wrong" ? 0 : -1;
      if (way === "wrong") field.options[0]?.setAttribute("value", long);
    } else {
      if (field.matches("input")) field.type = "text"; // takes anything, also what is no day or number
      field.value = way === "wrong" ? long.repeat(field.matches("textarea") ? 50 : 5) : "";
    }
  }
  if (pressed.name) {
    const said = form.appendChild(document.createElement("input"));
    [said.type, said.name, said.value] = ["hidden", pressed.name, pressed.value];
  }
  form.action = pressed.hasAttribute("formaction") ? pressed.formAction : form.action;
  setTimeout(() => HTMLFormElement.prototype.submit.call(form));
}"""
SHEETS = """() => {
  const name = (each) => each?.tagName + each?.className;
  const kind = (each) => name(each.parentElement) + name(each) + name(each.firstElementChild);
  const all = [...document.querySelectorAll("details, dialog, [popover]")];
  all.forEach((each, place) => { each.dataset.sheetPlace = place; });
  return [...new Map(all.map((each, place) => [kind(each), place])).values()];
}"""
OPEN = """(place) => {
  const sheet = document.querySelector(`[data-sheet-place="${place}"]`);
  for (let fold = sheet.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  if (sheet.matches("dialog")) sheet.showModal();
  if (sheet.matches("[popover]")) sheet.showPopover();
  sheet.scrollIntoView();
}"""

# What scripts show when something has happened: all of it at once, with the words they put there.
SHOW = """() => {
  const all = [...document.querySelectorAll("main [hidden], .dock [hidden]")];
  for (const each of all) {
    each.hidden = false;
    each.textContent ||= each.dataset.saved ?? "";
  }
  return all.length;
}"""


class Kept:
    """The database of a house as it is now, to be put back: what one form does is not there for the next."""

    def __init__(self, live: Path) -> None:
        self.live, self.copy = live, live.with_suffix(".kept")
        self._bring(self.live, self.copy)

    def put_back(self) -> None:
        """As it was."""
        self._bring(self.copy, self.live)

    @staticmethod
    def _bring(source: Path, target: Path) -> None:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)


def every_form(round_: Round) -> Iterator[tuple[str, str, int, Page]]:
    """Each form with each of its buttons, sent in each way: its endpoint, the way, the status and the page that came.

    A form that several pages have is sent from the first.
    """
    kept, seen = Kept(round_.app.extensions["kunnig"].settings.data / "kunnig.db"), set()
    for _endpoint, page in round_.every_page():
        here = page.url
        for form in page.evaluate(FORMS):
            action, method = urlsplit(form["action"]).path, form["method"].upper()
            try:
                endpoint = str(round_.adapter.match(action, method=method)[0])
            except HTTPException:
                continue
            kind = (endpoint, form["fields"], form["name"])
            if kind in seen:
                continue
            seen.add(kind)
            for way in WAYS:
                kept.put_back()
                page.goto(here)
                if came := send(page, form["place"], form["which"], way):
                    yield endpoint, way, came.status, page
        kept.put_back()


def send(page: Page, place: int, which: int, way: str) -> Response | None:
    """Send one form of the page with one of its buttons; what came, None for a file."""
    try:
        with page.expect_navigation() as came:
            page.evaluate(SEND, [place, which, way, LONG])
    except Error as fault:
        if "ERR_ABORTED" not in str(fault):
            raise
        return None
    return came.value


def every_sheet(page: Page) -> Iterator[Page]:
    """The page with each kind of thing on it opened that opens, one at a time; then with all that scripts may show."""
    here = page.url
    for place in page.evaluate(SHEETS):
        page.goto(here)
        page.evaluate(SHEETS)
        page.evaluate(OPEN, place)
        yield page
    page.goto(here)
    if page.evaluate(SHOW):
        yield page
