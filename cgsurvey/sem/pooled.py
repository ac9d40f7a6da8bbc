"""sem(model, [frame, frame, ...]): one model fitted to each of several imputed data sets, and what they say together.

Labelled file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from cgsurvey.base.errors import ConvergenceError, DataError, EstimationError, OptionError, some
from cgsurvey.base.model import Model
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Result
from cgsurvey.moments.normal import value
from cgsurvey.moments.sample import Floats, Sample
from cgsurvey.sem.derived.scores import with_means
from cgsurvey.sem.model.ram import fill
from cgsurvey.sem.model.structure import GroupMatrices
from cgsurvey.sem.model.table import ParameterTable, covariates
from cgsurvey.sem.options import Options
from cgsurvey.sem.result import PARAMETERS, SemFit, Standard, parameter_names
from cgsurvey.sem.testing.fit_measures import (
    ChiSquare,
    incremental,
    residual_measures,
    rmsea,
    robust_incremental,
    shown,
    upper_tail,
)
from cgsurvey.sem.testing.pooling import PooledTest, Rubin, d2, d3, pooled_covariance, rubin

Moments = tuple[Floats, Floats]  # implied covariances and means
_RMSEA = ("rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "rmsea_pvalue")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PooledFit(Result):
    """A structural equation model fitted to multiply imputed data, pooled by Rubin's rules.

    Attributes
    ----------
    fits : tuple of SemFit
        The fits that converged, one per imputed data set.
    n_imputations : int
        Data sets that were given.
    failed : tuple of int
        Places (1-based) of those without a solution; they are left out.
    theta, covariance : ndarray, shapes (q,), (q, q)
        Pooled estimates of the free parameters and T = U + (1 + 1/m) B, their covariance matrix.
    pooled : Rubin
        Pooled rows of the parameter table.
    tests : mapping of str to PooledTest
        "d2" and, for maximum likelihood on complete rows, "d3": the model against the unrestricted one. Where the test
        of one data set is shifted or chooses its df, "d2_scaled" pools these tests, and is the one to look at.
    fit_measures : Series
        Fit measures whose names say how they were pooled: "_d3" and "_d2" rest on the pooled statistics, "_pooled" on
        pooled moments.
    """

    fits: tuple[SemFit, ...]
    n_imputations: int
    failed: tuple[int, ...] = ()
    theta: Floats
    covariance: Floats
    pooled: Rubin
    tests: Mapping[str, PooledTest]
    fit_measures: pd.Series = field(repr=False)

    @property
    def model(self) -> Model:
        """The model text."""
        return self.fits[0].model

    @property
    def options(self) -> Options:
        """Options as they took effect."""
        return self.fits[0].options

    @property
    def table(self) -> ParameterTable:
        """The parameters, in lavaan's order."""
        return self.fits[0].table

    @property
    def latents(self) -> tuple[str, ...]:
        """Names of the latent variables."""
        return self.table.latents

    @property
    def observed(self) -> tuple[str, ...]:
        """Names of the observed variables."""
        return self.table.observed

    @property
    def converged(self) -> bool:
        """Whether the model converged in every imputed data set."""
        return not self.failed

    @property
    def vcov(self) -> pd.DataFrame:
        """Pooled covariance matrix of the free parameters."""
        names = parameter_names(self.table, self.fits[0].structure)
        return pd.DataFrame(self.covariance, index=names, columns=names)

    @property
    def r2(self) -> pd.Series:
        """Explained share of variance, averaged over imputations."""
        found = pd.concat([f.r2 for f in self.fits], axis=1)
        return found.mean(axis=1).rename("r2")

    def effect_sizes(self) -> pd.DataFrame:
        """Return what each predictor adds to its regression, see `SemFit.effect_sizes`, averaged over imputations."""
        found = [f.effect_sizes() for f in self.fits]
        sizes = ["f_squared", "vif"]
        return found[0].assign(**{n: sum(f[n] for f in found) / len(found) for n in sizes})

    def tidy(self) -> pd.DataFrame:
        """Return one row per parameter, in lavaan's order.

        Returns
        -------
        DataFrame
            ``lhs op rhs group label free estimate std_error statistic df_t p_value ci_lower ci_upper fmi riv within
            between std_lv std_all``. Tests and intervals are those of t with Rubin's (1987) degrees of freedom, since
            inference with complete data would be by z; `pooled.df_small` are those of Barnard & Rubin (1999) for n
            less the number of parameters. Standardised values are averages.
        """
        first = self.fits[0].tidy()
        keep = self.table.where(*PARAMETERS)
        out = first[["lhs", "op", "rhs", "group", "label", "free"]].copy()
        pick = {k: getattr(self.pooled, k)[keep] for k in ("estimate", "std_error", "df", "fmi", "riv")}
        out = out.assign(**_inference(pick["estimate"], pick["std_error"], pick["df"], self.options.ci))
        tested = out["std_error"].notna()
        for name in ("fmi", "riv"):
            out[name] = np.where(tested, pick[name], np.nan)
        for name in ("within", "between"):
            out[name] = np.where(tested, getattr(self.pooled, name)[keep], np.nan)
        for name in ("std_lv", "std_all"):
            out[name] = np.mean([f.tidy()[name] for f in self.fits], axis=0)
        return out

    def glance(self) -> pd.DataFrame:
        """Return one row: estimator, imputations, pooled tests, the usual fit measures."""
        names = ["chisq_d3", "df", "pvalue_d3", "chisq_d2", "pvalue_d2", "cfi_d3", "tli_d3", "rmsea_d3"]
        names += ["cfi_d2", "tli_d2", "rmsea_d2", "srmr_pooled", "srmr_mean"]
        for kind in ("chisq", "pvalue", "cfi", "rmsea"):
            names += [f"{kind}_scaled_d3", f"{kind}_scaled_d2"]
        row: dict[str, Any] = {
            "estimator": self.options.estimator,
            "converged": self.converged,
            "n": self.meta.n,
            "n_imputations": self.n_imputations,
            "n_failed": len(self.failed),
            "npar": int(self.fit_measures["npar"]),
        }
        row |= {k: self.fit_measures[k] for k in names if k in self.fit_measures}
        row["df"] = int(row["df"])
        errors = self.pooled.std_error > 0
        row["fmi_max"] = float(np.nanmax(self.pooled.fmi[errors])) if errors.any() else np.nan
        return pd.DataFrame([row])

    def standardized(self, kind: Standard = "std_all") -> pd.DataFrame:
        """Return the standardised parameters, those of each imputation pooled by Rubin's rules.

        Returns
        -------
        DataFrame
            ``lhs op rhs group estimate std_error statistic df_t p_value ci_lower ci_upper fmi riv``.
        """
        found = [f.standardized(kind) for f in self.fits]
        out = found[0][["lhs", "op", "rhs", "group"]].copy()
        made = rubin(np.array([t["estimate"] for t in found]), np.array([t["std_error"] ** 2 for t in found]))
        out = out.assign(**_inference(made.estimate, made.std_error, made.df, self.options.ci))
        return out.assign(**{k: np.where(out["std_error"].notna(), getattr(made, k), np.nan) for k in ("fmi", "riv")})

    @one_thread()
    def difference(self, other: PooledFit, *, test: Literal["D3", "D2"] = "D3") -> PooledTest:
        """Test this model against one that is nested in it, or in which it is nested.

        Parameters
        ----------
        other : PooledFit
            Fitted to the same imputed data.
        test : {"D3", "D2"}
            Likelihood ratio at pooled estimates (Meng & Rubin, 1992), or pooled differences of chi-square (Li, Meng,
            Raghunathan & Rubin, 1991). Scaled tests have neither: they need differences that are scaled themselves.

        Raises
        ------
        OptionError
            When the data are not the same, the models have the same degrees of freedom, or `test` is not defined.
        """
        test = choose("test", test, ("D3", "D2"))
        a, b = sorted((self, other), key=lambda f: -float(f.fit_measures["df"]))
        k = int(a.fit_measures["df"] - b.fit_measures["df"])
        hashes = [{f.meta.data_hash: f for f in x.fits} for x in (a, b)]
        common = [h for h in hashes[0] if h in hashes[1]]
        if len(common) < 2:
            raise OptionError("the two models were not fitted to the same imputed data sets.")
        if not k:
            raise OptionError("the two models have the same degrees of freedom: neither is nested in the other.")
        if any("chisq_scaled" in f.fit_measures for f in (a.fits[0], b.fits[0])):
            raise OptionError(
                "pooled tests of differences are defined for plain chi-squares, not for scaled ones. Fit both models "
                "with estimator='ML'."
            )
        fits = [[h[c] for c in common] for h in hashes]
        if test == "D2":
            return d2(
                np.array([x.fit_measures["chisq"] - y.fit_measures["chisq"] for x, y in zip(*fits, strict=True)]), k
            )
        if not all(map(_likelihood, (a.fits[0], b.fits[0]))):
            raise OptionError("test='D3' needs maximum likelihood on complete rows; use test='D2'.")
        own = [np.array([_deviance(f, _moments(f.matrices)) for f in side]) for side in fits]
        at = [np.array([_deviance(f, _moments(_average(side))) for f in side]) for side in fits]
        return d3(own[0] - own[1], at[0] - at[1], k)

    def summary(self) -> str:
        """Return the result as plain text for a terminal."""
        table = self.tidy()
        shown = ["lhs", "op", "rhs", *(["group"] if self.meta.groups else []), "estimate", "std_error", "df_t"]
        shown += ["p_value", "fmi", "std_all"]
        lines = [f"PooledFit ({self.meta.function}): {len(self.fits)} of {self.n_imputations} imputations pooled"]
        lines += ["Simulated data."] if self.meta.simulated else []
        lines += ["", self.glance().T.to_string(header=False, float_format="{:.3f}".format)]
        lines += ["", table[shown].to_string(index=False, float_format="{:.3f}".format, na_rep="")]
        lines += ["", *map(str, self.notes)] if self.notes else []
        return "\n".join(lines)


