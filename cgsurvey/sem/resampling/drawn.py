"""Every parameter in every draw: raw and standardised values of many parameter vectors at once, := included.

Numeric file. The formulas are those of `standardize`, on stacks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgsurvey.moments.sample import Floats
from cgsurvey.sem.model.expressions import evaluate, evaluation_order, parse_expression
from cgsurvey.sem.model.structure import Structure
from cgsurvey.sem.model.table import ParameterTable
from cgsurvey.sem.resampling.batch import Cells

CHUNK = 4_000_000  # numbers of one stack of matrices that are held at once


def table_rows(table: ParameterTable, structure: Structure, x: Floats) -> Floats:
    """Values of the rows of the parameter table, := included, shape (R, rows), from cells (R, cells)."""
    out = np.full((len(x), len(table)), np.nan)
    out[:, structure.row] = x
    rows = table.where(":=")
    if len(rows):
        known: dict[str, Floats | float] = {}
        for cell, row in enumerate(structure.row):
            for name in (table.label[row], table.plabel[row]):
                if name:
                    known.setdefault(name, x[:, cell])
        parsed = {table.lhs[k]: parse_expression(table.rhs[k]) for k in rows}
        for name in evaluation_order(parsed):
            known[name] = np.broadcast_to(evaluate(parsed[name], known), (len(x),))
        for k in rows:
            out[:, k] = known[table.lhs[k]]
    return np.where(np.isfinite(out), out, np.nan)


def standardized_cells(structure: Structure, cells: Cells, x: Floats, scaled: NDArray[np.bool_]) -> Floats:
    """Standardised values of all cells, shape (R, cells); `scaled` (v,) names the variables of unit variance."""
    size = max(CHUNK // structure.v**2, 1)
    parts = [_standardized(structure, cells, x[at : at + size], scaled) for at in range(0, len(x), size)]
    return np.concatenate(parts) if parts else x


def _standardized(structure: Structure, cells: Cells, x: Floats, scaled: NDArray[np.bool_]) -> Floats:
    out = x.copy()
    for group in cells.groups:
        A, S, _ = cells.filled(group, x)
        E = cells.reach(A)
        variances = np.einsum("rij,rij->ri", E @ S, E)
        residual = np.diagonal(S, axis1=1, axis2=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            sd = np.where(scaled, np.sqrt(np.where(variances >= 0, variances, np.nan)), 1.0)
            inverse = 1 / np.where(sd > 0, sd, np.nan)
            out[:, group.a] *= sd[:, group.aj] * inverse[:, group.ai]
            out[:, group.m] *= inverse[:, group.mi]
            out[:, group.t] *= inverse[:, group.ti]
            out[:, group.c] = np.where(scaled[group.ci], 1.0, out[:, group.c])
            same = group.si == group.sj
            factor = np.where(same, inverse[:, group.si] * inverse[:, group.sj], 1.0)
            for k in (group.si, group.sj):
                divided = scaled[k] & ~same
                root = np.sqrt(np.abs(np.where(divided, residual[:, k], 1.0)))
                factor = factor / np.where(root > 0, root, np.nan)
            out[:, group.s] *= factor
    return out


def total_effects(structure: Structure, cells: Cells, x: Floats, group: int) -> tuple[Floats, Floats]:
    """Arrows A and total effects (I - A)^-1 - I of one group, shapes (R, v, v)."""
    A, _, _ = cells.filled(cells.groups[group], x)
    return A, cells.reach(A) - np.eye(structure.v)
