"""Every action and query that names a permission refuses whoever has no role, whatever else it is asked."""

import importlib
import inspect
from dataclasses import replace

import pytest
from sqlalchemy import event

from lms.base.errors import NotFound
from tests.guards.test_code import FUNCTIONS, is_open

BY_ROW = {  # who may see or do it is decided by the row that is asked for, and its own tests say how
    "competence/actions.py:complete_activity", "evidence/queries.py:certificate_in_reach",
    "organisation/people.py:is_seen",
}  # fmt: skip
ASKING = sorted(name for name, node in FUNCTIONS.items() if not is_open(node) and name not in BY_ROW)


def named(name: str):
    """The function behind `room/file.py:name`."""
    path, function = name.split(":")
    return getattr(importlib.import_module("lms." + path.removesuffix(".py").replace("/", ".")), function)


def refuses_nothing(function, ctx):
    """Whether it refuses to be called with nothing; it must not look at what it was given before it has asked."""
    arguments, named_ones = [], {}
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        if parameter.kind is parameter.KEYWORD_ONLY:
            named_ones[parameter.name] = None
        elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            arguments.append(None)
    try:
        function(ctx, *arguments, **named_ones)
    except NotFound:
        return True
    return False


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)  # nothing is asked of the database
def test_without_a_role_nothing_is_shown_or_done(granvik, house):
    asked = []
    with granvik.work("amina", writes=False) as ctx:
        ctx.actor = replace(ctx.who, grants=())
        event.listen(house.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        for name in ASKING:
            assert refuses_nothing(named(name), ctx), f"{name} did not ask"
            assert asked == [], f"{name} looked before it asked"


def test_there_is_something_to_ask():
    assert len(ASKING) > 50
