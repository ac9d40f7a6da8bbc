"""What each predictor adds to its regression, and how far it repeats the others, from the implied covariances.

Numeric file. With the covariances C of the predictors x of an outcome y, c of x with y, and the variance v of y::

    b = C^-1 c,   R2 = c' b / v,   f2_j = (R2 - R2 without j) / (1 - R2) = b_j^2 / ((C^-1)_jj (v - c' b))  (Cohen, 1988)
    VIF_j = C_jj (C^-1)_jj
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cgsurvey.moments.sample import Floats
from cgsurvey.sem.derived.standardize import total_covariance
from cgsurvey.sem.model.structure import GroupMatrices

# Standardised difference between the paths of the model and b beyond which the disturbance goes with a predictor.
APART = 1e-6


def sizes(V: Floats, A: Floats, y: int, x: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return f2 and VIF of the predictors `x` (k,) of `y`; V (v, v) are covariances, A (v, v) the arrows.

    f2 is NaN where the disturbance is correlated with a predictor (loops, covariances of residuals), so that paths are
    not the regression of y on x, and where no variance is left. Both are NaN where predictors determine each other.
    """
    scale, none = np.sqrt(np.diag(V)[x]), np.full(len(x), np.nan)
    if not (scale > 0).all():
        return none, none
    R, c, v = V[np.ix_(x, x)] / np.outer(scale, scale), V[x, y] / scale, V[y, y]
    if np.linalg.cond(R) > 1e12:
        return none, none
    inverse = np.linalg.inv(R)
    b, vif = inverse @ c, np.diag(inverse)
    left = v - c @ b
    regression = left > 0 and np.allclose(b, A[y, x] * scale, rtol=0, atol=APART * np.sqrt(v))
    return (b**2 / (vif * left) if regression else none), vif


def predictors(
    matrices: Sequence[GroupMatrices], paths: Sequence[tuple[int, int, int]]
) -> Iterator[tuple[int, int, int, float, float]]:
    """Yield group, outcome, predictor, f2, VIF for `paths` (group, outcome, predictor), in their order."""
    found = {}
    for g, filled in enumerate(matrices):
        _, V = total_covariance(filled)
        for y in dict.fromkeys(y for h, y, _ in paths if h == g):
            x = np.array([x for h, outcome, x in paths if (h, outcome) == (g, y)])
            for j, f2, vif in zip(x, *sizes(V, filled.A, y, x), strict=True):
                found[g, y, int(j)] = float(f2), float(vif)
    yield from ((*path, *found[path]) for path in paths)
