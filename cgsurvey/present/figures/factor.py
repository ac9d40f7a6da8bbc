"""Pictures of factor analysis: scree with parallel analysis, map of the pattern matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.present.figures.picture import FAINT, GREY, INK, NEGATIVE, PAGE, POSITIVE, Picture, drawing, wrapped
from cgsurvey.present.numbers import show

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "fa": "Common factors",
        "pca": "Principal components",
        "observed": "observed",
        "mean": "chance, mean",
        "percentile": "chance, {level}th percentile",
        "number": "Number",
        "eigenvalue": "Eigenvalue",
        "scree": "Scree plot of {n} eigenvalues with parallel analysis. {k} eigenvalues of common factors lie above "
        "those of chance ({level}th percentile). Largest observed: {told}.",
        "pattern": "Map of loadings, {n} items by {k} factors; largest loading per item: {told}.",
        "pale": "Loadings below {least} in absolute value are printed pale. h²: communality.",
    },
    "id": {
        "fa": "Faktor bersama",
        "pca": "Komponen utama",
        "observed": "data",
        "mean": "acak, rerata",
        "percentile": "acak, persentil ke-{level}",
        "number": "Urutan",
        "eigenvalue": "Nilai eigen",
        "scree": "Diagram scree {n} nilai eigen dengan analisis paralel. Sebanyak {k} nilai eigen faktor bersama "
        "berada di atas nilai acak (persentil ke-{level}). Nilai data terbesar: {told}.",
        "pattern": "Peta muatan, {n} butir menurut {k} faktor; muatan terbesar setiap butir: {told}.",
        "pale": "Muatan di bawah {least} secara absolut dicetak pucat. h²: komunalitas.",
    },
}
SHOWN = 30  # eigenvalues that a panel shows; later ones lie on the floor of the scree
PALE = 0.30


def scree_plot(eigenvalues: pd.DataFrame, *, n_factors: int, quantile: float, language: str = "en") -> Picture:
    """Draw observed eigenvalues and those of chance, of common factors and of components.

    Parameters
    ----------
    eigenvalues : DataFrame
        One row per eigenvalue: `number`, and for ``kind`` of "fa" and "pca" the columns `kind`, `kind_mean`,
        `kind_percentile`.
    n_factors : int
        Leading common factors above the percentile; their points are filled.
    quantile : float
        Of the percentile.
    language : {"en", "id"}
    """
    words = WORDS[language]
    table = eigenvalues.head(SHOWN)
    level = show(100 * quantile, "count", language)
    told = ", ".join(show(v, "number", language) for v in table["fa"].head(6))
    alt = words["scree"].format(n=len(eigenvalues), k=n_factors, level=level, told=told)
    height = 3.0
    with drawing(PAGE, height, alt) as picture:
        for k, kind in enumerate(("fa", "pca")):
            axes = picture.add_axes((0.08 + 0.49 * k, 0.25, 0.42, 0.64))
            at, seen, chance = table["number"], table[kind], table[f"{kind}_percentile"]
            axes.plot(at, table[f"{kind}_mean"], color=FAINT, linewidth=1.2, label=words["mean"])
            label = words["percentile"].format(level=level)
            axes.plot(at, chance, color=NEGATIVE, linewidth=1.0, linestyle=(0, (4, 2)), label=label)
            axes.plot(at, seen, "o-", color=POSITIVE, linewidth=0.9, markersize=3, zorder=2, label=words["observed"])
            above = int(np.cumprod(seen > chance).sum())  # leading ones
            for n, (x, y) in enumerate(zip(at, seen, strict=True)):
                face = POSITIVE if n < above else "white"
                axes.plot([x], [y], "o", markersize=4, mfc=face, mec=POSITIVE, mew=0.8, zorder=3)
            axes.set_title(words[kind], fontsize=7.6, loc="left")
            axes.set_xlabel(words["number"], fontsize=7)
            axes.set_ylabel(words["eigenvalue"] if k == 0 else "", fontsize=7)
            axes.axhline(0 if kind == "fa" else 1, color=GREY, linewidth=0.5, linestyle=(0, (1, 2)), zorder=0)
            axes.tick_params(labelsize=6.8)
            axes.locator_params(axis="x", integer=True)
            axes.yaxis.set_major_formatter(lambda v, _: show(float(v), "number", language, 1))
        handles, labels = axes.get_legend_handles_labels()
        picture.legend(handles, labels, loc="lower center", ncols=3, fontsize=6.8, handlelength=2.2)
    return picture


def pattern_map(
    loadings: pd.DataFrame,
    *,
    labels: Mapping[str, str],
    communalities: pd.Series,
    factors: Sequence[str],
    language: str = "en",
) -> Picture:
    """Draw the pattern matrix as a map, items in the order of their factors.

    Parameters
    ----------
    loadings : DataFrame, shape (items, factors)
        Items in the order of drawing.
    labels : mapping
        Words per item.
    communalities : Series
        Per item.
    factors : sequence of str
        Names of the factors.
    language : {"en", "id"}
    """
    from matplotlib import colormaps
    from matplotlib.colors import Normalize
    from matplotlib.patches import Rectangle

    words, values = WORDS[language], loadings.to_numpy(dtype=float)
    p, m = values.shape

    def number(v: float) -> str:
        return show(v, "coefficient", language)

    top = np.abs(values).argmax(axis=1)
    told = ", ".join(f"{i} {number(values[k, top[k]])} ({factors[top[k]]})" for k, i in enumerate(loadings.index))
    alt = words["pattern"].format(n=p, k=m, told=told)
    row, texts = 0.2, [wrapped(labels[str(i)], 62, 1) for i in loadings.index]
    left = min(3.3, 0.3 + 0.052 * max(map(len, texts)))
    column = min(0.62, (PAGE - left - 0.6) / m)
    body, height = row * p, row * p + 0.62
    with drawing(left + column * m + 0.6, height, alt) as picture:
        width = picture.get_figwidth()
        axes = picture.add_axes((left / width, 0.32 / height, column * m / width, body / height))
        scale, norm = colormaps["RdBu"], Normalize(-1.15, 1.15)
        for i in range(p):
            for j in range(m):
                v = values[i, j]
                strong = abs(v) >= PALE
                colour = scale(norm(v)) if strong else (0.96, 0.96, 0.96, 1.0)
                axes.add_patch(Rectangle((j + 0.03, i + 0.06), 0.94, 0.88, facecolor=colour, edgecolor="none"))
                dark = strong and 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2] < 0.5
                ink = "white" if dark else INK if strong else "#9a9a9a"
                size = 6.2 if column > 0.34 else 5.0
                axes.text(j + 0.5, i + 0.52, number(v), ha="center", va="center", fontsize=size, color=ink)
            told_h = number(float(communalities.iloc[i]))
            axes.text(m + 0.22, i + 0.52, told_h, ha="left", va="center", fontsize=6.2, color=GREY)
        axes.text(m + 0.22, -0.35, "h²", ha="left", va="center", fontsize=6.8, color=GREY)
        axes.set(xlim=(0, m), ylim=(p, 0))
        axes.set_yticks(np.arange(p) + 0.5, texts, fontsize=6.6)
        axes.set_xticks(np.arange(m) + 0.5, [wrapped(f, 12) for f in factors], fontsize=6.6)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        least = words["pale"].format(least=show(PALE, "coefficient", language))
        picture.text(0.01, 0.05 / height, least, fontsize=6.4, color=GREY, va="bottom")
    return picture


def by_factor(loadings: pd.DataFrame) -> pd.DataFrame:
    """Return the items below the factor on which they load most, strongest first."""
    size = loadings.abs()
    own: Any = size.to_numpy().argmax(axis=1)
    order = sorted(range(len(size)), key=lambda k: (own[k], -float(size.iloc[k, own[k]])))
    return loadings.iloc[order]
