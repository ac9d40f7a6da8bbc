"""Means and covariances of the unrestricted model with missing values, by EM.

Numeric file. EM (Dempster, Laird & Rubin, 1977) with the SQUAREM extrapolation (Varadhan & Roland, 2008), which takes
tens of steps where plain EM takes thousands.
"""

from __future__ import annotations

import numpy as np

from cgsurvey.moments.normal import low, value
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

    def step(x: Floats) -> Floats:
        return _pack(*_em_step(units, *_unpack(x, p)), i, j)

    def loss(x: Floats) -> float:
        try:
            m, S = _unpack(x, p)
            return value(sample, S, m)
        except np.linalg.LinAlgError:
            return np.inf

    x = _pack(np.zeros(p), np.eye(p), i, j)
    arrived = False
    for _ in range(limit):
        first = step(x)
        second = step(first)
        r, v = first - x, second - 2 * first + x
        if np.abs(second - first).max() < tolerance:
            x, arrived = second, True
            break
        length = np.sqrt(r @ r) / max(np.sqrt(v @ v), 1e-300)
        far = (
            step(x + 2 * length * r + length**2 * v)
            if length > 1 and np.isfinite(loss(x + 2 * length * r + length**2 * v))
            else second
        )
        x = far if far is second or loss(far) <= loss(second) else second
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


def _em_step(patterns: tuple[Patterns, ...], mean: Floats, cov: Floats) -> tuple[Floats, Floats]:
    """One EM step: expected means and cross products of the completed rows."""
    p = len(mean)
    first, second = np.zeros(p), np.zeros((p, p))
    for block in patterns:
        c = block.columns
        # A completes a row: E(y - mean | answered) = A (answered - mean); the rest is the conditional covariance.
        A = np.swapaxes(np.linalg.solve(cov[c[:, :, None], c[:, None, :]], cov[c]), 1, 2)
        d = block.mean - mean[c]
        full = np.einsum("mpk,mk->mp", A, d)
        T = A @ (block.cov + d[:, :, None] * d[:, None, :]) @ np.swapaxes(A, 1, 2)
        rest = cov - A @ cov[c]
        first += block.weight @ full
        second += np.einsum("m,mij->ij", block.weight, T + rest)
    return mean + first, (second + second.T) / 2 - np.outer(first, first)


def _pack(mean: Floats, cov: Floats, i: np.ndarray, j: np.ndarray) -> Floats:
    return np.concatenate([mean, cov[i, j]])


def _unpack(x: Floats, p: int) -> tuple[Floats, Floats]:
    i, j = low(p)
    cov = np.zeros((p, p))
    cov[i, j] = cov[j, i] = x[p:]
    return x[:p], cov
