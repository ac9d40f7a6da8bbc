"""Rows of the scores of a service: dimensions, groups, gaps, response surfaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from cgsurvey.base.errors import OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Labels, group_words
from cgsurvey.reliability.coefficients import alpha
from cgsurvey.responses.two_samples import holm
from cgsurvey.service_quality.asked import Asked
from cgsurvey.service_quality.gap_numbers import (
    NAN,
    SURFACE,
    Mean,
    difference_reliability,
    item_mean,
    mean_of,
    surface,
)

OVERALL, WEIGHTED = "overall", "overall_weighted"
FEW = 5
SPAN = (0.025, 0.975)  # shares of respondents between which the surface may be read


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of respondents, kept while the tables are made.

    plain (n, D), overall (n,), weighted (n,) and importance (n, D) where there are weights; `frame` holds the items.
    """

    dimensions: tuple[str, ...]
    sizes: tuple[int, ...]
    plain: np.ndarray
    overall: np.ndarray
    weighted: np.ndarray | None
    importance: np.ndarray | None
    frame: pd.DataFrame
    items: Mapping[str, tuple[str, ...]]


def rows(scores: Scores, here: np.ndarray, ends: tuple[float, float], level: float) -> pd.DataFrame:
    """Return the rows of the respondents marked in `here`."""
    low, high = ends
    total = sum(scores.sizes)
    parts = [
        (d, k, scores.plain[here, j], j) for j, (d, k) in enumerate(zip(scores.dimensions, scores.sizes, strict=True))
    ]
    parts.append((OVERALL, total, scores.overall[here], -1))
    if scores.weighted is not None:
        parts.append((WEIGHTED, total, scores.weighted[here], -1))
    out: list[dict[str, Any]] = []
    for name, size, values, j in parts:
        found = mean_of(values, level)
        ends_100 = [100 * (v - low) / (high - low) for v in (found.mean, found.lower, found.upper)]
        weight, a = NAN, NAN
        if j >= 0:
            a = _alpha(scores.frame.loc[:, list(scores.items[name])].to_numpy()[here])
            if scores.importance is not None:
                w = scores.importance[here, j]
                weight = float(np.nanmean(w)) if (~np.isnan(w)).any() else NAN
        out.append(
            {
                **{"dimension": name, "n_items": size, "n": found.n, "score": found.mean, "sd": found.sd},
                **{"std_error": found.std_error, "ci_lower": found.lower, "ci_upper": found.upper},
                **dict(zip(("score_100", "score_100_lower", "score_100_upper"), ends_100, strict=True)),
                **{"importance": weight, "alpha": a},
            }
        )
    return pd.DataFrame(out)


def _alpha(x: np.ndarray) -> float:
    x = x[~np.isnan(x).any(axis=1)]
    if x.shape[1] < 2 or len(x) < 3 or (x.std(axis=0) == 0).all():
        return NAN
    return float(alpha(np.cov(x, rowvar=False)))


def group_rows(
    scores: Scores,
    frame: pd.DataFrame,
    keys: tuple[str, ...],
    ends: tuple[float, float],
    level: float,
    labels_of: Labels,
    notes: list[Note],
) -> pd.DataFrame:
    """Return the rows of each group, its keys first."""
    if not keys:
        return pd.DataFrame()
    taken = [k for k in keys if k in ("dimension", "n_items", "n", "score", "sd", "std_error", "importance", "alpha")]
    if taken:
        raise OptionError(f"by: {some(taken)} is the name of a column of the result. Rename it.")
    blank = frame[list(keys)].isna().any(axis=1).to_numpy()
    if blank.all():
        raise SampleError.of("service_quality.no_groups", columns=keys)
    if blank.any():
        notes.append(note("service_quality.rows_without_group", n=int(blank.sum()), columns=", ".join(keys)))
    parts, small = [], []
    place = pd.Series(np.arange(len(frame)))
    labels = [frame[k].reset_index(drop=True)[~blank] for k in keys]
    for label, at in place[~blank].groupby(labels, sort=True, observed=True):
        here = np.zeros(len(frame), dtype=bool)
        here[at.to_numpy()] = True
        made = rows(scores, here, ends, level)
        for k, value in reversed(list(zip(keys, label, strict=True))):
            made.insert(0, k, value.item() if isinstance(value, np.generic) else value)
        if np.isfinite(scores.overall[here]).sum() < FEW:
            small.append(label)
        parts.append(made)
    if small:
        notes.append(
            note(
                "service_quality.small_score_groups",
                n=len(small),
                groups=group_words(labels_of, keys, small, 5),
                least=FEW,
            )
        )
    return pd.concat(parts, ignore_index=True)


