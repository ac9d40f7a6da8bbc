"""HTMT of every pair of constructs with its intervals: which rows, which correlations, which resamples.

Labelled file; numbers are made in `validity_numbers` and `validity_intervals`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.random import SeedSequence

from cgsurvey.base.errors import OptionError, SampleError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import whole
from cgsurvey.base.parallel import check_seed, recorded_seed
from cgsurvey.moments.build import sample_statistics
from cgsurvey.moments.ordered import ordered_frame
from cgsurvey.moments.sample import Floats, Ints, Sample
from cgsurvey.reliability.coefficients import NAN, correlation
from cgsurvey.reliability.measured import group_of
from cgsurvey.reliability.validity_intervals import (
    acceleration,
    distribution_free,
    from_gamma,
    incomplete,
    influences,
    left_out_rows,
    normal_limits,
    normal_theory,
    polychorics,
    resampled,
    resampled_rows,
)
from cgsurvey.reliability.validity_numbers import Pairing, quadratic, ratio_slopes, ratios, vech
from cgsurvey.responses.source import Source
from cgsurvey.sem import SemFit
from cgsurvey.sem.resampling.bootstrap import Interval, accelerations, deviations, intervals
from cgsurvey.sem.resolution import sample_of

FEW = 1000  # resamples below which limits of an interval are left to chance
METHODS = (
    "construct_1", "construct_2", "measure", "method", "estimate", "std_error", "ci_lower", "ci_upper", "upper",
)  # fmt: skip


@dataclass(frozen=True)
class Resampling:
    """Resamples that are wanted."""

    count: int
    seed: int | None
    n_jobs: int

    @classmethod
    def of(cls, count: int, seed: int | None, n_jobs: int) -> Resampling:
        """Check what was asked for; without a seed one is drawn."""
        count, n_jobs = whole("bootstrap", count, 0), whole("n_jobs", n_jobs, None)
        check_seed(seed)
        return cls(count, recorded_seed(seed) if count else None, n_jobs)


@dataclass(frozen=True)
class Seen:
    """What HTMT is computed from.

    Attributes
    ----------
    sample : Sample
        With rows where they are known, with `gamma` where correlations are polychoric.
    names : tuple of str
        Its variables.
    ordered : ndarray of bool, shape (p,)
        Variables whose correlations are polychoric.
    notes : tuple of Note
    """

    sample: Sample
    names: tuple[str, ...]
    ordered: np.ndarray
    notes: tuple[Note, ...] = ()

    @property
    def complete(self) -> bool:
        """True where rows are known and none is incomplete."""
        return self.sample.cases is not None and not np.isnan(self.sample.cases.y).any()


def seen_by_fit(fit: SemFit, source: Source | None, group: str | None, kind: str | None, *, rows_needed: bool) -> Seen:
    """Return the sample of one group of a fit, with its rows where `source` gives them."""
    g, names = group_of(fit, group), fit.table.observed
    known = set(fit.table.ordered)
    is_ordered = np.array([n in known for n in names])
    if source is None:
        if rows_needed or (kind is not None and (kind == "polychoric") != bool(known)):
            what = "bootstrap=" if rows_needed else f"correlation='{kind}'"
            raise OptionError(f"{what} needs the rows, which a fit does not keep: cg.validity(fit, data=data, ...).")
        return Seen(fit.samples[g], names, is_ordered)
    if kind is None or (kind == "polychoric" and is_ordered.all()) or (kind == "pearson" and not known):
        sample = sample_of(source.frame, fit.table, fit.options).samples[g]
        near = np.abs(sample.cov - fit.samples[g].cov).max() <= 1e-6 * np.abs(fit.samples[g].cov).max()
        if sample.n != fit.samples[g].n or not near:
            raise OptionError(
                f"data= holds other rows than the model was fitted to ({sample.n} usable rows, the fit used "
                f"{fit.samples[g].n}). Give the same data."
            )
        if known and sample.gamma is None:
            sample = replace(sample, gamma=fit.samples[g].gamma)
        return Seen(sample, names, is_ordered)
    o = fit.options
    frame = source.frame if o.group is None else source.frame[source.frame[o.group].astype(str) == fit.meta.groups[g]]
    return seen_of_rows(frame, list(names), kind, cluster=o.cluster, strata=o.strata, weights=o.weights)


def seen_of_rows(
    frame: pd.DataFrame,
    names: list[str],
    kind: Literal["pearson", "polychoric"] | str | None,
    *,
    cluster: str | None = None,
    strata: str | None = None,
    weights: str | None = None,
) -> Seen:
    """Return the moments of complete rows, polychoric where asked for."""
    poly = kind == "polychoric"
    frame = ordered_frame(frame, names if poly else ())
    made = sample_statistics(
        frame,
        names,
        cluster=cluster,
        strata=strata,
        weights=weights,
        ordered=names if poly else (),
        weight="ULS" if poly else None,
        gamma=poly,
    )
    return Seen(made.samples[0], tuple(names), np.full(len(names), poly), made.notes)


@dataclass(frozen=True)
class Judged:
    """Intervals in a long table, and the sources of how they were made."""

    intervals: pd.DataFrame
    references: tuple[str, ...]


def judged_pairs(
    names: Sequence[str], at: Sequence[Ints], seen: Seen, *, absolute: bool, ci: float, wanted: Resampling
) -> tuple[Judged, list[Note]]:
    """Return HTMT and HTMT2 of all pairs with intervals by every method that the data allow."""
    R = correlation(seen.sample.cov)
    pairing, r = Pairing.of(len(R), at), vech(R)
    kinds = (False, True)
    value = np.concatenate([ratios(r, pairing, absolute=absolute, geometric=g) for g in kinds])
    slopes = np.vstack([ratio_slopes(r, pairing, absolute=absolute, geometric=g) for g in kinds])
    exists = np.isfinite(value)
    error, how, notes = _errors(seen, quadratic(np.nan_to_num(slopes), R))
    error = np.where(exists, error, NAN)
    notes += _remarks(names, pairing, R, at, absolute)
    if np.linalg.eigvalsh(R)[0] < -1e-10:
        notes.append(note("reliability.not_definite", value=float(np.linalg.eigvalsh(R)[0])))
    found = [("asymptotic", error, *normal_limits(value, error, ci))]
    if wanted.count:
        draws, a, told = _draws(names, seen, pairing, slopes, R, absolute, wanted)
        spread = deviations(draws)
        kind: Interval
        for kind in ("percentile", "bca"):
            lower, upper = intervals(draws, value, kind, ci, a)
            one_sided = intervals(draws, value, kind, 2 * ci - 1, a)[1]
            found.append((kind, spread, lower, upper, one_sided))
        notes += told
        how += ("efron1987",)
    first, second = ([names[k] for k in side] * 2 for side in (pairing.first, pairing.second))
    measure = np.repeat(["htmt", "htmt2"], len(pairing.first)).tolist()
    tables = [
        pd.DataFrame(dict(zip(METHODS, (first, second, measure, method, value, *numbers), strict=True)))
        for method, *numbers in found
    ]
    return Judged(pd.concat(tables, ignore_index=True), how), notes


def _errors(seen: Seen, D: Floats) -> tuple[Floats, tuple[str, ...], list[Note]]:
    """Standard errors by the way that the sample allows, its source, and what is to be said."""
    sample = seen.sample
    if seen.ordered.any():
        if sample.gamma is None or len(sample.gamma) < seen.ordered.sum() * (seen.ordered.sum() - 1) // 2:
            return np.full(len(D), NAN), (), [note("reliability.htmt_no_errors")]
        return from_gamma(D, sample, seen.ordered), ("muthen1984",), []
    if sample.patterns is not None and sample.cases is not None:
        return incomplete(D, sample), ("yuan2000",), []
    if sample.patterns is not None or sample.curvature is not None or sample.unstructured:
        return np.full(len(D), NAN), (), [note("reliability.htmt_incomplete")]
    if not seen.complete:
        error = normal_theory(D, correlation(sample.cov), sample.rows)
        return error, ("steiger1980",), [note("reliability.htmt_normal")]
    assert sample.cases is not None
    return distribution_free(influences(sample.cases, sample, D), sample.cases), ("browne1984",), []


def _remarks(names: Sequence[str], pairing: Pairing, R: Floats, at: Sequence[Ints], absolute: bool) -> list[Note]:
    """Say where correlations between constructs differ in sign, so that absolute values hide what cancels."""
    mixed = [
        f"{names[i]} - {names[j]}"
        for i, j in zip(pairing.first, pairing.second, strict=True)
        if np.ptp(np.sign(R[np.ix_(at[i], at[j])])) == 2
    ]
    return [note("reliability.htmt_signs", pairs="; ".join(mixed))] if mixed and absolute else []


def _draws(
    names: Sequence[str],
    seen: Seen,
    pairing: Pairing,
    slopes: Floats,
    R: Floats,
    absolute: bool,
    wanted: Resampling,
) -> tuple[Floats, Floats, list[Note]]:
    """HTMT and HTMT2 of resamples (R, 2 pairs), accelerations, and what is to be said."""
    sample = seen.sample
    if sample.cases is None or (sample.patterns is not None and not seen.ordered.any()):
        raise OptionError(
            "bootstrap= resamples complete rows, and this model was fitted to incomplete ones. Leave missing= out, or "
            "take multiple imputation."
        )
    cases = sample.cases

    def both(matrices: Floats) -> Floats:
        """HTMT and HTMT2, behind a column that is NaN where there are no correlations."""
        r = vech(matrices)
        found = [ratios(r, pairing, absolute=absolute, geometric=g) for g in (False, True)]
        return np.concatenate([r[..., :1], *found], axis=-1)

    def of_rows(y: Floats, weights: Floats | None) -> Floats:
        try:
            return both(polychorics(y, weights, seen.ordered))
        except SampleError:  # a resample in which two items have no row in common
            return np.full(1 + 2 * len(pairing.first), NAN)

    seeds = SeedSequence(wanted.seed).spawn(wanted.count)
    if seen.ordered.any():
        draws = resampled_rows(cases, of_rows, seeds, wanted.n_jobs)
        a = accelerations(left_out_rows(cases, of_rows, wanted.n_jobs))[1:]
    else:
        draws = resampled(sample, both, seeds, n_jobs=wanted.n_jobs)
        a = acceleration(influences(cases, sample, quadratic(np.nan_to_num(slopes), R)), cases)
    failed = int(np.isnan(draws[:, 0]).sum())
    return draws[:, 1:], a, _told(names, pairing, draws[:, 1:], failed, wanted)


def _told(names: Sequence[str], pairing: Pairing, draws: Floats, failed: int, wanted: Resampling) -> list[Note]:
    bad = np.isnan(draws)
    notes = [note("reliability.htmt_resamples", count=wanted.count, seed=wanted.seed)]
    if wanted.count < FEW:
        notes.append(note("reliability.htmt_few_resamples", count=wanted.count))
    if failed:
        notes.append(note("reliability.htmt_failed", failed=failed, count=wanted.count))
    m = len(pairing.first)
    for kind, part in (("HTMT", bad[:, :m]), ("HTMT2", bad[:, m:])):
        lost = part.sum(axis=0) - failed
        some = [
            f"{names[i]} - {names[j]}: {n}"
            for i, j, n in zip(pairing.first, pairing.second, lost, strict=True)
            if 0 < n < wanted.count - failed
        ]
        if some:
            notes.append(note("reliability.htmt_lost", kind=kind, pairs="; ".join(some), count=wanted.count))
    return notes
