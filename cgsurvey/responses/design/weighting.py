"""Weights that make the sample agree with the population: raking and post-stratification. Labelled file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CodingError, ConvergenceError, DataError, OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.units import Floats, Ints
from cgsurvey.responses.design.calibration import rake_weights, trim_weights, unequal
from cgsurvey.responses.design.design import Design
from cgsurvey.responses.design.gathered import drawn_from
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import as_responses, require
from cgsurvey.responses.source import as_source

Shares = Mapping[Any, float]


def rake(
    data: Responses | pd.DataFrame,
    population: Mapping[str, Shares],
    *,
    total: float | None = None,
    trim: tuple[float, float] | None = None,
    design: Design | None = None,
    weight: str = "raked_weight",
) -> Responses:
    """Change weights until the sample has the known shares of each of several variables.

    Standard errors afterwards allow for it: what the margins explain no longer varies from sample to sample.

    Parameters
    ----------
    data : Responses or DataFrame
    population : mapping of str to mapping
        Column to its categories with their shares (sum 1) or numbers of people in the population:
        ``{"sex": {"f": .51, "m": .49}, "district": {"North": 42000, ...}}``.
    total : float, optional
        People in the population where only shares are given; default the sum of the weights as they are.
    trim : (low, high), optional
        Bounds of the weights in multiples of their mean, e.g. (0.3, 3). What is cut off is shared by the others; the
        margins are then met approximately, as a note tells.
    design : Design, optional
        Default: that of the data.
    weight : str
        Name of the new column.

    Returns
    -------
    Responses
        With the column of new weights, a design that names it and the margins, and notes on what was done.

    Raises
    ------
    OptionError
        For shares that are negative or do not sum to one, and for margins of different totals.
    CodingError
        For categories of the sample that the population lacks.
    SampleError
        For categories of the population that nobody in the sample has.
    ConvergenceError
        When margins contradict each other in this sample.

    Notes
    -----
    Equals rake of R's survey with a strict tolerance, standard errors included (Deming & Stephan, 1940).

    Examples
    --------
    >>> import cgsurvey as cg
    >>> population = {"sex": {"female": 0.52, "male": 0.48}, "area": {"city": 0.35, "regency": 0.65}}
    >>> answers = cg.rake(cg.load_sample(), population)
    >>> total = answers.frame.groupby("area")[answers.design.weights].sum()
    >>> (total / total.sum()).round(2).to_dict()
    {'city': 0.35, 'regency': 0.65}
    """
    if not isinstance(population, Mapping) or not population:
        raise OptionError('population names columns with shares: {"sex": {"f": .51, "m": .49}}.')
    return _calibrated(data, {str(k): v for k, v in population.items()}, total, trim, design, weight, "rake")


def poststratify(
    data: Responses | pd.DataFrame,
    by: str | Sequence[str],
    population: Shares,
    *,
    total: float | None = None,
    trim: tuple[float, float] | None = None,
    design: Design | None = None,
    weight: str = "poststratified_weight",
) -> Responses:
    """Change weights so that the sample has the known shares of one variable, or of the cells of several.

    Parameters
    ----------
    by : str or sequence of str
        Column, or columns whose cells are meant.
    population : mapping
        Category to its share (sum 1) or number of people; of several columns the keys are tuples:
        ``{("North", "f"): .12, ...}``.
    data, total, trim, design, weight
        As of `rake`, which also tells what is returned and raised.

    Notes
    -----
    Equals postStratify of R's survey, standard errors included (Holt & Smith, 1979).

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.poststratify(cg.load_sample(), "sex", {"female": 0.52, "male": 0.48})
    >>> total = answers.frame.groupby("sex")[answers.design.weights].sum()
    >>> (total / total.sum()).round(2).to_dict()
    {'female': 0.52, 'male': 0.48}
    """
    names = [by] if isinstance(by, str) else list(by)
    frame = data.frame if isinstance(data, Responses) else as_source(data).frame
    require(frame.columns, names, "the data")
    if not isinstance(population, Mapping) or len(population) < 2:
        raise OptionError("population needs two categories or more: {'North': .4, 'South': .6}.")
    if len(names) == 1:
        return _calibrated(data, {names[0]: population}, total, trim, design, weight, "poststratify")
    wrong = [k for k in population if not isinstance(k, tuple) or len(k) != len(names)]
    if wrong:
        raise OptionError(
            f"population: {wrong[0]!r} is no cell of {', '.join(names)}; keys are tuples of {len(names)}."
        )
    cell = " x ".join(names)
    joined = frame[names].apply(lambda r: np.nan if r.isna().any() else " x ".join(map(_category, r)), axis=1)
    cells = {" x ".join(map(_category, k)): v for k, v in population.items()}
    data = _responses(data, [*names, cell])
    data = data.replace(frame=data.frame.assign(**{cell: joined.to_numpy()}))
    return _calibrated(data, {cell: cells}, total, trim, design, weight, "poststratify")


def _calibrated(
    data: Responses | pd.DataFrame,
    population: Mapping[str, Shares],
    total: float | None,
    trim: tuple[float, float] | None,
    design: Design | None,
    weight: str,
    how: str,
) -> Responses:
    responses = _responses(data, list(population))
    frame, known = responses.frame, design or responses.design or Design()
    require(frame.columns, population, responses.provenance.file or "the data")
    if known.replicate_weights:
        raise OptionError(
            f"{how} would have to change each replicate weight too. Give a design of clusters and strata instead."
        )
    if weight in frame.columns:
        raise OptionError(f"weight='{weight}' is a column of the data already; name a new one.")
    notes: list[Note] = []
    before = dataclasses.replace(known, margins=(), calibrated=None)
    told: list[Note] = []
    lenient = dataclasses.replace(before, lonely="adjust") if before.strata else before
    w = drawn_from(frame, lenient, told, file=responses.provenance.file or "the data").weights
    margins, totals = _margins(frame, population, float(w.sum()) if total is None else _total(total), total is None)
    made = rake_weights(w, margins, totals)
    if made.distance > 1e-6:
        raise ConvergenceError(
            f"raking does not come nearer to the margins than {made.distance:.2g} after {made.rounds} rounds: in this "
            "sample they contradict each other. Join categories that hardly anybody has, or leave out a margin."
        )
    new = made.weights
    text = some(population, 8)
    notes.append(note(f"responses.{how}", columns=text, weight=weight, rounds=made.rounds, n=len(new)))
    columns = {weight: new}
    if trim is not None:
        new = _trimmed(new, trim, margins, totals, notes)
        columns = {weight: new, f"{weight}_untrimmed": made.weights}
    low, high = float(new.min() / new.mean()), float(new.max() / new.mean())
    notes.append(note("responses.weights_spread", low=low, high=high, effect=unequal(new)))
    return responses.replace(
        frame=frame.assign(**columns),
        design=dataclasses.replace(
            before,
            weights=weight,
            margins=tuple(population),
            calibrated=None if trim is None else f"{weight}_untrimmed",
        ),
        notes=(*responses.notes, *notes),
    )


def _responses(data: Responses | pd.DataFrame, margins: list[str]) -> Responses:
    """The data as responses; of a frame, numeric columns that are no margins are answers."""
    if isinstance(data, Responses):
        return data
    frame = as_source(data).frame
    return as_responses(data, [c for c in frame.select_dtypes("number").columns if c not in margins])


def _total(total: float) -> float:
    if not isinstance(total, int | float | np.number) or isinstance(total, bool) or not 0 < total < np.inf:
        raise OptionError(f"total={total!r} must be a number of people greater than 0.")
    return float(total)


def _category(value: Any) -> str:
    """Return a category as text: 1 and 1.0 are the same, blanks around words do not count."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool | np.bool_)
    return f"{value:.12g}" if number else str(value).strip()


