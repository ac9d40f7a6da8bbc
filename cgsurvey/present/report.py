"""The report: results in, a chapter out, in the order in which a chapter has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose
from cgsurvey.base.references import Reference, reference
from cgsurvey.base.result import Result, versions
from cgsurvey.moments import McarTest
from cgsurvey.present.document import Block, Bullets, Document, Em, Figure, Heading, Numbered, Paragraph, Ref
from cgsurvey.present.narration.of_models import continuous
from cgsurvey.present.narration.sentences import Sentence, paragraph, paragraphs, say
from cgsurvey.present.numbers import language_of
from cgsurvey.present.table import SIMULATED, Column, Table, Words, words
from cgsurvey.present.tables import all_tables, estimation
from cgsurvey.present.tables.responses import with_choices
from cgsurvey.present.tables.sem import structural
from cgsurvey.present.tables.style import Style, label, term
from cgsurvey.reliability import Reliability, Validity
from cgsurvey.responses import Responses, Screening
from cgsurvey.responses.describe import NO_ANSWER, Description
from cgsurvey.responses.link import Linkage
from cgsurvey.sem import PooledFit, SemFit
from cgsurvey.sem.compare import Comparison
from cgsurvey.sem.cross_check import CrossCheck
from cgsurvey.sem.hypotheses import Hypotheses, test_hypotheses
from cgsurvey.sem.invariance import Invariance
from cgsurvey.sem.joint_tests import ScoreTest, WaldTest
from cgsurvey.sem.mediation import Mediation
from cgsurvey.sem.moderation import SimpleSlopes

# Classes with a section of their own; about the data as a whole, not about one side.
MODELS: Mapping[str, tuple[type, ...]] = {
    "mcar": (McarTest,),
    "invariance": (Invariance,),
    "mediation": (Mediation,),
    "moderation": (SimpleSlopes,),
    "comparison": (Comparison,),
    "tests": (WaldTest, ScoreTest),
}
SMALL_CELL = 5
DRAWN = 8  # latent variables up to which a diagram without paths can show items and correlations
LONG, WIDE = 40, 14  # rows and columns beyond which a table goes to the appendix
APPENDIX = {"wording", "missing", "patterns", "thresholds", "correlations", "residuals", "modification", "item_quality"}
TITLES: Mapping[str, Words] = {
    "report": Words("Survey report", "Laporan survei"),
    "method": Words("Method", "Metode"),
    "respondents": Words("Respondents", "Responden"),
    "linkage": Words("Linking of partners and users", "Penghubungan mitra dan pengguna"),
    "screening": Words("Screening of the data", "Penyaringan data"),
    "mcar": Words("Missing answers", "Jawaban kosong"),
    "description": Words("Description", "Deskripsi"),
    "measurement": Words("Measurement model", "Model pengukuran"),
    "reliability": Words("Reliability", "Reliabilitas"),
    "validity": Words("Validity", "Validitas"),
    "invariance": Words("Measurement invariance", "Invariansi pengukuran"),
    "structure": Words("Structural model", "Model struktural"),
    "mediation": Words("Direct and indirect effects", "Pengaruh langsung dan tidak langsung"),
    "moderation": Words("Moderation", "Moderasi"),
    "comparison": Words("Comparison of models", "Perbandingan model"),
    "tests": Words("Tests of constraints", "Uji kendala"),
    "hypotheses": Words("Hypotheses", "Hipotesis"),
    "cross_check": Words("Check by an independent engine", "Pemeriksaan dengan mesin hitung independen"),
    "other": Words("Further tables", "Tabel lain"),
    "limits": Words("Limitations and notes", "Keterbatasan dan catatan"),
    "references": Words("References", "Daftar pustaka"),
    "stamp": Words("Reproducibility", "Reproduksibilitas"),
    "appendix": Words("Appendix", "Lampiran"),
}
CAPTIONS: Mapping[str, Words] = {
    "likert": Words("Answers by category", "Jawaban menurut kategori"),
    "diagram": Words("Path diagram with standardised coefficients", "Diagram jalur dengan koefisien terstandar"),
    "loadings": Words("Standardised loadings with intervals", "Muatan faktor terstandar beserta intervalnya"),
    "htmt": Words("Heterotrait-monotrait ratios", "Rasio heterotrait-monotrait"),
    "correlations": Words("Correlations of the constructs", "Korelasi antarkonstruk"),
}
SIDES: Mapping[str, Words] = {"partner": Words("Partners", "Mitra"), "user": Words("Users", "Pengguna")}
SHOWN_ELSEWHERE = {"sem.engines_agree", "responses.kept"}  # notes whose numbers stand in tables of the report
LEVELS: Mapping[str, Words] = {
    "serious": Words("Serious", "Serius"),
    "warning": Words("Caution", "Perhatian"),
    "info": Words("Note", "Catatan"),
}


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
    """

    title: str
    language: str
    sections: tuple[Section, ...]
    authors: tuple[str, ...] = ()
    simulated: bool = False
    template: Path | None = None
    contents: bool = True

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


