"""What a fit must tell: estimates that no population could have, and what was assumed of the data."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from cgsurvey.base.notes import Note, note
from cgsurvey.base.units import lonely
from cgsurvey.moments.build import Grouped, numbers
from cgsurvey.moments.sample import Floats, Sample
from cgsurvey.responses.source import Source
from cgsurvey.sem.fitting.derivatives import MANY
from cgsurvey.sem.model.structure import ARROW
from cgsurvey.sem.model.table import ParameterTable
from cgsurvey.sem.options import Options
from cgsurvey.sem.testing.chisq import Tests
from cgsurvey.sem.testing.fitted import Fitted

FEW_CLUSTERS, FEW_CATEGORIES = 20, 5


def admissible(fitted: Fitted, table: ParameterTable, labels: Sequence[str]) -> list[Note]:
    """Notes on estimates that no population could have."""
    out = []
    p, names = fitted.structure.p, table.variables
    for filled, label in zip(fitted.matrices, labels, strict=True):
        where = f" ({label})" if label else ""
        variances = np.diag(filled.S)
        out += [
            note("sem.heywood", variable=names[k], where=where, value=float(variances[k]))
            for k in np.flatnonzero(variances < -1e-12)
        ]
        E = np.linalg.inv(np.eye(len(names)) - filled.A)
        latent = (E @ filled.S @ E.T)[p:, p:]
        if len(latent) > 1 and np.all(np.diag(latent) > 0):
            sd = np.sqrt(np.diag(latent))
            r = latent / np.outer(sd, sd)
            if np.linalg.eigvalsh(r)[0] < -1e-8:
                i, j = np.unravel_index(np.argmax(np.abs(np.tril(r, -1))), r.shape)
                out.append(note("sem.latent_covariance", where=where, a=names[p + i], b=names[p + j], r=float(r[i, j])))
        residual = filled.S[:p, :p]
        if np.all(variances[:p] >= 0) and np.linalg.eigvalsh(residual)[0] < -1e-8 * max(variances.max(), 1e-300):
            out.append(note("sem.residual_covariance", where=where))
    return out


def remarks(
    source: Source, grouped: Grouped, options: Options, table: ParameterTable, fitted: Fitted, found: Tests
) -> list[Note]:
    """Notes on what was assumed of the data."""
    out = []
    if options.cluster:
        used = source.frame.iloc[grouped.rows]
        n = int(used[options.cluster].nunique())
        out.append(note("sem.clusters", cluster=options.cluster, n=n))
        if options.group:
            shared = int((used.groupby(options.cluster, observed=True)[options.group].nunique() > 1).sum())
            if shared:
                out.append(note("sem.clusters_shared", n=shared, group=options.group))
        if n < max(FEW_CLUSTERS, fitted.K.shape[1]):
            out.append(note("sem.few_clusters", n=n, q=fitted.K.shape[1]))
    elif source.design is not None and source.design.cluster:
        out.append(note("sem.clusters_unused", cluster=source.design.cluster))
    if options.strata:
        strata = [s.cases for s in grouped.samples if s.cases is not None and s.cases.strata is not None]
        n = int(source.frame.iloc[grouped.rows][options.strata].nunique())
        out.append(note("sem.strata", strata=options.strata, n=n))
        single = sum(lonely(c.strata, c.cluster) for c in strata if c.strata is not None)
        if single:
            out.append(note("sem.lonely_strata", n=single))
    if source.design is not None and source.design.fpc:
        out.append(note("sem.fpc_unused", fpc=source.design.fpc))
    if source.design is not None and source.design.replicate_weights:
        out.append(note("sem.replicates_unused", n=len(source.design.replicate_weights)))
    if options.weights:
        out.append(note("sem.weights", weights=options.weights))
    if found.user.df == 0:
        out.append(note("sem.no_test"))
    answers = rows_of(grouped.samples) if source.scan is None else _different(source, table)
    if options.missing == "pairwise" and not options.gamma and np.isnan(answers).any():
        out.append(note("sem.pairwise_errors"))
    if options.fiml and fitted.structure.p > MANY:
        out.append(note("sem.not_corrected", n=MANY))
    if not options.ordered:
        made = fitted.structure
        counts = _categories(answers, np.unique(made.i[made.matrix == ARROW]))
        few = sum(c < FEW_CATEGORIES for c in counts)
        if counts and not options.robust and options.se != "bootstrap":
            low, high = min(counts), max(counts)
            out.append(note("sem.ordered_items", n=len(counts), categories=low if low == high else f"{low}-{high}"))
        if few:  # robust errors do not mend attenuated correlations
            out.append(note("sem.few_categories", n=few))
    return out


def _different(source: Source, table: ParameterTable) -> Floats:
    """Every different answer to the variables of a model where rows are passed in parts; products are no answers."""
    y = numbers(source.frame, table.observed, table.products)
    y[:, np.isin(table.observed, table.products)] = 0.5
    return y


def _categories(y: Floats, explained: Collection[int]) -> list[int]:
    """Number of categories of each variable of at most seven whole numbers; two count where it is explained."""
    low, high = np.nanmin(y, axis=0), np.nanmax(y, axis=0)
    short = np.flatnonzero((high - low <= 6) & (low == np.round(low)))
    return [
        int(high[k] - low[k]) + 1
        for k in short
        if (high[k] - low[k] > 1 or k in explained) and np.all((y[:, k] == np.round(y[:, k])) | np.isnan(y[:, k]))
    ]


def rows_of(samples: Sequence[Sample]) -> Floats:
    """The rows of all groups, one below the other, while a model is being fitted."""
    return np.concatenate([s.cases.y for s in samples if s.cases is not None])
