"""Files that are larger than memory: opened once, passed through a part at a time as often as wanted."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cgsurvey.base.errors import DataError, some
from cgsurvey.base.parallel import in_threads
from cgsurvey.responses.readers.text import decode, sniff, unguarded
from cgsurvey.responses.words import short

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 1000  # different cells up to which a column is known by them
RANGE = 2**16  # width of whole numbers that are looked up in a table
_TEXT_BLOCK = 2**22  # bytes of delimited text that are parsed at a time
_HEAD = 1_000_000


@dataclass(frozen=True)
class Parts:
    """A csv or parquet file on disk.

    Attributes
    ----------
    path : Path
    reader : {"csv", "parquet"}
    headers : tuple of str
        Names of the columns, in order.
    encoding, delimiter : str
        Of delimited text.
    """

    path: Path
    reader: str
    headers: tuple[str, ...]
    encoding: str = ""
    delimiter: str = ""

    def batches(self, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the columns, at most `rows` rows at a time; cells of text files are text.

        Raises
        ------
        DataError
            When the file is broken, with what the reader says.
        """
        import pyarrow as pa

        try:
            for batch in self._stream(list(columns), rows):
                for at in range(0, batch.num_rows, rows):
                    yield batch.slice(at, rows)
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"{self.path.name} cannot be read to its end: {short(str(error), 160)}. Records of a text file must "
                "all have as many cells as the headers; cg.read_responses(path) tells where they have not."
            ) from error

    def _stream(self, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
        if self.reader == "parquet":
            import pyarrow.parquet as pq

            with pq.ParquetFile(self.path, pre_buffer=False) as file:
                yield from file.iter_batches(batch_size=rows, columns=columns)
            return
        import pyarrow as pa
        import pyarrow.csv as pc

        with pc.open_csv(
            self.path,
            read_options=pc.ReadOptions(block_size=_TEXT_BLOCK, encoding=self.encoding),
            parse_options=pc.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
            convert_options=pc.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        ) as reader:
            yield from reader

    def sha256(self) -> str:
        """Hash of the bytes of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def open_parts(path: str | Path, *, encoding: str | None = None, delimiter: str | None = None) -> Parts:
    """Recognise a csv or parquet file by its first bytes and read its headers.

    Raises
    ------
    DataError
        When there is no such file, it is of another format, or two columns share a header.
    """
    path = Path(path)
    if not path.is_file():
        what = "a folder: name the file in it" if path.is_dir() else "no file. The path starts at the working folder"
        raise DataError(f"'{path}' is {what}.")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip(b" \t\r\n\x00"):
        raise DataError(f"{path.name} is empty (0 answers, no headers). Export the data again.")
    parts = _parquet(path) if head.startswith(b"PAR1") else _text(path, head, encoding, delimiter)
    twice = [h for h in dict.fromkeys(parts.headers) if parts.headers.count(h) > 1]
    if twice or not all(parts.headers):
        fault = f"share a header: {some(twice)}" if twice else "have no header"
        raise DataError(f"{path.name} has columns that {fault}. Rename them; parts of a file are known by its headers.")
    return parts


def _parquet(path: Path) -> Parts:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = tuple(file.schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path.name} cannot be opened as parquet ({short(str(error), 120)}). Write it again."
        ) from error
    # pandas stores an index that is no plain count as a column of this name
    return Parts(path, "parquet", tuple(n for n in names if not n.startswith("__index_level_")))


def _text(path: Path, head: bytes, encoding: str | None, delimiter: str | None) -> Parts:
    if head[:2] == b"PK" or head[:4] == b"\xd0\xcf\x11\xe0" or b"\x00" in head[:4096]:
        raise DataError(
            f"{path.name} is neither csv nor parquet: only these are read in parts. Read it whole with "
            "cg.read_responses(path, instrument) and write it with .to_parquet(path)."
        )
    end = head.rfind(b"\n") + 1 if len(head) == _HEAD else len(head)
    text, found, _ = decode(head[:end], encoding, path.name)
    cut = delimiter or sniff(text)
    headers = next(csv.reader(io.StringIO(text, newline=""), delimiter=cut), [])
    return Parts(path, "csv", tuple(headers), "utf-8" if found == "utf-8-sig" else found, cut)


@dataclass
class Cells:
    """What stands in a column: its different cells in order of appearance, and how often each.

    Attributes
    ----------
    count : dict
        Cell to number of rows, without the missing ones.
    missing : int
        Rows without an answer (null, NaN, blank).
    wide : bool
        More than `MOST` different cells: those that are here are the first, and their counts are of no use.
    """

    count: dict[Any, int] = field(default_factory=dict)
    missing: int = 0
    wide: bool = False

    def add(self, found: Sequence[tuple[Any, int]]) -> None:
        """Count further rows."""
        for cell, n in found:
            if cell is None or cell != cell or (isinstance(cell, str) and not cell.strip()):
                self.missing += n
            elif cell in self.count or len(self.count) < MOST:
                self.count[cell] = self.count.get(cell, 0) + n
            else:
                self.wide = True
                return


def census(parts: Parts, rows: int) -> tuple[dict[str, Cells], int]:
    """Count the different cells of every column, and the rows, in one pass through the file."""
    import pyarrow.compute as pc

    found = {h: Cells() for h in parts.headers}

    def counted(batch: pa.RecordBatch) -> tuple[int, dict[str, list[tuple[Any, int]]]]:
        out = {}
        for name in batch.schema.names:
            if not found[name].wide:
                pairs = pc.value_counts(batch.column(name))
                few = pairs.slice(0, MOST + 2)  # a null and one too many
                out[name] = list(zip(few.field(0).to_pylist(), few.field(1).to_pylist(), strict=True))
        return batch.num_rows, out

    total = 0
    for n, columns in in_threads(counted, parts.batches(parts.headers, rows)):
        total += n
        for name, pairs in columns.items():
            if not found[name].wide:
                found[name].add(pairs)
    return found, total


class Lookup:
    """Places of cells among the different cells of their column; -1 where there is no answer."""

    def __init__(self, cells: Sequence[Any], kind: pa.DataType) -> None:
        import pyarrow as pa

        self.table: np.ndarray | None = None
        self.low = 0
        self.cells = pa.array(cells, type=kind)
        if pa.types.is_integer(kind) and cells and max(cells) - min(cells) < RANGE:
            self.low = min(cells)
            self.table = np.full(max(cells) - self.low + 1, -1, dtype=np.int16)
            self.table[np.array(cells, dtype=np.int64) - self.low] = np.arange(len(cells))

    def __call__(self, column: pa.Array) -> np.ndarray:
        """Return the places, shape (rows,)."""
        import pyarrow.compute as pc

        if self.table is None:
            return np.asarray(pc.index_in(column, value_set=self.cells).fill_null(-1).to_numpy(zero_copy_only=False))
        blank = column.null_count > 0
        values = (column.fill_null(self.low) if blank else column).to_numpy(zero_copy_only=False)
        places = self.table[values.astype(np.int64) - self.low]
        return np.where(column.is_null().to_numpy(zero_copy_only=False), -1, places) if blank else places


def as_read(cells: Mapping[Any, int], reader: str) -> list[Any]:
    """Return cells as a reader of the whole file would hand them on."""
    return [unguarded(c) if reader == "csv" else c for c in cells]
