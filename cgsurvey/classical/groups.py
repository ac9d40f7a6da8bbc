"""compare_groups(): do groups, or repeated measures of the same people, differ?

Labelled file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from cgsurvey.base.errors import OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Labels, Meta, Result
from cgsurvey.classical import group_tests as t
from cgsurvey.classical import post_hoc as after
from cgsurvey.classical.assumptions import SHAPIRO_MOST
from cgsurvey.classical.variables import Variables, constants, gather_variables, listed
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.two_samples import holm

Method = Literal[
    "t", "welch", "mann_whitney", "anova", "welch_anova", "kruskal_wallis", "paired_t", "wilcoxon", "repeated_anova",
    "friedman",
]  # fmt: skip
TWO: Mapping[str, Callable[..., t.Found]] = {"welch": t.welch_t, "t": t.student, "mann_whitney": t.mann_whitney}
MORE: Mapping[str, Callable[..., t.Found]] = {
    "welch_anova": t.welch_anova,
    "anova": t.anova,
    "kruskal_wallis": t.kruskal_wallis,
}
PAIRED: Mapping[str, Callable[..., t.Found]] = {"paired_t": t.paired_t, "wilcoxon": t.wilcoxon}
REPEATED: Mapping[str, Callable[..., t.Found]] = {"repeated_anova": t.repeated_anova, "friedman": t.friedman}
AFTER = {"welch_anova": "games_howell", "anova": "tukey", "kruskal_wallis": "dunn"}
WIDER = {"t": "anova", "welch": "welch_anova", "mann_whitney": "kruskal_wallis", "paired_t": "repeated_anova"}
WIDER |= {"wilcoxon": "friedman"}
RANKS = ("mann_whitney", "kruskal_wallis", "wilcoxon", "friedman")
MANY = 30  # groups beyond which pairs are a crowd
REFERENCES: Mapping[str, tuple[str, ...]] = {
    "t": ("hedges1981", "steiger1997"),
    "welch": ("welch1947", "hedges1981", "steiger1997", "delacre2017"),
    "mann_whitney": ("mann1947", "kerby2014", "brunner2000"),
    "anova": ("hays1963", "steiger2004", "tukey1949"),
    "welch_anova": ("welch1951", "games1976", "steiger2004", "delacre2019"),
    "kruskal_wallis": ("kruskal1952", "dunn1964", "tomczak2014"),
    "paired_t": ("hedges1981", "lakens2013"),
    "wilcoxon": ("wilcoxon1945", "kerby2014"),
    "repeated_anova": ("greenhouse1959", "steiger2004"),
    "friedman": ("friedman1937",),
}
PAIR_COLUMNS = [
    *(
        "outcome",
        "group_1",
        "group_2",
        "method",
        "difference",
        "std_error",
        "statistic",
        "df",
        "p_adjusted",
        "ci_lower",
    ),
    *("ci_upper", "effect_size", "effect_lower", "effect_upper"),
]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GroupComparison(Result):
    """Groups compared on one outcome or more, or repeated measures with each other.

    Attributes
    ----------
    tests : DataFrame
        One row per outcome: `outcome method n n_groups statistic df1 df2 p_value p_holm difference ci_lower ci_upper
        effect effect_size effect_lower effect_upper eta2 omega2 epsilon2`. `difference` is that of two means, first
        group less second, with its interval; `effect` names the effect size. `p_holm` allows for several outcomes.
    groups : DataFrame
        `outcome group n mean sd se ci_lower ci_upper median mean_rank`: one row per outcome and group (measure).
    post_hoc : DataFrame
        All pairs where there are three groups or more: `outcome group_1 group_2 method difference std_error statistic
        df p_adjusted ci_lower ci_upper effect_size effect_lower effect_upper`. Dunn's differences are of mean ranks.
    assumptions : DataFrame
        `outcome assumption test group statistic df df2 p_value`: normality within groups (of differences), Levene's
        test about medians and means.
    method : str
    by : str
        Column of the groups, "" for repeated measures.
    """

    tests: pd.DataFrame
    groups: pd.DataFrame
    post_hoc: pd.DataFrame
    assumptions: pd.DataFrame
    method: str
    by: str

    def tidy(self) -> pd.DataFrame:
        """Return one row per outcome."""
        return self.tests.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: method, rows, groups, outcomes, the smallest p-value adjusted for their number."""
        return pd.DataFrame(
            {
                "method": [self.method],
                "n": [self.meta.n],
                "n_groups": [int(self.tests["n_groups"].max())],
                "n_outcomes": [len(self.tests)],
                "p_holm": [self.tests["p_holm"].min()],
            }
        )


