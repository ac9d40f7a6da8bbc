"""Which column holds which item: by mapping, by name, by the words of the question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cgsurvey.base.errors import ColumnNotFoundError, DataError, nearest, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.importing.mapping import Match, Matches, Plan
from cgsurvey.responses.importing.problems import Problems
from cgsurvey.responses.importing.resemblance import one_to_one, resemblance, same_statement
from cgsurvey.responses.importing.vocabulary import Vocabulary, sentences
from cgsurvey.responses.words import likeness, plain, short

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument
    from cgsurvey.responses.readers import RawTable

# Resemblance of a header to a question. In the bank of this package no two items of one instrument resemble one another
# by more than .70 in either language; a header with one misspelling, one word too many or one too few keeps .85 in
# nineteen of twenty cases. Below DOUBTFUL nothing is said, between the two a column is listed and not used.
SURE, MARGIN, DOUBTFUL = 0.85, 0.15, 0.60


@dataclass(frozen=True)
class Resembling:
    """A column that resembles a question: how much, and how much its nearest rival does."""

    name: str
    column: int
    language: str
    score: float
    second_best: str
    second_score: float
    sure: bool


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
    resembling : tuple of Resembling
        Columns found by resemblance, those that were used and those that were not.
    """

    columns: Mapping[str, tuple[int, ...]]
    how: Mapping[str, str]
    unmatched: tuple[int, ...]
    absent: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    resembling: tuple[Resembling, ...] = field(default=())

    def listed(self, table: RawTable, instrument: str, personal: Sequence[int]) -> Matches:
        """Return the list of all columns for review; `personal` are the positions that were left behind."""
        near = {r.column: r for r in self.resembling}
        serves = {j: name for name, positions in self.columns.items() for j in positions}
        free, left = set(self.unmatched), set(personal)
        rows = []
        for j, header in enumerate(table.headers):
            r = near.get(j)
            rivals = (r.score, r.second_best, r.second_score) if r else (np.nan, "", np.nan)
            if j in serves:
                how = self.how[serves[j]]
                score = (np.nan, "", np.nan) if how.startswith("mapping") else rivals if r else (1.0, "", np.nan)
                rows.append(Match(serves[j], header, j + 1, how, *score))
            elif j in left:
                rows.append(Match("", header, j + 1, "personal"))
            elif r is not None and r.name not in self.columns:
                rows.append(Match(r.name, header, j + 1, "doubtful", *rivals))
            else:
                rows.append(Match("", header, j + 1, "unmatched" if j in free else "empty"))
        rows += [Match(name, "", 0, "absent") for name in self.absent]
        return Matches(tuple(rows), table.file, table.sha256, instrument)


def match(
    table: RawTable,
    instrument: Instrument,
    mapping: Plan,
    missing_items: str,
    problems: Problems,
) -> Matching:
    """Find the columns of the instrument in a table; what is at fault is added to `problems`."""
    vocabulary = Vocabulary(instrument)
    notes: list[Note] = _changes(table, mapping)
    columns, how = map_columns(table, mapping, problems)
    # A mapping file was reviewed: columns that it knew and gave to nobody are left alone.
    known = set(mapping.headers)
    taken = {j for positions in columns.values() for j in positions}
    closed = {j for j, h in enumerate(table.headers) if h in known}

    hits: dict[str, list[int]] = {}
    ways: dict[int, str] = {}
    for j, header in enumerate(table.headers):
        if j in taken or j in closed:
            continue
        names, ways[j] = vocabulary.find(header, table.labels.get(j, ""))
        names = tuple(n for n in names if n not in mapping.columns)
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
    _contradictions(table, vocabulary, columns, how, problems)
    free = [j for j in range(len(table.headers)) if j not in taken]
    near = resembling(table, vocabulary, columns, [j for j in free if j not in closed])
    for r in near:
        if r.sure:
            columns[r.name], how[r.name] = (r.column,), f"similar:{r.language}"
    _tell_resembling(table, near, notes, problems)
    unmatched = tuple(j for j in free if j not in {r.column for r in near if r.sure})
    likely = {r.name: table.headers[r.column] for r in near if not r.sure}
    absent = _absent(table, instrument, columns, unmatched, missing_items, vocabulary, problems, notes, likely)
    return Matching(columns, how, unmatched, absent, tuple(notes), tuple(near))


def _changes(table: RawTable, mapping: Plan) -> list[Note]:
    """Say what is different in a file from the one that a mapping file was written for."""
    if not mapping.headers:
        return []
    new = list((Counter(table.headers) - Counter(mapping.headers)).elements())
    gone = list((Counter(mapping.headers) - Counter(table.headers)).elements())
    if new or gone:
        parts = {k: some([f"'{short(h, 40)}'" for h in v], 8) or "-" for k, v in (("new", new), ("gone", gone))}
        return [note("responses.mapping_headers_changed", file=mapping.file, **parts)]
    if tuple(table.headers) != mapping.headers:
        return [note("responses.mapping_order_changed", file=mapping.file)]
    if mapping.sha256 and table.sha256 != mapping.sha256:
        return [note("responses.mapping_answers_changed", file=mapping.file)]
    return []


