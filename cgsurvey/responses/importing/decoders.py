"""Which decoder reads which item: by the instrument, by a known set of words, or by the labels of the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cgsurvey.base.errors import some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.importing.decoding import NO_ANSWERS, Decoder
from cgsurvey.responses.importing.file_codes import Meaning, meaning, numbering
from cgsurvey.responses.importing.label_sets import shown, worded
from cgsurvey.responses.importing.problems import Problems
from cgsurvey.responses.readers.reasons import reason_of
from cgsurvey.responses.words import plain, short

if TYPE_CHECKING:
    from cgsurvey.instrument import Item, Scale


class Decoders:
    """The decoders of one file, made from all its items together.

    Parameters
    ----------
    items : sequence of Item
    texts : mapping of str to object array
        Different texts by item.
    labels : mapping of str to sequence of (str, str)
        Value labels that the file gives to the numbers of an item.
    headers : mapping of str to str
        Column by item, for messages.
    missing, aliases, language
        As in `Decoder`.
    problems : Problems
        Gets labels that contradict one another.
    """

    def __init__(
        self,
        items: Sequence[Item],
        texts: Mapping[str, np.ndarray],
        labels: Mapping[str, Sequence[tuple[str, str]]],
        headers: Mapping[str, str],
        *,
        missing: Mapping[str, str],
        aliases: Mapping[str, str],
        language: str,
        problems: Problems,
    ) -> None:
        self.notes: list[Note] = []
        self.silent: dict[str, dict[str, str]] = {}
        self.bases: list[Decoder] = []
        self._labels, self._headers, self._problems = labels, headers, problems
        self._of: dict[str, Decoder] = {}
        groups: list[tuple[Scale, list[Item]]] = []
        for item in items:
            group = next((g for s, g in groups if s is item.scale or s == item.scale), None)
            if group is None:
                groups.append((item.scale, [item]))
            else:
                group.append(item)
        for scale, group in groups:
            self._settle(scale, group, texts, dict(missing), dict(aliases), language)

    def __getitem__(self, item: str) -> Decoder:
        """Return the decoder of an item."""
        return self._of[item]

    def _settle(
        self,
        scale: Scale,
        items: Sequence[Item],
        given: Mapping[str, np.ndarray],
        missing: dict[str, str],
        aliases: dict[str, str],
        language: str,
    ) -> None:
        texts = list(dict.fromkeys(t for i in items for t in given[i.name]))
        strange = [t for t in texts if plain(t) not in aliases and plain(t) not in missing]
        known = worded(scale, strange)
        if known is not None:
            scale, name = known
            self.notes.append(note("responses.label_set", scale=scale.name, set=name, words=shown(strange, scale)))
        base = Decoder(scale, missing, aliases, language)
        self.bases.append(base)
        form = numbering(strange, base)
        if form.codes is not None:
            self._tell(form, scale, [i.name for i in items])
        told: dict[tuple[str, ...], list[str]] = {}
        unknown: dict[tuple[str, ...], list[str]] = {}
        for item in items:
            found = meaning(self._labels.get(item.name, ()), base)
            if found.fault:
                column = self._headers[item.name]
                self._problems.add(found.fault, item=item.name, column=column, scale=scale.name, **found.values)
            if found.differing:
                told.setdefault(found.differing, []).append(item.name)
            if found.unknown and base.labels:
                unknown.setdefault(found.unknown, []).append(item.name)
            codes = found.codes if found.codes is not None else form.codes
            self._of[item.name] = base if codes is None else Decoder(scale, missing, aliases, language, codes)
            self._set_silent(item.name)
        for labels, names in told.items():
            self._tell(Meaning(differing=labels), scale, names)
        for labels, names in unknown.items():
            self.notes.append(note("responses.labels_unknown", scale=scale.name, labels=some(labels), n=len(names)))
        silent = {
            f"{c} = '{short(w, 30)}'"
            for i in items
            for c, w in self._labels.get(i.name, ())
            if c in self.silent[i.name]
        }
        if silent:
            self.notes.append(note("responses.labelled_missing", scale=scale.name, labels=some(sorted(silent))))

    def _tell(self, found: Meaning, scale: Scale, names: Sequence[str]) -> None:
        labels = some(found.differing)
        self.notes.append(
            note("responses.labels_decided", scale=scale.name, labels=labels, n=len(names), items=some(names, 12))
        )
        for name in names:
            self._problems.add(
                "labels_decided",
                item=name,
                column=self._headers[name],
                level="warning",
                scale=scale.name,
                labels=labels,
            )

    def _set_silent(self, name: str) -> None:
        """Find numbers outside the scale that the file labels with a reason for no answer."""
        decoder = self._of[name]
        reasons = {c: reason_of(w) for c, w in self._labels.get(name, ()) if decoder.read(c).reason == "invalid"}
        self.silent[name] = {c: r for c, r in reasons.items() if r != "blank"}

    def words_for_none(self, counts: Mapping[str, Mapping[str, int]]) -> Iterable[Note]:
        """Yield a note per scale on words for no answer that the scale does not have."""
        for base in self.bases:
            used = counts.get(base.scale.name, {})
            words = [f"'{w}' ({n})" for w, n in used.items() if n and w in NO_ANSWERS and base.read(w).choice < 0]
            if words:
                yield note("responses.words_for_none", scale=base.scale.name, words=some(words))
