"""Lesson and reflection files as authored: front matter, then steps or sections of Markdown with their lines."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from lms.catalogue.document import Fault, Node, read_yaml
from lms.catalogue.markdown import Passage, fill, parse, title_of

KINDS = frozenset({"situation", "explain", "do-dont", "picture", "try", "local", "remember"})
PLANS = {"plan-15": 15, "plan-30": 30, "plan-45": 45}  # minutes of a meeting, by section
SECTIONS = ("example", "questions", *PLANS, "task", "leader", "cards")

_STEP = re.compile(r"step ([a-z-]+) ([a-z][a-z0-9]*(?:-[a-z0-9]+)*)")
_ITEM = re.compile(r"item: ([a-z0-9-]+)")
_SECTION = re.compile(r"(.*?)\s*\{([a-z0-9-]+)\}")
_PLAN = re.compile(r"(\d+) min: (\S.*)", re.DOTALL)


@dataclass(slots=True)
class Part:
    """A step of a lesson or a section of the reflection material. `item` is that of a `try` step."""

    id: str
    kind: str
    line: int
    title: str = ""
    item: str = ""
    text: Passage = field(default_factory=Passage)


@dataclass(slots=True)
class PageFile:
    """A Markdown file: what stands before the text, its parts in order, what is wrong with its build."""

    file: str
    front: Node
    parts: list[Part] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lines: Sequence[str] = ()  # as written, before the country's values are filled in

    def fault(self, line: int, where: str, text: str) -> Fault:
        """A fault in this file; `where` is a part and what of it."""
        return Fault(self.file, line, where, text)

    def note(self, line: int, where: str, text: str) -> None:
        """Keep a fault of the file's build."""
        self.faults.append(self.fault(line, where, text))

    def warning(self, line: int, where: str, text: str) -> Fault:
        """A warning in this file; `where` is a part and what of it."""
        return Fault(self.file, line, where, text, is_warning=True)


def read_lesson(text: str, file: str, values: Mapping[str, str]) -> PageFile:
    """A lesson: steps between `::: step <kind> <id>` and `:::`, each with a heading, or with an item."""
    page, tokens = _open(text, file, values)
    for inside, info, line, is_closed in _steps(page, tokens):
        _word, kind, name = [*info.split(), "", "step"][:3]
        part = Part(name, kind, line)
        if not _STEP.fullmatch(info.strip()) or kind not in KINDS:
            page.note(line, name, f"must be ::: step <kind> <id>, with one of {', '.join(sorted(KINDS))}")
        if not is_closed:
            page.note(line, name, "the step does not end with a line of :::")
        if kind == "try":
            _read_try(page, part, inside)
        else:
            _read_step(page, part, inside)
        page.parts.append(part)
    return page


def read_reflection(text: str, file: str, values: Mapping[str, str]) -> PageFile:
    """Reflection material: sections that begin with a heading `## Words {id}`."""
    page, tokens = _open(text, file, values)
    part: Part | None = None
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            line = _line(token)
            match = _SECTION.fullmatch(title_of(tokens[at + 1]))
            title, name = (match[1], match[2]) if match else ("", "")
            if token.tag != "h2" or name not in SECTIONS:
                page.note(line, "section", f"must be ## Words {{id}}, with one of {', '.join(SECTIONS)}")
            part = Part(name, "section", line, title, text=Passage(lines=page.lines))
            page.parts.append(part)
        elif part and token.type != "heading_close" and tokens[at - 1].type != "heading_open":
            part.text.tokens.append(token)
        elif part is None and token.map and token.type != "inline":
            page.note(_line(token), "section", "stands before the first heading")
    return page


def time_plan(part: Part) -> list[tuple[int, str]]:
    """The lines `- 2 min: …` of a section as (minutes, what); a line that reads otherwise has 0 minutes."""
    matches = [(_PLAN.fullmatch(point), point) for point in part.text.points]
    return [(int(match[1]), match[2]) if match else (0, point) for match, point in matches]


def _open(text: str, file: str, values: Mapping[str, str]) -> tuple[PageFile, list[Token]]:
    filled = fill(text, values)
    tokens = parse(filled)
    lines = text.split("\n") if text else []
    if tokens and tokens[0].type == "front_matter":
        front, faults = read_yaml(tokens[0].content, file, first_line=2)
        return PageFile(file, front, [], faults, lines), tokens[1:]
    missing = Fault(file, 1, "", "must begin with its front matter between lines of ---")
    return PageFile(file, Node({}, file, 1, ""), [], [missing], lines), tokens


def _steps(page: PageFile, tokens: Sequence[Token]) -> Iterator[tuple[list[Token], str, int, bool]]:
    """The content of each step, with what stands behind `:::`, its line, and whether it is closed.

    A step that is not closed takes in those after it; they are told apart again here.
    """
    stack: list[tuple[list[Token], str, int, bool]] = []
    done: list[tuple[list[Token], str, int, bool]] = []
    for token in tokens:
        if token.type == "container_step_open":
            end = (token.map or [0, 0])[1]
            is_closed = set("".join(page.lines[end : end + 1]).strip()) == {":"}
            if stack:
                done.append((*stack.pop()[:3], False))
            stack.append(([], token.info, _line(token), is_closed))
        elif token.type == "container_step_close":
            if stack:
                done.append(stack.pop())
        elif stack:
            stack[-1][0].append(token)
        elif token.map and token.type != "inline":
            page.note(_line(token), "step", "stands outside of every step")
    yield from sorted(done, key=lambda step: step[2])


def _read_try(page: PageFile, part: Part, inside: Sequence[Token]) -> None:
    text = "\n".join(token.content for token in inside if token.type == "inline").strip()
    match = _ITEM.fullmatch(text)
    if match:
        part.item = match[1]
    else:
        page.note(part.line, f"{part.id}.item", "a try step holds one line, item: <id>, and nothing else")


def _read_step(page: PageFile, part: Part, inside: list[Token]) -> None:
    headings = [at for at, token in enumerate(inside) if token.type == "heading_open"]
    if headings[:1] != [0] or inside[0].tag != "h2" or not title_of(inside[1]):
        page.note(part.line, f"{part.id}.title", "a step begins with its heading: ## …")
    for at in headings[1:]:
        page.note(_line(inside[at]), f"{part.id}.title", "a step has one heading only")
    if headings[:1] == [0]:
        part.title = title_of(inside[1])
        inside = inside[3:]
    part.text = Passage(inside, page.lines)
    if not part.text.blocks and not part.text.used("picture"):
        page.note(part.line, f"{part.id}.text", "is empty")


def _line(token: Token) -> int:
    return (token.map or [0])[0] + 1
