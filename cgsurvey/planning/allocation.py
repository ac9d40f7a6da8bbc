"""Dividing a sample among strata: in proportion, equally, by Neyman, at optimal cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, whole
from cgsurvey.base.result import Meta, Result
from cgsurvey.moments.sample import Floats
from cgsurvey.planning.strata import NONE, affordable, quotas, stratified_variance, whole_parts

By = Mapping[str, float]
SOURCES = {
    "proportional": ("cochran1977",),
    "equal": ("cochran1977",),
    "neyman": ("neyman1934", "cochran1977"),
    "optimal": ("cochran1977",),
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Allocation(Result):
    """A sample divided among strata.

    Attributes
    ----------
    table : DataFrame
        One row per stratum: ``stratum population n sampling_fraction weight`` (people that one respondent stands for),
        and ``sd``, ``cost`` where they were given.
    std_error : float
        Standard error of the mean that this allocation leads to; NaN without standard deviations.
    std_error_proportional : float
        The same of proportional allocation of as many respondents.
    cost : float
        What the interviews cost; NaN without costs.
    """

    table: pd.DataFrame
    std_error: float
    std_error_proportional: float
    cost: float

    def tidy(self) -> pd.DataFrame:
        """Return one row per stratum."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: method, strata, n, population, standard error of the mean, cost."""
        row = {
            "method": self.meta.options["method"],
            "n_strata": len(self.table),
            "n": int(self.table["n"].sum()),
            "population": int(self.table["population"].sum()),
            "std_error": self.std_error,
            "std_error_proportional": self.std_error_proportional,
            "total_cost": self.cost,
        }
        return pd.DataFrame([row])


def allocate(
    n: int | None,
    strata: By | pd.Series,
    *,
    method: Literal["proportional", "equal", "neyman", "optimal"] = "proportional",
    sd: By | pd.Series | None = None,
    cost: By | pd.Series | None = None,
    budget: float | None = None,
    minimum: int = 1,
) -> Allocation:
    """Divide a sample among strata (offices, regencies, services).

    Parameters
    ----------
    n : int or None
        Respondents of all strata; None with `budget`.
    strata : mapping of str to int, or Series
        People in each stratum.
    method : {"proportional", "equal", "neyman", "optimal"}
        Shares by people; equal; by people times standard deviation, which makes the interval of the whole smallest; and
        by that over the root of the cost per interview.
    sd : mapping of str to float, optional
        Expected standard deviation within each stratum ("neyman", "optimal"); of a proportion sqrt(P (1 - P)).
    cost : mapping of str to float, optional
        Cost of an interview in each stratum ("optimal").
    budget : float, optional
        What all interviews may cost, instead of `n`, with method="optimal".
    minimum : int
        Fewest respondents of a stratum; everybody where a stratum is smaller.

    Returns
    -------
    Allocation
        Whole numbers that sum to n: largest remainders. No stratum gets more respondents than it has people.

    Raises
    ------
    OptionError
        Sizes are not above 0, n exceeds the people there are or is too small for the minimum, something is lacking.

    Examples
    --------
    >>> allocate(10, {"city": 600, "regency": 399}).table["n"].tolist()
    [6, 4]
    """
    choose("method", method, SOURCES)
    names, size = _strata(strata)
    whole("minimum", minimum, 0)
    if method in ("neyman", "optimal") and sd is None:
        raise OptionError(f"method='{method}' needs sd=, the standard deviation expected within each stratum.")
    if method == "optimal" and cost is None:
        raise OptionError("method='optimal' needs cost=, the cost of an interview in each stratum.")
    spread = _by_stratum("sd", sd, names, least=0.0)
    price = _by_stratum("cost", cost, names)
    notes: list[Note] = []
    if spread is not None and not spread.any():
        raise OptionError("sd= is 0 in all strata: one respondent of each would tell all. Check the numbers.")
    total = _total(n, budget, method, size, spread, price)
    low, high = np.minimum(float(minimum), size), size
    if total > size.sum():
        raise OptionError(f"n={total} exceeds the {int(size.sum())} people of all strata.")
    if total < low.sum():
        raise OptionError(
            f"n={total} is too small for at least {minimum} respondents in each of {len(names)} strata: "
            f"{int(low.sum())} are needed. Raise n, join strata, or lower minimum=."
        )
    claims = {
        "proportional": size,
        "equal": np.ones(len(size)),
        "neyman": size * (np.ones(1) if spread is None else spread),
        "optimal": size * (np.ones(1) if spread is None else spread) / np.sqrt(np.ones(1) if price is None else price),
    }
    claim = claims[method]
    parts = whole_parts(_parts(claim, total, low, high), total)
    full = [names[k] for k in np.flatnonzero((parts == size) & (claim / claim.sum() * total > size))]
    if full:
        notes.append(note("planning.census_strata", strata=some(full)))
    raised = [names[k] for k in np.flatnonzero((parts == low) & (claim / claim.sum() * total < low - 0.5))]
    if raised:
        notes.append(note("planning.raised_strata", minimum=minimum, strata=some(raised)))
    if method != "proportional":
        notes.append(note("planning.weights_needed"))
    if single := [names[k] for k in np.flatnonzero((parts == 1) & (size > 1))]:
        notes.append(note("planning.single_strata", strata=some(single)))
    table = pd.DataFrame({"stratum": names, "population": size.astype(np.int64), "n": parts})
    table["sampling_fraction"] = parts / size
    table["weight"] = np.where(parts > 0, size / np.maximum(parts, 1), np.nan)
    errors = [np.nan, np.nan]
    if spread is not None:
        table["sd"] = spread
        even = whole_parts(_parts(size, total, np.minimum(1.0, size), size), total) if total >= len(size) else parts * 0
        errors = [float(np.sqrt(stratified_variance(k, size, spread))) for k in (parts, even)]
    if price is not None:
        table["cost"] = price
    options = {"method": method, "n": total, "minimum": minimum, **({} if budget is None else {"budget": budget})}
    return Allocation(
        table=table,
        std_error=errors[0],
        std_error_proportional=errors[1],
        cost=float("nan") if price is None else float(parts @ price),
        notes=tuple(notes),
        meta=Meta(function="allocate", options=options, references=SOURCES[method]),
    )


