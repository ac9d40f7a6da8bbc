"""How the respondents were drawn: columns of weights, clusters, strata, population sizes, replicate weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cgsurvey.base.errors import ColumnNotFoundError, OptionError, did_you_mean
from cgsurvey.base.options import choose

Lonely = Literal["fail", "adjust", "average", "certainty", "remove"]
LONELY = ("fail", "adjust", "average", "certainty", "remove")
ReplicateType = Literal["bootstrap", "JK1", "JK2", "JKn", "BRR", "Fay", "SDR", "other"]
TYPES = ("bootstrap", "JK1", "JK2", "JKn", "BRR", "Fay", "SDR", "other")
_NAMES = ("weights", "cluster", "strata", "fpc")


@dataclass(frozen=True)
class Design:
    """The sampling design of a survey, as names of columns.

    Of a sample in several stages the first is described: its primary units stand for all that happened within them,
    which is right where they are few of many, and on the safe side else.

    Attributes
    ----------
    weights : str, optional
        Column of sampling weights: how many people of the population a respondent stands for.
    cluster : str, optional
        Column of the primary sampling unit, e.g. the office.
    strata : str, optional
        Column of the stratum.
    fpc : str, optional
        Column of the number of primary units of the stratum in the population, or of the share that was drawn.
    replicate_weights : tuple of str
        Columns of replicate weights, one for each replicate; errors then come from them alone.
    replicate_type : {"bootstrap", "JK1", "JK2", "JKn", "BRR", "Fay", "SDR", "other"}
        How they were made; this gives their scale: 1/(R - 1), (R - 1)/R, 1, -, 1/R, 1/(R (1 - rho)^2), 4/R.
    replicate_scale : float, optional
        Scale of the sum of squares where the type does not give it, or gives another.
    replicate_rscales : tuple of float
        Factor of each replicate, 1 where left out; needed for JKn.
    replicate_mse : bool
        Squares are of distances from the estimate, not from the mean of the replicates.
    rho : float
        Of Fay's method.
    lonely : {"fail", "adjust", "average", "certainty", "remove"}
        What a stratum with a single primary unit adds to variances: an error, its distance from zero (the mean of all
        units, for means and ratios), the average of the other strata, nothing (the last two). Names are those of the
        option survey.lonely.psu of R's survey.
    nest : bool
        Numbers of clusters start anew in each stratum, so that cluster 1 of two strata is two clusters.
    margins : tuple of str
        Columns to whose known totals the weights were post-stratified (one) or raked (several); set by
        `poststratify` and `rake`, and used by standard errors.
    calibrated : str, optional
        Column of the weights that met the margins, where they were trimmed afterwards.
    """

    weights: str | None = None
    cluster: str | None = None
    strata: str | None = None
    fpc: str | None = None
    replicate_weights: tuple[str, ...] = ()
    replicate_type: ReplicateType = "bootstrap"
    replicate_scale: float | None = None
    replicate_rscales: tuple[float, ...] = ()
    replicate_mse: bool = False
    rho: float = 0.5
    lonely: Lonely = "fail"
    nest: bool = False
    margins: tuple[str, ...] = ()
    calibrated: str | None = None

    def __post_init__(self) -> None:
        for name in _NAMES:
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise OptionError(f"Design({name}={value!r}): name one column.")
        for name in ("replicate_weights", "margins"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(map(str, value)))
        object.__setattr__(self, "replicate_rscales", tuple(map(float, self.replicate_rscales)))
        choose("lonely", self.lonely, LONELY)
        choose("replicate_type", self.replicate_type, TYPES)
        if len(self.replicate_weights) == 1:
            raise OptionError("Design(replicate_weights=...): one replicate has no variance; name all of its columns.")
        if self.replicate_rscales and len(self.replicate_rscales) != len(self.replicate_weights):
            raise OptionError(
                f"Design: {len(self.replicate_rscales)} replicate_rscales for {len(self.replicate_weights)} "
                "replicate_weights; give one for each."
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """The names that are given, in the order weights, cluster, strata, fpc, replicate weights."""
        single = (v for name in _NAMES if (v := getattr(self, name)) is not None)
        return tuple(single) + self.replicate_weights

    def check(self, known: Iterable[object], file: str = "the data") -> None:
        """Raise ColumnNotFoundError, naming all columns of the design that are not among `known`."""
        names = [str(k) for k in known]
        have = set(names)
        given = [(name, getattr(self, name)) for name in _NAMES]
        given += [("replicate_weights", v) for v in self.replicate_weights] + [("margins", v) for v in self.margins]
        given.append(("calibrated", self.calibrated))
        absent = [f"{name}='{v}'.{did_you_mean(v, names)}" for name, v in given if v is not None and v not in have]
        if absent:
            raise ColumnNotFoundError(
                f"{file} lacks columns of the design: {' '.join(absent)} Correct the names in Design(...)."
            )
