"""Indices of a general factor and group factors (Rodriguez, Reise & Haviland, 2016).

Numeric file. g (k,) and L (k, m): standardised loadings of the items on the general factor and on the group factors,
which are orthogonal; zero where an item does not belong to a group.
"""

from __future__ import annotations

import numpy as np

from cgsurvey.reliability.coefficients import NAN, Floats, maximal_reliability


def explained_common_variance(g: Floats, L: Floats) -> float:
    """Share of the general factor in the common variance (ECV)."""
    general, groups = (g**2).sum(), (L**2).sum()
    return float(general / (general + groups)) if general + groups > 0 else NAN


def item_ecv(g: Floats, L: Floats) -> Floats:
    """The same of each item (I-ECV), shape (k,)."""
    common = g**2 + (L**2).sum(axis=1)
    return np.divide(g**2, common, out=np.full(len(g), NAN), where=common > 0)


def uncontaminated(L: Floats) -> float:
    """Share of the correlations between items that the general factor alone makes (PUC); NaN for fewer than two."""
    k, member = len(L), np.abs(L) > 1e-12
    shared = (member.astype(int) @ member.T.astype(int) > 0)[np.tril_indices(k, -1)]
    return float(1 - shared.mean()) if k > 1 else NAN


def relative_bias(g: Floats, alone: Floats) -> float:
    """Mean relative difference of the loadings on one factor `alone` from those on the general factor (ARPB)."""
    used = np.abs(g) > 1e-6
    return float(np.abs((alone[used] - g[used]) / g[used]).mean()) if used.any() else NAN


def replicability(L: Floats) -> Floats:
    """Construct replicability H of each factor, shape (m,), of the items that load on it."""
    own = [column[np.abs(column) > 1e-12] for column in L.T]
    return np.array([float(maximal_reliability(column)) if len(column) else NAN for column in own])
