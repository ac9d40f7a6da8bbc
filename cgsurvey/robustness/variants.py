"""Fit measures under the conventions of other programs, from moments and the minimum of the fit function.

Numeric file. S (p, p) covariances of the sample, Sigma those of the model, one pair per group; T the test statistic, N
what multiplies the fit function, G groups, q free parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cgsurvey.sem.testing.fit_measures import incremental, upper_tail

Floats = NDArray[np.float64]
NAN = float("nan")
INCREMENTAL = ("cfi", "tli", "nfi", "ifi", "rfi", "rni", "pnfi")


def measure(name: str, T: float, df: int, Tb: float, dfb: int, N: float, q: int) -> float:
    """Return a fit measure that follows from two test statistics.

    Parameters
    ----------
    name : {"chisq", "chisq_df", "pvalue", "cfi", "tli", "nfi", "ifi", "rfi", "rni", "pnfi", "ecvi", "mfi"}
    T, df, Tb, dfb : float
        Statistic and degrees of freedom of the model and of the baseline model.
    N : float
    q : int
    """
    if name in INCREMENTAL:
        return incremental(T, df, Tb, dfb)[name]
    return {
        "chisq": T,
        "chisq_df": T / df if df else NAN,
        "pvalue": upper_tail(T, df),
        "ecvi": (T + 2 * q) / N,
        "mfi": float(np.exp(-0.5 * (T - df) / N)),
    }.get(name, NAN)


def rmsea(T: float, df: int, N: float, factor: float) -> float:
    """Return sqrt(factor * max((T - df) / (df N), 0)); `factor` is the number of groups, or 1 where it is left out."""
    return float(np.sqrt(factor * max((T - df) / (df * N), 0.0))) if df else 0.0


def independence(S: Sequence[Floats], n: Sequence[float]) -> tuple[float, int]:
    """Return chi-square and df of the model in which no two variables covary, covariates included.

    ``sum_g n_g (sum_i ln s_ii - ln |S|)`` with p (p - 1) / 2 degrees of freedom per group.
    """
    T = sum(m * (np.log(np.diag(s)).sum() - np.linalg.slogdet(s)[1]) for s, m in zip(S, n, strict=True))
    return float(T), sum(len(s) * (len(s) - 1) // 2 for s in S)


def unexplained(
    S: Sequence[Floats], Sigma: Sequence[Floats], n: Sequence[float], *, weights: str, d: Sequence[Floats] = (),
    m: Sequence[Floats] = (), given: Sequence[int] = (),
) -> float:  # fmt: skip
    """Return the share of the weighted sum of squares of the moments that a model leaves, 1 - GFI.

    Parameters
    ----------
    S, Sigma : sequence of ndarray, shape (p, p)
    n : sequence of float
        Rows per group.
    weights : {"ml", "uls"}
        Inverse implied covariances (Tanaka & Huba, 1985), or none.
    d, m : sequence of ndarray, shape (p,), optional
        Residuals of the means and the means of the sample, to count with the covariances.
    given : sequence of int
        Covariates whose own moments count for nothing.

    Notes
    -----
    ``tr[(Sigma^-1 (S - Sigma))^2] / tr[(Sigma^-1 S)^2]``, numerators and denominators summed over groups; with means
    ``2 d' Sigma^-1 d`` and ``2 m' Sigma^-1 m`` are added. Without weights ``tr (S - Sigma)^2 / tr S^2``.
    """
    left = whole = 0.0
    for g, (s, sigma, rows) in enumerate(zip(S, Sigma, n, strict=True)):
        W = np.linalg.inv(sigma) if weights == "ml" else np.eye(len(s))
        own = s.copy()
        own[np.ix_(given, given)] = 0.0
        a, b = W @ (s - sigma), W @ own
        left += rows * float(np.sum(a * a.T))
        whole += rows * float(np.sum(b * b.T))
        if len(d):
            mean = m[g].copy()
            mean[list(given)] = 0.0
            left += rows * 2 * float(d[g] @ W @ d[g])
            whole += rows * 2 * float(mean @ W @ mean)
    return float(left / whole)


def goodness(name: str, lost: float, df: int, moments: int) -> float:
    """Return GFI, AGFI or PGFI from 1 - GFI and the number of moments (Jöreskog & Sörbom, 1996)."""
    if name == "agfi":
        return 1 - moments / df * lost if df else 1.0
    return df / moments * (1 - lost) if name == "pgfi" else 1 - lost


def gamma_hat(T: float, df: int, N: float, p: int) -> float:
    """Return Steiger's (1989) estimate of the GFI of the population, p / (p + 2 (T - df) / N)."""
    return p / (p + 2 * max(T - df, 0.0) / N)


def moments_of(x: Floats) -> dict[str, float]:
    """Return mean, deviations, skewness and kurtosis of answers under the conventions of programs.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Without gaps.

    Returns
    -------
    dict
        `sd`, `sd_n`; `g1`, `g2` (divisor n), `G1`, `G2` (unbiased under normality), `b1`, `b2` (divisor of the
        deviation n - 1) and their standard errors `se_g1`, `se_g2` (large samples), `se_G1`, `se_G2` (Joanes & Gill,
        1998).
    """
    n = len(x)
    c = x - x.mean()
    m2, m3, m4 = (float(np.mean(c**k)) for k in (2, 3, 4))
    if n < 4 or m2 <= 0:
        return {}
    g1, g2 = m3 / m2**1.5, m4 / m2**2 - 3
    se = float(np.sqrt(6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3))))
    return {
        "mean": float(x.mean()),
        "sd": float(x.std(ddof=1)),
        "sd_n": float(x.std()),
        "g1": g1,
        "G1": g1 * np.sqrt(n * (n - 1)) / (n - 2),
        "b1": g1 * (1 - 1 / n) ** 1.5,
        "g2": g2,
        "G2": (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * g2 + 6),
        "b2": (g2 + 3) * (1 - 1 / n) ** 2 - 3,
        "se_g1": float(np.sqrt(6 / n)),
        "se_g2": float(np.sqrt(24 / n)),
        "se_G1": se,
        "se_G2": 2 * se * float(np.sqrt((n**2 - 1) / ((n - 3) * (n + 5)))),
    }
