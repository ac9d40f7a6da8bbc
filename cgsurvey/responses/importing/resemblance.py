"""How much texts resemble one another, and who belongs to whom when each may be taken once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np
from scipy.sparse import csr_array

# Words that turn a statement round; two wordings that differ in one of them are two statements.
_TURNS = re.compile(
    r"tidak|tak|bukan|belum|jangan|tanpa|kurang|lebih|jarang|selalu|sebelum|sesudah|setelah|hanya|harapan|kenyataan"
    r"|not|no|never|without|nor|neither|less|more|rarely|always|before|after|only|nothing|nobody|cannot|\w+n't"
    r"|expectations?|perceptions?"
)
_UNDOING = ("un", "dis", "in", "im", "ir", "il", "non", "tak", "mis")
_LONGEST = 1000  # characters of a text that are compared


def trigrams(texts: Sequence[str]) -> list[frozenset[str]]:
    """Return the sets of three letters in a row, blanks at both ends counted, of comparable texts."""
    padded = (f"  {t[:_LONGEST]} " for t in texts)
    return [frozenset(p[i : i + 3] for i in range(len(p) - 2)) for p in padded]


def resemblance(ones: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Return the coefficient of Dice (1945) on trigrams, 2 |A ∩ B| / (|A| + |B|), shape (len(ones), len(others)).

    Parameters
    ----------
    ones, others : sequence of str
        Comparable texts, see `words.plain`.
    """
    first, second = trigrams(ones), trigrams(others)
    place = {t: k for k, t in enumerate(dict.fromkeys(t for s in (*first, *second) for t in s))}

    def marks(sets: list[frozenset[str]]) -> csr_array:
        ends = np.cumsum([0, *map(len, sets)])
        at = np.fromiter((place[t] for s in sets for t in s), np.int64, ends[-1])
        return csr_array((np.ones(ends[-1]), at, ends), shape=(len(sets), max(len(place), 1)))

    shared = (marks(first) @ marks(second).T).toarray()
    sizes = np.array([len(s) for s in first])[:, None] + np.array([len(s) for s in second])[None, :]
    return 2 * shared / np.maximum(sizes, 1)


def same_statement(one: str, other: str) -> bool:
    """Say whether two resembling texts differ only in misspellings, or in words that one has beside all of the other.

    A number, a word that turns the sense round ("not", "tidak"), or one word in place of another makes two statements.
    """
    a, b = (re.findall(r"\w+(?:'\w+)?", t) for t in (one, other))
    left, right = [w for w in a if w not in set(b)], [w for w in b if w not in set(a)]
    for word in list(left):
        twin = next((w for w in right if _misspelt(word, w)), None)
        if twin is not None:
            left.remove(word)
            right.remove(twin)
    turned = any(_turns(w) for w in (*left, *right))
    return not turned and not (left and right)


def _turns(word: str) -> bool:
    return bool(_TURNS.fullmatch(word)) or any(c.isdigit() for c in word)


def _misspelt(one: str, other: str) -> bool:
    if _turns(one) or _turns(other):
        return False
    if any(one == u + other or other == u + one for u in _UNDOING):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= 0.75


def one_to_one(scores: np.ndarray) -> list[tuple[int, int]]:
    """Return the pairs (row, column) whose sum of scores is largest when each row and column serves once."""
    # scipy.optimize takes longer to import than most files to read, and names usually match without it.
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(scores, maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if scores[i, j] > 0]
