"""`kunnig doctor`."""

import json
import sys
from dataclasses import asdict

import click

from lms.base.findings import Finding, Verdict, fault
from lms.cli._house import open_house
from lms.doctor import examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def doctor(*, as_json: bool) -> None:
    """Say what is wrong with this set-up and how to mend it; ends with 1 if there is a fault. Sends no mail."""
    found: list[tuple[str, Finding]] = []

    def tell(name: str, finding: Finding) -> None:
        found.append((name, finding))
        if not as_json:
            click.echo(f"{finding.verdict:10} {name:17} {finding.what}{finding.do and f' – {finding.do}'}")

    try:
        house = open_house()
    except click.ClickException as error:
        tell("settings", fault(error.message, "nothing else can be looked at before"))
    else:
        for name, finding in examine(house):
            tell(name, finding)
    if as_json:
        click.echo(json.dumps([{"check": name, **asdict(finding)} for name, finding in found], indent=1))
    if any(finding.verdict is Verdict.FAULT for _name, finding in found):
        sys.exit(1)
