"""Mean, spread and shape of one variable, weighted or not: arrays in, frozen dataclass out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """Description of one variable; NaN where n is too small or all values are equal."""

    n: int
    mean: float
    sd: float
    skewness: float
    kurtosis: float


def shape(x: Array, w: Array | None = None) -> Shape:
    """Describe x (n,), gaps left out.

    sd has the divisor n - 1; skewness and kurtosis are G1 and G2 of Joanes & Gill (1998), those of SPSS, SAS and
    Excel, with kurtosis 0 for a normal distribution. With weights w (n,) the moments are weighted and n stays the
    number of answers: weights that are all equal change nothing.
    """
    given = ~np.isnan(x)
    x = x[given]
    n = len(x)
    if n == 0:
        return Shape(0, np.nan, np.nan, np.nan, np.nan)
    v = np.full(n, 1.0 / n) if w is None else w[given] / w[given].sum()
    mean = float(v @ x)
    d = x - mean
    m2, m3, m4 = (float(v @ d**k) for k in (2, 3, 4))
    sd = np.sqrt(m2 * n / (n - 1)) if n > 1 else np.nan
    spread = m2 > np.finfo(float).eps * max(1.0, mean**2)
    skewness = np.sqrt(n * (n - 1)) / (n - 2) * m3 / m2**1.5 if n > 2 and spread else np.nan
    kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / m2**2 - 3) + 6) if n > 3 and spread else np.nan
    return Shape(n, mean, float(sd), float(skewness), float(kurtosis))
