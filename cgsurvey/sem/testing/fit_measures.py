"""Fit measures from chi-square statistics, log-likelihoods and moments, with lavaan's names (dots as underscores).

Numeric file. N is the sum of `Sample.size` (n, or n - 1 per group for a Wishart likelihood), G the number of groups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from cgsurvey.moments.normal import quadratic
from cgsurvey.moments.sample import Sample
from cgsurvey.sem.model.structure import GroupMatrices

Floats = NDArray[np.float64]
NAN = math.nan
CLOSE, NOT_CLOSE, LEVEL = 0.05, 0.08, 0.90


@dataclass(frozen=True)
class ChiSquare:
    """A test statistic, and its scaled version where there is one.

    Attributes
    ----------
    chisq : float
        N times the minimum of the fit function.
    df : int
        Degrees of freedom.
    scaled : float
        Scaled statistic; NaN without one.
    df_scaled : float
        Its degrees of freedom.
    factor, shift : float
        Scaling factor c and shift: scaled = chisq / c + shift.
    robust : float
        c-hat of the population-corrected ("robust") measures; the scaling factor unless said otherwise.
    """

    chisq: float
    df: int
    scaled: float = NAN
    df_scaled: float = NAN
    factor: float = NAN
    shift: float = 0.0
    robust: float = NAN

    @property
    def pvalue(self) -> float:
        """Tail probability of `chisq`; NaN for a saturated model."""
        return upper_tail(self.chisq, self.df)

    @property
    def pvalue_scaled(self) -> float:
        """Tail probability of `scaled`."""
        return upper_tail(self.scaled, self.df_scaled)


def upper_tail(chisq: float, df: float) -> float:
    """Return P(chi-square > chisq); NaN where df is 0."""
    return float(special.chdtrc(df, chisq)) if df > 0 and chisq == chisq else NAN


def fit_measures(
    user: ChiSquare,
    baseline: ChiSquare | None,
    *,
    samples: Sequence[Sample],
    matrices: Sequence[GroupMatrices],
    means: bool,
    npar: int,
    logl: float,
    logl_saturated: float,
    factor_h0: float = NAN,
    factor_h1: float = NAN,
    corrected: tuple[ChiSquare, ChiSquare | None] | None = None,
    exogenous: Sequence[int] = (),
    moments: Sequence[Shown] | None = None,
    unexplained: tuple[float, int] | None = None,
) -> dict[str, float]:
    """Return all fit measures.

    Parameters
    ----------
    user, baseline : ChiSquare
        Tests of the model and of the independence model.
    samples, matrices : sequence
        Sample and implied moments, one per group.
    means : bool
        True with a mean structure.
    npar : int
        Free parameters after equality constraints.
    logl, logl_saturated : float
        Log-likelihoods of the model and of the unrestricted model; NaN for least squares, which has none.
    factor_h0, factor_h1 : float
        Scaling factors of the two log-likelihoods (MLR).
    corrected : pair of ChiSquare, optional
        With missing values: complete-data statistics at the estimates and their c-hat (`chisq`, `robust`), for the
        robust CFI, TLI and RMSEA (Zhang & Savalei, 2023).
    exogenous : sequence of int
        Observed variables whose moments are fixed at those of the sample; they count for nothing in GFI.
    moments : sequence of Shown, optional
        Moments of each group whose residuals are averaged, where they are not (mean, cov): ordered variables.
    unexplained : pair of float and int, optional
        For least squares: misfit as a share of the weighted sum of squares of the sample moments, and their number.

    Returns
    -------
    dict
        Name to value; scaled and robust ones only where a scaled statistic exists.
    """
    n = sum(s.n for s in samples)
    N = float(sum(s.size for s in samples))
    G = len(samples)
    out: dict[str, float] = {"npar": npar, "fmin": user.chisq / (2 * (N if unexplained is None else n))}
    out |= {"chisq": user.chisq, "df": user.df, "pvalue": user.pvalue}
    has_scaled = user.scaled == user.scaled
    robust = corrected or ((user, baseline) if has_scaled else None)
    if has_scaled:
        out |= {"chisq_scaled": user.scaled, "df_scaled": user.df_scaled, "pvalue_scaled": user.pvalue_scaled}
        out |= {"chisq_scaling_factor": user.factor}
    if baseline is not None:
        out |= {"baseline_chisq": baseline.chisq, "baseline_df": baseline.df, "baseline_pvalue": baseline.pvalue}
        if has_scaled:
            out |= {"baseline_chisq_scaled": baseline.scaled, "baseline_df_scaled": baseline.df_scaled}
            out |= {"baseline_pvalue_scaled": baseline.pvalue_scaled, "baseline_chisq_scaling_factor": baseline.factor}
        out |= incremental(user.chisq, user.df, baseline.chisq, baseline.df)
        if has_scaled:
            scaled = incremental(user.scaled, user.df_scaled, baseline.scaled, baseline.df_scaled)
            out |= {f"{k}_scaled": v for k, v in scaled.items()}
        if robust is not None and robust[1] is not None:
            out |= robust_incremental(robust[0], robust[1])
    if logl == logl:
        out |= {"logl": logl, "unrestricted_logl": logl_saturated, "aic": 2 * npar - 2 * logl}
        out |= {"bic": npar * math.log(n) - 2 * logl, "bic2": npar * math.log((n + 2) / 24) - 2 * logl}
    out["ntotal"] = n
    if factor_h0 == factor_h0:
        out |= {"scaling_factor_h1": factor_h1, "scaling_factor_h0": factor_h0}
    out |= rmsea(user.chisq, user.df, N, G)
    if has_scaled:
        out |= {f"{k}_scaled": v for k, v in rmsea_scaled(user, N, G).items()}
    if robust is not None:
        found = rmsea(robust[0].chisq, robust[0].df, N, G, robust[0].robust)
        if user.shift != 0 and corrected is None and user.df > 0:
            # The interval of a scaled and shifted statistic is that of the statistic itself, times its factor.
            moved = rmsea(user.scaled * user.factor, user.df, N, G, user.factor)
            found |= {k: v for k, v in moved.items() if k != "rmsea"}
        out |= {f"{k}_robust": v for k, v in found.items() if k in _RMSEA}
    sizes = np.array([s.rows for s in samples])
    parts = [shown(s, m, means) for s, m in zip(samples, matrices, strict=True)] if moments is None else moments
    out |= residual_measures(sizes / sizes.sum(), parts)
    for level, name in ((0.05, "cn_05"), (0.01, "cn_01")):
        out[name] = _hoelter(user.chisq, user.df, N, level)
    lost, count = absolute(samples, matrices, means, exogenous) if unexplained is None else unexplained
    gfi = 1 - lost
    df = user.df
    out |= {"gfi": gfi, "agfi": 1 - count / df * (1 - gfi) if df > 0 else 1.0, "pgfi": df / count * gfi}
    out["mfi"] = math.exp(-0.5 * (user.chisq - user.df) / N)
    if parts[0].ordered:
        out["wrmr"] = math.sqrt(user.chisq * G / count)  # moments of one group, as in lavaan
    else:
        out["ecvi"] = user.chisq / N + 2 * npar / N
    return out


def _hoelter(chisq: float, df: int, N: float, level: float) -> float:
    return float(special.chdtri(df, level)) / (chisq / N) + 1 if df > 0 and chisq > 0 else NAN


def incremental(t: float, df: float, tb: float, dfb: float) -> dict[str, float]:
    """Return the measures that compare with the independence model (Bentler, 1990)."""
    d, db = max(t - df, 0.0), max(tb - dfb, t - df, 0.0)
    out = {"cfi": 1.0 if d == 0 else 1 - d / db}
    own, base = (t / df if df > 0 else 0.0), (tb / dfb if dfb > 0 else NAN)
    tli = 1.0 if df == 0 else (base - own) / (base - 1)
    out |= {"tli": tli, "nnfi": tli}
    # A model with more degrees of freedom than the independence model (growth) is not nested in it.
    out["rfi"] = NAN if df > dfb else 1.0 if df == 0 or base < own else (base - own) / base
    nfi = (tb - t) / tb if tb > 0 else NAN
    out |= {"nfi": NAN if df > dfb else nfi, "pnfi": df / dfb * nfi if dfb > 0 else NAN}
    out["ifi"] = (tb - t) / (tb - df) if tb > df else NAN
    out["rni"] = 1.0 if df == 0 or tb == dfb else 1 - (t - df) / (tb - dfb)
    return out


def robust_incremental(user: ChiSquare, baseline: ChiSquare) -> dict[str, float]:
    """Return CFI and TLI that estimate what normal data would give (Brosseau-Liard & Savalei, 2014)."""
    if user.df == 0 or user.robust != user.robust:
        return {}
    d = user.chisq - user.robust * user.df
    db = baseline.chisq - baseline.robust * baseline.df
    top, bottom = max(d, 0.0), max(d, db, 0.0)
    tli = 1 - (d / user.df) / (db / baseline.df)
    return {
        "cfi_robust": 1.0 if top == 0 else 1 - top / bottom,
        "tli_robust": tli,
        "nnfi_robust": tli,
        "rni_robust": 1 - d / db,
    }


def rmsea(t: float, df: float, N: float, G: int, c: float = 1.0) -> dict[str, float]:
    """RMSEA with its 90 % interval and the tests of close and not close fit (Browne & Cudeck, 1993).

    Parameters
    ----------
    t, df, N, G
        Statistic, degrees of freedom, size of the sample, groups (sqrt(G) multiplies; Steiger, 1998).
    c : float
        With c-hat, t / c is referred to the noncentral chi-square and the noncentrality is multiplied by c.
    """
    if df == 0:
        return dict.fromkeys(_RMSEA, 0.0) | {"rmsea_pvalue": NAN, "rmsea_notclose_pvalue": NAN} | _LEVELS
    if c != c:
        return {}
    scale = c * G / (N * df)
    x = t / c
    low = noncentrality(x, df, (1 + LEVEL) / 2, x)
    high = noncentrality(x, df, (1 - LEVEL) / 2, max(N, 4 * x))
    return {
        "rmsea": math.sqrt(max(t / df - c, 0.0) * G / N),
        "rmsea_ci_lower": math.sqrt(low * scale),
        "rmsea_ci_upper": math.sqrt(high * scale),
        "rmsea_pvalue": 1 - _noncentral(x, df, CLOSE**2 / scale),
        "rmsea_notclose_pvalue": _noncentral(x, df, NOT_CLOSE**2 / scale),
    } | _LEVELS


_RMSEA = ("rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "rmsea_pvalue", "rmsea_notclose_pvalue")
_LEVELS = {"rmsea_ci_level": LEVEL, "rmsea_close_h0": CLOSE, "rmsea_notclose_h0": NOT_CLOSE}


def _noncentral(x: float, df: float, ncp: float) -> float:
    return float(special.chndtr(x, df, ncp))


def rmsea_scaled(test: ChiSquare, N: float, G: int) -> dict[str, float]:
    """RMSEA of a scaled test: the unscaled statistic against c df, its mean; the scaled one itself if shifted."""
    if test.df == 0 or test.shift != 0:
        found = rmsea(test.scaled, test.df_scaled, N, G)
    else:
        found = rmsea(test.chisq, test.factor * test.df_scaled, N, G)
    return {k: v for k, v in found.items() if k in _RMSEA}


def noncentrality(x: float, df: float, probability: float, upper: float) -> float:
    """Return the noncentrality in [0, upper] at which P(chi-square <= x) equals `probability`; 0 where none does.

    The root is found by the method of Brent (1973) with the tolerance that R's `uniroot` has, so that the limits of
    RMSEA agree with those of lavaan to the last digit, not only to the sixth.
    """
    tolerance = np.finfo(float).eps ** 0.25

    def f(value: float) -> float:
        return _noncentral(x, df, value) - probability

    a, b = 0.0, upper
    fa, fb = f(a), f(b)
    if not x > 0 or fa < 0 or fb > 0:
        return 0.0
    c, fc = a, fa
    for _ in range(1000):
        before = b - a
        if abs(fc) < abs(fb):
            a, b, c, fa, fb, fc = b, c, b, fb, fc, fb
        close, step = 2 * np.finfo(float).eps * abs(b) + tolerance / 2, (c - b) / 2
        if abs(step) <= close or fb == 0:
            break
        if abs(before) >= close and abs(fa) > abs(fb):
            step = _interpolate(a, b, c, fa, fb, fc, before, close)
        if abs(step) < close:
            step = math.copysign(close, step)
        a, fa = b, fb
        b += step
        fb = f(b)
        if (fb > 0) == (fc > 0):
            c, fc = a, fa
    return float(b)


def _interpolate(a: float, b: float, c: float, fa: float, fb: float, fc: float, before: float, close: float) -> float:
    """Step from b by the secant or the inverse parabola; half the bracket where that would leave it or creep."""
    width, s = c - b, fb / fa
    if a == c:
        p, q = width * s, 1 - s
    else:
        q, r = fa / fc, fb / fc
        p, q = s * (width * q * (q - r) - (b - a) * (r - 1)), (q - 1) * (r - 1) * (s - 1)
    p, q = (p, -q) if p > 0 else (-p, q)
    good = p < 0.75 * width * q - abs(close * q) / 2 and p < abs(before * q / 2)
    return p / q if good else width / 2


@dataclass(frozen=True)
class Shown:
    """Moments of one group whose residuals are averaged.

    Attributes
    ----------
    cov, implied : ndarray, shape (p, p)
        Covariances of the sample and of the model; correlations for ordered variables.
    mean, mean_own : ndarray, shape (t,)
        Residuals of means in standard deviations of the sample (thresholds for ordered variables, empty without a
        mean structure), and differences of means that are each divided by their own standard deviation.
    raw : ndarray, shape (t,)
        Residuals of means as they are.
    ordered : int
        With ordered variables the number of all variables: their variances, which have no residuals, count; else 0.
    """

    cov: Floats
    implied: Floats
    mean: Floats
    mean_own: Floats
    raw: Floats
    ordered: int = 0


def shown(sample: Sample, m: GroupMatrices, means: bool) -> Shown:
    """Moments of numeric variables."""
    if not means:
        return Shown(sample.cov, m.Sigma, np.zeros(0), np.zeros(0), np.zeros(0))
    sd, implied = np.sqrt(np.diag(sample.cov)), np.sqrt(np.diag(m.Sigma))
    d = sample.mean - m.mu
    return Shown(sample.cov, m.Sigma, d / sd, sample.mean / sd - m.mu / implied, d)


def residual_measures(weights: Floats, parts: Sequence[Shown]) -> dict[str, float]:
    """RMR, SRMR (Bentler, Mplus) and CRMR, with and without means; groups count by their share of the rows."""
    out = np.zeros(8)
    for w, part in zip(weights, parts, strict=True):
        low = np.tril_indices(len(part.cov))
        off = low[0] != low[1]
        sd, implied = np.sqrt(np.diag(part.cov)), np.sqrt(np.diag(part.implied))
        raw = (part.cov - part.implied)[low]
        bentler = raw / (sd[low[0]] * sd[low[1]])
        bollen = (part.cov / np.outer(sd, sd) - part.implied / np.outer(implied, implied))[low]
        mplus = np.where(off, bollen, bentler)
        pairs = max(int(off.sum()), 1)
        moments = len(raw)
        if part.ordered:
            raw, bentler, moments = raw[off], bentler[off], pairs + part.ordered
        for k, (covariances, mean, n_cov) in enumerate(
            ((raw, part.raw, moments), (bentler, part.mean, moments), (bollen[off], part.mean, pairs),
             (mplus, part.mean_own, moments))
        ):  # fmt: skip
            out[2 * k] += w * math.sqrt((covariances @ covariances + mean @ mean) / (n_cov + len(mean)))
            out[2 * k + 1] += w * math.sqrt(covariances @ covariances / n_cov)
    names = [k + tail for k in ("rmr", "srmr_bentler", "crmr", "srmr_mplus") for tail in ("", "_nomean")]
    found = dict(zip(names, map(float, out), strict=True))
    if parts[0].ordered:  # thresholds are no part of what SRMR is meant to show
        found = {k: v for k, v in found.items() if "mplus" not in k}
        return found | {"srmr": found["srmr_bentler_nomean"]}
    return found | {"srmr": found["srmr_bentler"]}


def absolute(
    samples: Sequence[Sample], matrices: Sequence[GroupMatrices], means: bool, exogenous: Sequence[int]
) -> tuple[float, int]:
    """Misfit as a share of what there is, with the normal-theory weights of the implied moments; number of moments.

    The average over groups, 1 - GFI. With missing values the weights are those of the patterns, the moments those of
    the available pairs of answers.
    """
    shares = np.array([s.rows for s in samples])
    lost, moments = 0.0, 0
    for share, s, m in zip(shares / shares.sum(), samples, matrices, strict=True):
        p = len(m.Sigma)
        moments += p * (p + 1) // 2 + (p if means else 0)
        mean, cov = _available(s)
        left = _weighted(s, m, cov - m.Sigma, mean - m.mu, means)
        cov[np.ix_(exogenous, exogenous)], mean[list(exogenous)] = 0.0, 0.0
        lost += share * left / _weighted(s, m, cov, mean, means)
    return lost, moments


def _weighted(sample: Sample, m: GroupMatrices, R: Floats, d: Floats, means: bool) -> float:
    """Quadratic form of (d, vech R) in the expected information of (mu, vech Sigma), as a rule the implied ones."""
    Sigma, mu = (sample.cov, sample.mean) if sample.unstructured else (m.Sigma, m.mu)
    return quadratic(sample, Sigma, mu, R, d if means else np.zeros(len(d)))


def _available(sample: Sample) -> tuple[Floats, Floats]:
    """Means, and covariances of all pairs of answers, shapes (p,) and (p, p): the sample's own where it is complete."""
    if sample.patterns is None or sample.cases is None:
        return sample.mean.copy(), sample.cov.copy()
    y = sample.cases.y
    seen = (~np.isnan(y)).astype(float)
    filled = np.nan_to_num(y - sample.mean)  # centred first: sums of squares lose no digits
    n = seen.T @ seen
    first = filled.T @ seen  # sum of i over the rows that answered j
    cross = filled.T @ filled
    cov = (cross - first * first.T / n) / (n - 1) * (sample.n - 1) / sample.n
    return sample.mean + np.diag(first) / np.diag(n), cov
