"""The correlation matrix of a table of answers: polychoric and polyserial where items are ordered, Pearson elsewhere.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from cgsurvey.base.notes import Note
from cgsurvey.moments.build import sample_statistics
from cgsurvey.moments.ordered import ordered_frame


def correlation_matrix(
    frame: pd.DataFrame,
    ordered: Sequence[str] | bool = False,
    missing: Literal["listwise", "pairwise"] = "listwise",
    *,
    weights: str | None = None,
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """Correlate all columns of a table but the weights, as lavaan's lavCor.

    Parameters
    ----------
    frame : DataFrame
        One row per respondent.
    ordered : sequence of str or bool
        Ordered items; True for all columns.
    missing : {"listwise", "pairwise"}
        Use complete rows, or for each pair the rows that answered both (thresholds: all that answered the item).
    weights : str, optional
        Column of sampling weights.

    Returns
    -------
    matrix : DataFrame
        Correlations, rows and columns named after the items.
    notes : tuple of Note
        Rows left out, empty cells, correlations at their bound.

    Raises
    ------
    ColumnNotFoundError, CodingError, SampleError, NotPositiveDefiniteError
        As `sample_statistics`.
    """
    frame = ordered_frame(frame, ordered)
    names = [str(c) for c in frame.columns if c != weights]
    chosen = names if ordered is True else list(ordered or ())
    found = sample_statistics(
        frame, names, missing=missing, weights=weights, ordered=chosen, weight="ULS" if chosen else None
    )
    cov = found.samples[0].cov
    sd = np.sqrt(np.diag(cov))
    return pd.DataFrame(cov / np.outer(sd, sd), index=names, columns=names), found.notes
