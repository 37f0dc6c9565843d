"""The command `kunnig`: demo, serve, work, migrate, doctor, backup, restore, courses, people, bench."""

import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import click
from alembic.util import CommandError
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

import lms.tables  # noqa: F401  (commands load capabilities one by one; the tables must know each other)
from lms.base.access import Actor, Grant, Role
from lms.base.context import Context, House, make_house, work
from lms.base.db import reached
from lms.base.errors import Away, Refusal
from lms.base.log import log_config, start_log
from lms.base.migrate import Schema, migrate_as_owner, schema
from lms.base.row_security import isolation_fault
from lms.base.settings import DEMO_SECRET, SettingsError, read_settings
from lms.base.shipped import shipped
from lms.catalogue.check import check, report_text


def _house() -> House:
    """The house of this command; its connections are closed when the command ends."""
    try:
        house = make_house(read_settings())
    except (SettingsError, ValueError, ArgumentError) as error:
        raise click.ClickException(str(error)) from None
    click.get_current_context().call_on_close(house.engine.dispose)
    return house


def _name_fault(house: House) -> None:
    """Say in one line that the database does not keep employers apart; the program's own conditions still do."""
    if found := isolation_fault(house.engine):
        click.echo(found, err=True)


DRY_RUN = click.option("--dry-run", is_flag=True, help="Only say what would happen.")
REFUSED = {  # in words; what else is refused is told as code and facts
    "employer": "There is no employer with the short name {slug!r}.",
    "import_undone": "The last import has been undone already.",
}
PARTS = {"database_away": "database", "files_away": "file store"}


class Commands(click.Group):
    """Commands that say in one line what was refused, instead of showing where in the program."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; a database that is away, full or not set up ends it with what can be done."""
        try:
            with reached():
                return super().invoke(ctx)
        except Away as error:
            message = _cannot_be_used(PARTS[error.code], error.__cause__)
            if "unsure" in error.facts:
                message += " It may have written everything: look before you run this again."
        except Refusal as error:
            message = REFUSED.get(error.code, "{code} {facts}").format(
                code=error.code, facts=error.facts, **error.facts
            )
        except CommandError as error:
            message = f"The database is of a newer release than this one: use that here too. ({error})"
        except SQLAlchemyError as error:
            message = _cannot_be_used("database", error)
        raise click.ClickException(message) from None


def _cannot_be_used(part: str, error: BaseException | None) -> str:
    said = next(iter(str(getattr(error, "orig", error)).splitlines()), "")
    return f"The {part} cannot be used: {said}. `kunnig doctor` says what is wrong."


@click.group(cls=Commands)
def main() -> None:
    """Kunnig: learning and competence for municipal care services."""


@main.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("data"), help="Folder for database and files."
)
@click.option("--port", type=int, default=8000, show_default=True)
@click.option(
    "--country", type=click.Choice(["SE", "NO"]), default="SE", show_default=True, help="Where it is."
)
def demo(data: Path, port: int, country: str) -> None:
    """A municipality to click around in: server and worker on this machine."""
    from lms.demo import build_demo, welcome  # noqa: PLC0415  (only this command needs it)
    from lms.demo_towns import TOWNS  # noqa: PLC0415

    os.environ.update(
        KUNNIG_MODE="demo",
        KUNNIG_SECRET_KEY=os.environ.get("KUNNIG_SECRET_KEY") or DEMO_SECRET,
        KUNNIG_DATA=str(data.resolve()),
        KUNNIG_PORT=str(port),
        KUNNIG_PUBLIC_URL=os.environ.get("KUNNIG_PUBLIC_URL") or f"http://127.0.0.1:{port}",
    )
    house = _house()
    for name in ("database", "database_owner", "files", "mail"):
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
        _serve()
    finally:
        worker.terminate()
        worker.wait(timeout=30)


