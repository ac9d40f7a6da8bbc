"""The flow of respondents: who was invited, who answered, who left and why, who is analysed."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cgsurvey.present.figures.picture import GREY, INK, Picture, drawing
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.flow import steps
from cgsurvey.present.tables.style import term
from cgsurvey.responses import Responses

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "alt": "Flow of respondents from top to bottom. {told}",
        "rate": "response rate {rate}%",
        "simulated": "Simulated data.",
    },
    "id": {
        "alt": "Alur responden dari atas ke bawah. {told}",
        "rate": "tingkat respons {rate}%",
        "simulated": "Data simulasi.",
    },
}
MAIN, SIDE, GAP, LINE = 2.3, 3.1, 0.5, 0.15  # inches


def flow_chart(x: Responses, *, language: str = "en", invited: int = 0) -> Picture:
    """Draw the flow of respondents.

    Parameters
    ----------
    x : Responses
        Its `flow` names each step at which respondents left.
    language : {"en", "id"}
    invited : int
        People who were asked to take part; 0 where this is not known.
    """
    words = WORDS[language]
    found = steps(x, invited)
    first, last = found[0], found[-1]
    read = term("step", "read").of(language)
    heads: dict[int, str] = {0: _n(first.name.of(language) if invited else read, first.before, language)}
    if invited:
        rate = words["rate"].format(rate=show(first.after / invited, "share", language, 1))
        heads[1] = _n(read, first.after, language) + f"\n{rate}"
    heads[len(found) - 1] = _n(last.name.of(language), last.after, language)
    left: dict[int, str] = {}
    for k, step in enumerate(found):
        if step.out:
            cut = step.cut.of(language).lstrip("<>≤≥ ") if step.cut else ""  # the words of a rule tell the direction
            why = f"{step.why.of(language)} {cut}".strip()
            left[k] = _n("\n".join(textwrap.wrap(why, 46)), step.out, language)
    told = "; ".join(" ".join(text.split()) for k in range(len(found)) for text in (heads.get(k), left.get(k)) if text)
    # a main box, then what leaves below it
    rows: list[tuple[str, str]] = []
    for k in range(len(found)):
        rows += [("main", heads[k])] if k in heads else []
        rows += [("side", left[k])] if k in left else []
    heights = [LINE * (text.count("\n") + 1) + 0.16 for _, text in rows]
    foot = 0.22 if x.simulated else 0.0
    height = sum(heights) + 0.16 * (len(rows) - 1) + 0.16 + foot
    with drawing(MAIN + GAP + SIDE + 0.16, height, words["alt"].format(told=f"{told}.")) as picture:
        axes = picture.add_axes((0, 0, 1, 1))
        axes.set_xlim(-0.08, MAIN + GAP + SIDE + 0.08)
        axes.set_ylim(-height + 0.08, 0.08)
        axes.set_axis_off()
        top, below = 0.0, None
        for (kind, text), tall in zip(rows, heights, strict=True):
            if kind == "main":
                if below is not None:
                    _arrow(axes, (MAIN / 2, below), (MAIN / 2, top))
                _box(axes, 0, top, MAIN, tall, text, "center")
                below = top - tall
            else:
                _arrow(axes, (MAIN / 2, top - tall / 2), (MAIN + GAP, top - tall / 2))
                _box(axes, MAIN + GAP, top, SIDE, tall, text, "left")
            top -= tall + 0.16
        if x.simulated:
            axes.text(0, -height + 0.14, words["simulated"], fontsize=7, color=GREY, va="bottom")
    return picture


def _n(text: str, n: int, language: str) -> str:
    return f"{text}\nn = {show(n, 'count', language)}"


def _box(axes: Axes, left: float, top: float, wide: float, tall: float, text: str, align: str) -> None:
    axes.add_patch(Rectangle((left, top - tall), wide, tall, facecolor="white", edgecolor=INK, linewidth=0.8, zorder=2))
    at = left + wide / 2 if align == "center" else left + 0.1
    axes.text(at, top - tall / 2, text, ha=align, va="center", fontsize=7.5, linespacing=1.25, color=INK, zorder=3)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    style = {"arrowstyle": "-|>", "color": INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=style)
