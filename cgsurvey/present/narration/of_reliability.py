"""What is told about reliability, items, raters and experts."""

from __future__ import annotations

from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, extremes, paragraphs, verdicts
from cgsurvey.present.tables.style import Style, label
from cgsurvey.reliability import ExpertJudgement, Reliability, Retest
from cgsurvey.responses.agreement import Agreement, IntraclassCorrelation


@paragraphs.register(Reliability)
def _reliability(x: Reliability, style: Style) -> Paragraphs:
    found = x.tidy().set_index("construct")
    out: list[Sentence] = []
    if len(found) == 1:
        row = found.iloc[0]
        level = 100 * float(x.meta.options.get("ci", 0.95))
        values = {"level": level, "alpha": row["alpha"], "lower": row["alpha_ci_lower"], "upper": row["alpha_ci_upper"]}
        out.append(Sentence("reliability.one", {"name": label(x.meta, str(found.index[0])), **values}))
    elif ends := extremes(found["alpha"]):
        low, a, high, b = ends
        values = {"low": a, "low_name": label(x.meta, low), "high": b, "high_name": label(x.meta, high)}
        out.append(Sentence("reliability.range", values))
    weak = verdicts(found["alpha"].dropna(), style.rule("alpha", "any"), "fair", "poor")
    names = [label(x.meta, n) for n in weak]
    if names:
        out.append(Sentence("reliability.poor", {"names": names}))
    elif found["alpha"].notna().all():
        out.append(Sentence("reliability.good"))
    out += _omega(x)
    low_ave = [label(x.meta, n) for n in verdicts(found["ave"].dropna(), style.rule("ave", "any"), "fair", "poor")]
    out += [Sentence("reliability.ave_poor", {"names": low_ave})] if low_ave else []

    items = x.items.set_index("item")
    poor = verdicts(items["r_drop"].dropna(), style.rule("r_drop", "any"), "fair", "poor")
    told = [Sentence("items.poor", {"items": poor})] if poor else []
    told += [Sentence("items.good")] if not poor and items["r_drop"].notna().all() else []
    below = [str(i) for i in items.index[(items["r_drop"] < items["r_table"]).to_numpy()]]
    told += [Sentence("items.below_r_table", {"items": below})] if below else []
    alpha = items["construct"].map(found["alpha"])
    rises = [str(i) for i in items.index[(items["alpha_if_dropped"] > alpha).to_numpy()]]
    told += [Sentence("items.dropping", {"items": rises})] if rises else []
    return {"reliability": out, "items": told}


def _omega(x: Reliability) -> list[Sentence]:
    """Tell what a general factor accounts for, where constructs are long enough to show one."""
    known = x.tidy().set_index("construct")[["omega_total", "omega_h"]].dropna()
    if known.empty:
        return []
    if len(known) == 1:
        row = known.iloc[0]
        values = {"name": label(x.meta, str(known.index[0])), "total": row["omega_total"], "general": row["omega_h"]}
        return [Sentence("reliability.omega_one", values)]
    least = str(known["omega_h"].idxmin())
    values = {"low": known["omega_total"].min(), "high": known["omega_total"].max(), "name": label(x.meta, least)}
    return [Sentence("reliability.omega", values | {"general": known.loc[least, "omega_h"]})]


@paragraphs.register(ExpertJudgement)
def _experts(x: ExpertJudgement, style: Style) -> Paragraphs:
    sums, rows = x.glance().iloc[0], x.table.set_index("item")
    counts = {"items": sums["n_items"], "experts": sums["n_experts"]}
    if "v" in rows:
        out = [Sentence("experts.v", counts | {"v": sums["v"]})]
    else:
        out = [Sentence("experts.cvi", counts | {"ave": sums["s_cvi_ave"], "ua": sums["s_cvi_ua"]})]
    known = rows["valid"].dropna()
    poor = [str(i) for i in known.index[~known.astype(bool)]]
    if poor:
        out.append(Sentence("experts.poor", {"items": poor}))
    elif len(known):
        out.append(Sentence("experts.good"))
    return {"aiken" if "v" in rows else "cvi": out}


@paragraphs.register(Retest)
def _retest(x: Retest, style: Style) -> Paragraphs:
    rows = x.table.set_index("construct")
    out: list[Sentence] = []
    if ends := extremes(rows["icc"]):
        low, a, high, b = ends
        values = {"n": x.meta.n, "low_name": label(x.meta, low), "low": a, "high_name": label(x.meta, high), "high": b}
        out.append(Sentence("retest.range" if len(rows) > 1 else "retest.one", values))
    changed = [label(x.meta, str(n)) for n in rows.index[rows["p_value"] < ALPHA]]
    out.append(Sentence("retest.changed", {"names": changed}) if changed else Sentence("retest.unchanged"))
    return {"retest": out}


@paragraphs.register(IntraclassCorrelation)
def _icc(x: IntraclassCorrelation, style: Style) -> Paragraphs:
    out: list[Sentence] = []
    level = 100 * float(x.meta.options.get("ci", 0.95))
    if "construct" in x.table:
        for construct, rows in x.table.groupby("construct", sort=False):
            found = rows.set_index("type")
            if {"ICC1", "ICC2"} <= set(found.index):
                values = {"one": found.loc["ICC1", "icc"], "two": found.loc["ICC2", "icc"]}
                out.append(Sentence("icc.groups", {"name": label(x.meta, str(construct))} | values))
    else:
        found = x.table.set_index("type")
        single, mean = found.loc["ICC2"], found.loc["ICC2k"]
        values = {"level": level, "single": single["icc"], "lower": single["ci_lower"], "upper": single["ci_upper"]}
        out.append(Sentence("icc.raters", values | {"mean": mean["icc"]}))
    return {"icc": out}


@paragraphs.register(Agreement)
def _agreement(x: Agreement, style: Style) -> Paragraphs:
    rows = x.table.set_index("construct")
    weak = verdicts(rows["rwg_median"].dropna(), style.rule("rwg", "any"), "fair", "poor")
    sums = x.glance().iloc[0]
    out = [Sentence("agreement.lowest", {"groups": sums["n_groups"], "rwg": sums["rwg_median"]})]
    out.append(
        Sentence("agreement.poor", {"names": [label(x.meta, n) for n in weak]}) if weak else Sentence("agreement.good")
    )
    return {"agreement": out}
