"""One request to a server outside: no redirect is followed, and it takes no longer than it may."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPSConnection
from threading import Event, Timer
from urllib.parse import urlsplit

PATIENCE = 20  # seconds for all of it


@contextmanager
def connected(address: str) -> Iterator[HTTPConnection]:
    """A connection to the server of an address, encrypted where the address says so; cut when the time is over.

    Raises OSError.
    """
    parts = urlsplit(address)
    host, is_safe = str(parts.hostname), parts.scheme == "https"
    connection = (HTTPSConnection if is_safe else HTTPConnection)(host, parts.port)
    sock = socket.create_connection((host, connection.port), PATIENCE)
    if is_safe:
        secure = ssl.create_default_context()
        sock = secure.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    is_over = Event()
    end = Timer(PATIENCE, _cut, [sock, is_over])  # a server may send a byte now and then, for ever
    end.daemon = True
    with sock:
        end.start()
        try:
            if isinstance(sock, ssl.SSLSocket):
                sock.do_handshake()
            connection.sock = sock
            yield connection
        finally:
            end.cancel()
    if is_over.is_set():  # what was read until then may look like an answer
        raise TimeoutError


def _cut(sock: socket.socket, is_over: Event) -> None:
    is_over.set()
    with suppress(OSError):  # it may be over already
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # that of a TLS socket itself would wait its turn


def post(address: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send something; the status that is answered is all that counts.

    Raises OSError or http.client.HTTPException.
    """
    parts = urlsplit(address)
    with connected(address) as connection:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, dict(headers))
        return connection.getresponse().status
