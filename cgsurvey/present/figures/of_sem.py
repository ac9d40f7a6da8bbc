"""Pictures of models: path diagram, loadings, effects, interaction."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from cgsurvey.base.references import rule
from cgsurvey.present.figures.diagram import diagram
from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.effects import effect_forest
from cgsurvey.present.figures.forest import pages
from cgsurvey.present.figures.loadings import loading_plot
from cgsurvey.present.figures.moderation import interaction_plot
from cgsurvey.present.figures.picture import Picture
from cgsurvey.sem import Mediation, SemFit, SimpleSlopes


@drawers.register(SimpleSlopes)
def _of_slopes(x: SimpleSlopes, language: str) -> Drawers:
    return {"interaction": partial(interaction_plot, x, language=language)}


@drawers.register(Mediation)
def _of_mediation(x: Mediation, language: str) -> Drawers:
    rows = x.standardized()
    # Groups of one pair stand in the same rows.
    rows = rows[rows["estimate"].notna()].sort_values(["cause", "outcome"], kind="stable", ignore_index=True)
    parts = pages((rows["cause"] + " " + rows["outcome"]).tolist())
    return numbered("effects", [partial(effect_forest, x, rows.iloc[page], language=language) for page in parts])


@drawers.register(SemFit)
def _of_fit(x: SemFit, language: str) -> Drawers:
    out: dict[str, Callable[..., Picture]] = {"diagram": partial(diagram, x, language=language)}
    rows = x.standardized()
    rows = rows[(rows["op"] == "=~") & (rows["group"] == 1)]
    if len(rows):
        table = pd.DataFrame(
            {
                "construct": rows["lhs"],
                "item": rows["rhs"],
                "estimate": rows["estimate"],
                "ci_lower": rows["ci_lower"],
                "ci_upper": rows["ci_upper"],
            }
        )
        table["item"] = [x.meta.label(i, language) if i in x.latents else i for i in table["item"]]
        limit = rule("loading", "any")
        cuts = [c for c in (limit.fair, limit.good) if c is not None] if limit else []
        labels = {n: x.meta.label(n, language) for n in x.latents}
        out["loadings"] = partial(loading_plot, table, labels=labels, language=language, guidelines=cuts)
    return out
