"""A small survey with two sides, made in memory: its instrument and its answers, with known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cgsurvey.instrument import Choice, Construct, Instrument, Item, Question, Roles, Scale

AGREE = Scale(
    "agree5",
    (
        *(Choice(str(k), float(k), {"en": f"level {k}"}) for k in range(1, 6)),
        Choice("98", None, {"en": "Don't know"}),
    ),
    missing=("98",),
)
SEX = Scale("sex", (Choice("f", None, {"en": "Female"}), Choice("m", None, {"en": "Male"})), "nominal")
ROLE = Scale(
    "role", (Choice("official", None, {"en": "Official"}), Choice("client", None, {"en": "Client"})), "nominal"
)
PARTNER = ("tru1", "tru2", "tru3r", "com1", "com2", "com3", "cap1", "cap2", "cap3", "cap4")
USER = ("ser1", "ser2", "ser3", "ser4r")


def survey() -> Instrument:
    """Partners rate shared motivation (two elements) and capacity, users rate the service."""

    def item(name: str, who: str) -> Item:
        return Item(name, AGREE, {"en": f"Wording of {name}"}, reverse=name.endswith("r"), respondent=who)

    words = {"en": "Words"}
    return Instrument(
        "two_sides",
        (
            *(item(n, "partner") for n in PARTNER),
            Item("att1", AGREE, words, role="attention_check", expected="2"),
            *(item(n, "user") for n in USER),
        ),
        (
            Construct(
                "motivation",
                words,
                elements=(
                    Construct("trust", words, items=("tru1", "tru2", "tru3r"), respondent="partner"),
                    Construct("commitment", words, items=("com1", "com2", "com3"), respondent="partner"),
                ),
                respondent="partner",
            ),
            Construct("capacity", words, items=("cap1", "cap2", "cap3", "cap4"), respondent="partner"),
            Construct("service", words, items=USER, respondent="user"),
        ),
        title=words,
        demographics=(
            Question("role", words, "one", ROLE),
            Question("sex", words, "one", SEX),
            Question("age", words, "integer"),
        ),
        roles=Roles("role", ("official",), ("client",)),
    )


def pair(
    seed: int,
    offices: int = 60,
    partners: int = 6,
    users: int = 15,
    *,
    motivation_to_capacity: float = 0.6,
    capacity_to_service: float = 0.5,
    icc: float = 0.3,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate continuous item scores of both sides; paths hold between offices, with independent answers within them.

    Latent office values have variance 1 for motivation and capacity; a partner adds a view of his own of variance
    (1 - icc) / icc, shared by the items of a construct and correlated between constructs; items add noise.
    """
    rng = np.random.default_rng(seed)
    m = rng.normal(size=offices)
    c = motivation_to_capacity * m + np.sqrt(1 - motivation_to_capacity**2) * rng.normal(size=offices)
    q = capacity_to_service * c + np.sqrt(1 - capacity_to_service**2) * rng.normal(size=offices)
    names = np.array([f"MPP {chr(65 + k % 26)}{k // 26}" for k in range(offices)])
    who = np.repeat(np.arange(offices), partners)
    own = rng.normal(size=(len(who), 2)) @ np.linalg.cholesky([[1, 0.5], [0.5, 1]]).T * np.sqrt((1 - icc) / icc)
    p = pd.DataFrame({"office": names[who]})
    for n in PARTNER:
        true = (m if n[:3] in ("tru", "com") else c)[who] + own[:, 0 if n[:3] in ("tru", "com") else 1]
        score = true + rng.normal(scale=0.8, size=len(who))
        p[n] = 6 - (3 + score) if n.endswith("r") else 3 + score
    client = np.repeat(np.arange(offices), users)
    view = q[client] + rng.normal(size=len(client))
    u = pd.DataFrame({"office": names[client], "district": np.where(client % 2 == 0, "North", "South")})
    for n in USER:
        score = view + rng.normal(scale=0.8, size=len(client))
        u[n] = 6 - (3 + score) if n.endswith("r") else 3 + score
    return p, u
