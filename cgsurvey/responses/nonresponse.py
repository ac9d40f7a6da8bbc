"""Nonresponse bias: do those who answered late, who stand in for those who did not, differ from the early ones?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from cgsurvey.base.errors import DataError, OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.responses.describe import profile_columns
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.score import score_parts
from cgsurvey.responses.selection import Constructs, as_responses, pick_constructs, pick_items, require
from cgsurvey.responses.source import design_unused
from cgsurvey.responses.two_samples import equivalence, hedges, hedges_interval, holm, independence, sample_of, welch

REFERENCES = ("armstrong1977", "welch1947", "hedges1981", "steiger1997", "holm1979", "schuirmann1987", "lakens2017")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NonresponseBias(Result):
    """Early and late respondents compared.

    Attributes
    ----------
    comparisons : DataFrame
        `variable method n_early n_late mean_early mean_late sd_early sd_late statistic df p_value p_holm effect_size
        ci_lower ci_upper p_equivalence verdict`. A mean is compared by Welch's t ("welch") with Hedges' g and its
        interval, shares of categories by Pearson's chi-square ("chisq") with Cramer's V. `verdict` is "difference",
        "small" (a difference, shown to lie within the bound), "equivalent" (no evidence of a difference, and evidence
        that none exceeds the bound) or "undecided" (evidence of neither).
    how : str
        What ordered the respondents: "wave", "time" or "rows".
    bound : float
        Difference in standard deviations below which means count as equivalent.
    alpha : float
        Level of the decisions.
    """

    comparisons: pd.DataFrame
    how: str
    bound: float
    alpha: float

    def tidy(self) -> pd.DataFrame:
        """Return one row per construct, item or profile variable."""
        return self.comparisons.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: sizes of both groups, variables, how many differ and how many are shown to be equivalent."""
        verdicts = self.comparisons["verdict"]
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "n_early": [self.meta.options["n_early"]],
                "n_late": [self.meta.options["n_late"]],
                "n_variables": [len(verdicts)],
                "n_different": [int(verdicts.isin(["difference", "small"]).sum())],
                "n_equivalent": [int(verdicts.isin(["equivalent", "small"]).sum())],
                "g_max": [self.comparisons.query("method == 'welch'")["effect_size"].abs().max()],
                "p_value": [self.comparisons["p_holm"].min()],
            }
        )


def nonresponse_bias(
    data: Responses | pd.DataFrame,
    constructs: Constructs = None,
    *,
    items: Sequence[str] | None = None,
    profile: Sequence[str] | None = None,
    wave: str | None = None,
    early: Any = None,
    time: str | None = None,
    share: float = 0.25,
    bound: float = 0.3,
    alpha: float = 0.05,
    ci: float = 0.95,
) -> NonresponseBias:
    """Compare early with late respondents (Armstrong & Overton, 1977).

    Late respondents stand in for people who never answered. That no difference is found does not show that there is
    none; whether a difference larger than `bound` can be ruled out is tested by two one-sided tests. Bias that early
    and late respondents share stays unseen.

    Parameters
    ----------
    data : Responses or DataFrame
    constructs : mapping, sequence of str or str, optional
        As in `score`. Default: the top constructs of the instrument; without one, `items`.
    items : sequence of str, optional
        Single items to compare, reverse items keyed. Default: none where constructs are known, else the numeric
        columns.
    profile : sequence of str, optional
        Questions about the respondents, as in `describe`.
    wave : str, optional
        Column of the mailing or reminder that was answered.
    early : value or list of values, optional
        Waves that count as early, all others as late; default the first wave against the last.
    time : str, optional
        Column of the time of answering: the first and the last `share` of the respondents are compared. Without `wave`
        and `time` the rows stand in the order of answering.
    share : float
        Share of the respondents that counts as early, and as late; at most one half.
    bound : float
        Bound of equivalence of means, in standard deviations. It must be chosen before the data are seen.
    alpha : float
        Level of the decisions; p-values of differences are adjusted for their number (Holm).
    ci : float
        Level of the intervals of Hedges' g.

    Returns
    -------
    NonresponseBias

    Raises
    ------
    OptionError, ColumnNotFoundError, DataError
        For options, columns or times that cannot be used.
    SampleError
        For fewer than two early or late respondents, or nothing to compare.

    Notes
    -----
    Equals t.test, chisq.test(correct = FALSE) and p.adjust of R; intervals are those of the noncentral t distribution.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> found = cg.nonresponse_bias(cg.load_sample(), ["psq_empathy"], profile=["sex"])
    >>> found.tidy()[["variable", "method", "n_early", "n_late", "p_value"]].round(3)
          variable method  n_early  n_late  p_value
    0  psq_empathy  welch      149     147    0.011
    1          sex  chisq      150     150    0.418
    """
    fraction("alpha", alpha)
    fraction("ci", ci)
    if not 0 < share <= 0.5:
        raise OptionError(f"share={share!r} must lie above 0 and be at most 0.5.")
    if not bound > 0:
        raise OptionError(f"bound={bound!r} must be a positive number of standard deviations, e.g. 0.3.")
    asides = [c for c in (wave, time, *(profile or ())) if c is not None]
    responses, named = _responses(data, constructs, items, asides)
    frame, notes = responses.frame, list[Note]()
    require(frame.columns, asides, responses.provenance.file or "the data frame")
    if isinstance(data, pd.DataFrame) and constructs is None and items is None:
        notes.append(note("responses.items_guessed", n=len(named), items=some(named)))
    if responses.design is not None and responses.design.weights is not None:
        notes.append(note("responses.weights_unused", column=responses.design.weights))
    else:
        notes += design_unused(data)
    how = "wave" if wave is not None else "time" if time is not None else "rows"
    if wave is not None and time is not None:
        raise OptionError("give wave or time, not both.")
    if early is not None and wave is None:
        raise OptionError("early names waves: say which column holds them, wave='...'.")
    first, last = _waves(frame[wave], early, wave, notes) if wave is not None else _ends(frame, time, share, notes)
    n_early, n_late = int(first.sum()), int(last.sum())
    if min(n_early, n_late) < 2:
        raise SampleError(f"{n_early} early and {n_late} late respondents cannot be compared; two of each are needed.")
    scores = _scores(responses, constructs, named, notes)
    about = [c for c in profile_columns(responses, profile, notes) if c not in (wave, time)]
    rows = [_means(c, scores[c].to_numpy(dtype=float), first, last, bound, ci) for c in scores]
    thin = []
    for c in about:
        row, share_thin = _of_profile(responses, c, first, last, bound, ci)
        rows.append(row)
        thin += [c] if share_thin > 0.2 else []
    if not rows:
        raise SampleError("there is nothing to compare: name constructs={...}, items=[...] or profile=[...].")
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p_value"].to_numpy(dtype=float))
    table["verdict"] = [_verdict(r.p_holm, r.p_equivalence, alpha) for r in table.itertuples()]
    if thin:
        notes.append(note("responses.thin_cells", columns=some(thin)))
    notes += _remarks(table, n_early, n_late, bound, alpha)
    options = {"how": how, "share": share, "bound": bound, "alpha": alpha, "ci": ci}
    return NonresponseBias(
        comparisons=table[_COLUMNS],
        how=how,
        bound=float(bound),
        alpha=float(alpha),
        notes=tuple(notes),
        meta=Meta(
            function="nonresponse_bias",
            options={**options, "n_early": n_early, "n_late": n_late},
            n=len(frame),
            data_hash=data_hash(scores),
            source=responses.provenance.file,
            simulated=responses.simulated,
            labels=responses.labels,
            references=REFERENCES,
        ),
    )


