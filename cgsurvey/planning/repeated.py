"""Replications of a study: all at once where the model allows it, else each fitted as a user would fit it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import SeedSequence

from cgsurvey.base.errors import CgSurveyError
from cgsurvey.base.parallel import one_thread, run_parallel
from cgsurvey.planning.models import Target
from cgsurvey.planning.replication import Replications
from cgsurvey.sem.fit import sem

IMPROPER = ("sem.heywood", "sem.latent_covariance", "sem.residual_covariance")
Task = tuple[int, Sequence[SeedSequence]]


def replicate(
    work: Callable[[Task], Replications],
    sizes: Sequence[int],
    replications: int,
    seed: int,
    chunk: int,
    n_jobs: int,
    progress: bool,
) -> list[Replications]:
    """All replications of all sizes; those of one size depend on the seed and that size alone."""
    tasks = []
    for k in sizes:
        seeds = SeedSequence([seed, k]).spawn(replications)
        tasks += [(k, seeds[at : at + chunk]) for at in range(0, replications, chunk)]
    parts = run_parallel(work, tasks, n_jobs=n_jobs, progress="power" if progress else None)
    return [Replications.joined([p for (m, _), p in zip(tasks, parts, strict=True) if m == k]) for k in sizes]


def at_once(goal: Target, task: Task) -> Replications:
    """Fit the replications of a task together."""
    return goal.study.replicate(*task)


@one_thread()
def one_by_one(goal: Target, text: str, given: Mapping[str, Any], clustered: bool, task: Task) -> Replications:
    """Fit each replication as a user would."""
    n, seeds = task
    table, source = goal.compiled.table, goal.study.source
    wanted = {(table.lhs[k], table.op[k], table.rhs[k]): k for k in range(len(table))}
    values, errors = np.full((2, len(seeds), len(table)), np.nan)
    statistic, reasons = np.full(len(seeds), np.nan), []
    converged, proper = np.zeros((2, len(seeds)), dtype=bool)
    names = list(table.observed)
    options = dict(given)
    if options.get("ordered"):
        options["ordered"] = [v for v, t in zip(names, source.thresholds, strict=True) if t is not None]
    for r, seed in enumerate(seeds):
        frame = pd.DataFrame(source.rows(n, np.random.default_rng(seed)), columns=names)
        if clustered:
            frame["cluster"] = source.clusters(n)
        try:
            fit = sem(text, frame, **options)
        except (CgSurveyError, np.linalg.LinAlgError) as error:
            reasons.append(str(error).split(". ")[0][:160])
            continue
        if not fit.converged:
            continue
        for k in range(len(fit.table)):
            row = wanted.get((fit.table.lhs[k], fit.table.op[k], fit.table.rhs[k]))
            if row is not None:
                values[r, row], errors[r, row] = fit.values[k], fit.std_errors[k]
        scaled = fit.fit_measures.get("chisq_scaled", np.nan)
        statistic[r] = scaled if np.isfinite(scaled) else fit.fit_measures["chisq"]
        converged[r], proper[r] = True, not any(m.code in IMPROPER for m in fit.notes)
    return Replications(values, errors, statistic, converged, proper, tuple(reasons))
