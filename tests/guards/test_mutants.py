"""Every condition that keeps people to what is theirs is missed: without any one of them the tests turn red."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.mutants import ROOT, Mutant, mutants

ALIKE = {  # what may be taken away, for something else says the same, and what that is
    "lms/demo.py _public_ids: Person.employer_id == ctx.employer_id": "there is one employer in a demo",
}
TOP_LEVEL = ("lms", "certificates", "templates", "courses", "migrations", "tests")
READ, ASKED = "tests/guards/test_code.py", "tests/guards/test_permissions.py"
OWN_TESTS = {  # by what is taken away; many an action asks twice, itself and where it looks, so both are read too
    "needs=": [READ],
    "ctx.require": [ASKED, READ],
    "ctx.reach": [ASKED, READ],
}
LAST = (
    "guards/test_own_pages.py", "guards/test_urls.py", "web", "guards/test_protected.py",
    "organisation", "register", "learning", "jobs",
)  # fmt: skip


@pytest.fixture(scope="session")
def copy(tmp_path_factory):
    """The program and its tests in a folder of their own, to take things away there."""
    folder = tmp_path_factory.mktemp("copy")
    for name in TOP_LEVEL:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [*ROOT.glob("*.toml"), *ROOT.glob("*.md"), *ROOT.glob(".[!g]*")]:
        if path.is_file():
            shutil.copy(path, folder)
    return folder


def where_missed(mutant: Mutant) -> list[str]:
    """Where the tests are that miss it, the likeliest first: those that name its function, its file, its room."""
    room, stem = mutant.path.split("/")[1], Path(mutant.path).stem
    names = rf"\b{mutant.function}\b", rf"lms\.{room}(\.| import (.*, )?){stem}\b", rf"^{stem}$"
    named = [
        path
        for name in names
        for path, text in texts().items()
        if re.search(name, text) or re.search(name, path.stem[5:])
    ]
    where = [*named, *(ROOT / "tests" / name for name in (room, *LAST))]
    own = [test for part, tests in OWN_TESTS.items() if mutant.taken.startswith(part) for test in tests]
    return [*own, *dict.fromkeys(str(path.relative_to(ROOT)) for path in where if path.exists())]


@cache
def texts() -> dict[Path, str]:
    """The files of tests but those of browsers, whole servers and this one, with what stands in them."""
    slow = {ROOT / "tests" / "journeys", Path(__file__)}
    return {
        path: path.read_text()
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if not slow & {path, *path.parents}
    }


def is_missed(folder, paths: list[str]) -> bool:
    """Whether a test of these, on SQLite and without a browser, turns red."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider",
         "-k", "not postgres", "--tb=no", *paths],
        cwd=folder, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.returncode == 1


@pytest.mark.thorough
@pytest.mark.parametrize("mutant", mutants(), ids=str)
def test_it_is_missed(mutant, copy):
    changed = copy / mutant.path
    whole = changed.read_text()
    changed.write_text(mutant.source())
    try:
        assert is_missed(copy, where_missed(mutant)) != (str(mutant) in ALIKE)
    finally:
        changed.write_text(whole)


@pytest.mark.thorough
def test_with_everything_in_its_place_nothing_is_missed(copy):
    everywhere = sorted({path for mutant in mutants() for path in where_missed(mutant)})
    assert not is_missed(copy, everywhere)


def test_there_is_something_to_take_away():
    found = mutants()
    assert len(found) > 200
    for mutant in found:
        compile(mutant.source(), mutant.path, "exec")
