"""How many respondents: survey formulas, tests of fit, rules of PLS; each says what it assumes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction, whole
from cgsurvey.base.result import Meta, Result
from cgsurvey.planning.methods import FITS, METHODS, NEEDED, Given, Method

Sizing = Literal[
    "slovin", "krejcie_morgan", "cochran", "mean", "inverse_square_root", "gamma_exponential", "minimum_r2", "rmsea"
]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SampleSize(Result):
    """How many respondents are needed.

    Attributes
    ----------
    method : str
    n : int
        Respondents whose answers can be used.
    exact : float
        The same before rounding.
    invited : int
        People to be asked, at the response rate that was expected.
    given : mapping of str to object
        What was assumed, defaults included.
    steps : DataFrame
        Columns ``step n_exact``: n for a population without end ("infinite"), for the one there is ("finite"), rounded,
        and the people to be asked ("invited").
    """

    method: str
    n: int
    exact: float
    invited: int
    given: Given = field(default_factory=dict)
    steps: pd.DataFrame

    @property
    def measure(self) -> str:
        """What grows better with n under this method: "margin" or "power"."""
        return METHODS[self.method].measure

    def at(self, n: int | Sequence[int]) -> pd.DataFrame:
        """Return what other numbers of respondents reach: ``n`` and ``margin`` or ``power``.

        Parameters
        ----------
        n : int or sequence of int
            Respondents that one can have.
        """
        sizes = [whole("n", k) for k in (n if isinstance(n, Sequence | np.ndarray) else [n])]
        found = [METHODS[self.method].reach(k, self.given) for k in sizes]
        return pd.DataFrame({"n": sizes, self.measure: found})

    def tidy(self) -> pd.DataFrame:
        """Return one row per step of the computation."""
        return self.steps.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: method, n, people to be asked, the margin or power that n reaches."""
        reached = METHODS[self.method].reach(self.n, self.given)
        row = {"method": self.method, "n": self.n, "n_invited": self.invited, self.measure: reached}
        return pd.DataFrame([row])


def sample_size(
    method: Sizing,
    population: int | None = None,
    *,
    margin: float | None = None,
    confidence: float | None = None,
    proportion: float | None = None,
    sd: float | None = None,
    design_effect: float | None = None,
    path: float | None = None,
    r2: float | None = None,
    predictors: int | None = None,
    df: int | None = None,
    fit: Literal["close", "not_close", "exact"] | None = None,
    rmsea_null: float | None = None,
    rmsea_true: float | None = None,
    groups: int | None = None,
    alpha: float | None = None,
    power: float | None = None,
    response_rate: float = 1.0,
) -> SampleSize:
    """Return how many respondents a study needs.

    Parameters
    ----------
    method : str
        For an interval of a wanted width: "slovin", "krejcie_morgan", "cochran" (a proportion), "mean". For a test that
        finds what is there: "inverse_square_root" and "gamma_exponential" (smallest path of a PLS model), "minimum_r2"
        (explained variance of a construct), "rmsea" (fit of a model). For the paths of any model: `power`.
    population : int, optional
        People in the population. "slovin" and "krejcie_morgan" need it; "cochran" and "mean" correct for it.
    margin : float
        Half the width of the interval, of a proportion by default .05; of a mean in the units of the mean.
    confidence : float
        Level of the interval, .95.
    proportion : float
        Expected proportion; .5 needs most respondents.
    sd : float
        Expected standard deviation.
    design_effect : float
        Variance of the design over that of a simple random sample of the same size; with m respondents per cluster and
        intraclass correlation rho, 1 + (m - 1) rho. The correction for the population comes after it.
    path : float
        Smallest standardised path that must be found; its sign does not matter. The test is one-sided.
    r2, predictors
        Smallest explained variance that must be found, and the arrows that point at the construct.
    df : int
        Degrees of freedom of the model.
    fit : {"close", "not_close", "exact"}
        Which test of the RMSEA: is fit close (null hypothesis .05; the population has .08), is it not close (.05; .01),
        is it exact (0; .05). `rmsea_null` and `rmsea_true` replace these numbers.
    groups : int
        Groups of the model; n counts all of them together.
    alpha, power : float
        Level and wanted power of the test, .05 and .80.
    response_rate : float
        Share of the invited who will answer usably.

    Returns
    -------
    SampleSize

    Raises
    ------
    OptionError
        A value is not possible, is lacking, or does not belong to the method.

    Notes
    -----
    n is rounded up, but for "krejcie_morgan", which is rounded as the printed table is. Equations stand in
    `planning.precision` and `planning.detection`; "rmsea" equals semTools::findRMSEAsamplesize and findRMSEApower.

    Examples
    --------
    >>> sample_size("krejcie_morgan", 1000).n
    278
    >>> sample_size("cochran", 985, margin=0.05, response_rate=0.6).invited
    462
    """
    choose("method", method, METHODS)
    known = METHODS[method]
    asked = {k: v for k, v in locals().items() if k in _CHECKS and v is not None}
    given = _given(method, known, asked)
    fraction("response_rate", response_rate, closed=True)
    if not response_rate:
        raise OptionError("response_rate=0: nobody would answer. Give the share that will, e.g. response_rate=0.6.")
    found = known.steps(given)
    exact = list(found.values())[-1]
    least = 1 if known.measure == "margin" else 2
    n = max(math.floor(exact + 0.5) if method == "krejcie_morgan" else _up(exact), least)
    invited = _up(n / response_rate)
    values = {**found, "rounded": float(n), **({"invited": float(invited)} if response_rate < 1 else {})}
    steps = pd.DataFrame({"step": list(values), "n_exact": list(values.values())})
    shown = {k: v for k, v in {**given, "response_rate": response_rate}.items() if v != np.inf}
    return SampleSize(
        method=method,
        n=n,
        exact=exact,
        invited=invited,
        given=given,
        steps=steps,
        notes=tuple(_notes(method, given, n, invited)),
        meta=Meta(function="sample_size", options={"method": method, **shown}, references=known.sources),
    )


