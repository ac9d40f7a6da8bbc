"""Tests of a model against the unrestricted one, with the scaling of Yuan and Bentler for non-normal data.

Numeric file.
"""

from __future__ import annotations

from dataclasses import dataclass

NAN = float("nan")


@dataclass(frozen=True)
class ModelTest:
    """Test of one model against the unrestricted model.

    Attributes
    ----------
    chisq, df : float, int
        Statistic and degrees of freedom.
    scaling : float
        Scaling factor of the robust statistic (chisq / scaling); NaN without one.
    """

    chisq: float
    df: int
    scaling: float = NAN


@dataclass(frozen=True)
class Tests:
    """All that fit measures are made of, beside the moments themselves.

    Attributes
    ----------
    model, baseline : ModelTest
        The model, and the model of independent variables.
    logl, logl_unrestricted : float
        Log-likelihoods.
    scaling_h0, scaling_h1 : float
        Scaling factors of the two log-likelihoods (NaN without robust errors).
    completed, completed_baseline : ModelTest, optional
        Under missing values and a scaled test: the tests that the corrected indices of Zhang and Savalei (2023) use
        (population misfit of complete data, fitted to the unrestricted estimates).
    """

    model: ModelTest
    baseline: ModelTest
    logl: float
    logl_unrestricted: float
    scaling_h0: float = NAN
    scaling_h1: float = NAN
    completed: ModelTest | None = None
    completed_baseline: ModelTest | None = None
