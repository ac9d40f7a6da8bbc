"""Texts made comparable: case, blanks, quotation marks, width of characters and final punctuation do not matter."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-"})
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][+-]?\d{1,2})?")


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Return the comparable form of a label, header or answer."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_QUOTES)
    return " ".join(text.casefold().split()).rstrip(" .:;*?!").lstrip("* ")


def number(text: str) -> float | None:
    """Return the number that the whole text is, with decimal point or comma, else None."""
    text = unicodedata.normalize("NFKC", text).strip()
    return float(text.replace(",", ".")) if len(text) < 25 and _NUMBER.fullmatch(text) and text.isascii() else None


def short(text: str, limit: int = 60) -> str:
    """Return a text for a message, cut to `limit` characters."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def likeness(one: str, other: str) -> float:
    """Return how much two texts share, 0 to 1: words for sentences, letters for names."""
    a, b = plain(one), plain(other)
    if " " in a and " " in b:
        first, second = set(re.findall(r"\w+", a)), set(re.findall(r"\w+", b))
        return len(first & second) / max(len(first | second), 1)
    if " " in a or " " in b:
        return 0.0
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, a, b)
    return matcher.ratio() if matcher.real_quick_ratio() > 0.6 and matcher.quick_ratio() > 0.6 else 0.0
