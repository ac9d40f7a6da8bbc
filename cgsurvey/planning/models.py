"""Two models of a power analysis: the population, with values, and the analysis, in which they are to be found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cgsurvey.base.errors import ConvergenceError, ModelError, OptionError, some
from cgsurvey.instrument import Instrument
from cgsurvey.moments.sample import Floats, Sample
from cgsurvey.planning.drawing import Source
from cgsurvey.planning.replication import Study, row_errors, unit_covariance
from cgsurvey.sem.compiled import Compiled, compile_model
from cgsurvey.sem.fitting.constrained import minimise_within
from cgsurvey.sem.fitting.search import search
from cgsurvey.sem.model.table import ParameterTable, parameter_table
from cgsurvey.sem.options import Options
from cgsurvey.sem.population import Population, instrument_population, read_population
from cgsurvey.sem.resampling.drawn import table_rows
from cgsurvey.sem.result import SemFit
from cgsurvey.sem.testing.chisq import free_moments

APART = 1e-4  # RMSEA of the analysis model in the population above which it does not hold there
LARGE = 1_000_000  # rows of the sample that stands for the population
KEPT = ("std_lv", "fixed_x", "meanstructure", "orthogonal", "auto", "auto_fix_first")


@dataclass(frozen=True)
class Target:
    """The analysis model at the population.

    Attributes
    ----------
    compiled : Compiled
        On the moments of the population.
    study : Study
    true : ndarray, shape (rows of the table,)
        Values of the parameters in the population.
    df : int
    rmsea : float
        Distance of the model from the population.
    unit : ndarray, shape (rows of the table,)
        Standard errors of one row of data by normal theory: sqrt(n) times the standard error.
    """

    compiled: Compiled
    study: Study
    true: Floats
    df: int
    rmsea: float
    unit: Floats


def populate(
    model: Any,
    population: str | None,
    ordered: Mapping[str, Sequence[float]] | None,
    categories: int | Mapping[str, int] | None,
    skew: float,
    unit_variance: bool,
) -> tuple[Population, str, dict[str, Any]]:
    """Read population, default analysis model, and the options of a fit that go with it."""
    cuts = {"ordered": ordered, "categories": categories, "skew": skew or None}
    foreign = [f"{k}=" for k, v in cuts.items() if v is not None]
    if isinstance(model, SemFit):
        if foreign or population is not None:
            raise OptionError(f"{some(foreign or ['population='])}: a fitted model brings its own population.")
        return _of_fit(model)
    if isinstance(model, Instrument):
        if foreign:
            raise OptionError(f"{some(foreign)}: not for an instrument, whose scales say how answers look.")
        made = instrument_population(model, population)
        return made, analysis_model(made.table), {}
    if not isinstance(model, str):
        raise OptionError(
            f"power needs lavaan syntax with values, an Instrument or a fitted model, not {type(model).__name__}. "
            "E.g. cg.power('f =~ .8*x1 + .7*x2 + .7*x3\\ny ~ .3*f', 200)."
        )
    if population is not None:
        raise OptionError("population= belongs to an instrument; a model with values is its own population.")
    made = read_population(
        model, ordered=ordered, categories=categories, skew=skew, unit_variance=unit_variance
    )  # fmt: skip
    return made, analysis_model(made.table), {}


def analysis_model(table: ParameterTable) -> str:
    """The model of a population without its values: what is zero among loadings and covariances is left out."""
    lines = []
    for k in range(len(table)):
        op, lhs, rhs = table.op[k], table.lhs[k], table.rhs[k]
        if op in (":=", "==", "<", ">"):
            if table.user[k] == 1:
                lines.append(f"{lhs} {op} {rhs}")
            continue
        if table.user[k] != 1 or table.group[k] > 1 or op in ("|", "~*~") or (op == "~~" and lhs == rhs):
            continue
        if op in ("=~", "~~") and table.value[k] == 0:
            continue
        label = f"{table.label[k]}*" if table.label[k] and not table.label[k].startswith(".") else ""
        lines.append(f"{_written(lhs)} {'~' if op == '~1' else op} {label}{'1' if op == '~1' else _written(rhs)}")
    return "\n".join(lines) + "\n"


def _written(name: str) -> str:
    return name if name.replace(".", "_").isidentifier() else f"`{name}`"


def _of_fit(fit: SemFit) -> tuple[Population, str, dict[str, Any]]:
    if len(fit.matrices) > 1:
        raise OptionError("power works with one group; this model was fitted to several.")
    if fit.table.products or any(":" in v for v in fit.observed):
        raise OptionError("the model has products of variables, which are not normal; power cannot draw them.")
    filled = fit.matrices[0]
    cuts: dict[str, list[float]] = {}
    for k in fit.table.where("|"):
        cuts.setdefault(fit.table.lhs[k], []).append(float(fit.values[k]))
    thresholds = {name: np.array(t) for name, t in cuts.items()}
    options: dict[str, Any] = {k: getattr(fit.options, k) for k in KEPT}
    options |= {"estimator": fit.options.estimator, "parameterization": fit.options.parameterization}
    return Population(fit.table, ((filled.A, filled.S, filled.m),), thresholds), str(fit.model), options


def aim(
    made: Population,
    analysis: str,
    options: Options,
    *,
    missing: float = 0.0,
    cluster_size: int = 0,
    icc: Floats | None = None,
) -> Target:
    """Find what the parameters of the analysis model are in the population.

    Raises
    ------
    ModelError
        The analysis names variables that the population lacks, or its model has no solution there.
    IdentificationError
        The analysis model has no unique solution.
    """
    table = parameter_table(
        analysis,
        list(made.table.observed),
        kind="sem",
        groups=1,
        **{k: getattr(options, k) for k in KEPT},
    )
    if table.products:
        raise ModelError(f"products of variables ({some(table.products)}) are not normal; power cannot draw them.")
    where = {name: k for k, name in enumerate(made.table.variables)}
    cuts = [made.thresholds.get(name) for name in table.observed]
    use = np.array([where[name] for name in table.observed], dtype=np.int64)
    A, S, m = made.groups[0]
    source = Source(A, S, m, use, tuple(cuts), missing, cluster_size, icc)
    mean, cov = source.latent_moments() if options.ordered else source.moments()
    if options.ordered:
        mean, cov = _responses(table, cuts, mean, cov)
    found = compile_model(table, [Sample(LARGE, mean, cov, float(LARGE))], fixed_x=options.fixed_x)
    return _solved(found, source, options)


def _responses(
    table: ParameterTable, cuts: Sequence[Floats | None], mean: Floats, cov: Floats
) -> tuple[Floats, Floats]:
    """Moments of latent responses in their metric: variance 1, given the fixed covariates where there are any."""
    x = [table.observed.index(n) for n in table.exogenous]
    left = np.diag(cov).copy()
    if x:
        left -= np.einsum("ij,ji->i", cov[:, x], np.linalg.solve(cov[np.ix_(x, x)], cov[x]))
    scale = np.array(
        [1.0 if t is None or k in x else 1 / np.sqrt(left[k]) for k, t in enumerate(cuts)], dtype=np.float64
    )
    return mean * scale, cov * np.outer(scale, scale)


def _solved(compiled: Compiled, source: Source, options: Options) -> Target:
    problem, within, table = compiled.problem, compiled.within, compiled.table
    optimum = minimise_within(problem, compiled.z, within).optimum if len(within) else search(problem, compiled.z)
    if not optimum.converged:
        raise ConvergenceError(
            "the analysis model has no solution even in the population itself: it does not suit the model that the "
            "data come from. Compare the two."
        )
    s, sample = compiled.structure, problem.samples[0]
    theta = problem.theta(optimum.z)
    values = np.where(s.free >= 0, theta[np.maximum(s.free, 0)] if len(theta) else 0.0, s.value)
    true = table_rows(table, s, values[None])[0]
    H = problem.slope(optimum.z, "observed")[1]
    fixed = np.flatnonzero((s.free < 0) & (table.exo[s.row] == 1))
    made = Study(
        source=source,
        mean=sample.mean,
        cov=sample.cov,
        table=table,
        structure=s,
        K=problem.K,
        k0=problem.k0,
        z=optimum.z,
        H=H,
        fixed_cells=fixed,
        robust=options.se == "robust.huber.white",
    )
    unit = row_errors(table, s, values, unit_covariance(problem, optimum.z))
    distance = 2 * optimum.value - float(np.linalg.slogdet(sample.cov)[1]) - sample.p
    df = len(free_moments(s.p, s.means, compiled.covariates if options.fixed_x else ())) - problem.K.shape[1]
    return Target(compiled, made, true, df, float(np.sqrt(max(distance, 0.0) / df)) if df > 0 else 0.0, unit)
