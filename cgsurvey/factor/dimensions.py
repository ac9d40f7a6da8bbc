"""How many factors lie behind correlations R, shape (p, p): eigenvalues against chance, and rules of parsimony.

Numeric file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from cgsurvey.factor.criteria import orthomax
from cgsurvey.factor.extraction import Floats, extract, uniquenesses
from cgsurvey.factor.misfit import chi_square, degrees_of_freedom
from cgsurvey.factor.rotation import minimise

ROUGH = 1e-7  # derivative that suffices for eigenvalues to eight digits
ROUGH_TURN = 1e-5  # projected gradient that suffices to tell the largest loadings of an item


@dataclass(frozen=True)
class Eigenvalues:
    """Falling eigenvalues of a stack of matrices, shape (s, p): of R, and of R with communalities of one factor."""

    components: Floats
    factors: Floats


def eigenvalues(R: Floats) -> Eigenvalues:
    """Eigenvalues of principal components and of common factors, of a stack of shape (s, p, p).

    Those of common factors are of R - Psi with the uniquenesses of one minres factor, as in psych::fa.parallel.
    """
    psi, *_ = uniquenesses(R, 1, "minres", tolerance=ROUGH)
    reduced = R - psi[..., :, None] * np.eye(R.shape[-1])
    components, factors = (np.asarray(np.linalg.eigvalsh(M)[..., ::-1]) for M in (R, reduced))
    return Eigenvalues(components, factors)


def correlations_by_chance(n: int, p: int, rng: Generator) -> Floats:
    """Correlation matrix of n rows of p independent normal variables, shape (p, p).

    Drawn without the rows: their cross-products are A A' with A lower triangular, normal below a diagonal of chi
    variables (Bartlett's decomposition of the Wishart distribution; Odell & Feiveson, 1966). n > p.
    """
    A = np.tril(rng.standard_normal((p, p)), -1)
    A[np.diag_indices(p)] = np.sqrt(rng.chisquare(n - 1 - np.arange(p)))
    A /= np.sqrt((A**2).sum(axis=1, keepdims=True))
    R = A @ A.T
    np.fill_diagonal(R, 1.0)
    return R


def leading(observed: Floats, chance: Floats) -> int:
    """Number of leading eigenvalues that exceed those of chance."""
    above = observed > chance
    return len(above) if above.all() else int(np.argmin(above))


def minimum_average_partial(R: Floats, power: int = 2) -> Floats:
    """Average of partial correlations to a power once 0, 1, ... principal components are taken out.

    Power 2 by Velicer (1976; psych::vss without its first entry, which is that of one component), power 4 by Velicer,
    Eaton and Fava (2000). The number with the least average is recommended.
    """
    p = len(R)
    t, w = np.linalg.eigh(R)
    t, w = t[::-1], w[:, ::-1]
    off = ~np.eye(p, dtype=bool)
    out = []
    for m in range(p - 1):
        C = R - (w[:, :m] * t[:m]) @ w[:, :m].T
        d = np.diag(C)
        if d.min() < 1e-10:  # a variable is used up
            break
        out.append(float(((C / np.sqrt(np.outer(d, d)))[off] ** power).mean()))
    return np.array(out)


@dataclass(frozen=True)
class Successive:
    """Measures of 1, 2, ... minres factors, each of shape (k,): very simple structure, BIC from residuals, BIC."""

    vss1: Floats
    vss2: Floats
    ebic: Floats
    bic: Floats


def successive(R: Floats, n: int, k: int) -> Successive:
    """Fit 1..k minres factors.

    Very simple structure keeps the one or two largest varimax loadings of each item (Revelle & Rocklin, 1979); the
    empirical BIC is n sum residual^2 - df log n. Equal psych::vss.
    """
    off = ~np.eye(len(R), dtype=bool)
    rows = []
    for m in range(1, k + 1):
        A = extract(R, m).loadings
        common, penalty = A @ A.T, degrees_of_freedom(len(R), m) * np.log(n)
        size = np.sqrt((A**2).sum(axis=1, keepdims=True))
        T, *_ = minimise(A / size, orthomax(1.0), np.eye(m)[None], oblique=False, tolerance=ROUGH_TURN)
        L = A @ T[0]
        lost = ((R - common)[off] ** 2).sum()
        two = _simple_fit(R, L, 2) if m > 1 else np.nan
        rows.append((_simple_fit(R, L, 1), two, n * lost - penalty, chi_square(R, common, m, n) - penalty))
    return Successive(*np.array(rows).T)


def _simple_fit(R: Floats, L: Floats, complexity: int) -> float:
    weakest = np.argsort(-np.abs(L), axis=1)[:, complexity:]
    kept = L.copy()
    np.put_along_axis(kept, weakest, 0.0, axis=1)
    return float(1 - ((R - kept @ kept.T) ** 2).sum() / (R**2).sum())
