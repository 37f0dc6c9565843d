"""The published lesson format (format.json, JSON Schema) and what in a file departs from it."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from lms.catalogue.document import Fault, Node

FORMAT: dict[str, Any] = json.loads((Path(__file__).parent / "format.json").read_text(encoding="utf-8"))
RESERVED_LESSONS = frozenset(
    {"before", "notes", "quiz", "result", "update"}
)  # addresses of the course that name no lesson

Kind = Literal["course", "language", "items", "words", "country", "lesson", "reflection"]

_NOT_EMPTY = r"\S"
_TYPES = {
    "string": "a text", "integer": "a whole number", "object": "a mapping", "array": "a list",
    "boolean": "true or false",
}  # fmt: skip
_SAYS = {
    "const": "must be {}",
    "format": "must be a {}: yyyy-mm-dd",
    "minItems": "needs at least {}",
    "maxItems": "holds at most {}",
    "minProperties": "needs at least {}",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "uniqueItems": "holds the same value twice",
}


@cache
def _validator(schema: str) -> Draft202012Validator:
    whole = json.loads(schema) | {"$defs": FORMAT["$defs"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def format_faults(node: Node, kind: Kind) -> Iterator[Fault]:
    """Everything in a file of a kind that departs from the format, each at its own line and field."""
    yield from schema_faults(node, {"$ref": f"#/$defs/{kind}"})


def schema_faults(node: Node, schema: dict[str, Any]) -> Iterator[Fault]:
    """Everything in a value that departs from a JSON schema, which may refer to definitions of the format."""
    for error in _validator(json.dumps(schema)).iter_errors(node.plain()):
        where = node
        for part in error.absolute_path:
            where = where.at(part)
        yield from _faults(where, error)


def _faults(where: Node, error: ValidationError) -> Iterator[Fault]:
    wanted: Any = error.validator_value
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    match error.validator:
        case "required":
            yield where.get(error.message.split("'")[1]).fault("is missing")
        case "additionalProperties":
            for key in where.entries.keys() - schema["properties"].keys():
                yield where.get(key).fault("is no field of the format")
        case "type":
            yield where.fault(f"must be {_TYPES[wanted]}")
        case "enum":
            yield where.fault(f"must be one of: {', '.join(map(str, wanted))}")
        case "pattern" if wanted == _NOT_EMPTY:
            yield where.fault("is empty")
        case "pattern" if "propertyNames" in error.absolute_schema_path:
            yield where.get(str(error.instance)).fault(f"is no name the format allows: {_allowed(schema)}")
        case "pattern":
            yield where.fault(f"must be {_allowed(schema)}")
        case simple:
            yield where.fault(_SAYS[str(simple)].format(wanted))


def _allowed(schema: dict[str, Any]) -> str:
    """What a pattern allows, in words where the format has them."""
    return str(schema.get("description", schema["pattern"]))
