"""Where one HTTP message ends and the next begins is never in doubt: what says it twice or wrongly is refused."""

import re
import socket

import pytest

from lms.base.context import make_house
from lms.base.migrate import migrate
from tests.journeys.conftest import demo_settings, environment
from tests.servers import free_port, kunnig, running

HOST = b"Host: localhost\r\n"
SECOND = b"GET /robots.txt HTTP/1.1\r\n" + HOST + b"\r\n"  # what must never be heard as a request of its own
CHUNKED = b"0\r\n\r\n" + SECOND


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    settings = demo_settings(folder / "data", free_port())
    settings.data.mkdir()
    house = make_house(settings)
    migrate(house.engine)
    house.engine.dispose()
    with running(kunnig("serve"), folder / "log", f"{settings.public_url}/healthz", environment(settings)):
        yield settings.port


def answers(port: int, message: bytes) -> list[bytes]:
    """Statuses of all answers to what is sent over one connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
        connection.sendall(message)
        heard = b""
        try:
            while part := connection.recv(65_536):
                heard += part
        except TimeoutError:  # kept open for more requests
            pass
    return re.findall(rb"HTTP/1\.1 (\d{3})", heard)


def post(*fields: bytes, body: bytes) -> bytes:
    return (
        b"POST /sign-in HTTP/1.1\r\n" + HOST + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body
    )


def test_two_requests_on_one_connection_are_two(port):
    assert answers(port, SECOND * 2) == [b"200", b"200"]
    assert answers(port, post(b"Content-Length: 0", body=SECOND)) == [
        b"400",
        b"200",
    ]  # a form without its token


@pytest.mark.parametrize(
    "fields",
    [
        (b"Content-Length: 0", b"Content-Length: %d" % len(CHUNKED)),
        (b"Content-Length: +%d" % len(CHUNKED),),
        (b"Content-Length: -1",),
        (b"Content-Length : %d" % len(CHUNKED),),
        (b"Transfer-Encoding: chunked, identity",),
        (b"Transfer-Encoding: xchunked",),
        (b"Transfer-Encoding : chunked",),
    ],
)
def test_a_length_that_is_none_is_refused_and_the_rest_not_heard(port, fields):
    assert answers(port, post(*fields, body=CHUNKED)) == [b"400"]


def test_of_a_length_and_chunks_the_length_does_not_count(port):
    """RFC 9112, 6.3: chunks win, or an error; a length that counts would make a third request of the rest."""
    body = b"5\r\nhello\r\n0\r\n\r\n" + SECOND
    heard = answers(port, post(b"Content-Length: 8", b"Transfer-Encoding: chunked", body=body))
    assert heard in ([b"400"], [b"400", b"200"])
