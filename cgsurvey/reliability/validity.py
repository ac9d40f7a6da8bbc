"""Convergent and discriminant validity of constructs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cgsurvey.base.errors import EstimationError, IdentificationError, OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Meta, Result
from cgsurvey.reliability.coefficients import (
    NAN,
    Floats,
    average_variance_extracted,
    composite_reliability,
    correlation,
)
from cgsurvey.reliability.constructs import Blocks, Constructs, gather, together
from cgsurvey.reliability.htmt import METHODS, Resampling, Seen, judged_pairs, seen_by_fit, seen_of_rows
from cgsurvey.reliability.measured import NO_GROUP, Measured, measured
from cgsurvey.reliability.validity_numbers import (
    htmt,
    largest_other,
    mean_square_other,
    score_correlations,
)
from cgsurvey.responses import Responses
from cgsurvey.responses.source import as_source
from cgsurvey.sem import SemFit, cfa

REFERENCES = ("fornell1981", "joreskog1971", "henseler2015", "roemer2021")
Correlation = Literal["pearson", "polychoric"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Validity(Result):
    """Convergent and discriminant validity.

    Attributes
    ----------
    constructs : DataFrame
        One row per construct: `construct`, `n_items`, `composite_reliability`, `ave`, `sqrt_ave`, `max_r` (largest
        absolute correlation with another construct), `htmt_max`, `fornell_larcker` (True when `sqrt_ave` exceeds
        `max_r`, missing where either does not exist), `msv` and `asv` (largest and mean squared correlation with other
        constructs), `ave_above_msv` (True when `ave` exceeds `msv`), `ave_raw` (share of the variance of the items in
        their own units that the construct explains; semTools::AVE), `loading_min` (smallest standardised loading).
    fornell_larcker : DataFrame
        Square: root of the AVE on the diagonal, factor correlations below it, NaN above.
    htmt, htmt2 : DataFrame
        Square and symmetric, 1 on the diagonal: ratios by arithmetic and by geometric means.
    pairs : DataFrame
        One row per pair: `construct_1`, `construct_2`; factor correlation `r` with its interval; `htmt` and `htmt2`
        with two-sided intervals (`..._ci_lower`, `..._ci_upper`) and the upper limit of the one-sided interval
        (`..._upper`), from percentiles of resamples where there are any, else asymptotic.
    intervals : DataFrame
        Long: `construct_1`, `construct_2`, `measure` ("htmt", "htmt2"), `method` ("asymptotic", "percentile", "bca"),
        `estimate`, `std_error`, `ci_lower`, `ci_upper`, `upper`.
    loadings : DataFrame
        One row per item and construct that it measures: `construct`, `item`, standardised `loading` with `std_error`,
        `ci_lower`, `ci_upper`; `cross_loading`, its largest absolute correlation with a factor it does not measure,
        and `cross_construct`, that factor.
    cross_loadings : DataFrame
        Items x constructs: structure coefficients, the correlations of items with factors that the model implies
        (standardised loadings times factor correlations).
    score_correlations : DataFrame
        Items x constructs: correlations of items with the mean of the items of each construct, as readers of PLS
        know cross-loadings; an item is part of the mean of its own construct.
    """

    constructs: pd.DataFrame
    fornell_larcker: pd.DataFrame
    htmt: pd.DataFrame
    htmt2: pd.DataFrame
    pairs: pd.DataFrame
    intervals: pd.DataFrame
    loadings: pd.DataFrame
    cross_loadings: pd.DataFrame
    score_correlations: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per construct."""
        return self.constructs.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: number of constructs and items, rows used, smallest AVE, largest HTMT."""
        return pd.DataFrame(
            {
                "n_constructs": [len(self.constructs)],
                "n_items": [int(self.constructs["n_items"].sum())],
                "n": [self.meta.n],
                "ave_min": [self.constructs["ave"].min()],
                "htmt_max": [self.constructs["htmt_max"].max()],
            }
        )


def validity(
    fit_or_data: SemFit | Responses | pd.DataFrame,
    constructs: Constructs = None,
    *,
    data: Responses | pd.DataFrame | None = None,
    correlation: Correlation | None = None,
    absolute: bool = True,
    ci: float = 0.95,
    bootstrap: int = 0,
    seed: int | None = None,
    n_jobs: int = 1,
    group: str | None = None,
    **options: Any,
) -> Validity:
    """Judge whether constructs hold together and differ from each other.

    Parameters
    ----------
    fit_or_data : SemFit, Responses or DataFrame
        A fitted model, or data to which a factor model with one factor per construct, all correlated, is fitted.
    constructs : mapping of str to sequence of str, sequence of str, optional
        As in `reliability`; names of latent variables for a fitted model.
    data : Responses or DataFrame, optional
        The rows of a fitted model, which keeps none: for intervals without the assumption of normality, resamples and
        another kind of correlation.
    correlation : {"pearson", "polychoric"}, optional
        Correlations that HTMT is made of. None: those that the model was fitted to (polychoric for ordered items).
    absolute : bool
        HTMT of absolute correlations, as semTools::htmt.
    ci : float
        Level of the intervals.
    bootstrap : int
        Resamples of rows (of clusters, where the data have them) for percentile and BCa intervals of HTMT; 0: none.
        Polychoric correlations are estimated anew in each, which takes as long as it sounds.
    seed : int, optional
        Seed of the resamples.
    n_jobs : int
        Processes; the numbers are the same for any.
    group : str, optional
        Group of a fitted model with several.
    **options
        Options of `cgsurvey.cfa` for the factor model, e.g. ``estimator="MLR"``, ``missing="fiml"``.

    Returns
    -------
    Validity
        Composite reliability and AVE of the standardised loadings; HTMT of the sample correlations that the model was
        fitted to, under its sampling weights. When the factor model cannot be estimated, a serious note says why, HTMT
        is of the complete rows, and what needs the model is NaN.

    Raises
    ------
    OptionError
        Unknown construct, latent variable, group or option.
    ColumnNotFoundError, CodingError, SampleError
        The data cannot be used.

    Notes
    -----
    Asymptotic intervals of HTMT follow from the asymptotic covariances of the correlations by the delta method: without
    an assumption on their distribution (Browne, 1984), for a fit without its rows for normal answers (Steiger, 1980),
    for polychoric correlations from their estimation (Muthén, 1984). They are not valid where correlations between the
    items of two constructs are about zero, as absolute values have a kink there. Whether two constructs differ is
    judged by the upper limit (Henseler et al., 2015; Franke & Sarstedt, 2019): below 1, or below the cut-off.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.validity(answers, ["psq_tangibles", "psq_empathy"]).tidy()[["construct", "ave", "htmt_max"]].round(3)
           construct    ave  htmt_max
    0  psq_tangibles  0.512     0.712
    1    psq_empathy  0.473     0.712
    """
    fraction("ci", ci)
    if correlation is not None:
        choose("correlation", correlation, ("pearson", "polychoric"))
    wanted = Resampling.of(bootstrap, seed, n_jobs)
    shown = {"absolute": absolute, "correlation": correlation, "ci": ci, "bootstrap": wanted.count}
    if isinstance(fit_or_data, SemFit):
        if options:
            raise OptionError(f"{', '.join(options)}: options of cfa() go with data; the model is fitted already.")
        fit = fit_or_data
        model = measured(fit, constructs, group=group)
        source = None if data is None else as_source(data)
        seen = seen_by_fit(fit, source, group, correlation, rows_needed=wanted.count > 0)
        meta = replace(model.meta("validity", REFERENCES, **shown), seed=wanted.seed)
        return _validity(model.items, seen, (fit, model), absolute, ci, wanted, model.notes, meta)
    if group is not None:
        raise OptionError(NO_GROUP.format(group))
    if data is not None:
        raise OptionError("data= gives the rows of a fitted model; here the data come first: cg.validity(data, ...).")
    blocks = gather(fit_or_data, constructs)
    try:
        with together(blocks, constructs):
            fit = cfa(measurement_model(blocks.items), blocks.source, ci=ci, **options)
    except (EstimationError, IdentificationError) as error:
        return _without_model(blocks, error.words(), correlation, absolute, ci, wanted, shown | options)
    model = measured(fit, list(blocks.items))
    seen = seen_by_fit(fit, blocks.source, None, correlation, rows_needed=wanted.count > 0)
    meta = blocks.meta("validity", np.ones(0), REFERENCES, **shown, **options)
    meta = replace(meta, n=model.n, data_hash=fit.meta.data_hash, seed=wanted.seed)
    about_the_fit = (n for n in fit.notes if n not in blocks.source.notes)
    notes = (*blocks.notes, *about_the_fit, *model.notes)
    return _validity(model.items, seen, (fit, model), absolute, ci, wanted, notes, meta)


def _without_model(
    blocks: Blocks,
    reason: Mapping[str, str],
    kind: Correlation | None,
    absolute: bool,
    ci: float,
    wanted: Resampling,
    shown: Mapping[str, Any],
) -> Validity:
    complete = blocks.frame.notna().all(axis=1).to_numpy()
    if not complete.any():
        raise SampleError.of("reliability.no_model_no_rows", reason=reason)
    seen = seen_of_rows(blocks.frame[complete], list(blocks.frame.columns), kind)
    notes = (*blocks.notes, *blocks.unweighted, note("reliability.model_failed", reason=reason))
    meta = replace(blocks.meta("validity", complete, REFERENCES, **shown), seed=wanted.seed)
    return _validity(blocks.items, seen, None, absolute, ci, wanted, notes, meta)


@one_thread()
def _validity(
    items: Mapping[str, tuple[str, ...]],
    seen: Seen,
    fitted: tuple[SemFit, Measured] | None,
    absolute: bool,
    ci: float,
    wanted: Resampling,
    notes: tuple[Note, ...],
    meta: Meta,
) -> Validity:
    """Put the tables together."""
    names, k = list(items), len(items)
    model = fitted[1] if fitted else None
    R = correlation(seen.sample.cov)
    at = [np.array([seen.names.index(i) for i in block]) for block in items.values()]
    ratios, geometric = (htmt(R, at, absolute=absolute, geometric=g) for g in (False, True))
    phi = model.correlations if model else np.full((k, k), NAN)
    if k > 1:
        found, told = judged_pairs(names, at, seen, absolute=absolute, ci=ci, wanted=wanted)
        notes, meta = (*notes, *seen.notes, *told), replace(meta, references=(*meta.references, *found.references))
        intervals = found.intervals
    else:
        notes, intervals = (*notes, note("reliability.one_construct")), pd.DataFrame(columns=list(METHODS))
    undefined = [c for c, row in zip(names, ratios, strict=True) if k > 1 and np.isnan(row).sum() == k - 1]
    if undefined:
        notes = (*notes, note("reliability.htmt_undefined", constructs=", ".join(undefined)))
    table = _constructs(items, model, phi, ratios)
    criterion = np.tril(phi, -1) + np.diag(table["sqrt_ave"])
    criterion[np.triu_indices(k, 1)] = NAN
    square = [pd.DataFrame(M, index=names, columns=names) for M in (criterion, ratios, geometric)]
    rows = list(dict.fromkeys(i for block in items.values() for i in block))
    scores = score_correlations(seen.sample.cov, at)[[seen.names.index(i) for i in rows]]
    coefficients = pd.DataFrame(NAN, index=rows, columns=names)
    if model is not None:
        coefficients.loc[:, :] = model.structure_of(rows)
    return Validity(
        constructs=table,
        fornell_larcker=square[0],
        htmt=square[1],
        htmt2=square[2],
        pairs=_pairs(names, fitted, ci, intervals, wanted),
        intervals=intervals,
        loadings=_loadings(items, fitted, coefficients, ci),
        cross_loadings=coefficients,
        score_correlations=pd.DataFrame(scores, index=rows, columns=names),
        notes=notes,
        meta=meta,
    )


def _constructs(
    items: Mapping[str, tuple[str, ...]], model: Measured | None, phi: Floats, ratios: Floats
) -> pd.DataFrame:
    names = list(items)
    loadings = [model.loadings[c] if model else np.full(1, NAN) for c in names]
    ave = np.array([average_variance_extracted(x) for x in loadings])
    root, max_r = np.sqrt(ave), largest_other(phi)
    return pd.DataFrame(
        {
            "construct": names,
            "n_items": [len(block) for block in items.values()],
            "composite_reliability": [composite_reliability(x) for x in loadings],
            "ave": ave,
            "sqrt_ave": root,
            "max_r": max_r,
            "htmt_max": largest_other(ratios),
            "fornell_larcker": _above(root, max_r),
            "msv": max_r**2,
            "asv": mean_square_other(phi),
            "ave_above_msv": _above(ave, max_r**2),
            "ave_raw": [
                float((x**2 * model.variances(c)).sum() / model.variances(c).sum()) if model else NAN
                for c, x in zip(names, loadings, strict=True)
            ],
            "loading_min": [float(np.abs(x).min()) for x in loadings],
        }
    )


def _above(a: Floats, b: Floats) -> pd.Series:
    """Whether `a` exceeds `b`, missing where either does not exist."""
    return pd.Series(a > b, dtype="boolean").where(pd.Series(np.isfinite(a) & np.isfinite(b)))


def _pairs(
    names: list[str], fitted: tuple[SemFit, Measured] | None, ci: float, long: pd.DataFrame, wanted: Resampling
) -> pd.DataFrame:
    """One row per pair, from the long table and the factor correlations."""
    first, second = np.triu_indices(len(names), 1)
    table = pd.DataFrame({"construct_1": [names[i] for i in first], "construct_2": [names[i] for i in second]})
    table["r"] = fitted[1].correlations[first, second] if fitted else NAN
    limits = factor_correlations(fitted[0], fitted[1].group, ci) if fitted else {}
    for side in ("ci_lower", "ci_upper"):
        table[f"r_{side}"] = [
            limits.get(frozenset((a, b)), {}).get(side, NAN) for a, b in table.to_numpy()[:, :2].tolist()
        ]
    method = "percentile" if wanted.count else "asymptotic"
    for measure in ("htmt", "htmt2"):
        mine = long[(long["measure"] == measure) & (long["method"] == method)] if len(table) else long
        for name, source in (
            ("", "estimate"),
            ("_ci_lower", "ci_lower"),
            ("_ci_upper", "ci_upper"),
            ("_upper", "upper"),
        ):
            table[f"{measure}{name}"] = mine[source].to_numpy(dtype=float)
    return table


def factor_correlations(fit: SemFit, group: int, ci: float) -> dict[frozenset[str], dict[str, float]]:
    """Standardised covariances of latent variables with errors and Wald intervals, by pair of names."""
    rows = fit.standardized("std_lv")
    rows = rows[(rows["op"] == "~~") & (rows["group"] == group + 1) & (rows["lhs"] != rows["rhs"])]
    return {frozenset((r["lhs"], r["rhs"])): r for r in with_limits(rows, ci).to_dict("records")}


def with_limits(rows: pd.DataFrame, ci: float) -> pd.DataFrame:
    """Wald intervals at another level than that of the fit."""
    half = float(ndtri((1 + ci) / 2)) * rows["std_error"]
    return rows.assign(ci_lower=rows["estimate"] - half, ci_upper=rows["estimate"] + half)


def _loadings(
    items: Mapping[str, tuple[str, ...]], fitted: tuple[SemFit, Measured] | None, coefficients: pd.DataFrame, ci: float
) -> pd.DataFrame:
    known: dict[tuple[str, str], dict[str, Any]] = {}
    if fitted:
        rows = fitted[0].standardized("std_all")
        rows = rows[(rows["op"] == "=~") & (rows["group"] == fitted[1].group + 1)]
        known = {(r["lhs"], r["rhs"]): r for r in with_limits(rows, ci).to_dict("records")}
    out = []
    for construct, block in items.items():
        for item in block:
            row = known.get((construct, item), {})
            others = coefficients.loc[item, [c for c in items if item not in items[c]]].dropna()
            top = others.abs().idxmax() if len(others) else None
            out.append(
                {
                    "construct": construct,
                    "item": item,
                    "loading": row.get("estimate", NAN),
                    "std_error": row.get("std_error", NAN),
                    "ci_lower": row.get("ci_lower", NAN),
                    "ci_upper": row.get("ci_upper", NAN),
                    "cross_loading": NAN if top is None else float(others[top]),
                    "cross_construct": "" if top is None else str(top),
                }
            )
    return pd.DataFrame(out)


def measurement_model(items: Mapping[str, tuple[str, ...]]) -> str:
    """Write one factor per construct in lavaan syntax; backticks, because columns of a field file may have any name."""
    broken = [n for c, block in items.items() for n in (c, *block) if set(n) & {"`", "\n", "\r"}]
    if broken:
        raise OptionError(
            f"Names with a backtick or a line break cannot stand in a model: {some(map(repr, dict.fromkeys(broken)))}. "
            "Rename them: data.rename(columns={old: new})."
        )
    return "\n".join(f"`{c}` =~ " + " + ".join(f"`{i}`" for i in block) for c, block in items.items())
