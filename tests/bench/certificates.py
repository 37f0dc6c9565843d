"""What a certificate's PDF costs: the plain loop of WeasyPrint against our engine and our batches.

CPU of this process, medians of rounds in which the ways take turns. Run it with `kunnig bench certificates`. Every way
starts from the same contents, addresses and signed credentials and ends with the same kind of file (PDF/A-3a, with the
credential); the plain loop is what the first page of WeasyPrint's documentation does: `HTML(string=…).write_pdf(…)`,
with the stylesheet and its fonts for each file. A batch counts from a new engine on: fonts, stylesheet, first pages.
"""

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random

import click
from weasyprint import CSS, HTML

from certificates import new_number, render
from certificates.bands import cells_path
from certificates.credential import keys, proof
from certificates.credential.badge import Issuer, Place, badge
from certificates.credential.linked_data import canonical
from certificates.engine import _VARIANT, _PackageFetcher
from tests.certificates.builders import make_content

ROUNDS = 5
PLAIN = 12  # files of a round; each new set of fonts leaks, and the thousandth costs as the tenth
BATCHES = (100, 1_000)
COMPARED = 100  # files made both ways
SITE = "https://kunnig.example"
GIVEN = [
    "Anna",
    "Johan",
    "Åsa",
    "Øyvind",
    "Márjá",
    "Łukasz",
    "Zofia",
    "Nguyễn",
    "Fatuma",
    "Amina",
    "José",
    "Zoë",
    "Sigrún",
    "Jürgen",
    "Li",
    "Ann-Sofie",
    "Per-Erik",
]
FAMILY = [
    "Andersson",
    "Björk",
    "Østby",
    "Hætta",
    "Kowalczyk",
    "Żółć",
    "Thị",
    "O'Connor",
    "Yusuf",
    "Abdullahi",
    "Müller-Berg",
    "Ek",
    "Þórsdóttir",
    "Őry",
    "Ceylan",
]
Order = render.Order
Way = Callable[[Iterable[Order]], Iterator[bytes]]


def main() -> None:
    """Measure, and say which targets are met."""
    click.echo(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, "
               f"others ran on the machine: {os.getloadavg()[0]:.1f} on average of the last minute")  # fmt: skip
    report()


def report(rounds: int = ROUNDS, batches: tuple[int, ...] = BATCHES, plain: int = PLAIN) -> None:
    """Print what a file costs each way, whether files are the same, and what memory it takes."""
    people = orders(max(batches) + 50)
    spent = _spent(people, rounds, batches, plain)
    yardstick = statistics.median(spent.pop("plain loop"))
    lines = [("plain loop", yardstick, None, ""), *(
        (name, statistics.median(some), _TARGETS.get(name), _NAMES.get(name, "")) for name, some in spent.items()
    )]  # fmt: skip
    click.echo("\n| way | CPU-ms a file | a CPU-second | times the plain loop | wanted | |\n"
               "| --- | ---: | ---: | ---: | ---: | --- |")  # fmt: skip
    for name, each, target, known in lines:
        times = yardstick / each
        wanted = "" if target is None else f"{known} {target:g} x"
        met = "" if target is None else "met" if times >= target else "missed"
        click.echo(f"| {name} | {each * 1000:.2f} | {1 / each:.0f} | {times:.1f} | {wanted} | {met} |")
    equal = sum(
        map(
            bytes.__eq__,
            render.render_batch(people[:COMPARED]),
            map(render.render_in_full, people[:COMPARED]),
        )
    )
    size = len(next(render.render_batch(people)))
    click.echo(
        f"\nequal to the full engine's, byte for byte (C4): {equal} of {COMPARED}; a file has {size:,} bytes"
    )
    for name, way in (("full engine", _full), ("batch", render.render_batch)):
        before, after = _memory(way, people[: max(batches)])
        growth = after - before
        click.echo(f"{name}: {before:.0f} MB after 50, {growth:+.1f} MB by {max(batches):,} (C5: 5 at most): "
                   f"{'met' if growth <= 5 else 'missed'}")  # fmt: skip


_NAMES = {"warm, full engine, on demand": "C3", "batch of 100": "C2", "batch of 1,000": "C1"}
_TARGETS = {"warm, full engine, on demand": 2.0, "batch of 100": 25.0, "batch of 1,000": 50.0}


