"""Estimates by design against R's survey: every value of the reference files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cgsurvey.responses.design import Design
from cgsurvey.responses.design.crosstab import independent
from cgsurvey.responses.design.gathered import drawn_from
from cgsurvey.responses.design.intervals import share_interval
from cgsurvey.responses.design.quantiles import quantiles
from cgsurvey.responses.design.sample import degrees, solve, t_quantile
from cgsurvey.responses.design.statistics import Moments, Ratio, Total, simple_random

CASES = [
    *(("apistrat", d) for d in ("strat_fpc", "weights_only")),
    *(("cg_dev_items", d) for d in ("srs_weights", "strat", "cluster", "strat_cluster", "strat_cluster_fpc")),
]


class Case:
    """One design of a reference file, its data and the sample."""

    def __init__(self, shared: Path, name: str, design: str) -> None:
        root = shared / "reference" / "dev"
        self.file: dict[str, Any] = json.loads((root / "survey" / f"{name}.json").read_text())
        self.frame = pd.read_csv(root / "data" / self.file["data"]["file"])
        block = self.file["designs"][design]
        self.want, given = block["results"], block["design"]
        self.design = Design(
            weights=given["weights"],
            cluster=given["ids"] if isinstance(given["ids"], str) else None,
            strata=given.get("strata"),
            fpc=given.get("fpc"),
        )
        self.drawn = drawn_from(self.frame, self.design, [])
        self.numeric = self.file["variables"]["numeric"]
        self.y = self.frame[self.numeric].to_numpy(dtype=float)
        self.one = np.ones((len(self.frame), 1))
        self.df = degrees(self.drawn)

    def codes(self, name: str) -> np.ndarray:
        return np.unique(self.frame[name], return_inverse=True)[1]


@pytest.fixture(params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest, shared: Path) -> Case:
    return Case(shared, *request.param)


def near(got: Any, want: Any) -> None:
    np.testing.assert_allclose(np.ravel(got), np.ravel(np.array(want, dtype=float)), rtol=1e-9, atol=1e-12)


@pytest.mark.reference
def test_means_and_totals(case):
    t = t_quantile(case.df, 0.95)
    assert case.df == case.want["degf"]
    for key, statistic in (("mean", Ratio(case.y, case.one)), ("total", Total(case.y))):
        got, want = solve(statistic, case.drawn), case.want[key]
        near(got.estimate, want["est"])
        near(got.std_error, want["se"])
        near(got.estimate - t * got.std_error, want["ci_lower"])
        near(got.estimate + t * got.std_error, want["ci_upper"])
    got = solve(Ratio(case.y, case.one), case.drawn)
    near(got.covariance, case.want["cov_mean"]["values"])
    near(got.estimate - t_quantile(np.array(np.inf), 0.95) * got.std_error, case.want["mean_normal_ci"]["ci_lower"])
    near(got.std_error**2 / simple_random(case.y, np.ones_like(case.y), case.drawn.weights), case.want["mean"]["deff"])


@pytest.mark.reference
def test_shares(case):
    first = case.file["variables"]["categorical"][0]
    for name, want in case.want["proportions"].items():
        hits = (case.codes(name)[:, None] == np.arange(len(want["est"]))).astype(float)
        got = solve(Ratio(hits, case.one), case.drawn)
        near(got.estimate, want["est"])
        near(got.std_error, want["se"])
        near(got.std_error**2 / simple_random(hits, np.ones_like(hits), case.drawn.weights), want["deff"])
        if name == first:
            low, high = share_interval(got.estimate, got.std_error, case.df, np.array(len(case.frame)), 0.95, "logit")
            intervals = case.want["ciprop_logit"].values()
            near(low, [i["lower"] for i in intervals])
            near(high, [i["upper"] for i in intervals])


@pytest.mark.reference
def test_variances_and_quantiles(case):
    pairs = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    got = solve(Moments(case.y[:, :2], np.ones((len(case.frame), 2)), pairs), case.drawn)
    near(got.estimate, case.want["variance"]["values"]["values"])
    near(got.std_error, case.want["variance"]["se"]["values"])
    inside = np.zeros(len(case.frame), dtype=np.int64)
    found = quantiles(case.y[:, 0], inside, case.drawn, np.array([0.25, 0.5, 0.75]), float(case.df[0]), 0.95)
    near(found.estimate, case.want["quantile"]["est"])
    near(found.std_error, case.want["quantile"]["se"])


@pytest.mark.reference
def test_domains_and_ratios(case):
    (by,) = case.file["variables"]["by"]
    codes = case.codes(by)
    got = solve(Ratio(case.y, case.one, codes, int(codes.max()) + 1), case.drawn)
    for j, name in enumerate(case.numeric):
        near(got.estimate[:, j], case.want["by"][name])
        near(got.std_error[:, j], case.want["by"][f"se.{name}"])
    want = case.want["ratio"]
    got = solve(Ratio(*(case.frame[[want[k]]].to_numpy(dtype=float) for k in ("num", "den"))), case.drawn)
    near(got.estimate, want["est"])
    near(got.std_error, want["se"])


@pytest.mark.reference
def test_independence(case):
    rows, columns = (case.codes(c) for c in case.file["variables"]["categorical"][:2])
    _, got = independent(rows, columns, case.drawn)
    want = case.want["chisq"]
    near([got.f, got.f_df1, got.f_df2, got.p], [want[k] for k in ("F", "ndf", "ddf", "p")])
    near([got.chisq, got.p_first], [want["X2"], want["X2_p"]])
