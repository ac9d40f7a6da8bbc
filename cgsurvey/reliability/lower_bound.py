"""Greatest lower bound of the reliability of a sum: the least that the covariances of its items allow.

Numeric file. S (k, k) covariances or correlations of the items, psi (k,) error variances.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from cgsurvey.factor.extraction import extract, uniquenesses
from cgsurvey.reliability.coefficients import NAN, Floats, correlation

STEPS = 200
GAP = 1e-11  # between the bound from above and the bound from below, of the sum of the variances
SINGULAR = 1e-10  # eigenvalue of a correlation matrix that counts as zero
BOUNDARY = 0.98  # of the way to the boundary that a step may take


@dataclass(frozen=True)
class LowerBound:
    """The bound and the division of the variances at which it is reached.

    Attributes
    ----------
    glb : float
        NaN where the sum does not vary or S is indefinite.
    errors : ndarray, shape (k,)
        Error variances, of the largest sum that leaves S - diag(errors) positive semidefinite.
    gap : float
        By how much `glb` is at most too high; the dual solution proves it.
    """

    glb: float
    errors: Floats
    gap: float


def greatest_lower_bound(S: Floats) -> LowerBound:
    """Find the smallest reliability that S allows, 1 - max tr Psi / 1'S1 (Jackson & Agunwamba, 1977).

    Psi is diagonal, psi >= 0 and S - Psi positive semidefinite: whatever the true scores are, the covariances of items
    and of true scores must exist. psych::glb.algebraic and Rcsdp solve the same semidefinite programme.

    Notes
    -----
    A primal-dual interior-point method (Helmberg, Rendl, Vanderbei & Wolkowicz, 1996) on the correlations R with the
    variances c as weights:

        max c'psi,  Z = R - diag(psi) >= 0, psi >= 0;     min tr(RY),  diag(Y) - s = c, Y >= 0, s >= 0.

    Items that depend on each other linearly carry no error; the others are then judged given these.
    """
    k, total, variances = len(S), S.sum(), np.diag(S)
    nothing = LowerBound(NAN, np.full(k, NAN), NAN)
    if k < 2 or not total > 1e-12 * variances.sum():
        return nothing
    R = correlation(S)
    root, vectors = np.linalg.eigh(R)
    if root[0] < -SINGULAR:
        return nothing
    psi, gap = np.zeros(k), 0.0
    dependent = (np.abs(vectors[:, root < SINGULAR]) > sqrt(SINGULAR)).any(axis=1)
    free = ~dependent
    if free.any():
        given = R[np.ix_(free, dependent)]
        rest = R[np.ix_(free, free)] - given @ np.linalg.pinv(R[np.ix_(dependent, dependent)], 1e-8) @ given.T
        psi[free], gap = _largest(rest, variances[free])
    return LowerBound(float(1 - variances @ psi / total), variances * psi, float(gap / total))


def _largest(R: Floats, c: Floats) -> tuple[Floats, float]:
    """Maximise c'psi for positive definite R; return psi and the gap to the dual bound."""
    k = len(R)
    psi = np.full(k, float(np.linalg.eigvalsh(R)[0]) / 2)
    Y, s = np.diag(2 * c), c.copy()
    Z = R - np.diag(psi)
    gap = float((Z * Y).sum() + psi @ s)
    length = 0.0
    for _ in range(STEPS):
        # towards the centre of the path after short steps, ahead on it after long ones
        centre = (0.1 if length > 0.8 else 0.5) * gap / (2 * k)
        inverse = np.linalg.inv(Z)
        M = inverse * Y + np.diag(s / psi)
        d_psi = np.asarray(np.linalg.solve(M, c - centre * np.diag(inverse) + centre / psi), dtype=np.float64)
        d_Y = centre * inverse - Y + (inverse * d_psi) @ Y
        d_Y = (d_Y + d_Y.T) / 2
        d_s = (centre - s * d_psi) / psi - s
        length = min(
            _until_indefinite(Z, -np.diag(d_psi)),
            _until_indefinite(Y, d_Y),
            _until_negative(psi, d_psi),
            _until_negative(s, d_s),
        )
        after = psi + length * d_psi, Y + length * d_Y, s + length * d_s
        rest = R - np.diag(after[0])
        left = float((rest * after[1]).sum() + after[0] @ after[2])
        if not 0 <= left < gap:  # rounding
            break
        (psi, Y, s), Z, gap = after, rest, left
        if gap <= GAP * c.sum():
            break
    return psi, gap


def _until_indefinite(A: Floats, step: Floats) -> float:
    """How far A + t step stays positive definite, at most 1."""
    d = 1 / np.sqrt(np.diag(A))
    try:
        root = np.linalg.cholesky(A * np.outer(d, d))
    except np.linalg.LinAlgError:  # at the boundary but for rounding
        return 0.0
    half = np.linalg.solve(root, np.linalg.solve(root, step * np.outer(d, d)).T)
    lowest = float(np.linalg.eigvalsh((half + half.T) / 2)[0])
    return min(1.0, -BOUNDARY / lowest) if lowest < 0 else 1.0


def _until_negative(x: Floats, step: Floats) -> float:
    """How far x + t step stays positive, at most 1."""
    lowest = float((step / x).min())
    return min(1.0, -BOUNDARY / lowest) if lowest < 0 else 1.0


def bound_by_factors(R: Floats) -> float:
    """Reliability with the uniquenesses of a factor analysis as errors, 1 - sum(1 - h^2) / 1'R1 (psych::glb.fa).

    Minimum residuals with as many factors as the reduced matrix of one factor has positive eigenvalues, but with no
    more than k items determine, (k - m)^2 >= k + m. (psych then takes one factor fewer, which for four or five items is
    often one too many still: their uniquenesses, and psych's number, depend on where the search begins.) An estimate,
    which may lie below the greatest lower bound. NaN for fewer than three items.
    """
    k, total = len(R), R.sum()
    if k < 3 or not total > 1e-12 * k:
        return NAN
    one = uniquenesses(R[None], 1, "minres")[0][0]
    positive = int((np.linalg.eigvalsh(R - np.diag(one)) > 0).sum())
    m = min(max(positive, 1), int(k + 0.5 - sqrt(2 * k + 0.25) + 1e-9))
    return float(1 - (k - (extract(R, m).loadings ** 2).sum()) / total)
