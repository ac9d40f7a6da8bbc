"""A picture: a matplotlib figure that knows its alternative text, prints well and shows itself in a notebook once."""

from __future__ import annotations

import io
import textwrap
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

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
    with matplotlib.rc_context(STYLE):
        picture = Picture(figsize=(width, height), facecolor="white")
        picture.alt = alt
        yield picture