def _contradictions(
    table: RawTable,
    vocabulary: Vocabulary,
    columns: Mapping[str, tuple[int, ...]],
    how: Mapping[str, str],
    problems: Problems,
) -> None:
    """Tell columns whose name is that of one item and whose question is that of another; the name decides."""
    for name, positions in columns.items():
        asked, _ = vocabulary.asked(table.labels.get(positions[0], "")) if how[name].endswith("name") else ((), "")
        if asked and name not in asked:
            problems.add(
                "name_against_question",
                item=name,
                column=table.headers[positions[0]],
                level="warning",
                other=asked[0],
                position=positions[0] + 1,
            )


def resembling(
    table: RawTable, vocabulary: Vocabulary, columns: Mapping[str, tuple[int, ...]], free: Sequence[int]
) -> list[Resembling]:
    """Return free columns whose header or question resembles the wording of a name without a column.

    Each column and each name stands in one pair at most (the assignment with the largest sum of resemblances). A pair
    is sure where texts differ in misspellings, or in words that one has beside all of the other, resemble by `SURE` or
    more, and no other column and no other name comes as near as `MARGIN` below.
    """
    texts = [(j, t) for j in free for t in sentences(table.headers[j], table.labels.get(j, ""))]
    words = [(n, w, g) for w, by in vocabulary.words.items() if " " in w for n, g in by.items()]
    names, positions = list(dict.fromkeys(n for n, _, _ in words)), list(dict.fromkeys(j for j, _ in texts))
    wanted = np.array([k for k, n in enumerate(names) if n not in columns], dtype=int)
    if not texts or not len(wanted):
        return []
    every = resemblance([w for _, w, _ in words], [t for _, t in texts])
    # Several wordings of a name and several texts of a column: the nearest two speak for them.
    place = {key: k for keys in (names, positions) for k, key in enumerate(keys)}
    row, column = np.array([place[n] for n, _, _ in words]), np.array([place[j] for j, _ in texts])
    best = np.zeros((len(names), len(positions)))
    np.maximum.at(best, np.ix_(row, column), every)
    likely = np.where(best[wanted] >= DOUBTFUL, best[wanted], 0.0)
    found = []
    for i, c in ((int(wanted[i]), c) for i, c in one_to_one(likely)):
        score, rivals = best[i, c], best.copy()
        rivals[i, c] = 0.0
        across, down = int(rivals[i].argmax()), int(rivals[:, c].argmax())
        second = max(rivals[i, across], rivals[down, c])
        who = table.headers[positions[across]] if rivals[i, across] >= rivals[down, c] else names[down]
        at = np.ix_(np.flatnonzero(row == i), np.flatnonzero(column == c))
        first, other = (
            int(ix.ravel()[k]) for ix, k in zip(at, np.unravel_index(every[at].argmax(), every[at].shape), strict=True)
        )
        same = same_statement(words[first][1], texts[other][1])
        sure = bool(score >= SURE and score - second >= MARGIN and same)
        rival = (who, float(second)) if second > 0 else ("", np.nan)
        found.append(Resembling(names[i], positions[c], words[first][2], float(score), *rival, sure))
    return sorted(found, key=lambda r: r.column)


def _tell_resembling(table: RawTable, near: Sequence[Resembling], notes: list[Note], problems: Problems) -> None:
    for sure, code in ((True, "similar"), (False, "doubtful")):
        found = [r for r in near if r.sure == sure]
        if found:
            pairs = [f"{r.name} = '{short(table.headers[r.column], 40)}' ({100 * r.score:.0f} %)" for r in found]
            notes.append(note(f"responses.{code}", n=len(found), pairs=some(pairs, 12)))
        for r in found:
            problems.add(
                f"column_{code}",
                item=r.name,
                column=table.headers[r.column],
                level="warning",
                position=r.column + 1,
                score=f"{100 * r.score:.0f} %",
            )


def map_columns(
    table: RawTable, mapping: Plan, problems: Problems
) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """Return the columns that a mapping names, and how; what it names in vain is added to `problems`."""
    mapping = mapping.onto(table.headers)
    columns: dict[str, tuple[int, ...]] = {}
    how: dict[str, str] = {}
    owner: dict[int, str] = {}
    exact: dict[str, list[int]] = {}
    loose: dict[str, list[int]] = {}
    for j, header in enumerate(table.headers):
        exact.setdefault(header, []).append(j)
        loose.setdefault(plain(header), []).append(j)
    for name, targets in mapping.columns.items():
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
    likely: Mapping[str, str],
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
        near = {i: likely.get(i) or _nearest(i, free) for i in gone}
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


def _nearest(item: str, headers: Sequence[str]) -> str:
    """Return the header that is nearly the name of an item, "" where none is."""
    name = plain(item)
    rests = ((plain(h.rpartition("/")[2]), h) for h in headers)
    found = [(likeness(name, rest), h) for rest, h in rests if " " not in rest and len(rest) < 64]
    best = max(found, key=lambda f: f[0], default=(0.0, ""))
    return best[1] if best[0] >= 0.7 else ""
