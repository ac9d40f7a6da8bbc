"""What a fitted model leaves unexplained: z-values of residuals and the size of misfit with its errors and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.moments.normal import low
from cgsurvey.moments.sample import Floats, Sample, shares
from cgsurvey.responses.source import as_source
from cgsurvey.sem.derived.misfit import (
    Misfit,
    Scale,
    misfit,
    normal_gamma,
    normal_weights,
    residual_covariances,
    scaled_residuals,
)
from cgsurvey.sem.model.implied import Places, implied, implied_jacobian, places
from cgsurvey.sem.model.ram import Layout, factors, gathered, layouts, moment_jacobian

if TYPE_CHECKING:
    from cgsurvey.sem.result import SemFit

MEASURES: tuple[Scale, ...] = ("srmr", "crmr", "rmr")


@dataclass(frozen=True)
class Left:
    """Residuals of the moments of one group, shape (k,), and their covariance matrix; `at` None: (mean, vech S)."""

    e: Floats
    Xi: Floats
    at: Places | None = None


def residual_summary(fit: SemFit, data: Any = None) -> pd.DataFrame:
    """See `SemFit.residual_summary`."""
    left = residuals_of(fit, data)
    if left is None:
        raise OptionError(
            f"The errors of residuals of estimator '{fit.options.estimator}' with these options rest on the answers of "
            "single rows, which a fit does not keep: give the data of the fit, fit.residual_summary(data)."
        )
    rows: list[dict[str, Any]] = []
    for g, part in enumerate(left):
        for measure in MEASURES:
            rows += [
                {"group": g + 1, "moments": name, "measure": measure, **vars(found)}
                for name, found in _sizes(fit, g, part, measure).items()
            ]
    return pd.DataFrame(rows)


def _sizes(fit: SemFit, g: int, left: Left, measure: Scale) -> dict[str, Misfit]:
    """Measures of the covariances, of means or thresholds, and of both."""
    sample, filled = fit.samples[g], fit.matrices[g]
    if left.at is None:
        e, Xi = scaled_residuals(sample.cov, filled.Sigma, sample.mean, filled.mu, left.Xi, measure)
        p = sample.p
        first, name = np.arange(p), "means"
        i, j = low(p)
        second = p + (np.flatnonzero(i != j) if measure == "crmr" else np.arange(len(i)))
        t_first, t_second = p, len(second)
    else:
        at, e, Xi = left.at, left.e, left.Xi
        e, Xi = _in_units(sample, at, e, Xi, measure)
        n_t, p = len(at.variable), len(at.y)
        first, name = np.arange(n_t), "thresholds"
        second = np.arange(len(e) - len(at.i) - (0 if measure == "crmr" else len(at.numeric)), len(e))
        # Variances of latent responses are moments too, which no model can miss.
        t_first, t_second = n_t, p * (p - 1) // 2 + (0 if measure == "crmr" else p)
    out = {"covariances": misfit(e[second], Xi[np.ix_(second, second)], t_second)}
    if fit.structure.means or left.at is not None:
        both = np.concatenate([first, second])
        out[name] = misfit(e[first], Xi[np.ix_(first, first)], t_first)
        out["all"] = misfit(e[both], Xi[np.ix_(both, both)], t_first + t_second)
    return out


def _in_units(sample: Sample, at: Places, e: Floats, Xi: Floats, measure: Scale) -> tuple[Floats, Floats]:
    """Means, variances and covariances of numeric variables in standard deviations, where the measure asks for it."""
    if measure == "rmr":
        return e, Xi
    unit = np.ones(len(e))
    sd = np.ones(sample.p)
    variances = len(e) - len(at.i) - len(at.numeric) + np.arange(len(at.numeric))
    assert sample.moments is not None
    sd[at.numeric] = np.sqrt(sample.moments[variances])
    means = np.flatnonzero(at.threshold < 0)
    unit[means] = 1 / sd[at.variable[means]]
    unit[variances] = 1 / sd[at.numeric] ** 2
    return e * unit, Xi * unit * unit[:, None]


def residuals_of(fit: SemFit, data: Any = None) -> list[Left] | None:
    """Residuals and their covariances under the estimator's own weights and Gamma; None where that needs rows."""
    samples = list(fit.samples)
    if _needs_rows(fit):
        if data is None:
            return None
        samples = _with_rows(fit, data)
    exogenous = [fit.observed.index(x) for x in fit.table.exogenous]
    parts = [
        _pieces(fit, layout, sample, g, exogenous)
        for g, (layout, sample) in enumerate(zip(layouts(fit.structure), samples, strict=True))
    ]
    share = shares(samples)
    Xi = residual_covariances(
        [part[0] @ fit.basis for part in parts],
        [s * part[1] for s, part in zip(share, parts, strict=True)],
        [part[2] for part in parts],
        [s.n for s in samples],
    )
    return [Left(part[3], x, part[4]) for part, x in zip(parts, Xi, strict=True)]


def _needs_rows(fit: SemFit) -> bool:
    o, first = fit.options, fit.samples[0]
    if first.weight is not None or (first.gamma is not None and first.curvature is None):
        return False
    return (o.fiml and any(s.curvature is not None for s in fit.samples)) or o.robust or o.information == "first.order"


def _with_rows(fit: SemFit, data: Any) -> list[Sample]:
    """Sample statistics made again from the data, which must be those of the fit."""
    from cgsurvey.sem.resolution import sample_of

    found = list(sample_of(as_source(data).frame, fit.table, fit.options).samples)
    same = [s.n for s in found] == [s.n for s in fit.samples] and all(
        np.allclose(a.cov, b.cov, rtol=1e-6) for a, b in zip(found, fit.samples, strict=True)
    )
    if not same:
        raise DataError("These are not the data of the fit: give those that the model was fitted to.")
    return found


def _pieces(
    fit: SemFit, layout: Layout, sample: Sample, g: int, exogenous: Sequence[int]
) -> tuple[Floats, Floats, Floats, Floats, Places | None]:
    """Jacobian, weights, Gamma and residuals of the moments of one group, (mean, vech S) unless items are ordered."""
    filled, o, p = fit.matrices[g], fit.options, sample.p
    f = factors(layout, filled)
    if sample.weight is not None and filled.scale is not None:
        assert sample.moments is not None and sample.gamma is not None
        D = gathered(layout, implied_jacobian(layout, filled, f))
        return D, sample.weight, sample.gamma, sample.moments - implied(layout, filled, f), places(layout)
    i, j = low(p)
    x = np.isin(np.arange(p), list(exogenous))
    varies = np.concatenate([~x & fit.structure.means, ~(x[i] & x[j])])
    e = np.concatenate([sample.mean - filled.mu, (sample.cov - filled.Sigma)[i, j]])
    D = np.zeros((len(varies), fit.structure.q))
    D[0 if fit.structure.means else p :] = moment_jacobian(layout, f)
    D[~varies] = 0.0
    lead = 0 if fit.structure.means else p
    if sample.gamma is not None and sample.patterns is None and sample.curvature is None:
        gamma = np.zeros((len(varies),) * 2)
        gamma[-len(sample.gamma) :, -len(sample.gamma) :] = sample.gamma
    else:
        gamma = normal_gamma(sample, o.information, varies, o.robust)
    gamma[~varies], gamma[:, ~varies] = 0.0, 0.0
    if sample.weight is None:
        W = normal_weights(sample, filled.Sigma, filled.mu, o.information)
    else:
        W = np.zeros((len(varies),) * 2)
        W[lead:, lead:] = sample.weight if sample.weight.ndim == 2 else np.diag(sample.weight)
    return D, W, gamma, e, None
