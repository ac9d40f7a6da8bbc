"""A sampling design travels with the data: each analysis uses it or says that it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.responses.selection import as_responses

ITEMS = ["tru1", "tru2", "tru3", "sq1", "sq2", "sq3"]
CONSTRUCTS = {"trust": ITEMS[:3], "quality": ITEMS[3:]}
MODEL = "trust =~ tru1 + tru2 + tru3\nquality =~ sq1 + sq2 + sq3"


@pytest.fixture(scope="module")
def data() -> cg.Responses:
    rng = np.random.default_rng(11)
    office = np.repeat(np.arange(12), 20)
    trust = rng.normal(size=12)[office] + rng.normal(size=240)
    latent = np.column_stack([trust] * 3 + [0.6 * trust + rng.normal(size=240)] * 3)
    answers = np.clip(np.round(3 + latent + 0.8 * rng.normal(size=(240, 6))), 1, 5)
    frame = pd.DataFrame(answers, columns=ITEMS).assign(
        office=[f"office {i}" for i in office],
        w=rng.uniform(0.5, 2, 240),
        wave=["first", "last"] * 120,
        sex=["f", "m", "m"] * 80,
        person=range(240),
    )
    frame.loc[rng.choice(240, 10, replace=False), "sq2"] = np.nan
    for k in range(1, 10):
        frame[f"U{k}"] = np.clip(np.round(3 + 0.5 * latent[:, 3] + 0.5 * rng.normal(size=240)), 1, 4)
    return as_responses(frame, ITEMS).replace(design=cg.Design(weights="w", cluster="office"))


PARTNERSHIP = {
    **dict.fromkeys(("criteria", "activities", "exchange", "forms"), "responses.design_not_used"),
    **dict.fromkeys(("challenges", "harms"), "responses.design_used"),
}


def partnership(name: str) -> Callable[[Any], cg.Result]:
    """Return an analysis of the sample in which organisations tell of one another."""
    told = cg.load_sample("partnership").replace(design=cg.Design(cluster="office"))
    return lambda _: getattr(cg, name)(told)


# What is told of the design, by analysis: its use, or that it is not used.
ANALYSES: Mapping[str, tuple[Callable[[Any], cg.Result], str]] = {
    "screen": (cg.screen, "responses.design_not_used"),
    "describe": (cg.describe, "responses.weights_used"),
    "normality": (cg.normality, "responses.weights_unused"),
    "nonresponse_bias": (lambda d: cg.nonresponse_bias(d, CONSTRUCTS, wave="wave"), "responses.weights_unused"),
    "representativeness": (
        lambda d: cg.representativeness(d, {"sex": {"f": 0.5, "m": 0.5}}),
        "responses.design_unweighted",
    ),
    "icc": (lambda d: cg.icc(d, ITEMS[:3]), "responses.design_not_used"),
    "icc_groups": (lambda d: cg.icc(d, ITEMS[:3], group="office"), "responses.design_not_used"),
    "rwg": (lambda d: cg.rwg(d, "office", CONSTRUCTS, scale=(1, 5)), "responses.design_not_used"),
    "k_anonymity": (lambda d: cg.k_anonymity(d, ["office", "sex"]), "responses.design_not_used"),
    "mcar_test": (lambda d: cg.mcar_test(d, ITEMS), "responses.design_not_used"),
    "missingness": (lambda d: cg.missingness(d, ITEMS), "responses.design_not_used"),
    "factorability": (lambda d: cg.factorability(d, ITEMS), "factor.design_unused"),
    "parallel_analysis": (lambda d: cg.parallel_analysis(d, ITEMS, seed=1, iterations=20), "factor.design_unused"),
    "efa": (lambda d: cg.efa(d, ITEMS, factors=2), "factor.design_unused"),
    "reliability": (lambda d: cg.reliability(d, CONSTRUCTS), "reliability.design_unused"),
    "omega": (lambda d: cg.omega(d, {"all": ITEMS}), "reliability.design_unused"),
    "test_retest": (lambda d: cg.test_retest(d, d, on="person", constructs=CONSTRUCTS), "reliability.design_unused"),
    "validity": (lambda d: cg.validity(d, CONSTRUCTS), "sem.weights"),
    "discriminant_validity": (lambda d: cg.discriminant_validity(d, CONSTRUCTS), "sem.weights"),
    "common_method": (lambda d: cg.common_method(d, CONSTRUCTS), "reliability.method_unweighted"),
    "rivals": (lambda d: cg.rivals(d, constructs=CONSTRUCTS), "sem.weights"),
    "aiken_v": (lambda d: cg.aiken_v(d, 1, 5), "responses.design_not_used"),
    "cvi": (lambda d: cg.cvi(d, low=1, high=5), "responses.design_not_used"),
    "exclusion_sensitivity": (
        lambda d: cg.exclusion_sensitivity(cg.screen(d), "longstring", constructs=CONSTRUCTS, model=MODEL),
        "reliability.exclusions_design",
    ),
    "exclusion_alpha": (
        lambda d: cg.exclusion_sensitivity(cg.screen(d), "longstring", constructs=CONSTRUCTS),
        "responses.design_not_used",
    ),
    "fragility": (lambda d: cg.fragility(MODEL, d, estimators="MLR"), "sem.weights"),
    "cfa": (lambda d: cg.cfa(MODEL, d), "sem.weights"),
    "sem": (lambda d: cg.sem(MODEL, d), "sem.clusters"),
    "invariance": (lambda d: cg.invariance(MODEL, d, group="sex"), "sem.weights"),
    "mediation": (lambda d: cg.mediation("sq3 ~ tru1 + sq1\nsq1 ~ tru1", d, seed=1), "sem.weights"),
    "regress": (lambda d: cg.regress(d, "sq1 ~ tru1"), "classical.design_unused"),
    "compare_groups": (lambda d: cg.compare_groups(d, ["sq1"], by="sex"), "classical.design_unused"),
    "correlate": (lambda d: cg.correlate(d, ITEMS[:2]), "classical.design_unused"),
    "crosstab": (lambda d: cg.crosstab(d, "sex", "wave"), "responses.design_used"),
    "service_quality": (lambda d: cg.service_quality(d, CONSTRUCTS, scale=(1, 5)), "service_quality.design_left_out"),
    "ipa": (
        lambda d: cg.ipa(d, performance=ITEMS[:3], importance="regression", outcome="sq1", scale=(1, 5)),
        "service_quality.design_left_out",
    ),
    "drivers": (
        lambda d: cg.drivers(cg.sem(f"{MODEL}\nquality ~ trust", d), d, target="quality", scale=(1, 5)),
        "service_quality.design_left_out",
    ),
    "ikm": (cg.ikm, "service_quality.design_used"),
    "ikm_link": (lambda d: cg.ikm_link(d, {"trust": ITEMS[:3]}), "sem.clusters"),
    **{name: (partnership(name), code) for name, code in PARTNERSHIP.items()},
    "survey_estimates": (lambda d: cg.survey_estimates(d, ITEMS), "responses.design_used"),
    "survey_regression": (lambda d: cg.survey_regression("sq1 ~ tru1", d), "responses.design_used"),
}


@pytest.mark.parametrize("name", list(ANALYSES))
def test_the_design_is_used_or_told(name, data):
    analysis, code = ANALYSES[name]
    assert code in {n.code for n in analysis(data).notes}


def test_describe_weighs_shares_and_means_and_counts_people(data):
    found = cg.describe(data).items.set_index("item")
    w, x = data.frame["w"], data.frame["tru1"]
    assert found.loc["tru1", "mean"] == pytest.approx((w * x).sum() / w.sum())
    assert found.loc["tru1", "n"] == 240
    assert found.loc["tru1", "mean"] == pytest.approx(cg.survey_estimates(data, "tru1").tidy()["estimate"].iloc[0])


def test_models_tell_of_replicate_weights(data):
    design = cg.Design(weights="w", cluster="office", replicate_weights=("w", "w"))
    assert "sem.replicates_unused" in {n.code for n in cg.cfa(MODEL, data.replace(design=design)).notes}
