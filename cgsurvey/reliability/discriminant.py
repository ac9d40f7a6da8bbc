"""Discriminant validity from factor correlations: their intervals and tests against cut-offs (Rönkkö & Cho, 2022)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cgsurvey.base.errors import EstimationError, ModelError, OptionError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.parallel import run_parallel
from cgsurvey.base.result import Meta, Result
from cgsurvey.reliability.coefficients import NAN
from cgsurvey.reliability.constructs import Constructs, gather, together
from cgsurvey.reliability.measured import measured
from cgsurvey.reliability.model_tests import options_of, step
from cgsurvey.reliability.validity import measurement_model
from cgsurvey.responses import Responses
from cgsurvey.responses.source import Source, as_source
from cgsurvey.sem import SemFit, cfa

CUTOFFS = (0.8, 0.9, 1.0)
CLASSES = ("none", "marginal", "moderate", "severe")
REFERENCES = ("ronkko2022",)
NEGATIVE = "scaling"  # the 2001 scaling factor of a difference is not positive, so that the test of 2000 is made
FIT = ("chisq", "df", "pvalue", "cfi", "rmsea", "srmr")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DiscriminantValidity(Result):
    """How far factor correlations stay below the cut-offs.

    Attributes
    ----------
    pairs : DataFrame
        One row per pair: `construct_1`, `construct_2`, the factor correlation `r` with `std_error`, `ci_lower`,
        `ci_upper`; `by_ci` and `by_chisq`, the problem as either technique classifies it: "none", "marginal",
        "moderate", "severe" (missing where it could not be told).
    tests : DataFrame
        One row per pair and cut-off: `construct_1`, `construct_2`, `cutoff` (negative for a negative correlation),
        `chisq_diff`, `df_diff`, `p_value` of the model with the correlation fixed there against the one with it free;
        0 and 1 where the correlation itself lies beyond the cut-off.
    fit : Series
        Fit of the measurement model, which has to hold before its correlations mean anything.
    """

    pairs: pd.DataFrame
    tests: pd.DataFrame
    fit: pd.Series

    def tidy(self) -> pd.DataFrame:
        """Return one row per pair."""
        return self.pairs.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: pairs, rows, the largest correlation, pairs with a problem, fit of the model."""
        problem = self.pairs["by_ci"].isin(CLASSES[1:])
        row = {
            "n": self.meta.n,
            "n_pairs": len(self.pairs),
            "max_r": float(self.pairs["r"].abs().max()),
            "n_flagged": int(problem.sum()),
        }
        return pd.DataFrame([row | {k: self.fit[k] for k in FIT if k in self.fit}])


