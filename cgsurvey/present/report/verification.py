"""Verifying a report: what a written file holds, cell by cell, against the same report made again."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from cgsurvey.base.errors import DataError
from cgsurvey.base.options import choose
from cgsurvey.base.result import Result
from cgsurvey.present.narration.sentences import Paragraphs, Sentence, paragraphs
from cgsurvey.present.table import Table, Words
from cgsurvey.present.tables.style import Maker, Style, makers

Content = Mapping[str, str | float]
_TOLERANCE = 1e-8  # relative: what another machine may differ in, far below any printed digit
_SHOWN, _BEFORE = 60, 25  # letters of a text that are shown, and how many of them where both still agree


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Verification(Result):
    """What a report or study was found to be when it was made again.

    Attributes
    ----------
    differences : DataFrame
        One row per difference: `file place printed recomputed`.
    checked : DataFrame
        One row per file: `file n_checked n_different`.
    """

    differences: pd.DataFrame
    checked: pd.DataFrame

    @property
    def clean(self) -> bool:
        """True when nothing differs."""
        return self.differences.empty

    def tidy(self) -> pd.DataFrame:
        """Return how much was compared in each file, and how much differs."""
        return self.checked

    def glance(self) -> pd.DataFrame:
        """Return one row: cells and texts compared, how many differ, whether none does."""
        n = [int(self.checked[c].sum()) for c in ("n_checked", "n_different")]
        return pd.DataFrame({"n_checked": [n[0]], "n_different": [n[1]], "clean": [self.clean]})


@makers.register(Verification)
def _makers(x: Verification) -> Mapping[str, Maker]:
    return {"differences": _differences, "checked": _checked}


def _differences(x: Verification, style: Style) -> Table | None:
    if x.clean:
        return None
    title = Words("What differs from what was computed again", "Yang berbeda dari hasil hitung ulang")
    return replace(
        Table.from_frame(x.differences, key="V1", name="differences", title=title), simulated=x.meta.simulated
    )


def _checked(x: Verification, style: Style) -> Table:
    title = Words("Numbers and texts that were compared", "Angka dan teks yang dibandingkan")
    return replace(Table.from_frame(x.checked, key="V2", name="checked", title=title), simulated=x.meta.simulated)


@paragraphs.register(Verification)
def _paragraphs(x: Verification, style: Style) -> Paragraphs:
    n = x.glance().iloc[0]
    values = {"n": int(n["n_checked"]), "different": int(n["n_different"]), "files": len(x.checked)}
    return {"differences": [Sentence("verified.clean" if x.clean else "verified.different", values)]}


def content(path: Path) -> Content:
    """Return what a written report holds: place, such as "table 3, row 2, column 4", to text or number.

    Raises
    ------
    DataError
        When the file cannot be read as what its ending says.
    """
    kind = choose("format", path.suffix.lstrip(".").lower(), tuple(_READERS))
    try:
        return dict(_READERS[kind](path))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path.name} cannot be read as .{kind}: {error}.") from error
    except Exception as error:  # readers of Office files raise errors of their own
        raise DataError(f"{path.name} is no .{kind} file that can be read ({type(error).__name__}).") from error


def html_content(text: str) -> Content:
    """Return what a page holds; numbers of tables also as they were before they were rounded."""
    return dict(_html(text))


def joined(found: Sequence[tuple[pd.DataFrame, pd.DataFrame]], **more: Any) -> Verification:
    """Return what was found in several files as one result; `more` are its notes and meta."""
    table, checked = (pd.concat([f[k] for f in found], ignore_index=True) for k in (0, 1))
    return Verification(differences=table, checked=checked, **more)


def differences(file: str, printed: Content, again: Content) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what differs (`file place printed recomputed`), and how much was compared (`file n_checked n_different`).

    Numbers are equal up to a relative 1e-8, texts to the letter.
    """
    places = list(dict.fromkeys([*again, *printed]))
    rows = [(file, p, *_told(printed.get(p), again.get(p))) for p in places if not _equal(printed.get(p), again.get(p))]
    table = pd.DataFrame(rows, columns=["file", "place", "printed", "recomputed"], dtype="str")
    return table, pd.DataFrame({"file": [file], "n_checked": [len(places)], "n_different": [len(rows)]})


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=_TOLERANCE, abs_tol=1e-12) or (math.isnan(a) and math.isnan(b))
    return bool(a == b)


def _told(*values: str | float | None) -> list[str]:
    """Return two values as text, long ones from shortly before the place where they part."""
    texts = ["(nothing)" if v is None else repr(v) if isinstance(v, float) else " ".join(v.split()) for v in values]
    agree = next((k for k, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts)))
    start = max(0, agree - _BEFORE) if max(map(len, texts)) > _SHOWN else 0
    return [f"{'…' if start else ''}{t[start : start + _SHOWN]}{'…' if len(t) > start + _SHOWN else ''}" for t in texts]


def _docx(path: Path) -> Iterator[tuple[str, str | float]]:
    import docx
    from docx.table import Table as WordTable

    tables = paragraphs = 0
    for block in docx.Document(str(path)).iter_inner_content():
        if isinstance(block, WordTable):
            tables += 1
            for i, row in enumerate(block.rows, start=1):
                for j, cell in enumerate(row.cells, start=1):
                    yield f"table {tables}, row {i}, column {j}", cell.text
        elif block.text.strip():
            paragraphs += 1
            yield f"paragraph {paragraphs}", block.text


def _html(text: str) -> Iterator[tuple[str, str | float]]:
    from lxml import html

    tables = paragraphs = 0
    body = html.document_fromstring(text).body
    for element in body.iter("table", "p", "li", "h1", "h2", "h3", "h4", "pre", "figcaption"):
        if element.tag != "table":
            paragraphs += 1
            yield f"paragraph {paragraphs}", element.text_content()
            continue
        tables += 1
        for i, row in enumerate(element.iter("tr"), start=1):
            for j, cell in enumerate(row.iterchildren("td", "th"), start=1):
                place = f"table {tables}, row {i}, column {j}"
                yield place, cell.text_content()
                told, equals, number = (cell.get("title") or "").rpartition(" = ")
                if equals:
                    yield f"{place}, unrounded ({told})", float(number)


def _xlsx(path: Path) -> Iterator[tuple[str, str | float]]:
    from openpyxl import load_workbook

    for sheet in load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    value = cell.value
                    number = isinstance(value, int | float) and not isinstance(value, bool)
                    yield f"{sheet.title}!{cell.coordinate}", float(value) if number else str(value)


def _lines(path: Path) -> Iterator[tuple[str, str | float]]:
    for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        yield f"line {i}", line


def _whole(path: Path) -> Iterator[tuple[str, str | float]]:
    yield "whole file", f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}"


_READERS: Mapping[str, Callable[[Path], Iterator[tuple[str, str | float]]]] = {
    "docx": _docx,
    "html": lambda path: _html(path.read_text(encoding="utf-8")),
    "xlsx": _xlsx,
    "pdf": _whole,
    **dict.fromkeys(("tex", "typ", "txt", "bib", "json"), _lines),
}
