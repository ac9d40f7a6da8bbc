"""How a number is printed: by language and by the kind of its column. Numbers themselves are never rounded."""

from __future__ import annotations

import math
from typing import Any, Literal

from cgsurvey.base.options import choose

Language = Literal["en", "id"]
LANGUAGES = ("en", "id")

DASH = "–"  # a number that does not exist
MINUS = "−"
DIGITS = {"count": 0, "number": 2, "statistic": 2, "coefficient": 2, "p": 3, "share": 1, "percent": 1}
NUMERIC = frozenset(DIGITS)
_YES_NO = {"en": ("Yes", "No"), "id": ("Ya", "Tidak")}


def language_of(language: str) -> Language:
    """Check a language code.

    Raises
    ------
    OptionError
        When it is neither "en" nor "id".
    """
    return choose("language", language, LANGUAGES)


def is_missing(value: Any) -> bool:
    """Tell whether a value stands for a number that does not exist (None, NaN, NA)."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas.NA refuses to be a truth value
        return True


def show(value: Any, kind: str = "number", language: str = "en", digits: int | None = None) -> str:
    """Print one value as a reader of `language` expects it.

    Parameters
    ----------
    value : object
        Number, bool or text.
    kind : str
        Kind of the column (`base.glossary.Column.kind`).
    language : {"en", "id"}
        English follows APA 7 (no leading zero where the number cannot exceed 1, comma between thousands), Indonesian
        prints a decimal comma and a point between thousands.
    digits : int, optional
        Decimals; the usual ones of the kind when omitted.

    Returns
    -------
    str
        An en dash for a number that does not exist.
    """
    if is_missing(value):
        return DASH
    if kind == "flag":
        return _YES_NO[language][0 if value else 1]
    if kind not in NUMERIC or isinstance(value, str):
        return str(value)
    number = float(value) * (100.0 if kind == "share" else 1.0)
    decimals = DIGITS[kind] if digits is None else digits
    if math.isinf(number):
        return "∞" if number > 0 else f"{MINUS}∞"
    if kind == "p" and number < 10.0**-decimals:
        return f"< {_localise(f'{10.0**-decimals:.{decimals}f}', kind, language)}"
    if kind == "p" and number > 1 - 0.5 * 10.0**-decimals:
        return f"> {_localise(f'{1 - 10.0**-decimals:.{decimals}f}', kind, language)}"
    text = f"{number:,.{decimals}f}"
    return _localise(text, kind, language)


def p_phrase(value: float, language: str = "en") -> str:
    """Return "p = .032" or "p < .001" for running text."""
    shown = show(value, "p", language)
    return f"p {shown}" if shown[:1] in "<>" else f"p = {shown}"


def excel_format(kind: str, language: str = "en", digits: int | None = None, suffix: str = "") -> str:
    """Return the Excel number format under which a cell shows what `show` prints; its value stays the raw number.

    Excel itself puts the decimal sign of the reader's computer.
    """
    if kind not in NUMERIC:
        return "General"
    decimals = DIGITS[kind] if digits is None else digits
    tail = f'"{suffix}"' if suffix else ""
    places = "." + "0" * decimals if decimals else ""
    if kind == "count":
        return f"#,##0{tail}"
    if kind in {"p", "coefficient"}:
        lead = "" if language == "en" else "0"
        if kind == "coefficient":
            return f"{lead}{places}{tail}"
        least = show(0.0, "p", language)
        most, top = show(1.0, "p", language), 1 - 0.5 * 10.0**-decimals
        low = f'[<{10.0**-decimals:.{decimals}f}]"{least}"{tail}'
        return f'{low};[>{top:.{decimals + 1}f}]"{most}"{tail};{lead}{places}{tail}'
    if kind == "share":  # the heading says per cent; the value stays a proportion
        return f"0{places}%{tail}"
    return f"#,##0{places}{tail}"


def _localise(text: str, kind: str, language: str) -> str:
    negative, text = text.startswith("-"), text.lstrip("-")
    negative = negative and any(c in "123456789" for c in text)
    if language == "id":
        text = text.translate(str.maketrans(",.", ".,"))
    elif kind in {"coefficient", "p"} and text.startswith("0."):
        text = text[1:]
    return f"{MINUS if negative else ''}{text}"
