"""A fitted model as plain text for a terminal: test, fit measures, parameters by kind, notes. Labelled file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from cgsurvey.sem.result import SemFit

_KINDS = (
    ("=~", "Latent variables"),
    ("~", "Regressions"),
    ("~~", "Covariances"),
    ("~1", "Intercepts"),
    ("=", "Variances"),
    (":=", "Defined parameters"),
)


def summary(fit: SemFit) -> str:
    """Return estimates, errors and fit as text."""
    options, measures = fit.options, fit.fit_measures
    state = "converged" if fit.converged else "DID NOT CONVERGE"
    lines = [f"SemFit ({fit.meta.function}): {state} after {fit.iterations} iterations"]
    if fit.meta.simulated:
        lines.append("Simulated data.")
    lines += [
        "",
        _pair("Estimator", options.estimator),
        _pair("Standard errors", options.se),
        _pair("Missing answers", options.missing),
    ]
    lines += [_pair("Rows used", fit.meta.n), _pair("Free parameters", int(measures["npar"]))]
    if fit.meta.groups:
        lines.append(
            _pair("Groups", ", ".join(f"{g} ({s.n})" for g, s in zip(fit.meta.groups, fit.samples, strict=True)))
        )
    scaled = "chisq_scaled" in measures
    lines += ["", f"{'Test of the model':<34}{'standard':>12}" + (f"{'scaled':>12}" if scaled else "")]
    for text, name in (("chi-square", "chisq"), ("df", "df"), ("p", "pvalue")):
        lines.append(_measure(text, measures, name, f"{name}_scaled" if scaled else None))
    robust = "rmsea_robust" in measures
    lines += ["", f"{'Fit':<34}{'standard':>12}" + (f"{'robust':>12}" if robust else "")]
    names = (
        ("CFI", "cfi"),
        ("TLI", "tli"),
        ("RMSEA", "rmsea"),
        ("  90 % interval, lower", "rmsea_ci_lower"),
        ("  90 % interval, upper", "rmsea_ci_upper"),
        ("SRMR", "srmr"),
        ("Log-likelihood", "logl"),
        ("AIC", "aic"),
        ("BIC", "bic"),
    )
    there = [(text, name) for text, name in names if name in measures]
    lines += [_measure(text, measures, name, f"{name}_robust" if robust else None) for text, name in there]
    table = fit.tidy()
    for g in sorted(table["group"].unique(), key=lambda k: (k == 0, k)):
        part = table[table["group"] == g]
        if g and fit.meta.groups:
            lines += ["", f"Group {fit.meta.groups[g - 1]}"]
        lines += _parameters(part)
    r2 = fit.r2
    lines += ["", "Explained variance (R2)"]
    lines += [f"  {(' '.join(map(str, k)) if isinstance(k, tuple) else str(k)):<32}{v:>12.3f}" for k, v in r2.items()]
    if fit.notes:
        lines += ["", *map(str, fit.notes)]
    return "\n".join(lines)


def _parameters(table: pd.DataFrame) -> list[str]:
    lines: list[str] = []
    variance = (table["op"] == "~~") & (table["lhs"] == table["rhs"])
    for op, title in _KINDS:
        part = table[variance] if op == "=" else table[(table["op"] == op) & ~variance]
        if part.empty:
            continue
        lines += ["", f"{title:<34}{'estimate':>10}{'SE':>9}{'z':>9}{'p':>8}{'std.all':>9}"]
        last = None
        for row in part.to_dict("records"):
            if op in ("=~", "~", "~~") and row["lhs"] != last:
                last = row["lhs"]
                lines.append(f"  {last} {op}")
            name = f"    {row['rhs']}" if op in ("=~", "~", "~~") else f"    {row['lhs']}"
            label = f" ({row['label']})" if row["label"] and op != ":=" and not row["label"].startswith(".p") else ""
            numbers = (
                _cell(row["estimate"], 10),
                _cell(row["std_error"], 9),
                _cell(row["statistic"], 9),
                _cell(row["p_value"], 8),
                _cell(row["std_all"], 9),
            )
            lines.append(f"{name + label:<34}" + "".join(numbers))
    return lines


def _pair(name: str, value: object) -> str:
    return f"{name:<34}{value!s:>12}"


def _measure(text: str, measures: pd.Series, name: str, second: str | None) -> str:
    line = f"  {text:<32}" + _cell(measures[name], 12)
    return line + (_cell(measures[second], 12) if second is not None and second in measures else "")


def _cell(value: float, width: int) -> str:
    return " " * width if value is None or math.isnan(value) else f"{value:>{width}.3f}"
