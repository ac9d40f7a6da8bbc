"""Tables of item distributions, missing answers and of who is in the sample: numbers of the result, both languages."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.present import tables

ITEMS = ["a1", "a2", "a3", "b1", "b2", "b3"]
MODEL = "a =~ a1 + a2 + a3\nb =~ b1 + b2 + b3\nb ~ a\ntwice := 2*1"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    a = rng.normal(size=260)
    b = 0.5 * a + rng.normal(size=260)
    x = np.column_stack([a] * 3 + [b] * 3) + rng.normal(size=(260, 6))
    frame = pd.DataFrame(np.clip(np.round(3.4 + x), 1, 5), columns=ITEMS)
    frame.loc[frame["a1"] == 1, "a1"] = 2.0
    frame.loc[258:, "a1"] = 1.0
    frame.loc[rng.random(260) < 0.15, "b3"] = np.nan
    frame.loc[:24, ITEMS] = 3.0  # straight-liners
    return frame.assign(sex=np.where(rng.random(260) < 0.6, "f", "m"), side=np.arange(260) % 2)


@pytest.fixture(scope="module")
def results(data: pd.DataFrame) -> dict[str, cg.Result]:
    constructs = {"a": ITEMS[:3], "b": ITEMS[3:]}
    screening = cg.screen(data, items=ITEMS, longstring=6, max_missing=0.1)
    return {
        "normality": cg.normality(data, ITEMS, scale=(1, 5)),
        "by": cg.normality(data, ITEMS, by="side", scale=(1, 5)),
        "missingness": cg.missingness(data, ITEMS),
        "nonresponse": cg.nonresponse_bias(data, constructs, profile=["sex"]),
        "representativeness": cg.representativeness(data, {"sex": {"f": 0.5, "m": 0.5}}),
        "exclusions": cg.exclusion_sensitivity(screening, constructs=constructs, model=MODEL, missing="fiml"),
    }


NAMES = {
    "normality": ["normality", "mardia", "sparse"],
    "by": ["normality", "mardia", "sparse"],
    "missingness": ["missing_items", "missing_persons", "mcar", "patterns", "missing_related"],
    "nonresponse": ["nonresponse"],
    "representativeness": ["representativeness"],
    "exclusions": ["exclusions", "exclusion_alpha", "exclusion_model"],
}


@pytest.mark.parametrize("name", list(NAMES))
@pytest.mark.parametrize("language", ["en", "id"])
def test_tables_in_both_languages(results, name, language, tmp_path):
    made = tables(results[name], language, dialect="thesis" if language == "id" else "apa")
    assert [t.name for t in made] == NAMES[name]
    for t in made:
        text = t.to_text()
        assert not re.search(r"\bnan\b|\bNone\b|\{|Words\(", text)
        assert ("Catatan." in text) == (language == "id")
        assert t.to_docx(tmp_path / "t.docx").stat().st_size > 1000


def test_normality_shows_the_numbers_of_the_result(results):
    found, made = results["normality"], cg.table(results["normality"])
    frame = made.to_frame()
    np.testing.assert_array_equal(frame["skewness"][:-1].astype(float), found.items["skewness"])
    np.testing.assert_array_equal(frame["kurtosis_cr"][:-1].astype(float), found.items["kurtosis_cr"])
    assert frame["kurtosis_cr"].iloc[-1] == found.glance()["mardia_cr"].item()
    apa, thesis = (cg.table(found, dialect=d).to_text() for d in ("apa", "thesis"))
    assert "2.58" not in apa and "|c.r.| ✓ ≤ 2.58: Hair et al. (2010)" in " ".join(thesis.split())
    grouped = cg.table(results["by"])
    assert [w.en for w in grouped.groups.values()] == ["0", "1"] and len(grouped.rows) == 14


def test_sparse_gives_the_advice_in_words(results):
    text = cg.table(results["normality"], "sparse").to_text()
    assert "1 (2)" in text and "join 1 and 2" in text
    assert "gabungkan 1 dan 2" in cg.table(results["normality"], "sparse", "id").to_text()
    plain = cg.normality(pd.DataFrame({"x": np.repeat([1.0, 2, 3], 20)}))
    with pytest.raises(cg.OptionError, match="nothing to show"):
        cg.table(plain, "sparse")
    hopeless = cg.normality(pd.DataFrame({"x": [1.0, 1, 1, 1, 1, 1, 2, 2]}))
    assert "cannot be filled by joining" in cg.table(hopeless, "sparse").to_text()


def test_missing_tables(results, data):
    found = results["missingness"]
    last = cg.table(found, "missing_items").to_frame().iloc[-1]
    assert last["n_missing"] == data[ITEMS].isna().to_numpy().sum()
    assert cg.table(found, "missing_persons").to_frame()["count"].sum() == len(data)
    assert cg.table(found, "mcar").rows[0][0] == found.mcar.chisq
    assert f"{len(found.differences)} of {len(found.differences)}" in cg.table(found, "missing_related").to_text()
    complete = cg.missingness(data[["a1", "a2"]])
    assert [t.name for t in tables(complete)] == ["missing_items", "missing_persons", "mcar", "patterns"]


def test_nonresponse_says_no_more_than_it_knows(results):
    text = " ".join(cg.table(results["nonresponse"]).to_text().split())
    assert "Means (Welch's t, Hedges' g)" in text and "Categories (χ², Cramér's V)" in text
    assert "order of rows: 65 and 65 respondents" in text and "does not show that there is none" in text
    text = cg.table(results["nonresponse"], language="id").to_text()
    assert "0,30 simpangan" in " ".join(text.split()) and "t Welch" in text
    reached = set(results["nonresponse"].comparisons["verdict"]) - {""}
    assert len(cg.table(results["nonresponse"]).footnotes) == len(reached) > 0


def test_representativeness_prints_the_test_above_its_variable(results):
    made = cg.table(results["representativeness"])
    test = results["representativeness"].tests.iloc[0]
    assert made.groups[0].en.startswith(f"sex: χ²(1) = {test['chisq']:.2f}, p ")
    assert made.to_frame()["difference"].sum() == pytest.approx(0)


def test_exclusions_compare_with_everybody(results):
    found = results["exclusions"]
    made = cg.table(found).to_frame()
    assert made["n_excluded"].tolist() == found.samples["n_excluded"].tolist()
    part = found.changes.query("sample == 'max_missing' and measure == 'alpha'")["difference"]
    assert made["alpha_change"].iloc[1] == part[part.abs().idxmax()]
    model = cg.table(found, "exclusion_model")
    assert [w.en for w in model.groups.values()] == ["Fit", "Standardised paths", "Standardised defined parameters"]
    assert "Without: longest run of one answer" in cg.table(found).to_text()
    assert "Tanpa: deretan jawaban sama terpanjang" in cg.table(found, language="id").to_text()


def test_exclusions_without_a_model_have_no_columns_of_one(data):
    screening = cg.screen(data, items=ITEMS, longstring=6)
    found = cg.exclusion_sensitivity(screening, constructs={"a": ITEMS[:3]})
    assert [t.name for t in tables(found)] == ["exclusions", "exclusion_alpha"]
    assert [c.name for c in cg.table(found).columns] == ["sample", "n", "n_excluded", "alpha_change"]
    measured = cg.exclusion_sensitivity(screening, model="a =~ a1 + a2 + a3 + b1")
    assert [w.en for w in cg.table(measured, "exclusion_model").groups.values()] == ["Fit", "Standardised loadings"]
