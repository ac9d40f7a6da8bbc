"""Perceived service quality: the official satisfaction index, scores and gaps, importance and performance, drivers."""

from cgsurvey.service_quality.drivers import Drivers, drivers
from cgsurvey.service_quality.grades import grade
from cgsurvey.service_quality.ikm import ikm
from cgsurvey.service_quality.importance import ImportancePerformance, ipa
from cgsurvey.service_quality.link import IndexLink, ikm_link
from cgsurvey.service_quality.perceived import ServiceQuality, service_quality
from cgsurvey.service_quality.satisfaction import SatisfactionIndex

__all__ = [
    "Drivers",
    "ImportancePerformance",
    "IndexLink",
    "SatisfactionIndex",
    "ServiceQuality",
    "drivers",
    "grade",
    "ikm",
    "ikm_link",
    "ipa",
    "service_quality",
]