def gaps(asked: Asked, P: pd.DataFrame, E: pd.DataFrame, least: float, level: float) -> pd.DataFrame:
    """Return perception, expectation and gap of dimensions, overall, and items, over pairs with both answers."""
    blocks = {d: [i for i in b if i in E.columns] for d, b in asked.items.items()}
    blocks = {d: b for d, b in blocks.items() if b}
    both = P[list(E.columns)].notna() & E.notna()
    p, e = P[list(E.columns)].where(both), E.where(both)
    means = {d: (item_mean(p[b].to_numpy(), least), item_mean(e[b].to_numpy(), least)) for d, b in blocks.items()}
    out = []
    for d, b in blocks.items():
        r = difference_reliability(*means[d], _alpha(p[b].to_numpy()), _alpha(e[b].to_numpy()))
        out.append(_gap("dimension", d, *means[d], r, level))
    whole = [item_mean(np.column_stack([m[k] for m in means.values()]), least) for k in (0, 1)]
    out.append(_gap("overall", OVERALL, whole[0], whole[1], NAN, level))
    out += [_gap("item", i, p[i].to_numpy(), e[i].to_numpy(), NAN, level) for b in blocks.values() for i in b]
    table = pd.DataFrame(out)
    table.insert(table.columns.get_loc("p_value") + 1, "p_holm", np.nan)
    for kind in ("dimension", "item"):
        known = (table["level"] == kind) & table["p_value"].notna()
        table.loc[known, "p_holm"] = holm(table.loc[known, "p_value"].to_numpy(dtype=float))
    return table


def _gap(kind: str, name: str, p: np.ndarray, e: np.ndarray, r: float, level: float) -> dict[str, Any]:
    both = ~np.isnan(p) & ~np.isnan(e)
    found: Mean = mean_of((p - e)[both], level)
    means = [float(v[both].mean()) if both.any() else NAN for v in (p, e)]
    return {
        **{"level": kind, "dimension": name, "n": found.n, "perception": means[0], "expectation": means[1]},
        **{"gap": found.mean, "ci_lower": found.lower, "ci_upper": found.upper, "statistic": found.statistic},
        **{"df": found.df, "p_value": found.p_value, "d": found.mean / found.sd if found.sd > 0 else NAN},
        "reliability_gap": r,
    }


def polynomial(
    asked: Asked,
    P: pd.DataFrame,
    E: pd.DataFrame,
    Z: np.ndarray,
    middle: float,
    least: float,
    level: float,
    notes: list[Note],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return terms and tests of the polynomial regression, per dimension and overall."""
    blocks = {d: [i for i in b if i in E.columns] for d, b in asked.items.items()}
    scores = {d: (item_mean(P[b].to_numpy(), least), item_mean(E[b].to_numpy(), least)) for d, b in blocks.items() if b}
    perceived, expected = (item_mean(np.column_stack([s[k] for s in scores.values()]), least) for k in (0, 1))
    scores[OVERALL] = (perceived, expected)
    terms, tests, without = [], [], []
    ends = ("perception_lower", "perception_upper", "expectation_lower", "expectation_upper")
    for name, (p, e) in scores.items():
        found = surface(p - middle, e - middle, Z)
        if found is None:
            without.append(name)
            continue
        half = float(stats.t.ppf((1 + level) / 2, found.df)) * found.std_error
        with np.errstate(invalid="ignore", divide="ignore"):
            t = np.where(found.std_error > 0, found.estimate / found.std_error, np.nan)
        terms.append(
            pd.DataFrame(
                {
                    **{"dimension": name, "term": SURFACE, "estimate": found.estimate, "std_error": found.std_error},
                    **{"statistic": t, "df": float(found.df), "p_value": 2 * stats.t.sf(np.abs(t), found.df)},
                    **{"ci_lower": found.estimate - half, "ci_upper": found.estimate + half},
                }
            )
        )
        tests.append(
            {
                **{"dimension": name, "n": found.n, "r2": found.r2, "r2_difference": found.r2_difference},
                **dict(zip(ends, np.concatenate([np.nanquantile(v, SPAN) for v in (p, e)]), strict=True)),
                **{"statistic": found.statistic, "df1": 4.0, "df2": float(found.df), "p_value": found.p_value},
            }
        )
    if without:
        notes.append(note("service_quality.no_surface", dimensions=", ".join(without)))
    return pd.concat(terms, ignore_index=True) if terms else pd.DataFrame(), pd.DataFrame(tests)
