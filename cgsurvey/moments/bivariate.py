"""The standard bivariate normal distribution: probabilities, density, derivatives, for arrays of any shape.

Numeric file. With theta = arcsin(rho), dPhi2/dtheta = exp(-(h^2 + k^2 - 2 h k sin theta) / (2 cos^2 theta)) / (2 pi):
Gauss-Legendre quadrature from theta = 0 (Drezner & Wesolowsky, 1990; numbers of nodes as in Genz, 2004) up to
|rho| = 0.925, Owen's T function beyond.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import ndtr, owens_t

from cgsurvey.moments.sample import Floats

FAR = 38.0  # beyond it Phi is 0 or 1 to the last digit; stands in for infinite limits
NODES = ((0.3, 6), (0.75, 12), (0.925, 20))  # largest |rho| of each number of nodes
BLOCK = 1 << 14  # values worked on at a time, few enough to stay in the cache
TWO_PI = 2 * np.pi


def density(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Density of the standard bivariate normal, which is also dPhi2/drho."""
    R = 1 - rho * rho
    return np.asarray(np.exp(-(h * h - 2 * rho * h * k + k * k) / (2 * R)) / (TWO_PI * np.sqrt(R)))


def density_slope(h: Floats, k: Floats, rho: Floats, phi2: Floats) -> Floats:
    """Derivative of the density by rho, which is also d2Phi2/drho2, `phi2` being the density."""
    R = 1 - rho * rho
    return np.asarray(phi2 * (rho / R + ((R + 2 * rho * rho) * h * k - rho * (h * h + k * k)) / (R * R)))


def normal_density(t: Floats) -> Floats:
    """Density of the standard normal."""
    return np.asarray(np.exp(-0.5 * t * t) / np.sqrt(TWO_PI))


def limit_slope(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Derivative of Phi2(h, k, rho) by h: phi(h) Phi((k - rho h) / sqrt(1 - rho^2))."""
    return np.asarray(normal_density(h) * ndtr((k - rho * h) / np.sqrt(1 - rho * rho)))


def cdf(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Probability that both of two standard normal variables with correlation rho stay below h and k.

    Parameters
    ----------
    h, k : ndarray
        Limits; infinite ones are allowed.
    rho : ndarray or float
        Correlations, |rho| < 1; all three are broadcast.

    Returns
    -------
    ndarray
        Absolute error about 1e-15.
    """
    h, k, rho = np.broadcast_arrays(h, k, np.asarray(rho, dtype=float))
    return grid(h.reshape(-1, 1), k.reshape(-1, 1), rho.ravel()).reshape(h.shape)


def grid(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Phi2 on the grids of m pairs of variables: h, shape (m, a), k, shape (m, b), rho, shape (m,); gives (m, a, b)."""
    h, k = np.clip(h, -FAR, FAR), np.clip(k, -FAR, FAR)
    out = np.empty((len(h), h.shape[1], k.shape[1]))
    size = np.abs(rho)
    below = 0.0
    for limit, nodes in NODES:
        here = np.flatnonzero((size >= below) & (size < limit))
        below = limit
        step = max(1, BLOCK // max(1, out[0].size)) if len(out) else 1
        for at in range(0, len(here), step):
            rows = here[at : at + step]
            out[rows] = _by_quadrature(h[rows, :, None], k[rows, None, :], rho[rows, None, None], nodes)
    here = np.flatnonzero(size >= below)
    if len(here):
        out[here] = _by_owen(h[here, :, None], k[here, None, :], rho[here, None, None])
    return out


def _by_quadrature(h: Floats, k: Floats, rho: Floats, nodes: int) -> Floats:
    theta = np.arcsin(rho)
    hk, hs = h * k, (h * h + k * k) / 2
    total, e, f = np.zeros(hk.shape), np.empty(hk.shape), np.empty(hk.shape)
    for node, weight in zip(*_legendre(nodes), strict=True):
        s = np.sin(theta * node)
        c = 1 / ((1 - s) * (1 + s))
        np.multiply(hk, s * c, out=e)
        np.multiply(hs, c, out=f)
        e -= f
        np.exp(e, out=e)
        e *= weight
        total += e
    total *= theta / TWO_PI
    total += ndtr(h) * ndtr(k)
    return total


@cache
def _legendre(nodes: int) -> tuple[Floats, Floats]:
    """Nodes and weights on (0, 1)."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    return (x + 1) / 2, w / 2


def _by_owen(h: Floats, k: Floats, rho: Floats) -> Floats:
    s = np.sqrt((1 - rho) * (1 + rho))
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (k - rho * h) / (h * s), (h - rho * k) / (k * s)
    apart = (h * k < 0) | ((h * k == 0) & (h + k < 0))
    out = (ndtr(h) + ndtr(k)) / 2 - owens_t(h, a) - owens_t(k, b) - np.where(apart, 0.5, 0.0)
    return np.where((h == 0) & (k == 0), 0.25 + np.arcsin(rho) / TWO_PI, out)
