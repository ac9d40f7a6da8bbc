"""power(): how often a study of n respondents finds what is there, by replicating it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cgsurvey.base.errors import ConvergenceError, OptionError, did_you_mean, some
from cgsurvey.base.model import Model
from cgsurvey.base.options import fraction, whole
from cgsurvey.base.parallel import one_thread, recorded_seed
from cgsurvey.base.result import Meta, Result
from cgsurvey.instrument import Instrument
from cgsurvey.planning.models import APART, Target, aim, populate
from cgsurvey.planning.repeated import at_once, one_by_one, replicate
from cgsurvey.planning.replication import CHUNK
from cgsurvey.planning.told import needed_sizes, parameter_name, power_notes, runs_of, summed
from cgsurvey.sem.model.table import ParameterTable
from cgsurvey.sem.options import resolve
from cgsurvey.sem.population import Share, shared_variance
from cgsurvey.sem.result import SemFit

SINGLES = 10  # replications of a task that are fitted one by one
GRID = (0.5, 0.75, 1.0, 1.25, 1.5)  # around the n that theory gives
SOURCES = ("muthen2002", "morris2019", "satorra1985", "wilson1927")
REFUSED = ("group", "group_equal", "group_partial", "weights", "strata", "engine", "ci", "bootstrap", "ci_type")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Power(Result):
    """How often a study finds what is there.

    Attributes
    ----------
    model : Model
        The analysis model.
    table : DataFrame
        One row per n and free parameter: ``n lhs op rhs true_value mean_estimate sd_estimate mean_std_error bias
        bias_mcse relative_bias coverage coverage_mcse power power_mcse ci_lower ci_upper power_expected n_used``. The
        interval is that of the power; `power_expected` is the power by normal theory, where that theory holds.
    runs : DataFrame
        One row per n: ``n replications converged_share improper_share rejection_share``: what was fitted, how many
        solutions no population could have, and how often the chi-square test rejects the model at `alpha` (NaN with
        robust errors of complete rows, whose test is not replicated).
    needed : DataFrame
        One row per target parameter: ``lhs op rhs true_value n ci_lower ci_upper``, the n at which its power reaches
        the target.
    targets : tuple of str
        Parameters that power was asked for, as "y ~ x".
    target : float
        The wanted power.
    """

    model: Model
    table: pd.DataFrame
    runs: pd.DataFrame
    needed: pd.DataFrame
    targets: tuple[str, ...]
    target: float

    @property
    def n(self) -> int | None:
        """The smallest n at which all targets reach the wanted power; None where the replications do not tell."""
        largest = self.needed["n"].max(skipna=False) if len(self.needed) else np.nan
        return int(np.ceil(largest - 1e-6)) if np.isfinite(largest) else None

    def tidy(self) -> pd.DataFrame:
        """Return one row per n and target parameter; `table` has all free parameters."""
        names = [f"{a} {o} {b}" for a, o, b in zip(*(self.table[c] for c in ("lhs", "op", "rhs")), strict=True)]
        return self.table[np.isin(names, self.targets)].reset_index(drop=True)

    def glance(self) -> pd.DataFrame:
        """Return one row: estimator, replications, the n that is needed with its interval, least convergence."""
        last = self.needed["n"].idxmax() if self.n is not None else None
        row = {
            "estimator": self.meta.options["estimator"],
            "replications": int(self.meta.options["replications"]),
            "target_power": self.target,
            "n_needed": np.nan if self.n is None else self.n,
            "ci_lower": np.nan if last is None else self.needed.loc[last, "ci_lower"],
            "ci_upper": np.nan if last is None else self.needed.loc[last, "ci_upper"],
            "converged_share": self.runs["converged_share"].min(),
            "improper_share": self.runs["improper_share"].max(),
        }
        return pd.DataFrame([row])


def power(
    model: str | Instrument | SemFit,
    n: int | Sequence[int] | None = None,
    *,
    analysis: str | None = None,
    population: str | None = None,
    parameters: str | Sequence[str] | None = None,
    target: float = 0.80,
    alpha: float = 0.05,
    replications: int = 1000,
    estimator: str | None = None,
    ordered: Mapping[str, Sequence[float]] | None = None,
    categories: int | Mapping[str, int] | None = None,
    skew: float = 0.0,
    missing: float = 0.0,
    missing_method: str | None = None,
    cluster_size: int | None = None,
    icc: Share = 0.0,
    unit_variance: bool = True,
    seed: int | None = None,
    n_jobs: int = 1,
    progress: bool = True,
    **options: Any,
) -> Power:
    """Replicate a study that has not been done, and count how often it finds what is there.

    Parameters
    ----------
    model : str, Instrument or SemFit
        The population: lavaan syntax with values (see `simulate`), an instrument, or a fitted model, whose estimates
        are taken as true.
    n : int or sequence of int, optional
        Respondents; without it five sizes around the one that normal theory gives for the wanted power.
    analysis : str, optional
        The model that is fitted; default: that of the population without its values.
    population : str, optional
        For an instrument: its population; default `population_model(instrument)`.
    parameters : str or sequence of str, optional
        What power is wanted for, as "y ~ x", or the name of a defined parameter; default: regressions and defined
        parameters, else correlations of latent variables, else loadings.
    target, alpha : float
        The wanted power; the level of the two-sided tests.
    replications : int
        Samples of each size.
    estimator : str, optional
        As in `sem`; "ML" by default. Least squares ("WLSMV", "ULSMV", ...) treats answers in categories as ordered,
        likelihood as numbers 1, 2, ...
    ordered, categories, skew, unit_variance
        As in `simulate`.
    missing : float
        Share of cells that are lost completely at random.
    missing_method : str, optional
        What the analysis does with them, `missing` of `sem`; default "fiml" for likelihood, "pairwise" for ordered
        answers.
    cluster_size : int, optional
        Respondents per office (or other cluster); errors are then robust to clusters, unless ``cluster=False``.
    icc : float or mapping
        Share of the variance of disturbances that the rows of a cluster have in common, as in `simulate`.
    seed : int, optional
        Drawn where none is given, and recorded.
    n_jobs : int
        Processes; the numbers are the same for any. A ``joblib.parallel_config`` (dask) is respected.
    progress : bool
        Show a bar on a terminal.
    **options
        Further options of the fit: ``std_lv``, ``fixed_x``, ``meanstructure``, ``orthogonal``, ``information``, ...

    Returns
    -------
    Power

    Raises
    ------
    ModelError
        The population lacks values, or analysis and population do not go together.
    OptionError
        An option is not possible, or names no parameter.
    ConvergenceError
        No replication could be fitted.

    Notes
    -----
    True values are those at which the analysis model comes nearest to the population: the values of the population, in
    the metric of the analysis (markers, codes 1, 2, ... of categories), where the model holds. Complete independent
    rows are fitted by likelihood all at once; of continuous ones only the moments are drawn (Wishart), so that a large
    n costs nothing.

    Examples
    --------
    >>> found = power("f =~ .7*x1 + .7*x2 + .7*x3\\ny ~ .3*f", [100, 200], seed=1, replications=200)
    >>> found.tidy()[["n", "power"]]  # doctest: +SKIP
    """
    for name, value in (("target", target), ("alpha", alpha)):
        fraction(name, value)
    fraction("missing", missing, closed=True)
    whole("replications", replications, 10)
    whole("n_jobs", n_jobs, None)
    if refused := [k for k in REFUSED if k in options]:
        raise OptionError(f"{some(f'{k}=' for k in refused)}: not an option of power.")
    if options.get("parameterization", "delta") != "delta":
        raise OptionError(
            "power works with parameterization='delta': the same model, its values in standard deviations."
        )
    made, default, brought = populate(model, population, ordered, categories, skew, unit_variance)
    given = {**brought, **options, "estimator": estimator or brought.get("estimator") or "ML"}
    rule = resolve({"estimator": given["estimator"]})
    latent = rule.weight not in (None, "GLS") and bool(made.thresholds)
    if latent:
        given["ordered"] = True
    elif rule.weight not in (None, "GLS") and rule.robust:
        raise OptionError(
            f"estimator='{rule.estimator}' is for answers in categories, and the population is continuous: give "
            "categories=5, or take estimator='ML'."
        )
    clustered = _clusters(cluster_size, icc, options.get("cluster"))
    given.pop("cluster", None)
    if clustered:
        given["cluster"] = "cluster"
    if missing:
        given["missing"] = missing_method or ("fiml" if rule.weight is None else "pairwise" if latent else "listwise")
    elif missing_method is not None:
        raise OptionError("missing_method= tells what is done with missing answers: give their share, missing=0.05.")
    text = default if analysis is None else str(analysis)
    chosen = resolve(given)
    shares = shared_variance(icc, made.table) if cluster_size else None
    with one_thread():
        goal = aim(made, text, chosen, missing=missing, cluster_size=cluster_size or 0, icc=shares)
    rows, targets = _targets(goal.compiled.table, parameters)
    batched = (
        chosen.estimator in ("ML", "MLR") and not missing and not len(goal.compiled.within)
        and chosen.likelihood == "normal"
        and (chosen.se, chosen.information) in (("standard", "expected"), ("robust.huber.white", "observed"))
    )  # fmt: skip
    sizes = _sizes(n, goal, targets, target, alpha, missing)
    seed = recorded_seed(seed)
    work = partial(at_once, goal) if batched else partial(one_by_one, goal, text, given, clustered)
    found = replicate(
        work, sizes, replications, seed=seed, chunk=CHUNK if batched else SINGLES, n_jobs=n_jobs, progress=progress
    )
    if not any(f.converged.any() for f in found):
        reason = Counter(r for f in found for r in f.reasons).most_common(1)
        raise ConvergenceError(
            f"none of {replications * len(sizes)} replications could be fitted"
            + (f" ({reason[0][0]})" if reason else "")
            + ". The model asks too much of n: raise n, or simplify the model."
        )
    theory = chosen.estimator == "ML" and goal.study.source.normal and goal.rmsea < APART
    table = pd.concat([summed(goal, f, k, rows, alpha, theory) for k, f in zip(sizes, found, strict=True)])
    table = table.reset_index(drop=True)
    runs = runs_of(goal, found, sizes, alpha)
    needed = needed_sizes(table, goal.compiled.table, targets, target, alpha)
    shown: dict[str, Any] = {
        "estimator": chosen.estimator,
        "replications": replications,
        "alpha": alpha,
        "target": target,
    }
    shown |= {k: v for k, v in (("missing", missing), ("cluster_size", cluster_size), ("icc", icc)) if v}
    named = model.meta if isinstance(model, SemFit) else model
    return Power(
        model=analysis if isinstance(analysis, Model) else Model(text),
        table=table,
        runs=runs,
        needed=needed,
        targets=tuple(parameter_name(goal.compiled.table, k) for k in targets),
        target=target,
        notes=tuple(power_notes(goal, found, runs, needed, chosen.estimator)),
        meta=Meta(
            function="power",
            options=shown,
            seed=seed,
            simulated=True,
            labels=getattr(named, "labels", {}),
            references=SOURCES,
        ),
    )


def _clusters(cluster_size: int | None, icc: Share, cluster: Any) -> bool:
    """Whether the analysis allows for clusters."""
    if cluster not in (None, False, True):
        raise OptionError(
            "cluster= is True or False here: whether the analysis allows for the clusters of cluster_size=."
        )
    if cluster_size is None:
        if icc or cluster:
            raise OptionError("icc= and cluster= need cluster_size=, the respondents per cluster.")
        return False
    whole("cluster_size", cluster_size, 2)
    return cluster is not False


def _targets(table: ParameterTable, parameters: str | Sequence[str] | None) -> tuple[list[int], list[int]]:
    """Rows of the table that are estimated, and those that power is wanted for."""
    rows = [k for k in range(len(table)) if table.free[k] or table.op[k] == ":="]
    if parameters is None:
        latent = set(table.latents)
        for kinds in (("~", ":="), ("~~",), ("=~",)):
            chosen = [k for k in rows if table.op[k] in kinds]
            if kinds == ("~~",):
                chosen = [k for k in chosen if table.lhs[k] != table.rhs[k] and {table.lhs[k], table.rhs[k]} <= latent]
            if chosen:
                return rows, chosen
        return rows, rows
    known = {"".join(parameter_name(table, k).split()): k for k in rows}
    known |= {f"{table.rhs[k]}~~{table.lhs[k]}": k for k in rows if table.op[k] == "~~"}
    known |= {table.label[k]: k for k in rows if table.label[k]} | {
        table.lhs[k]: k for k in rows if table.op[k] == ":="
    }
    asked = [parameters] if isinstance(parameters, str) else list(parameters)
    if wrong := [p for p in asked if "".join(str(p).split()) not in known]:
        near = did_you_mean("".join(str(wrong[0]).split()), known)
        raise OptionError(
            f"no parameters that the analysis estimates: {some(wrong)}.{near} "
            f"Known are e.g. {some([parameter_name(table, k) for k in rows], 5)}."
        )
    return rows, list(dict.fromkeys(known["".join(p.split())] for p in asked))


def _sizes(
    n: int | Sequence[int] | None, goal: Target, targets: Sequence[int], target: float, alpha: float, missing: float
) -> list[int]:
    """The sizes to be examined, checked, in rising order."""
    least = max(goal.study.K.shape[1], len(goal.study.mean)) + 1
    if n is not None:
        sizes = sorted({whole("n", k) for k in (n if isinstance(n, Sequence | np.ndarray) else [n])})
        if not sizes:
            raise OptionError("n=[] is empty: give the sizes to be examined, e.g. n=[100, 200, 300].")
        if sizes[0] < least:
            raise OptionError(
                f"n={sizes[0]} is too small: the model has {len(goal.study.mean)} variables and "
                f"{goal.study.K.shape[1]} free parameters, so n of {least} or more is needed for any estimate."
            )
        return sizes
    effects = np.abs([goal.true[k] / goal.unit[k] for k in targets])
    effects = effects[np.isfinite(effects) & (effects > 1e-6)]
    if not len(effects):
        raise OptionError(
            "all parameters that power is wanted for are zero in the population: no n finds them. Give n=, to see how "
            "often they are found by mistake, or values other than zero."
        )
    wanted = ((ndtri(1 - alpha / 2) + ndtri(target)) / effects.min()) ** 2 / (1 - min(missing, 0.9))
    return sorted({max(int(np.ceil(share * wanted / 5) * 5), least) for share in GRID})
