"""The program without one of the conditions that keep people to what is theirs, for each of them in turn.

What is taken away: a comparison with an employer, a comparison with the own person or account, `ctx.require`,
`ctx.reach`, `ctx.open` (the row is read whosever it is), and `needs=` of a page.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
OWN = {"ME", "ctx.who.person_id", "who.person_id", "ctx.who.account_id", "who.account_id"}
TRUE = "__import__('sqlalchemy').true()"
CONDITIONS = {
    "where",
    "and_",
    "join",
    "outerjoin",
    "exists",
    "filter",
    "on",
}  # what a comparison is handed to


@dataclass(frozen=True)
class Mutant:
    """A part of the program that is taken away: in which file and function, what it is, and what stands there instead.

    `place` tells apart what reads alike in one function, counted from 1.
    """

    path: str
    function: str
    taken: str
    place: int
    start: int  # characters of the file
    end: int
    instead: str

    def __str__(self) -> str:
        return f"{self.path} {self.function}: {self.taken}" + (f" ({self.place})" if self.place > 1 else "")

    def source(self) -> str:
        """The file without it."""
        text = (ROOT / self.path).read_text()
        return text[: self.start] + self.instead + text[self.end :]


def mutants() -> list[Mutant]:
    """All of them, by file and line."""
    return [
        mutant
        for path in sorted((ROOT / "lms").rglob("*.py"))
        for mutant in _of_file(path.relative_to(ROOT).as_posix(), path.read_text())
    ]


def _of_file(path: str, text: str) -> Iterator[Mutant]:
    begins = [0]
    for line in text.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    tree, seen = ast.parse(text), Counter[tuple[str, str]]()
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        instead = _instead(node, above)
        if instead is not None:
            start, end = (
                begins[line - 1] + len(text.splitlines()[line - 1].encode()[:column].decode())
                for line, column in ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
            )
            function, taken = _function(node, above), ast.unparse(node)
            seen[function, taken] += 1
            yield Mutant(path, function, taken, seen[function, taken], start, end, instead)


def _function(node: ast.AST, above: dict[ast.AST, ast.AST]) -> str:
    """Name of the function or class around a part; of what stands outside of all, the first function that uses it."""
    inner = node
    while not isinstance(node := above[inner], (ast.FunctionDef, ast.ClassDef, ast.Module)):
        inner = node
    return _user_of(inner, node) if isinstance(node, ast.Module) else node.name


def _user_of(statement: ast.AST, module: ast.Module) -> str:
    """The first function of a file that uses what a statement names, be it by way of other names."""
    named = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and _is_set(node)}
    for each in module.body:
        uses = {node.id for node in ast.walk(each) if isinstance(node, ast.Name) and not _is_set(node)}
        if each is statement or not named & uses:
            continue
        if isinstance(each, ast.FunctionDef):
            return each.name
        named |= {node.id for node in ast.walk(each) if isinstance(node, ast.Name) and _is_set(node)}
    return "module"


def _is_set(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _instead(node: ast.AST, above: dict[ast.AST, ast.AST]) -> str | None:
    """What stands in the place of a part that is taken away; None for parts that stay."""
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
        sides = {ast.unparse(node.left), ast.unparse(node.comparators[0])}
        if any(side.endswith((".employer_id", "EMPLOYER")) for side in sides) or sides & OWN:
            return TRUE if _is_condition(node, above) else "True"
    if isinstance(node, ast.keyword) and node.arg == "needs":
        return "needs=None"
    if not isinstance(node, ast.Call):
        return None
    arguments = [ast.unparse(argument) for argument in node.args]
    match ast.unparse(node.func):
        case "ctx.require":
            return "ctx.actor"
        case "ctx.reach":
            return TRUE
        case "ctx.open":
            table, key = arguments
            whichever = f"({table}.id if isinstance({key}, int) else {table}.public_id)"
            return (
                f"ctx.db.scalars(__import__('sqlalchemy').select({table}).where({whichever} == {key})).one()"
            )
    return None


def _is_condition(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Whether a comparison is part of a statement, not of the program's own flow."""
    while isinstance(node := above[node], (ast.Tuple, ast.List, ast.Starred)):
        pass
    return isinstance(node, (ast.Call, ast.Assign, ast.Return, ast.keyword, ast.IfExp))