def discriminant_validity(
    fit_or_data: SemFit | Responses | pd.DataFrame,
    constructs: Constructs = None,
    *,
    data: Responses | pd.DataFrame | None = None,
    cutoffs: Sequence[float] = CUTOFFS,
    ci: float = 0.95,
    n_jobs: int = 1,
    **options: Any,
) -> DiscriminantValidity:
    """Judge by a factor model whether constructs differ (Rönkkö & Cho, 2022).

    For each pair of factors the interval of their correlation (CICFA), and the chi-square difference test of the model
    in which the correlation is fixed to a cut-off against the one in which it is free.

    Parameters
    ----------
    fit_or_data : SemFit, Responses or DataFrame
        A fitted measurement model (one group, factors correlated freely), or data to which one with a factor per
        construct is fitted.
    constructs : mapping of str to sequence of str, sequence of str, optional
        As in `reliability`; names of latent variables for a fitted model.
    data : Responses or DataFrame, optional
        The rows of a fitted model; needed by the tests, which fit it again. Without them only intervals are judged.
    cutoffs : three numbers
        Where a marginal, a moderate and a severe problem begin.
    ci : float
        Level of the intervals; the tests are made at 1 less this.
    n_jobs : int
        Processes for the fits of the tests.
    **options
        Options of `cgsurvey.cfa`, e.g. ``estimator="MLR"``.

    Returns
    -------
    DiscriminantValidity

    Raises
    ------
    OptionError, ModelError
        Unknown construct or option; a model with regressions or equality constraints among what is to be fixed.
    ConvergenceError, IdentificationError
        The measurement model cannot be estimated.

    Notes
    -----
    A problem is classified by the upper limit of the interval (for a negative correlation, by the lower one with its
    sign turned)::

        none  < .8 <=  marginal  < .9 <=  moderate  < 1 <=  severe

    and in the same way by the largest cut-off that the test does not reject. Correlations at and beyond 1 are part of
    the parameter space of a factor model without bounds, in which the difference has one degree of freedom; where
    correlations beyond 1 are ruled out beforehand, the test at 1 is conservative (Stoel et al., 2006).
    The tests equal those of semTools::discriminantValidity(cutoff=).

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> found = cg.discriminant_validity(answers, ["psq_tangibles", "psq_empathy"])
    >>> found.tidy()[["construct_1", "construct_2", "r", "ci_upper"]].round(3)
         construct_1  construct_2      r  ci_upper
    0  psq_tangibles  psq_empathy  0.724     0.811
    """
    steps = _cutoffs(cutoffs)
    fraction("ci", ci)
    if isinstance(fit_or_data, SemFit):
        if options:
            raise OptionError(f"{', '.join(options)}: options of cfa() go with data; the model is fitted already.")
        base, text = fit_or_data, free_scale(fit_or_data)
        model = measured(base, constructs)
        names, told = list(model.items), model.notes
        given = options_of(base)
        source = None if data is None else as_source(data)
        if source is not None:  # in the scale of the models it is compared with
            base = cfa(text, source, **{**given, "std_lv": True})
            same = np.isclose(base.fit_measures["chisq"], fit_or_data.fit_measures["chisq"], rtol=1e-4, atol=1e-4)
            if base.meta.n != fit_or_data.meta.n or not same:
                raise OptionError("data= holds other rows than the model was fitted to. Give the same data.")
        else:
            told = (*told, note("reliability.discriminant_no_rows"))
        meta = model.meta("discriminant_validity", REFERENCES, cutoffs=steps, ci=ci)
    else:
        if data is not None:
            raise OptionError("data= gives the rows of a fitted model; here the data come first.")
        blocks = gather(fit_or_data, constructs)
        source, text, names, given = blocks.source, measurement_model(blocks.items), list(blocks.items), options
        with together(blocks, constructs):
            base = cfa(text, source, **{**options, "std_lv": True})
        model = measured(base, names)
        told = (*blocks.notes, *(n for n in base.notes if n not in source.notes), *model.notes)
        meta = blocks.meta("discriminant_validity", np.ones(0), REFERENCES, cutoffs=steps, ci=ci, **options)
        meta = replace(meta, n=model.n, data_hash=base.meta.data_hash)
    if len(names) < 2:
        raise OptionError(f"discriminant validity is about pairs: there is one construct only ({names[0]}).")
    pairs = _intervals(base, names, ci, steps)
    tests, more = _tests(base, text, source, given, pairs, steps, n_jobs)
    pairs["by_chisq"] = _by_tests(pairs, tests, steps, 1 - ci)
    return _made(pairs, tests, base, (*told, *more), meta)


def _made(
    pairs: pd.DataFrame, tests: pd.DataFrame, base: SemFit, told: tuple[Note, ...], meta: Meta
) -> DiscriminantValidity:
    notes = list(told)
    beyond = [f"{r.construct_1} - {r.construct_2}" for r in pairs.itertuples() if abs(r.r) > 1]
    if beyond:
        notes.append(note("reliability.discriminant_beyond", pairs="; ".join(beyond)))
    apart = pairs[(pairs["by_ci"] != pairs["by_chisq"]) & pairs["by_chisq"].notna() & pairs["by_ci"].notna()]
    if len(apart):
        told_apart = [f"{r.construct_1} - {r.construct_2} ({r.by_ci}, {r.by_chisq})" for r in apart.itertuples()]
        notes.append(note("reliability.discriminant_apart", pairs="; ".join(told_apart)))
    if len(tests):
        meta = replace(meta, references=(*meta.references, "stoel2006"))
    return DiscriminantValidity(pairs=pairs, tests=tests, fit=base.fit_measures, notes=tuple(notes), meta=meta)


