"""The figures of a report: which pictures of a part are worth their place, and beside which table they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cgsurvey.present.document import Figure, Numbered
from cgsurvey.present.report.draft import Draft
from cgsurvey.present.table import SIMULATED, Words
from cgsurvey.present.tables.estimation import structural
from cgsurvey.reliability import Reliability, Validity
from cgsurvey.responses import Responses
from cgsurvey.sem import SemFit
from cgsurvey.sem.hypotheses import Hypotheses

if TYPE_CHECKING:
    from cgsurvey.present.figures.picture import Picture

DPI = 200
FEW = 3  # constructs below which a table says as much
DRAWN = 8  # latent variables up to which a diagram without paths can show items and correlations
CAPTIONS: Mapping[str, Words] = {
    "flow": Words("Flow of respondents", "Alur responden"),
    "screening": Words("Flags and indices of answering", "Tanda dan indeks cara menjawab"),
    "missing": Words("Map of missing answers", "Peta jawaban kosong"),
    "likert": Words("Answers by category", "Jawaban menurut kategori"),
    "likert_constructs": Words("Answers by category and construct", "Jawaban menurut kategori dan konstruk"),
    "item_rest": Words("Items against the rest of their construct", "Butir terhadap butir lain dalam konstruknya"),
    "reliability": Words("Reliability of the constructs", "Reliabilitas konstruk"),
    "scree": Words("Scree plot with parallel analysis", "Diagram scree dengan analisis paralel"),
    "pattern": Words("Pattern matrix", "Matriks pola"),
    "nonresponse": Words("Early against late respondents", "Responden awal dan akhir"),
    "experts": Words("Aiken's V with intervals", "V Aiken beserta intervalnya"),
    "retest": Words("Agreement of two occasions", "Kesepakatan dua waktu pengukuran"),
    "discriminant": Words("Factor correlations with intervals", "Korelasi faktor beserta intervalnya"),
    "criteria": Words("Information criteria of rival models", "Kriteria informasi model tandingan"),
    "effects": Words(
        "Direct and indirect effects with intervals", "Pengaruh langsung dan tidak langsung beserta intervalnya"
    ),
    "interaction": Words("Interaction and region of significance", "Interaksi dan daerah signifikansi"),
    "residuals": Words("Residuals of the regression", "Residual regresi"),
    "group_means": Words("Means of the groups with intervals", "Rerata kelompok beserta intervalnya"),
    "correlation_matrix": Words("Heat map of the correlations", "Peta panas korelasi"),
    "crosstab": Words("Shares within the rows of the cross-table", "Proporsi di dalam baris tabel silang"),
    "conceptual": Words("Conceptual model and hypotheses", "Model konseptual dan hipotesis"),
    "diagram": Words("Structural model with standardised coefficients", "Model struktural dengan koefisien terstandar"),
    "diagram_measurement": Words(
        "Measurement model with standardised loadings", "Model pengukuran dengan muatan faktor terstandar"
    ),
    "loadings": Words("Standardised loadings with intervals", "Muatan faktor terstandar beserta intervalnya"),
    "specification_curve": Words("Specification curve of a hypothesis", "Kurva spesifikasi sebuah hipotesis"),
    "gate": Words("Six criteria by unit", "Enam kriteria menurut unit"),
    "activities": Words("Activities of the partners", "Kegiatan para mitra"),
    "exchange": Words("Giving and receiving between the partners", "Pemberian dan penerimaan antarmitra"),
    "exchange_network": Words("Network of giving", "Jaringan pemberian"),
    "ladder": Words("Steps of working together between the partners", "Tahap kerja sama antarmitra"),
    "ladder_network": Words("Network of the ties between the partners", "Jaringan hubungan antarmitra"),
    "forms": Words("Forms of the collaboration", "Bentuk kolaborasi"),
    "forms_together": Words("Forms named together", "Bentuk yang disebut bersama"),
    "challenges": Words("Challenges of the collaboration", "Tantangan kolaborasi"),
    "harms": Words("Harms of the collaboration", "Dampak buruk kolaborasi"),
    "htmt": Words("Heterotrait-monotrait ratios", "Rasio heterotrait-monotrait"),
}
# Picture to the table that it stands with.
BESIDE = {
    "flow": "flow",
    "screening": "screening",
    "missing": "patterns",
    "likert": "description",
    "likert_constructs": "constructs",
    "item_rest": "items",
    "reliability": "reliability",
    "loadings": "loadings",
    "htmt": "htmt",
    "effects": "mediation",
    "specification_curve": "fragility",
    "interaction": "simple_slopes",
    "scree": "n_factors",
    "pattern": "pattern",
    "nonresponse": "nonresponse",
    "experts": "aiken",
    "retest": "retest",
    "discriminant": "discriminant",
    "criteria": "rivals",
    "residuals": "regression_assumptions",
    "group_means": "group_means",
    "correlation_matrix": "correlation_matrix",
    "crosstab": "crosstab",
    "gate": "gate",
    "activities": "activities",
    "exchange": "exchange",
    "exchange_network": "exchange_partners",
    "ladder": "ladder",
    "ladder_network": "partners",
    "forms": "forms",
    "forms_together": "forms_together",
    "challenges": "challenges",
    "harms": "harms",
}


def pictures(draft: Draft, part: Any) -> list[Numbered]:
    """Return the figures of a part, drawn and numbered."""
    if not draft.figures:
        return []
    from cgsurvey.present.figures.plot import plot, plot_kinds

    kinds = [k for k in plot_kinds(part, language=draft.language) if _worth(draft, part, k)]
    simulated = part.simulated if isinstance(part, Responses) else part.meta.simulated
    out = []
    for kind in kinds:
        options = {"invited": draft.parts.asked(part)} if isinstance(part, Responses) else {}
        picture = plot(part, kind, language=draft.language, **options)
        remark = SIMULATED.of(draft.language) if simulated else ""
        caption = _caption(kind, kinds, draft.language)
        if kind == "diagram" and isinstance(part, SemFit) and not structural(part):
            caption = CAPTIONS["diagram_measurement"].of(draft.language)
        out.append(draft.numbered(kind, _drawn(picture, caption, remark)))
    return out


def conceptual(draft: Draft) -> Numbered | None:
    """Return the conceptual model, F1: the paths of the structural model with the hypotheses about them."""
    fits = draft.parts.fits(True)
    stated = {
        r.hypothesis: f"{r.path} {r.expected} 0"
        for found in draft.parts.of(Hypotheses)
        for r in found.tidy().itertuples()
    }
    if not (draft.figures and fits and any("~" in s for s in stated.values())):
        return None
    from cgsurvey.present.figures.diagram import diagram

    picture = diagram(fits[-1], language=draft.language, hypotheses=stated)
    return draft.numbered("conceptual", _drawn(picture, CAPTIONS["conceptual"].of(draft.language), ""))


def _drawn(picture: Picture, caption: str, remark: str) -> Figure:
    png = picture.to_bytes("png", dpi=DPI)  # cut to what is drawn, so that its own width tells the size of its letters
    width = min(24.6, 2.54 * int.from_bytes(png[16:20]) / DPI)
    return Figure(picture.to_bytes("svg"), png, caption, picture.alt, width, remark)


def _base(kind: str) -> str:
    """Return the kind of a picture without its number, "likert" of "likert_2"."""
    return re.sub(r"_\d+$", "", kind)


def _worth(draft: Draft, part: Any, name: str) -> bool:
    """Tell whether a picture says more than the tables: no bare ovals, no matrix of few numbers, no loadings twice."""
    kind = _base(name)
    if isinstance(part, Responses):  # a flow in which nobody left is a single box
        return bool(draft.parts.asked(part)) or any(step.n_excluded for step in part.flow)
    if isinstance(part, Validity):
        return kind == "htmt" and len(part.htmt) >= 4
    if isinstance(part, SemFit):
        if not part.converged:
            return False
        if kind == "diagram":
            return structural(part) or len(part.latents) <= DRAWN
        return not structural(part)
    if isinstance(part, Reliability):  # items that need several pictures are told by their table
        return len(part.tidy()) >= FEW if kind == "reliability" else name == "item_rest"
    return kind in CAPTIONS


def _caption(kind: str, kinds: Sequence[str], language: str) -> str:
    """Return the caption of a picture, numbered where one subject needs several."""
    base = _base(kind)
    alike = [k for k in kinds if _base(k) == base]
    return CAPTIONS[base].of(language) + (f" ({kind.rpartition('_')[2]}/{len(alike)})" if len(alike) > 1 else "")


def belongs(figure: Numbered, table: str, diagram: str) -> bool:
    """Tell whether a figure stands with that table; `diagram` names the table of the path diagram."""
    kind = _base(figure.anchor.partition(":")[2])
    return (diagram if kind == "diagram" else BESIDE.get(kind)) == table
