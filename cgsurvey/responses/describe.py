"""Description: items, answer categories, constructs and who the respondents are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from cgsurvey.base.errors import DataError, OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Labels, Meta, Result, data_hash, group_words
from cgsurvey.responses.agreement import group_codes
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.score import score_parts
from cgsurvey.responses.selection import (
    Constructs,
    Part,
    answered_items,
    as_responses,
    check_range,
    items_by_construct,
    pick_constructs,
    require,
)
from cgsurvey.responses.shape import shape

# Tingkat capaian responden: a convention of Indonesian theses in percent of the highest score, lower bounds, not a
# norm. On a scale from 1 to 5 it starts at 20, so that equal answers give another category than an equal division of
# 1..5 would.
TCR_BANDS: tuple[tuple[float, str], ...] = (
    (90, "very good"),
    (80, "good"),
    (65, "fair"),
    (55, "poor"),
    (0, "very poor"),
)
TCR_WORDS: Mapping[str, Mapping[str, str]] = {
    "very good": {"en": "very good", "id": "sangat baik"},
    "good": {"en": "good", "id": "baik"},
    "fair": {"en": "fair", "id": "cukup"},
    "poor": {"en": "poor", "id": "kurang"},
    "very poor": {"en": "very poor", "id": "sangat kurang"},
}
NO_ANSWER = "(no answer)"
_MANY = 30  # categories beyond which a column is text and no category of people


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Description(Result):
    """Description of answers and respondents; with `by`, each table is led by the column `group`.

    Attributes
    ----------
    items : DataFrame
        `item reverse n n_missing mean sd skewness kurtosis floor_share ceiling_share tcr tcr_category`. Means are of
        the answers as given, to be read with the wording; TCR is of the keyed answers. `n_missing` counts those who
        were asked.
    categories : DataFrame
        `item value count share`, one row per category of each item, as answered.
    constructs : DataFrame
        `construct dimension n_items n mean sd min max tcr tcr_category` of the keyed scores.
    profile : DataFrame
        `variable category count share mean sd`: shares for categories, mean and sd for numbers.
    by : str, optional
        Column of the groups.
    weighted : bool
        True when shares, means and standard deviations are weighted; counts never are.
    members : mapping of str to tuple of str
        Construct to the items that are its own, not those of its elements.
    """

    items: pd.DataFrame
    categories: pd.DataFrame
    constructs: pd.DataFrame
    profile: pd.DataFrame
    by: str | None = None
    weighted: bool = False
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def tidy(self) -> pd.DataFrame:
        """Return one row per item (and group)."""
        return self.items

    def glance(self) -> pd.DataFrame:
        """Return one row: respondents, items, groups, share missing of what was asked."""
        missing, given = self.items["n_missing"].sum(), self.items["n"].sum()
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "n_items": [self.items["item"].nunique()],
                "n_groups": [self.items["group"].nunique() if self.by else 1],
                "missing_share": [missing / (missing + given) if missing + given else np.nan],
            }
        )


def describe(
    data: Responses | pd.DataFrame,
    by: str | None = None,
    *,
    items: Sequence[str] | None = None,
    constructs: Constructs = None,
    profile: Sequence[str] | None = None,
    weights: bool | str = True,
    scale: tuple[float, float] | None = None,
    min_valid: float = 0.5,
) -> Description:
    """Describe items, categories, constructs and respondents.

    Skewness and kurtosis are G1 and G2 (Joanes & Gill 1998), as in SPSS. TCR (tingkat capaian responden) is the mean
    in percent of the highest score, with the category that Indonesian theses print: 90 very good, 80 good, 65 fair,
    55 poor. The bands are a convention, not a norm.

    Parameters
    ----------
    data : Responses or DataFrame
    by : str, optional
        Column of groups.
    items : sequence of str, optional
        Default: all items; of a data frame the numeric columns.
    constructs : mapping, sequence of str or str, optional
        As in `score`; default all of the instrument, none without one.
    profile : sequence of str, optional
        Columns that tell who the respondents are; default the questions of the instrument that have choices or are
        numbers.
    weights : bool or str
        True uses the weights of the design where there are any, False none, a name that column.
    scale : (low, high), optional
        Answer scale, where no instrument says it: for floor, ceiling and TCR.
    min_valid : float
        As in `score`.

    Raises
    ------
    ColumnNotFoundError, DataError, SampleError

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.describe(answers).tidy()[["item", "n", "mean", "sd"]].head(2).round(2)
          item    n  mean    sd
    0  pe_dis1  596  3.66  1.03
    1  pe_dis2  597  3.81  0.96
    """
    if isinstance(constructs, Mapping) and not isinstance(data, Responses) and items is None:
        items = list(dict.fromkeys(i for v in items_by_construct(constructs).values() for i in v))
    if by is not None and not isinstance(by, str):
        raise OptionError(f"by={by!r} must name one column of groups; items go by name: items=[...].")
    responses = as_responses(data, items)
    frame = responses.frame
    notes: list[Note] = []
    asides = [c for c in (by, *(profile or ()), weights if isinstance(weights, str) else None) if c is not None]
    require(frame.columns, asides, responses.provenance.file or "the data frame")
    column = _weight_column(responses, weights, notes)
    names = tuple(n for n in answered_items(responses, items) if n not in {column, *asides})
    if not isinstance(data, Responses) and items is None:
        notes.append(note("responses.items_guessed", n=len(names), items=some(names)))
    if not len(frame) or not names:
        raise SampleError(f"there is nothing to describe: {len(frame)} respondents, {len(names)} items.")
    check_range(frame[list(names)], scale)
    w = None if column is None else _weights(frame[column], column)
    parts = pick_constructs(responses, constructs) if constructs is not None or responses.instrument is not None else ()
    if responses.linkage is not None:
        notes.append(note("responses.means_not_described", n=len(responses.linkage.items)))
        parts = tuple(p for p in parts if not set(p.all_items) & set(responses.linkage.items))
    scores = score_parts(responses.keyed, parts, min_valid=min_valid)
    asked_about = profile_columns(responses, profile, notes)
    tables: dict[str, list[pd.DataFrame]] = {"items": [], "categories": [], "constructs": [], "profile": []}
    for label, rows in _groups(frame, by, responses.labels, notes):
        here = None if w is None else w[rows]
        made = {
            "items": _items(responses, names, rows, here, scale),
            "categories": _categories(responses, names, rows, here, scale),
            "constructs": _constructs(responses, parts, scores[rows], here, scale),
            "profile": _profile(responses, asked_about, rows, here),
        }
        for key, table in made.items():
            if by is not None:
                table.insert(0, "group", pd.Series([label] * len(table), index=table.index, dtype="str"))
            tables[key].append(table)
    joined = {key: pd.concat(found, ignore_index=True) for key, found in tables.items()}
    return Description(
        **joined,
        by=by,
        weighted=w is not None,
        members={p.id: p.items for top in parts for p in top.walk() if p.items},
        notes=tuple(notes),
        meta=Meta(
            function="describe",
            options={"by": by, "weights": column, "min_valid": min_valid},
            n=len(frame),
            data_hash=data_hash(frame[list(names)]),
            source=responses.provenance.file,
            simulated=responses.simulated,
            labels={**responses.labels, **_answer_labels(responses)},
            references=("joanes1998",),
        ),
    )


def _answer_labels(responses: Responses) -> dict[str, Mapping[str, str]]:
    """Return the words of answers, "item=score" for items and "question=choice" for questions about the respondent."""
    if responses.instrument is None:
        return {}
    items = [responses.instrument.item(name) for name in responses.items]
    words = {f"{i.name}={c.score:g}": c.label for i in items for c in i.scale.choices if c.score is not None}
    questions = responses.instrument.demographics
    choices = {f"{q.name}={c.name}": c.label for q in questions if q.scale is not None for c in q.scale.choices}
    return words | choices | {q.name: q.label for q in questions}


def tcr_category(percent: float) -> str:
    """Return the category of a TCR in percent, "" for none."""
    return "" if percent != percent else next(word for bound, word in TCR_BANDS if percent >= bound)


def _weight_column(responses: Responses, weights: bool | str, notes: list[Note]) -> str | None:
    of_design = responses.design.weights if responses.design is not None else None
    if isinstance(weights, str):
        return weights
    if of_design is None or not weights:
        if of_design is not None:
            notes.append(note("responses.weights_unused", column=of_design))
        return None
    require(responses.frame.columns, [of_design], "the data")
    notes.append(note("responses.weights_used", column=of_design))
    return of_design


def _weights(column: pd.Series, name: str) -> np.ndarray:
    w = pd.to_numeric(column, errors="coerce")
    wrong = column[w.isna() | (w <= 0)]
    if len(wrong):
        raise DataError(
            f"weights '{name}' must be numbers above 0; {len(wrong)} are not: "
            + some((f"{v!r} (row {r})" for r, v in wrong.items()), 5)
            + ". Correct them or describe(..., weights=False)."
        )
    return w.to_numpy(dtype=float)


def _groups(frame: pd.DataFrame, by: str | None, labels: Labels, notes: list[Note]) -> Iterator[tuple[str, np.ndarray]]:
    if by is None:
        yield "", np.ones(len(frame), dtype=bool)
        return
    codes, names = group_codes(frame[by], notes, by)
    small = [[g] for i, g in enumerate(names) if (codes == i).sum() < 5]
    if small:
        notes.append(note("responses.small_groups", n=len(small), groups=group_words(labels, [by], small), size=5))
    for i, label in enumerate(names):
        yield label, codes == i


def _limits(responses: Responses, name: str, scale: tuple[float, float] | None) -> tuple[float, float]:
    if scale is not None:
        return float(scale[0]), float(scale[1])
    if responses.instrument is None:
        return np.nan, np.nan
    s = responses.instrument.item(name).scale
    return float(s.min), float(s.max)


def _share(hit: np.ndarray, w: np.ndarray | None) -> float:
    total = len(hit) if w is None else w.sum()
    return float((hit.sum() if w is None else w[hit].sum()) / total) if total else np.nan


def _items(
    responses: Responses,
    names: Sequence[str],
    rows: np.ndarray,
    w: np.ndarray | None,
    scale: tuple[float, float] | None,
) -> pd.DataFrame:
    made = []
    for name in names:
        x = responses.frame.loc[rows, name].to_numpy(dtype=float)
        asked = (responses.reasons.loc[rows, name] != "not_asked").to_numpy()
        given = ~np.isnan(x)
        low, high = _limits(responses, name, scale)
        wg = None if w is None else w[given]
        reverse = responses.instrument is not None and responses.instrument.item(name).reverse
        s = shape(x, w)
        tcr = 100 * (low + high - s.mean if reverse else s.mean) / high
        made.append(
            {
                "item": name,
                "reverse": reverse,
                "n": s.n,
                "n_missing": int((asked & ~given).sum()),
                "mean": s.mean,
                "sd": s.sd,
                "skewness": s.skewness,
                "kurtosis": s.kurtosis,
                "floor_share": _share(x[given] == low, wg) if low == low else np.nan,
                "ceiling_share": _share(x[given] == high, wg) if high == high else np.nan,
                "tcr": tcr,
                "tcr_category": tcr_category(tcr),
            }
        )
    return pd.DataFrame(made)


def _categories(
    responses: Responses,
    names: Sequence[str],
    rows: np.ndarray,
    w: np.ndarray | None,
    scale: tuple[float, float] | None,
) -> pd.DataFrame:
    made = []
    for name in names:
        x = responses.frame.loc[rows, name].to_numpy(dtype=float)
        given = ~np.isnan(x)
        seen = np.unique(x[given])
        if responses.instrument is not None:
            seen = np.union1d(seen, responses.instrument.item(name).scale.scores)
        elif scale is not None:
            seen = np.union1d(seen, np.arange(scale[0], scale[1] + 1))
        elif len(seen) > _MANY:
            continue  # a measurement, no answer category
        wg = None if w is None else w[given]
        made += [(name, float(v), int((x[given] == v).sum()), _share(x[given] == v, wg)) for v in seen]
    return pd.DataFrame(made, columns=["item", "value", "count", "share"])


def _constructs(
    responses: Responses,
    parts: tuple[Part, ...],
    scores: pd.DataFrame,
    w: np.ndarray | None,
    scale: tuple[float, float] | None,
) -> pd.DataFrame:
    made = []
    for part in (p for top in parts for p in top.walk()):
        x = scores[part.id].to_numpy(dtype=float)
        s = shape(x, w)
        high = float(np.mean([_limits(responses, i, scale)[1] for i in part.all_items]))
        tcr = 100 * s.mean / high
        given = x[~np.isnan(x)]
        made.append(
            {
                "construct": part.id,
                "dimension": part.parent,
                "n_items": len(part.all_items),
                "n": s.n,
                "mean": s.mean,
                "sd": s.sd,
                "min": given.min(initial=np.inf) if len(given) else np.nan,
                "max": given.max(initial=-np.inf) if len(given) else np.nan,
                "tcr": tcr,
                "tcr_category": tcr_category(tcr),
            }
        )
    columns = ["construct", "dimension", "n_items", "n", "mean", "sd", "min", "max", "tcr", "tcr_category"]
    return pd.DataFrame(made, columns=columns)


def profile_columns(responses: Responses, profile: Sequence[str] | None, notes: list[Note]) -> list[str]:
    """Columns of the profile; free text and columns that tell people apart stay out."""
    if profile is not None:
        wanted = list(profile)
    elif responses.instrument is not None:
        kinds = ("one", "integer", "number")
        wanted = [
            q.name for q in responses.instrument.demographics if q.type in kinds and q.name in responses.frame.columns
        ]
    else:
        wanted = []
    wanted = [c for c in wanted if responses.frame[c].notna().any()]
    numbers = {q.name for q in getattr(responses.instrument, "demographics", ()) if q.type in ("integer", "number")}
    text = [
        c
        for c in wanted
        if c not in numbers and not is_numeric_dtype(responses.frame[c]) and responses.frame[c].nunique() > _MANY
    ]
    if text:
        notes.append(note("responses.profile_text", columns=some(text), n=_MANY))
    return [c for c in wanted if c not in text]


def _profile(responses: Responses, columns: Sequence[str], rows: np.ndarray, w: np.ndarray | None) -> pd.DataFrame:
    made: list[dict[str, Any]] = []
    questions = {q.name: q for q in getattr(responses.instrument, "demographics", ())}
    for name in columns:
        column, question = responses.frame.loc[rows, name], questions.get(name)
        if question is not None and question.ends and column.nunique(dropna=False) == 1:
            continue  # consent: who is described gave it
        is_number = question.type in ("integer", "number") if question is not None else is_numeric_dtype(column)
        if is_number and (question is not None or column.nunique() > 10):
            s = shape(pd.to_numeric(column, errors="coerce").to_numpy(dtype=float), w)
            made.append({"variable": name, "category": "", "count": s.n, "share": np.nan, "mean": s.mean, "sd": s.sd})
            empty = int(rows.sum()) - s.n
            if empty:
                made.append(
                    {
                        "variable": name,
                        "category": NO_ANSWER,
                        "count": empty,
                        "share": np.nan,
                        "mean": np.nan,
                        "sd": np.nan,
                    }
                )
            continue
        text = column.astype("str").where(column.notna(), NO_ANSWER)
        order = [c.name for c in question.scale.choices] if question is not None and question.scale is not None else []
        found = [c for c in order if (text == c).any()]
        found += sorted(set(text) - set(found) - {NO_ANSWER}) + ([NO_ANSWER] if (text == NO_ANSWER).any() else [])
        for c in found:
            hit = (text == c).to_numpy()
            made.append(
                {
                    "variable": name,
                    "category": c,
                    "count": int(hit.sum()),
                    "share": _share(hit, w),
                    "mean": np.nan,
                    "sd": np.nan,
                }
            )
    return pd.DataFrame(made, columns=["variable", "category", "count", "share", "mean", "sd"])