def compare_groups(
    data: Responses | pd.DataFrame,
    outcomes: str | Sequence[str],
    *,
    by: str | None = None,
    paired: bool = False,
    method: Method | None = None,
    constructs: Mapping[str, Sequence[str]] | None = None,
    ci: float = 0.95,
) -> GroupComparison:
    """Compare groups of respondents, or (paired) several measures of the same respondents.

    Parameters
    ----------
    data : Responses or DataFrame
        A variable is a column (reverse items keyed) or a construct, whose score is the mean of its items.
    outcomes : str or sequence of str
        What is compared. With `paired`: the measures, two or more, in order.
    by : str, optional
        Column of the groups.
    paired : bool
        Compare the outcomes with each other, row by row.
    method : str, optional
        Two groups: "welch" (default), "t", "mann_whitney". Three or more: "welch_anova" (default), "anova",
        "kruskal_wallis"; these serve for two groups too. Paired: "paired_t" (default for two), "wilcoxon";
        "repeated_anova" (default for three or more), "friedman". The defaults need no equal variances, and cost nearly
        nothing where variances are equal; a test of variances first is no help (Delacre, 2017).
    constructs : mapping of str to sequence of str, optional
        Items of scores that `outcomes` names, for data without an instrument.
    ci : float
        Level of the intervals.

    Returns
    -------
    GroupComparison

    Raises
    ------
    OptionError, ColumnNotFoundError, CodingError
        For options and columns that cannot be used.
    SampleError
        Fewer than two groups of two, an outcome without variance.

    Notes
    -----
    R: t.test, oneway.test, wilcox.test, kruskal.test, friedman.test, TukeyHSD, car::leveneTest.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.compare_groups(answers, "satisfaction", by="sex").tidy()[["method", "n", "statistic", "p_value"]].round(3)
      method    n  statistic  p_value
    0  welch  593      0.587    0.557
    """
    fraction("ci", ci)
    names = listed("outcomes", outcomes)
    if paired == (by is not None):
        raise OptionError(
            "name by='<column of the groups>', or paired=True to compare the outcomes with each other, not both."
        )
    if paired and len(names) < 2:
        raise OptionError("paired=True compares measures of the same people: name two or more outcomes.")
    if by in names:
        raise OptionError(f"by='{by}' stands among the outcomes too.")
    variables = gather_variables(data, [*names, *([by] if by is not None else [])], constructs)
    frame, notes = variables.numbers(names), list(variables.notes)
    constants(frame, variables.where)
    with one_thread():
        found = (
            _paired(variables, frame, method, ci, notes)
            if by is None
            else _independent(variables, frame, by, method, ci, notes)
        )
    tests, groups, pairs, checks, used, n = found
    tests["p_holm"] = holm(tests["p_value"].to_numpy(dtype=float))
    undefined = tests.loc[tests["p_value"].isna(), "outcome"]
    if len(undefined):
        notes.append(note("classical.test_undefined", outcomes=some(undefined)))
    return GroupComparison(
        tests=tests,
        groups=groups,
        post_hoc=pairs,
        assumptions=checks,
        method=used,
        by=by or "",
        notes=tuple(notes),
        meta=variables.meta("compare_groups", n, REFERENCES[used], by=by, paired=paired, method=used, ci=ci),
    )


_Parts = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, str, int]


