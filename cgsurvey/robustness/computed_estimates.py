"""Estimates, their errors and p-values under the conventions of `conventions.yaml`."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from scipy.special import stdtr

from cgsurvey.robustness.evidence import Evidence, Found, computes, row_of, value_of
from cgsurvey.sem import SemFit


@computes("unstandardised")
def _unstandardised(e: Evidence) -> Found:
    if e.row is not None:
        yield "", float(e.row["estimate"])


@computes("std_lv")
def _std_lv(e: Evidence) -> Found:
    yield from _standardised(e, "std_lv")


@computes("std_all")
def _std_all(e: Evidence) -> Found:
    yield from _standardised(e, "std_all")


@computes("std_nox")
def _std_nox(e: Evidence) -> Found:
    yield from _standardised(e, "std_nox")


def _standardised(e: Evidence, kind: Any) -> Found:
    """The estimate, or its error or test, after standardising."""
    if e.row is None or e.fit is None:
        return
    rows = e.fit.standardized(kind)
    found = rows[(rows["lhs"] == e.row["lhs"]) & (rows["op"] == e.row["op"]) & (rows["rhs"] == e.row["rhs"])]
    yield "", float(found[e.quantity].iloc[0])


@computes("unit_residual")
def _unit_residual(e: Evidence) -> Found:
    """In units of the (residual) deviations of the latent variables."""
    fit, row = e.fit, e.row
    if fit is None or row is None:
        return
    S, names = np.diag(fit.matrices[0].S), list(fit.table.variables)
    u, v = (
        float(np.sqrt(max(S[names.index(n)], 0.0))) if n in fit.latents else 1.0 for n in (row["lhs"], row["rhs"] or "")
    )
    factor = {"=~": u, "~": v / u if u else np.nan, "~~": 1 / (u * v) if u * v else np.nan}.get(row["op"], np.nan)
    if np.isfinite(factor) and (u, v) != (1.0, 1.0):
        yield "", float(row["estimate"]) * factor


@computes("reversed_sign")
def _reversed_sign(e: Evidence) -> Found:
    if e.row is not None:
        for name in ("estimate", "std_all"):
            yield name, -float(e.row[name])


@computes("other_reference")
def _other_reference(e: Evidence) -> Found:
    """In units of other items: what loads b times as much on a factor makes its scale b times as wide."""
    fit, row = e.fit, e.row
    if fit is None or row is None or e.quantity != "estimate":
        return
    t = fit.tidy()
    loads = t[(t["op"] == "=~") & (t["group"] == 1)]

    def scales(name: str) -> list[tuple[str, float]]:
        own = loads[loads["lhs"] == name]
        found = [(str(i), float(v)) for i, v in zip(own["rhs"], own["estimate"], strict=True) if abs(v) > 1e-12]
        return found if name in fit.latents and found else [("", 1.0)]

    left, right = scales(row["lhs"]), scales(row["rhs"])
    for (a, u), (b, v) in product(left, right):
        detail = ", ".join(dict.fromkeys(filter(None, (a, b))))
        if not detail or (row["lhs"] == row["rhs"] and a != b):
            continue
        # In units of its item a factor is its loading u times as large.
        factor = {"=~": 1 / u, "~": u / v, "~~": u * v}.get(row["op"])
        if factor is not None and not np.isclose(factor, 1.0, rtol=1e-9):
            yield detail, float(row["estimate"]) * factor


@computes("divisor_n_minus_1")
def _divisor(e: Evidence) -> Found:
    """Covariances with divisor n - 1 (of estimates), information times n - 1 (of errors), or both."""
    if e.row is None:
        return
    n, total = e.n[0], sum(e.n)
    scale = n / (n - 1) if e.row["op"] == "~~" else 1.0
    error = float(np.sqrt(total / (total - len(e.n))))
    value = float(e.row[e.quantity])
    if e.quantity == "estimate":
        if scale != 1.0:
            yield "", value * scale
    elif e.quantity == "statistic":
        yield "", value / error
    else:
        yield "", value * error
        if scale != 1.0:
            yield "+ covariances n - 1", value * error * scale


@computes("squared")
def _squared(e: Evidence) -> Found:
    if e.row is not None and e.row["op"] == "=~":
        yield "", float(e.row["std_all"]) ** 2


@computes("one_minus_squared")
def _one_minus_squared(e: Evidence) -> Found:
    if e.row is not None and e.row["op"] == "=~":
        yield "", 1 - float(e.row["std_all"]) ** 2


@computes("pls")
def _pls(e: Evidence) -> Found:
    yield from _composite(e, equal=False)


@computes("sum_scores")
def _sum_scores(e: Evidence) -> Found:
    yield from _composite(e, equal=True)


def _composite(e: Evidence, *, equal: bool) -> Found:
    """Path, loading, correlation, explained share or AVE and reliability of weighted sums."""
    made = e.composed(equal=equal)
    if made is None or e.simple is None or e.fit is None:
        return
    names, blocks, causes = e.simple
    if len(e.of) == 3 and e.quantity == "estimate":
        lhs, op, rhs = e.of
        if op == "=~" and rhs in e.fit.observed:
            yield "", float(made.loadings[e.fit.observed.index(rhs)])
        elif lhs in names and rhs in names:
            j, k = names.index(lhs), names.index(rhs)
            yield "", float(made.paths[j, k] if op == "~" and causes[j, k] else made.correlations[j, k])
    elif len(e.of) == 1 and e.of[0] in names:
        j = names.index(e.of[0])
        own = made.loadings[blocks[j]]
        found = {
            "r2": float(made.r2[j]),
            "ave": float(np.mean(own**2)),
            "ave_root": float(np.sqrt(np.mean(own**2))),
            "cr": float(own.sum() ** 2 / (own.sum() ** 2 + np.sum(1 - own**2))),
        }
        if e.quantity in found:
            yield "", found[e.quantity]


@computes("adjusted_r2")
def _adjusted(e: Evidence) -> Found:
    if e.fit is None or len(e.of) != 1:
        return
    k = sum(1 for r in e.fit.table.where("~") if e.fit.table.lhs[r] == e.of[0] and e.fit.table.group[r] == 1)
    n, r2 = e.n[0], value_of(e.fit, "r2", e.of)
    if k and n > k + 1:
        yield "", 1 - (1 - r2) * (n - 1) / (n - k - 1)


@computes("one_sided")
def _one_sided(e: Evidence) -> Found:
    if 0 <= (p := e.ours) <= 1:
        yield "p / 2", p / 2
        yield "1 - p / 2", 1 - p / 2
        if p <= 0.5:
            yield "2 p", 2 * p


@computes("student_t")
def _student(e: Evidence) -> Found:
    if e.row is None:
        return
    z = abs(float(e.row["estimate"]) / float(e.row["std_error"]))
    for df, detail in ((sum(e.n) - 1, "n - 1"), (4999, "4999")):
        yield detail, float(2 * stdtr(df, -z))


def _of_fit(e: Evidence, fit: SemFit) -> Found:
    """The quantity in another fit: as it is, scaled, robust, standardised."""
    if e.quantity in ("estimate", "std_error", "statistic", "p_value"):
        if row_of(fit, e.of) is not None:
            yield "", value_of(fit, e.quantity, e.of)
            own = Evidence(quantity=e.quantity, of=e.of, fit=fit)
            yield from (("std_all", v) for _, v in _standardised(own, "std_all"))
        return
    yield "", value_of(fit, e.quantity, e.of)
    m = fit.fit_measures
    for tail in ("scaled", "robust"):
        if f"{e.quantity}_{tail}" in m:
            yield tail, float(m[f"{e.quantity}_{tail}"])


def refitted(e: Evidence, options: dict[str, Any]) -> Found:
    """The quantity after fitting the model to the data again under other options."""
    if set(options) == {"missing"} and not e.incomplete:
        return
    if e.fit is None or (found := e.refit(**options)) is None:
        return
    before = [e.ours, *(value for _, value in _of_fit(e, e.fit))]
    for detail, value in _of_fit(e, found):
        if not np.any(np.isclose(value, before, rtol=1e-9, atol=1e-12)):  # what changes nothing explains nothing
            yield detail, value
