"""The factors of a fitted model, and the shares of the variance of sums of items that are due to them.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cgsurvey.reliability.categorical import categorical_omega
from cgsurvey.reliability.coefficients import NAN, Floats, alpha
from cgsurvey.reliability.measured import group_of, measured
from cgsurvey.sem import SemFit


@dataclass(frozen=True)
class Factors:
    """One group of a fitted model.

    Attributes
    ----------
    fit : SemFit
    g : int
        Its group.
    kind : {"correlated", "bifactor", "second_order"}
    general : str
        General factor, "" without one.
    items : mapping of str to tuple of str
        Items of each factor; of a second-order factor those of its factors.
    groups : tuple of str
        Group factors, or factors of first order.
    observed : tuple of str
    S : ndarray, shape (p, p)
        Sample moments that the model was fitted to; of ordered items polychoric correlations.
    Lambda, Phi : ndarray, shapes (p, v), (v, v)
        Total effects of the latent variables on items; their covariances.
    names : tuple of str
        Latent variables.
    second : ndarray, shape (v,)
        Loadings of latent variables on the second-order factor.
    sd : ndarray, shape (p,)
        Standard deviations that the model implies.
    ordered, mixed : bool
        All items are ordered; some are.
    by_sample : bool
        Variances of sums are those of the sample.
    """

    fit: SemFit
    g: int
    kind: str
    general: str
    items: Mapping[str, tuple[str, ...]]
    groups: tuple[str, ...]
    observed: tuple[str, ...]
    S: Floats
    Lambda: Floats
    Phi: Floats
    names: tuple[str, ...]
    second: Floats
    sd: Floats
    ordered: bool
    mixed: bool
    by_sample: bool

    def places(self, name: str) -> np.ndarray:
        """Places of the items of a factor among the observed variables."""
        return np.array([self.observed.index(i) for i in self.items[name]])

    def _loading(self, name: str) -> Floats:
        """Loadings of all items on a factor, in its standard deviations."""
        j = self.names.index(name)
        return np.asarray(self.Lambda[:, j] * np.sqrt(self.Phi[j, j]))

    def standardised(self, name: str) -> Floats:
        """Standardised loadings of all items on a factor."""
        return np.asarray(self._loading(name) / self.sd)

    def common(self, name: str) -> Floats:
        """Covariances of the items that a factor makes, shape (p, p)."""
        loading = self._loading(name)
        return np.outer(loading, loading)

    @property
    def general_common(self) -> Floats:
        """Covariances of the items that the general factor makes."""
        if self.kind == "bifactor":
            return self.common(self.general)
        j = self.names.index(self.general)
        loading = self.Lambda @ self.second
        return np.outer(loading, loading) * self.Phi[j, j]

    @property
    def general_loadings(self) -> Floats:
        """Standardised loadings of all items on the general factor."""
        if self.kind == "bifactor":
            return self.standardised(self.general)
        j = self.names.index(self.general)
        return np.asarray(self.Lambda @ self.second * np.sqrt(self.Phi[j, j]) / self.sd)

    def group_common(self, name: str) -> Floats:
        """Covariances of the items that a group factor makes by itself."""
        loading = self._group_loading(name)
        return np.outer(loading, loading)

    def _group_loading(self, name: str) -> Floats:
        if self.kind == "bifactor":
            return self._loading(name)
        j, h = self.names.index(name), self.names.index(self.general)
        own = self.Phi[j, j] - self.second[j] ** 2 * self.Phi[h, h]
        return np.asarray(self.Lambda[:, j] * np.sqrt(max(own, 0.0)))

    @property
    def group_loadings(self) -> Floats:
        """Standardised loadings of all items on the group factors, shape (p, groups)."""
        return np.column_stack([self._group_loading(name) / self.sd for name in self.groups])

    def share(self, at: np.ndarray, common: Floats, *, observed: bool | None = None) -> float:
        """Share of the variance of the sum of the items `at` that `common` makes."""
        by_sample = self.by_sample if observed is None else observed
        if self.ordered:
            std = common / np.outer(self.sd, self.sd)
            return categorical_omega(self.fit, self.g, at, std[np.ix_(at, at)], implied=not by_sample)
        if self.mixed:
            return NAN
        V = self.S if by_sample else self.fit.matrices[self.g].Sigma
        total = V[np.ix_(at, at)].sum()
        return float(common[np.ix_(at, at)].sum() / total) if total > 0 else NAN

    def alpha(self, at: np.ndarray) -> float:
        """Alpha of the sample covariances; NaN with ordered items, of whose answers they do not tell."""
        return NAN if self.ordered or self.mixed else float(alpha(self.S[np.ix_(at, at)]))

    @property
    def omega_l2(self) -> float:
        """Share of the second-order factor in the variance of the sum of its factors (semTools: omegaL2)."""
        if self.kind != "second_order":
            return NAN
        at, j = [self.names.index(n) for n in self.groups], self.names.index(self.general)
        return float(self.second[at].sum() ** 2 * self.Phi[j, j] / self.Phi[np.ix_(at, at)].sum())

    @property
    def omega_partial(self) -> float:
        """Share of the second-order factor once what its factors have of their own is left out (partialOmegaL1)."""
        if self.kind != "second_order" or self.ordered or self.mixed:
            return NAN
        at = self.places(self.general)
        by_general = self.general_common[np.ix_(at, at)].sum()
        whole = self.Lambda[at]
        residual = (self.fit.matrices[self.g].Sigma[np.ix_(at, at)] - whole @ self.Phi @ whole.T).sum()
        return float(by_general / (by_general + residual))


def factors_of(fit: SemFit, group: str | None, by_sample: bool) -> Factors:
    """Find the kind of a model and what its shares need.

    A factor is general when its items are those of two or more others, all of them, and it correlates with none
    (bifactor); or when it measures factors (second order). Of other models all factors stand side by side.
    """
    model = measured(fit, group=group)
    g = group_of(fit, group)
    table, filled = fit.table, fit.matrices[g]
    p = len(table.observed)
    E = np.linalg.inv(np.eye(len(filled.A)) - filled.A)
    names = tuple(table.latents)
    Phi = (E @ filled.S @ E.T)[p:, p:]
    Lambda = filled.A[:p, p:]  # direct effects: what a factor of second order does stands in `second`
    arrows = [(l, r) for l, op, r in zip(table.lhs, table.op, table.rhs, strict=True) if op == "=~" and r in names]
    items = dict(model.items)
    kind, general, groups = "correlated", "", tuple(items)
    second = np.zeros(len(names))
    above = list(dict.fromkeys(l for l, _ in arrows))
    if len(above) == 1 and above[0] not in items:
        kind, general = "second_order", above[0]
        groups = tuple(r for l, r in arrows if l == general and r in items)
        items[general] = tuple(i for i in table.observed if any(i in items[n] for n in groups))
        j = names.index(general)
        for n in groups:
            second[names.index(n)] = filled.A[p + names.index(n), p + j]
    elif found := _general(items, model.correlations):
        kind, general = "bifactor", found
        groups = tuple(n for n in items if n != general)
    used = {i for block in items.values() for i in block}
    ordered = used & model.ordered
    return Factors(
        fit=fit,
        g=g,
        kind=kind,
        general=general,
        items=items,
        groups=groups,
        observed=table.observed,
        S=fit.samples[g].cov,
        Lambda=Lambda,
        Phi=Phi,
        names=names,
        second=second,
        sd=np.sqrt(np.diag(filled.Sigma)),
        ordered=bool(ordered) and ordered == used,
        mixed=bool(ordered) and ordered != used,
        by_sample=by_sample,
    )


def _general(items: Mapping[str, tuple[str, ...]], correlations: Floats) -> str:
    """The factor whose items hold those of all others, two or more, and that correlates with none; "" without one."""
    for j, (name, block) in enumerate(items.items()):
        others = [set(b) for n, b in items.items() if n != name]
        apart = np.abs(np.delete(correlations[j], j)).max(initial=0.0) < 1e-8
        if len(others) > 1 and apart and all(o < set(block) for o in others):
            return name
    return ""
