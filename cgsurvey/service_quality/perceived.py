"""Service-quality scores: perceptions (SERVPERF), gaps to expectations (SERVQUAL), weighted by importance or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.responses import Responses
from cgsurvey.responses.selection import require
from cgsurvey.service_quality.asked import (
    Asked,
    Dimensions,
    Scales,
    dimensions_of,
    keyed_like,
    partners,
    scales_of,
    tell_design,
)
from cgsurvey.service_quality.gap_numbers import item_mean, weighted_mean
from cgsurvey.service_quality.perceived_tables import OVERALL, WEIGHTED, Scores, gaps, group_rows, polynomial, rows

Pairs = str | Mapping[str, str] | None
Importance = str | Mapping[str, str] | Mapping[str, float] | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ServiceQuality(Result):
    """Scores of a service as its users perceive it.

    Attributes
    ----------
    table : DataFrame
        One row per dimension, then "overall" and, with importance, "overall_weighted": `dimension n_items n score sd
        std_error ci_lower ci_upper score_100 score_100_lower score_100_upper importance alpha`. `score` lies on the
        scale of the items, `score_100` is 100 (score - lowest) / (highest - lowest).
    groups : DataFrame
        The same by group; empty without `by`.
    gaps : DataFrame
        With expectations: per dimension, overall and item `level dimension n perception expectation gap ci_lower
        ci_upper statistic df p_value p_holm d reliability_gap`; d = gap / SD of gaps. Holm's p counts the
        dimensions, and the items, as one family each.
    surface : DataFrame
        With expectations and an outcome: terms of the polynomial regression, per dimension and overall.
    surface_tests : DataFrame
        `dimension n r2 r2_difference perception_lower perception_upper expectation_lower expectation_upper statistic
        df1 df2 p_value`: does a difference score do as well, and between which scores lie 95 % of the respondents?
    name : str
        The construct above the dimensions.
    by : tuple of str
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    gaps: pd.DataFrame
    surface: pd.DataFrame
    surface_tests: pd.DataFrame
    name: str
    by: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per dimension, by group where groups were asked for."""
        return (self.groups if self.by else self.table).copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: users, dimensions, the overall score with its interval, the overall gap."""
        last = self.table.set_index("dimension").loc[OVERALL]
        found = {"n": self.meta.n, "n_dimensions": int((~self.table["dimension"].isin((OVERALL, WEIGHTED))).sum())}
        found |= {k: last[k] for k in ("score", "ci_lower", "ci_upper", "score_100")}
        if len(self.gaps):
            found["gap"] = self.gaps.set_index("dimension").loc[OVERALL, "gap"]
        return pd.DataFrame([found])