def report(
    parts: Any,
    *,
    title: str = "",
    language: Literal["en", "id"] = "en",
    authors: Sequence[str] | str = (),
    hypotheses: Mapping[str, str] | None = None,
    template: str | Path | None = None,
    cutoffs: Mapping[str, float] | None = None,
    dialect: Literal["apa", "thesis"] = "apa",
    figures: bool = True,
    contents: bool = True,
    stamp: Mapping[str, str] | None = None,
) -> Report:
    """Compose a report of results.

    Parameters
    ----------
    parts : sequence or mapping of results
        Responses, screening, description, linkage, reliability, validity, fitted models, hypotheses, cross-check,
        tables, data frames; in any order, the report puts them into that of a chapter.
    title : str, optional
        "Survey report" or "Laporan survei" by default.
    language : {"en", "id"}
    authors : sequence of str
    hypotheses : mapping of str to str, optional
        Hypotheses about the structural model, ``{"H1": "y ~ x > 0"}``.
    template : str or Path, optional
        Word file whose styles and page set-up a ``.docx`` report takes over.
    cutoffs : mapping of str to float, optional
        Cut-offs by measure instead of those in the rules of the package.
    dialect : {"apa", "thesis"}
        "thesis" prints the words of Indonesian theses.
    figures : bool
        Whether figures are drawn.
    contents : bool
        Whether lists of contents, tables and figures stand at the front.
    stamp : mapping of str to str, optional
        Further lines of the table of versions and hashes, e.g. the hash of the plan.

    Returns
    -------
    Report

    Raises
    ------
    OptionError
        When a part cannot be shown, nothing is given, or hypotheses have no structural model.

    Notes
    -----
    Sections, methods paragraph, references and stamp follow from what is given: nothing is written about an analysis
    that was not made.
    """
    language_of(language)
    style = Style(dict(cutoffs or {}), choose("dialect", dialect, ("apa", "thesis")))
    given = _Parts.sorted(parts, hypotheses)
    writer = _Composer(given, language, style, figures, dict(stamp or {}))
    return Report(
        title=title or TITLES["report"].of(language),
        language=language,
        sections=tuple(s for s in writer.sections() if s.blocks),
        authors=(authors,) if isinstance(authors, str) else tuple(authors),
        simulated=given.simulated,
        template=Path(template) if template is not None else None,
        contents=contents,
    )


