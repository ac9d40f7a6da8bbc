"""Importance-performance analysis: what matters to users, how well it is done, and how sure the quadrant is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction, whole
from cgsurvey.base.parallel import one_thread, recorded_seed, streams
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.responses import Responses
from cgsurvey.responses.source import as_source
from cgsurvey.sem import SemFit
from cgsurvey.service_quality.asked import Asked, Scales, dimensions_of, partners, scales_of, tell_design
from cgsurvey.service_quality.gap_numbers import NAN, item_mean, mean_of
from cgsurvey.service_quality.importance_numbers import (
    QUADRANTS,
    Derived,
    correlations,
    crossing,
    importance_of,
    inflation,
    quadrant,
    resampled,
)
from cgsurvey.service_quality.path_effects import effects_on
from cgsurvey.service_quality.perceived import outcome_columns, same_ends

Method = Literal["stated", "regression", "correlation", "relative weights", "path"]
METHODS = ("stated", "regression", "correlation", "relative weights", "path")
Crosshair = Literal["mean", "median", "scale"] | tuple[float, float]
_SOURCES = {"relative weights": ("johnson2000",), "regression": ("matzler2004",), "path": ("bollen1987",)}
VIF = 5.0


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ImportancePerformance(Result):
    """Items between importance and performance.

    Attributes
    ----------
    table : DataFrame
        One row per item: `item n performance_score performance_lower performance_upper importance importance_lower
        importance_upper quadrant certainty p_concentrate p_keep_up p_low_priority p_overkill`; `p_*` are the shares of
        resamples in which the item lies in each quadrant, `certainty` that of its own. Stated importance adds `gap`
        (performance less importance) with `gap_lower gap_upper statistic p_value`; regression adds `vif` and `r`.
    method : {"stated", "regression", "correlation", "relative weights", "path"}
    crosshair : (float, float)
        Performance and importance at which the lines cross.
    r2 : float
        Share of the outcome that the items explain together; NaN for stated importance and correlations.
    """

    table: pd.DataFrame
    method: str
    crosshair: tuple[float, float]
    r2: float = NAN

    def tidy(self) -> pd.DataFrame:
        """Return one row per item."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: users, items, where the lines cross, items in the first quadrant, the least certainty."""
        found: dict[str, Any] = {"method": self.method, "n": self.meta.n, "n_items": len(self.table)}
        found |= {"crosshair_performance": self.crosshair[0], "crosshair_importance": self.crosshair[1]}
        found["n_concentrate"] = int((self.table["quadrant"] == "concentrate").sum())
        return pd.DataFrame([found | {"certainty": self.table["certainty"].min(), "r2": self.r2}])


