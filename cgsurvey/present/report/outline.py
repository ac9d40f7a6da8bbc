"""The outline of the chapter: its sections in order, and which classes of results each shows."""

from __future__ import annotations

from collections.abc import Mapping

from cgsurvey.base.registration import Registration
from cgsurvey.classical import Correlations, CrossTable, GroupComparison, Regression
from cgsurvey.collaboration import Activities, Criteria, Exchange, Forms, Ladder, Strains
from cgsurvey.factor import Factorability, FactorAnalysis, ParallelAnalysis
from cgsurvey.moments import McarTest
from cgsurvey.moments.missing import Missingness
from cgsurvey.planning import Allocation, Power, SampleSize
from cgsurvey.present.table import Words
from cgsurvey.reliability import (
    CommonMethod,
    DiscriminantValidity,
    ExpertJudgement,
    Omega,
    Reliability,
    Retest,
    Rivals,
    Validity,
)
from cgsurvey.reliability.exclusions import ExclusionSensitivity
from cgsurvey.responses import Responses, Screening
from cgsurvey.responses.agreement import Agreement, IntraclassCorrelation
from cgsurvey.responses.anonymity import KAnonymity
from cgsurvey.responses.describe import Description
from cgsurvey.responses.design import SurveyEstimates, SurveyRegression
from cgsurvey.responses.linking.linkage import Linkage
from cgsurvey.responses.nonresponse import NonresponseBias
from cgsurvey.responses.normality import Normality
from cgsurvey.responses.representativeness import Representativeness
from cgsurvey.robustness import Explanation, Fragility
from cgsurvey.sem import PooledFit, SemFit
from cgsurvey.sem.compare import Comparison
from cgsurvey.sem.cross_check import CrossCheck
from cgsurvey.sem.hypotheses import Hypotheses
from cgsurvey.sem.invariance import Invariance
from cgsurvey.sem.joint_tests import ScoreTest, WaldTest
from cgsurvey.sem.mediation import Mediation
from cgsurvey.sem.moderation import SimpleSlopes
from cgsurvey.service_quality import Drivers, ImportancePerformance, IndexLink, SatisfactionIndex, ServiceQuality

MODELS: tuple[type, ...] = (SemFit, PooledFit)  # shown as a measurement or as a structural model
# Sections in the order of the chapter, and the classes that each shows.
OUTLINE: Mapping[str, tuple[type, ...]] = {
    "planning": (SampleSize, Allocation, Power),
    "plan": (Registration,),
    "respondents": (Responses, Description, KAnonymity),
    "sample": (Representativeness, NonresponseBias),
    "linkage": (Linkage,),
    "screening": (Screening, ExclusionSensitivity),
    "mcar": (Missingness, McarTest),
    "description": (Description, Normality),
    "population": (SurveyEstimates, SurveyRegression),
    "satisfaction": (SatisfactionIndex, IndexLink),
    "collaboration": (Criteria, Activities, Exchange, Ladder, Forms, Strains),
    "quality": (ServiceQuality, ImportancePerformance),
    "experts": (ExpertJudgement,),
    "exploration": (Factorability, ParallelAnalysis, FactorAnalysis),
    "measurement": MODELS,
    "rivals": (Rivals,),
    "reliability": (Reliability, Omega, Retest, IntraclassCorrelation, Agreement),
    "validity": (Validity, DiscriminantValidity),
    "common_method": (CommonMethod,),
    "invariance": (Invariance,),
    "structure": MODELS,
    "hypotheses": (Hypotheses,),
    "fragility": (Fragility,),
    "mediation": (Mediation,),
    "moderation": (SimpleSlopes,),
    "drivers": (Drivers,),
    "comparison": (Comparison,),
    "tests": (WaldTest, ScoreTest),
    "cross_check": (CrossCheck, Explanation),
    "associations": (Correlations, CrossTable),
    "groups": (GroupComparison,),
    "regression": (Regression,),
}
SHOWN = tuple(dict.fromkeys(kind for kinds in OUTLINE.values() for kind in kinds))
TITLES: Mapping[str, Words] = {
    "report": Words("Survey report", "Laporan survei"),
    "method": Words("Method", "Metode"),
    "planning": Words("Sample size and power", "Ukuran sampel dan daya uji"),
    "plan": Words("Plan of the study", "Rencana studi"),
    "respondents": Words("Respondents", "Responden"),
    "sample": Words("Sample and population", "Sampel dan populasi"),
    "linkage": Words("Linking of partners and users", "Penghubungan mitra dan pengguna"),
    "screening": Words("Screening of the data", "Penyaringan data"),
    "mcar": Words("Missing answers", "Jawaban kosong"),
    "description": Words("Description", "Deskripsi"),
    "population": Words("Estimates for the population", "Estimasi untuk populasi"),
    "satisfaction": Words("Satisfaction index", "Indeks Kepuasan Masyarakat"),
    "collaboration": Words("Collaboration of the partners", "Kolaborasi para mitra"),
    "quality": Words("Service quality", "Mutu layanan"),
    "drivers": Words("Drivers", "Faktor pendorong"),
    "experts": Words("Content validity", "Validitas isi"),
    "exploration": Words("Exploratory factor analysis", "Analisis faktor eksploratori"),
    "rivals": Words("Rival measurement models", "Model pengukuran tandingan"),
    "common_method": Words("Common-method variance", "Varians metode umum"),
    "measurement": Words("Measurement model", "Model pengukuran"),
    "reliability": Words("Reliability", "Reliabilitas"),
    "validity": Words("Validity", "Validitas"),
    "invariance": Words("Measurement invariance", "Invariansi pengukuran"),
    "structure": Words("Structural model", "Model struktural"),
    "mediation": Words("Direct and indirect effects", "Pengaruh langsung dan tidak langsung"),
    "moderation": Words("Moderation", "Moderasi"),
    "comparison": Words("Comparison of models", "Perbandingan model"),
    "tests": Words("Tests of constraints", "Uji kendala"),
    "hypotheses": Words("Hypotheses", "Hipotesis"),
    "fragility": Words("Robustness of the conclusions", "Ketangguhan simpulan"),
    "cross_check": Words("Check by an independent engine", "Pemeriksaan dengan mesin hitung independen"),
    "associations": Words("Correlations and cross-tables", "Korelasi dan tabel silang"),
    "groups": Words("Comparison of groups", "Perbandingan kelompok"),
    "regression": Words("Regression", "Regresi"),
    "other": Words("Further tables", "Tabel lain"),
    "limits": Words("Limitations and notes", "Keterbatasan dan catatan"),
    "references": Words("References", "Daftar pustaka"),
    "stamp": Words("Reproducibility", "Reproduksibilitas"),
    "appendix": Words("Appendix", "Lampiran"),
}
