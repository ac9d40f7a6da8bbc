"""Offices: their names spelled alike on both sides, who can be matched, and what their people answered on average."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses import raters
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import blanks


def _key(column: pd.Series) -> pd.Series:
    """Names of offices without outer and double blanks, case and a ".0" left by a spreadsheet; missing where blank."""

    def plain(value: Any) -> str | None:
        if pd.isna(value):
            return None
        text = re.sub(r"\s+", " ", str(value)).strip()
        return re.sub(r"^(-?\d+)\.0+$", r"\1", text).casefold() or None

    return pd.Series([plain(v) for v in column], index=column.index, dtype=object)


def named_offices(governed: Responses, judged: Responses, on: str, notes: list[Note]) -> tuple[pd.Series, pd.Series]:
    """Names of offices per row of either side, spelled alike; the spelling of the users stands."""
    raw = {"partners": governed.frame[on], "users": judged.frame[on]}
    keys = {side: _key(column) for side, column in raw.items()}
    spelled: dict[str, str] = {}
    variants: dict[str, set[str]] = {}
    for side in ("users", "partners"):
        for key, value in zip(keys[side], raw[side], strict=True):
            if key is not None:
                spelled.setdefault(key, re.sub(r"^(-?\d+)\.0+$", r"\1", str(value).strip()))
                variants.setdefault(key, set()).add(str(value))
    merged = [spelled[k] for k, v in variants.items() if len(v) > 1]
    if merged:
        notes.append(note("responses.offices_spelled", n=len(merged), offices=some(merged)))
    for side, key in keys.items():
        blank = int(key.isna().sum())
        if blank:
            notes.append(note("responses.office_blank", n=blank, side=side, column=on))
    return keys["partners"].map(spelled).astype(object), keys["users"].map(spelled).astype(object)


def matched(p: pd.Series, u: pd.Series, min_partners: int, min_users: int) -> pd.DataFrame:
    """Count partners `p` and users `u` of each office and say whether it can be linked: one row per office."""
    counts = (
        pd.DataFrame({"n_partners": p.value_counts(), "n_users": u.value_counts()}).fillna(0).astype(int).sort_index()
    )
    status = np.select(
        [
            counts["n_partners"] == 0,
            counts["n_users"] == 0,
            counts["n_partners"] < min_partners,
            counts["n_users"] < min_users,
        ],
        ["no partners", "no users", "few partners", "few users"],
        "linked",
    )
    counts.insert(0, "office", pd.Series(counts.index, index=counts.index, dtype="str"))
    counts["status"] = pd.Series(status, index=counts.index, dtype="str")
    return counts


_STATUS = {
    "linked": "tertaut",
    "no partners": "tanpa mitra",
    "no users": "tanpa pengguna",
    "few partners": "dengan mitra terlalu sedikit",
    "few users": "dengan pengguna terlalu sedikit",
}


def counts(offices: pd.DataFrame) -> dict[str, str]:
    """Return how many offices have which status, "12 linked, 3 no users", per language."""
    found = offices["status"].value_counts().items()
    return {
        "en": ", ".join(f"{n} {s}" for s, n in found),
        "id": ", ".join(f"{n} {_STATUS[str(s)]}" for s, n in offices["status"].value_counts().items()),
    }


def unlinked_notes(offices: pd.DataFrame, on: str) -> list[Note]:
    """Name the offices that stand on one side only or have too few people, and those whose names look alike."""
    notes: list[Note] = []
    for status in ("no partners", "no users", "few partners", "few users"):
        out = offices[offices["status"] == status]
        if len(out):
            lost = int(out["n_users"].sum()), int(out["n_partners"].sum())
            code = "responses.offices_" + status.replace(" ", "_")
            notes.append(note(code, n=len(out), offices=some(out["office"]), users=lost[0], partners=lost[1]))
    one_sided = {s: list(offices.loc[offices["status"] == f"no {s}", "office"]) for s in ("partners", "users")}
    alike = [f"'{a}' and '{b}'" for a in one_sided["partners"] for b in one_sided["users"] if did_you_mean(a, [b])]
    if alike:
        notes.append(note("responses.offices_alike", column=on, pairs=some(alike)))
    return notes


def office_means(values: pd.DataFrame, codes: np.ndarray, w: np.ndarray | None, G: int) -> pd.DataFrame:
    """Mean per office over those who answered, index 0..G-1."""
    X = values.to_numpy(dtype=float)
    given = ~np.isnan(X)
    W = given * (1.0 if w is None else w[:, None])
    total, mass = np.zeros((G, X.shape[1])), np.zeros((G, X.shape[1]))
    np.add.at(total, codes, np.where(given, X, 0.0) * W)
    np.add.at(mass, codes, W)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(np.where(mass > 0, total / mass, np.nan), columns=values.columns)


def sampling_covariance(scores: pd.DataFrame, codes: np.ndarray) -> pd.DataFrame:
    """Return the covariance of the errors of office means: pooled within offices over their harmonic mean size."""
    whole = scores.notna().all(axis=1).to_numpy()
    if not len(scores.columns):
        return pd.DataFrame()
    S, _ = raters.pooled_within(scores[whole].to_numpy(dtype=float), codes[whole])
    sizes = np.bincount(codes[whole])
    harmonic = len(sizes[sizes > 0]) / (1.0 / sizes[sizes > 0]).sum()
    return pd.DataFrame(S / harmonic, index=scores.columns, columns=scores.columns)


def user_rows(
    judged: Responses,
    own: pd.DataFrame,
    rows: np.ndarray,
    means: pd.DataFrame,
    items: tuple[str, ...],
    codes: np.ndarray,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row per user, the means of the partners of their office brought beside, and reasons of blanks."""
    brought = means.iloc[codes].set_index(own.index)
    frame = pd.concat([own.drop(columns=[c for c in brought.columns if c in own.columns]), brought], axis=1)
    order = [c for c in own.columns if c in frame.columns] + [c for c in brought.columns if c not in own.columns]
    kept = judged.reasons.loc[rows, [c for c in judged.reasons.columns if c not in items]]
    return frame[order], pd.concat([kept, blanks(brought, items)], axis=1)


def office_rows(
    own: pd.DataFrame,
    means: pd.DataFrame,
    u_means: pd.DataFrame,
    items: Sequence[str],
    codes: np.ndarray,
    offices: pd.DataFrame,
    on: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row per office, the means of both sides, and reasons of blanks."""
    # What is the same for all users of an office (its district) describes the office and is kept.
    rest = own[[c for c in own.columns if c not in {on, *items, *means.columns, *u_means.columns}]]
    by = rest.groupby(codes)
    spread = by.nunique(dropna=False)
    alike = [c for c in rest.columns if bool((spread[c] == 1).all())]
    head = offices[["office", "n_partners", "n_users"]].reset_index(drop=True).rename(columns={"office": on})
    index = pd.RangeIndex(1, len(offices) + 1, name="row")
    frame = pd.concat([head, by[alike].first().reset_index(drop=True), means, u_means], axis=1).set_index(index)
    return frame, blanks(frame, items)
