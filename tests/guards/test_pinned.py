"""What the check of statements takes for tied to an employer or account; all tests run under it (tests/pinned.py)."""

import pytest

from lms.base.context import make_house
from lms.base.migrate import migrate
from tests.conftest import settings_for
from tests.pinned import ROOT, unpinned, watch

PEOPLE_WITH = (
    "SELECT person.id FROM person WHERE person.employer_id = ? AND (EXISTS (SELECT * FROM duty WHERE"
)
ACCOUNT_WITH = "SELECT account.id FROM account WHERE account.id = ? AND (EXISTS (SELECT * FROM"
PINNED = [
    "SELECT duty.id FROM duty WHERE duty.employer_id = ? AND duty.course = ?",
    "SELECT d.id FROM duty AS d JOIN person ON person.employer_id = d.employer_id WHERE d.employer_id = ?",
    "SELECT duty.id FROM duty JOIN employer ON employer.id = duty.employer_id WHERE employer.id = ?",
    f"{PEOPLE_WITH} duty.employer_id = person.employer_id))",
    "UPDATE duty SET course=? WHERE duty.employer_id = ?",
    "SELECT account.id FROM account WHERE account.id = ?",
    "SELECT session.id FROM session WHERE session.account_id = ? AND session.public_id = ?",
    "SELECT session.id FROM session WHERE session.token_hash = ?",
    "UPDATE session SET seen_at=? WHERE session.id IN (?, ?)",
    "SELECT account.id FROM account JOIN person ON person.account_id = account.id WHERE person.employer_id = ?",
    f"{ACCOUNT_WITH} passkey WHERE passkey.account_id = account.id))",
]
LOOSE = [
    ("SELECT duty.id FROM duty WHERE duty.course = ?", ("duty",)),
    ("SELECT duty.id FROM duty WHERE duty.employer_id = ? OR duty.course = ?", ("duty",)),
    ("SELECT duty.id FROM duty WHERE NOT (duty.employer_id = ?)", ("duty",)),
    ("SELECT duty.id FROM duty JOIN person ON person.id = duty.person_id WHERE duty.employer_id = ?", ("person",)),
    ("SELECT duty.id FROM duty JOIN person ON person.employer_id = duty.employer_id", ("duty", "person")),
    ("SELECT account.id FROM account", ("account",)),
    ("SELECT session.id FROM session WHERE session.public_id = ?", ("session",)),
    ("SELECT account.id FROM account JOIN session ON session.account_id = account.id", ("account", "session")),
    (f"{ACCOUNT_WITH} passkey WHERE passkey.public_id = ?))", ("passkey",)),
    ("DELETE FROM passkey WHERE passkey.public_id = ?", ("passkey",)),
    ("UPDATE account SET theme=?", ("account",)),
    ("SELECT duty.id FROM duty WHERE duty.employer_id IN (?, ?)", ("duty",)),
    ("SELECT account.id FROM account WHERE account.id IN (SELECT person.account_id FROM person)", ("person",)),
    (f"{PEOPLE_WITH} duty.person_id = person.id))", ("duty",)),
    ("UPDATE duty SET course=? WHERE duty.person_id = ?", ("duty",)),
    ("DELETE FROM duty", ("duty",)),
    ("SELECT duty.id FROM duty WHERE duty.id = ?", ("duty",)),
]  # fmt: skip


@pytest.mark.parametrize("sql", PINNED)
def test_tied(sql):
    assert unpinned(sql) == ()


@pytest.mark.parametrize(("sql", "loose"), LOOSE)
def test_tied_to_none(sql, loose):
    assert sorted(unpinned(sql)) == sorted(loose)


def test_statements_of_the_program_are_looked_at(tmp_path):
    """Code that lies where the program lies reads every duty there is; the same from a test is a test's own matter."""
    house = make_house(settings_for(tmp_path))
    migrate(house.writer)
    found = watch(house.engine)
    read = "with engine.connect() as c:\n    c.exec_driver_sql('SELECT duty.id FROM duty')"
    exec(compile(read, __file__, "exec"), {"engine": house.engine})  # noqa: S102
    assert found == []
    exec(compile(read, f"{ROOT}/lms/register/queries.py", "exec"), {"engine": house.engine})  # noqa: S102
    assert len(found) == 1
    assert "duty in SELECT duty.id FROM duty" in found[0]
    house.engine.dispose()
