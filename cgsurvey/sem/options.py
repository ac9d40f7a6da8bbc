"""Options of cfa(), sem() and growth(): what is allowed, and what follows from the estimator, as in lavaan 0.6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, cast

from cgsurvey.base.errors import OptionError, did_you_mean
from cgsurvey.base.options import choose, choose_all, fraction

Estimator = Literal["ML", "MLR", "MLF"]
Missing = Literal["listwise", "fiml", "fiml.x"]
Information = Literal["expected", "observed", "first.order"]
StandardErrors = Literal["standard", "robust.huber.white", "none"]
Test = Literal["standard", "yuan.bentler.mplus"]
Likelihood = Literal["normal", "wishart"]
Engine = Literal["native", "semopy"]

ESTIMATORS = ("ML", "MLR", "MLF")
MISSING = ("listwise", "fiml", "fiml.x")
GROUP_EQUAL = (
    "loadings",
    "intercepts",
    "means",
    "residuals",
    "residual.covariances",
    "lv.variances",
    "lv.covariances",
    "regressions",
)


@dataclass(frozen=True)
class Options:
    """Options as they take effect.

    Attributes
    ----------
    estimator : {"ML", "MLR", "MLF"}
    missing : {"listwise", "fiml", "fiml.x"}
    se : {"standard", "robust.huber.white", "none"}
    test : {"standard", "yuan.bentler.mplus"}
        The test beside the standard one, if any.
    information : {"expected", "observed", "first.order"}
        Information that standard errors (or the bread of the sandwich) are made of.
    likelihood : {"normal", "wishart"}
        Divisor n or n - 1.
    group, cluster, weights : str, optional
        Columns of the data.
    ci : float
        Level of the intervals.
    engine : {"native", "semopy"}
    """

    estimator: Estimator = "ML"
    missing: Missing = "listwise"
    se: StandardErrors = "standard"
    test: Test = "standard"
    information: Information = "expected"
    likelihood: Likelihood = "normal"
    group: str | None = None
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    cluster: str | None = None
    weights: str | None = None
    meanstructure: bool | None = None
    fixed_x: bool = True
    std_lv: bool = False
    orthogonal: bool = False
    auto: bool = True
    auto_fix_first: bool = True
    ci: float = 0.95
    engine: Engine = "native"

    @property
    def fiml(self) -> bool:
        """True when rows with missing values are used."""
        return self.missing != "listwise"

    @property
    def scaled(self) -> bool:
        """True when tests are scaled for non-normal data."""
        return self.test != "standard"
