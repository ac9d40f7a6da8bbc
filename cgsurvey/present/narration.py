"""Narration: full sentences about a result, in English or Indonesian, every number taken from the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import OptionError
from cgsurvey.base.glossary import column
from cgsurvey.base.references import Rule
from cgsurvey.present.numbers import language_of, p_phrase, show
from cgsurvey.present.table import Words
from cgsurvey.present.tables import estimation
from cgsurvey.present.tables import sem as sem_tables
from cgsurvey.present.tables.style import Style, label, rows_of, term
from cgsurvey.reliability import Reliability, Validity
from cgsurvey.responses import Responses, Screening
from cgsurvey.responses.describe import Description
from cgsurvey.responses.link import FEW_OFFICES, Linkage
from cgsurvey.sem import PooledFit, SemFit
from cgsurvey.sem.cross_check import CrossCheck
from cgsurvey.sem.hypotheses import Hypotheses
from cgsurvey.sem.inference import MANY

NAMED = 5  # names listed in a sentence
AGREES = 1e-5  # largest difference at which two engines say the same


@dataclass(frozen=True)
class Sentence:
    """One sentence: its key in the catalogue and the values it names."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


Paragraphs = Mapping[str, list[Sentence]]


def catalogue(language: str) -> Mapping[str, str]:
    """Return the sentences of a language by key."""
    found: Mapping[str, str] = package_yaml(f"present/narration_{language}.yaml")
    return found


@dataclass(frozen=True)
class _Said:
    """A value in a sentence: `format` prints it for the language."""

    value: Any
    language: str

    def __format__(self, spec: str) -> str:
        value, language = self.value, self.language
        if isinstance(value, Words):
            return value.of(language)
        if isinstance(value, list | tuple):
            return _listed([f"{_Said(v, language)}" for v in value], language)
        if spec == "p=":
            return p_phrase(value, language)
        if spec == "df":
            return show(value, "count" if float(value).is_integer() else "number", language)
        if "|" in spec:  # "index|indices": the number with the right form of its noun
            one, many = spec.split("|")
            return f"{show(value, 'count', language)} {one if value == 1 else many}"
        kind, _, digits = spec.partition(".")
        return show(value, kind or "text", language, int(digits) if digits else None)


def _listed(names: list[str], language: str) -> str:
    rest = len(names) - NAMED
    more = {"en": "{} more", "id": "{} lainnya"}[language]
    shown = names[:NAMED] + ([more.format(rest)] if rest > 0 else [])
    link = {"en": "and", "id": "dan"}[language]
    if len(shown) < 3:
        return f" {link} ".join(shown)
    return ", ".join(shown[:-1]) + f", {link} {shown[-1]}"


def say(sentence: Sentence, language: str) -> str:
    """Return a sentence in words."""
    values = {k: _Said(v, language) for k, v in sentence.values.items()}
    text = Formatter().vformat(catalogue(language)[sentence.key], (), values)
    return text[:1].upper() + text[1:]


def paragraph(sentences: Iterable[Sentence], language: str) -> str:
    """Return sentences as one paragraph."""
    return " ".join(say(s, language) for s in sentences)


def narrate(x: Any, language: str = "en", *, cutoffs: Mapping[str, float] | None = None) -> str:
    """Tell a result in sentences, one paragraph per table.

    A result that is not significant is "not enough evidence", never "no effect"; the text names what to do next where
    something is wrong, and calls itself a draft.

    Parameters
    ----------
    x : Responses or result
    language : {"en", "id"}
    cutoffs : mapping of str to float, optional
        Cut-offs by measure instead of those in the rules of the package.

    Returns
    -------
    str
        Paragraphs with blank lines between them.

    Raises
    ------
    OptionError
        When nothing can be told about such an object.
    """
    language_of(language)
    told = paragraphs(x, Style(dict(cutoffs or {})))
    simulated = x.simulated if isinstance(x, Responses) else x.meta.simulated
    opening = [Sentence("draft"), *([Sentence("simulated")] if simulated else [])]
    closing = [Sentence(f"note.{n.level}", {"text": n.render(language)}) for n in x.notes if n.level != "info"]
    blocks = [opening, *told.values(), closing]
    return "\n\n".join(paragraph(b, language) for b in blocks if b)


