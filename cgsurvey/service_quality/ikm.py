"""The satisfaction index of the regulation (IKM, SKM), with what no form has: intervals, chances of grades, tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction, whole
from cgsurvey.base.parallel import recorded_seed
from cgsurvey.base.result import Meta, data_hash, group_words
from cgsurvey.responses import Design, Responses
from cgsurvey.responses.selection import require
from cgsurvey.service_quality.elements import HIGH, LOW, Answers, catalogue, gather
from cgsurvey.service_quality.grades import PERFORMANCE, grade, two_decimals
from cgsurvey.service_quality.grouping import grouped, keys_of
from cgsurvey.service_quality.index_estimates import Estimates, estimate
from cgsurvey.service_quality.index_numbers import FACTOR, descending_ranks, exact_index, tally
from cgsurvey.service_quality.sampled import sampled
from cgsurvey.service_quality.satisfaction import SatisfactionIndex

Weight = Literal["exact"] | float
Interval = Literal["taylor", "percentile", "bca"]
WEIGHTS: dict[Any, Fraction] = {"exact": Fraction(1, 9), 0.11: Fraction(11, 100), 0.111: Fraction(111, 1000)}
INTERVALS = ("taylor", "percentile", "bca")
FEW = 5  # respondents below which a group is told in a note
PROFILE = ("sex", "education")


def ikm(
    data: Responses | pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    weight: Weight = "exact",
    elements: Mapping[str, str] | None = None,
    period: str | None = None,
    order: Sequence[Any] | None = None,
    users: Mapping[str, Any] | None = None,
    design: Design | bool | None = None,
    interval: Interval = "taylor",
    ci: float = 0.95,
    resamples: int = 2000,
    seed: int | None = None,
    extra: Literal["refuse", "leave_out"] = "refuse",
    scale: tuple[int, int] = (LOW, HIGH),
    priorities: int = 3,
    profile: Sequence[str] | None = None,
) -> SatisfactionIndex:
    """Compute the satisfaction index of users of public services (Indeks Kepuasan Masyarakat).

    Per element NRR = sum of scores / answers given; index = 25 * sum over nine elements of weight * NRR. Sums and
    counts are whole numbers, so that the index is an exact ratio; it is rounded to two decimals, half up, and graded
    (`grade`).

    Parameters
    ----------
    data : Responses or DataFrame
        Elements are found by key (U1 to U9) and, before the key, by the words of their heading; never by position,
        because forms change the places of U8 (complaints) and U9 (facilities). Only users count, by the role that the
        instrument names; of a data frame, by a column "role" with the answer "user".
    by : str or sequence of str, optional
        Columns of groups: unit, service, period.
    weight : {"exact", 0.11, 0.111}
        Weight of an element: 1/9, or as offices print it; with these the index cannot reach 100.
    elements : mapping, optional
        Element ("U8", or "complaints") to its column, all nine.
    period : str, optional
        The column of `by` (added to it where it is not) whose values follow each other in time.
    order : sequence, optional
        The periods from first to last, where their names do not tell.
    users : mapping, optional
        Column and answers of users, {"role": ["user"]}.
    design : Design or bool, optional
        None: each respondent counts once, as the regulation has it; clusters, strata and population sizes of the data's
        design widen or narrow the intervals. True, or a `Design`: weighted as well, an estimate for the population.
        False: intervals of a simple random sample.
    interval : {"taylor", "percentile", "bca"}
        Linearised variance with quantiles of t, or resampled respondents (clusters within strata, where known) with
        percentiles that are expanded for small samples (Hesterberg, 2015).
    ci : float
        Level of the intervals.
    resamples, seed : int
        For the bootstrap.
    extra : {"refuse", "leave_out"}
        Elements beyond the nine (U10, U11).
    scale : (int, int)
        Lowest and highest score. Another scale than (1, 4) is converted on a straight line, score' = 1 + 3 (score -
        low) / (high - low), a convention of this package and not of the regulation; a note says so.
    priorities : int
        How many of the lowest elements are marked, ties included.
    profile : sequence of str, optional
        Columns of the respondents' profile on the publication sheet; default sex and education of the instrument.

    Returns
    -------
    SatisfactionIndex

    Raises
    ------
    ColumnNotFoundError, DataError
        Fewer than nine elements, more, or two columns for one element.
    CodingError
        Scores outside the scale, with their rows.
    OptionError
        An option that is not known, periods without an order.
    SampleError
        No user, or an element that nobody answered.

    Notes
    -----
    PermenPANRB 14/2017. Intervals by linearisation of the ratio means (Woodruff, 1971; Särndal, Swensson & Wretman,
    1992): the index is linear in the nine NRR, so that their covariances enter through one linearised value per
    respondent; as survey::svycontrast of svyby(svymean) in R.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.ikm(answers).glance().round(2)
         n    ikm grade  performance  ci_lower  ci_upper
    0  582  75.76     C  Kurang baik     74.59     76.93
    """
    share = _weight(weight)
    choose("interval", interval, INTERVALS)
    choose("extra", extra, ("refuse", "leave_out"))
    level, R = fraction("ci", ci), whole("resamples", resamples, 100)
    low, high = _scale(scale)
    whole("priorities", priorities)
    notes: list[Note] = []
    answers = gather(data, notes, elements=elements, extra=extra, scale=(low, high), users=users)
    if not len(answers.x):
        raise SampleError.of("service_quality.nobody")
    keys = keys_of(by, period)
    answers, group, labels, periods = grouped(answers, keys, period, order, notes)
    known = sampled(answers, design, notes)
    drawn_seed = recorded_seed(seed) if interval != "taylor" else None
    options: dict[str, Any] = {"interval": interval, "level": level, "R": R, "seed": drawn_seed, "scale": (low, high)}
    whole_sample = np.zeros(len(group), dtype=np.int64)
    everyone = estimate(answers.x, whole_sample, 1, share, known, single=False, **options)
    _nobody(everyone.counts[0], answers)
    here = everyone if not keys else estimate(answers.x, group, len(labels), share, known, single=True, **options)
    _tell(answers, here, labels, keys, share, (low, high), everyone, notes)
    overall = _rows(everyone, share, (low, high))
    groups = _rows(here, share, (low, high))
    groups["rank"] = descending_ranks(groups["ikm"].to_numpy())
    if period is not None:
        groups["rank"] = groups.groupby(labels[period].to_numpy())["ikm"].rank(ascending=False, method="min")
    groups = pd.concat([labels, groups], axis=1)
    told = tuple(catalogue())
    return SatisfactionIndex(
        overall=overall,
        groups=groups,
        elements=_elements(here, labels, share, (low, high), priorities),
        overall_elements=_elements(everyone, pd.DataFrame(index=range(1)), share, (low, high), priorities),
        answers=_answers(answers.x, told, low, high),
        profile=_profile(answers, labels, group, profile),
        covariance=here.covariance,
        by=keys,
        period=period,
        notes=tuple(notes),
        meta=Meta(
            function="ikm",
            options={
                **{"by": keys, "weight": weight, "period": period, "order": periods, "design": known.described},
                **{"interval": interval, "ci": level, "scale": (low, high), "extra": extra, "users": users},
                **{"elements": dict(answers.columns), "asked_elements": elements, "priorities": priorities},
                **({"resamples": R} if interval != "taylor" else {}),
            },
            n=len(answers.x),
            seed=drawn_seed,
            data_hash=data_hash(answers.x),
            source=answers.responses.provenance.file,
            simulated=answers.responses.simulated,
            labels=_labels(answers.responses, keys, profile),
            references=("permenpanrb2017", *_SOURCES[interval], *(("holm1979", "mogstad2024") if keys else ())),
        ),
    )


_SOURCES = {
    "taylor": ("woodruff1971", "sarndal1992"),
    "percentile": ("efron1979", "hesterberg2015"),
    "bca": ("efron1987", "hesterberg2015"),
}


def _weight(weight: Any) -> Fraction:
    if isinstance(weight, float | int) and not isinstance(weight, bool):
        found = next((v for k, v in WEIGHTS.items() if k != "exact" and float(weight) == k), None)
        if found is None and float(weight) == 1 / 9:
            found = WEIGHTS["exact"]
        if found is not None:
            return found
    return WEIGHTS[choose("weight", weight, WEIGHTS)]


def _scale(scale: Any) -> tuple[int, int]:
    try:
        low, high = (int(v) for v in scale)
    except (TypeError, ValueError):
        low, high = 0, 0
    if not low < high:
        raise OptionError(f"scale={scale!r} must be the lowest and the highest score: scale=(1, 4).")
    return low, high


def _nobody(counts: np.ndarray, answers: Answers) -> None:
    empty = [f"{u} ('{c}')" for u, c, n in zip(catalogue(), answers.columns.values(), counts, strict=True) if not n]
    if empty:
        raise SampleError.of("service_quality.silent_elements", elements=", ".join(empty))


def _value(found: Estimates, g: int, share: Fraction, scale: tuple[int, int]) -> tuple[float, str]:
    """Return index and grade of a group, from whole numbers where nobody is weighted."""
    if found.weighted:
        theta = float(found.theta[g])
        # weighted means are computed in floating point: ten decimals hold what is known of them
        return theta, grade(Decimal(f"{theta:.10f}")) if np.isfinite(theta) else ""
    exact = exact_index(found.sums[g].astype(int).tolist(), found.counts[g].tolist(), share, *scale)
    return (np.nan, "") if exact is None else (float(exact), grade(exact))


def _rows(found: Estimates, share: Fraction, scale: tuple[int, int]) -> pd.DataFrame:
    values = [_value(found, g, share, scale) for g in range(len(found.theta))]
    grades = [v[1] for v in values]
    table: dict[str, Any] = {
        "n": found.n,
        "ikm": [v[0] for v in values],
        "std_error": found.std_error,
        "df": found.df,
        "ci_lower": found.lower,
        "ci_upper": found.upper,
        "grade": pd.array(grades, dtype="str"),
        "performance": pd.array([PERFORMANCE.get(g, "") for g in grades], dtype="str"),
    }
    table |= {f"p_{g}": found.chances[:, 3 - k] for k, g in enumerate("abcd")}
    return pd.DataFrame(table)


def _elements(
    found: Estimates, labels: pd.DataFrame, share: Fraction, scale: tuple[int, int], priorities: int
) -> pd.DataFrame:
    G, E = found.means.shape
    nrr = found.means
    limit = np.sort(nrr, axis=1)[:, [min(priorities, E) - 1]]  # NaN sorts last
    index = (FACTOR * nrr).ravel()
    grades = [grade(Fraction(_hundredths(v), 100)) if np.isfinite(v) else "" for v in index]
    table: dict[str, Any] = {k: np.repeat(labels[k].to_numpy(), E) for k in labels}
    table |= {
        "element": pd.array(list(catalogue()) * G, dtype="str"),
        "n": found.counts.ravel(),
        "sum": (found.sums if found.weighted else found.sums.astype(np.int64)).ravel(),
        "nrr": nrr.ravel(),
        "nrr_weighted": float(share) * nrr.ravel(),
        "index": index,
        "rank": np.concatenate([descending_ranks(row) for row in nrr]),
        "ci_lower": found.element_lower.ravel(),
        "ci_upper": found.element_upper.ravel(),
        "grade": pd.array(grades, dtype="str"),
        "priority": (nrr <= limit).ravel(),
    }
    return pd.DataFrame(table)


def _hundredths(index: float) -> int:
    return int(two_decimals(Decimal(f"{index:.10f}")) * 100)


def _answers(x: np.ndarray, names: Sequence[str], low: int, high: int) -> pd.DataFrame:
    counts = tally(x, np.zeros(len(x), dtype=np.int64), 1, low, high)[0]
    total = counts.sum(axis=1, keepdims=True)
    scores = range(low, high + 1)
    rows = [
        (u, s, int(counts[i, k]), counts[i, k] / total[i, 0]) for i, u in enumerate(names) for k, s in enumerate(scores)
    ]
    return pd.DataFrame(rows, columns=["element", "score", "count", "share"])


def _profile(answers: Answers, labels: pd.DataFrame, group: np.ndarray, profile: Sequence[str] | None) -> pd.DataFrame:
    wanted = [c for c in PROFILE if c in answers.rows.columns] if profile is None else list(profile)
    require(answers.rows.columns, wanted, answers.responses.provenance.file or "the data frame")
    columns = [*labels.columns, "variable", "category", "count"]
    made = []
    for name in wanted:
        said = answers.rows[name].astype("str").fillna("").to_numpy()
        counts = pd.Series(said).groupby([group, said]).size()
        at = counts.index.get_level_values(0).to_numpy()
        made.append(
            labels.iloc[at]
            .reset_index(drop=True)
            .assign(variable=name, category=counts.index.get_level_values(1).to_numpy(), count=counts.to_numpy())
        )
    return pd.concat(made, ignore_index=True)[columns] if made else pd.DataFrame(columns=columns)


def _labels(responses: Responses, keys: Sequence[str], profile: Sequence[str] | None) -> dict[str, Mapping[str, str]]:
    """Return the words of elements, of the columns that are named, and of their answers ("office=K01")."""
    out: dict[str, Mapping[str, str]] = {u: {"en": e["en"], "id": e["id"]} for u, e in catalogue().items()}
    if responses.instrument is None:
        return out
    named = {*keys, *(PROFILE if profile is None else profile)}
    for q in responses.instrument.demographics:
        if q.name in named:
            out[q.name] = q.label
            out |= {f"{q.name}={c.name}": c.label for c in (q.scale.choices if q.scale is not None else ())}
    return out


def _tell(
    answers: Answers,
    found: Estimates,
    labels: pd.DataFrame,
    keys: Sequence[str],
    share: Fraction,
    scale: tuple[int, int],
    everyone: Estimates,
    notes: list[Note],
) -> None:
    """Note what a reader of the index must know."""
    low, high = scale
    if share != WEIGHTS["exact"]:
        exact, _ = _value(everyone, 0, WEIGHTS["exact"], scale)
        value, _ = _value(everyone, 0, share, scale)
        told = {"weight": float(share), "most": float(share * 900), "exact": round(exact, 2), "value": round(value, 2)}
        notes.append(note("service_quality.rounded_weight", **told))
    if scale != (LOW, HIGH):
        notes.append(note("service_quality.converted", low=low, high=high))
    first = np.nanmin(answers.x, axis=0)
    constant = [u for u, a, b in zip(catalogue(), first, np.nanmax(answers.x, axis=0), strict=True) if a == b]
    if "U4" in constant and first[3] == high:
        notes.append(note("service_quality.free_service"))
        constant.remove("U4")
    if constant:
        notes.append(note("service_quality.constant", elements=", ".join(constant)))
    gaps = int(np.isnan(answers.x).sum())
    if gaps:
        notes.append(note("service_quality.gaps", n=gaps, share=round(100 * gaps / answers.x.size, 1)))
    if not keys:
        if len(answers.x) < FEW:
            notes.append(note("service_quality.few", n=len(answers.x), least=FEW))
        return
    words = partial(group_words, answers.responses.labels, keys, limit=5)
    names = labels[list(keys)].astype(str).to_numpy()
    small = names[found.n < FEW]
    if len(small):
        notes.append(note("service_quality.small_groups", n=len(small), groups=words(small), least=FEW))
    inside = names[found.alone & (found.n > 1)]
    if len(inside):
        notes.append(note("service_quality.one_unit_groups", n=len(inside), groups=words(inside)))
    holes = names[~(found.counts > 0).all(axis=1)]
    if len(holes):
        notes.append(note("service_quality.groups_without_index", n=len(holes), groups=words(holes)))