def _up(x: float) -> int:
    """Round up, but not for what floating point adds."""
    return math.ceil(x - 1e-9 * max(x, 1.0))


def _number(value: Any) -> float:
    """The number, NaN of what is none."""
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan


def _positive(name: str, value: Any) -> float:
    found = _number(value)
    if not 0 < found < math.inf:
        raise OptionError(f"{name}={value!r} must be a number above 0.")
    return found


def _effect(name: str, value: Any) -> float:
    found = _number(value)
    if not 0 < abs(found) < 1:
        raise OptionError(
            f"{name}={value!r} must lie between 0 and 1 in absolute value: an effect of zero is found by no sample, "
            "however large. Give the smallest effect that matters."
        )
    return found


def _design_effect(name: str, value: Any) -> float:
    found = _positive(name, value)
    if found > 100:
        raise OptionError(f"{name}={value!r} is a variance ratio, of 1 to 5 as a rule, and at most 100 here.")
    return found


def _rmsea(name: str, value: Any) -> float:
    found = _number(value)
    if not 0 <= found < 1:
        raise OptionError(f"{name}={value!r} must be an RMSEA of 0 or more and below 1.")
    return found


_CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "population": whole,
    "margin": _positive,
    "confidence": fraction,
    "proportion": fraction,
    "sd": _positive,
    "design_effect": _design_effect,
    "path": _effect,
    "r2": _effect,
    "predictors": whole,
    "df": whole,
    "fit": lambda name, value: choose(name, value, FITS),
    "rmsea_null": _rmsea,
    "rmsea_true": _rmsea,
    "groups": whole,
    "alpha": fraction,
    "power": fraction,
}


def _given(method: str, known: Method, asked: Given) -> dict[str, Any]:
    """Options as they take effect."""
    takes = {**known.options, "population": known.options.get("population", np.inf)}
    if foreign := [k for k in asked if k not in takes]:
        raise OptionError(
            f"{some(f'{k}=' for k in foreign)}: not for method='{method}', which takes "
            f"{', '.join(k for k in takes)} and response_rate.{did_you_mean(foreign[0], takes)}"
        )
    if lacking := [k for k, v in takes.items() if v is NEEDED and k not in asked]:
        raise OptionError(f"method='{method}' needs {some(f'{k}=' for k in lacking)}.")
    checked = {k: _CHECKS[k](k, v) for k, v in asked.items()}
    out = {**takes, **checked}
    if method in ("slovin", "krejcie_morgan", "cochran"):
        fraction("margin", out["margin"])
    if method == "minimum_r2" and out["r2"] < 0:
        raise OptionError(f"r2={out['r2']!r} is a share of variance: between 0 and 1.")
    if method == "rmsea":
        standard = FITS[out["fit"]]
        for name, value in zip(("rmsea_null", "rmsea_true"), standard, strict=True):
            out[name] = value if out[name] is None else out[name]
        if out["rmsea_null"] == out["rmsea_true"]:
            raise OptionError(
                f"rmsea_null and rmsea_true are both {out['rmsea_null']:g}: nothing is to be found. Let them differ."
            )
    if "power" in out and out["power"] <= out["alpha"]:
        raise OptionError(f"power={out['power']:g} must exceed alpha={out['alpha']:g}.")
    return out


def _notes(method: str, g: Given, n: int, invited: int) -> list[Note]:
    out: list[Note] = []
    if method == "slovin":
        out.append(note("planning.slovin"))
    elif method in ("krejcie_morgan", "cochran"):
        out.append(note("planning.proportion", margin=100 * g["margin"], proportion=100 * g["proportion"]))
    elif method == "mean":
        out.append(note("planning.mean", sd=g["sd"]))
    elif method == "inverse_square_root":
        out.append(note("planning.inverse_square_root", path=abs(g["path"]), alpha=g["alpha"]))
    elif method == "gamma_exponential":
        out.append(note("planning.gamma_exponential", path=abs(g["path"]), alpha=g["alpha"]))
    elif method == "minimum_r2":
        out.append(note("planning.minimum_r2", predictors=g["predictors"]))
    else:
        out.append(note("planning.rmsea", null=g["rmsea_null"], true=g["rmsea_true"]))
    if method == "krejcie_morgan":
        out.append(note("planning.table_rounding"))
    if g.get("design_effect", 1.0) != 1.0:
        out.append(note("planning.design_effect", value=g["design_effect"]))
    if invited > n:
        out.append(note("planning.nonresponse", invited=invited, n=n))
    if invited > g["population"]:
        out.append(note("planning.beyond_population", invited=invited, population=int(g["population"])))
    return out
