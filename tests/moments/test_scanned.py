"""A file that is passed in parts gives the numbers of the same rows in memory, whatever the size of the parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cgsurvey as cg
from cgsurvey.base.errors import CodingError, ColumnNotFoundError, NotPositiveDefiniteError, OptionError, SampleError
from cgsurvey.moments.fourth import Deviations
from cgsurvey.moments.ordinal import Tabled, ordinal_moments
from cgsurvey.moments.pairs import joint_counts

MODEL = "a =~ y1 + y2 + y3 + y4\nb =~ y5 + y6 + y7 + y8"
REGRESSION = "a =~ y1 + y2 + y3 + y4\na ~ y5 + y6"


def answers(n: int = 1500, seed: int = 1) -> pd.DataFrame:
    """Answers on 1..5 to two correlated factors, a few missing, with a group and weights."""
    rng = np.random.default_rng(seed)
    f = rng.normal(size=(n, 2)) @ np.linalg.cholesky([[1, 0.5], [0.5, 1]]).T
    y = 0.7 * np.repeat(f, 4, axis=1) + 0.7 * rng.normal(size=(n, 8))
    frame = pd.DataFrame(np.digitize(y, [-1.2, -0.4, 0.4, 1.2]) + 1.0, columns=[f"y{k + 1}" for k in range(8)])
    for item in ("y2", "y7"):
        frame.loc[rng.choice(n, n // 15, replace=False), item] = np.nan
    return frame.assign(g=np.where(rng.random(n) < 0.4, "north", "south"), w=rng.uniform(0.5, 2, n))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, Path, Path]:
    folder, frame = tmp_path_factory.mktemp("big"), answers()
    frame.to_csv(folder / "big.csv", index=False)
    frame.to_parquet(folder / "big.parquet", row_group_size=400)
    return frame, folder / "big.csv", folder / "big.parquet"


def same(whole: cg.SemFit, parts: cg.SemFit) -> None:
    np.testing.assert_allclose(parts.fit_measures, whole.fit_measures, rtol=1e-10, atol=1e-10)
    columns = ["estimate", "std_error", "std_all"]
    np.testing.assert_allclose(parts.tidy()[columns], whole.tidy()[columns], rtol=1e-10, atol=1e-10)
    assert [n.text for n in parts.notes] == [n.text for n in whole.notes]
    assert (parts.meta.n, parts.meta.groups) == (whole.meta.n, whole.meta.groups)


OPTIONS = [
    {},
    {"estimator": "MLR"},
    {"estimator": "MLM"},
    {"estimator": "MLF"},
    {"estimator": "ULSMV"},
    {"estimator": "GLS"},
    {"estimator": "WLS"},
    {"likelihood": "wishart"},
    {"estimator": "MLR", "group": "g", "group_equal": ["loadings", "intercepts"]},
    {"ordered": True},
    {"ordered": True, "missing": "pairwise"},
    {"ordered": True, "missing": "pairwise", "estimator": "DWLS"},
    {"ordered": True, "estimator": "ULSMV", "parameterization": "theta"},
    {"ordered": True, "estimator": "WLS"},
    {"ordered": True, "weights": "w"},
    {"ordered": True, "weights": "w", "estimator": "WLSM", "group": "g", "missing": "pairwise"},
    {"ordered": True, "group": "g", "group_equal": "loadings"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_fit_in_parts_is_the_fit(files: tuple[pd.DataFrame, Path, Path], options: dict, kind: str) -> None:
    frame, csv, parquet = files
    data = cg.scan_responses(csv if kind == "csv" else parquet, rows=211)
    same(cg.cfa(MODEL, frame, **options), cg.cfa(MODEL, data, **options))


@pytest.mark.parametrize("options", [{}, {"estimator": "MLR"}, {"estimator": "MLM"}, {"fixed_x": False}], ids=str)
def test_covariates_and_products_in_parts(files: tuple[pd.DataFrame, Path, Path], options: dict) -> None:
    frame, _, parquet = files
    data = cg.scan_responses(parquet, rows=500)
    same(cg.sem(REGRESSION, frame, **options), cg.sem(REGRESSION, data, **options))
    product = "y1 ~ y5 + y6 + y5:y6"
    same(cg.sem(product, frame, **options), cg.sem(product, data, **options))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(1, 1600), seed=st.integers(0, 2**16), options=st.sampled_from([OPTIONS[1], OPTIONS[10]]))
def test_the_size_of_the_parts_changes_nothing(tmp_path: Path, rows: int, seed: int, options: dict) -> None:
    frame = answers(600, seed)
    path = tmp_path / f"{seed}.parquet"
    frame.to_parquet(path)
    same(cg.cfa(MODEL, frame, **options), cg.cfa(MODEL, cg.scan_responses(path, rows=max(rows, 20)), **options))


def test_likelihood_of_complete_rows_and_continuous_numbers(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    f = rng.normal(size=(1200, 1))
    frame = pd.DataFrame(1000 + f + 0.8 * rng.normal(size=(1200, 4)), columns=list("abcd"))
    frame.to_parquet(tmp_path / "n.parquet")
    frame.to_csv(tmp_path / "n.csv", index=False)
    for path in (tmp_path / "n.parquet", tmp_path / "n.csv"):
        data = cg.scan_responses(path, rows=100)
        for options in ({"estimator": "MLR", "missing": "fiml"}, {"estimator": "ML"}, {"estimator": "WLS"}):
            same(cg.cfa("f =~ a + b + c + d", frame, **options), cg.cfa("f =~ a + b + c + d", data, **options))


def test_difference_tests_work_on_what_a_fit_in_parts_keeps(files: tuple[pd.DataFrame, Path, Path]) -> None:
    frame, _, parquet = files
    data, one = cg.scan_responses(parquet, rows=300), "f =~ " + " + ".join(f"y{k + 1}" for k in range(8))
    for options in ({"estimator": "MLR"}, {"ordered": True}):
        apart, whole = (
            cg.compare(cg.cfa(MODEL, d, **options), cg.cfa(one, d, **options)).tidy() for d in (data, frame)
        )
        np.testing.assert_allclose(apart.select_dtypes("number"), whole.select_dtypes("number"), rtol=1e-8)


@pytest.mark.parametrize("pairwise", [False, True])
def test_tables_tell_the_variances_of_the_moments(pairwise: bool) -> None:
    frame = answers(700, 3).iloc[:, :8]
    frame = frame if pairwise else frame.dropna()
    frame["y3"] = np.minimum(frame["y3"], 3)  # tables of different shapes
    y = frame.to_numpy() - 1
    levels = np.array([5, 5, 3, 5, 5, 5, 5, 5])
    code = np.where(np.isnan(y), levels, y).astype(np.int64)
    tabled = Tabled(joint_counts(code, levels), levels, len(y), float(len(y)))
    whole = ordinal_moments(y, levels, pairwise=pairwise)
    assert whole.gamma is not None
    np.testing.assert_allclose(tabled.variances(), np.diag(whole.gamma), rtol=1e-11)
    np.testing.assert_allclose(tabled.moments.s, whole.s, rtol=1e-12)


def test_deviations_by_rows_and_by_columns_agree() -> None:
    y = np.random.default_rng(2).normal(size=(50, 4))
    made = Deviations(y.mean(axis=0), np.cov(y, rowvar=False), [1, 2])
    out = np.empty((made.size, 50))
    made.columns(y, out)
    np.testing.assert_allclose(out.T, made(y), atol=1e-13)


def test_drawn_rows_serve_the_errors_alone(files: tuple[pd.DataFrame, Path, Path]) -> None:
    frame, _, parquet = files
    data = cg.scan_responses(parquet, rows=200, gamma_rows=900, seed=3)
    for options in ({"estimator": "MLR"}, {"ordered": True, "estimator": "ULSMV"}):
        whole, drawn = cg.cfa(MODEL, frame, **options), cg.cfa(MODEL, data, **options)
        np.testing.assert_allclose(drawn.tidy()["estimate"], whole.tidy()["estimate"], rtol=1e-8, atol=1e-10)
        error, exact = drawn.tidy()["std_error"], whole.tidy()["std_error"]
        assert 0 < np.nanmax(np.abs(error[exact > 0] / exact[exact > 0] - 1)) < 0.25
        assert [n.code for n in drawn.notes].count("moments.gamma_drawn") == 1
        again = cg.cfa(MODEL, cg.scan_responses(parquet, rows=77, gamma_rows=900, seed=3), **options)
        np.testing.assert_allclose(again.tidy()["std_error"], error, rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"se": "bootstrap"}, "se='bootstrap' draws rows again and again"),
        ({"estimator": "MLR", "missing": "fiml"}, "missing='fiml' needs the rows"),
        ({"missing": "two.stage"}, "missing='two.stage' needs the rows"),
        ({"cluster": "g"}, "cluster='g' needs rows together"),
        ({"estimator": "MLR", "weights": "w"}, "weights='w'.*ordered=True"),
        ({"ordered": ["y1", "y2"]}, "Make all variables of the model ordered, or none"),
        ({"engine": "semopy"}, "engine='semopy' needs all rows"),
    ],
    ids=str,
)
def test_what_parts_cannot_carry_is_refused(files: tuple[pd.DataFrame, Path, Path], options: dict, words: str) -> None:
    data = cg.scan_responses(files[2])
    with pytest.raises(OptionError, match=words) as error:
        cg.cfa(MODEL, data, **options)
    assert "data.sample(100_000, seed=1)" in str(error.value)


def test_data_that_cannot_carry_the_model_are_refused(tmp_path: Path) -> None:
    frame = answers(400).drop(columns=["g", "w"])

    def scan(**columns: object) -> cg.ResponseFile:
        frame.assign(**columns).to_parquet(tmp_path / "f.parquet")
        return cg.scan_responses(tmp_path / "f.parquet", rows=64)

    with pytest.raises(ColumnNotFoundError, match="'y9'"):
        cg.cfa("f =~ y1 + y2 + y9", scan())
    with pytest.raises(SampleError, match=r"'?y1'? has one and the same"):
        cg.cfa(MODEL, scan(y1=3.0))
    with pytest.raises(SampleError, match="one and the same answer"):
        cg.cfa(MODEL, scan(y1=3.0), ordered=True)
    with pytest.raises(NotPositiveDefiniteError, match=r"y1(,| and) y3"):
        cg.cfa(MODEL, scan(y3=frame["y1"]))
    half = np.arange(400) < 200
    with pytest.raises(SampleError, match="Nobody answered both 'y1' and 'y3'"):
        cg.cfa(MODEL, scan(y1=frame["y1"].where(half), y3=frame["y3"].where(~half)))
    with pytest.raises(CodingError, match="weights='w': 1 rows have no weight above zero"):
        cg.cfa(MODEL, scan(w=np.where(np.arange(400) == 7, 0.0, 1.0)), ordered=True, weights="w")
    beside = np.where((frame["y1"] == 5) & half, 4, frame["y1"])
    with pytest.raises(SampleError, match="'y1' has nobody at 5"):
        cg.cfa(MODEL, scan(y1=beside, g=np.where(half, "a", "b")), ordered=True, group="g")
    with pytest.raises(OptionError, match="looks at single rows"):
        cg.screen(scan())
