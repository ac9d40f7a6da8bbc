"""How the users were drawn, from the design that travels with the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses import Design
from cgsurvey.service_quality.elements import Answers
from cgsurvey.service_quality.index_numbers import Units


@dataclass(frozen=True, eq=False)
class Sampled:
    """Sampling units and weights of the users; `described` names the columns that were used."""

    units: Units | None = None
    omega: np.ndarray | None = None
    described: dict[str, str] | None = None


def sampled(answers: Answers, design: Design | bool | None, notes: list[Note]) -> Sampled:
    """Return the design of the users' answers; `design` as in `ikm`."""
    own = answers.responses.design
    used = design if isinstance(design, Design) else own
    if used is None or design is False or not used.columns:
        if design is True:
            notes.append(note("service_quality.no_design"))
        elif design is False and own is not None and own.columns:
            notes.append(note("service_quality.design_unused", columns=", ".join(own.columns)))
        return Sampled()
    rows = answers.rows
    used.check(rows.columns, answers.responses.provenance.file or "the data frame")
    weighted = used.weights is not None and design is not None
    if used.weights is not None and not weighted:
        notes.append(note("service_quality.weights_unused", column=used.weights))
    omega = _weights(rows[used.weights], used.weights) if weighted and used.weights is not None else None
    if omega is not None:
        notes.append(note("service_quality.weighted", column=used.weights))
    if used.replicate_weights or used.margins:
        unused = ", ".join((*used.replicate_weights, *used.margins))
        notes.append(note("service_quality.replicates_unused", columns=some(unused.split(", "), 4)))
    asked = design is True or isinstance(design, Design)
    units = _units(rows, used, notes, asked=asked) if used.cluster or used.strata or used.fpc else None
    if units is not None:
        shown = [c for c in (used.cluster, used.strata, used.fpc) if c is not None]
        notes.append(note("service_quality.design_used", columns=", ".join(shown), units=len(units.stratum)))
    names = {"weights": used.weights if weighted else None, "cluster": used.cluster, "strata": used.strata}
    return Sampled(units, omega, {k: v for k, v in (names | {"fpc": used.fpc}).items() if v is not None})


def _weights(column: pd.Series, name: str) -> np.ndarray:
    w = pd.to_numeric(column, errors="coerce")
    wrong = column[w.isna() | (w <= 0) | np.isinf(w)]
    if len(wrong):
        raise DataError(
            f"weights '{name}' must be numbers above 0; {len(wrong)} are not: "
            + some((f"{v!r} (row {r})" for r, v in wrong.items()), 5)
            + ". Correct them, or ikm(..., design=False)."
        )
    return w.to_numpy(dtype=float)


def _units(rows: pd.DataFrame, used: Design, notes: list[Note], *, asked: bool) -> Units:
    for column in (used.cluster, used.strata, used.fpc):
        blank = rows.index[rows[column].isna()] if column is not None else ()
        if len(blank):
            raise DataError(
                f"'{column}' of the design is empty for {len(blank)} users (rows {some(map(str, blank), 5)}). Fill it, "
                "drop the rows, or ikm(..., design=False)."
            )
    stratum = pd.factorize(rows[used.strata], sort=True)[0] if used.strata else np.zeros(len(rows), dtype=np.int64)
    if used.cluster:
        # a cluster is one within its stratum: names may recur from stratum to stratum
        keys = pd.MultiIndex.from_arrays([stratum, rows[used.cluster]])
        psu = pd.factorize(keys, sort=True)[0]
    else:
        psu = np.arange(len(rows))
    P = int(psu.max()) + 1
    of_unit = np.zeros(P, dtype=np.int64)
    of_unit[psu] = stratum
    sizes = np.bincount(of_unit)
    lonely = int((sizes == 1).sum())
    fraction = _fractions(rows, used, stratum, sizes)
    if not lonely or len(sizes) == 1:
        return Units(psu.astype(np.int64), of_unit, fraction)
    if used.lonely == "fail" and asked:
        raise DataError(
            f"{lonely} strata of '{used.strata}' have a single sampling unit, which shows no variance. Join them with "
            "like strata, or say how they count: Design(..., lonely='adjust'), 'average', 'certainty' or 'remove'."
        )
    alone = {"fail": "adjust", "certainty": "remove"}.get(used.lonely, used.lonely)
    notes.append(note(f"service_quality.lonely_{alone}", n=lonely))
    return Units(psu.astype(np.int64), of_unit, fraction, alone)


def _fractions(rows: pd.DataFrame, used: Design, stratum: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    if used.fpc is None:
        return np.zeros(len(sizes))
    size = pd.to_numeric(rows[used.fpc], errors="coerce")
    by_stratum = size.groupby(stratum)
    least, most = by_stratum.min().to_numpy(dtype=float), by_stratum.max().to_numpy(dtype=float)
    f = np.where(least <= 1, least, sizes / least)
    wrong = ~np.isfinite(f) | (least != most) | (f < 0) | (f > 1)
    if wrong.any():
        raise DataError(
            f"'{used.fpc}' must hold, for each stratum, one number of units in the population, at least as many "
            f"as were drawn, or the fraction drawn; it does not for {int(wrong.sum())} of {len(sizes)} strata."
        )
    return f