def ipa(
    data: Responses | pd.DataFrame,
    *,
    performance: Sequence[str] | Mapping[str, Sequence[str]] | str | None = None,
    importance: Method | Mapping[str, str] = "stated",
    suffix: str = "_i",
    outcome: str | Sequence[str] | None = None,
    fit: SemFit | None = None,
    crosshair: Crosshair = "mean",
    scale: Scales = None,
    importance_scale: tuple[float, float] | None = None,
    ci: float = 0.95,
    resamples: int = 2000,
    seed: int | None = None,
) -> ImportancePerformance:
    """Place items by their importance and performance.

    Parameters
    ----------
    data : Responses or DataFrame
    performance : sequence of str, mapping or str, optional
        Items; or names (dimensions, constructs) to items, whose mean is taken; or a construct of the instrument, whose
        items are placed. Default: the items of service quality.
    importance : {"stated", "regression", "correlation", "relative weights", "path"} or mapping
        Stated: what users said, in columns by `suffix` or in a mapping of item to column. Derived from `outcome`:
        standardised regression coefficients, correlations, or relative weights (Johnson, 2000), of rows without gaps.
        From `fit`: standardised total effects on `outcome`, a variable of the model.
    suffix : str
        Of the columns of stated importance: "tan1" and "tan1_i".
    outcome : str or sequence of str, optional
        Column, columns or construct (their mean); for "path" a variable of the model.
    fit : SemFit, optional
    crosshair : {"mean", "median", "scale"} or (float, float)
        Lines at the mean or median of the items, at the middle of the scales (stated importance), or where one says:
        (performance, importance).
    scale, importance_scale : optional
        Ends of the scales of performance and of importance, where no instrument knows them; needed for "scale", and
        for gaps: these exist only where both scales are the same. Importance without a scale of its own counts as
        asked on that of performance if no answer lies outside it.
    ci : float
        Level of the intervals.
    resamples, seed : int
        Bootstrap of respondents, the lines moving along where they follow from the data.

    Returns
    -------
    ImportancePerformance

    Raises
    ------
    OptionError, ColumnNotFoundError, CodingError
        Arguments that do not go together, unknown names.
    SampleError
        Too few rows, items that do not vary.

    Notes
    -----
    Martilla & James (1977); the diagonal of equal importance and performance by Slack (1994). Intervals are percentiles
    of the resamples. With "path" importance is drawn from the normal distribution of the estimates (or is that of the
    fit's own resamples), independent of the resampled performance.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> found = cg.ipa(answers, importance="correlation", outcome="sat1", seed=1)
    >>> found.tidy()[["item", "importance", "performance_score"]].head(2).round(2)
       item  importance  performance_score
    0  tan1        0.36               3.46
    1  tan2        0.31               3.63
    """
    level, R = fraction("ci", ci), whole("resamples", resamples, 100)
    stated = isinstance(importance, Mapping)
    method = "stated" if stated else choose("importance", importance, METHODS)
    notes: list[Note] = []
    asked = _performance(data, performance, notes)
    names = list(asked.items)
    _check(method, outcome, fit, names)
    x = np.column_stack([item_mean(asked.numbers(b), 0.5) for b in asked.items.values()])
    empty = [n for n, column in zip(names, x.T, strict=True) if np.isnan(column).all()]
    if empty:
        raise SampleError.of("service_quality.silent_items", items=empty)
    ends = _ends(asked, scale, crosshair)
    w = z = None
    r2, extra, drawn_path = NAN, pd.DataFrame(index=range(len(names))), None
    seed = recorded_seed(seed)
    generator, path_stream = streams(seed, 2)
    if method == "stated":
        w = _stated(asked, importance if isinstance(importance, Mapping) else suffix, names, importance_scale)
        value = np.array([np.nanmean(c) for c in w.T])
    elif method == "path":
        assert fit is not None and isinstance(outcome, str)
        value, drawn_path, r2 = effects_on(fit, names, outcome, R, path_stream)
    else:
        z = item_mean(asked.numbers(outcome_columns(asked, outcome or "")), 0.5)
        value, r2, extra = _derived(method, x, z, names, notes)
    with one_thread():
        derived = next((d for d in get_args(Derived) if d == method), None)
        drawn = resampled(x, w, z, derived, R, generator)
    draws = (drawn[0], drawn[1] if drawn_path is None else drawn_path)
    table, cross = _placed(x, value, draws, crosshair, ends, importance_scale, method, level, names, notes)
    table = pd.concat([table, extra], axis=1)
    if w is not None and ends is not None and _same(w, ends, importance_scale):
        table = pd.concat([table, _gaps(x, w, level)], axis=1)
    tell_design(asked.source, notes)
    return ImportancePerformance(
        table=table,
        method=method,
        crosshair=cross,
        r2=r2,
        notes=tuple(notes),
        meta=Meta(
            function="ipa",
            options={
                **{"performance": dict(asked.items), "importance": method, "crosshair": crosshair, "scale": ends},
                **{"outcome": outcome if outcome is None or isinstance(outcome, str) else tuple(outcome), "ci": ci},
                **{"resamples": R, "importance_scale": importance_scale},
            },
            n=int((~np.isnan(x)).any(axis=1).sum()),
            seed=seed,
            data_hash=data_hash(np.column_stack([x, *([w] if w is not None else []), *([z] if z is not None else [])])),
            source=asked.source.file,
            simulated=asked.source.simulated,
            labels={
                n: v
                for n, v in asked.source.labels.items()
                if n in {*names, outcome if isinstance(outcome, str) else ""}
            },
            references=("martilla1977", *(("slack1994",) if w is not None else ()), *_SOURCES.get(method, ())),
        ),
    )


