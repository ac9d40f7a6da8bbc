"""An interaction: lines of the outcome at values of the moderator, and the effect with its Johnson-Neyman region."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from cgsurvey.present.figures.picture import FAINT, GREY, INK, NEGATIVE, PAGE, POSITIVE, Picture, drawing
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.moderation import region
from cgsurvey.sem.moderation import SimpleSlopes

WORDS = {
    "en": {
        "predicted": "{y}, predicted",
        "effect": "Effect of {x}",
        "alt": "Left, {y} by {x} at {k} values of {m}: slopes {slopes}. Right, the effect of {x} by {m}. {region}",
        "levels": {"-1 SD": "mean − 1 SD", "mean": "mean", "+1 SD": "mean + 1 SD"},
    },
    "id": {
        "predicted": "{y}, prediksi",
        "effect": "Pengaruh {x}",
        "alt": "Kiri, {y} menurut {x} pada {k} nilai {m}: kemiringan {slopes}. Kanan, pengaruh {x} menurut {m}. "
        "{region}",
        "levels": {"-1 SD": "rerata − 1 SB", "mean": "rerata", "+1 SD": "rerata + 1 SB"},
    },
}
DASHES: tuple[Any, ...] = ("solid", (0, (5, 2)), (0, (1, 1.2)), (0, (4, 1.5, 1, 1.5)))
SPREAD = 2.5  # standard deviations of the moderator on either side of its mean that are drawn


def interaction_plot(x: SimpleSlopes, *, language: str = "en") -> Picture:
    """Draw simple slopes and the region in which the effect differs from zero.

    Parameters
    ----------
    x : SimpleSlopes
    language : {"en", "id"}
    """
    words: dict[str, Any] = WORDS[language]
    names = {k: x.meta.label(v, language) for k, v in (("y", x.outcome), ("x", x.predictor), ("m", x.moderator))}
    rows = x.tidy()

    def number(value: float, digits: int = 2) -> str:
        return show(value, "number", language, digits)

    alt = words["alt"].format(
        **names,
        k=len(rows),
        slopes=", ".join(number(v) for v in rows["estimate"]),
        region=region(x).of(language),
    )
    height = 2.75
    with drawing(PAGE, height, alt) as picture:
        left = picture.add_axes((0.085, 0.17, 0.385, 0.74))
        right = picture.add_axes((0.595, 0.17, 0.385, 0.74))
        _lines(left, x, words, names, number)
        _region(right, x, words, names)
        for axes in (left, right):
            axes.tick_params(labelsize=6.8)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(_ticks(number, _digits(axis.get_majorticklocs())))
    return picture


def _lines(axes: Any, x: SimpleSlopes, words: dict[str, Any], names: dict[str, str], number: Any) -> None:
    """Outcome by predictor, one line per value of the moderator."""
    mean, sd = x.means[1], x.deviations[1]
    at = mean + np.array([-2.0, 2.0]) * sd
    rows = x.tidy()
    shades = np.linspace(0.0, 1.0, len(rows)) if len(rows) > 1 else np.zeros(1)
    for k, r in enumerate(rows.itertuples()):
        level = words["levels"].get(r.level, number(r.moderator_value))
        colour = INK if 0 < shades[k] < 1 else NEGATIVE if shades[k] == 0 else POSITIVE
        axes.plot(
            at,
            x.predicted(at, float(r.moderator_value)),
            color=colour,
            linestyle=DASHES[k % len(DASHES)],
            linewidth=1.2,
            label=level,
        )
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.3 * (high - low))  # room for the legend
    axes.set_xlim(at[0], at[1])
    axes.set_xlabel(_short(names["x"]), fontsize=7)
    axes.set_ylabel(_short(words["predicted"].format(y=names["y"])), fontsize=7)
    axes.legend(title=_short(names["m"], 28), title_fontsize=7, fontsize=6.6, loc="upper left", handlelength=2.6)


def _region(axes: Any, x: SimpleSlopes, words: dict[str, Any], names: dict[str, str]) -> None:
    """Effect by moderator with its interval; dark where it differs from zero."""
    mean, sd = x.means[2], x.deviations[2]
    values = x.tidy()["moderator_value"]
    low = min(mean - SPREAD * sd, float(values.min()))
    high = max(mean + SPREAD * sd, float(values.max()))
    bounds = [b for b in (x.bounds.lower, x.bounds.upper) if low < b < high]
    edges = [low, *bounds, high]
    for start, end in pairwise(edges):
        band = x.slope(np.linspace(start, end, 60))
        middle = x.slope([(start + end) / 2]).iloc[0]
        shown = middle["ci_lower"] > 0 or middle["ci_upper"] < 0
        colour = POSITIVE if shown else GREY
        axes.fill_between(
            band["moderator_value"],
            band["ci_lower"],
            band["ci_upper"],
            color=colour,
            alpha=0.28 if shown else 0.14,
            linewidth=0,
        )
        style = "solid" if shown else (0, (3, 2))
        axes.plot(band["moderator_value"], band["estimate"], color=colour, linewidth=1.3, linestyle=style)
    axes.axhline(0, color=INK, linewidth=0.6)
    for bound in bounds:
        axes.axvline(bound, color=GREY, linewidth=0.7, linestyle=(0, (2, 2)))
    axes.plot(
        values, x.tidy()["estimate"], "o", markersize=3.4, color="white", markeredgecolor=INK, markeredgewidth=0.8
    )
    axes.axvline(mean, color=FAINT, linewidth=0.5, zorder=0)
    axes.set_xlim(low, high)
    axes.set_xlabel(_short(names["m"]), fontsize=7)
    axes.set_ylabel(_short(words["effect"].format(x=names["x"])), fontsize=7)


def _ticks(number: Callable[[float, int], str], digits: int) -> Callable[[float, float], str]:
    return lambda value, place: number(float(value), digits)


def _digits(ticks: Any) -> int:
    """Decimals with which all ticks are told exactly."""
    return next((k for k in range(1, 5) if np.allclose(ticks, np.round(ticks, k), rtol=0, atol=1e-9)), 5)


def _short(text: str, width: int = 44) -> str:
    return textwrap.shorten(text, width, placeholder=" …")
