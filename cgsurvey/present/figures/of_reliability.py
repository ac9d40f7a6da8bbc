"""Pictures of reliability and validity."""

from __future__ import annotations

from functools import partial

import numpy as np

from cgsurvey.base.references import rule
from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.forest import pages
from cgsurvey.present.figures.matrix import matrix_map
from cgsurvey.present.figures.reliability import item_rest_plot, reliability_forest
from cgsurvey.reliability import Reliability, Validity


@drawers.register(Reliability)
def _of_reliability(x: Reliability, language: str) -> Drawers:
    found = x.tidy()
    constructs = list(found.loc[found["alpha"].notna(), "construct"])
    items = x.items[x.items["r_drop"].notna()]
    coefficients = [
        partial(reliability_forest, x, [constructs[k] for k in page], language=language)
        for page in pages(constructs, most=36)
    ]
    against = [
        partial(item_rest_plot, x, items.iloc[page], language=language) for page in pages(list(items["construct"]))
    ]
    return numbered("reliability", coefficients) | numbered("item_rest", against)


@drawers.register(Validity)
def _of_validity(x: Validity, language: str) -> Drawers:
    labels = {n: x.meta.label(n, language) for n in x.htmt.index}
    if len(x.htmt) < 2:
        return {}
    limit = rule("htmt", "any")
    out = {
        "htmt": partial(
            matrix_map, x.htmt, kind="htmt", labels=labels, language=language, cut=limit.good if limit else None
        )
    }
    below = x.fornell_larcker.where(np.tril(np.ones(x.fornell_larcker.shape, dtype=bool), -1))
    if below.notna().any(axis=None):
        out["correlations"] = partial(matrix_map, below, kind="r", labels=labels, language=language)
    return out
