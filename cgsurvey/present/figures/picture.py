"""A picture: a matplotlib figure that knows its alternative text, prints well and shows itself in a notebook once."""

from __future__ import annotations

import io
import textwrap
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

from cgsurvey.base.errors import OptionError, did_you_mean
from cgsurvey.base.options import choose
from cgsurvey.base.result import Meta
from cgsurvey.present.writers import write_bytes

# Widths of a journal column and page in inches; text is 8 pt at these sizes.
COLUMN, PAGE = 3.5, 7.2
INK, GREY, FAINT = "#1a1a1a", "#767676", "#c8c8c8"
# Ends of RdBu: told apart with every colour vision and, by lightness and sign, in greyscale.
NEGATIVE, POSITIVE = "#b2182b", "#2166ac"

STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Liberation Sans"],
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "savefig.dpi": 300,
    "svg.fonttype": "none",
    "svg.hashsalt": "cgsurvey",
    "pdf.fonttype": 42,
}


_BASE = 8.0
_chosen: ContextVar[tuple[str | None, float]] = ContextVar("figure_style", default=(None, _BASE))


@contextmanager
def figure_style(*, font: str | None = None, size: float = _BASE) -> Iterator[None]:
    """Draw the pictures within a `with` block in a typeface and size that a journal or campus asks for.

    Pictures are as wide as a column (3.5 inches) or a page (7.2 inches) of a journal, so that they need no scaling.

    Parameters
    ----------
    font : str, optional
        A typeface that is installed, e.g. "Times New Roman". Signs that it lacks are taken from the usual one.
    size : float, default 8
        Size of ordinary text in points, 6 to 9; smaller and larger texts follow.

    Raises
    ------
    OptionError
        When the typeface is not installed here, or the size is outside the limits.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> with cg.figure_style(font="DejaVu Serif", size=9):
    ...     picture = cg.diagram("trust =~ t1 + t2 + t3")
    """
    if not 6 <= size <= 9:
        raise OptionError(f"size={size:g} is outside 6 to 9 points; texts of pictures would be unreadable or overlap.")
    if font is not None and font not in (known := font_manager.get_font_names()):
        raise OptionError(f"font='{font}' is not installed here.{did_you_mean(font, known)}")
    token = _chosen.set((font, size))
    try:
        yield
    finally:
        _chosen.reset(token)


class Picture(Figure):
    """A figure with an alternative text (`alt`) and `save`; white paper in light and dark notebooks alike."""

    alt: str = ""

    def save(self, path: str | Path, *, dpi: int = 300) -> Path:
        """Write the picture; the ending (svg, pdf, png) decides the format.

        Raises
        ------
        OptionError
            When the ending is none of these.
        DataError
            When the folder is absent or the file cannot be replaced.
        """
        kind = choose("format", Path(path).suffix.lstrip(".").lower(), ("svg", "pdf", "png"))
        return write_bytes(path, self.to_bytes(kind, dpi=dpi))

    def to_bytes(self, kind: str = "png", *, dpi: int = 300) -> bytes:
        """Return the picture as the bytes of an svg, pdf or png file; the same picture gives the same bytes."""
        buffer = io.BytesIO()
        stamps: dict[str, dict[str, Any]] = {
            "svg": {"Date": None, "Title": self.alt},
            "pdf": {"CreationDate": None, "Title": self.alt},
            "png": {"Software": None, "Description": self.alt},
        }
        with matplotlib.rc_context(STYLE):
            self.savefig(
                buffer,
                format=kind,
                dpi=dpi,
                bbox_inches="tight",
                pad_inches=0.06,
                facecolor="white",
                metadata=stamps[kind],
            )
        return buffer.getvalue()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        png = b64encode(self.to_bytes("png", dpi=144)).decode()
        look = {"alt": self.alt, "width": int(self.get_figwidth() * 96), "needs_background": "light"}
        return {"image/png": png, "text/plain": self.alt}, {"image/png": look}


def wrapped(text: str, width: int, lines: int = 2) -> str:
    """Break a text into lines, with an ellipsis where it is longer."""
    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=" …"))


def item_words(meta: Meta, item: str, language: str) -> str:
    """Return name and wording of an item."""
    said = meta.label(item, language)
    return item if said == item else f"{item}  {said}"


@contextmanager
def drawing(width: float, height: float, alt: str) -> Iterator[Picture]:
    """Give a new picture of `width` x `height` inches to draw on, in the style of the package."""
    font, size = _chosen.get()
    with matplotlib.rc_context(STYLE):
        if font is not None:
            matplotlib.rcParams["font.family"] = [font, "DejaVu Sans"]  # which matplotlib brings along
        picture = Picture(figsize=(width, height), facecolor="white")
        picture.alt = alt
        yield picture
        if size != _BASE:
            _enlarge(picture, size / _BASE)


def _enlarge(picture: Picture, times: float) -> None:
    # Ticks may be made anew when the picture is printed, so that their size is set on the axis.
    ticks = [
        (a, next((float(t.get_fontsize()) for t in a.get_ticklabels()), 0))
        for x in picture.axes
        for a in (x.xaxis, x.yaxis)
    ]
    for text in picture.findobj(Text):
        text.set_fontsize(float(text.get_fontsize()) * times)
    for axis, size in ticks:
        if size:
            axis.set_tick_params(which="both", labelsize=size * times)
