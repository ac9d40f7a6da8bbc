"""What is told about planning: sample size, allocation, power."""

from __future__ import annotations

from typing import Any

import numpy as np

from cgsurvey.planning import Allocation, Power, SampleSize
from cgsurvey.present.narration.sentences import Paragraphs, Sentence, paragraphs
from cgsurvey.present.tables.planning import parameter
from cgsurvey.present.tables.style import Style, label, term


@paragraphs.register(SampleSize)
def _sample_size(x: SampleSize, style: Style) -> Paragraphs:
    g, method = x.given, term("sizing", x.method)
    out: list[Sentence] = []
    if x.measure == "margin":
        known = {"method": method, "n": x.n, "margin": g["margin"]}
        finite = np.isfinite(g["population"])
        key = "mean" if x.method == "mean" else "proportion"
        known |= {"population": int(g["population"])} if finite else {}
        out.append(Sentence(f"planning.{key}{'_finite' if finite else ''}", known))
    else:
        out.append(Sentence("planning.test", {"method": method, "n": x.n, "power": g["power"], "alpha": g["alpha"]}))
    if x.invited > x.n:
        out.append(Sentence("planning.invited", {"invited": x.invited, "rate": x.n / x.invited}))
    if x.method == "slovin":
        out.append(Sentence("planning.slovin"))
    return {"sample_size": out}


@paragraphs.register(Allocation)
def _allocation(x: Allocation, style: Style) -> Paragraphs:
    table, method = x.table, term("allocation", str(x.meta.options["method"]))
    low, high = table.loc[table["n"].idxmin()], table.loc[table["n"].idxmax()]
    values = {"n": int(table["n"].sum()), "strata": len(table), "method": method}
    out = [Sentence("planning.allocated", values)]
    if len(table) > 1:
        names = {"low_name": label(x.meta, low["stratum"]), "high_name": label(x.meta, high["stratum"])}
        out.append(Sentence("planning.smallest_stratum", names | {"low": int(low["n"]), "high": int(high["n"])}))
    gain = 1 - x.std_error / x.std_error_proportional if x.std_error_proportional else np.nan
    if np.isfinite(gain) and gain > 0:
        out.append(Sentence("planning.gain", {"gain": gain}))
    return {"allocation": out}


@paragraphs.register(Power)
def _power(x: Power, style: Style) -> Paragraphs:
    options, frame, known = x.meta.options, x.tidy(), x.needed[np.isfinite(x.needed["n"])]
    sizes = {"low": int(x.runs["n"].min()), "high": int(x.runs["n"].max())}
    first = {"replications": int(options["replications"]), "estimator": options["estimator"], "alpha": options["alpha"]}
    several = len(x.runs) > 1
    out = [Sentence("power.range" if several else "power.one", first | (sizes if several else {"n": sizes["low"]}))]
    real = x.needed[x.needed["true_value"] != 0]
    if x.n is not None:
        last = known.loc[known["n"].idxmax()]
        values: dict[str, Any] = {"n": x.n, "target": x.target}
        if np.isfinite(last["ci_lower"]):
            values |= {"name": parameter(x, f"{last['lhs']} {last['op']} {last['rhs']}")}
            values |= {"lower": float(np.floor(last["ci_lower"])), "upper": float(np.ceil(last["ci_upper"]))}
            out.append(Sentence("power.needed", values))
        else:
            out.append(Sentence("power.enough", values))
    elif len(real) and not np.isfinite(real["n"]).all():
        names = [parameter(x, f"{r.lhs} {r.op} {r.rhs}") for r in real[~np.isfinite(real["n"])].itertuples()]
        out.append(Sentence("power.unknown", {"names": names, "target": x.target}))
    weak = frame[(frame["n"] == sizes["high"]) & (frame["power"] < x.target) & (frame["true_value"] != 0)]
    if len(weak):
        names = [parameter(x, f"{r.lhs} {r.op} {r.rhs}") for r in weak.itertuples()]
        out.append(Sentence("power.weak", {"names": names, "n": sizes["high"], "target": x.target}))
    covered = frame["coverage"].dropna()
    if len(covered):
        out.append(Sentence("power.coverage", {"low": float(covered.min()), "high": float(covered.max())}))
    out.append(Sentence("power.assumed"))
    return {"power": out}
