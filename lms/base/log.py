"""The log: one line per event on standard output; JSON in production, readable in the demo; nothing personal.

What an exception says may hold what somebody typed (a database repeats the row it refused, a mail server the
address), so a line of JSON tells its type and where in the code it was raised, and never its message.
"""

import json
import logging
import logging.config
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

FRAMES = 12  # of an exception's way through the code, the innermost ones

_marks: ContextVar[Mapping[str, object]] = ContextVar("marks", default=MappingProxyType({}))


def mark(**marks: object) -> None:
    """Mark all that is logged from now on in this thread with what it belongs to: `request`, or `task` and `kind`."""
    _marks.set(marks)


def log_config(*, readable: bool) -> dict[str, Any]:
    """What `logging.config.dictConfig` is to be told, here and in the processes of the server."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": Readable if readable else JsonLine}},
        "handlers": {
            "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}
        },
        "loggers": {"lms": {"level": "INFO"}, "_granian": {"level": "INFO"}},
        "root": {"handlers": ["out"], "level": "WARNING"},
    }


def start_log(*, readable: bool) -> None:
    """Log to standard output from now on."""
    logging.config.dictConfig(log_config(readable=readable))


def _facts(record: logging.LogRecord) -> dict[str, object]:
    """The marks of the line, and the `facts` it was logged with: `log.info("…", extra={"facts": {…}})`."""
    return {**_marks.get(), **getattr(record, "facts", {})}


class JsonLine(logging.Formatter):
    """A line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, message and facts; of an exception its type and place."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info and record.exc_info[1]:
            line["errors"] = _errors(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


class Readable(logging.Formatter):
    """A line for a person at a terminal, with the whole exception: the demo's people are invented."""

    default_time_format = "%H:%M:%S"
    default_msec_format = ""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:7} {message}{facts}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (the name logging calls)
        """The message and its facts in one line."""
        record.facts = "".join(f" {name}={value}" for name, value in _facts(record).items())
        return super().formatMessage(record)


def _errors(error: BaseException | None) -> list[dict[str, object]]:
    """An exception and what caused it, the last one first: type and way through the code."""
    chain: list[dict[str, object]] = []
    while error is not None and len(chain) < FRAMES:
        kind = type(error)
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        chain.append(
            {
                "type": f"{kind.__module__}.{kind.__qualname__}",
                "way": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
            }
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain
