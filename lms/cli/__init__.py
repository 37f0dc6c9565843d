"""The command `kunnig`: a file here for each of its commands, read when it is called."""

import pkgutil
from importlib import import_module

import click
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from lms.base.db import reached
from lms.base.errors import Away, Refusal

REFUSED = {  # in words; what else is refused is told as code and facts
    "employer": "There is no employer with the short name {slug!r}.",
    "import_undone": "The last import has been undone already.",
}
PARTS = {"database_away": "database", "files_away": "file store"}


class Commands(click.Group):
    """The files beside this one; those with an underscore are no commands.

    What was refused is said in one line, instead of showing where in the program.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click hands it over)
        """Names of all commands, in alphabetical order."""
        return [file.name for file in pkgutil.iter_modules(__path__) if not file.name.startswith("_")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name: what is called like its file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command

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