@main.command()
def serve() -> None:
    """The production web server; the database must be at this release's newest migration, or at a later one."""
    house = _house()
    if schema(house.engine) is Schema.BEHIND:
        raise click.ClickException("The database is not at the newest migration; run: kunnig migrate")
    _name_fault(house)
    house.engine.dispose()
    _serve()


def _serve() -> None:
    """Granian until SIGTERM or Ctrl-C; requests in hand are finished first."""
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.server import Server  # noqa: PLC0415

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


@main.command("work")
def work_command() -> None:
    """The worker: mail, PDFs and everything else that happens later."""
    from lms.jobs.worker import work_until  # noqa: PLC0415

    house = _house()
    with suppress(Away), reached():  # a database that is not there yet is waited for
        _name_fault(house)
    start_log(readable=house.settings.is_demo)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    work_until(house, stop)


@main.command("migrate")
@click.option("--wait", default=0, metavar="SECONDS", help="Try again while database or files are away.")
def migrate_command(wait: int) -> None:
    """Bring the database to the newest migration and publish the shipped courses."""
    from lms.publishing import set_up  # noqa: PLC0415

    for publication in set_up(_house(), wait):
        click.echo(publication)
    click.echo("The database is at the newest migration.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def doctor(*, as_json: bool) -> None:
    """Say what is wrong with this set-up and how to mend it; ends with 1 if there is a fault. Sends no mail."""
    from lms.doctor import Finding, Verdict, examine, fault  # noqa: PLC0415

    found: list[tuple[str, Finding]] = []

    def tell(name: str, finding: Finding) -> None:
        found.append((name, finding))
        if not as_json:
            click.echo(f"{finding.verdict:10} {name:17} {finding.what}{finding.do and f' – {finding.do}'}")

    try:
        house = _house()
    except click.ClickException as error:
        tell("settings", fault(error.message, "nothing else can be looked at before"))
    else:
        for name, finding in examine(house):
            tell(name, finding)
    if as_json:
        click.echo(json.dumps([{"check": name, **asdict(finding)} for name, finding in found], indent=1))
    if any(finding.verdict is Verdict.FAULT for _name, finding in found):
        sys.exit(1)


@main.command()
@click.argument("target")
def backup(target: str) -> None:
    """Copy database and files into one archive while the program runs: a file, a folder, or s3://bucket/key."""
    from lms.archive import BackupError  # noqa: PLC0415
    from lms.backup import back_up  # noqa: PLC0415

    try:
        where, kept = back_up(_house(), target)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{where}: {kept.rows} rows of {len(kept.tables)} tables, {kept.files.count} files, read back and right."
    )
    if kept.tables["certificate"].count and not kept.files.count:
        click.echo(
            "There are certificates but no files: see whether KUNNIG_DATA or KUNNIG_FILES is right.", err=True
        )
    click.echo("Settings are not in it: keep KUNNIG_SECRET_KEY and the passwords elsewhere, in a safe place.")


@main.command()
@click.argument("source")
def restore(source: str) -> None:
    """Fill an empty database and file store from an archive of `kunnig backup`: all of it or nothing."""
    from lms.archive import BackupError  # noqa: PLC0415
    from lms.backup import restore as read  # noqa: PLC0415

    try:
        got = read(_house(), source)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{got.rows} rows of {len(got.tables)} tables, {got.files.count} files, as they were at {got.made_at}."
    )


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


@courses.command("publish")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@DRY_RUN
def courses_publish(folder: Path | None, *, dry_run: bool) -> None:
    """Freeze the courses of a folder (those of this release, if none is named) into editions that never change."""
    from lms.publishing import publish  # noqa: PLC0415

    told = publish(_house(), folder or shipped("courses"), dry_run=dry_run)
    click.echo("\n".join(told.lines))
    if told.is_refused:
        sys.exit(1)


@courses.command("editions")
def courses_editions() -> None:
    """List what has been published: label, day, digest, and what each edition has changed."""
    from lms.publishing import editions  # noqa: PLC0415

    click.echo("\n".join(editions(_house())))


@main.group()
def people() -> None:
    """The staff list."""


