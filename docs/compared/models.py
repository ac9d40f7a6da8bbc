"""Structural equation models beside lavaan: parameters, fit, residuals, scores, difference tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import cgsurvey as cg
from compared.battery import (
    DERIVED,
    ERROR,
    ESTIMATE,
    TEST,
    Case,
    Number,
    Numbers,
    Part,
    below,
    each,
    files,
    frame_of,
    known,
    matrix,
    usable,
)

ARGUMENTS = {"sampling.weights": "weights"}
STANDARDISED = {"standardized_all": "std_all", "standardized_lv": "std_lv"}
DIFFERENCE = {"sb2001": "satorra-bentler-2001", "sb2010": "satorra-bentler-2010", "satorra2000": "satorra-2000"}
# difference tests are defined for these; lavaan calculates others too
SCALED = {"MLM", "MLR", "WLSM", "ULSM"}
ADJUSTED = {"MLMV", "MLMVS", "WLSMV", "WLSMVS", "ULSMV"}
SUMMARY = {
    "srmr": "estimate",
    "srmr.se": "std_error",
    "srmr.exactfit.z": "exact_statistic",
    "srmr.exactfit.pvalue": "exact_p_value",
    "usrmr": "unbiased",
    "usrmr.se": "unbiased_std_error",
    "usrmr.ci.lower": "ci_lower",
    "usrmr.ci.upper": "ci_upper",
    "usrmr.closefit.z": "close_statistic",
    "usrmr.closefit.pvalue": "close_p_value",
}
MOMENTS = {"cov": "covariances", "cor": "covariances", "mean": "means", "thresholds": "thresholds", "total": "all"}


def fitted(call: Part, model: str, data: pd.DataFrame, extra: Any = ()) -> cg.SemFit:
    options = {}
    for key, value in {**(call.get("options") or {}), **dict(extra or {})}.items():
        if key == "missing":
            value = {"ml": "fiml", "ml.x": "fiml.x"}.get(value, value)
        if key in ("group.equal", "group.partial") and isinstance(value, str):
            value = [value]
        if key != "control":
            options[ARGUMENTS.get(key, key.replace(".", "_"))] = value
    if call["fun"] == "lavaan":
        return cg.sem(model, data, auto=False, **options)
    return getattr(cg, call["fun"])(model, data, **options)


def key(row: dict[str, Any]) -> tuple[str, str, str, int]:
    lhs, op, rhs = row["lhs"], row["op"], row["rhs"]
    if op == "~~" and rhs < lhs:
        lhs, rhs = rhs, lhs
    return lhs, op, "" if op == "~1" else rhs, 1 if op == ":=" else int(row.get("group") or 1)


def rows(table: Part, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the parameters of a table of lavaan, of it the columns that are to be compared."""
    names = ["lhs", "op", "rhs", *(c for c in ("group", *columns) if c in table)]
    for row in pd.DataFrame({n: table[n] for n in names}).to_dict("records"):
        if row["op"] not in ("==", "<", ">"):
            yield row


def by_key(frame: pd.DataFrame) -> dict[tuple[str, str, str, int], dict[str, Any]]:
    return {key(r): r for r in frame.to_dict("records")}


def words(row: dict[str, Any]) -> str:
    return " ".join(map(str, key(row)[:3]))


def by_group(fit: cg.SemFit, block: Any) -> list[Any]:
    """Parts of a field that lavaan nests by group."""
    return [block[g] for g in fit.meta.groups] if len(fit.meta.groups) > 1 else [block]


def numbers_of_fit(fit: cg.SemFit, e: Part, data: pd.DataFrame) -> Numbers:
    """Yield the numbers of a fitted model beside those of lavaan."""
    yield from _parameters(fit, e)
    yield from _measures(fit, e)
    yield from _moments(fit, e)
    yield from _residuals(fit, e, data)
    yield from _modification(fit, e)
    yield from _scores(fit, e, data)


def _parameters(fit: cg.SemFit, e: Part) -> Numbers:
    ours = by_key(fit.tidy())
    for r in rows(e["parameters"], ("est", "se", "z", "pvalue", "ci.lower", "ci.upper")):
        mine, what = ours.get(key(r), {}), words(r)
        yield Number(ESTIMATE, what, mine.get("estimate"), r["est"])
        if r.get("se"):
            yield Number(ERROR, f"error of {what}", mine.get("std_error"), r["se"])
            yield Number(TEST, f"z of {what}", mine.get("statistic"), r.get("z"))
            yield Number(TEST, f"p of {what}", mine.get("p_value"), r.get("pvalue"))
            for side in ("lower", "upper"):
                yield Number(ERROR, f"{side} limit of {what}", mine.get(f"ci_{side}"), r.get(f"ci.{side}"))
    for block, kind in STANDARDISED.items():
        if usable(e.get(block), "est.std"):
            ours = by_key(fit.standardized(kind))
            for r in rows(e[block], ("est.std", "se", "ci.lower", "ci.upper")):
                if r["op"] == ":=" or key(r) not in ours:
                    continue
                mine, what = ours[key(r)], f"{kind} {words(r)}"
                yield Number(DERIVED, what, mine["estimate"], r["est.std"])
                # of scales, which follow from the parameters, we give no error
                if known(r.get("se")) and r["se"] > 1e-8 and r["op"] != "~*~":
                    yield Number(DERIVED, f"error of {what}", mine["std_error"], r["se"])
                    for side in ("lower", "upper"):
                        yield Number(DERIVED, f"{side} limit of {what}", mine[f"ci_{side}"], r[f"ci.{side}"])


