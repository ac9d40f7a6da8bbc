"""What a factor model says of its constructs: standardised loadings, factor correlations, sample moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cgsurvey.base.errors import ModelError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Meta
from cgsurvey.reliability.coefficients import Floats
from cgsurvey.reliability.constructs import Constructs, used_labels
from cgsurvey.responses import Responses
from cgsurvey.sem import SemFit
from cgsurvey.sem.model.structure import GroupMatrices

NO_GROUP = "group={!r} chooses a group of a fitted model. Fit one first: cg.cfa(model, data, group=...)."


@dataclass(frozen=True)
class Measured:
    """The measured constructs of one group of a fitted model.

    Attributes
    ----------
    items : mapping of str to tuple of str
        Latent variables that are measured by items, with their items.
    loadings : mapping of str to ndarray, shape (k,)
        Standardised loadings.
    structure : ndarray, shape (p, constructs)
        Model-implied correlations of all observed variables with the latent ones.
    implied : ndarray, shape (p,)
        Model-implied variances of the observed variables.
    correlations : ndarray, shape (constructs, constructs)
        Model-implied correlations of the latent variables, in the order of `items`.
    group : int
        Place of the group.
    observed : tuple of str
        Order of `S` and `mean`.
    S, mean : ndarray, shapes (p, p), (p,)
        Sample covariances (divisor n - 1) and means.
    n : int
    ordered : frozenset of str
        Items that are ordered: `S` holds the correlations of their latent responses.
    notes : tuple of Note
    origin : Meta
        Meta of the fit.
    """

    items: Mapping[str, tuple[str, ...]]
    loadings: Mapping[str, Floats]
    structure: Floats
    implied: Floats
    correlations: Floats
    group: int
    observed: tuple[str, ...]
    S: Floats
    mean: Floats
    n: int
    ordered: frozenset[str]
    notes: tuple[Note, ...]
    origin: Meta

    def structure_of(self, items: Sequence[str]) -> Floats:
        """Return the correlations of some items with the latent variables, shape (items, constructs)."""
        return self.structure[[self.observed.index(i) for i in items]]

    def variances(self, name: str) -> Floats:
        """Return the implied variances of the items of a construct, shape (k,)."""
        return self.implied[self.positions(name)]

    def positions(self, name: str) -> np.ndarray:
        """Return where the items of a construct stand in `S`."""
        return np.array([self.observed.index(i) for i in self.items[name]])

    def meta(self, function: str, references: Sequence[str], **options: object) -> Meta:
        """Return the origin of a result that was computed from the fit."""
        labels = used_labels(self.origin.labels, self.items)
        made_by = {"model": self.origin.function, **self.origin.options}
        return replace(
            self.origin,
            function=function,
            options={**options, "fit": made_by},
            n=self.n,
            labels=labels,
            references=tuple(references),
        )


def measured(fit: SemFit, constructs: Constructs = None, *, group: str | None = None) -> Measured:
    """Take the measured constructs out of a fitted model.

    Parameters
    ----------
    fit : SemFit
    constructs : sequence of str, optional
        Latent variables, in the order wanted; default: all that are measured by items.
    group : str, optional
        Label of the group; needed when the model has several.

    Raises
    ------
    OptionError
        Unknown latent variable or group, or items that are named although the model says them.
    ModelError
        The model has no latent variable that is measured by items.
    """
    g = group_of(fit, group)
    table, filled, sample = fit.table, fit.matrices[g], fit.samples[g]
    names = (*table.observed, *table.latents)
    std, correlations = _standardised(filled)
    rows = zip(table.op, table.lhs, table.rhs, strict=True)
    measures = {(latent, item) for op, latent, item in rows if op == "=~" and item in table.observed}
    items = {latent: tuple(i for i in table.observed if (latent, i) in measures) for latent in table.latents}
    higher = [latent for latent, block in items.items() if not block]
    items = {latent: block for latent, block in items.items() if block}
    if not items:
        raise ModelError("the model has no latent variable that is measured by items (=~): there is nothing to judge.")
    notes = []
    if constructs is not None:
        items = _chosen(items, constructs)
    elif higher:
        notes.append(note("reliability.higher_order_left_out", constructs=", ".join(higher)))
    loadings = {c: std[[names.index(i) for i in block], names.index(c)] for c, block in items.items()}
    at = [names.index(c) for c in items]
    S = sample.cov * sample.size / (sample.n - 1)
    return Measured(
        items=items,
        loadings=loadings,
        structure=correlations[: len(table.observed), at],
        implied=np.diag(filled.Sigma),
        correlations=correlations[np.ix_(at, at)],
        group=g,
        observed=table.observed,
        S=S,
        mean=sample.mean if len(sample.mean) else np.full(len(S), np.nan),
        n=sample.n,
        ordered=frozenset(table.ordered),
        notes=(*notes, *_warnings(fit, items, loadings)),
        origin=fit.meta,
    )


def group_of(fit: SemFit, group: str | None) -> int:
    """Return the place of a group; it must be named where there are several."""
    groups = fit.meta.groups
    if group is None and len(fit.matrices) == 1:
        return 0
    if group is None or str(group) not in groups:
        guess = did_you_mean(group, groups) if group is not None else ""
        known = some(groups, 20) or "(none)"
        raise OptionError(f"group={group!r} is not known.{guess} Name one of the groups of the model: {known}.")
    return groups.index(str(group))


def _standardised(filled: GroupMatrices) -> tuple[Floats, Floats]:
    """Arrows with all variables scaled to unit variance, and the correlations of all variables; shapes (v, v)."""
    E = np.linalg.inv(np.eye(len(filled.A)) - filled.A)
    V = E @ filled.S @ E.T
    sd = np.sqrt(np.clip(np.diag(V), 0, None))
    unit = np.where(sd > 0, sd, np.nan)
    return filled.A * unit[None, :] / unit[:, None], V / np.outer(unit, unit)


def _chosen(items: Mapping[str, tuple[str, ...]], constructs: Constructs) -> dict[str, tuple[str, ...]]:
    if isinstance(constructs, Mapping):
        raise OptionError("the model says which items measure a construct: give the names of latent variables only.")
    if isinstance(constructs, Responses | pd.DataFrame):
        raise OptionError("a fitted model is followed by names of latent variables; data go by name: data=...")
    names = [constructs] if isinstance(constructs, str) else list(constructs or ())
    wrong = [f"'{n}'.{did_you_mean(n, items)}" for n in names if n not in items]
    if wrong or not names:
        raise OptionError(f"no such measured latent variable: {' '.join(wrong)} The model has: {some(items, 40)}.")
    return {n: items[n] for n in names}


def _warnings(fit: SemFit, items: Mapping[str, tuple[str, ...]], loadings: Mapping[str, Floats]) -> list[Note]:
    table, found = fit.table, []
    if not fit.converged:
        found.append(note("reliability.not_converged"))
    owners: dict[str, list[str]] = {}
    for construct, block in items.items():
        for item in block:
            owners.setdefault(item, []).append(construct)
    crossing = [i for i, who in owners.items() if len(who) > 1]
    if crossing:
        found.append(note("reliability.cross_loadings", items=", ".join(crossing)))
    pairs = [
        f"{a} ~~ {b}"
        for a, op, b, free in zip(table.lhs, table.op, table.rhs, table.free, strict=True)
        if op == "~~" and a != b and free and set(owners.get(a, ())) & set(owners.get(b, ()))
    ]
    if pairs:
        found.append(note("reliability.error_covariances", pairs=", ".join(dict.fromkeys(pairs))))
    for construct, block in items.items():
        found += loading_notes(construct, block, loadings[construct])
        if len(block) == 1:
            found.append(note("reliability.single_indicator", construct=construct, item=block[0]))
    if fit.options.fiml:
        found.append(note("reliability.saturated_moments"))
    return found


def loading_notes(construct: str, items: Sequence[str], loadings: Floats) -> list[Note]:
    """Name loadings beyond 1 and loadings whose signs differ."""
    found = heywood_notes(construct, items, loadings)
    direction = np.sign(loadings.sum()) or 1.0
    against = [i for i, x in zip(items, loadings, strict=True) if x * direction < 0]
    if against:
        found.append(note("reliability.mixed_signs", construct=construct, items=", ".join(against)))
    return found


def heywood_notes(construct: str, items: Sequence[str], loadings: Floats) -> list[Note]:
    """Name loadings beyond 1."""
    beyond = [i for i, x in zip(items, loadings, strict=True) if abs(x) > 1 + 1e-9]
    return [note("reliability.heywood", construct=construct, items=", ".join(beyond))] if beyond else []
