"""Common-method variance: what of the association between constructs may come from how they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import ColumnNotFoundError, OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Result
from cgsurvey.moments.patterns import coverage, find_patterns
from cgsurvey.moments.saturated import saturated
from cgsurvey.reliability.coefficients import NAN, Floats, correlation
from cgsurvey.reliability.constructs import Blocks, Constructs, gather, together
from cgsurvey.reliability.measured import measured
from cgsurvey.reliability.method_models import (
    Items,
    Models,
    all_items,
    marker_texts,
    method_loadings,
    method_text,
    one_factor_text,
    restricted_text,
)
from cgsurvey.reliability.method_numbers import (
    decompose,
    inflation,
    one_factor,
    significance,
    without_marker,
)
from cgsurvey.reliability.method_tables import difference_table, evidence, loading_table, model_table, remarks
from cgsurvey.reliability.model_tests import Step, step
from cgsurvey.reliability.validity import measurement_model
from cgsurvey.responses import Responses
from cgsurvey.responses.source import as_source
from cgsurvey.sem import SemFit

REFERENCES = ("podsakoff2003", "kock2012", "kock2015")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CommonMethod(Result):
    """What several techniques say of common-method variance; none of them proves or rules it out.

    Attributes
    ----------
    evidence : DataFrame
        Long: `technique` ("harman", "one_factor", "ulmc_equal", "ulmc_free", "marker", "marker_cfa", "collinearity"),
        `measure`, `estimate`, and for tests `df` and `p_value`.
    models : DataFrame
        One row per fitted model: `model`, chi-square, df, p, CFI, TLI, RMSEA, SRMR, AIC, BIC; NaN where it failed.
    differences : DataFrame
        `model`, `against` (the restricted one of the two), `chisq_diff`, `df_diff`, `p_value`, `cfi_diff`.
    loadings : DataFrame
        One row per item and model with a method factor: `model`, `construct`, `item`, `loading` (standardised, in the
        model without a method factor), `loading_method_model`, `change`, `method_loading`, and the variance of the item
        by source: `trait`, `method`, `error`.
    reliability : DataFrame
        Of the marker models, per construct: `total` reliability of the retained model and its parts of `trait` and
        `method`, and that of the baseline model, `baseline` (Williams et al., 2010).
    correlations : DataFrame
        Correlations of construct scores: `construct_1`, `construct_2`, `r`, `p_value`, `r_adjusted` and `p_adjusted`
        with the marker's part taken out, `lost` (significant only before); empty without a marker.
    collinearity : DataFrame
        `construct`, `vif` of the scores and `vif_latent` of the factor correlations, each given all others.
    """

    evidence: pd.DataFrame
    models: pd.DataFrame
    differences: pd.DataFrame
    loadings: pd.DataFrame
    reliability: pd.DataFrame
    correlations: pd.DataFrame
    collinearity: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per technique and measure."""
        return self.evidence.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: share of the first component, method variance of the method factors, largest VIF."""
        known = self.evidence.set_index(["technique", "measure"])["estimate"]
        return pd.DataFrame(
            {
                "n_constructs": [len(self.collinearity)],
                "n": [self.meta.n],
                "component_share": [known.get(("harman", "component_share"), NAN)],
                "method_share": [known.get(("ulmc_equal", "method_share"), NAN)],
                "vif_max": [self.collinearity["vif"].max()],
            }
        )


def common_method(
    data: Responses | pd.DataFrame,
    constructs: Constructs = None,
    *,
    marker: str | Sequence[str] | None = None,
    alpha: float = 0.05,
    **options: Any,
) -> CommonMethod:
    """Look for common-method variance by every technique that the data allow.

    Parameters
    ----------
    data : Responses or DataFrame
    constructs : mapping of str to sequence of str, sequence of str, optional
        As in `reliability`; two constructs or more, each item in one of them.
    marker : str or sequence of str, optional
        A construct of `constructs` (which then is no substantive one), or the columns of a marker variable: one that
        theory does not relate to the constructs, measured in the same way. One column serves the partial correlations
        only.
    alpha : float
        Level at which a correlation counts as significant, and Method-C is given up for Method-U.
    **options
        Options of `cgsurvey.cfa` for all models, e.g. ``estimator="MLR"``.

    Returns
    -------
    CommonMethod
        * Harman: share of the first unrotated component and of one minres factor, over the items of the substantive
          constructs. No test: a share below one half does not show that there is no method variance.
        * One factor for all items against the measurement model.
        * Unmeasured latent method factor (ULMC; Podsakoff et al., 2003), orthogonal to the traits, its loadings equal
          or free: change of fit, of each loading, variance by trait, method and error.
        * Marker: correlations of scores without the smallest positive correlation of the marker with a construct
          (Lindell & Whitney, 2001); the models of Williams, Hartman and Cavazotte (2010): CFA, Baseline, Method-C,
          Method-U, Method-R, and the parts of reliability.
        * Full collinearity: VIF of every construct given all others, of scores and of factor correlations
          (Kock & Lynn, 2012; Kock, 2015).

    Raises
    ------
    OptionError
        Fewer than two constructs, an item in two constructs or in a construct and the marker, an unknown option.
    ColumnNotFoundError, CodingError, SampleError
        The data cannot be used.

    Notes
    -----
    The method factor of ULMC takes up any variance that items share beyond their traits, and in simulations neither
    found nor corrected method variance well (Chin, Thatcher & Wright, 2012). Loadings that are equal are so in the
    units of the answers.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.common_method(answers, ["psq_tangibles", "psq_empathy"]).tidy().iloc[:2, :3].round(3)
      technique          measure  estimate
    0    harman  component_share     0.499
    1    harman     factor_share     0.431
    """
    fraction("alpha", alpha)
    blocks, own = _blocks(data, constructs, marker)
    items = {c: b for c, b in blocks.items.items() if c != own.name}
    models = Models(blocks.source, options)
    with one_thread():
        with together(blocks, constructs):
            base = models.fit("measurement", measurement_model(items))
        answers = _answers(blocks.frame, base)
        models.fit("one_factor", one_factor_text(items))
        models.fit("ulmc_equal", method_text(items, equal=True))
        models.fit("ulmc_free", method_text(items, equal=False))
        steps = _ulmc_steps(models)
        harman = one_factor(correlation(answers.of(all_items(items))))
        collinearity = _collinearity(answers, base, items)
        adjusted, r_m, told = _partial(answers, items, own, alpha)
        reliability, retained = _marker_models(models, items, own, steps, alpha)
    loadings = loading_table(models, items, own.name, retained)
    differences = difference_table(models, steps)
    notes = [*blocks.notes, *_about_the_fit(models, blocks), *models.notes]
    sd = np.sqrt(np.diag(answers.of(all_items(items))))
    notes += [*answers.notes, *remarks(models, items, sd, harman, steps, loadings), *told]
    references = [*REFERENCES, *(("lindell2001", "williams2010") if own.items else ()), "chin2012", "stoel2006"]
    meta = blocks.meta("common_method", answers.used, references, marker=own.items, **options)
    return CommonMethod(
        evidence=evidence(harman, models, steps, loadings, collinearity, adjusted, r_m),
        models=model_table(models),
        differences=differences,
        loadings=loadings,
        reliability=reliability,
        correlations=adjusted,
        collinearity=collinearity,
        notes=tuple(notes),
        meta=meta,
    )


@dataclass(frozen=True)
class Marker:
    """The marker's items; `name` is its construct or the name of its factor, "" without one."""

    name: str
    items: tuple[str, ...]


