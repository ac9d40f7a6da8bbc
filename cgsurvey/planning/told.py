"""What the replications of a study tell, by name: tables of power, of runs, of the n that is needed, and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from scipy.stats import chi2

from cgsurvey.base.errors import some
from cgsurvey.base.notes import Note, note
from cgsurvey.planning.models import APART, Target
from cgsurvey.planning.replication import Replications
from cgsurvey.planning.summaries import tally, wanted_size
from cgsurvey.sem.model.table import ParameterTable

FAILED, FEW = 0.10, 500  # share of failures that is serious, replications below which power is rough
APART_CODED = 0.01  # RMSEA of the analysis model in the population that is told where answers are codes


def parameter_name(table: ParameterTable, row: int) -> str:
    """The parameter as it is written in a model."""
    return f"{table.lhs[row]} {table.op[row]} {table.rhs[row]}"


def summed(goal: Target, found: Replications, n: int, rows: Sequence[int], alpha: float, theory: bool) -> pd.DataFrame:
    """Power, bias and coverage of the parameters `rows` at one n; `theory`: with the power of normal theory."""
    table, at = goal.compiled.table, np.array(rows)
    true = np.where(np.abs(goal.true[at]) < 1e-9, 0.0, goal.true[at])
    t = tally(found.values[:, at], found.errors[:, at], true, alpha)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(true != 0, t.bias / np.where(true != 0, true, 1.0), np.nan)
        shift = true * np.sqrt(n) / goal.unit[at]
    z = float(ndtri(1 - alpha / 2))
    return pd.DataFrame(
        {
            "n": n,
            "lhs": [table.lhs[k] for k in rows],
            "op": [table.op[k] for k in rows],
            "rhs": [table.rhs[k] for k in rows],
            "true_value": true,
            "mean_estimate": t.mean,
            "sd_estimate": t.sd,
            "mean_std_error": t.mean_error,
            "bias": t.bias,
            "bias_mcse": t.bias_mcse,
            "relative_bias": relative,
            "coverage": t.coverage,
            "coverage_mcse": t.coverage_mcse,
            "power": t.power,
            "power_mcse": t.power_mcse,
            "ci_lower": t.lower,
            "ci_upper": t.upper,
            "power_expected": ndtr(shift - z) + ndtr(-shift - z) if theory else np.nan,
            "n_used": t.used.astype(np.int64),
        }
    )


def runs_of(goal: Target, found: Sequence[Replications], sizes: Sequence[int], alpha: float) -> pd.DataFrame:
    """Of each n: replications, shares that converged and are improper, how often chi-square rejects the model."""
    rows = []
    for n, f in zip(sizes, found, strict=True):
        ok, total = f.converged, len(f.statistic)
        known = f.statistic[np.isfinite(f.statistic)]
        rejected = (known > chi2.isf(alpha, goal.df)).mean() if goal.df and len(known) else np.nan
        improper = (~f.proper[ok]).mean() if ok.any() else np.nan
        rows.append((n, total, float(ok.mean()), float(improper), float(rejected)))
    return pd.DataFrame(rows, columns=["n", "replications", "converged_share", "improper_share", "rejection_share"])


def needed_sizes(
    table: pd.DataFrame, names: ParameterTable, targets: Sequence[int], target: float, alpha: float
) -> pd.DataFrame:
    """The n at which each target parameter has the wanted power.

    Where power is near 1 already at the smallest n, that n stands without an interval; where the interval has no upper
    end, it stands without n.
    """
    out = []
    for k in targets:
        key = (names.lhs[k], names.op[k], names.rhs[k])
        own = table[(table["lhs"] == key[0]) & (table["op"] == key[1]) & (table["rhs"] == key[2])]
        n, trials, true = own["n"].to_numpy(float), own["n_used"].to_numpy(float), float(own["true_value"].iloc[0])
        share = np.nan_to_num(own["power"].to_numpy(float))
        sizes = (np.nan, np.nan, np.nan)
        if true != 0:
            sizes = wanted_size(n, np.round(share * trials), trials, target, alpha)
            if np.isinf(sizes[2]):
                sizes = (np.nan, sizes[1], np.inf)
            elif np.isnan(sizes[0]) and own["ci_lower"].iloc[0] > target:
                sizes = (float(n[0]), np.nan, np.nan)
        out.append((*key, true, *sizes))
    return pd.DataFrame(out, columns=["lhs", "op", "rhs", "true_value", "n", "ci_lower", "ci_upper"])


def power_notes(
    goal: Target, found: Sequence[Replications], runs: pd.DataFrame, needed: pd.DataFrame, estimator: str
) -> list[Note]:
    """What was assumed, what failed, and what the replications do not tell."""
    source, replications = goal.study.source, int(runs["replications"].iloc[0])
    out = [note("planning.power_assumes", replications=replications)]
    coded = not source.continuous and estimator.startswith("ML")
    if coded:
        out.append(note("planning.codes"))
    if goal.rmsea > (APART_CODED if coded else APART):
        out.append(note("planning.misspecified", rmsea=goal.rmsea))
    if source.missing:
        out.append(note("planning.missing", share=100 * source.missing))
    if source.cluster_size:
        out.append(note("planning.clusters", size=source.cluster_size))
    out += _failures(found, runs)
    if replications < FEW:
        mcse = 100 * float(np.sqrt(0.16 / replications))
        out.append(note("planning.few_replications", replications=replications, mcse=mcse))
    names = needed["lhs"] + " " + needed["op"] + " " + needed["rhs"]
    zero, known = needed["true_value"] == 0, np.isfinite(needed["n"])
    if zero.any():
        out.append(note("planning.zero_effect", parameters=some(names[zero])))
    if (~zero & ~known).any():
        out.append(note("planning.no_size", parameters=some(names[~zero & ~known])))
    enough = known & needed["ci_upper"].isna()
    if enough.any():
        out.append(note("planning.enough", n=int(runs["n"].min()), parameters=some(names[enough])))
    outside = known & ~enough & ~needed["n"].between(runs["n"].min(), runs["n"].max())
    if outside.any():
        told = (f"{name} ({n:.0f})" for name, n in zip(names[outside], needed.loc[outside, "n"], strict=True))
        out.append(note("planning.extrapolated", parameters=some(told)))
    return out


def _failures(found: Sequence[Replications], runs: pd.DataFrame) -> list[Note]:
    out = []
    worst = runs.loc[runs["converged_share"].idxmin()]
    lost = 1 - float(worst["converged_share"])
    if lost > 0:
        reason = Counter(r for f in found for r in f.reasons).most_common(1)
        code = "planning.many_failed" if lost > FAILED else "planning.some_failed"
        out.append(note(code, share=100 * lost, n=int(worst["n"]), reason=f" ({reason[0][0]})" if reason else ""))
    if runs["improper_share"].max() > 0:
        worst = runs.loc[runs["improper_share"].idxmax()]
        out.append(note("planning.improper", share=100 * float(worst["improper_share"]), n=int(worst["n"])))
    return out
