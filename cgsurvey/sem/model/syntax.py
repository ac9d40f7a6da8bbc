"""Model syntax, as lavaan writes it, read into statements whose every term knows its place in the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NoReturn

import numpy as np

from cgsurvey.base.errors import ModelSyntaxError
from cgsurvey.sem.model.expressions import Expression, evaluate, parse_tokens
from cgsurvey.sem.model.tokens import Token, tokenise

_MODEL = ("=~", "~", "~~", "|", "~*~")
_CONSTRAINT = (":=", "==", "<", ">")
_OPERATORS = (*_MODEL, *_CONSTRAINT, "<~", "<=", ">=", "=")
_REFUSED = {
    "efa": "Exploratory blocks (efa()) are not part of the model syntax here.",
    "rv": "Random slopes (rv()) are not supported.",
    "lower": "Bounds are written as a constraint: label the parameter and add a line such as 'a > 0'.",
    "upper": "Bounds are written as a constraint: label the parameter and add a line such as 'a < 1'.",
    "prior": "Priors (prior()) belong to Bayesian estimation, which is not offered.",
}


@dataclass(frozen=True)
class Place:
    """A place in the model text: line and column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Modifier:
    """What stands before a variable: ``0.5*``, ``a*``, ``start(.8)*``, ``c(a, b)*``, ``NA*``, ``equal("f=~x2")*``.

    Attributes
    ----------
    kind : {"fixed", "label", "start", "equal"}
        "fixed" holds numbers (NaN: freely estimated), "label" names ("" for none), "start" numbers, "equal" the names
        of other parameters.
    values : tuple
        One value for all groups, or one per group.
    place : Place
    """

    kind: str
    values: tuple[float | str, ...]
    place: Place


@dataclass(frozen=True)
class Term:
    """A variable of a statement with its modifiers; the name "" on the right of ``~`` stands for the intercept."""

    name: str
    modifiers: tuple[Modifier, ...]
    place: Place


@dataclass(frozen=True)
class Statement:
    """``lhs op rhs`` with op one of ``=~ ~ ~~ | ~*~``."""

    op: str
    lhs: tuple[Term, ...]
    rhs: tuple[Term, ...]
    place: Place


@dataclass(frozen=True)
class Constraint:
    """``lhs op rhs`` with op one of ``:= == < >``; both sides are arithmetic on labels."""

    op: str
    lhs: Expression
    rhs: Expression
    place: Place


@dataclass(frozen=True)
class Syntax:
    """A model text and what it says, in order."""

    text: str
    statements: tuple[Statement, ...]
    constraints: tuple[Constraint, ...]

    def fail(self, message: str, place: Place) -> NoReturn:
        """Raise ModelSyntaxError at a place of this text."""
        raise ModelSyntaxError(message, self.text, place.line, place.column)


@lru_cache(maxsize=64)
def parse(text: str) -> Syntax:
    """Read a model.

    Statements end at a line's end or ``;``; a line that ends or begins with an operator, or an open parenthesis,
    continues. ``#`` and ``!`` begin a comment. Names with blanks stand in backticks.

    Raises
    ------
    ModelSyntaxError
        With line, column and a caret under the fault.
    """
    made = [_Chunk(chunk, text).read() for chunk in _split_statements(tokenise(text), text)]
    statements = [m for m in made if isinstance(m, Statement)]
    constraints = [m for m in made if isinstance(m, Constraint)]
    if not statements:
        raise ModelSyntaxError(
            "The model text is empty. Write at least one statement, e.g. 'factor =~ item1 + item2'.", text
        )
    return Syntax(text, tuple(statements), tuple(constraints))


def parse_equalities(text: str) -> tuple[Constraint, ...]:
    """Read equalities to be tested, such as ``a == b; c == 0``.

    Raises
    ------
    ModelSyntaxError
        Also where anything else stands in the text.
    """
    made = [_Chunk(chunk, text).read() for chunk in _split_statements(tokenise(text), text)]
    for m in made:
        if m.op != "==":
            raise ModelSyntaxError(
                "Only equalities of labelled parameters can stand here, e.g. 'a == b; c == 0'.",
                text,
                m.place.line,
                m.place.column,
            )
    if not made:
        raise ModelSyntaxError("The text is empty. Write at least one equality, e.g. 'a == b'.", text)
    return tuple(m for m in made if isinstance(m, Constraint))


def _split_statements(tokens: list[Token], text: str) -> list[list[Token]]:
    chunks: list[list[Token]] = [[]]
    depth: list[Token] = []
    for k, token in enumerate(tokens):
        is_op = token.kind == "op"
        if token.kind == "newline":
            following = next((t for t in tokens[k + 1 :] if t.kind != "newline"), None)
            ends_open = bool(chunks[-1]) and chunks[-1][-1].kind == "op" and chunks[-1][-1].text != ")"
            begins_open = following is not None and following.kind == "op" and following.text not in ("(", ";")
            if not depth and not ends_open and not (begins_open and chunks[-1]):
                chunks.append([])
        elif is_op and token.text == ";":
            chunks.append([])
        else:
            if is_op and token.text == "(":
                depth.append(token)
            elif is_op and token.text == ")":
                if not depth:
                    raise ModelSyntaxError("This parenthesis was never opened.", text, token.line, token.column)
                depth.pop()
            chunks[-1].append(token)
    if depth:
        raise ModelSyntaxError("This parenthesis is never closed.", text, depth[-1].line, depth[-1].column)
    return [c for c in chunks if c]


