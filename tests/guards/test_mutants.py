"""Every condition that keeps people to what is theirs is missed: without any one of them the tests turn red.

What missed it the last time is tried first (`missed_by.txt`), for else a run takes hours. After larger changes:
`KUNNIG_KEEP_MISSED_BY=1 make thorough TESTS=tests/guards/test_mutants.py`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from compileall import compile_dir
from functools import cache
from pathlib import Path
from py_compile import PycInvalidationMode

import pytest

from tests.mutants import ROOT, Mutant, mutants

ALIKE = {  # what may be taken away, for something else says the same, and what that is
    "lms/demo_year.py come_back: Absence.employer_id == ctx.employer_id": "people have one employer",
    "lms/demo_year.py _newest: Proof.employer_id == ctx.employer_id": "people have one employer",
    "lms/register/coverage_then.py _cells: Person.employer_id == ctx.employer_id": "others have no facts here",
    "lms/identity/recovery_codes.py prove_with_recovery_code: RecoveryCode.account_id == ctx.who.account_id": (
        "whose code it is goes into its hash"
    ),
}
RED, NOTHING_TO_RUN, NO_SUCH_TEST = (
    pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.USAGE_ERROR,
)  # fmt: skip
MISSED_BY = Path(__file__).with_name(
    "missed_by.txt"
)  # mutant, tab, the test that missed it when all was run last
KEEP = "KUNNIG_KEEP_MISSED_BY"  # set: what is found anew is written there
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
    """The program and its tests in a folder of their own, to take things away there.

    Compiled once; what is changed is told by its content and compiled again.
    """
    folder = tmp_path_factory.mktemp("copy")
    for name in TOP_LEVEL:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [*ROOT.glob("*.toml"), *ROOT.glob("*.md"), *ROOT.glob(".[!g]*")]:
        if path.is_file():
            shutil.copy(path, folder)
    compile_dir(folder / "lms", quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return folder


@pytest.fixture(scope="session")
def runner(copy, sqlite_model):
    """A process that has loaded all libraries, and runs tests of the copy in children of its own.

    They begin from a municipality made before, by the whole program.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.mutant_runner"],
        cwd=copy, env=os.environ | {"KUNNIG_TEST_MODEL": str(sqlite_model)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        yield process
        process.stdin.close()


@cache
def known() -> dict[str, str]:
    """Which test missed what, the last time: it is tried first. A line that is no longer true costs time only."""
    lines = MISSED_BY.read_text().splitlines() if MISSED_BY.exists() else []
    return dict(line.split("\t") for line in lines)


def stages(mutant: Mutant) -> list[list[str]]:
    """Where the tests are that miss it, the likeliest first: its own, those naming it or its file, its room, more."""
    room, stem = mutant.path.split("/")[1], Path(mutant.path).stem
    names = rf"\b{mutant.function}\b", rf"lms\.{room}(\.| import (.*, )?){stem}\b", rf"^{stem}$"
    named = [
        [path for path, text in texts().items() if re.search(name, text) or re.search(name, path.stem[5:])]
        for name in names
    ]
    own = [
        ROOT / test for part, tests in OWN_TESTS.items() if mutant.taken.startswith(part) for test in tests
    ]
    rooms = [ROOT / "tests" / name for name in (room, *LAST)]
    seen, found = set(), []
    for some in (own, *named, rooms):
        found.append(list(dict.fromkeys(str(each.relative_to(ROOT)) for each in some if each.exists())))
        found[-1] = [each for each in found[-1] if each not in seen]
        seen |= set(found[-1])
    return [some for some in found if some]


@cache
def texts() -> dict[Path, str]:
    """The files of tests but the slow ones, of browsers, whole servers and everything, with what stands in them."""
    slow = {ROOT / "tests" / "journeys", ROOT / "tests" / "guards"}
    found = sorted((ROOT / "tests").rglob("test_*.py"))
    return {path: path.read_text() for path in found if not slow & {*path.parents}}


def red_of(runner: subprocess.Popen[str], paths: list[str], *, may_be_gone: bool = False) -> str:
    """The first test of these that turns red, on SQLite and without a browser; empty if none does."""
    print(json.dumps(paths), file=runner.stdin, flush=True)
    code, red = json.loads(runner.stdout.readline())
    known_ends = {0, RED, NOTHING_TO_RUN} | ({NO_SUCH_TEST} if may_be_gone else set())
    assert code in known_ends, f"tests of {paths} ended with {code}"
    assert bool(red) == (code == RED), f"tests of {paths} ended with {code}, and red was {red!r}"
    return red


def missed_by(runner: subprocess.Popen[str], mutant: Mutant) -> str:
    """The test that turns red without what the mutant lacks; empty if none does."""
    before = known().get(str(mutant), "")
    red = red_of(runner, [before], may_be_gone=True) if before else ""
    red = red or next((found for paths in stages(mutant) if (found := red_of(runner, paths))), "")
    if red != before and os.environ.get(KEEP):
        with MISSED_BY.open("a") as kept:
            kept.write(f"{mutant}\t{red}\n")
    return red


@pytest.mark.thorough
@pytest.mark.parametrize("mutant", mutants(), ids=str)
def test_it_is_missed(mutant, copy, runner):
    changed = copy / mutant.path
    whole = changed.read_text()
    changed.write_text(mutant.source())
    try:
        assert bool(missed_by(runner, mutant)) != (str(mutant) in ALIKE)
    finally:
        changed.write_text(whole)


@pytest.mark.thorough
def test_with_everything_in_its_place_nothing_is_missed(runner):
    everywhere = sorted({path for mutant in mutants() for some in stages(mutant) for path in some})
    assert not red_of(runner, everywhere)


def test_there_is_something_to_take_away():
    found = mutants()
    assert len(found) > 200
    for mutant in found:
        compile(mutant.source(), mutant.path, "exec")