@dataclass(frozen=True)
class _Parts:
    """What a report is made of, by kind."""

    responses: tuple[Responses, ...]
    results: tuple[Result, ...]
    others: tuple[Table | pd.DataFrame, ...]

    @classmethod
    def sorted(cls, parts: Any, hypotheses: Mapping[str, str] | None) -> _Parts:
        if isinstance(parts, Mapping):
            parts = list(parts.values())
        listed = list(parts) if isinstance(parts, Iterable) and not isinstance(parts, pd.DataFrame | str) else [parts]
        data: tuple[type, ...] = (Responses, Screening, Description, Linkage, Reliability, Validity)
        known = (*data, SemFit, PooledFit, Hypotheses, CrossCheck, *(k for kinds in MODELS.values() for k in kinds))
        wrong = [type(p).__name__ for p in listed if not isinstance(p, (*known, Table, pd.DataFrame))]
        if wrong:
            raise OptionError(
                f"parts: a report cannot show {', '.join(dict.fromkeys(wrong))}. Give results of cgsurvey, Responses, "
                "tables or data frames."
            )
        if not listed:
            raise OptionError("parts: nothing was given to report. Give results, e.g. report([fit], title=...).")
        found = cls(
            tuple(p for p in listed if isinstance(p, Responses)),
            tuple(p for p in listed if isinstance(p, Result)),
            tuple(p for p in listed if isinstance(p, Table | pd.DataFrame)),
        )
        linked = [r.linkage for r in found.responses if r.linkage is not None]
        if linked and not found.of(Linkage):
            found = replace(found, results=(*found.results, *linked))
        if hypotheses:
            models = found.fits(True)
            if not models:
                raise OptionError("hypotheses need a structural model among the parts: cg.sem('y ~ x', data).")
            found = replace(found, results=(*found.results, test_hypotheses(models[-1], hypotheses)))
        if found.responses:
            told = tuple(
                with_choices(r, found.responses[0]) if isinstance(r, Description) else r for r in found.results
            )
            found = replace(found, results=told)
        return found

    def of(self, *kinds: type) -> list[Any]:
        """Return the results of these classes."""
        return [r for r in self.results if isinstance(r, kinds)]

    def fits(self, paths: bool) -> list[SemFit]:
        """Return the models with (without) structural paths."""
        return [f for f in self.of(SemFit) if structural(f) == paths]

    def models(self, paths: bool) -> list[SemFit | PooledFit]:
        """Return the same, with those fitted to imputed data."""
        return [f for f in self.of(SemFit, PooledFit) if structural(f) == paths]

    @property
    def simulated(self) -> bool:
        """True when any part is simulated."""
        marked = [r.simulated for r in self.responses] + [r.meta.simulated for r in self.results]
        return any(marked + [t.simulated for t in self.others if isinstance(t, Table)])

    def notes(self) -> list[tuple[Note, str]]:
        """All notes, each once, with the file that it is about where several files have notes of that kind."""
        seen: dict[tuple[str, str], tuple[Note, str]] = {}
        for one, file in (
            *((n, r.provenance.file) for r in self.responses for n in r.notes),
            *((n, r.meta.source) for r in self.results for n in r.notes),
        ):
            seen.setdefault((one.code, one.text), (one, file))
        files: dict[str, set[str]] = {}
        for one, file in seen.values():
            files.setdefault(one.code, set()).add(file)
        return [(n, file if len(files[n.code]) > 1 else "") for n, file in seen.values()]

    def constructs(self) -> dict[str, Words]:
        """Words for constructs and latent variables by their names."""
        named = {n: label(f.meta, n) for f in self.of(SemFit, PooledFit) for n in f.latents}
        for one in (r.instrument for r in self.responses if r.instrument is not None):
            inner = [c for top in one.constructs for c in top.walk()]
            named |= {
                c.id: Words(c.label.get("en") or c.id, c.label.get("id") or c.label.get("en") or c.id) for c in inner
            }
        return named

    def side(self, part: Any) -> Words | None:
        """Return which side a part is about, where the parts come from several files."""
        if len(self.responses) < 2 or not isinstance(part, Responses | Screening | Description | Reliability):
            return None
        file = part.provenance.file if isinstance(part, Responses) else part.meta.source
        about = next((r for r in self.responses if r.provenance.file == file), None)
        if about is None or about.instrument is None:
            return words(file) if file else None
        asked = {about.instrument.item(i).respondent for i in about.items}
        known = [SIDES[who] for who in SIDES if who in asked]
        return known[0] if self.of(Linkage) and len(known) == 1 else words(file)