def _outside(tokens: Sequence[Token]) -> list[int]:
    """Return the places of the operators outside all parentheses."""
    places, depth = [], 0
    for k, token in enumerate(tokens):
        if token.kind == "op":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0:
                places.append(k)
    return places


def _cut(tokens: Sequence[Token], marks: Sequence[int]) -> list[Sequence[Token]]:
    """Return what stands between the marks."""
    return [tokens[a + 1 : b] for a, b in pairwise([-1, *marks, len(tokens)])]


def _is_call(tokens: Sequence[Token]) -> bool:
    """Return True for ``name(...)`` and nothing after it."""
    return (
        len(tokens) > 2 and tokens[0].kind == "name" and tokens[1].text == "(" and _outside(tokens) == [len(tokens) - 1]
    )


class _Chunk:
    """The tokens of one statement."""

    def __init__(self, tokens: Sequence[Token], text: str) -> None:
        self.tokens, self.text = tokens, text

    def fail(self, message: str, token: Token) -> NoReturn:
        raise ModelSyntaxError(message, self.text, token.line, token.column)

    def read(self) -> Statement | Constraint:
        tokens = self.tokens
        places = [k for k, t in enumerate(tokens) if t.kind == "op" and t.text in _OPERATORS]
        if len(tokens) >= 2 and tokens[0].text in ("level", "group", "block") and tokens[1].text == ":":
            self.fail(
                f"Blocks ('{tokens[0].text}:') are not supported. For groups write one model and give group='column', "
                "with c(a, b)* where the groups differ.",
                tokens[0],
            )
        if not places:
            self.fail(
                "This line has no operator. Write =~ (measured by), ~ (regressed on), ~~ (covaries with), "
                ":= (defined as), == (equals); a line that goes on ends or begins with '+'.",
                tokens[0],
            )
        at, op = places[0], tokens[places[0]]
        if op.text == "=":
            self.fail(
                "A single '=' is no operator. Meant is '=~' (measured by), '==' (equals) or ':=' (defined as)?", op
            )
        if op.text == "<~":
            self.fail(
                "Formative composites ('<~') are not supported by this estimator. Use a composite score (cg.score) as "
                "an observed variable, or '=~' for a reflective construct.",
                op,
            )
        if op.text in ("<=", ">="):
            self.fail(f"Inequalities are written with '{op.text[0]}'.", op)
        if len(places) > 1:
            extra = tokens[places[1]]
            self.fail(
                f"A second operator '{extra.text}' in one statement. Put each statement on a line of its own.", extra
            )
        if at == 0:
            self.fail(f"Nothing stands before '{op.text}'.", op)
        if at == len(tokens) - 1:
            self.fail(f"Nothing follows '{op.text}'.", op)
        place = Place(tokens[0].line, tokens[0].column)
        if op.text in _CONSTRAINT:
            lhs, rhs = parse_tokens(tokens[:at], self.text), parse_tokens(tokens[at + 1 :], self.text)
            if op.text == ":=" and (at != 1 or tokens[0].kind != "name"):
                self.fail("Left of ':=' stands one new name.", tokens[0])
            return Constraint(op.text, lhs, rhs, place)
        left = [self.term(t, op, left=True) for t in self.split(tokens[:at], op)]
        right = [self.term(t, op, left=False) for t in self.split(tokens[at + 1 :], op)]
        return Statement(op.text, tuple(left), tuple(right), place)

    def split(self, tokens: Sequence[Token], op: Token) -> list[Sequence[Token]]:
        """Cut at each '+' that joins terms."""
        marks = [k for k in _outside(tokens) if tokens[k].text == "+"]
        for part, mark in zip(parts := _cut(tokens, marks), [*marks, None], strict=True):
            if not part:
                where = tokens[-1] if mark is None and tokens else op if mark is None else tokens[mark]
                self.fail(f"A variable is missing {'after' if mark is None else 'before'} '+'.", where)
        return parts

    def term(self, tokens: Sequence[Token], op: Token, *, left: bool) -> Term:
        cut = max((k for k in _outside(tokens) if tokens[k].text in ("*", "?")), default=-1)
        variable, first = tokens[cut + 1 :], tokens[0]
        if not variable:
            self.fail(f"A variable is missing after '{tokens[cut].text}'.", tokens[cut])
        place = Place(variable[0].line, variable[0].column)
        modifiers: tuple[Modifier, ...] = ()
        if cut >= 0:
            if left:
                special = _REFUSED.get(first.text)
                self.fail(
                    special or f"A modifier cannot stand left of '{op.text}'; put it before a variable on the right.",
                    first,
                )
            if cut == 0:
                self.fail(f"A number or label is missing before '{tokens[0].text}'.", first)
            modifiers = (self.modifier(tokens[:cut], start=tokens[cut].text == "?"),)
        name = self.variable(variable, op, left=left)
        if name == "" and variable[0].text == "0":
            if modifiers:
                self.fail("An intercept is written as 1, e.g. '0*1'.", variable[0])
            modifiers = (Modifier("fixed", (0.0,), place),)
        return Term(name, modifiers, place)

    def variable(self, tokens: Sequence[Token], op: Token, *, left: bool) -> str:
        head = tokens[0]
        if head.kind == "number" and len(tokens) == 1:
            if op.text == "~" and not left and head.text in ("0", "1"):
                return ""
            self.fail(
                f"The number {head.text} cannot stand for a variable; only the intercept is a number, as in 'y ~ 1'."
                + (" A fixed value needs '*', as in '0.5*x'." if not left else ""),
                head,
            )
        if head.kind == "op" and head.text == "-":
            self.fail("Terms are joined by '+'; a variable cannot be subtracted.", head)
        if head.kind != "name":
            self.fail(f"'{head.text}' cannot stand for a variable.", head)
        if len(tokens) == 1:
            return head.text
        extra = tokens[1]
        if extra.text == "-":
            self.fail("Terms are joined by '+'; a variable cannot be subtracted.", extra)
        if extra.text == "(":
            self.fail(f"'{head.text}(...)' is no variable. Transform the column in the data first.", head)
        if len(tokens) != 3 or extra.text != ":" or tokens[2].kind != "name":
            self.fail(f"'{extra.text}' cannot follow '{head.text}'; is '+' missing, or a new line?", extra)
        if op.text == "=~" and left:
            self.fail("A product cannot be a latent variable.", head)
        return f"{head.text}:{tokens[2].text}"

    def modifier(self, tokens: Sequence[Token], *, start: bool) -> Modifier:
        head = tokens[0]
        place = Place(head.line, head.column)
        call = _is_call(tokens)
        if call and head.text in _REFUSED:
            self.fail(_REFUSED[head.text], head)
        kind, inside = "", tokens
        if call and head.text in ("start", "equal", "label"):
            kind, inside = head.text, tokens[2:-1]
            head = inside[0] if inside else head
            call = _is_call(inside)
        parts = [inside]
        if call and head.text == "c":
            parts = _cut(inside[2:-1], [k for k in _outside(inside[2:-1]) if inside[2 + k].text == ","])
        values = [self.value(p, head) for p in parts]
        words = [v for v in values if isinstance(v, str)]
        numbers = [v for v in values if not isinstance(v, str)]
        if kind in ("label", "equal") or (not kind and not start and words):
            if any(not np.isnan(v) for v in numbers):
                self.fail("Labels and numbers cannot be mixed in one modifier; write 'c(a, b)*x + c(1, NA)*x'.", head)
            return Modifier(kind or "label", tuple(v if isinstance(v, str) else "" for v in values), place)
        if words:
            self.fail(f"A start value is a number, not '{words[0]}'.", head)
        return Modifier("start" if start or kind == "start" else "fixed", tuple(numbers), place)

    def value(self, tokens: Sequence[Token], head: Token) -> float | str:
        if not tokens:
            self.fail("A value is missing in the parentheses.", head)
        first = tokens[0]
        if len(tokens) == 1 and first.kind in ("name", "string"):
            if first.kind == "name" and first.text == "NA":
                return np.nan
            if not first.text:
                self.fail("A label is empty.", first)
            return first.text
        strange = next((t for t in tokens if t.kind == "string" or t.text in (",", "?", ":")), None)
        if strange is not None:
            self.fail(
                f"'{strange.text}' cannot stand in a modifier. Two modifiers are two terms: 'a*x + start(.8)*x'.",
                strange,
            )
        called = next((t for t, u in pairwise(tokens) if t.kind == "name" and u.text == "("), None)
        if called is not None and called.text in ("c", "start", "equal", "label", *_REFUSED):
            self.fail("Two modifiers of one variable are two terms: 'a*x + start(.8)*x'.", called)
        parsed = parse_tokens(tokens, self.text)
        if parsed.names:
            named = next(t for t in tokens if t.text == parsed.names[0])
            self.fail(
                f"'{named.text}' is a label within arithmetic. A modifier is one number or one label; "
                "two modifiers are two terms: 'a*x + 0.5*x'.",
                named,
            )
        found = float(evaluate(parsed, {}))
        if not np.isfinite(found):
            self.fail(f"'{parsed.text}' has no value. A modifier is one number or one label.", first)
        return found


def threshold_number(name: str) -> int:
    """Return k of a threshold's name "tk", 0 for any other name."""
    found = re.fullmatch(r"t([1-9]\d{0,2})", name)
    return int(found.group(1)) if found else 0


__all__ = [
    "Constraint",
    "Modifier",
    "Place",
    "Statement",
    "Syntax",
    "Term",
    "parse",
    "parse_equalities",
    "threshold_number",
]
