"""Missing-data patterns: rows that answered the same columns, with their moments.

Numeric file.
"""

from __future__ import annotations

import numpy as np

from cgsurvey.moments.sample import Floats, Patterns


def find_patterns(y: Floats, weights: Floats | None = None) -> tuple[Patterns, ...]:
    """Sort the rows of y, shape (n, p), by what they answered; rows without any answer must be left out before."""
    w = np.ones(len(y)) if weights is None else weights
    total = w.sum()
    seen, which = np.unique(~np.isnan(y), axis=0, return_inverse=True)
    rows = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which, minlength=len(seen)))[:-1])
    out = []
    for k in np.unique(seen.sum(axis=1)):
        here = np.flatnonzero(seen.sum(axis=1) == k)
        columns = np.array([np.flatnonzero(seen[h]) for h in here])
        weight, mean, cov = np.zeros(len(here)), np.zeros((len(here), k)), np.zeros((len(here), k, k))
        for m, h in enumerate(here):
            part, v = y[np.ix_(rows[h], columns[m])], w[rows[h]]
            weight[m] = v.sum() / total
            mean[m] = v @ part / v.sum()
            centred = part - mean[m]
            cov[m] = (centred * v[:, None]).T @ centred / v.sum()
        out.append(Patterns(columns, weight, mean, cov, tuple(rows[h] for h in here)))
    return tuple(out)


def coverage(y: Floats) -> Floats:
    """Share of the rows that answered both of two columns, shape (p, p)."""
    seen = (~np.isnan(y)).astype(float)
    return seen.T @ seen / len(y)
