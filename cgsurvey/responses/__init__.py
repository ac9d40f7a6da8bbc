"""What was answered: readers, `Responses`, screening, scoring, description, linking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cgsurvey.base.lazy import lazy

_WHERE = {
    "Responses": "responses",
    "Provenance": "responses",
    "FlowStep": "responses",
    "Design": "design",
    "Source": "source",
    "as_source": "source",
    "read_responses": "importing.read",
    "load_sample": "importing.read",
    "check_responses": "importing.checking",
    "FileCheck": "importing.checking",
    "k_anonymity": "anonymity",
    "KAnonymity": "anonymity",
    "screen": "screening.screen",
    "Screening": "screening.result",
    "describe": "describe",
    "normality": "normality",
    "Normality": "normality",
    "collapse": "categories",
    "nonresponse_bias": "nonresponse",
    "NonresponseBias": "nonresponse",
    "representativeness": "representativeness",
    "Representativeness": "representativeness",
    "ResponseFile": "importing.scan",
    "scan_responses": "importing.scan",
    "score": "score",
    "link": "linking.link",
    "Linkage": "linking.linkage",
    "design_statement": "linking.sides",
    "icc": "agreement",
    "rwg": "agreement",
    "poststratify": "design",
    "rake": "design",
    "survey_estimates": "design",
    "SurveyEstimates": "design",
    "survey_regression": "design",
    "SurveyRegression": "design",
}

__all__ = [
    "Design",
    "FileCheck",
    "FlowStep",
    "KAnonymity",
    "Linkage",
    "NonresponseBias",
    "Normality",
    "Provenance",
    "Representativeness",
    "ResponseFile",
    "Responses",
    "Screening",
    "Source",
    "SurveyEstimates",
    "SurveyRegression",
    "as_source",
    "check_responses",
    "collapse",
    "describe",
    "design_statement",
    "icc",
    "k_anonymity",
    "link",
    "load_sample",
    "nonresponse_bias",
    "normality",
    "poststratify",
    "rake",
    "read_responses",
    "representativeness",
    "rwg",
    "scan_responses",
    "score",
    "screen",
    "survey_estimates",
    "survey_regression",
]

if TYPE_CHECKING:
    from cgsurvey.responses.agreement import icc, rwg
    from cgsurvey.responses.anonymity import KAnonymity, k_anonymity
    from cgsurvey.responses.categories import collapse
    from cgsurvey.responses.describe import describe
    from cgsurvey.responses.design import (
        Design,
        SurveyEstimates,
        SurveyRegression,
        poststratify,
        rake,
        survey_estimates,
        survey_regression,
    )
    from cgsurvey.responses.importing.checking import FileCheck, check_responses
    from cgsurvey.responses.importing.read import load_sample, read_responses
    from cgsurvey.responses.importing.scan import ResponseFile, scan_responses
    from cgsurvey.responses.linking.link import link
    from cgsurvey.responses.linking.linkage import Linkage
    from cgsurvey.responses.linking.sides import design_statement
    from cgsurvey.responses.nonresponse import NonresponseBias, nonresponse_bias
    from cgsurvey.responses.normality import Normality, normality
    from cgsurvey.responses.representativeness import Representativeness, representativeness
    from cgsurvey.responses.responses import FlowStep, Provenance, Responses
    from cgsurvey.responses.score import score
    from cgsurvey.responses.screening.result import Screening
    from cgsurvey.responses.screening.screen import screen
    from cgsurvey.responses.source import Source, as_source

lazy(__name__, _WHERE)
