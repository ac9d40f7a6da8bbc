"""The errors of the package: one root, one class per stage of the way of the data.

Every message says what is wrong, where (file, row, column, item), the nearest right name, and what to do. It is in
English; `CgSurveyError.render` tells it in the language of a report. The sentences of what a study meets stand in
``<room>/errors.yaml``, one full sentence per language and code::

    too_few_rows:
      en: "{n} usable rows for {q} free parameters: ..."
      id: "{n} baris yang dapat dipakai untuk {q} parameter bebas: ..."

An error without a code is told by the sentence of its class in ``base/errors.yaml`` and its English message.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Self

from cgsurvey.base.data import package_yaml
from cgsurvey.base.notes import spoken

LANGUAGES = ("en", "id")
_MORE = {"en": "{} and {} more", "id": "{} dan {} lainnya"}


class CgSurveyError(Exception):
    """Root of all errors that cgsurvey raises on purpose.

    Attributes
    ----------
    code : str
        Where its sentences stand, "room.what"; "" for an error that is told in English alone.
    values : mapping
        The numbers and names in the sentences.
    place : str
        What was put before the message by `at`.
    """

    code: str = ""
    values: Mapping[str, Any] = MappingProxyType({})
    place: str = ""

    @classmethod
    def of(cls, code: str, **values: Any) -> Self:
        """Make an error from its code and the values that its sentences name.

        A list is told as `some` does, a mapping of languages to words in the words of the language.
        """
        made = cls(said(code, **values)["en"])
        made.code, made.values = code, values
        return made

    def at(self, place: str) -> Self:
        """Put where it happened before the message, in every language."""
        self.args = (f"{place} {self}", *self.args[1:])
        self.place = f"{place} {self.place}".strip()
        return self

    def render(self, language: str = "en") -> str:
        """Return what is wrong and what to do in `language`.

        Where only the English message is there, the sentence of the class comes first and the message is quoted.
        """
        if language == "en":
            return str(self)
        if self.code:
            return f"{self.place} {said(self.code, **self.values)[language]}".strip()
        kinds = package_yaml("base/errors.yaml")["kinds"]
        kind = next(kinds[c.__name__] for c in type(self).__mro__ if c.__name__ in kinds)
        return str(kind[language].format(message=str(self)))

    def words(self) -> dict[str, str]:
        """Return the first line of the message per language, as a value of a note."""
        return {language: self.render(language).split("\n", 1)[0] for language in LANGUAGES}


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

    def render(self, language: str = "en") -> str:
        """Return what is wrong and what to do in `language`, each fault of a file in it."""
        if self.found is None or language == "en":
            return super().render(language)
        return f"{self.place} {self.found.errors.text(language)}".strip()


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


def said(code: str, **values: Any) -> dict[str, str]:
    """Return the sentence of a code per language."""
    room, _, name = code.partition(".")
    try:
        entry = package_yaml(f"{room}/errors.yaml")[name]
    except KeyError:
        raise KeyError(f"no error '{code}' in the catalogue of its room") from None
    return {x: entry[x].format(**spoken({k: _listed(v, x) for k, v in values.items()}, x)) for x in LANGUAGES}


def hint(name: object, known: Iterable[object]) -> dict[str, str]:
    """Return what `did_you_mean` says, per language."""
    close = nearest(name, known)
    return {"en": f" Did you mean '{close[0]}'?", "id": f" Apakah maksudnya '{close[0]}'?"} if close else BLANK


def hints(names: Iterable[object], known: Iterable[object], joint: str = " ") -> dict[str, str]:
    """Return names that are not known, each with its `hint`, per language."""
    have, absent = list(known), list(names)
    return {x: joint.join(f"'{n}'.{hint(n, have)[x]}" for n in absent) for x in LANGUAGES}


def bullets(faults: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return faults that are told per language as a list below a sentence."""
    told = list(faults)
    return {language: "".join(f"\n  - {fault[language]}" for fault in told) for language in LANGUAGES}


BLANK: dict[str, str] = {"en": "", "id": ""}


def _listed(value: Any, language: str) -> Any:
    if not isinstance(value, list | tuple):
        return value
    shown, rest = ", ".join(map(str, value[:8])), len(value) - 8
    return _MORE[language].format(shown, rest) if rest > 0 else shown


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
