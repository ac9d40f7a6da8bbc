"""What common-method variance is told by: tables of models, tests and loadings, the evidence, the remarks.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cgsurvey.base.notes import Note, note
from cgsurvey.reliability.coefficients import NAN, Floats
from cgsurvey.reliability.method_models import METHOD, Items, Models, all_items, method_loadings
from cgsurvey.reliability.method_numbers import OneFactor
from cgsurvey.reliability.model_tests import Step
from cgsurvey.sem import SemFit
from cgsurvey.sem.testing.difference import mixture

MEASURES = ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "aic", "bic")
MODELS = (
    "one_factor", "measurement", "ulmc_equal", "ulmc_free",
    "marker_cfa", "baseline", "method_c", "method_u", "method_r",
)  # fmt: skip
LOADINGS = [
    "model", "construct", "item", "loading", "loading_method_model", "change", "method_loading", "trait", "method",
    "error",
]  # fmt: skip
UNLIKE = 2.0  # ratio of standard deviations from which equal loadings in raw units mean different things


def model_table(models: Models) -> pd.DataFrame:
    """Return one row per model that was tried, NaN where it failed."""
    known = [m for m in MODELS if m in models.fits or m in models.failed]
    numbers = {measure: [_measure(models.fits.get(m), measure) for m in known] for measure in MEASURES}
    return pd.DataFrame({"model": known, **numbers})


def difference_table(models: Models, steps: Mapping[tuple[str, str], Step]) -> pd.DataFrame:
    """Return one row per difference test."""
    rows = [
        {
            "model": large,
            "against": small,
            "chisq_diff": s.statistic,
            "df_diff": s.df,
            "p_value": s.p_value,
            "cfi_diff": _measure(models.fits[large], "cfi") - _measure(models.fits[small], "cfi"),
        }
        for (large, small), s in steps.items()
    ]
    return pd.DataFrame(rows, columns=["model", "against", "chisq_diff", "df_diff", "p_value", "cfi_diff"])


def loading_table(models: Models, items: Items, marker: str, retained: str) -> pd.DataFrame:
    """Return loadings with and without the method factor, and the variance of each item by source."""
    owner = {i: c for c, b in items.items() for i in b}
    tables = []
    pairs = [(name, "measurement", METHOD) for name in ("ulmc_equal", "ulmc_free")]
    for name, before, factor in (*pairs, (retained, "baseline", marker)):
        if name not in models.fits or before not in models.fits:
            continue
        plain = method_loadings(models.fits[before], items, factor)[0]
        trait, method, error = method_loadings(models.fits[name], items, factor)
        rows = [(name, owner[i], i) for i in all_items(items)]
        numbers = np.column_stack([plain, trait, trait - plain, method, trait**2, method**2, error])
        tables.append(pd.DataFrame([(*a, *b) for a, b in zip(rows, numbers.tolist(), strict=True)], columns=LOADINGS))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=LOADINGS)


def evidence(
    harman: OneFactor,
    models: Models,
    steps: Mapping[tuple[str, str], Step],
    loadings: pd.DataFrame,
    collinearity: pd.DataFrame,
    adjusted: pd.DataFrame,
    r_m: float,
) -> pd.DataFrame:
    """Return one row per technique and measure."""
    rows: list[tuple[str, str, float, float, float]] = [
        ("harman", "component_share", harman.component_share, NAN, NAN),
        ("harman", "factor_share", harman.factor_share, NAN, NAN),
    ]

    def test(technique: str, measure: str, pair: tuple[str, str]) -> None:
        if pair in steps:
            rows.append((technique, measure, steps[pair].statistic, steps[pair].df, steps[pair].p_value))

    test("one_factor", "chisq_diff", ("measurement", "one_factor"))
    for name in ("ulmc_equal", "ulmc_free"):
        mine = loadings[loadings["model"] == name]
        if len(mine):
            test(name, "chisq_diff", (name, "measurement"))
            gain = _measure(models.fits[name], "cfi") - _measure(models.fits["measurement"], "cfi")
            rows.append((name, "cfi_diff", gain, NAN, NAN))
            rows.append((name, "method_share", float(mine["method"].mean()), NAN, NAN))
            rows.append((name, "trait_share", float(mine["trait"].mean()), NAN, NAN))
            rows.append((name, "change_max", float(mine["change"].abs().max()), NAN, NAN))
    if len(adjusted):
        rows.append(("marker", "r_marker", r_m, NAN, NAN))
        rows.append(("marker", "n_lost", float(adjusted["lost"].sum()), NAN, NAN))
    test("marker_cfa", "method_c", ("method_c", "baseline"))
    test("marker_cfa", "method_u", ("method_u", "method_c"))
    for retained in ("method_c", "method_u"):
        test("marker_cfa", "method_r", (retained, "method_r"))
    rows.append(("collinearity", "vif", float(collinearity["vif"].max()), NAN, NAN))
    rows.append(("collinearity", "vif_latent", float(collinearity["vif_latent"].max()), NAN, NAN))
    return pd.DataFrame(rows, columns=["technique", "measure", "estimate", "df", "p_value"])


def remarks(
    models: Models,
    items: Items,
    sd: Floats,
    harman: OneFactor,
    steps: Mapping[tuple[str, str], Step],
    loadings: pd.DataFrame,
) -> list[Note]:
    """Return what must be known to read the evidence."""
    notes = [note("reliability.harman", share=100 * harman.component_share)]
    if {"ulmc_equal", "ulmc_free"} & set(models.fits):
        notes.append(note("reliability.ulmc_weak"))
    boundary = steps.get(("ulmc_equal", "measurement"))
    if boundary is not None and np.isfinite(boundary.statistic):
        notes.append(note("reliability.ulmc_boundary", p=mixture(max(boundary.statistic, 0.0), 1)))
    if sd.max() > UNLIKE * sd.min():
        notes.append(note("reliability.method_units", ratio=float(sd.max() / sd.min())))
    if any(s.other for s in steps.values()):
        notes.append(note("reliability.method_scaling"))
    for name in ("ulmc_equal", "ulmc_free"):
        mine = loadings[loadings["model"] == name]
        turned = mine[mine["loading"] * mine["loading_method_model"] < 0]["item"].tolist()
        if turned:
            notes.append(note("reliability.method_swallows", model=name, items=", ".join(turned)))
    design = models.source.design
    if design is not None and design.columns:
        notes.append(note("reliability.method_unweighted", columns=", ".join(design.columns)))
    thin = [c for c, b in items.items() if len(b) < 3]
    if thin:
        notes.append(note("reliability.method_thin", constructs=", ".join(thin)))
    return notes


def _measure(fit: SemFit | None, name: str) -> float:
    return NAN if fit is None else float(fit.fit_measures.get(name, NAN))
