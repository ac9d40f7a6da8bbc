"""Questions with several answers: from text or yes/no columns to the names of the choices."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cgsurvey.responses.importing.decoding import Decoder
from cgsurvey.responses.words import plain

_BETWEEN = re.compile(r"[\s,;|.]")
_YES = ("1", "1.0", "true", "y", "yes", "ya", "checked")


def by_columns(columns: Mapping[str, np.ndarray], decoder: Decoder) -> np.ndarray:
    """Return the chosen names of each row, joined by blanks in the order of the scale, shape (n,).

    Parameters
    ----------
    columns : mapping of str to object array, shape (n,)
        Name or words of a choice to its column of yes and no.
    decoder : Decoder
    """
    ticked: dict[str, np.ndarray] = {}
    for words, cells in columns.items():
        place = decoder.read(words).choice
        name = decoder.scale.choices[place].name if place >= 0 else words
        yes = np.isin(np.array([c.strip().casefold() for c in cells], dtype=object), _YES)
        ticked[name] = ticked.get(name, np.zeros(len(cells), bool)) | yes
    return _joined(ticked, decoder, len(next(iter(columns.values()))))


def _joined(ticked: Mapping[str, np.ndarray], decoder: Decoder, n: int) -> np.ndarray:
    known = [c.name for c in decoder.scale.choices]
    text = np.full(n, "", dtype=object)
    for name in (*known, *(t for t in ticked if t not in known)):
        if name in ticked:
            text = np.where(ticked[name], text + np.where(text == "", "", " ") + name, text)
    return text


def by_text(cells: np.ndarray, decoder: Decoder) -> tuple[np.ndarray, np.ndarray]:
    """Return the chosen names as `by_columns` does, and where a text holds something else, shape (n,).

    Words of choices may hold the commas or blanks that stand between them, so the longest known words are cut off
    first. What is no choice ("other, which ...") stays as it was written, after the names.
    """
    codes, texts = pd.factorize(cells)
    known = _known(decoder)
    read = [_cut(t, known, decoder) for t in texts]
    return np.array([t for t, _ in read], dtype=object)[codes], np.array([f for _, f in read], dtype=bool)[codes]


def _known(decoder: Decoder) -> list[tuple[str, str]]:
    """Return the words of the scale in comparable form, the longest first, with the names of their choices."""
    words = {
        plain(w): c.name for c in decoder.scale.choices for w in (c.name, *c.label.values(), *c.aliases) if plain(w)
    }
    return sorted(words.items(), key=lambda pair: -len(pair[0]))


def _cut(text: str, known: list[tuple[str, str]], decoder: Decoder) -> tuple[str, bool]:
    rest = " ".join(text.split())
    names: list[str] = []
    strange: list[str] = []
    while rest:
        found = next(((len(w), n) for w, n in known if _starts(rest, w)), None)
        if found is None:
            # Up to the next comma: blanks belong to what somebody wrote.
            piece, _, rest = rest.partition(",")
            strange.append(piece.strip())
        else:
            names.append(found[1])
            rest = rest[found[0] :]
        rest = rest.lstrip(" ,;|.")
    ordered = [c.name for c in decoder.scale.choices if c.name in names]
    return " ".join([*ordered, *(s for s in strange if s)]), bool(strange)


def _starts(text: str, words: str) -> bool:
    """Say whether a text begins with known words that end there."""
    return plain(text[: len(words)]) == words and (len(text) == len(words) or bool(_BETWEEN.match(text, len(words))))
