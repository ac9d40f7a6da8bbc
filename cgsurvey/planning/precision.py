"""How many respondents a survey needs for an interval of a wanted width, and how wide it is with the n one can have.

Numeric file. With N the population, e the margin (half the width of the interval), z the normal quantile and D the
design effect, the variance of a proportion P is D (N - n) / (N - 1) P (1 - P) / n (Cochran, 1977, section 3.2; Kish,
1965), so that the interval is e wide when::

    n = n0 / (1 + (n0 - 1) / N)        n0 = D z^2 P (1 - P) / e^2

and, of a mean with standard deviation S, n = n0 / (1 + n0 / N) with n0 = D z^2 S^2 / e^2.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

CHI_SQUARE = 3.841  # the 95 % point of one degree of freedom, as Krejcie and Morgan (1970) rounded it


def z_of(confidence: float) -> float:
    """Two-sided normal quantile."""
    return float(ndtri((1 + confidence) / 2))


def variance_of(proportion: float) -> float:
    """P (1 - P)."""
    return proportion * (1 - proportion)


def slovin(population: float, margin: float) -> float:
    """N / (1 + N e^2), which is n of a proportion of one half with z = 2 and N for N - 1 (Yamane, 1967)."""
    return population / (1 + population * margin**2)


def slovin_margin(n: float, population: float) -> float:
    """The margin of Slovin's formula at n, 0 when everybody answers."""
    return float(np.sqrt(max(1 / n - 1 / population, 0.0)))


def infinite(variance: float, margin: float, z: float, design_effect: float = 1.0) -> float:
    """n0: respondents from a population without end."""
    return design_effect * z**2 * variance / margin**2


def finite_proportion(n0: float, population: float) -> float:
    """n from n0 for a proportion in a population of N; as N grows, n0."""
    return n0 if np.isinf(population) else n0 / (1 + (n0 - 1) / population)


def finite_mean(n0: float, population: float) -> float:
    """n from n0 for a mean, whose variance has divisor N - 1."""
    return n0 if np.isinf(population) else n0 / (1 + n0 / population)


def proportion_margin(n: float, proportion: float, z: float, population: float, design_effect: float = 1.0) -> float:
    """Half the width of the interval of a proportion from n respondents."""
    left = 1.0 if np.isinf(population) else max(population - n, 0.0) / max(population - 1, 1.0)
    return float(z * np.sqrt(design_effect * left * variance_of(proportion) / n))


def mean_margin(n: float, sd: float, z: float, population: float, design_effect: float = 1.0) -> float:
    """Half the width of the interval of a mean from n respondents."""
    left = 1.0 if np.isinf(population) else max(1 - n / population, 0.0)
    return float(z * np.sqrt(design_effect * left / n) * sd)


def krejcie_morgan(population: float, margin: float, chi_square: float, proportion: float) -> float:
    """X^2 N P (1 - P) / (d^2 (N - 1) + X^2 P (1 - P)) (Krejcie & Morgan, 1970)."""
    part = chi_square * variance_of(proportion)
    return population * part / (margin**2 * (population - 1) + part)