EMPLOYER = click.option("--employer", required=True, help="Short name (slug) of the employer.")


@contextmanager
def _as_admin(house: House, employer_id: int, *, writes: bool = True) -> Iterator[Context]:
    """A unit of work for an employer; whoever runs commands is an admin.

    Print outside of it: who stops to read what is printed would hold up everybody who writes.
    """
    from lms.organisation.acting import acting_for  # noqa: PLC0415

    with acting_for(house, employer_id, writes=writes) as ctx:
        ctx.actor = Actor(0, 0, employer_id, "", (Grant(Role.ADMIN, "/"),))
        yield ctx


def _employer(house: House, slug: str) -> tuple[int, str]:
    """Internal key and country of the employer with a short name."""
    from lms.organisation.queries import country_of, employer_id_of  # noqa: PLC0415

    with work(house, writes=False) as ctx:
        employer_id = employer_id_of(ctx, slug)
        return employer_id, country_of(ctx, employer_id)


@people.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@EMPLOYER
@DRY_RUN
@click.option("--create-units", is_flag=True, help="Make units of the list that are not there yet.")
@click.option("--everybody", is_flag=True, help="The list is everybody: end employments that are not in it.")
def people_import(file: Path, employer: str, *, dry_run: bool, create_units: bool, everybody: bool) -> None:
    """Add and change people from an XLSX, ODS or CSV file: all of it or nothing."""
    from lms.organisation.intake import print_plan  # noqa: PLC0415
    from lms.register.intake import import_people, plan_import, read_staff_list  # noqa: PLC0415

    house = _house()
    employer_id, country = _employer(house, employer)
    staff = read_staff_list(file.read_bytes(), country)
    with _as_admin(house, employer_id, writes=not dry_run) as ctx:
        plan = plan_import(ctx, staff, create_units=create_units, everybody=everybody)
        if not (plan.faults or dry_run):
            import_people(ctx, staff, create_units=create_units, everybody=everybody)
    click.echo(print_plan(plan))
    sys.exit(1 if plan.faults else 0)


@people.command("undo")
@EMPLOYER
@DRY_RUN
def people_undo(employer: str, *, dry_run: bool) -> None:
    """Undo the last import of people, by new facts; who has signed in or changed since stays as now."""
    from lms.organisation.import_words import print_undoing  # noqa: PLC0415
    from lms.organisation.imports import earlier_imports, plan_undo  # noqa: PLC0415
    from lms.register.intake import undo_import  # noqa: PLC0415

    house = _house()
    employer_id, _country = _employer(house, employer)
    with _as_admin(house, employer_id, writes=not dry_run) as ctx:
        last = next(iter(earlier_imports(ctx)), None)
        if last is None:
            raise click.ClickException("There has been no import yet.")
        undoing = plan_undo(ctx, last.public_id)
        if not dry_run:
            undo_import(ctx, last.public_id)
    click.echo(print_undoing(undoing))


@people.command("sign-out")
@EMPLOYER
def people_sign_out(employer: str) -> None:
    """Sign everybody at an employer out on every device, for example after a leak."""
    from lms.organisation.arrival import sign_everybody_out  # noqa: PLC0415

    house = _house()
    with _as_admin(house, _employer(house, employer)[0]) as ctx:
        devices = sign_everybody_out(ctx)
    click.echo(f"Signed out on {devices} devices.")


@main.command()
@click.argument("name")
def bench(name: str) -> None:
    """Measure against a yardstick in one run; the benches are in a checkout, in tests/bench."""
    root = Path(__file__).resolve().parents[1]
    names = sorted(file.stem for file in (root / "tests" / "bench").glob("[!_]*.py"))
    if not names:
        raise click.ClickException("The benches are not installed: run this in a checkout of the source.")
    if name not in names:
        raise click.ClickException(f"There is no bench {name!r}, there are: {', '.join(names)}")
    sys.path.insert(0, str(root))
    importlib.import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main()
