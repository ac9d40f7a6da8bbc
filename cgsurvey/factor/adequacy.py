"""Whether correlations R, shape (p, p), are worth factoring.

Numeric file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from cgsurvey.factor.extraction import Floats


@dataclass(frozen=True)
class Adequacy:
    """Kaiser-Meyer-Olkin measures, overall and per item (p,), and partial correlations behind them, (p, p)."""

    overall: float
    items: Floats
    partial: Floats


def kmo(R: Floats) -> Adequacy:
    """Measure of sampling adequacy, sum r^2 / (sum r^2 + sum q^2), q partial correlations (Kaiser & Rice, 1974).

    R positive definite. Equals psych::KMO.
    """
    inverse = np.linalg.inv(R)
    d = np.sqrt(np.diag(inverse))
    partial = -inverse / np.outer(d, d)
    np.fill_diagonal(partial, 1.0)
    off = ~np.eye(len(R), dtype=bool)
    r, q = np.where(off, R, 0.0) ** 2, np.where(off, partial, 0.0) ** 2
    whole, each = r.sum() + q.sum(), r.sum(axis=0) + q.sum(axis=0)
    items = np.divide(r.sum(axis=0), each, where=each > 0, out=np.full(len(R), np.nan))
    return Adequacy(float(r.sum() / whole) if whole > 0 else np.nan, items, partial)


@dataclass(frozen=True)
class Sphericity:
    """Test that all correlations are zero."""

    chisq: float
    df: int
    p_value: float


def bartlett(R: Floats, n: int) -> Sphericity:
    """Test of sphericity, -(n - 1 - (2p + 5) / 6) log|R| (Bartlett, 1950; psych::cortest.bartlett)."""
    p = len(R)
    chisq = -(n - 1 - (2 * p + 5) / 6) * np.linalg.slogdet(R)[1]
    df = p * (p - 1) // 2
    return Sphericity(float(chisq), df, float(chdtrc(df, max(chisq, 0.0))))
