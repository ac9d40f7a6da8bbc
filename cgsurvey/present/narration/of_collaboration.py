"""What is told about criteria, activities and ties of partners."""

from __future__ import annotations

import numpy as np

from cgsurvey.collaboration import Activities, Criteria, Ladder
from cgsurvey.present.narration.sentences import Paragraphs, Sentence, paragraphs
from cgsurvey.present.tables.style import Style


@paragraphs.register(Criteria)
def _criteria(x: Criteria, style: Style) -> Paragraphs:
    met = int((x.units["verdict"] == "yes").sum())
    return {"gate": [Sentence("collaboration.gate", {"met": met, "units": len(x.units), "n": x.meta.n})]}


@paragraphs.register(Activities)
def _activities(x: Activities, style: Style) -> Paragraphs:
    row = x.glance().iloc[0]
    out = [Sentence("collaboration.activities", {"n": x.meta.n, "intensity": float(row["intensity"])})]
    if np.isfinite(row["reciprocity"]):
        out.append(Sentence("collaboration.reciprocity", {"value": float(row["reciprocity"])}))
    return {"activities": out}


@paragraphs.register(Ladder)
def _ladder(x: Ladder, style: Style) -> Paragraphs:
    row = x.glance().iloc[0]
    values = {"partners": int(row["n_partners"]), "pairs": int(row["n_pairs"]), "mean": float(row["mean"])}
    out = [Sentence("collaboration.ladder", values)]
    if np.isfinite(x.exact_agreement):
        out.append(Sentence("collaboration.sides", {"exact": x.exact_agreement, "near": x.near_agreement}))
    return {"ladder": out}