class _Composer:
    """Puts the blocks of a report together."""

    def __init__(self, parts: _Parts, language: str, style: Style, figures: bool, stamp: Mapping[str, str]) -> None:
        self.parts, self.language, self.style, self.figures, self.stamp = parts, language, style, figures, stamp
        self.late: list[Numbered] = []
        self.cited: list[str] = []
        self.count = 0

    def sections(self) -> Iterable[Section]:
        p = self.parts
        told: list[tuple[str, Iterable[Any]]] = [
            ("respondents", [*p.responses, *p.of(Description)]),
            ("linkage", p.of(Linkage)),
            ("screening", p.of(Screening)),
            ("mcar", p.of(*MODELS["mcar"])),
            ("description", p.of(Description)),
            ("measurement", p.models(False)),
            ("reliability", p.of(Reliability)),
            ("validity", p.of(Validity)),
            ("invariance", p.of(*MODELS["invariance"])),
            ("structure", p.models(True)),
            ("hypotheses", p.of(Hypotheses)),
            *((name, p.of(*MODELS[name])) for name in ("mediation", "moderation", "comparison", "tests")),
            ("cross_check", p.of(CrossCheck)),
        ]
        method = self._section("method", self._method())
        body = [self._section(name, self._all(name, parts)) for name, parts in told]
        others = [t if isinstance(t, Table) else Table.from_frame(t, title=Words("Data", "Data")) for t in p.others]
        body.append(self._section("other", [self._numbered(t.name, t) for t in others]))
        limits = self._section("limits", self._limits())
        late = sorted(self.late, key=lambda b: isinstance(b.item, Table) and len(b.item.columns) > WIDE)
        appendix = self._section("appendix", [*late, *self._syntax()])
        return [
            method,
            *body,
            limits,
            self._section("references", self._references()),
            appendix,
            self._section("stamp", self._stamp()),
        ]

    def _section(self, name: str, blocks: Iterable[Block]) -> Section:
        return Section(TITLES[name].of(self.language), tuple(blocks))

    def _numbered(self, name: str, item: Table | Figure) -> Numbered:
        self.count += 1
        if isinstance(item, Table):
            self.cited += item.references
        return Numbered(f"{self.count}:{name}", item)

    def _all(self, section: str, parts: Iterable[Any]) -> list[Block]:
        listed = list(parts)
        blocks: list[Block] = []
        if section == "respondents":  # what is known of one file stands together
            order = [r.provenance.file for r in self.parts.responses]
            file = {id(p): p.provenance.file if isinstance(p, Responses) else p.meta.source for p in listed}
            listed.sort(key=lambda p: order.index(file[id(p)]) if file[id(p)] in order else len(order))
        last = None
        for part in listed:
            if len(listed) > 1 and isinstance(part, SemFit | PooledFit):
                title = part.model.titles.get(self.language) or part.model.name or part.meta.function
                blocks.append(Heading(title, 2))
            side = self.parts.side(part)
            if side is not None and side != last:
                blocks.append(Heading(side.of(self.language), 2))
            last = side
            blocks += self._part(part, section)
        return blocks

    def _part(self, part: Any, section: str) -> list[Block]:
        """Return, table by table: what is to be said, then the table; then the figures."""
        told = dict(paragraphs(part, self.style))
        told.pop("design", None)
        style, language = self.style, self.language
        made = {t.name: t for t in all_tables(part, language, style)}
        if (side := self.parts.side(part)) is not None:
            made = {
                k: replace(t, title=Words(f"{t.title.en}: {side.en}", f"{t.title.id}: {side.id}"))
                for k, t in made.items()
            }
        if isinstance(part, SemFit) and section == "structure":
            alike = [f for f in self.parts.fits(False) if f.meta.data_hash == part.meta.data_hash]
            if any(set(f.observed) == set(part.observed) for f in alike):
                made.pop("correlations", None)
            if any(_same_fit(f, part) for f in alike):
                told["fit"] = [Sentence("fit.as_measurement")]
                for name in ("loadings", "thresholds", "modification", "residuals"):
                    made.pop(name, None)
                    told.pop(name, None)
        if isinstance(part, Screening) and self.parts.responses:  # the responses themselves tell what is missing
            made.pop("item_quality", None)
        if isinstance(part, Description):  # the profile belongs to the respondents, the rest to the description
            keep = {"profile"} if section == "respondents" else {"description", "constructs"}
            made = {k: t for k, t in made.items() if k in keep}
            told = {k: s for k, s in told.items() if k in keep and k in made}
        if isinstance(part, SemFit | PooledFit) and estimation.scope(part) == "ordinal" and "fit" in made:
            self.cited.append("xia2019")
        blocks: list[Block] = []
        figures = self._figures(part) if section != "respondents" else []
        for name in dict.fromkeys([*made, *told]):
            item = self._numbered(name, made[name]) if name in made else None
            refs = [item.anchor] if item else []
            drawn = [f for f in figures if _belongs(f, name, "paths" if "paths" in made else "fit")]
            if told.get(name) or drawn:
                blocks.append(self._running(told.get(name, []), refs + [f.anchor for f in drawn]))
            if item and self._is_late(made[name], section):
                self.late.append(item)
            elif item:
                blocks.append(item)
            blocks += drawn
            figures = [f for f in figures if f not in drawn]
        return [*blocks, *figures]

    def _is_late(self, made: Table, section: str) -> bool:
        """Tell whether a table stands in the appendix: details, and what would tear the chapter apart."""
        again = made.name == "loadings" and section == "structure" and bool(self.parts.models(False))
        large = len(made.columns) > WIDE or (len(made.rows) > LONG and made.name != "loadings")
        return made.name in APPENDIX or again or large

    def _running(self, sentences: Sequence[Sentence], anchors: Sequence[str]) -> Paragraph:
        text = paragraph(sentences, self.language)
        if not anchors:
            return Paragraph((text,))
        see, link = {"en": ("See", "and"), "id": ("Lihat", "dan")}[self.language]
        refs: list[str | Ref] = [Ref(a) for a in anchors]
        if len(refs) > 3:  # a table and a run of figures
            first, last = refs[1], refs[-1]
            refs = [refs[0], f" {link} ", first, {"en": " to ", "id": " sampai "}[self.language], last]
        else:
            refs = [
                r
                for k, ref in enumerate(refs)
                for r in ((f" {link} " if k == len(refs) - 1 else ", ", ref) if k else (ref,))
            ]
        return Paragraph((f"{text} {see} ".lstrip(), *refs, "."))

    def _figures(self, part: Any) -> list[Numbered]:
        if not self.figures or isinstance(part, Responses):
            return []
        from cgsurvey.present.figures.plot import plot, plot_kinds

        out = []
        kinds = plot_kinds(part, language=self.language)
        for kind in kinds:
            base = kind.partition("_")[0]
            if isinstance(part, Validity) and (kind != "htmt" or len(part.htmt) < 4):
                continue
            if isinstance(part, SemFit) and not _worth(part, base):
                continue
            if base not in CAPTIONS:
                continue
            picture = plot(part, kind, language=self.language)
            remark = SIMULATED.of(self.language) if part.meta.simulated else ""
            width = min(24.6, 2.54 * picture.get_figwidth())
            item = Figure(
                picture.to_bytes("svg"),
                picture.to_bytes("png", dpi=200),
                _caption(kind, kinds, self.language),
                picture.alt,
                width,
                remark,
            )
            out.append(self._numbered(kind, item))
        return out

    # -- sections that are about the whole ---------------------------------------------------------------------------

    def _cites(self, keys: Iterable[str]) -> str:
        """Return sources for a bracket, "Cronbach, 1951; Feldt, 1965"."""
        listed = list(dict.fromkeys(keys))
        self.cited += listed
        # One author alone comes before the same with others.
        shorts = sorted((reference(k).short for k in listed), key=lambda s: s.casefold().replace(" &", "~"))
        told = "; ".join(f"{s[: s.rindex(' (')]}, {s[s.rindex('(') + 1 : -1]}" for s in shorts)
        return told.replace(" et al.", " dkk.").replace(" & ", " dan ") if self.language == "id" else told

    def _method(self) -> list[Block]:
        p, out = self.parts, []
        if files := [r.provenance.file for r in p.responses if r.provenance.file]:
            out.append(Sentence("method.read", {"file": files}))
        for asked in {r.instrument.id: r.instrument for r in p.responses if r.instrument is not None}.values():
            name = asked.title.get(self.language) or asked.title.get("en") or asked.id
            items = {
                i for r in p.responses if r.instrument is not None and r.instrument.id == asked.id for i in r.items
            }
            values = {"instrument": name, "version": asked.version, "items": len(items)}
            out.append(Sentence("method.instrument", values))
            out += [Sentence("method.draft_instrument")] if asked.status == "draft" else []
        for found in p.of(Linkage):
            out.append(Sentence("method.linkage", {"on": found.on, "cites": self._cites(found.meta.references)}))
        if screenings := p.of(Screening):
            rules = {str(rule) for found in screenings for rule in found.rules}
            sources = [key for found in screenings for key in found.meta.references]
            out.append(Sentence("method.screening", {"rules": len(rules), "cites": self._cites(sources)}))
        for found in p.of(Description)[:1]:
            out += [Sentence("method.description")] + ([Sentence("method.weights")] if found.weighted else [])
            self.cited += found.meta.references
        for name, kind in (("reliability", Reliability), ("validity", Validity)):
            out += [Sentence(f"method.{name}", {"cites": self._cites(r.meta.references)}) for r in p.of(kind)[:1]]
        out += self._models()
        for found in p.of(Hypotheses):
            out.append(Sentence("method.hypotheses", {"count": len(found.tidy()), "alpha": found.alpha}))
        for found in p.of(CrossCheck)[:1]:
            key = "method.cross_check_continuous" if continuous(found) else "method.cross_check"
            out.append(Sentence(key, {"cites": self._cites(["igolkina2020"])}))
        out.append(Sentence("method.software", {"version": versions()["cgsurvey"], "python": versions()["python"]}))
        return [
            Paragraph((say(Sentence("draft"), self.language),), "lead"),
            Paragraph((paragraph(out, self.language),)),
        ]

    def _models(self) -> Iterator[Sentence]:
        """Tell how the models were estimated; what holds for several of them is told once."""
        p, before = self.parts, []
        for found in p.of(McarTest)[:1]:
            yield Sentence("method.mcar", {"cites": self._cites(found.meta.references)})
        told = [(name, fit) for name, paths in (("measurement", False), ("structure", True)) for fit in p.models(paths)]
        seen: set[str] = set()
        said: list[tuple[dict[str, Any], list[Sentence]]] = []
        for k, (name, fit) in enumerate(told):
            details = _details(fit)
            values = {"estimation": estimation.named(fit), "cites": self._cites(fit.meta.references)}
            if name in seen and (values, details) not in said:
                yield Sentence("method.further", values | {"model": fit.model.name or fit.meta.function})
            elif name not in seen:
                alike = name == "structure" and values in [v for v, _ in said]
                yield Sentence("method.structure_alike") if alike else Sentence(f"method.{name}", values)
            seen.add(name)
            said.append((values, details))
            following = told[k + 1][1] if k + 1 < len(told) else None
            if details not in before and (following is None or _details(following) != details):
                before.append(details)
                yield from details
        for pooled in p.of(PooledFit)[:1]:
            values = {"given": pooled.n_imputations, "cites": self._cites(["rubin1987"])}
            yield Sentence("method.imputations", values)
        for found in p.of(Invariance)[:1]:
            values = {"group": found.meta.options.get("group", ""), "cites": self._cites(found.meta.references)}
            yield Sentence("method.invariance", values)
        for name, kind, keys in (
            ("comparison", Comparison, None),
            ("mediation", Mediation, {"zhao2010", "mackinnon2004"}),
            ("moderation", SimpleSlopes, {"johnson1936", "aiken1991"}),
        ):
            for found in p.of(kind)[:1]:
                values = {"cites": self._cites(k for k in found.meta.references if keys is None or k in keys)}
                if isinstance(found, Mediation):
                    values |= {"level": 100 * found.ci, "kind": term("intervals", found.ci_type)}
                yield Sentence(f"method.{name}", values)

    def _limits(self) -> list[Block]:
        blocks: list[Block] = []
        if self.parts.simulated:
            blocks.append(Paragraph((say(Sentence("simulated"), self.language),), "lead"))
        linked = [Sentence("responses.design_linked", {"on": found.on}) for found in self.parts.of(Linkage)[:1]]
        designs = [linked] if linked else [paragraphs(r, self.style)["design"] for r in self.parts.responses]
        blocks += [Paragraph((text,)) for text in dict.fromkeys(paragraph(d, self.language) for d in designs)]
        notes = [*((n, "") for n in self._own_notes()), *self.parts.notes()]
        told = [
            f"{LEVELS[level].of(self.language)}: {self._remark(n)}{f' ({file})' if file else ''}"
            for level in LEVELS
            for n, file in notes
            if n.level == level and n.code not in SHOWN_ELSEWHERE
        ]
        return [*blocks, Bullets(tuple(told))] if told else blocks

    def _remark(self, told: Note) -> str:
        """Return a note in the words of the report: constructs by their labels, not by their codes."""
        names = {n: words.of(self.language) for n, words in self.parts.constructs().items()}

        def worded(value: Any) -> Any:
            return ", ".join(names.get(v, v) for v in value.split(", ")) if isinstance(value, str) else value

        return replace(told, values={k: worded(v) for k, v in told.values.items()}).render(self.language)

    def _own_notes(self) -> list[Note]:
        out = []
        for found in self.parts.of(Description):
            named = found.profile[(found.profile["category"] != "") & (found.profile["category"] != NO_ANSWER)]
            small = int((named["count"] < SMALL_CELL).sum())
            out += [note("present.small_cells", n=small, least=SMALL_CELL)] if small else []
        if self.parts.fits(True) and not self.parts.of(Hypotheses):
            out.append(note("present.no_hypotheses"))
        return out

    def _references(self) -> list[Block]:
        keys = [*self.cited, *(k for r in self.parts.results for k in r.meta.references)]
        return [_apa(r) for r in sorted({reference(k) for k in keys}, key=lambda r: r.apa.casefold())]

    def _syntax(self) -> list[Block]:
        out: list[Block] = []
        for fit in self.parts.of(SemFit, PooledFit):
            head = {"en": "Model syntax", "id": "Sintaks model"}[self.language]
            which = TITLES["structure" if structural(fit) else "measurement"].of(self.language)
            name = f" ({fit.model.name})" if fit.model.name else ""
            title = f"{head}: {which[:1].lower()}{which[1:]}{name}"
            out += [Heading(title, 2), Paragraph((fit.model.syntax.strip(),), "code")]
        return out

    def _stamp(self) -> list[Block]:
        rows: list[tuple[Any, ...]] = [(name, version, None) for name, version in versions().items()]
        files = Words("Data file", "Berkas data"), Words("Software", "Perangkat lunak"), Words("Analyses", "Analisis")
        groups = {0: files[1]}
        if self.stamp:
            groups[len(rows)] = Words("Plan", "Rencana")
            rows += [(name, None, told) for name, told in self.stamp.items()]
        if any(r.provenance.sha256 for r in self.parts.responses):
            groups[len(rows)] = files[0]
            rows += [
                (r.provenance.file or "DataFrame", None, f"sha256 {r.provenance.sha256}") for r in self.parts.responses
            ]
        if self.parts.results:
            groups[len(rows)] = files[2]
        for result in self.parts.results:
            meta = result.meta
            said = [f"{k}={v}" for k, v in meta.options.items() if isinstance(v, str | int | float | bool) and v != ""]
            said += [f"seed={meta.seed}"] if meta.seed is not None else []
            rows.append((f"{meta.function}()", f"n = {meta.n}", "; ".join([*said, f"sha256 {meta.data_hash[:16]}"])))
        columns = (
            Column("step", Words("Step", "Langkah")),
            Column("value", Words("Version or n", "Versi atau n")),
            Column("detail", Words("Options and hash", "Opsi dan hash")),
        )
        made = Table(
            "S",
            "stamp",
            Words("Software, data and options", "Perangkat lunak, data, dan opsi"),
            columns,
            tuple(rows),
            groups=groups,
        )
        return [self._numbered("stamp", made)]


