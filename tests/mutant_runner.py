"""Runs tests again and again, each time in a child that already has the libraries but nothing of the program.

Reads lines of JSON from standard input, each a list of paths of tests; answers each with pytest's exit code and the
test that was red, if one was. Run as
`python -m tests.mutant_runner` in the folder of the program that is tried; `KUNNIG_TEST_MODEL` saves each child to
make its municipality.
"""

import json
import os
import subprocess
import sys
from importlib import import_module
from typing import Any

OURS = {"lms", "certificates", "tests", "__main__"}
LIST = "import sys, lms.app, tests.conftest; print(*sys.modules)"


def main() -> None:
    """Answer until standard input ends."""
    listed = subprocess.run([sys.executable, "-c", LIST], capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        package = name.partition(".")[0]
        if package not in OURS and "hypothesis" not in package:  # pytest must load that itself
            import_module(name)
    for line in sys.stdin:
        said, says = os.pipe()
        child = os.fork()
        if not child:
            _run(json.loads(line), says)
        os.close(says)
        with os.fdopen(said) as pipe:
            red = pipe.read()
        _child, status = os.waitpid(child, 0)
        sys.stdout.write(f"{json.dumps([os.waitstatus_to_exitcode(status), red])}\n")
        sys.stdout.flush()


class _Red:
    """Says which test was red first; it may be red once more when it is cleaned up after."""

    def __init__(self, says: int) -> None:
        self.says = says
        self.has_said = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.has_said:
            self.has_said = True
            os.write(self.says, report.nodeid.encode())


def _run(paths: list[str], says: int) -> None:
    """The child: what the tests say goes nowhere, their exit code is the child's."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    import pytest  # noqa: PLC0415  (its plugins must begin anew in each child)

    options = ["-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-k", "not postgres", "--tb=no"]
    os._exit(pytest.main([*options, *paths], plugins=[_Red(says)]))


if __name__ == "__main__":
    main()
