"""The paragraph on methods: what was done, with which options, after whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cgsurvey.base.result import versions
from cgsurvey.classical import Correlations, CrossTable, GroupComparison, Regression
from cgsurvey.collaboration import Activities, Criteria, Exchange, Forms, Ladder, Strains
from cgsurvey.factor import Factorability, FactorAnalysis, ParallelAnalysis
from cgsurvey.moments import McarTest
from cgsurvey.moments.missing import Missingness
from cgsurvey.planning import Allocation, Power, SampleSize
from cgsurvey.present.document import Block, Paragraph, Ref
from cgsurvey.present.narration.of_models import continuous
from cgsurvey.present.narration.sentences import Sentence, paragraph, say
from cgsurvey.present.report.draft import Draft
from cgsurvey.present.report.pictures import conceptual
from cgsurvey.present.tables import estimation
from cgsurvey.present.tables.style import term
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
from cgsurvey.responses import Screening
from cgsurvey.responses.agreement import Agreement, IntraclassCorrelation
from cgsurvey.responses.anonymity import KAnonymity
from cgsurvey.responses.describe import Description
from cgsurvey.responses.design import SurveyEstimates, SurveyRegression
from cgsurvey.responses.linking.linkage import Linkage
from cgsurvey.responses.nonresponse import NonresponseBias
from cgsurvey.responses.normality import Normality
from cgsurvey.responses.representativeness import Representativeness
from cgsurvey.robustness import Fragility
from cgsurvey.sem import PooledFit, SemFit
from cgsurvey.sem.compare import Comparison
from cgsurvey.sem.cross_check import CrossCheck
from cgsurvey.sem.hypotheses import Hypotheses
from cgsurvey.sem.invariance import Invariance
from cgsurvey.sem.joint_tests import ScoreTest, WaldTest
from cgsurvey.sem.mediation import Mediation
from cgsurvey.sem.moderation import SimpleSlopes
from cgsurvey.service_quality import Drivers, ImportancePerformance, IndexLink, SatisfactionIndex, ServiceQuality

# Analyses of which one sentence tells what was done and after whom, in the order of the chapter.
TOLD: Mapping[str, type] = {
    "sample_size": SampleSize,
    "allocation": Allocation,
    "power": Power,
    "anonymity": KAnonymity,
    "representativeness": Representativeness,
    "nonresponse": NonresponseBias,
    "missingness": Missingness,
    "exclusions": ExclusionSensitivity,
    "normality": Normality,
    "population": SurveyEstimates,
    "survey_regression": SurveyRegression,
    "factorability": Factorability,
    "parallel": ParallelAnalysis,
    "efa": FactorAnalysis,
    "experts": ExpertJudgement,
    "reliability": Reliability,
    "omega": Omega,
    "retest": Retest,
    "icc": IntraclassCorrelation,
    "agreement": Agreement,
    "validity": Validity,
    "discriminant": DiscriminantValidity,
    "common_method": CommonMethod,
    "rivals": Rivals,
    "correlations": Correlations,
    "crosstab": CrossTable,
    "groups": GroupComparison,
    "regression": Regression,
    "ikm": SatisfactionIndex,
    "ikm_link": IndexLink,
    "quality": ServiceQuality,
    "ipa": ImportancePerformance,
    "drivers": Drivers,
    "criteria": Criteria,
    "activities": Activities,
    "exchange": Exchange,
    "ladder": Ladder,
    "forms": Forms,
    "strains": Strains,
}

PLANNED = ("sample_size", "allocation", "power")  # told before the answers


def method(draft: Draft) -> list[Block]:
    """Return the paragraphs on methods: the answers, what was examined in them, the models."""
    told = (_answers(draft), _examined(draft), [*_models(draft), *_closing(draft)])
    return [
        Paragraph((say(Sentence("draft"), draft.language),), "lead"),
        *(Paragraph((paragraph(said, draft.language),)) for said in told if said),
        *_concept(draft),
    ]


def _answers(draft: Draft) -> list[Sentence]:
    """Tell where the answers come from and how they were screened."""
    p, out = draft.parts, []
    for name in PLANNED:
        out += _told(draft, name)
    if files := [r.provenance.file for r in p.responses if r.provenance.file]:
        out.append(Sentence("method.read", {"file": files}))
    for asked in {r.instrument.id: r.instrument for r in p.responses if r.instrument is not None}.values():
        name = asked.title.get(draft.language) or asked.title.get("en") or asked.id
        items = {i for r in p.responses if r.instrument is not None and r.instrument.id == asked.id for i in r.items}
        values = {"instrument": name, "version": asked.version, "items": len(items)}
        out.append(Sentence("method.instrument", values))
        out += [Sentence("method.draft_instrument")] if asked.status == "draft" else []
    for found in p.of(Linkage):
        out.append(Sentence("method.linkage", {"on": found.on, "cites": draft.cites(found.meta.references)}))
    if screenings := p.of(Screening):
        rules = {str(rule) for found in screenings for rule in found.rules}
        sources = [key for found in screenings for key in found.meta.references]
        out.append(Sentence("method.screening", {"rules": len(rules), "cites": draft.cites(sources)}))
    for found in p.of(Description)[:1]:
        out.append(Sentence("method.description", {"cites": draft.cites(found.meta.references)}))
        out += [Sentence("method.weights")] if found.weighted else []
    return out


def _examined(draft: Draft) -> list[Sentence]:
    """Tell the analyses beside the models."""
    return [said for name in TOLD if name not in PLANNED for said in _told(draft, name)]


def _told(draft: Draft, name: str) -> list[Sentence]:
    found = draft.parts.of(TOLD[name])
    sources = [k for r in found for k in r.meta.references]
    return [Sentence(f"method.{name}", {"cites": draft.cites(sources)})] if found else []


def _closing(draft: Draft) -> list[Sentence]:
    """Tell hypotheses, the second engine and the software."""
    p, out = draft.parts, []
    for found in p.of(Hypotheses):
        out.append(Sentence("method.hypotheses", {"count": len(found.tidy()), "alpha": found.alpha}))
    for found in p.of(CrossCheck)[:1]:
        key = "method.cross_check_continuous" if continuous(found) else "method.cross_check"
        out.append(Sentence(key, {"cites": draft.cites(["igolkina2020"])}))
    out.append(Sentence("method.software", {"version": versions()["cgsurvey"], "python": versions()["python"]}))
    return out


def _concept(draft: Draft) -> list[Block]:
    """Return the conceptual model with the hypotheses about its paths."""
    figure = conceptual(draft)
    if figure is None:
        return []
    before, after = say(Sentence("method.conceptual"), draft.language).split("@")
    return [Paragraph((before, Ref(figure.anchor), after)), figure]


def _models(draft: Draft) -> Iterator[Sentence]:
    """Tell how the models were estimated; what holds for several of them is told once."""
    p, before = draft.parts, []
    for found in p.of(McarTest)[:1]:
        yield Sentence("method.mcar", {"cites": draft.cites(found.meta.references)})
    told = [(name, fit) for name, paths in (("measurement", False), ("structure", True)) for fit in p.models(paths)]
    seen: set[str] = set()
    said: list[tuple[dict[str, Any], list[Sentence]]] = []
    for k, (name, fit) in enumerate(told):
        details = _details(fit)
        values = {"estimation": estimation.named(fit), "cites": draft.cites(fit.meta.references)}
        if name in seen and (values, details) not in said:
            yield Sentence("method.further", values | {"model": fit.model.name or fit.meta.function})
        elif name not in seen:
            alike = name == "structure" and values in [v for v, _ in said]
            yield Sentence("method.structure_alike") if alike else Sentence(f"method.{name}", values)
        seen.add(name)
        said.append((values, details))
        following = told[k + 1][1] if k + 1 < len(told) else None
        if details not in before and (following is None or _details(following) != details):
            before.append(details)
            yield from details
    for pooled in p.of(PooledFit)[:1]:
        values = {"given": pooled.n_imputations, "cites": draft.cites(["rubin1987"])}
        yield Sentence("method.imputations", values)
    for found in p.of(Invariance)[:1]:
        values = {"group": found.meta.options.get("group", ""), "cites": draft.cites(found.meta.references)}
        yield Sentence("method.invariance", values)
    named = {k for _, fit in told for k in fit.meta.references}  # with the models
    for name, kind, own in (
        ("wald", WaldTest, None),
        ("score", ScoreTest, None),
        ("comparison", Comparison, None),
        ("mediation", Mediation, {"zhao2010", "mackinnon2004"}),
        ("moderation", SimpleSlopes, {"johnson1936", "aiken1991"}),
        ("fragility", Fragility, {"simonsohn2020", "steegen2016"}),
    ):
        for found in p.of(kind)[:1]:
            sources = [k for one in p.of(kind) for k in one.meta.references]
            keys = [k for k in sources if k in own] if own else [k for k in sources if k not in named] or sources
            values = {"cites": draft.cites(keys)}
            if isinstance(found, Mediation):
                values |= {"level": 100 * found.ci, "kind": term("intervals", found.ci_type)}
            yield Sentence(f"method.{name}", values)


def _details(fit: SemFit | PooledFit) -> list[Sentence]:
    """Tell the treatment of items, fit and errors, missing answers and sampling design of one model."""
    o, test = fit.options, estimation.tested(fit)
    out = []
    if items := len(fit.table.ordered):
        out.append(Sentence("method.ordered", {"items": items, "parameterization": o.parameterization}))
    if isinstance(fit, SemFit) and estimation.resampled(fit) and fit.bootstrap is not None:
        used, asked = estimation.resamples(fit)
        values = {"test": test, "level": 100 * o.ci, "kind": term("intervals", o.ci_type), "used": used, "asked": asked}
        values |= {"unit": term("units", "clusters" if fit.bootstrap.clusters else "rows"), "seed": fit.meta.seed}
        out.append(Sentence("method.errors_resampled", values))
    else:
        out.append(Sentence("method.errors", {"test": test, "errors": estimation.errors(fit)}))
    checked = fit.bootstrap.bollen_stine if isinstance(fit, SemFit) and fit.bootstrap is not None else None
    out += [Sentence("method.bollen_stine", {"asked": checked.requested})] if checked is not None else []
    out += [Sentence("method.design", {"what": what})] if (what := estimation.design(fit)) else []
    if isinstance(fit, SemFit):  # imputed data have no missing answers
        out.append(Sentence(f"method.missing_{o.missing}"))
    return out
