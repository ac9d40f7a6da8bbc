"""Casewise scores of the two stages of ordinal sample statistics, and the derivatives that they solve for.

Numeric file. Parameters stand in this order: those of each variable (thresholds or mean, slopes, variance of a numeric
variable), then the correlations by columns of the lower triangle.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.special import ndtr

from cgsurvey.moments.association import (
    BOUND,
    FAR,
    TINY,
    Limits,
    conditional,
    rectangle,
    table_scores,
)
from cgsurvey.moments.bivariate import normal_density
from cgsurvey.moments.pairs import Pairs, Rows
from cgsurvey.moments.sample import Floats, Ints
from cgsurvey.moments.univariate import category_scores, margin_scores


class Scores:
    """Scores of rows, and the sums over rows that make the bread, which grow with each call.

    Attributes
    ----------
    first : ndarray of int, shape (p + 1,)
        First parameter of each variable; the last is the first correlation.
    size : int
        Number of parameters.
    own : list of ndarray
        Sums of v s s' within each variable.
    cross : ndarray, shape (pairs, first[-1])
        Sums of v s_2 s_2(1)'.
    square : ndarray, shape (pairs,)
        Sums of v s_2^2.

    With `exact`, negative second derivatives stand in place of these products for numeric variables and their pairs,
    so that the errors of means, variances and covariances do not rest on normality.
    """

    def __init__(self, rows: Rows, pairs: Pairs, *, exact: bool = False) -> None:
        self.rows, self.pairs, self.exact = rows, pairs, exact
        self.first = np.concatenate([[0], np.cumsum([m.size for m in rows.margins])])
        self.size = int(self.first[-1]) + len(pairs.rho)
        self.own = [np.zeros((m.size, m.size)) for m in rows.margins]
        self.cross = np.zeros((len(pairs.rho), int(self.first[-1])))
        self.square = np.zeros(len(pairs.rho))
        self.rho = np.clip(pairs.rho, -BOUND, BOUND)
        self._tables()

    def _tables(self) -> None:
        """Scores of tabled pairs: one flat list of numbers, in which a row is found by its two categories."""
        rows, pairs = self.rows, self.pairs
        width = rows.levels + 1  # the last category stands for a missing answer
        room = np.where(pairs.tabled, width[pairs.a] * width[pairs.b], 0)
        self.base = np.concatenate([[0], np.cumsum(room)])[:-1]
        self.flat = np.zeros(int(room.sum()))
        for block in pairs.blocks:
            found = table_scores(block.N, block.a, block.b, self.rho[block.which])
            la, lb = block.N.shape[1:]
            i, j = np.arange(la)[:, None], np.arange(lb)
            self.flat[self.base[block.which][:, None, None] + i * (lb + 1) + j] = found.rho
            self.square[block.which] = found.square
            a, b = self.first[pairs.a[block.which]], self.first[pairs.b[block.which]]
            self.cross[block.which[:, None], a[:, None] + np.arange(la - 1)] = found.by_a
            self.cross[block.which[:, None], b[:, None] + np.arange(lb - 1)] = found.by_b
        self.lookup = [
            np.vstack([category_scores(m), np.zeros((1, len(m.thresholds)))]) if m.ordered and rows.x is None else None
            for m in rows.margins
        ]

    def __call__(self, here: Ints) -> Floats:
        """Weighted scores of some rows, shape (m, size); each row must be asked for once."""
        out = np.empty((self.size, len(here))).T  # scores are filled in one after the other, each for all rows
        v, code = self.rows.v[here], self.rows.code[here]
        by_variable = np.ascontiguousarray(code.T)
        x = None if self.rows.x is None else self.rows.x[here]
        for j in range(self.rows.p):
            self._variable(j, here, code[:, j], x, v, out)
        start = int(self.first[-1])
        for j in range(self.rows.p - 1):
            which = np.flatnonzero(self.pairs.a == j)
            tabled = which[self.pairs.tabled[which]]
            if len(tabled):
                b = _compact(self.pairs.b[tabled])
                place = (self.rows.levels[b] + 1)[:, None] * by_variable[j]
                place += self.base[tabled, None]
                place += by_variable[b]
                out.T[_compact(start + tabled)] = self.flat[place]
            for ordered in (True, False):
                rest = which[~self.pairs.tabled[which] & ((self.rows.levels[self.pairs.b[which]] > 0) == ordered)]
                if len(rest):
                    out[:, start + rest] = self._casewise(j, rest, here, x)
        if (v != 1).any():
            out *= v[:, None]
        return out

    def tabled(self, code: Ints, weights: Floats | None, out: Floats) -> None:
        """Fill in weighted scores, shape (size, m), of rows of codes, shape (m, p), of which tables say all."""
        by_variable = np.ascontiguousarray(code.T, dtype=np.intp)
        for j, table in enumerate(self.lookup):
            assert table is not None
            np.take(table.T, by_variable[j], axis=1, out=out[self.first[j] : self.first[j + 1]], mode="clip")
        start = int(self.first[-1])
        for j in range(self.rows.p - 1):
            which = np.flatnonzero(self.pairs.a == j)
            b = self.pairs.b[which]
            place = (self.rows.levels[b] + 1)[:, None] * by_variable[j]
            place += self.base[which, None]
            place += by_variable[_compact(b)]
            np.take(self.flat, place, out=out[_compact(start + which)], mode="clip")
        if weights is not None:
            out *= weights

    def _variable(self, j: int, here: Ints, code: Ints, x: Floats | None, v: Floats, out: Floats) -> None:
        block = out[:, self.first[j] : self.first[j + 1]]
        table = self.lookup[j]
        if table is not None:
            block[:] = table[code]
        else:
            seen = self.rows.seen[here, j]
            block[~seen] = 0.0
            block[seen] = margin_scores(
                self.rows.margins[j], self.rows.y[here, j][seen], None if x is None else x[seen]
            )
            if self.exact and not self.rows.levels[j]:
                Z = np.ones((int(seen.sum()), block.shape[1] - 1))
                if x is not None:
                    Z[:, 1:] = x[seen]
                variance = self.rows.margins[j].variance
                self.own[j][:-1, :-1] += (Z * v[seen, None]).T @ Z / variance
                self.own[j][-1, -1] += v[seen].sum() / (2 * variance**2)
                return
        self.own[j] += (block * v[:, None]).T @ block

    def _casewise(self, j: int, which: Ints, here: Ints, x: Floats | None) -> Floats:
        """Scores of pairs of variable j with others, all ordered or all numeric, by their rho."""
        rows, b, rho = self.rows, self.pairs.b[which], self.rho[which]
        s = np.sqrt(1 - rho * rho)
        both = rows.seen[here, j][:, None] & rows.seen[here][:, b]
        shape = both.shape
        first, other = bool(rows.levels[j]), bool(rows.levels[b[0]])
        low_j, up_j, z_j = (
            np.broadcast_to(part[here, j][:, None], shape) for part in (rows.limits.low, rows.limits.up, rows.z)
        )
        low_b, up_b, z_b = (part[here][:, b] for part in (rows.limits.low, rows.limits.up, rows.z))
        if first and other:
            cell = rectangle(Limits(low_j, up_j), Limits(low_b, up_b), rho)
            score = cell.slope / cell.pi
            by_j = [_edge(t, low_b, up_b, rho, s) / cell.pi for t in (low_j, up_j)]
            by_b = [_edge(t, low_j, up_j, rho, s) / cell.pi for t in (low_b, up_b)]
        elif not first and not other:
            R = s * s
            score = rho / R + (z_j * z_b * (1 + rho * rho) - rho * (z_j**2 + z_b**2)) / R**2
            by_j, by_b = [(rho * z_b - z_j) / R], [(rho * z_j - z_b) / R]
            if self.exact:
                self._normal(j, which, here, x, np.where(both, z_j, 0.0), np.where(both, z_b, 0.0), both)
                return np.where(both, score, 0.0)
        else:
            z, low, up = (z_b, low_j, up_j) if first else (z_j, low_b, up_b)
            cell = conditional(z, Limits(low, up), rho)
            pi = np.maximum(cell.pi, TINY)
            score = cell.slope / pi
            by_limit = [np.where(np.abs(t) < FAR, normal_density((t - rho * z) / s), 0.0) / (s * pi) for t in (low, up)]
            by_z = [-z - rho * (by_limit[1] - by_limit[0])]
            by_j, by_b = (by_limit, by_z) if first else (by_z, by_limit)
        score = np.where(both, score, 0.0)
        weighted = score * rows.v[here, None]
        self.square[which] += (weighted * score).sum(axis=0)
        self._cross(np.array([j]), which, here, x, weighted, z_j, by_j)
        self._cross(b, which, here, x, weighted, z_b, by_b)
        return score

    def _normal(
        self, j: int, which: Ints, here: Ints, x: Floats | None, z_j: Floats, z_b: Floats, both: Floats
    ) -> None:
        """Add negative second derivatives of pairs of numeric variables, residuals being 0 where one is missing."""
        b, rho, v = self.pairs.b[which], self.rho[which], self.rows.v[here, None]
        R, c, t = 1 - rho * rho, z_j * z_b, z_j**2 + z_b**2
        top = c * (1 + rho * rho) - rho * t
        curve = ((1 + rho * rho) * both + 2 * rho * c - t) / R**2 + 4 * rho * top / R**3
        self.square[which] -= (v * curve).sum(axis=0)
        for k, z, o in ((np.full(len(b), j), z_j, z_b), (b, z_b, z_j)):
            sd = np.sqrt([self.rows.margins[i].variance for i in k])
            # The derivative of the score by z; z falls with the mean and shrinks with the variance.
            slope = v * (o * (1 + rho * rho) - 2 * rho * z) / R**2
            first = self.first[k]
            self.cross[which, first] += slope.sum(axis=0) / sd
            if x is not None:
                self.cross[which[:, None], first[:, None] + 1 + np.arange(x.shape[1])] += (slope / sd).T @ x
            self.cross[which, self.first[k + 1] - 1] += (slope * z).sum(axis=0) / (2 * sd * sd)

    def _cross(
        self, k: Ints, which: Ints, here: Ints, x: Floats | None, weighted: Floats, z: Floats, by: list[Floats]
    ) -> None:
        """Add products of weighted scores with the scores of the pairs by the parameters of their variables k.

        `by` holds the derivatives by the lower (sign turned) and upper limit, or by the standardised residual.
        """
        k = np.broadcast_to(k, len(which))
        first = self.first[k]
        if self.rows.levels[k[0]]:
            code = self.rows.code[here][:, k]
            low, up = weighted * by[0], weighted * by[1]
            for c in range(int(self.rows.levels[k].max()) - 1):
                has = np.flatnonzero(c < self.rows.levels[k] - 1)
                gain = np.where(code[:, has] == c, up[:, has], 0.0) - np.where(code[:, has] == c + 1, low[:, has], 0.0)
                self.cross[which[has], first[has] + c] += gain.sum(axis=0)
            if x is not None:
                at = first + self.rows.levels[k] - 1
                self.cross[which[:, None], at[:, None] + np.arange(x.shape[1])] -= (up - low).T @ x
            return
        sd = np.sqrt([self.rows.margins[i].variance for i in k])
        by_mean = -weighted * by[0] / sd
        self.cross[which, first] += by_mean.sum(axis=0)
        if x is not None:
            self.cross[which[:, None], first[:, None] + 1 + np.arange(x.shape[1])] += by_mean.T @ x
        by_variance = -weighted * (1 + by[0] * z)
        self.cross[which, self.first[k + 1] - 1] += by_variance.sum(axis=0) / (2 * sd * sd)

    def bread_inverse(self) -> sparse.csr_array:
        """Inverse of B of `moments.ordinal`, sparse."""
        own = [np.linalg.inv(block) for block in self.own]
        lower = -self.cross.copy()
        for j, block in enumerate(own):
            lower[:, self.first[j] : self.first[j + 1]] @= block
        lower /= self.square[:, None]
        last = [sparse.csr_array(lower), sparse.diags_array(1 / self.square)]
        return sparse.csr_array(sparse.block_array([[sparse.block_diag(own), None], last]))


def _edge(t: Floats, low: Floats, up: Floats, rho: Floats, s: Floats) -> Floats:
    """Density at a limit t of one variable times the probability that the other, given t, lies in its interval."""
    inside = ndtr((up - rho * t) / s) - ndtr((low - rho * t) / s)
    return np.where(np.abs(t) < FAR, normal_density(t) * inside, 0.0)


def _compact(places: Ints) -> Ints | slice:
    """A slice in place of an array of places where they follow each other."""
    if len(places) == places[-1] - places[0] + 1:
        return slice(int(places[0]), int(places[-1]) + 1)
    return places
