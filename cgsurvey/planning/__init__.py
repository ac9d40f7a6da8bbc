"""Planning a study: how many respondents, how they are divided, what power a model has."""

from cgsurvey.planning.allocation import Allocation, allocate
from cgsurvey.planning.sample_size import SampleSize, sample_size

__all__ = ["Allocation", "SampleSize", "allocate", "sample_size"]
