"""What closes a report: limits and notes, references, syntax of the models, versions and hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import versions
from cgsurvey.present.document import Block, Bullets, Heading, Paragraph, Ref
from cgsurvey.present.narration.sentences import Sentence, paragraph, paragraphs, say
from cgsurvey.present.report.bibliography import apa, sources
from cgsurvey.present.report.draft import Draft
from cgsurvey.present.report.outline import MODELS, TITLES
from cgsurvey.present.table import Column, Origin, Table, Words
from cgsurvey.present.tables.estimation import structural
from cgsurvey.responses.describe import NO_ANSWER, Description
from cgsurvey.responses.linking.linkage import Linkage
from cgsurvey.sem.hypotheses import Hypotheses

SMALL_CELL = 5
# Notes whose numbers stand in tables and sentences of the report.
SHOWN_ELSEWHERE = {
    "sem.engines_agree",
    "responses.kept",
    "moments.mcar_evidence",
    "moments.mcar_no_evidence",
    "responses.mardia_evidence",
    "responses.mardia_no_evidence",
    "sem.mediation_types",
    "sem.mediation_causal",
}
NAMED = 2  # sections named beside a note
LEVELS: Mapping[str, Words] = {
    "serious": Words("Serious", "Serius"),
    "warning": Words("Caution", "Perhatian"),
}


COMPUTED = Words("Notes on the computation", "Catatan perhitungan")
ORIGINS = Words("Where the numbers come from", "Asal angka")


def limits(draft: Draft) -> list[Block]:
    """Return what the design cannot show, and every note of every part."""
    blocks: list[Block] = []
    if draft.parts.simulated:
        blocks.append(Paragraph((say(Sentence("simulated"), draft.language),), "lead"))
    linked = [Sentence("responses.design_linked", {"on": found.on}) for found in draft.parts.of(Linkage)[:1]]
    designs = [linked] if linked else [paragraphs(r, draft.style)["design"] for r in draft.parts.responses]
    blocks += [Paragraph((text,)) for text in dict.fromkeys(paragraph(d, draft.language) for d in designs)]
    given = [*((n, "", ()) for n in (*draft.notes, *_own_notes(draft))), *draft.parts.notes()]
    notes = [(n, file, sections) for n, file, sections in given if n.code not in SHOWN_ELSEWHERE]
    told = [
        f"{LEVELS[level].of(draft.language)}{_place(draft, sections)}: {_remark(draft, n, file)}"
        for level in LEVELS
        for n, file, sections in notes
        if n.level == level
    ]
    blocks += [Bullets(tuple(told))] if told else []
    small = [
        f"{_place(draft, sections).strip(' ()')}: {_remark(draft, n, file)}" if sections else _remark(draft, n, file)
        for n, file, sections in notes
        if n.level not in LEVELS
    ]
    return [*blocks, Heading(COMPUTED.of(draft.language), 2), Bullets(tuple(small))] if small else blocks


def _place(draft: Draft, sections: Sequence[str]) -> str:
    """Return the titles of the sections that a note is about, in brackets."""
    titles = [TITLES[s].of(draft.language) for s in sections[:NAMED]] + ["…"] * (len(sections) > NAMED)
    return f" ({', '.join(titles)})" if titles else ""


def _remark(draft: Draft, told: Note, file: str) -> str:
    """Return a note in the words of the report, constructs by their labels, with the file that it is about."""
    names = {n: words.of(draft.language) for n, words in draft.parts.constructs().items()}

    def worded(value: Any) -> Any:
        return ", ".join(names.get(v, v) for v in value.split(", ")) if isinstance(value, str) else value

    said = replace(told, values={k: worded(v) for k, v in told.values.items()}).render(draft.language)
    return f"{said} ({file})" if file else said


def _own_notes(draft: Draft) -> list[Note]:
    out = []
    for found in draft.parts.of(Description):
        named = found.profile[(found.profile["category"] != "") & (found.profile["category"] != NO_ANSWER)]
        small = int((named["count"] < SMALL_CELL).sum())
        out += [note("present.small_cells", n=small, least=SMALL_CELL)] if small else []
    if draft.parts.fits(True) and not draft.parts.of(Hypotheses):
        out.append(note("present.no_hypotheses"))
    return out


def references(draft: Draft) -> list[Block]:
    """Return the sources that were cited or used."""
    return [apa(r) for r in sources(draft.sources())]


def syntax(draft: Draft) -> list[Block]:
    """Return the syntax of each model."""
    out: list[Block] = []
    for fit in draft.parts.of(*MODELS):
        head = {"en": "Model syntax", "id": "Sintaks model"}[draft.language]
        which = TITLES["structure" if structural(fit) else "measurement"].of(draft.language)
        name = f" ({fit.model.name})" if fit.model.name else ""
        title = f"{head}: {which[:1].lower()}{which[1:]}{name}"
        out += [Heading(title, 2), Paragraph((fit.model.syntax.strip(),), "code")]
    return out


def stamp(draft: Draft) -> list[Block]:
    """Return the table of versions, files and options that makes the report repeatable."""
    rows: list[tuple[Any, ...]] = [(name, version, None) for name, version in versions().items()]
    files = Words("Data file", "Berkas data"), Words("Software", "Perangkat lunak"), Words("Analyses", "Analisis")
    groups = {0: files[1]}
    if draft.stamp:
        groups[len(rows)] = Words("Plan", "Rencana")
        rows += [(name, None, told) for name, told in draft.stamp.items()]
    if any(r.provenance.sha256 for r in draft.parts.responses):
        groups[len(rows)] = files[0]
        rows += [
            (r.provenance.file or "DataFrame", None, f"sha256 {r.provenance.sha256}") for r in draft.parts.responses
        ]
    for meta in (r.meta for r in draft.parts.results):
        said = [f"{k}={v}" for k, v in meta.options.items() if isinstance(v, str | int | float | bool) and v != ""]
        said += [f"seed={meta.seed}"] if meta.seed is not None else []
        said += [f"sha256 {meta.data_hash[:16]}"] if meta.data_hash else []
        if said:
            if files[2] not in groups.values():
                groups[len(rows)] = files[2]
            rows.append((f"{meta.function}()", f"n = {meta.n}" if meta.n else None, "; ".join(said)))
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
    return [draft.numbered("stamp", made), *_origins(draft)]


def _origins(draft: Draft) -> list[Block]:
    """Return, result by result, which tables show its numbers: the way back from a number to where it was made."""
    shown: dict[Origin, list[str]] = {}
    for anchor, made in draft.tables:
        if made.origin is not None:
            shown.setdefault(made.origin, []).append(anchor)
    if not shown:
        return []
    lines, late = [], [b.anchor for b in draft.late]
    for origin, anchors in shown.items():
        anchors.sort(key=lambda a: late.index(a) if a in late else -1)
        data = f" (sha256 {origin.data_hash[:16]})" if origin.data_hash else ""
        refs: list[str | Ref] = [r for a in anchors for r in (", ", Ref(a))][1:]
        lines.append(Paragraph((f"{origin}{data}: ", *refs, ".")))
    return [
        Heading(ORIGINS.of(draft.language), 2),
        Paragraph((say(Sentence("origins"), draft.language),)),
        *lines,
    ]
