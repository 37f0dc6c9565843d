"""Every action and query that names a permission refuses whoever has no role, whatever else it is asked."""

import importlib
import inspect
from dataclasses import replace

import pytest

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


def called_with_nothing(function, ctx):
    """Call it; it must not look at what it was given before it has asked."""
    arguments, named_ones = [], {}
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        if parameter.kind is parameter.KEYWORD_ONLY:
            named_ones[parameter.name] = None
        elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            arguments.append(None)
    return function(ctx, *arguments, **named_ones)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)  # nothing is asked of the database
def test_without_a_role_nothing_is_shown_or_done(granvik, house):
    assert house.engine.dialect.name == "sqlite"
    with granvik.work("amina", writes=False) as ctx:
        ctx.actor = replace(ctx.who, grants=())
        for name in ASKING:
            try:
                called_with_nothing(named(name), ctx)
            except NotFound:
                continue
            pytest.fail(f"{name} did not ask")


def test_there_is_something_to_ask():
    assert len(ASKING) > 50
