"""What a reader would see of a picture: its texts and whether they cover each other."""

from __future__ import annotations

from itertools import combinations

from matplotlib.axis import Tick
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from cgsurvey.present.figures.picture import Picture


def drawn(picture: Picture) -> list[Text]:
    """Return the texts that are drawn; ticks beyond the limits of an axis are not."""
    found = picture.findobj(Text)
    of_ticks = {t for tick in picture.findobj(Tick) for t in (tick.label1, tick.label2)}
    axes = [axis for a in picture.axes if a.axison for axis in (a.xaxis, a.yaxis)]
    shown = {tick.label1 for axis in axes for tick in axis._update_ticks()}
    return [t for t in dict.fromkeys(found) if t.get_visible() and t.get_text().strip() and t not in of_ticks - shown]


def words(picture: Picture) -> list[str]:
    """Return what is written on a picture."""
    return [t.get_text() for t in drawn(picture)]


def overlapping(picture: Picture) -> list[tuple[str, str]]:
    """Return the pairs of texts that cover each other by more than the rim of a letter."""
    canvas = FigureCanvasAgg(picture)
    canvas.draw()
    boxes = [(t.get_text(), t.get_window_extent(canvas.get_renderer()).padded(-1)) for t in drawn(picture)]
    return [(a, b) for (a, one), (b, two) in combinations(boxes, 2) if one.overlaps(two)]
