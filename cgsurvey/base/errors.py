"""The errors of the package: one root, one class per stage of the way of the data.

Every message says what is wrong, where (file, row, column, item), the nearest right name, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class CgSurveyError(Exception):
    """Root of all errors that cgsurvey raises on purpose."""


class InstrumentError(CgSurveyError):
    """An instrument file or object is not consistent."""


class DataError(CgSurveyError):
    """The data cannot be used as they are.

    Attributes
    ----------
    problems : DataFrame or None
        Where a file has several faults: one row each, with row, column, item, value, problem, remedy.
    found : Problems or None
        The same with its warnings, to be told in another language.
    matches : tuple of Match
        Which column was taken for which item.
    notes : tuple of Note
        What was noted before the faults were told.
    """

    problems: Any = None
    found: Any = None
    matches: Any = ()
    notes: Any = ()


class ColumnNotFoundError(DataError):
    """A column that is needed is not in the data."""


class CodingError(DataError):
    """Values do not belong to the scale of their item."""


class SampleError(DataError):
    """The sample cannot carry the analysis: too few rows, no variance, nothing in common."""


class ModelError(CgSurveyError):
    """The model cannot be used as it is written."""


class ModelSyntaxError(ModelError):
    """The model text cannot be read; the message shows the place.

    Parameters
    ----------
    message : str
        What is wrong and what to do.
    text : str, optional
        The whole model text.
    line, column : int, optional
        Place of the fault, both counted from 1.
    """

    def __init__(self, message: str, text: str = "", line: int = 1, column: int = 1) -> None:
        self.line, self.column = line, column
        lines = text.splitlines()
        if lines and 1 <= line <= len(lines):
            shown = lines[line - 1].replace("\t", " ")
            message = f"{message}\n  line {line}, column {column}:\n    {shown}\n    {' ' * (column - 1)}^"
        self.message = message
        super().__init__(message)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_syntax_error, (self.message, self.line, self.column)


def _rebuild_syntax_error(message: str, line: int, column: int) -> ModelSyntaxError:
    return ModelSyntaxError(message, "", line, column)


class IdentificationError(ModelError):
    """The model has more unknowns than the data can tell apart."""


class EstimationError(CgSurveyError):
    """The estimation did not arrive at a usable result."""


class ConvergenceError(EstimationError):
    """The optimiser stopped before it reached a minimum."""


class NotPositiveDefiniteError(EstimationError):
    """A covariance matrix that must be positive definite is not."""


class UnsupportedByEngine(EstimationError):  # noqa: N818 - the public name is fixed
    """The chosen engine cannot do this right, so it is not done at all."""


class OptionError(CgSurveyError, ValueError):
    """An argument has a value that is not allowed."""


class MissingDependencyError(CgSurveyError, ImportError):
    """An optional package is needed and not installed."""


def did_you_mean(name: object, known: Iterable[object], *, n: int = 1) -> str:
    """Return " Did you mean 'x'?" for the nearest of `known`, or an empty string."""
    close = nearest(name, known, n=n)
    if not close:
        return ""
    return " Did you mean " + " or ".join(f"'{c}'" for c in close) + "?"


def nearest(name: object, known: Iterable[object], *, n: int = 1) -> list[str]:
    """Return the nearest of `known`, at most `n`; the same letters in another case come first."""
    names = [str(k) for k in known]
    lower = {k.lower(): k for k in reversed(names)}
    same_case = difflib.get_close_matches(str(name), names, n=n, cutoff=0.6)
    return same_case or [lower[c] for c in difflib.get_close_matches(str(name).lower(), list(lower), n=n, cutoff=0.6)]


def some(values: Iterable[object], limit: int = 8) -> str:
    """Join values for a message: the first `limit`, then how many more there are."""
    shown = [str(v) for v in values]
    rest = len(shown) - limit
    return ", ".join(shown[:limit]) + (f" and {rest} more" if rest > 0 else "")
