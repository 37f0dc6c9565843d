"""Every action and query that names a permission refuses whoever has no role, whatever else it is asked."""

import ast
import importlib
import inspect
from dataclasses import replace

import pytest

from lms.base.errors import NotFound
from tests.guards.test_code import FUNCTIONS

ASKS = {"require", "reach"}


def asks_first(function: ast.FunctionDef) -> bool:
    """Whether the first line asks for a permission."""
    first = function.body[1] if ast.get_docstring(function) else function.body[0]
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKS
        for node in ast.walk(first)
    )


ASKING = sorted(name for name, node in FUNCTIONS.items() if asks_first(node))


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