_COLUMNS = [
    *("variable", "method", "n_early", "n_late", "mean_early", "mean_late", "sd_early", "sd_late", "statistic", "df"),
    *("p_value", "p_holm", "effect_size", "ci_lower", "ci_upper", "p_equivalence", "verdict"),
]


def _responses(
    data: Responses | pd.DataFrame, constructs: Constructs, items: Sequence[str] | None, asides: Sequence[str]
) -> tuple[Responses, tuple[str, ...]]:
    """Return the responses and the single items to compare."""
    if isinstance(data, Responses):
        return data, pick_items(data, items) if items is not None else ()
    blocks = constructs.values() if isinstance(constructs, Mapping) else ()
    if items is None and constructs is None:
        guessed = as_responses(data, None)
        named = tuple(n for n in guessed.items if n not in asides)
        return guessed, named
    wanted = [*dict.fromkeys([*(i for b in blocks for i in b), *(items or ())])]
    return as_responses(data, wanted), tuple(items or ())


def _scores(responses: Responses, constructs: Constructs, named: Sequence[str], notes: list[Note]) -> pd.DataFrame:
    """Return the scores of the constructs and the keyed answers to the single items."""
    known = constructs is not None or (responses.instrument is not None and not named)
    parts = pick_constructs(responses, constructs) if known else ()
    if responses.linkage is not None:
        notes.append(note("responses.means_not_described", n=len(responses.linkage.items)))
        means = set(responses.linkage.items)
        parts, named = tuple(p for p in parts if not set(p.all_items) & means), [n for n in named if n not in means]
    keyed = responses.keyed
    scores = score_parts(keyed, parts, level="dimension")
    return scores.join(keyed[[n for n in named if n not in scores]])