def service_quality(
    data: Responses | pd.DataFrame,
    dimensions: Dimensions = None,
    *,
    expectations: Pairs = None,
    importance: Importance = None,
    outcome: str | Sequence[str] | None = None,
    by: str | Sequence[str] | None = None,
    scale: Scales = None,
    min_valid: float = 0.5,
    ci: float = 0.95,
) -> ServiceQuality:
    """Score the quality of a service by dimension and overall, and its gap to what users expect.

    Parameters
    ----------
    data : Responses or DataFrame
        Reverse items of `Responses` are keyed; a data frame is taken as keyed.
    dimensions : mapping of str to sequence of str, or str, optional
        Dimension to items, or a construct of the instrument: "service_quality" (the default where it was asked) or
        "e_service_quality".
    expectations : str or mapping, optional
        Suffix of the columns of expectations ("_e": "tan1" and "tan1_e"), or item to column. Expectations of reverse
        items are turned as the items are.
    importance : str or mapping, optional
        Weights. Suffix or mapping to columns, of dimensions (points given to each) or of items; or dimension to number.
    outcome : str or sequence of str, optional
        Column, columns or construct (their mean) that the polynomial regression explains, e.g. overall satisfaction;
        needs `expectations`.
    by : str or sequence of str, optional
        Columns of groups.
    scale : (low, high) or mapping of item to (low, high), optional
        Ends of the scale; those of the instrument where it knows the items.
    min_valid : float
        Smallest share of the items of a dimension that a respondent must have answered, and of the dimensions for the
        overall score.
    ci : float
        Level of the intervals.

    Returns
    -------
    ServiceQuality

    Raises
    ------
    OptionError, ColumnNotFoundError, CodingError
        Unknown names, columns or scales, answers outside a scale.
    SampleError
        Nobody has a score.

    Notes
    -----
    Score of a respondent: mean of the items of a dimension; overall the mean of the dimensions, so that each counts
    alike whatever its number of items (Cronin & Taylor, 1992). Weighted: sum_d w_id S_id / sum_d w_id with the weights
    of the respondent (Parasuraman, Zeithaml & Berry, 1988, 1991); weights of items average the items within a dimension
    and, by their mean, the dimensions. Gaps are P - E over pairs with both answers, with Student's interval and the
    paired t test; `reliability_gap` by Peter, Churchill & Brown (1993). The polynomial regression and a1 to a4 are
    those of Edwards & Parry (1993), P and E centred on the midpoint of the scale.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.service_quality(answers).tidy().iloc[:3, :4].round(2)
                dimension  n_items    n  score
    0       psq_tangibles        4  595   3.49
    1     psq_reliability        4  595   3.51
    2  psq_responsiveness        4  595   3.56
    """
    level = fraction("ci", ci)
    fraction("min_valid", min_valid, closed=True)
    notes: list[Note] = []
    asked = dimensions_of(data, dimensions, notes)
    if outcome is not None and expectations is None:
        raise OptionError(
            "outcome is what the polynomial regression of perceptions and expectations explains: give "
            'expectations="_e" as well, or leave outcome out.'
        )
    keys = (by,) if isinstance(by, str) else tuple(by or ())
    require(asked.frame.columns, keys, asked.file)
    items = asked.all_items
    ends = scales_of(asked, items, scale)
    same_ends(ends)
    frame = pd.DataFrame(asked.numbers(items), columns=items, index=asked.frame.index)
    weights, dimension_weights = _weights(asked, importance, items)
    scores = _scores(asked, frame, weights, dimension_weights, min_valid)
    answered = ~np.isnan(scores.overall)
    if not answered.any():
        raise SampleError.of("service_quality.no_overall", dimensions=list(asked.items), least=min_valid)
    low, high = next(iter(ends.values()))
    table = rows(scores, np.ones(len(frame), dtype=bool), (low, high), level)
    groups = group_rows(scores, asked.frame, keys, (low, high), level, asked.source.labels, notes)
    gap_table, expected, Z = pd.DataFrame(), None, None
    surface_table, tests = pd.DataFrame(), pd.DataFrame()
    pairs = partners(asked, expectations, items, "expectations")
    if pairs:
        expected = keyed_like(asked, pairs, scale)
        lacking = [i for i in items if i not in pairs]
        if lacking:
            notes.append(note("service_quality.no_expectation", items=", ".join(lacking)))
        gap_table = gaps(asked, frame, expected, min_valid, level)
        notes.append(note("service_quality.difference_scores"))
        if outcome is not None:
            Z = _outcome(asked, outcome)
            surface_table, tests = polynomial(asked, frame, expected, Z, (low + high) / 2, min_valid, level, notes)
    tell_design(asked.source, notes)
    known = {*asked.items, *items, asked.name, *keys}
    used = [frame, *([expected.add_suffix(" E")] if expected is not None else [])]
    sources = ("cronin1992", *(("parasuraman1988",) if importance is not None or pairs else ()))
    sources += (("edwards2002", "peter1993") if pairs else ()) + (("edwards1993",) if Z is not None else ())
    return ServiceQuality(
        table=table,
        groups=groups,
        gaps=gap_table,
        surface=surface_table,
        surface_tests=tests,
        name=asked.name,
        by=keys,
        notes=tuple(notes),
        meta=Meta(
            function="service_quality",
            options={
                **{"dimensions": dict(asked.items), "expectations": pairs or None, "scale": (low, high)},
                **{"importance": _told(importance), "outcome": _told(outcome), "by": keys},
                **{"min_valid": min_valid, "ci": ci},
            },
            n=int(answered.sum()),
            data_hash=data_hash(pd.concat(used, axis=1)),
            source=asked.source.file,
            simulated=asked.source.simulated,
            labels={n: v for n, v in asked.source.labels.items() if n in known or n.partition("=")[0] in keys},
            references=sources,
        ),
    )


