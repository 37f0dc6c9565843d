"""What the benches measure with: a server of their own, which must not write between their tables."""

import re

import pytest

from tests.bench import exports
from tests.bench._server import Visitor, program
from tests.bench.learning import report
from tests.servers import free_port


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_what_the_server_logs_does_not_stand_between_the_tables(house, capfd):
    port = free_port()
    with program(house, "serve", port):
        visitor = Visitor(port)
        visitor.get("/sign-in")
        visitor.connection.close()
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
    assert "/sign-in" in (house.settings.data / "serve.log").read_text()


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_the_bench_of_learning_says_what_everything_costs(house, capsys):
    report(house, courses=2, rounds=1)
    said = capsys.readouterr().out
    for what in ("drawing", "grading", "To do", "course", "lesson step", "An exam of 40 drawn and stored"):
        assert re.search(rf"^(\| )?{what}\b.* \d+(\.\d+)?\b", said, re.MULTILINE), said


def test_the_bench_of_exports_compares_every_way(capsys):
    exports.report(rows=60, rounds=1)
    said = capsys.readouterr().out
    for what in ("csv.writer", "openpyxl", "CSV, from the database", "XLSX, out of the house"):
        assert re.search(rf"^\| {what}.* \| 6\d \| .* \d", said, re.MULTILINE), said
