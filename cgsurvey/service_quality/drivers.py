"""Drivers of a construct: the importance-performance map of a fitted model, and what an improvement would be worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cgsurvey.base.errors import ModelError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction, whole
from cgsurvey.base.parallel import one_thread, recorded_seed, streams
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.responses import Responses
from cgsurvey.responses.source import Source, as_source
from cgsurvey.sem import SemFit
from cgsurvey.sem.derived.effects import effects_of, reduced
from cgsurvey.service_quality.asked import Asked, Scales, tell_design
from cgsurvey.service_quality.driver_numbers import point_effects, point_slopes, reached
from cgsurvey.service_quality.gap_numbers import NAN, mean_of
from cgsurvey.service_quality.measured import Measured, measured
from cgsurvey.service_quality.path_effects import drawn_cells, group_of, solution_of, totals

LIMITS = ("delta", "monte.carlo", "percentile")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Drivers(Result):
    """Importance-performance map of a target construct.

    Attributes
    ----------
    table : DataFrame
        One row per construct, element and item that drives the target: `level name construct weight total_effect
        std_error ci_lower ci_upper effect_raw effect_raw_lower effect_raw_upper effect_std effect_std_lower
        effect_std_upper n performance_score performance_lower performance_upper`. `total_effect`: points of the target
        that go with one point of the row, both on 0 to 100; of elements and items it is that of their construct times
        their `weight` in its score. `effect_raw` and `effect_std` are the total effects of the model, of constructs.
    target : str
    target_performance : float
        Of the target, 0 to 100.
    scores : {"mean", "weighted"}
    """

    table: pd.DataFrame
    target: str
    target_performance: float
    scores: str

    def tidy(self) -> pd.DataFrame:
        """Return one row per construct, element and item."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: target, its performance, the constructs that drive it, the largest effect."""
        top = self.table[self.table["level"] == "construct"]
        first = top.loc[top["total_effect"].idxmax()] if top["total_effect"].notna().any() else top.iloc[0]
        found = {"target": self.target, "n": self.meta.n, "performance_score": self.target_performance}
        found |= {"n_constructs": len(top), "name": first["name"], "total_effect": first["total_effect"]}
        return pd.DataFrame([found])

    def what_if(
        self, points: float = 1.0, *, level: Literal["construct", "element", "item"] = "construct"
    ) -> pd.DataFrame:
        """Return what an improvement of each driver would go with.

        Parameters
        ----------
        points : float
            Points of 0 to 100 by which the performance of a driver changes; as many as its scale leaves are taken.
        level : {"construct", "element", "item"}

        Returns
        -------
        DataFrame
            ``name construct performance_score points change change_lower change_upper target_after``, largest change
            first.

        Raises
        ------
        OptionError
            When `points` is no number, or 0.
        """
        choose("level", level, ("construct", "element", "item"))
        if isinstance(points, bool) or not isinstance(points, int | float) or not np.isfinite(points) or points == 0:
            raise OptionError(f"points={points!r} must be a number of points on the scale from 0 to 100: points=5.")
        rows = self.table[self.table["level"] == level].reset_index(drop=True)
        now = rows["performance_score"].to_numpy()
        taken = np.clip(now + points, 0.0, 100.0) - now
        ends = np.sort(taken[:, None] * rows[["ci_lower", "ci_upper"]].to_numpy(), axis=1)
        change = taken * rows["total_effect"].to_numpy()
        made = rows[["name", "construct", "performance_score"]].assign(
            points=taken,
            change=change,
            change_lower=ends[:, 0],
            change_upper=ends[:, 1],
            target_after=np.clip(self.target_performance + change, 0.0, 100.0),
        )
        return made.sort_values("change", ascending=points < 0, ignore_index=True, kind="stable")


