"""Checking of arguments: what is allowed is said, and the nearest right word is offered."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

from cgsurvey.base.errors import OptionError, did_you_mean


def choose(name: str, value: Any, allowed: Iterable[Any]) -> Any:
    """Return `value` if it is one of `allowed`, else raise OptionError that names the nearest."""
    known = list(allowed)
    if any(value is k or value == k for k in known):
        return value
    words = ", ".join(repr(k) for k in known)
    raise OptionError(f"{name}={value!r} is not known.{did_you_mean(value, known)} Allowed: {words}.")


def choose_all(name: str, values: Any, allowed: Iterable[Any]) -> tuple[Any, ...]:
    """Return a tuple of values, each one of `allowed`; a single value counts as a tuple of one."""
    if values is None:
        return ()
    listed = [values] if isinstance(values, str) or not isinstance(values, Iterable) else list(values)
    known = list(allowed)
    return tuple(choose(name, v, known) for v in listed)


def fraction(name: str, value: float, *, closed: bool = False) -> float:
    """Return `value` if it lies between 0 and 1 (both included when `closed`)."""
    if (0 <= value <= 1) if closed else (0 < value < 1):
        return float(value)
    raise OptionError(f"{name}={value!r} must lie between 0 and 1.")


def whole(name: str, value: Any, least: int | None = 1) -> int:
    """Return `value` if it is a whole number of `least` or more (any but 0 when `least` is None)."""
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if is_whole and (value != 0 if least is None else value >= least):
        return int(value)
    raise OptionError(f"{name}={value!r} must be a whole number{'' if least is None else f' of {least} or more'}.")
