"""Arithmetic on parameter labels: values, exact first derivatives, linearity. Never `eval`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from cgsurvey.base.errors import ModelSyntaxError, did_you_mean
from cgsurvey.sem.model.tokens import Token, tokenise

Floats = NDArray[np.float64]
Node = tuple[Any, ...]
Derivatives = dict[str, Floats]
Linear = tuple[float, dict[str, float]]
Taylor = tuple[float, Floats, Floats]
_DEEPEST, _LONGEST = 60, 300  # levels of parentheses, operations in a row; hostile text would exhaust the stack

Function = Callable[[Floats], Floats]

_FUNCTIONS: Mapping[str, tuple[Function, Function, Function]] = {  # value, first and second derivative
    "exp": (np.exp, np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x, lambda x: -1 / x**2),
    "log10": (np.log10, lambda x: 1 / (x * np.log(10)), lambda x: -1 / (x**2 * np.log(10))),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x), lambda x: -0.25 * x**-1.5),
    "abs": (np.abs, np.sign, np.zeros_like),
    "sin": (np.sin, np.cos, lambda x: -np.sin(x)),
    "cos": (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)),
    "tan": (np.tan, lambda x: 1 / np.cos(x) ** 2, lambda x: 2 * np.tan(x) / np.cos(x) ** 2),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2)),
}


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes
    ----------
    text : str
        The expression without blanks.
    tree : tuple
        Nested (operator, operands...).
    names : tuple of str
        The labels it uses, in order of appearance.
    """

    text: str
    tree: Node
    names: tuple[str, ...]


def parse_expression(text: str) -> Expression:
    """Read an expression of ``+ - * / ^ **``, parentheses, numbers, labels and functions (exp, log, sqrt, abs, ...)."""
    return parse_tokens([t for t in tokenise(text) if t.kind != "newline"], text)


def parse_tokens(tokens: Sequence[Token], text: str) -> Expression:
    """Read an expression from tokens of `text`, so that an error shows the place in the whole model."""
    reader = _Reader(tokens, text)
    tree = reader.sum(0)
    if _levels(tree) > _LONGEST:
        reader.at = 0
        reader.fail(f"The expression has more than {_LONGEST} operations in a row; define parts of it with ':='.")
    if reader.at < len(tokens):
        reader.fail(f"'{tokens[reader.at].text}' cannot stand here; is an operator missing?")
    names = dict.fromkeys(t.text for k, t in enumerate(tokens) if t.kind == "name" and not _is_call(tokens, k))
    return Expression("".join(t.text for t in tokens), tree, tuple(names))


def _levels(tree: Node) -> int:
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting += [(part, level + 1) for part in node if isinstance(part, tuple)]
    return deepest


def _is_call(tokens: Sequence[Token], k: int) -> bool:
    return k + 1 < len(tokens) and tokens[k + 1].text == "(" and tokens[k + 1].kind == "op"


class _Reader:
    """Recursive descent; precedence as in R: ``^`` binds before a sign, a sign before ``*``."""

    def __init__(self, tokens: Sequence[Token], text: str) -> None:
        self.tokens, self.text, self.at = tokens, text, 0

    def fail(self, message: str) -> NoReturn:
        if not self.tokens:
            raise ModelSyntaxError(message, self.text)
        t = self.tokens[min(self.at, len(self.tokens) - 1)]
        raise ModelSyntaxError(message, self.text, t.line, t.column)

    def take(self, *ops: str) -> str:
        """Return the next operator and step over it when it is one of `ops`, else ""."""
        if self.at < len(self.tokens) and self.tokens[self.at].kind == "op" and self.tokens[self.at].text in ops:
            self.at += 1
            return self.tokens[self.at - 1].text
        return ""

    def sum(self, depth: int) -> Node:
        left = self.product(depth)
        while op := self.take("+", "-"):
            left = (op, left, self.product(depth))
        return left

    def product(self, depth: int) -> Node:
        left = self.signed(depth)
        while op := self.take("*", "/"):
            left = (op, left, self.signed(depth))
        return left

    def signed(self, depth: int) -> Node:
        minus = False
        while op := self.take("-", "+"):
            minus ^= op == "-"
        value = self.power(depth)
        return ("-", ("number", 0.0), value) if minus else value

    def power(self, depth: int) -> Node:
        base = self.atom(depth)
        if self.take("^", "**"):
            self.deeper(depth)
            return ("^", base, self.signed(depth + 1))
        return base

    def deeper(self, depth: int) -> None:
        if depth >= _DEEPEST:
            self.fail(f"The expression is nested deeper than {_DEEPEST} levels; define parts of it with ':='.")

    def atom(self, depth: int) -> Node:
        self.deeper(depth)
        if self.at >= len(self.tokens):
            self.fail("The expression ends too early; a label or number is missing.")
        token = self.tokens[self.at]
        if self.take("("):
            return self.closed(depth)
        if token.kind not in ("number", "name"):
            self.fail(f"'{token.text}' cannot stand here; a label or number is expected.")
        call = token.kind == "name" and _is_call(self.tokens, self.at)
        if call and token.text not in _FUNCTIONS:
            known = ", ".join(_FUNCTIONS)
            self.fail(f"'{token.text}' is no function.{did_you_mean(token.text, _FUNCTIONS)} Known: {known}.")
        self.at += 2 if call else 1
        if call:
            return ("call", token.text, self.closed(depth))
        return ("number", float(token.text)) if token.kind == "number" else ("name", token.text)

    def closed(self, depth: int) -> Node:
        inner = self.sum(depth + 1)
        if not self.take(")"):
            self.fail("A closing parenthesis is missing.")
        return inner


