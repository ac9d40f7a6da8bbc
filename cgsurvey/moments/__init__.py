"""What estimators see: sample statistics, missing-data patterns, saturated moments."""

from cgsurvey.moments.build import Grouped, group_labels, sample_statistics
from cgsurvey.moments.missingness import McarTest, mcar_test
from cgsurvey.moments.sample import Sample

__all__ = ["Grouped", "McarTest", "Sample", "group_labels", "mcar_test", "sample_statistics"]
