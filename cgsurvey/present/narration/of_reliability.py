"""What is told about reliability, items and validity."""

from __future__ import annotations

from cgsurvey.present.narration.sentences import Paragraphs, Sentence, extremes, largest, paragraphs, verdicts
from cgsurvey.present.tables.style import Style, label
from cgsurvey.reliability import Reliability, Validity


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
    low_ave = [label(x.meta, n) for n in verdicts(found["ave"].dropna(), style.rule("ave", "any"), "fair", "poor")]
    out += [Sentence("reliability.ave_poor", {"names": low_ave})] if low_ave else []

    items = x.items.set_index("item")
    poor = verdicts(items["r_drop"].dropna(), style.rule("r_drop", "any"), "fair", "poor")
    told = [Sentence("items.poor", {"items": poor})] if poor else []
    told += [Sentence("items.good")] if not poor and items["r_drop"].notna().all() else []
    alpha = items["construct"].map(found["alpha"])
    rises = [str(i) for i in items.index[(items["alpha_if_dropped"] > alpha).to_numpy()]]
    told += [Sentence("items.dropping", {"items": rises})] if rises else []
    return {"reliability": out, "items": told}


@paragraphs.register(Validity)
def _validity(x: Validity, style: Style) -> Paragraphs:
    found = x.tidy().set_index("construct")
    convergent: list[Sentence] = []
    weak = [label(x.meta, n) for n in verdicts(found["ave"].dropna(), style.rule("ave", "any"), "fair", "poor")]
    if weak:
        convergent.append(Sentence("validity.convergent_poor", {"names": weak}))
    elif found["ave"].notna().all():
        convergent.append(Sentence("validity.convergent_good"))
    by, top, ratios = style.rule("htmt", "any"), largest(x.htmt), []
    if top and by is not None:
        first, second, value = top
        verdict = by.verdict(value)
        values = {"value": value, "first": label(x.meta, first), "second": label(x.meta, second)}
        ratios.append(Sentence(f"validity.htmt_{verdict}", values))
    criterion = []
    known = found["fornell_larcker"].dropna()
    if len(known):
        fails = [label(x.meta, str(n)) for n in known.index[~known.astype(bool)]]
        criterion.append(Sentence("validity.fl_poor", {"names": fails}) if fails else Sentence("validity.fl_good"))
    return {"validity": convergent, "fornell_larcker": criterion, "htmt": ratios}
