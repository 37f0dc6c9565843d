"""Whether a statement reads and changes rows of one employer, and of named accounts, only; judged by its SQL.

Row-level security sees to it on PostgreSQL, for employers. On SQLite, and for accounts, which belong to no employer,
nothing does but the conditions in the statements, and most of those could be left out without a test seeing somebody
else's row: internal keys belong to one employer anyway, and a test seldom has two people with a password.
So the conditions themselves are looked at: every tenant table in a statement must be tied by `employer_id` to a value,
and every table about an account by `account_id`, or by something else that only its owner has; directly or over
other tables.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from traceback import FrameSummary, StackSummary, extract_stack

from sqlalchemy import Engine, event
from sqlglot import exp, parse_one

from lms.tables import GLOBAL_TABLES, METADATA

TENANT_TABLES = frozenset(METADATA.tables) - GLOBAL_TABLES
ACCOUNT_TABLES = {"account"} | {
    name for name in GLOBAL_TABLES if "account_id" in METADATA.tables[name].columns
}
ONE_OWNER = {  # columns that only one account has a value of, and that nobody else comes by
    "account_id", "id", "session_id", "token_hash", "stop_hash", "code_hash", "credential_id", "value",
    "endpoint",
}  # fmt: skip
ROOT = Path(__file__).parents[1]
SCOPES = (exp.Select, exp.Update, exp.Delete)

End = Callable[[exp.Expression, exp.Expression], object]


@cache
def unpinned(sql: str) -> tuple[str, ...]:
    """Tables of a statement, by the names it gives them, that are tied to no employer, or to no account."""
    if not sql.startswith(("SELECT", "UPDATE", "DELETE", "WITH", "INSERT")):
        return ()
    tree = parse_one(sql, dialect="sqlite")
    sources = [
        (id(scope), name, table) for scope in tree.find_all(*SCOPES) for name, table in _sources(scope)
    ]
    people = {(scope, name) for scope, name, table in sources if table in TENANT_TABLES}
    of_employer, of_account = _tied(tree, _employer_end, set()), _tied(tree, _account_end, people)
    return tuple(
        name
        for scope, name, table in sources
        if (table in TENANT_TABLES and (scope, name) not in of_employer)
        or (table in ACCOUNT_TABLES and (scope, name) not in of_account)
    )


def _tied(tree: exp.Expression, end: End, known: set[object]) -> set[object]:
    """The sources of a statement that are tied to a value, or to one of the known, over however many others."""
    ties: dict[object, set[object]] = {}
    for tie in tree.find_all(exp.EQ, exp.In):
        if _holds_always(tie):
            sides = (tie.left, tie.right) if isinstance(tie, exp.EQ) else (tie.this, exp.Placeholder())
            ends = [end(tie, side) for side in sides]
            if None not in ends:
                ties.setdefault(ends[0], set()).add(ends[1])
                ties.setdefault(ends[1], set()).add(ends[0])
    known = known | {"value"}
    ahead = list(known)
    while ahead:
        new = ties.get(ahead.pop(), set()) - known
        known |= new
        ahead += new
    return known


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


def _employer_end(tie: exp.Expression, side: exp.Expression) -> object:
    """What a side of a comparison is: a value, the `employer_id` of a source, or None for anything else."""
    if isinstance(side, exp.Placeholder):
        return "value" if isinstance(tie, exp.EQ) else None  # one employer, not some
    if not isinstance(side, exp.Column):
        return None
    source = _source(tie, side)
    column = "id" if source and source[2] == "employer" else "employer_id"
    return source[:2] if source and side.name == column else None


def _account_end(tie: exp.Expression, side: exp.Expression) -> object:
    """What a side of a comparison is: a value, the account (or the one row) of a source, or None for anything else."""
    if isinstance(side, exp.Placeholder | exp.Subquery):
        return "value"
    if not isinstance(side, exp.Column):
        return None
    source = _source(tie, side)
    if source is None:
        return None
    columns = ONE_OWNER if source[2] in ACCOUNT_TABLES else {"account_id"}
    return source[:2] if side.name in columns else None


def _source(tie: exp.Expression, column: exp.Column) -> tuple[int, str, str] | None:
    """Where a column comes from: scope, name and table, of the statement around it or of one further out."""
    scope = tie.find_ancestor(*SCOPES)
    while scope is not None:
        for name, table in _sources(scope):
            if name == column.table:
                return id(scope), name, table
        scope = scope.find_ancestor(*SCOPES)
    return None


NOT_PINNED = {  # functions whose statements are about more than one employer or account, and why that is right
    "visitor": "the session says who is asking, and so which employer",
    "across_employers": "a proven account finds out where it belongs",
    "insert_many": "reads the keys of rows it has just written, by ids it has just made",
    "forget_subscriptions": "the worker forgets what was for devices that are signed out, whosever they were",
    "_write_down": "forgets the changes that nobody can take back any more, whosever they were",
    "is_held": "whether anybody else may still get this address back",
    "held_addresses": "whether anybody else may still get these addresses back",
    "_mail_link": "forgets the links that were made for nobody",
    "_newest_for_nobody": "where a code is counted that somebody has typed for an address nobody has",
    "forget_form": "the worker's, when a form's day is over",
    "forget_ended_sessions": "the worker's, of devices that were signed out long ago",
    "forget_shares": "the worker's, of links that ended long ago",
    "end_employers_sessions": "signs out everybody at one employer",
    "end_sessions_on": "signs out everybody on one shared device",
}


def watch(engine: Engine) -> list[str]:
    """Note from now on each statement of the program on a SQLite engine that is tied to no employer or account."""
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
