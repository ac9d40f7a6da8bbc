"""Mediation by steps (Baron & Kenny, 1986) with Sobel's test, as older theses report it.

Labelled file.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from cgsurvey.base.errors import SampleError
from cgsurvey.base.notes import Note, note
from cgsurvey.classical.formula import Design
from cgsurvey.classical.linear import Errors, least_squares, sobel


def by_steps(
    design: Design, rows: pd.DataFrame, mediator: str, errors: Errors, codes: np.ndarray | None, notes: list[Note]
) -> pd.DataFrame:
    """Estimate c (y on x), a (m on x), b and c' (y on x and m), and a b; further predictors are covariates of all."""
    if not is_numeric_dtype(rows[mediator]):
        raise SampleError(f"mediator='{mediator}' holds words; the steps need a number.")
    m = rows[mediator].to_numpy(dtype=float)
    x = 1  # the first column after the intercept is the cause
    if len(design.terms) < 2 or design.parents.count(design.parents[x]) > 1:
        raise SampleError("mediation by steps needs a cause of one column as the first predictor.")
    both = np.column_stack([design.X, m])
    if np.ptp(m) == 0 or np.linalg.matrix_rank(both / np.linalg.norm(both, axis=0)) < both.shape[1]:
        raise SampleError(f"mediator='{mediator}' has no variance of its own beside {', '.join(design.terms[1:])}.")
    total, first, second = (
        least_squares(y, X, intercept=True, errors=errors, cluster=codes)
        for y, X in ((design.y, design.X), (m, design.X), (design.y, both))
    )
    cause = design.terms[x]
    lines = [
        (name, lhs, rhs, f.b[j], f.se[j], f.t[j], f.p[j])
        for name, lhs, rhs, f, j in (
            ("c", design.outcome, cause, total, x),
            ("a", mediator, cause, first, x),
            ("b", design.outcome, mediator, second, -1),
            ("c'", design.outcome, cause, second, x),
        )
    ]
    a, b = lines[1], lines[2]
    se, z, p = sobel(a[3], a[4], b[3], b[4])
    lines.append(("a*b", design.outcome, cause, a[3] * b[3], se, z, p))
    notes.append(note("classical.steps_historical"))
    return pd.DataFrame(lines, columns=["path", "lhs", "rhs", "estimate", "std_error", "statistic", "p_value"])
