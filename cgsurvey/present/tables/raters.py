"""Tables of raters, of experts and of people asked twice: ICC, Aiken's V, content validity, test-retest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.present.table import Cell, Column, Table, Words
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    interval,
    interval_spanner,
    item_label,
    judged,
    label,
    makers,
    rows_of,
    rules_for,
    said,
    used_rules,
    with_meta,
)
from cgsurvey.reliability import ExpertJudgement, Retest
from cgsurvey.responses.agreement import Agreement, IntraclassCorrelation

VALID, NOT_VALID = Words("Valid", "Valid"), Words("Not valid", "Tidak valid")


@makers.register(IntraclassCorrelation)
def _icc_makers(x: IntraclassCorrelation) -> Mapping[str, Maker]:
    return {"icc": icc}


@makers.register(Agreement)
def _agreement_makers(x: Agreement) -> Mapping[str, Maker]:
    return {"agreement": agreement}


@makers.register(Retest)
def _retest_makers(x: Retest) -> Mapping[str, Maker]:
    return {"retest": retest}


@makers.register(ExpertJudgement)
def _expert_makers(x: ExpertJudgement) -> Mapping[str, Maker]:
    return {"aiken": aiken} if "v" in x.table else {"cvi": cvi}


def decided(valid: Any) -> Cell:
    """Return "Valid" or "Not valid", empty where it cannot be decided."""
    if pd.isna(valid):
        return Cell(None, kind="text")
    return Cell(VALID if valid else NOT_VALID, kind="text", verdict="good" if valid else "poor")


def icc(x: IntraclassCorrelation, style: Style) -> Table:
    """Intraclass correlations with F test and interval."""
    by_group = "construct" in x.table
    lead = (Column.of("construct"), Column.of("n_groups"), Column.of("mean_group_size")) if by_group else ()
    rows = []
    for r in rows_of(x.table):
        head = (label(x.meta, r.construct), r.n_groups, r.mean_group_size) if by_group else ()
        rows.append((*head, r.type, r.icc, r.ci_lower, r.ci_upper, r.statistic, r.df1, r.df2, r.p_value))
    columns = (
        *lead,
        Column("type", Words("Form", "Bentuk")),
        Column.of("icc", digits=3),
        *interval("coefficient", 3),
        Column.of("statistic", Words("F", "F")),
        Column("df1", Words("df1", "db1"), "count"),
        Column("df2", Words("df2", "db2"), "count"),
        Column.of("p_value"),
    )
    made = Table(
        "T10",
        "icc",
        Words("Intraclass correlations", "Korelasi intrakelas"),
        columns,
        tuple(rows),
        spanners=(interval_spanner(float(x.meta.options.get("ci", 0.95))),),
        notes=(said("icc_groups" if by_group else "icc_raters"),),
    )
    return with_meta(made, x.meta)


def agreement(x: Agreement, style: Style) -> Table:
    """Agreement within groups, by construct."""
    by = rules_for(style, "rwg")
    rows = tuple(
        (
            label(x.meta, r.construct),
            *(r.n_items, r.n_groups, r.mean_group_size, r.rwg),
            judged(r.rwg_median, by["rwg"]),
            r.share,
        )
        for r in rows_of(x.table)
    )
    columns = (
        Column.of("construct"),
        Column.of("n_items"),
        Column.of("n_groups"),
        Column.of("mean_group_size"),
        Column.of("rwg", Words("Mean rwg", "Rerata rwg"), digits=3),
        Column.of("rwg_median", digits=3),
        Column.of("share", Words("Groups that reach it (%)", "Kelompok yang mencapainya (%)")),
    )
    made = Table(
        "T10",
        "agreement",
        Words("Agreement within groups", "Kesepakatan di dalam kelompok"),
        columns,
        rows,
        notes=(said("agreement"),),
        rules=used_rules(by),
    )
    return with_meta(made, x.meta)


def retest(x: Retest, style: Style) -> Table:
    """Stability of scores over two occasions."""
    level = float(x.meta.options.get("ci", 0.95))
    rows = tuple(
        (
            label(x.meta, r.construct),
            r.n,
            *(r.mean_first, r.mean_second, r.mean_change, r.p_value),
            *(r.r, r.icc, r.icc_ci_lower, r.icc_ci_upper, r.sem, r.mdc),
        )
        for r in rows_of(x.table)
    )
    columns = (
        Column.of("construct"),
        Column.of("n"),
        Column.of("mean_first"),
        Column.of("mean_second"),
        Column.of("mean_change", Words("Change", "Perubahan")),
        Column.of("p_value"),
        Column.of("r", digits=3),
        Column.of("icc", Words("ICC(A,1)", "ICC(A,1)"), digits=3),
        *interval("coefficient", 3),
        Column.of("sem"),
        Column.of("mdc"),
    )
    made = Table(
        "T10",
        "retest",
        Words("Test-retest reliability", "Reliabilitas tes-ulang"),
        columns,
        rows,
        spanners=(interval_spanner(level),),
        notes=(said("retest", percent=Words(f"{100 * level:g}", f"{100 * level:g}".replace(".", ","))),),
    )
    return with_meta(made, x.meta)


def aiken(x: ExpertJudgement, style: Style) -> Table:
    """Aiken's V of each item, against its critical value."""
    rows = tuple(
        (item_label(x.meta, r.item), r.n, r.v, r.ci_lower, r.ci_upper, r.p_value, r.v_critical, decided(r.valid))
        for r in rows_of(x.table)
    )
    columns = (
        Column("item", Words("Item", "Butir")),
        Column.of("n", Words("Experts", "Ahli")),
        Column.of("v", Words("V", "V"), digits=3),
        *interval("coefficient", 3),
        Column.of("p_value"),
        Column.of("v_critical", digits=3),
        Column("valid", Words("Decision", "Keputusan")),
    )
    options = x.meta.options
    made = Table(
        "T3",
        "aiken",
        Words("Content validity: Aiken's V", "Validitas isi: V Aiken"),
        columns,
        rows,
        spanners=(interval_spanner(float(options.get("ci", 0.95))),),
        notes=(said("aiken", low=str(options["low"]), high=str(options["high"]), mean=_three(x.overall["v"].iloc[0])),),
    )
    return with_meta(made, x.meta)


