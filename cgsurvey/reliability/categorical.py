"""Omega of sums of ordered items: from the thresholds and latent responses of a fitted model.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CgSurveyError
from cgsurvey.base.notes import Note, note
from cgsurvey.reliability.coefficients import NAN, Floats, correlation
from cgsurvey.reliability.green_yang import green_yang
from cgsurvey.reliability.polychoric import is_ordinal
from cgsurvey.reliability.scale import Scale
from cgsurvey.sem import SemFit, cfa


def omega_of_answers(scales: Sequence[Scale]) -> tuple[list[dict[str, Any]], list[Note]]:
    """Fit one factor to the latent responses of each construct of three or more ordered items (WLSMV)."""
    rows: list[dict[str, Any]] = []
    notes: list[Note] = []
    for s in scales:
        if not s.defined or s.x is None or s.k < 3 or not is_ordinal(s.x):
            continue
        names = [f"y{j + 1}" for j in range(s.k)]
        try:
            fit = cfa("f =~ " + " + ".join(names), pd.DataFrame(s.x, columns=names), std_lv=True, ordered=True)
        except CgSurveyError as error:
            notes.append(note("reliability.categorical_failed", construct=s.name, reason=error.words()))
            continue
        loadings = fit.tidy().query("op == '=~'")["std_all"].to_numpy(dtype=float)
        common = np.outer(loadings, loadings)
        found = {
            "omega_categorical": categorical_omega(fit, 0, np.arange(s.k), common),
            "omega_latent": float(common.sum() / correlation(fit.samples[0].cov).sum()),
        }
        for measure, value in found.items():
            empty = {"std_error": NAN, "ci_lower": NAN, "ci_upper": NAN}
            rows.append({"construct": s.name, "measure": measure, "estimate": value, **empty, "method": "categorical"})
    return rows, notes


def categorical_omega(fit: SemFit, g: int, at: np.ndarray, common: Floats, *, implied: bool = False) -> float:
    """Green-Yang omega of the items `at` (places among the observed variables) of group g.

    `common` is what factors give to the correlations of their latent responses; the variance of the sum rests on the
    polychoric correlations of the sample, or on those the model implies.
    """
    filled, names = fit.matrices[g], fit.table.observed
    assert filled.thresholds is not None
    ordered = [int(v) for v in fit.structure.ordered]
    answers = [np.array(fit.categories[names[v]]) for v in ordered]
    ends = np.cumsum([0, *(len(a) - 1 for a in answers)])
    sd = np.sqrt(np.diag(filled.Sigma))
    thresholds, steps = [], []
    for v in at:
        k = ordered.index(int(v))
        thresholds.append((filled.thresholds[ends[k] : ends[k + 1]] - filled.mu[v]) / sd[v])
        steps.append(np.diff(answers[k]))
    total = filled.Sigma if implied else fit.samples[g].cov
    return green_yang(thresholds, common, correlation(total)[np.ix_(at, at)], steps)
