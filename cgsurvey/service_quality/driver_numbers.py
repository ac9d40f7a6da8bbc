"""Effects in points of scores from 0 to 100. Numeric file.

Scores are weighted means of answers brought to 0..100, C = W D (y - lowest), with D = diag(100 / (highest - lowest))
and rows of W that sum to one. E = (I - A)^-1 carries a change of any variable of the model to all others, so that one
unit of variable k changes the expected score c by G_ck = sum_i W_ci D_i E_ik. One point of the score of driver k,
brought about by k, goes with

    tau_k = G_tk / G_kk

points of the score of the target t: free of the metric of the factors, and without the error of measurement that a
regression of observed scores has.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cgsurvey.sem.model.structure import ARROW, Structure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def arrows(structure: Structure, group: int, x: Floats) -> Floats:
    """Arrow matrices A of a group, shape (R, v, v), from cells (R, cells)."""
    here = np.flatnonzero((structure.group == group) & (structure.matrix == ARROW))
    A = np.zeros((len(x), structure.v, structure.v))
    A[:, structure.i[here], structure.j[here]] = x[:, here]
    return A


def point_effects(structure: Structure, group: int, x: Floats, WD: Floats, target: int, drivers: Ints) -> Floats:
    """tau of each driver, shape (R, d), from cells (R, cells).

    Parameters
    ----------
    WD : ndarray, shape (d + 1, p)
        W D of each driver and, last, of the target, over the observed variables of the model.
    target : int
        Place of the target among the variables; only its row of WD enters.
    drivers : ndarray of int, shape (d,)
    """
    E = np.linalg.inv(np.eye(structure.v) - arrows(structure, group, x))
    G = WD @ E[:, : WD.shape[1], :][..., drivers]
    d = np.arange(len(drivers))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(G[:, -1, :] / G[:, d, d])


def point_slopes(structure: Structure, group: int, x: Floats, WD: Floats, drivers: Ints) -> Floats:
    """Derivatives of tau by the cells (cells,), shape (d, cells): dE_ik / dA_ab = E_ia E_bk."""
    E = np.linalg.inv(np.eye(structure.v) - arrows(structure, group, x[None])[0])
    H = WD @ E[: WD.shape[1]]
    k = np.arange(len(drivers))
    own = H[k, drivers]
    tau = H[-1, drivers] / own
    out = np.zeros((len(drivers), len(x)))
    here = np.flatnonzero((structure.group == group) & (structure.matrix == ARROW))
    a, b = structure.i[here], structure.j[here]
    into = E[np.ix_(b, drivers)].T
    out[:, here] = into * (H[-1, a][None] - tau[:, None] * H[k][:, a]) / own[:, None]
    return out


def bartlett_weights(loadings: Floats, residuals: Floats) -> Floats:
    """Weights lambda / theta, brought to a sum of one (Bartlett, 1937); NaN where a residual is not positive."""
    if (residuals <= 0).any():
        return np.full(len(loadings), np.nan)
    w = loadings / residuals
    return np.asarray(w / w.sum())


def reached(structure: Structure, group: int, target: int, among: Sequence[int]) -> list[int]:
    """Variables of `among` from which arrows lead to the target, whatever the estimates."""
    here = np.flatnonzero((structure.group == group) & (structure.matrix == ARROW))
    edges = [(int(structure.i[c]), int(structure.j[c])) for c in here]
    before, waiting = set(), [target]
    while waiting:
        end = waiting.pop()
        for i, j in edges:
            if i == end and j not in before:
                before.add(j)
                waiting.append(j)
    return [v for v in among if v in before and v != target]
