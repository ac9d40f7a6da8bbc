"""Reliability of constructs, item analysis, convergent and discriminant validity."""

from cgsurvey.reliability.discriminant import DiscriminantValidity, discriminant_validity
from cgsurvey.reliability.reliability import Reliability, reliability
from cgsurvey.reliability.validity import Validity, validity

__all__ = [
    "DiscriminantValidity",
    "Reliability",
    "Validity",
    "discriminant_validity",
    "reliability",
    "validity",
]