def is_imputed(data: Any) -> bool:
    """Whether `data` is a sequence of data sets."""
    return isinstance(data, Sequence) and not isinstance(data, str | bytes)


def fit_imputed(model: str, data: Sequence[Any], fit: Callable[[str, Any], SemFit]) -> PooledFit:
    """Fit a model to each of several imputed data sets and pool the results.

    Parameters
    ----------
    fit : callable
        Fits the model to one data set.

    Raises
    ------
    OptionError
        Fewer than two data sets.
    ConvergenceError
        Fewer than two of them have a solution.
    DataError
        The data sets do not have the same parameters.
    """
    if len(data) < 2:
        raise OptionError(
            f"{len(data)} imputed data set{'s' * (len(data) != 1)}: pooling needs at least two. Make them with "
            "cg.impute(data, m=20, seed=1)."
        )
    fits, failed, last = [], [], None
    for k, one in enumerate(getattr(data, "sources", data), 1):
        try:
            found = fit(model, one)
        except EstimationError as error:
            failed.append(k)
            last = error
            continue
        if found.converged:
            fits.append(found)
        else:
            failed.append(k)
    if len(fits) < 2:
        raise ConvergenceError(
            f"the model has a solution in {len(fits)} of {len(data)} imputed data sets, and pooling needs two."
            + (f" The last refusal: {last}" if last is not None else "")
        )
    _check_same(fits)
    with one_thread():
        return _pool(fits, len(data), tuple(failed))


