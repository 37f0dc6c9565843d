"""The commands, as an operator runs them."""

import pytest
from click.testing import CliRunner

from lms.cli import main
from tests.organisation.workbooks import HEAD, NEW, xlsx
from tests.web.browser import is_signed_in

STAFF = (
    "employee_number;given_name;family_name;unit;role;title;kind;percent;from;to\n"
    "3001;Åsa;Öberg;Björken;assistant_nurse;Undersköterska;permanent;100;2026-11-01;\n"
)


@pytest.fixture
def run(house, monkeypatch):
    """Run a command over the test's house."""
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
    assert (again.exit_code, "import_undone" in again.output) == (1, True)


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
    assert "nowhere" in result.output


def test_migrate_says_what_is_published_and_can_be_repeated(run):
    for _time in range(2):
        result = run("migrate")
        assert result.exit_code == 0, result.output
        assert "documentation SE 2026.1: published already" in result.output


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
    monkeypatch.setattr("lms.cli.__file__", str(tmp_path / "lms" / "cli.py"))
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


def test_a_database_that_is_not_set_up_is_one_line(run, monkeypatch, tmp_path):
    for name in ("KUNNIG_DATABASE", "KUNNIG_DATABASE_OWNER"):
        monkeypatch.setenv(name, f"sqlite:///{tmp_path}/empty.db")
    done = run("people", "sign-out", "--employer", "granvik")
    assert "no such table" in done.output
    assert done.output.count("\n") == 1
