"""Model syntax, as lavaan writes it, read into statements whose every term knows its place in the text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A place in the model text: line and column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Modifier:
    """What stands before a variable: ``0.5*``, ``a*``, ``start(.8)*``, ``c(a, b)*``, ``NA*``.

    Attributes
    ----------
    kind : {"fixed", "label", "start"}
        "fixed" holds numbers (NaN: freely estimated), "label" names, "start" numbers.
    values : tuple
        One value for all groups, or one per group.
    place : Place
    """

    kind: str
    values: tuple[float | str, ...]
    place: Place


@dataclass(frozen=True)
class Term:
    """A variable of a statement with its modifiers; the name "1" stands for the intercept."""

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
    """``lhs op rhs`` with op one of ``:= == < >``; both sides are arithmetic on labels, without blanks."""

    op: str
    lhs: str
    rhs: str
    lhs_place: Place
    rhs_place: Place


@dataclass(frozen=True)
class Syntax:
    """A model text and what it says, in order."""

    text: str
    statements: tuple[Statement, ...]
    constraints: tuple[Constraint, ...]
