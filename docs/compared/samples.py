"""Items, correlations, distances, estimates by design and composites beside psych, semTools, survey and seminr."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import cgsurvey as cg
from cgsurvey.reliability.validity_numbers import htmt
from cgsurvey.responses.design.crosstab import independent
from cgsurvey.responses.design.gathered import drawn_from
from cgsurvey.responses.mardia import mardia
from cgsurvey.responses.screening.distances import mahalanobis
from cgsurvey.robustness.composites import composites
from compared.battery import ERROR, ESTIMATE, TEST, Case, Number, Numbers, Part, each, files, frame_of, matrix, scalar

Floats = NDArray[np.float64]


def cases(battery: Path) -> Iterator[Case]:
    for path, content in files(battery, "reliability", "mv_*"):
        frame, e = frame_of(battery, content, complete=True), content["expected"]
        yield Case("normality", path.stem, content, _normality(frame, e))
        yield Case("correlations", path.stem, content, _correlations(frame, e))
        yield Case("distances", path.stem, content, _distances(frame, e))
    for path, content in files(battery, "survey"):
        for name in content["designs"]:
            numbers = _design(frame_of(battery, content), content["variables"], content["designs"][name])
            yield Case("survey", f"{path.stem}, {name}", content, numbers)
    for path, content in files(battery, "pls"):
        if comparable(content):
            yield Case("composites", path.stem, content, _composites(frame_of(battery, content), content))


def _normality(frame: pd.DataFrame, e: Part) -> Numbers:
    got, n = cg.normality(frame), len(frame)
    described = cg.describe(frame, items=list(frame)).items.set_index("item").loc[list(frame)]
    for mine, theirs in (("skewness", "skew_type2"), ("kurtosis", "kurtosis_type2")):
        yield from each(ESTIMATE, mine, got.tidy().set_index("item")[mine], e[theirs], frame)
        yield from each(ESTIMATE, mine, described[mine], e[theirs], frame)
    for name in ("n", "mean", "sd"):
        yield from each(ESTIMATE, name, described[name], e["describe"][name], frame)
    g1, g2 = got.items["skewness_cr"] * np.sqrt(6 / n), got.items["kurtosis_cr"] * np.sqrt(24 / n)
    yield from each(ESTIMATE, "skewness, type 3", g1 * ((n - 1) / n) ** 1.5, e["describe"]["skew"], frame)
    kurtosis = (g2 + 3) * ((n - 1) / n) ** 2 - 3
    yield from each(ESTIMATE, "kurtosis, type 3", kurtosis, e["describe"]["kurtosis"], frame)
    rows, psych = got.mardia.set_index("measure"), e["psych_mardia"]
    skew, kurt = e["semTools_mardiaSkew"], e["semTools_mardiaKurtosis"]
    for row, mine, values in (
        ("skewness", "estimate", (psych["b1p"], scalar(skew["b1d"]))),
        ("skewness", "statistic", (psych["skew"], scalar(skew["chi"]))),
        ("skewness", "df", (scalar(skew["df"]),)),
        ("skewness", "p_value", (psych["p.skew"], scalar(skew["p"]))),
        ("skewness_small", "statistic", (psych["small.skew"],)),
        ("skewness_small", "p_value", (psych["p.small"],)),
        ("kurtosis", "estimate", (psych["b2p"], scalar(kurt["b2d"]))),
        ("kurtosis", "statistic", (psych["kurtosis"], scalar(kurt["z"]))),
        ("kurtosis", "p_value", (psych["p.kurt"], scalar(kurt["p"]))),
    ):
        for value in values:
            yield Number(
                ESTIMATE if mine == "estimate" else TEST, f"Mardia's {row}: {mine}", rows.loc[row, mine], value
            )
    of_n = mardia(frame.to_numpy(float), ddof=0)
    yield Number(ESTIMATE, "Mardia's skewness, divisor n", of_n.b1, e["mardia_b1p_ncov"])
    yield Number(ESTIMATE, "Mardia's kurtosis, divisor n", of_n.b2, e["mardia_b2p_ncov"])


def _correlations(frame: pd.DataFrame, e: Part) -> Numbers:
    pairs = list(combinations(frame, 2))
    found = cg.correlate(frame, list(frame), adjust=True).tidy().set_index(["variable_1", "variable_2"])
    pearson, ci = e["pearson"], e["pearson"]["ci"]
    blocks = {"r": ("r", ESTIMATE), "t": ("statistic", TEST), "p": ("p_value", TEST)}
    for theirs, (mine, kind) in blocks.items():
        values = matrix(pearson[theirs])
        for a, b in pairs:
            yield Number(kind, f"{mine} of {a}, {b}", found.loc[(a, b), mine], float(values.loc[a, b]))
    where = {pair: k for k, pair in enumerate(ci["pair"])}
    for a, b in pairs:
        k = where[f"{a}-{b}"]
        for side in ("lower", "upper"):
            yield Number(ERROR, f"{side} limit of {a}, {b}", found.loc[(a, b), f"ci_{side}"], ci[side][k])
        yield Number(ESTIMATE, f"r of {a}, {b}", found.loc[(a, b), "r"], ci["r"][k])
        yield Number(TEST, f"p of {a}, {b}", found.loc[(a, b), "p_value"], ci["p"][k])
        error = np.sqrt((1 - found.loc[(a, b), "r"] ** 2) / found.loc[(a, b), "df"])
        yield Number(ERROR, f"error of {a}, {b}", error, matrix(pearson["se"]).loc[a, b])
        yield Number(TEST, f"Holm's p of {a}, {b}", found.loc[(a, b), "p_holm"], matrix(e["p_holm"]).loc[a, b])
    for method in ("spearman", "kendall"):
        ranks = cg.correlate(frame, list(frame), method=method).tidy().set_index(["variable_1", "variable_2"])["r"]
        for a, b in pairs:
            yield Number(ESTIMATE, f"{method} of {a}, {b}", ranks.loc[(a, b)], matrix(e[method]).loc[a, b])


def _distances(frame: pd.DataFrame, e: Part) -> Numbers:
    found = mahalanobis(frame.to_numpy(float))
    first = range(1, 21)
    yield from each(ESTIMATE, "distance of row", found.d2[:20], e["mahalanobis_d2_first20"], first)
    yield from each(TEST, "p of row", found.p_value[:20], e["mahalanobis_p_first20"], first)
    yield Number(ESTIMATE, "largest distance", found.d2.max(), e["mahalanobis_max"])
    yield Number(TEST, "rows with p < .001", float((found.p_value < 0.001).sum()), e["n_outliers_p001"])


def _design(frame: pd.DataFrame, variables: Part, block: Part) -> Numbers:
    given, want = block["design"], block["results"]
    design = cg.Design(
        weights=given["weights"],
        cluster=given["ids"] if isinstance(given["ids"], str) else None,
        strata=given.get("strata"),
        fpc=given.get("fpc"),
    )
    numeric, both = variables["numeric"], ("lower", "upper")
    for statistic in ("mean", "total"):
        got, e = cg.survey_estimates(frame, numeric, statistic=statistic, design=design), want[statistic]
        rows = got.tidy().set_index("variable").loc[e["name"]]
        yield from _estimates(statistic, rows, e, e["name"])
        for side in both:
            yield from each(ERROR, f"{side} limit of {statistic}", rows[f"ci_{side}"], e[f"ci_{side}"], e["name"])
        if e["deff"]:
            yield from each(ERROR, "design effect", rows["deff"], e["deff"], e["name"])
        if statistic == "mean":
            yield Number(TEST, "degrees of freedom", got.df, want["degf"])
            yield Number(ESTIMATE, "sum of weights", got.sum_weights, want["sum_weights"])
            theirs = matrix(want["cov_mean"]).to_numpy()
            size = np.sqrt(np.diag(theirs))
            for i, j in combinations(range(len(size)), 2):
                of = f"covariance of {e['name'][i]}, {e['name'][j]}"
                yield Number(ERROR, of, np.asarray(got.covariance)[i, j], theirs[i, j], size[i] * size[j])
            normal = cg.survey_estimates(frame, numeric, design=design, df=np.inf).tidy().set_index("variable")
            for side in both:
                limits = normal.loc[e["name"], f"ci_{side}"]
                yield from each(ERROR, f"{side} normal limit", limits, want["mean_normal_ci"][f"ci_{side}"], e["name"])
    yield from _shares(frame, design, want)
    yield from _others(frame, design, variables, want)


def _estimates(what: str, rows: pd.DataFrame, e: Part, names: list[str]) -> Numbers:
    yield from each(ESTIMATE, what, rows["estimate"], e["est"], names)
    yield from each(ERROR, f"error of {what}", rows["std_error"], e["se"], names)


def _shares(frame: pd.DataFrame, design: cg.Design, want: Part) -> Numbers:
    for k, name in enumerate(want["proportions"]):
        e = want["proportions"][name]
        rows, plain = (
            cg.survey_estimates(frame, name, statistic="proportion", design=design, interval=i).tidy()
            for i in ("logit", "wald")
        )
        names = [f"{name} = {level}" for level in rows["level"]]
        yield from _estimates("share", rows, e, names)
        yield from each(ERROR, "design effect of share", rows["deff"], e["deff"], names)
        for side in ("lower", "upper"):
            yield from each(ERROR, f"{side} limit of share", plain[f"ci_{side}"], e[f"ci_{side}"], names)
        if k == 0:
            for level, row in zip(want["ciprop_logit"], rows.itertuples(), strict=True):
                for side in ("lower", "upper"):
                    limit = want["ciprop_logit"][level][side]
                    yield Number(ERROR, f"{side} limit of {name} = {level}", getattr(row, f"ci_{side}"), limit)


def _others(frame: pd.DataFrame, design: cg.Design, variables: Part, want: Part) -> Numbers:
    numeric, two = variables["numeric"], variables["numeric"][:2]
    theirs = {k: np.ravel(want["variance"][k]["values"]) for k in ("values", "se")}  # (1, 1), (2, 1), (1, 2), (2, 2)
    variance = cg.survey_estimates(frame, two, statistic="variance", design=design).tidy()
    between = cg.survey_estimates(frame, two, statistic="covariance", design=design).tidy().query("variable != level")
    for what, rows, at in (("variance", variance, [0, 3]), ("covariance", between, [1])):
        names = two if what == "variance" else [" and ".join(two)]
        yield from each(ESTIMATE, what, rows["estimate"], theirs["values"][at], names)
        yield from each(ERROR, f"error of {what}", rows["std_error"], theirs["se"][at], names)
    rows = cg.survey_estimates(frame, numeric[0], statistic="quantile", design=design).tidy()
    yield from _estimates("quantile", rows, want["quantile"], rows["level"])
    (by,) = variables["by"]
    rows = cg.survey_estimates(frame, numeric, by=by, design=design).tidy().set_index("variable")
    for name in numeric:
        groups = rows.loc[name].set_index("group").loc[want["by"][by]]
        yield from each(ESTIMATE, f"mean of {name}", groups["estimate"], want["by"][name], groups.index)
        yield from each(ERROR, f"error of mean of {name}", groups["std_error"], want["by"][f"se.{name}"], groups.index)
    e = want["ratio"]
    row = cg.survey_estimates(frame, e["num"], statistic="ratio", denominator=e["den"], design=design).tidy().iloc[0]
    yield Number(ESTIMATE, "ratio", row["estimate"], scalar(e["est"]))
    yield Number(ERROR, "error of ratio", row["std_error"], scalar(e["se"]))
    e = want["regression"]
    table = cg.survey_regression(e["formula"], frame, design=design).tidy()
    yield from each(ESTIMATE, "slope", table["estimate"], e["est"], e["name"])
    yield from each(ERROR, "error of slope", table["std_error"], e["se"], e["name"])
    for mine, theirs in (("statistic", "t"), ("p_value", "p")):
        yield from each(TEST, f"{mine} of slope", table[mine], e[theirs], e["name"])
    first, second = (np.unique(frame[c], return_inverse=True)[1] for c in variables["categorical"][:2])
    _, test = independent(first, second, drawn_from(frame, design, []))
    e = want["chisq"]
    for theirs, mine in {"F": "f", "ndf": "f_df1", "ddf": "f_df2", "p": "p", "X2": "chisq", "X2_p": "p_first"}.items():
        yield Number(TEST, f"Rao and Scott: {theirs}", getattr(test, mine), e[theirs])


def comparable(content: Part) -> bool:
    """Whether a case of partial least squares is of the kind that `why_different` computes: mode A, path weighting."""
    spec = content["spec"]
    return spec["inner_weights"] == "path" and all(c["mode"] == "A" for c in spec["constructs"].values())


def _composites(frame: pd.DataFrame, content: Part) -> Numbers:
    spec, e = content["spec"], content["expected"]
    names, items = list(spec["constructs"]), [i for c in spec["constructs"].values() for i in c["items"]]
    x = frame[items].fillna(frame[items].mean())  # as the reference programs do
    blocks = [np.array([items.index(i) for i in c["items"]]) for c in spec["constructs"].values()]
    causes = np.zeros((len(names), len(names)), dtype=bool)
    for path in spec["paths"]:
        causes[names.index(path["to"]), names.index(path["from"])] = True
    R = np.corrcoef(x.to_numpy(float), rowvar=False)
    got = composites(R, blocks, causes)
    weights, loadings = matrix(e["outer_weights"]), matrix(e["outer_loadings"])
    for j, (name, block) in enumerate(zip(names, blocks, strict=True)):
        own = [items[i] for i in block]
        yield from each(ESTIMATE, "weight", got.weights[block, j], weights.loc[own, name], own)
        yield from each(ESTIMATE, "loading", got.loadings[block], loadings.loc[own, name], own)
    paths, correlations, shares = matrix(e["path_coef"]), matrix(e["construct_correlations"]), matrix(e["r_squared"])
    for path in spec["paths"]:
        ours = got.paths[names.index(path["to"]), names.index(path["from"])]
        yield Number(ESTIMATE, f"path {path['from']} -> {path['to']}", ours, paths.loc[path["from"], path["to"]])
    for i, j in combinations(range(len(names)), 2):
        of = f"correlation of {names[i]}, {names[j]}"
        yield Number(ESTIMATE, of, got.correlations[i, j], correlations.loc[names[i], names[j]])
    yield from each(ESTIMATE, "R2", [got.r2[names.index(n)] for n in shares], shares.loc["Rsq"], shares)
    crossed = matrix(e["cross_loadings"]).loc[items, names]
    for j, name in enumerate(names):
        yield from each(ESTIMATE, f"loading on {name}", (R @ got.weights)[:, j], crossed[name], items)
    ratios, theirs = htmt(R, blocks), matrix(e["htmt"])
    several = [j for j, block in enumerate(blocks) if len(block) > 1]
    for i, j in combinations(several, 2):
        yield Number(ESTIMATE, f"HTMT of {names[i]}, {names[j]}", ratios[i, j], theirs.loc[names[j], names[i]])
    z = (x - x.mean()) / x.std()
    scores = matrix(e["construct_scores_first10"])
    for i, row in enumerate(z.to_numpy()[:10] @ got.weights):
        yield from each(ESTIMATE, f"score of row {i + 1}", row, scores.iloc[i][names], names)
