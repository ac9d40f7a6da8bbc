"""Tables of missing answers: Little's test with its patterns, and models fitted to imputed data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.references import Rule
from cgsurvey.base.result import Meta
from cgsurvey.moments import McarTest
from cgsurvey.moments.missingness import COMPLETE, OTHERS
from cgsurvey.present.table import Cell, Column, Table, Words
from cgsurvey.present.tables import estimation, sem
from cgsurvey.present.tables.style import Maker, Style, cutoff, makers, rows_of, said, verdict_cell, with_meta
from cgsurvey.sem import PooledFit
from cgsurvey.sem.testing.pooling import PooledTest

_PATTERNS = {
    COMPLETE: Words("none (complete)", "tidak ada (lengkap)"),
    OTHERS: Words("rarer patterns", "pola yang lebih jarang"),
}


@makers.register(McarTest)
def _mcar_makers(x: McarTest) -> Mapping[str, Maker]:
    return {"mcar": mcar, "patterns": patterns}


@makers.register(PooledFit)
def _pooled_makers(x: PooledFit) -> Mapping[str, Maker]:
    of_fit = {"loadings": sem.loadings, "thresholds": sem.thresholds, "paths": sem.paths, "effects": sem.effects}
    return {"fit": fit} | {name: _pooled(make) for name, make in of_fit.items()}


def mcar(x: McarTest, style: Style) -> Table:
    """Little's test."""
    names = ("chisq", "df", "p_value", "n", "n_items", "n_patterns")
    row = x.glance().iloc[0]
    made = Table(
        "T4",
        "mcar",
        Words(
            "Little's test of answers missing completely at random",
            "Uji Little atas jawaban kosong sepenuhnya secara acak",
        ),
        tuple(Column.of(name) for name in names),
        (tuple(row[name] for name in names),),
        notes=(said("mcar"),),
    )
    return with_meta(made, x.meta)


def patterns(x: McarTest, style: Style) -> Table:
    """Patterns of missing answers; rare ones together."""
    return pattern_rows(x.patterns, x.meta)


def pattern_rows(found: pd.DataFrame, meta: Meta) -> Table:
    """Patterns of missing answers, from a table as `McarTest.patterns`."""
    rows = tuple(
        (_PATTERNS.get(str(r.pattern), Words(str(r.pattern), str(r.pattern))), r.seen, r.share, r.chisq)
        for r in rows_of(found.rename(columns={"count": "seen"}))
    )
    made = Table(
        "T4",
        "patterns",
        Words("Patterns of missing answers", "Pola jawaban kosong"),
        (Column.of("pattern"), Column.of("count"), Column.of("share"), Column.of("chisq")),
        rows,
        notes=(said("patterns"),),
    )
    return with_meta(made, meta)


def fit(x: PooledFit, style: Style) -> Table:
    """T13: tests and fit measures of pooled data, by D3 where it is defined."""
    found, shifted = x.fit_measures, "d2_scaled" in x.tests
    by, test = test_of(x)
    rows: list[tuple[Any, ...]] = [
        (Words(f"F ({by.upper()})", f"F ({by.upper()})"), Cell(test.F, "statistic"), None, None),
        (Words("df1", "db1"), Cell(test.df1, "count"), None, None),
        (Words("df2", "db2"), Cell(test.df2 if np.isfinite(test.df2) else None, "number"), None, None),
        (Words("p", "p"), Cell(test.p_value, "p"), None, None),
        (Column.of("chisq").label, Cell(test.chisq, "statistic"), None, None),
    ]
    if not shifted and f"chisq_scaled_{by}" in found:
        rows += [
            (Column.of(f"{k}_scaled_{by}").label, Cell(found[f"{k}_scaled_{by}"], unit), None, None)
            for k, unit in (("chisq", "statistic"), ("pvalue", "p"))
        ]
    rules: list[Rule] = []
    # The robust index where there is one, that of the scaled tests where those were pooled.
    kind = "_scaled" if shifted else "_robust" if f"cfi_robust_{by}" in found else ""
    pooled = {f"{k}{kind}_{by}": k for k in ("cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper")}
    pooled |= {"srmr_pooled": "srmr", "srmr_mean": "srmr"}
    for name, measure in pooled.items():
        value = found.get(name, np.nan)
        if not np.isfinite(value):
            continue
        rule = style.rule(measure, estimation.scope(x))
        judge = "_ci_" not in measure
        rules += [rule] if judge and rule is not None else []
        shown = Cell(value, "coefficient", 3)
        rows.append(
            (
                Column.of(measure).label,
                shown,
                cutoff(rule) if judge else None,
                verdict_cell(value, rule) if judge else None,
            )
        )
    kind_of = "ordered" if estimation.ordered(x) else "least_squares"
    judged = said("verdict") if rules else said(f"no_cutoff_{kind_of}")
    made = Table(
        "T13",
        "fit",
        Words("Global fit, pooled over imputed data", "Kecocokan global, gabungan data imputasi"),
        (
            Column.of("measure"),
            Column("value", Words("Value", "Nilai"), "number"),
            Column.of("guideline"),
            Column.of("verdict"),
        ),
        tuple(rows),
        notes=(estimation.sentence(x), _imputations(x), said(f"pooled_{by}"), judged),
        rules=tuple(dict.fromkeys(rules)),
    )
    return with_meta(made, x.meta)


def test_of(x: PooledFit) -> tuple[str, PooledTest]:
    """Return the pooled test to look at, "d3" or "d2"."""
    by = "d3" if "d3" in x.tests else "d2"
    return ("d2", x.tests["d2_scaled"]) if "d2_scaled" in x.tests else (by, x.tests[by])


def _pooled(make: Callable[[Any, Style], Table | None]) -> Maker:
    """The table of a fit, with the remark that its numbers are pooled."""

    def made(x: PooledFit, style: Style) -> Table | None:
        found = make(x, style)
        return None if found is None else replace(found, notes=(*found.notes, _imputations(x), said("rubin")))

    return made


def _imputations(x: PooledFit) -> Words:
    return said("imputations", used=len(x.fits), given=x.n_imputations)
