"""`kunnig serve`."""

import os
import shutil
import socket

import click
from granian.constants import Interfaces
from granian.server import Server

from lms.base.log import log_config
from lms.base.migrate import Schema, schema
from lms.base.settings import read_settings
from lms.cli._house import name_fault, open_house


@click.command()
def serve() -> None:
    """The production web server; the database must be at this release's newest migration, or at a later one."""
    house = open_house()
    if schema(house.engine) is Schema.BEHIND:
        raise click.ClickException("The database is not at the newest migration; run: kunnig migrate")
    name_fault(house)
    house.engine.dispose()
    serve_pages()


def serve_pages() -> None:
    """Granian until SIGTERM or Ctrl-C; requests in hand are finished first."""
    settings = read_settings()
    try:
        socket.create_server(
            (settings.host, settings.port), family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        ).close()
    except OSError as error:  # somebody listens there: leave their counts alone
        raise click.ClickException(
            f"{settings.host}, port {settings.port} cannot be listened on: {error.strerror}"
        ) from None
    counts = settings.data / "metrics" / str(settings.port)  # what the server's processes count together
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts.resolve())
    Server(
        "lms.app:create_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        workers_kill_timeout=20,
        websockets=False,
        log_access=False,
        log_dictconfig=log_config(readable=settings.is_demo),
    ).serve()
