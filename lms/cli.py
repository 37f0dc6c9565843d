"""The command `kunnig`: demo, serve, work, migrate, courses, people, certificates."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import click

import lms.tables  # noqa: F401  (commands load capabilities one by one; the tables must know each other)
from lms.base.access import Actor, Grant, Role
from lms.base.context import House, make_house, work
from lms.base.errors import Refusal
from lms.base.migrate import is_current, migrate
from lms.base.settings import DEMO_SECRET, SettingsError, read_settings
from lms.base.shipped import shipped
from lms.catalogue.actions import publish_editions
from lms.catalogue.check import check, report_text


def _house() -> House:
    """The house of this command; its connections are closed when the command ends."""
    try:
        house = make_house(read_settings())
    except (SettingsError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    click.get_current_context().call_on_close(house.engine.dispose)
    return house


@click.group()
def main() -> None:
    """Kunnig: learning and competence for municipal care services."""


@main.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("data"), help="Folder for database and files."
)
@click.option("--port", type=int, default=8000, show_default=True)
def demo(data: Path, port: int) -> None:
    """A municipality to click around in: server and worker on this machine."""
    from lms.demo import build_demo, welcome  # noqa: PLC0415  (only this command needs it)

    os.environ.update(
        KUNNIG_MODE="demo",
        KUNNIG_SECRET_KEY=os.environ.get("KUNNIG_SECRET_KEY") or DEMO_SECRET,
        KUNNIG_DATA=str(data.resolve()),
        KUNNIG_PORT=str(port),
        KUNNIG_PUBLIC_URL=os.environ.get("KUNNIG_PUBLIC_URL") or f"http://127.0.0.1:{port}",
    )
    data.mkdir(parents=True, exist_ok=True)
    house = _house()
    migrate(house.engine)
    build_demo(house)
    click.echo(welcome(house))
    house.engine.dispose()
    worker = subprocess.Popen([sys.executable, "-m", "lms.cli", "work"])
    try:
        _serve()
    finally:
        worker.terminate()
        worker.wait(timeout=30)


@main.command()
def serve() -> None:
    """The production web server; the database must be at the newest migration."""
    house = _house()
    if not is_current(house.engine):
        raise click.ClickException("The database is not at the newest migration; run: kunnig migrate")
    house.engine.dispose()
    _serve()


def _serve() -> None:
    """Granian until SIGTERM or Ctrl-C; requests in hand are finished first."""
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.server import Server  # noqa: PLC0415

    settings = read_settings()
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
    ).serve()


@main.command("work")
def work_command() -> None:
    """The worker: mail, PDFs and everything else that happens later."""
    from lms.jobs.worker import work_until  # noqa: PLC0415

    house = _house()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    work_until(house, stop)


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database to the newest migration and publish the shipped courses."""
    house = _house()
    house.settings.data.mkdir(parents=True, exist_ok=True)
    migrate(house.engine)
    with work(house) as ctx:
        for publication in publish_editions(ctx, shipped("courses")):
            click.echo(publication)
    click.echo("The database is at the newest migration.")


@main.group()
def courses() -> None:
    """Check and publish course files."""


@courses.command("check")
@click.argument("folder", type=click.Path(path_type=Path, exists=True), required=False)
def courses_check(folder: Path | None) -> None:
    """Name file, line and field of every fault; print what each lesson holds."""
    report = check(folder or shipped("courses"))
    click.echo(report_text(report))
    if report.faults:
        sys.exit(1)


@main.group()
def people() -> None:
    """The staff list."""


@people.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--employer", required=True, help="Short name (slug) of the employer.")
@click.option("--dry-run", is_flag=True, help="Only list what would happen to each line.")
@click.option("--create-units", is_flag=True, help="Make units of the list that are not there yet.")
def people_import(file: Path, employer: str, *, dry_run: bool, create_units: bool) -> None:
    """Add and change people from a CSV file: all of it or nothing."""
    from lms.organisation.acting import acting_for  # noqa: PLC0415
    from lms.organisation.intake import print_plan  # noqa: PLC0415
    from lms.organisation.queries import employer_id_of  # noqa: PLC0415
    from lms.register.intake import import_people, plan_import  # noqa: PLC0415

    house = _house()
    try:
        with work(house, writes=False) as ctx:
            employer_id = employer_id_of(ctx, employer)
        with acting_for(house, employer_id) as ctx:
            ctx.actor = Actor(
                0, 0, employer_id, "", (Grant(Role.ADMIN, "/"),)
            )  # whoever runs commands is an admin
            plan = plan_import(ctx, file.read_bytes(), create_units=create_units)
            click.echo(print_plan(plan))
            if plan.faults or dry_run:
                sys.exit(1 if plan.faults else 0)
            import_people(ctx, file.read_bytes(), create_units=create_units)
    except Refusal as error:
        raise click.ClickException(f"{error.code} {error.facts}") from None


if __name__ == "__main__":
    main()
