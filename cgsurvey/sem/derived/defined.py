"""Defined parameters (``:=``): values and their derivatives by the free parameters, for the delta method."""

from __future__ import annotations

import numpy as np

from cgsurvey.moments.sample import Floats
from cgsurvey.sem.model.expressions import defined
from cgsurvey.sem.model.structure import Structure
from cgsurvey.sem.model.table import ParameterTable


def defined_parameters(
    table: ParameterTable, structure: Structure, values: Floats, jacobian: Floats
) -> tuple[Floats, Floats]:
    """Evaluate the ``:=`` rows on values of the cells, raw or standardised.

    Parameters
    ----------
    values : ndarray, shape (cells,)
        Value of each cell of `structure`.
    jacobian : ndarray, shape (cells, q)
        Its derivatives by the free parameters.

    Returns
    -------
    value, jacobian : ndarray, shapes (d,) and (d, q)
    """
    rows = table.where(":=")
    if not len(rows):
        return np.zeros(0), np.zeros((0, structure.q))
    labelled: dict[str, int] = {}
    for cell, row in enumerate(structure.row):
        for name in (table.label[row], table.plabel[row]):
            if name:
                labelled.setdefault(name, cell)
    found, by_label = defined(
        [(table.lhs[k], table.rhs[k]) for k in rows], {n: float(values[c]) for n, c in labelled.items()}
    )
    return found, by_label @ jacobian[list(labelled.values())]


def selection(structure: Structure) -> Floats:
    """Derivatives of the cells by the free parameters: ones where a parameter fills a cell, shape (cells, q)."""
    out = np.zeros((len(structure.free), structure.q))
    free = np.flatnonzero(structure.free >= 0)
    out[free, structure.free[free]] = 1.0
    return out
