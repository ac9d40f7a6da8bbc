"""Difference tests between models that are nested by how they were written, and what a fit says against itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cgsurvey.base.errors import OptionError
from cgsurvey.reliability.coefficients import NAN
from cgsurvey.responses.source import Source
from cgsurvey.sem import SemFit, compare
from cgsurvey.sem.nested import ADJUSTED, SCALED
from cgsurvey.sem.testing.difference import chi_square, scaled

# What a solution that no population could have is told by.
IMPROPER = ("sem.heywood", "sem.latent_covariance", "sem.residual_covariance")
# Options of a fit that further fits are made under; the rest follows from them, or is about scale and output.
KEPT = ("estimator", "ordered", "parameterization", "missing", "likelihood", "information", "meanstructure", "fixed_x")


@dataclass(frozen=True)
class Step:
    """Difference of a restricted model from the one it is nested in; `other` where the test of 2000 was made."""

    statistic: float
    df: float
    p_value: float
    other: bool = False


def step(larger: SemFit, smaller: SemFit, source: Source) -> Step:
    """Test restrictions by the method that the estimator asks for.

    Scaled statistics by Satorra and Bentler (2001); where their factor is not positive by Satorra (2000), as for
    statistics with adjusted mean and variance. Whether the models are nested is not tried.
    """
    test = larger.options.test[0] if larger.options.test else "standard"
    T = float(smaller.fit_measures["chisq"] - larger.fit_measures["chisq"])
    d0, d1 = (int(f.fit_measures["df"]) for f in (smaller, larger))
    if d0 <= d1:
        return Step(NAN, d0 - d1, NAN)
    if test in SCALED:
        c0, c1 = (float(f.fit_measures["chisq_scaling_factor"]) for f in (smaller, larger))
        found = scaled(T, d0 - d1, d0, c0, d1, c1)
        if found.scale > 0:
            return Step(found.statistic, found.df, found.p_value)
    elif test not in ADJUSTED:
        found = chi_square(T, d0 - d1)
        return Step(found.statistic, found.df, found.p_value)
    try:
        row = compare(larger, smaller, method="satorra-2000", data=source).table.iloc[1]
    except (OptionError, np.linalg.LinAlgError):
        return Step(NAN, d0 - d1, NAN)
    return Step(float(row["chisq_diff"]), float(row["df_diff"]), float(row["p_value"]), test in SCALED)


def improper(fit: SemFit) -> str:
    """Return what makes the solution improper, "" where nothing does."""
    return " ".join(n.text for n in fit.notes if n.code in IMPROPER)


def options_of(fit: SemFit) -> dict[str, Any]:
    """Return the options under which another model is fitted to the same rows."""
    design = {k: getattr(fit.options, k) or False for k in ("cluster", "strata", "weights")}
    return {k: getattr(fit.options, k) for k in KEPT} | design
