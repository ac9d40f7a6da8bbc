"""exclusion_sensitivity(): what becomes of alpha and of a fitted model without those whom the screening flags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import (
    ConvergenceError,
    DataError,
    EstimationError,
    ModelError,
    OptionError,
    did_you_mean,
    some,
)
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result
from cgsurvey.reliability.coefficients import NAN, alpha
from cgsurvey.reliability.constructs import Constructs, gather
from cgsurvey.responses import Responses, Screening
from cgsurvey.responses.source import design_unused
from cgsurvey.sem import SemFit, sem

EVERYBODY, ALL = "everybody", "all rules"
FIT = ("chisq", "df", "pvalue", "chisq_scaled", "pvalue_scaled", "cfi", "tli", "rmsea", "srmr")
ROBUST = ("cfi_robust", "tli_robust", "rmsea_robust")
PARAMETERS: Mapping[str, str] = {"=~": "loading", "~": "path", ":=": "defined"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ExclusionSensitivity(Result):
    """Alpha, fit and standardised coefficients with everybody and without those who were flagged.

    Attributes
    ----------
    samples : DataFrame
        `sample n n_excluded`: "everybody", one row per rule, and "all rules" where several were named.
    changes : DataFrame
        `sample measure name n estimate p_value difference sign_changed decision_changed`. `measure` is "alpha" (`name`:
        the construct), "fit" (the fit measure), "loading", "path" or "defined" (the parameter, standardised).
        `difference` is to everybody; `sign_changed` and `decision_changed` tell whether the estimate changed its sign,
        and whether p crossed `alpha`.
    alpha : float
        Level of the decisions.
    """

    samples: pd.DataFrame
    changes: pd.DataFrame
    alpha: float

    def tidy(self) -> pd.DataFrame:
        """Return one row per sample and number."""
        return self.changes.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: everybody, how many all rules exclude, largest changes, coefficients that change."""
        parts = {
            "alpha_change": self.changes["measure"] == "alpha",
            "cfi_change": (self.changes["measure"] == "fit") & (self.changes["name"] == "cfi"),
            "rmsea_change": (self.changes["measure"] == "fit") & (self.changes["name"] == "rmsea"),
            "coefficient_change": self.changes["measure"].isin(PARAMETERS.values()),
        }
        counts = {
            f"n_{c}": int(self.changes.loc[self.changes[c], ["measure", "name"]].drop_duplicates().shape[0])
            for c in ("sign_changed", "decision_changed")
        }
        return pd.DataFrame(
            [
                {"n": self.meta.n, "n_excluded": int(self.samples["n_excluded"].iloc[-1])}
                | {k: float(self.changes.loc[rows, "difference"].abs().max()) for k, rows in parts.items()}
                | counts
            ]
        )


