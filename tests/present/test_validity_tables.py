"""Tables of validity, common-method variance and rival models: what stands in them, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.present.tables import table, tables

REFERENCE = Path(__file__).parents[1] / "reference"
VALIDITY = ["validity", "validity_loadings", "fornell_larcker", "htmt", "htmt_intervals", "cross_loadings"]
METHOD = [
    "common_method", "method_models", "method_differences", "method_loadings", "method_reliability",
    "marker_correlations", "collinearity",
]  # fmt: skip
BLOCKS = {c.upper(): [f"{c}{j}" for j in range(1, 5)] for c in "abc"}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "validity.csv")


@pytest.fixture(scope="module")
def found(answers) -> dict[str, cg.Result]:
    return {
        "validity": cg.validity(answers, BLOCKS),
        "discriminant": cg.discriminant_validity(answers, BLOCKS),
        "method": cg.common_method(answers, BLOCKS, marker=["m1", "m2", "m3"]),
        "rivals": cg.rivals(answers, constructs=BLOCKS),
    }


def text_of(made: cg.Table) -> str:
    """What a table prints, on one line."""
    return " ".join(str(made).split())


def column(made: cg.Table, name: str) -> list:
    at = [c.name for c in made.columns].index(name)
    return [getattr(row[at], "value", row[at]) for row in made.rows]


@pytest.mark.parametrize(
    ("which", "names", "key"),
    [
        (
            "validity",
            ["validity", "validity_loadings", "fornell_larcker", "htmt", "htmt_intervals", "cross_loadings"],
            "T11",
        ),
        ("discriminant", ["discriminant", "discriminant_tests"], "T11"),
        (
            "method",
            METHOD,
            "T9",
        ),
        ("rivals", ["rivals", "rival_pairs", "rival_bifactor", "rival_theory"], "T23"),
    ],
)
def test_tables_of_each_result_print_in_both_languages(found, which, names, key):
    made = tables(found[which])
    assert [t.name for t in made] == names and {t.key for t in made} == {key}
    for t, other in zip(made, tables(found[which], "id"), strict=True):
        english, indonesian = str(t), str(other)
        assert english != indonesian and t.title.en != t.title.id
        assert not re.search(r"\bnan\b", english.lower() + indonesian.lower())


def test_htmt_with_intervals(found):
    x = found["validity"]
    made = table(x, "htmt_intervals")
    assert column(made, "htmt") == x.pairs["htmt"].tolist()
    assert column(made, "htmt2_upper") == x.pairs["htmt2_upper"].tolist()
    assert "Asymptotic" in text_of(made) and "one-sided 95% interval" in text_of(made)
    drawn = cg.validity(pd.read_csv(REFERENCE / "validity.csv"), BLOCKS, bootstrap=50, seed=1)
    assert "Percentile intervals from 50 resamples" in text_of(table(drawn, "htmt_intervals"))
    one = cg.validity(pd.read_csv(REFERENCE / "validity.csv"), {"A": BLOCKS["A"]})
    assert "htmt_intervals" not in [t.name for t in tables(one)]


def test_cross_loadings_mark_the_own_construct(found):
    made = table(found["validity"], "cross_loadings")
    marked = [[c.mark for c in row[1:]] for row in made.rows]
    assert marked == [["a", "", ""]] * 4 + [["", "a", ""]] * 4 + [["", "", "a"]] * 4
    assert [made.groups[k].en for k in sorted(made.groups)] == ["1. A", "2. B", "3. C"]


def test_classes_are_words(found):
    made = table(found["discriminant"], language="id")
    assert "Tidak ada" in text_of(made) and "0,8, 0,9, 1" in text_of(made)
    assert ".8, .9, 1" in text_of(table(found["discriminant"]))
    assert len(table(found["discriminant"], "discriminant_tests").rows) == 9


def test_harman_is_no_test_and_nothing_is_proved(found):
    text = text_of(table(found["method"]))
    assert "Harman (not a test)" in text and "None of these techniques proves" in text
    assert "bukan uji" in text_of(table(found["method"], language="id"))
    made = table(found["method"])
    values = dict(zip(map(str, column(made, "measure")), column(made, "estimate"), strict=True))
    evidence = found["method"].tidy().set_index(["technique", "measure"])["estimate"]
    assert values["Share of the first component"] == evidence["harman", "component_share"]


def test_rivals_stand_in_order_of_df_with_their_warnings(found):
    made = table(found["rivals"])
    assert column(made, "df") == sorted(column(made, "df"))
    text = text_of(made)
    assert "Equivalent, no data can tell them apart" in text and "No single number chooses" in text
    assert "tend to fit better than the model that made the data" in text
    marks = {str(row[0].value): row[0].mark for row in made.rows}
    assert marks["Second order"] == marks["Dimensions (correlated factors)"] == "a" and marks["One factor"] == ""
    pairs = table(found["rivals"], "rival_pairs")
    assert "Equivalent" in map(str, column(pairs, "relation"))
    assert "Reise (2012)" in text_of(table(found["rivals"], "rival_theory"))
    robust = cg.rivals(pd.read_csv(REFERENCE / "validity.csv"), constructs=BLOCKS, estimator="MLR")
    names = [c.name for c in table(robust).columns]
    assert "chisq_scaled" in names and "cfi_robust" in names and "chisq" not in names


def test_what_could_not_be_computed_is_a_dash(answers):
    x = cg.common_method(answers, {"A": ["a1", "a2"], "B": ["b1", "b2"]})
    for t in tables(x, "id"):
        assert not re.search(r"\bnan\b", str(t))
    assert np.isnan(x.models["chisq"]).any() or len(x.models)