@singledispatch
def paragraphs(x: Any, style: Style) -> Paragraphs:
    """Return the sentences about `x` by the name of the table that they go with."""
    raise OptionError(f"nothing can be told about a {type(x).__name__}. Give Responses or a result of cgsurvey.")


def _verdicts(values: pd.Series, by: Rule | None, *wanted: str) -> list[str]:
    """Return the names whose value has one of the wanted verdicts."""
    return [] if by is None else [str(n) for n, v in values.items() if by.verdict(float(v)) in wanted]


def _extremes(values: pd.Series) -> tuple[str, float, str, float] | None:
    known = values.dropna()
    if known.empty:
        return None
    low, high = int(known.argmin()), int(known.argmax())
    return str(known.index[low]), float(known.iloc[low]), str(known.index[high]), float(known.iloc[high])


def _largest(square: pd.DataFrame) -> tuple[str, str, float] | None:
    """Return the largest absolute value below the diagonal and its pair."""
    values = square.to_numpy(dtype=float)
    i, j = np.tril_indices(len(values), -1)
    known = np.isfinite(values[i, j])
    if not known.any():
        return None
    at = int(np.argmax(np.where(known, np.abs(values[i, j]), -1.0)))
    return str(square.index[j[at]]), str(square.index[i[at]]), float(values[i[at], j[at]])


# -- responses -------------------------------------------------------------------------------------------------------


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
    flow = [Sentence("responses.rows" if x.provenance.file else "responses.frame", start)]
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
        much = _verdicts(shares, style.rule("missing_share", "any"), "fair", "poor")
        missing += [Sentence("responses.missing_much", {"items": much})] if much else []
    return {"flow": flow, "missing": missing, "design": [design_of(x)]}


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
    return {"screening": out}


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
    ends = _extremes(items["mean"])
    if ends:
        out["description"].append(
            Sentence("description.range", dict(zip(("low_item", "low", "high_item", "high"), ends, strict=True)))
        )
    bad = _verdicts(items["skewness"].abs(), style.rule("skewness_abs", "any"), "poor")
    bad += _verdicts(items["kurtosis"].abs(), style.rule("kurtosis_abs", "any"), "poor")
    bad = list(dict.fromkeys(bad))
    out["description"].append(
        Sentence("description.shape_bad", {"items": bad}) if bad else Sentence("description.shape_good")
    )
    full = [str(i) for i in items.index[(items["floor_share"] > 0.5) | (items["ceiling_share"] > 0.5)]]
    out["description"] += [Sentence("description.ceiling", {"items": full})] if full else []
    means = x.constructs.set_index("construct")["mean"]
    ends = _extremes(means)
    if ends and len(means) > 1:
        low, a, high, b = ends
        values = {"low_name": label(x.meta, low), "low": a, "high_name": label(x.meta, high), "high": b}
        out["constructs"].append(Sentence("constructs.range", values))
    return out


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


# -- reliability and validity ----------------------------------------------------------------------------------------


@paragraphs.register(Reliability)
def _reliability(x: Reliability, style: Style) -> Paragraphs:
    found = x.tidy().set_index("construct")
    out: list[Sentence] = []
    if len(found) == 1:
        row = found.iloc[0]
        level = 100 * float(x.meta.options.get("ci", 0.95))
        values = {"level": level, "alpha": row["alpha"], "lower": row["alpha_ci_lower"], "upper": row["alpha_ci_upper"]}
        out.append(Sentence("reliability.one", {"name": label(x.meta, str(found.index[0])), **values}))
    elif ends := _extremes(found["alpha"]):
        low, a, high, b = ends
        values = {"low": a, "low_name": label(x.meta, low), "high": b, "high_name": label(x.meta, high)}
        out.append(Sentence("reliability.range", values))
    weak = _verdicts(found["alpha"].dropna(), style.rule("alpha", "any"), "fair", "poor")
    names = [label(x.meta, n) for n in weak]
    if names:
        out.append(Sentence("reliability.poor", {"names": names}))
    elif found["alpha"].notna().all():
        out.append(Sentence("reliability.good"))
    low_ave = [label(x.meta, n) for n in _verdicts(found["ave"].dropna(), style.rule("ave", "any"), "fair", "poor")]
    out += [Sentence("reliability.ave_poor", {"names": low_ave})] if low_ave else []

    items = x.items.set_index("item")
    poor = _verdicts(items["r_drop"].dropna(), style.rule("r_drop", "any"), "fair", "poor")
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
    weak = [label(x.meta, n) for n in _verdicts(found["ave"].dropna(), style.rule("ave", "any"), "fair", "poor")]
    if weak:
        convergent.append(Sentence("validity.convergent_poor", {"names": weak}))
    elif found["ave"].notna().all():
        convergent.append(Sentence("validity.convergent_good"))
    by, top, ratios = style.rule("htmt", "any"), _largest(x.htmt), []
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


