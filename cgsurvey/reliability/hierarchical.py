"""Omega of several factors: Schmid-Leiman of data; bifactor, second-order and correlated factors of a fitted model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, whole
from cgsurvey.base.result import Result
from cgsurvey.reliability import bifactor as b
from cgsurvey.reliability.coefficients import (
    NAN,
    Floats,
    average_variance_extracted,
    composite_reliability,
    correlation,
    maximal_reliability,
)
from cgsurvey.reliability.constructs import Constructs, gather
from cgsurvey.reliability.factors import Factors, factors_of
from cgsurvey.reliability.measured import NO_GROUP, measured
from cgsurvey.reliability.one_factor import one_factor_loadings
from cgsurvey.reliability.polychoric import coded, polychoric_matrices
from cgsurvey.reliability.schmid_leiman import hierarchy, schmid_leiman
from cgsurvey.responses import Responses
from cgsurvey.sem import SemFit

OF_DATA = ("schmid1957", "mcdonald1999", "zinbarg2005")
OF_FIT = ("mcdonald1999", "rodriguez2016")
INDICES = ("omega_total", "omega_h", "omega_limit", "ecv", "puc", "arpb", "omega_l2", "omega_partial")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Omega(Result):
    """Reliability by models of several factors.

    Attributes
    ----------
    table : DataFrame
        With a general factor (Schmid-Leiman, bifactor, second order) one row for the sum of all items and one for that
        of each group: `construct factor n_items omega_total omega_general omega_group ecv h`, the shares of the
        variance of the sum that are due to all factors, to the general one, to the group's own. Of correlated factors
        one row per factor: `construct factor n_items alpha omega omega_observed composite_reliability ave h`, omega by
        the variance that the model implies and by the observed one.
    indices : DataFrame
        One row per construct with a general factor: `construct method omega_total omega_h omega_limit ecv puc arpb
        omega_l2 omega_partial`; `arpb` is that of fitted models, the last two of second-order ones. `omega_l2` rests on
        the units of the first-order factors (``std_lv`` changes it), as in semTools.
    loadings : mapping of str to DataFrame
        Per construct: items in rows; standardised loadings on the general factor and on the groups, `h2`, `u2`, `p2`
        (share of the general factor in the communality).
    """

    table: pd.DataFrame
    indices: pd.DataFrame
    loadings: Mapping[str, pd.DataFrame]

    def tidy(self) -> pd.DataFrame:
        """Return one row per sum of items."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: constructs, rows of data, the lowest omega hierarchical (NaN without a general factor)."""
        lowest = self.indices["omega_h"].min() if len(self.indices) else NAN
        found = {"n_constructs": self.table["construct"].nunique(), "n": self.meta.n, "omega_h": lowest}
        return pd.DataFrame([found])


def omega(
    data: Responses | pd.DataFrame | SemFit,
    constructs: Constructs = None,
    *,
    factors: int = 3,
    correlations: Literal["pearson", "polychoric"] = "pearson",
    variance: Literal["model", "observed"] = "model",
    group: str | None = None,
) -> Omega:
    """Tell how much of a sum is due to one general factor, and how much to groups of items.

    Parameters
    ----------
    data : Responses, DataFrame or SemFit
        Of data each construct is decomposed by itself (Schmid & Leiman, 1957; minimum residual, oblimin). Of a fitted
        model the kind is found: a factor that measures all items of the others is general (bifactor); a factor of
        factors is general (second order); factors that are neither are judged one by one.
    constructs : mapping of str to sequence of str, sequence of str, optional
        As in `reliability`, for data. Constructs of fewer than two items per factor are left out, with a note.
    factors : int
        Group factors of the Schmid-Leiman solution, 3 or more.
    correlations : {"pearson", "polychoric"}
        What a Schmid-Leiman solution explains.
    variance : {"model", "observed"}
        Variance of sums that a fitted model implies, or that of the sample.
    group : str, optional
        Group of a fitted model with several.

    Returns
    -------
    Omega
        Of a fitted model, shares are those of the sum of answers in their own units. With ordered items they are shares
        of the sum of categories (Green & Yang, 2009), where all items are ordered.

    Raises
    ------
    ColumnNotFoundError, CodingError, OptionError, ModelError

    Notes
    -----
    Schmid-Leiman equals psych::omega(nfactors = factors, fm = "minres", rotate = "oblimin", flip = FALSE). Of a fitted
    model ``variance="observed"`` equals semTools::compRelSEM, of second-order factors with ``higher``; ``"model"``
    equals omega2 of semTools::reliability and omegaL1 of reliabilityL2.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> items = ["tan1", "tan2", "tan3", "rel1", "rel2", "rel3", "res1", "res2", "res3"]
    >>> cg.omega(answers, {"quality": items}).glance().round(3)
       n_constructs    n  omega_h
    0             1  547    0.759
    """
    choose("variance", variance, ("model", "observed"))
    choose("correlations", correlations, ("pearson", "polychoric"))
    whole("factors", factors, 3)
    if isinstance(data, SemFit):
        if constructs is not None:
            raise OptionError("constructs go with data; the model says which items measure which factor.")
        return _of_fit(data, group, variance)
    if group is not None:
        raise OptionError(NO_GROUP.format(group))
    return _of_data(data, constructs, factors, correlations)


