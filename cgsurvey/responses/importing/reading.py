"""Decoding of all columns of one file: scores and reasons of items, answers to other questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.importing import several
from cgsurvey.responses.importing.columns import TOLD
from cgsurvey.responses.importing.decoders import Decoders
from cgsurvey.responses.importing.decoding import Decoder, decode, unsteady
from cgsurvey.responses.importing.matching import Matching
from cgsurvey.responses.importing.problems import Problems
from cgsurvey.responses.importing.stated import set_apart
from cgsurvey.responses.readers import RawTable
from cgsurvey.responses.words import plain

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument, Item

_LOOKED_AT = 500  # different texts of a column by which language and set of words are told


@dataclass
class Reading:
    """What decoding of all columns of one file shares."""

    table: RawTable
    instrument: Instrument | None
    missing: Mapping[str, str]
    aliases: Mapping[str, str]
    language: str | None
    problems: Problems

    def __post_init__(self) -> None:
        self.notes: list[Note] = []
        self.spoken = self.language or ""
        self.over: dict[str, set[str]] = {}

    def items(
        self, matching: Matching
    ) -> tuple[dict[str, np.ndarray], dict[str, pd.api.extensions.ExtensionArray], str]:
        """Return scores and reasons by item in the order of the instrument, and the language of the labels."""
        if self.instrument is None:
            return {}, {}, ""
        present = [i for i in self.instrument.items if i.name in matching.columns]
        cells = {i.name: self._cells(i.name, matching) for i in present}
        self._check_aliases(present)
        texts = {name: pd.unique(column)[:_LOOKED_AT] for name, column in cells.items()}
        self.spoken, heard = self._listen(present, texts)
        headers = {i.name: self.table.headers[matching.columns[i.name][0]] for i in present}
        decoders = Decoders(
            present,
            texts,
            {i.name: self._labelled(matching.columns[i.name]) for i in present},
            headers,
            missing=self.missing,
            aliases=self.aliases,
            language=self.spoken,
            problems=self.problems,
        )
        counts: dict[str, Counter[str]] = {}
        scores, reasons = {}, {}
        for item in present:
            key, decoder = item.scale.name, decoders[item.name]
            stated = self._stated(matching.columns[item.name], decoder) | decoders.silent[item.name]
            answers, reason = set_apart(cells[item.name], stated)
            done = decode(answers, self.table.rows, decoder, self.problems, item=item.name, column=headers[item.name])
            scores[item.name] = done.scores
            reasons[item.name] = done.reasons
            if stated:
                reasons[item.name] = pd.array(np.where(reason == "", done.reasons, reason), dtype="str")
            counts.setdefault(key, Counter()).update(done.counts)
        for decoder in decoders.bases:
            self._check_words(decoder, counts[decoder.scale.name])
        self.notes += [*decoders.notes, *decoders.words_for_none(counts)]
        for scale, codes in self.over.items():
            self.notes.append(note("responses.stated_over_score", codes=some(sorted(codes)), scale=scale))
        return scores, reasons, heard

    def _stated(self, positions: tuple[int, ...], decoder: Decoder) -> dict[str, str]:
        """Return the texts that the file declares as no answer, to their reasons.

        What the caller declares, and an answer without score that the scale itself knows, say more than the file.
        """
        stated: dict[str, str] = {}
        for j in positions:
            for text, reason in self.table.reasons.get(j, {}).items():
                known = Decoder(decoder.scale, decoder.missing).read(text)
                if known.reason in ("", "invalid", "blank") and plain(text) not in decoder.missing:
                    stated[text] = reason
                if known.reason == "":
                    self.over.setdefault(decoder.scale.name, set()).add(text)
        return stated

    def _labelled(self, positions: tuple[int, ...]) -> list[tuple[str, str]]:
        return [pair for j in positions for pair in self.table.values.get(j, {}).items()]

    def _declared(self, positions: tuple[int, ...]) -> dict[str, str]:
        return {text: reason for j in positions for text, reason in self.table.reasons.get(j, {}).items()}

    def _cells(self, name: str, matching: Matching) -> np.ndarray:
        """Return the cells of a name; joined columns must not contradict each other."""
        first, *more = matching.columns[name]
        cells = self.table.cells[first]
        nothing = {"", *self.table.reasons.get(first, {})}
        for j in more:
            other = self.table.cells[j]
            beside = {"", *self.table.reasons.get(j, {})}
            blank = np.array([c.strip() in nothing for c in cells])
            filled = np.array([c.strip() not in beside for c in other])
            clash = ~blank & filled & (cells != other)
            if clash.any():
                self.problems.add(
                    "joined_clash",
                    item=name,
                    column=self.table.headers[first],
                    error=DataError,
                    first=first + 1,
                    second=j + 1,
                    n=int(clash.sum()),
                    at=tuple(self.table.rows[clash].tolist()),
                )
            cells = np.where(blank & (filled | (cells == "")), other, cells)
            nothing |= beside
        if more:
            self.notes.append(note("responses.joined", item=name, n=len(more) + 1))
        return cells

    def _check_aliases(self, items: list[Item]) -> None:
        known = {c.name for i in items for c in i.scale.choices}
        wrong = {k: v for k, v in self.aliases.items() if v not in known}
        if wrong and known:
            named = ", ".join(f"'{k}': '{v}'{did_you_mean(v, known)}" for k, v in wrong.items())
            raise OptionError(f"aliases name choices that no scale has: {named}. Choices: {some(sorted(known), 12)}.")

    def _listen(self, items: list[Item], texts: Mapping[str, np.ndarray]) -> tuple[str, str]:
        """Return the language that decides, and the language in which labels were seen ("" for codes)."""
        seen: Counter[str] = Counter()
        only: Counter[str] = Counter()
        known: dict[tuple[str, str], tuple[str, ...]] = {}
        listeners: dict[str, Decoder] = {}
        for item in items:
            listener = listeners.setdefault(item.scale.name, Decoder(item.scale))
            for text in texts[item.name]:
                key = (item.scale.name, text)
                if key not in known:
                    known[key] = listener.languages(text)
                    seen.update(known[key])
                    only.update(known[key] if len(known[key]) == 1 else ())
        if not seen:
            return self.spoken, ""
        default = self.instrument.default_language if self.instrument is not None else ""
        best = max(seen, key=lambda k: (seen[k], k == default))
        others = sorted(only.keys() - {self.spoken or best})
        if others:
            self.notes.append(note("responses.other_language", main=self.spoken or best, others=", ".join(others)))
        return self.spoken or best, best

    def _check_words(self, decoder: Decoder, counts: Mapping[str, int]) -> None:
        fault = unsteady(decoder, counts)
        if fault:
            code, values = fault
            self.problems.add(code, column=decoder.scale.name, scale=decoder.scale.name, **values)
        over = [k for k in self.missing if k in counts and k in decoder.names and self._scored(decoder, k)]
        if over:
            self.notes.append(note("responses.code_over_score", codes=some(sorted(over)), scale=decoder.scale.name))

    @staticmethod
    def _scored(decoder: Decoder, code: str) -> bool:
        return decoder.scale.choices[decoder.names[code]].score is not None

    def questions(self, matching: Matching) -> dict[str, np.ndarray]:
        """Return the answers to questions about the respondent; labels of choices become their names."""
        if self.instrument is None:
            return {n: set_apart(self._cells(n, matching), self._declared(p))[0] for n, p in matching.columns.items()}
        out = {}
        known = {q.name: q for q in self.instrument.demographics}
        items = {i.name for i in self.instrument.items}
        for name in (*known, *(n for n in matching.columns if n not in known and n not in items)):
            if name not in matching.columns:
                continue
            cells, _ = set_apart(self._cells(name, matching), self._declared(matching.columns[name]))
            scale = known[name].scale if name in known else None
            if scale is not None and known[name].type == "one":
                cells = self._names(name, cells, Decoder(scale, {}, {}, self.spoken))
            elif scale is not None:
                cells = self._chosen(name, matching.columns[name], cells, Decoder(scale, {}, {}, self.spoken))
            out[name] = cells
        return out

    def _chosen(self, name: str, positions: tuple[int, ...], cells: np.ndarray, decoder: Decoder) -> np.ndarray:
        """Return the names of several chosen answers, from their yes/no columns where the file has them."""
        parts = self.table.choices.get(positions[0]) if len(positions) == 1 else None
        if parts:
            return several.by_columns({words: self.table.cells[j] for words, j in parts.items()}, decoder)
        texts, strange = several.by_text(cells, decoder)
        if strange.any():
            kinds = len(pd.unique(cells[strange]))
            self.notes.append(note("responses.other_answers", question=name, n=int(strange.sum()), kinds=kinds))
        return texts

    def _names(self, name: str, cells: np.ndarray, decoder: Decoder) -> np.ndarray:
        codes, texts = pd.factorize(cells)
        read = [decoder.read(t) for t in texts]
        names = [decoder.scale.choices[c.choice].name if c.choice >= 0 else t for c, t in zip(read, texts, strict=True)]
        foreign = np.array([c.choice < 0 and c.reason != "blank" for c in read], dtype=bool)
        if foreign.any():
            self.notes.append(
                note("responses.other_answers", question=name, n=int(foreign[codes].sum()), kinds=int(foreign.sum()))
            )
            for k in np.flatnonzero(foreign)[:TOLD]:
                rows, value = self.table.rows[codes == k], str(texts[k])
                self.problems.add("other_answer", item=name, column=name, value=value, rows=rows, level="warning")
        return np.array(names, dtype=object)[codes]
