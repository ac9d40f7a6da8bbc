"""The result of the satisfaction index, with the comparisons that can be had from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from cgsurvey.base.errors import OptionError, SampleError
from cgsurvey.base.options import choose
from cgsurvey.base.result import Result
from cgsurvey.responses.two_samples import holm
from cgsurvey.service_quality.index_numbers import compare, descending_ranks, rank_limits

COMPARED = ("difference", "std_error", "df", "statistic", "p_value", "p_adjusted", "ci_lower", "ci_upper")
ADJUSTMENTS = ("holm", "none")
MOST_GROUPS = 2000  # two million pairs


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SatisfactionIndex(Result):
    """The satisfaction index (IKM) of all users, and of groups of them.

    Attributes
    ----------
    overall : DataFrame
        One row: `n ikm std_error df ci_lower ci_upper grade performance p_a p_b p_c p_d`. `p_a` to `p_d`: share of the
        sampling distribution around the estimate in each grade.
    groups : DataFrame
        The same per group, led by the columns of `by`; with `rank`, equal indices sharing the better one. Without `by`
        one row.
    elements : DataFrame
        One row per element (and group): `element n sum nrr nrr_weighted index rank ci_lower ci_upper grade priority`.
        `index` is NRR x 25, the interval that of `index`; `priority` marks the lowest means.
    overall_elements : DataFrame
        The same of all users; equal to `elements` without `by`.
    answers : DataFrame
        Of all users: `element score count share`.
    profile : DataFrame
        Who answered: the columns of `by`, `variable category count`.
    covariance : ndarray, shape (G, G), optional
        Of the indices of the groups; None where groups are independent samples.
    by : tuple of str
    period : str, optional
        The column of `by` whose values follow each other in time.
    """

    overall: pd.DataFrame
    groups: pd.DataFrame
    elements: pd.DataFrame
    overall_elements: pd.DataFrame
    answers: pd.DataFrame
    profile: pd.DataFrame
    covariance: np.ndarray | None = None
    by: tuple[str, ...] = field(default=())
    period: str | None = None

    def tidy(self) -> pd.DataFrame:
        """Return one row per element, by group where `by` was given."""
        return self.elements.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row of all users: `n ikm grade performance ci_lower ci_upper`."""
        return self.overall[["n", "ikm", "grade", "performance", "ci_lower", "ci_upper"]].copy()

    def differences(self, adjust: str = "holm") -> pd.DataFrame:
        """Compare all pairs of groups, with a period those of the same period.

        Parameters
        ----------
        adjust : {"holm", "none"}
            For the number of pairs of a period.

        Returns
        -------
        DataFrame
            `group_1 group_2` (led by the period) `difference std_error df statistic p_value p_adjusted ci_lower
            ci_upper`: index of the first less that of the second, t test by Welch and Satterthwaite; intervals are
            those of single comparisons.

        Raises
        ------
        SampleError
            Without two groups.
        OptionError
            For more than 2000 groups.
        """
        choose("adjust", adjust, ADJUSTMENTS)
        self._comparable()
        made = []
        for period, at in self._blocks():
            i, j = np.triu_indices(len(at), 1)
            if not len(i):
                continue
            names = self._names(at)
            lead = {} if period is None else {str(self.period): period}
            table = self._compared(at[i], at[j], adjust)
            table = table.assign(**lead, group_1=names[i], group_2=names[j])
            made.append(table[[*lead, "group_1", "group_2", *COMPARED]])
        if not made:
            raise SampleError("differences need two groups: ikm(data, by='office').")
        return pd.concat(made, ignore_index=True)

    def changes(self, adjust: str = "holm") -> pd.DataFrame:
        """Compare each period with the one before it, group by group.

        The respondents of two periods count as independent samples.

        Parameters
        ----------
        adjust : {"holm", "none"}
            For the number of changes.

        Returns
        -------
        DataFrame
            Columns of `by` without the period, `period_1 period_2`, then as in `differences`: later less earlier.

        Raises
        ------
        OptionError
            Without a period.
        """
        choose("adjust", adjust, ADJUSTMENTS)
        if self.period is None:
            raise OptionError('changes need to know the time: ikm(data, by=["office", "period"], period="period").')
        others = [c for c in self.by if c != self.period]
        pairs: list[tuple[int, int]] = []
        frame = self.groups.reset_index(drop=True)
        blocks = [frame] if not others else [b for _, b in frame.groupby(others, sort=False)]
        for block in blocks:
            pairs += list(pairwise(block.index))  # rows stand in the order of the periods
        if not pairs:
            raise SampleError(f"changes need two periods of the same group in '{self.period}'.")
        before, after = (np.array(side) for side in zip(*pairs, strict=True))
        table = self._compared(after, before, adjust)
        lead = {c: frame[c].to_numpy()[after] for c in others}
        lead |= {"period_1": frame[self.period].to_numpy()[before], "period_2": frame[self.period].to_numpy()[after]}
        return pd.concat([pd.DataFrame(lead), table[list(COMPARED)]], axis=1)

    def ranking(self, alpha: float | None = None) -> pd.DataFrame:
        """Rank the groups, the ranks that the data do not rule out beside them; with a period, the last one.

        Two groups are told apart where the difference of their indices is significant after Holm's adjustment for all
        pairs. `rank_lower` is 1 + the groups that are surely better, `rank_upper` the number of groups less those that
        are surely worse; groups with the same `rank_lower` are tied. The limits hold for all groups at once.

        Parameters
        ----------
        alpha : float, optional
            Level of the tests; default 1 less the level of the intervals.

        Returns
        -------
        DataFrame
            Columns of `by`, `n ikm grade rank rank_lower rank_upper`, best first.
        """
        level = 1 - float(self.meta.options.get("ci", 0.95)) if alpha is None else alpha
        self._comparable()
        _, at = self._blocks()[-1]
        rows = self.groups.iloc[at].reset_index(drop=True)
        i, j = np.triu_indices(len(at), 1)
        low, high = np.ones(len(at), dtype=int), np.full(len(at), len(at))
        if len(i):
            found = self._compared(at[i], at[j], "holm")
            low, high = rank_limits(
                found["difference"].to_numpy(), found["p_adjusted"].to_numpy(), i, j, len(at), float(level)
            )
        rows = rows.assign(rank=descending_ranks(rows["ikm"].to_numpy()), rank_lower=low, rank_upper=high)
        rows = rows[[*self.by, "n", "ikm", "grade", "rank", "rank_lower", "rank_upper"]]
        return rows.sort_values("ikm", ascending=False, kind="stable", ignore_index=True)

    def priorities(self) -> pd.DataFrame:
        """Return the elements to be improved first, the lowest mean on top; columns of `tidy`."""
        keys = [*self.by, "nrr"]
        return self.elements[self.elements["priority"]].sort_values(keys, kind="stable", ignore_index=True)

    @property
    def pairs_are_few(self) -> bool:
        """Whether all groups can be compared with each other."""
        return max(len(at) for _, at in self._blocks()) <= MOST_GROUPS

    def _comparable(self) -> None:
        if not self.pairs_are_few:
            raise OptionError(
                f"{len(self.groups)} groups are too many to compare each with each; {MOST_GROUPS} can be. Take larger "
                "groups, or a part of them: ikm(data[...], by=...)."
            )

    def _blocks(self) -> list[tuple[Any, np.ndarray]]:
        """Return the places of the groups that are compared with each other: all, or those of each period in order."""
        if self.period is None:
            return [(None, np.arange(len(self.groups)))]
        column = self.groups[self.period]
        order = self.meta.options["order"]
        return [(p, np.flatnonzero((column == p).to_numpy())) for p in order]

    def _names(self, at: np.ndarray) -> np.ndarray:
        shown = [c for c in self.by if c != self.period] or list(self.by)
        rows = self.groups.iloc[at][shown].astype(str)
        return rows.agg(" / ".join, axis=1).to_numpy() if len(shown) > 1 else rows[shown[0]].to_numpy()

    def _compared(self, first: np.ndarray, second: np.ndarray, adjust: str) -> pd.DataFrame:
        theta, se, df = (self.groups[c].to_numpy(dtype=float) for c in ("ikm", "std_error", "df"))
        found = compare(theta, se**2, df, self.covariance, first, second)
        table = pd.DataFrame(found, columns=["difference", "std_error", "df", "statistic", "p_value"])
        p = table["p_value"].to_numpy()
        half = stats.t.ppf((1 + float(self.meta.options.get("ci", 0.95))) / 2, table["df"]) * table["std_error"]
        return table.assign(
            p_adjusted=holm(p) if adjust == "holm" else p,
            ci_lower=table["difference"] - half,
            ci_upper=table["difference"] + half,
        )
