"""Reliability, validity, descriptive numbers and the satisfaction index under the conventions of `conventions.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
from scipy import stats

from cgsurvey.reliability.coefficients import (
    alpha,
    average_variance_extracted,
    composite_reliability,
    correlation,
    maximal_reliability,
    rho_a,
)
from cgsurvey.reliability.validity_numbers import Pairing
from cgsurvey.robustness.evidence import Evidence, Found, computes
from cgsurvey.robustness.variants import moments_of


def _items(e: Evidence) -> list[str]:
    """Items of the construct by the fit, or the ones that were named."""
    return e.block or [i for i in e.of if e.source is not None and i in e.source.frame]


def _answers(e: Evidence) -> pd.DataFrame | None:
    items = _items(e)
    if e.source is None or len(items) < 2:
        return None
    return e.source.frame[items].apply(pd.to_numeric, errors="coerce")


def _cov(e: Evidence) -> np.ndarray | None:
    """Covariances of the items: of the fit, or of the rows that answered all of them."""
    if e.block and e.fit is not None and len(e.block) > 1 and not e.fit.table.ordered:
        at = [e.fit.observed.index(i) for i in e.block if i in e.fit.observed]
        return e.fit.samples[0].cov[np.ix_(at, at)] if len(at) == len(e.block) else None
    x = _answers(e)
    return None if x is None else np.cov(x.dropna().to_numpy(float), rowvar=False)


@computes("alpha_raw")
def _alpha_raw(e: Evidence) -> Found:
    if (S := _cov(e)) is not None:
        yield "", float(alpha(S))


@computes("alpha_ordinal")
def _alpha_ordinal(e: Evidence) -> Found:
    if e.fit is not None and len(e.block) > 1 and set(e.block) <= set(e.fit.table.ordered):
        at = [e.fit.observed.index(i) for i in e.block]
        yield "", float(alpha(correlation(e.fit.samples[0].cov[np.ix_(at, at)])))


@computes("alpha_standardised")
def _alpha_standardised(e: Evidence) -> Found:
    if (S := _cov(e)) is not None:
        yield "", float(alpha(correlation(S)))


@computes("alpha_pairwise")
def _alpha_pairwise(e: Evidence) -> Found:
    if (x := _answers(e)) is not None and x.isna().any(axis=None):
        yield "", float(alpha(x.cov().to_numpy()))


@computes("alpha_own_rows")
def _alpha_own_rows(e: Evidence) -> Found:
    if (x := _answers(e)) is not None:
        yield "", float(alpha(np.cov(x.dropna().to_numpy(float), rowvar=False)))


@computes("alpha_unkeyed")
def _alpha_unkeyed(e: Evidence) -> Found:
    """Reverse items as they were ticked."""
    raw = getattr(e.data, "frame", None)
    items = _items(e)
    if isinstance(raw, pd.DataFrame) and len(items) > 1 and set(items) <= set(raw):
        found = float(alpha(np.cov(raw[items].dropna().to_numpy(float), rowvar=False)))
        if not any(np.isclose(found, v, rtol=1e-12) for _, v in _alpha_own_rows(e)):
            yield "", found


def _standard(e: Evidence) -> np.ndarray | None:
    """Standardised loadings of the construct, shape (k,)."""
    if e.fit is None or not e.block:
        return None
    t = e.fit.tidy()
    own = t[(t["op"] == "=~") & (t["lhs"] == e.of[0]) & (t["group"] == 1)]
    return own["std_all"].to_numpy(float)


@computes("cr_standardised")
def _cr_standardised(e: Evidence) -> Found:
    if (lam := _standard(e)) is not None:
        yield "", float(composite_reliability(lam))


@computes("cr_raw")
def _cr_raw(e: Evidence) -> Found:
    if _standard(e) is not None:
        lam, theta, psi = e.measured
        true = psi * lam.sum() ** 2
        yield "", float(true / (true + np.trace(theta)))


@computes("cr_errors")
def _cr_errors(e: Evidence) -> Found:
    if _standard(e) is not None:
        lam, theta, psi = e.measured
        true = psi * lam.sum() ** 2
        if np.any(theta - np.diag(np.diag(theta))):
            yield "", float(true / (true + theta.sum()))


@computes("cr_observed")
def _cr_observed(e: Evidence) -> Found:
    if _standard(e) is not None and (S := _cov(e)) is not None:
        lam, _, psi = e.measured
        yield "", float(psi * lam.sum() ** 2 / S.sum())


@computes("maximal_reliability")
def _maximal(e: Evidence) -> Found:
    if (lam := _standard(e)) is not None:
        yield "", float(maximal_reliability(lam))


@computes("rho_a")
def _rho_a(e: Evidence) -> Found:
    if _standard(e) is not None and (S := _cov(e)) is not None:
        yield "", float(rho_a(correlation(S)))


@computes("alpha_for_cr")
def _alpha_for_cr(e: Evidence) -> Found:
    yield from _alpha_raw(e)


@computes("ave_standardised")
def _ave_standardised(e: Evidence) -> Found:
    if (lam := _standard(e)) is not None:
        yield "", _rooted(e, float(average_variance_extracted(lam)))


@computes("ave_raw")
def _ave_raw(e: Evidence) -> Found:
    if _standard(e) is not None:
        lam, theta, psi = e.measured
        true = psi * float(lam @ lam)
        yield "", _rooted(e, true / (true + float(np.trace(theta))))


@computes("ave_root")
def _ave_root(e: Evidence) -> Found:
    if (lam := _standard(e)) is not None:
        found = float(average_variance_extracted(lam))
        yield "", found if e.quantity == "ave_root" else float(np.sqrt(found))


@computes("mean_loading")
def _mean_loading(e: Evidence) -> Found:
    if (lam := _standard(e)) is not None:
        yield "", float(lam.mean())


def _rooted(e: Evidence, value: float) -> float:
    return float(np.sqrt(value)) if e.quantity == "ave_root" else value


def _ratios(e: Evidence) -> tuple[np.ndarray, Pairing] | None:
    if e.fit is None or e.simple is None or len(e.of) != 2:
        return None
    names, blocks, _ = e.simple
    if not set(e.of) <= set(names):
        return None
    at = [blocks[names.index(f)] for f in e.of]
    R = correlation(e.fit.samples[0].cov)[np.ix_(np.concatenate(at), np.concatenate(at))]
    k = len(at[0])
    return R, Pairing.of(len(R), [np.arange(k), np.arange(k, len(R))])


def _htmt(R: np.ndarray, made: Pairing, *, absolute: bool, geometric: bool) -> float:
    i, j = np.triu_indices(len(R))[::-1]
    r = np.abs(R[i, j]) if absolute else R[i, j]
    if geometric and np.any(r[i != j] <= 0):
        return float("nan")
    r = np.log(np.where(i == j, 1.0, r)) if geometric else r
    within, between = r @ made.within, float((r @ made.between)[0])
    if geometric:
        return float(np.exp(between - within.sum() / 2))
    return between / float(np.sqrt(within[0] * within[1]))


@computes("htmt_absolute")
def _htmt_absolute(e: Evidence) -> Found:
    if found := _ratios(e):
        yield "", _htmt(*found, absolute=True, geometric=False)


@computes("htmt_signed")
def _htmt_signed(e: Evidence) -> Found:
    if found := _ratios(e):
        yield "", _htmt(*found, absolute=False, geometric=False)


@computes("htmt2")
def _htmt2(e: Evidence) -> Found:
    if found := _ratios(e):
        yield "", _htmt(*found, absolute=True, geometric=True)


# -- one item or two ---------------------------------------------------------------------------------------------------


def _columns(e: Evidence, n: int) -> list[pd.Series]:
    if e.source is None or len(e.of) != n or not set(e.of) <= set(e.source.frame):
        return []
    return [pd.to_numeric(e.source.frame[c], errors="coerce") for c in e.of]


_SHAPES: dict[str, dict[str, str]] = {
    "divided_by_n_minus_1": {"sd": "sd", "variance": "sd"},
    "divided_by_n": {"sd": "sd_n", "variance": "sd_n"},
    "shape_g": {"skewness": "g1", "kurtosis": "g2"},
    "shape_G": {"skewness": "G1", "kurtosis": "G2"},
    "shape_b": {"skewness": "b1", "kurtosis": "b2"},
    "ratio_g": {"skewness_cr": "g1/se_g1", "kurtosis_cr": "g2/se_g2"},
    "ratio_G": {"skewness_cr": "G1/se_G1", "kurtosis_cr": "G2/se_G2"},
}


def _shape(code: str, by: dict[str, str]) -> None:
    @computes(code)
    def found(e: Evidence) -> Found:
        for x in _columns(e, 1):
            made = moments_of(x.dropna().to_numpy(float))
            if made:
                top, _, below = by[e.quantity].partition("/")
                value = made[top] / (made[below] if below else 1.0)
                yield "", float(value**2 if e.quantity == "variance" else value)


for _code, _by in _SHAPES.items():
    _shape(_code, _by)


@computes("kurtosis_plus_3")
def _plus_3(e: Evidence) -> Found:
    for x in _columns(e, 1):
        if made := moments_of(x.dropna().to_numpy(float)):
            yield "", made["g2"] + 3


@computes("mean_all")
def _mean_all(e: Evidence) -> Found:
    for x in _columns(e, 1):
        yield "", float(x.mean())


@computes("mean_complete_rows")
def _mean_complete(e: Evidence) -> Found:
    if e.fit is not None and e.source is not None:
        asked = [n for n in e.fit.observed if n in e.source.frame]
        complete = e.source.frame[asked].notna().all(axis=1)
        for x in _columns(e, 1):
            yield "", float(x[complete].mean())


@computes("mean_weighted")
def _mean_weighted(e: Evidence) -> Found:
    source = e.source
    if source is not None and source.design is not None and source.design.weights:
        w = pd.to_numeric(source.frame[source.design.weights], errors="coerce")
        for x in _columns(e, 1):
            yield "", float(np.average(x.dropna(), weights=w[x.notna()]))


@computes("mean_reversed")
def _mean_reversed(e: Evidence) -> Found:
    for x in _columns(e, 1):
        yield "", float(x.min() + x.max() - x.mean())


@computes("correlation_pearson")
def _pearson(e: Evidence) -> Found:
    yield from _correlated(e, "pearson")


@computes("correlation_spearman")
def _spearman(e: Evidence) -> Found:
    yield from _correlated(e, "spearman")


@computes("correlation_kendall")
def _kendall(e: Evidence) -> Found:
    yield from _correlated(e, "kendall")


def _correlated(e: Evidence, method: str) -> Found:
    if xy := _columns(e, 2):
        both = pd.concat(xy, axis=1).dropna().to_numpy(float)
        by = {"pearson": stats.pearsonr, "spearman": stats.spearmanr, "kendall": stats.kendalltau}[method]
        if len(both) > 2 and np.all(np.ptp(both, axis=0) > 0):
            yield "", float(by(both[:, 0], both[:, 1]).statistic)


# -- satisfaction index -----------------------------------------------------------------------------------------------


def _rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _means(e: Evidence) -> Sequence[Decimal]:
    if e.index is None:
        return ()
    t = e.index.overall_elements
    return [Decimal(int(s)) / Decimal(int(c)) for s, c in zip(t["sum"], t["n"], strict=True)]


def _index(e: Evidence, weight: str, nrr: int | None, weighted: int | None) -> Found:
    """25 times the sum of weighted element means, rounded on the way as offices do."""
    if not (means := _means(e)):
        return
    w = Decimal(1) / 9 if weight == "1/9" else Decimal(weight)
    parts = [w * (m if nrr is None else _rounded(m, nrr)) for m in means]
    parts = parts if weighted is None else [_rounded(p, weighted) for p in parts]
    yield "", float(25 * sum(parts, start=Decimal(0)))


_INDEX: dict[str, tuple[str, int | None, int | None]] = {
    "ikm_exact": ("1/9", None, None),
    "ikm_011": ("0.11", None, None),
    "ikm_0111": ("0.111", None, None),
    "ikm_rounded_means": ("1/9", 2, None),
    "ikm_rounded_means_011": ("0.11", 2, None),
    "ikm_rounded_means_0111": ("0.111", 2, None),
    "ikm_rounded_twice": ("0.11", 2, 2),
    "ikm_rounded_twice_0111": ("0.111", 2, 3),
}


def _ikm(code: str, by: tuple[str, int | None, int | None]) -> None:
    @computes(code)
    def found(e: Evidence) -> Found:
        yield from _index(e, *by)


for _code, _how in _INDEX.items():
    _ikm(_code, _how)


@computes("ikm_by_25")
def _by_25(e: Evidence) -> Found:
    if means := _means(e):
        yield "", float(sum(means, start=Decimal(0)) / len(means))


# -- any number -------------------------------------------------------------------------------------------------------


@computes("percent")
def _percent(e: Evidence) -> Found:
    yield "x 100", 100 * e.ours
    yield "/ 100", e.ours / 100


@computes("opposite")
def _opposite(e: Evidence) -> Found:
    yield "", -e.ours


@computes("complement")
def _complement(e: Evidence) -> Found:
    yield "", 1 - e.ours