def _performance(data: Any, performance: Any, notes: list[Note]) -> Asked:
    """What is placed, each with the columns of which it is the mean."""
    if isinstance(performance, Mapping):
        return dimensions_of(data, performance, notes)
    if performance is None or isinstance(performance, str):
        asked = dimensions_of(data, performance, notes)
        items = asked.all_items
    else:
        source = as_source(data)
        items = list(dict.fromkeys(map(str, performance)))
        asked = dimensions_of(source, {i: [i] for i in items}, notes)
    return Asked(asked.name, {i: (i,) for i in items}, asked.frame, asked.source)


def _check(method: str, outcome: Any, fit: SemFit | None, names: list[str]) -> None:
    if len(names) < 2:
        raise OptionError("performance: two items at least are needed to compare their importance.")
    if method == "stated" and (outcome is not None or fit is not None):
        raise OptionError(
            'outcome and fit are what importance is derived from: choose importance="regression", '
            '"correlation", "relative weights" or "path".'
        )
    if method in ("regression", "correlation", "relative weights") and outcome is None:
        raise OptionError(f'importance="{method}" is derived from an outcome: outcome="sat1".')
    if method != "path":
        if fit is not None:
            raise OptionError('a fit is used by importance="path" alone: choose that, or leave fit out.')
        return
    if fit is None or not isinstance(outcome, str):
        raise OptionError(
            'importance="path" takes total effects of a fitted model: fit=cg.sem(...), '
            'outcome="<variable of the model>".'
        )
    if outcome in names:
        raise OptionError(f"outcome='{outcome}' is among the items whose effect on it is asked for.")
    for name in (outcome, *names):
        if name not in fit.table.variables:
            raise OptionError(
                f"'{name}' is no variable of the model.{did_you_mean(name, fit.table.variables)} Effects are those of "
                'constructs: performance={"trust": ["tru1", "tru2"]}; for the items of a construct see cg.drivers.'
            )


def _ends(asked: Asked, scale: Scales, crosshair: Crosshair) -> tuple[float, float] | None:
    known = asked.source.instrument is not None
    if scale is None and not known:
        if crosshair == "scale":
            raise OptionError('crosshair="scale" needs the ends of the scale: scale=(1, 5).')
        return None
    ends = scales_of(asked, asked.all_items, scale)
    same_ends(ends)
    return next(iter(ends.values()))


def _stated(
    asked: Asked, columns: str | Mapping[str, str], names: list[str], ends: tuple[float, float] | None
) -> np.ndarray:
    found = partners(asked, columns, names, "importance")
    lacking = [n for n in names if n not in found]
    if lacking:
        raise OptionError(
            f"there is no stated importance of {some(lacking)}: name its columns, importance={{...}}, or "
            "leave these items out of performance."
        )
    if ends is not None:
        scales_of(asked, list(found.values()), ends)
    w = asked.numbers(found.values())
    empty = [n for n, column in zip(names, w.T, strict=True) if np.isnan(column).all()]
    if empty:
        raise SampleError(f"nobody said how important {some(empty)} is.")
    return w


def _derived(
    method: Any, x: np.ndarray, z: np.ndarray, names: list[str], notes: list[Note]
) -> tuple[np.ndarray, float, pd.DataFrame]:
    joint = np.column_stack([x, z])
    whole = ~np.isnan(joint).any(axis=1)
    p = len(names)
    if whole.sum() < p + 2:
        raise SampleError.of("service_quality.few_complete", n=int(whole.sum()), p=p, least=p + 2)
    still = [n for n, s in zip([*names, "the outcome"], joint[whole].std(axis=0), strict=True) if s < 1e-9]
    if still:
        raise SampleError.of("service_quality.constant", items=still)
    if not whole.all():
        notes.append(note("service_quality.complete_rows", n=int(whole.sum()), rows=len(joint)))
    R = correlations(joint[whole], np.ones((1, int(whole.sum()))))[0]
    value = importance_of(method, R)
    if np.isnan(value).any():
        raise SampleError.of("service_quality.collinear")
    r, extra, r2 = R[:-1, -1], pd.DataFrame(index=range(p)), NAN
    if method == "regression":
        r2 = float(value @ r)
        extra = pd.DataFrame({"r": r, "vif": inflation(R[:-1, :-1])})
        negative = [n for n, b in zip(names, value, strict=True) if b < 0]
        turned = [n for n, b, c in zip(names, value, r, strict=True) if b * c < 0]
        if turned:
            notes.append(note("service_quality.suppressors", items=", ".join(turned)))
        elif negative:
            notes.append(note("service_quality.negative_importance", items=", ".join(negative)))
        most = extra["vif"].max()
        if most >= VIF:
            notes.append(note("service_quality.collinear", vif=float(most)))
    elif method == "relative weights":
        r2 = float(value.sum())
    return value, r2, extra


