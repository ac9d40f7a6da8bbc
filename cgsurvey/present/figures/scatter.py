"""Points with names that do not lie on each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.textpath import TextPath

from cgsurvey.present.figures.picture import GREY, INK

Box = tuple[float, float, float, float]
ANGLES = np.deg2rad([0, 180, 90, 270, 45, 135, 315, 225])
REACH = (5.0, 9.0, 14.0, 20.0, 28.0, 38.0)  # points from the mark to its name


def name_points(
    panel: Any,
    x: np.ndarray,
    y: np.ndarray,
    names: Sequence[str],
    *,
    lines: Sequence[Box] = (),
    size: float = 6.5,
) -> list[Box]:
    """Write names beside points (x, y) of a panel whose limits stand; return their boxes in points.

    `lines` are drawn lines (left, bottom, right, top) in units of the panel, which names avoid as well.

    Each name takes the nearest place around its mark where it covers neither a name, a mark, nor the edge; names far
    from their mark get a line. Where all places are taken the least covered one is.
    """
    picture = panel.figure
    place = panel.get_position()
    wide, high = (72 * s for s in picture.get_size_inches())
    width, height = place.width * wide, place.height * high
    (left, right), (low, top) = panel.get_xlim(), panel.get_ylim()
    px, py = (x - left) / (right - left) * width, (y - low) / (top - low) * height
    marks: list[Box] = [(a - 3, b - 3, a + 3, b + 3) for a, b in zip(px, py, strict=True)]
    taken: list[Box] = []
    across, up = width / (right - left), height / (top - low)
    drawn = [((a - left) * across - 1, (b - low) * up - 1, (c - left) * across + 1, (d - low) * up + 1)
             for a, b, c, d in lines]  # fmt: skip
    for k in np.argsort(-py, kind="stable"):
        words = names[k].split("\n")
        w = max(TextPath((0, 0), word or " ", size=size).get_extents().width for word in words) + 1
        h = size * (1.2 * len(words) - 0.1)
        best: tuple[float, Box, float] | None = None
        for reach in REACH:
            for angle in ANGLES:
                cx = px[k] + np.cos(angle) * (reach + w / 2 * abs(np.cos(angle)))
                cy = py[k] + np.sin(angle) * (reach + h / 2 * abs(np.sin(angle)))
                box = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
                covered = sum(_overlap(box, b) for b in taken) * 3
                covered += sum(_overlap(box, m) for j, m in enumerate(marks) if j != k)
                covered += sum(_overlap(box, stroke) for stroke in drawn)
                covered += _outside(box, width, height) * 5
                if best is None or covered < best[0] - 1e-9:
                    best = (covered, box, reach)
            if best is not None and best[0] == 0:
                break
        assert best is not None
        _, box, reach = best
        taken.append(box)
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        panel.annotate(
            names[k],
            (x[k], y[k]),
            xytext=(middle[0] - px[k], middle[1] - py[k]),
            textcoords="offset points",
            fontsize=size,
            ha="center",
            va="center",
            color=INK,
            linespacing=1.0,
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.4, "shrinkA": 0, "shrinkB": 2}
            if reach > REACH[1]
            else None,
        )
    return taken


def _overlap(a: Box, b: Box) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _outside(a: Box, width: float, height: float) -> float:
    inside = max(0.0, min(a[2], width) - max(a[0], 0.0)) * max(0.0, min(a[3], height) - max(a[1], 0.0))
    return (a[2] - a[0]) * (a[3] - a[1]) - inside


def limits(values: np.ndarray, *more: float, room: float = 0.12) -> tuple[float, float]:
    """Return the ends of an axis with room around all values."""
    known = np.concatenate([values[np.isfinite(values)], np.array(more, dtype=float)])
    low, high = float(known.min()), float(known.max())
    space = room * (high - low) or 0.5
    return low - space, high + space
