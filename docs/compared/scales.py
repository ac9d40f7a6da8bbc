"""Reliability, validity and agreement of raters beside psych, semTools and lavaan."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

import cgsurvey as cg
from cgsurvey.factor.extraction import uniquenesses
from cgsurvey.moments.ordinal import ordinal_moments
from cgsurvey.reliability import coefficients
from cgsurvey.reliability.items import against_the_rest
from cgsurvey.reliability.lower_bound import bound_by_factors
from cgsurvey.reliability.split_half import split_halves
from compared.battery import (
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

TOTAL = {
    "raw_alpha": "alpha",
    "std.alpha": "alpha_std",
    "G6(smc)": "lambda6",
    "average_r": "mean_inter_item_r",
}
DROPPED = {
    "raw_alpha": "alpha",
    "std.alpha": "alpha_std",
    "G6(smc)": "lambda6",
    "average_r": "mean_inter_item_r",
    "alpha se": "std_error",
    "med.r": "median_inter_item_r",
    "var.r": "var_inter_item_r",
}
ITEMS = {
    "raw.r": "r_total",
    "std.r": "r_std",
    "r.cor": "r_cor",
    "r.drop": "r_drop",
    "mean": "mean",
    "sd": "sd",
    "n": "n",
}
GUTTMAN = {f"lambda.{k}": f"lambda{k}" for k in (1, 2, 3, 5, 6)}
HALVES = {"r": "odd_even_r", "spearman_brown": "spearman_brown", "guttman_rulon": "guttman_rulon"}


def cases(battery: Path) -> Iterator[Case]:
    for path, content in files(battery, "reliability", "rel_*"):
        e, frame = content["expected"], frame_of(battery, content, complete=True)
        low, high = frame.min().min(), frame.max().max()
        turned = content["data"].get("reversed") or []
        frame[turned] = low + high - frame[turned]
        got = cg.reliability(frame, {"scale": list(frame)}, categorical="cfa_one_factor_ordinal" in e)
        yield Case("reliability", path.stem, content, _scale(got, e, frame, turned))
        yield Case("splits", path.stem, content, _splits(frame, e))
        yield Case("one_factor", path.stem, content, _one_factor(got, e, frame))
        yield Case("glb_fa", path.stem, content, _bound(frame, e))
        if "psych_polychoric" in e:
            yield Case("psych_polychoric", path.stem, content, _polychoric(frame, e))
    for path, content in files(battery, "reliability", "second_order_*"):
        fit = cg.cfa(content["model"], frame_of(battery, content))
        yield Case("second_order", path.stem, content, _second_order(fit, content["expected"]))
    for path, content in files(battery, "reliability", "validity_*"):
        yield Case("validity", path.stem, content, _validity(frame_of(battery, content), content))
    for path, content in files(battery, "reliability", "icc_*"):
        yield Case(
            "raters", path.stem, content, _raters(frame_of(battery, content, complete=True), content["expected"])
        )


def _scale(got: cg.Reliability, e: Part, frame: pd.DataFrame, turned: list[str]) -> Numbers:
    row, total, closed = got.tidy().iloc[0], e["psych_alpha_total"], e["alpha_closed_form"]
    measures = got.estimates.drop_duplicates(["measure", "method"]).set_index(["measure", "method"])
    for theirs, mine in TOTAL.items():
        yield Number(ESTIMATE, mine, row[mine], scalar(total[theirs]))
    for theirs, mine in (
        ("raw_alpha", "alpha"),
        ("std_alpha", "alpha_std"),
        ("mean_r", "mean_inter_item_r"),
        ("n", "n"),
    ):
        yield Number(ESTIMATE, mine, row[mine], closed[theirs])
    yield Number(ESTIMATE, "number of items", row["n_items"], closed["k"])
    yield Number(ESTIMATE, "median correlation", _of(got, "median_inter_item_r"), scalar(total["median_r"]))
    error = measures.loc[("alpha", "duhachek")]
    yield Number(ERROR, "error of alpha", error["std_error"], scalar(total["ase"]))
    yield Number(ERROR, "error of alpha", error["std_error"], closed["duhachek_ase"])
    for side in ("lower", "upper"):
        yield Number(ERROR, f"{side} limit, Duhachek", error[f"ci_{side}"], closed[f"duhachek_{side}"])
        yield Number(ERROR, f"{side} limit, Feldt", row[f"alpha_ci_{side}"], closed[f"feldt_{side}"])
        yield Number(ERROR, f"{side} limit, Feldt", row[f"alpha_ci_{side}"], scalar(e["psych_feldt"][f"{side}.ci"]))
    for theirs, mine in DROPPED.items():
        if theirs != "var.r" or len(frame.columns) > 3:  # of two items there is one correlation
            values = e["psych_alpha_drop"][theirs]
            yield from each(ESTIMATE, f"{mine} without the item", got.dropped[mine], values, frame)
    for theirs, mine in ITEMS.items():
        for name, ours, value in zip(frame, got.items[mine], e["psych_item_stats"][theirs], strict=True):
            if theirs != "mean" or name not in turned:  # psych shows the mean of reversed items as answered
                yield Number(ESTIMATE, f"{mine} of {name}", ours, value)
    yield from each(ESTIMATE, "r_drop", got.items["r_drop"], e["item_rest_correlation"], frame)
    for theirs, mine in GUTTMAN.items():
        yield Number(ESTIMATE, mine, _of(got, mine, "correlations"), scalar(e["guttman"][theirs]))
    R = coefficients.correlation(np.cov(frame.to_numpy(float).T))
    yield from each(ESTIMATE, "mu", [coefficients.mu(R, r) for r in range(4)], e["guttman"]["tenberge"], range(4))
    yield Number(ESTIMATE, "lambda2 of covariances", row["lambda2"], e["lambda2"])
    yield Number(ESTIMATE, "lambda6", row["lambda6"], e["lambda6_smc"])
    yield Number(ESTIMATE, "lambda6 of covariances", _of(got, "lambda6", "covariances"), e["lambda6_smc_cov"])
    for theirs, mine in HALVES.items():
        yield Number(ESTIMATE, mine, _of(got, mine), e["split_half_odd_even"][theirs])
    if "response_freq" in e and not got.frequencies.empty:
        shares = got.frequencies.set_index(["item", "category"])["share"].unstack()
        theirs = matrix(e["response_freq"]).drop(columns="miss")
        for name in [n for n in frame if n not in turned]:
            yield from each(ESTIMATE, f"share of {name}", shares.loc[name], theirs.loc[name], theirs)


def _of(found: cg.Reliability, measure: str, method: str | None = None) -> float:
    rows = found.estimates[found.estimates["measure"] == measure]
    return float((rows if method is None else rows[rows["method"] == method])["estimate"].iloc[0])


def _splits(frame: pd.DataFrame, e: Part) -> Numbers:
    """Yield the best, worst and mean split half; of an odd number of items those of the splits that psych looks at."""
    R, k = coefficients.correlation(np.cov(frame.to_numpy(float).T)), len(frame.columns)
    key = np.where(
        against_the_rest(R), -1.0, 1.0
    )  # of its coefficients psych::splitHalf alone turns items (check.keys)
    R = R * np.outer(key, key)
    theirs, found = e["psych_splithalf"], split_halves(R)
    best, worst = found.best, found.worst
    if k % 2:
        z = np.array([np.isin(np.arange(k), half) for half in combinations(range(k), k // 2)], dtype=float)
        values = 4 * np.einsum("si,ij,sj->s", z, R, 1 - z) / R.sum()
        seen = values[: -(-len(values) // 2)]
        best, worst = seen.max(), seen.min()
    else:
        yield Number(ESTIMATE, "mean split half", found.mean, theirs["meanr"])
        yield Number(ESTIMATE, "lambda4", found.best, scalar(e["guttman"]["lambda.4"]))
    yield Number(ESTIMATE, "best split half", best, theirs["maxrb"])
    yield Number(ESTIMATE, "worst split half", worst, theirs["minrb"])
    yield Number(ESTIMATE, "alpha", coefficients.alpha(R), theirs["alpha"])
    yield Number(ESTIMATE, "lambda2", coefficients.lambda2(R), theirs["lambda2"])
    yield Number(ESTIMATE, "mean correlation", coefficients.mean_correlation(R), theirs["av_r"])


def _one_factor(got: cg.Reliability, e: Part, frame: pd.DataFrame) -> Numbers:
    row, cfa = got.tidy().iloc[0], e["cfa_one_factor"]
    found = dict(zip(cfa["semTools_reliability"]["rows"], np.ravel(cfa["semTools_reliability"]["values"]), strict=True))
    loadings = np.array(cfa["loadings_std"])
    yield from each(ESTIMATE, "loading", got.items["loading"], loadings * np.sign(loadings.sum()), frame)
    yield Number(ESTIMATE, "composite reliability", row["composite_reliability"], cfa["omega_closed_form_std"])
    yield Number(ESTIMATE, "alpha", row["alpha"], cfa["alpha_tau_eq"])
    yield Number(ESTIMATE, "omega", _of(got, "omega"), found["omega"])
    yield Number(ESTIMATE, "omega of observed variance", _of(got, "omega_observed"), found["omega3"])
    yield Number(ESTIMATE, "omega of observed variance", _of(got, "omega_observed"), cfa["omega_compRelSEM"])
    model = "f =~ " + " + ".join(frame)
    measures = cg.cfa(model, frame).fit_measures
    for name in cfa["fit"]:
        yield Number(TEST, name, measures[name], cfa["fit"][name])
    if "ordinal_alpha" not in e:
        return
    y = frame.to_numpy(float)
    codes = np.column_stack([np.unique(column, return_inverse=True)[1] for column in y.T]).astype(float)
    poly = ordinal_moments(codes, codes.max(axis=0).astype(int) + 1, gamma=False)
    mine = pd.DataFrame(poly.cov, index=list(frame), columns=list(frame))
    yield from below(ESTIMATE, "polychoric correlation", mine, matrix(e["polychoric_lavaan"]), k=-1)
    yield Number(ESTIMATE, "ordinal alpha", row["alpha_ordinal"], e["ordinal_alpha"])
    if "cfa_one_factor_ordinal" in e:
        ordinal = e["cfa_one_factor_ordinal"]
        fit = cg.cfa(model, frame, ordered=True, std_lv=True)
        loadings = fit.standardized().query("op == '=~'")["estimate"]
        yield from each(ESTIMATE, "loading of latent responses", loadings, ordinal["loadings_std"], frame)
        yield Number(ESTIMATE, "AVE of latent responses", (loadings**2).mean(), ordinal["ave"])
        yield Number(ESTIMATE, "categorical omega", _of(got, "omega_categorical"), ordinal["omega_green_yang"])
        yield Number(ESTIMATE, "omega of latent responses", _of(got, "omega_latent"), ordinal["omega_latent_response"])


def _bound(frame: pd.DataFrame, e: Part) -> Numbers:
    R = coefficients.correlation(np.cov(frame.to_numpy(float).T))
    reduced = R - np.diag(uniquenesses(R[None], 1, "minres")[0][0])
    k, factors = len(R), (np.linalg.eigvalsh(reduced) > 1e-6).sum() - 1
    asked = "" if (k - factors) ** 2 >= k + factors else " by more factors than the items determine"
    yield Number(ESTIMATE, f"bound{asked}", bound_by_factors(R), e["glb_fa"]["glb"])
    yield Number(ESTIMATE, f"bound{asked}", bound_by_factors(R), scalar(e["guttman"]["glb"]))


def _polychoric(frame: pd.DataFrame, e: Part) -> Numbers:
    codes = np.column_stack([np.unique(c, return_inverse=True)[1] for c in frame.to_numpy(float).T]).astype(float)
    found = ordinal_moments(codes, codes.max(axis=0).astype(int) + 1, gamma=False)
    mine = pd.DataFrame(found.cov, index=list(frame), columns=list(frame))
    for part in ("psych_polychoric", "psych_polychoric_correct0"):
        if part in e:
            yield from below(ESTIMATE, "polychoric correlation", mine, matrix(e[part]["rho"]), 1.0, -1)
    tau = np.ravel(e["psych_polychoric"]["tau"]["values"]).astype(float)
    yield from each(ESTIMATE, "threshold", found.thresholds, tau[np.isfinite(tau)], range(len(found.thresholds)), 1.0)


def _second_order(fit: cg.SemFit, e: Part) -> Numbers:
    index, found = cg.omega(fit).indices.iloc[0], cg.omega(fit).tidy()
    for mine, theirs in (("omega_h", "omegaL1"), ("omega_l2", "omegaL2"), ("omega_partial", "partialOmegaL1")):
        yield Number(ESTIMATE, mine, index[mine], e["reliabilityL2"][theirs])
    observed = cg.omega(fit, variance="observed").tidy().set_index("factor")
    for name in e["compRelSEM_higher"]:
        column = "omega_general" if name == "PE" else "omega_total"
        yield Number(ESTIMATE, f"omega of {name}", observed.loc[name, column], e["compRelSEM_higher"][name])
    first = matrix(e["reliability"])
    yield from each(ESTIMATE, "omega", found["omega_total"][1:], first.loc["omega2"], first)
    yield from each(
        ESTIMATE, "omega of observed variance", observed["omega_total"][list(first)], first.loc["omega3"], first
    )


def _validity(frame: pd.DataFrame, content: Part) -> Numbers:
    e, options = content["expected"], {k.replace(".", "_"): v for k, v in content["call"]["options"].items()}
    fit = cg.cfa(content["model"], frame, **options)
    got, ordered = cg.validity(fit), "ordered" in options
    table, omega, loadings = (
        got.tidy().set_index("construct"),
        cg.omega(fit).tidy().set_index("factor"),
        e["std_loadings"],
    )
    for name in e["cr_std"]:
        yield Number(
            ESTIMATE, f"composite reliability of {name}", table.loc[name, "composite_reliability"], e["cr_std"][name]
        )
        yield Number(ESTIMATE, f"AVE of {name}", table.loc[name, "ave"], e["ave_std_mean_lambda2"][name])
        yield Number(ESTIMATE, f"raw AVE of {name}", table.loc[name, "ave_raw"], e["ave_semTools"][name])
        yield Number(ESTIMATE, f"omega of {name}", omega.loc[name, "omega_observed"], e["compRelSEM"][name])
    rows = matrix(e["reliability"])
    yield from each(ESTIMATE, "omega", omega.loc[list(rows), "omega"], rows.loc["omega2"], rows)
    yield from each(ESTIMATE, "observed omega", omega.loc[list(rows), "omega_observed"], rows.loc["omega3"], rows)
    if ordered:
        alpha = cg.reliability(fit).tidy().set_index("construct")["alpha_ordinal"]
        yield from each(ESTIMATE, "ordinal alpha", alpha[list(rows)], rows.loc["alpha.ord"], rows)
    else:
        yield from each(ESTIMATE, "alpha", omega.loc[list(rows), "alpha"], rows.loc["alpha"], rows)
        for name in e["compRelSEM_tau"]:
            yield Number(ESTIMATE, f"alpha of {name}", omega.loc[name, "alpha"], e["compRelSEM_tau"][name])
    correlations = got.fornell_larcker.T.combine_first(got.fornell_larcker)
    yield from below(ESTIMATE, "factor correlation", correlations, matrix(e["latent_cor"]), k=-1)
    signed = cg.validity(fit, absolute=False, data=frame)
    for part, ours in (("htmt", got.htmt), ("htmt2", got.htmt2), ("htmt_noabs", signed.htmt)):
        yield from below(ESTIMATE, part, ours, matrix(e[part]).set_axis(list(rows)).set_axis(list(rows), axis=1), k=-1)
    columns = {"est.std": "loading", "se": "std_error", "ci.lower": "ci_lower", "ci.upper": "ci_upper"}
    for theirs, mine in columns.items():
        yield from each(
            ESTIMATE if mine == "loading" else ERROR, mine, got.loadings[mine], loadings[theirs], loadings["rhs"]
        )


def _raters(frame: pd.DataFrame, e: Part) -> Numbers:
    table, theirs = cg.icc(frame).tidy(), e["icc"]
    columns = {"ICC": "icc", "lower bound": "ci_lower", "upper bound": "ci_upper", "F": "statistic", "df1": "df1"}
    kinds = {"ICC": ESTIMATE, "lower bound": ERROR, "upper bound": ERROR}
    for name, mine in {**columns, "df2": "df2", "p": "p_value"}.items():
        yield from each(kinds.get(name, TEST), mine, table[mine], theirs[name], theirs["type"])
