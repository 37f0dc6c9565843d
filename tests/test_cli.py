"""The commands, as an operator runs them."""

import os
import re
import socket

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from lms.base.context import is_writing
from lms.base.errors import Away
from lms.base.settings import read_settings
from lms.base.turns import QueuedConnection
from lms.cli import main
from tests.learning.taking import take
from tests.organisation.workbooks import HEAD, NEW, xlsx
from tests.web.browser import is_signed_in

STAFF = (
    "employee_number;given_name;family_name;unit;role;title;kind;percent;from;to\n"
    "3001;Åsa;Öberg;Björken;assistant_nurse;Undersköterska;permanent;100;2026-11-01;\n"
)


@pytest.fixture
def run(house, monkeypatch):
    """Run a command over the test's house."""
    return commands_of(house, monkeypatch)


def commands_of(house, monkeypatch):
    settings = house.settings
    monkeypatch.setenv("KUNNIG_MODE", "demo")
    monkeypatch.setenv("KUNNIG_SECRET_KEY", settings.secret_key.get_secret_value())
    monkeypatch.setenv("KUNNIG_DATA", str(settings.data))
    monkeypatch.setenv("KUNNIG_DATABASE", settings.database)
    monkeypatch.setenv("KUNNIG_DATABASE_OWNER", settings.database_owner)
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_people_are_imported_once(run, tmp_path):
    file = tmp_path / "staff.csv"
    file.write_text(STAFF, encoding="utf-8")
    dry = run("people", "import", file, "--employer", "granvik", "--dry-run")
    assert (dry.exit_code, "line 2: new" in dry.output) == (0, True)
    for expected in ("1 new, 0 changed, 0 unchanged", "0 new, 0 changed, 1 unchanged"):
        done = run("people", "import", file, "--employer", "granvik")
        assert done.exit_code == 0, done.output
        assert expected in done.output


def test_one_bad_line_imports_nobody(run, tmp_path):
    file = tmp_path / "staff.csv"
    file.write_text(
        STAFF + "3002;Nils;Berg;Nowhere;assistant_nurse;Usk;permanent;100;2026-11-01;\n", encoding="utf-8"
    )
    assert run("people", "import", file, "--employer", "granvik").exit_code == 1
    again = run("people", "import", file, "--employer", "granvik", "--dry-run")
    assert "1 new" in again.output


def test_workbook_is_imported_and_undone(run, tmp_path):
    file = tmp_path / "staff.xlsx"
    file.write_bytes(xlsx([HEAD, NEW]))
    assert "There has been no import" in run("people", "undo", "--employer", "granvik").output
    done = run("people", "import", file, "--employer", "granvik")
    assert (done.exit_code, "1 new" in done.output) == (0, True)
    for dry in (["--dry-run"], []):
        undone = run("people", "undo", "--employer", "granvik", *dry)
        assert (undone.exit_code, undone.output) == (0, "1 people are as before the import, 0 stay as now\n")
    again = run("people", "undo", "--employer", "granvik")
    assert (again.exit_code, again.output) == (1, "Error: The last import has been undone already.\n")


def test_everybody_is_signed_out(run, granvik, fjordvik, sign_in):
    here, there = sign_in(granvik, "amina"), sign_in(fjordvik, "kari")
    done = run("people", "sign-out", "--employer", "granvik")
    assert (done.exit_code, done.output) == (0, "Signed out on 1 devices.\n")
    assert [is_signed_in(browser) for browser in (here, there)] == [False, True]
    assert run("people", "sign-out", "--employer", "nowhere").exit_code == 1


def test_list_of_everybody_stops_before_it_ends_too_many(run, tmp_path):
    file = tmp_path / "staff.csv"
    file.write_text(STAFF, encoding="utf-8")
    result = run("people", "import", file, "--employer", "granvik", "--everybody")
    assert (result.exit_code, "7/7" in result.output) == (1, True)


def test_an_unknown_employer_is_one_clear_line(run, tmp_path):
    file = tmp_path / "staff.csv"
    file.write_text(STAFF, encoding="utf-8")
    result = run("people", "import", file, "--employer", "nowhere")
    assert result.exit_code == 1
    assert result.output == "Error: There is no employer with the short name 'nowhere'.\n"


def test_migrate_says_what_is_published_and_can_be_repeated(run):
    for _time in range(2):
        result = run("migrate")
        assert result.exit_code == 0, result.output
        assert re.search(r"^documentation SE \S+: published already$", result.output, re.MULTILINE)


def test_courses_check_prints_the_lessons_and_finds_no_fault(run):
    result = run("courses", "check")
    assert result.exit_code == 0, result.output
    assert "right-record" in result.output
    assert "0 faults" in result.output


def test_production_refuses_a_demo_secret_with_one_line(run, monkeypatch):
    monkeypatch.setenv("KUNNIG_MODE", "production")
    monkeypatch.setenv("KUNNIG_SECRET_KEY", "demo-secret-known-to-everybody")
    result = run("migrate")
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "KUNNIG_SECRET_KEY" in result.output


