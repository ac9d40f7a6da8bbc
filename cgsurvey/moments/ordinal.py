"""Sample statistics of ordered and numeric variables: thresholds, means, slopes, variances, correlations, and Gamma.

Numeric file. The three stages of Muthén (1984): each variable alone, each pair given its margins, the joint asymptotic
covariance matrix of all estimates. With s_1 and s_2 the casewise scores of the first and second stage, v the weights::

    B = [ sum v s_1 s_1'           0      ]       acov = B^-1  (sum v^2 s s')  B^-T
        [ sum v s_2 s_2(1)'   sum v s_2^2 ]

within variables and pairs, s_2(1) being the scores of a pair by the parameters of its two variables. Where rows were
drawn in clusters or strata, the sums of the scores within units stand in the middle (`base.units`), and
second derivatives take the place of the products in B for numeric variables, so that the errors of means, variances and
covariances are those of survey statistics.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from cgsurvey.base.errors import SampleError
from cgsurvey.base.units import total_products
from cgsurvey.moments.ordinal_scores import Scores
from cgsurvey.moments.pairs import Pairs, Rows, first_stage, second_stage
from cgsurvey.moments.sample import Floats, Ints

CHUNK = 2048  # rows whose scores are held at a time
PairsOf = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class OrdinalMoments:
    """Sample statistics of one group.

    Attributes
    ----------
    n : int
        Rows.
    size : float
        Sum of the weights; the rows without weights.
    levels : ndarray of int, shape (p,)
        Categories of each variable, 0 for numeric ones.
    thresholds, variable : ndarray, shape (t,)
        All thresholds, and the variable each belongs to.
    mean, slopes, cov : ndarray, shapes (p,), (p, m), (p, p)
        Means (intercepts) of numeric variables, 0 for ordered ones; slopes on the covariates; correlations and
        (residual) covariances, ordered variables having variance 1.
    s : ndarray, shape (k,)
        In lavaan's order: thresholds of each variable, the negative mean where it is numeric; slopes by covariate;
        variances of numeric variables; the lower triangle of `cov` by columns.
    gamma : ndarray, shape (k, k), optional
        `size` times the asymptotic covariance matrix of s.
    x_mean, x_cov : ndarray, shapes (m,), (m, m)
        Moments of the covariates, divisor `size`.
    empty : ndarray of int, shape (p, p)
        Empty cells of the table of each pair of ordered variables.
    adjusted, perfect, bound, lost : tuple of pairs of int
        Pairs whose 2 x 2 table had one empty cell and was adjusted, or two on a diagonal, so that the correlation is 1
        or -1; whose correlation stands at the bound of 0.999; whose correlation was not found.
    failed : tuple of int
        Variables whose regression on the covariates did not converge.
    """

    n: int
    size: float
    levels: Ints
    thresholds: Floats
    variable: Ints
    mean: Floats
    slopes: Floats
    cov: Floats
    s: Floats
    gamma: Floats | None
    x_mean: Floats
    x_cov: Floats
    empty: Ints
    adjusted: PairsOf = ()
    perfect: PairsOf = ()
    bound: PairsOf = ()
    lost: PairsOf = ()
    failed: tuple[int, ...] = ()


def unused_categories(y: Floats, levels: Ints) -> tuple[tuple[int, int], ...]:
    """Places (variable, category) of categories that nobody chose, so that their thresholds do not exist."""
    out: list[tuple[int, int]] = []
    for j in np.flatnonzero(levels):
        seen = np.bincount(y[~np.isnan(y[:, j]), j].astype(np.int64), minlength=int(levels[j]))
        out += [(int(j), int(c)) for c in np.flatnonzero(seen == 0)]
    return tuple(out)


def ordinal_moments(
    y: Floats,
    levels: Ints,
    *,
    x: Floats | None = None,
    weights: Floats | None = None,
    cluster: Ints | None = None,
    strata: Ints | None = None,
    pairwise: bool = False,
    gamma: bool = True,
) -> OrdinalMoments:
    """Compute the sample statistics of one group, as lavaan does (WLS.obs and its Gamma).

    Parameters
    ----------
    y : ndarray, shape (n, p)
        Codes 0, 1, ... of ordered variables, each of which occurs; numbers; NaN where missing, with `pairwise` only.
    levels : ndarray of int, shape (p,)
        Categories of each variable, 0 for numeric ones.
    x : ndarray, shape (n, m), optional
        Covariates; all statistics are then conditional on them.
    weights, cluster, strata : ndarray, shape (n,), optional
        Sampling weights; codes of clusters and strata, as in `total_products`.
    pairwise : bool
        Use for each variable and pair the rows that answered it.
    gamma : bool
        Whether `gamma` is wanted.

    Raises
    ------
    SampleError
        A missing value without `pairwise`, an unused category.
    """
    levels = np.asarray(levels, dtype=np.int64)
    if not pairwise and np.isnan(y).any():
        raise SampleError("The rows hold missing answers: leave these rows out, or use missing='pairwise'.")
    if unused := unused_categories(y, levels):
        raise SampleError(f"Nobody chose category {unused[0][1] + 1} of variable {unused[0][0] + 1}.")
    rows = first_stage(y, levels, x, weights)
    pairs = second_stage(rows)
    X = np.zeros((len(y), 0)) if x is None else x
    total = rows.v.sum()
    x_mean = rows.v @ X / total
    D = X - x_mean
    empty = np.zeros((rows.p, rows.p), dtype=np.int64)
    empty[pairs.a, pairs.b] = empty[pairs.b, pairs.a] = pairs.empty
    cov = _covariances(rows, pairs)
    return OrdinalMoments(
        n=len(y),
        size=float(total),
        levels=levels,
        thresholds=np.concatenate([m.thresholds for m in rows.margins]),
        variable=np.repeat(np.arange(rows.p), np.maximum(levels - 1, 0)),
        mean=np.array([m.mean for m in rows.margins]),
        slopes=np.array([m.slopes for m in rows.margins]),
        cov=cov,
        s=_statistics(rows, pairs, cov),
        gamma=_gamma(rows, pairs, cluster, strata) if gamma else None,
        x_mean=x_mean,
        x_cov=(D * rows.v[:, None]).T @ D / total,
        empty=empty,
        adjusted=pairs.named(pairs.adjusted),
        perfect=pairs.named(pairs.perfect),
        bound=pairs.named(pairs.bound & ~pairs.perfect),
        lost=pairs.named(pairs.lost),
        failed=tuple(j for j, m in enumerate(rows.margins) if not m.arrived),
    )


def _covariances(rows: Rows, pairs: Pairs) -> Floats:
    variance = np.array([m.variance for m in rows.margins])
    sd = np.sqrt(variance)
    cov = np.diag(variance)
    cov[pairs.a, pairs.b] = cov[pairs.b, pairs.a] = pairs.rho * sd[pairs.a] * sd[pairs.b]
    return cov


def _statistics(rows: Rows, pairs: Pairs, cov: Floats) -> Floats:
    first = [m.thresholds if m.ordered else np.array([-m.mean]) for m in rows.margins]
    slopes = np.array([m.slopes for m in rows.margins]).T.ravel()
    variances = np.diag(cov)[rows.levels == 0]
    return np.concatenate([*first, slopes, variances, cov[pairs.b, pairs.a]])


def _gamma(rows: Rows, pairs: Pairs, cluster: Ints | None, strata: Ints | None) -> Floats:
    # lavaan's form for simple samples; with clusters or strata it has none to agree with.
    scores = Scores(rows, pairs, exact=cluster is not None or strata is not None)
    inner = total_products(scores, len(rows.v), scores.size, cluster=cluster, strata=strata, chunk=CHUNK)
    T = sparse.csr_array(_jacobian(rows, pairs, scores.first) @ scores.bread_inverse())
    out = rows.v.sum() * (T @ (T @ inner).T)
    return np.asarray(out + out.T) / 2


def _jacobian(rows: Rows, pairs: Pairs, first: Ints) -> sparse.csr_array:
    """Derivatives of the statistics by the parameters of the two stages, in the order of `ordinal_scores`."""
    variance = np.array([m.variance for m in rows.margins])
    sd = np.sqrt(variance)
    numeric = rows.levels == 0
    m = len(rows.margins[0].slopes)
    head = np.array([max(len(g.thresholds), 1) for g in rows.margins])  # thresholds or mean
    column = np.concatenate([f + np.arange(h) for f, h in zip(first[:-1], head, strict=True)])
    value = np.where(np.repeat(numeric, head), -1.0, 1.0)
    slopes = ((first[:-1] + head)[None, :] + np.arange(m)[:, None]).ravel()
    spread = first[1:][numeric] - 1
    rho = first[-1] + np.arange(len(pairs.rho))
    column = np.concatenate([column, slopes, spread, rho])
    value = np.concatenate([value, np.ones(len(slopes) + len(spread)), sd[pairs.a] * sd[pairs.b]])
    row = np.arange(len(column))
    # A covariance rho s_a s_b moves with the variances of its numeric variables too.
    at = len(column) - len(rho)
    for k in (pairs.a, pairs.b):
        has = np.flatnonzero(numeric[k])
        row = np.concatenate([row, at + has])
        column = np.concatenate([column, first[1:][k[has]] - 1])
        part = pairs.rho * sd[pairs.a] * sd[pairs.b] / (2 * variance[k])
        value = np.concatenate([value, part[has]])
    size = at + len(rho)
    return sparse.csr_array((value, (row, column)), shape=(size, size))