def _parts(claim: Floats, n: int, low: Floats, high: Floats) -> Floats:
    """Quotas; what strata without variance leave over goes to them in proportion to their size."""
    live = claim > NONE * claim.max()
    most = float(np.where(live, high, low).sum())
    if n <= most:
        return quotas(claim, n, low, np.where(live, high, low))
    rest = quotas(
        np.where(live, 0.0, high), n - int(high[live].sum()), np.where(live, 0.0, low), np.where(live, 0, high)
    )
    return np.where(live, high, rest)


def _total(n: Any, budget: float | None, method: str, size: Floats, spread: Floats | None, price: Floats | None) -> int:
    if (n is None) == (budget is None):
        raise OptionError("give either n or budget=, and not both.")
    if budget is None:
        return whole("n", n)
    if method != "optimal" or spread is None or price is None:
        raise OptionError("budget= goes with method='optimal', sd= and cost=.")
    if not 0 < budget < np.inf:
        raise OptionError(f"budget={budget!r} must be a number above 0.")
    found = int(affordable(budget, size, spread, price))
    if found < 1:
        raise OptionError(f"budget={budget:g} buys no interview: the cheapest costs {price.min():g}.")
    return min(found, int(size.sum()))


def _strata(strata: Any) -> tuple[list[str], Floats]:
    given = _mapping("strata", strata)
    if not given:
        raise OptionError("strata= is empty: give the people of each stratum, e.g. {'city': 600, 'regency': 400}.")
    size = np.array([_number(v) for v in given.values()])
    bad = [f"{k} ({v!r})" for (k, v), s in zip(given.items(), size, strict=True) if not s >= 1 or s != np.floor(s)]
    if bad:
        raise OptionError(
            f"strata without people, or not counted in whole numbers: {some(bad)}. Leave empty strata out."
        )
    return list(given), size


def _by_stratum(option: str, given: Any, names: list[str], *, least: float | None = None) -> Floats | None:
    if given is None:
        return None
    known = _mapping(option, given)
    if absent := [k for k in names if k not in known]:
        raise OptionError(f"{option}= lacks the strata {some(absent)}.")
    if strange := [k for k in known if k not in names]:
        raise OptionError(f"{option}= names no strata: {some(strange)}.{did_you_mean(strange[0], names)}")
    values = np.array([_number(known[k]) for k in names])
    bad = ~np.isfinite(values) | ((values <= 0) if least is None else (values < least))
    if bad.any():
        told = some(f"{names[k]} ({known[names[k]]!r})" for k in np.flatnonzero(bad))
        raise OptionError(f"{option}= must be a number {'above 0' if least is None else 'of 0 or more'}: {told}.")
    return values


def _mapping(option: str, given: Any) -> dict[str, Any]:
    if isinstance(given, pd.Series):
        given = given.to_dict()
    if not isinstance(given, Mapping):
        raise OptionError(f"{option}= needs a mapping of strata to numbers, or a Series; not {type(given).__name__}.")
    return {str(k): v for k, v in given.items()}


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
