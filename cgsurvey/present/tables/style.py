"""What all tables share: cut-offs and verdicts, words for names, parts that repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Any, Literal

import pandas as pd

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import OptionError
from cgsurvey.base.references import Rule, rule
from cgsurvey.base.result import Meta
from cgsurvey.present.numbers import is_missing, show
from cgsurvey.present.table import VERDICT, Cell, Column, Spanner, Table, Verdict, Words, show_cutoff

Dialect = Literal["apa", "thesis"]
Maker = Callable[[Any, "Style"], Table | None]
LIMIT = 64  # letters of a wording in a table that is not about wordings

LOWER, UPPER = Words("LL", "BB"), Words("UL", "BA")


@dataclass(frozen=True)
class Style:
    """Cut-offs that replace those of the package, the dialect of decisions, the fewest respondents of a shown cell.

    `invited` is the number of people who were asked to take part, 0 where it is not known.
    """

    cutoffs: Mapping[str, float] = field(default_factory=dict)
    dialect: Dialect = "apa"
    min_cell: int = 0
    invited: int = 0
    memo: dict[tuple[str, int], Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, what: str, x: Any, make: Callable[[], Any]) -> Any:
        """Return what was made of `x` before under this style, or make it: table and text share costly numbers."""
        key = (what, id(x))
        if key not in self.memo:
            self.memo[key] = make()
        return self.memo[key]

    def rule(self, measure: str, applies_to: str = "ml") -> Rule | None:
        """Return the cut-off in force; None where none is established."""
        found = rule(measure, applies_to)
        if measure in self.cutoffs:
            direction = found.direction if found else "<=" if measure in {"rmsea", "srmr", "chisq_df"} else ">="
            return Rule(measure, direction, float(self.cutoffs[measure]), None, (applies_to,), "")
        return found


def judged(value: Any, by: Rule | None, digits: int | None = 3, kind: str | None = None) -> Cell:
    """Return a number with the verdict of a rule; three decimals, so that number and verdict cannot contradict."""
    verdict: Verdict = "" if by is None or is_missing(value) else by.verdict(float(value))
    return Cell(value, kind=kind, digits=digits, verdict=verdict)


def verdict_cell(value: Any, by: Rule | None) -> Cell:
    """Return a verdict in words, "no established cut-off" where there is no rule."""
    verdict: Verdict = "none" if by is None else by.verdict(float(value)) if not is_missing(value) else ""
    return Cell(VERDICT[verdict] if verdict else None, kind="text", verdict=verdict)


def rules_for(style: Style, *names: str) -> dict[str, Rule | None]:
    """Return the cut-offs in force for measures that rules do not tie to a kind of model."""
    return {n: style.rule(n, "any") for n in names}


def used_rules(rules: Mapping[str, Rule | None]) -> tuple[Rule, ...]:
    """Return the rules that there are, to be named below a table."""
    return tuple(r for r in rules.values() if r is not None)


def cutoff(by: Rule | None) -> Words | None:
    """Return the cut-off of a rule as text, "≥ .95 (.90)"."""
    if by is None:
        return None
    sign = {">=": "≥", "<=": "≤"}[by.direction]

    def text(language: str) -> str:
        parts = [show_cutoff(v, language) for v in (by.good, by.fair) if v is not None]
        return f"{sign} {parts[0]}" + (f" ({parts[1]})" if len(parts) > 1 else "")

    return Words(text("en"), text("id"))


@singledispatch
def makers(x: Any) -> Mapping[str, Maker]:
    """Return the makers of the tables of `x` by name."""
    raise OptionError(
        f"no table is known of the type {type(x).__name__}. Give a result of cgsurvey (cg.cfa, cg.reliability, ...), "
        "Responses or a pandas DataFrame."
    )


def label(meta: Meta, name: str) -> Words:
    """Return the words for a variable in both languages; its name where there are none."""
    return Words(meta.label(name, "en"), meta.label(name, "id"))


def answer(meta: Meta, column: str, value: Any) -> Words:
    """Return the words for an answer in a column, the answer itself where there are none."""
    return Words(meta.answer(column, value, "en"), meta.answer(column, value, "id"))


def group_label(meta: Meta, number: int) -> Words:
    """Return the words for a group of a model, counted from 1."""
    return Words(meta.group(number, "en"), meta.group(number, "id"))


def item_label(meta: Meta, name: str) -> Words:
    """Return name and beginning of the wording of an item."""

    def text(language: str) -> str:
        said = meta.label(name, language)
        return name if said == name else f"{name}: {shortened(said)}"

    return Words(text("en"), text("id"))


def shortened(text: str, limit: int = LIMIT) -> str:
    """Cut a text at a word, with an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def term(group: str, code: str) -> Words:
    """Return the words for a code, the code itself where there are none."""
    entry = package_yaml("present/terms.yaml").get(group, {}).get(code)
    return Words(entry["en"], entry["id"]) if entry else Words(code, code)


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Go through the rows of a frame as named tuples, whose fields have the types of the columns."""
    return frame.itertuples()


def said(code: str, **values: Any) -> Words:
    """Return a remark below a table, its values filled in."""
    found = term("note", code)
    spoken = ({k: v.of(g) if isinstance(v, Words) else v for k, v in values.items()} for g in ("en", "id"))
    return Words(*(text.format(**named) for text, named in zip((found.en, found.id), spoken, strict=True)))


def interval(kind: str, digits: int | None = None) -> tuple[Column, Column]:
    """Return the two columns of an interval."""
    return Column("ci_lower", LOWER, kind, digits), Column("ci_upper", UPPER, kind, digits)


def interval_spanner(level: float = 0.95) -> Spanner:
    """Return the heading over the columns of an interval."""
    percent = f"{100 * level:g}"
    return Spanner(Words(f"{percent}% CI", f"IK {percent.replace('.', ',')}%"), ("ci_lower", "ci_upper"))


def matrix(
    names: Sequence[Words],
    cell: Callable[[int, int], Any],
    *,
    diagonal: bool,
    digits: int = 2,
    key: str,
    name: str,
    title: Words,
    **more: Any,
) -> Table:
    """Return the lower triangle of a square table, its columns numbered so that long names do not widen it.

    Parameters
    ----------
    names : sequence of Words
        Words per row.
    cell : callable
        Value or `Cell` at (row, column).
    diagonal : bool
        Whether the diagonal is shown.
    digits : int
    """
    k = len(names) if diagonal else len(names) - 1  # without the diagonal the last column would be empty
    columns = [Column.of("construct")]
    columns += [Column(f"c{j + 1}", Words(str(j + 1), str(j + 1)), "coefficient", digits) for j in range(k)]
    rows = []
    for i, who in enumerate(names):
        head = Words(f"{i + 1}. {who.en}", f"{i + 1}. {who.id}")
        rows.append((head, *(cell(i, j) if j < i or (diagonal and j == i) else None for j in range(k))))
    return Table(key, name, title, tuple(columns), tuple(rows), **more)


def with_meta(made: Table, meta: Meta, n: int | None = None) -> Table:
    """Say below a table how many rows it rests on and whether they are simulated."""
    count = meta.n if n is None else n
    size = Words(f"n = {show(count, 'count', 'en')}.", f"n = {show(count, 'count', 'id')}.") if count else None
    notes = (size, *made.notes) if size else made.notes
    return replace(made, notes=notes, simulated=meta.simulated)
