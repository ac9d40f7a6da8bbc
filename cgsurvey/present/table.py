"""The neutral table: raw values with the words, rules and remarks around them; writers turn it into a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from cgsurvey.base import glossary
from cgsurvey.base.errors import OptionError, some
from cgsurvey.base.references import Rule, reference
from cgsurvey.present.numbers import NUMERIC, is_missing, language_of, show

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

Verdict = Literal["", "good", "fair", "poor", "none"]
SYMBOL: Mapping[str, str] = {"good": "✓", "fair": "~", "poor": "✗"}


@dataclass(frozen=True)
class Words:
    """A text in both languages of the package."""

    en: str
    id: str

    def of(self, language: str) -> str:
        """Return the text in `language`."""
        return self.id if language == "id" else self.en

    def __str__(self) -> str:
        return self.en


def words(text: str | Words | Mapping[str, str]) -> Words:
    """Make `Words` of a text that needs no translation, or of a mapping language -> text."""
    if isinstance(text, Words):
        return text
    if isinstance(text, Mapping):
        first = text.get("en") or next(iter(text.values()), "")
        return Words(first, text.get("id") or first)
    return Words(text, text)


VERDICT: Mapping[str, Words] = {
    "good": Words("Good", "Baik"),
    "fair": Words("Marginal", "Marginal"),
    "poor": Words("Poor", "Buruk"),
    "none": Words("No established cut-off", "Belum ada batas baku"),
}
SIMULATED = Words("Simulated data, not a field result.", "Data simulasi, bukan hasil lapangan.")
PLANNED = Words("chosen for this study", "ditetapkan untuk studi ini")
GUIDELINE = Words("guideline, not law", "pedoman, bukan hukum")


@dataclass(frozen=True)
class Origin:
    """Where the numbers of a table come from.

    Attributes
    ----------
    result : str
        Name of the result among the parts of a report, its class where it has none.
    function : str
        The public function that made it.
    data_hash : str
        SHA-256 of the numbers that it rests on.
    """

    result: str
    function: str
    data_hash: str = ""

    def __str__(self) -> str:
        return f"{self.result} · cg.{self.function}()" if self.function else self.result


@dataclass(frozen=True)
class Column:
    """A column: `name` in data frames, `label` for readers, `kind` and `digits` say how its numbers are printed."""

    name: str
    label: Words
    kind: str = "text"
    digits: int | None = None

    @classmethod
    def of(cls, name: str, label: str | Words | None = None, *, digits: int | None = None) -> Column:
        """Make a column from the glossary, with another heading if `label` is given."""
        entry = glossary.column(name)
        return cls(name, words(label) if label is not None else Words(entry.en, entry.id), entry.kind, digits)


@dataclass(frozen=True)
class Cell:
    """A value that differs from its column in kind or digits, or bears a verdict or the mark of a footnote."""

    value: Any
    kind: str | None = None
    digits: int | None = None
    verdict: Verdict = ""
    mark: str = ""


@dataclass(frozen=True)
class Spanner:
    """A heading over neighbouring columns."""

    label: Words
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """A cell as it is printed.

    `symbol` is the sign of its verdict, `mark` that of its footnote, `raw` the number before it was rounded ("" where
    there is none).
    """

    text: str
    align: Literal["left", "right"] = "left"
    verdict: Verdict = ""
    symbol: str = ""
    mark: str = ""
    indent: int = 0
    raw: str = ""

    @property
    def note(self) -> str:
        """The mark as plain text has it: stars stand at their number, other marks in brackets."""
        return self.mark if not self.mark.strip("*") else f" ({self.mark})"

    @property
    def full(self) -> str:
        """All that a reader sees in the cell, as plain text."""
        return " ".join(filter(None, (self.text, self.symbol))) + self.note


@dataclass(frozen=True)
class Remark:
    """A line below a table: `lead` is set apart (italic "Note." or the mark of a footnote)."""

    lead: str
    text: str


@dataclass(frozen=True)
class Grid:
    """A table in one language, as every writer prints it: `body` holds tuples of cells, or a str that heads a group.

    `names` are the names of the columns, `origin` tells where the numbers come from; `first` is False for a further
    part of a table that had to be cut.
    """

    title: str
    heads: tuple[str, ...]
    aligns: tuple[str, ...]
    spanners: tuple[tuple[int, int, str], ...]
    body: tuple[tuple[Shown, ...] | str, ...]
    remarks: tuple[Remark, ...]
    language: str
    first: bool = True
    names: tuple[str, ...] = ()
    origin: str = ""


@dataclass(frozen=True)
class Table:
    """A table for readers, independent of the format in which it will be written.

    Attributes
    ----------
    key : str
        Place in the chapter, "T10".
    name : str
        What it shows, e.g. "loadings": the `kind` under which `table()` returns it.
    title : Words
        Title in both languages.
    columns : tuple of Column
        Its columns.
    rows : tuple of tuple
        Raw values, or `Cell` where a value needs more than its column says; `Words` are translated; None is an empty
        cell, NaN a number that does not exist.
    groups : mapping of int to Words
        Heading printed before the row of that number.
    indents : mapping of int to int
        Steps by which the first cell of a row is indented (rows below a group heading get one step anyway).
    spanners : tuple of Spanner
        Headings over columns.
    notes : tuple of Words
        General remarks below the table.
    footnotes : mapping of str to Words
        Remarks for cells with that mark.
    rules : tuple of Rule
        Cut-offs behind the verdicts; printed with their sources as "guideline, not law".
    sources : tuple of str
        Keys of the sources that the remarks name.
    simulated : bool
        Whether the numbers come from simulated data.
    language : {"en", "id"}
        Language of the writers when none is asked for.
    origin : Origin, optional
        The result that the numbers come from; set where a report is composed.
    """

    key: str
    name: str
    title: Words
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    groups: Mapping[int, Words] = field(default_factory=dict)
    indents: Mapping[int, int] = field(default_factory=dict)
    spanners: tuple[Spanner, ...] = ()
    notes: tuple[Words, ...] = ()
    footnotes: Mapping[str, Words] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    sources: tuple[str, ...] = ()
    simulated: bool = False
    language: str = "en"
    origin: Origin | None = None

    def __post_init__(self) -> None:
        names = [c.name for c in self.columns]
        faults = [f"row {i} has {len(r)} cells" for i, r in enumerate(self.rows) if len(r) != len(names)]
        faults += [
            f"group heading at row {i}, of {len(self.rows)}" for i in self.groups if not 0 <= i < max(len(self.rows), 1)
        ]
        faults += [f"column '{n}' stands twice" for n in sorted({n for n in names if names.count(n) > 1})]
        for spanner in self.spanners:
            places = [names.index(c) if c in names else -1 for c in spanner.columns]
            if not places or min(places) < 0 or places != list(range(places[0], places[0] + len(places))):
                faults.append(f"spanner '{spanner.label}' needs neighbouring columns of the table")
        marks = {c.mark for r in self.rows for c in r if isinstance(c, Cell) and c.mark}
        faults += [f"footnote '{m}' is missing" for m in sorted(marks - set(self.footnotes))]
        if faults:
            raise OptionError(f"Table {self.key} ({len(names)} columns) does not fit together: {some(faults)}.")

    @classmethod
    def from_frame(
        cls, frame: pd.DataFrame, *, key: str = "", name: str = "frame", title: str | Words = "", language: str = "en"
    ) -> Table:
        """Make a table of a data frame; headings and kinds come from the glossary where it knows the column."""
        columns = []
        for column, dtype in zip(frame.columns, frame.dtypes, strict=True):
            if not glossary.unknown_columns([str(column)]):
                columns.append(Column.of(str(column)))
            else:
                kind = (
                    "flag"
                    if dtype.kind == "b"
                    else "count"
                    if dtype.kind in "iu"
                    else "number"
                    if dtype.kind == "f"
                    else "text"
                )
                columns.append(Column(str(column), words(str(column)), kind))
        rows = tuple(
            tuple(None if kind.kind == "text" and is_missing(v) else v for v, kind in zip(row, columns, strict=True))
            for row in frame.itertuples(index=False, name=None)
        )
        return cls(key, name, words(title), tuple(columns), rows, language=language)

    def in_language(self, language: str) -> Table:
        """Return the same table with another default language."""
        return replace(self, language=language_of(language))

    @property
    def references(self) -> tuple[str, ...]:
        """Keys of the sources of its cut-offs and remarks."""
        return tuple(dict.fromkeys([*(r.source for r in self.rules if r.source), *self.sources]))

    def grid(self, language: str | None = None) -> Grid:
        """Return the table in one language, every cell printed as all writers print it."""
        language = language_of(language or self.language)
        body: list[tuple[Shown, ...] | str] = []
        step = 0
        for i, row in enumerate(self.rows):
            if i in self.groups:
                step = 1 if self.groups[i].of(language) else 0
                if step:
                    body.append(self.groups[i].of(language))
            cells = [self._shown(value, column, language) for value, column in zip(row, self.columns, strict=True)]
            cells[0] = replace(cells[0], indent=step + self.indents.get(i, 0))
            body.append(tuple(cells))
        names = [c.name for c in self.columns]
        spanners = tuple((names.index(s.columns[0]), len(s.columns), s.label.of(language)) for s in self.spanners)
        return Grid(
            title=self.title.of(language),
            heads=tuple(c.label.of(language) for c in self.columns),
            aligns=tuple("right" if c.kind in NUMERIC else "left" for c in self.columns),
            spanners=tuple(sorted(spanners)),
            body=tuple(body),
            remarks=self._remarks(language),
            language=language,
            names=tuple(names),
            origin=f"{self.origin} · {self.name}" if self.origin else "",
        )

    def _shown(self, value: Any, column: Column, language: str) -> Shown:
        cell = value if isinstance(value, Cell) else Cell(value)
        kind = cell.kind or column.kind
        align: Literal["left", "right"] = "right" if column.kind in NUMERIC else "left"
        if isinstance(cell.value, Words):
            text = cell.value.of(language)
        elif cell.value is None:
            text = ""
        else:
            text = show(cell.value, kind, language, cell.digits if cell.digits is not None else column.digits)
        return Shown(text, align, cell.verdict, SYMBOL.get(cell.verdict, ""), cell.mark, raw=_raw(cell.value, kind))

    def _remarks(self, language: str) -> tuple[Remark, ...]:
        general = [SIMULATED.of(language)] if self.simulated else []
        general += [n.of(language) for n in self.notes] + guideline(self.rules, language)
        lead = "Catatan." if language == "id" else "Note."
        remarks = [Remark(lead, " ".join(general))] if general else []
        return (*remarks, *(Remark(mark, text.of(language)) for mark, text in self.footnotes.items()))

    def to_frame(self, language: str | None = None) -> pd.DataFrame:
        """Return the raw values as a data frame (verdicts and marks left out; group headings in a column `section`)."""
        language = language_of(language or self.language)

        def raw(value: Any) -> Any:
            value = value.value if isinstance(value, Cell) else value
            return value.of(language) if isinstance(value, Words) else value

        frame = pd.DataFrame([[raw(v) for v in row] for row in self.rows], columns=[c.name for c in self.columns])
        if self.groups:
            starts = pd.Series({i: w.of(language) for i, w in self.groups.items()})
            frame.insert(0, "section", starts.reindex(range(len(frame))).ffill())
        return frame

    def to_styler(self, language: str | None = None) -> Styler:
        """Return the table as a pandas Styler: raw values, printed as the table prints them, to be styled further."""
        grid, frame = self.grid(language), self.to_frame(language)
        first = frame.shape[1] - len(self.columns)
        styler = frame.style.hide(axis="index").set_caption(grid.title)
        rows = [r for r in grid.body if not isinstance(r, str)]
        for j, align in enumerate(grid.aligns):
            name = frame.columns[first + j]
            styler.set_properties(subset=[name], **{"text-align": align})
            for i, row in enumerate(rows):
                styler.format(lambda _, text=row[j].full: text, subset=(frame.index[i : i + 1], [name]))
        section = "Bagian" if grid.language == "id" else "Section"
        return styler.relabel_index([section] * first + list(grid.heads), axis="columns")

    def to_text(self, language: str | None = None) -> str:
        """Return the table as plain text."""
        from cgsurvey.present.writers import text

        return text.render(self.grid(language))

    def to_html(self, path: str | Path | None = None, language: str | None = None) -> str:
        """Return the table as a self-contained HTML page, written to `path` as well if it is given."""
        from cgsurvey.present.writers import html

        page = html.render(self._alone(language))
        return _written(path, page)

    def to_latex(self, path: str | Path | None = None, language: str | None = None) -> str:
        """Return the table as a LaTeX `table` with booktabs rules, written to `path` as well if it is given."""
        from cgsurvey.present.writers import latex

        return _written(path, latex.table(self.grid(language)) + "\n")

    def to_docx(self, path: str | Path, language: str | None = None, *, template: str | Path | None = None) -> Path:
        """Write the table as a Word document and return its path."""
        from cgsurvey.present.writers import docx

        return docx.write(self._alone(language), path, template=template)

    def to_xlsx(self, path: str | Path, language: str | None = None) -> Path:
        """Write the table as an Excel workbook of raw numbers and return its path."""
        from cgsurvey.present.writers import xlsx

        return xlsx.write(self._alone(language), path)

    def _alone(self, language: str | None) -> Any:
        from cgsurvey.present.document import Document, Numbered

        language = language_of(language or self.language)
        return Document(
            self.title.of(language), language, (Numbered(self.name, self),), simulated=self.simulated, bare=True
        )

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        from cgsurvey.present.writers import html

        return html.fragment(self.grid())


def _raw(value: Any, kind: str) -> str:
    """Return a number as it was before it was rounded; "" for a count, which is printed whole."""
    if kind not in NUMERIC or kind == "count" or isinstance(value, str | bool | Words) or is_missing(value):
        return ""
    return repr(float(value))


def guideline(rules: Sequence[Rule], language: str) -> list[str]:
    """Return one sentence on the cut-offs that stand behind the verdicts, with their sources."""
    if not rules:
        return []
    by_source: dict[str, list[str]] = {}
    for rule in dict.fromkeys(rules):
        sign = {">=": "≥", "<=": "≤"}[rule.direction]
        head = (
            glossary.column(rule.measure).label(language)
            if not glossary.unknown_columns([rule.measure])
            else rule.measure
        )
        good, fair = (bound(rule, v, language) for v in (rule.good, rule.fair))
        also = f" (~ {sign} {fair})" if rule.fair is not None else ""
        by_source.setdefault(rule.source, []).append(f"{head} ✓ {sign} {good}{also}")
    own = PLANNED.of(language)
    parts = [f"{', '.join(said)}: {cite(source, language) if source else own}" for source, said in by_source.items()]
    lead = "Pedoman" if language == "id" else "Guidelines"
    return [f"{lead} – {'; '.join(parts)} ({GUIDELINE.of(language)})."]


def bound(rule: Rule, value: float | None, language: str) -> str:
    """Return a bound as the column that it judges prints its numbers: a share in per cent."""
    known = not glossary.unknown_columns([rule.measure])
    if value is not None and known and glossary.column(rule.measure).kind == "share":
        return f"{show(value, 'share', language, 0)}%"
    return show_cutoff(value, language)


def cite(key: str, language: str) -> str:
    """Return author and year of a source, as running text in `language` has them."""
    short = reference(key).short
    return short.replace("et al.", "dkk.").replace(" & ", " dan ") if language == "id" else short


def show_cutoff(value: float | None, language: str) -> str:
    """Print a cut-off with as many decimals as it has, two at least where it is no whole number."""
    if value is None:
        return ""
    whole = float(value).is_integer()
    digits = 0 if whole else max(2, len(f"{value:.6f}".rstrip("0").partition(".")[2]))
    return show(value, "coefficient" if abs(value) < 1 else "number", language, digits)


def _written(path: str | Path | None, content: str) -> str:
    if path is not None:
        from cgsurvey.present.writers import write_bytes

        write_bytes(path, content.encode("utf-8"))
    return content
