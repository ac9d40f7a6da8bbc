"""Replicate weights: jackknife and bootstrap of the units that were drawn, and scales of given ones. Numeric file."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from cgsurvey.base.units import Floats
from cgsurvey.responses.design.sample import Drawn, Replicates


def jackknife(drawn: Drawn, kind: str) -> Replicates:
    """Leave out each unit in turn.

    JK1 leaves out of all units: scale (U - 1) / U. JKn leaves out within strata, the others of the stratum making up
    for it: rscales (n_h - 1) / n_h; the only unit of a stratum stays. Shares that were drawn enter by 1 - f. Equals
    as.svrepdesign of R's survey.
    """
    _, stratum = drawn.units
    U = len(stratum)
    if kind == "JK1":
        factors = np.full((U, U), U / (U - 1))
        np.fill_diagonal(factors, 0.0)
        kept = 1.0 if drawn.fraction is None else 1.0 - float(drawn.fraction[0])
        return Replicates(factors, kept * (U - 1) / U, np.ones(U))
    size = np.bincount(stratum)
    many = np.flatnonzero(size[stratum] > 1)
    factors = np.ones((U, len(many)))
    grown = size / np.maximum(size - 1, 1)
    for r, u in enumerate(many):
        factors[stratum == stratum[u], r] = grown[stratum[u]]
        factors[u, r] = 0.0
    h = stratum[many]
    kept_h = np.ones(len(size)) if drawn.fraction is None else 1.0 - drawn.fraction
    return Replicates(factors, 1.0, kept_h[h] * (size[h] - 1) / size[h])


def rao_wu(drawn: Drawn, R: int, rng: Generator) -> Replicates:
    """Draw n_h - 1 units of each stratum with replacement, R times (Rao & Wu, 1988).

    A unit drawn m times has its weight times m n_h / (n_h - 1); shares that were drawn shrink the change by
    sqrt(1 - f_h), after Rao, Wu & Yue (1992). Units that stand alone keep their weight.
    """
    _, stratum = drawn.units
    size = np.bincount(stratum)
    factors = np.ones((len(stratum), R))
    for h in np.flatnonzero(size > 1):
        here, n = np.flatnonzero(stratum == h), int(size[h])
        kept = 1.0 if drawn.fraction is None else float(np.sqrt(1.0 - drawn.fraction[h]))
        times = rng.multinomial(n - 1, np.full(n, 1.0 / n), size=R).T
        factors[here] = 1.0 - kept + kept * times * n / (n - 1)
    return Replicates(factors, 1.0 / (R - 1), np.ones(R))


def scales(kind: str, R: int, rho: float = 0.5) -> float | None:
    """Scale of given replicate weights; None where it must be given too."""
    known = {
        "bootstrap": 1.0 / (R - 1),
        "JK1": (R - 1) / R,
        "JK2": 1.0,
        "BRR": 1.0 / R,
        "Fay": 1.0 / (R * (1 - rho) ** 2),
        "SDR": 4.0 / R,
    }
    return known.get(kind)


def given(weights: Floats, scale: float, rscales: Floats | None, mse: bool) -> Replicates:
    """Replicate weights of the rows (n, R) as they came with the data."""
    R = weights.shape[1]
    return Replicates(weights, scale, np.ones(R) if rscales is None else rscales, mse, whole=True)
