"""Cells of any type as the text a person would type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def cell_text(cell: Any) -> str:
    """Return a cell as text: 5.0 as "5", dates in ISO form, nothing as ""."""
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        if cell != cell:
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(float(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() and cell.tzinfo is None else cell.isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def column_text(column: pd.Series, show: Callable[[Any], str] = cell_text) -> np.ndarray:
    """Return a column as text, shape (n,); each different value is written once."""
    try:
        codes, values = pd.factorize(column)
    except TypeError:  # lists and mappings in cells cannot be told apart
        return np.array([cell_text(v) if np.ndim(v) == 0 else str(v) for v in column.tolist()], dtype=object)
    if isinstance(values, pd.DatetimeIndex):
        # A column of moments shows midnight as a time, a column of days shows no time at all.
        days = bool((values == values.normalize()).all())
        words = [(v.date() if days else v.to_pydatetime(warn=False)).isoformat() for v in values]
    else:
        words = [show(v) for v in values.tolist()]
    return np.array([*words, ""], dtype=object)[codes]