def _blocks(
    data: Responses | pd.DataFrame, constructs: Constructs, marker: str | Sequence[str] | None
) -> tuple[Blocks, Marker]:
    """Gather the constructs and the marker, whose items stand in `Blocks.items` under its name."""
    instrument = as_source(data).instrument
    if isinstance(marker, str) and instrument is not None and constructs is not None:
        ids = {c.id for top in instrument.constructs for c in top.walk()}
        if not isinstance(constructs, Mapping) and marker in ids:
            named = [constructs] if isinstance(constructs, str) else list(constructs)
            constructs = [*(c for c in named if c != marker), marker]
    blocks = gather(data, constructs)
    items = dict(blocks.items)
    if isinstance(marker, str) and marker in items:
        own = Marker(marker, items[marker])
    elif marker is None or not len(marker):
        own = Marker("", ())
    else:
        listed = (marker,) if isinstance(marker, str) else tuple(marker)
        absent = [i for i in listed if i not in blocks.source.frame.columns]
        if absent:
            known = [*blocks.source.frame.columns, *items]
            told = " ".join(f"{i!r}.{did_you_mean(i, known)}" for i in absent)
            raise ColumnNotFoundError(f"marker= names no construct and no column of the data: {told}")
        inside = [f"'{i}' of {c}" for i in listed for c, b in items.items() if i in b]
        if inside:
            raise OptionError(
                f"the marker has items of a construct: {some(inside, 6)}. A marker is a variable of its own, which "
                "theory does not relate to the constructs; name the construct itself (marker='name') to take it as "
                "the marker."
            )
        name = next(n for n in ("marker", "marker_variable", "_marker") if n not in items)
        own = Marker(name, listed)
        more = gather(blocks.source.frame, {name: listed})
        blocks = replace(blocks, items={**items, name: listed}, frame=blocks.frame.join(more.frame))
    substantive = [c for c in blocks.items if c != own.name]
    if len(substantive) < 2:
        there = some(substantive) or "none"
        raise OptionError(f"common-method variance is about two constructs or more; there is {there}.")
    owners: dict[str, str] = {}
    for construct, block in blocks.items.items():
        for item in block:
            if item in owners:
                raise OptionError(f"'{item}' belongs to {owners[item]} and to {construct}: give it to one of them.")
            owners[item] = construct
    return blocks, own


