"""Tables of exploratory factor analysis."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.present.table import Cell
from cgsurvey.present.tables import tables


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    f = rng.normal(size=(300, 2)) @ np.array([[1.0, 0.4], [0.0, 0.9]])
    y = f.repeat(4, axis=1) + 0.9 * rng.normal(size=(300, 8))
    y[:, 7] += 0.6 * f[:, 0]
    return pd.DataFrame(y, columns=[f"q{i}" for i in range(1, 9)])


def words(shown: cg.Table, language: str = "en") -> str:
    return " ".join(shown.to_text(language).split())


def test_factorability(data: pd.DataFrame) -> None:
    found = cg.factorability(data)
    whole, items = tables(found)
    assert (whole.key, whole.name, items.name) == ("T8", "factorability", "adequacy")
    assert whole.rows[0][1].value == found.kmo and whole.rows[0][1].verdict == "good"
    assert "Kaiser (1974)" in words(whole) and "Uji Bartlett" in words(whole, "id")
    assert [r[1].value for r in items.rows] == found.kmo_items.tolist()


def test_number_of_factors(data: pd.DataFrame) -> None:
    found = cg.parallel_analysis(data, seed=1, iterations=40)
    rules, eigenvalues = tables(found)
    assert [r[1] for r in rules.rows] == found.tidy()["n_factors"].tolist()
    assert "40 random data sets of independent normal variables (seed 1)" in words(rules)
    assert "persentil" in words(rules, "id") and "P95" in words(eigenvalues)
    assert len(eigenvalues.rows) == 8 and eigenvalues.rows[0][1] == found.eigenvalues["fa"][0]
    shuffled = cg.parallel_analysis(data, seed=1, iterations=20, null="permuted")
    assert "were shuffled" in words(cg.table(shuffled))


def test_pattern(data: pd.DataFrame) -> None:
    found = cg.efa(data, factors=2)
    shown = cg.table(found)
    names = [str(r[0]) for r in shown.rows]
    first = found.loadings["F1"].abs() > found.loadings["F2"].abs()
    assert names == [
        *found.loadings["F1"][first].abs().sort_values(ascending=False).index,
        *found.loadings["F2"][~first].abs().sort_values(ascending=False).index,
    ]
    crossing = next(r for r in shown.rows if str(r[0]) == "q8")
    assert {c.mark for c in crossing if isinstance(c, Cell)} == {"", "a"} and "Cross-loading." in words(shown)
    assert "minimum residuals; oblimin rotation; Pearson correlations" in words(shown)
    assert "residual minimum (minres); rotasi oblimin" in words(shown, "id")
    hidden = cg.table(found, "pattern", cutoffs={"shown_loading": 0.25})
    blank = sum(c.value is None for r in hidden.rows for c in r if isinstance(c, Cell))
    assert blank == int((found.loadings.abs() < 0.25).to_numpy().sum())
    assert "below .25 in size are left blank" in words(hidden) and "di bawah 0,25" in words(hidden, "id")


def test_other_tables(data: pd.DataFrame) -> None:
    oblique, orthogonal = cg.efa(data, factors=2), cg.efa(data, factors=2, rotation="varimax")
    assert [t.name for t in tables(oblique)] == ["pattern", "factor_correlations", "variance", "fit"]
    assert [t.name for t in tables(orthogonal)] == ["pattern", "variance", "fit"]
    assert cg.table(oblique, "factor_correlations").rows[1][1] == oblique.factor_correlations.iloc[1, 0]
    fit = {str(r[0]): r[1].value for r in cg.table(oblique, "fit").rows}
    assert fit["RMSEA"] == oblique.fit["rmsea"] and fit["df"] == 13
    ordinal = cg.efa(data.round().clip(-2, 2), factors=2, correlation="polychoric")
    assert "polychoric correlations" in words(cg.table(ordinal, "fit"))
    assert "No established cut-off" in words(cg.table(ordinal, "fit"))
