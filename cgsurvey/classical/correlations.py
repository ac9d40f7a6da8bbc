"""correlate(): the correlation matrix with means, deviations, tests and intervals.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from cgsurvey.base.errors import CodingError, OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Result
from cgsurvey.classical.correlation_numbers import METHODS, Method, Pairs, correlations, polychoric
from cgsurvey.classical.variables import Variables, constants, gather_variables, listed
from cgsurvey.moments.ordered import MOST
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.source import as_source
from cgsurvey.responses.two_samples import holm

REFERENCES: Mapping[str, tuple[str, ...]] = {
    "pearson": ("fisher1921",),
    "spearman": ("spearman1904", "bonett2000"),
    "kendall": ("kendall1938", "fieller1957"),
    "polychoric": ("olsson1979", "muthen1984"),
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Correlations(Result):
    """Correlations of all pairs of some variables.

    Attributes
    ----------
    method : {"pearson", "spearman", "kendall", "polychoric"}
    pairs : DataFrame
        `variable_1 variable_2 n r ci_lower ci_upper statistic df p_value p_holm`; statistic is t with df, else z.
    variables : DataFrame
        `variable n mean sd` of each.
    matrix : DataFrame
        The correlations, variables in rows and columns, 1 on the diagonal.
    controls : tuple of str
        Variables that are partialled out.
    adjusted : bool
        Whether decisions go by `p_holm`, adjusted for the number of pairs.
    """

    method: str
    pairs: pd.DataFrame
    variables: pd.DataFrame
    matrix: pd.DataFrame
    controls: tuple[str, ...] = ()
    adjusted: bool = False

    def tidy(self) -> pd.DataFrame:
        """Return one row per pair."""
        return self.pairs.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: method, rows, variables, pairs, the largest absolute correlation, the smallest p-value."""
        return pd.DataFrame(
            {
                "method": [self.method],
                "n": [self.meta.n],
                "n_variables": [len(self.variables)],
                "n_pairs": [len(self.pairs)],
                "r_abs_max": [self.pairs["r"].abs().max()],
                "p_holm": [self.pairs["p_holm"].min()],
            }
        )


def correlate(
    data: Responses | pd.DataFrame,
    variables: Sequence[str] | None = None,
    *,
    method: Method = "pearson",
    missing: Literal["listwise", "pairwise"] = "listwise",
    controls: Sequence[str] = (),
    adjust: bool = False,
    constructs: Mapping[str, Sequence[str]] | None = None,
    ci: float = 0.95,
) -> Correlations:
    """Correlate variables with each other.

    Parameters
    ----------
    data : Responses or DataFrame
    variables : sequence of str, optional
        Columns (reverse items keyed) and constructs, whose scores are the means of their items. Default: the names in
        `constructs`, else the leaf constructs of the instrument, else the numeric columns.
    method : {"pearson", "spearman", "kendall", "polychoric"}
        "polychoric" is the correlation of what lies behind the ordered answers, for items of few categories.
    missing : {"listwise", "pairwise"}
        The same complete rows for all pairs, so that others can refit a model from the matrix; or for each pair all
        rows that have both.
    controls : sequence of str
        Variables to partial out; "pearson" and "spearman" only.
    adjust : bool
        Decide by p-values adjusted for the number of pairs (Holm); both are always given.
    constructs : mapping of str to sequence of str, optional
        Items of scores, for data without an instrument.
    ci : float
        Level of the intervals.

    Returns
    -------
    Correlations

    Raises
    ------
    OptionError, ColumnNotFoundError, CodingError
        For options and columns that cannot be used.
    SampleError
        Fewer than two variables, a variable without variance, too few rows.

    Notes
    -----
    R: cor.test, psych::corr.test, psych::partial.r; polychoric as lavaan::lavCor.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> data = cg.score(answers)
    >>> cg.correlate(data, ["satisfaction", "service_quality", "trust_gov"]).tidy().iloc[:, :4].round(3)
            variable_1       variable_2    n      r
    0     satisfaction  service_quality  592  0.547
    1     satisfaction        trust_gov  592  0.436
    2  service_quality        trust_gov  592  0.305
    """
    fraction("ci", ci)
    choose("method", method, METHODS)
    choose("missing", missing, ("listwise", "pairwise"))
    held = listed("controls", controls) if len(controls) else []
    if held and method not in ("pearson", "spearman"):
        raise OptionError(f"controls are partialled out of 'pearson' and 'spearman' correlations, not of '{method}'.")
    names = listed("variables", variables) if variables is not None else _default(data, constructs, held)
    both = [n for n in names if n in held]
    if both:
        raise OptionError(f"{some(both)} cannot be correlated and partialled out at once.")
    if len(names) < 2:
        raise SampleError.of("classical.nothing_to_correlate", n=len(names))
    found = gather_variables(data, [*names, *held], constructs)
    notes = list(found.notes)
    frame = _ordered(found, [*names, *held]) if method == "polychoric" else found.numbers([*names, *held])
    complete = frame.notna().all(axis=1)
    lost = int((~complete).sum())
    if lost and missing == "listwise":
        gaps = some(f"{n} {frame[n].isna().sum()}" for n in frame if frame[n].isna().any())
        notes.append(note("classical.rows_left_out", n=lost, rows=len(frame), share=100 * lost / len(frame), gaps=gaps))
        frame = frame[complete]
    if len(frame) < 4 + len(held):
        raise SampleError.of("classical.few_complete", where=found.where, n=len(frame), least=4 + len(held))
    constants(frame, found.where)
    with one_thread():
        pairs = _polychoric(frame) if method == "polychoric" else None
        made = (
            polychoric(*pairs, ci)
            if pairs is not None
            else correlations(frame[names].to_numpy(float), method, ci, frame[held].to_numpy(float) if held else None)
        )
    if lost and missing == "pairwise":
        notes.append(note("classical.pairwise", smallest=int(made.n.min()), largest=int(made.n.max())))
    table = _pairs(names, made)
    _remarks(table, made, notes)
    described = [(n, int(frame[n].notna().sum()), float(frame[n].mean()), float(frame[n].std())) for n in names]
    return Correlations(
        method=method,
        pairs=table,
        variables=pd.DataFrame(described, columns=["variable", "n", "mean", "sd"]),
        matrix=_square(names, made),
        controls=tuple(held),
        adjusted=adjust,
        notes=tuple(notes),
        meta=found.meta(
            "correlate",
            len(frame),
            (*REFERENCES[method], "holm1979"),
            method=method,
            missing=missing,
            controls=tuple(held),
            adjust=adjust,
            ci=ci,
        ),
    )