def _measures(fit: cg.SemFit, e: Part) -> Numbers:
    theirs = e["fit_measures"]
    for name in theirs:
        if (mine := fit.fit_measures.get(name.replace(".", "_"))) is not None:
            yield Number(TEST, name, mine, theirs[name])
    if "converged" in e:
        yield Number(TEST, "whether it converged", float(fit.converged), float(e["converged"]))
    yield Number(TEST, "rows", fit.meta.n, e.get("ntotal"))
    if usable(e.get("vcov")):
        names = e["vcov"]["rows"]
        first = [k for k, n in enumerate(names) if n not in names[:k] and n in fit.vcov]
        theirs = matrix(e["vcov"]).iloc[first, first]
        size = np.sqrt(np.diag(theirs))
        for i, j in zip(*np.tril_indices(len(first), -1), strict=True):
            what = f"covariance of {theirs.index[i]} and {theirs.index[j]}"
            unit = float(size[i] * size[j]) or 1.0
            yield Number(ERROR, what, fit.vcov.loc[theirs.index[i], theirs.index[j]], theirs.iat[i, j], unit)


def _moments(fit: cg.SemFit, e: Part) -> Numbers:
    for field, ours in (("implied", fit.implied), ("sample", fit.sample_statistics), ("h1", fit.sample_statistics)):
        if not usable(e.get(field)):
            continue
        for g, block in enumerate(by_group(fit, e[field])):
            mine, scale = by_group(fit, ours)[g], fit.matrices[g].scale
            if usable(block, "cov") and (field != "sample" or not usable(e.get("h1"))):
                yield from below(DERIVED, f"{field} covariance", mine["cov"], matrix(block["cov"]))
                if isinstance(block.get("mean"), dict) and "mean" in mine:
                    # lavaan gives implied means before, covariances after they are multiplied by the scales
                    units = 1.0 if scale is None or field != "implied" else scale
                    for v, mean in (mine["mean"] / units).items():
                        yield Number(DERIVED, f"{field} mean of {v}", mean, block["mean"].get(v))
    if usable(e.get("rsquare")):
        for label, block in zip(fit.meta.groups or [""], by_group(fit, e["rsquare"]), strict=True):
            for v in block:
                share = fit.r2.get((label, v) if len(fit.meta.groups) > 1 else v)
                yield Number(DERIVED, f"R2 of {v}", share, block[v])
    if fit.latents:
        for field in ("cov_lv", "cor_lv"):
            if usable(e.get(field)):
                for g, block in enumerate(by_group(fit, e[field])):
                    ours = latent(fit, g, correlation=field == "cor_lv")
                    yield from below(DERIVED, field, ours, matrix(block), k=-1 if field == "cor_lv" else 0)

    if usable(e.get("lv_means")):
        for g, block in enumerate(by_group(fit, e["lv_means"])):
            m = fit.matrices[g]
            means = dict(zip(fit.table.variables, np.linalg.solve(np.eye(len(m.A)) - m.A, m.m), strict=True))
            for name in block:
                yield Number(DERIVED, f"mean of {name}", means[name], block[name])


def latent(fit: cg.SemFit, g: int, *, correlation: bool) -> pd.DataFrame:
    """Return the covariances or correlations of the latent variables that a model implies."""
    m = fit.matrices[g]
    E = np.linalg.inv(np.eye(len(m.A)) - m.A)
    C, names = E @ m.S @ E.T, list(fit.table.variables)
    if correlation:
        scale = np.sqrt(np.diag(C))
        C = C / np.outer(scale, scale)
    return pd.DataFrame(C, index=names, columns=names)


def _residuals(fit: cg.SemFit, e: Part, data: pd.DataFrame) -> Numbers:
    for field, kind in (("residuals_raw", "raw"), ("residuals_cor", "cor")):
        if usable(e.get(field)):
            for mine, block in zip(by_group(fit, fit.residuals(kind)), by_group(fit, e[field]), strict=True):
                if usable(block.get("cov"), "values"):
                    yield from below(DERIVED, f"{kind} residual", mine, matrix(block["cov"]))
    if not usable(e.get("lavresiduals")) or (fit.categories and len(fit.meta.groups) > 1):
        return  # of ordered items in groups lavaan's are those of all rows (validation.md)
    summary = fit.residual_summary(data)
    for g, block in enumerate(by_group(fit, e["lavresiduals"])):
        if usable(block, "summary"):
            yield from _size_of_misfit(summary, block["summary"], g + 1, ordered=bool(fit.categories))
        if len(fit.meta.groups) < 2 and usable(block.get("cov.z"), "values"):
            z = matrix(block["cov.z"])
            clear = (matrix(block["cov"]).abs() > 1e-4).to_numpy()  # a residual of nothing over an error of nothing
            yield from below(DERIVED, "z of the residual", fit.residuals("standardized", data), z.where(clear))


