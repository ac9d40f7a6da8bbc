"""The classical block: regression, comparison of groups, correlation, cross-tables."""

from cgsurvey.classical.correlations import Correlations, correlate
from cgsurvey.classical.crosstab import CrossTable, crosstab
from cgsurvey.classical.groups import GroupComparison, compare_groups
from cgsurvey.classical.regression import Regression, regress

__all__ = [
    "Correlations",
    "CrossTable",
    "GroupComparison",
    "Regression",
    "compare_groups",
    "correlate",
    "crosstab",
    "regress",
]
