"""`kunnig keys`: publish, rotate, revoke."""

import json

import click

from lms.base.context import House, work
from lms.base.errors import NotFound
from lms.cli._house import open_house
from lms.evidence import signing_keys
from lms.jobs.papers import have_keys
from lms.messages.push_sealing import new_key
from lms.organisation.acting import acting_for
from lms.organisation.queries import employer_id_of, every_employer

_ONE = click.option("--employer", required=True, help="Short name (slug) of the employer.")


@click.group()
def keys() -> None:
    """The keys that sign certificates, and notices to phones."""


@keys.command()
@click.option("--employer", help="Short name (slug) of the employer; without it, all of them.")
def publish(employer: str | None) -> None:
    """Print all public keys: the file with which anybody verifies certificates without a network."""
    house = open_house()
    if employer:
        chosen = [_employer(house, employer)]
    else:
        with work(house, writes=False) as ctx:
            chosen = list(every_employer(ctx))
    documents = []
    for employer_id in chosen:
        with acting_for(house, employer_id, writes=False) as ctx:
            documents += signing_keys.published_keys(ctx)
    click.echo(json.dumps(documents, indent=1, ensure_ascii=False))


@keys.command()
@_ONE
def rotate(employer: str) -> None:
    """Let new keys sign from now on; what those of before have signed stays genuine."""
    house = open_house()
    employer_id = _employer(house, employer)
    with acting_for(house, employer_id, writes=False) as ctx:
        needs = signing_keys.needed_keys(ctx)
    made = signing_keys.make_keys(needs)
    with acting_for(house, employer_id) as ctx:
        for key in signing_keys.keep_keys(ctx, made, exchange=True):
            click.echo(f"{key.kind}: {key.name} signs from now on for {key.did}")


@keys.command()
@_ONE
@click.argument("name")
def revoke(employer: str, name: str) -> None:
    """Disown the key NAME, which somebody else may have: nothing it signed is believed, and all of it is signed anew.

    Whoever keeps a file of published keys has to fetch it again.
    """
    house = open_house()
    employer_id = _employer(house, employer)
    with acting_for(house, employer_id) as ctx:
        try:
            count = signing_keys.disown_key(ctx, name)
        except NotFound:
            message = f"{employer} has no key {name}: kunnig keys publish --employer {employer} names them"
            raise click.ClickException(message) from None
    have_keys(house, employer_id)  # lists of the revoked go on being signed
    click.echo(f"disowned; certificates that the worker signs anew: {count}")


@keys.command()
def push() -> None:
    """Print a new key for KUNNIG_PUSH_KEY, which signs notices to phones; with another one people turn them on anew."""
    click.echo(new_key())


def _employer(house: House, slug: str) -> int:
    with work(house, writes=False) as ctx:
        return employer_id_of(ctx, slug)