def same_ends(ends: Mapping[str, tuple[float, float]]) -> None:
    """Raise OptionError where items have different scales: their mean would have none."""
    if len(set(ends.values())) > 1:
        told = {v: n for n, v in reversed(list(ends.items()))}
        shown = "; ".join(f"'{n}' {low:g} to {high:g}" for (low, high), n in told.items())
        raise OptionError(
            f"items on different scales have no common mean: {shown}. Bring them to one scale, or score "
            "them in calls of their own."
        )


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return value if value is None or isinstance(value, str) else tuple(value)


def _weights(asked: Asked, importance: Importance, items: list[str]) -> tuple[pd.DataFrame | None, np.ndarray | None]:
    """Weights of items (frame under their names), or of dimensions (rows, D); None where there are none."""
    if importance is None:
        return None, None
    n, dims = len(asked.frame), list(asked.items)
    numbers = isinstance(importance, Mapping) and all(not isinstance(v, str) for v in importance.values())
    if numbers and isinstance(importance, Mapping):
        fixed = {str(k): float(v) for k, v in importance.items()}
        wrong = sorted(set(dims) ^ set(fixed)) or [k for k, v in fixed.items() if not (np.isfinite(v) and v >= 0)]
        if wrong or sum(fixed.values()) <= 0:
            raise OptionError(
                f"importance must give each dimension a weight of 0 or more: see {some(wrong) or 'their sum, 0'}. "
                f"Dimensions: {some(dims)}."
            )
        return None, np.tile([fixed[d] for d in dims], (n, 1))
    by_dimension = isinstance(importance, str) and any(f"{d}{importance}" in asked.frame.columns for d in dims)
    by_dimension |= isinstance(importance, Mapping) and bool(set(importance) & set(dims))
    if isinstance(importance, Mapping):
        columns = {str(k): v for k, v in importance.items() if isinstance(v, str)}
        if len(columns) < len(importance):
            raise OptionError("importance mixes columns and numbers; give columns for all, or a number per dimension.")
        found = partners(asked, columns, dims if by_dimension else items, "importance")
    else:
        found = partners(asked, importance, dims if by_dimension else items, "importance")
    lacking = [n for n in (dims if by_dimension else items) if n not in found]
    if lacking:
        raise OptionError(
            f"importance lacks a column for {some(lacking)}: without a weight it would drop out of the "
            "weighted score. Name all of them."
        )
    values = asked.numbers(found.values())
    if (values < 0).any():
        raise OptionError("importance holds values below 0: weights must be 0 or more.")
    if by_dimension:
        return None, values
    return pd.DataFrame(values, columns=list(found), index=asked.frame.index), None


def _scores(
    asked: Asked, frame: pd.DataFrame, weights: pd.DataFrame | None, fixed: np.ndarray | None, least: float
) -> Scores:
    blocks = list(asked.items.values())
    plain = np.column_stack([item_mean(frame[list(b)].to_numpy(), least) for b in blocks])
    overall = item_mean(plain, least)
    weighted = importance = None
    if weights is not None:
        importance = np.column_stack([item_mean(weights[list(b)].to_numpy(), least) for b in blocks])
        inside = [weighted_mean(frame[list(b)].to_numpy(), weights[list(b)].to_numpy()) for b in blocks]
        weighted = weighted_mean(np.where(np.isnan(plain), np.nan, np.column_stack(inside)), importance)
    elif fixed is not None:
        importance = fixed
        weighted = weighted_mean(plain, fixed)
    if weighted is not None:
        weighted = np.where(np.isnan(overall), np.nan, weighted)
    return Scores(
        tuple(asked.items),
        tuple(len(b) for b in blocks),
        plain,
        overall,
        weighted,
        importance,
        frame,
        dict(asked.items),
    )


def _outcome(asked: Asked, outcome: str | Sequence[str]) -> np.ndarray:
    names = outcome_columns(asked, outcome)
    return item_mean(asked.numbers(names), 0.5)


def outcome_columns(asked: Asked, outcome: str | Sequence[str]) -> list[str]:
    """Columns of an outcome: a column, columns, or the items of a construct of the instrument."""
    if isinstance(outcome, str) and outcome not in asked.frame.columns and asked.source.instrument is not None:
        known = {c.id: c for top in asked.source.instrument.constructs for c in top.walk()}
        if outcome in known:
            outcome = [i for i in known[outcome].all_items if i in asked.frame.columns] or outcome
    names = [outcome] if isinstance(outcome, str) else [str(o) for o in outcome]
    require(asked.frame.columns, names, asked.file)
    return names
