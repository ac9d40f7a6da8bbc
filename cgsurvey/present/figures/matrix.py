"""Heat map of a square table: correlations, HTMT."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cgsurvey.present.figures.picture import INK, PAGE, Picture, drawing
from cgsurvey.present.numbers import show

WORDS = {
    "en": {
        "r": "Heat map of the correlations between {n} constructs; the largest is {a} with {b}, {value}.",
        "variables": "Heat map of the correlations between {n} variables; the largest is {a} with {b}, {value}.",
        "htmt": "Heat map of HTMT between {n} constructs; the largest is {a} with {b}, {value}.",
        "outlined": "Outlined: above {cut}.",
        "reaches": "Triangle: below it, but the upper limit of the one-sided interval is above it.",
    },
    "id": {
        "r": "Peta panas korelasi antara {n} konstruk; yang terbesar {a} dengan {b}, {value}.",
        "variables": "Peta panas korelasi antara {n} variabel; yang terbesar {a} dengan {b}, {value}.",
        "htmt": "Peta panas HTMT antara {n} konstruk; yang terbesar {a} dengan {b}, {value}.",
        "outlined": "Bergaris tepi: di atas {cut}.",
        "reaches": "Segitiga: di bawahnya, tetapi batas atas interval satu sisi melampauinya.",
    },
}


def matrix_map(
    table: pd.DataFrame,
    *,
    kind: str,
    labels: Mapping[str, str],
    language: str = "en",
    cut: float | None = None,
    limits: pd.DataFrame | None = None,
) -> Picture:
    """Draw the lower triangle of a square table with its values.

    Parameters
    ----------
    table : DataFrame, shape (k, k)
        Values; only the part below the diagonal is drawn.
    kind : {"r", "variables", "htmt"}
        Correlations (of constructs, of variables) use a diverging scale from -1 to 1, HTMT a single hue from 0 to 1.
    labels : mapping
        Words per row.
    language : {"en", "id"}
    cut : float, optional
        Cells above it are outlined.
    limits : DataFrame, shape (k, k), optional
        Upper limits of intervals below the diagonal; a triangle marks a cell below `cut` whose limit lies above it.
    """
    from matplotlib import colormaps
    from matplotlib.colors import Normalize
    from matplotlib.patches import Polygon, Rectangle

    names = list(table.index)
    k = len(names)
    values = table.to_numpy(dtype=float)
    low = np.tril(np.ones((k, k), dtype=bool), -1) & np.isfinite(values)
    i, j = np.unravel_index(int(np.argmax(np.where(low, np.abs(values), -1.0))), values.shape)
    words = WORDS[language]
    alt = words[kind].format(
        n=k,
        a=labels.get(names[i], names[i]),
        b=labels.get(names[j], names[j]),
        value=show(values[i, j], "coefficient", language, 2),
    )
    scale, norm = (colormaps["RdBu"], Normalize(-1, 1)) if kind != "htmt" else (colormaps["Blues"], Normalize(0, 1.15))
    ends = np.full((k, k), np.nan) if limits is None else limits.to_numpy(dtype=float)
    side = min(0.42, (PAGE - 1.9) / k)
    width, height = 1.75 + side * k, side * k + (0.62 if k > 1 else 0.3)
    with drawing(width, height, alt) as picture:
        axes = picture.add_axes((1.7 / width, 0.55 / height, side * k / width, side * k / height))
        for a in range(k):
            for b in range(a):
                if not low[a, b]:
                    continue
                colour = scale(norm(values[a, b]))
                over = cut is not None and values[a, b] > cut
                axes.add_patch(
                    Rectangle(
                        (b, a),
                        1,
                        1,
                        facecolor=colour,
                        edgecolor=INK if over else "white",
                        linewidth=1.2 if over else 0.8,
                        zorder=3 if over else 2,
                    )
                )
                dark = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2] < 0.5
                size = 6.6 if side > 0.33 else 5.2
                if cut is not None and not over and ends[a, b] > cut:
                    corner = [(b + 0.78, a + 0.04), (b + 0.96, a + 0.04), (b + 0.96, a + 0.22)]
                    axes.add_patch(Polygon(corner, facecolor="white" if dark else INK, zorder=4, gid="reaches"))
                axes.text(
                    b + 0.5,
                    a + 0.5,
                    show(values[a, b], "coefficient", language, 2),
                    ha="center",
                    va="center",
                    fontsize=size,
                    color="white" if dark else INK,
                    weight="bold" if over else "normal",
                    zorder=4,
                )
            axes.add_patch(Rectangle((a, a), 1, 1, facecolor="#f2f2f2", edgecolor="white", linewidth=0.8))
            axes.text(a + 0.5, a + 0.5, str(a + 1), ha="center", va="center", fontsize=6, color="#767676")
        axes.set(xlim=(0, k), ylim=(k, 0))
        shown = [
            f"{n + 1}. " + "\n".join(textwrap.wrap(labels.get(x, x), 26, max_lines=2, placeholder=" …"))
            for n, x in enumerate(names)
        ]
        axes.set_yticks(np.arange(k) + 0.5, shown, fontsize=6.8)
        axes.set_xticks(np.arange(k) + 0.5, [str(n + 1) for n in range(k)], fontsize=6.8)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        if cut is not None:
            limit = words["outlined"].format(cut=show(cut, "coefficient", language, 2))
            if limits is not None:
                limit += f"\n{words['reaches']}"
            axes.text(0, k + 0.3 / side, limit, fontsize=6.8, color="#767676", va="top")
        axes.set_facecolor("none")
    return picture
