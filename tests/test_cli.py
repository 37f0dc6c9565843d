"""The commands, as an operator runs them."""

import pytest
from click.testing import CliRunner

from lms.cli import main

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
