"""Tables of who is in the sample: early against late, sample against population, with and without the flagged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base import glossary
from cgsurvey.present.numbers import p_phrase, show
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
from cgsurvey.reliability import ExclusionSensitivity
from cgsurvey.reliability.exclusions import ALL, EVERYBODY
from cgsurvey.responses import NonresponseBias, Representativeness

_METHODS: Mapping[str, Words] = {
    "welch": Words("Means (Welch's t, Hedges' g)", "Rerata (t Welch, g Hedges)"),
    "chisq": Words("Categories (χ², Cramér's V)", "Kategori (χ², V Cramér)"),
}
_MARKS = {"difference": "a", "small": "b", "equivalent": "c", "undecided": "d"}
_SAMPLES = {
    EVERYBODY: Words("Everybody", "Semua responden"),
    ALL: Words("Without all flagged", "Tanpa semua yang ditandai"),
}
_PARTS: Mapping[str, Words] = {
    "fit": Words("Fit", "Kecocokan"),
    "loading": Words("Standardised loadings", "Muatan terstandar"),
    "path": Words("Standardised paths", "Jalur terstandar"),
    "defined": Words("Standardised defined parameters", "Parameter terdefinisi terstandar"),
}


@makers.register(NonresponseBias)
def _nonresponse_makers(x: NonresponseBias) -> Mapping[str, Maker]:
    return {"nonresponse": nonresponse}


@makers.register(Representativeness)
def _representativeness_makers(x: Representativeness) -> Mapping[str, Maker]:
    return {"representativeness": representativeness}


@makers.register(ExclusionSensitivity)
def _exclusions_makers(x: ExclusionSensitivity) -> Mapping[str, Maker]:
    return {"exclusions": exclusions, "exclusion_alpha": exclusion_alpha, "exclusion_model": exclusion_model}


def nonresponse(x: NonresponseBias, style: Style) -> Table:
    """T9: early and late respondents compared."""
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for method, block in x.comparisons.groupby("method", sort=False):
        groups[len(rows)] = _METHODS[str(method)]
        for r in rows_of(block):
            mean = method == "welch"
            rows.append(
                (
                    label(x.meta, r.variable),
                    r.mean_early if mean else None,
                    r.mean_late if mean else None,
                    r.statistic,
                    Cell(r.df, "number" if mean else "count", 1 if mean else 0),
                    r.p_holm,
                    Cell(r.effect_size, mark=_MARKS.get(r.verdict, "")),
                    r.ci_lower if mean else None,
                    r.ci_upper if mean else None,
                    r.p_equivalence if mean else None,
                )
            )
    columns = (
        Column.of("variable"),
        Column("mean_early", Words("M (early)", "M (awal)"), "number"),
        Column("mean_late", Words("M (late)", "M (akhir)"), "number"),
        Column("statistic", Words("t / χ²", "t / χ²"), "statistic"),
        Column("df", Words("df", "db"), "number"),
        Column.of("p_holm"),
        Column("effect_size", Words("g / V", "g / V"), "number"),
        *interval("number"),
        Column.of("p_equivalence"),
    )
    reached = set(x.comparisons["verdict"])
    options = x.meta.options
    sizes = {"n_early": options["n_early"], "n_late": options["n_late"]}
    bound = Words(*(show(x.bound, "number", g, 2) for g in ("en", "id")))
    made = Table(
        "T9",
        "nonresponse",
        Words("Early and late respondents", "Responden awal dan responden akhir"),
        columns,
        tuple(rows),
        groups=groups,
        spanners=(interval_spanner(float(options["ci"])),),
        notes=(said(f"nonresponse_{x.how}", **sizes), said("nonresponse", bound=bound)),
        footnotes={mark: term("comparison", verdict) for verdict, mark in _MARKS.items() if verdict in reached},
    )
    return with_meta(made, x.meta)


def representativeness(x: Representativeness, style: Style) -> Table:
    """T2: shares of the sample beside those of the population, with the test of each variable in its heading."""
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    tests = x.tests.set_index("variable")
    for variable, block in x.shares.rename(columns={"count": "people"}).groupby("variable", sort=False):
        groups[len(rows)] = _test(label(x.meta, str(variable)), tests.loc[str(variable)])
        for r in rows_of(block):
            key = f"{variable}={r.category}"
            name = label(x.meta, key) if key in x.meta.labels else words(str(r.category))
            rows.append((name, r.people, r.share, r.population_share, r.difference, r.std_residual))
    columns = (
        Column.of("category"),
        Column.of("n"),
        Column("share", Words("Sample (%)", "Sampel (%)"), "share"),
        Column.of("population_share"),
        Column("difference", Words("Difference (points)", "Selisih (poin)"), "share"),
        Column("std_residual", Words("Residual", "Residual"), "statistic"),
    )
    title = Words("Sample and population", "Sampel dan populasi")
    made = Table(
        "T2", "representativeness", title, columns, tuple(rows), groups=groups, notes=(said("representativeness"),)
    )
    return with_meta(made, x.meta)


def _test(name: Words, test: pd.Series) -> Words:
    def text(language: str) -> str:
        chisq, w = (show(test[c], k, language) for c, k in (("chisq", "statistic"), ("cohen_w", "number")))
        return f"{name.of(language)}: χ²({test['df']}) = {chisq}, {p_phrase(test['p_value'], language)}, w = {w}"

    return Words(text("en"), text("id"))


def exclusions(x: ExclusionSensitivity, style: Style) -> Table:
    """T5: each sample with the largest changes in it."""
    found, rows = x.changes, []
    for r in rows_of(x.samples):
        here = found[found["sample"] == r.sample]

        def largest(rows: pd.Series, table: pd.DataFrame = here) -> float | None:
            part = table.loc[rows, "difference"]
            return None if part.empty else float(part.loc[part.abs().idxmax()]) if part.notna().any() else np.nan

        fit = {m: largest((here["measure"] == "fit") & (here["name"] == m)) for m in ("cfi", "rmsea")}
        coefficients = here["measure"].isin(["loading", "path", "defined"])
        first = r.sample == EVERYBODY
        numbers = (largest(here["measure"] == "alpha"), fit["cfi"], fit["rmsea"], largest(coefficients))
        changed = int((here["sign_changed"] | here["decision_changed"]).sum()) if coefficients.any() else None
        rows.append((_sample(r.sample), r.n, r.n_excluded, *((None,) * 5 if first else (*numbers, changed))))
    columns = (
        Column("sample", Words("Sample", "Sampel")),
        Column.of("n"),
        Column.of("n_excluded"),
        Column("alpha_change", Words("Δα", "Δα"), "coefficient", 3),
        Column("cfi_change", Words("ΔCFI", "ΔCFI"), "coefficient", 3),
        Column("rmsea_change", Words("ΔRMSEA", "ΔRMSEA"), "coefficient", 3),
        Column("coefficient_change", Words("Δ coefficient", "Δ koefisien"), "coefficient", 3),
        Column("changed", Words("Changed decisions", "Keputusan berubah"), "count"),
    )
    empty = {c.name for j, c in enumerate(columns) if j > 2 and all(r[j] is None for r in rows)}
    title = Words("Results with and without flagged respondents", "Hasil dengan dan tanpa responden yang ditandai")
    kept = [j for j, c in enumerate(columns) if c.name not in empty]
    made = Table(
        "T5",
        "exclusions",
        title,
        tuple(columns[j] for j in kept),
        tuple(tuple(r[j] for j in kept) for r in rows),
        notes=(said("exclusions"),),
    )
    return with_meta(made, x.meta)


def exclusion_alpha(x: ExclusionSensitivity, style: Style) -> Table | None:
    """T5: alpha of each construct with everybody and without the flagged."""
    return _changes(
        x,
        ("alpha",),
        "exclusion_alpha",
        Words("Alpha without flagged respondents", "Alpha tanpa responden yang ditandai"),
    )


def exclusion_model(x: ExclusionSensitivity, style: Style) -> Table | None:
    """T5: fit and standardised coefficients with everybody and without the flagged; loadings where there is no path."""
    title = Words("Model without flagged respondents", "Model tanpa responden yang ditandai")
    paths = ("fit", "path", "defined") if (x.changes["measure"] == "path").any() else ("fit", "loading", "defined")
    return _changes(x, paths, "exclusion_model", title)


def _changes(x: ExclusionSensitivity, measures: tuple[str, ...], name: str, title: Words) -> Table | None:
    found = x.changes[x.changes["measure"].isin(measures)]
    if found.empty:
        return None
    last = x.samples["sample"].iloc[-1]
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for (measure, what), block in found.groupby(["measure", "name"], sort=False):
        if measure in _PARTS and _PARTS[measure] not in groups.values():
            groups[len(rows)] = _PARTS[measure]
        by = block.set_index("sample")
        alone = by.drop(index=[EVERYBODY])["difference"]
        top = str(alone.abs().idxmax()) if alone.notna().any() else ""
        kind = glossary.column(what).kind if measure == "fit" else "coefficient"
        digits = 3 if kind == "coefficient" else None
        # a difference of p-values is a signed number
        change = Cell(
            alone[top] if top else np.nan, "coefficient" if kind == "p" else kind, 3 if kind == "p" else digits
        )
        changed = None if measure in ("alpha", "fit") else bool(by[["sign_changed", "decision_changed"]].any(axis=None))
        rows.append(
            (
                _name(x, measure, what),
                *(Cell(by.loc[sample, "estimate"], kind, digits) for sample in (EVERYBODY, last)),
                change,
                _sample(top) if top and alone[top] else None,
                changed,
            )
        )
    columns = [
        Column("name", Column.of("construct" if measures == ("alpha",) else "measure").label),
        Column("everybody", _SAMPLES[EVERYBODY], "number"),
        Column("without", _sample(last), "number"),
        Column("difference", Words("Largest change", "Perubahan terbesar"), "number"),
        Column("sample", Words("in the sample", "pada sampel")),
        Column("changed", Words("Decision changes", "Keputusan berubah"), "flag"),
    ]
    if all(r[-1] is None for r in rows):
        columns, rows = columns[:-1], [r[:-1] for r in rows]
    made = Table("T5", name, title, tuple(columns), tuple(rows), groups=groups, notes=(said("exclusion_changes"),))
    return with_meta(made, x.meta)


def _name(x: ExclusionSensitivity, measure: str, what: str) -> Words:
    """Return the words for a fit measure, a construct or a parameter."""
    return Column.of(what).label if measure == "fit" else label(x.meta, what) if measure == "alpha" else words(what)


def _sample(name: str) -> Words:
    """Return the words for a sample: everybody, all rules, or the rule that was applied."""
    if name in _SAMPLES:
        return _SAMPLES[name]
    rule = term("rule_name", name)
    return Words(f"Without: {rule.en}", f"Tanpa: {rule.id}")