def _check_same(fits: Sequence[SemFit]) -> None:
    first = fits[0]
    for k, other in enumerate(fits[1:], 2):
        if other.meta.groups != first.meta.groups or parameter_names(other.table, other.structure) != parameter_names(
            first.table, first.structure
        ):
            raise DataError(
                f"imputed data sets 1 and {k} do not give the same parameters (groups {some(first.meta.groups)} and "
                f"{some(other.meta.groups)}): give imputations of one and the same data, rows in the same order."
            )


def _pool(fits: Sequence[SemFit], given: int, failed: tuple[int, ...]) -> PooledFit:
    first, m = fits[0], len(fits)
    Q = np.array([f.values for f in fits])
    U = np.array([np.where(f.std_errors > 0, f.std_errors, np.nan) ** 2 for f in fits])
    spare = first.meta.n - first.fit_measures["npar"]
    pooled = rubin(Q, U, float(spare) if spare > 0 else np.inf)
    theta = np.mean([f.theta for f in fits], axis=0)
    covariance = pooled_covariance(np.array([f.theta for f in fits]), np.array([f.covariance for f in fits]))
    tests, measures = _measures(fits)
    notes = [note("sem.imputations", used=m, given=given)]
    if failed:
        notes.append(note("sem.imputations_failed", n=len(failed), given=given, places=some(failed)))
    worst = pooled.fmi[pooled.std_error > 0]
    if len(worst) and m < 100 * np.nanmax(worst):
        notes.append(
            note("sem.few_imputations", used=m, share=100 * np.nanmax(worst), wanted=int(100 * np.nanmax(worst)) + 1)
        )
    if "d3" not in tests:
        notes.append(note("sem.no_d3"))
    digest = hashlib.sha256("".join(f.meta.data_hash for f in fits).encode()).hexdigest()
    references = ("rubin1987", "barnard1999", "limeng1991", *(("meng1992",) if "d3" in tests else ()))
    return PooledFit(
        fits=tuple(fits),
        n_imputations=given,
        failed=failed,
        theta=theta,
        covariance=covariance,
        pooled=pooled,
        tests=tests,
        fit_measures=pd.Series(measures, dtype=float, name="fit_measures"),
        notes=(*_of_fits(fits), *notes),
        meta=replace(
            first.meta,
            data_hash=digest,
            references=tuple(dict.fromkeys((*first.meta.references, *references))),
        ),
    )


