"""What is measured, in Prometheus' text form: requests by route, the outbox, the server's processes. Nobody in it."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from lms.base.context import House, work
from lms.base.errors import Away
from lms.base.heartbeat import workers_alive
from lms.base.outbox import backlog, sending

OWN = CollectorRegistry()  # of this process; several share what they count in the folder that SHARED names
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # read by the library when it is imported; set by `kunnig serve`
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

REQUESTS = Histogram(
    "kunnig_request_seconds",
    "Time from a request to its answer",
    ("route", "method", "status"),
    buckets=SECONDS,
    registry=OWN,
)
STATEMENTS = Counter(
    "kunnig_statements", "Statements sent to the database by requests", ("route",), registry=OWN
)
SIGN_IN_FAILURES = Counter(
    "kunnig_sign_in_failures", "Tries to sign in that were refused", ("route",), registry=OWN
)


def exposition(house: House) -> bytes:
    """All metrics of the server, whichever of its processes is asked."""
    registry = CollectorRegistry()
    if SHARED in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(OWN)
    registry.register(_Processes())
    registry.register(_Database(house))
    return generate_latest(registry)


class _Processes(Collector):
    """CPU time and memory of the server's processes, added up."""

    def collect(self) -> Iterator[Metric]:
        """Read at every scrape."""
        cpu = memory = 0.0
        for pid in _processes():
            used = _used(pid)
            cpu += used.get("process_cpu_seconds", 0)
            memory += used.get("process_resident_memory_bytes", 0)
        yield CounterMetricFamily(
            "kunnig_process_cpu_seconds", "CPU time of the server's processes", value=cpu
        )
        yield GaugeMetricFamily(
            "kunnig_process_resident_memory_bytes", "Memory of the server's processes", value=memory
        )


def _used(pid: str) -> dict[str, float]:
    """What a process has used, by the names of the library; nothing if it has ended."""
    measured = ProcessCollector(pid=lambda: pid, registry=None).collect()
    return {each.name: each.samples[0].value for each in measured}


def _processes() -> set[str]:
    """The processes that have counted something, by the names of their files; at least this one."""
    folder = os.environ.get(SHARED)
    files = Path(folder).glob("*.db") if folder else ()
    return {file.stem.rpartition("_")[2] for file in files} | {str(os.getpid())}


class _Database(Collector):
    """What the database knows: the outbox and who works on it."""

    def __init__(self, house: House) -> None:
        self.house = house

    def collect(self) -> Iterator[Metric]:
        """Asked at every scrape, so that it holds for all machines alike."""
        try:
            with work(self.house, writes=False) as ctx:
                left = backlog(ctx.db, datetime.now(UTC))
                mail = sending(ctx.db, datetime.now(UTC))
                alive = workers_alive(ctx.db, datetime.now(UTC))
        except Away:
            yield GaugeMetricFamily("kunnig_database_up", "Whether the database answers", value=0)
            return
        yield GaugeMetricFamily("kunnig_database_up", "Whether the database answers", value=1)
        yield GaugeMetricFamily("kunnig_outbox_due", "Tasks of the outbox that are due", value=left.due)
        yield GaugeMetricFamily(
            "kunnig_outbox_oldest_seconds",
            "How long the oldest due task has waited",
            value=left.oldest.total_seconds(),
        )
        yield GaugeMetricFamily("kunnig_outbox_failed", "Tasks whose last try failed", value=left.failed)
        yield GaugeMetricFamily("kunnig_mail_failed", "Mails that wait after a failed try", value=mail.failed)
        yield GaugeMetricFamily(
            "kunnig_mail_oldest_seconds",
            "How long the oldest mail that is due has waited",
            value=mail.oldest.total_seconds(),
        )
        yield GaugeMetricFamily(
            "kunnig_mail_trouble",
            "Whether people are told that mail does not leave",
            value=bool(mail.trouble),
        )
        yield GaugeMetricFamily("kunnig_workers", "Workers heard of lately", value=alive)
