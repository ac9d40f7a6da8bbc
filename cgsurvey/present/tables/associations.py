"""Tables of correlations and cross-tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cgsurvey.classical import Correlations, CrossTable
from cgsurvey.present.numbers import show
from cgsurvey.present.table import Cell, Column, Table, Words, words
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    interval,
    interval_spanner,
    label,
    makers,
    rows_of,
    said,
    term,
    with_meta,
)

LEVELS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))


@makers.register(Correlations)
def _correlation_makers(x: Correlations) -> Mapping[str, Maker]:
    return {"correlation_matrix": matrix, "correlation_pairs": pairs}


@makers.register(CrossTable)
def _crosstab_makers(x: CrossTable) -> Mapping[str, Maker]:
    return {"crosstab": cells, "crosstab_tests": tests}


def matrix(x: Correlations, style: Style) -> Table:
    """T24: means, deviations and the lower triangle of correlations, stars by p."""
    names = list(x.matrix.index)
    p = {frozenset((r.variable_1, r.variable_2)): r.p_holm if x.adjusted else r.p_value for r in rows_of(x.pairs)}
    sizes = x.variables.set_index("variable")
    rows = []
    for i, name in enumerate(names):
        who = label(x.meta, name)
        row: list[Any] = [
            Words(f"{i + 1}. {who.en}", f"{i + 1}. {who.id}"),
            sizes.loc[name, "mean"],
            sizes.loc[name, "sd"],
        ]
        for j in range(len(names) - 1):
            r = x.matrix.iat[i, j]
            stars = next((s for cut, s in LEVELS if j < i and p[frozenset((name, names[j]))] < cut), "")
            row.append(_starred(r, stars) if j < i else None)
        rows.append(tuple(row))
    columns = [
        Column.of("variable"),
        Column("mean", Words("M", "M"), "number"),
        Column("sd", Words("SD", "SB"), "number"),
    ]
    columns += [Column(f"c{j + 1}", words(str(j + 1)), "coefficient") for j in range(len(names) - 1)]
    method = term("correlation_method", x.method)
    notes = [said("stars_holm" if x.adjusted else "stars", method=method)]
    if x.controls:
        held = [label(x.meta, c) for c in x.controls]
        notes.append(said("partialled", controls=Words(*(", ".join(w.of(g) for w in held) for g in ("en", "id")))))
    title = Words(
        f"Means, standard deviations and correlations ({method.en})",
        f"Rerata, simpangan baku, dan korelasi ({method.id})",
    )
    return with_meta(
        Table(
            "T24", "correlation_matrix", title, tuple(columns), tuple(rows), notes=tuple(notes), footnotes=_stars(rows)
        ),
        x.meta,
    )


def _starred(r: float, stars: str) -> Cell:
    return Cell(r, "coefficient", 2, mark=stars)


def _stars(rows: list[tuple[Any, ...]]) -> dict[str, Words]:
    used = {c.mark for row in rows for c in row if isinstance(c, Cell) and c.mark}
    return {
        s: Words(
            f"p < {show(cut, 'p', 'en', None if cut < 0.01 else 2)}",
            f"p < {show(cut, 'p', 'id', None if cut < 0.01 else 2)}",
        )
        for cut, s in reversed(LEVELS)
        if s in used
    }


def pairs(x: Correlations, style: Style) -> Table:
    """Each pair with interval and test."""
    t_test = x.pairs["df"].notna().any()
    rows = []
    for r in rows_of(x.pairs):
        one, other = label(x.meta, r.variable_1), label(x.meta, r.variable_2)
        pair = Words(f"{one.en} – {other.en}", f"{one.id} – {other.id}")
        rows.append((pair, r.n, r.r, r.ci_lower, r.ci_upper, r.statistic, r.p_value, r.p_holm))
    symbol = "t" if t_test else "z"
    columns = (
        Column("pair", Words("Pair", "Pasangan")),
        Column.of("n"),
        Column.of("r"),
        *interval("coefficient"),
        Column("statistic", words(symbol), "statistic"),
        Column.of("p_value"),
        Column.of("p_holm"),
    )
    method = term("correlation_method", x.method)
    title = Words(f"Correlations with intervals ({method.en})", f"Korelasi beserta intervalnya ({method.id})")
    spanner = interval_spanner(float(x.meta.options["ci"]))
    return with_meta(Table("T24", "correlation_pairs", title, columns, tuple(rows), spanners=(spanner,)), x.meta)


def category(x: CrossTable, variable: str, name: str) -> Words:
    """Return the words of a category."""
    key = f"{variable}={name}"
    return label(x.meta, key) if key in x.meta.labels else words(name)


def cells(x: CrossTable, style: Style) -> Table:
    """T2: counts with shares of the row; residuals beyond 1.96 are marked."""
    kinds = list(x.cells["category_2"].unique())
    rows: list[tuple[Any, ...]] = []
    for name, block in x.cells.groupby("category_1", sort=False):
        row: list[Any] = [category(x, x.rows, str(name))]
        for r in rows_of(block.rename(columns={"count": "people"})):
            mark = "a" if r.std_residual > 1.96 else "b" if r.std_residual < -1.96 else ""
            row += [Cell(r.people, "count", mark=mark), r.row_share]
        rows.append((*row, int(block["count"].sum())))
    totals = x.cells.groupby("category_2", sort=False)["count"].sum()
    weights = x.cells.groupby("category_2", sort=False)["share"].sum()
    last: list[Any] = [Words("All", "Semua")]
    for k in kinds:
        last += [int(totals[k]), weights[k]]
    rows.append((*last, int(totals.sum())))
    columns = [Column("category_1", label(x.meta, x.rows))]
    spanners = []
    for j, k in enumerate(kinds):
        columns += [Column(f"n{j}", Words("n", "n"), "count"), Column(f"p{j}", Words("%", "%"), "share")]
        spanners.append((category(x, x.columns, k), (f"n{j}", f"p{j}")))
    columns.append(Column("total", Words("Total", "Total"), "count"))
    used = {c.mark for r in rows for c in r if isinstance(c, Cell)}
    notes = {
        "a": Words(
            "more than independence expects (adjusted residual > 1.96)",
            "lebih banyak daripada yang diharapkan jika independen (residual disesuaikan > 1,96)",
        ),
        "b": Words(
            "fewer than independence expects (adjusted residual < −1.96)",
            "lebih sedikit daripada yang diharapkan jika independen (residual disesuaikan < −1,96)",
        ),
    }
    one, other = label(x.meta, x.rows), label(x.meta, x.columns)
    spanner = interval_spanner()
    made = Table(
        "T2",
        "crosstab",
        Words(f"{one.en} by {other.en}", f"{one.id} menurut {other.id}"),
        tuple(columns),
        tuple(rows),
        spanners=tuple(type(spanner)(w, c) for w, c in spanners),
        notes=(said("crosstab_designed" if x.designed else "crosstab"),),
        footnotes={m: w for m, w in notes.items() if m in used},
    )
    return with_meta(made, x.meta)


def _degrees(df: float, df2: float) -> Words | None:
    """Return one or two degrees of freedom as text, None where there are none."""
    known = [v for v in (df, df2) if v == v]

    def text(language: str) -> str:
        return "; ".join(show(v, "count" if float(v).is_integer() else "number", language) for v in known)

    return Words(text("en"), text("id")) if known else None


def tests(x: CrossTable, style: Style) -> Table:
    """Tests of independence and measures of association."""
    rows: list[tuple[Any, ...]] = [
        (
            term("crosstab_test", r.test),
            r.statistic if r.statistic == r.statistic else None,
            _degrees(r.df, r.df2),
            r.p_value,
            None,
            None,
        )
        for r in rows_of(x.tests)
    ]
    groups = {0: Words("Tests of independence", "Uji independensi"), len(rows): Words("Association", "Asosiasi")}
    rows += [
        (term("crosstab_measure", r.measure), Cell(r.estimate, "number"), None, None, r.ci_lower, r.ci_upper)
        for r in rows_of(x.measures)
    ]
    columns = (
        Column("name", Words("Test or measure", "Uji atau ukuran")),
        Column("value", Words("Value", "Nilai"), "statistic"),
        Column("df", Words("df", "db")),
        Column.of("p_value"),
        *interval("number"),
    )
    made = Table(
        "T2",
        "crosstab_tests",
        Words("Tests of independence", "Uji independensi"),
        columns,
        tuple(rows),
        groups=groups,
        spanners=(interval_spanner(float(x.meta.options["ci"])),),
    )
    return with_meta(made, x.meta)
