"""cgsurvey: from a raw field survey to a defensible result.

The public names are loaded when they are first used, so that ``import cgsurvey`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cgsurvey.base.lazy import lazy

__version__ = "0.1.0"

_WHERE = {
    "instrument": ("load_instrument", "list_instruments", "Instrument", "Construct", "Item", "Scale"),
    "responses": (
        "read_responses",
        "scan_responses",
        "ResponseFile",
        "load_sample",
        "check_responses",
        "k_anonymity",
        "KAnonymity",
        "Responses",
        "Design",
        "screen",
        "Screening",
        "describe",
        "normality",
        "Normality",
        "collapse",
        "nonresponse_bias",
        "NonresponseBias",
        "representativeness",
        "Representativeness",
        "score",
        "link",
        "icc",
        "rwg",
        "poststratify",
        "rake",
        "survey_estimates",
        "SurveyEstimates",
        "survey_regression",
        "SurveyRegression",
    ),
    "moments": ("mcar_test", "McarTest", "missingness", "Missingness", "impute", "Imputations"),
    "factor": (
        "factorability",
        "Factorability",
        "parallel_analysis",
        "ParallelAnalysis",
        "efa",
        "FactorAnalysis",
    ),
    "sem": (
        "cfa",
        "sem",
        "growth",
        "SemFit",
        "PooledFit",
        "simulate",
        "mediation",
        "Mediation",
        "compare",
        "Comparison",
        "invariance",
        "Invariance",
        "product_indicators",
        "Products",
        "SimpleSlopes",
    ),
    "reliability": (
        "reliability",
        "Reliability",
        "omega",
        "Omega",
        "test_retest",
        "Retest",
        "aiken_v",
        "cvi",
        "ExpertJudgement",
        "validity",
        "Validity",
        "discriminant_validity",
        "DiscriminantValidity",
        "common_method",
        "CommonMethod",
        "rivals",
        "Rivals",
        "exclusion_sensitivity",
        "ExclusionSensitivity",
    ),
    "classical": (
        "regress",
        "Regression",
        "compare_groups",
        "GroupComparison",
        "correlate",
        "Correlations",
        "crosstab",
        "CrossTable",
    ),
    "planning": ("sample_size", "SampleSize", "allocate", "Allocation", "power", "Power"),
    "service_quality": ("ikm", "grade", "SatisfactionIndex", "ikm_link", "IndexLink"),
    "present": (
        *("table", "plot", "diagram", "narrate", "report", "questionnaire", "codebook", "Table", "Report"),
        *("ikm_recap", "ikm_publication"),
    ),
    "study": ("run_study", "StudyResult", "register", "verify"),
    "base.model": ("Model",),
    "base.result": ("Result", "load_result"),
    "base.notes": ("Note",),
    "base.errors": (
        "CgSurveyError",
        "InstrumentError",
        "DataError",
        "ColumnNotFoundError",
        "CodingError",
        "SampleError",
        "ModelError",
        "ModelSyntaxError",
        "IdentificationError",
        "EstimationError",
        "ConvergenceError",
        "NotPositiveDefiniteError",
        "UnsupportedByEngine",
        "OptionError",
        "MissingDependencyError",
    ),
}
_HOME = {name: room for room, names in _WHERE.items() for name in names}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - all entries are strings

if TYPE_CHECKING:
    from cgsurvey.base.errors import (
        CgSurveyError,
        CodingError,
        ColumnNotFoundError,
        ConvergenceError,
        DataError,
        EstimationError,
        IdentificationError,
        InstrumentError,
        MissingDependencyError,
        ModelError,
        ModelSyntaxError,
        NotPositiveDefiniteError,
        OptionError,
        SampleError,
        UnsupportedByEngine,
    )
    from cgsurvey.base.model import Model
    from cgsurvey.base.notes import Note
    from cgsurvey.base.result import Result, load_result
    from cgsurvey.classical import (
        Correlations,
        CrossTable,
        GroupComparison,
        Regression,
        compare_groups,
        correlate,
        crosstab,
        regress,
    )
    from cgsurvey.factor import (
        Factorability,
        FactorAnalysis,
        ParallelAnalysis,
        efa,
        factorability,
        parallel_analysis,
    )
    from cgsurvey.instrument import Construct, Instrument, Item, Scale, list_instruments, load_instrument
    from cgsurvey.moments import Imputations, McarTest, Missingness, impute, mcar_test, missingness
    from cgsurvey.planning import Allocation, Power, SampleSize, allocate, power, sample_size
    from cgsurvey.present import (
        Report,
        Table,
        codebook,
        diagram,
        ikm_publication,
        ikm_recap,
        narrate,
        plot,
        questionnaire,
        report,
        table,
    )
    from cgsurvey.reliability import (
        CommonMethod,
        DiscriminantValidity,
        ExclusionSensitivity,
        ExpertJudgement,
        Omega,
        Reliability,
        Retest,
        Rivals,
        Validity,
        aiken_v,
        common_method,
        cvi,
        discriminant_validity,
        exclusion_sensitivity,
        omega,
        reliability,
        rivals,
        test_retest,
        validity,
    )
    from cgsurvey.responses import (
        Design,
        KAnonymity,
        NonresponseBias,
        Normality,
        Representativeness,
        ResponseFile,
        Responses,
        Screening,
        SurveyEstimates,
        SurveyRegression,
        check_responses,
        collapse,
        describe,
        icc,
        k_anonymity,
        link,
        load_sample,
        nonresponse_bias,
        normality,
        poststratify,
        rake,
        read_responses,
        representativeness,
        rwg,
        scan_responses,
        score,
        screen,
        survey_estimates,
        survey_regression,
    )
    from cgsurvey.sem import (
        Comparison,
        Invariance,
        Mediation,
        PooledFit,
        Products,
        SemFit,
        SimpleSlopes,
        cfa,
        compare,
        growth,
        invariance,
        mediation,
        product_indicators,
        sem,
        simulate,
    )
    from cgsurvey.service_quality import IndexLink, SatisfactionIndex, grade, ikm, ikm_link
    from cgsurvey.study import StudyResult, register, run_study, verify


lazy(__name__, _HOME)
