"""Tables of planning: sample size with what it assumes, allocation over strata, power of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.planning import Allocation, Power, SampleSize
from cgsurvey.present.table import Cell, Column, Table, Words
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

# How the number of an assumption is printed: kind and decimals.
_PRINTED: Mapping[str, tuple[str, int]] = {
    "population": ("count", 0),
    "margin": ("number", 3),
    "confidence": ("share", 0),
    "proportion": ("coefficient", 2),
    "sd": ("number", 2),
    "design_effect": ("number", 2),
    "response_rate": ("share", 1),
    "path": ("coefficient", 3),
    "r2": ("coefficient", 3),
    "predictors": ("count", 0),
    "df": ("count", 0),
    "rmsea_null": ("coefficient", 3),
    "rmsea_true": ("coefficient", 3),
    "groups": ("count", 0),
    "alpha": ("coefficient", 2),
    "power": ("coefficient", 2),
}
_PLAIN = ("design_effect", "response_rate", "groups")  # not said where they are 1


@makers.register(SampleSize)
def _sample_size_makers(x: SampleSize) -> Mapping[str, Maker]:
    return {"sample_size": sample_size}


@makers.register(Allocation)
def _allocation_makers(x: Allocation) -> Mapping[str, Maker]:
    return {"allocation": allocation}


@makers.register(Power)
def _power_makers(x: Power) -> Mapping[str, Maker]:
    return {"power": power, "needed": needed, "replications": replications}


def sample_size(x: SampleSize, style: Style) -> Table:
    """T1: what was assumed, the steps to n, what n reaches."""
    rows: list[tuple[Any, ...]] = [(term("planning", "method"), term("sizing", x.method))]
    percent = x.measure == "margin" and x.method != "mean"
    for name in (k for k in _PRINTED if k in x.meta.options):
        value = x.meta.options[name]
        if not (value == 1 and name in _PLAIN):
            rows.append(
                (term("planning", "margin_percent" if name == "margin" and percent else name), _assumed(x, name, value))
            )
    groups = {0: Words("Assumptions", "Asumsi"), len(rows): Words("Respondents", "Responden")}
    for r in rows_of(x.steps):
        if r.step == "exact" and r.n_exact == x.n:
            continue
        whole = r.step in ("rounded", "invited")
        rows.append((term("planning", r.step), Cell(r.n_exact, "count" if whole else "number", 0 if whole else 2)))
    reached = x.glance().iloc[0][x.measure]
    rows.append(
        (term("planning", f"{x.measure}_reached{'_percent' if percent else ''}"), _assumed(x, x.measure, reached))
    )
    made = Table(
        "T1",
        "sample_size",
        Words("Sample size", "Ukuran sampel"),
        (Column("assumption", Words("", "")), Column("value", Words("Value", "Nilai"), "number")),
        tuple(rows),
        groups=groups,
        notes=tuple(Words(n.text, n.render("id")) for n in x.notes),
    )
    return with_meta(made, x.meta)


def _assumed(x: SampleSize, name: str, value: Any) -> Cell:
    if name == "margin" and x.method != "mean":
        return Cell(value, "share", 1)
    kind, digits = _PRINTED[name]
    return Cell(value, kind, digits)


def allocation(x: Allocation, style: Style) -> Table:
    """T1: respondents per stratum with sampling fraction and weight."""
    names = ["population", *(c for c in ("sd", "cost") if c in x.table), "n", "sampling_fraction", "weight"]
    rows = [(label(x.meta, r.stratum), *(getattr(r, c) for c in names)) for r in rows_of(x.table)]
    total = x.table[["population", "n"]].sum()
    sums = {"population": total["population"], "n": total["n"], "sampling_fraction": total["n"] / total["population"]}
    rows.append((Words("All strata", "Semua strata"), *(sums.get(c) for c in names)))
    method = term("allocation", str(x.meta.options["method"]))
    notes = [said("allocation", method=method)]
    if pd.notna(x.std_error):
        notes.append(_errors(x))
    made = Table(
        "T1",
        "allocation",
        Words("Allocation of the sample", "Alokasi sampel"),
        tuple(Column.of(c) for c in ("stratum", *names)),
        tuple(rows),
        notes=tuple(notes),
    )
    return with_meta(made, x.meta)


def _errors(x: Allocation) -> Words:
    def shown(value: float) -> Words:
        return Words(f"{value:.4g}", f"{value:.4g}".replace(".", ","))

    return said("allocation_error", se=shown(x.std_error), proportional=shown(x.std_error_proportional))


def power(x: Power, style: Style) -> Table:
    """T1: power, bias and coverage of each target parameter over n."""
    frame = x.tidy()
    theory = frame["power_expected"].notna().any()
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for name in x.targets:
        groups[len(rows)] = parameter(x, name)
        for r in rows_of(frame[of(frame, name)]):
            rows.append(
                (
                    r.n,
                    r.true_value,
                    r.relative_bias,
                    r.coverage,
                    r.power,
                    r.ci_lower,
                    r.ci_upper,
                    *((r.power_expected,) if theory else ()),
                )
            )
    columns = [
        Column.of("n"),
        Column.of("true_value", digits=3),
        Column.of("relative_bias"),
        Column.of("coverage"),
        Column.of("power", digits=3),
        *interval("coefficient", 3),
        *((Column.of("power_expected", digits=3),) if theory else ()),
    ]
    made = Table(
        "T1",
        "power",
        Words("Power by simulation", "Daya uji dengan simulasi"),
        tuple(columns),
        tuple(rows),
        groups=groups,
        spanners=(interval_spanner(0.95),),
        notes=(said("power", count=int(x.meta.options["replications"]), alpha=_alpha(x)),),
    )
    return with_meta(made, x.meta)


def needed(x: Power, style: Style) -> Table:
    """T1: the n at which each target parameter reaches the wanted power."""
    rows = [
        (parameter(x, f"{r.lhs} {r.op} {r.rhs}"), r.true_value, np.ceil(r.n), np.floor(r.ci_lower), np.ceil(r.ci_upper))
        for r in rows_of(x.needed)
    ]
    percent = f"{100 * x.target:g}"
    made = Table(
        "T1",
        "needed",
        Words(f"n for a power of {percent}%", f"n untuk daya uji {percent.replace('.', ',')}%"),
        (
            Column.of("path"),
            Column.of("true_value", digits=3),
            Column("n_needed", Words("n needed", "n yang diperlukan"), "count"),
            *interval("count"),
        ),
        tuple(rows),
        spanners=(interval_spanner(0.95),),
        notes=(said("power_needed"),),
    )
    return with_meta(made, x.meta)


def replications(x: Power, style: Style) -> Table:
    """T1: what was replicated, how much of it converged, how often the model was rejected."""
    names = ["n", "replications", "converged_share", "improper_share"]
    names += ["rejection_share"] if x.runs["rejection_share"].notna().any() else []
    made = Table(
        "T1",
        "replications",
        Words("Replications", "Replikasi"),
        tuple(Column.of(name) for name in names),
        tuple(tuple(getattr(r, name) for name in names) for r in rows_of(x.runs)),
        notes=(said("power_runs", alpha=_alpha(x)),),
    )
    return with_meta(made, x.meta)


def _alpha(x: Power) -> Words:
    text = f"{float(x.meta.options['alpha']):g}"
    return Words(text.lstrip("0"), text.replace(".", ","))


def of(frame: pd.DataFrame, name: str) -> pd.Series:
    """Tell which rows of a table of parameters are those of `name`, "y ~ x"."""
    return (frame["lhs"] + " " + frame["op"] + " " + frame["rhs"]) == name


def parameter(x: Power, name: str) -> Words:
    """Return a parameter in words: cause → effect, one ↔ the other, the name of what is defined."""
    lhs, op, rhs = name.split(" ", 2)
    if op == ":=":
        return label(x.meta, lhs)
    a, b = label(x.meta, lhs), label(x.meta, rhs)
    first, second = (b, a) if op == "~" else (a, b)
    arrow = "↔" if op == "~~" else "→"
    return Words(f"{first.en} {arrow} {second.en}", f"{first.id} {arrow} {second.id}")
