"""Content validity: what a panel of experts says of the items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CodingError, OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.references import rule
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.reliability.coefficients import NAN
from cgsurvey.reliability.constructs import gather
from cgsurvey.reliability.expert_numbers import aiken, at_least, critical_aiken, relevance, score_interval
from cgsurvey.responses import Responses
from cgsurvey.responses.selection import as_responses
from cgsurvey.responses.source import design_unused

FEW = 5  # experts up to whom all must agree (Polit, Beck & Owen, 2007)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ExpertJudgement(Result):
    """Content validity of items by a panel of experts.

    Attributes
    ----------
    table : DataFrame
        One row per item. Aiken's V: `item n v ci_lower ci_upper p_value v_critical valid`; content validity index:
        `item n n_relevant i_cvi kappa cvr cvr_critical valid`. `valid` is missing where it cannot be decided.
    overall : DataFrame
        One row: `n_items`, `n_experts`, `n_valid`; of V its mean `v`, of the index `s_cvi_ave` (mean) and `s_cvi_ua`
        (share of items on which all agree).
    """

    table: pd.DataFrame
    overall: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per item."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row for the whole set of items."""
        return self.overall.copy()


def aiken_v(
    ratings: Responses | pd.DataFrame,
    low: int,
    high: int,
    *,
    items: Sequence[str] | None = None,
    ci: float = 0.95,
    level: float = 0.05,
) -> ExpertJudgement:
    """Judge items by Aiken's V.

    V = sum(r - low) / (n (high - low)) over the n experts who judged the item. The p-value is the exact probability of
    a sum as high or higher when each judgement falls on each score with equal probability; `v_critical` is the smallest
    V whose p is at most `level`: Aiken's table for any number of experts. The interval is the score interval.

    Parameters
    ----------
    ratings : Responses or DataFrame
        Experts in rows, items in columns.
    low, high : int
        Lowest and highest score of the rating scale, in steps of one.
    items : sequence of str, optional
        Columns; default all that hold numbers.
    ci, level : float
        Level of the interval; of the test.

    Returns
    -------
    ExpertJudgement

    Raises
    ------
    OptionError, ColumnNotFoundError
        Ends of the scale that are none, unknown items.
    CodingError
        Judgements outside the scale or between its scores.
    SampleError
        No expert.

    Notes
    -----
    Aiken (1985); Penfield & Giacobbi (2004).

    Examples
    --------
    >>> import pandas as pd
    >>> import cgsurvey as cg
    >>> ratings = pd.DataFrame({"q1": [4, 5, 5], "q2": [2, 3, 4]}, index=["expert a", "expert b", "expert c"])
    >>> cg.aiken_v(ratings, 1, 5).table[["item", "v"]].round(3)
      item      v
    0   q1  0.917
    1   q2  0.500
    """
    fraction("ci", ci), fraction("level", level)
    panel, notes, meta = _panel(ratings, items, low, high)
    steps, rows = int(high - low), []
    for name, column in panel.items():
        given = column.dropna().to_numpy()
        n, total = len(given), float((given - low).sum())
        V = aiken(total, n, steps)
        lower, upper = score_interval(V, n, steps, ci)
        critical = critical_aiken(n, steps, level)
        rows.append(
            {
                "item": name,
                "n": n,
                "v": V,
                "ci_lower": lower,
                "ci_upper": upper,
                "p_value": float(at_least(n, steps)[round(total)]) if n else NAN,
                "v_critical": critical,
                "valid": critical - 1e-12 <= V if np.isfinite(critical) else None,
            }
        )
    return _judged(rows, panel, notes, meta("aiken_v", ("aiken1985", "penfield2004"), ci=ci, level=level), "v")


