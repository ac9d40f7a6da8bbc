"""Ways to find a sample size: what each takes, how it computes n, what n respondents reach, its source."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cgsurvey.base.errors import OptionError
from cgsurvey.planning import detection, precision

Given = Mapping[str, Any]
NEEDED = object()
FITS = {"close": (0.05, 0.08), "not_close": (0.05, 0.01), "exact": (0.0, 0.05)}  # RMSEA: null hypothesis, population


@dataclass(frozen=True)
class Method:
    """A way to find n.

    Attributes
    ----------
    options : mapping of str to object
        What it takes, with defaults; NEEDED: the user must say.
    steps : callable
        Unrounded n by step, the last one being what is asked for.
    reach : callable
        What n respondents reach: the margin, or the power.
    measure : {"margin", "power"}
    sources : tuple of str
    """

    options: Given
    steps: Callable[[Given], dict[str, float]]
    reach: Callable[[float, Given], float]
    measure: Literal["margin", "power"]
    sources: tuple[str, ...]


def _surveyed(g: Given, variance: float, finite: Callable[[float, float], float]) -> dict[str, float]:
    """Steps of an interval: a population without end, then the one there is."""
    n0 = precision.infinite(variance, g["margin"], precision.z_of(g["confidence"]), g["design_effect"])
    return {"infinite": n0, **({"finite": finite(n0, g["population"])} if np.isfinite(g["population"]) else {})}


def _cochran(g: Given) -> dict[str, float]:
    return _surveyed(g, precision.variance_of(g["proportion"]), precision.finite_proportion)


def _mean(g: Given) -> dict[str, float]:
    return _surveyed(g, g["sd"] ** 2, precision.finite_mean)


def _krejcie_morgan(g: Given) -> dict[str, float]:
    return {"finite": precision.krejcie_morgan(g["population"], g["margin"], _chi_square(g), g["proportion"])}


def _chi_square(g: Given) -> float:
    return precision.CHI_SQUARE if g["confidence"] == 0.95 else precision.z_of(g["confidence"]) ** 2


def _searched(power_at: Callable[[float, Given], float], least: Callable[[Given], int]) -> Any:
    def steps(g: Given) -> dict[str, float]:
        found = detection.smallest(lambda n: power_at(n, g), g["power"], least(g))
        if found is None:
            raise OptionError(
                f"no sample of up to {detection.MOST:,} respondents has power {g['power']:g}: the effect is too near "
                "to what is tested. Plan for a larger effect."
            )
        return {"exact": float(found)}

    return steps


def _gamma_exponential(g: Given) -> dict[str, float]:
    found = detection.corrected_path_size(g["path"], g["alpha"], g["power"])
    if found is None:
        raise OptionError(
            f"path={g['path']:g} is too large for the gamma-exponential method: its equation has no solution there. "
            'Use "inverse_square_root", or cg.power for the model itself.'
        )
    return {"exact": found}


def _r2_power(n: float, g: Given) -> float:
    return detection.r2_power(n, g["r2"], g["predictors"], g["alpha"])


def _rmsea_power(n: float, g: Given) -> float:
    return detection.rmsea_power(n, g["df"], g["rmsea_null"], g["rmsea_true"], g["alpha"], g["groups"])


_INTERVAL = {"margin": NEEDED, "confidence": 0.95, "design_effect": 1.0}
_TEST = {"alpha": 0.05, "power": 0.80}
METHODS: Mapping[str, Method] = {
    "slovin": Method(
        {"population": NEEDED, "margin": 0.05},
        lambda g: {"finite": precision.slovin(g["population"], g["margin"])},
        lambda n, g: precision.slovin_margin(n, g["population"]),
        "margin",
        ("yamane1967",),
    ),
    "krejcie_morgan": Method(
        {"population": NEEDED, "margin": 0.05, "confidence": 0.95, "proportion": 0.5},
        _krejcie_morgan,
        lambda n, g: precision.proportion_margin(n, g["proportion"], math.sqrt(_chi_square(g)), g["population"]),
        "margin",
        ("krejcie1970",),
    ),
    "cochran": Method(
        {**_INTERVAL, "margin": 0.05, "proportion": 0.5},
        _cochran,
        lambda n, g: precision.proportion_margin(
            n, g["proportion"], precision.z_of(g["confidence"]), g["population"], g["design_effect"]
        ),
        "margin",
        ("cochran1977", "kish1965"),
    ),
    "mean": Method(
        {**_INTERVAL, "sd": NEEDED},
        _mean,
        lambda n, g: precision.mean_margin(
            n, g["sd"], precision.z_of(g["confidence"]), g["population"], g["design_effect"]
        ),
        "margin",
        ("cochran1977", "kish1965"),
    ),
    "inverse_square_root": Method(
        {**_TEST, "path": NEEDED},
        lambda g: {"exact": detection.path_size(g["path"], g["alpha"], g["power"])},
        lambda n, g: detection.path_power(n, g["path"], g["alpha"]),
        "power",
        ("kock2018",),
    ),
    "gamma_exponential": Method(
        {**_TEST, "path": NEEDED},
        _gamma_exponential,
        lambda n, g: detection.corrected_path_power(n, g["path"], g["alpha"]),
        "power",
        ("kock2018",),
    ),
    "minimum_r2": Method(
        {**_TEST, "r2": NEEDED, "predictors": NEEDED},
        _searched(_r2_power, lambda g: g["predictors"] + 2),
        _r2_power,
        "power",
        ("cohen1988",),
    ),
    "rmsea": Method(
        {**_TEST, "df": NEEDED, "fit": "close", "rmsea_null": None, "rmsea_true": None, "groups": 1},
        _searched(_rmsea_power, lambda g: g["groups"] + 1),
        _rmsea_power,
        "power",
        ("maccallum1996", "steiger1998"),
    ),
}
