"""Which column holds which item: by mapping, by name, by the words of the question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cgsurvey.base.data import read_yaml
from cgsurvey.base.errors import ColumnNotFoundError, DataError, OptionError, nearest, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.problems import Problems
from cgsurvey.responses.words import likeness, plain, short

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument
    from cgsurvey.instrument.parts import Item, Question
    from cgsurvey.responses.readers import RawTable

Mapped = Mapping[str, "str | int | Sequence[str | int]"]

# "1.", "1-1.", "P3)", "Q12:" before a question; the number alone, without a mark after it, belongs to the text.
_NUMBERING = re.compile(r"^\(?[a-z]{0,2}\d+(?:[.\-_]\d+)*\s*[.):\-]\s*", re.IGNORECASE)
_GRID = re.compile(r"\[([^\[\]]+)\]\s*$")


@dataclass(frozen=True)
class Matching:
    """Columns of the table for the names of the instrument.

    Attributes
    ----------
    columns : mapping of str to tuple of int
        Name to positions from 0; several where a mapping joins columns.
    how : mapping
        Name to how it was found.
    unmatched : tuple of int
        Positions that belong to nothing in the instrument.
    absent : tuple of str
        Names of items that the file does not have.
    notes : tuple of Note
    """

    columns: Mapping[str, tuple[int, ...]]
    how: Mapping[str, str]
    unmatched: tuple[int, ...]
    absent: tuple[str, ...]
    notes: tuple[Note, ...]


class Vocabulary:
    """The names and wordings by which an instrument can be recognised."""

    def __init__(self, instrument: Instrument | None) -> None:
        self.names: dict[str, str] = {}
        self.words: dict[str, dict[str, str]] = {}
        self.labels: dict[str, tuple[str, ...]] = {}
        asked: list[Item | Question] = []
        if instrument is not None:
            asked = [*instrument.items, *instrument.demographics]
        for question in asked:
            self.names[plain(question.name)] = question.name
            self.labels[question.name] = tuple(question.label.values())
            for language, words in question.label.items():
                self.words.setdefault(plain(words), {})[question.name] = language

    def find(self, header: str) -> tuple[tuple[str, ...], str]:
        """Return the names that a header can mean and how: the first way that finds any."""
        for key, how in _keys(header):
            if how.endswith("name") and key in self.names:
                return (self.names[key],), how
            if how.startswith("label") and key in self.words:
                found = self.words[key]
                return tuple(found), f"{how}:{next(iter(found.values()))}"
        return (), ""

    def score(self, row: Sequence[str]) -> int:
        """Return how many cells of a row are headers of the instrument."""
        return sum(bool(self.find(c)[0]) for c in row if c.strip())


def _keys(header: str) -> Iterator[tuple[str, str]]:
    whole = plain(header)
    yield whole, "name"
    # Both the prefix and the words themselves may hold a slash, so every cut is tried, the longest rest first.
    rests = [whole[i + 1 :].strip() for i, c in enumerate(whole) if c == "/"]
    yield from ((r, "group/name") for r in rests)
    if "-" in whole:
        yield whole.rpartition("-")[2].strip(), "group-name"
    yield whole, "label"
    yield from ((r, "label in group") for r in rests)
    grid = _GRID.search(whole)
    inner = [plain(grid[1])] if grid else []
    yield from ((g, "label in grid") for g in inner)
    for text in (whole, *rests, *inner):
        bare = _NUMBERING.sub("", text)
        if bare != text:
            yield plain(bare), "label after number"


def read_mapping(mapping: Mapped | str | Path | None) -> dict[str, tuple[str | int, ...]]:
    """Return a mapping as name to columns; a path names a YAML file of the same form."""
    if mapping is None:
        return {}
    if isinstance(mapping, str | Path):
        import yaml

        try:
            loaded: Any = read_yaml(Path(mapping))
        except FileNotFoundError as error:
            raise DataError(
                f"there is no mapping file '{mapping}'. It holds lines such as  tan1: 5  (column 5)."
            ) from error
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise DataError(f"mapping file '{Path(mapping).name}' cannot be read: {error}") from error
    else:
        loaded = mapping
    if not isinstance(loaded, Mapping):
        raise OptionError("mapping must give a column for each item, e.g. {'tan1': 5, 'tan2': 'Header of the column'}.")
    out: dict[str, tuple[str | int, ...]] = {}
    for name, target in loaded.items():
        targets = tuple(target) if isinstance(target, list | tuple) else (target,)
        if not targets or any(isinstance(t, bool) or not isinstance(t, str | int | np.integer) for t in targets):
            raise OptionError(
                f"mapping: '{name}' needs the header of a column or its position counted from 1, not {target!r}."
            )
        out[str(name)] = tuple(t if isinstance(t, str) else int(t) for t in targets)
    return out


def match(
    table: RawTable,
    instrument: Instrument,
    mapping: Mapping[str, tuple[str | int, ...]],
    missing_items: str,
    problems: Problems,
) -> Matching:
    """Find the columns of the instrument in a table; what is at fault is added to `problems`."""
    vocabulary = Vocabulary(instrument)
    notes: list[Note] = []
    columns, how = map_columns(table, mapping, problems)
    taken = {j for positions in columns.values() for j in positions}

    hits: dict[str, list[int]] = {}
    ways: dict[int, str] = {}
    for j, header in enumerate(table.headers):
        if j in taken:
            continue
        names, ways[j] = vocabulary.find(header)
        names = tuple(n for n in names if n not in mapping)
        if len(names) > 1:
            problems.add(
                "wording_shared",
                column=header,
                error=DataError,
                header=short(header),
                names=names,
                first=names[0],
                position=j + 1,
            )
        for name in names[:1]:
            hits.setdefault(name, []).append(j)
    for name, positions in hits.items():
        filled = [j for j in positions if any(c.strip() for c in table.cells[j])]
        if len(positions) > 1 and len(filled) == 1:
            # An edited question leaves its old column behind, empty; nothing is lost by passing it over.
            notes.append(note("responses.empty_double", item=name, column=filled[0] + 1))
            positions = filled
        if len(positions) > 1:
            problems.add(
                "columns_double",
                item=name,
                column=table.headers[positions[0]],
                error=DataError,
                n=len(positions),
                columns=" and ".join(f"'{short(table.headers[j])}' (column {j + 1})" for j in positions),
                first=positions[0] + 1,
                positions=", ".join(str(j + 1) for j in positions),
            )
        columns[name] = tuple(positions[:1])
        how[name] = ways[positions[0]]

    taken = {j for positions in columns.values() for j in positions} | {j for p in hits.values() for j in p}
    unmatched = tuple(j for j in range(len(table.headers)) if j not in taken)
    absent = _absent(table, instrument, columns, unmatched, missing_items, vocabulary, problems, notes)
    return Matching(columns, how, unmatched, absent, tuple(notes))


def map_columns(
    table: RawTable, mapping: Mapping[str, tuple[str | int, ...]], problems: Problems
) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """Return the columns that a mapping names, and how; what it names in vain is added to `problems`."""
    columns: dict[str, tuple[int, ...]] = {}
    how: dict[str, str] = {}
    owner: dict[int, str] = {}
    exact: dict[str, list[int]] = {}
    loose: dict[str, list[int]] = {}
    for j, header in enumerate(table.headers):
        exact.setdefault(header, []).append(j)
        loose.setdefault(plain(header), []).append(j)
    for name, targets in mapping.items():
        found: list[int] = []
        for target in targets:
            if isinstance(target, int):
                if not 1 <= target <= len(table.headers):
                    problems.add(
                        "mapping_position",
                        item=name,
                        error=ColumnNotFoundError,
                        position=target,
                        k=len(table.headers),
                    )
                    continue
                places = [target - 1]
            else:
                places = exact.get(" ".join(target.split())) or loose.get(plain(target)) or []
            if not places:
                close = next(iter(nearest(target, table.headers)), "")
                problems.add(
                    "mapping_header_near" if close else "mapping_header",
                    item=name,
                    error=ColumnNotFoundError,
                    header=short(str(target)),
                    near=close,
                )
                continue
            if len(places) > 1:
                problems.add(
                    "mapping_header_twice",
                    item=name,
                    column=str(target),
                    error=DataError,
                    n=len(places),
                    header=short(str(target)),
                    positions=tuple(j + 1 for j in places),
                    first=places[0] + 1,
                )
            found.append(places[0])
        for j in found:
            if owner.setdefault(j, name) != name:
                problems.add(
                    "mapping_column_twice",
                    item=name,
                    column=table.headers[j],
                    error=DataError,
                    position=j + 1,
                    header=short(table.headers[j]),
                    owner=owner[j],
                )
        if found:
            columns[name] = tuple(found)
            how[name] = "mapping by position" if isinstance(targets[0], int) else "mapping"
    return columns, how


def _absent(
    table: RawTable,
    instrument: Instrument,
    columns: Mapping[str, tuple[int, ...]],
    unmatched: tuple[int, ...],
    missing_items: str,
    vocabulary: Vocabulary,
    problems: Problems,
    notes: list[Note],
) -> tuple[str, ...]:
    """Say what the file lacks: a whole block was not asked, one item of a block is an error."""
    wanted = list(instrument.item_names)
    absent = [n for n in wanted if n not in columns]
    free = [table.headers[j] for j in unmatched]
    if len(absent) == len(wanted):
        problems.add(
            "no_items",
            error=ColumnNotFoundError,
            n=len(wanted),
            instrument=instrument.id,
            k=len(table.headers),
            headers=tuple(repr(short(h, 30)) for h in table.headers[:5]),
            items=", ".join(wanted[:3]),
        )
        return tuple(absent)
    blocks = [(c.id, [i for i in c.all_items if i in wanted]) for c in instrument.constructs]
    inside = {i for _, items in blocks for i in items}
    blocks += [(i, [i]) for i in wanted if i not in inside]
    left_out: list[str] = []
    reported: set[str] = set()
    for block, items in blocks:
        gone = [i for i in items if i not in columns and i not in reported]
        near = {i: _nearest(i, vocabulary, free) for i in gone}
        whole = len(gone) == len(items)
        if gone and whole and 2 * sum(bool(h) for h in near.values()) < len(items):
            left_out.append(block)
        elif gone and missing_items == "error":
            for item in gone:
                reported.add(item)
                problems.add(
                    "item_missing_near" if near[item] else "item_missing",
                    item=item,
                    column=near[item],
                    error=ColumnNotFoundError,
                    words=short(next(iter(vocabulary.labels[item]), ""), 50),
                    block=block,
                    near=near[item],
                )
    if left_out:
        notes.append(note("responses.not_in_file", blocks=some(left_out, 40), n=len(left_out)))
    single = [i for i in absent if not any(i in items for b, items in blocks if b in left_out)]
    if single and missing_items == "allow":
        notes.append(note("responses.items_missing", items=some(single, 40), n=len(single)))
    checks = [i.name for i in instrument.items if i.role == "attention_check" and i.name not in columns]
    if checks:
        notes.append(note("responses.no_attention_check", items=some(checks)))
    return tuple(absent)


def _nearest(item: str, vocabulary: Vocabulary, headers: Sequence[str]) -> str:
    scored = [
        (max(likeness(known, h.rpartition("/")[2] if "/" in h else h) for known in (item, *vocabulary.labels[item])), h)
        for h in headers
    ]
    best = max(scored, default=(0.0, ""), key=lambda s: s[0])
    return best[1] if best[0] >= 0.7 else ""
