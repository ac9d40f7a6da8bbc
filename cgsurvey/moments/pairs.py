"""Two variables at a time: contingency tables and the correlations of all pairs.

Numeric file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from cgsurvey.moments.association import Limits, Rhos, normal, polychoric, polychoric_given, polyserial
from cgsurvey.moments.bivariate import FAR
from cgsurvey.moments.sample import Floats, Ints
from cgsurvey.moments.univariate import Margin, fit_margin

Flags = np.ndarray
PART = 1 << 18  # casewise likelihoods that are worked on at a time
CHUNK = 8192
ADDED = 0.5  # put into the empty cell of a 2 x 2 table, its margins kept (lavaan: zero.add, zero.keep.margins)


@dataclass(frozen=True)
class Rows:
    """The rows in the forms that the stages need.

    Attributes
    ----------
    y : ndarray, shape (n, p)
        Codes of ordered variables, numbers; NaN where missing.
    levels : ndarray of int, shape (p,)
        Categories, 0 for numeric variables.
    x, v : ndarray, shapes (n, m), (n,)
        Covariates or None; weights.
    seen : ndarray of bool, shape (n, p)
    code : ndarray of int, shape (n, p)
        Categories, the number of categories where missing.
    margins : tuple of Margin
    limits : Limits, shapes (n, p)
        Of ordered variables, everything where missing; empty where tables say all.
    z : ndarray, shape (n, p)
        Standardised residuals of numeric variables, 0 where missing; empty where tables say all.
    """

    y: Floats
    levels: Ints
    x: Floats | None
    v: Floats
    seen: Flags
    code: Ints
    margins: tuple[Margin, ...]
    limits: Limits
    z: Floats

    @property
    def p(self) -> int:
        """Number of variables."""
        return len(self.levels)


def first_stage(y: Floats, levels: Ints, x: Floats | None, weights: Floats | None) -> Rows:
    """Fit each variable alone."""
    n, p = y.shape
    seen = ~np.isnan(y)
    v = np.ones(n) if weights is None else weights
    code = np.where(seen, y, levels).astype(np.int64)
    casewise = x is not None or bool((levels == 0).any())
    low, up, z = (np.zeros((n, p if casewise else 0)) for _ in range(3))
    margins = []
    for j in range(p):
        rows = slice(None) if seen[:, j].all() else np.flatnonzero(seen[:, j])
        here = None if x is None else x[rows]
        margins.append(margin := fit_margin(y[rows, j], int(levels[j]), here, v[rows]))
        if casewise and levels[j]:
            low[:, j], up[:, j] = -FAR, FAR
            low[rows, j], up[rows, j] = margin.limits(code[rows, j], here)
        elif casewise:
            z[rows, j] = margin.residual(y[rows, j], here)
    return Rows(y, levels, x, v, seen, code, tuple(margins), Limits(low, up), z)


@dataclass(frozen=True)
class Block:
    """Pairs whose tables have the same shape.

    Attributes
    ----------
    which : ndarray of int, shape (m,)
        Their places among all pairs.
    N : ndarray, shape (m, La, Lb)
        Rows (sums of weights) in each cell.
    a, b : ndarray, shapes (m, La - 1), (m, Lb - 1)
        Thresholds.
    """

    which: Ints
    N: Floats
    a: Floats
    b: Floats


@dataclass(frozen=True)
class Pairs:
    """All pairs (a, b), a < b, by columns of the lower triangle.

    Attributes
    ----------
    a, b : ndarray of int, shape (m,)
        First and second variable.
    rho : ndarray, shape (m,)
    tabled : ndarray of bool, shape (m,)
        Both are ordered and there are no covariates: a table says all.
    blocks : list of Block
        Tables of these pairs.
    empty : ndarray of int, shape (m,)
        Empty cells of each table.
    adjusted, perfect, bound, lost : ndarray of bool, shape (m,)
        2 x 2 tables with one empty cell; with two on a diagonal; correlation at a bound; not found.
    """

    a: Ints
    b: Ints
    rho: Floats
    tabled: Flags
    empty: Ints
    adjusted: Flags
    perfect: Flags
    bound: Flags
    lost: Flags
    blocks: list[Block] = field(default_factory=list)

    def named(self, which: Flags) -> tuple[tuple[int, int], ...]:
        """The marked pairs."""
        return tuple((int(i), int(j)) for i, j in zip(self.a[which], self.b[which], strict=True))

    def put(self, which: Ints, found: Rhos) -> None:
        """Fill in the correlations of some pairs."""
        self.rho[which], self.bound[which], self.lost[which] = found.rho, found.bound, found.lost


def second_stage(rows: Rows, joint: Floats | None = None) -> Pairs:
    """Correlate each pair given its margins; `joint` is what `contingency` counts, where it is known."""
    a, b = np.triu_indices(rows.p, 1)
    m = len(a)
    ordered = rows.levels > 0
    both, none = ordered[a] & ordered[b], ~ordered[a] & ~ordered[b]
    tabled = both if rows.x is None else np.zeros(m, dtype=bool)
    adjusted, perfect, bound, lost = np.zeros((4, m), dtype=bool)
    pairs = Pairs(a, b, np.zeros(m), tabled, np.zeros(m, dtype=np.int64), adjusted, perfect, bound, lost)
    if both.any():
        _tables(rows, pairs, both, contingency(rows) if joint is None else joint)
    for block in pairs.blocks:
        N = _zero_cells(block, pairs)
        pairs.put(block.which, polychoric(N, block.a, block.b))
        done = block.which[pairs.perfect[block.which]]
        pairs.rho[done] = np.sign(pairs.rho[done])
    for which in _parts(np.flatnonzero(both & ~tabled), len(rows.v)):
        one, other = _of(rows.limits, a[which]), _of(rows.limits, b[which])
        pairs.put(which, polychoric_given(one, other, _weights(rows, a[which], b[which])))
    for which in _parts(np.flatnonzero(~both & ~none), len(rows.v)):
        number, rank = np.where(ordered[a[which]], b[which], a[which]), np.where(ordered[a[which]], a[which], b[which])
        pairs.put(which, polyserial(rows.z[:, number], _of(rows.limits, rank), _weights(rows, number, rank)))
    if none.any():
        _normal(rows, pairs, np.flatnonzero(none))
    return pairs


def _tables(rows: Rows, pairs: Pairs, both: Flags, joint: Floats) -> None:
    """Cut the tables of all ordered pairs out of the joint counts."""
    L = rows.levels
    first = np.concatenate([[0], np.cumsum(L)])
    for la, lb in sorted(set(zip(L[pairs.a[both]].tolist(), L[pairs.b[both]].tolist(), strict=True))):
        which = np.flatnonzero(both & (L[pairs.a] == la) & (L[pairs.b] == lb))
        a, b = pairs.a[which], pairs.b[which]
        i, j = first[a][:, None, None] + np.arange(la)[:, None], first[b][:, None, None] + np.arange(lb)
        N = joint[i, j]
        pairs.empty[which] = (N == 0).sum(axis=(1, 2))
        if rows.x is None:
            cut_a, cut_b = ([rows.margins[k].thresholds for k in side] for side in (a, b))
            pairs.blocks.append(Block(which, N, np.array(cut_a), np.array(cut_b)))


def contingency(rows: Rows) -> Floats:
    """Joint counts (sums of weights) of all categories of ordered variables, one variable after the other."""
    ordered = np.flatnonzero(rows.levels)
    weights = rows.v if bool((rows.v != 1).any()) else None
    return joint_counts(rows.code[:, ordered], rows.levels[ordered], weights)


def joint_counts(code: Ints, levels: Ints, weights: Floats | None = None) -> Floats:
    """Joint counts of codes, shape (n, p): 0, 1, ..., the number of categories where missing."""
    first = np.concatenate([[0], np.cumsum(levels)])
    out = np.zeros((first[-1], first[-1]))
    for at in range(0, len(code), CHUNK):
        here = code[at : at + CHUNK]
        # Counts within a chunk are exact in single precision.
        H = np.zeros((len(here), first[-1] + 1), dtype=np.float32 if weights is None else np.float64)
        place = np.where(here < levels, here + first[:-1], first[-1])
        H[np.arange(len(here))[:, None], place] = 1
        H = H[:, :-1]
        out += H.T @ H if weights is None else (H * weights[at : at + CHUNK, None]).T @ H
    return out


def _zero_cells(block: Block, pairs: Pairs) -> Floats:
    N, pairs.adjusted[block.which], pairs.perfect[block.which] = without_zero(block.N)
    return N


def without_zero(N: Floats) -> tuple[Floats, Flags, Flags]:
    """Tables N, shape (m, La, Lb), as correlations are estimated from; which were adjusted, which are perfect.

    A single empty cell of a 2 x 2 table receives one half; two on a diagonal make the correlation 1 or -1.
    """
    if N.shape[1:] != (2, 2):
        return N, np.zeros(len(N), dtype=bool), np.zeros(len(N), dtype=bool)
    zero = N == 0
    main, off = zero[:, 0, 0] + 0.0 + zero[:, 1, 1], zero[:, 0, 1] + 0.0 + zero[:, 1, 0]
    one = main + off == 1
    add = ADDED * np.where(one, main - off, 0.0)
    perfect = ((main == 2) | (off == 2)) & (main + off == 2)
    return N + add[:, None, None] * np.array([[1.0, -1.0], [-1.0, 1.0]]), one, perfect


def _normal(rows: Rows, pairs: Pairs, which: Ints) -> None:
    """Mean squares and products over the rows that answered both."""
    numeric = np.flatnonzero(rows.levels == 0)
    place = np.zeros(rows.p, dtype=np.int64)
    place[numeric] = np.arange(len(numeric))
    z, s = rows.z[:, numeric], rows.seen[:, numeric].astype(float)
    V = z * rows.v[:, None]
    both, square, product = (s * rows.v[:, None]).T @ s, (V * z).T @ s, V.T @ z
    i, j = place[pairs.a[which]], place[pairs.b[which]]
    total = both[i, j]
    pairs.put(which, normal(square[i, j] / total, square[j, i] / total, product[i, j] / total))


def _parts(which: Ints, n: int) -> Iterator[Ints]:
    size = max(1, PART // max(n, 1))
    for at in range(0, len(which), size):
        yield which[at : at + size]


def _weights(rows: Rows, a: Ints, b: Ints) -> Floats:
    return rows.v[:, None] * (rows.seen[:, a] & rows.seen[:, b])


def _of(limits: Limits, columns: Ints) -> Limits:
    return Limits(limits.low[:, columns], limits.up[:, columns])
