"""compare(): which of several fitted models to prefer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Meta, Result
from cgsurvey.moments.normal import case_log_likelihood
from cgsurvey.moments.sample import Sample
from cgsurvey.responses.source import as_source
from cgsurvey.sem.fitting.derivatives import case_scores, information
from cgsurvey.sem.nested import ADJUSTED, SCALED, Pair, difference, likelihood
from cgsurvey.sem.options import Options
from cgsurvey.sem.pooled import PooledFit
from cgsurvey.sem.result import SemFit
from cgsurvey.sem.testing.difference import Difference, Vuong, vuong

Method = Literal["standard", "satorra-bentler-2001", "satorra-bentler-2010", "satorra-2000", "vuong"]
METHODS = ("standard", "satorra-bentler-2001", "satorra-bentler-2010", "satorra-2000", "vuong")
_SOURCES = {
    "standard": (),
    "satorra-bentler-2001": ("satorra2001",),
    "satorra-bentler-2010": ("satorra2010",),
    "satorra-2000": ("satorra2000", "asparouhov2010"),
    "vuong": ("vuong1989",),
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Comparison(Result):
    """Models side by side.

    `tidy()` has one row per model, in order of df: ``model chisq df chisq_diff df_diff p_value aic bic``. A difference
    stands in the row of the more restricted model and is that to the row before; chi-squares are the unscaled ones,
    differences those of the method. AIC and BIC exist for likelihood estimators only.

    Attributes
    ----------
    table : DataFrame
        What `tidy()` returns.
    method : str
        How differences were tested.
    vuong : Vuong, optional
        The tests of Vuong (1989), of the first row against the second.
    """

    table: pd.DataFrame
    method: str
    vuong: Vuong | None = None

    def tidy(self) -> pd.DataFrame:
        """Return one row per model."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return the method and the models with the lowest AIC and BIC; for Vuong's tests their statistics."""
        row: dict[str, Any] = {"method": self.method, "count": len(self.table)}
        for name in ("aic", "bic"):
            known = self.table[name].notna()
            row[f"lowest_{name}"] = self.table.loc[self.table[name].idxmin(), "model"] if known.any() else ""
        if self.vuong is not None:
            v = self.vuong
            row |= {"omega2": v.omega2, "p_distinct": v.p_distinct, "z": v.z, "z_aic": v.z_aic, "z_bic": v.z_bic}
        return pd.DataFrame([row])


def compare(*fits: SemFit, method: Method | None = None, data: Any = None) -> Comparison:
    """Compare fitted models: difference tests of nested ones, AIC, BIC, Vuong's tests of rivals.

    Parameters
    ----------
    *fits : SemFit
        Two or more fits to the same data with the same estimator, in any order.
    method : {"standard", "satorra-bentler-2001", "satorra-bentler-2010", "satorra-2000", "vuong"}, optional
        The difference test. None: "standard" for estimators without a scaled test; "satorra-bentler-2001" for MLM, MLR,
        WLSM, ULSM; "satorra-2000" (scaled and shifted) for MLMV, MLMVS, WLSMV, WLSMVS, ULSMV. "vuong": two models that
        need not be nested.
    data : Responses or DataFrame, optional
        The data of the fits. Needed by "vuong"; by "satorra-2000" and "satorra-bentler-2010" only for models too large
        for a fit to keep what these take.

    Returns
    -------
    Comparison

    Raises
    ------
    OptionError
        When the fits are not of the same data, variables and estimator, when a model is not nested in the next, or
        when the method does not exist for the estimator.

    Notes
    -----
    Whether models are nested is found out from the moments they imply (Bentler & Satorra, 2010), not from their text.
    Models that imply the same moments are equivalent: no data can tell them apart, and they are not tested.

    As in lavaan, "satorra-bentler-2010" carries estimates over by the names of the parameters, and "satorra-2000" with
    missing values counts missing moments as zero. Where this changes a result, a note gives the consistent one.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> two = cg.cfa("t =~ tan1 + tan2 + tan3; e =~ emp1 + emp2 + emp3", answers)
    >>> one = cg.cfa("t =~ tan1 + tan2 + tan3 + emp1 + emp2 + emp3", answers)
    >>> cg.compare(two, one).tidy()[["model", "df", "chisq_diff", "df_diff"]].round(1)
         model  df  chisq_diff  df_diff
    0  model 1   8         NaN      NaN
    1  model 2   9       140.2      1.0
    """
    _check(fits)
    options = fits[0].options
    chosen = _method(method, options)
    order = sorted(range(len(fits)), key=lambda k: fits[k].fit_measures["df"])
    named = _names(fits)
    models, names = [fits[k] for k in order], [named[k] for k in order]
    rows = _rows(data, models) if data is not None else None
    tested: list[Difference | None] = [None]
    notes: list[Note] = []
    found: Vuong | None = None
    with one_thread():
        if chosen == "vuong":
            if rows is None or len(models) != 2:
                raise OptionError(
                    "method='vuong' compares two fits on their rows: compare(fit_1, fit_2, method='vuong', data=data)."
                )
            found = _vuong(models, rows)
            d1, d0 = (int(m.fit_measures["df"]) for m in models)
            tested.append(Difference(np.nan, d0 - d1, found.p_value))
            notes += _vuong_notes(found, names)
        else:
            for k, (larger, smaller) in enumerate(pairwise(models)):
                pair = Pair(larger, smaller, names[k], names[k + 1], None if rows is None else (rows[k], rows[k + 1]))
                found_here, more = difference(pair, chosen)
                tested.append(found_here)
                notes += more
    if not likelihood(options):
        notes.append(note("sem.no_likelihood", estimator=options.estimator))
    return Comparison(
        table=_table(models, names, tested),
        method=chosen,
        vuong=found,
        notes=tuple(notes),
        meta=_meta(models[0], chosen, names),
    )


