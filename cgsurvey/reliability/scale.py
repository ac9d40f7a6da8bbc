"""One construct from its complete answers or from a fitted model: everything that its rows in the tables need.

Labelled file: it says in notes what could not be computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.notes import Note, note
from cgsurvey.reliability.coefficients import NAN, Floats, alpha, correlation
from cgsurvey.reliability.intervals import row_products
from cgsurvey.reliability.items import against_the_rest
from cgsurvey.reliability.measured import Measured, heywood_notes
from cgsurvey.reliability.one_factor import one_factor
from cgsurvey.reliability.polychoric import Ints, Tables, coded, polychoric_matrices, smoothed
from cgsurvey.reliability.schmid_leiman import FACTORS, LEAST, Hierarchy, SchmidLeiman, hierarchy, schmid_leiman


@dataclass(frozen=True)
class Scale:
    """A construct.

    Attributes
    ----------
    name, items
    n : int
        Complete rows.
    mean, S : ndarray, shapes (k,), (k, k)
        Means and covariances of its items.
    defined : bool
        There are two items or more, all vary, and two rows or more.
    x : ndarray, shape (n, k), optional
        The complete answers while the analysis lasts; no result keeps them.
    tables : Tables, optional
        Tables of all pairs of items in their place, where rows were passed in parts.
    gamma : ndarray, shape (q, q), optional
        Covariances of what rows add to the correlations, on which errors rest; None when a fitted model was given.
    loadings, residuals : ndarray, shape (k,)
        Of one factor: standardised loadings, residual variances of the standardised items.
    P : ndarray, shape (k, k), optional
        Polychoric correlations.
    ordinal_only : bool
        `S` are polychoric correlations of a fitted model, so that nothing is known of sums of answers.
    two_level : SchmidLeiman, optional
    shares : Hierarchy, optional
    notes : tuple of Note
    """

    name: str
    items: tuple[str, ...]
    n: int
    mean: Floats
    S: Floats
    defined: bool
    x: Floats | None = None
    tables: Tables | None = None
    gamma: Floats | None = None
    loadings: Floats = field(default_factory=lambda: np.zeros(0))
    residuals: Floats = field(default_factory=lambda: np.zeros(0))
    P: Floats | None = None
    ordinal_only: bool = False
    two_level: SchmidLeiman | None = None
    shares: Hierarchy | None = None
    notes: tuple[Note, ...] = ()

    @property
    def k(self) -> int:
        """Number of items."""
        return len(self.items)

    @property
    def alpha_ordinal(self) -> float:
        """Standardised alpha of the polychoric correlations."""
        return NAN if self.P is None else float(alpha(self.P))

    def without_rows(self) -> Scale:
        """Return what a result may keep."""
        return replace(self, x=None, tables=None, two_level=None, notes=())

    def noting(self, *notes: Note, **changes: Any) -> Scale:
        """Return a copy with further notes and other changes."""
        return replace(self, notes=(*self.notes, *notes), **changes)


def from_rows(
    items: Mapping[str, tuple[str, ...]], frame: pd.DataFrame, smooth: bool
) -> tuple[list[Scale], list[Note]]:
    """Make the constructs from answers; work on matrices is shared among them."""
    values, place = frame.to_numpy(), {n: j for j, n in enumerate(frame.columns)}
    return completed(
        [_from_answers(name, block, values[:, [place[i] for i in block]]) for name, block in items.items()], smooth
    )


def completed(scales: Sequence[Scale], smooth: bool) -> tuple[list[Scale], list[Note]]:
    """Add to constructs what follows from their moments and tables."""
    scales = _with_factor(scales)
    scales, notes = _with_polychorics(scales, smooth)
    scales, more = _with_two_levels(scales)
    two = [s.name for s in scales if s.defined and s.k == 2]
    if two:
        more.insert(0, note("reliability.two_items", constructs=", ".join(two)))
    return [_judged(s) for s in scales], notes + more


def from_model(model: Measured) -> list[Scale]:
    """Make the constructs from a fitted model, with its loadings."""
    out = []
    for name, items in model.items.items():
        at, loadings = model.positions(name), model.loadings[name]
        S = model.S[np.ix_(at, at)]
        scale = Scale(
            name, items, model.n, model.mean[at], S, len(items) > 1, loadings=loadings, residuals=1 - loadings**2
        )
        if model.ordered.intersection(items):  # its moments are those of latent responses
            whole = model.ordered.issuperset(items)
            scale = replace(scale, P=correlation(S) if whole else None, ordinal_only=True)
        out.append(_judged(scale))
    return out


def _from_answers(name: str, items: tuple[str, ...], values: Floats) -> Scale:
    x, k = values[~np.isnan(values).any(axis=1)], len(items)
    n = len(x)
    mean = x.mean(axis=0) if n else np.full(k, NAN)
    d = x - mean
    spread = np.ptp(x, axis=0) if n else np.zeros(k)
    empty = [i for i, column in zip(items, values.T, strict=True) if np.isnan(column).all()]
    scale = replace(from_moments(name, items, n, mean, d.T @ d, spread, empty), x=x)
    if not scale.defined:
        return scale
    products = row_products(x)
    return replace(scale, gamma=products.T @ products / n)


def from_moments(
    name: str, items: tuple[str, ...], n: int, mean: Floats, products: Floats, spread: Floats, empty: Sequence[str]
) -> Scale:
    """A construct from the moments of its n complete rows, or what keeps it from being defined.

    Parameters
    ----------
    mean, products, spread : ndarray, shapes (k,), (k, k), (k,)
        Means, sums of products about them, ranges.
    empty : sequence of str
        Items that nobody answered.
    """
    k = len(items)
    nothing = np.full(k, NAN)
    S = products / (n - 1) if n > 1 else np.full((k, k), NAN)
    scale = Scale(name, items, n, mean if n else nothing, S, False, loadings=nothing, residuals=nothing)
    if n < 2:
        if empty:
            return scale.noting(note("reliability.items_empty", construct=name, items=", ".join(empty)))
        return scale.noting(note("reliability.no_complete_rows", construct=name, n=n, items=", ".join(items)))
    constant = [i for i, same in zip(items, spread == 0, strict=True) if same]
    if constant:
        return scale.noting(note("reliability.constant_items", construct=name, items=", ".join(constant)))
    if k == 1:
        return scale.noting(note("reliability.one_item", construct=name, item=items[0]))
    return replace(scale, defined=True)


def _with_factor(scales: Sequence[Scale]) -> list[Scale]:
    """Fit one factor to each construct, those of one size together."""
    out = list(scales)
    able = [i for i, s in enumerate(scales) if s.defined and s.k > 2 and s.n > s.k]
    for _, group in groupby(sorted(able, key=lambda i: scales[i].k), key=lambda i: scales[i].k):
        at = list(group)
        found = one_factor(np.array([correlation(scales[i].S) for i in at]))
        for i, loadings, residuals in zip(at, found.loadings, found.residuals, strict=True):
            s = scales[i]
            failed = not np.isfinite(loadings).all()
            said = [note("reliability.one_factor_failed", construct=s.name)] if failed else []
            said = said or heywood_notes(s.name, s.items, loadings)
            out[i] = s.noting(*said, loadings=loadings, residuals=residuals)
    return out


def _with_polychorics(scales: Sequence[Scale], smooth: bool) -> tuple[list[Scale], list[Note]]:
    out, many = list(scales), []
    able: dict[int, Ints | Tables] = {}
    for i, s in enumerate(scales):
        if s.defined:
            found = s.tables if s.x is None else coded(s.x)
            if found is not None:
                able[i] = found
            else:
                many.append(s.name)
    notes = [note("reliability.not_ordinal", constructs=", ".join(many))] if many else []
    for i, P in zip(able, polychoric_matrices(list(able.values())), strict=True):
        s = scales[i]
        if not np.isfinite(P).all():
            out[i] = s.noting(note("reliability.polychoric_failed", construct=s.name))
        elif np.linalg.eigvalsh(P)[0] < -1e-10:
            code = "reliability.polychoric_smoothed" if smooth else "reliability.polychoric_indefinite"
            out[i] = s.noting(note(code, construct=s.name), P=smoothed(P) if smooth else P)
        else:
            out[i] = replace(s, P=P)
    return out, notes


def _with_two_levels(scales: Sequence[Scale]) -> tuple[list[Scale], list[Note]]:
    out = list(scales)
    short = [s.name for s in scales if s.defined and s.k < LEAST]
    notes = [note("reliability.few_items", constructs=", ".join(short), least=LEAST)] if short else []
    for i, s in enumerate(scales):
        if not s.defined or s.k < LEAST:
            continue
        R = correlation(s.S)
        if s.n <= s.k or np.linalg.eigvalsh(R)[0] < 1e-10:
            out[i] = s.noting(note("reliability.no_two_levels", construct=s.name))
            continue
        found = schmid_leiman(R)
        said = []
        if not found.converged:
            said.append(note("reliability.two_levels_unsettled", construct=s.name))
        if found.heywood or found.beyond:
            said.append(note("reliability.two_levels_improper", construct=s.name, factors=FACTORS))
        shares = hierarchy(R, found.general, found.groups, found.residuals)
        out[i] = s.noting(*said, two_level=found, shares=shares)
    return out, notes


def _judged(s: Scale) -> Scale:
    """Say what is wrong with the items of a construct that has coefficients."""
    if not s.defined:
        return s
    said, a = [], NAN if s.ordinal_only else float(alpha(s.S))
    against = [i for i, wrong in zip(s.items, against_the_rest(s.S), strict=True) if wrong]
    if against:
        said.append(note("reliability.negative_items", construct=s.name, items=", ".join(against)))
    if a < 0:
        said.append(note("reliability.negative_alpha", construct=s.name, value=a))
    if s.n <= s.k:
        said.append(note("reliability.few_rows", construct=s.name, n=s.n, k=s.k))
    elif np.linalg.eigvalsh(correlation(s.S))[0] < 1e-10:
        said.append(note("reliability.dependent_items", construct=s.name))
    return s.noting(*said)
