"""Proportional-odds regression in steps.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from cgsurvey.base.errors import CodingError, ConvergenceError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.classical.formula import Design
from cgsurvey.classical.linear import Errors
from cgsurvey.classical.ordinal import Ordinal, brant, normal_test, proportional_odds
from cgsurvey.classical.regression_linear import Parts

MOST = 20  # categories beyond which an outcome is a measurement
FEW = 5


def fit_ordinal(
    designs: Sequence[Design],
    rows: pd.DataFrame,
    errors: Errors,
    codes: np.ndarray | None,
    ci: float,
    notes: list[Note],
) -> Parts:
    """Fit the steps of a proportional-odds regression on the same rows."""
    design = designs[-1]
    y, words = _categories(design, rows, notes)
    if len(design.terms) < 2:
        raise SampleError("an ordinal regression needs a predictor.")
    fits = [proportional_odds(y, d.X[:, 1:], robust=errors == "HC0", cluster=codes) for d in designs]
    for d, fit in zip(designs, fits, strict=True):
        if not fit.converged:
            raise ConvergenceError.of("classical.separated", formula=d.formula, terms=d.terms[1:])
    coefficients = pd.concat(
        [_coefficients(i + 1, d, f, words, ci) for i, (d, f) in enumerate(zip(designs, fits, strict=True))],
        ignore_index=True,
    )
    steps = pd.DataFrame([_step(i, designs, fits) for i in range(len(fits))])
    return Parts(coefficients, steps, _proportional(design, y, notes))


def _categories(design: Design, rows: pd.DataFrame, notes: list[Note]) -> tuple[np.ndarray, list[str]]:
    """Return the codes of the outcome and the words of its categories."""
    column = rows.get(design.outcome)
    values, y = np.unique(design.y, return_inverse=True)
    if column is not None and isinstance(column.dtype, pd.CategoricalDtype):
        words = [str(c) for c in column.cat.remove_unused_categories().cat.categories]
        notes.append(note("classical.order_of_words", column=design.outcome, order=" < ".join(words)))
    else:
        words = [f"{v:g}" for v in values]
        whole = np.arange(values[0], values[-1] + 1) if (values == np.round(values)).all() else values
        absent = [f"{v:g}" for v in np.setdiff1d(whole, values)] if len(whole) <= MOST else []
        if absent:
            notes.append(note("classical.category_gaps", column=design.outcome, values=", ".join(absent)))
    if len(values) > MOST:
        raise CodingError(
            f"'{design.outcome}' has {len(values)} different values; an ordinal regression takes at most {MOST} "
            "categories. Use kind='linear', or put values together."
        )
    counts = np.bincount(y)
    thin = [f"{w} ({c})" for w, c in zip(words, counts, strict=True) if c < FEW]
    if thin:
        notes.append(note("classical.thin_categories", column=design.outcome, categories=some(thin), least=FEW))
    return y.astype(np.int64), words


def _coefficients(step: int, design: Design, fit: Ordinal, words: Sequence[str], ci: float) -> pd.DataFrame:
    k = len(fit.b)
    estimate = np.concatenate([fit.b, fit.theta])
    z, p, lower, upper = normal_test(estimate, fit.se, ci)
    with np.errstate(over="ignore"):
        odds = {
            name: np.concatenate([np.exp(v[:k]), np.full(len(fit.theta), np.nan)])
            for name, v in (("odds_ratio", estimate), ("or_ci_lower", lower), ("or_ci_upper", upper))
        }
    thresholds = [f"{a}|{b}" for a, b in pairwise(words)]
    return pd.DataFrame(
        {
            "step": step,
            "term": [*design.terms[1:], *thresholds],
            "estimate": estimate,
            "std_error": fit.se,
            "statistic": z,
            "p_value": p,
            "ci_lower": lower,
            "ci_upper": upper,
            **odds,
        }
    )


def _step(i: int, designs: Sequence[Design], fits: Sequence[Ordinal]) -> dict[str, object]:
    fit = fits[i]
    chisq, df, p = fit.chisq
    change, df_change = np.nan, np.nan
    if i:
        change, df_change = max(0.0, 2 * (fit.loglik - fits[i - 1].loglik)), float(len(fit.b) - len(fits[i - 1].b))
    mcfadden, cox, nagelkerke = fit.pseudo_r2
    k = len(fit.b) + len(fit.theta)
    return {
        "step": i + 1,
        "formula": designs[i].formula,
        "n": fit.n,
        "logl": fit.loglik,
        "chisq": chisq,
        "df": df,
        "p_value": p,
        "r2_mcfadden": mcfadden,
        "r2_cox_snell": cox,
        "r2_nagelkerke": nagelkerke,
        "chisq_change": change,
        "df_change": df_change,
        "p_change": float(chdtrc(df_change, change)) if i else np.nan,
        "aic": -2 * fit.loglik + 2 * k,
        "bic": -2 * fit.loglik + np.log(fit.n) * k,
    }


def _proportional(design: Design, y: np.ndarray, notes: list[Note]) -> pd.DataFrame:
    columns = ["assumption", "test", "term", "statistic", "df", "df2", "p_value"]
    found = brant(y, design.X[:, 1:])
    if found is None:
        if int(y.max()) > 1:
            notes.append(note("classical.no_brant"))
        return pd.DataFrame({c: pd.Series(dtype="str" if c in columns[:3] else "float64") for c in columns})
    lines = [("proportional_odds", "brant", "", found.chisq, found.df, np.nan, found.p)]
    if len(design.terms) > 2:
        parts = zip(design.terms[1:], found.by_column, found.p_column, strict=True)
        lines += [("proportional_odds", "brant", t, x, found.df_column, np.nan, p) for t, x, p in parts]
    if found.p < 0.05:
        notes.append(note("classical.not_proportional", chisq=found.chisq, df=found.df, p=found.p))
    return pd.DataFrame(lines, columns=columns)
