"""All coefficients of reliability of a construct, one row each, with errors and intervals where there are any.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cgsurvey.base.notes import Note, note
from cgsurvey.base.parallel import one_thread, streams
from cgsurvey.reliability import coefficients as c
from cgsurvey.reliability.coefficients import NAN
from cgsurvey.reliability.intervals import MEASURES, delta, measures, resampled
from cgsurvey.reliability.lower_bound import bound_by_factors, greatest_lower_bound
from cgsurvey.reliability.one_factor import OneFactor
from cgsurvey.reliability.scale import Scale
from cgsurvey.reliability.split_half import odd_even, split_halves

Row = tuple[str, float, str, float, float, float]
COLUMNS = ("construct", "measure", "estimate", "std_error", "ci_lower", "ci_upper", "method")


def estimates(scales: Sequence[Scale], ci: float, seed: int | None) -> list[dict[str, Any]]:
    """Return the rows of all constructs that follow from moments."""
    draws = streams(seed, len(scales))
    with one_thread():
        return [_named(s, row) for s, draw in zip(scales, draws, strict=True) for row in _of_scale(s, ci, draw)]


def of_resamples(
    scales: Sequence[Scale], ci: float, resamples: int, seed: int | None
) -> tuple[list[dict[str, Any]], list[Note]]:
    """Return rows of percentile and BCa intervals from the complete answers, and what was lost."""
    rows: list[dict[str, Any]] = []
    notes: list[Note] = []
    for s, draw in zip(scales, streams(seed, len(scales)), strict=True):
        if not s.defined or s.x is None or s.n < 3:
            continue
        found = resampled(s.x, _solution(s), ci, resamples, draw)
        values = measures(s.S[None])[0]
        for m, measure in enumerate(MEASURES):
            if np.isfinite(values[m]):
                for method, ends in (("percentile", found.percentile[m]), ("bca", found.bca[m])):
                    rows.append(_named(s, _row(measure, values[m], method, found.std_error[m], *ends)))
        lost = int(found.failed[np.isfinite(values)].max(initial=0))
        if lost:
            notes.append(note("reliability.resamples_lost", construct=s.name, n=lost, total=resamples))
    return rows, notes


def _named(s: Scale, row: Row) -> dict[str, Any]:
    measure, estimate, method, error, low, up = row
    values = (s.name, measure, float(estimate), float(error), float(low), float(up), method)
    return dict(zip(COLUMNS, values, strict=True))


def _solution(s: Scale) -> OneFactor:
    return OneFactor(s.loadings[None], s.residuals[None])


def _row(measure: str, estimate: Any, method: str, error: float = NAN, low: float = NAN, up: float = NAN) -> Row:
    return measure, float(estimate), method, error, low, up


def _of_scale(s: Scale, ci: float, draw: np.random.Generator) -> Iterator[Row]:
    if s.defined and not s.ordinal_only:
        a = float(c.alpha(s.S))
        yield _row("alpha", a, "feldt", NAN, *map(float, c.feldt(a, s.n, s.k, ci)))
        yield _row("alpha", a, "duhachek", *c.duhachek(s.S, s.n, ci))
        if s.gamma is not None and s.n > 2:
            found = delta(s.S, s.gamma, s.n, _solution(s), ci)
            for m, measure in enumerate(MEASURES):
                if np.isfinite(found.estimate[m]):
                    yield _row(measure, found.estimate[m], "delta", found.std_error[m], *found.interval[m])
        else:
            yield from _without_errors(s)
        yield from _bounds(s, draw)
    if s.P is not None:
        yield _row("alpha_ordinal", s.alpha_ordinal, "polychoric")
    if s.gamma is None and np.isfinite(s.loadings).any():
        yield _row("composite_reliability", c.composite_reliability(s.loadings), "model")
        yield _row("ave", c.average_variance_extracted(s.loadings), "model")
        yield _row("h", c.maximal_reliability(s.loadings), "model")
    if s.shares is not None:
        yield _row("omega_total", s.shares.total[0], "schmid_leiman")
        yield _row("omega_h", s.shares.general[0], "schmid_leiman")
        yield _row("omega_limit", s.shares.limit, "schmid_leiman")
        yield _row("ecv", s.shares.ecv, "schmid_leiman")


def _without_errors(s: Scale) -> Iterator[Row]:
    R = c.correlation(s.S)
    yield _row("alpha_std", c.alpha(R), "closed_form")
    yield _row("lambda2", c.lambda2(s.S), "closed_form")
    yield _row("lambda6", c.lambda6(R), "closed_form")
    yield _row("mean_inter_item_r", c.mean_correlation(R), "closed_form")


def _bounds(s: Scale, draw: np.random.Generator) -> Iterator[Row]:
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
        yield _row("glb", greatest_lower_bound(M).glb, method)
        yield _row("mu2", c.mu(M, 2), method)
        yield _row("mu3", c.mu(M, 3), method)
        yield _row("split_half_worst", halves.worst, method)
        yield _row("split_half_mean", halves.mean, method)
    pair = odd_even(s.S)
    yield _row("odd_even_r", pair.r, "covariances")
    yield _row("spearman_brown", pair.spearman_brown, "covariances")
    yield _row("guttman_rulon", pair.guttman_rulon, "covariances")
    yield _row("glb_fa", bound_by_factors(R), "correlations")
    yield _row("rho_a", c.rho_a(R), "correlations")
    r = c.below(R)
    yield _row("median_inter_item_r", np.median(r), "correlations")
    yield _row("min_inter_item_r", r.min(), "correlations")
    yield _row("max_inter_item_r", r.max(), "correlations")
