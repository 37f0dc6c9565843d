"""`kunnig work`."""

import signal
import threading
from contextlib import suppress

import click

from lms.base.db import reached
from lms.base.errors import Away
from lms.base.log import start_log
from lms.cli._house import name_fault, open_house
from lms.jobs.worker import work_until


@click.command()
def work() -> None:
    """The worker: mail, PDFs and everything else that happens later."""
    house = open_house()
    with suppress(Away), reached():  # a database that is not there yet is waited for
        name_fault(house)
    start_log(readable=house.settings.is_demo)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    work_until(house, stop)