def cvi(x: ExpertJudgement, style: Style) -> Table:
    """Content validity index and ratio of each item."""
    by = rules_for(style, "i_cvi", "kappa")
    rows = tuple(
        (
            item_label(x.meta, r.item),
            r.n,
            r.n_relevant,
            r.i_cvi,
            judged(r.kappa, by["kappa"]),
            r.cvr,
            r.cvr_critical,
            decided(r.valid),
        )
        for r in rows_of(x.table)
    )
    columns = (
        Column("item", Words("Item", "Butir")),
        Column.of("n", Words("Experts", "Ahli")),
        Column.of("n_relevant"),
        Column.of("i_cvi", digits=2),
        Column.of("kappa", Words("κ*", "κ*"), digits=2),
        Column.of("cvr", digits=2),
        Column.of("cvr_critical", digits=2),
        Column("valid", Words("Decision", "Keputusan")),
    )
    whole = {name: _three(x.overall[name].iloc[0]) for name in ("s_cvi_ave", "s_cvi_ua")}
    made = Table(
        "T3",
        "cvi",
        Words("Content validity index", "Indeks validitas isi"),
        columns,
        rows,
        notes=(said("cvi", average=whole["s_cvi_ave"], universal=whole["s_cvi_ua"]),),
        rules=used_rules(by),
    )
    return with_meta(made, x.meta)


def _three(value: float) -> Words:
    if not np.isfinite(value):
        return Words("—", "—")
    return Words(f"{value:.3f}", f"{value:.3f}".replace(".", ","))