def evaluate(expression: Expression | str, values: Mapping[str, Floats | float]) -> Floats:
    """Return the value of an expression.

    Parameters
    ----------
    expression : Expression or str
    values : mapping
        Label to value, or arrays of draws of one shape. Undefined results (log of a negative number) are NaN.
    """
    return gradient(expression, values)[0]


def gradient(expression: Expression | str, values: Mapping[str, Floats | float]) -> tuple[Floats, Derivatives]:
    """Return the value and its exact derivative by each label that the expression uses (forward differentiation)."""
    parsed = parse_expression(expression) if isinstance(expression, str) else expression
    inner = {name: (np.asarray(value, dtype=float), {name: np.ones(np.shape(value))}) for name, value in values.items()}
    with np.errstate(all="ignore"):
        return _forward(parsed.tree, inner)


def _forward(node: Node, values: Mapping[str, tuple[Floats, Derivatives]]) -> tuple[Floats, Derivatives]:
    kind = node[0]
    if kind == "number":
        return np.asarray(node[1]), {}
    if kind == "name":
        if node[1] not in values:
            raise ModelSyntaxError(f"'{node[1]}' is no label of the model.{did_you_mean(node[1], values)}")
        return values[node[1]]
    if kind == "call":
        x, dx = _forward(node[2], values)
        f, slope, _ = _FUNCTIONS[node[1]]
        s = slope(x)
        return f(x), {k: s * d for k, d in dx.items()}
    (a, da), (b, db) = _forward(node[1], values), _forward(node[2], values)
    if kind == "+":
        return a + b, _combine(da, 1.0, db, 1.0)
    if kind == "-":
        return a - b, _combine(da, 1.0, db, -1.0)
    if kind == "*":
        return a * b, _combine(da, b, db, a)
    if kind == "/":
        return np.divide(a, b), _combine(da, np.divide(1.0, b), db, np.divide(-a, b * b))
    value = np.power(a, b)
    return value, _combine(da, b * np.power(a, b - 1), db, value * np.log(a) if db else 0.0)


def _combine(da: Derivatives, wa: Floats | float, db: Derivatives, wb: Floats | float) -> Derivatives:
    out = {k: wa * d for k, d in da.items()}
    for k, d in db.items():
        out[k] = out[k] + wb * d if k in out else wb * d
    return out


def second_order(expression: Expression, values: Mapping[str, Taylor]) -> Taylor:
    """Return value, gradient and Hessian of an expression in q parameters.

    Parameters
    ----------
    expression : Expression
    values : mapping
        Value, gradient (q,) and Hessian (q, q) of each name: a parameter, a constant, or what was computed before.
    """
    with np.errstate(all="ignore"):
        return _taylor(expression.tree, values)