def _of_fits(fits: Sequence[SemFit]) -> list[Note]:
    """Notes of the single fits, each code once; how often, where not in all of them."""
    seen: dict[str, list[Note]] = {}
    for fit in fits:
        for code, found in {n.code: n for n in fit.notes}.items():
            seen.setdefault(code, []).append(found)
    out = [notes[0] for notes in seen.values()]
    partly = {code: len(notes) for code, notes in seen.items() if len(notes) < len(fits)}
    if partly:
        remarks = ", ".join(f"{code} ({n})" for code, n in partly.items())
        out.append(note("sem.in_some_imputations", remarks=remarks, used=len(fits)))
    return out


def _measures(fits: Sequence[SemFit]) -> tuple[dict[str, PooledTest], dict[str, float]]:
    first = fits[0]
    each = pd.DataFrame([f.fit_measures for f in fits])
    df, df_base = int(each["df"].iloc[0]), int(each["baseline_df"].iloc[0])
    N, G = float(sum(s.size for s in first.samples)), len(first.samples)
    out: dict[str, float] = {"npar": each["npar"].iloc[0], "df": df, "baseline_df": df_base}
    out |= {"n_imputations": len(fits), "ntotal": each["ntotal"].iloc[0]}
    samples = _average_samples(fits)
    matrices = _average(fits)
    tests = {"d2": d2(each["chisq"].to_numpy(), df)}
    base = {"d2": d2(each["baseline_chisq"].to_numpy(), df_base)}
    if _likelihood(first):
        saturated = np.array([_deviance(f, [(s.cov, s.mean) for s in samples]) for f in fits])
        common = np.array([_deviance(f, _moments(matrices)) for f in fits])
        tests["d3"] = d3(each["chisq"].to_numpy(), common - saturated, df)
        alone = [_independent(f) for f in fits]
        middle = [(np.mean([a[g][0] for a in alone], 0), np.mean([a[g][1] for a in alone], 0)) for g in range(G)]
        base["d3"] = d3(
            each["baseline_chisq"].to_numpy(), np.array([_deviance(f, middle) for f in fits]) - saturated, df_base
        )
        constant = each["logl"].to_numpy() + np.array([_deviance(f, _moments(f.matrices)) for f in fits]) / 2
        logl = float(np.mean(constant - common / 2))
        out |= {"logl_pooled": logl, "aic_pooled": 2 * out["npar"] - 2 * logl}
        out |= {"bic_pooled": out["npar"] * float(np.log(out["ntotal"])) - 2 * logl}
    factors = [
        float(each[n].mean()) if n in each else np.nan
        for n in ("chisq_scaling_factor", "baseline_chisq_scaling_factor")
    ]
    plain = all(f.tests.user.shift == 0 and f.tests.user.df_scaled == f.tests.user.df for f in fits)
    for name in ("d3", "d2"):
        if name not in tests:
            continue
        t, tb = tests[name], base[name]
        out |= {f"f_{name}": t.F, f"df2_{name}": t.df2, f"pvalue_{name}": t.p_value, f"riv_{name}": t.riv}
        out |= {f"chisq_{name}": t.chisq, f"baseline_chisq_{name}": tb.chisq}
        made = incremental(max(t.chisq, 0.0), df, tb.chisq, df_base) | rmsea(max(t.chisq, 0.0), df, N, G)
        out |= {f"{k}_{name}": made[k] for k in ("cfi", "tli", *_RMSEA)}
        if "chisq_scaled" in each and plain and df:
            user, baseline = (
                ChiSquare(max(x.chisq, 0.0), x.df1, robust=c) for x, c in zip((t, tb), factors, strict=True)
            )
            scaled, scaled_base = user.chisq / factors[0], baseline.chisq / factors[1]
            out |= {f"chisq_scaled_{name}": scaled, f"pvalue_scaled_{name}": upper_tail(scaled, df)}
            made = incremental(scaled, df, scaled_base, df_base)
            out |= {f"{k}_scaled_{name}": made[k] for k in ("cfi", "tli")}
            made = robust_incremental(user, baseline) | {
                f"{k}_robust": v for k, v in rmsea(user.chisq, df, N, G, factors[0]).items() if k in _RMSEA
            }
            out |= {f"{k}_{name}": made[k] for k in ("cfi_robust", "tli_robust", *(f"{k}_robust" for k in _RMSEA))}
    if "chisq_scaled" in each and plain and df:
        out["chisq_scaling_factor_mean"] = factors[0]
    elif "chisq_scaled" in each and df:
        # Tests that shift, or choose their degrees of freedom, are pooled themselves.
        t = d2(each["chisq_scaled"].to_numpy(), round(float(each["df_scaled"].mean())))
        tests["d2_scaled"] = t
        k_base = round(float(each["baseline_df_scaled"].mean()))
        tb = d2(each["baseline_chisq_scaled"].to_numpy(), k_base)
        made = incremental(max(t.chisq, 0.0), t.df1, tb.chisq, k_base) | rmsea(max(t.chisq, 0.0), t.df1, N, G)
        out |= {f"{k}_scaled_d2": made[k] for k in ("cfi", "tli", *_RMSEA)}
        out |= {"f_scaled_d2": t.F, "df2_scaled_d2": t.df2, "chisq_scaled_d2": t.chisq, "pvalue_scaled_d2": t.p_value}
    if len(first.structure.ordered):
        out["srmr_mean"] = float(each["srmr"].mean())
        return tests, out
    rows = np.array([s.rows for s in samples])
    parts = [shown(s, m, first.structure.means) for s, m in zip(samples, matrices, strict=True)]
    residual = residual_measures(rows / rows.sum(), parts)
    out |= {f"{k}_pooled": residual[k] for k in ("srmr", "crmr", "rmr")}
    return tests, out


