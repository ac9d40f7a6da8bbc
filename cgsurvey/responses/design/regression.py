"""Linear regression by design. Labelled file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from scipy.special import stdtr

from cgsurvey.base.errors import OptionError, SampleError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.base.units import Floats
from cgsurvey.responses.design.design import Design
from cgsurvey.responses.design.estimates import labels_of
from cgsurvey.responses.design.gathered import drawn_from, numbers, recorded, wanted_frame
from cgsurvey.responses.design.regression_numbers import Linear, explained
from cgsurvey.responses.design.sample import degrees, solve, t_quantile
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import require


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SurveyRegression(Result):
    """Coefficients of a linear regression by design.

    Attributes
    ----------
    table : DataFrame
        `variable level estimate std_error statistic df p_value ci_lower ci_upper`; `level` names the category that is
        compared with the first one, "" for numbers.
    covariance : DataFrame
        Of the coefficients.
    outcome : str
    r2 : float
        Weighted share of variance explained.
    """

    table: pd.DataFrame
    covariance: pd.DataFrame
    outcome: str
    r2: float

    def tidy(self) -> pd.DataFrame:
        """Return one row per coefficient."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: respondents, degrees of freedom, explained variance."""
        return pd.DataFrame({"n": [self.meta.n], "df": [self.table["df"].iloc[0]], "r2": [self.r2]})


def survey_regression(
    formula: str,
    data: Responses | pd.DataFrame,
    *,
    design: Design | None = None,
    errors: str = "taylor",
    replicates: int = 500,
    seed: int | None = None,
    ci: float = 0.95,
) -> SurveyRegression:
    """Regress an outcome on others in the population.

    Parameters
    ----------
    formula : str
        ``"outcome ~ x1 + x2"``, names of columns; text columns are compared with their first category.
    data : Responses or DataFrame
    design, errors, replicates, seed, ci
        As of `survey_estimates`.

    Returns
    -------
    SurveyRegression
        Tests and intervals have primary units - strata + 1 - coefficients degrees of freedom.

    Raises
    ------
    OptionError
        For a formula that cannot be read.
    ColumnNotFoundError, CodingError, DataError, SampleError

    Notes
    -----
    Equals summary(svyglm(formula, design)) of R's survey with the gaussian family (Binder, 1983).

    Examples
    --------
    >>> import cgsurvey as cg
    >>> cg.survey_regression("tan1 ~ age", cg.load_sample()).tidy().iloc[:, :4].round(3)
          variable level  estimate  std_error
    0  (intercept)           3.234      0.189
    1          age           0.006      0.004
    """
    fraction("ci", ci)
    outcome, names = _terms(formula)
    source, frame = wanted_frame(data)
    require(frame.columns, [outcome, *names], source.file or "the data frame")
    notes: list[Note] = []
    known = design or source.design
    seed = recorded(errors, known, seed)
    drawn = drawn_from(
        frame, known, notes, errors=errors, replicates=replicates, seed=seed, file=source.file or "the data"
    )
    if known is not None and known.columns:
        notes.append(note("responses.design_used", columns=", ".join(known.columns[:6])))
    y = numbers(frame, [outcome], source.file)[:, 0]
    X, rows = _columns(frame, names, source.file)
    lost = np.isnan(y) | np.isnan(X).any(axis=1)
    if lost.any():
        notes.append(note("responses.estimates_listwise", n=int(lost.sum()), total=len(frame)))
    inside = np.where(lost, -1, 0)
    X, y = np.where(lost[:, None], 0.0, X), np.where(lost, 0.0, y)
    k = X.shape[1]
    if (~lost).sum() <= k or np.linalg.matrix_rank(X) < k:
        raise SampleError(
            f"{int((~lost).sum())} complete respondents do not tell the {k} coefficients of '{formula}' apart: there "
            "are too few, or a predictor is constant or a sum of the others. Leave one out."
        )
    linear = Linear(X, y, inside)
    found = solve(linear, drawn)
    beta, se = found.estimate[0], found.std_error[0]
    df = int(degrees(drawn)[0]) + 1 - k
    if df <= 0:
        notes.append(note("responses.regression_df", df=df, k=k))
    t = float(t_quantile(np.array(df), ci))
    statistic = beta / np.where(se > 0, se, np.nan)
    p = 2 * stdtr(df, -np.abs(statistic)) if df > 0 else np.full(k, np.nan)
    labels = [f"{v}={level}" if level else v for v, level in rows]
    return SurveyRegression(
        table=pd.DataFrame(
            {
                "variable": [r[0] for r in rows],
                "level": [r[1] for r in rows],
                "estimate": beta,
                "std_error": se,
                "statistic": statistic,
                "df": df,
                "p_value": p,
                "ci_lower": beta - t * se,
                "ci_upper": beta + t * se,
            }
        ),
        covariance=pd.DataFrame(found.covariance[0], index=labels, columns=labels),
        outcome=outcome,
        r2=explained(linear, beta, drawn.weights),
        notes=tuple(notes),
        meta=Meta(
            function="survey_regression",
            options={"formula": formula, "errors": errors, "ci": ci},
            n=int((~lost).sum()),
            seed=seed,
            data_hash=data_hash(frame[[outcome, *names]]),
            source=source.file,
            simulated=source.simulated,
            labels={v: source.labels[v] for v in (outcome, *names) if v in source.labels}
            | labels_of(source, [outcome, *names]),
            references=("binder1983", "lumley2004"),
        ),
    )


def _terms(formula: str) -> tuple[str, list[str]]:
    sides = [s.strip() for s in formula.split("~")] if isinstance(formula, str) else []
    names = [t.strip() for t in sides[1].split("+")] if len(sides) == 2 else []
    if not names or not sides[0] or not all(names) or len(set(names)) < len(names):
        raise OptionError(
            f"formula={formula!r} cannot be read; write 'outcome ~ x1 + x2' with names of columns, each once."
        )
    if sides[0] in names:
        raise OptionError(f"formula={formula!r} explains '{sides[0]}' by itself; leave it out on the right.")
    return sides[0], names


def _columns(frame: pd.DataFrame, names: list[str], file: str) -> tuple[Floats, list[tuple[str, str]]]:
    """Columns of the regression with the constant first, and what they are called."""
    columns, rows = [np.ones((len(frame), 1))], [("(intercept)", "")]
    for name in names:
        if is_numeric_dtype(frame[name]):
            columns.append(numbers(frame, [name], file))
            rows.append((name, ""))
            continue
        codes, levels = pd.factorize(frame[name], sort=True)
        hits = (codes[:, None] == np.arange(1, len(levels))).astype(float)
        hits[codes < 0] = np.nan
        columns.append(hits)
        rows += [(name, str(v)) for v in levels[1:]]
    return np.hstack(columns), rows
