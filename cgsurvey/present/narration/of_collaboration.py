"""What is told about criteria, activities and ties of partners."""

from __future__ import annotations

import numpy as np

from cgsurvey.collaboration import Activities, Criteria, Exchange, Forms, Ladder, Strains
from cgsurvey.present.narration.sentences import Paragraphs, Sentence, extremes, paragraphs
from cgsurvey.present.tables.style import Style, label


@paragraphs.register(Criteria)
def _criteria(x: Criteria, style: Style) -> Paragraphs:
    met = int((x.units["verdict"] == "yes").sum())
    out = [Sentence("collaboration.gate", {"met": met, "units": len(x.units), "n": x.meta.n})]
    unmet = x.table[x.table["verdict"].isin(["no", "partly"])]
    if len(unmet):
        worst = str(unmet["criterion"].value_counts(sort=False).idxmax())
        values = {"criterion": label(x.meta, worst), "units": int((unmet["criterion"] == worst).sum())}
        out.append(Sentence("collaboration.criterion", values))
    if np.isfinite(agreement := float(x.glance()["agreement"].iloc[0])):
        out.append(Sentence("collaboration.raters", {"agreement": agreement}))
    return {"gate": out}


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


@paragraphs.register(Exchange)
def _exchange(x: Exchange, style: Style) -> Paragraphs:
    row = x.table.iloc[-1]
    values = {"partners": len(x.names), "density": float(row["density"])}
    out = [Sentence("collaboration.exchange", values)]
    if np.isfinite(row["reciprocity"]):
        out.append(Sentence("collaboration.returned", {"value": float(row["reciprocity"]), "pairs": row["n_pairs"]}))
    if np.isfinite(rho := float(row["rho"])):
        out.append(
            Sentence(f"collaboration.rho_{'above' if rho > 0 else 'below' if rho < 0 else 'random'}", {"rho": rho})
        )
    if np.isfinite(row["agreement"]):
        out.append(Sentence("collaboration.told_alike", {"share": float(row["agreement"])}))
    return {"exchange": out}


@paragraphs.register(Forms)
def _forms(x: Forms, style: Style) -> Paragraphs:
    out = [Sentence("collaboration.forms", {"n": x.meta.n, "mean": x.mean})]
    whole = x.table.groupby("form", sort=False)[["count", "n"]].sum()
    if ends := extremes(whole["count"] / whole["n"].where(whole["n"] > 0)):
        values = {"most": label(x.meta, ends[2]), "high": ends[3], "least": label(x.meta, ends[0]), "low": ends[1]}
        out.append(Sentence("collaboration.forms_range", values))
    if x.pairs["jaccard"].notna().any():
        pair = x.pairs.loc[x.pairs["jaccard"].idxmax()]
        values = {"one": label(x.meta, pair["form_1"]), "two": label(x.meta, pair["form_2"]), "value": pair["jaccard"]}
        out.append(Sentence("collaboration.forms_together", values))
    return {"forms": out}


@paragraphs.register(Strains)
def _strains(x: Strains, style: Style) -> Paragraphs:
    kinds = x.table[x.table["level"] == "element"]
    weighted = kinds.assign(total=kinds["mean"] * kinds["n"]).groupby("construct", sort=False)[["total", "n"]].sum()
    out = [Sentence(f"collaboration.{x.what}", {"n": x.meta.n})]
    if ends := extremes(weighted["total"] / weighted["n"].where(weighted["n"] > 0)):
        values = {"most": label(x.meta, ends[2]), "high": ends[3], "least": label(x.meta, ends[0]), "low": ends[1]}
        out.append(Sentence("collaboration.strains_range", values))
    return {x.what: [*out, Sentence("collaboration.strains_read")]}