@dataclass(frozen=True)
class Answers:
    """Covariances of all items.

    Attributes
    ----------
    names : tuple of str
    S : ndarray, shape (p, p)
    used : ndarray of bool, shape (rows,)
        Rows that it rests on.
    n : int
        Rows on which p-values rest.
    notes : tuple of Note
    """

    names: tuple[str, ...]
    S: Floats
    used: np.ndarray
    n: int
    notes: tuple[Note, ...] = ()

    def of(self, items: Sequence[str]) -> Floats:
        """Covariances of some items."""
        at = [self.names.index(i) for i in items]
        return self.S[np.ix_(at, at)]

    def score_correlations(self, blocks: Mapping[str, Sequence[str]]) -> Floats:
        """Correlations of the means of the items of each block."""
        W = np.array([[(i in block) / len(block) for i in self.names] for block in blocks.values()])
        return correlation(W @ self.S @ W.T)


def _answers(frame: pd.DataFrame, base: SemFit | None) -> Answers:
    """Moments of the complete rows; where the models use incomplete rows, those of all rows by EM."""
    y, names = frame.to_numpy(), tuple(frame.columns)
    complete, some_answer = ~np.isnan(y).any(axis=1), ~np.isnan(y).all(axis=1)
    rows = int(some_answer.sum())
    if base is not None and base.options.fiml and complete.sum() < rows:
        _, S, arrived = saturated(find_patterns(y[some_answer]), len(names))
        if arrived:
            pairs = round(float(coverage(y[some_answer]).min()) * rows)
            return Answers(names, S, some_answer, pairs, (note("reliability.method_fiml", rows=rows, n=pairs),))
    n = int(complete.sum())
    if n <= len(names):
        raise SampleError.of("reliability.few_complete", n=n, p=len(names))
    listwise = base is None or base.options.missing == "listwise"
    told = () if listwise or n == rows else (note("reliability.method_complete", n=n, rows=rows),)
    return Answers(names, np.cov(y[complete], rowvar=False), complete, n, told)


def _about_the_fit(models: Models, blocks: Blocks) -> list[Note]:
    """Notes of the measurement model that are about the data, once."""
    fit = models.fits.get("measurement") or next(iter(models.fits.values()), None)
    return [] if fit is None else [n for n in fit.notes if n not in blocks.source.notes]


# Models.


