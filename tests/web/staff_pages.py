"""What the tests of the staff pages share: counting statements, reading forms, sending answers."""

import re
from contextlib import contextmanager
from html import unescape

from sqlalchemy import event, select

from lms.base.context import work
from lms.catalogue import queries as catalogue
from lms.catalogue.models import EditionRow
from lms.learning.models import Attempt
from tests.learning.taking import key_of, wrong_for

COURSE = "/courses/documentation"
STEERING = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "SET LOCAL", "SELECT set_config")


@contextmanager
def counted(house):
    """The statements sent to the database meanwhile, without those that only begin, steer and end transactions."""
    sent = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith(STEERING):
            sent.append(statement)

    event.listen(house.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(house.engine, "before_cursor_execute", note)


def edition_of(house, country="SE", course="documentation"):
    """A course as it is published for a country."""
    with work(house, writes=False) as ctx:
        edition_id = ctx.db.scalars(
            select(EditionRow.id).where(EditionRow.country == country, EditionRow.course == course)
        ).one()
        return catalogue.edition(ctx, edition_id)


def shown(response):
    """The page as text, entities resolved."""
    return unescape(response.text)


def hidden_fields(response):
    """The hidden fields of the question's form, without its answer."""
    pairs = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', response.text)
    return {name: value for name, value in pairs if name not in {"csrf_token", "answer"}}


def as_fields(value):
    """A value as the form of a question sends it."""
    if isinstance(value, dict):
        return {f"answer-{option}": target for option, target in value.items()}
    return {"answer": value}


def attempt_of(town, name):
    """The latest attempt of a person, and the unit of work it was read in."""
    with town.work(name, writes=False) as ctx:
        attempt = ctx.db.scalars(
            select(Attempt).where(Attempt.person_id == ctx.who.person_id).order_by(Attempt.id.desc())
        ).first()
        places = range(1, len(attempt.drawn) + 1)
        right = {place: key_of(ctx, attempt, place) for place in places}
        wrong = {place: wrong_for(ctx, attempt, place) for place in places}
        edition = catalogue.edition(ctx, attempt.edition_id)
        items = {place: edition.items[attempt.drawn_item(place).item] for place in places}
        return attempt, right, wrong, items


def answer(browser, place, value, page=None):
    """Send an answer to a question of the quiz through its form."""
    page = page or browser.get(f"{COURSE}/quiz/{place}")
    return browser.post(f"{COURSE}/quiz/{place}", data=hidden_fields(page) | as_fields(value))


def take_quiz(browser, town, name, right):
    """Take the whole quiz with so many right answers; returns where the last answer led."""
    browser.post(f"{COURSE}/quiz")
    _attempt, key, wrong, _items = attempt_of(town, name)
    sent = None
    for place, value in key.items():
        sent = answer(browser, place, value if place <= right else wrong[place])
    return sent
