"""`kunnig verify`."""

import json
import sys
from datetime import UTC, datetime
from typing import BinaryIO

import click

from certificates import (
    SHIPPED,
    UNSETTLED,
    CertificateContent,
    FileVerdict,
    State,
    Status,
    Verification,
    display,
)
from certificates.credential import (
    LARGEST_FILE,
    RevokedList,
    check_file,
    key_book,
    read_layout,
    read_revoked_list,
)
from lms.base.i18n import SOURCE, clock, day
from lms.evidence.verification_words import verification_words


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--keys", type=click.File("rb"), required=True, help="What `kunnig keys publish` has printed.")
@click.option(
    "--status", "lists", type=click.File("rb"), multiple=True, help="List of the revoked, as downloaded."
)
@click.option(
    "--layout",
    "layouts",
    type=click.File("rb"),
    multiple=True,
    help="Data of an own layout of the issuer, as downloaded: with it the page of a PDF can be made again.",
)
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def verify(
    file: BinaryIO,
    keys: BinaryIO,
    lists: tuple[BinaryIO, ...],
    layouts: tuple[BinaryIO, ...],
    *,
    as_json: bool,
) -> None:
    """Check a certificate: a PDF, a picture or a credential, by published keys, without asking anybody.

    Ends with 0 if it is genuine and valid as far as the keys and lists tell, with 1 if it is not, and with 2 if that
    cannot be told. Without the list of the revoked in which it stands, nothing is known of revocation.
    """
    now = datetime.now(UTC)
    try:
        book = key_book(_read(keys))
    except ValueError:
        raise click.BadParameter("this is no file of published keys", param_hint="--keys") from None
    read: list[RevokedList] = []
    for each in lists:
        try:
            read.append(read_revoked_list(_read(each), book))
        except ValueError:
            message = f"{each.name} is no list of the revoked that one of these keys has signed"
            raise click.BadParameter(message, param_hint="--status") from None
    own: dict[str, bytes] = {}
    for each in layouts:
        try:
            own |= [read_layout(_read(each))]
        except ValueError:
            raise click.BadParameter(f"{each.name} is no layout", param_hint="--layout") from None
    found = check_file(_read(file), book, now, read, own)
    click.echo(json.dumps(found.as_json(now), indent=1, ensure_ascii=False) if as_json else _text(found))
    sys.exit(0 if found.state is State.VALID else 2 if found.state in UNSETTLED else 1)


def _read(file: BinaryIO) -> bytes:
    """A file, or so much of it that it is refused as too large."""
    return file.read(LARGEST_FILE + 1)


def _text(found: Verification) -> str:
    said = verification_words(found, SOURCE)
    lines = [
        said.heading,
        said.text,
        "",
        f"Content:     {said.content.answer} {said.content.do}",
        f"File:        {said.file.answer} {said.file.do}",
    ]
    if found.certificate:
        lines += [
            f"Signed by:   {found.signed_by}",
            f"Revocation:  {_revocation(found.status)}",
            *_layout(found.certificate, found),
            "",
            *_facts(found.certificate),
        ]
    return "\n".join(lines)


def _revocation(status: Status) -> str:
    if status.known_at is None:
        return f"Never checked. It stands in the list at {status.list_address} (--status)."
    at = status.known_at.astimezone(UTC)
    return f"Not checked since {day(at.date(), SOURCE)} at {clock(at, SOURCE)} UTC, the moment of the list."


def _layout(content: CertificateContent, found: Verification) -> list[str]:
    """Where what is missing for the file is, if that is an own layout."""
    if found.file is not FileVerdict.UNKNOWN or content.layout in SHIPPED or not found.status.list_address:
        return []
    address = f"{found.status.list_address.rsplit('/', 2)[0]}/layouts/{content.layout}.json"
    return [f"Layout:      The issuer's own. Its data are at {address} (--layout)."]


def _facts(content: CertificateContent) -> list[str]:
    issuer = ", ".join(filter(None, (content.issuer_name, content.issuer_department)))
    until = day(content.expires_on, SOURCE) if content.expires_on else "no end date"
    return [
        f"Number:      {display(content.number)}",
        f"Name:        {content.holder_name}",
        f"Course:      {content.course_title} ({content.edition}, {content.country})",
        f"Completed:   {day(content.achieved_on, SOURCE)}",
        f"Valid until: {until}",
        f"Issued by:   {issuer}",
    ]
