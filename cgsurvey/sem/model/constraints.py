"""Constraints that are no linear equalities: ``h(theta) = 0`` and ``c(theta) >= 0`` with exact derivatives.

Numeric file. Linear equalities do not come here: they are eliminated (theta = K z + k0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cgsurvey.base.errors import ModelError
from cgsurvey.moments.sample import Floats, Ints
from cgsurvey.sem.model.expressions import Expression, Taylor, evaluation_order, parse_expression, second_order
from cgsurvey.sem.model.structure import Structure
from cgsurvey.sem.model.table import ParameterTable


@dataclass(frozen=True)
class Constraints:
    """Functions of theta that must be zero, or must not be negative; each is one expression minus another.

    Attributes
    ----------
    sides : tuple of (Expression, Expression)
        First those that must be zero.
    n_equal : int
        How many these are.
    texts : tuple of str
        The constraints as they were written.
    used : ndarray of int
        Places in theta of the parameters that occur.
    places, fixed : mapping
        Label to its place in `used`, or to its fixed value.
    definitions : mapping of str to Expression
        What ``:=`` defines and the constraints use, in order of evaluation.
    """

    sides: tuple[tuple[Expression, Expression], ...] = ()
    n_equal: int = 0
    texts: tuple[str, ...] = ()
    used: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    places: Mapping[str, int] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)
    definitions: Mapping[str, Expression] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.sides)

    def __call__(self, theta: Floats) -> tuple[Floats, Floats, Floats]:
        """Values (m,), Jacobian (m, q) and Hessians (m, q, q); NaN where a function is not defined."""
        m, q, u = len(self), len(theta), len(self.used)
        unit, none, flat = np.eye(u), np.zeros(u), np.zeros((u, u))
        known: dict[str, Taylor] = {n: (float(theta[self.used[k]]), unit[k], flat) for n, k in self.places.items()}
        known |= {n: (v, none, flat) for n, v in self.fixed.items()}
        for name, expression in self.definitions.items():
            known[name] = second_order(expression, known)
        value, J, H = np.zeros(m), np.zeros((m, q)), np.zeros((m, q, q))
        for k, sides in enumerate(self.sides):
            (a, ga, Ha), (b, gb, Hb) = (second_order(side, known) for side in sides)
            value[k], J[k, self.used] = a - b, ga - gb
            H[k][np.ix_(self.used, self.used)] = Ha - Hb
        return value, J, H


def constraints_of(table: ParameterTable, made: Structure, rows: Sequence[int]) -> Constraints:
    """Compile rows of a parameter table whose operator is ``==``, ``<`` or ``>``; see `compiled`."""
    return compiled(table, made, [(table.lhs[k], table.op[k], table.rhs[k]) for k in rows])


def compiled(table: ParameterTable, made: Structure, written: Sequence[tuple[str, str, str]]) -> Constraints:
    """Compile constraints.

    Parameters
    ----------
    table, made
        The parameter table and its structure, whose labels and definitions the constraints may use.
    written : sequence of (str, str, str)
        Left side, operator and right side of each; those with ``==`` come first.

    Raises
    ------
    ModelError
        When a constraint rests on fixed values alone and does not hold. (One that holds is left out.)
    """
    place: dict[str, int] = {}
    fixed: dict[str, float] = {}
    for row, free, value in zip(made.row, made.free, made.value, strict=True):
        for name in filter(None, (table.plabel[row], table.label[row])):
            if free >= 0:
                place.setdefault(name, int(free))
            else:
                fixed.setdefault(name, float(value))
    definitions = {table.lhs[k]: parse_expression(table.rhs[k]) for k in table.where(":=")}
    order = evaluation_order(definitions)
    sides, texts, labels = [], [], list[str]()
    wanted, n_equal = set[str](), 0
    for lhs, op, rhs in written:
        pair, text = (parse_expression(lhs), parse_expression(rhs)), f"{lhs} {op} {rhs}"
        defined, own = _resolve([n for side in pair for n in side.names], definitions)
        if all(n not in place for n in own):
            _check_fixed(text, op, pair, {n: fixed[n] for n in own}, {n: definitions[n] for n in order if n in defined})
            continue
        sides.append(pair[::-1] if op == "<" else pair)
        texts.append(text)
        wanted |= defined
        labels += own
        n_equal += op == "=="
    used = sorted({place[n] for n in labels if n in place})
    return Constraints(
        sides=tuple(sides),
        n_equal=n_equal,
        texts=tuple(texts),
        used=np.array(used, dtype=np.int64),
        places={n: used.index(place[n]) for n in labels if n in place},
        fixed={n: fixed[n] for n in labels if n not in place},
        definitions={n: definitions[n] for n in order if n in wanted},
    )


def _resolve(names: Sequence[str], definitions: Mapping[str, Expression]) -> tuple[set[str], list[str]]:
    """Return the defined names that `names` rest on, and the labels."""
    waiting, defined, labels = list(names), set(), dict[str, None]()
    while waiting:
        name = waiting.pop()
        if name not in definitions:
            labels[name] = None
        elif name not in defined:
            defined.add(name)
            waiting += definitions[name].names
    return defined, list(labels)


def _check_fixed(
    text: str,
    op: str,
    pair: tuple[Expression, Expression],
    fixed: Mapping[str, float],
    definitions: Mapping[str, Expression],
) -> None:
    known: dict[str, Taylor] = {n: (v, np.zeros(0), np.zeros((0, 0))) for n, v in fixed.items()}
    for name, expression in definitions.items():
        known[name] = second_order(expression, known)
    a, b = (second_order(side, known)[0] for side in pair)
    holds = {"==": abs(a - b) < 1e-10, "<": a <= b, ">": a >= b}[op]
    if not holds:
        raise ModelError(
            f"The constraint '{text}' does not hold, and both sides are fixed ({a:.6g} and {b:.6g}): free a parameter, "
            "or leave the constraint out."
        )
