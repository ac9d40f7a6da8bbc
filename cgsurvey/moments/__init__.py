"""What estimators see: sample statistics, missing-data patterns, saturated moments."""

from cgsurvey.moments.build import Grouped, group_labels, sample_statistics
from cgsurvey.moments.imputation import Imputations, impute
from cgsurvey.moments.missing import Missingness, missingness
from cgsurvey.moments.missingness import McarTest, mcar_test
from cgsurvey.moments.sample import Sample

__all__ = [
    "Grouped",
    "Imputations",
    "McarTest",
    "Missingness",
    "Sample",
    "group_labels",
    "impute",
    "mcar_test",
    "missingness",
    "sample_statistics",
]
