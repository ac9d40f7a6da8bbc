"""`factorability`: whether a set of items is worth a factor analysis.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cgsurvey.base.notes import note
from cgsurvey.base.result import Result
from cgsurvey.factor.adequacy import bartlett as sphericity
from cgsurvey.factor.adequacy import kmo as adequacy
from cgsurvey.factor.extraction import smc
from cgsurvey.factor.gathered import Correlation, Missing, gather_items
from cgsurvey.responses import Responses

POOR = 0.50  # below it Kaiser calls an item unacceptable


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Factorability(Result):
    """Measures of what items have in common.

    Attributes
    ----------
    kmo : float
        Kaiser-Meyer-Olkin measure of sampling adequacy, overall.
    kmo_items : Series
        The same per item.
    bartlett : Series
        Test of sphericity: `chisq`, `df`, `p_value`.
    smc : Series
        Squared multiple correlation of each item with the others.
    determinant : float
        Of the correlation matrix.
    correlations : DataFrame
        The correlation matrix.
    """

    kmo: float
    kmo_items: pd.Series
    bartlett: pd.Series
    smc: pd.Series
    determinant: float
    correlations: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per item: its KMO and squared multiple correlation."""
        return pd.DataFrame(
            {"item": list(self.kmo_items.index), "kmo": self.kmo_items.to_numpy(), "smc": self.smc.to_numpy()}
        )

    def glance(self) -> pd.DataFrame:
        """Return one row: rows, items, KMO, Bartlett's test, determinant."""
        return pd.DataFrame(
            [
                {
                    "n": self.meta.n,
                    "n_items": len(self.smc),
                    "kmo": self.kmo,
                    "chisq": self.bartlett["chisq"],
                    "df": int(self.bartlett["df"]),
                    "p_value": self.bartlett["p_value"],
                    "determinant": self.determinant,
                }
            ]
        )


def factorability(
    data: Responses | pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    correlation: Correlation = "pearson",
    missing: Missing = "listwise",
    smooth: bool = False,
) -> Factorability:
    """Judge whether items have enough in common for a factor analysis.

    Parameters
    ----------
    data : Responses or DataFrame
        One row per respondent.
    items : sequence of str, optional
        Default: all items; of a data frame the numeric columns.
    correlation : {"pearson", "polychoric"}
        Polychoric correlations as lavaan's lavCor gives them.
    missing : {"listwise", "pairwise", "fiml"}
        Complete rows; rows that answered both items of a pair; EM.
    smooth : bool
        Repair a matrix that is not positive definite instead of refusing it.

    Raises
    ------
    ColumnNotFoundError, CodingError, SampleError, NotPositiveDefiniteError
        See `cgsurvey.factor.gathered.gather_items`.

    Notes
    -----
    Equals psych::KMO, psych::cortest.bartlett and psych::smc. Bartlett's test presumes normal rows; with many rows it
    rejects whatever the items are.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> round(cg.factorability(answers, ["tan1", "tan2", "tan3", "tan4"]).kmo, 3)
    0.801
    """
    found = gather_items(data, items, correlation, missing, smooth)
    kmo, test = adequacy(found.R), sphericity(found.R, found.n)
    names = list(found.names)
    poor = [n for n, value in zip(names, kmo.items, strict=True) if value < POOR]
    notes = [*found.notes]
    if poor:
        notes.append(note("factor.inadequate_items", items=", ".join(poor)))
    return Factorability(
        kmo=kmo.overall,
        kmo_items=pd.Series(kmo.items, index=names, name="kmo"),
        bartlett=pd.Series({"chisq": test.chisq, "df": test.df, "p_value": test.p_value}, name="bartlett"),
        smc=pd.Series(smc(found.R), index=names, name="smc"),
        determinant=float(np.linalg.det(found.R)),
        correlations=pd.DataFrame(found.R, index=names, columns=names),
        notes=tuple(notes),
        meta=found.meta(
            "factorability",
            ("kaiser1974", "kaiserrice1974", "bartlett1950"),
            correlation=correlation,
            missing=missing,
            smooth=smooth,
        ),
    )
