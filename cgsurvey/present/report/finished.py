"""A finished report, and how it is written to a file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.base.options import choose
from cgsurvey.base.result import Meta
from cgsurvey.present.document import Block, Document, Figure, Heading
from cgsurvey.present.report import bibliography
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
    sources : tuple of str
        Keys of all sources that the report cites.
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
    sources: tuple[str, ...] = ()
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
        """Write the report; the ending decides the format.

        It is docx, html, pdf (needs the extra ``pdf``), xlsx (tables only), tex, typ or txt, each with all tables; or
        bib and json (CSL-JSON), the sources alone. The file is written whole or not at all.

        Raises
        ------
        OptionError
            When the ending is none of these.
        DataError
            When the file cannot be written or the template cannot be read.
        MissingDependencyError
            When a PDF is asked for and typst is not installed.
        """
        from cgsurvey.present.writers import docx, html, latex, text, typst, write_bytes, xlsx

        target = Path(path)
        ending = target.suffix.lstrip(".").lower()
        writers: Mapping[str, Callable[[Document, Path], Path]] = {
            "docx": partial(docx.write, template=self.template),
            "html": html.write,
            "pdf": typst.write_pdf,
            "xlsx": xlsx.write,
            "tex": latex.write,
            "typ": typst.write,
            "txt": lambda doc, path: write_bytes(path, text.document(doc).encode("utf-8")),
            "bib": lambda doc, path: write_bytes(path, self.references("bibtex").encode("utf-8")),
            "json": lambda doc, path: write_bytes(path, self.references("csl-json").encode("utf-8")),
        }
        return writers[choose("format", ending, writers)](self.document, target)

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
            A file that the report was saved to, to be compared as it stands on the disk (a PDF as a whole); without it
            the report itself is compared, its numbers unrounded. Pictures are not compared.

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

    def references(self, style: Literal["apa", "bibtex", "csl-json"] = "apa") -> str:
        """Return the sources of the report: one per line in APA 7 style, as BibTeX, or as CSL-JSON.

        Raises
        ------
        OptionError
            When the style is none of these.
        """
        listed = bibliography.sources(self.sources)
        if choose("style", style, ("apa", "bibtex", "csl-json")) == "apa":
            return "".join(f"{entry.apa}\n" for entry in listed)
        return bibliography.bibtex(listed) if style == "bibtex" else bibliography.csl(listed)

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
