"""Whether a statement reads and changes rows of one employer only, judged by its SQL.

Row-level security sees to it on PostgreSQL. On SQLite nothing does but the conditions in the statements, and most of
those could be left out without a test seeing another employer's row, for internal keys belong to one employer anyway.
So the conditions themselves are looked at: every tenant table in a statement must be tied by `employer_id` to a value,
directly or over other tables.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from traceback import FrameSummary, StackSummary, extract_stack

from sqlalchemy import Engine, event
from sqlglot import exp, parse_one

from lms.tables import GLOBAL_TABLES, METADATA

TENANT_TABLES = frozenset(METADATA.tables) - GLOBAL_TABLES
ROOT = Path(__file__).parents[1]
SCOPES = (exp.Select, exp.Update, exp.Delete)


@cache
def unpinned(sql: str) -> tuple[str, ...]:
    """Tenant tables of a statement, by the names it gives them, that are tied to no employer."""
    if not sql.startswith(("SELECT", "UPDATE", "DELETE", "WITH", "INSERT")):
        return ()
    ties: dict[object, set[object]] = {}
    tree = parse_one(sql, dialect="sqlite")
    for tie in tree.find_all(exp.EQ):
        if _holds_always(tie):
            ends = [_end(tie, side) for side in (tie.left, tie.right)]
            if None not in ends:
                ties.setdefault(ends[0], set()).add(ends[1])
                ties.setdefault(ends[1], set()).add(ends[0])
    known, ahead = {"value"}, ["value"]
    while ahead:
        new = ties.get(ahead.pop(), set()) - known
        known |= new
        ahead += new
    return tuple(
        name
        for scope in tree.find_all(*SCOPES)
        for name, table in _sources(scope)
        if table in TENANT_TABLES and (id(scope), name) not in known
    )


def _sources(scope: exp.Expression) -> Iterator[tuple[str, str]]:
    """Names and tables a SELECT, UPDATE or DELETE is about; a subquery has its own."""
    if isinstance(scope, exp.Select):
        from_ = scope.args.get("from_") or scope.args.get("from")
        sources = [from_.this] if from_ else []
        sources += [join.this for join in scope.args.get("joins") or ()]
    else:
        sources = [scope.this]
    while sources:
        source = sources.pop()
        if isinstance(source, exp.Paren):
            sources.append(source.this)
        elif isinstance(source, exp.Table):
            sources += [join.this for join in source.args.get("joins") or ()]
            yield source.alias_or_name, source.name
        elif isinstance(source, exp.Subquery):
            if isinstance(source.this, exp.Table):
                sources.append(source.this)
            yield source.alias_or_name, ""


def _holds_always(condition: exp.Expression) -> bool:
    """Whether a comparison must be true for a row to be found: it stands under nothing but AND."""
    above = condition.parent
    while isinstance(above, (exp.And, exp.Paren)):
        above = above.parent
    return isinstance(above, (exp.Where, exp.Join))


def _end(tie: exp.Expression, side: exp.Expression) -> object:
    """What a side of a comparison is: a value, the `employer_id` of a source, or None for anything else."""
    if isinstance(side, exp.Placeholder):
        return "value"
    if not isinstance(side, exp.Column):
        return None
    column = "id" if side.table == "employer" else "employer_id"
    if side.name != column:
        return None
    scope = tie.find_ancestor(*SCOPES)
    while scope is not None:
        if side.table in {name for name, _table in _sources(scope)}:
            return (id(scope), side.table)
        scope = scope.find_ancestor(*SCOPES)
    return None


NOT_PINNED = {  # functions of the program whose statements are about more than one employer, and why that is right
    "visitor": "the session says who is asking, and so which employer",
    "across_employers": "a proven account finds out where it belongs",
    "insert_many": "reads the keys of rows it has just written, by ids it has just made",
}


def watch(engine: Engine) -> list[str]:
    """Note from now on each statement of the program on a SQLite engine that is tied to no employer."""
    found: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def see(_connection: object, _cursor: object, sql: str, *_more: object) -> None:
        if names := unpinned(sql):
            stack = extract_stack()
            asking = _asking(stack)
            if asking and asking.name not in NOT_PINNED and not any(map(_is_session_at_work, stack)):
                found.append(f"{asking.filename}:{asking.lineno} {asking.name}: {', '.join(names)} in {sql}")

    return found


def _asking(stack: StackSummary) -> FrameSummary | None:
    """Where in the program the statement that is being run comes from; None for one of a test's own."""
    for frame in reversed(stack):
        if frame.filename.startswith(f"{ROOT}/tests/") and frame.filename != __file__:
            return None
        if frame.filename.startswith(f"{ROOT}/lms/") and not frame.filename.endswith("/base/context.py"):
            return frame
    return None


def _is_session_at_work(frame: FrameSummary) -> bool:
    """Whether the session writes, or reads again, rows of objects it holds, by their primary keys."""
    return frame.filename.endswith("/sqlalchemy/orm/persistence.py") or frame.name == "_load_expired"
