"""What estimators see: sample statistics, missing-data patterns, saturated moments."""

from cgsurvey.moments.build import Grouped, group_labels, sample_statistics
from cgsurvey.moments.sample import Sample

__all__ = ["Grouped", "Sample", "group_labels", "sample_statistics"]
