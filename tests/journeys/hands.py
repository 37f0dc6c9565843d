"""Ways of filling in a form: by taps, by keys, by what a screen reader is told. Each reaches a field by its name."""

from dataclasses import dataclass
from re import Pattern

from playwright.sync_api import Locator, Page

MOST_TABS = 60


def line(page: Page, name: str) -> Locator:
    """The line of a choice."""
    return page.locator("label.opt").filter(has_text=name)


@dataclass(frozen=True)
class Taps:
    """A finger on a screen; a list to choose from is the telephone's own."""

    page: Page

    def choose(self, name: str) -> None:
        """A line with a round or square box."""
        line(self.page, name).tap()

    def pick(self, name: str, option: str) -> None:
        """One of a list that opens."""
        self.page.get_by_label(name, exact=True).select_option(label=option)

    def write(self, name: str, text: str) -> None:
        """Words or a number into a field."""
        self.page.get_by_label(name).tap()
        self.page.keyboard.type(text)

    def press(self, name: str | Pattern[str]) -> None:
        """A button."""
        self.page.get_by_role("button", name=name, exact=True).tap()


@dataclass(frozen=True)
class Keys:
    """A keyboard and nothing else: every field is reached with Tab, as it stands."""

    page: Page

    def choose(self, name: str) -> None:
        """Round boxes are one stop, and arrows go from one to the next; square ones are a stop each."""
        field = line(self.page, name).locator("input")
        if field.get_attribute("type") == "checkbox":
            self._go_to(field)
            self.page.keyboard.press("Space")
            return
        group = self.page.locator(f"input[name='{field.get_attribute('name')}']")
        self._go_to(*group.all())
        self.page.keyboard.press("Space")
        for _each in range(group.count()):
            if field.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        assert field.is_checked(), name

    def pick(self, name: str, option: str) -> None:
        """Arrows go through a closed list."""
        field = self.page.get_by_label(name, exact=True)
        self._go_to(field)
        for _each in range(field.locator("option").count()):
            if field.locator("option:checked").inner_text() == option:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(option)

    def write(self, name: str, text: str) -> None:
        """Typed where the focus is."""
        self._go_to(self.page.get_by_label(name))
        self.page.keyboard.type(text)

    def press(self, name: str | Pattern[str]) -> None:
        """Enter on a button."""
        self._go_to(self.page.get_by_role("button", name=name, exact=True))
        self.page.keyboard.press("Enter")

    def _go_to(self, *fields: Locator) -> None:
        for _each in range(MOST_TABS):
            if any(field.evaluate("field => field === document.activeElement") for field in fields):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {fields[0]}")


@dataclass(frozen=True)
class Reader:
    """What a screen reader is told: roles and names of the accessibility tree, and their own actions."""

    page: Page

    def choose(self, name: str) -> None:
        """A radio button or a checkbox of that name."""
        role = "checkbox" if self.page.get_by_role("checkbox").count() else "radio"
        self.page.get_by_role(role, name=name, exact=False).first.check()

    def pick(self, name: str, option: str) -> None:
        """A list box of that name."""
        self.page.get_by_role("combobox", name=name, exact=True).select_option(label=option)

    def write(self, name: str, text: str) -> None:
        """A text field of that name."""
        self.page.get_by_role("textbox", name=name).fill(text)

    def press(self, name: str | Pattern[str]) -> None:
        """A button of that name."""
        self.page.get_by_role("button", name=name, exact=True).click()


Hand = Taps | Keys | Reader
