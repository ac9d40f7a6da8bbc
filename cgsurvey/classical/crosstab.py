"""crosstab(): are two questions related? Counts, shares, residuals, tests, measures.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CodingError, OptionError, SampleError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction, whole
from cgsurvey.base.parallel import recorded_seed
from cgsurvey.base.result import Result
from cgsurvey.classical.crosstab_numbers import FEW, adjusted_residuals, expected, independence_tests, measures
from cgsurvey.classical.variables import MOST, Variables, gather_variables
from cgsurvey.responses.responses import Responses

REFERENCES = ("pearson1900", "haberman1973", "fisher1922", "smithson2003", "bergsma2013")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrossTable(Result):
    """Two variables crossed.

    Attributes
    ----------
    rows, columns : str
        The variables.
    cells : DataFrame
        One row per cell: `category_1 category_2 count expected_count row_share column_share share std_residual`;
        category_1 is that of `rows`, std_residual the adjusted residual.
    tests : DataFrame
        `test statistic df p_value`: "pearson", "likelihood_ratio", for 2 x 2 "yates" and "fisher", else
        "fisher_monte_carlo".
    measures : DataFrame
        `measure estimate ci_lower ci_upper`: "cramers_v", "cramers_v_corrected", for 2 x 2 "odds_ratio" (of the
        sample) and "odds_ratio_conditional".
    thin : float
        Share of cells with an expected count below 5.
    """

    rows: str
    columns: str
    cells: pd.DataFrame
    tests: pd.DataFrame
    measures: pd.DataFrame
    thin: float

    def tidy(self) -> pd.DataFrame:
        """Return one row per cell."""
        return self.cells.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: rows of data, chi-square, Fisher's p, Cramer's V with its interval, share of thin cells."""
        pearson, v = self.tests.iloc[0], self.measures.set_index("measure").loc["cramers_v"]
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "chisq": [pearson["statistic"]],
                "df": [int(pearson["df"])],
                "p_value": [pearson["p_value"]],
                "p_fisher": [self.tests["p_value"].iloc[-1]],
                "cramers_v": [v["estimate"]],
                "ci_lower": [v["ci_lower"]],
                "ci_upper": [v["ci_upper"]],
                "thin_share": [self.thin],
            }
        )

    def counts(self) -> pd.DataFrame:
        """Return the counts as a table, categories in their order."""
        return self.cells.pivot_table(index="category_1", columns="category_2", values="count", sort=False).astype(int)


def crosstab(
    data: Responses | pd.DataFrame,
    rows: str,
    columns: str | None = None,
    *,
    replicates: int = 10_000,
    seed: int | None = None,
    ci: float = 0.95,
) -> CrossTable:
    """Cross two variables and test whether they are independent.

    Parameters
    ----------
    data : Responses or DataFrame
    rows, columns : str
        Columns of categories, at most 50 each.
    replicates : int
        Random tables of Fisher's test where the table is larger than 2 x 2.
    seed : int, optional
        Seed of these tables; one is drawn and kept in the result when omitted.
    ci : float
        Level of the intervals.

    Returns
    -------
    CrossTable

    Raises
    ------
    OptionError, ColumnNotFoundError, CodingError
        For options and columns that cannot be used.
    SampleError
        When a variable has one category only among the rows that have both.

    Notes
    -----
    R: chisq.test, fisher.test; rcompanion::cramerV(bias.correct = TRUE).
    """
    fraction("ci", ci)
    whole("replicates", replicates)
    if columns is None or rows == columns:
        raise OptionError("crosstab crosses two different columns: cg.crosstab(data, 'sex', 'education').")
    seed = recorded_seed(seed)
    found = gather_variables(data, [rows, columns])
    notes = list(found.notes)
    N, words = _counted(found, rows, columns, notes)
    if min(N.shape) < 2:
        single = rows if N.shape[0] < 2 else columns
        raise SampleError(f"{found.where}: '{single}' has one category only among the {int(N.sum())} rows with both.")
    E = expected(N)
    thin = float((E < FEW).mean())
    if thin > 0.2 or E.min() < 1:
        notes.append(note("classical.thin_cells", share=100 * thin, least=FEW, smallest=float(E.min())))
    empty = int((N == 0).sum())
    if empty:
        notes.append(note("classical.empty_cells", n=empty, total=N.size))
    made = independence_tests(N, seed=seed, replicates=replicates)
    return CrossTable(
        rows=rows,
        columns=columns,
        cells=_cells(N, words),
        tests=pd.DataFrame(
            [(t.name, t.statistic, t.df, t.p) for t in made], columns=["test", "statistic", "df", "p_value"]
        ),
        measures=pd.DataFrame(
            [(m.name, m.estimate, m.lower, m.upper) for m in measures(N, ci)],
            columns=["measure", "estimate", "ci_lower", "ci_upper"],
        ),
        thin=thin,
        notes=tuple(notes),
        meta=found.meta(
            "crosstab",
            int(N.sum()),
            REFERENCES,
            seed=seed if max(N.shape) > 2 else None,
            rows=rows,
            columns=columns,
            replicates=replicates,
            ci=ci,
        ),
    )


def _counted(
    found: Variables, rows: str, columns: str, notes: list[Note]
) -> tuple[np.ndarray, tuple[list[str], list[str]]]:
    """Count the cells of the rows that have both variables; categories that do not occur drop."""
    codes, words = zip(*(found.categories(n) for n in (rows, columns)), strict=True)
    for name, kinds in zip((rows, columns), words, strict=True):
        if len(kinds) > MOST:
            raise CodingError(
                f"{found.where}: '{name}' has {len(kinds)} different values, too many for a cross-table (at most "
                f"{MOST}). Group them first, or use cg.correlate."
            )
    both = (codes[0] >= 0) & (codes[1] >= 0)
    lost = int((~both).sum())
    if lost:
        missing = found.frame[[rows, columns]].isna().sum()
        gaps = ", ".join(f"{n} {missing[n]}" for n in (rows, columns) if missing[n])
        notes.append(note("classical.rows_left_out", n=lost, rows=len(both), share=100 * lost / len(both), gaps=gaps))
    if not both.any():
        raise SampleError(f"{found.where}: no row has both '{rows}' and '{columns}'.")
    N = np.zeros((len(words[0]), len(words[1])), dtype=np.int64)
    np.add.at(N, (codes[0][both], codes[1][both]), 1)
    keep = N.sum(axis=1) > 0, N.sum(axis=0) > 0
    kept = tuple([w for w, k in zip(kinds, here, strict=True) if k] for kinds, here in zip(words, keep, strict=True))
    return N[keep[0]][:, keep[1]], (kept[0], kept[1])


def _cells(N: np.ndarray, words: tuple[Sequence[str], Sequence[str]]) -> pd.DataFrame:
    n = N.sum()
    i, j = (v.ravel().tolist() for v in np.indices(N.shape))
    tables: Mapping[str, np.ndarray] = {
        "count": N,
        "expected_count": expected(N),
        "row_share": N / N.sum(axis=1, keepdims=True),
        "column_share": N / N.sum(axis=0, keepdims=True),
        "share": N / n,
        "std_residual": adjusted_residuals(N),
    }
    return pd.DataFrame(
        {
            "category_1": [words[0][a] for a in i],
            "category_2": [words[1][b] for b in j],
            **{name: values.ravel() for name, values in tables.items()},
        }
    )
