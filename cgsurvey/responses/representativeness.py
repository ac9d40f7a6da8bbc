"""Representativeness: do the shares of the sample agree with those of the population?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from cgsurvey.base.errors import CodingError, OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import require
from cgsurvey.responses.source import as_source
from cgsurvey.responses.two_samples import holm


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Representativeness(Result):
    """Sample and population side by side.

    Attributes
    ----------
    shares : DataFrame
        `variable category count share population_share difference std_residual`: the residual is
        (O - E) / sqrt(E (1 - pi)), standard normal where sample and population agree.
    tests : DataFrame
        `variable n chisq df p_value p_holm cohen_w verdict`, one row per variable: chi-square goodness of fit, Cohen's
        w = sqrt(chisq / n); `verdict` is "difference" or "undecided".
    alpha : float
        Level of the decisions.
    """

    shares: pd.DataFrame
    tests: pd.DataFrame
    alpha: float

    def tidy(self) -> pd.DataFrame:
        """Return one row per category of each variable."""
        return self.shares.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: people, variables, how many differ, largest difference of a share and Cohen's w."""
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "n_variables": [len(self.tests)],
                "n_different": [int((self.tests["verdict"] == "difference").sum())],
                "max_difference": [self.shares["difference"].abs().max()],
                "cohen_w": [self.tests["cohen_w"].max()],
                "p_value": [self.tests["p_holm"].min()],
            }
        )


def representativeness(
    data: Responses | pd.DataFrame, population: Mapping[str, Mapping[Any, float]], *, alpha: float = 0.05
) -> Representativeness:
    """Compare shares of the sample with known shares of the population.

    Counts are unweighted and the test takes the sample for a simple random one. No evidence of a difference on these
    variables does not show that the sample represents the population on others.

    Parameters
    ----------
    data : Responses or DataFrame
    population : mapping of str to mapping
        Variable to its categories with their shares in the population: ``{"sex": {"f": .51, "m": .49}}``.
    alpha : float
        Level of the decisions; p-values are adjusted for the number of variables (Holm).

    Returns
    -------
    Representativeness

    Raises
    ------
    ColumnNotFoundError
        For variables that are no columns.
    OptionError
        For shares that are negative or do not sum to one.
    CodingError
        For categories in the data that the population lacks, each with the nearest.
    SampleError
        For a variable that nobody answered.

    Notes
    -----
    Equals chisq.test(counts, p = shares) of R, whose `stdres` are the residuals.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> found = cg.representativeness(cg.load_sample(), {"sex": {"female": 0.52, "male": 0.48}})
    >>> found.tidy()[["variable", "category", "share", "population_share"]].round(3)
      variable category  share  population_share
    0      sex   female  0.505              0.52
    1      sex     male  0.495              0.48
    """
    fraction("alpha", alpha)
    source = as_source(data)
    if not isinstance(population, Mapping) or not population:
        raise OptionError(
            'population names variables and the shares of their categories: {"sex": {"f": .51, "m": .49}}.'
        )
    require(source.frame.columns, population, source.file or "the data frame")
    shares = {name: _shares(name, given) for name, given in population.items()}
    notes: list[Note] = []
    columns = source.design.columns if source.design is not None else ()
    if columns:
        notes.append(note("responses.design_unweighted", columns=", ".join(columns)))
    answers = {name: source.frame[name].dropna().map(_category) for name in population}
    faults = []
    for name, known in shares.items():
        unknown = [c for c in answers[name].unique() if c not in known]
        if unknown:
            hints = " ".join(f"{c!r} ({int((answers[name] == c).sum())}).{did_you_mean(c, known)}" for c in unknown[:8])
            faults.append(f"'{name}' holds {hints} The population has {some(known)}.")
    if faults:
        raise CodingError(
            f"categories of the sample have no share in the population: {' '.join(faults)} "
            "Write both alike, or add the category with its share."
        )
    tables, tests, thin = [], [], []
    for name, known in shares.items():
        blank = len(source.frame) - len(answers[name])
        if not len(answers[name]):
            raise SampleError(f"nobody answered '{name}'; leave it out of population.")
        if blank:
            notes.append(note("responses.population_blank", n=blank, column=name))
        table, test = _compare(name, answers[name], known)
        tables.append(table)
        tests.append(test)
        thin += [name] if (test["n"] * table["population_share"] < 5).mean() > 0.2 else []
    found = pd.DataFrame(tests)
    found.insert(5, "p_holm", holm(found["p_value"].to_numpy(dtype=float)))
    found["verdict"] = ["" if np.isnan(p) else "difference" if p < alpha else "undecided" for p in found["p_holm"]]
    if thin:
        notes.append(note("responses.thin_cells", columns=some(thin)))
    differ = found.loc[found["verdict"] == "difference", "variable"]
    if len(differ):
        notes.append(note("responses.representative_evidence", n=len(differ), total=len(found), variables=some(differ)))
    else:
        notes.append(note("responses.representative_no_evidence", total=len(found)))
    used = pd.DataFrame(answers, index=source.frame.index).fillna("")
    return Representativeness(
        shares=pd.concat(tables, ignore_index=True),
        tests=found,
        alpha=float(alpha),
        notes=tuple(notes),
        meta=Meta(
            function="representativeness",
            options={"alpha": alpha},
            n=len(source.frame),
            data_hash=data_hash(used),
            source=source.file,
            simulated=source.simulated,
            labels={**source.labels, **_answer_words(source.instrument, shares)},
            references=("agresti2013", "cohen1988", "holm1979"),
        ),
    )


