"""How much of the index a factor explains: values of semTools, population values, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import cgsurvey as cg
from cgsurvey.reliability.green_yang import green_yang

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
NAMES = [f"U{k}" for k in range(1, 10)]


def survey(n: int, seed: int = 4) -> pd.DataFrame:
    """Elements and items of quality; the factor of quality explains beta^2 = .36 of that of the elements."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=(n, 1))
    satisfaction = 0.6 * quality + 0.8 * rng.normal(size=(n, 1))
    y = 0.7 * satisfaction + np.sqrt(0.51) * rng.normal(size=(n, 9))
    x = 1 + (y[..., None] > np.array([-1.5, -0.5, 0.6])).sum(axis=2)
    items = 0.8 * quality + 0.6 * rng.normal(size=(n, 3))
    return pd.DataFrame(x, columns=NAMES).assign(**{f"q{k + 1}": items[:, k] for k in range(3)})


def share_of_own_factor() -> float:
    common = np.full((9, 9), 0.49)
    total = common + 0.51 * np.eye(9)
    return green_yang([np.array([-1.5, -0.5, 0.6])] * 9, common, total)


def test_equals_semtools():
    data = pd.read_csv(REFERENCE / "satisfaction.csv")[NAMES].dropna()
    expected = json.loads((REFERENCE / "satisfaction.json").read_text())["link"]
    found = cg.ikm_link(data)
    assert found.glance()["n"][0] == expected["n"]
    assert found.r2 == pytest.approx(expected["r2"], rel=1e-6)
    np.testing.assert_allclose(found.tidy()["loading"], expected["loadings"], rtol=1e-5)


def test_population_values():
    data = survey(20_000)
    own, other = cg.ikm_link(data), cg.ikm_link(data, {"quality": ["q1", "q2", "q3"]})
    assert own.r2 == pytest.approx(share_of_own_factor(), abs=0.006)
    np.testing.assert_allclose(own.tidy()["loading"], 0.7, atol=0.02)
    assert own.ci_lower < share_of_own_factor() < own.ci_upper
    # the index is nearly linear in its factor: quality explains .36 of what the factor gives
    assert other.r2 == pytest.approx(0.36 * share_of_own_factor(), abs=0.02)
    assert other.ci_lower < other.r2 < other.ci_upper and other.factor == "quality"


@pytest.mark.slow
def test_intervals_cover():
    truth, R = share_of_own_factor(), 300
    found = [cg.ikm_link(survey(300, seed)[NAMES]) for seed in range(R)]
    covered = np.mean([f.ci_lower <= truth <= f.ci_upper for f in found])
    assert stats.binomtest(int(covered * R), R, 0.95).pvalue > 0.001


def test_free_service_leaves_the_model():
    found = cg.ikm_link(survey(300).assign(U4=4))
    assert "U4" not in set(found.tidy()["element"]) and len(found.tidy()) == 8
    assert any(n.code == "service_quality.constant_left_out" and "U4" in n.text for n in found.notes)


def test_construct_of_the_instrument():
    users = cg.load_sample("users")
    found = cg.ikm_link(users, "service_quality")
    assert found.glance()["factor"][0] == "service_quality" and 0.2 < found.r2 < 0.5
    assert found.meta.label("service_quality", "id") == "Mutu layanan yang dirasakan"
    with pytest.raises(cg.OptionError, match=r"factor='service' is no construct.*'service_quality'"):
        cg.ikm_link(users, "service")


@pytest.mark.parametrize(
    ("factor", "error", "message"),
    [
        ("quality", cg.OptionError, "the data have no instrument: give its items"),
        ({"q": ["q1"]}, cg.OptionError, "three items at least"),
        ({"q": ["q1", "q2", "qq"]}, cg.ColumnNotFoundError, "'qq'"),
    ],
)
def test_factors_that_are_refused(factor, error, message):
    with pytest.raises(error, match=message):
        cg.ikm_link(survey(60), factor)


def test_answers_that_do_not_vary_are_refused():
    data = survey(60).assign(**dict.fromkeys(NAMES[:7], 3))
    with pytest.raises(cg.SampleError, match="2 elements vary between the 60 users"):
        cg.ikm_link(data)
