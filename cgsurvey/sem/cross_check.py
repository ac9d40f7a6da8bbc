"""The same model by a second, independent engine, estimate by estimate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError
from cgsurvey.base.notes import note
from cgsurvey.base.result import Result
from cgsurvey.moments.build import numbers
from cgsurvey.moments.sample import Sample
from cgsurvey.responses.source import as_source
from cgsurvey.sem.derived.standardize import standardize
from cgsurvey.sem.engine_semopy import refit, require_support
from cgsurvey.sem.model.ram import fill
from cgsurvey.sem.model.structure import MEAN

if TYPE_CHECKING:
    from cgsurvey.sem.result import SemFit

AGREE = 1e-4  # a standardised estimate is reported with two or three decimals


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrossCheck(Result):
    """Standardised estimates of two engines.

    Attributes
    ----------
    differences : DataFrame
        ``lhs op rhs group native semopy difference``, one row per parameter of the covariance structure.
    version : str
        Version of semopy.
    """

    differences: pd.DataFrame
    version: str

    @property
    def max_difference(self) -> float:
        """Largest absolute difference of a standardised estimate."""
        return float(self.differences["difference"].abs().max())

    def tidy(self) -> pd.DataFrame:
        """Return one row per parameter: ``lhs op rhs group native semopy difference`` (standardised estimates)."""
        return self.differences.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: rows of data, parameters compared, largest difference."""
        return pd.DataFrame([{"n": self.meta.n, "npar": len(self.differences), "max_difference": self.max_difference}])


def cross_check(fit: SemFit, data: Any) -> CrossCheck:
    """Fit the model of `fit` again by semopy, from the rows of `data`, and compare standardised estimates.

    Parameters
    ----------
    fit : SemFit
        A fit by the native engine.
    data : Responses or DataFrame
        The data of the fit: moments are computed from them anew.

    Raises
    ------
    UnsupportedByEngine
        When semopy cannot fit this model right; the message says why.
    DataError
        When the data are not those of the fit.
    """
    require_support(fit.table, fit.structure, fit.options)
    samples = _moments(fit, data)
    found = refit(fit.table, fit.structure, samples, fit.options)
    scaled = np.ones(fit.structure.v, dtype=bool)
    other = standardize(fit.structure, found.theta, fill(fit.structure, found.theta), scaled).value
    own = standardize(fit.structure, fit.theta, fit.matrices, scaled).value
    keep = np.flatnonzero(fit.structure.matrix != MEAN)
    keep = keep[np.argsort(fit.structure.row[keep], kind="stable")]
    rows = fit.structure.row[keep]
    table = pd.DataFrame(
        {
            "lhs": [fit.table.lhs[r] for r in rows],
            "op": [fit.table.op[r] for r in rows],
            "rhs": [fit.table.rhs[r] for r in rows],
            "group": fit.structure.group[keep] + 1,
            "native": own[keep],
            "semopy": other[keep],
            "difference": other[keep] - own[keep],
        }
    )
    largest = float(table["difference"].abs().max())
    code = "sem.engines_agree" if largest < AGREE else "sem.engines_differ"
    remark = note(code, version=found.version, n=len(table), difference=largest)
    meta = replace(fit.meta, function="cross_check", references=("igolkina2020",))
    return CrossCheck(differences=table, version=found.version, notes=(remark,), meta=meta)


def _moments(fit: SemFit, data: Any) -> list[Sample]:
    """Moments of the complete rows of each group, by another way than that of the fit."""
    frame = as_source(data).frame
    y = numbers(frame, fit.observed, fit.table.products)
    weights = None if fit.options.weights is None else frame[fit.options.weights].to_numpy(dtype=float)
    groups = np.full(len(frame), "") if fit.options.group is None else frame[fit.options.group].astype(str).to_numpy()
    complete = ~np.isnan(y).any(axis=1)
    out = []
    for label, sample in zip(fit.meta.groups or ("",), fit.samples, strict=True):
        rows = complete & (groups == label)
        w = None if weights is None else weights[rows]
        mean, sd = np.average(y[rows], axis=0, weights=w), np.sqrt(np.diag(sample.cov))
        if rows.sum() != sample.n or np.any(np.abs(mean - sample.mean) > 1e-6 * sd):
            raise DataError(
                f"These are not the data of the fit: {int(rows.sum())} complete rows here, {sample.n} there"
                f"{', of other values' if rows.sum() == sample.n else ''}. Give cross_check() the data of the fit."
            )
        cov = np.atleast_2d(np.cov(y[rows], rowvar=False, aweights=w, ddof=0))
        out.append(Sample(n=sample.n, mean=mean, cov=cov, size=sample.size))
    return out
