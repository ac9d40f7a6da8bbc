"""What is told about a fitted model, its hypotheses and its check by another engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cgsurvey.base.glossary import column
from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, extremes, paragraphs, verdicts
from cgsurvey.present.numbers import show
from cgsurvey.present.table import Words
from cgsurvey.present.tables import estimation
from cgsurvey.present.tables import sem as sem_tables
from cgsurvey.present.tables.estimation import in_group, structural
from cgsurvey.present.tables.local_fit import large_residuals, largest_mi, parameter
from cgsurvey.present.tables.style import Style, label, rows_of, term
from cgsurvey.sem import PooledFit, SemFit
from cgsurvey.sem.cross_check import CrossCheck
from cgsurvey.sem.fitting.derivatives import MANY
from cgsurvey.sem.hypotheses import Hypotheses

AGREES = 1e-5  # largest difference at which two engines say the same


@paragraphs.register(SemFit)
def _sem_fit(x: SemFit, style: Style) -> Paragraphs:
    if not x.converged:
        return {"fit": [Sentence("fit.not_converged")]}
    return {
        "fit": _fit(x, style),
        "loadings": loadings(x, style),
        "thresholds": list(thresholds(x)),
        "factor_correlations": list(_factor_correlations(x)),
        "paths": list(paths(x)),
        "effects": list(effects(x)),
        "modification": list(_modification(x, style)),
        "residuals": list(_residuals(x)),
    }


def _fit(x: SemFit, style: Style) -> list[Sentence]:
    found, scaled = x.fit_measures, x.options.scaled
    size = {
        "method": estimation.minimised(x),
        "code": str(x.options.estimator),
        "n": x.meta.n,
        "parameters": found["npar"],
    }
    out = [Sentence("fit.estimator", size)]
    if not found["df"]:
        return [*out, Sentence("fit.saturated")]
    tail = "_scaled" if scaled else ""
    test = {"df": found[f"df{tail}"], "chisq": found[f"chisq{tail}"], "p": found[f"pvalue{tail}"]}
    test |= {"test": estimation.tested(x)}
    out.append(Sentence("fit.exact_rejected" if test["p"] < ALPHA else "fit.exact_kept", test))
    names = ("cfi", "tli", "rmsea", "srmr")
    values = {n: sem_tables.judged_measure(x, n) for n in names}
    bounds = {k: sem_tables.judged_measure(x, f"rmsea_ci_{k}") for k in ("lower", "upper")}
    out.append(Sentence("fit.indices", values | bounds))
    out += [Sentence("fit.robust")] if scaled else []
    rules = {n: style.rule(n, estimation.scope(x)) for n in names}
    if all(r is None for r in rules.values()):
        return [*out, Sentence("fit.no_cutoff_ordered" if estimation.ordered(x) else "fit.no_cutoff")]
    verdicts = {n: r.verdict(values[n]) for n, r in rules.items() if r is not None}
    poor = [column(n).en for n, v in verdicts.items() if v == "poor"]
    fair = [column(n).en for n, v in verdicts.items() if v == "fair"]
    if poor:
        out.append(Sentence("fit.some_poor", {"names": poor}))
    elif fair:
        out.append(Sentence("fit.all_acceptable", {"names": fair}))
    else:
        out.append(Sentence("fit.all_good"))
    return [*out, Sentence("fit.guideline")]


def loadings(x: SemFit | PooledFit, style: Style) -> list[Sentence]:
    """Tell the loadings of a model."""
    found = x.standardized()
    found = found[found["op"] == "=~"]
    if found.empty:
        return []
    values = found.reset_index(drop=True)
    sizes = values["estimate"]
    ends = extremes(sizes)
    if ends is None:
        return []
    named = [label(x.meta, n) if n in x.latents else n for n in values["rhs"].astype(str)]
    low, a, high, b = ends
    out = [
        Sentence("loadings.range", {"low": a, "low_item": named[int(low)], "high": b, "high_item": named[int(high)]})
    ]
    beyond = [named[int(i)] for i in values.index[sizes.abs() > 1 + 1e-9]]
    out += [Sentence("loadings.heywood", {"items": beyond})] if beyond else []
    poor = [named[int(i)] for i in verdicts(sizes.dropna(), style.rule("loading", estimation.scope(x)), "poor")]
    out += [Sentence("loadings.poor", {"items": poor})] if poor else []
    unclear = [named[int(i)] for i in values.index[values["p_value"] >= ALPHA]]
    out += [Sentence("loadings.insignificant", {"items": unclear})] if unclear else []
    return out


def thresholds(x: SemFit | PooledFit) -> Iterator[Sentence]:
    """Tell how many thresholds ordered items have, and between which values they lie."""
    found = x.tidy()
    found = found[found["op"] == "|"]
    if len(found):
        values = {"items": found["lhs"].nunique(), "low": found["estimate"].min(), "high": found["estimate"].max()}
        yield Sentence("thresholds.range", values)


def _factor_correlations(x: SemFit) -> Iterator[Sentence]:
    std = x.standardized()
    inner = std["lhs"].isin(x.latents) & std["rhs"].isin(x.latents) & (std["lhs"] != std["rhs"])
    found = std[(std["op"] == "~~") & inner]
    if found.empty or structural(x) or len(x.meta.groups) > 1:
        return
    top = found.iloc[int(found["estimate"].abs().argmax())]
    values = {"r": top["estimate"], "first": label(x.meta, str(top["lhs"])), "second": label(x.meta, str(top["rhs"]))}
    yield Sentence("factor_correlations.max", values)


def _coefficient(x: SemFit | PooledFit, row: Any) -> dict[str, Any]:
    return {
        "level": 100 * x.options.ci,
        "beta": row.std_all,
        "b": row.estimate,
        "lower": row.ci_lower,
        "upper": row.ci_upper,
        "p": row.p_value,
    }


def paths(x: SemFit | PooledFit) -> Iterator[Sentence]:
    """Tell the paths between variables, and what they explain."""
    found = x.tidy()
    r2 = sem_tables.r_squared(x)
    for group, outcome, block in sem_tables.by_left(found[found["op"] == "~"]):
        name = in_group(x, group, label(x.meta, outcome))
        for row in rows_of(block):
            ends = {"predictor": label(x.meta, str(row.rhs)), "outcome": name}
            if not np.isfinite(row.p_value):
                yield Sentence("paths.fixed", ends)
                continue
            key = "unclear" if row.p_value >= ALPHA else "positive" if row.estimate > 0 else "negative"
            yield Sentence(f"paths.{key}", ends | _coefficient(x, row))
        share = r2.get((group, outcome), np.nan)
        if np.isfinite(share):
            yield Sentence("paths.r2", {"r2": share, "outcome": name})


def effects(x: SemFit | PooledFit) -> Iterator[Sentence]:
    """Tell the defined effects."""
    found = x.tidy()
    found = found[(found["op"] == ":=") & found["p_value"].notna()]
    for row in rows_of(found):
        key = "effects.unclear" if _unclear(x, row) else "effects.clear"
        values = _coefficient(x, row)
        del values["beta"]
        yield Sentence(key, {"effect": label(x.meta, str(row.lhs)), **values})
    if len(found) and estimation.resampled(x) and isinstance(x, SemFit):
        used, asked = estimation.resamples(x)
        kind = term("intervals", x.options.ci_type)
        yield Sentence("effects.resampled", {"kind": kind, "used": used, "asked": asked})
    elif len(found):
        yield Sentence("effects.delta")


def _unclear(x: SemFit | PooledFit, row: Any) -> bool:
    """Tell whether zero remains possible: by the interval where it was resampled, since a product is not normal."""
    if estimation.resampled(x) and np.isfinite(row.ci_lower):
        return bool(row.ci_lower <= 0 <= row.ci_upper)
    return bool(row.p_value >= ALPHA)


def _modification(x: SemFit, style: Style) -> Iterator[Sentence]:
    found, why = largest_mi(x, style)
    if x.options.fiml and x.structure.p > MANY and why:
        yield Sentence("modification.many", {"most": MANY, "have": x.structure.p})
    elif why:
        yield Sentence("modification.absent")
    elif len(found):
        top = found.iloc[0]
        yield Sentence("modification.some", {"mi": top["mi"], "parameter": parameter(x, top)})


def _residuals(x: SemFit) -> Iterator[Sentence]:
    large, count, total = large_residuals(x)
    if not total:
        return
    if large.empty:
        yield Sentence("residuals.none")
    else:
        top = large.iloc[0]
        values = {"count": count, "total": total, "first": top["lhs"], "second": top["rhs"], "r": top["r"]}
        yield Sentence("residuals.some", values)


@paragraphs.register(Hypotheses)
def _hypotheses(x: Hypotheses, style: Style) -> Paragraphs:
    found = x.tidy()
    supported, total = int((found["decision"] == "supported").sum()), len(found)
    if supported == total > 1:
        out = [Sentence("hypotheses.all", {"total": total})]
    else:
        out = [Sentence("hypotheses.count", {"supported": supported, "total": total})]
    for row in rows_of(found):
        parts = str(row.path).split()
        words = [label(x.meta, p) for p in parts]
        path = words[0] if len(parts) != 3 else Words(*(f"{words[2].of(g)} → {words[0].of(g)}" for g in ("en", "id")))
        key = {"supported": "supported", "not supported": "not_supported", "opposite": "opposite"}.get(
            str(row.decision), "untested"
        )
        values: dict[str, Any] = {"name": sem_tables.hypothesis_words(x, str(row.hypothesis)), "path": path}
        if key != "untested":
            values |= {"beta": row.std_all, "p": row.p_value}
        out.append(Sentence(f"hypotheses.{key}", values))
    return {"hypotheses": out}


@paragraphs.register(CrossCheck)
def _cross_check(x: CrossCheck, style: Style) -> Paragraphs:
    key = "cross_check.agree" if x.max_difference < AGREES else "cross_check.differ"
    how = {"n": x.meta.n, "estimator": str(x.meta.options.get("estimator", ""))}
    told = [Sentence(key, how | {"difference": _small(float(x.max_difference))})]
    return {"cross_check": [*told, *([Sentence("cross_check.continuous")] if continuous(x) else [])]}


def continuous(x: CrossCheck) -> bool:
    """Tell whether ordered items were taken as continuous for the check."""
    return any(n.code == "study.cross_check_complete_rows_ordered" for n in x.notes)


def _small(size: float) -> Words:
    """Return a difference of standardised estimates in words: nobody reads a report to learn its tenth decimal."""
    least = next((d for d in range(6, 3, -1) if size < 10.0**-d), None)
    if least is None:
        return Words(*(show(size, "coefficient", g, 4) for g in ("en", "id")))
    bound = [show(10.0**-least, "number", g, least) for g in ("en", "id")]
    return Words(f"smaller than {bound[0]}", f"lebih kecil dari {bound[1]}")
