"""Names, tables and notes of a factor solution.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.notes import Note, note
from cgsurvey.factor.extraction import Extraction
from cgsurvey.factor.gathered import Items
from cgsurvey.factor.misfit import degrees_of_freedom
from cgsurvey.factor.rotation import OBLIQUE, Rotation
from cgsurvey.factor.standard_errors import Errors

ALIKE = 0.90  # correlation above which two factors are hardly two
THIN = 3  # loadings of .30 or more that a factor should have


def factor_names(m: int, rotation: str, target: pd.DataFrame | None) -> list[str]:
    """Names of the columns: those of the target, G for the general factor of a bifactor rotation, F1, F2, ..."""
    if target is not None:
        return [str(c) for c in target.columns]
    if rotation.startswith("bifactor") and m > 1:
        return ["G", *(f"F{k}" for k in range(1, m))]
    return [f"F{k}" for k in range(1, m + 1)]


def labelled(
    found: Items, extracted: Extraction, rotated: Rotation, columns: list[str], errors: Errors | None
) -> dict[str, Any]:
    """The tables of a `FactorAnalysis`, by the names of its fields."""
    names = list(found.names)
    L, phi = rotated.loadings, rotated.phi
    structure = L @ phi
    shared = (L * structure).sum(axis=1)
    size = (L * structure).sum(axis=0)
    of_item, of_factor = {"index": names}, {"index": columns}
    square = L**2
    total = square.sum(axis=1)
    complexity = np.divide(total**2, (square**2).sum(axis=1), where=total > 0, out=np.full(len(L), np.nan))
    variance = pd.DataFrame(
        {
            "ss_loadings": size,
            "share_of_variance": size / len(L),
            "share_cumulative": np.cumsum(size) / len(L),
            "share_explained": size / size.sum(),
        },
        **of_factor,
    )
    return {
        "loadings": pd.DataFrame(L, columns=columns, **of_item),
        "std_errors": pd.DataFrame(np.full_like(L, np.nan) if errors is None else errors.loadings, names, columns),
        "factor_correlation_errors": pd.DataFrame(
            np.full_like(phi, np.nan) if errors is None else errors.phi, columns, columns
        ),
        "structure": pd.DataFrame(structure, columns=columns, **of_item),
        "factor_correlations": pd.DataFrame(phi, columns=columns, **of_factor),
        "communalities": pd.Series(shared, name="communality", **of_item),
        "uniquenesses": pd.Series(extracted.uniquenesses, name="uniqueness", **of_item),
        "complexity": pd.Series(complexity, name="complexity", **of_item),
        "variance": variance,
        "correlations": pd.DataFrame(found.R, columns=names, **of_item),
        "item_means": pd.Series(found.mean, name="mean", **of_item),
        "item_sds": pd.Series(found.sd, name="sd", **of_item),
    }


def remarks(
    found: Items, extracted: Extraction, rotated: Rotation, columns: Sequence[str], rotation: str
) -> list[Note]:
    """What the reader must know of a solution: Heywood cases, minima, factors that are alike or thin."""
    notes = []
    bounded = [n for n, at in zip(found.names, extracted.bounded, strict=True) if at]
    if bounded:
        notes.append(note("factor.heywood", items=", ".join(bounded)))
    if degrees_of_freedom(len(found.names), len(columns)) == 0:
        notes.append(note("factor.no_degrees_of_freedom", m=len(columns), p=len(found.names)))
    if rotated.minima > 1:
        notes.append(note("factor.local_minima", rotation=rotation, starts=rotated.starts, minima=rotated.minima))
    if rotation in OBLIQUE:
        i, j = np.nonzero(np.triu(np.abs(rotated.phi) > ALIKE, 1))
        if len(i):
            pairs = ", ".join(f"{columns[int(a)]}-{columns[int(b)]}" for a, b in zip(i, j, strict=True))
            notes.append(note("factor.factors_alike", pairs=pairs, bound=ALIKE))
    small = (np.abs(rotated.loadings) >= 0.30).sum(axis=0) < THIN
    thin = [c for c, few in zip(columns, small, strict=True) if few]
    if thin:
        notes.append(note("factor.thin_factors", factors=", ".join(thin)))
    return notes
