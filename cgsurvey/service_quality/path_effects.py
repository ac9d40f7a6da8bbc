"""Total effects of the variables of a fitted model on one of them, raw and standardised, with errors and draws."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cgsurvey.base.errors import EstimationError, ModelError, OptionError, some
from cgsurvey.base.options import choose
from cgsurvey.sem import SemFit
from cgsurvey.sem.derived.defined import selection
from cgsurvey.sem.derived.effects import Effects, effects_of, reduced
from cgsurvey.sem.derived.standardize import standardize
from cgsurvey.sem.model.implied import following
from cgsurvey.sem.resampled import normal_draws
from cgsurvey.sem.resampling.bootstrap import cell_values


@dataclass(frozen=True, eq=False)
class Solution:
    """Cells of a fit and their derivatives by the free parameters, raw and standardised; draws where asked for."""

    raw: np.ndarray
    by_theta: np.ndarray
    std: np.ndarray
    std_by_theta: np.ndarray


def solution_of(fit: SemFit) -> Solution:
    """Return cells and derivatives at the estimates."""
    cells = cell_values(fit.structure, fit.theta[None], np.zeros((1, 0)), np.zeros(0, dtype=np.int64))[0]
    made, theta, slope = following(fit.structure, fit.theta)
    scaled = standardize(made, theta, fit.matrices, np.ones(fit.structure.v, dtype=bool))
    raw, std = (np.where(np.isfinite(v), v, 0.0) for v in (cells, scaled.value))
    return Solution(raw, selection(fit.structure), std, scaled.jacobian @ slope)


def drawn_cells(fit: SemFit, kind: str, draws: int, generator: np.random.Generator) -> np.ndarray:
    """Cells of the fit's own resamples ("percentile") or of normal draws of its estimates, shape (R, cells)."""
    if kind == "percentile":
        if not fit.resampled or fit.bootstrap is None:
            raise OptionError(
                "ci_type='percentile' is made of resamples, and the fit has none: fit with se='bootstrap'."
            )
        return fit.bootstrap.cells(fit.structure)
    if not np.isfinite(fit.covariance).all():
        raise EstimationError("the fit has no standard errors (see its notes), so that nothing can be drawn.")
    theta = normal_draws(fit.theta, fit.covariance, draws, int(generator.integers(2**32)))
    return cell_values(fit.structure, theta, np.zeros((draws, 0)), np.zeros(0, dtype=np.int64))


def totals(found: Effects, group: int, causes: list[int], outcome: int) -> tuple[Effects, np.ndarray]:
    """Return the effects with the total ones on the outcome alone, and the place of each cause (-1: no arrow leads)."""
    keep = [e for e in found.rows if (e.kind, e.group, e.outcome) == ("total", group, outcome) and e.cause in causes]
    place = {e.cause: k for k, e in enumerate(keep)}
    return replace(found, rows=tuple(keep)), np.array([place.get(c, -1) for c in causes])


def group_of(fit: SemFit, group: int | str | None) -> int:
    """Return the place of a group, 0..G-1.

    Raises
    ------
    OptionError
        A fit of several groups without a choice, or a group that is not there.
    """
    labels = fit.meta.groups
    if fit.structure.n_groups == 1:
        if group is not None:
            raise OptionError("group chooses among the groups of a fit, and this fit has one.")
        return 0
    if group is None:
        raise OptionError(f"the fit has {len(labels)} groups, each with effects of its own: group='{labels[0]}'.")
    if isinstance(group, int) and 1 <= group <= len(labels):
        return group - 1
    return labels.index(choose("group", str(group), labels))


def effects_on(
    fit: SemFit, names: list[str], outcome: str, draws: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return standardised total effects on `outcome`, their draws (R, p), and its R2.

    Raises
    ------
    ModelError
        When no arrow leads from a name to the outcome.
    """
    group = group_of(fit, None)
    place = {n: k for k, n in enumerate(fit.table.variables)}
    found = effects_of(fit.table, fit.structure)
    shown, at = totals(found, group, [place[n] for n in names], place[outcome])
    if (at < 0).any():
        none = [n for n, k in zip(names, at, strict=True) if k < 0]
        raise ModelError(f"no arrow of the model leads from {some(none)} to '{outcome}': leave these out.")
    part = reduced(fit.structure, found.variables)
    value = shown.values(solution_of(fit).std[None])[0][at]
    cells = drawn_cells(fit, "percentile" if fit.resampled else "monte.carlo", draws, generator)
    drawn = shown.values(part.standardized(np.where(np.isfinite(cells), cells, 0.0)))[:, at]
    if len(drawn) != draws:  # resamples of the fit, as many as it has: drawn from again
        drawn = drawn[generator.integers(0, len(drawn), draws)]
    return value, drawn, float(fit.r2.get(outcome, np.nan))
