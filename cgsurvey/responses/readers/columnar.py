"""Data frames and parquet: columns that come with their types."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError
from cgsurvey.responses.readers.cells import column_text
from cgsurvey.responses.readers.raw import RawTable, check_size, tidy

# The metadata of parquet files that this package wrote, and the reasons that their columns may tell.
FORMAT = "cgsurvey-parquet/1"
REASONED = ("not_asked", "dont_know", "refused", "blank")


def from_frame(frame: pd.DataFrame, *, reader: str = "frame", where: str = "the data frame") -> RawTable:
    """Return a data frame as text; an index called "row" gives the rows their numbers."""
    if frame.shape[1] == 0 or frame.shape[0] == 0:
        raise DataError(f"{where} is empty: {frame.shape[0]} rows, {frame.shape[1]} columns.")
    if any(isinstance(c, tuple) for c in frame.columns):
        raise DataError(f"{where} has headers of several levels. Give it one name per column.")
    cells = tuple(column_text(frame.iloc[:, j]) for j in range(frame.shape[1]))
    own = frame.index.name == "row" and frame.index.is_unique and frame.index.inferred_type == "integer"
    rows = frame.index.to_numpy() if own else np.arange(len(frame)) + 2
    digest = hashlib.sha256("\x1f".join(map(str, frame.columns)).encode("utf-8", "surrogatepass"))
    for column in cells:
        digest.update("\x1e".join(column).encode("utf-8", "surrogatepass"))
    headers = tuple(tidy(str(c)) or f"column {j + 1}" for j, c in enumerate(frame.columns))
    return RawTable(headers=headers, cells=cells, rows=rows, reader=reader, sha256=digest.hexdigest())


def from_parquet(path: Path, where: str) -> RawTable:
    """Read a parquet file; messages call it `where`."""
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
    except Exception as error:  # pyarrow raises what it likes on a broken file
        raise _broken(where, error) from error
    check_size(rows, columns, where)
    try:
        frame = file.read().to_pandas()
    except Exception as error:
        raise _broken(where, error) from error
    finally:
        file.close()
    return _declared(from_frame(frame, reader="parquet", where=where), file.schema_arrow.metadata or {})


def _declared(table: RawTable, metadata: Mapping[bytes, bytes]) -> RawTable:
    """Return the table with what a file of this package says of its columns: questions, value labels, reasons."""
    try:
        told = json.loads(metadata.get(b"cgsurvey", b"{}"))
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            return table
        questions, values, beside = (dict(told.get(k) or {}) for k in ("labels", "values", "reasons"))
        values = {str(n): {str(k): str(v) for k, v in known.items()} for n, known in values.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return table
    place = {h: j for j, h in enumerate(table.headers)}
    # Headers are tidied on their way in, the names in the metadata are not.
    at = {n: place[tidy(str(n))] for n in (*questions, *values, *beside) if tidy(str(n)) in place}
    cells, reasons = list(table.cells), {}
    apart = {at[n]: place[tidy(str(r))] for n, r in beside.items() if n in at and tidy(str(r)) in place}
    for j, k in apart.items():
        why = np.where(np.isin(table.cells[k], REASONED) & (table.cells[j] == ""), table.cells[k], "")
        cells[j] = np.where(why == "", table.cells[j], why)
        reasons[j] = {r: r for r in REASONED if (why == r).any()}
    whole = replace(
        table,
        cells=tuple(cells),
        reasons={j: r for j, r in reasons.items() if r},
        labels={at[n]: tidy(str(t)) for n, t in questions.items() if n in at},
        values={at[n]: known for n, known in values.items() if n in at},
        simulated=told.get("simulated") is True,
    )
    return whole.select([j for j in range(len(table.headers)) if j not in set(apart.values())])


def _broken(where: str, error: Exception) -> DataError:
    return DataError(f"{where} cannot be opened as parquet ({str(error)[:120]}). Write it again.")