def cvi(
    ratings: Responses | pd.DataFrame,
    *,
    low: int = 1,
    high: int = 4,
    relevant: int | None = None,
    items: Sequence[str] | None = None,
    level: float = 0.05,
) -> ExpertJudgement:
    """Judge items by the content validity index and ratio.

    I-CVI is the share of experts who hold the item relevant; modified kappa corrects it for chance; Lawshe's ratio CVR
    is compared with its exact critical value. An item is valid when I-CVI reaches 0.78, with five experts or fewer 1
    (Polit, Beck & Owen, 2007). S-CVI/Ave is the mean of I-CVI, S-CVI/UA the share of items on which all agree.

    Parameters
    ----------
    ratings : Responses or DataFrame
        Experts in rows, items in columns.
    low, high : int
        Ends of the rating scale; 1 to 4 by custom.
    relevant : int, optional
        Smallest score that says "relevant" ("essential" for CVR); default the upper half of the scale, 3 of 1 to 4.
    items : sequence of str, optional
        Columns; default all that hold numbers.
    level : float
        Of the critical value of CVR, one-sided.

    Returns
    -------
    ExpertJudgement

    Raises
    ------
    OptionError, ColumnNotFoundError, CodingError, SampleError
        As `aiken_v`.

    Examples
    --------
    >>> import pandas as pd
    >>> import cgsurvey as cg
    >>> ratings = pd.DataFrame({"q1": [4, 4, 3], "q2": [2, 3, 4]}, index=["expert a", "expert b", "expert c"])
    >>> cg.cvi(ratings).table[["item", "i_cvi"]].round(2)
      item  i_cvi
    0   q1   1.00
    1   q2   0.67
    """
    fraction("level", level)
    panel, notes, meta = _panel(ratings, items, low, high)
    cut = (low + high) // 2 + 1 if relevant is None else relevant
    if not low < cut <= high:
        raise OptionError(f"relevant={relevant!r} must lie above low={low} and not beyond high={high}.")
    strict, usual = rule("i_cvi_few", "any"), rule("i_cvi", "any")
    rows = []
    for name, column in panel.items():
        given = column.dropna()
        n, yes = len(given), int((given >= cut).sum())
        found = relevance(yes, n, level)
        by = strict if n <= FEW else usual
        rows.append(
            {
                "item": name,
                "n": n,
                "n_relevant": yes,
                "i_cvi": found.i_cvi,
                "kappa": found.kappa,
                "cvr": found.cvr,
                "cvr_critical": found.cvr_critical,
                "valid": found.i_cvi >= by.good if by is not None and n else None,
            }
        )
    sources = ("polit2007", "lawshe1975", "ayre2014")
    return _judged(rows, panel, notes, meta("cvi", sources, relevant=cut, level=level), "i_cvi")


def _panel(
    ratings: Responses | pd.DataFrame, items: Sequence[str] | None, low: int, high: int
) -> tuple[pd.DataFrame, list[Note], Any]:
    """Return the judgements, checked against the scale, and what makes the origin of a result of them."""
    numbers = all(isinstance(end, Real) and float(end).is_integer() for end in (low, high))
    if not (numbers and low < high):
        raise OptionError(
            f"low={low!r}, high={high!r}: give whole numbers, the lowest score first, e.g. low=1, high=5."
        )
    responses = as_responses(ratings, items)
    names = list(items) if items is not None else list(responses.items)
    if not names or not len(responses.frame):
        raise SampleError("ratings hold no judgement: one row per expert and one column per item are needed.")
    names = list(dict.fromkeys(map(str, names)))
    blocks = gather(responses.frame[names], {"panel": names})
    frame = blocks.frame
    wrong = (frame.notna() & ((frame < low) | (frame > high) | (frame % 1 != 0))).to_numpy()
    if wrong.any():
        shown = [f"'{names[j]}' holds {frame.iat[i, j]:g} (row {frame.index[i]})" for i, j in np.argwhere(wrong)]
        raise CodingError(f"Judgements that are no score from {low} to {high}: {some(shown, 5)}. Correct them.")
    notes = design_unused(responses)
    if frame.isna().any(axis=None):
        thin = [n for n in names if frame[n].isna().any()]
        notes.append(note("reliability.experts_silent", items=", ".join(thin)))

    def meta(function: str, references: tuple[str, ...], **options: object) -> Meta:
        return Meta(
            function=function,
            options={"low": low, "high": high, **options},
            n=len(frame),
            data_hash=data_hash(frame),
            source=responses.provenance.file,
            simulated=responses.simulated,
            labels={n: responses.labels[n] for n in names if n in responses.labels},
            references=references,
        )

    return frame, notes, meta


def _judged(
    rows: list[dict[str, Any]], panel: pd.DataFrame, notes: list[Note], meta: Meta, measure: str
) -> ExpertJudgement:
    table = pd.DataFrame(rows)
    table["valid"] = table["valid"].astype("boolean")
    silent = table.loc[table["n"] == 0, "item"].tolist()
    if silent:
        notes.append(note("reliability.items_unjudged", items=", ".join(silent)))
    undecided = table.loc[(table["n"] > 0) & table["valid"].isna(), "item"].tolist()
    if undecided:
        notes.append(note("reliability.too_few_experts", items=", ".join(undecided)))
    overall: dict[str, Any] = {
        "n_items": len(table),
        "n_experts": len(panel),
        "n_valid": int(table["valid"].fillna(False).sum()),
    }
    if measure == "v":
        overall["v"] = table["v"].mean()
    else:
        known = table.loc[table["n"] > 0, "i_cvi"]
        overall |= {"s_cvi_ave": known.mean(), "s_cvi_ua": (known == 1).mean() if len(known) else NAN}
    return ExpertJudgement(table=table, overall=pd.DataFrame([overall]), notes=tuple(notes), meta=meta)