def exclusion_sensitivity(
    screening: Screening,
    *rules: str,
    constructs: Constructs = None,
    model: str | None = None,
    data: Responses | pd.DataFrame | None = None,
    alpha: float = 0.05,
    **fit_options: Any,
) -> ExclusionSensitivity:
    """Estimate with everybody, without those whom each rule flags, and without those whom any rule flags.

    Exclusions are a choice of the researcher; a result that depends on them needs both versions in the report. That
    results agree does not show that the flagged answers were careful.

    Parameters
    ----------
    screening : Screening
        Nobody is excluded by it; only samples are compared.
    *rules : str
        Rules of the screening; without any, those that were named in `screen`, else all that flagged.
    constructs : mapping, sequence of str, optional
        As in `reliability`. Default: those of the screening, else of the instrument; none where only a model can be
        looked at.
    model : str or Model, optional
        Model in lavaan syntax, fitted to every sample by `sem`.
    data : Responses or DataFrame, optional
        The data that were screened; needed when the screening was loaded from a file.
    alpha : float
        Level at which a coefficient counts as significant.
    **fit_options
        Options of `sem`: ``estimator="MLR"``, ``missing="fiml"``, ``ordered=True`` ...

    Returns
    -------
    ExclusionSensitivity

    Raises
    ------
    OptionError
        For rules that are not known, or without constructs and model.
    CgSurveyError
        What `reliability` and `sem` raise for everybody. Where they fail without the flagged, numbers are NaN and a
        note says why.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> screening = cg.screen(cg.load_sample(), longstring=12)
    >>> found = cg.exclusion_sensitivity(screening, constructs=["psq_tangibles"])
    >>> found.tidy()[["sample", "measure", "n", "estimate"]].round(3)
           sample measure    n  estimate
    0   everybody   alpha  582     0.818
    1  longstring   alpha  563     0.804
    """
    fraction("alpha", alpha)
    if not isinstance(screening, Screening):
        raise OptionError(f"give the result of cg.screen(data, ...), not {type(screening).__name__}.")
    if fit_options and model is None:
        raise OptionError(f"{some(fit_options)}: options of a fit need model='...'.")
    unknown = [f"'{r}'.{did_you_mean(r, screening.rules)}" for r in rules if r not in screening.rules]
    if unknown:
        raise OptionError(
            f"no rule of this screening: {' '.join(unknown)} It has: {some(screening.rules, 20)}. "
            "Name a rule with its cut-off in cg.screen(data, ...)."
        )
    chosen = tuple(dict.fromkeys(rules)) or screening.named or tuple(screening.rules)
    everybody = screening._data(data)
    constructs = screening.meta.options.get("constructs") if constructs is None else constructs
    with_alpha = constructs is not None or everybody.instrument is not None
    if not with_alpha and model is None:
        raise OptionError("there is nothing to estimate: give constructs={'trust': [...]}, model='...', or both.")
    notes: list[Note] = design_unused(everybody) if model is None else []
    if model is not None and everybody.design is not None and everybody.design.columns:
        notes.append(note("reliability.exclusions_design", columns=", ".join(everybody.design.columns)))
    wanted = constructs if with_alpha else {}
    first, fit = _numbers(everybody, wanted, model, fit_options)
    idle, tables, samples = [], [_compared(EVERYBODY, first, first, alpha)], [(EVERYBODY, len(everybody), 0)]
    steps: list[tuple[str, tuple[str, ...]]] = [(r, (r,)) for r in chosen]
    steps += [(ALL, chosen)] if len(chosen) > 1 else []
    for name, by in steps:
        try:
            kept = screening.keep(*by, data=data)
            found = first if len(kept) == len(everybody) else _numbers(kept, wanted, model, fit_options)[0]
            left = len(kept)
        except (DataError, EstimationError, ModelError) as error:
            notes.append(note("reliability.exclusions_failed", sample=name, why=error.words()))
            left = len(everybody) - int(screening.respondents[[f"flag_{r}" for r in by]].any(axis=1).sum())
            found = first.assign(n=left, estimate=NAN, p_value=NAN)
        idle += [name] if left == len(everybody) and name != ALL else []
        samples.append((name, left, len(everybody) - left))
        tables.append(_compared(name, found, first, alpha))
    if idle:
        notes.append(note("reliability.exclusions_idle", rules=some(idle)))
    changes = pd.concat(tables, ignore_index=True)
    notes += _remarks(changes, samples, model is not None, alpha)
    references = ("curran2016", "meade2012", *(("cronbach1951",) if with_alpha else ()))
    return ExclusionSensitivity(
        samples=pd.DataFrame(samples, columns=["sample", "n", "n_excluded"]),
        changes=changes,
        alpha=float(alpha),
        notes=tuple(notes),
        meta=Meta(
            function="exclusion_sensitivity",
            options={**(dict(fit.meta.options) if fit is not None else {}), "rules": chosen, "alpha": alpha},
            n=len(everybody),
            data_hash=screening.meta.data_hash,
            source=everybody.provenance.file,
            simulated=everybody.simulated,
            labels={**everybody.labels, **(fit.meta.labels if fit is not None else {})},
            groups=fit.meta.groups if fit is not None else (),
            references=references,
        ),
    )


