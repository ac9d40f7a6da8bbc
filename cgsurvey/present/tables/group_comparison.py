"""Tables of comparisons of groups: tests, groups, pairs, assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cgsurvey.classical import GroupComparison
from cgsurvey.classical.groups import RANKS
from cgsurvey.present.table import Cell, Column, Table, Words, words
from cgsurvey.present.tables.style import (
    LOWER,
    UPPER,
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

ALPHA = 0.05
STATISTIC = {
    **dict.fromkeys(("t", "welch", "paired_t"), "t"),
    **dict.fromkeys(("anova", "welch_anova", "repeated_anova"), "F"),
    **{"mann_whitney": "U", "wilcoxon": "V", "kruskal_wallis": "H", "friedman": "χ²"},
}


@makers.register(GroupComparison)
def _group_makers(x: GroupComparison) -> Mapping[str, Maker]:
    return {"group_tests": tests, "group_means": means, "post_hoc": pairs, "group_assumptions": assumptions}


def outcome(x: GroupComparison, name: str) -> Words:
    """Return the words of an outcome; of paired measures those of each."""
    for link in (" - ", ", "):
        parts = name.split(link)
        if x.meta.options["paired"] and len(parts) > 1:
            said_of = [label(x.meta, p) for p in parts]
            sign = " – " if link == " - " else ", "
            return Words(*(sign.join(w.of(g) for w in said_of) for g in ("en", "id")))
    return label(x.meta, name)


def group(x: GroupComparison, name: str) -> Words:
    """Return the words of a group, or of a paired measure."""
    key = f"{x.by}={name}" if x.by else name
    return label(x.meta, key) if key in x.meta.labels else words(name)


def tests(x: GroupComparison, style: Style) -> Table:
    """One row per outcome: test, p-value, difference and effect size."""
    two_means = x.tests["difference"].notna().any()
    f_test = x.tests["df2"].notna().any()
    several = len(x.tests) > 1
    rows = []
    for r in rows_of(x.tests):
        degrees = [
            Cell(v, "count" if float(v).is_integer() else "number", None) if v == v else None for v in (r.df1, r.df2)
        ]
        row: list[Any] = [outcome(x, r.outcome), r.n, r.statistic]
        row += [degrees[0]] if x.tests["df1"].notna().any() else []
        row += [degrees[1]] if f_test else []
        row += [r.p_value, *([r.p_holm] if several else []), *([r.difference] if two_means else [])]
        rows.append((*row, r.effect_size, r.effect_lower, r.effect_upper))
    symbol = STATISTIC[x.method]
    columns = [
        Column.of("outcome", Words("Outcome", "Variabel")),
        Column.of("n"),
        Column("statistic", Words(symbol, symbol), "statistic"),
    ]
    if x.tests["df1"].notna().any():
        columns.append(Column("df1", Words("df1", "db1") if f_test else Words("df", "db"), "number"))
    columns += [Column.of("df2")] if f_test else []
    columns += [Column("p_value", Words("p", "Sig." if style.dialect == "thesis" else "p"), "p")]
    columns += [Column.of("p_holm")] if several else []
    columns += [Column("difference", Words("Difference", "Selisih"), "number")] if two_means else []
    effect = term("effect_size", str(x.tests["effect"].iloc[0]))
    columns += [
        Column("effect_size", effect, "number"),
        Column("effect_lower", LOWER, "number"),
        Column("effect_upper", UPPER, "number"),
    ]
    spanner = interval_spanner(float(x.meta.options["ci"]))
    method = term("group_method", x.method)
    names = [group(x, g) for g in x.groups["group"].unique()]
    order = Words(*(" – ".join(w.of(g) for w in names[:2]) for g in ("en", "id")))
    notes = [
        said("group_method", method=method),
        *([said("group_difference", order=order)] if two_means and x.by else []),
    ]
    made = Table(
        "T16",
        "group_tests",
        Words(f"Comparison of groups: {method.en}", f"Perbandingan kelompok: {method.id}"),
        tuple(columns),
        tuple(rows),
        spanners=(type(spanner)(spanner.label, ("effect_lower", "effect_upper")),),
        notes=tuple(notes),
    )
    return with_meta(made, x.meta)


def means(x: GroupComparison, style: Style) -> Table:
    """Each group: size, mean with interval, deviation, median and mean rank where ranks were compared."""
    names = ["n", "mean", "sd", "ci_lower", "ci_upper", *(("median", "mean_rank") if x.method in RANKS else ())]
    rows: list[tuple[Any, ...]] = []
    heads: dict[int, Words] = {}
    for name, block in x.groups.groupby("outcome", sort=False):
        heads[len(rows)] = outcome(x, str(name))
        rows += [(group(x, r.group), *(getattr(r, n) for n in names)) for r in rows_of(block)]
    lower, upper = interval("number")
    more = (Column.of("median"), Column("mean_rank", Words("Mean rank", "Rerata peringkat"), "number"))
    columns = [Column.of("group"), Column.of("n"), Column.of("mean"), Column.of("sd"), lower, upper]
    columns += more if x.method in RANKS else ()
    made = Table(
        "T6",
        "group_means",
        Words("Groups", "Kelompok"),
        tuple(columns),
        tuple(rows),
        groups=heads,
        spanners=(interval_spanner(float(x.meta.options["ci"])),),
    )
    return with_meta(made, x.meta)


def pairs(x: GroupComparison, style: Style) -> Table | None:
    """All pairs of groups after the test of all."""
    if x.post_hoc.empty:
        return None
    rows: list[tuple[Any, ...]] = []
    heads: dict[int, Words] = {}
    for name, block in x.post_hoc.groupby("outcome", sort=False):
        heads[len(rows)] = outcome(x, str(name))
        for r in rows_of(block):
            one, other = group(x, r.group_1), group(x, r.group_2)
            pair = Words(f"{one.en} – {other.en}", f"{one.id} – {other.id}")
            rows.append(
                (
                    pair,
                    r.difference if r.difference == r.difference else None,
                    r.statistic,
                    r.p_adjusted,
                    r.effect_size,
                    r.effect_lower,
                    r.effect_upper,
                )
            )
    method = term("post_hoc", str(x.post_hoc["method"].iloc[0]))
    ranks = x.method in RANKS
    spanner = interval_spanner(float(x.meta.options["ci"]))
    columns = [
        Column("pair", Words("Pair", "Pasangan")),
        Column(
            "difference",
            Words("Difference of mean ranks", "Selisih rerata peringkat") if ranks else Words("Difference", "Selisih"),
            "number",
        ),
        Column(
            "statistic",
            Words(
                "V" if x.method == "friedman" else "z" if ranks else "t",
                "V" if x.method == "friedman" else "z" if ranks else "t",
            ),
            "statistic",
        ),
        Column("p_adjusted", Words("p (adjusted)", "p (disesuaikan)"), "p"),
        Column("effect_size", Words("r" if ranks else "g", "r" if ranks else "g"), "number"),
        Column("effect_lower", LOWER, "number"),
        Column("effect_upper", UPPER, "number"),
    ]
    if x.method == "friedman":  # a signed-rank test has no difference of means
        del columns[1]
        rows = [(r[0], *r[2:]) for r in rows]
    made = Table(
        "T16",
        "post_hoc",
        Words(f"Pairs of groups: {method.en}", f"Pasangan kelompok: {method.id}"),
        tuple(columns),
        tuple(rows),
        groups=heads,
        spanners=(type(spanner)(spanner.label, ("effect_lower", "effect_upper")),),
    )
    return with_meta(made, x.meta)


def assumptions(x: GroupComparison, style: Style) -> Table | None:
    """Normality within groups, equal variances."""
    if x.assumptions.empty or x.method in RANKS:
        return None
    rows: list[tuple[Any, ...]] = []
    heads: dict[int, Words] = {}
    for name, block in x.assumptions.groupby("outcome", sort=False):
        heads[len(rows)] = outcome(x, str(name))
        for r in rows_of(block):
            test = term("assumption_test", r.test)
            who = group(x, r.group) if r.group else None
            shown = Words(f"{test.en}: {who.en}", f"{test.id}: {who.id}") if who else test
            verdict = None if r.p_value != r.p_value else term("evidence", "against" if r.p_value < ALPHA else "none")
            rows.append((shown, r.statistic, r.p_value, verdict))
    columns = (
        Column("test", Words("Test", "Uji")),
        Column("statistic", Words("Statistic", "Statistik"), "number", 3),
        Column.of("p_value"),
        Column("evidence", Words("Evidence", "Bukti")),
    )
    title = Words("Normality and equal variances of groups", "Normalitas dan homogenitas varians kelompok")
    made = Table("T6", "group_assumptions", title, columns, tuple(rows), groups=heads, notes=(said("assumptions"),))
    return with_meta(made, x.meta)
