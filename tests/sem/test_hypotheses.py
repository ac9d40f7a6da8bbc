"""Hypotheses about paths and defined parameters, decided by the fit itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(3)
    x = rng.normal(size=500)
    m = 0.6 * x + rng.normal(size=500)
    y = -0.5 * m + rng.normal(size=500)
    return cg.sem("m ~ a*x\ny ~ b*m + x\nindirect := a*b", pd.DataFrame({"x": x, "m": m, "y": y}))


def test_a_decision_needs_evidence_and_the_expected_sign(fit):
    found = fit.hypotheses({"H1": "m ~ x > 0", "H2": "y ~ m > 0", "H3": "y ~ x > 0", "H4": "indirect < 0"}).tidy()
    p = fit.tidy().set_index(["lhs", "op", "rhs"])["p_value"]
    assert p["m", "~", "x"] < 0.05 < p["y", "~", "x"]
    assert found["decision"].tolist() == ["supported", "opposite", "not supported", "supported"]
    assert found["p_value"].iloc[0] == p["m", "~", "x"]
    strict = fit.hypotheses({"H3": "y ~ x > 0"}, alpha=0.99).tidy()["decision"].item()
    assert strict == ("supported" if found["estimate"].iloc[2] > 0 else "opposite")


def test_all_statements_that_cannot_be_decided_are_named_at_once(fit):
    with pytest.raises(cg.OptionError) as caught:
        fit.hypotheses({"H1": "m ~ z > 0", "H2": "m rises with x"})
    assert "H1" in str(caught.value) and "H2: 'm rises with x' is not of the form" in str(caught.value)


def test_a_path_is_decided_in_every_group():
    rng = np.random.default_rng(4)
    x, g = rng.normal(size=400), np.repeat(["city", "regency"], 200)
    y = np.where(g == "city", 0.6, -0.6) * x + rng.normal(size=400)
    model = "y ~ c(a, b)*x\ndifference := a - b"
    fit = cg.sem(model, pd.DataFrame({"x": x, "y": y, "g": g}), group="g")
    found = fit.hypotheses({"H1": "y ~ x > 0", "H2": "difference > 0"}).tidy().set_index("hypothesis")
    assert found["decision"].to_dict() == {"H1 (city)": "supported", "H1 (regency)": "opposite", "H2": "supported"}
    slopes = fit.tidy().query("op == '~'")["estimate"].tolist()
    assert found["estimate"].tolist()[:2] == slopes
    assert "H1 (regency)" in cg.table(fit.hypotheses({"H1": "y ~ x > 0"})).to_text()