def drivers(
    fit: SemFit,
    data: Responses | pd.DataFrame,
    *,
    target: str | None = None,
    constructs: Sequence[str] | None = None,
    scores: Literal["mean", "weighted"] = "mean",
    scale: Scales = None,
    group: int | str | None = None,
    ci_type: Literal["delta", "monte.carlo", "percentile"] | None = None,
    ci: float = 0.95,
    draws: int = 20_000,
    seed: int | None = None,
) -> Drivers:
    """Map the importance and the performance of all that drives a construct.

    Parameters
    ----------
    fit : SemFit
        A fitted structural model.
    data : Responses or DataFrame
        The answers that it was fitted to.
    target : str, optional
        The construct to be improved; default the one outcome of the model, or "service_quality" where it is one.
    constructs : sequence of str, optional
        Drivers to be mapped; default all from which arrows lead to the target.
    scores : {"mean", "weighted"}
        Score of a construct: mean of its items (elements, where it has such), or weighted by loading / residual
        variance within each construct (the weights of Bartlett's factor score of that construct alone).
    scale : (low, high) or mapping of item to (low, high), optional
        Ends of the scales, where no instrument knows them: the ends that were printed, not those that were answered.
    group : int or str, optional
        Of a fit of several groups.
    ci_type : {"delta", "monte.carlo", "percentile"}, optional
        Default: percentiles of the fit's resamples where it has any, else the delta method.
    ci : float
    draws, seed : int
        For "monte.carlo".

    Returns
    -------
    Drivers

    Raises
    ------
    OptionError
        Unknown target, group, scale or interval.
    ModelError
        When nothing drives the target.
    CodingError
        Answers outside their scale.

    Notes
    -----
    Answers are rescaled 100 (y - lowest) / (highest - lowest), as in the importance-performance map of Ringle &
    Sarstedt (2016). There, in partial least squares, constructs are scores; here they are factors, whose metric is a
    matter of identification. The total effect is therefore told in points of scores: tau = (dC_target / d driver) /
    (dC_driver / d driver), with C the score that the model expects; it is a function of the loadings and paths, does
    not depend on how the factors were scaled, and is not attenuated by the error of the scores. Performance is the mean
    of scores, not of factor scores: it then says where on the scale people answered. Weights of scores="weighted" count
    as known. Of ordered items (WLSMV) the loadings are those of latent responses: tau is the standardised effect times
    the ratio of the standard deviations of the two scores, taken as known; a note says so.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> model = "tan =~ tan1 + tan2 + tan3; emp =~ emp1 + emp2 + emp3; sat =~ sat1 + sat2 + sat3; sat ~ tan + emp"
    >>> found = cg.drivers(cg.sem(model, answers), answers)
    >>> found.tidy()[["name", "total_effect", "performance_score"]].head(2).round(2)
      name  total_effect  performance_score
    0  tan          0.17              61.90
    1  emp          0.47              61.19
    """
    level = fraction("ci", ci)
    whole("draws", draws, 100)
    choose("scores", scores, ("mean", "weighted"))
    if not isinstance(fit, SemFit):
        raise OptionError(f"fit must be a fitted model, cg.sem(model, data), not {type(fit).__name__}.")
    kind = choose("ci_type", ci_type or ("percentile" if fit.resampled else "delta"), LIMITS)
    notes: list[Note] = []
    g = group_of(fit, group)
    source = as_source(data)
    source = _rows_of_group(source, fit, g)
    names = fit.table.variables
    target, places = _drivers(fit, g, target, constructs)
    asked = Asked(target, {}, source.frame, source)
    known = measured(fit, asked, g, [*places, names.index(target)], scores, scale, notes)
    chosen = [k for k in places if names[k] in known.constructs]
    if not chosen:
        raise ModelError(f"no driver of '{target}' has a score from 0 to 100. Give the scales: scale=(1, 5).")
    seed = recorded_seed(seed) if kind == "monte.carlo" else None
    with one_thread():
        effects = _effects(fit, g, known, chosen, names.index(target), kind, level, draws, seed)
    table = _table(known, [names[k] for k in chosen], effects, level)
    if len(fit.structure.ordered):
        notes.append(note("service_quality.ordered_drivers"))
    tell_design(source, notes)
    performance = mean_of(known.score(target), level)
    shown = {target, *table["name"], *table["construct"]}
    return Drivers(
        table=table,
        target=target,
        target_performance=performance.mean,
        scores=scores,
        notes=(*(n for n in fit.notes if n.level == "serious"), *notes),
        meta=Meta(
            function="drivers",
            options={
                **{"target": target, "scores": scores, "ci_type": kind, "ci": ci, "group": group},
                **{"estimator": fit.options.estimator, "constructs": tuple(names[k] for k in chosen)},
            },
            n=len(source.frame),
            seed=seed,
            data_hash=data_hash(known.answers),
            source=source.file,
            simulated=source.simulated,
            labels={n: v for n, v in source.labels.items() if n in shown},
            references=("ringle2016", *(("mackinnon2004",) if kind == "monte.carlo" else ())),
        ),
    )


def _rows_of_group(source: Source, fit: SemFit, g: int) -> Source:
    column = fit.options.group
    if column is None or fit.structure.n_groups == 1:
        return source
    if column not in source.frame.columns:
        raise OptionError(f"the fit has groups by '{column}', which the data do not hold.")
    return replace(source, frame=source.frame[source.frame[column].astype(str) == fit.meta.groups[g]])


