"""Perceived service quality: the official satisfaction index."""

from cgsurvey.service_quality.grades import grade
from cgsurvey.service_quality.ikm import ikm
from cgsurvey.service_quality.link import IndexLink, ikm_link
from cgsurvey.service_quality.satisfaction import SatisfactionIndex

__all__ = ["IndexLink", "SatisfactionIndex", "grade", "ikm", "ikm_link"]
