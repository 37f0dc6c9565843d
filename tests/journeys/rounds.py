"""A round through a house as each of its readers: every page, what is said of what is not there, every refusal.

Pages come from the table of addresses: a new one is met without being named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Flask, request
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError, MethodNotAllowed
from werkzeug.exceptions import RequestEntityTooLarge as TooLarge
from werkzeug.routing import MapAdapter, Rule

from lms.base.errors import NotSignedIn, Refusal
from tests.guards.test_urls import address
from tests.journeys.conftest import PHONE
from tests.journeys.test_pages import NO_PAGE

NOT_THERE = "018f0000-0000-7000-8000-000000000000"
REFUSALS: dict[str, type[Refusal | HTTPException]] = {
    each.__name__: each
    for each in (*Refusal.__subclasses__(), BadRequest, InternalServerError, MethodNotAllowed, TooLarge)
    if each is not NotSignedIn  # leads to sign-in
}


def refuse_on_request(app: Flask) -> None:
    """Have the application refuse what is asked with `?refuse=` and the name of a refusal, as a page would."""

    @app.before_request
    def refuse() -> None:
        if name := request.args.get("refuse"):
            raise REFUSALS[name]


@dataclass
class Round:
    """A round through a served house: each address is opened by the first of its readers who is shown a page there."""

    app: Flask
    browser: Browser
    url: str
    readers: Mapping[str, Mapping[str, str]]  # the cookies of each
    known: Mapping[str, object]  # what to put for each part of an address
    addresses: Mapping[str, str] = field(default_factory=dict)  # of pages that another thing or a query opens
    audience: str = ""  # what endpoints begin with; empty: all
    _pages: dict[str, Page] = field(default_factory=dict)

    @property
    def adapter(self) -> MapAdapter:
        """Tells the page of an address."""
        return self.app.url_map.bind(urlsplit(self.url).netloc)

    def close(self) -> None:
        """Close all browsers."""
        for page in self._pages.values():
            page.context.close()

    def met(self) -> Iterator[tuple[str, str, str]]:
        """Every page that a reader is shown: its endpoint, the reader and the address."""
        for rule in self.rules():
            path = self.addresses.get(rule.endpoint)
            if path or set(rule.arguments) <= set(self.known):
                path = path or address(rule, self.known)
                if reader := next((each for each in self.readers if self._status(each, path) == 200), None):
                    yield rule.endpoint, reader, path

    def every_page(self) -> Iterator[tuple[str, Page]]:
        """Each of them, opened."""
        for endpoint, reader, path in self.met():
            yield endpoint, self._open(reader, path)

    def what_is_not_there(self) -> Iterator[tuple[str, Page]]:
        """Pages at addresses of what is not there, each that says something of its own once."""
        said = set()
        for rule in self.rules():
            path = address(rule, dict.fromkeys(rule.arguments, NOT_THERE))
            reader = next((each for each in self.readers if self._status(each, path) >= 400), None)
            if rule.arguments and reader:
                page = self._open(reader, path)
                words = page.locator("main").inner_text()
                if words not in said:
                    said.add(words)
                    yield rule.endpoint, page

    def refusals(self) -> Iterator[tuple[str, Page]]:
        """Every kind of refusal, in the application that `refuse_on_request` has made ready."""
        for name in REFUSALS:
            yield name, self._open(next(reversed(self.readers)), f"/help?refuse={name}")

    def rules(self) -> Iterator[Rule]:
        """Every address of a page for this audience."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.endpoint):
            is_page = "GET" in (rule.methods or set()) and rule.endpoint not in NO_PAGE
            if is_page and rule.endpoint.startswith(self.audience):
                yield rule

    def _status(self, reader: str, path: str) -> int:
        browser = self.app.test_client()
        for name, value in self.readers[reader].items():
            browser.set_cookie(name, value)
        answer = browser.get(path)
        return answer.status_code if answer.mimetype == "text/html" else 0

    def _open(self, reader: str, path: str) -> Page:
        if reader not in self._pages:
            context = self.browser.new_context(
                viewport=PHONE, locale="sv-SE", base_url=self.url, has_touch=True, service_workers="block"
            )
            context.add_cookies(
                [
                    {"name": name, "value": value, "url": self.url}
                    for name, value in self.readers[reader].items()
                ]
            )
            self._pages[reader] = context.new_page()
        page = self._pages[reader]
        page.goto(path)
        return page