def _drivers(fit: SemFit, g: int, target: str | None, constructs: Sequence[str] | None) -> tuple[str, list[int]]:
    """Name of the target and places of its drivers."""
    names = fit.table.variables
    found = effects_of(fit.table, fit.structure)
    if not found.rows:
        raise ModelError(
            "the model has no regressions, so that nothing drives anything. Drivers need a structural model, e.g. "
            "'service_quality ~ trust'."
        )
    if target is None:
        ends = [names[v] for v in found.outcomes]
        target = "service_quality" if "service_quality" in ends else ends[0] if len(ends) == 1 else None
        if target is None:
            raise OptionError(f"the model has {len(ends)} outcomes: {some(ends)}. Say which: target='...'.")
    if target not in names:
        raise OptionError(f"target='{target}' is no variable of the model.{did_you_mean(target, names)}")
    places = reached(fit.structure, g, names.index(target), found.variables)
    if not places:
        raise ModelError(
            f"nothing drives '{target}': no arrow of a regression leads to it. Drivers need a structural "
            "model, e.g. 'service_quality ~ trust'."
        )
    if constructs is None:
        return target, places
    wanted = [constructs] if isinstance(constructs, str) else list(constructs)
    wrong = [c for c in wanted if c not in {names[k] for k in places}]
    if wrong or not wanted:
        raise OptionError(
            f"constructs: {some(wrong) or 'none'} is no driver of '{target}'. Its drivers: "
            f"{some(names[k] for k in places)}."
        )
    return target, [k for k in places if names[k] in wanted]


@dataclass(frozen=True, eq=False)
class _Found:
    """Effects per driver (d,) with errors and limits: points, raw, standardised; each (4, d)."""

    points: np.ndarray
    raw: np.ndarray
    std: np.ndarray


def _effects(
    fit: SemFit,
    g: int,
    known: Measured,
    chosen: list[int],
    target: int,
    kind: str,
    level: float,
    draws: int,
    seed: int | None,
) -> _Found:
    names = fit.table.variables
    at_solution = solution_of(fit)
    shown, at = totals(effects_of(fit.table, fit.structure), g, chosen, target)
    WD = np.vstack([known.weights_in(fit, names[k]) for k in (*chosen, target)])
    places = np.array(chosen)
    ordered = bool(len(fit.structure.ordered))
    sd = np.array([np.nanstd(known.score(names[k]), ddof=1) for k in (*chosen, target)])
    ratio = sd[-1] / np.where(sd[:-1] > 0, sd[:-1], NAN)

    def of(x: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        raw, scaled = shown.values(x)[:, at], shown.values(std)[:, at]
        return (scaled * ratio if ordered else point_effects(fit.structure, g, x, WD, target, places)), raw, scaled

    s = at_solution
    value = [v[0] for v in of(s.raw[None], s.std[None])]
    J_raw, J_std = shown.jacobian(s.raw)[at] @ s.by_theta, shown.jacobian(s.std)[at] @ s.std_by_theta
    J = ratio[:, None] * J_std if ordered else point_slopes(fit.structure, g, s.raw, WD, places) @ s.by_theta
    V = fit.covariance
    error = [np.sqrt(np.maximum(np.einsum("rq,qs,rs->r", j, V, j), 0.0)) for j in (J, J_raw, J_std)]
    if kind == "delta":
        z = float(ndtri((1 + level) / 2))
        ends = [(v - z * e, v + z * e) for v, e in zip(value, error, strict=True)]
    else:
        part = reduced(fit.structure, effects_of(fit.table, fit.structure).variables)
        cells = drawn_cells(fit, kind, draws, streams(seed or 0, 1)[0])
        cells = np.where(np.isfinite(cells), cells, 0.0)
        taken = of(cells, part.standardized(cells))
        tails = [(1 - level) / 2, (1 + level) / 2]
        ends = [tuple(np.nanquantile(v, tails, axis=0)) for v in taken]
        error = [np.nanstd(v, axis=0, ddof=1) for v in taken]
    return _Found(*(np.vstack([v, e, *limits]) for v, e, limits in zip(value, error, ends, strict=True)))


def _table(known: Measured, names: list[str], found: _Found, level: float) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for k, construct in enumerate(names):
        for part in known.parts(construct):
            tau, error, low, high = part.weight * found.points[:, k]
            low, high = sorted((low, high)) if np.isfinite([low, high]).all() else (low, high)
            top = part.level == "construct"
            raw, std = (v[[0, 2, 3], k] if top else [NAN] * 3 for v in (found.raw, found.std))
            p = mean_of(known.score(part.name), level)
            rows.append(
                {
                    **{"level": part.level, "name": part.name, "construct": construct, "weight": part.weight},
                    **{"total_effect": tau, "std_error": abs(error), "ci_lower": low, "ci_upper": high},
                    **dict(zip(("effect_raw", "effect_raw_lower", "effect_raw_upper"), raw, strict=True)),
                    **dict(zip(("effect_std", "effect_std_lower", "effect_std_upper"), std, strict=True)),
                    **{"n": p.n, "performance_score": p.mean},
                    **{"performance_lower": p.lower, "performance_upper": p.upper},
                }
            )
    order = {"construct": 0, "element": 1, "item": 2}
    made = pd.DataFrame(rows)
    return made.sort_values("level", key=lambda c: c.map(order), kind="stable", ignore_index=True)
