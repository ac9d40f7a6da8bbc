"""All coefficients of reliability of a construct, one row each, with errors and intervals where there are any.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cgsurvey.base.notes import Note, note
from cgsurvey.base.parallel import streams
from cgsurvey.reliability import coefficients as c
from cgsurvey.reliability.coefficients import NAN
from cgsurvey.reliability.intervals import MEASURES, intervals
from cgsurvey.reliability.one_factor import OneFactor
from cgsurvey.reliability.scale import Scale
from cgsurvey.reliability.split_half import MOST, odd_even, split_halves

COLUMNS = ("construct", "measure", "estimate", "std_error", "ci_lower", "ci_upper", "method")


@dataclass(frozen=True)
class Asked:
    """What the user wants: level of intervals, resamples, their seed."""

    ci: float
    bootstrap: int
    seed: int | None


def estimates(scales: Sequence[Scale], asked: Asked) -> tuple[list[dict[str, Any]], list[Note]]:
    """Return the rows of all constructs, and what must be said of resamples and splits."""
    rows: list[dict[str, Any]] = []
    notes: list[Note] = []
    for s, draw in zip(scales, streams(asked.seed, len(scales)), strict=True):
        for measure, estimate, method, error, low, up in _of_scale(s, asked, draw, notes):
            values = (s.name, measure, float(estimate), float(error), float(low), float(up), method)
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows, notes


Row = tuple[str, float, str, float, float, float]


def _row(measure: str, estimate: Any, method: str, error: float = NAN, low: float = NAN, up: float = NAN) -> Row:
    return measure, float(estimate), method, error, low, up


def _of_scale(s: Scale, asked: Asked, draw: np.random.Generator, notes: list[Note]) -> Iterator[Row]:
    if s.defined and not s.ordinal_only:
        yield from _alphas(s, asked)
        if s.x is not None and s.n > 2:
            yield from _with_errors(s, asked, draw, notes)
        else:
            yield from _without_errors(s)
        yield from _bounds(s, draw, notes)
    if s.P is not None:
        yield _row("alpha_ordinal", s.alpha_ordinal, "polychoric")
    if s.x is None:
        yield _row("composite_reliability", c.composite_reliability(s.loadings), "model")
        yield _row("ave", c.average_variance_extracted(s.loadings), "model")
        yield _row("h", c.maximal_reliability(s.loadings), "model")
    if s.shares is not None:
        yield _row("omega_total", s.shares.total[0], "schmid_leiman")
        yield _row("omega_h", s.shares.general[0], "schmid_leiman")
        yield _row("omega_limit", s.shares.limit, "schmid_leiman")
        yield _row("ecv", s.shares.ecv, "schmid_leiman")


def _alphas(s: Scale, asked: Asked) -> Iterator[Row]:
    a = float(c.alpha(s.S))
    yield _row("alpha", a, "feldt", NAN, *c.feldt(a, s.n, s.k, asked.ci))
    yield _row("alpha", a, "duhachek", *c.duhachek(s.S, s.n, asked.ci))


def _with_errors(s: Scale, asked: Asked, draw: np.random.Generator, notes: list[Note]) -> Iterator[Row]:
    """Coefficients whose errors follow from the answers."""
    assert s.x is not None
    found = intervals(s.x, OneFactor(s.loadings[None], s.residuals[None]), asked.ci, asked.bootstrap, draw)
    values = found.estimate
    for m, (measure, value) in enumerate(zip(MEASURES, values, strict=True)):
        if not np.isfinite(value):
            continue
        yield _row(measure, value, "delta", found.std_error[m], *found.normal[m])
        if asked.bootstrap:
            yield _row(measure, value, "percentile", found.resampled_error[m], *found.percentile[m])
            yield _row(measure, value, "bca", found.resampled_error[m], *found.bca[m])
    lost = int(found.failed[np.isfinite(values)].max(initial=0))
    if lost:
        notes.append(note("reliability.resamples_lost", construct=s.name, n=lost, total=asked.bootstrap))


def _without_errors(s: Scale) -> Iterator[Row]:
    R = c.correlation(s.S)
    yield _row("alpha_std", c.alpha(R), "closed_form")
    yield _row("lambda2", c.lambda2(s.S), "closed_form")
    yield _row("lambda6", c.lambda6(R), "closed_form")
    yield _row("mean_inter_item_r", c.mean_correlation(R), "closed_form")


def _bounds(s: Scale, draw: np.random.Generator, notes: list[Note]) -> Iterator[Row]:
    """Lower bounds and halves, of sums of answers and of sums of standardised answers."""
    R = c.correlation(s.S)
    for M, method in ((s.S, "covariances"), (R, "correlations")):
        halves = split_halves(M, draw)
        yield _row("lambda1", c.lambda1(M), method)
        yield _row("lambda2", c.lambda2(M), method)
        yield _row("lambda3", c.alpha(M), method)
        yield _row("lambda4", halves.best, method)
        yield _row("lambda5", c.lambda5(M), method)
        yield _row("lambda6", c.lambda6(M), method)
        yield _row("mu2", c.mu(M, 2), method)
        yield _row("mu3", c.mu(M, 3), method)
        yield _row("split_half_worst", halves.worst, method)
        yield _row("split_half_mean", halves.mean, method)
    if s.k > MOST:
        notes.append(note("reliability.splits_sampled", construct=s.name, k=s.k, splits=halves.splits))
    pair = odd_even(s.S)
    yield _row("odd_even_r", pair.r, "covariances")
    yield _row("spearman_brown", pair.spearman_brown, "covariances")
    yield _row("guttman_rulon", pair.guttman_rulon, "covariances")
    yield _row("rho_a", c.rho_a(R), "correlations")
    r = c.below(R)
    yield _row("median_inter_item_r", np.median(r), "correlations")
    yield _row("min_inter_item_r", r.min(), "correlations")
    yield _row("max_inter_item_r", r.max(), "correlations")
