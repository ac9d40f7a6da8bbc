"""Grade and performance word of an index, by the lower bounds of the regulation."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import cache

from cgsurvey.base.errors import OptionError
from cgsurvey.base.references import rule

GRADES = ("A", "B", "C", "D")
PERFORMANCE = {"A": "Sangat baik", "B": "Baik", "C": "Kurang baik", "D": "Tidak baik"}
_CENT = Decimal("0.01")
_LEAST, _MOST = Decimal("24.75"), Decimal(100)  # 0.11 * 9 elements * 25, and all elements at 4


@cache
def bounds() -> dict[str, Decimal]:
    """Return the lower bound of each grade, from A down to D."""
    found = {g: rule(f"ikm_{g.lower()}", "any") for g in GRADES}
    return {g: Decimal(repr(float(r.good))) for g, r in found.items() if r is not None}


def two_decimals(value: float | Decimal | Fraction) -> Decimal:
    """Round half up, in decimal: a float counts as the number that it prints as, a `Fraction` is exact."""
    if isinstance(value, Fraction):
        # half up of a positive ratio in whole numbers: no digit is lost before the cut
        return Decimal((200 * value.numerator + value.denominator) // (2 * value.denominator)) * _CENT
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not exact.is_finite():
        raise ValueError(f"{value} is no number")
    return exact.quantize(_CENT, rounding=ROUND_HALF_UP)


def grade(value: float | Decimal | Fraction) -> str:
    """Return the grade A to D of a satisfaction index.

    The index is rounded to two decimals, half up, and graded by lower bounds: A from 88.31, B from 76.61, C from 65.00,
    else D. The intervals that the regulation prints (25.00-64.99, 65.00-76.60, 76.61-88.30, 88.31-100.00) leave values
    such as 64.995 without a grade; rounding before grading closes the gaps.

    Parameters
    ----------
    value : float, Decimal or Fraction
        Index, 25 to 100. A float counts as the decimal number that it prints as.

    Returns
    -------
    str
        "A" (Sangat baik), "B" (Baik), "C" (Kurang baik) or "D" (Tidak baik).

    Raises
    ------
    OptionError
        For what is no number, and beyond the range of the index.

    Notes
    -----
    PermenPANRB 14/2017.

    Examples
    --------
    >>> grade(64.994), grade(64.995), grade(88.305)
    ('D', 'C', 'A')
    """
    try:
        shown = two_decimals(value)
    except (TypeError, ValueError, InvalidOperation):
        raise OptionError(f"grade({value!r}): an index is a number from 25 to 100, e.g. cg.grade(81.42).") from None
    if not _LEAST <= shown <= _MOST:
        hint = " A mean on the scale 1 to 4 becomes an index by 25 * mean." if 1 <= shown <= 4 else ""
        raise OptionError(f"grade({value!r}): an index lies between 25 and 100.{hint}")
    return next((g for g, bound in bounds().items() if shown >= bound), "D")
