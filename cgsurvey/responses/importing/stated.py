"""Cells that a file itself declares as no answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cgsurvey.base.notes import Note, note
from cgsurvey.responses.readers import RawTable
from cgsurvey.responses.responses import REASONS, no_stated


def stated_cells(table: RawTable, places: Mapping[str, int]) -> pd.DataFrame:
    """Return the cells that the file declares as no answer: row, column, value, reason, the file's own word."""
    parts = []
    for name, j in places.items():
        stated = table.reasons.get(j)
        if stated:
            _, reasons = set_apart(table.cells[j], stated)
            at = reasons != ""
            values = [c.strip() for c in table.cells[j][at]]
            words = [table.values.get(j, {}).get(v, "") for v in values]
            parts.append(
                pd.DataFrame(
                    {"row": table.rows[at], "column": name, "value": values, "reason": reasons[at], "word": words}
                )
            )
    return no_stated() if not parts else pd.concat([no_stated(), *parts], ignore_index=True).astype(no_stated().dtypes)


def no_answers(table: RawTable) -> Note:
    """Return a note on how many cells that are, by reason."""
    counts: Counter[str] = Counter()
    for j, stated in table.reasons.items():
        counts.update(r for r in set_apart(table.cells[j], stated)[1] if r)
    listed = ", ".join(f"{counts[r]} {r}" for r in REASONS if counts[r])
    return note("responses.stated_missing", n=counts.total(), columns=len(table.reasons), reasons=listed or "0")


def set_apart(cells: np.ndarray, stated: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells without those that the file declares as no answer, and the reasons of these, shape (n,)."""
    if not stated:
        return cells, np.full(len(cells), "", dtype=object)
    codes, texts = pd.factorize(cells)
    reasons = np.array([stated.get(t.strip(), "") for t in texts], dtype=object)[codes]
    return np.where(reasons == "", cells, ""), reasons
