"""The studentised range of k means: distribution and quantile, for many values at a time. Arrays in, arrays out.

Numeric file. With s the root of a chi-square over its degrees of freedom::

    P(Q <= q) = int f(s) k int phi(z) (Phi(z) - Phi(z - q s))^(k - 1) dz ds

by Gauss and Legendre's rule over z and log s (R: ptukey, qtukey). scipy's distribution takes one value at a time by
adaptive integration, which makes a table of 25 groups last minutes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, gammaln, ndtr, stdtrit

Array = NDArray[np.float64]
NODES, WEIGHTS = np.polynomial.legendre.leggauss(96)
WIDE = 8.5  # beyond it the normal density counts for nothing
TINY = 1e-13
CHUNK = 16  # tables that stay in the cache of a processor


def cdf(q: Array, k: int, df: Array) -> Array:
    """P(Q <= q) for q, df of one shape (m,); NaN where either is."""
    out = np.full(len(q), np.nan)
    known = np.flatnonzero(np.isfinite(q) & np.isfinite(df))
    for at in (known[i : i + CHUNK] for i in range(0, len(known), CHUNK)):
        out[at] = _cdf(q[at], k, df[at])
    return out


def _cdf(q: Array, k: int, df: Array) -> Array:
    low = 0.5 * np.log(chdtri(df, 1 - TINY) / df)
    high = 0.5 * np.log(chdtri(df, TINY) / df)
    middle, half = (low + high) / 2, (high - low) / 2
    log_s = middle[:, None] + half[:, None] * NODES
    d = df[:, None] / 2
    density = np.exp(np.log(2) + d * np.log(d) - gammaln(d) + 2 * d * log_s - d * np.exp(2 * log_s))
    z = WIDE * NODES
    phi = WIDE * WEIGHTS * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    r = q[:, None] * np.exp(log_s)
    inner = k * _power(np.maximum(ndtr(z) - ndtr(z - r[:, :, None]), 0), k - 1) @ phi
    return np.clip((density * inner) @ WEIGHTS * half, 0, 1)


def _power(x: Array, m: int) -> Array:
    """Return x^m by squaring, several times as fast as a power of floats."""
    out, square = None, x
    while m:
        if m & 1:
            out = square if out is None else out * square
        m >>= 1
        square = square * square if m else square
    return np.ones_like(x) if out is None else out


def quantile(level: float, k: int, df: Array) -> Array:
    """Return q with P(Q <= q) = level for each df, by the secant method from Bonferroni's bound."""
    unique, back = np.unique(df, return_inverse=True)
    known = np.isfinite(unique)
    v = unique[known]
    q = np.sqrt(2) * stdtrit(v, 1 - (1 - level) / (k * (k - 1)))
    before, q = q, 0.98 * q
    miss = cdf(before, k, v) - level
    for _ in range(30):
        found = cdf(q, k, v) - level
        with np.errstate(invalid="ignore", divide="ignore"):
            step = np.where(found == miss, 0, found * (q - before) / (found - miss))
        before, miss, q = q, found, np.maximum(q - step, q / 2)
        if (np.abs(step) <= 1e-9 * q).all():
            break
    out = np.full(len(unique), np.nan)
    out[known] = q
    return out[back]
