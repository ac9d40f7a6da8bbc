"""invariance(): whether items measure the same in all groups, level by level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CgSurveyError, ModelError, OptionError
from cgsurvey.base.model import Model
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, choose_all, fraction
from cgsurvey.base.references import Rule, rule
from cgsurvey.base.result import Meta, Result
from cgsurvey.sem.compare import Comparison, compare
from cgsurvey.sem.fit import cfa
from cgsurvey.sem.levels import CONTINUOUS, ORDERED, asked, factors_of, indicators, thresholds_of, two_categories
from cgsurvey.sem.nested import likelihood
from cgsurvey.sem.result import SemFit
from cgsurvey.sem.testing.difference import Difference

Level = Literal["configural", "threshold", "metric", "scalar", "strict", "means"]
Criterion = Literal["chen2007", "cheung2002", "test"]
SMALL = 300  # rows up to which Chen (2007) takes narrower limits
_INDICES = {"cfi": ("cfi_robust", "cfi_scaled", "cfi"), "rmsea": ("rmsea_robust", "rmsea_scaled", "rmsea")}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Invariance(Result):
    """Levels of measurement invariance.

    `tidy()` has one row per level: ``level chisq df chisq_diff df_diff p_value cfi rmsea srmr cfi_diff rmsea_diff
    srmr_diff freed decision``. Differences are those to the last level that holds; the test of chi-squares is that of
    `compare`. `decision` is "supported", "not supported", "equivalent" (the level asks nothing that the one before
    does not), "not reached" (a level before it failed), "baseline", "not tested" or "not estimated". After a search for
    partial invariance a level has a second row, in which `freed` names the items that are not equal.

    Attributes
    ----------
    table : DataFrame
        What `tidy()` returns.
    fits : mapping of str to SemFit
        The fit of each level; of the partial one where there was a search.
    search : DataFrame
        One row per item tried in a search: ``level item chisq_diff df_diff p_value threshold decision``.
    criterion : str
        The rule of the decisions.
    """

    table: pd.DataFrame
    fits: Mapping[str, SemFit] = field(repr=False)
    search: pd.DataFrame
    criterion: str

    def tidy(self) -> pd.DataFrame:
        """Return one row per level."""
        return self.table.copy()

    def limits(self) -> dict[str, dict[str, Rule]]:
        """Return the limits on changes of fit indices by level; empty where the difference test decides."""
        if self.criterion == "test":
            return {}
        shown = [k for k in self.table["level"].unique() if k != "configural"]
        return {k: limits_of(self.criterion, k, self.meta.n) for k in shown}

    def glance(self) -> pd.DataFrame:
        """Return the highest level that holds, with the number of items that are not equal, and the rule."""
        final = self.table.drop_duplicates("level", keep="last")
        holds = final["decision"].isin(["baseline", "supported", "equivalent"]).cummin()
        last = final[holds].iloc[-1] if holds.any() else None
        freed = "" if last is None else str(last["freed"])
        return pd.DataFrame(
            [
                {
                    "level": "" if last is None else last["level"],
                    "freed": freed,
                    "rule": self.criterion,
                    "n_groups": len(self.meta.groups),
                    "n": self.meta.n,
                }
            ]
        )


def invariance(
    model: str,
    data: Any,
    *,
    group: str,
    levels: Sequence[Level] | None = None,
    partial: bool = False,
    criterion: Criterion | None = None,
    alpha: float = 0.05,
    **options: Any,
) -> Invariance:
    """Test measurement invariance over groups, level by level.

    Parameters
    ----------
    model : str or Model
        Measurement model in lavaan syntax.
    data : Responses or DataFrame
        One row per respondent.
    group : str
        Column that names the groups.
    levels : sequence of str, optional
        In order, of "configural", "threshold" (ordered items), "metric", "scalar", "strict", "means". None: configural,
        metric, scalar, strict; with ordered items "threshold" after configural.
    partial : bool
        True: where a level does not hold, free one item after the other until it does.
    criterion : {"chen2007", "cheung2002", "test"}, optional
        How a level is decided: by changes of CFI, RMSEA and SRMR (Chen, 2007), of CFI alone (Cheung & Rensvold, 2002),
        or by the difference test at `alpha`. None: "chen2007"; for ordered items, for which there are no established
        cut-offs, "test".
    alpha : float
        Level of the tests.
    **options
        Options of `cfa`: ``estimator``, ``ordered``, ``missing``, ... Latent variables have unit variances in the first
        group (``std_lv=True``) unless said, so that no item is taken for invariant from the start. From "strict" on,
        models of ordered items are fitted under ``parameterization="theta"``, where residual variances are parameters.

    Returns
    -------
    Invariance

    Raises
    ------
    OptionError
        When a level is unknown or does not exist for the items.
    CgSurveyError
        When the configural model cannot be fitted.

    Notes
    -----
    Ordered items are identified after Wu & Estabrook (2016), see `sem.levels`.

    The search for partial invariance (Byrne, Shavelson & Muthen, 1989) refits the level with each item's parameters
    free in turn. The item that lowers chi-square most is freed when the scaled difference test is significant at alpha
    divided by the number of items still equal (Holm, 1979), and the search ends when the level holds, when no test is
    significant, or when a factor would keep fewer than two equal items. An item freed at one level stays free at the
    later ones.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> found = cg.invariance("t =~ tan1 + tan2 + tan3 + tan4", answers, group="sex")
    >>> found.tidy()[["level", "df", "cfi", "cfi_diff"]].round(3)
            level    df    cfi  cfi_diff
    0  configural   4.0  1.000       NaN
    1      metric   7.0  1.000     0.000
    2      scalar  10.0  1.000     0.000
    3      strict  14.0  0.989    -0.011
    """
    fraction("alpha", alpha)
    settings = _settings(options, group)
    labels = getattr(model, "labels", {})
    base = cfa(Model(str(model), name="configural", labels=labels), data, **settings)
    if base.table.n_groups < 2:
        raise OptionError(f"group='{group}' holds one group; invariance needs two or more.")
    chosen = _levels(levels, base)
    chosen_by = _criterion(criterion, base)
    run = _Run(model, data, settings, base, chosen_by, alpha)
    for level in chosen:
        run.level(level, partial)
        if run.stopped:
            break
    return Invariance(
        table=pd.DataFrame(run.rows),
        fits=run.fits,
        search=pd.DataFrame(
            run.tried, columns=["level", "item", "chisq_diff", "df_diff", "p_value", "threshold", "decision"]
        ),
        criterion=chosen_by,
        notes=(*base.notes, *run.notes, *_remarks(base, chosen, chosen_by)),
        meta=_meta(base, chosen, chosen_by, partial, run.notes),
    )


def _settings(options: dict[str, Any], group: str) -> dict[str, Any]:
    refused = [n for n in ("group_equal", "engine") if n in options]
    if refused:
        raise OptionError(f"{refused[0]}= is set by the levels of invariance(); leave it out.")
    return {"std_lv": True} | options | {"group": group}


def _levels(levels: Sequence[str] | None, base: SemFit) -> tuple[str, ...]:
    ordered = bool(base.table.ordered)
    known = ORDERED if ordered else CONTINUOUS
    if levels is None:
        return tuple(k for k in known if k != "means")
    named = choose_all("levels", ["threshold" if k == "thresholds" else k for k in levels], ORDERED)
    if "threshold" in named and not ordered:
        raise OptionError("levels: 'threshold' goes with ordered items; name them: ordered=[...].")
    wanted = {"configural", *named}
    return tuple(k for k in known if k in wanted)


def _criterion(criterion: str | None, base: SemFit) -> str:
    if criterion is None:
        return "test" if base.table.ordered or not likelihood(base.options) else "chen2007"
    return choose("criterion", criterion, ("chen2007", "cheung2002", "test"))


def _meta(base: SemFit, levels: Sequence[str], criterion: str, partial: bool, notes: Sequence[Note]) -> Meta:
    references = ["meredith1993", *(["wu2016"] if base.table.ordered else [])]
    references += [criterion] if criterion != "test" else []
    references += ["byrne1989", "holm1979"] if partial else []
    references += ["satorra2010"] if any(n.code == "sem.level_scaling" for n in notes) else []
    options = dict(base.meta.options) | {"levels": tuple(levels), "criterion": criterion, "partial": partial}
    return replace(base.meta, function="invariance", options=options, references=tuple(references))


def _remarks(base: SemFit, levels: Sequence[str], criterion: str) -> list[Note]:
    out: list[Note] = []
    if base.table.ordered and criterion != "test":
        out.append(note("sem.no_cutoffs", estimator=base.options.estimator))
    two = two_categories(base.table)
    if two and ("threshold" in levels or "metric" in levels):
        out.append(note("sem.two_categories", items=", ".join(two)))
    if criterion == "chen2007" and base.meta.n <= SMALL:
        out.append(note("sem.small_sample_limits", n=base.meta.n, small=SMALL))
    return out


def index(fit: SemFit, name: str) -> float:
    """CFI, RMSEA or SRMR that decisions rest on: robust, else scaled, where the estimator has them."""
    for key in _INDICES.get(name, (name,)):
        value = float(fit.fit_measures.get(key, np.nan))
        if np.isfinite(value):
            return value
    return float("nan")


class _Run:
    """The levels so far."""

    def __init__(
        self, model: str, data: Any, settings: dict[str, Any], base: SemFit, criterion: str, alpha: float
    ) -> None:
        self.model, self.data, self.settings, self.base = model, data, settings, base
        self.criterion, self.alpha = criterion, alpha
        self.rows: list[dict[str, Any]] = []
        self.fits: dict[str, SemFit] = {}
        self.tried: list[dict[str, Any]] = []
        self.notes: list[Note] = []
        self.freed: dict[str, str] = {}
        self.last: SemFit | None = None  # the fit of the last level that holds
        self.broken = self.stopped = False

    def fit(self, level: str, freed: Mapping[str, str]) -> SemFit:
        """Fit a level with some items free."""
        if level == "configural":
            return self.base
        strict = bool(self.base.table.ordered) and level in ("strict", "means")
        theta = strict or self.base.options.parameterization == "theta"
        wanted = asked(self.base.table, level, freed, theta=theta)
        given = self.settings.get("group_partial") or ()
        own = (given,) if isinstance(given, str) else tuple(given)
        text = "\n".join([str(self.model), *wanted.lines])
        model = Model(text, name=level, labels=getattr(self.model, "labels", {}))
        settings = self.settings | {"group_equal": wanted.equal, "group_partial": (*own, *wanted.partial)}
        settings |= {"parameterization": "theta"} if strict else {}
        return cfa(model, self.data, **settings)

    def level(self, level: str, partial: bool) -> None:
        """Fit and decide one level."""
        try:
            fit = self.fit(level, self.freed)
        except CgSurveyError as error:
            self._failed(level, error)
            return
        self.notes += [n for n in fit.notes if n.level == "serious" and n not in self.notes]
        if self.last is None:
            self._add(level, fit, None, "baseline")
            self.last = self.fits[level] = fit
            return
        found, decision = self._decide(level, fit)
        if self.broken and decision != "equivalent":
            decision = "not reached"
        self._add(level, fit, found, decision)
        self.fits[level] = fit
        if decision == "not supported" and partial:
            again = self._search(level, fit)
            if again is not None:
                fit, found, decision = again
                self._add(level, fit, found, decision)
                self.fits[level] = fit
        if decision == "not supported" and not self.broken:
            self.broken = True
            self.notes.append(note("sem.level_fails", level=level))
        elif decision != "not supported":
            self.last = fit
        if self.broken:
            self.last = fit  # what follows is tested against it, and said to rest on a level that fails

    def _failed(self, level: str, error: CgSurveyError) -> None:
        self.notes.append(note("sem.level_not_estimated", level=level, why=error.words()))
        empty = dict.fromkeys(("chisq", "df", "chisq_diff", "df_diff", "p_value", "cfi", "rmsea", "srmr"), np.nan)
        empty |= dict.fromkeys(("cfi_diff", "rmsea_diff", "srmr_diff"), np.nan)
        self.rows.append({"level": level, **empty, "freed": "", "decision": "not estimated"})
        self.stopped = True

    def _add(self, level: str, fit: SemFit, found: Difference | None, decision: str) -> None:
        row: dict[str, Any] = {"level": level, "chisq": _shown(fit), "df": float(fit.fit_measures["df"])}
        row["chisq_diff"] = np.nan if found is None else found.statistic
        row["df_diff"] = np.nan if found is None else float(found.df)
        row["p_value"] = np.nan if found is None else found.p_value
        row |= {n: index(fit, n) for n in ("cfi", "rmsea", "srmr")}
        for name in ("cfi", "rmsea", "srmr"):
            change = np.nan if self.last is None else index(fit, name) - index(self.last, name)
            row[f"{name}_diff"] = change
        self.rows.append(row | {"freed": ", ".join(self.freed), "decision": decision})

    def _decide(self, level: str, fit: SemFit) -> tuple[Difference, str]:
        """The difference test to the last level that holds, and the decision."""
        assert self.last is not None
        try:
            compared = self._compared(level, self.last, fit)
        except OptionError as error:
            self.notes.append(note("sem.level_not_compared", level=level, why=error.words()))
            return Difference(np.nan, fit.fit_measures["df"] - self.last.fit_measures["df"], np.nan), "not tested"
        row = compared.tidy().iloc[-1]
        found = Difference(float(row["chisq_diff"]), float(row["df_diff"]), float(row["p_value"]))
        if found.df == 0:
            self.notes.append(note("sem.level_equivalent", level=level))
            return found, "equivalent"
        if self.criterion == "test":
            return found, "supported" if not found.p_value < self.alpha else "not supported"
        limits = limits_of(self.criterion, level, self.base.meta.n)
        change = {n: index(fit, n) - index(self.last, n) for n in ("cfi", "rmsea", "srmr")}
        passes = {n: by.verdict(change[n]) == "good" for n, by in limits.items()}
        worse = not passes["cfi"] and (len(passes) == 1 or not all(v for n, v in passes.items() if n != "cfi"))
        return found, "not supported" if worse else "supported"

    def _compared(self, level: str, larger: SemFit, smaller: SemFit) -> Comparison:
        """Compare by the usual test, and where its scaling factor is negative by one whose factor cannot be."""
        compared = compare(larger, smaller)
        if not any(n.code == "sem.negative_scaling" for n in compared.notes):
            return compared
        told = note("sem.level_scaling", level=level)
        self.notes += [told] if told not in self.notes else []
        return compare(larger, smaller, method="satorra-bentler-2010", data=self.data)

    def _search(self, level: str, fit: SemFit) -> tuple[SemFit, Difference, str] | None:
        """Free one item after the other until the level holds."""
        table, done = self.base.table, False
        found: tuple[SemFit, Difference, str] | None = None
        while not done:
            candidates = [i for i in indicators(table) if i not in self.freed and self._testable(level, i)]
            tries = {}
            for item in candidates:
                if not self._enough(item):
                    continue
                try:
                    tries[item] = self.fit(level, self.freed | {item: level})
                except CgSurveyError:
                    continue
            gains = {
                i: (_shown(fit) - _shown(f)) for i, f in tries.items() if f.fit_measures["df"] < fit.fit_measures["df"]
            }
            if not gains:
                break
            best = max(gains, key=lambda i: gains[i])
            row = self._compared(level, tries[best], fit).tidy().iloc[-1]
            limit = self.alpha / len(candidates)
            significant = bool(row["p_value"] < limit)
            self.tried.append(
                {
                    "level": level, "item": best, "chisq_diff": row["chisq_diff"], "df_diff": row["df_diff"],
                    "p_value": row["p_value"], "threshold": limit, "decision": "freed" if significant else "kept",
                }
            )  # fmt: skip
            if not significant:
                break
            self.freed[best] = level
            fit = tries[best]
            difference, decision = self._decide(level, fit)
            found = fit, difference, decision
            done = decision != "not supported"
        return found

    def _testable(self, level: str, item: str) -> bool:
        """Whether the level asks something of the item."""
        two = item in self.base.table.ordered and thresholds_of(self.base.table, item) == 1
        if level == "threshold":
            return item in self.base.table.ordered and not two
        return not (two and level == "metric")

    def _enough(self, item: str) -> bool:
        """Whether each factor of an item keeps two equal items without it."""
        table = self.base.table
        for factor in factors_of(table, item):
            own = {table.rhs[k] for k in table.where("=~") if table.lhs[k] == factor and table.group[k] == 1}
            if len(own - set(self.freed) - {item}) < 2:
                return False
        return True


def limits_of(criterion: str, level: str, n: int) -> dict[str, Rule]:
    """Return the limits on changes of CFI, RMSEA and SRMR for a level, from the rules of the package."""
    if criterion == "cheung2002":
        names = {"cfi": "cfi_diff_cheung"}
    else:
        small = "_small" if n <= SMALL else ""
        residual = "loadings" if level in ("threshold", "metric") else "intercepts"
        names = {"cfi": f"cfi_diff{small}", "rmsea": f"rmsea_diff{small}", "srmr": f"srmr_diff_{residual}{small}"}
    out = {}
    for key, name in names.items():
        by = rule(name, "any")
        if by is None:
            raise ModelError(f"the rules of the package lack '{name}'.")
        out[key] = by
    return out


def _shown(fit: SemFit) -> float:
    """Chi-square that tables show: the unscaled one, of which differences are made."""
    return float(fit.fit_measures["chisq"])
