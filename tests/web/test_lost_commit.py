"""The database is lost while it is asked to commit: nobody can tell whether it has, and the page says so."""

import re
import sqlite3

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text
from werkzeug.datastructures import MultiDict

from lms.base.context import work
from lms.base.db import make_engine
from lms.base.errors import Away
from lms.cli import main
from lms.identity.models import Account
from lms.learning.actions import open_attempt
from lms.learning.models import Answer
from tests.journeys.forms import answer_at
from tests.journeys.test_failing import kept
from tests.learning.taking import COURSE

UNSURE = "Vi vet inte om det du skickade har sparats."
on_postgres = pytest.mark.parametrize(
    "house", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def lose(request, house, monkeypatch):
    """Lose the server at the next commits: before it has heard of them, or before its answer is heard."""
    commit = house.engine.dialect.do_commit

    def begin(*, written):
        superuser = make_engine(request.getfixturevalue("postgres").format("postgres"))

        def lost(connection):
            driver = connection.dbapi_connection
            if written:
                commit(driver)
            with superuser.connect() as other:
                other.execute(text(f"SELECT pg_terminate_backend({driver.info.backend_pid}, 10000)"))
            superuser.dispose()
            driver.execute("COMMIT")

        monkeypatch.setattr(house.engine.dialect, "do_commit", lost)

    return begin


def answers(town):
    with town.inside() as ctx:
        return ctx.db.scalar(select(func.count()).select_from(Answer))


@on_postgres
@pytest.mark.parametrize("written", [True, False])
def test_who_has_answered_is_told_to_look_and_may_send_it_again(granvik, sign_in, lose, monkeypatch, written):
    with granvik.work("amina") as ctx:
        sent = answer_at(ctx, open_attempt(ctx, COURSE, "sv"), 1, right=True)
    amina, quiz = sign_in(granvik, "amina"), f"/courses/{COURSE}/quiz/1"
    lose(written=written)
    page = amina.post(quiz, data=MultiDict(sent.fields()), headers={"Referer": f"http://localhost{quiz}"})
    monkeypatch.undo()
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert UNSURE in page.text
    assert re.search(r'href="([^"]*)">\s*Titta efter', page.text)[1] == quiz
    assert kept(page.text) == (quiz, sent.fields())
    assert answers(granvik) == written
    assert amina.get(quiz).status_code in {200, 303}
    assert amina.post(quiz, data=MultiDict(sent.fields())).status_code == 303
    assert answers(granvik) == 1


@on_postgres
def test_a_password_is_to_be_typed_again(granvik, client, lose):
    lose(written=True)
    page = client.post(
        "/sign-in/password", data={"name": "1001", "m": "granvik", "password": "hunter-2-hunter"}
    )
    assert page.status_code == 503
    assert UNSURE in page.text
    assert "hunter-2" not in page.text
    assert "data-again" not in page.text


@on_postgres
def test_a_lost_statement_is_known_not_to_be_saved(house):
    gone = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with work(house) as ctx:
        account = ctx.db.get_one(Account, 1)
    account.language = "nb"

    def write(ctx):
        ctx.db.add(account)
        ctx.db.execute(gone)

    with pytest.raises(Away) as away, work(house) as ctx:
        write(ctx)
    assert away.value.facts == {}


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_a_file_that_cannot_commit_has_not_saved_it(granvik, sign_in, house, monkeypatch):
    amina = sign_in(granvik, "amina")

    def full(_connection):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(house.engine.dialect, "do_commit", full)
    page = amina.post("/me", data={"language": "nb", "theme": "dark"})
    assert page.status_code == 503
    assert "Det du skickade kunde inte sparas." in page.text


def test_a_command_says_so_too(monkeypatch):
    def lost(*_values, **_more):
        raise Away("database_away", unsure=True)

    monkeypatch.setattr("lms.cli._house.read_settings", lost)
    said = CliRunner().invoke(main, ["migrate"]).output
    assert "It may have written everything" in said