def _taylor(node: Node, values: Mapping[str, Taylor]) -> Taylor:
    kind = node[0]
    if kind == "name":
        return values[node[1]]
    if kind == "number":
        q = len(next(iter(values.values()))[1]) if values else 0
        return node[1], np.zeros(q), np.zeros((q, q))
    if kind == "call":
        x, g, H = _taylor(node[2], values)
        called, slope, bend = (float(function(np.asarray(x))) for function in _FUNCTIONS[node[1]])
        return called, slope * g, slope * H + bend * np.outer(g, g)
    (a, ga, Ha), (b, gb, Hb) = _taylor(node[1], values), _taylor(node[2], values)
    if kind in "+-":
        sign = 1.0 if kind == "+" else -1.0
        return a + sign * b, ga + sign * gb, Ha + sign * Hb
    cross = np.outer(ga, gb)
    if kind == "*":
        return a * b, b * ga + a * gb, b * Ha + a * Hb + cross + cross.T
    if kind == "/":
        c = float(np.divide(a, b))
        g = (ga - c * gb) / b
        mixed = np.outer(g, gb)
        return c, g, (Ha - c * Hb - mixed - mixed.T) / b
    power, first, second = (float(np.power(a, b - k)) for k in range(3))
    bend = b * (b - 1) * second if b * (b - 1) else 0.0
    g, H = b * first * ga, b * first * Ha + bend * np.outer(ga, ga)
    if np.any(gb):
        log = float(np.log(a))
        mixed = (first + b * first * log) * cross
        g = g + power * log * gb
        H = H + power * log * Hb + power * log**2 * np.outer(gb, gb) + mixed + mixed.T
    return power, g, H


def defined(
    definitions: Sequence[tuple[str, Expression | str]], values: Mapping[str, Floats | float]
) -> tuple[Floats, Floats]:
    """Evaluate ``name := expression`` rows, which may use each other in any order.

    Parameters
    ----------
    definitions : sequence of (name, expression)
        d of them.
    values : mapping
        Label to value, q entries in the order that the Jacobian keeps; scalars, or arrays of shape (draws,).

    Returns
    -------
    value : ndarray, shape (d,) or (draws, d)
    jacobian : ndarray, shape (d, q) or (draws, d, q)
        Derivatives by the labels of `values`.
    """
    parsed = {name: parse_expression(e) if isinstance(e, str) else e for name, e in definitions}
    known = {name: (np.asarray(v, dtype=float), {name: np.ones(np.shape(v))}) for name, v in values.items()}
    shape = np.broadcast_shapes(*(np.shape(v) for v in values.values())) if values else ()
    with np.errstate(all="ignore"):
        for name in evaluation_order(parsed):
            known[name] = _forward(parsed[name].tree, known)
    value = np.empty((*shape, len(definitions)))
    jacobian = np.zeros((*shape, len(definitions), len(values)))
    place = {name: k for k, name in enumerate(values)}
    for row, (name, _) in enumerate(definitions):
        value[..., row], derivatives = known[name]
        for label, d in derivatives.items():
            jacobian[..., row, place[label]] = d
    return value, jacobian


def evaluation_order(definitions: Mapping[str, Expression]) -> list[str]:
    """Return the names so that each stands after those it uses.

    Raises
    ------
    ModelSyntaxError
        When definitions go round in a circle.
    """
    waiting = {name: {n for n in e.names if n in definitions} for name, e in definitions.items()}
    order: list[str] = []
    while waiting:
        ready = [name for name, needs in waiting.items() if not needs]
        if not ready:
            raise ModelSyntaxError(f"These definitions use each other in a circle: {', '.join(waiting)}.")
        order += ready
        waiting = {name: needs.difference(ready) for name, needs in waiting.items() if name not in ready}
    return order


def linear_form(expression: Expression, known: Mapping[str, Linear | None]) -> Linear | None:
    """Return constant and coefficients of a linear expression, None for one that is not linear.

    `known` holds the linear forms of defined names.
    """
    return _linear(expression.tree, known)


def _linear(node: Node, known: Mapping[str, Linear | None]) -> Linear | None:
    kind = node[0]
    if kind == "number":
        return node[1], {}
    if kind == "name":
        return known.get(node[1], (0.0, {node[1]: 1.0}))
    parts = [_linear(n, known) for n in node[1:] if isinstance(n, tuple)]
    sides = [p for p in parts if p is not None]
    if len(sides) < len(parts):
        return None
    if all(not c for _, c in sides):  # a number written as an expression
        with np.errstate(all="ignore"):
            return float(_forward(node, {n: (np.asarray(f[0]), {}) for n, f in known.items() if f and not f[1]})[0]), {}
    if kind in ("call", "^") or (kind == "/" and sides[1][1]) or (kind == "*" and sides[0][1] and sides[1][1]):
        return None
    (a, ca), (b, cb) = sides
    if kind in "+-":
        sign = 1.0 if kind == "+" else -1.0
        return a + sign * b, {k: ca.get(k, 0.0) + sign * cb.get(k, 0.0) for k in {**ca, **cb}}
    if kind == "*":
        factor, base, coefficients = (b, a, ca) if ca else (a, b, cb)
    else:
        factor, base, coefficients = (1 / b if b else np.nan), a, ca
    return factor * base, {k: factor * v for k, v in coefficients.items()}
