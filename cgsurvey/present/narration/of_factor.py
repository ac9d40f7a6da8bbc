"""What is told about factor analysis: whether items share enough, how many factors, which items go with which."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cgsurvey.factor import Factorability, FactorAnalysis, ParallelAnalysis
from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, extremes, largest, paragraphs, verdicts
from cgsurvey.present.tables.style import Style, term

OURS = "parallel_fa_percentile"


@paragraphs.register(Factorability)
def _factorability(x: Factorability, style: Style) -> Paragraphs:
    by = style.rule("kmo", "any")
    out = [Sentence(f"factorability.kmo_{by.verdict(x.kmo) if by else 'none'}", {"kmo": x.kmo})]
    test = {"df": x.bartlett["df"], "chisq": x.bartlett["chisq"], "p": x.bartlett["p_value"]}
    out.append(Sentence("factorability.bartlett" if test["p"] < ALPHA else "factorability.bartlett_unclear", test))
    weak = verdicts(x.kmo_items.dropna(), by, "poor")
    items = [Sentence("factorability.items", {"items": weak})] if weak else []
    return {"factorability": out, "adequacy": items}


@paragraphs.register(ParallelAnalysis)
def _parallel(x: ParallelAnalysis, style: Style) -> Paragraphs:
    rules = x.rules.set_index("rule")["n_factors"]
    options = x.meta.options
    values = {"k": x.n_factors, "level": 100 * options["quantile"], "iterations": options["iterations"]}
    out = [Sentence("parallel.number" if x.n_factors else "parallel.none", values)]
    others = rules.drop(OURS, errors="ignore")
    agree = [term("number_of_factors", str(r)) for r in others.index[others == x.n_factors]]
    if len(agree) == len(others):
        out.append(Sentence("parallel.agree", {"rules": len(others)}))
    else:
        ends = {"low": int(others.min()), "high": int(others.max()), "agree": len(agree), "rules": len(others)}
        out.append(Sentence("parallel.differ", ends))
    return {"n_factors": out, "eigenvalues": []}


@paragraphs.register(FactorAnalysis)
def _efa(x: FactorAnalysis, style: Style) -> Paragraphs:
    size = x.loadings.abs()
    options = x.meta.options
    how = {k: term(group, str(options[k])) for k, group in (("method", "extraction"), ("rotation", "rotation"))}
    explained = float(x.variance["share_of_variance"].sum())
    out = [Sentence("efa.extracted", how | {"k": x.n_factors, "items": len(x.loadings), "share": explained})]
    top, least = size.max(axis=1), style.rule("pattern_loading", "any")
    if ends := extremes(top):
        low, a, high, b = ends
        out.append(Sentence("efa.range", {"low": a, "low_item": low, "high": b, "high_item": high}))
    weak = verdicts(top, least, "fair", "poor")
    out += [Sentence("efa.weak", {"items": weak})] if weak else []
    crossing = _crossing(size, style)
    out += [Sentence("efa.crossing", {"items": crossing})] if crossing else []
    beyond = [str(i) for i in x.uniquenesses.index[x.uniquenesses <= 1e-3]]
    out += [Sentence("efa.heywood", {"items": beyond})] if beyond else []
    related = []
    if x.n_factors > 1 and (pair := largest(x.factor_correlations)) and abs(pair[2]) > 1e-9:
        related.append(Sentence("efa.factor_correlation", {"first": pair[0], "second": pair[1], "r": pair[2]}))
    fit = []
    if np.isfinite(x.fit["pvalue"]):
        test = {"df": x.fit["df"], "chisq": x.fit["chisq"], "p": x.fit["pvalue"]}
        more = {"rmsea": x.fit["rmsea"], "tli": x.fit["tli"], "rmsr": x.fit["rmsr"]}
        fit.append(Sentence("efa.fit_rejected" if test["p"] < ALPHA else "efa.fit_unclear", test | more))
    return {"pattern": out, "factor_correlations": related, "variance": [], "fit": fit}


def _crossing(size: pd.DataFrame, style: Style) -> list[str]:
    """Return the items whose second largest loading is beyond the guideline."""
    by = style.rule("cross_loading", "any")
    if size.shape[1] < 2 or by is None or by.good is None:
        return []
    second = pd.Series(np.sort(size.to_numpy(), axis=1)[:, -2], index=size.index)
    return [str(i) for i in second.index[second > by.good]]
