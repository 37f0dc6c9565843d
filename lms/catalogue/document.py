"""YAML files as authors write them: every value knows its file, line and field, so that a fault can be named."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode
from ruamel.yaml.nodes import Node as YamlNode

LARGEST_FILE = 1_000_000  # characters; the largest item file of a course is about a tenth of that


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in an authored file, or with `is_warning` something to think over once more."""

    file: str
    line: int
    field: str
    text: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a YAML file: a scalar, a mapping of nodes or a list of nodes; None where nothing stands.

    The readers below never fail: a value of the wrong kind reads as empty, because the format
    has named that fault already and the other checks shall go on.
    """

    value: Any
    file: str
    line: int
    field: str

    @property
    def is_missing(self) -> bool:
        """Whether nothing stands here."""
        return self.value is None

    @property
    def text(self) -> str:
        """The value of a string, else the empty string."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def number(self) -> int:
        """The value of a whole number, else 0."""
        return self.value if isinstance(self.value, int) else 0

    @property
    def day(self) -> date | None:
        """The value of a date (yyyy-mm-dd), else None."""
        try:
            return date.fromisoformat(self.text)
        except ValueError:
            return None

    @property
    def entries(self) -> dict[str, "Node"]:
        """The values of a mapping by key, else none."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def members(self) -> list["Node"]:
        """The values of a list in order, else none."""
        return self.value if isinstance(self.value, list) else []

    @property
    def names(self) -> tuple[str, ...]:
        """The strings of a list in order."""
        return tuple(member.text for member in self.members if member.text)

    def get(self, key: str) -> "Node":
        """The value of a key; a missing one stands where its mapping stands."""
        return self.entries.get(key) or Node(None, self.file, self.line, _joined(self.field, key))

    def at(self, part: str | int) -> "Node":
        """The value at one part of a path: a key of a mapping, a position in a list."""
        return self.members[part] if isinstance(part, int) else self.get(part)

    def plain(self) -> Any:
        """The value without lines, as a JSON schema reads it."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def strings(self) -> Iterator["Node"]:
        """Every string in this value, at any depth."""
        if isinstance(self.value, str):
            yield self
        for node in (*self.entries.values(), *self.members):
            yield from node.strings()

    def fault(self, text: str) -> Fault:
        """A fault that stands at this value."""
        return Fault(self.file, self.line, self.field, text)

    def warning(self, text: str) -> Fault:
        """A warning that stands at this value."""
        return Fault(self.file, self.line, self.field, text, is_warning=True)


def read_yaml(text: str, file: str, first_line: int = 1) -> tuple[Node, list[Fault]]:
    """The value of a YAML 1.2 text and what is wrong with it as YAML.

    `first_line` is the line of the file that the text begins on. Dates stay strings, as in
    YAML 1.2 itself. Aliases are refused: they can make a small file very large.
    """
    if len(text) > LARGEST_FILE:
        return Node(None, file, first_line, ""), [Fault(file, first_line, "", "the file is too large")]
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        why = str(getattr(error, "problem", None) or error).splitlines()[0]
        return Node(None, file, first_line, ""), [Fault(file, line, "", f"cannot be read as YAML: {why}")]
    reading = _Reading(file, first_line)
    return reading.node(root, "", None), reading.faults


class _Reading:
    """One file being turned from the parser's nodes into ours."""

    def __init__(self, file: str, first_line: int) -> None:
        self.file = file
        self.first_line = first_line
        self.faults: list[Fault] = []
        self.seen: set[int] = set()

    def line(self, node: YamlNode) -> int:
        return self.first_line + int(node.start_mark.line)

    def node(self, node: YamlNode | None, field: str, line: int | None) -> Node:
        """`line` is that of the key, for a value of a mapping."""
        if node is None:
            return Node({}, self.file, self.first_line, field)
        line = line or self.line(node)
        if isinstance(node, ScalarNode):
            return Node(_scalar(node), self.file, line, field)
        if id(node) in self.seen:
            self.faults.append(Fault(self.file, line, field, "write the value out; aliases are not read"))
            return Node(None, self.file, line, field)
        self.seen.add(id(node))
        value = self.mapping(node, field) if isinstance(node, MappingNode) else self.sequence(node, field)
        return Node(value, self.file, line, field)

    def mapping(self, node: MappingNode, field: str) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for key, value in node.value:
            name = str(key.value)
            where = _joined(field, name)
            if name in entries:
                self.faults.append(Fault(self.file, self.line(key), where, "stands twice"))
            entries[name] = self.node(value, where, self.line(key))
        return entries

    def sequence(self, node: YamlNode, field: str) -> list[Node]:
        return [
            self.node(member, f"{field}[{_name(member, at)}]", None) for at, member in enumerate(node.value)
        ]


def _name(member: YamlNode, at: int) -> str:
    """How a member of a list is called in a field: by its id or key if it has one, else by its place."""
    if isinstance(member, MappingNode):
        for key, value in member.value:
            if key.value in {"id", "key"} and isinstance(value, ScalarNode):
                return str(value.value)
    return str(at)


def _joined(field: str, key: str) -> str:
    return f"{field}.{key}" if field else key


def _scalar(node: ScalarNode) -> str | int | float | bool | None:
    text = str(node.value)
    match str(node.tag).rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text.replace("_", ""), 0 if text[:2].lower() in {"0x", "0o", "0b"} else 10)
        case "float":
            return float(text.replace("_", ""))
        case _:
            return text
