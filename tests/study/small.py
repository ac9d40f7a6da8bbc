"""A small study that runs in seconds: three constructs of three items, two areas, a mediated effect."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import cgsurvey as cg

POPULATION = """
trust =~ .8*tru1 + .75*tru2 + .7*tru3
effort =~ .8*eff1 + .75*eff2 + .7*eff3
quality =~ .8*qua1 + .75*qua2 + .7*qua3
effort ~ .6*trust
quality ~ .4*effort + .2*trust
"""
PLAN = """
[study]
title = "Small study"
seed = 3

[data]
file = "answers.csv"
instrument = "instrument.yaml"

[estimation]
estimator = "ML"
missing = "listwise"

[measurement]
model = "first_order"

[structure]
model = \"\"\"
effort ~ trust
quality ~ effort + trust
\"\"\"

[hypotheses]
H1 = "effort ~ trust > 0"

[report]
formats = ["html"]
"""


def make(folder: Path, more: str = "", n: int = 240, plan: str = PLAN) -> Path:
    """Write data, instrument and plan; return the path of the plan."""
    data = cg.simulate(POPULATION, n, seed=11)
    answers = np.clip(np.rint(3 + data), 1, 5).astype(int)
    answers["area"] = np.where(np.arange(n) % 2, "city", "regency")
    answers.to_csv(folder / "answers.csv", index=False)
    blocks = {f: [f"{f[:3]}{k}" for k in (1, 2, 3)] for f in ("trust", "effort", "quality")}
    cg.Instrument.from_items(blocks, id="small").to_yaml(folder / "instrument.yaml")
    (folder / "study.toml").write_text(plan + more, encoding="utf-8")
    return folder / "study.toml"
