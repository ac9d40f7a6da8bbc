"""Tables of Little's test and of pooled fits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg

MODEL = "f =~ a + b + c\ng =~ d + e + h\ng ~ f"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    f = rng.normal(size=(200, 1))
    y = np.hstack([f, 0.5 * f + rng.normal(size=(200, 1))]).repeat(3, axis=1) + 0.8 * rng.normal(size=(200, 6))
    return pd.DataFrame(y, columns=list("abcdeh")).mask(rng.random(y.shape) < 0.1).dropna(how="all")


def test_mcar(data: pd.DataFrame) -> None:
    found = cg.mcar_test(data)
    shown = cg.table(found)
    assert shown.rows[0][0] == found.chisq and "no evidence against" in " ".join(shown.to_text().split())
    text = cg.table(found, "patterns").to_text()
    assert "none (complete)" in text and "rarer patterns" in text
    assert "pola yang lebih jarang" in cg.table(found, "patterns", language="id").to_text()


def test_pooled_fit(data: pd.DataFrame) -> None:
    imputed = cg.impute(data, 3, seed=1, iterations=3)
    found = cg.sem(MODEL, imputed)
    text = cg.table(found).to_text()
    assert "F (D3)" in text and "3 of 3 imputed data sets" in text and "Meng & Rubin" in text
    assert "gabungan data imputasi" in cg.table(found, language="id").to_text()
    paths = cg.table(found, "paths")
    row = found.tidy().query("op == '~'").iloc[0]
    assert row["estimate"] in paths.rows[0] and "Rubin" in paths.to_text()
    assert "λ" in cg.table(found, "loadings").to_text()
    with pytest.raises(cg.OptionError, match="difference"):
        cg.compare(found, cg.sem(f"{MODEL}\nf ~~ 1*f", imputed))


def test_two_stage_is_named(data: pd.DataFrame) -> None:
    said = cg.table(cg.sem(MODEL, data, missing="two.stage")).notes
    assert any("two-stage estimation for missing values" in note.en for note in said)
    assert any("pairwise use of answers" in note.en for note in cg.table(cg.sem(MODEL, data, missing="pairwise")).notes)
