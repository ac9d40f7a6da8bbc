"""From a table of answers to sample statistics: which rows and columns are used, and what had to be left out.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Real
from typing import Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import (
    CodingError,
    ColumnNotFoundError,
    SampleError,
    hints,
    some,
)
from cgsurvey.base.notes import Note, note
from cgsurvey.moments.fourth import adf_gamma
from cgsurvey.moments.merging import complete_moments
from cgsurvey.moments.normal import Kind, low
from cgsurvey.moments.ordered import Categories, categories, coded, ordered_sample
from cgsurvey.moments.patterns import coverage, find_patterns
from cgsurvey.moments.sample import Cases, Floats, Ints, Sample
from cgsurvey.moments.saturated import saturated
from cgsurvey.moments.two_stage import pairwise_gamma, pairwise_moments, staged
from cgsurvey.moments.usable import (
    Words,
    listwise_loss,
    need,
    of_group,
    refuse_few,
    refuse_flat,
    refuse_gaps,
    refuse_singular,
)
from cgsurvey.moments.weights import Weight, normal_weight, weight_matrix

Missing = Literal["listwise", "pairwise", "fiml", "fiml.x", "two.stage", "robust.two.stage"]
STAGES = ("two.stage", "robust.two.stage")
THIN = 0.10  # share of rows that answered both of two items, below which a note says so


@dataclass(frozen=True)
class Grouped:
    """Sample statistics of all groups, and what was done on the way.

    Attributes
    ----------
    samples : tuple of Sample
        One per group, rows included.
    labels : tuple of str
        Names of the groups, in order of first appearance; one empty name without groups.
    rows : ndarray of int
        Places in the table of the rows that are used.
    notes : tuple of Note
    categories : mapping of str to tuple of float
        Answers of each ordered item, in order.
    passed : int, optional
        Number of rows that are used where they were passed in parts; `rows` is then empty.
    """

    samples: tuple[Sample, ...]
    labels: tuple[str, ...]
    rows: Ints
    notes: tuple[Note, ...]
    categories: Categories = field(default_factory=dict)
    passed: int | None = None

    @property
    def n(self) -> int:
        """Number of rows that are used."""
        return len(self.rows) if self.passed is None else self.passed


def group_labels(frame: pd.DataFrame, group: str | None) -> tuple[str, ...]:
    """Names of the groups in order of first appearance; one empty name without groups."""
    if group is None:
        return ("",)
    need(frame, group=group)
    return tuple(dict.fromkeys(str(v) for v in frame[group].dropna().unique()))


def sample_statistics(
    frame: pd.DataFrame,
    observed: Sequence[str],
    *,
    missing: Missing = "listwise",
    covariates: Sequence[str] = (),
    products: Sequence[str] = (),
    group: str | None = None,
    cluster: str | None = None,
    strata: str | None = None,
    weights: str | None = None,
    wishart: bool = False,
    weight: Weight | None = None,
    gamma: bool = False,
    means: bool = False,
    fixed_x: bool = True,
    information: Kind = "observed",
    ordered: Sequence[str] = (),
    least: int = 0,
) -> Grouped:
    """Compute the sample statistics of each group.

    Parameters
    ----------
    frame : DataFrame
        One row per respondent.
    observed : sequence of str
        Variables of the model.
    missing : {"listwise", "pairwise", "fiml", "fiml.x", "two.stage", "robust.two.stage"}
        Drop rows with a missing answer, or use what was answered; "fiml" and "pairwise" drop rows that lack a
        covariate. "two.stage": moments by EM, and their sampling covariance, for normal rows or ("robust") any.
    covariates : sequence of str
        Variables whose moments the model takes from the sample.
    products : sequence of str
        Variables "x:z" to be made of columns x and z.
    group, cluster, strata, weights : str, optional
        Columns that name the group, the cluster and the stratum, and that hold the sampling weight.
    wishart : bool
        Divisor n - 1.
    weight : {"GLS", "ULS", "WLS", "DWLS"}, optional
        Weights of least squares, which takes covariances with divisor n - 1.
    gamma : bool
        Compute the sampling covariance of the moments too.
    means : bool
        Means are among the moments of least squares.
    fixed_x : bool
        Covariates do not vary from sample to sample.
    information : {"observed", "expected"}
        Information that the covariance of two-stage moments rests on.
    ordered : sequence of str
        Ordered variables; moments are then thresholds and correlations of latent responses, conditional
        on the covariates if `fixed_x`.
    least : int
        Rows that the model needs.

    Raises
    ------
    ColumnNotFoundError, CodingError
        A column is absent or holds text or infinite numbers.
    SampleError
        Too few rows, an item without variance, two items that nobody answered both.
    NotPositiveDefiniteError
        An item is a combination of others.
    """
    need(frame, group=group, cluster=cluster, strata=strata, weights=weights)
    y = numbers(frame, observed, products)
    keep = np.ones(len(frame), dtype=bool)
    notes: list[Note] = []
    for role, name in (("group", group), ("cluster", cluster), ("strata", strata)):
        if name is not None and frame[name].isna().any():
            gone = frame[name].isna().to_numpy()
            notes.append(note("moments.no_unit", role=role, column=name, n=int(gone.sum())))
            keep &= ~gone
    w = None if weights is None else _weights(frame, weights)
    answered = ~np.isnan(y)
    _check_coverage(y[keep], observed)
    empty = keep & ~answered.any(axis=1)
    lost = 0
    if missing == "listwise":
        full = keep & answered.all(axis=1)
        lost = int((keep & ~full).sum())
        notes += listwise_loss(lost, int(keep.sum()), ordered)
        keep = full
    else:
        if empty.any():
            notes.append(note("moments.empty_rows", n=int(empty.sum())))
        keep &= ~empty
        lacking = keep & ~answered[:, [list(observed).index(x) for x in covariates]].all(axis=1)
        if missing != "fiml.x" and lacking.any():
            code_of = "moments.covariates_needed" if missing == "pairwise" else "moments.missing_covariates"
            notes.append(note(code_of, n=int(lacking.sum()), covariates=some(covariates)))
            keep &= ~lacking
    rows = np.flatnonzero(keep)
    gaps = missing == "listwise" and len(rows) < answered.any(axis=1).sum() / 2
    refuse_few(len(rows), least, gaps)
    if w is not None:
        w = w * len(rows) / w[rows].sum()
    code, labels = (np.zeros(len(frame), dtype=np.int64), ("",)) if group is None else group_codes(frame[group])
    cluster_of, stratum_of = (None if name is None else group_codes(frame[name])[0] for name in (cluster, strata))
    fixed = [list(observed).index(x) for x in covariates] if fixed_x else []
    known = categories(y, observed, ordered)
    samples = []
    for g, label in enumerate(labels):
        here = rows[code[rows] == g]
        where = of_group(label)
        cases = Cases(y[here], *(None if part is None else part[here] for part in (w, cluster_of, stratum_of)))
        if ordered and weight:
            cases = replace(_recoded(cases, where), y=coded(cases.y, observed, known))
            sample, more = ordered_sample(
                cases, observed, known, fixed, where, weight=weight, gamma=gamma, pairwise=missing == "pairwise"
            )
        else:
            wish = wishart or weight is not None
            sample, more = _sample(cases, observed, where, missing=missing, wishart=wish, lost=lost)
            if missing in STAGES:
                sample = staged(sample, robust=missing == "robust.two.stage", kind=information)
            elif gamma or weight:
                sample = _with_moments(sample, where, weight=weight, gamma=gamma, means=means, fixed=fixed)
        samples.append(sample)
        notes += more
    return Grouped(tuple(samples), labels, rows, tuple(notes), known)


def numbers(frame: pd.DataFrame, observed: Sequence[str], products: Sequence[str] = ()) -> Floats:
    """The columns as numbers, shape (rows, variables), NaN where missing; products are made here."""
    made = set(products)
    wanted = list(dict.fromkeys(part for name in observed for part in (name.split(":") if name in made else [name])))
    absent = [n for n in wanted if n not in frame.columns]
    if absent:
        raise ColumnNotFoundError.of("moments.absent_columns", columns=hints(absent, frame.columns, "; "))
    ranked = [n for n in wanted if isinstance(frame[n].dtype, pd.CategoricalDtype) and frame[n].cat.ordered]
    if ranked:
        raise CodingError(
            f"{some(map(repr, ranked))} {'holds' if len(ranked) == 1 else 'hold'} ordered categories. Say what they "
            "stand for: ordered=True (or ordered=[names]) fits them as ordered items; for numbers, make the column "
            "numeric, e.g. data['item'].cat.codes + 1."
        )
    if not made:
        plain = [frame[n].to_numpy() for n in wanted]
        if all(a.dtype.kind in "fiub" for a in plain) and not np.isinf(y := np.column_stack(plain).astype(float)).any():
            return y
    columns, problems = {}, []
    for name in wanted:
        column = frame[name]
        values = pd.to_numeric(column, errors="coerce")
        if isinstance(column.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(column.dtype):
            strange = np.array([isinstance(v, bool) or not isinstance(v, Real) for v in column], dtype=bool)
            bad = column[values.isna() & column.notna()]
            bad = bad if len(bad) else column[column.notna() & strange]
            if len(bad):
                what = "dates" if column.dtype.kind in "mM" else "text"
                shown = some((f"{v if what == 'dates' else repr(v)} (row {i})" for i, v in bad.items()), 3)
                problems.append(f"'{name}' holds {what}: {shown}")
        if np.isinf(values.to_numpy(dtype=float, na_value=np.nan)).any():
            where = column.index[np.isinf(values.to_numpy(dtype=float, na_value=np.nan))]
            problems.append(f"'{name}' holds infinite numbers (row {some(where, 3)})")
        columns[name] = values.to_numpy(dtype=float, na_value=np.nan)
    if problems:
        many = "variables" if len(problems) > 1 else "variable"
        raise CodingError.of("moments.not_numbers", n=len(problems), variables=many, problems="; ".join(problems))
    out = np.empty((len(frame), len(observed)))
    for k, name in enumerate(observed):
        out[:, k] = np.prod([columns[p] for p in name.split(":")], axis=0) if name in made else columns[name]
    return out


def _weights(frame: pd.DataFrame, name: str) -> Floats:
    w = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ~(np.isfinite(w) & (w > 0))
    if bad.any():
        raise CodingError.of("moments.bad_weights", name=name, n=int(bad.sum()), rows=frame.index[bad].tolist())
    return w


def group_codes(column: pd.Series) -> tuple[Ints, tuple[str, ...]]:
    """Codes 0, 1, ... of the values of a column by first appearance, -1 where missing, and the names of the codes."""
    # A number and its text name the same group: exports mix both.
    mixed = column.dtype == object
    if column.dtype.kind == "f" and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")  # whole numbers became decimals where one was missing: "1", not "1.0"
    codes, names = pd.factorize(column.map(str, na_action="ignore") if mixed else column)
    return codes.astype(np.int64), tuple(str(n) for n in names)


def _check_coverage(y: Floats, observed: Sequence[str]) -> None:
    """Refuse items that nobody answered and pairs that nobody answered both."""
    if not len(y):
        raise SampleError.of("moments.no_rows")
    if np.isnan(y).any():
        refuse_gaps(coverage(y), observed)


def _sample(
    cases: Cases, observed: Sequence[str], where: Words, *, missing: Missing, wishart: bool, lost: int
) -> tuple[Sample, list[Note]]:
    y, weights = cases.y, cases.weights
    n, p = y.shape
    notes: list[Note] = []
    spread = np.nanmax(y, axis=0) - np.nanmin(y, axis=0) if n else np.zeros(p)
    refuse_flat(n, spread, observed, where, lost)
    cases = _recoded(cases, where)
    size = (float(n) if weights is None else float(weights.sum())) - wishart
    if missing == "pairwise" and np.isnan(y).any():
        pairs = pairwise_moments(y, weights)
        cov = pairs.cov * n / (n - 1) if wishart else pairs.cov
        sample = Sample(n, pairs.mean, cov, size, None, cases, wishart=wishart)
    elif missing != "listwise" and np.isnan(y).any():
        patterns = find_patterns(y, weights)
        thin = coverage(y)
        if thin.min() < THIN:
            i, j = divmod(int(np.argmin(thin)), p)
            notes.append(note("moments.thin_coverage", a=observed[i], b=observed[j], share=100 * thin.min()))
        mean, cov, arrived = saturated(patterns, p)
        if not arrived:
            notes.append(note("moments.em_limit"))
        sample = Sample(n, mean, cov, size, patterns, cases)
    else:
        found = complete_moments(y, weights)
        mean, cov = found.mean, found.products / found.weight
        sample = Sample(
            n, mean, cov * n / (n - 1) if wishart and weights is None else cov, size, None, cases, wishart=wishart
        )
    refuse_singular(sample.cov, observed, where)
    return sample, notes


def _recoded(cases: Cases, where: Words) -> Cases:
    """Number clusters and strata of a group from 0, and check that there are units to compare."""
    cluster, strata = (
        None if part is None else np.unique(part, return_inverse=True)[1].astype(np.int64)
        for part in (cases.cluster, cases.strata)
    )
    if cluster is not None and cluster.max() < 1:
        raise SampleError.of("moments.one_cluster", where=where)
    return replace(cases, cluster=cluster, strata=strata)


def _with_moments(
    sample: Sample, where: Words, *, weight: Weight | None, gamma: bool, means: bool, fixed: Sequence[int]
) -> Sample:
    """Add Gamma, and what least squares needs."""
    cases = sample.cases
    assert cases is not None  # rows are there while a model is being fitted
    G = plain = None
    if gamma:
        if np.isnan(cases.y).any():
            G = plain = pairwise_gamma(cases.y)
        else:
            take = partial(adf_gamma, cases.y, weights=cases.weights, fixed=fixed)
            G = plain = take(cluster=cases.cluster, strata=cases.strata)
            if weight in ("WLS", "DWLS") and (cases.cluster is not None or cases.strata is not None):
                plain = take()  # how rows were drawn tells on errors, not on estimates
    return with_weights(sample, where, G, plain, weight=weight, means=means)


def with_weights(
    sample: Sample, where: Words, G: Floats | None, plain: Floats | None, *, weight: Weight | None, means: bool
) -> Sample:
    """Add Gamma, and for least squares the vector of moments and its weights, which rest on Gamma `plain`."""
    if weight is None:
        return replace(sample, gamma=G)
    p = sample.p
    moments = sample.cov[low(p)]
    if means:
        moments = np.concatenate([sample.mean, moments])
    elif G is not None and plain is not None:
        G, plain = G[p:, p:], plain[p:, p:]
    normal = normal_weight(sample.cov, means) if weight == "GLS" else None
    try:
        W = weight_matrix(weight, len(moments), plain, normal)
    except np.linalg.LinAlgError:
        instead = "'DWLS', 'WLSMV', 'MLR'"
        raise SampleError.of("moments.few_for_wls", n=sample.n, where=where, m=len(moments), instead=instead) from None
    return replace(sample, moments=moments, weight=W, gamma=G)
