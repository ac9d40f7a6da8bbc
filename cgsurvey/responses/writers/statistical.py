"""Files of SPSS and Stata: numbers with value labels, texts of questions, reasons as declared missing values.

In .sav a reason is a number above the scale that the file declares as missing, with its words; in .dta it is one of the
missing values .n, .d, .r, .b (not asked, don't know, refused, blank), with its words. A name that the program does not
allow is changed, and the label of the variable begins with `HEADER` and the name as it was; readers of this package
take it from there in files that carry the mark of this package.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.readers.statistical import HEADER, MARK, SIMULATED
from cgsurvey.responses.words import short
from cgsurvey.responses.writers.columns import Column, reason_codes, reason_words

TAGS = {"not_asked": "n", "dont_know": "d", "refused": "r", "blank": "b"}
# What a format keeps: letters of a label of Stata, bytes of all else.
_SAV = {"name": 64, "label": 255, "value": 120, "text": 32_767}
_DTA = {"name": 32, "label": 80, "value": 32_000, "text": 2_000_000_000}
# Words of SPSS, then of Stata.
_RESERVED = re.compile(
    "all|and|by|eq|ge|gt|le|lt|ne|not|or|to|with"
    "|byte|int|long|float|double|if|in|using|strl|str[0-9]+|_all|_b|_coef|_cons|_n|_pi|_pred|_rc|_skip|_weight"
)


def write_sav(path: Path, columns: list[Column], language: str, *, simulated: bool, zipped: bool) -> list[Note]:
    """Write a .sav or .zsav and return notes on what was changed."""
    import pyreadstat

    names, notes = _names(columns, _SAV["name"], r"[A-Za-z]")
    frame: dict[str, Any] = {}
    values: dict[str, dict[Any, str]] = {}
    ranges: dict[str, list[Any]] = {}
    for name, column in zip(names, columns, strict=True):
        codes, words = reason_codes(column), reason_words(column, language)
        labels = dict(column.values) if column.numbers is not None or _short(column) else {}
        if column.numbers is None:
            frame[name] = column.texts
        else:
            numbers = column.numbers.copy()
            for reason, code in codes.items():
                numbers[np.isnan(numbers) & (column.reasons == reason)] = code
                labels[code] = words[reason]
            frame[name] = numbers
            if codes:
                # All of them lie above the scale, and a range may span more values than the three SPSS allows apart.
                ranges[name] = [{"lo": min(codes.values()), "hi": max(codes.values())}]
        if labels:
            values[name] = labels
    cut = _Cut(_SAV)
    pyreadstat.write_sav(
        pd.DataFrame({n: cut.texts(n, c) for n, c in frame.items()}),
        str(path),
        file_label=SIMULATED if simulated else MARK,
        column_labels=cut.labels(names, columns),
        variable_value_labels={n: cut.values(n, v) for n, v in values.items()},
        missing_ranges=ranges,
        variable_measure={n: _measure(c) for n, c in zip(names, columns, strict=True)},
        compress=zipped,
    )
    return [*notes, *cut.notes()]


def write_dta(path: Path, columns: list[Column], language: str, *, simulated: bool) -> list[Note]:
    """Write a .dta (Stata 14 and later) and return notes on what was changed."""
    import pyreadstat

    names, notes = _names(columns, _DTA["name"], r"[A-Za-z_]")
    frame: dict[str, Any] = {}
    values: dict[str, dict[Any, str]] = {}
    tagged: dict[str, list[str]] = {}
    bare = []
    for name, column in zip(names, columns, strict=True):
        words = reason_words(column, language)
        if column.numbers is None:
            frame[name] = column.texts
            continue
        frame[name] = column.numbers
        whole = all(float(k) == int(k) for k in column.values)
        labels: dict[Any, str] = {int(k): v for k, v in column.values.items()} if whole else {}
        bare += [] if whole else [column.name]
        if words:
            cells = column.numbers.astype(object)
            for reason in words:
                cells[np.isnan(column.numbers) & (column.reasons == reason)] = TAGS[reason]
            frame[name] = cells
            tagged[name] = [TAGS[r] for r in words]
            labels |= {TAGS[r]: w for r, w in words.items()}
        if labels:
            values[name] = labels
    if bare:
        notes.append(note("responses.written_bare", n=len(bare), columns=some(bare, 12)))
    cut = _Cut(_DTA)
    pyreadstat.write_dta(
        pd.DataFrame({n: cut.texts(n, c) for n, c in frame.items()}),
        str(path),
        file_label=SIMULATED if simulated else MARK,
        column_labels=cut.labels(names, columns),
        variable_value_labels={n: cut.values(n, v) for n, v in values.items()},
        missing_user_values=tagged,
    )
    return [*notes, *cut.notes()]


def _short(column: Column) -> bool:
    """Say whether SPSS can label the values of a text: eight bytes at most."""
    given = column.texts if column.texts is not None else ()
    return all(len(str(t).encode()) <= 8 for t in (*column.values, *pd.unique(np.asarray(given, dtype=object))))


def _measure(column: Column) -> str:
    if column.ordered:
        return "ordinal"
    return "nominal" if column.numbers is None else "scale"


def _names(columns: Iterable[Column], limit: int, first: str) -> tuple[list[str], list[Note]]:
    """Return names that the program allows, each once whatever the case, and a note on those that were changed."""
    used: set[str] = set()
    out, changed = [], []
    for column in columns:
        name = re.sub(r"\W+", "_", column.name, flags=re.ASCII)
        if not re.match(first, name) or _RESERVED.fullmatch(name.casefold()):
            name = f"v{name}" if name.startswith("_") else f"v_{name}"
        base, k = name[:limit].rstrip("_") or "v", 1
        name = base
        while name.casefold() in used:
            k += 1
            name = f"{base[: limit - len(str(k)) - 1]}_{k}"
        used.add(name.casefold())
        out.append(name)
        if name != column.name:
            changed.append(f"'{short(column.name, 40)}' = {name}")
    told = [note("responses.written_renamed", n=len(changed), names=some(changed, 12))] if changed else []
    return out, told


class _Cut:
    """Cuts what is longer than a format keeps, and remembers what it cut."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self.limits = limits
        self.done: dict[str, list[str]] = {"label": [], "value": [], "text": []}

    def _fit(self, text: str, what: str, name: str) -> str:
        limit, whole = self.limits[what], text.encode("utf-8", "replace")
        cut = whole.decode()[:limit] if self.limits is _DTA else whole[:limit].decode("utf-8", "ignore")
        if cut.encode() != whole and name not in self.done[what]:
            self.done[what].append(name)
        return cut

    def labels(self, names: list[str], columns: list[Column]) -> dict[str, str]:
        """Return the labels of variables."""
        texts = (c.label if n == c.name else f"{HEADER}{c.name}" for n, c in zip(names, columns, strict=True))
        return {n: self._fit(" ".join(t.split()), "label", n) for n, t in zip(names, texts, strict=True) if t}

    def values(self, name: str, words: Mapping[Any, str]) -> dict[Any, str]:
        """Return the labels of the values of one variable."""
        return {k: self._fit(" ".join(w.split()), "value", name) for k, w in words.items()}

    def texts(self, name: str, cells: np.ndarray) -> Any:
        """Return the cells of one variable."""
        if cells.dtype != object or any(isinstance(c, float) for c in cells):
            return cells
        codes, known = pd.factorize(cells)
        return np.array([self._fit(str(t), "text", name) for t in known] or [""], dtype=object)[codes]

    def notes(self) -> list[Note]:
        """Return a note for each kind of text that was cut."""
        return [
            note(f"responses.written_cut_{what}", n=len(names), limit=self.limits[what], columns=some(names, 12))
            for what, names in self.done.items()
            if names
        ]