def _chosen(method: str | None, two: Mapping[str, object], more: Mapping[str, object], k: int) -> str:
    known = {**two, **more} if k == 2 else more
    if method is None:
        return next(iter(known))
    if k > 2 and method in two:
        raise OptionError(f"method='{method}' compares two groups, and there are {k}. Use method='{WIDER[method]}'.")
    return str(choose("method", method, known))


def _independent(
    variables: Variables, frame: pd.DataFrame, by: str, method: str | None, ci: float, notes: list[Note]
) -> _Parts:
    codes, words = variables.categories(by)
    without = int((codes < 0).sum())
    if without:
        notes.append(note("classical.group_blank", n=without, column=by))
    gaps = {n: int((frame[n].isna() & (codes >= 0)).sum()) for n in frame}
    if any(gaps.values()):
        told = some(f"{n} {g}" for n, g in gaps.items() if g)
        notes.append(note("classical.answers_missing", gaps=told))
    split = {name: _split(frame[name].to_numpy(), codes, words, name, by, variables.labels, notes) for name in frame}
    used = _chosen(method, TWO, MORE, max(len(s) for s in split.values()))
    tests, groups, pairs, checks = [], [], [], []
    for name, samples in split.items():
        values = list(samples.values())
        kind = _chosen(used if used in MORE or len(values) == 2 else None, TWO, MORE, len(values))
        found = {**TWO, **MORE}[kind](values, ci)
        tests.append(_test(name, sum(map(len, values)), len(values), found))
        groups.append(_described(name, samples, ci))
        checks.append(_assumptions(name, samples))
        if kind in AFTER and 2 < len(values) <= MANY:
            made = getattr(after, AFTER[kind])(values, ci)
            pairs.append(_pair_rows(name, list(samples), AFTER[kind], made))
    if max(len(s) for s in split.values()) > MANY:
        notes.append(note("classical.many_groups", n=max(len(s) for s in split.values()), most=MANY))
    reached = int(((codes >= 0) & frame.notna().any(axis=1).to_numpy()).sum())
    return pd.DataFrame(tests), _stacked(groups), _stacked(pairs), _stacked(checks), used, reached


def _split(
    x: np.ndarray, codes: np.ndarray, words: Sequence[str], name: str, by: str, labels: Labels, notes: list[Note]
) -> dict[str, np.ndarray]:
    samples = {w: x[(codes == g) & ~np.isnan(x)] for g, w in enumerate(words)}
    small = {w: len(v) for w, v in samples.items() if len(v) < 2}
    samples = {w: v for w, v in samples.items() if len(v) >= 2}
    if len(samples) < 2:
        counts = [(w, int((codes == g).sum())) for g, w in enumerate(words)]
        sizes = {x: some(f"{Meta(labels=labels).answer(by, w, x)} ({n})" for w, n in counts) for x in ("en", "id")}
        raise SampleError.of("classical.few_groups", by=by, n=len(samples), outcome=name, groups=sizes)
    if small:
        known = Meta(labels=labels)
        groups = {x: some(f"{known.answer(by, w, x)} ({n})" for w, n in small.items()) for x in ("en", "id")}
        notes.append(note("classical.small_groups", outcome=name, groups=groups))
    return samples


def _paired(variables: Variables, frame: pd.DataFrame, method: str | None, ci: float, notes: list[Note]) -> _Parts:
    complete = frame.notna().all(axis=1)
    lost = int((~complete).sum())
    if lost:
        missing = frame.isna().sum()
        gaps = some(f"{n} {missing[n]}" for n in frame if missing[n])
        notes.append(note("classical.rows_left_out", n=lost, rows=len(frame), share=100 * lost / len(frame), gaps=gaps))
    x, names = frame[complete].to_numpy(dtype=float), list(frame)
    if len(x) < 3:
        raise SampleError.of("classical.few_pairs", where=variables.where, n=len(x), variables=names)
    k = len(names)
    used = _chosen(method, PAIRED, REPEATED, k)
    outcome = " - ".join(names) if k == 2 else ", ".join(names)
    found = {**PAIRED, **REPEATED}[used](x, ci)
    samples = {n: x[:, j] for j, n in enumerate(names)}
    groups = _described(outcome, samples, ci, paired=True)
    gap = {"": x[:, 0] - x[:, 1]} if k == 2 else {}
    checks = pd.DataFrame(_normal(outcome, gap), columns=_CHECKS)
    pairs = []
    if k > 2:
        made = after.paired(x, ci, ranks=used == "friedman")
        pairs.append(_pair_rows(outcome, names, "wilcoxon" if used == "friedman" else "paired_t", made))
    return pd.DataFrame([_test(outcome, len(x), k, found)]), groups, _stacked(pairs), checks, used, len(x)


