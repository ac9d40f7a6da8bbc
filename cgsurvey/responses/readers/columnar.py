"""Data frames and parquet: columns that come with their types."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError
from cgsurvey.responses.readers.cells import column_text
from cgsurvey.responses.readers.raw import RawTable, check_size, tidy


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
    return from_frame(frame, reader="parquet", where=where)


def _broken(where: str, error: Exception) -> DataError:
    return DataError(f"{where} cannot be opened as parquet ({str(error)[:120]}). Write it again.")
