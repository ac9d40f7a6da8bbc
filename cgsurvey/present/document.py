"""A document before it has a format: text, tables and figures in order, numbered and cross-referenced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cgsurvey.present.table import Table, Words

TABLE = Words("Table", "Tabel")
FIGURE = Words("Figure", "Gambar")


@dataclass(frozen=True)
class Heading:
    """A heading of level 1..3."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Ref:
    """A reference in running text to a numbered table or figure."""

    anchor: str


class Em(str):
    """A text in italics."""

    __slots__ = ()


@dataclass(frozen=True)
class Paragraph:
    """Running text of texts (`Em` in italics) and references.

    `style`: "body", "lead" (bold), "reference" (hanging indent), "code".
    """

    parts: tuple[str | Ref, ...]
    style: str = "body"


@dataclass(frozen=True)
class Bullets:
    """A list of remarks."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """A drawn figure: `svg` and `png` of the same picture, its caption, its description for those who cannot see it."""

    svg: bytes = field(repr=False)
    png: bytes = field(repr=False)
    title: str
    alt: str
    width_cm: float = 16.0
    remark: str = ""


@dataclass(frozen=True)
class Numbered:
    """A table or figure under the name by which the text refers to it."""

    anchor: str
    item: Table | Figure


Block = Heading | Paragraph | Bullets | Numbered


@dataclass(frozen=True)
class Document:
    """All that a writer needs.

    Attributes
    ----------
    title : str
        Title.
    language : {"en", "id"}
        Language of the words and numbers.
    blocks : tuple
        `Heading`, `Paragraph`, `Bullets`, `Numbered` in order.
    authors : tuple of str
        Authors.
    simulated : bool
        Whether a line on every page must say that the data are simulated.
    contents : bool
        Whether lists of contents, tables and figures stand at the front.
    bare : bool
        True for a single table: no title page matter.
    """

    title: str
    language: str
    blocks: tuple[Block, ...]
    authors: tuple[str, ...] = ()
    simulated: bool = False
    contents: bool = False
    bare: bool = False

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Number of each anchor, tables and figures counted apart."""
        counts = {Table: 0, Figure: 0}
        found: dict[str, int] = {}
        for anchor, item in self.numbered():
            counts[type(item)] += 1
            found[anchor] = counts[type(item)]
        return found

    def numbered(self) -> Iterator[tuple[str, Table | Figure]]:
        """Go through tables and figures in order."""
        return ((b.anchor, b.item) for b in self.blocks if isinstance(b, Numbered))

    def name(self, anchor: str) -> str:
        """Return "Table 3", "Gambar 1"."""
        item = dict(self.numbered())[anchor]
        return f"{(TABLE if isinstance(item, Table) else FIGURE).of(self.language)} {self.numbers[anchor]}"

    def plain(self, paragraph: Paragraph) -> str:
        """Return a paragraph as plain text."""
        return "".join(p if isinstance(p, str) else self.name(p.anchor) for p in paragraph.parts)
