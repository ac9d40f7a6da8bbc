"""Tables of models side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cgsurvey.present.table import Column, Table, Words
from cgsurvey.present.tables.style import Maker, Style, makers, rows_of, with_meta
from cgsurvey.sem.compare import Comparison

METHOD = {
    "standard": Words("likelihood-ratio test", "uji rasio likelihood"),
    "satorra-bentler-2001": Words("scaled (Satorra & Bentler, 2001)", "terskala (Satorra & Bentler, 2001)"),
    "satorra-bentler-2010": Words("scaled (Satorra & Bentler, 2010)", "terskala (Satorra & Bentler, 2010)"),
    "satorra-2000": Words("scaled and shifted (Satorra, 2000)", "terskala dan tergeser (Satorra, 2000)"),
}


@makers.register(Comparison)
def _comparison_makers(x: Comparison) -> Mapping[str, Maker]:
    return {"comparison": comparison}


def comparison(x: Comparison, style: Style) -> Table:
    """Models in order of df, each tested against the one above it."""
    found = x.tidy()
    # Two rows side by side need no difference column when rivals are compared, nor AIC without a likelihood.
    names = [n for n in found.columns if n == "model" or np.isfinite(found[n].to_numpy(float)).any()]
    rows = tuple(tuple(getattr(r, n) for n in names) for r in rows_of(found))
    notes = [] if x.vuong is not None else [_tested(x)]
    notes += [Words(n.render("en"), n.render("id")) for n in x.notes]
    title = Words("Comparison of models", "Perbandingan model")
    made = Table("", "comparison", title, tuple(map(Column.of, names)), rows, notes=tuple(notes))
    return with_meta(made, x.meta)


def _tested(x: Comparison) -> Words:
    how, estimator = METHOD[x.method], x.meta.options.get("estimator", "")
    return Words(
        f"Each model is tested against the one above it, {how.en}; χ² are the unscaled statistics ({estimator}).",
        f"Setiap model diuji terhadap model di atasnya, {how.id}; χ² adalah statistik tanpa skala ({estimator}).",
    )
