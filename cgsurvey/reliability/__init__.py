"""Reliability of constructs, item analysis, convergent and discriminant validity."""

from cgsurvey.reliability.common_method import CommonMethod, common_method
from cgsurvey.reliability.discriminant import DiscriminantValidity, discriminant_validity
from cgsurvey.reliability.exclusions import ExclusionSensitivity, exclusion_sensitivity
from cgsurvey.reliability.experts import ExpertJudgement, aiken_v, cvi
from cgsurvey.reliability.hierarchical import Omega, omega
from cgsurvey.reliability.reliability import Reliability, reliability
from cgsurvey.reliability.retest import Retest, test_retest
from cgsurvey.reliability.rivals import Rivals, rivals
from cgsurvey.reliability.validity import Validity, validity

__all__ = [
    "CommonMethod",
    "DiscriminantValidity",
    "ExclusionSensitivity",
    "ExpertJudgement",
    "Omega",
    "Reliability",
    "Retest",
    "Rivals",
    "Validity",
    "aiken_v",
    "common_method",
    "cvi",
    "discriminant_validity",
    "exclusion_sensitivity",
    "omega",
    "reliability",
    "rivals",
    "test_retest",
    "validity",
]
