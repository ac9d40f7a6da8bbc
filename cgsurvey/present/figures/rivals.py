"""Information criteria of rival models, each as its distance from the lowest."""

from __future__ import annotations

import pandas as pd

from cgsurvey.present.figures.forest import COLUMNS, Axis, forest
from cgsurvey.present.figures.picture import Picture
from cgsurvey.present.numbers import show
from cgsurvey.reliability import Rivals

WORDS = {
    "en": {
        "axis": "Difference from the lowest",
        "alt": "Information criteria of {n} rival models as differences from the lowest. {told}",
        "told": "{name}: AIC {aic}, BIC {bic}.",
    },
    "id": {
        "axis": "Selisih dari yang terendah",
        "alt": "Kriteria informasi {n} model tandingan sebagai selisih dari yang terendah. {told}",
        "told": "{name}: AIC {aic}, BIC {bic}.",
    },
}


def criteria_plot(x: Rivals, *, language: str = "en") -> Picture:
    """Draw AIC and BIC of each model less the lowest of all, models by rising BIC."""
    words = WORDS[language]
    known = x.models[x.models["bic"].notna()].sort_values("bic", kind="stable")
    distance = known[["aic", "bic"]] - known[["aic", "bic"]].min()
    names = [x.meta.label(str(m), language) for m in known["model"]]
    rows = [
        ("", "", name, criterion, value, float("nan"), float("nan"))
        for name, both in zip(names, distance.to_dict("records"), strict=True)
        for criterion, value in both.items()
    ]
    told = " ".join(
        words["told"].format(name=name, **{k: show(v, "statistic", language, 1) for k, v in both.items()})
        for name, both in zip(names, distance.to_dict("records"), strict=True)
    )
    return forest(
        pd.DataFrame(rows, columns=list(COLUMNS)),
        axes={"": Axis(words["axis"], most=max(float(distance.to_numpy().max()), 1.0), digits=0)},
        series={"aic": "AIC", "bic": "BIC"},
        language=language,
        alt=words["alt"].format(n=len(known), told=told),
    )
