"""The library stands alone: nothing of the application, of Flask, of a database or of a file service."""

import hashlib
import subprocess
import sys

from certificates import canonical_bytes, render_pdf
from tests.certificates.builders import make_content

ADDRESS = "https://kunnig.example/v/7F3K92QDXM"
FOREIGN = (
    "lms",
    "flask",
    "flask_login",
    "werkzeug",
    "sqlalchemy",
    "alembic",
    "boto3",
    "botocore",
    "pydantic_settings",
)
ALONE = f"""
import hashlib, sys
for name in {FOREIGN!r}:
    sys.modules[name] = None  # importing it raises
import certificates
content = certificates.from_canonical(sys.stdin.buffer.read())
assert "weasyprint" not in sys.modules, "a process that only verifies must not load the PDF engine"
print(hashlib.sha256(certificates.render_pdf(content, {ADDRESS!r})).hexdigest())
"""


def test_each_part_can_be_imported_first() -> None:
    for part in ("certificates.reading", "certificates.credential", "certificates.verification"):
        subprocess.run([sys.executable, "-c", f"import {part}"], check=True)


def test_it_renders_the_same_bytes_alone_in_another_process() -> None:
    content = make_content()
    command = [sys.executable, "-W", "error", "-c", ALONE]
    alone = subprocess.run(command, input=canonical_bytes(content), capture_output=True, check=False)
    assert alone.returncode == 0, alone.stderr.decode()
    assert alone.stdout.decode().strip() == hashlib.sha256(render_pdf(content, ADDRESS)).hexdigest()