def _cutoffs(values: Sequence[float]) -> tuple[float, ...]:
    steps = tuple(float(v) for v in values)
    if len(steps) != 3 or any(not 0 < v <= 1 for v in steps) or list(steps) != sorted(set(steps)):
        raise OptionError(
            f"cutoffs={tuple(values)!r} must be three rising numbers above 0 and up to 1: where a marginal, a moderate "
            "and a severe problem begin, e.g. (0.8, 0.9, 1)."
        )
    return steps


def free_scale(fit: SemFit) -> str:
    """Write the measurement model of a fit with factors of variance 1 and all loadings free, as syntax.

    Raises
    ------
    ModelError
        Where that would be another model: regressions, higher-order factors, equal or labelled parameters, groups.
    """
    t = fit.table
    latent = set(t.latents)
    if t.n_groups > 1:
        raise ModelError("the model has several groups: fit the measurement model to one of them.")
    odd = [f"{t.lhs[k]} {t.op[k]} {t.rhs[k]}" for k in range(len(t)) if t.op[k] in ("~", "==", "<", ">", ":=")]
    odd += [f"{t.lhs[k]} =~ {t.rhs[k]}" for k in range(len(t)) if t.op[k] == "=~" and t.rhs[k] in latent]
    odd += [f"{t.label[k]}*{t.rhs[k]}" for k in range(len(t)) if t.label[k] and t.op[k] != ":="]
    odd += [
        f"{t.lhs[k]} ~~ {t.value[k]:g}*{t.rhs[k]}"
        for k in range(len(t))
        if t.op[k] == "~~" and t.lhs[k] != t.rhs[k] and {t.lhs[k], t.rhs[k]} <= latent and not t.free[k]
    ]
    for name in t.latents:
        scales = [k for k in range(len(t)) if t.lhs[k] == name and not t.free[k] and t.op[k] == "=~"]
        scales += [k for k in range(len(t)) if t.lhs[k] == t.rhs[k] == name and not t.free[k] and t.op[k] == "~~"]
        odd += [f"{t.lhs[k]} {t.op[k]} {t.value[k]:g}*{t.rhs[k]}" for k in scales[1:]]
    if odd:
        raise ModelError(
            f"'{odd[0]}' is part of the model: correlations of factors are compared in a measurement model in which "
            "all of them are free. Fit one: cg.discriminant_validity(data, constructs), or a cfa() without this line."
        )
    lines = [f"`{t.lhs[k]}` =~ NA*`{t.rhs[k]}`" for k in range(len(t)) if t.op[k] == "=~"]
    lines += [f"`{name}` ~~ 1*`{name}`" for name in t.latents]
    own = [k for k in range(len(t)) if t.op[k] == "~~" and t.user[k] == 1 and t.lhs[k] not in latent]
    lines += [
        f"`{t.lhs[k]}` ~~ " + (f"`{t.rhs[k]}`" if t.free[k] else f"{float(t.value[k])!r}*`{t.rhs[k]}`") for k in own
    ]
    return "\n".join(lines)


def _intervals(fit: SemFit, names: Sequence[str], ci: float, steps: Sequence[float]) -> pd.DataFrame:
    rows = fit.standardized("std_lv")
    rows = rows[(rows["op"] == "~~") & (rows["lhs"] != rows["rhs"])]
    known = {frozenset((r["lhs"], r["rhs"])): r for r in rows.to_dict("records")}
    out = []
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            row = known.get(frozenset((one, other)), {"estimate": NAN, "std_error": NAN})
            r, half = float(row["estimate"]), float(ndtri((1 + ci) / 2) * row["std_error"])
            far = abs(r) + half
            out.append(
                {
                    "construct_1": one,
                    "construct_2": other,
                    "r": r,
                    "std_error": float(row["std_error"]),
                    "ci_lower": r - half,
                    "ci_upper": r + half,
                    "by_ci": CLASSES[int(np.searchsorted(steps, far, side="right"))] if np.isfinite(far) else None,
                }
            )
    return pd.DataFrame(out)


