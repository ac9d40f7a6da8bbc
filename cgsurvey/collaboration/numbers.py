"""Reciprocity of giving and receiving, agreement among raters, medians of ordered answers.

Numeric file.
"""

from __future__ import annotations

import numpy as np

from cgsurvey.moments.sample import Floats


def reciprocity(give: Floats, receive: Floats) -> float:
    """Share of what flows that is returned: sum 2 min(g, r) / sum (g + r), NaN where nothing flows.

    Weighted reciprocity of Squartini, Picciolo, Ruzzenenti and Garlaschelli (2013), over the dyads that respondents
    stand in. 1 where each gives as often as it receives, 0 where help goes in one direction only.

    Parameters
    ----------
    give, receive : ndarray, shape (d,)
        Intensities >= 0 of the two directions of a dyad; dyads with NaN do not count.
    """
    known = np.isfinite(give) & np.isfinite(receive)
    total = float((give[known] + receive[known]).sum())
    return float(2 * np.minimum(give[known], receive[known]).sum() / total) if total > 0 else float("nan")


def pair_agreement(answers: Floats) -> float:
    """Share of the pairs of raters who gave the same answer, P_i of Fleiss (1971); NaN with fewer than two.

    sum_k n_k (n_k - 1) / (n (n - 1)), n_k the raters who chose answer k.
    """
    known = answers[np.isfinite(answers)]
    n = len(known)
    if n < 2:
        return float("nan")
    counts = np.unique(known, return_counts=True)[1].astype(float)
    return float((counts * (counts - 1)).sum() / (n * (n - 1)))


def lower_median(answers: Floats) -> float:
    """Median that is an answer: the lower of the two in the middle; NaN without answers."""
    known = np.sort(answers[np.isfinite(answers)])
    return float(known[(len(known) - 1) // 2]) if len(known) else float("nan")
