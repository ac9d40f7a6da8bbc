"""Pictures of the classical block by class of result."""

from __future__ import annotations

from functools import partial

from cgsurvey.classical import Correlations, CrossTable, GroupComparison, Regression
from cgsurvey.present.figures.classical import group_means, residual_panels, shares_plot
from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.forest import pages
from cgsurvey.present.figures.matrix import matrix_map


@drawers.register(Regression)
def _of_regression(x: Regression, language: str) -> Drawers:
    return {} if x.residuals.empty else {"residuals": partial(residual_panels, x, language=language)}


@drawers.register(GroupComparison)
def _of_groups(x: GroupComparison, language: str) -> Drawers:
    shown = [
        partial(group_means, x, x.groups.iloc[page], language=language) for page in pages(list(x.groups["outcome"]))
    ]
    return numbered("group_means", shown)


@drawers.register(Correlations)
def _of_correlations(x: Correlations, language: str) -> Drawers:
    labels = {n: x.meta.label(n, language) for n in x.matrix.index}
    if not x.pairs["r"].notna().any():
        return {}
    return {"correlation_matrix": partial(matrix_map, x.matrix, kind="variables", labels=labels, language=language)}


@drawers.register(CrossTable)
def _of_crosstab(x: CrossTable, language: str) -> Drawers:
    return {"crosstab": partial(shares_plot, x, language=language)}