def _numbers(
    responses: Responses, constructs: Constructs, model: str | None, options: Mapping[str, Any]
) -> tuple[pd.DataFrame, SemFit | None]:
    """Return `measure name n estimate p_value` of one sample, and the fit."""
    rows: list[tuple[str, str, int, float, float]] = list(_alphas(responses, constructs))
    fit = None
    if model is not None:
        fit = sem(model, responses, **options)
        if not fit.converged:
            raise ConvergenceError.of("reliability.not_converged")
        rows += _fit_rows(fit)
    return pd.DataFrame(rows, columns=["measure", "name", "n", "estimate", "p_value"]), fit


def _alphas(responses: Responses, constructs: Constructs) -> Iterator[tuple[str, str, int, float, float]]:
    if isinstance(constructs, Mapping) and not constructs:
        return
    blocks = gather(responses, constructs)
    for name, items in blocks.items.items():
        x = blocks.frame[list(items)].dropna().to_numpy()
        varies = len(x) > 1 and bool(np.ptp(x, axis=0).all())
        value = float(alpha(np.atleast_2d(np.cov(x, rowvar=False)))) if varies else NAN
        yield "alpha", name, len(x), value, NAN


def _fit_rows(fit: SemFit) -> Iterator[tuple[str, str, int, float, float]]:
    measures = fit.fit_measures
    for name in (*FIT, *ROBUST):
        if name in measures.index:
            yield "fit", name, fit.meta.n, float(measures[name]), NAN
    table = fit.tidy()
    groups = fit.meta.groups
    for row in table[table["op"].isin(PARAMETERS)].to_dict("records"):
        of_group = f" [{groups[row['group'] - 1]}]" if len(groups) > 1 and row["group"] > 0 else ""
        name = row["lhs"] if row["op"] == ":=" else f"{row['lhs']} {row['op']} {row['rhs']}"
        yield PARAMETERS[row["op"]], f"{name}{of_group}", fit.meta.n, float(row["std_all"]), float(row["p_value"])


def _compared(sample: str, found: pd.DataFrame, first: pd.DataFrame, level: float) -> pd.DataFrame:
    """Set the numbers of a sample beside those of everybody; what only one of the two has is NaN there."""
    keys = ["measure", "name"]
    both = first[keys].merge(found, on=keys, how="left", validate="one_to_one")
    value, before = both["estimate"], first["estimate"]
    p, p_before = both["p_value"], first["p_value"]
    decided = p.notna() & p_before.notna()
    coefficients = both["measure"].isin(PARAMETERS.values())
    both.insert(0, "sample", sample)
    both["difference"] = value - before
    both["sign_changed"] = coefficients & (np.sign(value) * np.sign(before) < 0)
    both["decision_changed"] = decided & ((p < level) != (p_before < level))
    return both


def _remarks(changes: pd.DataFrame, samples: list[tuple[str, int, int]], with_model: bool, level: float) -> list[Note]:
    sizes = {"out": max(s[2] for s in samples), "n": samples[0][1]}
    out = [] if sizes["out"] else [note("reliability.exclusions_none")]
    if with_model and sizes["out"]:
        moved = changes[changes["sign_changed"] | changes["decision_changed"]]
        told = _named(moved)
        code = "reliability.exclusions_matter" if len(moved) else "reliability.exclusions_agree"
        out.append(note(code, parameters=told, level=level, **sizes))
    nowhere = changes.loc[(changes["measure"] == "alpha") & changes["estimate"].isna() & (changes["n"] > 0)]
    if len(nowhere):
        out.append(note("reliability.exclusions_no_alpha", constructs=_named(nowhere)))
    if (top := _largest(changes, ["alpha"])) is not None:
        out.append(note("reliability.exclusions_alpha", **top))
    if (top := _largest(changes, PARAMETERS.values())) is not None:
        out.append(note("reliability.exclusions_coefficient", **top))
    return out


def _named(rows: pd.DataFrame) -> str:
    return some(f"{name} ({sample})" for name, sample in zip(rows["name"], rows["sample"], strict=True))


def _largest(changes: pd.DataFrame, measures: Iterable[str]) -> dict[str, Any] | None:
    part = changes[changes["measure"].isin(list(measures)) & changes["difference"].notna()]
    if not part["difference"].any():
        return None
    top = part.loc[part["difference"].abs().idxmax()]
    return {"name": top["name"], "change": float(top["difference"]), "sample": top["sample"]}
