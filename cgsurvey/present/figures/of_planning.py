"""Pictures of planning a study."""

from __future__ import annotations

from functools import partial

from cgsurvey.planning import Power, SampleSize
from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.planning import ACROSS, DOWN, power_curves, size_curve


@drawers.register(Power)
def _of_power(x: Power, language: str) -> Drawers:
    most = ACROSS * DOWN
    parts = [x.targets[at : at + most] for at in range(0, len(x.targets), most)]
    return numbered("power", [partial(power_curves, x, part, language=language) for part in parts])


@drawers.register(SampleSize)
def _of_sample_size(x: SampleSize, language: str) -> Drawers:
    return {"sample_size": partial(size_curve, x, language=language)}
