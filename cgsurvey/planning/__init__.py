"""Planning a study: how many respondents, how they are divided, what power a model has."""

from cgsurvey.planning.allocation import Allocation, allocate
from cgsurvey.planning.power import Power, power
from cgsurvey.planning.sample_size import SampleSize, sample_size

__all__ = ["Allocation", "Power", "SampleSize", "allocate", "power", "sample_size"]
