"""Tables of exploratory factor analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cgsurvey.factor import Factorability, FactorAnalysis, ParallelAnalysis
from cgsurvey.present.table import Cell, Column, Spanner, Table, Words
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    cutoff,
    item_label,
    judged,
    makers,
    matrix,
    rows_of,
    rules_for,
    said,
    term,
    used_rules,
    verdict_cell,
    with_meta,
)

AT_LEAST = 8  # eigenvalues that are shown, or three more than the recommendation
HIDDEN = "shown_loading"  # cut-off below which cutoffs= leaves loadings blank


@makers.register(Factorability)
def _factorability_makers(x: Factorability) -> Mapping[str, Maker]:
    return {"factorability": factorability, "adequacy": adequacy}


@makers.register(ParallelAnalysis)
def _parallel_makers(x: ParallelAnalysis) -> Mapping[str, Maker]:
    return {"n_factors": number, "eigenvalues": eigenvalues}


@makers.register(FactorAnalysis)
def _efa_makers(x: FactorAnalysis) -> Mapping[str, Maker]:
    return {"pattern": pattern, "factor_correlations": factor_correlations, "variance": variance, "fit": fit}


def factorability(x: Factorability, style: Style) -> Table:
    """T8: KMO and Bartlett's test."""
    by = rules_for(style, "kmo")
    test = x.bartlett
    rows = (
        (Words("KMO, overall", "KMO, keseluruhan"), judged(x.kmo, by["kmo"], kind="coefficient")),
        (Words("Bartlett's test, χ²", "Uji Bartlett, χ²"), Cell(test["chisq"], "statistic")),
        (Words("df", "db"), Cell(int(test["df"]), "count")),
        (Words("p", "p"), Cell(test["p_value"], "p")),
        (Column.of("determinant").label, Cell(x.determinant, "number", 6)),
    )
    made = Table(
        "T8",
        "factorability",
        Words("Suitability for factor analysis", "Kelayakan analisis faktor"),
        (Column.of("measure"), Column("value", Words("Value", "Nilai"), "number")),
        rows,
        notes=(said("factorability"),),
        rules=used_rules(by),
    )
    return with_meta(made, x.meta)


def adequacy(x: Factorability, style: Style) -> Table:
    """T8: sampling adequacy of each item."""
    by = rules_for(style, "kmo")
    rows = tuple((item_label(x.meta, r.item), judged(r.kmo, by["kmo"]), r.smc) for r in rows_of(x.tidy()))
    made = Table(
        "T8",
        "adequacy",
        Words("Sampling adequacy of the items", "Kecukupan sampel setiap butir"),
        (Column("item", Words("Item", "Butir")), Column.of("kmo", digits=3), Column.of("smc", digits=3)),
        rows,
        notes=(said("smc"),),
        rules=used_rules(by),
    )
    return with_meta(made, x.meta)


def number(x: ParallelAnalysis, style: Style) -> Table:
    """T8: number of factors by each rule."""
    made = Table(
        "T8",
        "n_factors",
        Words("Number of factors by rule", "Jumlah faktor menurut setiap aturan"),
        (Column.of("rule"), Column.of("n_factors")),
        tuple((term("number_of_factors", r.rule), r.n_factors) for r in rows_of(x.tidy())),
        notes=(_chance(x), said("number_of_factors")),
    )
    return with_meta(made, x.meta)


def eigenvalues(x: ParallelAnalysis, style: Style) -> Table:
    """T8: observed eigenvalues and those of chance."""
    percent = f"P{100 * float(x.meta.options['quantile']):g}"
    heads = (Words("Observed", "Teramati"), Words("Chance M", "Acak M"), Words(f"Chance {percent}", f"Acak {percent}"))
    columns = [Column("number", Words("No.", "No."), "count")]
    for kind in ("fa", "pca"):
        names = (kind, f"{kind}_mean", f"{kind}_percentile")
        columns += [Column(n, head, "number", 3) for n, head in zip(names, heads, strict=True)]
    shown = max(AT_LEAST, x.n_factors + 3)
    rows = tuple(tuple(getattr(r, c.name) for c in columns) for r in rows_of(x.eigenvalues.head(shown)))
    kinds = {"fa": Words("Common factors", "Faktor bersama"), "pca": Words("Components", "Komponen")}
    left_out = len(x.eigenvalues) - len(rows)
    made = Table(
        "T8",
        "eigenvalues",
        Words("Parallel analysis", "Analisis paralel"),
        tuple(columns),
        rows,
        spanners=tuple(Spanner(w, (k, f"{k}_mean", f"{k}_percentile")) for k, w in kinds.items()),
        notes=(_chance(x), *((said("eigenvalues_left_out", n=left_out),) if left_out > 0 else ())),
    )
    return with_meta(made, x.meta)


def _chance(x: ParallelAnalysis) -> Words:
    options = x.meta.options
    return said(f"chance_{options['null']}", iterations=options["iterations"], seed=x.meta.seed)


