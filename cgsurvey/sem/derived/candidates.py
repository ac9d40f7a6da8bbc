"""The parameters that a model leaves out and could have: what modification indices are computed for.

lavaan's set: what the model fixes (scales of ordered items too), loadings of each factor on each item, covariances of
residuals and of factors, and arrows among all variables that stand in a regression.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cgsurvey.moments.sample import Floats
from cgsurvey.sem.derived.modification import Candidates
from cgsurvey.sem.model.structure import ARROW, COVARIANCE, MEAN, SCALE, Structure
from cgsurvey.sem.model.table import ParameterTable


@dataclass(frozen=True)
class Named:
    """Candidate cells with the names of their parameters."""

    lhs: list[str]
    op: list[str]
    rhs: list[str]
    cells: Candidates


def candidates(table: ParameterTable, structure: Structure) -> Named:
    """List the parameters of a model that are fixed or absent and could be freed."""
    at = {name: k for k, name in enumerate(table.variables)}
    cells = zip(structure.group, structure.matrix, structure.i, structure.j, strict=True)
    taken = {key for key, free in zip(cells, structure.free, strict=True) if free >= 0}
    out: list[tuple[str, str, str, int, int, int, int]] = []
    for g in range(structure.n_groups):
        for lhs, op, rhs in _possible(table, structure):
            if op == "~*~":
                place = (SCALE, at[lhs], 0)
            elif op == "~~":
                place = (COVARIANCE, max(at[lhs], at[rhs]), min(at[lhs], at[rhs]))
            elif op == "~1":
                place = (MEAN, at[lhs], 0)
            else:
                place = (ARROW, at[rhs], at[lhs]) if op == "=~" else (ARROW, at[lhs], at[rhs])
            if (g, *place) not in taken:
                taken.add((g, *place))
                out.append((lhs, op, rhs, g, *place))
    lhs_, op_, rhs_, *places = map(list, zip(*out, strict=True)) if out else ([], [], [], [], [], [], [])
    return Named(lhs_, op_, rhs_, Candidates(*(np.array(c, dtype=np.int64) for c in places)))


def admissible(structure: Structure, theta: Floats) -> Floats:
    """Return parameters whose correlations exist: the values at which lavaan computes modification indices.

    A covariance beyond the variances becomes their geometric mean over 1.1; where one of the two variances is negative,
    both are set to 1 and the covariance to 0. `theta` itself comes back when nothing is to be repaired.
    """
    s = structure
    values = np.where(s.free >= 0, theta[s.free] if s.q else 0.0, s.value)
    at = {(s.group[k], s.i[k], s.j[k]): k for k in np.flatnonzero(s.matrix == COVARIANCE)}
    out = values.copy()
    for (g, i, j), k in at.items():
        a, b = at.get((g, i, i)), at.get((g, j, j))
        if i == j or out[k] == 0 or a is None or b is None:
            continue
        product = out[a] * out[b]
        if product < 0:
            out[[a, b, k]] = 1.0, 1.0, 0.0
        elif 0 < product < out[k] ** 2:
            out[k] = np.sqrt(product) / 1.1
    changed = np.flatnonzero((out != values) & (s.free >= 0))
    if not len(changed):
        return theta
    repaired = theta.copy()
    repaired[s.free[changed]] = out[changed]
    return repaired


def _possible(table: ParameterTable, structure: Structure) -> list[tuple[str, str, str]]:
    indicators = list(dict.fromkeys(r for r, op in zip(table.rhs, table.op, strict=True) if op == "=~"))
    outcomes = list(dict.fromkeys(v for v, op in zip(table.lhs, table.op, strict=True) if op == "~"))
    causes = list(dict.fromkeys(v for v, op in zip(table.rhs, table.op, strict=True) if op == "~"))
    endogenous = set(indicators) | set(outcomes)
    covariates = [v for v in table.observed if v in causes and v not in endogenous]
    items = [v for v in table.observed if v not in covariates]
    structural = list(dict.fromkeys([*outcomes, *causes]))
    rows = zip(table.lhs, table.op, table.rhs, table.group, table.exo, strict=True)
    # Under theta scales follow from residual variances; what is conditional on covariates says nothing of them.
    held = ("=~", "~", "~~", "~1") if structure.theta else ("=~", "~", "~~", "~1", "~*~")
    given = set(table.exogenous) if len(structure.ordered) else set()
    out = [(lhs, op, rhs) for lhs, op, rhs, g, exo in rows if g == 1 and op in held and not (exo and given)]
    out += [(f, "=~", v) for f in table.latents for v in indicators if v != f and v in table.observed]
    out += [(a, "~~", b) for a, b in combinations(items, 2)]
    out += [(a, "~~", b) for a, b in combinations(table.latents, 2)]
    out += [(y, "~", x) for y in structural for x in structural if x != y and y not in given]
    return out
