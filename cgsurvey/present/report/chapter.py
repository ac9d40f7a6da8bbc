"""The chapter: sections in order, each with its tables, its figures and what is said about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from cgsurvey.present.document import Block, Heading, Numbered, Paragraph, Ref
from cgsurvey.present.narration.sentences import Sentence, paragraph, paragraphs, say
from cgsurvey.present.report.closing import limits, references, stamp, syntax
from cgsurvey.present.report.draft import Draft
from cgsurvey.present.report.finished import Section
from cgsurvey.present.report.method import method
from cgsurvey.present.report.outline import OUTLINE, TITLES
from cgsurvey.present.report.pictures import belongs, pictures
from cgsurvey.present.table import Table, Words
from cgsurvey.present.tables import all_tables, estimation
from cgsurvey.reliability import Reliability, Validity
from cgsurvey.responses import Responses, Screening
from cgsurvey.responses.describe import Description
from cgsurvey.sem import PooledFit, SemFit

LONG, WIDE = 40, 14  # rows and columns beyond which a table goes to the appendix
APPENDIX = {
    "wording",
    "missing",
    "missing_items",
    "patterns",
    "thresholds",
    "correlations",
    "residuals",
    "modification",
    "item_quality",
    "eigenvalues",
    "adequacy",
    "discriminant_tests",
    "method_loadings",
    "cross_loadings",
    "htmt_intervals",
    "coefficients",
}
ON_REQUEST = {"lower_bounds"}  # shown where the table itself is among the parts


def sections(draft: Draft) -> list[Section]:
    """Return the sections in order, empty ones too; a table or figure is numbered where it stands in the text."""
    p = draft.parts
    opening = _section(draft, "method", method(draft))
    body = [_section(draft, name, _all(draft, name, p.section(name))) for name in OUTLINE]
    others = [t if isinstance(t, Table) else Table.from_frame(t, title=Words("Data", "Data")) for t in p.others]
    body.append(_section(draft, "other", [draft.numbered(t.name, t) for t in others]))
    remarks = _section(draft, "limits", limits(draft))
    draft.late.sort(key=lambda b: isinstance(b.item, Table) and len(b.item.columns) > WIDE)
    appendix = _section(draft, "appendix", [*draft.late, *syntax(draft)])
    return [
        opening,
        *body,
        remarks,
        _section(draft, "references", references(draft)),
        appendix,
        _section(draft, "stamp", stamp(draft)),
    ]


def _section(draft: Draft, name: str, blocks: Iterable[Block]) -> Section:
    return Section(TITLES[name].of(draft.language), tuple(blocks))


def _all(draft: Draft, section: str, parts: Sequence[Any]) -> list[Block]:
    """Return what a section shows, part by part; headings tell several models or files apart."""
    listed = list(parts)
    blocks: list[Block] = []
    if section == "respondents":  # what is known of one file stands together
        order = [r.provenance.file for r in draft.parts.responses]
        file = {id(p): p.provenance.file if isinstance(p, Responses) else p.meta.source for p in listed}
        listed.sort(key=lambda p: order.index(file[id(p)]) if file[id(p)] in order else len(order))
    last = None
    for part in listed:
        if len(listed) > 1 and isinstance(part, SemFit | PooledFit):
            title = part.model.titles.get(draft.language) or part.model.name or part.meta.function
            blocks.append(Heading(title, 2))
        side = draft.parts.side(part)
        if side is not None and side != last:
            blocks.append(Heading(side.of(draft.language), 2))
        last = side
        blocks += _part(draft, part, section)
    return blocks


def _part(draft: Draft, part: Any, section: str) -> list[Block]:
    """Return, table by table: what is to be said, then the table; then the figures."""
    style, language = draft.style, draft.language
    if isinstance(part, Responses):
        style = replace(style, invited=draft.parts.asked(part))
    told = dict(paragraphs(part, style))
    told.pop("design", None)
    origin = draft.parts.origin(part)
    shown = (t for t in all_tables(part, language, style) if t.name not in ON_REQUEST)
    made = {t.name: replace(t, origin=origin) for t in shown}
    order = [*made, *told]
    elsewhere: dict[str, list[Numbered]] = {}  # tables that another part shows
    if (side := draft.parts.side(part)) is not None:
        made = {
            k: replace(t, title=Words(f"{t.title.en}: {side.en}", f"{t.title.id}: {side.id}")) for k, t in made.items()
        }
    if isinstance(part, SemFit) and section == "structure":
        alike = [f for f in draft.parts.fits(False) if f.meta.data_hash == part.meta.data_hash]
        if any(set(f.observed) == set(part.observed) for f in alike):
            made.pop("correlations", None)
        if any(_same_fit(f, part) for f in alike):
            told["fit"] = [Sentence("fit.as_measurement")]
            elsewhere["fit"] = draft.about("fit", *(f for f in alike if _same_fit(f, part)))
            made.pop("fit", None)
            for name in ("loadings", "thresholds", "modification", "residuals"):
                made.pop(name, None)
                told.pop(name, None)
    if isinstance(part, Validity) and draft.parts.fits(False):  # the model shows the loadings
        made.pop("validity_loadings", None)
    if isinstance(part, Reliability) and draft.parts.of(Validity):  # which judges the AVE of the whole model
        told["reliability"] = [s for s in told["reliability"] if s.key != "reliability.ave_poor"]
    if isinstance(part, Screening) and draft.parts.responses:  # the responses themselves tell what is missing
        made.pop("item_quality", None)
    if isinstance(part, Description):  # the profile belongs to the respondents, the rest to the description
        keep = {"profile"} if section == "respondents" else {"description", "constructs"}
        made = {k: t for k, t in made.items() if k in keep}
        told = {k: s for k, s in told.items() if k in keep and k in made}
    if isinstance(part, SemFit | PooledFit) and estimation.scope(part) == "ordinal" and "fit" in made:
        draft.cited.append("xia2019")
    blocks: list[Block] = []
    shown_here = section != "respondents" or isinstance(part, Responses)
    figures = pictures(draft, part) if shown_here else []
    passage: tuple[Any, ...] = ()  # place, sentences and references of the last paragraph
    details: list[Numbered] = []  # tables in the appendix of which nothing is said
    for name in dict.fromkeys(n for n in order if n in made or n in told):
        item = draft.numbered(name, made[name]) if name in made else None
        refs = [item] if item else []
        late = item is not None and _is_late(draft, made[name], section)
        drawn = [f for f in figures if belongs(f, name, "paths" if "paths" in made else "fit")]
        if late and item and not (told.get(name) or drawn):
            details.append(item)
        elif told.get(name) or (not passage and (drawn or item)):
            passage = (len(blocks), told.get(name, []), refs + drawn + elsewhere.get(name, []))
            blocks.append(_running(draft, *passage[1:]))
        elif drawn or item:  # of which nothing is said: the sentences before refer to it too
            passage = (*passage[:2], passage[2] + refs + drawn)
            blocks[passage[0]] = _running(draft, *passage[1:])
        if late and item:
            draft.late.append(item)
        elif item:
            blocks.append(item)
        blocks += drawn
        figures = [f for f in figures if f not in drawn]
    if details:
        blocks.append(_details(draft, details))
    return [*blocks, *figures]


def _details(draft: Draft, tables: Sequence[Numbered]) -> Paragraph:
    """Return where tables are of which nothing is said, each by its title."""
    before, after = say(Sentence("details"), draft.language).split("@")
    parts: list[str | Ref] = []
    for table in tables:
        title = table.item.title.of(draft.language) if isinstance(table.item, Table) else table.item.title
        small = title[:1].lower() if title[1:2].islower() else title[:1]
        parts += [f"{', ' if parts else before}{small}{title[1:]} (", Ref(table.anchor), ")"]
    return Paragraph((*parts[:-1], f"){after}"))


def _is_late(draft: Draft, made: Table, section: str) -> bool:
    """Tell whether a table stands in the appendix: details, and what would tear the chapter apart."""
    again = made.name == "loadings" and section == "structure" and bool(draft.parts.models(False))
    large = len(made.columns) > WIDE or (len(made.rows) > LONG and made.name != "loadings")
    return made.name in APPENDIX or again or large


def _running(draft: Draft, sentences: Sequence[Sentence], items: Sequence[Numbered]) -> Paragraph:
    """Return sentences as a paragraph that refers to the tables and figures they are about."""
    text = paragraph(sentences, draft.language)
    if not items:
        return Paragraph((text,))
    see, link, to = {"en": ("See", "and", "to"), "id": ("Lihat", "dan", "sampai")}[draft.language]
    tables = [i for i in items if isinstance(i.item, Table)]
    figures = [i for i in items if not isinstance(i.item, Table)]
    named: list[tuple[str | Ref, ...]] = [(Ref(i.anchor),) for i in (*tables, *figures)]
    if len(figures) > 2:
        named[len(tables) :] = [(Ref(figures[0].anchor), f" {to} ", Ref(figures[-1].anchor))]
    marks = ["", *[", "] * (len(named) - 2), f" {link} "][: len(named)]
    told = [r for m, refs in zip(marks, named, strict=True) for r in (m, *refs) if r]
    return Paragraph((f"{text} {see} ".lstrip(), *told, "."))


def _same_fit(one: SemFit, other: SemFit) -> bool:
    """Tell whether two models of the same data fit alike: one is the other with its covariances written as paths."""
    a, b = one.fit_measures, other.fit_measures
    return bool(a["df"] == b["df"] and abs(a["chisq"] - b["chisq"]) < 1e-4 * max(1.0, a["chisq"]))
