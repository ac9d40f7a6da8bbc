"""A reference case as the arrays that numeric functions take: structure, estimates, samples, from its own table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.moments.sample import Sample
from cgsurvey.sem.model.ram import fill
from cgsurvey.sem.model.structure import ARROW, COVARIANCE, MEAN, GroupMatrices, Structure


def matrix(block: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(block["values"], index=block.get("rows"), columns=block["cols"]).astype(float)


def groups_of(block: Any, labels: list[str]) -> list[Any]:
    return [block[g] for g in labels] if len(labels) > 1 else [block]


def data_of(shared: Path, case: dict[str, Any]) -> pd.DataFrame:
    return pd.read_csv(shared / "reference" / "dev" / "data" / case["data"]["file"], na_values=["NA"])


def means_of(shared: Path, case: dict[str, Any], observed: list[str]) -> np.ndarray:
    """Means of the complete rows, which the case does not hold where its model has no mean structure."""
    data = data_of(shared, case).dropna(subset=observed)
    weights = (
        data[case["call"]["options"]["sampling.weights"]] if "sampling.weights" in case["call"]["options"] else None
    )
    return np.average(data[observed].to_numpy(float), axis=0, weights=weights)


@dataclass(frozen=True)
class Golden:
    case: dict[str, Any]
    expected: dict[str, Any]
    table: pd.DataFrame  # parameter rows in lavaan's order
    observed: list[str]
    latents: list[str]
    structure: Structure
    theta: np.ndarray
    vcov: np.ndarray | None
    samples: list[Sample]
    matrices: list[GroupMatrices]
    labels: list[str]

    @property
    def variables(self) -> list[str]:
        return self.observed + self.latents

    @property
    def measures(self) -> dict[str, float]:
        return {k.replace(".", "_"): v for k, v in self.expected["fit_measures"].items() if isinstance(v, int | float)}


def load(shared: Path, name: str) -> Golden:
    case = json.loads((shared / "reference" / "dev" / "cases" / f"{name}.json").read_text())
    e = case["expected"]
    labels = e["group_label"] if e["ngroups"] > 1 else ["1"]
    table = pd.DataFrame(e["partable"])
    table["est"] = table["est"].astype(float)
    cells = table[table["op"].isin(["=~", "~", "~~", "~1"])]
    moments = groups_of(e["sample"], labels)
    observed = list(moments[0]["cov"]["cols"])
    latents = list(dict.fromkeys(cells.loc[cells["op"] == "=~", "lhs"]))
    place = {n: k for k, n in enumerate(observed + latents)}
    merged: dict[object, int] = {}
    first: list[int] = []
    rows: dict[str, list[Any]] = {k: [] for k in ("row", "group", "matrix", "i", "j", "free", "value")}
    plabel = dict(zip(table["plabel"], table.index, strict=True))
    same = {
        r["rhs"]: r["lhs"]
        for _, r in table[table["op"] == "=="].iterrows()
        if r["lhs"] in plabel and r["rhs"] in plabel
    }
    for k, r in cells.iterrows():
        i, j, op = place[r["lhs"]], place.get(r["rhs"], 0), r["op"]
        if op == "=~":
            i, j = j, i
        kind = {"=~": ARROW, "~": ARROW, "~~": COVARIANCE, "~1": MEAN}[op]
        if kind == COVARIANCE:
            i, j = max(i, j), min(i, j)
        key = r["label"] or same.get(r["plabel"], r["plabel"])
        if r["free"] and key not in merged:
            merged[key] = len(merged)
            first.append(int(r["free"]) - 1)
        entry = (
            k,
            int(r["group"]) - 1,
            kind,
            i,
            j,
            merged[key] if r["free"] else -1,
            np.nan if r["free"] else r["est"],
        )
        for column, value in zip(rows, entry, strict=True):
            rows[column].append(value)
    arrays = {k: np.array(v, dtype=float if k == "value" else np.int64) for k, v in rows.items()}
    structure = Structure(len(observed), len(place), len(labels), bool((cells["op"] == "~1").any()), **arrays)
    theta = np.full(structure.q, np.nan)
    estimates = cells["est"].to_numpy()
    theta[structure.free[structure.free >= 0]] = estimates[structure.free >= 0]
    vcov = e.get("vcov")
    covariance = matrix(vcov).to_numpy()[np.ix_(first, first)] if vcov and "values" in vcov else None
    wishart = e["effective_options"]["likelihood"] == "wishart"
    samples = []
    source = groups_of(e["h1"], labels) if e.get("h1") else moments
    for block, n in zip(source, np.atleast_1d(e["nobs"]), strict=True):
        cov = matrix(block["cov"]).loc[observed, observed].to_numpy()
        mean = np.array([block["mean"][o] for o in observed]) if block.get("mean") else means_of(shared, case, observed)
        samples.append(Sample(int(n), mean, cov, float(n - 1 if wishart else n)))
    return Golden(
        case, e, table, observed, latents, structure, theta, covariance, samples, fill(structure, theta), list(labels)
    )
