"""Pictures of reliability and validity."""

from __future__ import annotations

from functools import partial

import numpy as np

from cgsurvey.base.references import rule
from cgsurvey.present.figures.drawers import Drawers, drawers
from cgsurvey.present.figures.matrix import matrix_map
from cgsurvey.reliability import Validity


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