def _ulmc_steps(models: Models) -> dict[tuple[str, str], Step]:
    own = [("ulmc_equal", "measurement"), ("ulmc_free", "measurement"), ("ulmc_free", "ulmc_equal")]
    return _steps(models, [("measurement", "one_factor"), *own])


def _steps(models: Models, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Step]:
    """Test the second model of each pair against the first, of which it is a restriction."""
    fits = models.fits
    return {
        (large, small): step(fits[large], fits[small], models.source)
        for large, small in pairs
        if large in fits and small in fits
    }


def _marker_models(
    models: Models, items: Items, own: Marker, steps: dict[tuple[str, str], Step], alpha: float
) -> tuple[pd.DataFrame, str]:
    """Fit the models of Williams et al.; add their tests to `steps`; return the reliability and the model retained."""
    columns = ["construct", "baseline", "total", "trait", "method"]
    empty = pd.DataFrame(columns=columns)
    if len(own.items) < 2:
        if own.items:
            models.notes.append(note("reliability.marker_single", item=own.items[0]))
        return empty, ""
    whole = models.fit("marker_cfa", measurement_model({**items, own.name: own.items}))
    if whole is None:
        return empty, ""
    texts = marker_texts(items, own.name, own.items, whole)
    baseline = models.fit("baseline", texts["baseline"])
    for name in ("method_c", "method_u"):
        models.fit(name, texts[name])
    steps |= _steps(models, [("method_c", "baseline"), ("method_u", "method_c")])
    if baseline is None or "method_c" not in models.fits:
        return empty, ""
    unequal = steps.get(("method_u", "method_c"))
    retained = "method_u" if unequal is not None and unequal.p_value < alpha else "method_c"
    models.fit("method_r", restricted_text(texts[retained], items, baseline))
    steps |= _steps(models, [(retained, "method_r")])
    rows, names = [], all_items(items)
    plain, found = (method_loadings(f, items, own.name) for f in (baseline, models.fits[retained]))
    for construct, block in items.items():
        at = [names.index(i) for i in block]
        parts = decompose(*(x[at] for x in found))
        alone = decompose(plain[0][at], np.zeros(len(at)), plain[2][at])
        rows.append((construct, alone.total, parts.total, parts.trait, parts.method))
    return pd.DataFrame(rows, columns=columns), retained


# Scores.


def _collinearity(answers: Answers, base: SemFit | None, items: Items) -> pd.DataFrame:
    phi = measured(base, list(items)).correlations if base is not None else np.full((len(items),) * 2, NAN)
    of_scores = inflation(answers.score_correlations(items))
    return pd.DataFrame({"construct": list(items), "vif": of_scores, "vif_latent": inflation(phi)})


def _partial(answers: Answers, items: Items, own: Marker, alpha: float) -> tuple[pd.DataFrame, float, list[Note]]:
    """Correlations of scores before and after the marker's part is taken out; the part; what is to be said."""
    columns = ["construct_1", "construct_2", "r", "p_value", "r_adjusted", "p_adjusted", "lost"]
    if not own.items:
        return pd.DataFrame(columns=columns), NAN, [note("reliability.marker_absent")]
    names, n = list(items), answers.n
    R = answers.score_correlations({**items, own.name: own.items})
    with_marker = R[-1, :-1]
    positive = with_marker[with_marker > 0]
    r_m = float(positive.min()) if len(positive) else 0.0
    told = [note("reliability.marker_used", r=r_m)] if len(positive) else [note("reliability.marker_negative")]
    related = [f"{c} ({r:.2f})" for c, r in zip(names, with_marker, strict=True) if abs(r) > 0.3]
    if related:
        told.append(note("reliability.marker_related", constructs="; ".join(related)))
    i, j = np.triu_indices(len(names), 1)
    r = R[i, j]
    adjusted, p = without_marker(r, r_m, n)
    before = significance(r, n - 2)
    table = pd.DataFrame(
        {
            "construct_1": [names[k] for k in i],
            "construct_2": [names[k] for k in j],
            "r": r,
            "p_value": before,
            "r_adjusted": adjusted,
            "p_adjusted": p,
            "lost": (before < alpha) & ~(p < alpha),
        }
    )
    return table, r_m, told
