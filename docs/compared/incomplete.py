"""Missing answers, imputations, polychoric matrices and resamples beside lavaan, semTools, mice and R."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import cgsurvey as cg
from cgsurvey.moments.normal import log_likelihood
from cgsurvey.moments.ordinal import ordinal_moments
from cgsurvey.moments.patterns import find_patterns
from cgsurvey.moments.sample import Sample
from cgsurvey.moments.saturated import saturated
from cgsurvey.sem.testing.pooling import rubin
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
    matrix,
    scalar,
)
from compared.models import fitted

POOLED = {
    "est": "estimate",
    "se": "std_error",
    "within": "within",
    "between": "between",
    "riv": "riv",
    "fmi_large_sample": "fmi",
    "df_rubin1987": "df_t",
}
RULES = {
    "estimate": "estimate",
    "ubar": "within",
    "b": "between",
    "df": "df_small",
    "riv": "riv",
    "lambda": "share",
    "fmi": "fmi_small",
}
# semTools' p-values rest on chi-square, ours on F; its robust TLI and its CRMR are defined otherwise (validation.md)
OTHERWISE = ("pvalue", "tli.robust", "nnfi.robust", "crmr")
LAVAAN = {"perc": "percentile", "bca.simple": "bc", "basic": "basic", "norm": "normal"}
TESTED = {"F": "F", "df1": "df1", "df2": "df2", "pvalue": "p_value", "ariv": "riv"}
REPLICATES = {"mediation_bootstrap": 20_000, "bollen_stine": 4000}


def cases(battery: Path) -> Iterator[Case]:
    for path, content in files(battery, "cases"):
        frame = None if content["family"] == "problem" else frame_of(battery, content)
        match content["family"]:
            case "mcar_test":
                numbers = _little(frame, content)
            case "missing" if "saturated" in path.stem:
                numbers = _em(frame, content)
            case "ordinal" if path.stem.startswith("polychoric"):
                numbers = _polychoric(frame, content)
            case "multiple_imputation":
                numbers = _imputed(frame, content) if "model" in content else _regression(frame, content["expected"])
            case "mediation_bootstrap":
                numbers = _intervals(frame, content)
            case "bollen_stine":
                numbers = _bollen_stine(frame, content)
            case _:
                continue
        family = {"missing": "saturated", "ordinal": "polychoric"}.get(content["family"], content["family"])
        yield Case(family, path.stem, content, numbers)


def _little(frame: pd.DataFrame, content: Part) -> Numbers:
    row, e = cg.mcar_test(frame, content["data"]["variables"]).glance().iloc[0], content["expected"]
    for mine, theirs in (("chisq", "chisq_unbiased_cov"), ("chisq_ml", "chisq_ml_cov"), ("df", "df")):
        yield Number(TEST, theirs, row[mine], e[theirs])
    for mine, theirs in (("p_value", "p_unbiased_cov"), ("p_value_ml", "p_ml_cov")):
        yield Number(TEST, theirs, row[mine], e[theirs])
    for name in ("n_patterns", "n"):
        yield Number(TEST, name, row[name], e[name])
    yield from _moments(frame, content["data"]["variables"], e["mu"], np.array(e["cov"]["values"], dtype=float))


def _moments(frame: pd.DataFrame, items: list[str], mean: list[float], cov: np.ndarray) -> Numbers:
    y = frame[items].dropna(how="all").to_numpy(float)
    found_mean, found_cov, _ = saturated(find_patterns(y), y.shape[1])
    yield from each(ESTIMATE, "mean", found_mean, mean, items)
    ours, theirs = (pd.DataFrame(c, index=items, columns=items) for c in (found_cov, cov))
    yield from below(ESTIMATE, "covariance", ours, theirs)


def _em(frame: pd.DataFrame, content: Part) -> Numbers:
    e, items = content["expected"], content["data"]["variables"]
    yield from _moments(frame, items, [e["mean"][v] for v in items], matrix(e["cov"]).to_numpy())
    y = frame[items].to_numpy(float)
    patterns = find_patterns(y)
    mean, cov, _ = saturated(patterns, y.shape[1])
    found = log_likelihood(Sample(len(y), mean, cov, float(len(y)), patterns), cov, mean)
    yield Number(TEST, "log-likelihood", found, scalar(e["logl"]))
    given = frame[items].notna().to_numpy(float)
    coverage = pd.DataFrame(given.T @ given / len(given), index=items, columns=items)
    yield from below(ESTIMATE, "coverage", coverage, matrix(e["coverage"]))


def _polychoric(frame: pd.DataFrame, content: Part) -> Numbers:
    e, rows = content["expected"], frame[content["data"]["variables"]].dropna()
    y = rows.to_numpy(float) - rows.to_numpy().min(axis=0)
    found = ordinal_moments(y, y.max(axis=0).astype(int) + 1)
    names = list(rows)
    yield from below(ESTIMATE, "correlation", pd.DataFrame(found.cov, names, names), matrix(e["cor"]), k=-1)
    for k, name in enumerate(e["thresholds"]):
        yield Number(ESTIMATE, name, found.thresholds[k], e["thresholds"][name])
    i, j = np.tril_indices(len(names), -1)
    order = np.lexsort((i, j))  # one column of the lower triangle after the other
    size = np.sqrt(np.diag(found.gamma)[-len(i) :] / (len(y) - 1))  # as lavCor does
    ours = {frozenset((names[a], names[b])): error for a, b, error in zip(i[order], j[order], size, strict=True)}
    for a, op, b, se in zip(*(e["se_cor"][n] for n in ("lhs", "op", "rhs", "se")), strict=True):
        if op == "~~" and a != b:
            yield Number(ERROR, f"error of correlation of {a}, {b}", ours[frozenset((a, b))], se)


def _imputed(frame: pd.DataFrame, content: Part) -> Numbers:
    frames = [part for _, part in frame.groupby(".imp")]
    fit = fitted(content["call"], content["model"], frames)
    each_one, e, tools = content["per_imputation"], content["expected"]["pooled"], content["expected"]["semTools"]
    for k, one in enumerate(fit.fits):
        for name in ("chisq", "logl"):
            yield Number(TEST, f"{name} of imputation {k + 1}", one.fit_measures[name], each_one[name][k])
        names = each_one["est"]["cols"]
        tidy = {f"{r.lhs}{r.op}{'' if r.op == '~1' else r.rhs}": r for r in one.tidy().itertuples()}
        yield from each(ESTIMATE, "estimate", [tidy[n].estimate for n in names], each_one["est"]["values"][k], names)
        yield from each(
            ERROR, "squared error", [tidy[n].std_error ** 2 for n in names], each_one["se2"]["values"][k], names
        )
    tidy = fit.tidy().query("free > 0")
    names = [f"{r.lhs}{r.op}{'' if r.op == '~1' else r.rhs}" for r in tidy.itertuples()]
    at = [e["name"].index(n) for n in names]
    varies = [e["riv"][k] is not None and e["riv"][k] > 1e-12 for k in at]  # complete items are the same in all
    for theirs, mine in POOLED.items():
        kind = ESTIMATE if theirs == "est" else ERROR
        for name, ours, k, free in zip(names, tidy[mine], at, varies, strict=True):
            if free:
                yield Number(kind, f"{mine} of {name}", ours, e[theirs][k])
    yield from _pooled_tests(fit, tools)
    nested = content["expected"].get("semTools_nested")
    if nested:
        held = fitted(content["call"], content["model0"], frames)
        for test in nested:
            found = fit.difference(held, test=test)
            for name, mine in TESTED.items():
                yield Number(TEST, f"difference, {test}: {name}", getattr(found, mine), nested[test][name])


def _pooled_tests(fit: cg.PooledFit, tools: Part) -> Numbers:
    for name in tools["fit"]:
        ours = name.replace(".", "_")
        pooled = [n for n in (f"{ours}_d3", f"{ours}_pooled", ours) if n in fit.fit_measures]
        if pooled and name not in OTHERWISE:
            yield Number(TEST, name, fit.fit_measures[pooled[0]], tools["fit"][name])
    yield Number(TEST, "riv of D3", fit.fit_measures["riv_d3"], tools["fit"]["ariv"])
    for part in ("anova_D2_asymptotic", "anova_D2", "anova_D3"):
        kind = part[6:8].lower()
        for name, mine in TESTED.items() if tools.get(part) and "F" in tools[part] else ():
            yield Number(TEST, f"{kind}: {name}", getattr(fit.tests[kind], mine), tools[part][name])
        for name in ("chisq", "chisq.scaled", "pvalue.scaled", "ariv"):
            mine = "riv_d2" if name == "ariv" else f"{name.replace('.', '_')}_d2"
            if kind == "d2" and mine in fit.fit_measures:
                yield Number(TEST, f"D2: {name}", fit.fit_measures[mine], tools[part].get(name))


def _regression(frame: pd.DataFrame, e: Part) -> Numbers:
    """Yield mice::pool of a regression, with the degrees of freedom of Barnard and Rubin."""
    Q, U = [], []
    for _, rows in frame.groupby(".imp"):
        x = np.column_stack([np.ones(len(rows)), rows[["age", "bmi"]]])
        b, ssr, *_ = np.linalg.lstsq(x, rows["chl"], rcond=None)
        Q.append(b)
        U.append(np.diag(np.linalg.inv(x.T @ x)) * ssr / (len(x) - 3))
    found, terms = rubin(np.array(Q), np.array(U), 22), e["pooled"]["term"]
    for theirs, mine in RULES.items():
        kind = ESTIMATE if theirs == "estimate" else ERROR
        yield from each(kind, mine, getattr(found, mine), e["pooled"][theirs], terms)
    yield from each(ERROR, "total variance", found.std_error**2, e["pooled"]["t"], terms)
    yield from each(ERROR, "error", found.std_error, e["summary"]["std.error"], terms)


def _intervals(frame: pd.DataFrame, content: Part) -> Numbers:
    """Yield intervals of 20 000 resamples: other random numbers, so differences in bootstrap standard errors."""
    theirs = content["bootstrap"]
    found = cg.sem(content["model"], frame, se="bootstrap", bootstrap=REPLICATES["mediation_bootstrap"], seed=12)

    def keyed(table: pd.DataFrame) -> pd.DataFrame:
        names = [r.lhs + (f"~{r.rhs}" if r.op == "~" else "") for r in table.itertuples()]
        return table.set_index(pd.Index(names)).loc[theirs["name"]]

    yield from each(ESTIMATE, "estimate", keyed(found.tidy())["estimate"], theirs["estimate"], theirs["name"])
    keep, _ = found._names()
    acceleration = keyed(found.tidy().assign(a=found.bootstrap.acceleration["raw"][keep]))["a"]
    yield from each(ESTIMATE, "acceleration", acceleration, theirs["jackknife_acceleration"], theirs["name"])
    for ci_type in ("percentile", "bc", "bca"):
        table = keyed(found.intervals(ci_type))
        for k, name in enumerate(theirs["name"]):
            unit = theirs["boot_se"][k]
            yield Number(DERIVED, f"error of {name}", table["std_error"].iloc[k], unit, unit)
            for side in ("lower", "upper"):
                limit = table[f"ci_{side}"].iloc[k]
                yield Number(DERIVED, f"{ci_type}, {side} of {name}", limit, theirs[f"{ci_type}_{side}"][k], unit)
    yield from _of_lavaan(found, content)


def _of_lavaan(found: cg.SemFit, content: Part) -> Numbers:
    """Yield the intervals of lavaan's own bootstrap, of fewer resamples, in the errors of the longer one."""
    size = dict(zip(content["bootstrap"]["name"], content["bootstrap"]["boot_se"], strict=True))
    for theirs, mine in LAVAAN.items():
        table = content["lavaan_bootstrap"][theirs]
        ours = {(r.lhs, r.op, "" if r.op == ":=" else r.rhs): r for r in found.intervals(mine).itertuples()}
        columns = ("lhs", "op", "rhs", "ci.lower", "ci.upper")
        for lhs, op, rhs, low, high in zip(*(table[c] for c in columns), strict=True):
            name = lhs if op == ":=" else f"{lhs}{op}{rhs}"
            if name in size:
                row = ours[lhs, op, "" if op == ":=" else rhs]
                yield Number(ERROR, f"lavaan, {mine}: lower of {name}", row.ci_lower, low, size[name])
                yield Number(ERROR, f"lavaan, {mine}: upper of {name}", row.ci_upper, high, size[name])


def _bollen_stine(frame: pd.DataFrame, content: Part) -> Numbers:
    e = content["expected"]
    found = cg.sem(content["model"], frame, test="bollen.stine", bootstrap=REPLICATES["bollen_stine"], seed=1)
    test = found.bootstrap.bollen_stine
    yield Number(ESTIMATE, "chi-square", found.fit_measures["chisq"], e["chisq"])
    yield Number(TEST, "p", test.p_value, e["p"], 1.0)
    for q in (25, 50, 75):
        yield Number(DERIVED, f"quantile .{q}", np.quantile(test.statistic, q / 100), e["quantiles"][f"{q}%"])
    yield Number(DERIVED, "mean", np.mean(test.statistic), e["mean"])
