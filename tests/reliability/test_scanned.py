"""Reliability of a file that is passed in parts is that of the same rows in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.base.errors import CodingError, OptionError

CONSTRUCTS = {
    "a": ["y1", "y2", "y3", "y4"],
    "b": ["y5", "y6", "y7", "y8"],
    "two": ["y1", "y8"],
    "raw": ["z1", "z2", "z3"],
}


def answers(n: int = 1200) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    f = rng.normal(size=(n, 2)) @ np.linalg.cholesky([[1, 0.5], [0.5, 1]]).T
    y = 0.7 * np.repeat(f, 4, axis=1) + 0.7 * rng.normal(size=(n, 8))
    frame = pd.DataFrame(np.digitize(y, [-1.2, -0.4, 0.4, 1.2]) + 1.0, columns=[f"y{k + 1}" for k in range(8)])
    frame["y4"] = 6 - frame["y4"]  # runs against the rest
    frame["y6"] = (frame["y6"] > 3).astype(float)
    for item in ("y2", "y7"):
        frame.loc[rng.choice(n, 60, replace=False), item] = np.nan
    z = f[:, :1] + rng.normal(size=(n, 3))
    return frame.assign(z1=z[:, 0], z2=z[:, 1], z3=z[:, 2])


@pytest.mark.parametrize("rows", [97, 32768])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_reliability_in_parts_is_the_reliability(tmp_path: Path, rows: int, kind: str) -> None:
    path, frame = tmp_path / f"f.{kind}", answers()
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    whole, parts = (cg.reliability(d, CONSTRUCTS) for d in (frame, cg.scan_responses(path, rows=rows)))
    for table in ("coefficients", "items", "estimates", "frequencies", "dropped"):
        one, other = getattr(whole, table), getattr(parts, table)
        pd.testing.assert_frame_equal(other, one, check_exact=False, rtol=1e-10, atol=1e-10)
    assert [n.text for n in parts.notes] == [n.text for n in whole.notes]
    assert parts.meta.n == whole.meta.n


def test_what_keeps_a_construct_from_being_defined_is_told(tmp_path: Path) -> None:
    frame = answers(300).assign(same=2.0, none=np.nan)
    frame.to_parquet(tmp_path / "f.parquet")
    asked = {"flat": ["y1", "same"], "one": ["y1"], "gone": ["y1", "none"], "a": ["y1", "y2", "y3"]}
    whole, parts = (cg.reliability(d, asked) for d in (frame, cg.scan_responses(tmp_path / "f.parquet", rows=50)))
    pd.testing.assert_frame_equal(parts.coefficients, whole.coefficients, check_exact=False, rtol=1e-10)
    assert [n.text for n in parts.notes] == [n.text for n in whole.notes]


def test_constructs_of_an_instrument_with_reverse_items(tmp_path: Path) -> None:
    known = cg.load_instrument("cgsurvey_core")
    cg.simulate(known, 500, seed=3).frame.reset_index(drop=True).to_parquet(tmp_path / "f.parquet")
    whole, parts = (
        cg.reliability(read(tmp_path / "f.parquet", known, missing_items="allow"))
        for read in (cg.read_responses, cg.scan_responses)
    )
    pd.testing.assert_frame_equal(parts.coefficients, whole.coefficients, check_exact=False, rtol=1e-10)
    pd.testing.assert_frame_equal(parts.frequencies, whole.frequencies, check_exact=False, rtol=1e-12)


def test_what_needs_all_rows_is_refused(tmp_path: Path) -> None:
    answers().to_parquet(tmp_path / "f.parquet")
    data = cg.scan_responses(tmp_path / "f.parquet")
    with pytest.raises(OptionError, match=r"bootstrap= and categorical=True.*data\.sample"):
        cg.reliability(data, CONSTRUCTS, bootstrap=100, categorical=True)
    with pytest.raises(CodingError, match=r"'y1' holds 5.*missing_codes"):
        cg.reliability(data, {"a": ["y1", "y2"]}, scale=(1, 4))
