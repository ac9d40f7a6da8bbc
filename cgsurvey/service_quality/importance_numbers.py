"""Importance of items derived from correlations, for many resamples at once. Numeric file.

R_xx is (..., p, p), r_xy is (..., p): correlations of p items, and with the outcome.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Derived = Literal["regression", "correlation", "relative weights"]
SINGULAR = 1e-10
_CELLS = 4_000_000  # numbers that are held at once while resampling
QUADRANTS = ("concentrate", "keep_up", "low_priority", "overkill")


def standardised(Rxx: Floats, rxy: Floats) -> Floats:
    """Standardised coefficients beta = R_xx^-1 r_xy, shape (..., p); NaN where R_xx is singular."""
    fine = _regular(Rxx)
    safe = np.where(fine[..., None, None], Rxx, np.eye(Rxx.shape[-1]))
    beta = np.linalg.solve(safe, rxy[..., None])[..., 0]
    return np.where(fine[..., None], beta, np.nan)


def relative_weights(Rxx: Floats, rxy: Floats) -> Floats:
    """Relative weights (Johnson, 2000), shape (..., p); they are positive and sum to R^2.

    With R_xx = Q D Q' and L = Q D^1/2 Q', the square root: eps_j = sum_k L_jk^2 (L^-1 r_xy)_k^2.
    """
    fine = _regular(Rxx)
    safe = np.where(fine[..., None, None], Rxx, np.eye(Rxx.shape[-1]))
    values, Q = np.linalg.eigh(safe)
    root = np.sqrt(values)
    turned = Q.swapaxes(-1, -2)
    L = (Q * root[..., None, :]) @ turned
    beta = ((Q / root[..., None, :]) @ (turned @ rxy[..., None]))[..., 0]
    return np.where(fine[..., None], ((L**2) @ (beta**2)[..., None])[..., 0], np.nan)


def inflation(Rxx: Floats) -> Floats:
    """Variance inflation factors, the diagonal of R_xx^-1, shape (p,); NaN where it is singular."""
    return np.diag(np.linalg.inv(Rxx)).copy() if _regular(Rxx) else np.full(len(Rxx), np.nan)


def _regular(R: Floats) -> NDArray[np.bool_]:
    known = np.asarray(np.isfinite(R).all(axis=(-1, -2)))
    safe = np.where(known[..., None, None], R, np.eye(R.shape[-1]))
    return np.asarray(known & (np.linalg.eigvalsh(safe)[..., 0] > SINGULAR))


def importance_of(method: Derived, R: Floats) -> Floats:
    """Importance of the p items in R, shape (..., p + 1, p + 1), whose last variable is the outcome."""
    Rxx, rxy = R[..., :-1, :-1], R[..., :-1, -1]
    if method == "correlation":
        return rxy
    return standardised(Rxx, rxy) if method == "regression" else relative_weights(Rxx, rxy)


def correlations(x: Floats, counts: Floats) -> Floats:
    """Correlations of complete rows x (n, q), each counted as counts (R, n) say, shape (R, q, q); NaN if constant."""
    q = x.shape[1]
    z = x - x.mean(axis=0)
    i, j = np.triu_indices(q)
    products = counts @ (z[:, i] * z[:, j])
    size = counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (counts @ z) / size[:, None]
        S = np.empty((len(counts), q, q))
        S[:, i, j] = S[:, j, i] = products / size[:, None] - mean[:, i] * mean[:, j]
        variances = np.diagonal(S, axis1=1, axis2=2)
        sd = np.sqrt(np.where(variances > 1e-12, variances, np.nan))
        return np.asarray(S / (sd[:, :, None] * sd[:, None, :]))


def means(x: Floats, counts: Floats) -> Floats:
    """Means of the columns of x (n, q) over answers that are there, rows counted as counts (R, n), shape (R, q)."""
    given = ~np.isnan(x)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((counts @ np.where(given, x, 0.0)) / (counts @ given.astype(float)))


def resampled(
    x: Floats, w: Floats | None, outcome: Floats | None, method: Derived | None, R: int, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Performance and importance in R resamples of the rows, shapes (R, p).

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Performance.
    w : ndarray, shape (n, p), optional
        Stated importance.
    outcome : ndarray, shape (n,), optional
        What importance is derived from, of rows that are complete.
    method : {"regression", "correlation", "relative weights"}, optional
        How it is derived; without it, and without `w`, importance is NaN.
    """
    n, p = x.shape
    performance, importance = np.empty((R, p)), np.full((R, p), np.nan)
    joint = None if outcome is None else np.column_stack([x, outcome])
    whole = None if joint is None else ~np.isnan(joint).any(axis=1)
    size = max(_CELLS // max(n, (p + 1) ** 2), 1)
    for at in range(0, R, size):
        # counting drawn rows is ten times faster than drawing the counts
        rows = generator.integers(0, n, (min(size, R - at), n))
        drawn = np.stack([np.bincount(r, minlength=n) for r in rows]).astype(float)
        here = slice(at, at + len(drawn))
        performance[here] = means(x, drawn)
        if w is not None:
            importance[here] = means(w, drawn)
        elif method is not None and joint is not None and whole is not None:
            importance[here] = importance_of(method, correlations(joint[whole], drawn[:, whole]))
    return performance, importance


def crossing(x: Floats, how: str | float) -> Floats:
    """Where the line stands: "mean" or "median" over the items of each row of x (..., p), or a number; shape (...,)."""
    if isinstance(how, str):
        return np.asarray(x.mean(axis=-1) if how == "mean" else np.median(x, axis=-1))
    return np.full(x.shape[:-1], float(how))


def quadrant(performance: Floats, importance: Floats, x: Floats, y: Floats) -> Ints:
    """Place in `QUADRANTS`, shape (..., p): 0 important and weak, 1 important and strong, 2 neither, 3 strong only.

    A value on the line counts as high; -1 where a value is missing.
    """
    near = 1e-12 * np.maximum(1.0, np.abs(x))[..., None], 1e-12 * np.maximum(1.0, np.abs(y))[..., None]
    strong = performance >= x[..., None] - near[0]
    wanted = importance >= y[..., None] - near[1]
    found = np.where(wanted, np.where(strong, 1, 0), np.where(strong, 3, 2))
    known = np.isfinite(performance) & np.isfinite(importance) & np.isfinite(x)[..., None] & np.isfinite(y)[..., None]
    return np.where(known, found, -1)