def _details(fit: SemFit | PooledFit) -> list[Sentence]:
    """Tell the treatment of items, fit and errors, missing answers and sampling design of one model."""
    o, test = fit.options, estimation.tested(fit)
    out = []
    if items := len(fit.table.ordered):
        out.append(Sentence("method.ordered", {"items": items, "parameterization": o.parameterization}))
    if isinstance(fit, SemFit) and estimation.resampled(fit) and fit.bootstrap is not None:
        used, asked = estimation.resamples(fit)
        values = {"test": test, "level": 100 * o.ci, "kind": term("intervals", o.ci_type), "used": used, "asked": asked}
        values |= {"unit": term("units", "clusters" if fit.bootstrap.clusters else "rows"), "seed": fit.meta.seed}
        out.append(Sentence("method.errors_resampled", values))
    else:
        out.append(Sentence("method.errors", {"test": test, "errors": estimation.errors(fit)}))
    checked = fit.bootstrap.bollen_stine if isinstance(fit, SemFit) and fit.bootstrap is not None else None
    out += [Sentence("method.bollen_stine", {"asked": checked.requested})] if checked is not None else []
    out += [Sentence("method.design", {"what": what})] if (what := estimation.design(fit)) else []
    if isinstance(fit, SemFit):  # imputed data have no missing answers
        out.append(Sentence(f"method.missing_{o.missing}"))
    return out


