"""The result of cfa(), sem() and growth()."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cgsurvey.base.model import Model
from cgsurvey.base.result import Result
from cgsurvey.moments.sample import Sample
from cgsurvey.sem.chisq import Tests
from cgsurvey.sem.options import Options
from cgsurvey.sem.structure import GroupMatrices, Structure
from cgsurvey.sem.table import ParameterTable

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class SemFit(Result):
    """A fitted structural equation model.

    Attributes
    ----------
    model : Model
        The model text.
    options : Options
        Options as they took effect.
    table : ParameterTable
        The parameters, in lavaan's order.
    structure : Structure
        Where each parameter stands in the matrices.
    theta : ndarray, shape (q,)
        Estimates of the free parameters.
    covariance : ndarray, shape (q, q)
        Their covariance matrix; NaN without standard errors.
    matrices : tuple of GroupMatrices
        The matrices at the estimates, with the implied moments, one per group.
    samples : tuple of Sample
        Sample statistics per group, without rows.
    tests : Tests
        Test statistics and log-likelihoods.
    fit_measures : Series
        Fit measures under lavaan's names, dots as underscores.
    values, std_errors : ndarray, shape (rows of the table,)
        Estimate and standard error (NaN where there is none) of each row of the table.
    converged : bool
    iterations : int
    """

    model: Model
    options: Options
    table: ParameterTable
    structure: Structure
    theta: Floats
    covariance: Floats
    matrices: tuple[GroupMatrices, ...]
    samples: tuple[Sample, ...]
    tests: Tests
    fit_measures: pd.Series = field(repr=False)
    values: Floats
    std_errors: Floats
    converged: bool
    iterations: int = 0
