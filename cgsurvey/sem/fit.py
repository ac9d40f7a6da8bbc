"""cfa(), sem() and growth(): from a model and data to a fitted model.

`_fit` reads as its own documentation: the ten steps of a structural equation model on one screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import ConvergenceError, ModelError, OptionError, SampleError, UnsupportedByEngine, some
from cgsurvey.base.model import Model
from cgsurvey.base.notes import Note, note
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Meta, data_hash
from cgsurvey.moments.build import Grouped, group_labels, numbers, sample_statistics
from cgsurvey.moments.normal import moment_information, slopes
from cgsurvey.moments.ordered import categories, ordered_frame
from cgsurvey.moments.sample import Curvature, Floats, Sample
from cgsurvey.responses.source import Source, as_source
from cgsurvey.sem import moment_tests, ram
from cgsurvey.sem.chisq import Tests, free_moments, tests
from cgsurvey.sem.constrained import Within, feasible, minimise_within, tangent
from cgsurvey.sem.constraints import Constraints, constraints_of
from cgsurvey.sem.defined import defined_parameters, selection
from cgsurvey.sem.fit_measures import fit_measures
from cgsurvey.sem.fitted import Fitted
from cgsurvey.sem.identification import check_identification, undetermined
from cgsurvey.sem.inference import MANY, information
from cgsurvey.sem.kept import cheap, with_products
from cgsurvey.sem.optimise import Optimum, Problem
from cgsurvey.sem.options import RESAMPLING, Options, resolve
from cgsurvey.sem.pooled import fit_imputed, is_imputed
from cgsurvey.sem.resampling import Remake, resample, resampled, with_p_value
from cgsurvey.sem.result import SemFit, parameter_names
from cgsurvey.sem.scores import with_means
from cgsurvey.sem.search import search
from cgsurvey.sem.start import start_values
from cgsurvey.sem.structure import COVARIANCE, SCALE, GroupMatrices, Structure
from cgsurvey.sem.table import (
    Kind,
    ParameterTable,
    Restrictions,
    covariates,
    explained_variables,
    parameter_table,
    restrictions,
    structure,
)

ILL = 1e8  # condition of the information, in units of the parameters, beyond which parameters are hardly told apart
NEAR = 1e-3  # gradient, in units of the root information, below which estimates are near enough to be shown
FEW_CLUSTERS, FEW_CATEGORIES = 20, 5


def cfa(model: str, data: Any, **options: Any) -> SemFit:
    """Fit a confirmatory factor model.

    Parameters
    ----------
    model : str or Model
        Model in lavaan syntax, e.g. ``"visual =~ x1 + x2 + x3"``.
    data : Responses or DataFrame
        One row per respondent.
    **options
        ``estimator`` ("ML", "MLR", "MLF"), ``missing`` ("listwise", "fiml", "fiml.x"), ``group``, ``group_equal``,
        ``group_partial``, ``cluster``, ``weights``, ``std_lv``, ``fixed_x``, ``meanstructure``, ``orthogonal``,
        ``auto``, ``auto_fix_first``, ``likelihood``, ``information``, ``se``, ``test``, ``ci``, ``bootstrap``,
        ``ci_type``, ``seed``, ``n_jobs`` (with se="bootstrap", test="bollen.stine"), ``engine`` ("native", "semopy").
        Meaning and defaults are lavaan's, see `Options`. Clusters and weights of `Responses` are used unless
        switched off by ``cluster=False``, ``weights=False``.

    Returns
    -------
    SemFit

    Raises
    ------
    ModelSyntaxError, IdentificationError, ModelError
        The model cannot be read, or has no unique solution.
    ColumnNotFoundError, CodingError, SampleError, NotPositiveDefiniteError
        The data cannot carry the model.
    ConvergenceError
        No minimum was found.
    OptionError
        An option is not known.

    Examples
    --------
    >>> fit = cfa("trust =~ tru1 + tru2 + tru3", data)  # doctest: +SKIP
    >>> fit.tidy(), fit.fit_measures["cfi"]  # doctest: +SKIP
    """
    return _fit(model, data, "cfa", options)


def sem(model: str, data: Any, **options: Any) -> SemFit:
    """Fit a structural equation model; arguments, result and errors are those of `cfa`."""
    return _fit(model, data, "sem", options)


def growth(model: str, data: Any, **options: Any) -> SemFit:
    """Fit a growth curve model (intercepts of items fixed, means of growth factors free); see `cfa`."""
    return _fit(model, data, "growth", options)


def _fit(model: str, data: Any, kind: Kind, given: dict[str, Any]) -> SemFit:
    if is_imputed(data):
        return fit_imputed(model, data, lambda text, one: _fit(text, one, kind, given))  # type: ignore[return-value]
    # 1. Check options.
    source = as_source(data)
    options = resolve(given, source.design)
    # 2. Resolve the model.
    frame = ordered_frame(source.frame, options.ordered)
    labels = group_labels(frame, options.group)
    table = _table(model, frame, kind, options, len(labels))
    with one_thread():
        # 3. Sample statistics.
        grouped = sample_of(frame, table, options)
        # 4. Compile matrices and check identification.
        made = _with_covariates(structure(table), table, grouped.samples)
        held = restrictions(table, made)
        within = constraints_of(table, made, (*held.nonlinear, *held.inequalities))
        x = [table.observed.index(n) for n in covariates(table)]
        problem = Problem.of(made, grouped.samples, held.K, held.k0)
        z = _start(problem, made, table, held)
        moments = _moments(made, grouped.samples, x if options.fixed_x else ())
        z = feasible(problem, z, within) if len(within) else z
        check_identification(*_tangent(problem, z, within), parameter_names(table, made), moments)
        _check_rows(grouped.samples, problem)
        # 5. Estimate.   6. Polish: Newton steps until the gradient is rounding error.
        found = _estimate(problem, z, within, table, made, options)
        optimum, theta = found.optimum, problem.theta(found.optimum.z)
        notes = [*_convergence(optimum, problem, table, made), *_on_bounds(found, within)]
        fitted = Fitted(made, theta, _filled(made, theta, grouped.samples), grouped.samples, found.K, found.bounds)
        # 7. Inference.
        covariance, more = _covariance(fitted, options, table)
        # 8. Tests and fit measures.
        tested = _tests(fitted, options, x)
        measures = _measures(fitted, tested, x if options.fixed_x else [])
        # 9. Defined effects; standardised ones are computed on demand.
        values, errors = _rows(table, fitted, covariance)
        make = partial(sample_of, table=table, options=options.bare)
        again = partial(Remake.of, source.frame, grouped, options, make)
        drawn, told = resample(
            problem, made, optimum.z, fitted.matrices, table, options, tested.user.chisq, within, fitted.K, again
        )
        covariance, errors = resampled(drawn, table, made, covariance, errors)
        notes += [
            *more,
            *told,
            *_admissible(fitted, table, labels),
            *_remarks(source, grouped, options, fitted, tested),
        ]
    # 10. The result, without rows.
    return SemFit(
        model=model if isinstance(model, Model) else Model(model),
        options=options,
        table=table,
        structure=made,
        theta=theta,
        covariance=covariance,
        basis=fitted.K,
        matrices=tuple(fitted.matrices),
        samples=_sealed(fitted, options, x),
        tests=tested,
        fit_measures=with_p_value(measures, drawn),
        values=values,
        std_errors=errors,
        converged=optimum.converged,
        iterations=optimum.iterations,
        turned=_turned(source, table),
        categories=grouped.categories,
        bootstrap=drawn,
        notes=(*source.notes, *grouped.notes, *notes),
        meta=_meta(kind, source, options, grouped, model, None if drawn is None else drawn.seed),
    )


def _table(model: str, frame: pd.DataFrame, kind: Kind, options: Options, groups: int) -> ParameterTable:
    if not isinstance(model, str):
        raise OptionError(
            f"model must be text in lavaan syntax, not {type(model).__name__}. An instrument writes one: "
            "cg.load_instrument(name).model()."
        )
    made = partial(
        parameter_table,
        str(model),
        frame.columns,
        kind=kind,
        groups=groups,
        meanstructure=options.meanstructure,
        fixed_x=options.fixed_x,
        std_lv=options.std_lv,
        orthogonal=options.orthogonal,
        auto=options.auto,
        auto_fix_first=options.auto_fix_first,
        group_equal=options.group_equal,
        group_partial=options.group_partial,
        parameterization=options.parameterization,
    )
    ordered = options.names_ordered
    explained = () if ordered == () else explained_variables(str(model), groups)
    names = [n for n in explained if ordered is None or n in ordered]
    if not names:
        table = made()
        if table.ordered:
            raise OptionError(
                f"The model has thresholds ('{table.ordered[0]} | t1'), which ordered items have: give ordered=True or "
                "ordered=[names]."
            )
        return table
    y = numbers(frame, names, [n for n in names if ":" in n and n not in frame])
    counts = {n: len(values) - 1 for n, values in categories(y, names, names).items()}
    table = made(ordered=counts)
    found = Counter(table.lhs[k] for k in table.where("|") if table.group[k] == 1)
    wrong = [f"'{n}' has {counts.get(n, 0)}, the model {found[n]}" for n in found if found[n] != counts.get(n, 0)]
    wrong += [f"'{n}' has {k}, the model none" for n, k in counts.items() if n not in found]
    if wrong:
        raise ModelError(
            f"Thresholds of the model and of the data differ: {some(wrong)} (a threshold lies between two categories "
            "that occur). Write all of an item's thresholds, 'item | t1 + t2', or none, and name it in ordered=."
        )
    return table


def _turned(source: Source, table: ParameterTable) -> tuple[str, ...]:
    known = source.instrument
    names = set(known.item_names) if known is not None else set()
    return tuple(n for n in table.observed if known is not None and n in names and known.item(n).reverse)


def sample_of(frame: pd.DataFrame, table: ParameterTable, options: Options) -> Grouped:
    """Sample statistics that a model with these options is fitted to."""
    frame = ordered_frame(frame, options.ordered)
    return sample_statistics(
        frame,
        table.observed,
        missing=options.missing,
        covariates=table.exogenous,
        products=table.products,
        group=options.group,
        cluster=options.cluster,
        strata=options.strata,
        weights=options.weights,
        wishart=options.likelihood == "wishart",
        weight=options.weight,
        gamma=options.gamma,
        means=table.means,
        fixed_x=options.fixed_x,
        information="expected" if options.information == "expected" else "observed",
        ordered=table.ordered,
    )


def _with_covariates(made: Structure, table: ParameterTable, samples: Sequence[Sample]) -> Structure:
    """Fill the moments of fixed covariates in from the sample."""
    value = made.value.copy()
    for cell in np.flatnonzero((made.free < 0) & (table.exo[made.row] == 1)):
        sample, i, j = samples[made.group[cell]], made.i[cell], made.j[cell]
        value[cell] = sample.cov[i, j] if made.matrix[cell] == COVARIANCE else sample.mean[i]
    return replace(made, value=value)


def _start(problem: Problem, made: Structure, table: ParameterTable, held: Restrictions) -> Floats:
    """Start values within the constraints, at which all implied covariances are positive definite."""
    theta = start_values(made, problem.samples, table.start[made.row])
    free, diagonal = made.free >= 0, made.i == made.j
    variances, off = (made.free[(made.matrix == COVARIANCE) & free & d] for d in (diagonal, ~diagonal))
    # Covariances give way first; covariances that the model fixes need variances that are large enough.
    for shrink, growth in ((1.0, 1.0), (0.5, 1.0), (0.0, 1.0), *((0.0, 2.0**k) for k in range(1, 25))):
        tried = theta.copy()
        tried[off] *= shrink
        tried[variances] *= growth
        z: Floats = tried - held.k0
        if len(held.K.T) < len(theta):
            z = np.asarray(np.linalg.lstsq(held.K, z, rcond=None)[0])
        if np.isfinite(problem.value(z)):
            return z
    raise ConvergenceError(
        "No start values were found at which the covariances of the model are positive definite. Give some, e.g. "
        "'f =~ start(0.5)*x', or check the values that the model fixes."
    )


def _tangent(problem: Problem, z: Floats, within: Constraints) -> tuple[Problem, Floats]:
    """The problem within its constraints, these taken as straight at `z`."""
    if not within.n_equal:
        return problem, z
    K = tangent(problem, z, within)
    return replace(problem, K=K, k0=problem.theta(z)), np.zeros(K.shape[1])


def _estimate(
    problem: Problem, z: Floats, within: Constraints, table: ParameterTable, made: Structure, options: Options
) -> Within:
    if options.engine == "native":
        return minimise_within(problem, z, within) if len(within) else Within(search(problem, z), problem.K)
    if len(within):
        raise UnsupportedByEngine(
            f"semopy cannot fit within constraints that are no linear equalities ({some(within.texts)}). Use "
            "engine='native'."
        )
    return Within(_by_semopy(problem, table, made, options), problem.K)


def _on_bounds(found: Within, within: Constraints) -> list[Note]:
    return [note("sem.on_bound", constraint=within.texts[k]) for k in found.active]


def _moments(made: Structure, samples: Sequence[Sample], fixed: Sequence[int]) -> int:
    """Number of sample moments that the model explains."""
    if len(made.ordered):
        return sum(len(s.moments) for s in samples if s.moments is not None)
    return made.n_groups * len(free_moments(made.p, made.means, fixed))


def _check_rows(samples: Sequence[Sample], problem: Problem) -> None:
    n, q = sum(s.n for s in samples), problem.K.shape[1]
    if n < q:
        raise SampleError(
            f"{n} usable rows for {q} free parameters: the model asks more than the data can tell. Use a smaller "
            "model, or more rows."
        )


def _by_semopy(problem: Problem, table: ParameterTable, made: Structure, options: Options) -> Optimum:
    """Estimates of the second engine as they are; only errors and tests are computed here."""
    from cgsurvey.sem.engine_semopy import refit

    found = refit(table, made, problem.samples, options)
    gradient, H = problem.slope(found.theta, "expected")
    return Optimum(
        found.theta,
        problem.value(found.theta),
        float(np.abs(gradient / np.sqrt(np.diag(H))).max()),
        found.iterations,
        True,
    )


def _convergence(optimum: Optimum, problem: Problem, table: ParameterTable, made: Structure) -> list[Note]:
    if optimum.converged:
        return []
    if optimum.gradient < NEAR:
        return [note("sem.not_converged", iterations=optimum.iterations, gradient=optimum.gradient)]
    direction = undetermined(problem, optimum.z)
    names = parameter_names(table, made)
    theta = problem.theta(optimum.z)
    size = np.abs(theta if direction is None else direction)
    far = [f"{names[k]} ({theta[k]:.3g})" for k in np.argsort(-size)[:3]]
    raise ConvergenceError(
        f"The optimiser stopped after {optimum.iterations} steps without a minimum; parameters that run away: "
        f"{', '.join(far)}. Such a model rarely suits the data: check reversed items, factors that measure the same "
        "thing, and factors with two items."
    )


def _filled(made: Structure, theta: Floats, samples: Sequence[Sample]) -> list[GroupMatrices]:
    filled = ram.fill(made, theta)
    return filled if made.means else [with_means(m, s.mean) for m, s in zip(filled, samples, strict=True)]


def _covariance(fitted: Fitted, options: Options, table: ParameterTable) -> tuple[Floats, list[Note]]:
    """Covariance of the estimates: inverse information, or the sandwich of Huber and White."""
    q = len(fitted.theta)
    empty = np.full((q, q), np.nan)
    if options.se in ("none", "bootstrap") or not q:
        return empty, []
    kind = options.information
    if options.two_stage:
        H = fitted.pieces.bread()
    elif kind == "first.order":
        H = fitted.meat()
    else:
        H = information(fitted.structure, fitted.theta, fitted.samples, kind)
    reduced = fitted.K.T @ H @ fitted.K
    units = 1 / np.sqrt(np.abs(np.diag(reduced)))
    values, vectors = np.linalg.eigh(reduced * units * units[:, None])
    if not np.all(np.isfinite(values)) or values[0] < 1e-10:
        names = parameter_names(table, fitted.structure)
        loose = np.abs(fitted.K @ (vectors[:, 0] * units) * (np.abs(fitted.K) @ (1 / units)))
        return empty, [
            note(
                "sem.no_errors", parameters=some([names[k] for k in np.argsort(-loose) if loose[k] > 0.1 * loose.max()])
            )
        ]
    notes = []
    if values[-1] / values[0] > ILL:
        loose = np.abs(fitted.K @ (vectors[:, 0] * units) * (np.abs(fitted.K) @ (1 / units)))
        names = parameter_names(table, fitted.structure)
        told = some([names[k] for k in np.argsort(-loose) if loose[k] > 0.1 * loose.max()])
        notes.append(note("sem.ill_conditioned", condition=float(values[-1] / values[0]), parameters=told))
    bread = fitted.inverse(H)
    covariance = bread
    if options.robust or options.two_stage:
        covariance = bread @ (fitted.pieces if options.se == "robust.sem" else fitted).meat() @ bread
    return (covariance + covariance.T) / 2 / fitted.total, notes


def _tests(fitted: Fitted, options: Options, x: Sequence[int]) -> Tests:
    return tests(
        fitted,
        covariates=x,
        fixed_x=options.fixed_x,
        names=options.test,
        kind=options.information,
        fiml=options.fiml,
        robust=options.robust,
        # Estimator ML with a scaled test leaves second derivatives out, as lavaan does, but not with weights.
        second=options.estimator != "ML" or options.weights is not None,
    )


def _measures(fitted: Fitted, found: Tests, exogenous: Sequence[int]) -> pd.Series:
    measures = fit_measures(
        found.user,
        found.baseline,
        samples=fitted.samples,
        matrices=fitted.matrices,
        means=fitted.structure.means,
        npar=fitted.npar,
        logl=found.logl,
        logl_saturated=found.logl_saturated,
        factor_h0=found.factor_h0,
        factor_h1=found.factor_h1,
        corrected=found.corrected,
        exogenous=exogenous,
        moments=moment_tests.shown(fitted),
        unexplained=moment_tests.unexplained(fitted) if fitted.least_squares else None,
    )
    return pd.Series(np.array(list(measures.values()), dtype=float), index=list(measures), name="fit_measures")


def _rows(table: ParameterTable, fitted: Fitted, covariance: Floats) -> tuple[Floats, Floats]:
    """Estimate and standard error of each row of the table."""
    made = fitted.structure
    values, errors = np.full((2, len(table)), np.nan)
    slope = selection(made)
    cells = np.where(made.free >= 0, fitted.theta[made.free] if made.q else 0.0, made.value)
    values[made.row] = cells
    for g, filled in enumerate(fitted.matrices):  # what follows from the parameters of ordered variables
        here = (made.group == g) & (made.free < 0) & np.isin(made.i, made.ordered)
        if made.theta and filled.scale is not None:
            scales = here & (made.matrix == SCALE)
            values[made.row[scales]] = filled.scale[made.i[scales]]
        else:
            own = here & (made.matrix == COVARIANCE) & (made.i == made.j)
            values[made.row[own]] = np.diag(filled.S)[made.i[own]]
    own = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    free = made.free >= 0
    errors[made.row[free]] = own[made.free[free]]
    rows = table.where(":=")
    values[rows], by_theta = defined_parameters(table, made, cells, slope)
    own = np.sqrt(by_theta**2 @ own**2)
    found = np.sqrt(np.maximum(np.einsum("dq,dq->d", by_theta @ covariance, by_theta), 0.0))
    errors[rows] = np.where(found > 1e-7 * own, found, 0.0)  # what a constraint fixes does not vary, up to rounding
    return values, errors


def _admissible(fitted: Fitted, table: ParameterTable, labels: Sequence[str]) -> list[Note]:
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


def _remarks(source: Source, grouped: Grouped, options: Options, fitted: Fitted, found: Tests) -> list[Note]:
    """Notes on what was assumed of the data."""
    out = []
    if options.cluster:
        n = sum(
            int(s.cases.cluster.max()) + 1
            for s in grouped.samples
            if s.cases is not None and s.cases.cluster is not None
        )
        out.append(note("sem.clusters", cluster=options.cluster, n=n))
        if n < max(FEW_CLUSTERS, fitted.K.shape[1]):
            out.append(note("sem.few_clusters", n=n, q=fitted.K.shape[1]))
    elif source.design is not None and source.design.cluster:
        out.append(note("sem.clusters_unused", cluster=source.design.cluster))
    if options.weights:
        out.append(note("sem.weights", weights=options.weights))
    if found.user.df == 0:
        out.append(note("sem.no_test"))
    if options.missing == "pairwise" and not options.gamma and np.isnan(_rows_of(grouped.samples)).any():
        out.append(note("sem.pairwise_errors"))
    if options.fiml and fitted.structure.p > MANY:
        out.append(note("sem.not_corrected", n=MANY))
    if not options.robust and not options.ordered and options.se != "bootstrap":
        counts = _categories(grouped.samples)
        if counts:
            low, high = min(counts), max(counts)
            out.append(note("sem.ordered_items", n=len(counts), categories=low if low == high else f"{low}-{high}"))
            if low < FEW_CATEGORIES:
                out.append(note("sem.few_categories", n=sum(c < FEW_CATEGORIES for c in counts)))
    return out


def _categories(samples: Sequence[Sample]) -> list[int]:
    """Number of categories of each variable that holds no more than seven whole numbers."""
    y = _rows_of(samples)
    low, high = np.nanmin(y, axis=0), np.nanmax(y, axis=0)
    short = np.flatnonzero((high - low <= 6) & (low == np.round(low)))
    return [
        int(high[k] - low[k]) + 1
        for k in short
        if high[k] - low[k] > 1 and np.all((y[:, k] == np.round(y[:, k])) | np.isnan(y[:, k]))
    ]


def _rows_of(samples: Sequence[Sample]) -> Floats:
    return np.concatenate([s.cases.y for s in samples if s.cases is not None])


def _sealed(fitted: Fitted, options: Options, x: Sequence[int]) -> tuple[Sample, ...]:
    """Drop the rows; keep what modification indices need of missing-data patterns, and difference tests of moments."""
    samples, out = fitted.samples, []
    compared = "yuan.bentler.mplus" in options.test and cheap(samples)
    for sample, filled in zip(samples, fitted.matrices, strict=True):
        if compared:
            made = with_products(sample, filled, x if options.fixed_x else ())
            out.append(made.sealed(made.curvature))
        elif (sample.patterns is None and not sample.unstructured) or sample.p > MANY:
            out.append(sample.sealed())
        else:
            b, W = slopes(sample, filled.Sigma, filled.mu)
            Sigma, mu = (sample.cov, sample.mean) if sample.unstructured else (filled.Sigma, filled.mu)
            H = moment_information(sample, Sigma, mu, "expected")
            out.append(sample.sealed(Curvature(b, W, H)))
    return tuple(out)


def _meta(kind: Kind, source: Source, options: Options, grouped: Grouped, model: str, seed: int | None) -> Meta:
    y = _rows_of(grouped.samples)
    hidden = () if seed is not None else RESAMPLING
    shown = {k: v for k, v in vars(options).items() if v not in (None, (), "") and k not in hidden}
    labels = dict(source.labels) | (dict(model.labels) if isinstance(model, Model) else {})
    references = ["joreskog1969", "bollen1989", "rosseel2012"]
    references += ["yuan2000"] if options.scaled else []
    references += ["arbuckle1996"] if options.fiml else []
    references += ["savalei2009"] if options.two_stage else []
    references += ["savalei2014"] if options.missing == "robust.two.stage" else []
    references += ["davison1997"] if options.se == "bootstrap" else []
    references += ["efron1987"] if options.se == "bootstrap" and options.ci_type in ("bc", "bca") else []
    references += ["bollen1992"] if options.bollen_stine else []
    return Meta(
        function=kind,
        options=shown,
        n=len(grouped.rows),
        seed=seed,
        data_hash=data_hash(y),
        source=source.file,
        simulated=source.simulated,
        labels=labels,
        groups=grouped.labels if options.group else (),
        references=tuple(references),
    )