def _margins(
    frame: pd.DataFrame, population: Mapping[str, Shares], total: float, free: bool
) -> tuple[tuple[Ints, ...], tuple[Floats, ...]]:
    """Codes of the rows and known totals of each margin; every fault of the categories is told at once."""
    known = {name: _numbers(name, given) for name, given in population.items()}
    sums = {name: sum(v.values()) for name, v in known.items()}
    counts = {name: s for name, s in sums.items() if abs(s - 1) > 1e-6}
    if counts and free:
        total = next(iter(counts.values()))
    off = {name: s for name, s in counts.items() if abs(s - total) > 1e-6 * total}
    if off:
        name, s = next(iter(off.items()))
        how = " Write .51 for 51 %." if abs(s - 100) < 2 else ""
        raise OptionError(
            f"population['{name}']: the shares sum to {s:.6g}, neither to 1 nor to the population of {total:.6g} that "
            f"the others have.{how} Add the category that is missing, or divide each by their sum if all are there."
        )
    faults, codes, totals = [], [], []
    for name, given in known.items():
        answers = frame[name]
        blank = answers.isna()
        if blank.any():
            rows = some(frame.index[blank], 5)
            raise DataError(
                f"'{name}': {int(blank.sum())} respondents have no answer (rows {rows}), so that no share is known of "
                "them. Fill them in, give them a category of their own with its share, or leave them out."
            )
        place = {c: j for j, c in enumerate(given)}
        text = answers.map(_category)
        unknown = [c for c in text.unique() if c not in place]
        if unknown:
            hints = " ".join(f"{c!r} ({int((text == c).sum())}).{did_you_mean(c, place)}" for c in unknown[:8])
            faults.append(f"'{name}' holds {hints} The population has {some(given)}.")
            continue
        codes.append(text.map(place).to_numpy(dtype=np.int64))
        totals.append(np.array(list(given.values())) * (total / sums[name]))
        empty = [c for c, j in place.items() if not (codes[-1] == j).any()]
        if empty:
            raise SampleError(
                f"nobody in the sample has '{name}' = {some(empty)}; no weight can make up for that. Join the category "
                "with a like one in the sample and in population."
            )
    if faults:
        raise CodingError(
            f"categories of the sample have no share in the population: {' '.join(faults)} "
            "Write both alike, or add the category with its share."
        )
    return tuple(codes), tuple(totals)