def _default(
    data: Responses | pd.DataFrame, constructs: Mapping[str, Sequence[str]] | None, held: Sequence[str]
) -> list[str]:
    source = as_source(data)
    if constructs is not None:
        names = list(constructs)
    elif source.instrument is not None:
        here = set(source.frame.columns)
        names = [c.id for c in source.instrument.leaf_constructs if here & set(c.all_items)]
    else:
        columns = source.frame
        names = [c for c in columns if is_numeric_dtype(columns[c]) and not is_bool_dtype(columns[c])]
    return [n for n in names if n not in held]


def _ordered(found: Variables, names: Sequence[str]) -> pd.DataFrame:
    """Return variables as numbers; categories of words become 1, 2, ... in their order."""
    columns = {
        n: c.cat.codes.where(c.notna()).astype(float) + 1 if isinstance(c.dtype, pd.CategoricalDtype) else c
        for n, c in found.frame[list(names)].items()
    }
    frame = pd.DataFrame(columns, index=found.frame.index)
    many = [f"'{n}' ({frame[n].nunique()} values)" for n in frame if frame[n].nunique() > MOST]
    if many:
        raise CodingError(
            f"{found.where}: polychoric correlations are of ordered answers with at most {MOST} values, unlike "
            f"{some(many)}. Use method='spearman' or 'pearson' for scores."
        )
    return frame


def _polychoric(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return codes 0, 1, ... of the answers that occur, and how many there are of each variable."""
    codes, levels = np.full(frame.shape, np.nan), np.zeros(frame.shape[1], dtype=np.int64)
    for j, name in enumerate(frame):
        x = frame[name].to_numpy(dtype=float)
        seen = ~np.isnan(x)
        values, at = np.unique(x[seen], return_inverse=True)
        codes[seen, j], levels[j] = at, len(values)
    return codes, levels


def _pairs(names: Sequence[str], made: Pairs) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "variable_1": [names[i] for i in made.a],
            "variable_2": [names[j] for j in made.b],
            "n": made.n,
            "r": made.r,
            "ci_lower": made.lower,
            "ci_upper": made.upper,
            "statistic": made.statistic,
            "df": made.df,
            "p_value": made.p,
            "p_holm": holm(made.p),
        }
    )


def _square(names: Sequence[str], made: Pairs) -> pd.DataFrame:
    R = np.eye(len(names))
    R[made.a, made.b] = R[made.b, made.a] = made.r
    return pd.DataFrame(R, index=list(names), columns=list(names))


def _remarks(table: pd.DataFrame, made: Pairs, notes: list[Note]) -> None:
    for which, code in ((table["r"].isna().to_numpy(), "undefined"), (made.bound, "bound")):
        if which.any():
            pairs = some(
                f"{a} - {b}" for a, b in zip(table["variable_1"][which], table["variable_2"][which], strict=True)
            )
            notes.append(note(f"classical.correlation_{code}", pairs=pairs))
