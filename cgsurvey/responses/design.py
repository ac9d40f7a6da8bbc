"""How the respondents were drawn: the columns that hold weights, clusters, strata and population sizes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from cgsurvey.base.errors import ColumnNotFoundError, did_you_mean


@dataclass(frozen=True)
class Design:
    """The sampling design of a survey, as names of columns.

    Attributes
    ----------
    weights : str, optional
        Column of sampling weights.
    cluster : str, optional
        Column of the primary sampling unit, e.g. the office.
    strata : str, optional
        Column of the stratum.
    fpc : str, optional
        Column of the population size of the stratum, or of the sampling fraction.
    """

    weights: str | None = None
    cluster: str | None = None
    strata: str | None = None
    fpc: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names that are given, in the order weights, cluster, strata, fpc."""
        return tuple(v for f in fields(self) if (v := getattr(self, f.name)) is not None)

    def check(self, known: Iterable[object], file: str = "the data") -> None:
        """Raise ColumnNotFoundError, naming all columns of the design that are not among `known`."""
        names = [str(k) for k in known]
        absent = [
            f"{f.name}='{v}'.{did_you_mean(v, names)}"
            for f in fields(self)
            if (v := getattr(self, f.name)) is not None and v not in names
        ]
        if absent:
            raise ColumnNotFoundError(
                f"{file} lacks columns of the design: {' '.join(absent)} Correct the names in Design(...)."
            )
