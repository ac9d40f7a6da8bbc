"""Two-way tables under a design: shares of cells with their covariances, and tests of independence.

Numeric file. Sources: Rao and Scott (1984) for the corrections, Thomas and Rao (1987) for F, Koch, Freeman and Freeman
(1975) for Wald. Equals svychisq of R's survey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc

from cgsurvey.base.units import Floats, Ints
from cgsurvey.responses.design.sample import Drawn, degrees, solve
from cgsurvey.responses.design.statistics import Ratio, Total


@dataclass(frozen=True)
class Crossed:
    """Shares of the cells of a table.

    Attributes
    ----------
    counts : ndarray of int, shape (R, C)
        Respondents.
    shares : ndarray, shape (R, C)
        Weighted shares of all.
    covariance : ndarray, shape (R C, R C)
        Of the shares, row by row.
    totals : ndarray, shape (R C, R C)
        Covariance of the weighted totals of the cells over the square of their sum.
    df : int
        Degrees of freedom of the design.
    """

    counts: Ints
    shares: Floats
    covariance: Floats
    totals: Floats
    df: int

    @property
    def n(self) -> int:
        """Respondents in the table."""
        return int(self.counts.sum())


@dataclass(frozen=True)
class RaoScott:
    """Tests of independence; NaN where a test is not defined.

    Attributes
    ----------
    chisq, df : float, int
        Pearson's statistic of the weighted shares times n, and (R - 1)(C - 1).
    effects : ndarray, shape (df,)
        Generalised design effects, largest first.
    p_first : float
        p of chisq over the mean effect (first-order correction).
    f, f_df1, f_df2, p : float
        Second-order correction, referred to F.
    wald, wald_df2, p_wald : float
        Wald's statistic over df, with its second degrees of freedom.
    adjusted_wald, adjusted_df2, p_adjusted : float
        The same, adjusted for few units.
    """

    chisq: float
    df: int
    effects: Floats
    p_first: float
    f: float
    f_df1: float
    f_df2: float
    p: float
    wald: float
    wald_df2: float
    p_wald: float
    adjusted_wald: float
    adjusted_df2: float
    p_adjusted: float


def crossed(rows: Ints, columns: Ints, drawn: Drawn) -> Crossed:
    """Cross two variables with codes 0..R-1 and 0..C-1, -1 for no answer, each shape (n,)."""
    R, C = int(rows.max(initial=0)) + 1, int(columns.max(initial=0)) + 1
    inside = np.where((rows >= 0) & (columns >= 0), 0, -1)
    cell = np.where(inside == 0, rows * C + columns, -1)
    hits = (cell[:, None] == np.arange(R * C)).astype(np.float64)
    found = solve(Ratio(hits, (inside == 0).astype(np.float64)[:, None], inside, 1), drawn)
    totals = solve(Total(hits, inside, 1), drawn)
    counts = np.bincount(cell + 1, minlength=R * C + 1)[1:].reshape(R, C)
    return Crossed(
        counts=counts,
        shares=found.estimate.reshape(R, C),
        covariance=found.covariance[0],
        totals=totals.covariance[0] / totals.estimate.sum() ** 2,
        df=int(degrees(drawn)[0]),
    )


def rao_scott(shares: Floats, covariance: Floats, n: int, df: int, *, totals: Floats | None = None) -> RaoScott:
    """Test independence of rows and columns.

    Parameters
    ----------
    shares : ndarray, shape (R, C)
        Shares of the cells; rows and columns that are empty must be left out.
    covariance : ndarray, shape (R C, R C)
    n : int
        Respondents.
    df : int
        Degrees of freedom of the design.
    totals : ndarray, shape (R C, R C), optional
        Covariance of the totals of the cells over the square of their sum, which Wald's statistic needs.
    """
    R, C = shares.shape
    k = (R - 1) * (C - 1)
    p, expected = shares.ravel(), np.outer(shares.sum(axis=1), shares.sum(axis=0)).ravel()
    chisq = float(n * ((p - expected) ** 2 / expected).sum())
    # Z spans the interaction; weights of cells are the inverse shares that were seen, 0 where nobody is
    Z = np.kron(_contrasts(R), _contrasts(C))
    ZD = Z.T * np.where(p > 0, 1 / np.where(p > 0, p, 1.0), 0.0)
    try:
        delta = n * np.linalg.solve(ZD @ Z, ZD @ covariance @ ZD.T)
        effects = np.sort(np.linalg.eigvals(delta).real)[::-1]
    except np.linalg.LinAlgError:  # so many empty cells that the interaction is not seen
        effects = np.full(k, np.nan)
    trace, square = float(effects.sum()), float((effects**2).sum())
    trace = trace if trace > 0 else np.nan
    df1 = trace**2 / square if square > 0 else np.nan
    df2 = df1 * df if df > 0 else np.nan
    wald = np.nan if totals is None else _wald(shares, totals)
    room = df - k + 1
    adjusted = wald * room / df if df > 0 and room > 0 else np.nan
    return RaoScott(
        chisq=chisq,
        df=k,
        effects=effects,
        p_first=float(chdtrc(k, chisq * k / trace)),
        f=chisq / trace,
        f_df1=df1,
        f_df2=df2,
        p=float(fdtrc(df1, df2, chisq / trace)),
        wald=wald,
        wald_df2=float(df) if df > 0 else np.nan,
        p_wald=float(fdtrc(k, df, wald)) if df > 0 else np.nan,
        adjusted_wald=adjusted,
        adjusted_df2=float(room) if room > 0 else np.nan,
        p_adjusted=float(fdtrc(k, room, adjusted)) if room > 0 else np.nan,
    )


def _contrasts(m: int) -> Floats:
    """Deviation contrasts of m categories, shape (m, m - 1)."""
    return np.vstack([np.eye(m - 1), -np.ones((1, m - 1))])


def _wald(shares: Floats, covariance: Floats) -> float:
    """Wald's statistic of N_ij - N_i. N_.j / N over its degrees of freedom; NaN where its covariance is singular."""
    R, C = shares.shape
    r, c = shares.sum(axis=1), shares.sum(axis=0)
    k = (R - 1) * (C - 1)
    h = (shares - np.outer(r, c))[:-1, :-1].ravel()
    J = np.zeros((R - 1, C - 1, R, C))
    for i in range(R - 1):
        for j in range(C - 1):
            J[i, j, i, j] += 1
            J[i, j, i, :] -= c[j]
            J[i, j, :, j] -= r[i]
            J[i, j] += r[i] * c[j]
    J = J.reshape(k, R * C)
    V = J @ covariance @ J.T
    if np.linalg.matrix_rank(V, hermitian=True) < k:
        return np.nan
    return float(h @ np.linalg.solve(V, h)) / k


def independent(rows: Ints, columns: Ints, drawn: Drawn) -> tuple[Crossed, RaoScott]:
    """Cross two variables and test their independence; categories that nobody has in both are left out."""
    inside = (rows >= 0) & (columns >= 0)
    codes = [np.full(len(v), -1, dtype=np.int64) for v in (rows, columns)]
    for new, old in zip(codes, (rows, columns), strict=True):
        new[inside] = np.unique(old[inside], return_inverse=True)[1]
    table = crossed(codes[0], codes[1], drawn)
    return table, rao_scott(table.shares, table.covariance, table.n, table.df, totals=table.totals)
