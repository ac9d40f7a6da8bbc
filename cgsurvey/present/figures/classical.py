"""Pictures of the classical block: residuals, means of groups, shares of a cross-table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.classical import CrossTable, GroupComparison, Regression
from cgsurvey.present.figures.forest import COLUMNS, Axis, forest
from cgsurvey.present.figures.picture import GREY, INK, NEGATIVE, PAGE, POSITIVE, Picture, drawing, wrapped
from cgsurvey.present.numbers import show

WORDS = {
    "en": {
        "fitted": "Residuals against fitted values",
        "qq": "Normal quantiles",
        "scale": "Spread against fitted values",
        "leverage": "Residuals against leverage",
        "x_fitted": "Fitted value",
        "x_qq": "Quantile of the normal distribution",
        "x_leverage": "Leverage",
        "y": "Standardised residual",
        "y_scale": "√|standardised residual|",
        "residuals_alt": "Four panels of the residuals of {outcome}: against fitted values, normal quantiles, spread, "
        "leverage. Cells are darker where more rows lie. Largest Cook's distance {cooks}.",
        "means": "Mean, {level}% interval",
        "means_alt": "Means of {n} groups with intervals. {told}",
        "told": "{name}: {value}, interval {low} to {high}.",
        "shares": "Share of each row",
        "shares_alt": "Stacked bars: shares of {columns} within {rows}. {told}",
    },
    "id": {
        "fitted": "Residual terhadap nilai prediksi",
        "qq": "Kuantil normal",
        "scale": "Sebaran terhadap nilai prediksi",
        "leverage": "Residual terhadap leverage",
        "x_fitted": "Nilai prediksi",
        "x_qq": "Kuantil distribusi normal",
        "x_leverage": "Leverage",
        "y": "Residual terstandar",
        "y_scale": "√|residual terstandar|",
        "residuals_alt": "Empat panel residual {outcome}: terhadap nilai prediksi, kuantil normal, sebaran, leverage. "
        "Sel lebih gelap jika memuat lebih banyak baris. Jarak Cook terbesar {cooks}.",
        "means": "Rerata, interval {level}%",
        "means_alt": "Rerata {n} kelompok beserta intervalnya. {told}",
        "told": "{name}: {value}, interval {low} sampai {high}.",
        "shares": "Proporsi tiap baris",
        "shares_alt": "Batang bertumpuk: proporsi {columns} di dalam {rows}. {told}",
    },
}


def residual_panels(x: Regression, *, language: str = "en") -> Picture:
    """Draw the residuals of the last step in four panels, rows counted by cells."""
    words = WORDS[language]
    cooks = show(x.influential["cooks"].max(), "number", language, 3)
    alt = words["residuals_alt"].format(outcome=x.meta.label(x.outcome, language), cooks=cooks)
    width, height = PAGE, 5.4
    with drawing(width, height, alt) as picture:
        for k, name in enumerate(("fitted", "qq", "scale", "leverage")):
            axes = picture.add_axes((0.08 + 0.5 * (k % 2), 0.585 - 0.5 * (k // 2), 0.40, 0.36))
            here = x.residuals[x.residuals["panel"] == name]
            if name == "qq":
                ends = [min(here["x"].min(), here["y"].min()), max(here["x"].max(), here["y"].max())]
                axes.plot(ends, ends, color=GREY, linewidth=0.8, zorder=1)
                axes.plot(here["x"], here["y"], "o", markersize=2.6, color=POSITIVE, zorder=2)
            else:
                shade = 0.25 + 0.75 * np.sqrt(here["count"] / here["count"].max())
                axes.scatter(here["x"], here["y"], s=7, color=POSITIVE, alpha=shade, linewidths=0, zorder=2)
                if name != "scale":
                    axes.axhline(0, color=GREY, linewidth=0.8, zorder=1)
                _trend(axes, here)
            axes.set_title(words[name], loc="left")
            axes.set_xlabel(words["x_fitted" if name == "scale" else f"x_{name}"])
            axes.set_ylabel(words["y_scale" if name == "scale" else "y"])
            _ticks(axes.xaxis, 2 if name == "leverage" else 1, language)
            _ticks(axes.yaxis, 2 if name == "scale" else 1, language)
    return picture


def _ticks(axis: Any, digits: int, language: str) -> None:
    axis.set_major_formatter(lambda v, _: show(v, "number", language, digits))


def _trend(axes: Any, cells: pd.DataFrame) -> None:
    """Draw the running mean of the cells over fifths of the rows, where these differ."""
    cells = cells.sort_values("x")
    part = np.minimum((cells["count"].cumsum() - 1) * 5 // cells["count"].sum(), 4)
    points = [
        (np.average(b["x"], weights=b["count"]), np.average(b["y"], weights=b["count"])) for _, b in cells.groupby(part)
    ]
    if len(points) > 2:
        axes.plot(*zip(*points, strict=True), color=NEGATIVE, linewidth=1.1, zorder=3)


def group_means(x: GroupComparison, rows: pd.DataFrame, *, language: str = "en") -> Picture:
    """Draw the means of the groups with their intervals; `rows` are rows of `x.groups`."""
    words = WORDS[language]
    level = show(100 * float(x.meta.options["ci"]), "count", language)
    drawn, told = [], []
    for r in rows.itertuples():
        key = f"{x.by}={r.group}" if x.by else str(r.group)
        name = x.meta.label(key, language)
        name = str(r.group) if name == key and x.by else name
        heading = "" if x.meta.options["paired"] else x.meta.label(str(r.outcome), language)
        drawn.append(("", heading, name, "", r.mean, r.ci_lower, r.ci_upper))
        values = {
            k: show(v, "number", language) for k, v in (("value", r.mean), ("low", r.ci_lower), ("high", r.ci_upper))
        }
        told.append(words["told"].format(name=f"{heading}, {name}" if heading else name, **values))
    low, high = rows["ci_lower"].min(), rows["ci_upper"].max()
    axis = Axis(words["means"].format(level=level), least=float(low), most=float(high))
    return forest(
        pd.DataFrame(drawn, columns=list(COLUMNS)),
        axes={"": axis},
        series={"": ""},
        language=language,
        alt=words["means_alt"].format(n=len(rows), told=" ".join(told)),
    )


def shares_plot(x: CrossTable, *, language: str = "en") -> Picture:
    """Draw the shares of the columns within each row as stacked bars."""
    from matplotlib import colormaps

    words = WORDS[language]
    rows, kinds = list(x.cells["category_1"].unique()), list(x.cells["category_2"].unique())

    def name(variable: str, kind: str) -> str:
        key = f"{variable}={kind}"
        found = x.meta.label(key, language)
        return kind if found == key else found

    shares = x.cells["row_share"].to_numpy().reshape(len(rows), len(kinds))
    colours = [colormaps["RdBu_r"](v) for v in np.linspace(0.08, 0.92, len(kinds))]
    told = "; ".join(
        f"{name(x.rows, r)}: "
        + ", ".join(f"{name(x.columns, k)} {show(s, 'share', language)}%" for k, s in zip(kinds, line, strict=True))
        for r, line in zip(rows, shares, strict=True)
    )
    alt = words["shares_alt"].format(
        columns=x.meta.label(x.columns, language), rows=x.meta.label(x.rows, language), told=told
    )
    legend = 0.24 * -(-len(kinds) // 4)
    height = 0.3 * len(rows) + 0.55 + legend
    with drawing(PAGE, height, alt) as picture:
        axes = picture.add_axes((0.26, 0.42 / height, 0.71, 0.3 * len(rows) / height))
        left = np.zeros(len(rows))
        for k, colour in zip(range(len(kinds)), colours, strict=True):
            axes.barh(
                range(len(rows)),
                shares[:, k],
                left=left,
                height=0.72,
                color=colour,
                edgecolor=GREY,
                linewidth=0.4,
                label=wrapped(name(x.columns, kinds[k]), 24),
            )
            dark = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2] < 0.5
            for i, s in enumerate(shares[:, k]):
                if s >= 0.06:
                    axes.text(
                        left[i] + s / 2,
                        i,
                        show(s, "share", language, 0),
                        ha="center",
                        va="center",
                        fontsize=6.6,
                        color="white" if dark else INK,
                    )
            left += shares[:, k]
        axes.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
        axes.set_yticks(range(len(rows)), [wrapped(name(x.rows, r), 28) for r in rows])
        axes.xaxis.set_major_formatter(lambda v, _: f"{show(v, 'share', language, 0)}%")
        axes.set_xlabel(words["shares"])
        axes.tick_params(axis="y", length=0)
        picture.legend(
            *axes.get_legend_handles_labels(), loc="upper center", bbox_to_anchor=(0.6, 1.0), ncols=min(4, len(kinds))
        )
    return picture
