"""Convergent and discriminant validity of constructs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import EstimationError, IdentificationError, OptionError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Meta, Result
from cgsurvey.reliability.coefficients import (
    NAN,
    Floats,
    average_variance_extracted,
    composite_reliability,
    correlation,
)
from cgsurvey.reliability.constructs import Constructs, gather
from cgsurvey.reliability.measured import NO_GROUP, Measured, measured
from cgsurvey.reliability.validity_numbers import htmt, largest_other
from cgsurvey.responses import Responses
from cgsurvey.sem import SemFit, cfa

REFERENCES = ("fornell1981", "joreskog1971", "henseler2015", "roemer2021")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Validity(Result):
    """Convergent and discriminant validity.

    Attributes
    ----------
    constructs : DataFrame
        One row per construct: `construct`, `n_items`, `composite_reliability`, `ave`, `sqrt_ave`, `max_r` (largest
        absolute correlation with another construct), `htmt_max`, `fornell_larcker` (True when `sqrt_ave` exceeds
        `max_r`, missing where either does not exist).
    fornell_larcker : DataFrame
        Square: root of the AVE on the diagonal, factor correlations below it, NaN above.
    htmt, htmt2 : DataFrame
        Square and symmetric, 1 on the diagonal: ratios by arithmetic and by geometric means.
    """

    constructs: pd.DataFrame
    fornell_larcker: pd.DataFrame
    htmt: pd.DataFrame
    htmt2: pd.DataFrame

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
    data: SemFit | Responses | pd.DataFrame,
    constructs: Constructs = None,
    *,
    absolute: bool = True,
    group: str | None = None,
    **options: Any,
) -> Validity:
    """Judge whether constructs hold together and differ from each other.

    Parameters
    ----------
    data : SemFit, Responses or DataFrame
        A fitted model, or data to which a factor model with one factor per construct, all correlated, is fitted.
    constructs : mapping of str to sequence of str, sequence of str, optional
        As in `reliability`; names of latent variables for a fitted model.
    absolute : bool
        HTMT of absolute correlations, as semTools::htmt.
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
    """
    shown = {"absolute": absolute}
    if isinstance(data, SemFit):
        if options:
            raise OptionError(f"{', '.join(options)}: options of cfa() go with data; the model is fitted already.")
        model = measured(data, constructs, group=group)
        meta = model.meta("validity", REFERENCES, **shown)
        return _validity(model.items, correlation(model.S), model, absolute, model.notes, meta)
    if group is not None:
        raise OptionError(NO_GROUP.format(group))
    blocks = gather(data, constructs)
    try:
        fit = cfa(measurement_model(blocks.items), blocks.source, **options)
    except (EstimationError, IdentificationError) as error:
        complete = blocks.frame.notna().all(axis=1).to_numpy()
        R = correlation(np.cov(blocks.frame.to_numpy()[complete], rowvar=False))
        notes = (*blocks.notes, *blocks.unweighted, note("reliability.model_failed", reason=str(error)))
        meta = blocks.meta("validity", complete, REFERENCES, **shown, **options)
        return _validity(blocks.items, R, None, absolute, notes, meta)
    model = measured(fit, list(blocks.items))
    meta = blocks.meta("validity", np.ones(0), REFERENCES, **shown, **options)
    meta = replace(meta, n=model.n, data_hash=fit.meta.data_hash)
    about_the_fit = (n for n in fit.notes if n not in blocks.source.notes)
    notes = (*blocks.notes, *about_the_fit, *model.notes)
    return _validity(model.items, correlation(model.S), model, absolute, notes, meta)


def _validity(
    items: Mapping[str, tuple[str, ...]],
    R: Floats,
    model: Measured | None,
    absolute: bool,
    notes: tuple[Note, ...],
    meta: Meta,
) -> Validity:
    """Put the tables together; `R` holds the items in the order of the model, or of `items` without one."""
    names, k = list(items), len(items)
    order = model.observed if model else tuple(dict.fromkeys(i for block in items.values() for i in block))
    at = [np.array([order.index(i) for i in block]) for block in items.values()]
    ratios, geometric = htmt(R, at, absolute=absolute), htmt(R, at, absolute=absolute, geometric=True)
    phi = model.correlations if model else np.full((k, k), NAN)
    cr = np.array([composite_reliability(model.loadings[c]) if model else NAN for c in names])
    ave = np.array([average_variance_extracted(model.loadings[c]) if model else NAN for c in names])
    root, max_r = np.sqrt(ave), largest_other(phi)
    known = np.isfinite(root) & np.isfinite(max_r)
    undefined = [c for c, row in zip(names, ratios, strict=True) if k > 1 and np.isnan(row).sum() == k - 1]
    if undefined:
        notes = (*notes, note("reliability.htmt_undefined", constructs=", ".join(undefined)))
    if k == 1:
        notes = (*notes, note("reliability.one_construct"))
    criterion = np.tril(phi, -1) + np.diag(root)
    criterion[np.triu_indices(k, 1)] = NAN
    table = pd.DataFrame(
        {
            "construct": names,
            "n_items": [len(block) for block in items.values()],
            "composite_reliability": cr,
            "ave": ave,
            "sqrt_ave": root,
            "max_r": max_r,
            "htmt_max": largest_other(ratios),
            "fornell_larcker": pd.Series(root > max_r, dtype="boolean").where(pd.Series(known)),
        }
    )
    square = [pd.DataFrame(M, index=names, columns=names) for M in (criterion, ratios, geometric)]
    return Validity(
        constructs=table, fornell_larcker=square[0], htmt=square[1], htmt2=square[2], notes=notes, meta=meta
    )


def measurement_model(items: Mapping[str, tuple[str, ...]]) -> str:
    """Write one factor per construct in lavaan syntax; backticks, because columns of a field file may have any name."""
    return "\n".join(f"`{c}` =~ " + " + ".join(f"`{i}`" for i in block) for c, block in items.items())
