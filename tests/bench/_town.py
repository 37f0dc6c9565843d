"""A municipality to measure in: the demo's people and meetings, and a crowd beside them."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

import lms.tables  # noqa: F401  (the tables must know each other)
from lms.base.context import House, make_house, work
from lms.base.db import take_stock
from lms.base.migrate import migrate
from lms.base.settings import read_settings
from lms.demo import build_demo
from lms.demo_cast import HOME_CARE
from lms.demo_towns import GRANVIK
from lms.evidence.models import CertificateRow
from lms.identity.actions import open_session
from lms.organisation.models import Person, Unit
from lms.reflection.models import Meeting
from tests.crowd import grow

SECRET = "a secret for measuring that is long enough to be one"
WHO = {"learner": "1001", "holder": "1004", "lead": "1010", "officer": "1090", "admin": "1091"}


@contextmanager
def town(people: int) -> Iterator[House]:
    """A house of its own with the demo's municipality and so many people more; SQLite, synchronous=FULL."""
    with tempfile.TemporaryDirectory(prefix="kunnig-bench-") as folder:
        settings = read_settings(
            mode="demo", secret_key=SECRET, data=Path(folder), mail_from="Kunnig <k@localhost>"
        )
        house = make_house(settings)
        migrate(house.engine)
        build_demo(house)
        if people:
            grow(house, GRANVIK.slug, people, below=GRANVIK.units[HOME_CARE])
        take_stock(house.writer)  # as the worker does every hour
        yield house
        house.engine.dispose()


def tokens(house: House, wanted: Mapping[str, str] = WHO) -> dict[str, str]:
    """A signed-in device for each of those wanted, by their employee numbers: the value of its cookie."""
    with work(
        house, now=datetime.now(UTC) + timedelta(minutes=30)
    ) as ctx:  # in use just now, for as long as it takes
        people = {person.employee_number: person for person in ctx.db.scalars(select(Person))}
        return {
            who: open_session(
                ctx,
                account_id=people[number].account_id,
                employer_id=people[number].employer_id,
                user_agent="bench",
                remember=True,
            )
            for who, number in wanted.items()
        }


def pages(house: House) -> dict[str, tuple[str, str]]:
    """Every page there is to look at: name -> (who looks, address)."""
    with work(house, writes=False) as ctx:
        amina, farid = (
            ctx.db.scalars(select(Person.public_id).where(Person.employee_number == number)).one()
            for number in ("1001", "1005")
        )
        number = ctx.db.scalars(
            select(CertificateRow.number).join(Person, Person.id == CertificateRow.person_id)
            .where(Person.employee_number == WHO["holder"])
        ).one()  # fmt: skip
        top = ctx.db.scalars(select(Unit.public_id).where(Unit.parent_id.is_(None))).one()
        past, coming = ctx.db.scalars(select(Meeting.public_id).order_by(Meeting.id)).all()
    course = "/courses/documentation"
    return {
        "sign-in": ("", "/sign-in"),
        "verify": ("", f"/v/{number[:5]}-{number[5:]}"),
        "todo": ("learner", "/todo"),
        "courses": ("learner", "/courses"),
        "course": ("learner", course),
        "step": ("learner", f"{course}/right-record/hall"),
        "quiz start": ("learner", f"{course}/quiz"),
        "result": ("holder", f"{course}/result"),
        "certificates": ("holder", "/certificates"),
        "certificate": ("holder", f"/certificates/{number}"),
        "plan": ("learner", "/plan"),
        "me": ("learner", "/me"),
        "meeting": ("learner", f"/meetings/{coming}"),
        "team": ("lead", "/team"),
        "person": ("lead", f"/team/{amina}"),
        "slips": ("lead", "/team/slips"),
        "assign": ("lead", "/assign?course=documentation"),
        "assign to one": ("lead", f"/assign?course=documentation&person={farid}"),
        "meetings": ("lead", "/meetings"),
        "new meeting": ("lead", "/meetings/new"),
        "meeting plan": ("lead", f"/meetings/{coming}/plan"),
        "meeting notes": ("lead", f"/meetings/{past}/notes"),
        "plans": ("lead", "/plans"),
        "lead's plan": ("lead", f"/plans/{amina}"),
        "team of all": ("officer", f"/team?unit={top}"),
        "register": ("officer", "/register"),
        "register certificate": ("officer", f"/register/certificate/{number}"),
        "organisation": ("admin", "/org"),
        "people": ("admin", "/org/people"),
        "import": ("admin", "/org/people/import"),
    }
