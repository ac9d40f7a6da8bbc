"""Make the sample data: SIMULATED answers to the study instrument, in the shapes in which they would arrive.

    python data/sample/make_sample.py [FOLDER]

Writes same.csv, partners.csv, partners.xlsx, users.csv, expectations.csv, partnership.csv, sample.yaml and
population.yaml. The same script and versions give the same bytes.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

import cgsurvey as cg
from cgsurvey.base.data import package_yaml
from cgsurvey.responses.simulation import (
    District,
    FieldData,
    draw_offices,
    draw_profile,
    field_behaviour,
    write_google_forms,
    write_kobo,
)
from cgsurvey.sem import population_model

SEED = {"same": 20261, "pair": 20264, "expectations": 20267}
SEED_PARTNERSHIP = 20270
N = {"same": 600, "partners": 300, "users": 900, "expectations": 300}
DISTRICTS = {  # invented
    "Tirtamaya": District("city", 12, 30_000),
    "Wanasari": District("regency", 10, 12_000),
    "Gunungbaru": District("regency", 8, 6_000),
}
ICC = {"same": 0.06, "governance": 0.45, "service": 0.05}
FIELD = {"missing": 0.007, "dont_know": 0.003, "careless": {"straight": 0.02, "random": 0.02}, "start": "2026-09-07"}
BREAK_OFF = 0.03  # Google Forms keeps no unfinished answers, so nobody breaks off among the users
EVERYBODY: dict[str, Any] = {
    "consent": {"yes": 1.0},
    "sex": {"female": 0.51, "male": 0.49},
    "age": (19, 64),
    "education": {"sma": 0.38, "diploma": 0.14, "s1": 0.38, "s2": 0.10},
}
PARTNER: dict[str, Any] = {
    "org_type": {"district": 0.46, "province": 0.10, "private": 0.14, "cso": 0.20, "university": 0.10},
    "position": {"staff": 0.45, "supervisor": 0.30, "manager": 0.18, "head": 0.07},
    "collab_months": (3, 60),
}
USER: dict[str, Any] = {
    "occupation": {
        "employee": 0.27,
        "self_employed": 0.24,
        "asn": 0.12,
        "farmer": 0.12,
        "student": 0.13,
        "homemaker": 0.12,
    },
    "service_used": {"civil_registry": 0.45, "licensing": 0.20, "tax": 0.15, "health": 0.15, "social": 0.05},
    "channel": {"counter": 0.6, "online": 0.4},
}
M1 = {
    k: package_yaml("sem/population.yaml")["paths"][k]
    for k in ("shared_motivation", "capacity_joint_action", "service_quality")
}
PERIODS = ("2025-2", "2026-1", "2026-2")
# What users expect of each dimension, and how important it is to them: means and spread on the scale of 1 to 5.
WISHES: dict[str, Any] = {
    "expectation": {"psq_tangibles": 4.0, "psq_reliability": 4.6, "psq_responsiveness": 4.5, "psq_assurance": 4.4,
                    "psq_empathy": 4.1},
    "importance": {"psq_tangibles": 3.5, "psq_reliability": 4.5, "psq_responsiveness": 4.3, "psq_assurance": 4.2,
                   "psq_empathy": 3.7},
    "between_items": 0.25,
    "between_users": 0.35,
    "within_users": 0.6,
}  # fmt: skip
# Eight invented organisations, one rater of each in each forum for each other organisation. What each is able to give
# (0 little to 1 much): training, equipment, technical help, grant management.
PARTNERS: dict[str, tuple[str, tuple[float, float, float, float]]] = {
    "Dinas Kependudukan Tirtamaya": ("gov", (0.5, 0.7, 0.6, 0.6)),
    "Dinas Sosial Tirtamaya": ("gov", (0.4, 0.4, 0.5, 0.8)),
    "Kantor Pajak Tirtamaya": ("gov", (0.3, 0.3, 0.4, 0.1)),
    "Universitas Gunungbaru": ("academic", (0.9, 0.2, 0.8, 0.3)),
    "Yayasan Cahaya Warga": ("civil", (0.5, 0.1, 0.3, 0.2)),
    "Forum Difabel Wanasari": ("civil", (0.4, 0.1, 0.2, 0.1)),
    "Koperasi Lumbung Sejahtera": ("private", (0.1, 0.3, 0.1, 0.1)),
    "Bank Mitra Wanasari": ("private", (0.2, 0.6, 0.3, 0.3)),
}
# Chance of "yes" and "partly" per criterion, and of each form, forum by forum.
FORUMS: dict[str, dict[str, Any]] = {
    "Forum Layanan Tirtamaya": {"yes": (0.95, 0.90, 0.80, 0.90, 0.85, 0.95), "form": (0.7, 0.8, 0.5, 0.8)},
    "Forum Layanan Wanasari": {"yes": (0.90, 0.85, 0.46, 0.75, 0.45, 0.90), "form": (0.4, 0.7, 0.3, 0.6)},
    "Forum Layanan Gunungbaru": {"yes": (0.85, 0.15, 0.10, 0.40, 0.20, 0.90), "form": (0.2, 0.5, 0.2, 0.3)},
}
# Means of challenges and harms (scale of 1 to 5) per role, in the order of the instrument.
STRAINS: dict[str, tuple[float, ...]] = {
    "gov": (2.2, 2.8, 2.9, 3.6, 1.8, 3.5, 2.1, 2.2),
    "academic": (2.8, 3.0, 3.1, 3.5, 2.4, 3.0, 2.3, 2.3),
    "civil": (3.6, 3.4, 3.2, 3.5, 3.3, 3.1, 2.9, 2.5),
    "private": (3.0, 3.1, 2.9, 3.7, 2.2, 3.2, 2.4, 2.4),
}
ROLES = {"gov": 0.50, "civil": 0.24, "private": 0.14, "academic": 0.12}


def main(folder: Path) -> None:
    """Write all files."""
    core = cg.load_instrument("cgsurvey_core")
    population = population_model(core)
    factors = [c for top in core.constructs for c in (top.walk() if top.kind == "reflective" else (top,))]
    rated_by = {c.id: core.item(c.all_items[0]).respondent for c in factors}
    icc = {c: ICC["governance" if side == "partner" else "service"] for c, side in rated_by.items()}

    where = draw_offices(N["same"], DISTRICTS, seed=SEED["same"])
    clean = cg.simulate(core, N["same"], seed=SEED["same"], population=population, cluster=where["office"],
                        icc=ICC["same"])  # fmt: skip
    same = arrive(clean, where, {**EVERYBODY, **USER, **PARTNER}, SEED["same"], BREAK_OFF)
    write_kobo(same.responses, folder / "same.csv", groups=True)

    # One draw of offices carries both sides of the pair: what partners see of an office acts on what its users see.
    sides = [draw_offices(N[k], DISTRICTS, seed=SEED["pair"]) for k in ("partners", "users")]
    both = pd.concat(sides, ignore_index=True)
    clean = cg.simulate(core, len(both), seed=SEED["pair"], population=population, cluster=both["office"], icc=icc)
    partners = arrive(
        side(clean, "partner").replace(frame=side(clean, "partner").frame.iloc[: N["partners"]]),
        sides[0].drop(columns="weight"), {"role": ROLES, **EVERYBODY, **PARTNER}, SEED["pair"], BREAK_OFF,
    )  # fmt: skip
    write_kobo(partners.responses, folder / "partners.csv", values="labels")
    write_kobo(partners.responses, folder / "partners.xlsx", values="labels")
    users = arrive(
        side(clean, "user").replace(frame=side(clean, "user").frame.iloc[N["partners"] :]),
        sides[1], {"role": {"user": 1.0}, **EVERYBODY, **USER}, SEED["pair"] + 1, 0.0,
    )  # fmt: skip
    write_google_forms(users.responses, folder / "users.csv")

    write_expectations(core, population, folder / "expectations.csv")

    write_partnership(folder / "partnership.csv")

    entry = {"instrument": "cgsurvey_core", "simulated": True, "cluster": "office", "strata": "district"}
    write_yaml(folder / "sample.yaml", {
        "same": {"file": "same.csv", **entry, "weights": "weight"},
        "partners": {"file": "partners.csv", **entry},
        "users": {"file": "users.csv", **entry, "weights": "weight"},
        "expectations": {"file": "expectations.csv", "instrument": "cgsurvey_core", "simulated": True},
        "partnership": {"file": "partnership.csv", "instrument": "cgsurvey_theory", "simulated": True,
                        "cluster": "office"},
    })  # fmt: skip
    write_yaml(folder / "population.yaml", {
        "about": "SIMULATED data. Nobody answered. Values: metric of variance 1, before cutting into answers.",
        "made_by": "make_sample.py",
        "instrument": {"id": core.id, "version": core.version},
        "seeds": SEED,
        "n": N,
        "districts": {k: asdict(d) for k, d in DISTRICTS.items()},
        "icc_of_all_factors": {"same": ICC["same"], "pair": {"partners": ICC["governance"], "users": ICC["service"]}},
        "field": {**FIELD, "break_off": {"same": BREAK_OFF, "partners": BREAK_OFF, "users": 0.0}},
        "wishes": WISHES,
        "paths": {"M1": M1, "indirect": indirect(M1), "office_level_of_the_pair": office_level(M1, icc)},
        "careless": {k: careless(d) for k, d in (("same", same), ("partners", partners), ("users", users))},
        "model": str(population),
    })  # fmt: skip


def side(data: cg.Responses, respondent: str) -> cg.Responses:
    """Keep the items that one side is asked; the e-service block was not part of the users' form."""
    mine = [i.name for i in data.instrument.items if i.respondent == respondent and i.block != "egov"]
    return data.replace(frame=data.frame[mine])


