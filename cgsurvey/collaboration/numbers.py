"""Reciprocity, agreement among raters and between sides, what is named together, medians, means with intervals.

Numeric file.
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

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


def link_reciprocity(give: Floats, receive: Floats) -> tuple[float, float]:
    """Share r of the links that are returned, and rho, how far r is from what links at random would have.

    rho = (r - a) / (1 - a), a the share of possible links that there are (Garlaschelli & Loffredo, 2004): the
    correlation of the two directions of a dyad. 0 at random, above where links tend to be returned, below where they
    tend not to be; NaN where there is no link or every link.

    Parameters
    ----------
    give, receive : ndarray, shape (d,)
        Intensities of the two directions of a dyad, a link where above 0; dyads with NaN do not count.
    """
    known = np.isfinite(give) & np.isfinite(receive)
    out, back = give[known] > 0, receive[known] > 0
    links = int(out.sum() + back.sum())
    if links == 0:
        return float("nan"), float("nan")
    r, a = 2 * int((out & back).sum()) / links, links / (2 * int(known.sum()))
    return r, (r - a) / (1 - a) if a < 1 else float("nan")


def side_agreement(one: Floats, two: Floats) -> tuple[float, float]:
    """Shares of what two sides both tell of in which they say the same, and differ by one step at most."""
    apart = np.abs(one - two)[np.isfinite(one) & np.isfinite(two)]
    if len(apart) == 0:
        return float("nan"), float("nan")
    return float((apart == 0).mean()), float((apart <= 1).mean())


def together(named: Floats) -> tuple[Floats, Floats]:
    """How often two of k things are named by the same respondent, and the share of those naming either (Jaccard, 1912).

    Parameters
    ----------
    named : ndarray, shape (n, k)
        1 where a respondent names the thing, 0 where not; rows without NaN.

    Returns
    -------
    ndarray, shape (k, k), twice
        Counts of both, the diagonal of each alone; counts of both by counts of either, NaN where nobody names either.
    """
    both = named.T @ named
    alone = np.diag(both)
    either = alone[:, None] + alone[None, :] - both
    return both, np.divide(both, either, out=np.full_like(both, np.nan), where=either > 0)


def mean_interval(values: Floats, level: float) -> tuple[float, float, float, float]:
    """Mean, standard deviation and the interval of the mean by Student's t; NaN where they do not exist."""
    known = values[np.isfinite(values)]
    n = len(known)
    if n == 0:
        return (float("nan"),) * 4
    mean = float(known.mean())
    if n == 1:
        return mean, float("nan"), float("nan"), float("nan")
    sd = float(known.std(ddof=1))
    half = float(stdtrit(n - 1, (1 + level) / 2)) * sd / np.sqrt(n)
    return mean, sd, mean - half, mean + half


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
