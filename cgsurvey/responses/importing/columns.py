"""Columns beside the items: which are kept, under which name, and whether they hold numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cgsurvey.base.errors import some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.importing.matching import Matching
from cgsurvey.responses.importing.problems import Problems
from cgsurvey.responses.importing.stated import set_apart
from cgsurvey.responses.privacy import SALT_LENGTH, Discretion
from cgsurvey.responses.readers import RawTable
from cgsurvey.responses.words import number, quantities, short

_NUMBERS = ("integer", "number")
TOLD = 200  # different texts of one column that are told one by one
_BLANK = ("", "na", "n/a", "#n/a", "nan", "null", "<na>")


def others(
    table: RawTable,
    matching: Matching,
    questions: Mapping[str, np.ndarray],
    kinds: dict[str, str],
    discretion: Discretion,
    notes: list[Note],
) -> tuple[dict[str, np.ndarray], dict[str, int], tuple[int, ...]]:
    """Return the columns beside the items under unique names, where each name stands, and what was left behind.

    Questions of the instrument that ask for text are looked at like columns that it does not know. Pseudonyms are
    entered in `kinds` as text.
    """
    out: dict[str, np.ndarray] = {}
    places = {name: p[0] for name, p in matching.columns.items() if name not in questions}
    done: dict[str, list[int]] = {"drop": [], "hash": [], "text": []}
    twice = []

    def keep(name: str, j: int, cells: np.ndarray) -> None:
        verdict = discretion.of(table.headers[j], cells, table.labels.get(j, ""))
        if verdict != "keep":
            done[verdict].append(j)
        if verdict == "hash":
            kinds[name] = "text"
        elif verdict == "keep":  # of what is left behind, neither labels nor stated reasons are kept
            places[name] = j
        if verdict in ("keep", "hash"):
            out[name] = discretion.hashed(cells) if verdict == "hash" else cells

    for name, cells in questions.items():
        if kinds.get(name) == "text":
            keep(name, matching.columns[name][0], cells)
        else:
            out[name] = cells
            places[name] = matching.columns[name][0]
    used = set(matching.columns)
    for j in matching.unmatched:
        header, k = table.headers[j], 1
        name = header
        while name in used:
            k += 1
            name = f"{header} ({k})"
        keep(name, j, set_apart(table.cells[j], table.reasons.get(j, {}))[0])
        if name in out:
            used.add(name)
            twice += [name] if k > 1 else []
    for verdict, code in (("drop", "personal"), ("hash", "personal_hashed"), ("text", "free_text")):
        if done[verdict]:
            shown = some([f"'{short(table.headers[j])}'" for j in done[verdict]], 40)
            notes.append(note(f"responses.{code}", n=len(done[verdict]), columns=shown))
    if done["hash"] and len(discretion.salt or "") < SALT_LENGTH:
        notes.append(note("responses.salt_short", length=SALT_LENGTH))
    if twice:
        notes.append(note("responses.same_header", columns=some([f"'{short(t)}'" for t in twice], 8)))
    return out, places, tuple(sorted(done["drop"] + done["text"]))


def typed(
    columns: Mapping[str, np.ndarray],
    kinds: Mapping[str, str],
    missing: Mapping[str, str],
    notes: list[Note],
    problems: Problems,
    rows: np.ndarray,
) -> tuple[dict[str, np.ndarray | pd.api.extensions.ExtensionArray], bool]:
    """Turn columns of numbers into numbers, the rest into text, blanks into NaN; say whether decimal commas were met.

    Questions have the kind that the instrument gives them; other columns are numbers where every cell is one.
    """
    out: dict[str, np.ndarray | pd.api.extensions.ExtensionArray] = {}
    comma, hidden = [], 0
    for name, cells in columns.items():
        codes, found = pd.factorize(cells)
        texts = [t.strip() for t in found]
        blank = np.array([t.casefold() in _BLANK for t in texts])
        kind = kinds.get(name)
        read, changed = (
            quantities(texts, whole=kind == "integer") if kind in _NUMBERS else (list(map(number, texts)), 0)
        )
        values = [np.nan if b else v for v, b in zip(read, blank, strict=True)]
        strange = np.array([v is None for v in values])
        if changed and not strange.any():
            bare = np.array([number(t) != v for t, v in zip(texts, read, strict=True)])
            notes.append(note("responses.units", question=name, n=int(bare[codes].sum())))
        if kind in _NUMBERS and strange.any():
            notes.append(note("responses.not_numbers", question=name, n=int(strange[codes].sum())))
            for k in np.flatnonzero(strange)[:TOLD]:
                at = rows[codes == k]
                problems.add("no_number", item=name, column=name, value=texts[k], rows=at, level="warning")
        # 0812 and numbers of 16 digits are names, not quantities.
        coded = any(t.isdigit() and (len(t) > 15 or (len(t) > 1 and t[0] == "0")) for t in texts)
        as_text = coded or blank.all() if kind is None else kind not in _NUMBERS
        if as_text or strange.any():
            words = np.array([t or np.nan for t in texts], dtype=object)
            out[name] = pd.array(words[codes], dtype="str")
            continue
        if any("," in t and number(t) == v for t, v in zip(texts, values, strict=True)):
            comma.append(name)
        gone = np.array([not b and f"{v:g}" in missing for v, b in zip(values, blank, strict=True)], dtype=bool)
        hidden += int(gone[codes].sum())
        numbers = np.where(gone, np.nan, np.array(values, dtype=float))[codes]
        whole = not np.isnan(numbers).any() and (numbers == np.round(numbers)).all() and np.abs(numbers).max() < 2**53
        out[name] = numbers.astype("int64") if whole else numbers
    if comma:
        notes.append(note("responses.decimal_comma", columns=some(comma, 20)))
    if hidden:
        notes.append(note("responses.codes_hidden", n=hidden, codes=some(sorted(missing))))
    return out, bool(comma)