def write_expectations(core: cg.Instrument, population: Any, path: Path) -> None:
    """Write a table in codes: perceptions, expectations (_e) and importance (_i) of service quality, nine elements."""
    n, seed = N["expectations"], SEED["expectations"]
    rng = np.random.default_rng(seed)
    clean = cg.simulate(core, n, seed=seed, population=population).frame
    quality = core.construct("service_quality")
    items = {i: d.id for d in quality.elements for i in d.items}
    who = pd.DataFrame(
        {
            "period": np.repeat(PERIODS, n // 3),
            "role": "user",
            "service_used": rng.choice(list(USER["service_used"]), n, p=list(USER["service_used"].values())),
        }
    )
    wished = {}
    for what, suffix in (("expectation", "_e"), ("importance", "_i")):
        user = WISHES["between_users"] * rng.standard_normal(n)
        for item, dimension in items.items():
            mean = WISHES[what][dimension] + WISHES["between_items"] * rng.standard_normal()
            score = np.clip(np.round(mean + user + WISHES["within_users"] * rng.standard_normal(n)), 1, 5).astype(int)
            wished[item + suffix] = 6 - score if what == "expectation" and core.item(item).reverse else score
    rated = [*items, *core.construct("satisfaction").all_items, *(f"U{k}" for k in range(1, 10))]
    answers = clean[rated].astype(int).reset_index(drop=True).join(pd.DataFrame(wished))
    blank = rng.random(answers.shape) < FIELD["missing"]
    table = who.join(answers.astype("Int64").mask(blank))
    table.to_csv(path, index=False, lineterminator="\n")


def write_partnership(path: Path) -> None:
    """Write a table in codes: in each forum each organisation rates each other one, and the forum as a whole."""
    rng = np.random.default_rng(SEED_PARTNERSHIP)
    block = cg.load_instrument("partnership")
    names, k = list(PARTNERS), len(PARTNERS)
    able = np.array([capacity for _, capacity in PARTNERS.values()])
    close = np.triu(rng.standard_normal((k, k)), 1)
    close += close.T  # of a pair, the same from both sides
    kinds = [e for c in ("collab_challenges", "collab_harms") for e in block.construct(c).elements]
    flows = [i.removesuffix("_give") for i in block.item_names if i.endswith("_give")]
    rows = []
    for forum, truth in FORUMS.items():
        for i, j in ((i, j) for i in range(k) for j in range(k) if i != j):
            role = PARTNERS[names[i]][0]
            row: dict[str, Any] = {"role": role, "office": forum, "organisation": names[i], "about_partner": names[j]}
            said = {"wog_step": int(np.clip(np.round(4 + 1.8 * close[i, j] + 0.8 * rng.standard_normal()), 1, 9))}
            for a, activity in enumerate(flows):
                for end, giver in (("_give", i), ("_get", j)):
                    value = 3.2 * able[giver, a] + 0.5 * close[i, j] - 0.4 + 0.5 * rng.standard_normal()
                    said[activity + end] = int(np.clip(np.round(value), 0, 3))
            for activity in ("act_informal", "act_aid", "act_planning"):
                value = 1.4 + 0.6 * close[i, j] + 0.7 * rng.standard_normal()
                said[activity] = int(np.clip(np.round(value), 0, 3))
            for item, chance in zip(block.construct("cg_criteria").items, truth["yes"], strict=True):
                said[item] = int(rng.choice(3, p=[0.7 * (1 - chance), 0.3 * (1 - chance), chance]))
            for item, chance in zip(block.construct("collab_form_count").items, truth["form"], strict=True):
                said[item] = int(rng.random() < chance)
            for kind, mean in zip(kinds, STRAINS[role], strict=True):
                level = mean + 0.7 * rng.standard_normal()
                said |= {q: int(np.clip(np.round(level + 0.6 * rng.standard_normal()), 1, 5)) for q in kind.items}
            codes = {q: {c.score: c.name for c in block.item(q).scale.choices}[v] for q, v in said.items()}
            rows.append(row | {q: codes[q] for q in block.item_names})
    table = pd.DataFrame(rows)
    answers = list(block.item_names)
    blank = rng.random((len(table), len(answers))) < FIELD["missing"]
    table[answers] = table[answers].mask(blank)
    table.to_csv(path, index=False, lineterminator="\n")


def arrive(clean: cg.Responses, where: pd.DataFrame, profile: dict[str, Any], seed: int, break_off: float) -> FieldData:
    """Add respondents and field behaviour to clean answers."""
    who = draw_profile(clean.instrument, len(clean), profile, seed=seed)
    items = clean.frame[[c for c in clean.frame if c not in where]]
    index = pd.RangeIndex(2, len(clean) + 2, name="row")
    frame = pd.concat([t.set_axis(index, axis=0) for t in (who, where, items)], axis=1)
    reasons = clean.reasons.loc[clean.frame.index].set_axis(index, axis=0)
    return field_behaviour(clean.replace(frame=frame, reasons=reasons), seed=seed, break_off=break_off, **FIELD)


def indirect(paths: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return the effects of engagement on perceived quality, way by way."""
    a = paths["shared_motivation"]["principled_engagement"]
    d, e = paths["capacity_joint_action"].values()
    c, s, p = paths["service_quality"].values()
    ways = {"PE -> SM -> CJA -> PSQ": a * d * c, "PE -> CJA -> PSQ": e * c, "PE -> SM -> PSQ": a * s, "direct": p}
    return {k: round(v, 6) for k, v in {**ways, "total": sum(ways.values())}.items()}


def office_level(paths: dict[str, dict[str, float]], icc: dict[str, float]) -> dict[str, float]:
    """Return the standardised paths to perceived quality between offices, and the share they explain.

    Between offices the paths are those of M1, and the variances are the shares `icc` of the disturbances.
    """
    a = paths["shared_motivation"]["principled_engagement"]
    d, e = paths["capacity_joint_action"].values()
    b = np.array(list(paths["service_quality"].values()))
    R = np.array([[1, d + e * a, e + d * a], [d + e * a, 1, a], [e + d * a, a, 1]])  # CJA, SM, PE
    explained = b @ R @ b
    shared = icc["principled_engagement"]
    total = shared * explained + icc["service_quality"] * (1 - explained)
    out = dict(zip(paths["service_quality"], b * np.sqrt(shared / total), strict=True))
    return {k: round(float(v), 6) for k, v in {**out, "r2": shared * explained / total}.items()}


def careless(data: FieldData) -> dict[str, list[int]]:
    """Return the rows of the file (header = 1) of those who did not read or broke off."""
    truth = data.truth
    groups = {k: truth["careless"] == k for k in ("straight", "random")} | {"broke_off": truth["last_page"] != ""}
    return {k: [int(r) for r in truth.index[rows]] for k, rows in groups.items()}


def write_yaml(path: Path, content: dict[str, Any]) -> None:
    """Write YAML that people can read."""

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_representer(
        str, lambda d, s: d.represent_scalar("tag:yaml.org,2002:str", s, style="|" if "\n" in s else None)
    )
    Dumper.add_representer(list, lambda d, s: d.represent_sequence("tag:yaml.org,2002:seq", s, flow_style=True))
    text = yaml.dump(content, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)
    path.write_text("# SIMULATED data; written by make_sample.py.\n" + text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
