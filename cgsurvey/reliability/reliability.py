"""Reliability of constructs and analysis of their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Result
from cgsurvey.reliability.coefficients import (
    NAN,
    Consistency,
    Floats,
    average_variance_extracted,
    composite_reliability,
    consistency,
    correlation,
)
from cgsurvey.reliability.constructs import Constructs, gather
from cgsurvey.reliability.items import (
    against_the_rest,
    alpha_if_dropped,
    critical_correlation,
    item_rest_correlation,
)
from cgsurvey.reliability.measured import NO_GROUP, Measured, heywood_notes, measured
from cgsurvey.reliability.one_factor import one_factor_loadings
from cgsurvey.responses import Responses
from cgsurvey.sem import SemFit

REFERENCES = ("cronbach1951", "feldt1965", "guttman1945", "joreskog1971", "fornell1981")
NONE = Consistency(*[NAN] * 7)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Reliability(Result):
    """Reliability of constructs.

    Attributes
    ----------
    coefficients : DataFrame
        One row per construct: `construct`, `n_items`, `n` (complete rows), `alpha` with its interval (Feldt),
        `alpha_std`, `lambda2` (of covariances), `lambda6` (of correlations), `composite_reliability` and `ave` (of the
        standardised one-factor ML solution, or of the model that was given), `mean_inter_item_r`.
    items : DataFrame
        One row per item: `construct`, `item`, `n`, `mean`, `sd`, `r_drop` (item-rest correlation), `r_table` (smallest
        correlation that differs from zero at 5 %, two-sided), `alpha_if_dropped`, `loading` (standardised).
    """

    coefficients: pd.DataFrame
    items: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per construct."""
        return self.coefficients.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: number of constructs and items, rows used."""
        sizes = {"n_constructs": len(self.coefficients), "n_items": len(self.items), "n": self.meta.n}
        return pd.DataFrame([sizes])


def reliability(
    data: Responses | pd.DataFrame | SemFit,
    constructs: Constructs = None,
    *,
    ci: float = 0.95,
    group: str | None = None,
) -> Reliability:
    """Estimate the reliability of constructs and analyse their items.

    Parameters
    ----------
    data : Responses, DataFrame or SemFit
        Reverse items of `Responses` are keyed by the instrument; those of a data frame are taken as they are, and named
        in a note when they run against the rest, never turned. Of a fitted model the sample moments and the
        standardised loadings are used.
    constructs : mapping of str to sequence of str, sequence of str, optional
        Construct to its items; or names of constructs of the instrument (or latent variables of the model). Default:
        all reflective leaf constructs of which at least two items are present; all latent variables of the model that
        are measured by items.
    ci : float
        Level of the interval of alpha.
    group : str, optional
        Group of a fitted model with several.

    Returns
    -------
    Reliability
        Complete rows per construct; sampling weights are not used. Coefficients that do not exist are NaN, with a note.

    Raises
    ------
    ColumnNotFoundError, CodingError, OptionError
        See `cgsurvey.reliability.constructs.gather`.

    Notes
    -----
    alpha, r_drop and lambda 6 equal psych::alpha (``raw_alpha``, ``r.drop``, ``G6(smc)``), its interval
    psych::alpha.ci.
    Two items do not identify a factor of their own: composite reliability and AVE are NaN unless a model is given.
    """
    fraction("ci", ci)
    if isinstance(data, SemFit):
        model = measured(data, constructs, group=group)
        parts = [_from_model(model, name, ci) for name in model.items]
        # the signs of the items are judged below, from their correlations
        notes = [n for n in model.notes if n.code != "reliability.mixed_signs"]
        meta = model.meta("reliability", REFERENCES, ci=ci)
    else:
        if group is not None:
            raise OptionError(NO_GROUP.format(group))
        blocks = gather(data, constructs)
        parts, used = [], np.zeros(len(blocks.frame), dtype=bool)
        for name, items in blocks.items.items():
            complete = blocks.frame[list(items)].notna().all(axis=1).to_numpy()
            parts.append(_from_rows(name, blocks.frame.loc[:, list(items)], complete, ci))
            used |= complete
        notes, meta = [*blocks.notes, *blocks.unweighted], blocks.meta("reliability", used, REFERENCES, ci=ci)
        sizes = [p.row["n"] for p in parts]
        if min(sizes) < len(used):
            notes.append(note("reliability.complete_rows", smallest=min(sizes), largest=max(sizes), rows=len(used)))
    rows = [p.row for p in parts]
    two = [r["construct"] for r in rows if r["n_items"] == 2 and np.isfinite(r["alpha"]) and np.isnan(r["ave"])]
    notes += [n for p in parts for n in p.notes]
    notes += [note("reliability.two_items", constructs=", ".join(two))] if two else []
    return Reliability(
        coefficients=pd.DataFrame(rows),
        items=pd.concat([p.items for p in parts], ignore_index=True),
        notes=tuple(notes),
        meta=meta,
    )


@dataclass(frozen=True)
class _Part:
    row: Mapping[str, Any]
    items: pd.DataFrame
    notes: tuple[Note, ...]


def _from_rows(name: str, answers: pd.DataFrame, complete: np.ndarray, ci: float) -> _Part:
    x, k = answers.to_numpy()[complete], answers.shape[1]
    items, n = tuple(map(str, answers.columns)), len(x)
    mean = x.mean(axis=0) if n else np.full(k, NAN)
    S = np.atleast_2d(np.cov(x, rowvar=False)) if n > 1 else np.full((k, k), NAN)
    constant = [i for i, same in zip(items, np.ptp(x, axis=0) == 0, strict=True) if same] if n > 1 else []
    if n < 2:
        empty = [i for i in items if answers[i].isna().all()]
        why = note("reliability.items_empty", construct=name, items=", ".join(empty)) if empty else None
        why = why or note("reliability.no_complete_rows", construct=name, n=n, items=", ".join(items))
    elif constant:
        why = note("reliability.constant_items", construct=name, items=", ".join(constant))
    elif k == 1:
        why = note("reliability.one_item", construct=name, item=items[0])
    else:
        loadings, notes = np.full(k, NAN), []
        if k > 2 and n > k:
            loadings = one_factor_loadings(correlation(S), n)
            lacking = [] if np.isfinite(loadings).all() else [note("reliability.one_factor_failed", construct=name)]
            notes = lacking or heywood_notes(name, items, loadings)
        return _part(name, items, n, mean, S, loadings, ci, notes)
    return _undefined(name, items, n, mean, np.sqrt(np.diag(S)), why)


def _from_model(model: Measured, name: str, ci: float) -> _Part:
    items, at = model.items[name], model.positions(name)
    S, loadings = model.S[np.ix_(at, at)], model.loadings[name]
    if len(items) == 1:  # the model states the reliability of the item, and its note says so
        return _undefined(name, items, model.n, model.mean[at], np.sqrt(np.diag(S)), loadings=loadings)
    return _part(name, items, model.n, model.mean[at], S, loadings, ci, ())


def _part(
    name: str,
    items: Sequence[str],
    n: int,
    mean: Floats,
    S: Floats,
    loadings: Floats,
    ci: float,
    notes: Sequence[Note],
) -> _Part:
    found, noted = consistency(S, n, ci), list(notes)
    against = [i for i, wrong in zip(items, against_the_rest(S), strict=True) if wrong]
    if against:
        noted.append(note("reliability.negative_items", construct=name, items=", ".join(against)))
    if found.alpha < 0:
        noted.append(note("reliability.negative_alpha", construct=name, value=found.alpha))
    if n <= len(items):
        noted.append(note("reliability.few_rows", construct=name, n=n, k=len(items)))
    elif np.isnan(found.lambda6):
        noted.append(note("reliability.dependent_items", construct=name))
    sizes = (composite_reliability(loadings), average_variance_extracted(loadings))
    return _Part(
        _row(name, items, n, found, *sizes),
        _items(name, items, n, mean, np.sqrt(np.diag(S)), item_rest_correlation(S), alpha_if_dropped(S), loadings),
        tuple(noted),
    )


def _undefined(
    name: str,
    items: Sequence[str],
    n: int,
    mean: Floats,
    sd: Floats,
    why: Note | None = None,
    loadings: Floats | None = None,
) -> _Part:
    nothing = np.full(len(items), NAN)
    known = nothing if loadings is None else loadings
    sizes = (composite_reliability(known), average_variance_extracted(known))
    return _Part(
        _row(name, items, n, NONE, *sizes),
        _items(name, items, n, mean, sd, nothing, nothing, known),
        (why,) if why else (),
    )


def _row(name: str, items: Sequence[str], n: int, found: Consistency, cr: float, ave: float) -> dict[str, Any]:
    values = asdict(found)
    mean_r = values.pop("mean_inter_item_r")
    sizes = {"construct": name, "n_items": len(items), "n": n}
    return {**sizes, **values, "composite_reliability": cr, "ave": ave, "mean_inter_item_r": mean_r}


def _items(
    name: str, items: Sequence[str], n: int, mean: Floats, sd: Floats, r_drop: Floats, dropped: Floats, loadings: Floats
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "construct": name,
            "item": list(items),
            "n": n,
            "mean": mean,
            "sd": sd,
            "r_drop": r_drop,
            "r_table": critical_correlation(n),
            "alpha_if_dropped": dropped,
            "loading": loadings,
        }
    )
