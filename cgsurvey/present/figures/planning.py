"""Pictures of planning: power over n with intervals, and margin or power over n of a formula."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from cgsurvey.planning import Power, SampleSize
from cgsurvey.present.figures.picture import (
    COLUMN,
    FAINT,
    GREY,
    INK,
    NEGATIVE,
    PAGE,
    POSITIVE,
    Picture,
    drawing,
    wrapped,
)
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.planning import of, parameter

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "n": "Respondents (n)",
        "power": "Power",
        "margin": "Margin (half the interval)",
        "theory": "theory",
        "curve": "probit curve",
        "simulated": "simulated, 95% interval",
        "alt": "Power of the tests by number of respondents. {told}",
        "told": "{name}: {points}.",
        "point": "{power} at n = {n}",
        "size_alt": "{measure} over n by the method {method}; n = {n} gives {value}.",
    },
    "id": {
        "n": "Responden (n)",
        "power": "Daya uji",
        "margin": "Margin galat (setengah interval)",
        "theory": "teori",
        "curve": "kurva probit",
        "simulated": "simulasi, interval 95%",
        "alt": "Daya uji menurut banyaknya responden. {told}",
        "told": "{name}: {points}.",
        "point": "{power} pada n = {n}",
        "size_alt": "{measure} menurut n dengan metode {method}; n = {n} menghasilkan {value}.",
    },
}
ACROSS, DOWN = 3, 4  # panels in a row, rows of panels on a page


def power_curves(x: Power, names: tuple[str, ...], *, language: str = "en") -> Picture:
    """Draw the power of some parameters over n, one panel each, with the wanted power and the n that reaches it.

    Parameters
    ----------
    x : Power
    names : tuple of str
        Of `x.targets`.
    language : {"en", "id"}
    """
    words, frame = WORDS[language], x.tidy()
    told = []
    for name in names:
        points = ", ".join(
            words["point"].format(power=show(r.power, "coefficient", language), n=show(r.n, "count", language))
            for r in frame[of(frame, name)].itertuples()
        )
        told.append(words["told"].format(name=parameter(x, name).of(language), points=points))
    across = min(len(names), ACROSS)
    rows = -(-len(names) // across)
    width = PAGE if across > 1 else COLUMN + 0.6
    height = 2.1 * rows + 0.3
    theory = bool(frame["power_expected"].notna().any())
    with drawing(width, height, words["alt"].format(told=" ".join(told))) as picture:
        panels = picture.subplots(rows, across, sharex=True, sharey=True, squeeze=False)
        bottom, left = 0.68 / height, 0.55 / width
        picture.subplots_adjust(left=left, right=0.985, bottom=bottom, top=1 - 0.3 / height, wspace=0.12, hspace=0.42)
        for k, axes in enumerate(panels.flat):
            if k >= len(names):
                axes.set_visible(False)
                continue
            _panel(axes, x, names[k], words, language, theory)
            if k + across >= len(names):
                axes.tick_params(labelbottom=True)
                axes.set_xlabel(words["n"], fontsize=7)
            axes.set_ylabel(words["power"] if k % across == 0 else "", fontsize=7)
        pairs = [axes.get_legend_handles_labels() for axes in panels.flat[: len(names)]]
        handles, labels = max(pairs, key=lambda pair: len(pair[1]))
        picture.legend(handles, labels, loc="lower center", ncols=len(labels), fontsize=6.8, handlelength=2.0)
    return picture


def _panel(axes: Any, x: Power, name: str, words: dict[str, str], language: str, theory: bool) -> None:
    frame = x.tidy()
    own = frame[of(frame, name)]
    n, power = own["n"].to_numpy(float), own["power"].to_numpy(float)
    low, high = power - own["ci_lower"].to_numpy(float), own["ci_upper"].to_numpy(float) - power
    axes.axhline(x.target, color=GREY, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
    alpha = float(x.meta.options["alpha"])
    at = np.linspace(n.min() * 0.9, n.max() * 1.05, 120)
    telling = (power > 0.01) & (power < 0.99)
    if theory:
        slope = (ndtri(own["power_expected"].clip(1e-9, 1 - 1e-9)) + ndtri(1 - alpha / 2)) / np.sqrt(n)
        curve = ndtr(float(np.median(slope)) * np.sqrt(at) - ndtri(1 - alpha / 2))
        axes.plot(at, curve, color=FAINT, linewidth=1.2, zorder=1, label=words["theory"])
    elif telling.sum() > 1:
        line = np.polyfit(np.sqrt(n[telling]), ndtri(power[telling]), 1)
        axes.plot(at, ndtr(np.polyval(line, np.sqrt(at))), color=FAINT, linewidth=1.2, zorder=1, label=words["curve"])
    axes.errorbar(
        n, power, yerr=np.abs([low, high]), fmt="o", color=POSITIVE, markersize=3.2, linewidth=0.9, capsize=2,
        zorder=3, label=words["simulated"],
    )  # fmt: skip
    reached = x.needed[of(x.needed, name)].iloc[0]
    span = n.max() - n.min() if len(n) > 1 else n.max()
    if np.isfinite(reached["ci_lower"]) and n.min() - 0.2 * span <= reached["n"] <= n.max() + 0.2 * span:
        axes.plot([reached["n"]] * 2, [0, x.target], color=NEGATIVE, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        axes.annotate(
            show(np.ceil(reached["n"]), "count", language), (reached["n"], 0.03), xytext=(3, 0),
            textcoords="offset points", fontsize=6.8, color=NEGATIVE, ha="left", va="bottom",
        )  # fmt: skip
    axes.set_ylim(0, 1.02)
    axes.set_title(wrapped(parameter(x, name).of(language), 34, 1), fontsize=7.4, loc="left")
    axes.tick_params(labelsize=6.8)
    axes.locator_params(axis="x", nbins=5, integer=True)
    axes.xaxis.set_major_formatter(lambda v, _: show(float(v), "count", language))
    axes.yaxis.set_major_formatter(lambda v, _: show(float(v), "coefficient", language, 1))


def size_curve(x: SampleSize, *, language: str = "en") -> Picture:
    """Draw what grows with n under a method, margin or power, with the n that was found."""
    from cgsurvey.present.tables.style import term

    words = WORDS[language]
    top = min(2.5 * x.n, x.given.get("population", np.inf))
    sizes = np.unique(np.linspace(max(x.n / 5, 5), max(top, x.n), 80).astype(int))
    found = x.at(sizes.tolist())
    value = float(x.at(x.n)[x.measure].iloc[0])
    share = x.measure == "margin" and x.method != "mean"

    def number(v: float) -> str:
        return (show(v, "share", language) + " %") if share else show(v, "number", language)

    alt = words["size_alt"].format(
        measure=words[x.measure], method=term("sizing", x.method).of(language), n=show(x.n, "count", language),
        value=number(value),
    )  # fmt: skip
    with drawing(COLUMN + 0.6, 2.5, alt) as picture:
        axes = picture.add_axes((0.16, 0.19, 0.81, 0.76))
        axes.plot(found["n"], found[x.measure], color=POSITIVE, linewidth=1.2)
        axes.plot([x.n, x.n], [0, value], color=NEGATIVE, linewidth=0.8, linestyle=(0, (4, 2)))
        axes.plot([x.n], [value], "o", color=NEGATIVE, markersize=4)
        axes.annotate(
            f"n = {show(x.n, 'count', language)}", (x.n, value), xytext=(5, 5 if x.measure == "margin" else -9),
            textcoords="offset points", fontsize=7, color=INK,
        )  # fmt: skip
        axes.set_ylim(0, None)
        axes.set_xlabel(words["n"], fontsize=7)
        axes.set_ylabel(words[x.measure], fontsize=7)
        axes.tick_params(labelsize=6.8)
        axes.xaxis.set_major_formatter(lambda v, _: show(float(v), "count", language))
        axes.yaxis.set_major_formatter(lambda v, _: number(float(v)))
    return picture
