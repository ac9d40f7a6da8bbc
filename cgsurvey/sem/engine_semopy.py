"""semopy as a second, independent engine: only its maximum-likelihood estimates are taken.

semopy 2.3.11 minimises the normal-theory fit function of complete data right once its tolerance is tightened; its
automatic parameters, degrees of freedom, tests, ordinal and multi-group estimators are not those of lavaan. So every
cell of the model is written out under names of our own, items are brought to unit variance (its optimiser depends on
units), the covariances that it built are compared with ours, and all else is computed here. The rest is refused.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import ConvergenceError, MissingDependencyError, UnsupportedByEngine, some
from cgsurvey.base.parallel import one_thread
from cgsurvey.moments.sample import Floats, Ints, Sample
from cgsurvey.sem.model import ram
from cgsurvey.sem.model.structure import ARROW, MEAN, Structure
from cgsurvey.sem.model.table import ParameterTable
from cgsurvey.sem.options import Options

FTOL, STEPS, LOADING = 1e-13, 1_000, 0.5
REFUSED, REMEDY = "semopy cannot fit this model right:", "Use engine='native'."


@dataclass(frozen=True)
class Refit:
    """Estimates by semopy: theta, shape (q,), the steps of its optimiser, its version."""

    theta: Floats
    iterations: int
    version: str


def refit(table: ParameterTable, structure: Structure, samples: Sequence[Sample], options: Options) -> Refit:
    """Estimate a model by semopy.

    Parameters
    ----------
    table, structure : ParameterTable, Structure
        The model; moments of fixed covariates filled in.
    samples : sequence of Sample
        Moments of complete rows, one per group; semopy sees the covariances only.
    options : Options
        Options of the fit, to refuse what semopy cannot do.

    Raises
    ------
    UnsupportedByEngine
        With all reasons why semopy cannot fit this model right.
    ConvergenceError
        When semopy reports that it failed.
    """
    require_support(table, structure, options)
    semopy = _semopy()
    theta, iterations = np.full(structure.q, np.nan), 0
    with one_thread():
        for g, sample in enumerate(samples):
            at = np.flatnonzero((structure.matrix == MEAN) & (structure.group == g) & (structure.free >= 0))
            theta[structure.free[at]] = sample.mean[structure.i[at]]  # saturated: those of the sample
            iterations += _fit_group(semopy, table, structure, g, sample, theta)
    return Refit(theta, iterations, metadata.version("semopy"))


def require_support(table: ParameterTable, structure: Structure, options: Options) -> None:
    """Raise UnsupportedByEngine with all reasons why semopy cannot fit a model right."""
    reasons = unsupported(table, structure, options)
    if reasons:
        raise UnsupportedByEngine("\n  ".join([REFUSED, *reasons]) + f"\n{REMEDY}")


def unsupported(table: ParameterTable, structure: Structure, options: Options) -> list[str]:
    """Return all reasons why semopy cannot fit a model right; none when it can."""
    s, out = structure, []
    if options.fiml:
        out.append("rows with missing values (missing='fiml'): it takes complete rows only.")
    if table.ordered:
        out.append(f"ordered items ({some(table.ordered)}): its estimator for them is not WLSMV.")
    if len(table.where("==", "<", ">")) > sum(u == 2 for u in table.user):
        out.append("constraints by '==', '<' or '>', whose degrees of freedom and errors it gets wrong.")
    places = [np.flatnonzero(s.free == k) for k in range(s.q)]
    if any(len(set(s.group[at])) > 1 for at in places):
        out.append("parameters that are equal across groups: it fits groups one by one.")
    if any(len(set(s.matrix[at])) > 1 for at in places):
        out.append("one label for parameters of different kinds.")
    if s.means and not _means_saturated(s):
        out.append("a mean structure that says something about the means: it is fitted to covariances.")
    return out


def _means_saturated(s: Structure) -> bool:
    """True when each observed variable has a free intercept of its own, or the fixed mean of a covariate."""
    at = np.flatnonzero(s.matrix == MEAN)
    observed, latent = at[s.i[at] < s.p], at[s.i[at] >= s.p]
    if np.any(s.free[latent] >= 0) or np.any(s.value[latent] != 0):
        return False
    free, fixed = s.free[observed][s.free[observed] >= 0], observed[s.free[observed] < 0]
    targets = {(g, i) for g, i, m in zip(s.group, s.i, s.matrix, strict=True) if m == ARROW}
    alone = all((s.group[c], s.i[c]) not in targets for c in fixed)
    return alone and len(set(free)) == len(free) and len(observed) == s.p * s.n_groups


def _semopy() -> ModuleType:
    try:
        import semopy
    except ImportError as error:
        raise MissingDependencyError.of("sem.no_semopy") from error
    return semopy


def _fit_group(semopy: Any, table: ParameterTable, s: Structure, g: int, sample: Sample, theta: Floats) -> int:
    """Fit one group, write its estimates to `theta` in the units of the sample, return the steps."""
    cells = np.flatnonzero((s.group == g) & (s.matrix != MEAN))
    unit, factor = _units(s, cells, sample)
    names = [f"o{k}" for k in range(s.p)] + [f"f{k}" for k in range(s.v - s.p)]
    lines = []
    for cell, f in zip(cells, factor, strict=True):
        op, free = table.op[s.row[cell]], s.free[cell]
        what = f"p{free}" if free >= 0 else np.format_float_positional(s.value[cell] * f, trim="0")
        left, right = (s.j[cell], s.i[cell]) if op == "=~" else (s.i[cell], s.j[cell])
        lines.append(f"{names[left]} {op} {what}*{names[right]}")
    observed = names[: s.p]
    scaled = pd.DataFrame(sample.cov * np.outer(unit[: s.p], unit[: s.p]), index=observed, columns=observed)
    of_free = {int(s.free[c]): f for c, f in zip(cells, factor, strict=True) if s.free[c] >= 0}
    # Without a fixed loading semopy starts loadings at zero, where the fit function is flat.
    tied = set(s.j[cells[(s.matrix[cells] == ARROW) & (s.free[cells] < 0) & (s.value[cells] != 0)]])
    loose = [c for c in cells if table.op[s.row[c]] == "=~" and s.free[c] >= 0 and s.j[c] not in tied]
    start = {f"p{s.free[c]}": LOADING for c in loose}
    found, steps, Sigma = _solve(semopy, "\n".join(lines), scaled, sample.n, start)
    if set(found) != {f"p{k}" for k in of_free}:
        raise UnsupportedByEngine(f"{REFUSED}\n  it adds parameters that the model does not have. {REMEDY}")
    for k, f in of_free.items():
        theta[k] = found[f"p{k}"] / f
    ours = ram.matrices(ram.layouts(s)[g], np.nan_to_num(theta)).Sigma * np.outer(unit[: s.p], unit[: s.p])
    if not np.allclose(Sigma.loc[observed, observed], ours, rtol=0, atol=1e-8):
        raise UnsupportedByEngine(f"{REFUSED}\n  it reads another model from the same parameters. {REMEDY}")
    return steps


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back semopy's notices, which go to the root logger; what matters is checked by the caller."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _solve(
    semopy: Any, text: str, cov: pd.DataFrame, n: int, start: dict[str, float]
) -> tuple[dict[str, float], int, pd.DataFrame]:
    """Run semopy: estimates by name, steps of the optimiser, implied covariances."""
    try:
        with _quiet():
            model = semopy.Model(text, cov_diag=True)
            for name, parameter in model.parameters.items():
                parameter.bound = (None, None)  # it keeps variances above zero, which is another estimator
                parameter.start = start.get(name, parameter.start)
            result = model.fit(cov=cov, n_samples=n, options={"ftol": FTOL, "maxiter": STEPS})
            names = [name for name, parameter in model.parameters.items() if parameter.active]
            Sigma = pd.DataFrame(model.calc_sigma()[0], index=model.vars["observed"], columns=model.vars["observed"])
    except (ValueError, KeyError, IndexError, np.linalg.LinAlgError) as error:
        raise UnsupportedByEngine(f"{REFUSED}\n  it fails with '{error}'. {REMEDY}") from error
    if not result.success:
        raise ConvergenceError(f"semopy did not converge: {result.message}. {REMEDY}")
    return dict(zip(names, map(float, model.param_vals), strict=True)), int(result.n_it), Sigma


def _units(s: Structure, cells: Ints, sample: Sample) -> tuple[Floats, Floats]:
    """What each variable and each cell is multiplied by when items are brought to unit variance, shapes (v,), (cells,).

    Latent variables take the unit of the variable that a fixed loading ties them to. Where parameters are equal, one
    factor for all items keeps them so.
    """
    sd = np.sqrt(np.diag(sample.cov))
    ties = cells[(s.matrix[cells] == ARROW) & (s.free[cells] < 0) & (s.value[cells] != 0) & (s.j[cells] >= s.p)]
    i, j, free = s.i[cells], s.j[cells], s.free[cells]
    for own in (1 / sd, np.full(s.p, 1 / np.exp(np.log(sd).mean()))):
        unit = np.concatenate([own, np.ones(s.v - s.p)])
        for _ in range(s.v - s.p):  # a factor of factors takes its unit from one of them
            unit[s.j[ties]] = unit[s.i[ties]]
        factor = np.where(s.matrix[cells] == ARROW, unit[i] / unit[j], unit[i] * unit[j])
        if all(np.ptp(np.log(factor[free == k])) < 1e-12 for k in np.unique(free[free >= 0])):
            return unit, factor
    raise UnsupportedByEngine(f"{REFUSED}\n  equal parameters that have different units. {REMEDY}")