def _same_fit(one: SemFit, other: SemFit) -> bool:
    """Tell whether two models of the same data fit alike: one is the other with its covariances written as paths."""
    a, b = one.fit_measures, other.fit_measures
    return bool(a["df"] == b["df"] and abs(a["chisq"] - b["chisq"]) < 1e-4 * max(1.0, a["chisq"]))


def _apa(entry: Reference) -> Paragraph:
    """Return a reference in APA style: the title of a book, or journal and volume, in italics; ranges with a dash."""
    link = f" https://doi.org/{entry.doi}" if entry.doi else ""
    where = entry.place
    head, title = f"{entry.authors.rstrip('.')}. ({entry.year}). ", entry.title.rstrip(".")
    if entry.kind == "chapter" and (found := re.match(r"(In .*?\(Eds?\.\), )(.*?)( \(pp.*)", where)):
        return Paragraph((f"{head}{title}. {found[1]}", Em(found[2]), f"{found[3]}.{link}"), "reference")
    if entry.kind == "article" and (found := re.match(r"(.*?, \d+)(?=[(,]|$)(.*)", where)):
        return Paragraph((f"{head}{title}. ", Em(found[1]), f"{found[2]}.{link}"), "reference")
    return Paragraph((head, Em(title), f". {where}.{link}"), "reference")


def _worth(fit: SemFit, kind: str) -> bool:
    """Tell whether a picture of a model says more than its tables: no bare ovals, no loadings twice."""
    if not fit.converged:
        return False
    if kind == "diagram":
        return structural(fit) or len(fit.latents) <= DRAWN
    return not structural(fit)


def _caption(kind: str, kinds: Sequence[str], language: str) -> str:
    """Return the caption of a picture, numbered where one subject needs several."""
    base, _, number = kind.partition("_")
    alike = [k for k in kinds if k.partition("_")[0] == base]
    return CAPTIONS[base].of(language) + (f" ({number}/{len(alike)})" if len(alike) > 1 else "")


def _belongs(figure: Numbered, table: str, diagram: str) -> bool:
    """Tell whether a figure stands with that table; `diagram` names the table of the path diagram."""
    kind = figure.anchor.partition(":")[2].partition("_")[0]
    return {"likert": "description", "diagram": diagram, "loadings": "loadings", "htmt": "htmt"}.get(kind) == table


__all__ = ["Report", "Section", "report"]
