"""`kunnig demo`."""

import os
import subprocess
import sys
from pathlib import Path

import click

from lms.base.migrate import migrate_as_owner
from lms.base.settings import DEMO_SECRET
from lms.cli._house import open_house
from lms.cli.serve import serve_pages
from lms.demo import build_demo, welcome
from lms.demo_towns import TOWNS


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("data"), help="Folder for database and files."
)
@click.option("--port", type=int, default=8000, show_default=True)
@click.option(
    "--country", type=click.Choice(["SE", "NO"]), default="SE", show_default=True, help="Where it is."
)
def demo(data: Path, port: int, country: str) -> None:
    """A municipality to click around in: server and worker on this machine."""
    os.environ.update(
        KUNNIG_MODE="demo",
        KUNNIG_SECRET_KEY=os.environ.get("KUNNIG_SECRET_KEY") or DEMO_SECRET,
        KUNNIG_DATA=str(data.resolve()),
        KUNNIG_PORT=str(port),
        KUNNIG_PUBLIC_URL=os.environ.get("KUNNIG_PUBLIC_URL") or f"http://127.0.0.1:{port}",
    )
    house = open_house()
    for name in ("database", "database_owner", "files", "mail", "sms"):
        if getattr(house.settings, name):
            raise click.ClickException(
                f"The demo keeps to its own folder, and KUNNIG_{name.upper()} is set: unset it, or use `kunnig serve`"
            )
    data.mkdir(parents=True, exist_ok=True)
    migrate_as_owner(house.settings)
    town = TOWNS[country]
    build_demo(house, town)
    click.echo(welcome(house, town))
    house.engine.dispose()
    worker = subprocess.Popen([sys.executable, "-m", "lms.cli", "work"])
    try:
        serve_pages()
    finally:
        worker.terminate()
        worker.wait(timeout=30)
