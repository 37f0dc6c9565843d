"""One request to a server outside: no redirect is followed, and it takes no longer than it may."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPSConnection
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Event, Timer
from urllib.parse import urlsplit

PATIENCE = 20  # seconds for all of it
NAT64 = ip_network("64:ff9b::/96")  # may lead to any IPv4 address (RFC 6052)


class NotPublic(Exception):
    """An address leads into a network of our own, or to nowhere: nothing is asked there for somebody else."""


@contextmanager
def connected(address: str, *, only_public: bool = False) -> Iterator[HTTPConnection]:
    """A connection to the server of an address, encrypted where the address says so; cut when the time is over.

    `only_public`: the address is somebody's own word, so it must not lead into our networks. Raises OSError, NotPublic.
    """
    parts = urlsplit(address)
    host, is_safe = str(parts.hostname), parts.scheme == "https"
    connection = (HTTPSConnection if is_safe else HTTPConnection)(host, parts.port)
    found = _public(host, connection.port) if only_public else (host, connection.port)
    sock = socket.create_connection(found, PATIENCE)
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


def _public(host: str, port: int) -> tuple[str, int]:
    """What a name leads to, looked up once: what was looked at is what is connected to. Raises OSError, NotPublic."""
    found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not all(is_public(each) for each in found):
        raise NotPublic
    return found[0], port


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet, not of a network of one's own, also not inside of another's."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if ip in NAT64:
            return False
        within = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        ip = within or ip
    return ip.is_global and not ip.is_multicast


def post(address: str, body: bytes, headers: Mapping[str, str], *, only_public: bool = False) -> int:
    """Send something; the status that is answered is all that counts.

    Raises OSError or http.client.HTTPException, and as `connected` NotPublic.
    """
    parts = urlsplit(address)
    with connected(address, only_public=only_public) as connection:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, dict(headers))
        return connection.getresponse().status
