"""Simple slopes as table and picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg


@pytest.fixture(scope="module")
def slopes():
    rng = np.random.default_rng(2)
    x, z = rng.normal(3, 1, 300), rng.normal(2, 0.8, 300)
    y = 0.1 * x + 0.2 * z + 0.25 * (x - 3) * (z - 2) + rng.normal(0, 0.8, 300)
    return cg.sem("y ~ x + z + x:z", pd.DataFrame({"x": x, "z": z, "y": y})).simple_slopes("y", "x", "z")


def test_table_names_levels_and_region(slopes):
    made, rows = cg.table(slopes), slopes.tidy()
    assert made.columns[0].name == "level" and len(made.rows) == 3
    assert made.rows[0][0].id == "Rerata − 1 SB"
    np.testing.assert_array_equal([r[2] for r in made.rows], rows["estimate"])
    text = str(made)
    assert "Effect of x on y at values of z" in text and "Interaction: B = " in text
    assert f"{slopes.bounds.upper:.2f}".replace("-", "−") in text
    assert "pengaruh berbeda dari nol (p < 0,05) bila z" in " ".join(str(cg.table(slopes, language="id")).split())


def test_picture_shows_lines_region_and_bounds(slopes):
    picture = cg.plot(slopes)
    left, right = picture.axes
    rows = slopes.tidy()
    for line, r in zip(left.lines, rows.itertuples(), strict=True):
        (x0, x1), (y0, y1) = line.get_xdata(), line.get_ydata()
        assert (y1 - y0) / (x1 - x0) == pytest.approx(r.estimate)
    low, high = right.get_xlim()
    inside = [b for b in (slopes.bounds.lower, slopes.bounds.upper) if low < b < high]
    drawn = [line.get_xdata()[0] for line in right.lines if len(set(line.get_xdata())) == 1]
    assert all(any(np.isclose(b, d) for d in drawn) for b in inside) and inside
    dots = next(line for line in right.lines if line.get_marker() == "o")
    np.testing.assert_allclose(dots.get_ydata(), rows["estimate"])
    assert "Johnson-Neyman" in picture.alt
    ticks = [t.get_text() for t in right.get_yticklabels()]
    assert len(ticks) == len(set(ticks))
    assert cg.plot(slopes, "interaction", language="id").alt.startswith("Kiri")
