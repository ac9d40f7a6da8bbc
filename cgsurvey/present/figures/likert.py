"""Diverging bars of Likert answers: disagreement to the left of the middle, agreement to the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cgsurvey.present.figures.picture import GREY, INK, PAGE, Picture, drawing, wrapped
from cgsurvey.present.numbers import show

WORDS = {
    "en": {
        "axis": "Share of answers (%)",
        "items": "Diverging bars of the answers to each item. {told}",
        "constructs": "Diverging bars of the answers to the items of each construct, reverse items turned. {told}",
        "told": "{item}: {high} agree, {low} disagree.",
    },
    "id": {
        "axis": "Persentase jawaban (%)",
        "items": "Diagram batang divergen jawaban atas setiap butir. {told}",
        "constructs": "Diagram batang divergen jawaban atas butir setiap konstruk, butir terbalik dibalik. {told}",
        "told": "{item}: {high} setuju, {low} tidak setuju.",
    },
}
_MIDDLE = "#d0d0d0"


def colours(n: int) -> list[str]:
    """Return `n` colours from disagreement (red) to agreement (blue), grey in the middle of an odd number."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    half = n // 2
    low = [to_hex(colormaps["RdBu"](x)) for x in np.linspace(0.08, 0.32, half)]
    high = [to_hex(colormaps["RdBu"](x)) for x in np.linspace(0.68, 0.92, half)]
    return [*low, *([_MIDDLE] if n % 2 else []), *high]


@dataclass(frozen=True)
class Bar:
    """One bar: its name in the alternative text, the words beside it, the heading it stands under.

    `shares` maps each answer value, in the order of the scale, to its share; they sum to one. `item` is an item with
    the same answer words.
    """

    name: str
    label: str
    heading: str
    shares: Mapping[float, float]
    item: str = ""


def likert_bars(
    bars: Sequence[Bar], *, answers: Mapping[float, str], what: str = "items", language: str = "en"
) -> Picture:
    """Draw bars that share one answer scale.

    Parameters
    ----------
    bars : sequence of Bar
        Bars of one heading stand side by side; a heading of "" stands for none.
    answers : mapping
        Words per answer value.
    what : {"items", "constructs"}
        What the bars are about.
    language : {"en", "id"}
    """
    values = list(bars[0].shares)
    cells = np.array([[b.shares[v] for v in values] for b in bars])
    half = len(values) // 2
    middle = cells[:, half] if len(values) % 2 else np.zeros(len(bars))
    low, high = cells[:, :half].sum(axis=1), cells[:, len(values) - half :].sum(axis=1)
    words = WORDS[language]

    def percent(x: float) -> str:
        return show(x, "share", language, 0).rstrip("% ") + "%"

    told = " ".join(
        words["told"].format(item=b.name, high=percent(h), low=percent(lo))
        for b, h, lo in zip(bars, high, low, strict=True)
    )
    first = [k for k, b in enumerate(bars) if b.heading and (k == 0 or bars[k - 1].heading != b.heading)]
    heads = {k: wrapped(bars[k].heading, 54) for k in first}
    y, at = 0.0, []
    for k in range(len(bars)):
        y -= 1.0 + (0.8 + 0.3 * heads[k].count("\n") if k in heads else 0.0)
        at.append(y)
    height = 0.28 * -y + 0.95
    with drawing(PAGE, height, words[what].format(told=told)) as picture:
        axes = picture.add_axes((0.45, 0.62 / height, 0.49, 1 - 0.75 / height))
        left = -(low + middle / 2)
        for column, colour in enumerate(colours(len(values))):
            axes.barh(
                at,
                cells[:, column] * 100,
                left=left * 100,
                height=0.68,
                color=colour,
                edgecolor="white",
                linewidth=0.4,
                label=answers.get(values[column], str(values[column])),
            )
            for k, share in enumerate(cells[:, column]):
                if share >= 0.09:
                    outer = column in (0, len(values) - 1)
                    axes.text(
                        (left[k] + share / 2) * 100,
                        at[k],
                        percent(share)[:-1],
                        ha="center",
                        va="center",
                        fontsize=6,
                        color="white" if outer else INK,
                    )
            left = left + cells[:, column]
        axes.axvline(0, color=GREY, linewidth=0.6, zorder=0)
        axes.set_yticks(at, [wrapped(b.label, 56) for b in bars], fontsize=6.6)
        axes.tick_params(axis="y", length=0)
        for k, head in heads.items():
            axes.text(
                -0.02,
                at[k] + 0.86,
                head,
                transform=axes.get_yaxis_transform(),
                ha="right",
                va="center",
                fontsize=7.2,
                weight="bold",
            )
        axes.set_ylim(y - 0.6, (0.35 if 0 in heads else 0) - 0.4 + 0.05)
        reach = max(1.05 * 100 * max((low + middle / 2).max(), (high + middle / 2).max()), 20)
        axes.set_xlim(-reach, reach)
        axes.xaxis.set_major_formatter(lambda x, _: f"{abs(x):.0f}")
        axes.set_xlabel(words["axis"])
        axes.spines["left"].set_visible(False)
        picture.legend(
            *axes.get_legend_handles_labels(),
            loc="lower center",
            ncols=len(values),
            bbox_to_anchor=(0.5, -0.02),
            handlelength=1,
            columnspacing=1.2,
            fontsize=6.8,
        )
    return picture
