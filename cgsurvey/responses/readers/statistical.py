"""Files of statistics programs: SPSS (.sav, .zsav, .por) and Stata (.dta), with all they know of their columns.

The default of pyreadstat turns what a file declares as missing into nothing; here the cells stay, and the reasons say
which of them are no answers. Dates that Python cannot hold are kept as numbers, and told.
"""

from __future__ import annotations

import datetime as dt
import mmap
import string
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base import apart
from cgsurvey.base.errors import DataError
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.readers import sav_structure
from cgsurvey.responses.readers.cells import cell_text, column_text
from cgsurvey.responses.readers.raw import RawTable, check_size, tidy
from cgsurvey.responses.readers.reasons import reason_of
from cgsurvey.responses.readers.structure import joined

_SPSS_EPOCH = dt.datetime(1582, 10, 14)
_STATA_EPOCH = dt.datetime(1960, 1, 1)
_TAGS = frozenset(string.ascii_lowercase)
# How files that this package wrote call themselves, and how their labels begin where the name had to be changed.
MARK, SIMULATED = "cgsurvey: survey answers", "cgsurvey: simulated survey answers"
HEADER = "header: "


def recognise(content: bytes) -> str:
    """Return "sav", "por" or "dta" by the first bytes, "" for anything else."""
    if content[:4] in (b"$FL2", b"$FL3"):
        return "sav"
    if b"SPSSPORT" in content[:600]:
        return "por"
    # Up to version 12 of Stata: format, byte order, file type 1, a zero.
    old = len(content) > 109 and 105 <= content[0] <= 115 and content[1] in (1, 2) and content[2:4] == b"\x01\x00"
    return "dta" if content.startswith(b"<stata_dta>") or old else ""


def read(path: Path, kind: str, *, where: str, encoding: str | None = None) -> RawTable:
    """Read a file of SPSS or Stata.

    Parameters
    ----------
    path : path
    kind : {"sav", "por", "dta"}
    where : str
        The file, for messages.
    encoding : str, optional
        Overrules the encoding that the file states.
    """
    frame, meta, whole = _open(path, kind, where, encoding)
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise DataError(f"{where} holds no answers: {frame.shape[0]} rows, {frame.shape[1]} columns. Export it again.")
    check_size(len(frame), frame.shape[1], where)
    notes: list[Note] = []
    cells: list[np.ndarray] = []
    labels: dict[int, str] = {}
    values: dict[int, dict[str, str]] = {}
    reasons: dict[int, dict[str, str]] = {}
    own = (meta.file_label or "").strip() in (MARK, SIMULATED)
    headers = [tidy(str(n)) or f"column {j + 1}" for j, n in enumerate(meta.column_names)]
    for j, name in enumerate(meta.column_names):
        column = frame.iloc[:, j]
        tagged = (
            kind == "dta" and meta.readstat_variable_types.get(name) != "string" and column.dtype.kind not in "iufM"
        )
        show = _shown(meta, name, kind, whole, tagged)
        cells.append(column_text(column, show))
        label = meta.column_names_to_labels.get(name)
        if own and label and label.startswith(HEADER):
            headers[j] = tidy(label.removeprefix(HEADER)) or headers[j]
        elif label and label.strip():
            labels[j] = tidy(label)
        known = {show(v): tidy(str(text)) for v, text in (meta.variable_value_labels.get(name) or {}).items()}
        if known:
            values[j] = known
        stated = _stated(cells[j], column, show, meta.missing_ranges.get(name) or (), known)
        if tagged:
            tags = [t for t in pd.unique(cells[j]) if len(t) == 2 and t[0] == "." and t[1] in _TAGS]
            stated |= {t: reason_of(known.get(t, "")) for t in tags}
        if stated:
            reasons[j] = stated
    if not whole:
        notes.append(note("responses.dates_beyond"))
    table = RawTable(
        headers=tuple(headers),
        cells=tuple(cells),
        rows=np.arange(len(frame)) + 2,
        reader="stata" if kind == "dta" else "spss",
        encoding=encoding or str(meta.file_encoding or ""),
        header_row=1,
        labels=labels,
        values=values,
        reasons=reasons,
        simulated=own and meta.file_label.strip() == SIMULATED,
        notes=tuple(notes),
    )
    return _several(table, meta.mr_sets or {})


