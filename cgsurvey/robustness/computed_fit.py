"""Fit measures and information criteria under the conventions of `conventions.yaml`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from cgsurvey.robustness.evidence import Evidence, Found, computes
from cgsurvey.robustness.variants import gamma_hat, goodness, independence, measure, rmsea, unexplained
from cgsurvey.sem import SemFit


@computes("unscaled")
def _unscaled(e: Evidence) -> Found:
    yield from _named(e, "")


@computes("scaled")
def _scaled(e: Evidence) -> Found:
    yield from _named(e, "_scaled")


@computes("robust")
def _robust(e: Evidence) -> Found:
    yield from _named(e, "_robust")


def _named(e: Evidence, tail: str) -> Found:
    if e.fit is None:
        return
    m = e.fit.fit_measures
    if e.quantity == "chisq_df" and f"chisq{tail}" in m and m[f"df{tail}" if tail else "df"]:
        yield "", float(m[f"chisq{tail}"] / m[f"df{tail}" if tail else "df"])
    elif f"{e.quantity}{tail}" in m:
        yield "", float(m[f"{e.quantity}{tail}"])


@computes("likelihood_n")
def _by_n(e: Evidence) -> Found:
    yield from _statistics(e, 0)


@computes("likelihood_n_minus_1")
def _by_n_minus_1(e: Evidence) -> Found:
    yield from _statistics(e, 1)


def _statistics(e: Evidence, less: int) -> Found:
    """Measures from chi-squares that are n, or n - 1 per group, times the minimum of the fit function."""
    if (t := _tests(e.fit)) is None or e.fit is None:
        return
    T, df, Tb, dfb, n, G = t
    N = n - less * G
    yield "", measure(e.quantity, T * N / n, df, Tb * N / n, dfb, N, _q(e.fit))


@computes("independence_all")
def _independence_all(e: Evidence) -> Found:
    if (t := _tests(e.fit)) is None or not e.S or e.fit is None:
        return
    T, df, _, _, n, G = t
    Tb, dfb = independence(e.S, e.n)
    for less, detail in ((0, "n"), (1, "n - 1")):
        N = n - less * G
        yield detail, measure(e.quantity, T * N / n, df, Tb * N / n, dfb, N, _q(e.fit))


@computes("rmsea_n")
def _rmsea_n(e: Evidence) -> Found:
    if t := _tests(e.fit):
        yield "", rmsea(t[0], t[1], t[4], t[5])


@computes("rmsea_n_minus_1")
def _rmsea_lisrel(e: Evidence) -> Found:
    if t := _tests(e.fit):
        N = t[4] - t[5]
        yield "", rmsea(t[0] * N / t[4], t[1], N, t[5])


@computes("rmsea_amos")
def _rmsea_amos(e: Evidence) -> Found:
    if t := _tests(e.fit):
        N = t[4] - t[5]
        yield "", rmsea(t[0] * N / t[4], t[1], N, 1)


@computes("rmsea_no_groups")
def _rmsea_no_groups(e: Evidence) -> Found:
    if t := _tests(e.fit):
        yield "", rmsea(t[0], t[1], t[4], 1)


@computes("rmsea_mixed")
def _rmsea_mixed(e: Evidence) -> Found:
    if t := _tests(e.fit):
        yield "", rmsea(t[0], t[1], t[4] - t[5], t[5])


@computes("gfi_given")
def _gfi_given(e: Evidence) -> Found:
    yield from _named(e, "")


@computes("gfi_covariances")
def _gfi_covariances(e: Evidence) -> Found:
    yield from _gfi(e, "ml", means=False)


@computes("gfi_means")
def _gfi_means(e: Evidence) -> Found:
    yield from _gfi(e, "ml", means=True)


@computes("gfi_uls")
def _gfi_uls(e: Evidence) -> Found:
    yield from _gfi(e, "uls", means=False)


def _gfi(e: Evidence, weights: str, *, means: bool) -> Found:
    fit = e.fit
    if fit is None or not e.S:
        return
    Sigma = [m.Sigma for m in fit.matrices]
    extra: dict[str, Any] = {}
    if means:
        extra = {"given": [fit.observed.index(x) for x in fit.table.exogenous] if fit.options.fixed_x else []}
        extra |= {"d": [s.mean - m.mu for s, m in zip(fit.samples, fit.matrices, strict=True)]}
        extra |= {"m": [s.mean for s in fit.samples]}
    lost = unexplained(e.S, Sigma, e.n, weights=weights, **extra)
    p, G = len(e.S[0]), len(e.S)
    yield "", goodness(e.quantity, lost, int(fit.fit_measures["df"]), G * (p * (p + 1) // 2 + p * means))


@computes("gamma_hat")
def _gamma_hat(e: Evidence) -> Found:
    if (t := _tests(e.fit)) and e.fit is not None:
        p, G = len(e.fit.observed), t[5]
        lost = 1 - gamma_hat(t[0], t[1], t[4], p * G)
        yield "", goodness(e.quantity, lost, t[1], G * p * (p + 1) // 2)


@computes("criterion_likelihood")
def _criterion_likelihood(e: Evidence) -> Found:
    fit = e.fit
    if fit is None or "logl" not in fit.fit_measures:
        return
    deviance, n = -2 * float(fit.fit_measures["logl"]), sum(e.n)
    for detail, q in _counts(fit):
        yield detail, deviance + _penalty(e.quantity, q, n)


@computes("criterion_chisq")
def _criterion_chisq(e: Evidence) -> Found:
    if (t := _tests(e.fit)) is None or e.fit is None:
        return
    for less, divisor in ((1, "n - 1"), (0, "n")):
        for detail, q in _counts(e.fit):
            T = t[0] * (t[4] - less * t[5]) / t[4]
            yield ", ".join(filter(None, (divisor, detail))), T + _penalty(e.quantity, q, t[4])


@computes("criterion_df")
def _criterion_df(e: Evidence) -> Found:
    if t := _tests(e.fit):
        for less, divisor in ((1, "n - 1"), (0, "n")):
            yield divisor, t[0] * (t[4] - less * t[5]) / t[4] - _penalty(e.quantity, t[1], t[4])


def _penalty(name: str, q: int, n: int) -> float:
    return {
        "aic": 2.0 * q,
        "bic": q * math.log(n),
        "bic2": q * math.log((n + 2) / 24),
        "caic": q * (math.log(n) + 1),
    }[name]


def _counts(fit: SemFit) -> Iterator[tuple[str, int]]:
    """Numbers of free parameters: as here, and with the means of all variables counted or not."""
    q, p, G = _q(fit), len(fit.observed), len(fit.samples)
    yield "", q
    if not fit.structure.means:
        yield "+ means", q + p * G
    elif all(not np.any(s.mean - m.mu) for s, m in zip(fit.samples, fit.matrices, strict=True)):
        yield "- means", q - p * G


@computes("npar_means")
def _npar_means(e: Evidence) -> Found:
    if e.fit is not None:
        yield from ((detail, float(q)) for detail, q in _counts(e.fit) if detail)


@computes("npar_covariates")
def _npar_covariates(e: Evidence) -> Found:
    if e.fit is not None and e.fit.options.fixed_x and (x := len(e.fit.table.exogenous)):
        yield "", float(_q(e.fit) + len(e.fit.samples) * (x * (x + 1) // 2 + x * e.fit.structure.means))


_RESIDUALS = {
    "srmr_bentler": "srmr_bentler",
    "srmr_no_means": "srmr_bentler_nomean",
    "srmr_mplus": "srmr_mplus",
    "srmr_off_diagonal": "crmr",
    "rmr_raw": "rmr",
    "rmr_raw_no_means": "rmr_nomean",
}


def _residual(code: str, name: str) -> None:
    @computes(code)
    def found(e: Evidence) -> Found:
        if e.fit is not None and name in e.fit.fit_measures:
            yield "", float(e.fit.fit_measures[name])


for _code, _name in _RESIDUALS.items():
    _residual(_code, _name)


def _q(fit: SemFit) -> int:
    return int(fit.fit_measures["npar"])


def _tests(fit: SemFit | None) -> tuple[float, int, float, int, int, int] | None:
    """Chi-square by n with its df, the same of the baseline model, rows and groups; None for least squares."""
    if fit is None or fit.options.weight is not None:
        return None
    m, n = fit.fit_measures, sum(s.n for s in fit.samples)
    scale = n / sum(s.size for s in fit.samples)
    return (
        float(m["chisq"]) * scale, int(m["df"]), float(m.get("baseline_chisq", np.nan)) * scale,
        int(m.get("baseline_df", 0)), n, len(fit.samples),
    )  # fmt: skip
