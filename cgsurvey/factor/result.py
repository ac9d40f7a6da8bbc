"""What an exploratory factor analysis returns.

Labelled file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cgsurvey.base.errors import OptionError
from cgsurvey.base.options import choose
from cgsurvey.base.result import Result
from cgsurvey.factor.prediction import METHODS, score_weights
from cgsurvey.responses import Responses
from cgsurvey.responses.selection import as_responses, file_of, require

ScoreMethod = Literal["regression", "bartlett", "tenberge", "anderson"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FactorAnalysis(Result):
    """Factors behind items.

    Attributes
    ----------
    loadings : DataFrame
        Pattern matrix, items by factors: regression weights of items on factors.
    std_errors : DataFrame
        Standard errors of the loadings; NaN where there are none, with a note.
    structure : DataFrame
        Correlations of items with factors.
    factor_correlations, factor_correlation_errors : DataFrame
        With their standard errors, zero where a correlation is fixed.
    communalities, uniquenesses : Series
        Share of each item's variance that the factors explain, and the rest.
    complexity : Series
        Hofmann's index: number of factors that an item loads on, 1 for simple structure.
    variance : DataFrame
        Per factor `ss_loadings` (for correlated factors the diagonal of Phi Lambda'Lambda), `share_of_variance` (of all
        items), `share_cumulative`, `share_explained` (of what is common).
    fit : Series
        `chisq`, `df`, `pvalue`, `rmsea` with its 90 % interval, `tli`, `bic`, `rmsr`, `rmsr_corrected`,
        `fit_off_diagonal`, `fit`.
    determinacy : Series
        Squared multiple correlation of each factor with the items.
    correlations : DataFrame
        Correlations that were analysed.
    item_means, item_sds : Series
        By which `scores` standardises.
    criterion : float
        Of the rotation, at its minimum; NaN where nothing is minimised.
    starts, minima : int
        Starts of the rotation, and different minima among those that arrived.
    """

    loadings: pd.DataFrame
    std_errors: pd.DataFrame
    structure: pd.DataFrame
    factor_correlations: pd.DataFrame
    factor_correlation_errors: pd.DataFrame
    communalities: pd.Series
    uniquenesses: pd.Series
    complexity: pd.Series
    variance: pd.DataFrame
    fit: pd.Series
    determinacy: pd.Series
    correlations: pd.DataFrame
    item_means: pd.Series
    item_sds: pd.Series
    criterion: float
    starts: int
    minima: int

    @property
    def n_factors(self) -> int:
        """Number of factors."""
        return self.loadings.shape[1]

    @property
    def reproduced(self) -> pd.DataFrame:
        """Correlations that the factors imply; communalities in the diagonal."""
        common = self.structure.to_numpy() @ self.loadings.to_numpy().T
        return pd.DataFrame(common, index=self.loadings.index, columns=self.loadings.index)

    @property
    def residuals(self) -> pd.DataFrame:
        """Observed less reproduced correlations; zero in the diagonal."""
        out = (self.correlations - self.reproduced).to_numpy().copy()
        np.fill_diagonal(out, 0.0)
        return pd.DataFrame(out, index=self.loadings.index, columns=self.loadings.index)

    def tidy(self) -> pd.DataFrame:
        """Return one row per item and factor: loading with its interval, structure, and what holds for the item."""
        names, columns = list(self.loadings.index), list(self.loadings.columns)
        m = len(columns)
        loading, error = self.loadings.to_numpy().ravel(), self.std_errors.to_numpy().ravel()
        half = ndtri((1 + self.meta.options["ci"]) / 2) * error
        return pd.DataFrame(
            {
                "item": np.repeat(names, m),
                "factor": columns * len(names),
                "loading": loading,
                "std_error": error,
                "ci_lower": loading - half,
                "ci_upper": loading + half,
                "structure": self.structure.to_numpy().ravel(),
                "communality": np.repeat(self.communalities.to_numpy(), m),
                "uniqueness": np.repeat(self.uniquenesses.to_numpy(), m),
                "complexity": np.repeat(self.complexity.to_numpy(), m),
            }
        )

    def glance(self) -> pd.DataFrame:
        """Return one row: rows, items, factors, fit."""
        sizes = {"n": self.meta.n, "n_items": len(self.loadings), "n_factors": self.n_factors}
        fit = self.fit.to_dict()
        return pd.DataFrame([{**sizes, **fit, "df": int(fit["df"])}])

    def scores(self, data: Responses | pd.DataFrame, method: ScoreMethod = "regression") -> pd.DataFrame:
        """Estimate each respondent's place on the factors.

        Parameters
        ----------
        data : Responses or DataFrame
            The rows that were analysed, or others with the same items.
        method : {"regression", "bartlett", "tenberge", "anderson"}
            See `cgsurvey.factor.prediction.score_weights`; "anderson" for orthogonal rotations alone.

        Returns
        -------
        DataFrame
            One row per row of `data`, NaN where an item is missing. Items are standardised by the means and standard
            deviations of the analysis, those of ordered items too, so that scores of polychoric factors are approximate
            (as in psych::fa).

        Raises
        ------
        OptionError
            An unknown method, or "anderson" with correlated factors.
        ColumnNotFoundError, CodingError
            An item is no column or holds text.
        """
        choose("method", method, METHODS)
        phi = self.factor_correlations.to_numpy()
        if method == "anderson" and not np.allclose(phi, np.eye(len(phi)), atol=1e-8):
            raise OptionError("method='anderson' makes uncorrelated scores; these factors correlate: use 'tenberge'.")
        names = list(self.loadings.index)
        responses = as_responses(data, names)
        require(responses.frame.columns, names, file_of(responses))
        y = responses.keyed[names].to_numpy(dtype=float, na_value=np.nan)
        z = (y - self.item_means.to_numpy()) / self.item_sds.to_numpy()
        weights = score_weights(
            self.correlations.to_numpy(), self.loadings.to_numpy(), phi, self.uniquenesses.to_numpy(), method
        )
        return pd.DataFrame(z @ weights, index=responses.frame.index, columns=list(self.loadings.columns))
