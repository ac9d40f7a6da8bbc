"""cfa(), sem() and growth(): from a model and data to a fitted model.

`_fit` reads as its own documentation: the ten steps of a structural equation model on one screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import some
from cgsurvey.base.model import Model
from cgsurvey.base.notes import Note, note
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Meta, data_hash
from cgsurvey.moments.build import Grouped, group_labels
from cgsurvey.moments.normal import moment_information, slopes
from cgsurvey.moments.ordered import ordered_frame
from cgsurvey.moments.sample import Curvature, Floats, Sample
from cgsurvey.responses.source import Source, as_source
from cgsurvey.sem.compiled import Compiled, compile_model
from cgsurvey.sem.derived.defined import defined_parameters, selection
from cgsurvey.sem.estimation import estimate
from cgsurvey.sem.fitting.derivatives import MANY, information
from cgsurvey.sem.fitting.optimise import Optimum
from cgsurvey.sem.model.structure import COVARIANCE, SCALE
from cgsurvey.sem.model.table import Kind, ParameterTable
from cgsurvey.sem.options import RESAMPLING, Options, resolve
from cgsurvey.sem.pooled import fit_imputed, is_imputed
from cgsurvey.sem.remarks import admissible, remarks, rows_of
from cgsurvey.sem.resampled import Remake, resample, resampled, with_p_value
from cgsurvey.sem.resampling.bootstrap import Bootstrap
from cgsurvey.sem.resolution import sample_of, table_of
from cgsurvey.sem.result import SemFit, parameter_names
from cgsurvey.sem.sources import sources
from cgsurvey.sem.testing import moment_tests
from cgsurvey.sem.testing.chisq import Tests, tests
from cgsurvey.sem.testing.fit_measures import fit_measures
from cgsurvey.sem.testing.fitted import Fitted
from cgsurvey.sem.testing.kept import cheap, with_products

ILL = 1e8  # condition of the information, in units of the parameters, beyond which parameters are hardly told apart


def cfa(model: str, data: Any, **options: Any) -> SemFit:
    """Fit a confirmatory factor model.

    Parameters
    ----------
    model : str or Model
        Model in lavaan syntax, e.g. ``"visual =~ x1 + x2 + x3"``.
    data : Responses, DataFrame or ResponseFile
        One row per respondent; see `scan_responses` for files larger than memory.
    **options
        ``estimator`` (likelihood: "ML", "MLM", "MLMV", "MLMVS", "MLR", "MLF"; least squares: "GLS", "ULS", "WLS",
        "DWLS", "WLSM", "WLSMV", "WLSMVS", "ULSM", "ULSMV"), ``ordered`` (names of ordered items, or True),
        ``parameterization`` ("delta", "theta"), ``missing`` ("listwise", "pairwise", "fiml", "fiml.x", "two.stage",
        "robust.two.stage"), ``group``, ``group_equal``, ``group_partial``, ``cluster``, ``strata``, ``weights``,
        ``std_lv``, ``fixed_x``, ``meanstructure``, ``orthogonal``, ``auto``, ``auto_fix_first``, ``likelihood``,
        ``information``, ``se``, ``test`` (one or several), ``ci``, ``bootstrap``, ``ci_type``, ``seed``, ``n_jobs``
        (with se="bootstrap", test="bollen.stine"), ``engine`` ("native", "semopy").
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
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> fit = cg.cfa("tangibles =~ tan1 + tan2 + tan3", answers, estimator="MLR", missing="fiml")
    >>> fit.tidy()[["lhs", "op", "rhs", "estimate", "std_error"]].head(3).round(3)
             lhs  op   rhs  estimate  std_error
    0  tangibles  =~  tan1     1.000        NaN
    1  tangibles  =~  tan2     0.946      0.085
    2  tangibles  =~  tan3     1.077      0.073
    """
    return _fit(model, data, "cfa", options)


def sem(model: str, data: Any, **options: Any) -> SemFit:
    """Fit a structural equation model; arguments, result and errors are those of `cfa`.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> model = "tangibles =~ tan1 + tan2 + tan3; empathy =~ emp1 + emp2 + emp3; empathy ~ tangibles"
    >>> fit = cg.sem(model, answers, estimator="MLR", missing="fiml")
    >>> fit.tidy().query("op == '~'")[["lhs", "rhs", "estimate", "std_error", "std_all"]].round(3)
           lhs        rhs  estimate  std_error  std_all
    6  empathy  tangibles      0.71      0.038    0.743
    >>> fit.fit_measures[["cfi_robust", "rmsea_robust", "srmr"]].round(3).to_dict()
    {'cfi_robust': 1.0, 'rmsea_robust': 0.0, 'srmr': 0.016}
    """
    return _fit(model, data, "sem", options)


def growth(model: str, data: Any, **options: Any) -> SemFit:
    """Fit a growth curve model (intercepts of items fixed, means of growth factors free); see `cfa`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import cgsurvey as cg
    >>> rng = np.random.default_rng(1)
    >>> level, change = rng.normal(3, 1, 200), rng.normal(0.5, 0.2, 200)
    >>> waves = pd.DataFrame({f"y{t}": level + t * change + rng.normal(0, 0.3, 200) for t in range(4)})
    >>> fit = cg.growth("i =~ 1*y0 + 1*y1 + 1*y2 + 1*y3; s =~ 0*y0 + 1*y1 + 2*y2 + 3*y3", waves)
    >>> fit.tidy().query("op == '~1' and lhs in ['i', 's']")[["lhs", "estimate"]].round(2)
       lhs  estimate
    19   i      2.92
    20   s      0.48
    """
    return _fit(model, data, "growth", options)


def _fit(model: str, data: Any, kind: Kind, given: dict[str, Any]) -> SemFit:
    if is_imputed(data):
        return fit_imputed(model, data, lambda text, one: _fit(text, one, kind, given))  # type: ignore[return-value]
    # 1. Check options.
    source = as_source(data, in_parts=True)
    options = resolve(given, source.design)
    # 2. Resolve the model.
    frame = ordered_frame(source.frame, options.ordered)
    labels = group_labels(frame, options.group)
    table = table_of(model, frame, kind, options, len(labels))
    with one_thread():
        # 3. Sample statistics.
        grouped = sample_of(frame, table, options, source.scan)
        # 4. Compile matrices and check identification.
        compiled = compile_model(table, grouped.samples, fixed_x=options.fixed_x)
        # 5. Estimate.   6. Polish: Newton steps until the gradient is rounding error.
        fitted, optimum, notes = estimate(compiled, options)
        # 7. Inference.
        covariance, told = _covariance(fitted, options, table)
        # 8. Tests and fit measures.
        tested = _tests(fitted, options, compiled.covariates)
        measures = _measures(fitted, tested, compiled.covariates if options.fixed_x else ())
        # 9. Defined effects, and resampling where it is asked for; standardised effects are computed on demand.
        values, errors = _rows(table, fitted, covariance)
        drawn, more = _resample(compiled, fitted, optimum, tested, source, grouped, options)
        covariance, errors = resampled(drawn, table, fitted.structure, covariance, errors)
        # 10. The result, without rows.
        samples = _sealed(fitted, options, compiled.covariates)
        seed = None if drawn is None else drawn.seed
        references = sources(options, ordered=bool(table.ordered), measures=measures.index)
        notes += [
            *told,
            *more,
            *admissible(fitted, table, labels),
            *remarks(source, grouped, options, table, fitted, tested),
        ]
    return SemFit(
        model=model if isinstance(model, Model) else Model(model),
        options=options,
        table=table,
        structure=fitted.structure,
        theta=fitted.theta,
        covariance=covariance,
        basis=fitted.K,
        matrices=tuple(fitted.matrices),
        samples=samples,
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
        meta=_meta(kind, source, options, grouped, model, seed, references),
    )


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


def _turned(source: Source, table: ParameterTable) -> tuple[str, ...]:
    known = source.instrument
    names = set(known.item_names) if known is not None else set()
    return tuple(n for n in table.observed if known is not None and n in names and known.item(n).reverse)


def _resample(
    compiled: Compiled,
    fitted: Fitted,
    optimum: Optimum,
    tested: Tests,
    source: Source,
    grouped: Grouped,
    options: Options,
) -> tuple[Bootstrap | None, list[Note]]:
    """Resamples of se="bootstrap" and test="bollen.stine"; nothing otherwise."""
    make = partial(sample_of, table=compiled.table, options=options.bare)
    again = partial(Remake.of, source.frame, grouped, options, make)
    return resample(
        compiled.problem, fitted.structure, optimum.z, fitted.matrices, compiled.table, options, tested.user.chisq,
        compiled.within, fitted.K, again,
    )  # fmt: skip


def _meta(
    kind: Kind,
    source: Source,
    options: Options,
    grouped: Grouped,
    model: str,
    seed: int | None,
    references: tuple[str, ...],
) -> Meta:
    hidden = () if seed is not None else RESAMPLING
    shown = {k: v for k, v in vars(options).items() if v not in (None, (), "") and k not in hidden}
    labels = dict(source.labels) | (dict(model.labels) if isinstance(model, Model) else {})
    return Meta(
        function=kind,
        options=shown,
        n=grouped.n,
        seed=seed,
        data_hash=data_hash(rows_of(grouped.samples)) if source.scan is None else source.scan.sha256,
        source=source.file,
        simulated=source.simulated,
        labels=labels,
        groups=grouped.labels if options.group else (),
        references=references,
    )