def _numbers(name: str, given: Any) -> dict[str, float]:
    given = given.to_dict() if isinstance(given, pd.Series) else given
    if not isinstance(given, Mapping) or len(given) < 2:
        raise OptionError(
            f"population['{name}'] needs two categories or more with their shares: {{'f': .51, 'm': .49}}."
        )
    wrong = [
        f"{k}: {v}"
        for k, v in given.items()
        if not isinstance(v, int | float | np.number) or isinstance(v, bool) or not 0 < v < np.inf
    ]
    if wrong:
        raise OptionError(f"population['{name}']: shares are numbers greater than 0, not {some(wrong)}.")
    known = {_category(k): float(v) for k, v in given.items()}
    if len(known) < len(given):
        raise OptionError(f"population['{name}'] names a category twice: {some(map(repr, given))}. Leave one.")
    total = sum(known.values())
    if max(known.values()) <= 1 and abs(total - 1) > 1e-6:
        raise OptionError(
            f"population['{name}']: the shares sum to {total:.6g}, not to 1. Divide each by their sum if all "
            "categories are there; add the one that is missing if not."
        )
    return known


def _trimmed(
    w: Floats, trim: tuple[float, float], margins: tuple[Ints, ...], totals: tuple[Floats, ...], notes: list[Note]
) -> Floats:
    try:
        low, high = map(float, trim)
    except (TypeError, ValueError):
        low, high = np.nan, np.nan
    if not 0 <= low < 1 < high:
        raise OptionError(f"trim={trim!r} must be two multiples of the mean weight around 1, e.g. trim=(0.3, 3).")
    mean = w.mean()
    cut = int(((w < low * mean) | (w > high * mean)).sum())
    new = trim_weights(w, low * mean, high * mean)
    found = zip(margins, totals, strict=True)
    off = max(float(np.abs(np.bincount(c, new, minlength=len(t)) / t.sum() - t / t.sum()).max()) for c, t in found)
    notes.append(note("responses.weights_trimmed", n=cut, low=low, high=high, off=100 * off))
    return new
