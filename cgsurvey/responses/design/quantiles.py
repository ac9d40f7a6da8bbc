"""Quantiles of weighted answers and their intervals. Numeric file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgsurvey.base.units import Floats, Ints
from cgsurvey.responses.design.intervals import share_interval
from cgsurvey.responses.design.sample import Drawn, solve, t_quantile
from cgsurvey.responses.design.statistics import Ratio

RULES = ("math", "school", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9")
# (a, b): the k-th smallest answer stands at (C_k - a w_k) / (C_n + b w_n), C being sums of weights up to it.
_AT = {"hf4": (0.0, 0.0), "hf5": (1 / 2, 0.0), "hf6": (0.0, 1.0), "hf8": (1 / 3, 1 / 3), "hf9": (3 / 8, 1 / 4)}


@dataclass(frozen=True)
class Quantiles:
    """Quantiles of one domain, each of shape (q,)."""

    estimate: Floats
    std_error: Floats
    lower: Floats
    upper: Floats


def quantile(y: Floats, w: Floats, p: Floats, rule: str = "math") -> Floats:
    """Quantiles p of answers y (n,) with weights w (n,), shape of p.

    Parameters
    ----------
    y, w, p : ndarray
    rule : {"math", "school", "hf4", ..., "hf9"}
        "math": the smallest answer that so many have or stay below; "school": the middle of two where exactly so many
        have the lower one; hf4 to hf9: interpolated, types of Hyndman & Fan (1996) for weights, as in R's survey.
    """
    order = np.argsort(y, kind="stable")
    y, w = y[order], w[order]
    C = np.cumsum(w)
    if not len(y):
        return np.full(np.shape(p), np.nan)
    if rule in ("math", "school"):
        # sums of weights carry rounding of about n eps
        share, slack = C / C[-1], 4 * len(y) * np.finfo(float).eps
        at = np.minimum(np.searchsorted(share, np.asarray(p) - slack), len(y) - 1)
        found = y[at]
        if rule == "school":
            last = np.searchsorted(y, found, side="right") - 1
            exact = np.abs(share[last] - p) <= slack
            found = np.where(exact, (found + y[np.minimum(last + 1, len(y) - 1)]) / 2, found)
        return np.asarray(found)
    if rule == "hf7":
        below = np.concatenate([[0.0], C[:-1]])
        return np.interp(p, below / below[-1] if len(y) > 1 else below, y)
    a, b = _AT[rule]
    return np.interp(p, (C - a * w) / (C[-1] + b * w[-1]), y)


def quantiles(
    y: Floats, inside: Ints, drawn: Drawn, p: Floats, df: float, ci: float, *, rule: str = "math", method: str = "wald"
) -> Quantiles:
    """Quantiles with intervals by inversion of those of the share at or below them (Woodruff, 1952).

    Equals svyquantile of R's survey.

    Parameters
    ----------
    y : ndarray, shape (n,)
    inside : ndarray of int, shape (n,)
        0 for rows that count, -1 for others.
    drawn : Drawn
    p : ndarray, shape (q,)
    df, ci : float
        Degrees of freedom and level of the interval; standard errors are its width over twice the quantile of t.
    rule : str
        See `quantile`.
    method : str
        Interval of the share, see `share_interval`.
    """
    rows = inside >= 0
    at = quantile(y[rows], drawn.weights[rows], p, rule)
    below = (y[:, None] <= at).astype(np.float64) * rows[:, None]
    share = solve(Ratio(below, rows[:, None].astype(np.float64), inside, 1), drawn)
    low, high = share_interval(
        share.estimate[0], share.std_error[0], np.full(len(p), df), np.array(rows.sum()), ci, method
    )
    ends = [quantile(y[rows], drawn.weights[rows], np.clip(np.nan_to_num(v, nan=0.5), 0, 1), rule) for v in (low, high)]
    lower, upper = (np.where(np.isnan(v), np.nan, e) for v, e in zip((low, high), ends, strict=True))
    return Quantiles(at, (upper - lower) / (2 * t_quantile(np.array(df), ci)), lower, upper)
