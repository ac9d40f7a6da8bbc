"""Which pictures there are of criteria, activities and ties of partners."""

from __future__ import annotations

from functools import partial

from cgsurvey.collaboration import Activities, Criteria, Ladder
from cgsurvey.present.figures.collaboration import exchange_bars, gate_table, ladder_map, ladder_network
from cgsurvey.present.figures.drawers import Drawers, drawers, numbered

UNITS = 24  # in one picture
PARTNERS = 16  # in a network whose lines can still be told apart


@drawers.register(Criteria)
def _of_criteria(x: Criteria, language: str) -> Drawers:
    units = [str(u) for u in x.units["group"]]
    parts = [units[k : k + UNITS] for k in range(0, len(units), UNITS)]
    return numbered("gate", [partial(gate_table, x, part, language=language) for part in parts])


@drawers.register(Activities)
def _of_activities(x: Activities, language: str) -> Drawers:
    groups = [str(g) for g in dict.fromkeys(x.pairs["group"])]
    return numbered("reciprocity", [partial(exchange_bars, x, g, language=language) for g in groups]) if groups else {}


@drawers.register(Ladder)
def _of_ladder(x: Ladder, language: str) -> Drawers:
    out = {"ladder": partial(ladder_map, x, language=language)}
    return out | ({"network": partial(ladder_network, x, language=language)} if len(x.matrix) <= PARTNERS else {})