def _of_data(data: Responses | pd.DataFrame, constructs: Constructs, factors: int, correlations: str) -> Omega:
    blocks = gather(data, constructs)
    notes = [*blocks.notes, *blocks.unweighted]
    rows, indices, loadings = [], [], {}
    short, used = [], np.zeros(len(blocks.frame), dtype=bool)
    for name, items in blocks.items.items():
        place = {n: j for j, n in enumerate(blocks.frame.columns)}
        values = blocks.frame.to_numpy()[:, [place[i] for i in items]]
        complete = ~np.isnan(values).any(axis=1)
        x = values[complete]
        if len(items) < 2 * factors:
            short.append(name)
            continue
        R = _correlations(x, correlations)
        if R is None:
            notes.append(note("reliability.no_two_levels", construct=name))
            continue
        used |= complete
        made, about = _schmid_leiman(name, items, R, factors)
        rows += made[0]
        indices.append(made[1])
        loadings[name] = made[2]
        notes += about
    if short:
        notes.append(note("reliability.few_items", constructs=", ".join(short), least=2 * factors))
    meta = blocks.meta("omega", used, OF_DATA, factors=factors, correlations=correlations)
    return _result(rows, indices, loadings, notes, meta)


def _correlations(x: Floats, kind: str) -> Floats | None:
    """Correlations of complete answers; None where they do not exist or are singular."""
    if len(x) <= x.shape[1] or (np.ptp(x, axis=0) == 0).any():
        return None
    if kind == "pearson":
        R = correlation(np.cov(x, rowvar=False))
    elif (codes := coded(x)) is not None:
        R = polychoric_matrices([codes])[0]
    else:
        return None
    return R if np.isfinite(R).all() and np.linalg.eigvalsh(R)[0] >= 1e-10 else None


Made = tuple[list[dict[str, Any]], dict[str, Any], pd.DataFrame]


def _schmid_leiman(name: str, items: tuple[str, ...], R: Floats, factors: int) -> tuple[Made, list[Note]]:
    found, notes = schmid_leiman(R, factors), []
    if not found.converged:
        notes.append(note("reliability.two_levels_unsettled", construct=name))
    if found.heywood or found.beyond:
        notes.append(note("reliability.two_levels_improper", construct=name, factors=factors))
    shares = hierarchy(R, found.general, found.groups, found.residuals)
    home = np.abs(found.groups).argmax(axis=1)
    own = np.where(home[:, None] == np.arange(factors), found.groups, 0.0)
    names = [f"F{j + 1}" for j in range(factors)]
    H = [float(maximal_reliability(found.general)), *b.replicability(own)]
    rows = []
    for s, factor in enumerate(["g", *names]):
        at = np.ones(len(items), dtype=bool) if s == 0 else home == s - 1
        rows.append(
            {
                "construct": name,
                "factor": factor,
                "n_items": int(at.sum()),
                "omega_total": float(shares.total[s]),
                "omega_general": float(shares.general[s]),
                "omega_group": float(shares.group[s]),
                "ecv": b.explained_common_variance(found.general[at], found.groups[at]),
                "h": H[s],
            }
        )
    index = {
        "construct": name,
        "method": "schmid_leiman",
        "omega_total": float(shares.total[0]),
        "omega_h": float(shares.general[0]),
        "omega_limit": shares.limit,
        "ecv": shares.ecv,
        "puc": b.uncontaminated(own),
    }
    return (rows, index, _loadings(items, found.general, found.groups, names, found.residuals)), notes


