"""Reliability of constructs, item analysis, convergent and discriminant validity."""

from cgsurvey.reliability.common_method import CommonMethod, common_method
from cgsurvey.reliability.discriminant import DiscriminantValidity, discriminant_validity
from cgsurvey.reliability.exclusions import ExclusionSensitivity, exclusion_sensitivity
from cgsurvey.reliability.reliability import Reliability, reliability
from cgsurvey.reliability.validity import Validity, validity

__all__ = [
    "CommonMethod",
    "DiscriminantValidity",
    "ExclusionSensitivity",
    "Reliability",
    "Validity",
    "common_method",
    "discriminant_validity",
    "exclusion_sensitivity",
    "reliability",
    "validity",
]
