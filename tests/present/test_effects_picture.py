"""Direct and indirect effects as a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.present import plot_kinds

from .pictured import overlapping

MODEL = "m ~ x\ny ~ m + x"


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(5)
    x = rng.normal(size=400)
    m = 0.5 * x + rng.normal(size=400)
    group = np.where(np.arange(400) % 2, "city", "regency")
    return pd.DataFrame({"x": x, "m": m, "y": 0.4 * m + 0.2 * x + rng.normal(size=400), "area": group})


def test_picture_shows_the_standardised_effects_and_their_intervals(frame):
    found = cg.mediation(MODEL, frame, seed=1)
    assert plot_kinds(found) == ("effects",)
    picture = cg.plot(found)
    rows = found.standardized()
    points = [float(n.get_xdata()[0]) for n in picture.axes[0].lines if n.get_marker() == "o"]
    np.testing.assert_allclose(points, rows["estimate"])
    spans = [tuple(n.get_xdata()) for n in picture.axes[0].lines if n.get_linewidth() == 0.9]
    np.testing.assert_allclose(spans, rows[["ci_lower", "ci_upper"]])
    assert "x → y, via m" in picture.alt
    assert cg.plot(found, language="id").alt.startswith("Pengaruh terstandar")


def test_groups_share_rows_and_are_told_apart(frame):
    found = cg.mediation(cg.sem(MODEL, frame, group="area"), seed=1)
    picture = cg.plot(found)
    assert not overlapping(picture)
    assert [t.get_text() for t in picture.legends[0].get_texts()] == list(found.meta.groups)
    assert len(picture.axes[0].get_yticks()) == len(found.standardized()) / 2