# -- models ----------------------------------------------------------------------------------------------------------


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
    size = {"estimator": estimation.named(x), "n": x.meta.n, "parameters": found["npar"]}
    out = [Sentence("fit.estimator", size)]
    if not found["df"]:
        return [*out, Sentence("fit.saturated")]
    tail = "_scaled" if scaled else ""
    test = {"df": found[f"df{tail}"], "chisq": found[f"chisq{tail}"], "p": found[f"pvalue{tail}"]}
    test |= {"test": estimation.tested(x)}
    out.append(Sentence("fit.exact_rejected" if test["p"] < 0.05 else "fit.exact_kept", test))
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
    ends = _extremes(sizes)
    if ends is None:
        return []
    named = [label(x.meta, n) if n in x.latents else n for n in values["rhs"].astype(str)]
    low, a, high, b = ends
    out = [
        Sentence("loadings.range", {"low": a, "low_item": named[int(low)], "high": b, "high_item": named[int(high)]})
    ]
    beyond = [named[int(i)] for i in values.index[sizes.abs() > 1 + 1e-9]]
    out += [Sentence("loadings.heywood", {"items": beyond})] if beyond else []
    poor = [named[int(i)] for i in _verdicts(sizes.dropna(), style.rule("loading", estimation.scope(x)), "poor")]
    out += [Sentence("loadings.poor", {"items": poor})] if poor else []
    unclear = [named[int(i)] for i in values.index[values["p_value"] >= 0.05]]
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
    if found.empty or sem_tables.structural(x) or len(x.meta.groups) > 1:
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
        name = sem_tables.in_group(x, group, label(x.meta, outcome))
        for row in rows_of(block):
            ends = {"predictor": label(x.meta, str(row.rhs)), "outcome": name}
            if not np.isfinite(row.p_value):
                yield Sentence("paths.fixed", ends)
                continue
            key = "unclear" if row.p_value >= 0.05 else "positive" if row.estimate > 0 else "negative"
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
    return bool(row.p_value >= 0.05)


def _modification(x: SemFit, style: Style) -> Iterator[Sentence]:
    found, why = sem_tables.largest_mi(x, style)
    if x.options.fiml and x.structure.p > MANY and why:
        yield Sentence("modification.many", {"most": MANY, "have": x.structure.p})
    elif why:
        yield Sentence("modification.absent")
    elif len(found):
        top = found.iloc[0]
        yield Sentence("modification.some", {"mi": top["mi"], "parameter": f"{top['lhs']} {top['op']} {top['rhs']}"})


def _residuals(x: SemFit) -> Iterator[Sentence]:
    large, count, total = sem_tables.large_residuals(x)
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
    out = [
        Sentence("hypotheses.count", {"supported": int((found["decision"] == "supported").sum()), "total": len(found)})
    ]
    for row in rows_of(found):
        parts = str(row.path).split()
        words = [label(x.meta, p) for p in parts]
        path = words[0] if len(parts) != 3 else Words(*(f"{words[2].of(g)} → {words[0].of(g)}" for g in ("en", "id")))
        key = {"supported": "supported", "not supported": "not_supported", "opposite": "opposite"}.get(
            str(row.decision), "untested"
        )
        values: dict[str, Any] = {"name": str(row.hypothesis), "path": path}
        if key != "untested":
            values |= {"beta": row.std_all, "p": row.p_value}
        out.append(Sentence(f"hypotheses.{key}", values))
    return {"hypotheses": out}


@paragraphs.register(CrossCheck)
def _cross_check(x: CrossCheck, style: Style) -> Paragraphs:
    key = "cross_check.agree" if x.max_difference < AGREES else "cross_check.differ"
    told = [Sentence(key, {"difference": _small(float(x.max_difference))})]
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


import cgsurvey.present.narration_models  # noqa: E402, F401 - registers its classes, which need what stands above
