"""`kunnig bench`."""

import importlib
import sys
from pathlib import Path

import click


@click.command()
@click.argument("name")
def bench(name: str) -> None:
    """Measure against a yardstick in one run; the benches are in a checkout, in tests/bench."""
    root = Path(__file__).resolve().parents[2]
    names = sorted(file.stem for file in (root / "tests" / "bench").glob("[!_]*.py"))
    if not names:
        raise click.ClickException("The benches are not installed: run this in a checkout of the source.")
    if name not in names:
        raise click.ClickException(f"There is no bench {name!r}, there are: {', '.join(names)}")
    sys.path.insert(0, str(root))
    importlib.import_module(f"tests.bench.{name}").main()
