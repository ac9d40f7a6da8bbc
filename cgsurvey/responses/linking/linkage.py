"""How two files were brought together, and what their office means can measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from cgsurvey.base.errors import OptionError, did_you_mean, some
from cgsurvey.base.model import Model
from cgsurvey.base.options import choose
from cgsurvey.base.result import Result
from cgsurvey.responses.responses import FlowStep


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Linkage(Result):
    """How two files were brought together, and whether the answers of partners may be averaged.

    Attributes
    ----------
    table : DataFrame
        One row per construct that was averaged: `construct respondent n_groups mean_group_size rwg_median icc1 icc2
        statistic df1 df2 p_value verdict`. The verdict is the worse of those on rwg and ICC(2), and "poor" where F is
        not significant at .05.
    offices : DataFrame
        One row per office on either side: `office n_partners n_users status`, status "linked", "no partners", "no
        users", "few partners" or "few users".
    on, level : str
        Column that links, level of the rows.
    items : tuple of str
        Items whose values are office means; no respondent of the linked data gave them.
    columns : mapping
        Construct to the column that holds its office mean.
    sampling_covariance : DataFrame
        Covariance of the errors that office means of construct scores carry because few partners speak for an office:
        pooled covariance within offices over the harmonic mean of their numbers.
    tops : tuple of str
        The averaged constructs that stand on top; the others are their elements.
    elements : mapping
        Dimension to its elements.
    partner_flow : tuple of FlowStep
        Flow of the partners; that of the users goes on in the linked responses.
    """

    table: pd.DataFrame
    offices: pd.DataFrame
    on: str = "office"
    level: str = "user"
    items: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    sampling_covariance: pd.DataFrame = field(default_factory=pd.DataFrame)
    tops: tuple[str, ...] = ()
    elements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partner_flow: tuple[FlowStep, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return the gate: one row per construct."""
        return self.table

    def glance(self) -> pd.DataFrame:
        """Return one row: offices linked, partners and users in them, offices on one side only."""
        linked = self.offices[self.offices["status"] == "linked"]
        return pd.DataFrame(
            {
                "n_groups": [len(linked)],
                "n_partners": [int(linked["n_partners"].sum())],
                "n_users": [int(linked["n_users"].sum())],
                "n_unlinked": [len(self.offices) - len(linked)],
            }
        )

    @property
    def agreement(self) -> pd.DataFrame:
        """The gate, under the name of what it judges."""
        return self.table

    def measurement(
        self, constructs: Sequence[str] | str | None = None, *, by: Literal["score", "element"] = "score"
    ) -> Model:
        """Return lavaan syntax that measures constructs by office means, the sampling error of the means taken out.

        The errors that office means carry because few people speak for an office have a known size,
        `sampling_covariance`; it is fixed in the model, and what is left is what offices truly differ in (the idea of
        Croon & van Veldhoven 2007). Add paths to it, and at level "user" the measurement of the users' side.

        Parameters
        ----------
        constructs : sequence of str or str, optional
            Default: the top constructs that were averaged; at level "office" those of the users too.
        by : {"score", "element"}
            "score": one indicator per construct, its office mean, for few offices; paths hold between scores.
            "element": a factor per dimension, measured by the office means of its elements; paths hold between factors.

        Raises
        ------
        OptionError
            For a construct that was not averaged.
        """
        choose("by", by, ("score", "element"))
        known = list(self.sampling_covariance.columns)
        wanted = [constructs] if isinstance(constructs, str) else list(self.tops if constructs is None else constructs)
        unknown = [c for c in wanted if c not in known]
        if unknown:
            hints = " ".join(f"'{c}' was not averaged.{did_you_mean(c, known)}" for c in unknown)
            raise OptionError(f"measurement: {hints} Known: {some(known, 20)}.")
        lines: list[str] = []
        seen: list[str] = []
        for c in wanted:
            elements = self.elements.get(c, ()) if by == "element" else ()
            seen += elements or (c,)
            lines.append(f"{c} =~ " + (" + ".join(self.columns[e] for e in elements) or f"1*{self.columns[c]}"))
        E = self.sampling_covariance.loc[seen, seen].to_numpy(dtype=float)
        for i, a in enumerate(seen):
            if a not in wanted:
                # The variance of an element's error is part of its residual variance, which is free. Started above the
                # error, so that the fixed covariances leave the matrix positive definite.
                lines.append(f"{self.columns[a]} ~~ start({1.2 * E[i, i]:.6g})*{self.columns[a]}")
            for j in range(i if a in wanted else i + 1, len(seen)):
                if E[i, j] != 0:
                    lines.append(f"{self.columns[a]} ~~ {E[i, j]:.17g}*{self.columns[seen[j]]}")
        labels = {c: self.meta.labels[c] for c in (*wanted, *seen) if c in self.meta.labels}
        return Model("\n".join(lines) + "\n", name="office_means", labels=labels)
