"""Groups of users: the columns they are made of, the group of each user, periods in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.selection import require
from cgsurvey.service_quality.elements import Answers
from cgsurvey.service_quality.periods import ordered

TAKEN = frozenset(  # columns of the result, which no group may be called
    (
        *("n", "ikm", "std_error", "df", "ci_lower", "ci_upper", "grade", "performance", "p_a", "p_b", "p_c", "p_d"),
        *("element", "sum", "nrr", "nrr_weighted", "index", "rank", "priority", "score", "count", "share"),
        *("variable", "category", "group_1", "group_2", "period_1", "period_2", "difference"),
    )
)


def keys_of(by: str | Sequence[str] | None, period: str | None) -> tuple[str, ...]:
    """Return the columns of the groups, the period among them."""
    keys = [] if by is None else [by] if isinstance(by, str) else list(by)
    if len(set(keys)) < len(keys):
        raise OptionError(f"by={keys} names a column twice.")
    if period is not None and period not in keys:
        keys.append(period)
    clash = [k for k in keys if k in TAKEN]
    if clash:
        raise OptionError(
            f"by: {some(clash)} is the name of a column of the result. Rename it: data.rename(columns=...)."
        )
    return tuple(keys)


def grouped(
    answers: Answers, keys: tuple[str, ...], period: str | None, order: Sequence[Any] | None, notes: list[Note]
) -> tuple[Answers, np.ndarray, pd.DataFrame, tuple[Any, ...]]:
    """Return the answers of rows with a group, group per row, the labels of the groups, and the periods in order."""
    rows = answers.rows
    require(rows.columns, keys, answers.responses.provenance.file or "the data frame")
    if order is not None and period is None:
        raise OptionError("order is that of the periods: name their column, period='...'.")
    if not keys:
        return answers, np.zeros(len(rows), dtype=np.int64), pd.DataFrame(index=range(1)), ()
    blank = rows[list(keys)].isna().any(axis=1).to_numpy()
    if blank.all():
        raise SampleError.of("service_quality.no_groups", columns=keys)
    if blank.any():
        notes.append(note("service_quality.group_blank", n=int(blank.sum()), columns=", ".join(keys)))
        answers = Answers(answers.x[~blank], rows[~blank], answers.columns, answers.responses)
        rows = answers.rows
    periods: tuple[Any, ...] = ()
    code = np.zeros(len(rows), dtype=np.int64)
    levels: list[pd.Index] = []
    for key in keys:
        if key == period:
            values = pd.Index(ordered(rows[key], order, key))
            periods = tuple(_plain(v) for v in values)
            found = values.get_indexer(pd.Index(rows[key]))
        else:
            found, values = _factorised(rows[key])
        code = code * len(values) + found
        levels.append(values)
    distinct, group = np.unique(code, return_inverse=True)
    labels: dict[str, Any] = {}
    rest = distinct
    for key, values in zip(reversed(keys), reversed(levels), strict=True):
        labels[key] = [_plain(v) for v in values[rest % len(values)]]
        rest = rest // len(values)
    return answers, group, pd.DataFrame({k: labels[k] for k in keys}), periods


def _factorised(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.remove_unused_categories()
        return column.cat.codes.to_numpy(dtype=np.int64), pd.Index(column.cat.categories)
    if column.dtype == object and len({type(v) for v in column.unique()}) > 1:
        column = column.astype(str)  # numbers and texts in one column have no order
    codes, values = pd.factorize(column, sort=True)
    return codes, pd.Index(values)


def _plain(value: Any) -> Any:
    """Return a label that can be saved: numbers and texts as they are, dates and periods as text."""
    if isinstance(value, bool | np.bool_):
        return str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int | float | str):
        return value
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)
