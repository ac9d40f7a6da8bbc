"""Pictures of conclusions under other reasonable choices."""

from __future__ import annotations

from functools import partial

from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.fragility import specification_curve
from cgsurvey.robustness import Fragility


@drawers.register(Fragility)
def _of_fragility(x: Fragility, language: str) -> Drawers:
    names = list(x.conclusions["hypothesis"])
    return numbered("specification_curve", [partial(specification_curve, x, name, language=language) for name in names])
