"""Arithmetic on parameter labels: values, exact first derivatives, linearity. Never `eval`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Expression:
    """A parsed expression; `names` are the labels it uses, in order of appearance."""

    text: str
    names: tuple[str, ...]


def parse_expression(text: str) -> Expression:
    """Read ``+ - * / ^ **``, parentheses, numbers, names, ``exp log sqrt abs``..."""
    raise NotImplementedError


def evaluate(expression: Expression | str, values: Mapping[str, Floats | float]) -> Floats:
    """Return the value; entries of `values` may be arrays of draws (all of one shape)."""
    raise NotImplementedError


def gradient(expression: Expression | str, values: Mapping[str, Floats | float]) -> tuple[Floats, dict[str, Floats]]:
    """Return the value and its exact derivative by each name (forward differentiation)."""
    raise NotImplementedError


def defined(definitions: Sequence[tuple[str, str]], values: Mapping[str, Floats | float]) -> tuple[Floats, Floats]:
    """Evaluate ``name := expression`` rows, which may use each other in any order.

    Parameters
    ----------
    definitions : sequence of (name, expression)
        d of them.
    values : mapping
        Label to value, q entries in the order that the Jacobian keeps; scalars, or arrays (draws,).

    Returns
    -------
    value : ndarray, shape (d,) or (draws, d)
    jacobian : ndarray, shape (d, q) or (draws, d, q)
        Derivatives by the labels in `values`.
    """
    raise NotImplementedError