def _test(name: str, n: int, k: int, f: t.Found) -> dict[str, object]:
    return {
        "outcome": name,
        "method": f.method,
        "n": n,
        "n_groups": k,
        "statistic": f.statistic,
        "df1": float(f.df1),
        "df2": float(f.df2),
        "p_value": f.p,
        "p_holm": np.nan,
        "difference": f.difference,
        "ci_lower": f.lower,
        "ci_upper": f.upper,
        "effect": f.effect,
        "effect_size": f.size,
        "effect_lower": f.size_lower,
        "effect_upper": f.size_upper,
        "eta2": f.eta2,
        "omega2": f.omega2,
        "epsilon2": f.epsilon2,
    }


def _described(name: str, samples: Mapping[str, np.ndarray], ci: float, *, paired: bool = False) -> pd.DataFrame:
    if paired:  # ranks within each respondent, as Friedman's test takes them
        ranks = list(stats.rankdata(np.column_stack(list(samples.values())), axis=1).T)
    else:
        whole = stats.rankdata(np.concatenate(list(samples.values())))
        ranks = np.split(whole, np.cumsum([len(v) for v in samples.values()])[:-1])
    rows = []
    for (group, x), rank in zip(samples.items(), ranks, strict=True):
        n, mean, sd = len(x), float(x.mean()), float(x.std(ddof=1))
        se = sd / np.sqrt(n)
        width = float(stats.t.ppf((1 + ci) / 2, n - 1)) * se
        rows.append((name, group, n, mean, sd, se, mean - width, mean + width, float(np.median(x)), float(rank.mean())))
    columns = ["outcome", "group", "n", "mean", "sd", "se", "ci_lower", "ci_upper", "median", "mean_rank"]
    return pd.DataFrame(rows, columns=columns)


_CHECKS = ["outcome", "assumption", "test", "group", "statistic", "df", "df2", "p_value"]


def _normal(name: str, samples: Mapping[str, np.ndarray]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for group, x in samples.items():
        if 3 <= len(x) <= SHAPIRO_MOST and np.ptp(x) > 0:
            found = stats.shapiro(x)
            values = (float(found.statistic), np.nan, np.nan, float(found.pvalue))
            rows.append((name, "normality", "shapiro_wilk", group, *values))
    return rows


def _assumptions(name: str, samples: Mapping[str, np.ndarray]) -> pd.DataFrame:
    rows = _normal(name, samples)
    for centre, test in (("median", "brown_forsythe"), ("mean", "levene")):
        rows.append((name, "homogeneity", test, "", *t.levene(list(samples.values()), centre)))
    return pd.DataFrame(rows, columns=_CHECKS)


def _pair_rows(name: str, words: Sequence[str], method: str, made: after.Pairs) -> pd.DataFrame:
    found = asdict(made)
    renamed = {"p": "p_adjusted", "se": "std_error", "lower": "ci_lower", "upper": "ci_upper", "size": "effect_size"}
    renamed |= {"size_lower": "effect_lower", "size_upper": "effect_upper"}
    table = pd.DataFrame(found).rename(columns=renamed)
    table = table.assign(
        outcome=name, method=method, group_1=[words[i] for i in made.a], group_2=[words[j] for j in made.b]
    )
    return table[PAIR_COLUMNS]


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    if not tables:
        kinds = {c: "str" if c in PAIR_COLUMNS[:4] else "float64" for c in PAIR_COLUMNS}
        return pd.DataFrame({c: pd.Series(dtype=kind) for c, kind in kinds.items()})
    return pd.concat(tables, ignore_index=True)
