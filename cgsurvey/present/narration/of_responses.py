"""What is told about answers: flow, screening, description, linking of two sides."""

from __future__ import annotations

from cgsurvey.present.narration.sentences import Paragraphs, Sentence, extremes, paragraphs, verdicts
from cgsurvey.present.tables.style import Style, label, term
from cgsurvey.responses import KAnonymity, Responses, Screening
from cgsurvey.responses.describe import Description
from cgsurvey.responses.linking.link import FEW_OFFICES
from cgsurvey.responses.linking.linkage import Linkage


def design_of(x: Responses) -> Sentence:
    """Return the sentence on what the design can and cannot show."""
    if x.linkage is not None:
        return Sentence("responses.design_linked", {"on": x.linkage.on})
    asked_of = {i: x.instrument.item(i).respondent for i in x.items} if x.instrument is not None else {}
    if {"partner", "user"} <= set(asked_of.values()):
        sides = {who: [i for i in x.items if asked_of[i] == who] for who in ("partner", "user")}
        both = x.asked[sides["partner"]].any(axis=1) & x.asked[sides["user"]].any(axis=1)
        if both.mean() > 0.5:
            return Sentence("responses.design_same")
    return Sentence("responses.design_one")


@paragraphs.register(Responses)
def _responses(x: Responses, style: Style) -> Paragraphs:
    rows = x.flow[0].n_before if x.flow else max(x.provenance.rows_read, len(x))
    start = {"rows": rows, "file": x.provenance.file}
    flow = [Sentence("responses.invited", {"n": style.invited, "share": rows / style.invited})] if style.invited else []
    flow.append(Sentence("responses.rows" if x.provenance.file else "responses.frame", start))
    if rows == len(x):
        flow.append(Sentence("responses.all_kept", {"n": len(x)}))
    else:
        flow.append(Sentence("responses.excluded", {"out": rows - len(x), "n": len(x), "share": len(x) / rows}))
    asked = x.asked
    lost = (x.reasons[list(x.items)] != "") & asked
    total = int(asked.to_numpy().sum())
    missing = []
    if total and not lost.to_numpy().any():
        missing.append(Sentence("responses.missing_none"))
    elif total:
        missing.append(Sentence("responses.missing", {"asked": total, "share": lost.to_numpy().sum() / total}))
        shares = (lost.sum() / asked.sum()).sort_values(ascending=False)
        much = verdicts(shares, style.rule("missing_share", "any"), "fair", "poor")
        missing += [Sentence("responses.missing_much", {"items": much})] if much else []
    return {"flow": flow, "missing": missing, "design": [design_of(x)]}


@paragraphs.register(KAnonymity)
def _anonymity(x: KAnonymity, style: Style) -> Paragraphs:
    told = {"n": x.n_below, "total": x.meta.n, "k": x.k, "columns": [label(x.meta, c) for c in x.columns["column"]]}
    if not x.n_below:
        return {"anonymity": [Sentence("anonymity.kept", told)]}
    out = [label(x.meta, c) for c in x.coarsen]
    return {"anonymity": [Sentence("anonymity.below", told), Sentence("anonymity.coarsen", {"columns": out})]}


@paragraphs.register(Screening)
def _screening(x: Screening, style: Style) -> Paragraphs:
    sums, rules = x.glance().iloc[0], x.tidy()
    out = []
    applied = rules.dropna(subset="n_flagged")
    if not sums["n_flagged"]:
        out.append(Sentence("screening.none", {"rules": len(applied)}))
    else:
        values = {"flagged": sums["n_flagged"], "n": sums["n"], "share": sums["share"], "rules": len(applied)}
        out.append(Sentence("screening.some", values))
        most = applied.iloc[int(applied["n_flagged"].argmax())]
        out.append(
            Sentence("screening.most", {"rule": term("rule_name", str(most["rule"])), "count": most["n_flagged"]})
        )
    without = [term("rule_name", str(r)) for r in rules.loc[rules["n_flagged"].isna(), "rule"]]
    out += [Sentence("screening.not_applied", {"rules": without})] if without else []
    out += [Sentence("screening.next")] if sums["n_flagged"] else []
    return {"screening": out, "indices": [Sentence("screening.indices")] if len(applied) else []}


@paragraphs.register(Description)
def _description(x: Description, style: Style) -> Paragraphs:
    out: dict[str, list[Sentence]] = {
        "profile": [Sentence("profile.n", {"n": x.meta.n})],
        "description": [],
        "constructs": [],
    }
    if x.by is not None:
        return out
    items = x.items.set_index("item")
    ends, several = extremes(items["mean"]), _scales(x) > 1
    if several:
        out["description"].append(Sentence("description.scales"))
    elif ends:
        out["description"].append(
            Sentence("description.range", dict(zip(("low_item", "low", "high_item", "high"), ends, strict=True)))
        )
    bad = verdicts(items["skewness"].abs(), style.rule("skewness_abs", "any"), "poor")
    bad += verdicts(items["kurtosis"].abs(), style.rule("kurtosis_abs", "any"), "poor")
    bad = list(dict.fromkeys(bad))
    out["description"].append(
        Sentence("description.shape_bad", {"items": bad}) if bad else Sentence("description.shape_good")
    )
    full = [str(i) for i in items.index[(items["floor_share"] > 0.5) | (items["ceiling_share"] > 0.5)]]
    out["description"] += [Sentence("description.ceiling", {"items": full})] if full else []
    means = x.constructs.set_index("construct")["mean"]
    ends = extremes(means)
    if several and len(means) > 1:
        out["constructs"].append(Sentence("constructs.scales"))
    elif ends and len(means) > 1:
        low, a, high, b = ends
        values = {"low_name": label(x.meta, low), "low": a, "high_name": label(x.meta, high), "high": b}
        out["constructs"].append(Sentence("constructs.range", values))
    return out


def _scales(x: Description) -> int:
    """Count the scales on which constructs are answered, by the highest answer to any of their items."""
    owner = {i: c for c, items in x.members.items() for i in items}
    known = x.categories[x.categories["item"].isin(owner)]
    return int(known["value"].groupby(known["item"].map(owner)).max().nunique())


@paragraphs.register(Linkage)
def _linkage(x: Linkage, style: Style) -> Paragraphs:
    sums = x.glance().iloc[0]
    values = {"offices": sums["n_groups"], "on": x.on, "partners": sums["n_partners"], "users": sums["n_users"]}
    out = [Sentence("linkage.counts", values)]
    out += [Sentence("linkage.unlinked", {"count": sums["n_unlinked"]})] if sums["n_unlinked"] else []
    poor = [label(x.meta, str(c)) for c in x.table.loc[x.table["verdict"] == "poor", "construct"]]
    out.append(Sentence("linkage.poor", {"names": poor}) if poor else Sentence("linkage.good"))
    if sums["n_groups"] < FEW_OFFICES:
        out.append(Sentence("linkage.few", {"offices": sums["n_groups"]}))
    return {"linkage": out}
