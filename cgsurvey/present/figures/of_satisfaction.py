"""Which pictures there are of the satisfaction index."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.forest import pages
from cgsurvey.present.figures.picture import Picture
from cgsurvey.present.figures.satisfaction import LINES, element_forest, index_forest, index_trend
from cgsurvey.service_quality import SatisfactionIndex


@drawers.register(SatisfactionIndex)
def _of_satisfaction(x: SatisfactionIndex, language: str) -> Drawers:
    out: dict[str, Callable[..., Picture]] = {"elements": partial(element_forest, x, language=language)}
    known = x.groups[x.groups["ikm"].notna()]
    if not x.by or known.empty:
        return out
    others = [c for c in x.by if c != x.period]
    if x.period is not None and len(x.meta.options["order"]) > 1:
        kept = known[others].drop_duplicates().to_dict("records") if others else [{}]
        lines = [kept[k : k + LINES] for k in range(0, len(kept), LINES)]
        out |= numbered("trend", [partial(index_trend, x, part, language=language) for part in lines])
    if others:
        order = {p: k for k, p in enumerate(x.meta.options["order"])}
        keys = known.assign(_at=known[x.period].map(order) if x.period else 0)
        known = known.loc[keys.sort_values(["_at", "ikm"], ascending=[True, False], kind="stable").index]
        heads = [str(v) for v in known[x.period]] if x.period else [""] * len(known)
        parts = [partial(index_forest, x, known.iloc[page], language=language) for page in pages(heads, most=30)]
        out = numbered("groups", parts) | out
    return out
