"""Answers that stay in their file: what is recognised, decoded and refused is that of the whole file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.base.errors import CodingError, ColumnNotFoundError, DataError, OptionError
from cgsurvey.instrument import Choice, Scale

WORDS = ("Sangat tidak setuju", "Tidak setuju", "Netral", "Setuju", "Sangat setuju")
ITEMS = ["t1", "t2", "t3"]


def instrument() -> cg.Instrument:
    scale = Scale("agree5", tuple(Choice(str(k), float(k), {"en": w}) for k, w in enumerate(WORDS, start=1)))
    return cg.Instrument.from_items({"t": ITEMS}, scale=scale)


def words(n: int = 900, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    code = np.digitize(common + rng.normal(size=(n, 3)), [-1, -0.3, 0.4, 1.1])
    frame = pd.DataFrame(np.array(WORDS, dtype=object)[code], columns=ITEMS)
    frame.loc[rng.choice(n, 40, replace=False), "t2"] = None
    return frame.assign(region=np.where(rng.random(n) < 0.5, "Utara", "Selatan"), score=rng.normal(size=n).round(6))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_cells_in_words_are_decoded_as_those_of_the_whole_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"field.{kind}"
    frame = words()
    frame.to_csv(path, index=False, sep=";") if kind == "csv" else frame.to_parquet(path)
    data, whole = cg.scan_responses(path, instrument(), rows=100), cg.read_responses(path, instrument())
    assert (data.n, data.items, data.file) == (900, tuple(ITEMS), path.name)
    counts = data.frequencies.set_index(["item", "value"])["n"]
    for item in ITEMS:
        pd.testing.assert_series_equal(
            counts[item], whole.frame[item].value_counts().sort_index(), check_names=False, check_index_type=False
        )
    drawn = data.sample(900, seed=1)
    pd.testing.assert_frame_equal(drawn.frame[ITEMS], whole.frame[ITEMS], check_dtype=False)
    assert list(drawn.frame["region"]) == list(whole.frame["region"])
    np.testing.assert_allclose(drawn.frame["score"].astype(float), whole.frame["score"].astype(float))
    assert (drawn.reasons["t2"] == "blank").sum() == 40
    one, other = (cg.cfa("t =~ t1 + t2 + t3", d, ordered=True, group="region") for d in (data, whole))
    np.testing.assert_allclose(one.tidy()["estimate"], other.tidy()["estimate"], atol=1e-12)
    assert one.meta.groups == other.meta.groups
    assert data.sha256 == whole.provenance.sha256 == one.meta.data_hash


def test_reverse_items_and_missing_codes(tmp_path: Path) -> None:
    known = cg.load_instrument("cgsurvey_core")
    simulated = cg.simulate(known, 400, seed=2)
    frame = simulated.frame.copy()
    item = next(i.name for i in known.items if i.reverse and i.name in frame)
    frame.loc[frame.index[:9], item] = 99
    frame.reset_index(drop=True).to_parquet(tmp_path / "f.parquet")
    asked = {"missing_codes": {99: "refused"}, "missing_items": "allow"}
    data = cg.scan_responses(tmp_path / "f.parquet", known, rows=64, **asked)
    whole = cg.read_responses(tmp_path / "f.parquet", known, **asked)
    keyed = np.concatenate([data.columns[item].numbers(b) for b in data.batches([item])])
    np.testing.assert_array_equal(keyed, whole.keyed[item].to_numpy(dtype=float))
    assert np.isnan(keyed).sum() >= 9


def test_cells_outside_the_scale_are_counted_over_the_whole_file(tmp_path: Path) -> None:
    frame = pd.DataFrame({k: np.tile([1, 2, 3, 4, 5], 200) for k in ITEMS})
    frame.loc[[700, 801, 902], "t2"] = 9
    frame.to_parquet(tmp_path / "f.parquet")
    with pytest.raises(CodingError, match=r"rows 702, 803, 904.*In all 3 cells of the file are at fault") as error:
        cg.scan_responses(tmp_path / "f.parquet", instrument(), rows=50)
    assert list(error.value.problems["row"]) == [702, 803, 904]
    assert "f.parquet" in str(error.value)
    with pytest.raises(ColumnNotFoundError, match="t3"):
        frame.drop(columns="t3").to_parquet(tmp_path / "f.parquet")
        cg.scan_responses(tmp_path / "f.parquet", instrument())


def test_whole_numbers_of_every_width_and_gaps(tmp_path: Path) -> None:
    values = pd.array([-128, 127, None, 5, 5, -128], dtype="Int8")
    frame = pd.DataFrame(
        {"a": values, "b": pd.array([2**40, 1, 2, None, 2**40, 1], dtype="Int64"), "c": [0.5, np.nan, 1, 1, 2, 3]}
    )
    frame.to_parquet(tmp_path / "f.parquet")
    data = cg.scan_responses(tmp_path / "f.parquet", rows=2)
    for name in frame:
        found = np.concatenate([data.columns[name].numbers(b) for b in data.batches([name])])
        np.testing.assert_array_equal(found, frame[name].to_numpy(dtype=float, na_value=np.nan))


def test_rows_that_are_drawn_have_the_same_chance(tmp_path: Path) -> None:
    words(5000).to_parquet(tmp_path / "f.parquet")
    data = cg.scan_responses(tmp_path / "f.parquet", instrument(), rows=700)
    drawn = data.sample(1000, seed=8)
    pd.testing.assert_frame_equal(drawn.frame, data.sample(1000, seed=8).frame)
    assert drawn.frame.index.is_unique
    assert abs(drawn.frame.index.to_numpy().mean() - 2501.5) < 4 * 1443 / np.sqrt(1000)
    assert [n.values["n"] for n in drawn.notes if n.code == "responses.rows_drawn"] == [1000]
    with pytest.raises(OptionError, match="n=0"):
        data.sample(0)


def test_personal_columns_stay_behind(tmp_path: Path) -> None:
    people = [f"Budi {k}" for k in range(900)]
    words().assign(nama=people, email=[f"b{k}@example.org" for k in range(900)]).to_parquet(tmp_path / "f.parquet")
    data = cg.scan_responses(tmp_path / "f.parquet", instrument())
    assert not {"nama", "email"} & set(data.columns)
    assert "Budi" not in repr(data) and "Budi" not in str(data.answers.frame.to_dict())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"a,b\n", "headers and no answers"),
        (b"a,a\n1,2\n", "share a header: a"),
        (b"a,\n1,2\n", "have no header"),
        (b"PAR1 broken", "cannot be opened as parquet"),
        (b"PK\x03\x04 workbook", "neither csv nor parquet"),
        (b"a,b\n" + b"1,2\n" * 50 + b"1,2,3\n", "cannot be read to its end"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        cg.scan_responses(path)
    with pytest.raises(DataError, match="no file"):
        cg.scan_responses(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="a folder"):
        cg.scan_responses(tmp_path)


def test_analyses_of_single_rows_say_what_to_do(tmp_path: Path) -> None:
    words().to_parquet(tmp_path / "f.parquet")
    data = cg.scan_responses(tmp_path / "f.parquet", instrument())
    for analysis in (cg.screen, cg.describe, cg.normality, cg.factorability):
        with pytest.raises(OptionError, match=r"stay in their file.*data\.sample\(10_000, seed=1\)"):
            analysis(data)
    with pytest.raises(OptionError, match="gamma_rows"):
        cg.scan_responses(tmp_path / "f.parquet", gamma_rows=3)


def test_texts_that_nearly_all_differ_are_left_aside_and_named(tmp_path: Path) -> None:
    frame = words(1500).assign(remark=[f"remark {k}" for k in range(1500)])
    frame.to_parquet(tmp_path / "field.parquet")
    data = cg.scan_responses(tmp_path / "field.parquet", instrument())
    told = [n for n in data.answers.notes if n.code == "responses.texts_left_aside"]
    assert len(told) == 1 and "remark" in told[0].text and "region" not in told[0].text
    assert "remark" not in data.columns and "score" in data.columns