def _loadings(items: tuple[str, ...], g: Floats, L: Floats, names: list[str], u2: Floats) -> pd.DataFrame:
    columns = {"g": g, **dict(zip(names, L.T, strict=True)), "h2": 1 - u2, "u2": u2, "p2": g**2 / (1 - u2)}
    return pd.DataFrame(columns, index=list(items))


def _of_fit(fit: SemFit, group: str | None, variance: str) -> Omega:
    model = measured(fit, group=group)
    notes = [n for n in model.notes if n.code != "reliability.higher_order_left_out"]
    found = factors_of(fit, group, variance == "observed")
    if found.mixed:
        notes.append(note("reliability.mixed_items"))
    rows, indices, loadings = [], [], {}
    if found.general:
        made = _hierarchical(found)
        rows, indices, loadings = made[0], [made[1]], {found.general: made[2]}
    else:
        rows = [_factor(found, name) for name in found.items]
    sources = (*OF_FIT, "green2009") if found.ordered else OF_FIT
    return _result(rows, indices, loadings, notes, model.meta("omega", sources, variance=variance))


def _factor(f: Factors, name: str) -> dict[str, Any]:
    """One of several correlated factors."""
    at = f.places(name)
    std = f.standardised(name)[at]
    return {
        "construct": name,
        "factor": name,
        "n_items": len(at),
        "alpha": f.alpha(at),
        "omega": f.share(at, f.common(name), observed=False),
        "omega_observed": f.share(at, f.common(name), observed=True),
        "composite_reliability": float(composite_reliability(std)),
        "ave": float(average_variance_extracted(std)),
        "h": float(maximal_reliability(std)),
    }


def _hierarchical(f: Factors) -> Made:
    """The general factor and the groups of a bifactor or second-order model."""
    every = f.places(f.general)
    g, L = f.general_loadings[every], f.group_loadings[every]
    C, groups = f.general_common, {name: f.group_common(name) for name in f.groups}
    H = [float(maximal_reliability(g)), *b.replicability(L)]
    rows = []
    for s, name in enumerate([f.general, *f.groups]):
        at = every if s == 0 else f.places(name)
        own = sum(groups.values(), np.zeros_like(C)) if s == 0 else groups[name]
        inside = np.isin(every, at)
        rows.append(
            {
                "construct": f.general,
                "factor": name,
                "n_items": len(at),
                "omega_total": f.share(at, C + own),
                "omega_general": f.share(at, C),
                "omega_group": f.share(at, own),
                "ecv": b.explained_common_variance(g[inside], L[inside]),
                "h": H[s],
            }
        )
    alone = one_factor_loadings(correlation(f.S[np.ix_(every, every)]))
    index = {
        "construct": f.general,
        "method": f.kind,
        "omega_total": rows[0]["omega_total"],
        "omega_h": rows[0]["omega_general"],
        "omega_limit": rows[0]["omega_general"] / rows[0]["omega_total"],
        "ecv": rows[0]["ecv"],
        "puc": b.uncontaminated(L),
        "arpb": b.relative_bias(g, alone),
        "omega_l2": f.omega_l2,
        "omega_partial": f.omega_partial,
    }
    items = tuple(f.observed[i] for i in every)
    u2 = 1 - (g**2 + (L**2).sum(axis=1))
    return rows, index, _loadings(items, g, L, list(f.groups), u2)


def _result(
    rows: list[dict[str, Any]],
    indices: list[dict[str, Any]],
    loadings: Mapping[str, pd.DataFrame],
    notes: list[Note],
    meta: Any,
) -> Omega:
    empty = ("construct", "factor", "n_items", "omega_total", "omega_general", "omega_group", "ecv", "h")
    return Omega(
        table=pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(empty)),
        indices=pd.DataFrame(indices, columns=["construct", "method", *INDICES]),
        loadings=loadings,
        notes=tuple(notes),
        meta=meta,
    )