def _likelihood(fit: SemFit) -> bool:
    """Whether the statistic is a likelihood ratio of complete rows, so that the moments give it at any parameters."""
    if not fit.options.estimator.startswith("ML") or any(s.curvature is not None for s in fit.samples):
        return False
    own = _deviance(fit, _moments(fit.matrices)) - _deviance(fit, [(s.cov, s.mean) for s in fit.samples])
    return abs(own - float(fit.fit_measures["chisq"])) <= 1e-6 * max(own, 1.0)


def _deviance_of(sample: Sample, moments: Moments, means: bool) -> float:
    return 2 * sample.size * value(sample, moments[0], moments[1] if means else None)


def _deviance(fit: SemFit, moments: Sequence[Moments]) -> float:
    """-2 log-likelihood of one imputation at moments, up to a constant."""
    means = fit.structure.means
    return sum(_deviance_of(s, m, means) for s, m in zip(fit.samples, moments, strict=True))


def _moments(matrices: Sequence[GroupMatrices]) -> list[Moments]:
    return [(m.Sigma, m.mu) for m in matrices]


def _average(fits: Sequence[SemFit]) -> list[GroupMatrices]:
    """The matrices at the pooled estimates; moments of fixed covariates are averaged too."""
    made = replace(fits[0].structure, value=np.mean([f.structure.value for f in fits], axis=0))
    filled = fill(made, np.mean([f.theta for f in fits], axis=0))
    if made.means:
        return list(filled)
    return [with_means(m, s.mean) for m, s in zip(filled, _average_samples(fits), strict=True)]


def _average_samples(fits: Sequence[SemFit]) -> list[Sample]:
    return [
        replace(
            s,
            mean=np.mean([f.samples[g].mean for f in fits], axis=0),
            cov=np.mean([f.samples[g].cov for f in fits], axis=0),
            curvature=None,
        )
        for g, s in enumerate(fits[0].samples)
    ]


def _independent(fit: SemFit) -> list[Moments]:
    """Moments of the model of independent variables, covariates related among each other."""
    x = [fit.observed.index(n) for n in covariates(fit.table)]
    out = []
    for s in fit.samples:
        Sigma = np.diag(np.diag(s.cov))
        Sigma[np.ix_(x, x)] = s.cov[np.ix_(x, x)]
        out.append((Sigma, s.mean))
    return out


def _inference(estimate: Floats, error: Floats, df: Floats, ci: float) -> dict[str, Floats]:
    """Columns of estimate, t test and interval; NaN where there is no standard error."""
    error = np.where(error > 0, error, np.nan)
    df = np.where(np.isnan(error), np.nan, df)
    t, finite = estimate / error, np.minimum(df, 1e12)  # t with 1e12 is normal to the last digit
    half = stdtrit(finite, (1 + ci) / 2) * error
    return {
        "estimate": estimate,
        "std_error": error,
        "statistic": t,
        "df_t": df,
        "p_value": 2 * stdtr(finite, -np.abs(t)),
        "ci_lower": estimate - half,
        "ci_upper": estimate + half,
    }