def _size_of_misfit(found: pd.DataFrame, theirs: Part, group: int, *, ordered: bool) -> Numbers:
    at = found[(found["measure"] == "srmr") & (found["group"] == group)].set_index("moments")
    for part in theirs:
        if part == "row" or MOMENTS.get(part) not in at.index:
            continue
        for name, value in zip(theirs["row"], theirs[part], strict=True):
            # of all moments of ordered items lavaan takes residuals and covariances in different orders (validation.md)
            if name in SUMMARY and not (ordered and part == "total" and name.startswith("usrmr")):
                yield Number(DERIVED, f"{name} of {part}", at.loc[MOMENTS[part], SUMMARY[name]], value)


def _modification(fit: cg.SemFit, e: Part) -> Numbers:
    if usable(e.get("modindices_top20"), "mi"):
        ours = by_key(fit.modification_indices())
        # of least squares lavaan gives (n - groups) / n of ours (validation.md)
        share = 1 - max(len(fit.meta.groups), 1) / fit.meta.n if fit.options.weight else 1.0
        for r in rows(e["modindices_top20"], ("mi", "epc", "sepc.lv", "sepc.all")):
            mine = ours.get(key(r), {})
            yield Number(DERIVED, f"modification index of {words(r)}", mine.get("mi"), r["mi"])
            for name in ("epc", "sepc.lv", "sepc.all"):
                if r["op"] != "~*~":  # lavaan's standardised change of a scale is 1 or -1 (validation.md)
                    change = mine.get(name.replace(".", "_"), np.nan) * share
                    yield Number(DERIVED, f"{name} of {words(r)}", change, r[name])


def _scores(fit: cg.SemFit, e: Part, data: pd.DataFrame) -> Numbers:
    blocks = e.get("factor_scores_first10")
    if not usable(blocks):
        return
    for method in ("regression", "bartlett", "ebm"):
        if not usable(blocks.get(method)) or not fit.latents:
            continue
        ours = fit.scores(data, method=method)
        where = by_group(fit, e["factor_scores_case_idx"])
        for at, block in zip(where, by_group(fit, blocks[method]), strict=True):
            for i, row in zip(at, block["values"], strict=True):
                yield from each(DERIVED, f"{method} score", ours.iloc[i - 1][block["cols"]], row, block["cols"], 1.0)


def numbers_of_ladder(case: Part, data: pd.DataFrame) -> Numbers:
    """Yield the numbers of several models, and of the tests between them."""
    fits, estimators = {}, {}
    for step in case["fits"]:
        spec = case["fits"][step]
        if spec.get("error"):
            continue
        extra = spec.get("options") or {}
        fits[step] = fitted(case["call"], spec["model"], data, extra)
        estimators[step] = {**(case["call"].get("options") or {}), **dict(extra)}.get("estimator", "ML")
        for n in numbers_of_fit(fits[step], spec, data):
            yield n._replace(what=f"{step}: {n.what}")
    for pair in case.get("comparisons") or {}:
        small, large = pair.split(" vs ")
        if small in fits and large in fits:
            yield from _differences(fits[small], fits[large], case["comparisons"][pair], pair, estimators[small])


def _differences(small: cg.SemFit, large: cg.SemFit, results: Part, pair: str, estimator: str) -> Numbers:
    for name in results:
        defined = name == "default" or estimator in (SCALED | ADJUSTED if name == "satorra2000" else SCALED)
        if not defined or not usable(results[name], "table") or not usable(results[name]["table"], "Chisq diff"):
            continue
        table = results[name]["table"]
        if table["Df diff"][-1]:
            row = (
                cg.compare(small, large, **({"method": DIFFERENCE[name]} if name in DIFFERENCE else {})).tidy().iloc[-1]
            )
            for column, mine in (("Chisq diff", "chisq_diff"), ("Df diff", "df_diff"), ("Pr(>Chisq)", "p_value")):
                yield Number(TEST, f"{pair}, {name}: {column}", row[mine], table[column][-1])


def is_model(case: Part) -> bool:
    return "fits" in case or bool(case.get("model") and "parameters" in (case.get("expected") or {}))


def cases(battery: Path) -> Iterator[Case]:
    for path, case in files(battery, "cases"):
        if case["family"] != "problem" and is_model(case):
            yield Case(case["family"], path.stem, case, _numbers(battery, case))


def _numbers(battery: Path, case: Part) -> Numbers:
    data = frame_of(battery, case)
    if "fits" in case:
        yield from numbers_of_ladder(case, data)
    else:
        yield from numbers_of_fit(fitted(case["call"], case["model"], data), case["expected"], data)