def _waves(column: pd.Series, early: Any, name: str, notes: list[Note]) -> tuple[np.ndarray, np.ndarray]:
    blank = int(column.isna().sum())
    if blank:
        notes.append(note("responses.group_blank", n=blank, column=name))
    try:
        waves = list(pd.unique(column.dropna().sort_values()))
    except TypeError:
        raise DataError(
            f"column '{name}' mixes numbers and text, so that its waves have no order. Write them alike."
        ) from None
    if len(waves) < 2:
        raise SampleError(f"column '{name}' holds {len(waves)} waves; early and late need two.")
    if early is None:
        told = waves[1:-1]
        if told:
            notes.append(note("responses.middle_waves", n=int(column.isin(told).sum()), waves=some(told)))
        return (column == waves[0]).to_numpy(), (column == waves[-1]).to_numpy()
    wanted = list(early) if isinstance(early, list | tuple | set | np.ndarray | pd.Series) else [early]
    wrong = [f"{w!r}.{did_you_mean(w, waves)}" for w in wanted if w not in waves]
    if wrong or len(wanted) >= len(waves):
        problem = f"no wave {' '.join(wrong)}" if wrong else "every wave is called early."
        raise OptionError(f"early: {problem} Column '{name}' holds {some(map(repr, waves))}.")
    first = column.isin(wanted)
    return first.to_numpy(), (~first & column.notna()).to_numpy()


def _ends(frame: pd.DataFrame, time: str | None, share: float, notes: list[Note]) -> tuple[np.ndarray, np.ndarray]:
    """Mark the first and the last share of the respondents in the order of time, or of the rows."""
    if time is None:
        notes.append(note("responses.order_of_rows", share=100 * share))
        order = np.arange(len(frame))
    else:
        column = frame[time]
        when = column if is_numeric_dtype(column) else pd.to_datetime(column, utc=True, errors="coerce", format="mixed")
        unread = int(when.isna().sum())
        if unread == len(when):
            raise DataError(f"column '{time}' holds no time that can be read. Give times such as 2026-09-07T08:12:23.")
        if unread:
            notes.append(note("responses.times_blank", n=unread, column=time))
        order = np.argsort(when.rank(method="first").to_numpy(), kind="stable")[: len(when) - unread]
    k = int(share * len(order) + 1e-9)  # .29 of 100 is 29
    first, last = np.zeros(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
    first[order[:k]], last[order[len(order) - k :]] = True, True
    return first, last


def _means(name: str, x: np.ndarray, first: np.ndarray, last: np.ndarray, bound: float, ci: float) -> dict[str, Any]:
    one, other = sample_of(x[first]), sample_of(x[last])
    test, g = welch(one, other), float(hedges(one, other))
    lower, upper = hedges_interval(g, one[0], other[0], ci)
    return {
        "variable": name,
        "method": "welch",
        "n_early": one[0],
        "n_late": other[0],
        "mean_early": one[1],
        "mean_late": other[1],
        "sd_early": np.sqrt(one[2]),
        "sd_late": np.sqrt(other[2]),
        "statistic": float(test.t),
        "df": float(test.df),
        "p_value": float(test.p_value),
        "effect_size": g,
        "ci_lower": lower,
        "ci_upper": upper,
        "p_equivalence": equivalence(one, other, bound),
    }


def _of_profile(
    responses: Responses, name: str, first: np.ndarray, last: np.ndarray, bound: float, ci: float
) -> tuple[dict[str, Any], float]:
    """Compare a question about the respondents: numbers by their means, else categories by their shares."""
    column = responses.frame[name]
    question = next((q for q in getattr(responses.instrument, "demographics", ()) if q.name == name), None)
    number = question.type in ("integer", "number") if question is not None else is_numeric_dtype(column)
    if number and (question is not None or column.nunique() > 10):
        x = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
        return _means(name, x, first, last, bound, ci), 0.0
    codes = pd.factorize(column)[0]
    kinds = codes.max(initial=-1) + 1
    counts = np.array([np.bincount(codes[side & (codes >= 0)], minlength=kinds) for side in (first, last)])
    found = independence(counts)
    row = dict.fromkeys(("mean_early", "mean_late", "sd_early", "sd_late", "ci_lower", "ci_upper"), np.nan)
    return {
        "variable": name,
        "method": "chisq",
        "n_early": int(counts[0].sum()),
        "n_late": int(counts[1].sum()),
        **row,
        "statistic": found.chisq,
        "df": float(found.df) if found.df else np.nan,
        "p_value": found.p_value,
        "effect_size": found.v,
        "p_equivalence": np.nan,
    }, found.thin


def _verdict(p: float, p_equivalence: float, alpha: float) -> str:
    if np.isnan(p):
        return ""
    within = p_equivalence < alpha
    return ("small" if within else "difference") if p < alpha else "equivalent" if within else "undecided"


def _remarks(table: pd.DataFrame, n_early: int, n_late: int, bound: float, alpha: float) -> list[Note]:
    out, differ = [], table.loc[table["verdict"].isin(["difference", "small"]), "variable"]
    if len(differ):
        out.append(note("responses.nonresponse_evidence", n=len(differ), total=len(table), variables=some(differ)))
    else:
        out.append(note("responses.nonresponse_no_evidence", n_early=n_early, n_late=n_late, alpha=alpha))
    means = table[table["method"] == "welch"]
    within = means["verdict"].isin(["equivalent", "small"])
    if len(means):
        out.append(note("responses.nonresponse_bound", n=int(within.sum()), total=len(means), bound=float(bound)))
    undefined = table.loc[table["verdict"] == "", "variable"]
    if len(undefined):
        out.append(note("responses.not_compared", variables=some(undefined)))
    return out