def test_benches_are_named_when_another_is_asked_for():
    done = CliRunner().invoke(main, ["bench", "nothing"])
    assert done.exit_code == 1
    assert "'nothing'" in done.output
    assert "pages" in done.output


def test_without_a_checkout_there_is_no_bench(monkeypatch, tmp_path):
    monkeypatch.setattr("lms.cli.bench.__file__", str(tmp_path / "lms" / "cli" / "bench.py"))
    done = CliRunner().invoke(main, ["bench", "pages"])
    assert done.exit_code == 1
    assert done.output.count("\n") == 1
    assert "checkout" in done.output


@pytest.mark.parametrize("command", [["serve"], ["migrate"], ["people", "undo", "--employer", "granvik"]])
def test_a_database_that_cannot_be_reached_is_one_line(run, monkeypatch, command):
    nobody = "postgresql+psycopg://kunnig@127.0.0.1:1/kunnig"
    for name in ("KUNNIG_DATABASE", "KUNNIG_DATABASE_OWNER"):
        monkeypatch.setenv(name, nobody)
    done = run(*command)
    assert done.exit_code == 1
    assert done.output.startswith("Error: The database cannot be used: ")
    assert "kunnig doctor" in done.output
    assert done.output.count("\n") == 1


def test_a_database_that_is_not_set_up_is_one_line(empty, monkeypatch):
    empty.settings.data.mkdir()
    done = commands_of(empty, monkeypatch)("people", "sign-out", "--employer", "granvik")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "The database cannot be used: " in done.output


def test_a_database_of_a_newer_release_is_one_line_that_says_so(run, owner, tmp_path):
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for command in (["migrate"], ["backup", tmp_path / "kunnig.zip"]):
        done = run(*command)
        assert (done.exit_code, done.output.count("\n")) == (1, 1)
        assert "of a newer release than this one" in done.output
        assert "kunnig migrate" not in done.output


def test_migrate_waits_for_what_is_away(run, monkeypatch):
    tries = []

    def away_at_first(settings):
        tries.append(settings)
        if len(tries) < 3:
            raise Away("database_away")

    monkeypatch.setattr("lms.publishing.migrate_as_owner", away_at_first)
    monkeypatch.setattr("lms.publishing.time.sleep", lambda _seconds: None)
    assert run("migrate").exit_code == 1
    assert run("migrate", "--wait", "60").exit_code == 0
    assert len(tries) == 3


def test_a_second_server_leaves_the_counts_of_the_first(run, house, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        monkeypatch.setenv("KUNNIG_PORT", str(port))
        counts = house.settings.data / "metrics" / str(port) / "counter_1.db"
        counts.parent.mkdir(parents=True)
        counts.touch()
        done = run("serve")
    assert (done.exit_code, f"port {port} cannot be listened on" in done.output) == (1, True)
    assert counts.exists()


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_nothing_is_printed_while_others_wait_to_write(run, tmp_path, house, monkeypatch):
    file = tmp_path / "staff.csv"
    file.write_text(STAFF, encoding="utf-8")
    printed = []

    def reader(message="", **_how):
        assert not is_writing()
        printed.append(message)

    turns, take_turn = [], QueuedConnection.take_turn
    monkeypatch.setattr("click.echo", reader)
    monkeypatch.setattr(QueuedConnection, "take_turn", lambda self: (turns.append(self), take_turn(self)))
    for command in (["import", file], ["undo"]):
        for dry in (["--dry-run"], []):
            turns.clear()
            assert run("people", *command, "--employer", "granvik", *dry).exit_code == 0
            assert bool(turns) is not bool(dry)
    assert run("migrate").exit_code == 0
    assert len(printed) > 4


@pytest.mark.parametrize("name", ["DATABASE", "FILES", "MAIL", "SMS"])
def test_the_demo_refuses_what_belongs_to_a_real_house(monkeypatch, tmp_path, name):
    value = {"DATABASE": f"sqlite:///{tmp_path}/real.db", "FILES": "s3://real", "MAIL": "smtp://127.0.0.1:1"}
    value["SMS"] = "https://sms.example.se/send"
    monkeypatch.setattr(os, "environ", {**os.environ, f"KUNNIG_{name}": value[name]})  # the demo adds to it
    monkeypatch.setattr("lms.cli.demo.migrate_as_owner", lambda _settings: 1 / 0)  # so far it must not come
    done = CliRunner().invoke(main, ["demo", "--data", str(tmp_path / "demo")])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert f"KUNNIG_{name} is set" in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_key_for_notices_is_one_that_the_settings_take(run):
    keys = {run("keys", "push").output.strip() for _ in range(2)}
    assert len(keys) == 2
    for key in keys:
        assert read_settings(mode="demo", push_key=key).push_key.get_secret_value() == key


def test_a_backup_without_the_files_there_should_be_says_so(run, granvik, house, tmp_path):
    take(granvik, "amina", right=12)
    house.files.put("a", b"x")
    assert "no files" not in run("backup", tmp_path / "one.zip").output
    for key in list(house.files.all_keys()):
        house.files.delete(key)
    assert "There are certificates but no files" in run("backup", tmp_path / "other.zip").output
