"""Pictures of criteria, activities, exchange and ties of partners, forms, challenges and harms."""

from __future__ import annotations

from functools import partial

from cgsurvey.collaboration import Activities, Criteria, Exchange, Forms, Ladder, Strains
from cgsurvey.present.figures.collaboration import (
    activity_bars,
    criteria_signs,
    exchange_map,
    exchange_network,
    form_shares,
    forms_map,
    ladder_map,
    ladder_network,
    strain_profile,
)
from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.forest import pages

MOST = 18  # partners that a picture can name


@drawers.register(Criteria)
def _of_criteria(x: Criteria, language: str) -> Drawers:
    groups = list(x.units["group"])
    parts = [[groups[k] for k in page] for page in pages([""] * len(groups))]
    return numbered("gate", [partial(criteria_signs, x, part, language=language) for part in parts])


@drawers.register(Activities)
def _of_activities(x: Activities, language: str) -> Drawers:
    groups = list(dict.fromkeys(x.table["group"]))
    return numbered("activities", [partial(activity_bars, x, g, language=language) for g in groups])


@drawers.register(Exchange)
def _of_exchange(x: Exchange, language: str) -> Drawers:
    if len(x.names) > MOST or x.flows.empty:
        return {}
    kinds = [a for a in x.table["activity"] if a != "all" and (x.flows["activity"] == a).any()]
    maps = {a.replace("act_", "exchange_"): partial(exchange_map, x, a, language=language) for a in kinds}
    whole = {
        "exchange": partial(exchange_map, x, "all", language=language),
        "exchange_network": partial(exchange_network, x, language=language),
    }
    return whole | (maps if len(maps) > 1 else {})


@drawers.register(Ladder)
def _of_ladder(x: Ladder, language: str) -> Drawers:
    if len(x.matrix) > MOST:
        return {}
    return {
        "ladder": partial(ladder_map, x, language=language),
        "ladder_network": partial(ladder_network, x, language=language),
    }


@drawers.register(Forms)
def _of_forms(x: Forms, language: str) -> Drawers:
    more = {"forms_together": partial(forms_map, x, language=language)} if x.pairs["jaccard"].notna().any() else {}
    return {"forms": partial(form_shares, x, language=language)} | more


@drawers.register(Strains)
def _of_strains(x: Strains, language: str) -> Drawers:
    return {x.what: partial(strain_profile, x, language=language)}
