"""Formulas of generated items: arithmetic over named numbers, exact and nothing else."""

import ast
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction

LONGEST_FORMULA = 200  # characters

_BINARY: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_COMPARED: dict[type[ast.cmpop], Callable[[Fraction, Fraction], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class FormulaError(ValueError):
    """A formula that cannot be read, names a number that is not there, or divides by nothing."""


def calculate(formula: str, numbers: Mapping[str, Fraction]) -> Fraction:
    """The value of `dose / strength * 2`. Raises FormulaError."""
    return _value(_parsed(formula), numbers)


def holds(condition: str, numbers: Mapping[str, Fraction]) -> bool:
    """Whether `dose % strength == 0 and dose > strength` is so. Raises FormulaError."""
    tree = _parsed(condition)
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    return all(_holds(part, numbers) for part in parts)


def _parsed(formula: str) -> ast.expr:
    if len(formula) > LONGEST_FORMULA:
        raise FormulaError("the formula is too long")
    try:
        return ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        raise FormulaError(f"{formula!r} cannot be read") from None


def _holds(part: ast.expr, numbers: Mapping[str, Fraction]) -> bool:
    if not isinstance(part, ast.Compare) or len(part.ops) != 1 or type(part.ops[0]) not in _COMPARED:
        raise FormulaError(f"{ast.unparse(part)!r} compares nothing")
    return _COMPARED[type(part.ops[0])](_value(part.left, numbers), _value(part.comparators[0], numbers))


def _value(node: ast.expr, numbers: Mapping[str, Fraction]) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Fraction(str(number))
        case ast.Name(id=name) if name in numbers:
            return numbers[name]
        case ast.Name(id=name):
            raise FormulaError(f"there is no number {name}")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, numbers)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            try:
                return _BINARY[type(op)](_value(left, numbers), _value(right, numbers))
            except ZeroDivisionError:
                raise FormulaError(f"{ast.unparse(node)!r} divides by nothing") from None
    raise FormulaError(f"{ast.unparse(node)!r} is not arithmetic")
