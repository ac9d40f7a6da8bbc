"""Answers that nobody read: improbable under careful answering, and fitting no better than in random order.

X is always (rows = respondents, columns = items), float64, NaN = no answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from cgsurvey.responses.screening.distances import available_covariance, positive_definite

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
CELLS = 2_000_000  # of one block of shuffled answers
ROUNDS = 50  # seldom more than five are needed


@dataclass(frozen=True)
class Judged:
    """Respondents judged by those who answer with care.

    Attributes
    ----------
    d2 : (n,) array
        Squared Mahalanobis distance from the reference respondents other than this one.
    misfit_p : (n,) array
        Probability that a careful respondent lies so far out; NaN where it cannot be told.
    order_p : (n,) array
        Share of random orders of a respondent's own answers that fit the reference as well as the order given; NaN
        where it cannot be told, and for one and the same answer throughout.
    reference : (n,) bool array
        Respondents whose moments were used.
    """

    d2: Array
    misfit_p: Array
    order_p: Array
    reference: NDArray[np.bool_]


def judge(
    X: Array, start: NDArray[np.bool_], scale: Indices, keys: Array, *, alpha: float, order_alpha: float
) -> Judged:
    """Test two hypotheses about each respondent: careful answering, and answering in random order.

    Careful: the answers come from the distribution with mean m and covariance S of the others. With k others and p
    items, d2 k (k - p) / (p (k^2 - 1)) is F(p, k - p) under normality (Wilks 1963: an observation and the rest).

    Random order: the answers would fit as well on any other items. Then all orders of a respondent's answers are
    equally likely, whatever answers they are, and order_p = (1 + shuffled orders with d2 of at most the one given) /
    (1 + orders) is an exact permutation p-value (Phipson & Smyth 2010).

    Who answers with care has a uniform misfit_p and a small order_p; who answers without reading has a uniform order_p
    and, the more items there are, a small misfit_p. Because careless answers inflate S and hide each other, those who
    are careless on both counts (misfit_p < `alpha`, order_p > `order_alpha`) leave the reference and all are judged
    again, until nobody leaves or half of `start` is left (reweighting: Rousseeuw & van Zomeren 1990).

    Skewed answers spread the distances of careful people more than a normal distribution would. Therefore misfit_p is
    the larger of this p and of the one that a normal distribution with median and MAD of the reference gives to its
    normal score.

    Parameters
    ----------
    X : (n, p) array
    start : (n,) bool array
        Respondents that may serve as reference.
    scale : (p,) int array
        Items of the same number share an answer scale; answers are shuffled among these.
    keys : (orders, p) array
        Random numbers; each row ranks the items in one random order. The same orders serve all respondents, so that
        the order of rows does not matter.
    alpha, order_alpha : float

    Notes
    -----
    Respondents are judged on the items that they answered, with moments of the available pairs as in
    `distances.mahalanobis`; k is then the number of others who answered the least answered of these, and F an
    approximation.
    """
    reference, least = start.copy(), start.sum() / 2
    sequences = _sequences(scale, keys)
    for _ in range(ROUNDS):
        others = _Others.of(X, reference)
        d2, p = others.distances()
        suspects = np.flatnonzero(reference & (p < alpha))
        leaving = suspects[others.order_p(d2, suspects, sequences) > order_alpha]
        if not len(leaving) or reference.sum() - len(leaving) < least:
            break
        reference[leaving] = False
    misfit = np.maximum(p, _against_spread(p, reference))
    judged = np.flatnonzero(~np.isnan(d2))
    order = np.full(len(X), np.nan)
    order[judged] = others.order_p(d2, judged, sequences)
    return Judged(d2, misfit, order, reference)


def _against_spread(p: Array, reference: NDArray[np.bool_]) -> Array:
    """Return p-values of the normal scores of `p` under a normal distribution with median and MAD of the reference."""
    score = stats.norm.isf(p)
    own = score[reference & np.isfinite(score)]
    if not len(own):
        return p
    middle = np.median(own)
    spread = 1.4826 * np.median(np.abs(own - middle))
    return np.asarray(stats.norm.sf((score - middle) / spread)) if spread > 0 else p


@dataclass(frozen=True)
class _Pattern:
    """Rows with answers to the same items, and what turns moments of the reference into those without each row.

    With z = x - m and h = z' A z, taking a member out of the k rows of the reference gives x - m_(i) = stretch z and
    y' S_(i)^-1 y = factor (y' A y + c (y' A z)^2 / (1 - c h)) (Sherman & Morrison).
    """

    rows: Indices
    items: Indices
    A: Array
    z: Array
    h: Array
    others: Array
    stretch: Array
    factor: Array
    c: Array

    def without(self, q: Array, cross: Array, block: slice = slice(None)) -> Array:
        """Return y' S_(i)^-1 y of a block of rows from q = y' A y and cross = y' A z; (rows,) or (rows, orders)."""
        shape = (-1,) + (1,) * (q.ndim - 1)
        c, factor, h = (v[block].reshape(shape) for v in (self.c, self.factor, self.h))
        # Moments of available pairs do not bound c h by 1; such a row lies outside everything that was seen.
        return np.asarray(factor * (q + c * cross**2 / np.maximum(1 - c * h, 1e-6)))


@dataclass(frozen=True)
class _Others:
    """The answers, and the moments of the reference."""

    X: Array
    reference: NDArray[np.bool_]
    mean: Array
    A: Array
    count: Array
    used: Indices
    items: int

    @classmethod
    def of(cls, X: Array, reference: NDArray[np.bool_], floor: float = 1e-3) -> _Others:
        R = X[reference]
        given = ~np.isnan(R)
        count = given.sum(axis=0)
        mean = np.where(given, R, 0.0).sum(axis=0) / np.maximum(count, 1)
        top = np.where(given, R, -np.inf).max(axis=0, initial=-np.inf)
        bottom = np.where(given, R, np.inf).min(axis=0, initial=np.inf)
        used = np.flatnonzero((count >= 2) & (top > bottom))
        C = np.where(given, R - mean, 0.0)[:, used]
        S = available_covariance(C, given[:, used].astype(float))
        A = np.asarray(np.linalg.inv(positive_definite(S, floor)[0])) if len(used) else S
        return cls(X[:, used], reference, mean[used], A, count[used].astype(float), used, X.shape[1])

    def patterns(self, rows: Indices) -> Iterator[_Pattern]:
        """Go through the patterns of answered items that enough others answered too."""
        if not len(rows) or not len(self.used):
            return
        given = ~np.isnan(self.X[rows])
        packed = np.ascontiguousarray(np.packbits(given, axis=1))
        _, at, which = np.unique(packed.view(f"V{packed.shape[1]}").ravel(), return_index=True, return_inverse=True)
        for g, seen in enumerate(given[at]):
            items = np.flatnonzero(seen)
            if not len(items) or self.count[items].min() - 1 < len(items) + 2:
                continue
            here, k = rows[which == g], self.count[items].min()
            member = self.reference[here]
            A = self._precision(seen)
            z = self.X[np.ix_(here, items)] - self.mean[items]
            yield _Pattern(
                rows=here,
                items=items,
                A=A,
                z=z,
                h=np.einsum("ij,ij->i", z @ A, z),
                others=np.where(member, k - 1, k),
                stretch=np.where(member, k / (k - 1), 1.0),
                factor=np.where(member, (k - 2) / (k - 1), 1.0),
                c=np.where(member, k / (k - 1) ** 2, 0.0),
            )

    def _precision(self, seen: NDArray[np.bool_]) -> Array:
        """The inverse covariance of the items seen, from that of all: A_oo - A_om A_mm^-1 A_mo."""
        if seen.all():
            return self.A
        A, B = self.A[np.ix_(seen, seen)], self.A[np.ix_(~seen, seen)]
        return np.asarray(A - B.T @ np.linalg.solve(self.A[np.ix_(~seen, ~seen)], B))

    def distances(self) -> tuple[Array, Array]:
        """Return the squared distance of each row from the others, and its p-value."""
        d2, p = np.full(len(self.X), np.nan), np.full(len(self.X), np.nan)
        for x in self.patterns(np.arange(len(self.X))):
            found = x.without(x.h * x.stretch**2, x.h * x.stretch)
            q, k = len(x.items), x.others
            d2[x.rows], p[x.rows] = found, stats.f.sf(found * k * (k - q) / (q * (k**2 - 1)), q, k - q)
        return d2, p

    def order_p(self, d2: Array, rows: Indices, sequences: list[tuple[Indices, Indices]]) -> Array:
        """Return the permutation p-value of each of `rows`."""
        out = np.full(len(self.X), np.nan)
        for x in self.patterns(rows):
            orders = _orders(sequences, self.used[x.items], self.items)
            zA = x.z @ x.A
            size = max(1, CELLS // orders.size)
            for first in range(0, len(x.rows), size):
                block = slice(first, first + size)
                here = x.rows[block]
                answers = self.X[np.ix_(here, x.items)]
                shuffled = answers[:, orders]
                others_mean = answers - x.z[block] * x.stretch[block, None]
                Y = shuffled - others_mean[:, None, :]
                q = np.einsum("rbo,rbo->rb", (Y.reshape(-1, Y.shape[2]) @ x.A).reshape(Y.shape), Y)
                found = x.without(q, np.einsum("rbo,ro->rb", Y, zA[block]), block)
                # The order given, shuffled into itself, must not lose against itself by rounding.
                as_good = (found <= d2[here, None] * (1 + 1e-9)).sum(axis=1)
                moved = (shuffled != answers[:, None, :]).any(axis=(1, 2))
                out[here] = np.where(moved, (1 + as_good) / (1 + len(orders)), np.nan)
        return out[rows]


def _sequences(scale: Indices, keys: Array) -> list[tuple[Indices, Indices]]:
    """Return the items of each answer scale and their random orders, shapes (g,) and (orders, g)."""
    groups = [np.flatnonzero(scale == s) for s in np.unique(scale)]
    return [(g, g[np.argsort(keys[:, g], axis=1)]) for g in groups]


def _orders(sequences: list[tuple[Indices, Indices]], items: Indices, p: int) -> Indices:
    """Return random orders of `items`, shape (orders, items), in which an item takes the place of one of its scale."""
    local = np.full(p, -1, dtype=np.int64)
    local[items] = np.arange(len(items))
    out = np.empty((len(sequences[0][1]), len(items)), dtype=np.int64)
    for members, sequence in sequences:
        kept, at = local[sequence], local[members]
        out[:, at[at >= 0]] = kept[kept >= 0].reshape(len(sequence), -1)
    return out
