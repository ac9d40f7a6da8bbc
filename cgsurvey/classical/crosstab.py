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
from cgsurvey.classical.crosstab_numbers import (
    FEW,
    Measure,
    Test,
    adjusted_residuals,
    expected,
    independence_tests,
    measures,
)
from cgsurvey.classical.variables import MOST, Variables, gather_variables
from cgsurvey.responses.design.crosstab import Crossed, RaoScott, independent
from cgsurvey.responses.design.gathered import drawn_from
from cgsurvey.responses.responses import Responses

REFERENCES = ("pearson1900", "haberman1973", "fisher1922", "smithson2003", "bergsma2013")
DESIGNED = ("rao1984",)


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
        `test statistic df df2 p_value`: "pearson", "likelihood_ratio", for 2 x 2 "yates" and "fisher", else
        "fisher_monte_carlo". Under a design "rao_scott" (F) and "adjusted_wald" (F) instead.
    measures : DataFrame
        `measure estimate ci_lower ci_upper`: "cramers_v", "cramers_v_corrected", for 2 x 2 "odds_ratio" (of the
        sample) and "odds_ratio_conditional". Under a design "cramers_v" of the weighted shares, without interval.
    designed : bool
        Whether shares are weighted and the tests those of a sampling design; counts are respondents in any case.
    thin : float
        Share of cells with an expected count below 5.
    """

    rows: str
    columns: str
    cells: pd.DataFrame
    tests: pd.DataFrame
    measures: pd.DataFrame
    thin: float
    designed: bool = False

    def tidy(self) -> pd.DataFrame:
        """Return one row per cell."""
        return self.cells.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: chi-square with p (Rao and Scott's under a design), Fisher's p, Cramer's V, thin cells."""
        first, v = self.tests.iloc[0], self.measures.set_index("measure").loc["cramers_v"]
        shape = self.counts().shape
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "chisq": [v["estimate"] ** 2 * self.meta.n * (min(shape) - 1)],
                "df": [(shape[0] - 1) * (shape[1] - 1)],
                "p_value": [first["p_value"]],
                "p_fisher": [np.nan if self.designed else self.tests["p_value"].iloc[-1]],
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
        With a sampling design, shares are weighted and the tests are those of Rao and Scott (1984).
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
    R: chisq.test, fisher.test; survey::svychisq (statistic = "F", "adjWald") under a design.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.crosstab(answers, "sex", "area").glance()[["n", "chisq", "p_value", "cramers_v"]].round(3)
         n  chisq  p_value  cramers_v
    0  600  0.069    0.776      0.011
    """
    fraction("ci", ci)
    whole("replicates", replicates)
    if columns is None or rows == columns:
        raise OptionError("crosstab crosses two different columns: cg.crosstab(data, 'sex', 'education').")
    seed = recorded_seed(seed)
    found = gather_variables(data, [rows, columns], designed=True)
    notes = list(found.notes)
    codes, N, words = _counted(found, rows, columns, notes)
    if min(N.shape) < 2:
        single = rows if N.shape[0] < 2 else columns
        raise SampleError.of("classical.one_category", where=found.where, column=single, n=int(N.sum()))
    E = expected(N)
    thin = float((E < FEW).mean())
    if thin > 0.2 or E.min() < 1:
        notes.append(note("classical.thin_cells", share=100 * thin, least=FEW, smallest=float(E.min())))
    empty = int((N == 0).sum())
    if empty:
        notes.append(note("classical.empty_cells", n=empty, total=N.size))
    design = found.source.design
    designed = design is not None and bool(design.columns)
    if design is not None and designed:
        drawn = drawn_from(found.source.frame, design, notes, file=found.where)
        notes.append(note("responses.design_used", columns=", ".join(design.columns)))
        table, test = independent(codes[0], codes[1], drawn)
        shares, made, sizes = table.shares, _designed(test), [_weighted_v(test, table)]
    else:
        shares, made, sizes = N / N.sum(), independence_tests(N, seed=seed, replicates=replicates), measures(N, ci)
    return CrossTable(
        rows=rows,
        columns=columns,
        cells=_cells(N, shares, words, designed),
        tests=pd.DataFrame(
            [(t.name, t.statistic, t.df, t.df2, t.p) for t in made],
            columns=["test", "statistic", "df", "df2", "p_value"],
        ),
        measures=pd.DataFrame(
            [(m.name, m.estimate, m.lower, m.upper) for m in sizes],
            columns=["measure", "estimate", "ci_lower", "ci_upper"],
        ),
        thin=thin,
        designed=designed,
        notes=tuple(notes),
        meta=found.meta(
            "crosstab",
            int(N.sum()),
            DESIGNED if designed else REFERENCES,
            seed=seed if max(N.shape) > 2 and not designed else None,
            rows=rows,
            columns=columns,
            replicates=replicates,
            ci=ci,
        ),
    )


def _counted(
    found: Variables, rows: str, columns: str, notes: list[Note]
) -> tuple[list[np.ndarray], np.ndarray, tuple[list[str], list[str]]]:
    """Return codes (-1 without both variables), counts of the cells, words; categories that do not occur drop."""
    raw, words = zip(*(found.categories(n) for n in (rows, columns)), strict=True)
    for name, kinds in zip((rows, columns), words, strict=True):
        if len(kinds) > MOST:
            raise CodingError.of("classical.many_categories", where=found.where, column=name, n=len(kinds), most=MOST)
    both = (raw[0] >= 0) & (raw[1] >= 0)
    lost = int((~both).sum())
    if lost:
        missing = found.frame[[rows, columns]].isna().sum()
        gaps = ", ".join(f"{n} {missing[n]}" for n in (rows, columns) if missing[n])
        notes.append(note("classical.rows_left_out", n=lost, rows=len(both), share=100 * lost / len(both), gaps=gaps))
    if not both.any():
        raise SampleError.of("classical.no_row_has_both", where=found.where, a=rows, b=columns)
    N = np.zeros((len(words[0]), len(words[1])), dtype=np.int64)
    np.add.at(N, (raw[0][both], raw[1][both]), 1)
    keep = N.sum(axis=1) > 0, N.sum(axis=0) > 0
    kept = tuple([w for w, k in zip(kinds, here, strict=True) if k] for kinds, here in zip(words, keep, strict=True))
    codes = [np.where(both, (np.cumsum(here) - 1)[c], -1) for c, here in zip(raw, keep, strict=True)]
    return codes, N[keep[0]][:, keep[1]], (kept[0], kept[1])


def _designed(test: RaoScott) -> list[Test]:
    return [
        Test("rao_scott", test.f, test.f_df1, test.p, test.f_df2),
        Test("adjusted_wald", test.adjusted_wald, float(test.df), test.p_adjusted, test.adjusted_df2),
    ]


def _weighted_v(test: RaoScott, table: Crossed) -> Measure:
    v = float(np.sqrt(test.chisq / (table.n * (min(table.shares.shape) - 1))))
    return Measure("cramers_v", v, np.nan, np.nan)


def _cells(
    N: np.ndarray, shares: np.ndarray, words: tuple[Sequence[str], Sequence[str]], designed: bool
) -> pd.DataFrame:
    by_row, by_column = shares.sum(axis=1, keepdims=True), shares.sum(axis=0, keepdims=True)
    i, j = (v.ravel().tolist() for v in np.indices(N.shape))
    tables: Mapping[str, np.ndarray] = {
        "count": N,
        "expected_count": by_row * by_column * N.sum(),
        "row_share": shares / by_row,
        "column_share": shares / by_column,
        "share": shares,
        "std_residual": np.full(N.shape, np.nan) if designed else adjusted_residuals(N),
    }
    return pd.DataFrame(
        {
            "category_1": [words[0][a] for a in i],
            "category_2": [words[1][b] for b in j],
            **{name: values.ravel() for name, values in tables.items()},
        }
    )
