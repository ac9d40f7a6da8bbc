"""A finished report, and how it is written to a file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.base.options import choose
from cgsurvey.base.result import Meta
from cgsurvey.present.document import Block, Document, Figure, Heading
from cgsurvey.present.table import Table

if TYPE_CHECKING:
    from cgsurvey.present.report.verification import Verification


@dataclass(frozen=True)
class Section:
    """A section of a report: heading and content."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """A finished report; it does not change when it is written.

    Attributes
    ----------
    title : str
    language : {"en", "id"}
    sections : tuple of Section
        In the order of the chapter.
    authors : tuple of str
    simulated : bool
        Whether the data are simulated; said at the top and on every page.
    template : Path, optional
        Word template of ``.docx`` files.
    contents : bool
        Whether lists of contents, tables and figures stand at the front.
    remake : callable, optional
        Composes the report again from the results that it was made from; it is not pickled, since it holds them.
    """

    title: str
    language: str
    sections: tuple[Section, ...]
    authors: tuple[str, ...] = ()
    simulated: bool = False
    template: Path | None = None
    contents: bool = True
    remake: Callable[[], Report] | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "remake": None}

    @cached_property
    def document(self) -> Document:
        """The report as headings, paragraphs, tables and figures in order."""
        blocks: list[Block] = []
        for section in self.sections:
            blocks += [Heading(section.title), *section.blocks]
        return Document(self.title, self.language, tuple(blocks), self.authors, self.simulated, self.contents)

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables in order."""
        return tuple(item for _, item in self.document.numbered() if isinstance(item, Table))

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures in order."""
        return tuple(item for _, item in self.document.numbered() if isinstance(item, Figure))

    def save(self, path: str | Path) -> Path:
        """Write the report; the ending decides the format: docx, html, xlsx (tables only), tex or txt.

        The file is written whole or not at all.

        Raises
        ------
        OptionError
            When the ending is none of these.
        DataError
            When the file cannot be written or the template cannot be read.
        """
        from cgsurvey.present.writers import docx, html, latex, text, write_bytes, xlsx

        target = Path(path)
        ending = target.suffix.lstrip(".").lower()
        choose("format", ending, ("docx", "html", "xlsx", "tex", "txt"))
        if ending == "docx":
            return docx.write(self.document, target, template=self.template)
        if ending == "txt":
            return write_bytes(target, text.document(self.document).encode("utf-8"))
        writers: Mapping[str, Callable[[Document, Path], Path]] = {
            "html": html.write,
            "xlsx": xlsx.write,
            "tex": latex.write,
        }
        return writers[ending](self.document, target)

    def save_figures(self, folder: str | Path) -> tuple[Path, ...]:
        """Write each figure as svg and png into a folder, made if it is absent, and return the paths."""
        from cgsurvey.present.writers import write_bytes

        target = Path(folder)
        if target.exists() and not target.is_dir():
            raise DataError(f"'{target.name}' is a file; figures need a folder.")
        target.mkdir(parents=True, exist_ok=True)
        out = []
        for anchor, item in self.document.numbered():
            if isinstance(item, Figure):
                stem = f"{self.document.numbers[anchor]:02d}_{anchor.partition(':')[2] or anchor}"
                out += [
                    write_bytes(target / f"{stem}.{kind}", data)
                    for kind, data in (("svg", item.svg), ("png", item.png))
                ]
        return tuple(out)

    def verify(self, path: str | Path | None = None) -> Verification:
        """Compose the report again from its results and list every cell, number and sentence that differs.

        Parameters
        ----------
        path : str or Path, optional
            A file that the report was saved to (docx, html, xlsx, tex, txt), to be compared as it stands on the disk;
            without it the report itself is compared, its numbers unrounded. Pictures are not compared.

        Returns
        -------
        Verification
            `clean` is True when nothing differs; `differences` lists file, place, printed, recomputed.

        Raises
        ------
        DataError
            When the file cannot be read.
        OptionError
            When the report no longer knows what it was made from (it was pickled, or made by hand), or for another
            ending.

        See Also
        --------
        cgsurvey.verify : computes a whole study again, from its data.
        """
        from cgsurvey.present.report.verification import content, differences, html_content, joined

        if self.remake is None:
            raise OptionError("this report does not know its results any more. Compose it again with cg.report(...).")
        again = self.remake()
        meta = Meta(function="verify", simulated=self.simulated)
        if path is None:
            name, printed, made = "report", html_content(self.to_html()), html_content(again.to_html())
        else:
            name, printed = Path(path).name, content(Path(path))
            with tempfile.TemporaryDirectory() as folder:
                made = content(again.save(Path(folder) / name))
        return joined([differences(name, printed, made)], meta=meta)

    def to_text(self) -> str:
        """Return the report as plain text."""
        from cgsurvey.present.writers import text

        return text.document(self.document)

    def to_html(self) -> str:
        """Return the report as one self-contained HTML page."""
        from cgsurvey.present.writers import html

        return html.render(self.document)

    def __str__(self) -> str:
        return self.to_text()