def pattern(x: FactorAnalysis, style: Style) -> Table:
    """T8: pattern matrix, items by their largest loading; cross-loadings marked."""
    by = rules_for(style, "pattern_loading", "cross_loading")
    cross = by["cross_loading"]
    hidden = float(style.cutoffs.get(HIDDEN, 0.0))
    L = x.loadings.to_numpy()
    main = np.abs(L).argmax(axis=1)
    order = np.lexsort((-np.abs(L).max(axis=1), main))
    marked = False
    rows: list[tuple[Any, ...]] = []
    for i in order:
        name = x.loadings.index[i]
        cells: list[Cell] = []
        for k, value in enumerate(L[i]):
            if k == main[i]:
                size = judged(abs(value), by["pattern_loading"])
                cells.append(Cell(value, "coefficient", 3, size.verdict))
            elif abs(value) < hidden:
                cells.append(Cell(None))
            else:
                crosses = cross is not None and cross.verdict(abs(value)) != "good"
                marked |= crosses
                cells.append(Cell(value, "coefficient", 3, mark="a" if crosses else ""))
        rows.append((item_label(x.meta, name), *cells, x.communalities[name], x.complexity[name]))
    columns = (
        Column("item", Words("Item", "Butir")),
        *(Column(str(c), Words(str(c), str(c)), "coefficient", 3) for c in x.loadings),
        Column.of("communality", Words("h²", "h²"), digits=3),
        Column.of("complexity", digits=2),
    )
    notes = [_method(x), said("pattern")]
    if hidden:
        notes.append(
            said("loadings_hidden", bound=Words(f"{hidden:.2f}".lstrip("0"), f"{hidden:.2f}".replace(".", ",")))
        )
    foot = {"a": said("cross_loading")} if marked else {}
    made = Table(
        "T8",
        "pattern",
        Words("Pattern matrix of the factors", "Matriks pola faktor"),
        columns,
        tuple(rows),
        notes=tuple(notes),
        footnotes=foot,
        rules=used_rules(by),
    )
    return with_meta(made, x.meta)


def factor_correlations(x: FactorAnalysis, style: Style) -> Table | None:
    """T8: correlations of oblique factors; nothing for orthogonal ones."""
    phi, names = x.factor_correlations.to_numpy(), list(x.factor_correlations)
    if len(names) < 2 or np.allclose(phi, np.eye(len(names)), atol=1e-10):
        return None
    made = matrix(
        [Words(n, n) for n in names],
        lambda i, j: phi[i, j],
        diagonal=False,
        key="T8",
        name="factor_correlations",
        title=Words("Correlations of the factors", "Korelasi antarfaktor"),
        notes=(_method(x),),
    )
    return with_meta(replace(made, columns=(Column.of("factor"), *made.columns[1:])), x.meta)


def variance(x: FactorAnalysis, style: Style) -> Table:
    """T8: what each factor explains."""
    heads = {
        "ss_loadings": (Words("SS loadings", "Jumlah kuadrat muatan"), "number", 3),
        "share_of_variance": (Words("% of variance", "% varians"), "share", 1),
        "share_cumulative": (Words("Cumulative %", "% kumulatif"), "share", 1),
        "share_explained": (Words("% of common variance", "% varians bersama"), "share", 1),
    }
    columns = (Column.of("factor"), *(Column(k, *v) for k, v in heads.items()))
    rows = tuple((str(name), *(row[k] for k in heads)) for name, row in x.variance.iterrows())
    made = Table(
        "T8",
        "variance",
        Words("Variance explained by the factors", "Varians yang dijelaskan faktor"),
        columns,
        rows,
        notes=(_method(x),),
    )
    return with_meta(made, x.meta)


def fit(x: FactorAnalysis, style: Style) -> Table:
    """T8: how well the factors reproduce the correlations."""
    kinds = {"chisq": "statistic", "df": "count", "pvalue": "p", "bic": "statistic"}
    scope = "ordinal" if x.meta.options["correlation"] == "polychoric" else "ml"
    rows, rules = [], []
    for name in ("chisq", "df", "pvalue", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "tli", "bic", "rmsr"):
        value = int(x.fit[name]) if name == "df" else x.fit[name]
        judge = name in ("rmsea", "tli")
        by = style.rule(name, scope) if judge else None
        rules += [by] if by is not None else []
        kind = kinds.get(name, "coefficient")
        shown = Cell(value, kind, 3 if kind == "coefficient" else None)
        rows.append((Column.of(name).label, shown, cutoff(by), verdict_cell(value, by) if judge else None))
    made = Table(
        "T8",
        "fit",
        Words("Fit of the factor solution", "Kecocokan solusi faktor"),
        (
            Column.of("measure"),
            Column("value", Words("Value", "Nilai"), "number"),
            Column.of("guideline"),
            Column.of("verdict"),
        ),
        tuple(rows),
        notes=(_method(x), said("factor_fit")),
        rules=tuple(rules),
    )
    return with_meta(made, x.meta)


def _method(x: FactorAnalysis) -> Words:
    options = x.meta.options
    return said(
        "factor_method",
        method=term("extraction", options["method"]),
        rotation=term("rotation", options["rotation"]),
        correlation=term("correlation", options["correlation"]),
    )