def _placed(
    x: np.ndarray,
    value: np.ndarray,
    draws: tuple[np.ndarray, np.ndarray],
    crosshair: Any,
    ends: tuple[float, float] | None,
    importance_ends: tuple[float, float] | None,
    method: str,
    level: float,
    names: list[str],
    notes: list[Note],
) -> tuple[pd.DataFrame, tuple[float, float]]:
    mean = np.array([np.nanmean(c) for c in x.T])
    how = _lines(crosshair, ends, importance_ends, method)
    cross = tuple(float(crossing(v, h)) for v, h in zip((mean, value), how, strict=True))
    good = np.isfinite(draws[0]).all(axis=1) & np.isfinite(draws[1]).all(axis=1)
    if not good.any():
        raise SampleError("no resample has numbers for all items: there are too few answers for the bootstrap.")
    if not good.all():
        notes.append(note("service_quality.lost_resamples", n=int((~good).sum()), of=len(good)))
    P, W = draws[0][good], draws[1][good]
    place = quadrant(P, W, crossing(P, how[0]), crossing(W, how[1]))
    own = quadrant(mean, value, np.asarray(cross[0]), np.asarray(cross[1]))
    shares = np.array([(place == k).mean(axis=0) for k in range(4)])
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(P, tails, axis=0), np.quantile(W, tails, axis=0)
    certainty = shares[own, np.arange(len(names))]
    table = pd.DataFrame(
        {
            **{"item": pd.array(names, dtype="str"), "n": (~np.isnan(x)).sum(axis=0), "performance_score": mean},
            **{"performance_lower": low[0], "performance_upper": low[1], "importance": value},
            **{"importance_lower": high[0], "importance_upper": high[1]},
            **{"quadrant": pd.array([QUADRANTS[k] for k in own], dtype="str"), "certainty": certainty},
            **{f"p_{q}": shares[k] for k, q in enumerate(QUADRANTS)},
        }
    )
    unsure = [n for n, c in zip(names, certainty, strict=True) if c < level]
    if unsure:
        notes.append(
            note(
                "service_quality.unsure_quadrants",
                n=len(unsure),
                of=len(names),
                items=some(unsure, 8),
                percent=100 * level,
            )
        )
    return table, (cross[0], cross[1])


def _lines(crosshair: Any, ends: Any, importance_ends: Any, method: str) -> tuple[Any, Any]:
    if isinstance(crosshair, str):
        choose("crosshair", crosshair, ("mean", "median", "scale"))
        if crosshair != "scale":
            return crosshair, crosshair
        if method != "stated":
            raise OptionError(
                f'crosshair="scale" is the middle of the scale, and importance by {method} has none. Choose "mean", '
                '"median", or a pair: crosshair=(3.0, 0.1), performance and importance.'
            )
        assert ends is not None
        other = importance_ends or ends
        return sum(ends) / 2, sum(other) / 2
    try:
        x, y = (float(v) for v in crosshair)
    except (TypeError, ValueError):
        x = y = NAN
    if not np.isfinite([x, y]).all():
        raise OptionError(
            f"crosshair={crosshair!r} must be 'mean', 'median', 'scale' or two numbers, performance and "
            "importance: crosshair=(3.5, 4.0)."
        )
    return x, y


def _same(w: np.ndarray, ends: tuple[float, float], other: tuple[float, float] | None) -> bool:
    """Whether importance stands on the scale of performance: as given, else by the answers."""
    return ends == other if other is not None else bool(np.nanmin(w) >= ends[0] and np.nanmax(w) <= ends[1])


def _gaps(x: np.ndarray, w: np.ndarray, level: float) -> pd.DataFrame:
    found = [mean_of(a - b, level) for a, b in zip(x.T, w.T, strict=True)]
    return pd.DataFrame(
        {
            **{"gap": [f.mean for f in found], "gap_lower": [f.lower for f in found]},
            **{"gap_upper": [f.upper for f in found], "statistic": [f.statistic for f in found]},
            "p_value": [f.p_value for f in found],
        }
    )