def _meta(fit: SemFit, method: str, names: Sequence[str]) -> Meta:
    references = ("bentler2010", *_SOURCES[method]) if method != "vuong" else _SOURCES[method]
    options = {"method": method, "models": tuple(names), "estimator": fit.options.estimator}
    return replace(fit.meta, function="compare", options=options, references=references)


def _table(models: Sequence[SemFit], names: Sequence[str], tested: Sequence[Difference | None]) -> pd.DataFrame:
    def column(name: str) -> list[float]:
        return [float(m.fit_measures.get(name, np.nan)) for m in models]

    return pd.DataFrame(
        {
            "model": list(names),
            "chisq": column("chisq"),
            "df": [int(m.fit_measures["df"]) for m in models],
            "chisq_diff": [np.nan if d is None else d.statistic for d in tested],
            "df_diff": [np.nan if d is None else float(d.df) for d in tested],
            "p_value": [np.nan if d is None else d.p_value for d in tested],
            "aic": column("aic"),
            "bic": column("bic"),
        }
    )


def _names(fits: Sequence[SemFit]) -> list[str]:
    given = [fit.model.name or f"model {k + 1}" for k, fit in enumerate(fits)]
    return [n if given.count(n) == 1 else f"{n} ({k + 1})" for k, n in enumerate(given)]


# What can be compared, and how.


def _method(method: str | None, options: Options) -> str:
    test = options.test[0] if options.test else "standard"
    if test in ADJUSTED:
        possible = ["satorra-2000"]
    elif test in SCALED:
        possible = ["satorra-bentler-2001", "satorra-bentler-2010", "satorra-2000"]
    else:
        possible = ["standard"]
    if likelihood(options):
        possible.append("vuong")
    if method is None:
        return possible[0]
    if method in possible:
        return method
    words = ", ".join(repr(m) for m in possible)
    if method in METHODS:
        why = {
            "standard": "the difference of two robust statistics is not chi-square distributed",
            "vuong": "it compares likelihoods, which this estimator has none of",
        }.get(method, "it needs the scaling factors of a test that this estimator does not make")
        raise OptionError(f"method='{method}' is not defined for estimator='{options.estimator}': {why}. Use {words}.")
    raise OptionError(f"method={method!r} is not known.{did_you_mean(method, METHODS)} Here: {words}.")