def orders(count: int) -> list[Order]:
    """Certificates of one course for as many people, the same in each run, each with a credential of its size."""
    random, signed = Random(7), _signed()
    people = []
    for n in range(count):
        number, day = new_number(random.choice), date(2026, 1, 1) + timedelta(n % 200)
        name = f"{GIVEN[n % len(GIVEN)]} {FAMILY[n * 7 % len(FAMILY)]}" + f" {FAMILY[n % 13]}" * (n % 7 == 0)
        content = make_content(
            number=number, holder_name=name, achieved_on=day, expires_on=day + timedelta(365),
            issued_at=datetime(day.year, day.month, day.day, 9, n % 60, n // 60 % 60, tzinfo=UTC),
        )  # fmt: skip
        credential = signed.replace(b"7F3K92QDXM", number.encode()).replace(b"Amina Yusuf", name.encode())
        people.append(Order(content, f"{SITE}/v/{number[:5]}-{number[5:]}", credential=credential))
    return people


def _signed() -> bytes:
    content, key = make_content(), keys.new_signing_key()
    place = Place(f"{SITE}/v/7F3K9-2QDXM", f"{SITE}/achievements/1", f"{SITE}/status/1", 7)
    document = badge(content, Issuer("did:web:kunnig.example", SITE), place)
    return canonical(
        proof.signed(document, key, f"did:web:kunnig.example#{key.public.multibase}", content.issued_at)
    )


def _spent(people: list[Order], rounds: int, batches: tuple[int, ...], plain: int) -> dict[str, list[float]]:
    """CPU-seconds a file, of every round."""
    demand = people[-50:]
    list(_full(demand[:3]))
    spent: dict[str, list[float]] = {"cold: a new process, one file": [_cold() for _round in range(rounds)]}
    for n in range(rounds):
        some = [demand[(n * plain + each) % len(demand)] for each in range(plain)]
        ways: dict[str, tuple[Way, list[Order]]] = {
            "plain loop": (_plain, some),
            "warm, full engine, on demand": (_full, some),
            "warm, on demand, course met before": (_on_demand, some),
            **{f"batch of {count:,}": (_batch, people[:count]) for count in batches},
        }
        for name, (way, chosen) in ways.items():
            if name == "warm, on demand, course met before":
                list(_on_demand(people[: PLAIN + 1]))  # one with a long name among them
            start = time.process_time()
            for _file in way(chosen):
                pass
            spent.setdefault(name, []).append((time.process_time() - start) / len(chosen))
    return spent


def _plain(people: Iterable[Order]) -> Iterator[bytes]:
    layouts = Path(render.__file__).parent / "layouts"
    style = "".join((layouts / f"{name}.css").read_text() for name in ("fonts", "certificate", "portrait"))
    fetcher = _PackageFetcher()
    for order in people:
        person = render._person(order, render.layout_named(order.content.layout, None))
        page = HTML(string=person.drafts[0](cells_path(person.qr)), url_fetcher=fetcher)
        yield page.write_pdf(
            stylesheets=[CSS(string=style, url_fetcher=fetcher)],
            attachments=[each.attachment() for each in person.enclosed], pdf_variant=_VARIANT["pdf_variant"],
        )  # fmt: skip


def _full(people: Iterable[Order]) -> Iterator[bytes]:
    return map(render.render_in_full, people)


def _on_demand(people: Iterable[Order]) -> Iterator[bytes]:
    return (render.render_pdf(each.content, each.verify_url, credential=each.credential) for each in people)


def _batch(people: Iterable[Order]) -> Iterator[bytes]:
    render._engine.cache_clear()
    render._stencils.cache_clear()
    return render.render_batch(people)


def _cold() -> float:
    """CPU-seconds of a process that starts, makes one certificate and ends."""
    program = ("from tests.certificates.builders import make_content; from certificates import render_pdf;"
               f"render_pdf(make_content(), '{SITE}/v/7F3K9-2QDXM', credential=b'{{}}' * 2000)")  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _memory(way: Way, people: list[Order]) -> tuple[float, float]:
    """MB that a new process holds after 50 files, and after all."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_held, (way, people))


def _held(way: Way, people: list[Order]) -> tuple[float, float]:
    files = way(people)
    for _file in islice(files, 50):
        pass
    before = _resident()
    for _file in files:
        pass
    return before, _resident()


def _resident() -> float:
    """MB of this process in memory, by Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20
