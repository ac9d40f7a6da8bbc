"""Pictures of reliability and validity."""

from __future__ import annotations

from functools import partial

import numpy as np

from cgsurvey.base.references import rule
from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.forest import pages
from cgsurvey.present.figures.intervals import discriminant_intervals, expert_intervals, retest_intervals
from cgsurvey.present.figures.matrix import matrix_map
from cgsurvey.present.figures.reliability import item_rest_plot, reliability_forest
from cgsurvey.present.figures.rivals import criteria_plot
from cgsurvey.present.figures.validity import pair_intervals, pair_limits
from cgsurvey.reliability import DiscriminantValidity, ExpertJudgement, Reliability, Retest, Rivals, Validity


@drawers.register(Reliability)
def _of_reliability(x: Reliability, language: str) -> Drawers:
    found = x.tidy()
    constructs = list(found.loc[found["alpha"].notna(), "construct"])
    items = x.items[x.items["r_drop"].notna()]
    coefficients = [
        partial(reliability_forest, x, [constructs[k] for k in page], language=language)
        for page in pages(constructs, most=20)
    ]
    against = [
        partial(item_rest_plot, x, items.iloc[page], language=language) for page in pages(list(items["construct"]))
    ]
    return numbered("reliability", coefficients) | numbered("item_rest", against)


@drawers.register(Validity)
def _of_validity(x: Validity, language: str) -> Drawers:
    if len(x.htmt) < 2:
        return {}
    labels = {n: x.meta.label(n, language) for n in x.htmt.index}
    limit = rule("htmt", "any")
    cut = limit.good if limit else None
    limits = pair_limits(x)
    out = {"htmt": partial(matrix_map, x.htmt, kind="htmt", labels=labels, language=language, cut=cut, limits=limits)}
    below = x.fornell_larcker.where(np.tril(np.ones(x.fornell_larcker.shape, dtype=bool), -1))
    if below.notna().any(axis=None):
        out["correlations"] = partial(matrix_map, below, kind="r", labels=labels, language=language)
    if limits is not None:
        out["pairs"] = partial(pair_intervals, x, language=language)
    return out


@drawers.register(DiscriminantValidity)
def _of_discriminant(x: DiscriminantValidity, language: str) -> Drawers:
    return {"discriminant": partial(discriminant_intervals, x, language=language)} if x.pairs["r"].notna().any() else {}


@drawers.register(ExpertJudgement)
def _of_experts(x: ExpertJudgement, language: str) -> Drawers:
    if "v" not in x.table:
        return {}
    items = x.table[x.table["v"].notna()]
    shown = [partial(expert_intervals, x, items.iloc[page], language=language) for page in pages([""] * len(items), 36)]
    return numbered("experts", shown)


@drawers.register(Retest)
def _of_retest(x: Retest, language: str) -> Drawers:
    return {"retest": partial(retest_intervals, x, language=language)}


@drawers.register(Rivals)
def _of_rivals(x: Rivals, language: str) -> Drawers:
    return {"criteria": partial(criteria_plot, x, language=language)} if x.models["bic"].notna().sum() > 1 else {}
