"""How far a conclusion survives other specifications: shares, range, the one that speaks most against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NAN = float("nan")


@dataclass(frozen=True)
class Survival:
    """One hypothesis over S specifications, the first of which is the main one.

    Attributes
    ----------
    n : int
        Specifications that gave an estimate and a p-value.
    same_sign, supported, agree : float
        Shares of them: the sign of the main one; p below the level in the expected direction; the main decision.
    lowest, highest : float
        Range of the estimates.
    worst : int
        Place of the specification that speaks most against the main decision; -1 where none was estimated.
    """

    n: int
    same_sign: float
    supported: float
    agree: float
    lowest: float
    highest: float
    worst: int


def decisions(z: Floats, p: Floats, *, direction: float, level: float) -> NDArray[np.int64]:
    """Return 1 (significant in the expected direction), 0 (not significant), -1 (significant against it).

    Parameters
    ----------
    z, p : ndarray, shape (S,)
        Test statistics and two-sided p-values; where either is NaN the decision is 0.
    direction : {1, -1}
        The expected sign.
    level : float
    """
    return np.where(p < level, np.sign(direction * np.nan_to_num(z)), 0).astype(int)


def survival(value: Floats, z: Floats, p: Floats, *, direction: float, level: float) -> Survival:
    """Sum up one hypothesis over its specifications.

    Parameters
    ----------
    value, z, p : ndarray, shape (S,)
        Standardised estimates, test statistics and p-values; NaN where a specification failed. The main one is first.
    direction : {1, -1}
        The expected sign; that of the main estimate where none was stated.
    level : float

    Notes
    -----
    The worst specification has the smallest statistic in the expected direction where the main decision is "supported",
    else the largest one.
    """
    known = np.isfinite(value) & np.isfinite(z) & np.isfinite(p)
    n = int(known.sum())
    if not n:
        return Survival(0, NAN, NAN, NAN, NAN, NAN, -1)
    made = decisions(z, p, direction=direction, level=level)
    evidence = direction * z if made[0] == 1 else -direction * z
    share = {
        "same_sign": np.sign(value) == np.sign(value[0]),
        "supported": made == 1,
        "agree": made == made[0],
    }
    return Survival(
        n=n,
        **{k: float(v[known].mean()) for k, v in share.items()},
        lowest=float(value[known].min()),
        highest=float(value[known].max()),
        worst=int(np.argmin(np.where(known, evidence, np.inf))),
    )


def jackknife_error(value: float, without: Floats) -> float:
    """Return the delete-one standard error of an estimate.

    Parameters
    ----------
    value : float
        Estimate from all G groups.
    without : ndarray, shape (G,)
        Estimates without one group each.

    Notes
    -----
    ``sqrt((G - 1)/G * sum((without - value)**2))``, as ``survey::as.svrepdesign(type="JK1", mse=TRUE)`` in R; NaN where
    an estimate is missing or G < 2.
    """
    G = len(without)
    if G < 2 or not np.all(np.isfinite(without)):
        return NAN
    return float(np.sqrt((G - 1) / G * np.sum((without - value) ** 2)))
