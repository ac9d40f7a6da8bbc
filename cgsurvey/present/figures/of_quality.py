"""Pictures of service quality, of importance and performance, of drivers."""

from __future__ import annotations

from functools import partial

from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.forest import pages
from cgsurvey.present.figures.quality import driver_map, gap_forest, quadrant_chart, score_forest, surface_contour
from cgsurvey.service_quality import Drivers, ImportancePerformance, ServiceQuality


@drawers.register(ServiceQuality)
def _of_quality(x: ServiceQuality, language: str) -> Drawers:
    rows = x.tidy()
    heads = rows[list(x.by)].astype(str).agg(", ".join, axis=1).tolist() if x.by else [""] * len(rows)
    pictures = [partial(score_forest, x, rows.iloc[page], language=language) for page in pages(heads)]
    out = dict(numbered("quality", pictures))
    if len(x.gaps):
        found = x.gaps[x.gaps["gap"].notna()]
        parts = [partial(gap_forest, x, found.iloc[page], language=language) for page in pages([""] * len(found))]
        out |= numbered("gaps", parts)
    if len(x.surface):
        names = list(dict.fromkeys(x.surface["dimension"]))
        out |= {"surface": partial(surface_contour, x, names[-1], language=language)}
    return out


@drawers.register(ImportancePerformance)
def _of_importance(x: ImportancePerformance, language: str) -> Drawers:
    return {"quadrants": partial(quadrant_chart, x, language=language)}


@drawers.register(Drivers)
def _of_drivers(x: Drivers, language: str) -> Drawers:
    levels = [v for v in ("construct", "element", "item") if (x.table["level"] == v).any()]
    names = {"construct": "drivers", "element": "driver_elements", "item": "driver_items"}
    return {names[v]: partial(driver_map, x, v, language=language) for v in levels}