def _check(fits: Sequence[SemFit]) -> None:
    if any(isinstance(f, PooledFit) for f in fits):
        raise OptionError("fits of imputed data are compared by their own pooled tests: fit_1.difference(fit_2).")
    if len(fits) < 2 or not all(isinstance(f, SemFit) for f in fits):
        raise OptionError(
            "compare() takes two or more fitted models: compare(cg.cfa(model_1, data), cg.cfa(model_2, data))."
        )
    first = fits[0]
    for k, fit in enumerate(fits[1:], start=2):
        for name in ("estimator", "missing", "likelihood", "test", "cluster", "strata", "weights", "group", "ordered"):
            a, b = getattr(first.options, name), getattr(fit.options, name)
            if name == "ordered":
                a, b = set(first.table.ordered), set(fit.table.ordered)
            if a != b:
                raise OptionError(
                    f"the fits differ in {name} ({a!r}, and {b!r} in fit {k}): a difference between them would not be "
                    f"one between models. Fit all with the same {name}."
                )
        if set(fit.observed) != set(first.observed):
            odd = set(fit.observed) ^ set(first.observed)
            raise OptionError(
                f"the fits are of different observed variables ({some(sorted(odd))} in one of fit 1 and fit {k} only), "
                "so chi-square, AIC and BIC are not comparable. Leave a variable in the model and set its paths to "
                "zero, e.g. 'y ~ 0*x'."
            )
        if fit.structure.means != first.structure.means:
            raise OptionError(
                f"fit {k} and fit 1 differ in having means in the model; fit all with meanstructure=True."
            )
        if not _same_data(first, fit):
            raise OptionError(
                f"fit {k} is of other data than fit 1 (n = {fit.meta.n} and {first.meta.n}, or other values): models "
                "are compared on the same rows. Fit both to one data frame, without the rows that one of them drops."
            )


def _same_data(a: SemFit, b: SemFit) -> bool:
    if a.meta.n != b.meta.n or len(a.samples) != len(b.samples) or a.meta.groups != b.meta.groups:
        return False
    at = [b.observed.index(n) for n in a.observed]
    for s, t in zip(a.samples, b.samples, strict=True):
        sd = np.sqrt(np.diag(s.cov))
        near = np.abs(s.cov - t.cov[np.ix_(at, at)]) / np.outer(sd, sd)
        if s.n != t.n or near.max() > 1e-5 or (np.abs(s.mean - t.mean[at]) / sd).max() > 1e-5:
            return False
    return True


# Rows.


def _rows(data: Any, models: Sequence[SemFit]) -> list[tuple[Sample, ...]]:
    """The rows of each fit again, checked against what the fit saw."""
    from cgsurvey.sem.resolution import sample_of

    source = as_source(data)
    out = []
    for fit in models:
        samples = tuple(sample_of(source.frame, fit.table, fit.options).samples)
        for s, t in zip(samples, fit.samples, strict=True):
            if s.n != t.n or np.abs(s.cov - t.cov).max() > 1e-5 * np.abs(t.cov).max():
                raise DataError(
                    f"data= holds other rows than the fits were made from ({sum(x.n for x in samples)} usable rows, "
                    f"the fits used {fit.meta.n}). Give the same data."
                )
        out.append(samples)
    return out


def _vuong(models: Sequence[SemFit], rows: Sequence[tuple[Sample, ...]]) -> Vuong:
    logl, scores, breads = [], [], []
    for fit, samples in zip(models, rows, strict=True):
        logl.append(
            np.concatenate(
                [
                    case_log_likelihood(s, m.Sigma, m.mu if fit.structure.means else None)
                    for s, m in zip(samples, fit.matrices, strict=True)
                ]
            )
        )
        scores.append(np.vstack(case_scores(fit.structure, fit.theta, samples)) @ fit.basis)
        H = information(fit.structure, fit.theta, samples, "observed")
        breads.append(fit.basis.T @ H @ fit.basis)
    return vuong(logl, scores, breads)


def _vuong_notes(found: Vuong, names: Sequence[str]) -> list[Note]:
    if found.p_distinct >= 0.05:
        return [note("sem.vuong_alike", a=names[0], b=names[1], p=found.p_distinct)]
    better = names[0] if found.difference > 0 else names[1]
    values = {"a": names[0], "b": names[1], "better": better}
    return [note("sem.vuong", p_distinct=found.p_distinct, z=found.z, p=found.p_value, **values)]
