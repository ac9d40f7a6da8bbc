"""Texts made comparable, and texts that may be shown: cut, and without what says who somebody is.

Case, blanks, quotation marks, width of characters, markup and final punctuation do not matter when texts are compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from html import unescape

_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-"})
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][+-]?\d{1,2})?")
# What is told apart by its form alone; names of persons are not.
_PERSONAL = tuple(
    (what, re.compile(pattern, re.IGNORECASE))
    for what, pattern in (
        ("e-mail", r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
        ("NIK", r"(?<!\d)(?:\d{16}|\d{6}[ .-]\d{6}[ .-]\d{4})(?!\d)"),
        ("GPS", r"(?<![\d.])-?\d{1,3}\.\d{4,},? +-?\d{1,3}\.\d{4,}(?: -?\d+(?:\.\d+)?){0,2}(?![\d.])"),
        (
            "phone",
            r"(?<![\d.])(?:\+\d[\d .()-]{6,16}\d|\(?0\d{2,3}\)?[ .-]?\d{3,4}[ .-]?\d{3,5}|(?:62[ -]?)?8\d{8,11})(?!\d)",
        ),
        # Numbers of questions such as 1.2.1.3 are shorter.
        ("IP", r"(?<![\d.])(?=[\d.]{9,15}(?![\d.]))\d{1,3}(?:\.\d{1,3}){3}"),
    )
)


_MARKUP = re.compile(
    r"</?(?:a|b|br|center|div|em|font|h[1-6]|i|li|ol|p|small|span|strong|su[bp]|u|ul)\b[^<>]{0,500}>", re.I
)


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Return the comparable form of a label, header or answer."""
    if "<" in text or "&" in text:
        text = _MARKUP.sub(" ", unescape(text))
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_QUOTES)
    return " ".join(text.casefold().split()).rstrip(" .:;*?!").lstrip("* ")


def number(text: str) -> float | None:
    """Return the number that the whole text is, with decimal point or comma, else None."""
    text = unicodedata.normalize("NFKC", text).strip()
    return float(text.replace(",", ".")) if len(text) < 25 and _NUMBER.fullmatch(text) and text.isascii() else None


_QUANTITY = re.compile(
    r"(?:(?P<money>rp|idr)\.? ?)?(?P<number>[+-]?\d[\d.,]*?)(?P<dash>,-)? ?(?P<unit>[a-z]{1,8}|%)?\.?", re.IGNORECASE
)
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+|\d{1,3}(?:,\d{3})+")
_UNITS = {
    word: kind
    for kind, words in (
        ("year", "tahun thn th year years yr yrs"),
        ("month", "bulan bln month months"),
        ("week", "minggu week weeks"),
        ("day", "hari hr day days"),
        ("hour", "jam hour hours hrs"),
        ("minute", "menit mnt minute minutes min mins"),
        ("person", "orang jiwa person persons people"),
        ("time", "kali x times"),
        ("money", "rupiah rp idr"),
        ("percent", "persen percent %"),
    )
    for word in words.split()
}


def quantities(texts: Sequence[str], *, whole: bool) -> tuple[list[float | None], int]:
    """Return numbers with one unit or thousands separators as numbers, None for what is none, and how many had any.

    Where two units occur nothing is read: six months and two years are no numbers of one kind.

    Parameters
    ----------
    texts : sequence of str
    whole : bool
        Whether whole numbers are asked for: then "1.500" is one thousand five hundred, else one and a half.
    """
    plainly = [number(t) for t in texts]
    values: list[float | None] = []
    kinds: set[str] = set()
    for text, value in zip(texts, plainly, strict=True):
        parts = _QUANTITY.fullmatch(unicodedata.normalize("NFKC", text).strip()) if len(text) < 40 else None
        unit = parts["unit"].casefold() if parts and parts["unit"] else ""
        if parts is None or (unit and unit not in _UNITS):
            values.append(value)
            continue
        kinds |= {_UNITS[unit]} if unit else set()
        kinds |= {"money"} if parts["money"] or parts["dash"] else set()
        digits = parts["number"]
        grouped = _THOUSANDS.fullmatch(digits)
        many = grouped is not None and (whole or bool(parts["money"]) or len(re.findall("[.,]", digits)) > 1)
        values.append(float(re.sub("[.,]", "", digits)) if many else number(digits))
    if len(kinds) > 1:
        return plainly, 0
    return values, sum(v != p for v, p in zip(values, plainly, strict=True))


def masked(text: str) -> str:
    """Return a text with e-mail addresses, phone and identity numbers, IP addresses and positions blotted out."""
    for what, pattern in _PERSONAL:
        text = pattern.sub(f"[{what}]", text)
    return text


def short(text: str, limit: int = 60) -> str:
    """Return a text for a message: personal data masked, cut to `limit` characters."""
    text = masked(" ".join(text[:10_000].split()))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def likeness(one: str, other: str) -> float:
    """Return how many letters two names share, 0 to 1."""
    matcher = SequenceMatcher(None, one, other)
    return matcher.ratio() if matcher.real_quick_ratio() > 0.6 and matcher.quick_ratio() > 0.6 else 0.0