def _open(path: Path, kind: str, where: str, encoding: str | None) -> tuple[pd.DataFrame, Any, bool]:
    """Return the frame, what the file knows of it, and whether all its dates could be converted."""
    import pyreadstat

    if kind == "sav":
        _try_apart(path, where)
    reader = {"sav": pyreadstat.read_sav, "por": pyreadstat.read_por, "dta": pyreadstat.read_dta}[kind]
    options: dict[str, Any] = {} if kind == "por" else {"user_missing": True}
    tries: list[tuple[dict[str, Any], bool]] = [
        (options, True),
        (options | {"disable_datetime_conversion": True}, False),
    ]
    if encoding is not None and kind != "por":
        tries = [(o | {"encoding": encoding}, whole) for o, whole in tries]
    problem: Exception | None = None
    for chosen, whole in tries:
        try:
            frame, meta = reader(str(path), **chosen)
            return frame, meta, whole
        except MemoryError as error:
            raise DataError(
                f"{where} states a size that does not fit into memory. It is broken or too large."
            ) from error
        except Exception as error:  # pyreadstat has several error classes, and passes on those of datetime
            problem = problem or error
    what = "an SPSS" if kind != "dta" else "a Stata"
    raise DataError(
        f"{where} cannot be read as {what} file ({str(problem)[:160]}). It is cut off or broken; save it "
        "again, or give its encoding= if letters are at fault."
    ) from problem


# Errors of the parser are told by the opening that follows, except those of memory, which would be without limit there.
_TRIAL = """
import sys
import pyreadstat
try:
    pyreadstat.read_sav(sys.argv[1], user_missing=True)
except Exception as error:
    sys.exit(isinstance(error, MemoryError) or "memory" in str(error).lower())
"""


def _try_apart(path: Path, where: str) -> None:
    """Open a file whose parts do not agree in a process of its own first."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        whole = sav_structure.agrees(content)
    if not whole and apart.tried(_TRIAL, b"", str(path.resolve())):
        raise DataError(
            f"{where} cannot be read as an SPSS file: its records do not agree with one another, so that it would end "
            "the program that opens it or fill the memory. It is cut off or broken; copy, download or save it again."
        )


def _shown(meta: Any, name: str, kind: str, whole: bool, tagged: bool) -> Callable[[Any], str]:
    """Return how the values of a column are written."""
    if meta.readstat_variable_types.get(name) == "float":
        # A short float of Stata is 0.1 and not 0.10000000149011612.
        return lambda v: cell_text(float(str(np.float32(v)))) if isinstance(v, float) else _tag(v, tagged)
    if not whole:
        convert = _moment(str(meta.original_variable_types.get(name) or ""), kind)
        if convert is not None:
            return lambda v: convert(v) if isinstance(v, int | float) else _tag(v, tagged)
    return lambda v: _tag(v, tagged)


def _tag(value: Any, tagged: bool) -> str:
    return f".{value}" if tagged and isinstance(value, str) and value in _TAGS else cell_text(value)


def _moment(form: str, kind: str) -> Callable[[float], str] | None:
    """Return how a number is a date in a format of SPSS or Stata, None where it is none."""
    name = form.upper().rstrip("0123456789.")
    if kind == "dta":
        units = {"%TD": 86400.0, "%TC": 0.001}
        unit = next((u for p, u in units.items() if form.upper().startswith(p)), None)
        epoch, day = _STATA_EPOCH, form.upper().startswith("%TD")
    else:
        unit = 1.0 if name in ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "DATETIME", "YMDHMS") else None
        epoch, day = _SPSS_EPOCH, name not in ("DATETIME", "YMDHMS")
    if unit is None:
        return None

    def convert(value: float) -> str:
        try:
            moment = epoch + dt.timedelta(seconds=value * unit)
        except (OverflowError, ValueError):
            return cell_text(value)
        return moment.date().isoformat() if day else moment.isoformat()

    return convert


def _stated(
    cells: np.ndarray,
    column: pd.Series,
    show: Callable[[Any], str],
    ranges: Iterable[Mapping[str, Any]],
    known: Mapping[str, str],
) -> dict[str, str]:
    """Return the texts of a column that lie in ranges declared as missing, with their reasons."""
    spans = [(r["lo"], r["hi"]) for r in ranges]
    if not spans:
        return {}
    stated = {}
    for value in pd.unique(column.dropna()).tolist():
        for low, high in spans:
            try:
                inside = low <= value <= high
            except TypeError:
                inside = False
            if inside:
                stated[show(value)] = reason_of(known.get(show(value), ""))
    return stated


def _several(table: RawTable, sets: Mapping[str, Mapping[str, Any]]) -> RawTable:
    """Add a column of chosen answers for each multiple-response set of yes/no columns."""
    place = {h: j for j, h in enumerate(table.headers)}
    for name, known in sets.items():
        columns = {h: place[h] for h in known.get("variable_list") or () if h in place}
        if not known.get("is_dichotomy") or not columns or name.lstrip("$") in place:
            continue
        yes = frozenset((cell_text(known.get("counted_value")).strip().casefold(),))
        j = len(table.headers)
        table = table.append([name.lstrip("$")], [joined(table, columns, yes)], {j: columns})
    return table
