"""What the benches measure with: a server of their own, which must not write between their tables."""

import pytest

from tests.bench._server import Visitor, program
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
