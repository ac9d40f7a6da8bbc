"""fragility(): do the conclusions survive another estimator, other respondents, weights, one unit left out?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction, whole
from cgsurvey.base.parallel import recorded_seed, run_parallel
from cgsurvey.base.result import Result
from cgsurvey.responses import Screening
from cgsurvey.responses.source import as_source
from cgsurvey.robustness.choices import (
    Idle,
    by_group,
    defined,
    items_of,
    levels_of,
    offices_of,
    paths_of,
    samples_of,
    with_answers,
)
from cgsurvey.robustness.specifications import (
    CARELESS,
    EVERYBODY,
    IMPUTED,
    Outcome,
    combinations,
    estimates_of,
    fitted,
    given,
    outcome,
    run,
)
from cgsurvey.robustness.survival import decisions, jackknife_error, survival

MOST = 500  # specifications beyond which the call is more likely a mistake
LEFT_OUT = "left out"
_COLUMNS = (
    "hypothesis", "path", "expected", "group", "specification", "part", "estimate", "std_error", "ci_lower", "ci_upper",
    "statistic", "p_value", "std_all", "std_lower", "std_upper", "decision", "same_sign", "agrees",
)  # fmt: skip
_WORDS = {1: "supported", 0: "not supported", -1: "opposite"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Fragility(Result):
    """Hypotheses over reasonable specifications of one analysis.

    Attributes
    ----------
    specifications : DataFrame
        `specification part estimator respondents weights cluster missing left_out n converged admissible cfi rmsea srmr
        reason`. `part` is "main", "choice" or "left out"; `reason` says why one could not be estimated.
    estimates : DataFrame
        One row per hypothesis and specification: `hypothesis path expected group specification part estimate
        std_error ci_lower ci_upper statistic p_value std_all std_lower std_upper decision same_sign agrees`. `group` is
        the group of the model that a hypothesis is about, "" without groups; `decision` is
        "supported" (p below `alpha`, sign as expected), "not supported", "opposite", or "" where nothing was estimated;
        `agrees`: it is that of the main specification.
    conclusions : DataFrame
        One row per hypothesis: `hypothesis path expected group std_all p_value decision n_specifications
        n_not_estimated same_sign_share supported_share agree_share n_left_out left_out_agree_share std_min std_max
        std_error jackknife_error worst worst_std worst_p`. Shares are of the main specification and the choices;
        `worst` is the specification (units left out included) that speaks most against the main decision.
    alpha : float
        Level of the two-sided tests.
    how : {"one", "all"}
    """

    specifications: pd.DataFrame
    estimates: pd.DataFrame
    conclusions: pd.DataFrame
    alpha: float
    how: str

    def tidy(self) -> pd.DataFrame:
        """Return one row per hypothesis and specification, with the choices that made it."""
        choices = self.specifications.drop(columns=["part"])
        return self.estimates.merge(choices, on="specification", how="left", validate="many_to_one")

    def glance(self) -> pd.DataFrame:
        """Return one row: hypotheses, specifications, those not estimated, conclusions that never change."""
        found = self.conclusions
        everywhere = (found["agree_share"] == 1) & ~(found["left_out_agree_share"] < 1)
        return pd.DataFrame(
            {
                "count": [len(found)],
                "n_supported": [int((found["decision"] == "supported").sum())],
                "n_specifications": [len(self.specifications)],
                "n_not_estimated": [int((~self.specifications["converged"]).sum())],
                "n_stable": [int(everywhere.sum())],
                "agree_share": [float(found["agree_share"].min())],
            }
        )


def fragility(
    model: str,
    data: Any,
    *,
    hypotheses: Mapping[str, str] | None = None,
    estimators: Sequence[str] = ("ML", "MLR", "WLSMV"),
    ordered: Sequence[str] | bool | None = None,
    screening: Screening | None = None,
    rules: Sequence[str] = (),
    respondents: Literal["everybody", "kept"] = "everybody",
    weights: str | bool | None = None,
    cluster: str | bool | None = None,
    missing: Sequence[str] = ("listwise", "fiml"),
    imputations: int = 20,
    leave_out: str | bool | None = None,
    how: Literal["one", "all"] = "one",
    alpha: float = 0.05,
    seed: int | None = None,
    n_jobs: int = 1,
    **fit_options: Any,
) -> Fragility:
    """Fit a model under every reasonable specification and see which conclusions depend on the choice.

    The first value of each choice makes the main specification. Others change one choice at a time, or all of them
    together; one office (or other unit) is left out of the main specification at a time. With ``group="column"`` each
    hypothesis is looked at in each group.

    Parameters
    ----------
    model : str or Model
        Model in lavaan syntax.
    data : Responses or DataFrame
    hypotheses : mapping of str to str, optional
        As in `test_hypotheses`: ``{"H1": "quality ~ trust > 0"}``. Default: every path and defined parameter (without
        any, every correlation of factors), expected to keep the sign that it has in the main specification.
    estimators : sequence of str
        The first is the main one. Least squares take the items in `ordered`.
    ordered : sequence of str or bool, optional
        Ordered items for least squares; default: explained variables with whole answers of at most seven kinds.
    screening : Screening, optional
        The model is fitted again without those whom its rules flag.
    rules : sequence of str
        Which rules; default: those that were named in `screen`. Each alone, and all together.
    respondents : {"everybody", "kept"}
        Who is in the main specification: everybody, or those whom all rules keep; then "with flagged", everybody, is
        one of the others. `data` hold everybody either way.
    weights, cluster : str or bool, optional
        Columns, default those of the design of the data; the model is fitted with and without. False: never.
    missing : sequence of str
        Treatments of missing answers; "fiml" stands for "pairwise" where items are ordered, "mi" is multiple
        imputation (`impute`) of the variables of the model.
    imputations : int
        Copies for "mi".
    leave_out : str or bool, optional
        Column of offices or other units, each of which is left out once; default: the clusters. False: none.
    how : {"one", "all"}
        One choice changed at a time, or every combination.
    alpha : float
        Level of the two-sided tests.
    seed : int, optional
        Of imputations and of resamples (``se="bootstrap"``).
    n_jobs : int
        Processes; the numbers are the same for any.
    **fit_options
        Further options of `sem`, the same for all; `group` too (but for "mi", which would mix the groups).

    Returns
    -------
    Fragility

    Raises
    ------
    OptionError, DataError, ModelError, EstimationError
        What the main specification raises. Others that fail are kept, counted and named.

    Notes
    -----
    A specification curve (Simonsohn, Simmons & Nelson, 2020; Steegen et al., 2016). Specifications share their data and
    are not independent: shares describe, they are no test. Agreement shows that the choices that were varied do not
    matter; it cannot show that the model is right.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> model = "tan =~ tan1 + tan2 + tan3; emp =~ emp1 + emp2 + emp3; emp ~ tan"
    >>> found = cg.fragility(model, cg.load_sample(), hypotheses={"H1": "emp ~ tan > 0"}, estimators=("ML", "MLR"))
    >>> found.glance().T
                         0
    count              1.0
    n_supported        1.0
    n_specifications  34.0
    n_not_estimated    0.0
    n_stable           1.0
    agree_share        1.0
    """
    fraction("alpha", alpha)
    choose("how", how, ("one", "all"))
    whole("n_jobs", n_jobs, None)
    whole("imputations", imputations, 2)
    choose("respondents", respondents, ("everybody", "kept"))
    source = by_group(as_source(data), fit_options.get("group"), missing)
    resampled = fit_options.get("se") in ("boot", "bootstrap")
    drawn = recorded_seed(seed) if resampled or IMPUTED in missing else None
    fit_options |= {"seed": drawn} if resampled else {}
    items = items_of(ordered, model, source, fit_options)
    kept = samples_of(screening, rules, data, source, respondents)
    levels, told = levels_of(estimators, items, kept, weights, cluster, missing, source)
    main_choice, main_options = given(next(combinations(levels, every=False)), fit_options, items)
    own = kept[main_choice.respondents]
    here = source if own.all() else replace(source, frame=source.frame[own])
    main = fitted(model, here, main_options, imputations=imputations, seed=drawn)
    levels, more = with_answers(levels, main, source.frame if how == "all" else here.frame)
    asked = hypotheses if hypotheses is not None else paths_of(main)
    estimates = estimates_of(main, asked, alpha)
    choices, alike, undefined = defined(combinations(levels, every=how == "all"), fit_options, items, source)
    if len(choices) > MOST:
        raise OptionError(f"{len(choices)} specifications are more than {MOST}: name fewer choices, or how='one'.")
    offices, column, untold = offices_of(leave_out, here.frame, source, main_choice)
    tasks = [(c, o, kept[c.respondents]) for c, o in choices[1:]]
    for office in offices:
        without = (source.frame[column] != office).fillna(True).to_numpy(dtype=bool)
        tasks.append((replace(main_choice, left_out=str(office)), main_options, own & without))
    work = partial(run, model=model, source=source, hypotheses=asked, level=alpha, imputations=imputations, seed=drawn)
    found = [outcome(main_choice, main, estimates), *run_parallel(work, tasks, n_jobs=n_jobs, progress="fragility")]
    specifications = _specifications(found)
    table = _estimates(found, estimates, specifications, alpha)
    idle = [*told, *more, *untold]
    notes = [
        *main.notes,
        *([note("robustness.not_varied", choices=_both(idle))] if idle else []),
        *([note("robustness.alike", which=some(alike))] if alike else []),
        *([note("robustness.undefined", n=len(undefined), which=_both(undefined))] if undefined else []),
        *_remarks(specifications, found),
    ]
    options = dict(main.meta.options) | {"estimators": tuple(levels["estimator"]), "missing": tuple(levels["missing"])}
    options |= {"how": how, "alpha": float(alpha), "leave_out": column}
    options |= {"rules": tuple(k for k in kept if k not in (EVERYBODY, CARELESS)), "respondents": respondents}
    references = tuple(dict.fromkeys(["simonsohn2020", "steegen2016", *(r for o in found for r in o.references)]))
    return Fragility(
        specifications=specifications,
        estimates=table,
        conclusions=_conclusions(table, specifications, alpha),
        alpha=float(alpha),
        how=how,
        notes=tuple(notes),
        meta=replace(main.meta, function="fragility", options=options, references=references, seed=drawn),
    )


def _specifications(found: Sequence[Outcome]) -> pd.DataFrame:
    table = pd.DataFrame([o.row for o in found])
    part = np.where(table["left_out"] != "", LEFT_OUT, "choice")
    part[0] = "main"
    table.insert(0, "part", part)
    table.insert(0, "specification", np.arange(1, len(table) + 1))
    for name in ("left_out", "reason"):
        table[name] = table[name].astype("str")
    return table[[c for c in table if c != "reason"] + ["reason"]]


def _estimates(
    found: Sequence[Outcome], main: list[dict[str, Any]], specifications: pd.DataFrame, level: float
) -> pd.DataFrame:
    """Return one row per hypothesis and specification, with decisions."""
    blocks = []
    for first in main:
        name = first["hypothesis"]
        rows = [next((e for e in o.estimates if e["hypothesis"] == name), {}) for o in found]
        block = pd.DataFrame(rows).reindex(columns=list(_COLUMNS))
        named = {c: first[c] for c in ("hypothesis", "path", "expected", "group")}
        block = block.assign(**named, specification=specifications["specification"], part=specifications["part"])
        way = direction(first["expected"], first["estimate"])
        p, z = block["p_value"].to_numpy(float), block["statistic"].to_numpy(float)
        made, known = decisions(z, p, direction=way, level=level), np.isfinite(p)
        words = [_WORDS[d] if k else "" for d, k in zip(made, known, strict=True)]
        same = np.sign(block["estimate"].to_numpy(float)) == np.sign(first["estimate"])
        blocks.append(block.assign(decision=words, same_sign=same & known, agrees=(made == made[0]) & known))
    return pd.concat(blocks, ignore_index=True)


def direction(expected: str, main: float) -> float:
    """Return the expected sign, that of the main estimate where none was stated."""
    return {">": 1.0, "<": -1.0}.get(expected) or (1.0 if main >= 0 else -1.0)


def _conclusions(table: pd.DataFrame, specifications: pd.DataFrame, level: float) -> pd.DataFrame:
    rows = []
    for name, block in table.groupby("hypothesis", sort=False):
        first = block.iloc[0]
        way = direction(first["expected"], first["estimate"])
        chosen, left = block[block["part"] != LEFT_OUT], block[block["part"] == LEFT_OUT]
        parts = {
            k: survival(
                *(b[c].to_numpy(float) for c in ("std_all", "statistic", "p_value")), direction=way, level=level
            )
            for k, b in (("all", block), ("chosen", chosen))
        }
        made, every = parts["chosen"], parts["all"]
        known = left["p_value"].notna()
        worst = block.iloc[every.worst]
        rows.append(
            {
                "hypothesis": name,
                **first[["path", "expected", "group", "std_all", "p_value", "decision"]].to_dict(),
                "n_specifications": made.n,
                "n_not_estimated": int(block["p_value"].isna().sum()),
                "same_sign_share": made.same_sign,
                "supported_share": made.supported,
                "agree_share": made.agree,
                "n_left_out": int(known.sum()),
                "left_out_agree_share": float(left.loc[known, "agrees"].mean()) if known.any() else np.nan,
                "std_min": every.lowest,
                "std_max": every.highest,
                "std_error": first["std_error"],
                "jackknife_error": jackknife_error(first["estimate"], left["estimate"].to_numpy(float)),
                "worst": int(worst["specification"]) if every.worst >= 0 else 0,
                "worst_std": worst["std_all"],
                "worst_p": worst["p_value"],
            }
        )
    return pd.DataFrame(rows)


def _both(idle: Idle) -> dict[str, str]:
    return {g: some(words[k] for words in idle) for k, g in enumerate(("en", "id"))}


def _remarks(specifications: pd.DataFrame, found: Sequence[Outcome]) -> list[Note]:
    """Tell which specifications could not be estimated or have a solution that no population could have."""
    out = []
    names = describe(specifications)
    failed = ~specifications["converged"]
    if failed.any():
        lost = [int(k) for k in np.flatnonzero(failed)]
        why = {x: some(f"{names[k]}: {found[k].why[x]}" for k in lost) for x in ("en", "id")}
        out.append(note("robustness.not_estimated", n=int(failed.sum()), of=len(specifications), which=why))
    improper = specifications["converged"] & ~specifications["admissible"]
    if improper.any():
        told = some(names[k] for k in np.flatnonzero(improper))
        out.append(note("robustness.improper", n=int(improper.sum()), of=len(specifications), which=told))
    return out


def describe(specifications: pd.DataFrame) -> list[str]:
    """Name each specification by its values, those that differ from the main one."""
    first, out = specifications.iloc[0], []
    for k, row in specifications.iterrows():
        names = ("estimator", "respondents", "weights", "cluster", "missing", "left_out")
        changed = [f"{c}={row[c]}" for c in names if row[c] != first[c]]
        out.append(", ".join(changed) if k else "main")
    return out
