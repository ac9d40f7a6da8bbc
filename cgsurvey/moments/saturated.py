"""Means and covariances of the unrestricted model with missing values, by EM.

Numeric file. EM (Dempster, Laird & Rubin, 1977) with the SQUAREM extrapolation (Varadhan & Roland, 2008), which takes
tens of steps where plain EM takes thousands.
"""

from __future__ import annotations

import numpy as np

from cgsurvey.moments.normal import expected, low
from cgsurvey.moments.sample import Floats, Patterns, Sample


def saturated(
    patterns: tuple[Patterns, ...], p: int, *, tolerance: float = 1e-12, limit: int = 5000
) -> tuple[Floats, Floats, bool]:
    """Maximum-likelihood means, shape (p,), and covariances, shape (p, p), of incomplete rows, and whether EM arrived.

    Parameters
    ----------
    patterns : tuple of Patterns
        Missing-data patterns of the rows.
    p : int
        Number of variables.
    tolerance : float
        Largest change of a mean or covariance, in units of standard deviations, at which EM stops.
    """
    mean, scale = _start(patterns, p)
    units = _rescaled(patterns, mean, scale)
    i, j = low(p)
    sample = Sample(n=1, mean=np.zeros(p), cov=np.eye(p), size=1, patterns=units)

    def step(x: Floats) -> tuple[Floats, float]:
        """The next EM estimate, and the loss at x; infinite where x holds no covariance matrix."""
        m, S = _unpack(x, p)
        try:
            e = expected(sample, S, m)
        except np.linalg.LinAlgError:
            return x, np.inf
        shift = sample.gaps.weight @ e.X
        return _pack(m + shift, e.T - np.outer(shift, shift), i, j), e.value

    x, safe, best = _pack(np.zeros(p), np.eye(p), i, j), None, np.inf
    arrived = False
    for _ in range(limit):
        first, loss = step(x)
        if safe is not None and not loss <= best:  # the extrapolation went too far
            x, safe = safe, None
            continue
        second, best = step(first)
        r, v = first - x, second - 2 * first + x
        x, safe = second, None
        if np.abs(second - first).max() < tolerance:
            arrived = True
            break
        length = np.sqrt(r @ r) / max(np.sqrt(v @ v), 1e-300)
        if length > 1:
            far, loss = step(second + (length - 1) * (2 * r + (length + 1) * v))
            x, safe = (far, second) if np.isfinite(loss) else (second, None)
    m, S = _unpack(x, p)
    return mean + scale * m, S * np.outer(scale, scale), arrived


def _start(patterns: tuple[Patterns, ...], p: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each variable over the rows that answered it."""
    weight, first, second = np.zeros(p), np.zeros(p), np.zeros(p)
    for block in patterns:
        w = block.weight[:, None]
        np.add.at(weight, block.columns, np.broadcast_to(w, block.columns.shape))
        np.add.at(first, block.columns, w * block.mean)
    mean = first / weight
    for block in patterns:
        spread = np.diagonal(block.cov, axis1=1, axis2=2) + (block.mean - mean[block.columns]) ** 2
        np.add.at(second, block.columns, block.weight[:, None] * spread)
    return mean, np.sqrt(second / weight)


def _rescaled(patterns: tuple[Patterns, ...], mean: Floats, scale: Floats) -> tuple[Patterns, ...]:
    out = []
    for b in patterns:
        s = scale[b.columns]
        out.append(
            Patterns(
                b.columns, b.weight, (b.mean - mean[b.columns]) / s, b.cov / (s[:, :, None] * s[:, None, :]), b.rows
            )
        )
    return tuple(out)


def _pack(mean: Floats, cov: Floats, i: np.ndarray, j: np.ndarray) -> Floats:
    return np.concatenate([mean, cov[i, j]])


def _unpack(x: Floats, p: int) -> tuple[Floats, Floats]:
    i, j = low(p)
    cov = np.zeros((p, p))
    cov[i, j] = cov[j, i] = x[p:]
    return x[:p], cov
