"""What is told about reliability by models of several factors."""

from __future__ import annotations

import numpy as np

from cgsurvey.present.narration.sentences import Paragraphs, Sentence, paragraphs
from cgsurvey.present.tables.style import Style, label, rows_of
from cgsurvey.reliability import Omega


@paragraphs.register(Omega)
def _omega(x: Omega, style: Style) -> Paragraphs:
    out: list[Sentence] = []
    for r in rows_of(x.indices):
        name = {"name": label(x.meta, str(r.construct))}
        if not np.isfinite(r.omega_h):
            continue
        out.append(Sentence("omega.general", name | {"total": r.omega_total, "general": r.omega_h}))
        if np.isfinite(r.ecv):
            out.append(Sentence("omega.ecv", name | {"ecv": r.ecv}))
    if not len(x.indices) and "omega" in x.table:
        known = x.table[x.table["omega"].notna()]
        if len(known):
            low, high = known.loc[known["omega"].idxmin()], known.loc[known["omega"].idxmax()]
            values = {"low": low["omega"], "low_name": label(x.meta, str(low["factor"]))}
            values |= {"high": high["omega"], "high_name": label(x.meta, str(high["factor"]))}
            out.append(Sentence("omega.factors", values))
    return {"omega": out, "bifactor": []}
