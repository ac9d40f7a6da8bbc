"""Pictures of factor analysis."""

from __future__ import annotations

from functools import partial

from cgsurvey.factor import FactorAnalysis, ParallelAnalysis
from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.factor import by_factor, pattern_map, scree_plot
from cgsurvey.present.figures.forest import pages
from cgsurvey.present.figures.picture import item_words

ITEMS_PER_MAP = 44


@drawers.register(ParallelAnalysis)
def _of_parallel(x: ParallelAnalysis, language: str) -> Drawers:
    quantile = float(x.meta.options["quantile"])
    return {"scree": partial(scree_plot, x.eigenvalues, n_factors=x.n_factors, quantile=quantile, language=language)}


@drawers.register(FactorAnalysis)
def _of_efa(x: FactorAnalysis, language: str) -> Drawers:
    sorted_items = by_factor(x.loadings)
    maps = []
    for page in pages([""] * len(sorted_items), ITEMS_PER_MAP):
        part = sorted_items.iloc[page]
        labels = {str(i): item_words(x.meta, str(i), language) for i in part.index}
        communalities = x.communalities.loc[part.index]
        names = [str(f) for f in part.columns]
        maps.append(
            partial(pattern_map, part, labels=labels, communalities=communalities, factors=names, language=language)
        )
    return numbered("pattern", maps)