def _tests(
    base: SemFit,
    text: str,
    source: Source | None,
    options: Mapping[str, Any],
    pairs: pd.DataFrame,
    steps: Sequence[float],
    n_jobs: int,
) -> tuple[pd.DataFrame, list[Note]]:
    columns = ["construct_1", "construct_2", "cutoff", "chisq_diff", "df_diff", "p_value"]
    if source is None:
        return pd.DataFrame(columns=columns), []
    wanted = [
        (row.construct_1, row.construct_2, float(np.copysign(step, row.r)), abs(row.r) >= step)
        for row in pairs.itertuples()
        for step in steps
    ]
    task = partial(_fixed, base, text, source, options)
    found = run_parallel(task, wanted, n_jobs=n_jobs)
    rows = [(a, b, at, *numbers[:3]) for (a, b, at, _), numbers in zip(wanted, found, strict=True)]
    table = pd.DataFrame(rows, columns=columns)
    failed = [
        f"{a} - {b} ({at:g}): {why}"
        for (a, b, at, _), (*_, why) in zip(wanted, found, strict=True)
        if why not in ("", NEGATIVE)
    ]
    other = [w for w, (*_, why) in zip(wanted, found, strict=True) if why == NEGATIVE]
    notes = [note("reliability.discriminant_failed", pairs="; ".join(failed))] if failed else []
    if other:
        told = {k: _listed(other, base, k) for k in ("en", "id")}
        notes.append(note("reliability.discriminant_scaling", pairs=told, n=len(other), total=len(wanted)))
    return table, notes


def _listed(tests: Sequence[tuple[str, str, float, bool]], base: SemFit, language: str) -> str:
    """Pairs with the cut-offs of their tests."""
    cuts: dict[tuple[str, str], list[str]] = {}
    for one, other, at, _ in tests:
        cuts.setdefault((one, other), []).append(f"{at:g}".replace(".", "," if language == "id" else "."))
    said = {name: base.meta.label(name, language) for pair in cuts for name in pair}
    return "; ".join(f"{said[a]} – {said[b]} ({' / '.join(at)})" for (a, b), at in cuts.items())


def _fixed(
    free: SemFit, text: str, source: Source, options: Mapping[str, Any], wanted: tuple[str, str, float, bool]
) -> tuple[float, float, float, str]:
    """Statistic, df and p of the model with one correlation fixed, and why there are none."""
    one, other, at, beyond = wanted
    if beyond:
        return 0.0, 1.0, 1.0, ""
    try:
        fixed = cfa(f"{text}\n`{one}` ~~ {at!r}*`{other}`", source, **{**options, "std_lv": True, "se": "none"})
    except EstimationError as error:
        return NAN, 1.0, NAN, str(error).split(".")[0]
    found = step(free, fixed, source)
    return found.statistic, found.df, found.p_value, NEGATIVE if found.other else ""


def _by_tests(pairs: pd.DataFrame, tests: pd.DataFrame, steps: Sequence[float], alpha: float) -> list[str | None]:
    """Class of each pair: the largest cut-off that is not rejected, missing where a test above it is."""
    if not len(tests):
        return [None] * len(pairs)
    p = tests["p_value"].to_numpy().reshape(len(pairs), len(steps))
    out: list[str | None] = []
    for row in p:
        found: str | None = CLASSES[0]
        for k in range(len(steps) - 1, -1, -1):
            if np.isnan(row[k]):
                found = None
                break
            if row[k] >= alpha:
                found = CLASSES[k + 1]
                break
        out.append(found)
    return out
