"""Courses published by command: what is said, what is done, and what is only said."""

import re

import pytest
from sqlalchemy import func, select

from lms.base.context import work
from lms.catalogue.models import EditionRow
from tests.catalogue.later_edition import PLACE, SHIPPED, later_edition
from tests.learning.taking import take
from tests.test_cli import commands_of


@pytest.fixture
def run(house, monkeypatch):
    """Run a command over the test's house."""
    return commands_of(house, monkeypatch)


def rows(house):
    with work(house, writes=False) as ctx:
        return ctx.db.scalar(select(func.count()).select_from(EditionRow))


def stored(house):
    return sorted(path.name for path in house.settings.files_folder.rglob("*.json"))


def test_a_dry_run_says_for_how_many_and_does_nothing(run, house, granvik, fjordvik, tmp_path):
    take(granvik, "amina", right=12)
    take(granvik, "amina", right=12)  # a second certificate is not a second person
    take(fjordvik, "kari", right=12)
    folder = later_edition(tmp_path / "new", effect="update", lessons=("correct",), within_days=60)
    before = rows(house), stored(house)
    for dry in (["--dry-run"], []):
        assert (rows(house), stored(house)) == before
        done = run("courses", "publish", folder, *dry)
        assert (done.exit_code, done.output.splitlines()) == (
            0,
            ["This is what would become of the courses; nothing is changed."] * len(dry)
            + [
                "documentation SE 2030.1: published",
                f"  update within 60 days, since {SHIPPED}: correct",
                "  People with a certificate of an earlier edition that has not run out: 2.",
            ],
        )
    assert rows(house) == before[0] + 1
    again = run("courses", "publish", folder)
    assert (again.exit_code, again.output) == (0, "documentation SE 2030.1: published already\n")


def test_what_is_refused_says_why(run, house, tmp_path):
    folder = later_edition(tmp_path / "new")
    course = folder / PLACE / "course.yaml"
    text = course.read_text(encoding="utf-8")
    course.write_text(text.replace("steps: [hall, ", "steps: [nowhere, "), encoding="utf-8")
    before = rows(house)
    done = run("courses", "publish", folder)
    assert done.exit_code == 1
    first, *faults = done.output.splitlines()
    assert first.startswith("documentation SE 2030.1: not published, ")
    assert any(f"{PLACE}/course.yaml:" in fault or f"{PLACE}/sv/" in fault for fault in faults)
    course.write_text(text.replace("2030.1", SHIPPED).replace("minutes: 5", "minutes: 6"), encoding="utf-8")
    done = run("courses", "publish", folder)
    assert (done.exit_code, "published earlier with other content" in done.output) == (1, True)
    assert rows(house) == before


BETWEEN = "publish what lies between, too, or what that asks is lost"


@pytest.mark.parametrize(
    ("effect", "since", "said"),
    [
        ("", SHIPPED, f"  It says nothing of what it has changed since {SHIPPED}: nobody is asked for anything."),
        ("inform", "2029.9", f"  The edition before it here is {SHIPPED}: {BETWEEN}."),
    ],
)  # fmt: skip
def test_what_authors_may_have_forgotten_is_said(run, tmp_path, effect, since, said):
    done = run("courses", "publish", later_edition(tmp_path / "new", effect=effect, since=since), "--dry-run")
    assert (done.exit_code, said in done.output.splitlines()) == (0, True)


def test_lessons_that_have_changed_and_are_not_named_are_said(run, tmp_path):
    folder = later_edition(tmp_path / "new", effect="inform", lessons=("correct",))
    course = folder / PLACE / "course.yaml"
    first, between, rest = course.read_text(encoding="utf-8").partition("  - id: good-note-e1\n")
    course.write_text(
        first + between + re.sub(r"(?m)^    key: b$", "    key: a", rest, count=1), encoding="utf-8"
    )
    page = folder / PLACE / "en" / "declined.md"
    page.write_text(page.read_text(encoding="utf-8").replace("## ", "## Now: ", 1), encoding="utf-8")
    done = run("courses", "publish", folder, "--dry-run")
    assert f"  Changed since {SHIPPED} and not named: good-note, declined" in done.output.splitlines()


def test_an_edition_that_leaves_no_questions_for_the_update_before_it_is_refused(run, house, tmp_path):
    update = later_edition(tmp_path / "a", effect="update", lessons=("correct",), within_days=30)
    assert run("courses", "publish", update).exit_code == 0
    later = {"label": "2030.2", "since": "2030.1", "effect": "inform", "lessons": ("declined",)}
    short = later_edition(tmp_path / "b", **later)
    before = rows(house)
    for dry in (["--dry-run"], []):
        done = run("courses", "publish", short, *dry)
        assert done.exit_code == 1
        assert done.output.splitlines()[-2:] == [
            "documentation SE 2030.2: not published, who is asked for an update could not take it",
            "  2030.2 has 0 items of the update pool on correct (correct); 2 are needed",
        ]
    assert rows(house) == before
    whole = later_edition(tmp_path / "c", **later, asked=("correct",))
    assert run("courses", "publish", whole).exit_code == 0


def test_an_older_edition_that_comes_late_is_said_to_be_older(run, granvik, tmp_path):
    take(granvik, "hodan", right=12)
    run("courses", "publish", later_edition(tmp_path / "b", label="2030.2", effect="inform", since="2030.1"))
    take(granvik, "amina", right=12)  # of the newest edition: nobody whom an older one concerns
    late = later_edition(tmp_path / "a", effect="inform", lessons=("correct",))
    done = run("courses", "publish", late)
    assert done.output.splitlines() == [
        "documentation SE 2030.1: published",
        "  2030.2 stays the edition that is taught: this one is older.",
        f"  inform, since {SHIPPED}: correct",
        "  People with a certificate of an earlier edition that has not run out: 1.",
    ]


def test_a_folder_without_courses_is_said(run, tmp_path):
    assert run("courses", "publish", tmp_path).output == "There are no courses there.\n"


def test_editions_are_listed_in_their_order(run, tmp_path):
    later = {"effect": "inform", "lessons": ("correct", "declined")}
    run("courses", "publish", later_edition(tmp_path / "new", **later))
    listed = run("courses", "editions").output.splitlines()
    here = [line for line in listed if line.startswith("documentation SE ")]
    assert [line.split()[2] for line in here] == [SHIPPED, "2030.1"]
    assert here[1].endswith(f"  inform, since {SHIPPED}: correct, declined")
