"""A push service on loopback, by TLS under a name of the internet that this machine finds for the length of a test."""

import socket
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from lms.jobs import outgoing
from tests.jobs.gateway import gateway

HOST = "push.example.org"


def certificate(folder, host):
    """A certificate for a host that says itself that it is good; the file with it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    file = folder / f"{host}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file


@contextmanager
def push_service(folder, monkeypatch, *, named=HOST, is_public=True):
    """Let one listen; `named` as its certificate says, `is_public` whether loopback counts as the internet here."""
    file = certificate(folder, named)
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **rest: look_up("127.0.0.1" if host == HOST else host, *more, **rest),
    )
    if is_public:
        monkeypatch.setattr(outgoing, "is_public", lambda address: address == "127.0.0.1")
    with gateway(lambda sock: secure.wrap_socket(sock, server_side=True)) as made:
        made.address = made.address.replace("http://127.0.0.1", f"https://{HOST}")
        yield made
