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
    which, counts = which.ravel(), np.bincount(which.ravel(), minlength=len(seen))
    order = np.argsort(which, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    rows = np.split(order, starts[1:])
    filled, v = np.where(seen[which[order]], y[order], 0.0), w[order]
    weight = np.add.reduceat(v, starts)
    mean = np.add.reduceat(filled * v[:, None], starts) / weight[:, None]
    answered, out = seen.sum(axis=1), []
    for k in np.unique(answered):
        here = np.flatnonzero(answered == k)
        columns = np.nonzero(seen[here])[1].reshape(len(here), k)
        cov = np.zeros((len(here), k, k))
        for m in np.flatnonzero(counts[here] > 1):
            h = here[m]
            own = slice(starts[h], starts[h] + counts[h])
            centred = filled[own][:, columns[m]] - mean[h, columns[m]]
            cov[m] = (centred * v[own, None]).T @ centred / weight[h]
        means = np.take_along_axis(mean[here], columns, axis=1)
        out.append(Patterns(columns, weight[here] / total, means, cov, tuple(rows[h] for h in here)))
    return tuple(out)


def coverage(y: Floats) -> Floats:
    """Share of the rows that answered both of two columns, shape (p, p)."""
    seen = (~np.isnan(y)).astype(float)
    return seen.T @ seen / len(y)