def _category(value: Any) -> str:
    """Return a category as text: 1 and 1.0 are the same, blanks around words do not count."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool | np.bool_)
    return f"{value:.12g}" if number else str(value).strip()


def _shares(name: str, given: Any) -> dict[str, float]:
    if isinstance(given, pd.Series):
        given = given.to_dict()
    if not isinstance(given, Mapping) or len(given) < 2:
        raise OptionError(
            f"population['{name}'] needs two categories or more with their shares: {{'f': .51, 'm': .49}}."
        )
    known = {_category(k): v for k, v in given.items()}
    if len(known) < len(given):
        raise OptionError(f"population['{name}'] names a category twice: {some(map(repr, given))}. Leave one.")
    wrong = [f"{k}: {v}" for k, v in known.items() if not isinstance(v, int | float | np.number) or not v > 0]
    if wrong:
        raise OptionError(
            f"population['{name}']: shares are numbers greater than 0, not {some(wrong)}. Leave such categories out."
        )
    known = {k: float(v) for k, v in known.items()}
    total = sum(known.values())
    if abs(total - 1) > 1e-6:
        how = " Write .51 for 51 %." if abs(total - 100) < 2 else ""
        raise OptionError(
            f"population['{name}']: the shares sum to {total:.6g}, not to 1.{how} Divide each by their sum if all "
            "categories are there; add the one that is missing if not."
        )
    return known


def _compare(name: str, answers: pd.Series, known: Mapping[str, float]) -> tuple[pd.DataFrame, dict[str, Any]]:
    n, p = len(answers), np.array(list(known.values()))
    counts = np.array([int((answers == c).sum()) for c in known])
    chisq, df = float(((counts - n * p) ** 2 / (n * p)).sum()), len(p) - 1
    table = pd.DataFrame(
        {
            "variable": name,
            "category": list(known),
            "count": counts,
            "share": counts / n,
            "population_share": p,
            "difference": counts / n - p,
            "std_residual": (counts - n * p) / np.sqrt(n * p * (1 - p)),
        }
    )
    test = {"variable": name, "n": n, "chisq": chisq, "df": df, "p_value": float(chdtrc(df, chisq))}
    return table, {**test, "cohen_w": float(np.sqrt(chisq / n))}


def _answer_words(instrument: Any, shares: Mapping[str, Mapping[str, float]]) -> dict[str, Mapping[str, str]]:
    """Return the words of the variables, and of their categories as "variable=category"."""
    asked = {q.name: q for q in getattr(instrument, "demographics", ()) if q.name in shares}
    choices = {f"{n}={c.name}": c.label for n, q in asked.items() if q.scale is not None for c in q.scale.choices}
    return {n: q.label for n, q in asked.items()} | choices
