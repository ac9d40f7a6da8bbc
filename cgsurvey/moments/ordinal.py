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

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from cgsurvey.base.errors import SampleError
from cgsurvey.base.units import total_products
from cgsurvey.moments.association import Limits
from cgsurvey.moments.ordinal_scores import Scores
from cgsurvey.moments.pairs import Pairs, Rows, first_stage, second_stage
from cgsurvey.moments.sample import Floats, Ints
from cgsurvey.moments.univariate import category_scores, margin_of_counts

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
    found = _moments(rows, pairs, len(y), float(rows.v.sum()), X)
    return replace(found, gamma=_gamma(rows, pairs, cluster, strata)) if gamma else found


def _moments(rows: Rows, pairs: Pairs, n: int, total: float, X: Floats) -> OrdinalMoments:
    x_mean = rows.v @ X / total
    D = X - x_mean
    empty = np.zeros((rows.p, rows.p), dtype=np.int64)
    empty[pairs.a, pairs.b] = empty[pairs.b, pairs.a] = pairs.empty
    cov = _covariances(rows, pairs)
    return OrdinalMoments(
        n=n,
        size=total,
        levels=rows.levels,
        thresholds=np.concatenate([m.thresholds for m in rows.margins]),
        variable=np.repeat(np.arange(rows.p), np.maximum(rows.levels - 1, 0)),
        mean=np.array([m.mean for m in rows.margins]),
        slopes=np.array([m.slopes for m in rows.margins]),
        cov=cov,
        s=_statistics(rows, pairs, cov),
        gamma=None,
        x_mean=x_mean,
        x_cov=(D * rows.v[:, None]).T @ D / total,
        empty=empty,
        adjusted=pairs.named(pairs.adjusted),
        perfect=pairs.named(pairs.perfect),
        bound=pairs.named(pairs.bound & ~pairs.perfect),
        lost=pairs.named(pairs.lost),
        failed=tuple(j for j, m in enumerate(rows.margins) if not m.arrived),
    )


class Tabled:
    """Sample statistics of ordered variables from the tables of all pairs, which is all that the two stages need.

    Their sampling covariance needs each row's answers to four variables at a time: rows are passed once more, and the
    products of their `scores` summed. The diagonal of Gamma, on which weights of DWLS rest, follows from the tables.

    Parameters
    ----------
    joint : ndarray, shape (sum of levels,) * 2
        Joint counts of all categories (`pairs.joint_counts`), each category at least once.
    levels : ndarray of int, shape (p,)
    n, total : int, float
        Rows; sum of their weights.
    """

    def __init__(self, joint: Floats, levels: Ints, n: int, total: float) -> None:
        p = len(levels)
        self.total, self.joint, none = total, joint, np.zeros((0, p))
        self.place = np.concatenate([[0], np.cumsum(levels)])
        counts = np.split(np.diag(joint), self.place[1:-1])
        margins = tuple(margin_of_counts(c) for c in counts)
        code, seen, limits = np.zeros((0, p), dtype=np.int64), np.zeros((0, p), dtype=bool), Limits(none, none)
        self.rows = Rows(none, levels, None, np.zeros(0), seen, code, margins, limits, none)
        self.pairs = second_stage(self.rows, joint)
        self.moments = _moments(self.rows, self.pairs, n, total, np.zeros((0, 0)))
        self._scores = Scores(self.rows, self.pairs)
        for j, (margin, count) in enumerate(zip(margins, counts, strict=True)):
            by_category = category_scores(margin)
            self._scores.own[j] = (by_category * count[:, None]).T @ by_category

    def scores(self, code: Ints, weights: Floats | None, out: Floats) -> None:
        """Fill in the weighted scores, shape (size, m), of rows of codes, shape (m, p): levels where missing."""
        self._scores.tabled(code, weights, out)

    def variances(self) -> Floats:
        """Diagonal of Gamma, shape (k,): what a statistic varies by depends on two answers of a row, which are tabled.

        With weights, whose squares the tables do not hold, it is not this.
        """
        rows, pairs, first = self.rows, self.pairs, self._scores.first
        T = sparse.csr_array(_jacobian(rows, pairs, first) @ self._scores.bread_inverse())
        out = np.zeros(T.shape[0])
        counts = np.split(np.diag(self.joint), self.place[1:-1])
        head = len(out) - len(pairs.rho)
        for r in range(head):  # thresholds: those of one variable
            j = int(np.searchsorted(first, T.indices[T.indptr[r]], side="right")) - 1
            S = self._scores.lookup[j]
            assert S is not None
            weight = T[[r], first[j] : first[j + 1]].toarray()[0]
            out[r] = counts[j] @ (S[:-1] @ weight) ** 2
        for m, (a, b) in enumerate(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True)):
            by_a, by_b, own = self._influence(T, head + m, a, b)
            N = self._with_missing(a, b)
            out[head + m] = float((N * (by_a[:, None] + by_b + own) ** 2).sum())
        return self.total * out

    def _influence(self, T: sparse.csr_array, r: int, a: int, b: int) -> tuple[Floats, Floats, Floats]:
        """What answers to a and b, and both together, add to statistic r; the last category is a missing one."""
        first, parts = self._scores.first, []
        row = T[[r]].toarray()[0]
        for j in (a, b):
            S = self._scores.lookup[j]
            assert S is not None
            parts.append(S @ row[first[j] : first[j + 1]])
        m = r - T.shape[0] + len(self.pairs.rho)
        shape = len(parts[0]), len(parts[1])
        at = int(self._scores.base[m])
        table = self._scores.flat[at : at + shape[0] * shape[1]].reshape(shape)
        return parts[0], parts[1], table * row[int(first[-1]) + m]

    def _with_missing(self, a: int, b: int) -> Floats:
        """The table of two variables with a row and a column for rows that lack one of them."""
        at_a, at_b = (slice(self.place[j], self.place[j + 1]) for j in (a, b))
        N = self.joint[at_a, at_b]
        out = np.zeros((N.shape[0] + 1, N.shape[1] + 1))
        out[:-1, :-1] = N
        out[:-1, -1] = np.diag(self.joint)[at_a] - N.sum(axis=1)
        out[-1, :-1] = np.diag(self.joint)[at_b] - N.sum(axis=0)
        return out

    def gamma(self, products: Floats) -> Floats:
        """Gamma, from the sum of the products of the scores of all rows, shape (size, size)."""
        return _sandwich(self.rows, self.pairs, self._scores, products, self.total)


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
    return _sandwich(rows, pairs, scores, inner, float(rows.v.sum()))


def _sandwich(rows: Rows, pairs: Pairs, scores: Scores, inner: Floats, total: float) -> Floats:
    T = sparse.csr_array(_jacobian(rows, pairs, scores.first) @ scores.bread_inverse())
    out = total * (T @ (T @ inner).T)
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
