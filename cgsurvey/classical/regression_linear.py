"""Linear regression in steps: coefficients, change of R2, assumptions, influence.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cgsurvey.base.errors import SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.classical.assumptions import SHAPIRO_MOST, checks
from cgsurvey.classical.formula import INTERCEPT, Design
from cgsurvey.classical.linear import (
    Errors,
    Linear,
    generalised_inflation,
    least_squares,
    nested_change,
    shares,
    wald_change,
)

SHOWN = 10  # rows of the table of influence
CELLS = 40  # per side of the grid of a diagnostic picture
ALPHA = 0.05


@dataclass(frozen=True)
class Parts:
    """The tables of a regression, see `Regression`."""

    coefficients: pd.DataFrame
    steps: pd.DataFrame
    assumptions: pd.DataFrame
    influential: pd.DataFrame = field(default_factory=pd.DataFrame)
    residuals: pd.DataFrame = field(default_factory=pd.DataFrame)


def fit_linear(
    designs: Sequence[Design],
    rows: pd.DataFrame,
    errors: Errors,
    codes: np.ndarray | None,
    ci: float,
    notes: list[Note],
) -> Parts:
    """Fit the steps of a linear regression on the same rows."""
    fits = [least_squares(d.y, d.X, intercept=True, errors=errors, cluster=codes) for d in designs]
    last, design = fits[-1], designs[-1]
    if last.r2 > 1 - 1e-12:
        raise SampleError(
            f"R2 is 1: '{design.outcome}' is a combination of {some(design.terms[1:])} without any error, as a total "
            "is of its parts. Leave the predictors out that it was computed from."
        )
    coefficients = pd.concat(
        [_coefficients(i + 1, d, f, ci) for i, (d, f) in enumerate(zip(designs, fits, strict=True))], ignore_index=True
    )
    steps = pd.DataFrame([_step(i, designs, fits, errors) for i in range(len(fits))])
    found = pd.DataFrame(
        [
            (c.assumption, c.test, _term(design, c.term), c.statistic, c.df, c.df2, c.p)
            for c in checks(design.y, design.X, last)
        ],
        columns=["assumption", "test", "term", "statistic", "df", "df2", "p_value"],
    )
    influential = _influential(rows, last)
    _remarks(design, last, coefficients, found, errors, notes)
    return Parts(coefficients, steps, found, influential, _panels(last))


def _term(design: Design, column: int) -> str:
    return design.terms[column] if column >= 0 else ""


def _coefficients(step: int, design: Design, fit: Linear, ci: float) -> pd.DataFrame:
    lower, upper = fit.interval(ci)
    k = len(design.terms)
    names = ("std_all", "r", "r_partial", "r_part", "tolerance", "vif")
    more = {n: np.full(k, np.nan) for n in names}
    if k > 1:
        s = shares(design.y, design.X, fit)
        vif = 1 / s.tolerance
        several = [p for p in dict.fromkeys(design.parents) if design.parents.count(p) > 1]
        inflated = generalised_inflation(design.X, list(design.parents)) if several else {}
        for j, parent in enumerate(design.parents):
            vif[j] = inflated[parent] if parent in several else vif[j]
        more = dict(zip(names, (s.beta, s.r, s.partial, s.part, 1 / vif, vif), strict=True))
    return pd.DataFrame(
        {
            "step": step,
            "term": list(design.terms),
            "estimate": fit.b,
            "std_error": fit.se,
            "statistic": fit.t,
            "df": fit.df_t,
            "p_value": fit.p,
            "ci_lower": lower,
            "ci_upper": upper,
            **more,
        }
    )


def _step(i: int, designs: Sequence[Design], fits: Sequence[Linear], errors: Errors) -> dict[str, object]:
    design, fit = designs[i], fits[i]
    n, k = design.X.shape
    change = (np.nan, np.nan, np.nan, np.nan)
    if i:
        added = np.array([t not in designs[i - 1].terms for t in design.terms])
        change = nested_change(fits[i - 1], fit) if errors == "classical" else wald_change(fit, added)
    return {
        "step": i + 1,
        "formula": design.formula,
        "n": n,
        "r2": fit.r2,
        "r2_adj": fit.r2_adj,
        "sigma": fit.s,
        "f_value": fit.F,
        "df1": fit.df1,
        "df2": fit.df2,
        "p_value": fit.p_f,
        "r2_change": fit.r2 - fits[i - 1].r2 if i else np.nan,
        "f_change": change[0],
        "df1_change": float(change[1]),
        "df2_change": float(change[2]),
        "p_change": change[3],
        "aic": -2 * fit.loglik + 2 * (k + 1),  # the residual variance is a parameter too, as in R
        "bic": -2 * fit.loglik + np.log(n) * (k + 1),
    }


def _influential(rows: pd.DataFrame, fit: Linear) -> pd.DataFrame:
    cooks = np.nan_to_num(fit.cooks, nan=np.inf)
    top = np.argsort(-cooks, kind="stable")[:SHOWN]
    labels = rows.index[top]
    return pd.DataFrame(
        {
            "row": labels if labels.dtype.kind in "iu" else [str(v) for v in labels],
            "cooks": fit.cooks[top],
            "leverage": fit.h[top],
            "studentized": fit.studentised[top],
        }
    )


def _panels(fit: Linear) -> pd.DataFrame:
    """Count residuals by the cells of a grid, and take quantiles: enough to draw, nothing to read a row from."""
    r = fit.standardised
    known = np.isfinite(r)
    r, fitted, h = r[known], fit.fitted[known], fit.h[known]
    p = (np.arange(1, m + 1) - 0.5) / m if (m := min(len(r), 60)) else np.zeros(0)
    qq = pd.DataFrame({"panel": "qq", "x": ndtri(p), "y": np.quantile(r, p) if m else p, "count": 1})
    pairs = {"fitted": (fitted, r), "scale": (fitted, np.sqrt(np.abs(r))), "leverage": (h, r)}
    return pd.concat([qq, *(_cells(name, x, y) for name, (x, y) in pairs.items())], ignore_index=True)


def _cells(panel: str, x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    counts, ex, ey = np.histogram2d(x, y, bins=CELLS, range=[_span(x), _span(y)])
    i, j = np.nonzero(counts)
    middle_x, middle_y = (ex[:-1] + ex[1:]) / 2, (ey[:-1] + ey[1:]) / 2
    return pd.DataFrame({"panel": panel, "x": middle_x[i], "y": middle_y[j], "count": counts[i, j].astype(int)})


def _span(v: np.ndarray) -> tuple[float, float]:
    low, high = float(v.min()), float(v.max())
    return (low, high) if high - low > 1e-9 * max(1.0, abs(high)) else (low - 0.5, high + 0.5)


def _remarks(
    design: Design, fit: Linear, coefficients: pd.DataFrame, found: pd.DataFrame, errors: Errors, notes: list[Note]
) -> None:
    n, k = design.X.shape
    if n < 10 * (k - 1):
        notes.append(note("classical.few_rows", n=n, k=k - 1))
    if n > SHAPIRO_MOST:
        notes.append(note("classical.shapiro_large", n=n, most=SHAPIRO_MOST))
    last = coefficients[coefficients["step"] == coefficients["step"].max()]
    high = last[last["vif"] >= 10]
    if len(high):
        terms = some(f"{t} ({v:.1f})" for t, v in zip(high["term"], high["vif"], strict=True))
        notes.append(note("classical.collinear", terms=terms))
    p = found.set_index("test")["p_value"]
    if errors == "classical" and p.get("breusch_pagan", 1.0) < ALPHA:
        notes.append(note("classical.heteroscedastic", p=float(p["breusch_pagan"])))
    if p.get("reset", 1.0) < ALPHA:
        notes.append(note("classical.not_linear", p=float(p["reset"])))
    cooks = fit.cooks
    beyond = int((cooks > 1).sum())
    if beyond:
        notes.append(note("classical.influential", n=beyond, largest=float(np.nanmax(cooks))))
    if set(design.parents) != set(design.terms) and any(design.parents.count(x) > 1 for x in design.parents):
        notes.append(note("classical.generalised_vif"))
    if errors != "classical" and not np.isfinite(fit.F) and k > 1:
        notes.append(note("classical.no_joint_test", k=k - 1, clusters=fit.df_t + 1))
    assert design.terms[0] == INTERCEPT  # checked before; `shares` relies on it
