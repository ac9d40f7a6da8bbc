"""Modification indices: what freeing one fixed parameter would gain, and the value it would take.

Numeric file. With g the gradient of -(log-likelihood)/N by the candidate, I the unit information of candidates (c) and
free parameters (f) together, and V = I_cc - I_cf I_ff^-1 I_fc::

    MI = n g^2 / V        EPC = -g / V

(the score test of Soerbom, 1989), both with one degree of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cgsurvey.moments.normal import Kind, low, moment_information
from cgsurvey.moments.sample import Sample, shares
from cgsurvey.sem.derived.standardize import standardize
from cgsurvey.sem.fitting.derivatives import gradient, information
from cgsurvey.sem.model.ram import fill, jacobian
from cgsurvey.sem.model.structure import COVARIANCE, GroupMatrices, Structure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Candidates:
    """Cells that might be freed: group (0-based), matrix and place as in `Structure`, each of shape (c,)."""

    group: Ints
    matrix: Ints
    i: Ints
    j: Ints

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class Modification:
    """One entry per candidate, NaN where freeing it is not identified: mi, epc, sepc_lv, sepc_all, shape (c,)."""

    mi: Floats
    epc: Floats
    sepc_lv: Floats
    sepc_all: Floats


def extend(structure: Structure, theta: Floats, candidates: Candidates) -> tuple[Structure, Floats, Ints]:
    """Free the candidates: the larger structure, its parameters, and the cell of each candidate."""
    s = structure
    known = {key: k for k, key in enumerate(zip(s.group, s.matrix, s.i, s.j, strict=True))}
    keys = list(zip(candidates.group, candidates.matrix, candidates.i, candidates.j, strict=True))
    cells = np.array([known.get(key, -1) for key in keys], dtype=np.int64)
    new = np.flatnonzero(cells < 0)
    cells[new] = len(s.row) + np.arange(len(new))
    free = np.concatenate([s.free, np.full(len(new), -1)])
    value = np.concatenate([s.value, np.zeros(len(new))])
    start = value[cells]
    free[cells] = s.q + np.arange(len(cells))
    value[cells] = np.nan
    larger = replace(
        s,
        row=np.concatenate([s.row, np.full(len(new), -1)]),
        group=np.concatenate([s.group, candidates.group[new]]),
        matrix=np.concatenate([s.matrix, candidates.matrix[new]]),
        i=np.concatenate([s.i, candidates.i[new]]),
        j=np.concatenate([s.j, candidates.j[new]]),
        free=free,
        value=value,
    )
    return larger, np.concatenate([theta, start]), cells


def modification(
    structure: Structure,
    theta: Floats,
    matrices: Sequence[GroupMatrices],
    samples: Sequence[Sample],
    candidates: Candidates,
    *,
    kind: Kind = "expected",
    basis: Floats | None = None,
    exogenous: Sequence[int] = (),
    own_theta: Floats | None = None,
) -> Modification:
    """Score tests of all candidates at once.

    Parameters
    ----------
    structure, theta, matrices, samples
        The fitted model.
    candidates : Candidates
        Cells that the model fixes.
    kind : {"expected", "observed"}
        Information to use.
    basis : ndarray, shape (q, z), optional
        Directions that linear equality constraints leave free.
    exogenous : sequence of int
        Observed covariates with fixed moments, which carry no information (as in lavaan).
    own_theta : ndarray, shape (q,), optional
        Where to take the information I_ff of the free parameters; `theta` unless given. `matrices` are those of
        `own_theta` then: they standardise arrows, while residual covariances are divided by variances at `theta`.
    """
    larger, values, cells = extend(structure, theta, candidates)
    q = structure.q
    g = gradient(larger, values, samples)[q:]
    H = information(larger, values, samples, kind)
    by_moments = samples[0].weight is not None
    if len(exogenous) and not by_moments:
        H = H - _of_covariates(larger, values, samples, kind, exogenous)
    K = np.eye(q) if basis is None else basis
    cross = K.T @ H[:q, q:]
    own = np.diag(H)[q:]
    free = H[:q, :q] if own_theta is None else information(structure, own_theta, samples, kind)
    V = own - np.einsum("qc,qc->c", cross, np.linalg.solve(K.T @ free @ K, cross)) if K.size else own
    # A candidate that the free parameters already span adds no information: V is zero up to rounding.
    with np.errstate(invalid="ignore", divide="ignore"):
        V = np.where(1e-7 * np.abs(own) < V, V, np.nan)
        mi, epc = counted_rows(samples) * g**2 / V, -g / V
    latent = np.arange(structure.v) >= structure.p
    unit = replace(larger, free=np.full(len(larger.free), -1), value=np.ones(len(larger.free)))
    none = np.zeros(0)
    near = matrices if own_theta is None else fill(structure, theta)
    residual, factors = candidates.matrix == COVARIANCE, []
    for scaled in (latent, np.ones_like(latent)):
        by_near, by_fit = (standardize(unit, none, m, scaled).value[cells] for m in (near, matrices))
        factors.append(np.where(residual, by_near, by_fit))
    return Modification(mi, epc, epc * factors[0], epc * factors[1])


def counted_rows(samples: Sequence[Sample]) -> float:
    """What the score test counts as rows: n; for least squares (n - 1)^2 / n, as in lavaan."""
    n = sum(s.n for s in samples)
    return float(n if samples[0].weight is None else sum(s.size for s in samples) ** 2 / n)


def _of_covariates(
    structure: Structure, theta: Floats, samples: Sequence[Sample], kind: Kind, exogenous: Sequence[int]
) -> Floats:
    """The part of the information that rests on the moments of fixed covariates, shape (q, q)."""
    H = np.zeros((structure.q, structure.q))
    x = np.array(exogenous)
    p = structure.p
    i, j = low(p)
    own = np.isin(i, x) & np.isin(j, x)
    rows = np.flatnonzero(np.concatenate([np.isin(np.arange(p), x), own]) if structure.means else own)
    filled, deltas = fill(structure, theta), jacobian(structure, theta)
    for share, sample, m, delta in zip(shares(samples), samples, filled, deltas, strict=True):
        A = sample.curvature.H if sample.curvature is not None else moment_information(sample, m.Sigma, m.mu, kind)
        A = A if structure.means else A[p:, p:]
        # With rows and columns x of A set to zero: D'A0 D = D'A D - (D'A D_x + D_x'A D - D_x'A D_x).
        outer = delta.T @ A[:, rows] @ delta[rows]
        H += share * (outer + outer.T - delta[rows].T @ A[np.ix_(rows, rows)] @ delta[rows])
    return H
