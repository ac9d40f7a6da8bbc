"""How the respondents were drawn, and what the population is like: estimates, tests and weights by design."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cgsurvey.base.lazy import lazy

_WHERE = {
    "Design": "design",
    "SurveyEstimates": "estimates",
    "SurveyRegression": "regression",
    "drawn_from": "gathered",
    "poststratify": "weighting",
    "rake": "weighting",
    "survey_estimates": "estimates",
    "survey_regression": "regression",
}

__all__ = [
    "Design",
    "SurveyEstimates",
    "SurveyRegression",
    "drawn_from",
    "poststratify",
    "rake",
    "survey_estimates",
    "survey_regression",
]

if TYPE_CHECKING:
    from cgsurvey.responses.design.design import Design
    from cgsurvey.responses.design.estimates import SurveyEstimates, survey_estimates
    from cgsurvey.responses.design.gathered import drawn_from
    from cgsurvey.responses.design.regression import SurveyRegression, survey_regression
    from cgsurvey.responses.design.weighting import poststratify, rake

lazy(__name__, _WHERE)
