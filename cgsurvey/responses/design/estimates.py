"""Estimates for the population by design, with standard errors that allow for how respondents were drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction
from cgsurvey.base.result import Labels, Meta, Result, data_hash, group_words
from cgsurvey.base.units import Floats, Ints
from cgsurvey.responses.agreement import group_codes
from cgsurvey.responses.design.design import Design
from cgsurvey.responses.design.gathered import drawn_from, numbers, recorded, wanted_frame
from cgsurvey.responses.design.intervals import METHODS, share_interval
from cgsurvey.responses.design.quantiles import RULES, quantiles
from cgsurvey.responses.design.sample import Drawn, Estimated, degrees, solve, t_quantile
from cgsurvey.responses.design.statistics import Moments, Ratio, Total, simple_random
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import require

STATISTICS = ("mean", "total", "proportion", "ratio", "variance", "covariance", "quantile")
Kind = Literal["mean", "total", "proportion", "ratio", "variance", "covariance", "quantile"]
JOINT = 300  # estimates up to which covariances between domains are kept
RELATIVE = 1.01  # weights that sum to less than this times n do not count people of the population
SMALL = 5
_SOURCES = {
    "mean": ("binder1983",),
    "total": ("binder1983",),
    "ratio": ("woodruff1971",),
    "variance": ("binder1983",),
    "covariance": ("binder1983",),
    "quantile": ("woodruff1952",),
    "proportion": ("binder1983",),
}
_OF_ERRORS = {"taylor": (), "JK1": ("wolter2007",), "JKn": ("wolter2007",), "bootstrap": ("rao1988",)}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SurveyEstimates(Result):
    """Estimates of means, totals, shares, ratios, variances or quantiles.

    Attributes
    ----------
    table : DataFrame
        `group variable level estimate std_error ci_lower ci_upper deff df n`: `group` with domains only, `level` for
        shares (category), quantiles (probability) and covariances (the other variable); `n` counts respondents,
        unweighted; `deff` is the variance over that of a simple random sample of the same size.
    covariance : DataFrame, optional
        Of the estimates, in the order of the table; None where there are too many, or for quantiles.
    statistic : str
    by : tuple of str
        Columns of the domains.
    errors : str
        "taylor", "JK1", "JKn", "bootstrap" or "replicates" (weights that came with the data).
    n_units, n_strata, df : int
        Primary units, strata and degrees of freedom of the whole sample.
    sum_weights : float
        People that the sample stands for.
    ci : float
        Level of the intervals.
    """

    table: pd.DataFrame
    covariance: pd.DataFrame | None = None
    statistic: str = "mean"
    by: tuple[str, ...] = ()
    errors: str = "taylor"
    n_units: int = 0
    n_strata: int = 1
    df: int = 0
    sum_weights: float = np.nan
    ci: float = 0.95

    def tidy(self) -> pd.DataFrame:
        """Return one row per estimate."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: respondents, primary units, strata, degrees of freedom, sum of weights, domains."""
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "n_units": [self.n_units],
                "n_strata": [self.n_strata],
                "df": [self.df],
                "sum_weights": [self.sum_weights],
                "n_groups": [self.table["group"].nunique() if self.by else 1],
            }
        )

    def contrast(self, weights: Mapping[int, float]) -> pd.DataFrame:
        """Return a linear combination of estimates with its standard error, interval and t test against zero.

        Parameters
        ----------
        weights : mapping of int to float
            Row of the table to its factor: ``{0: 1, 1: -1}`` is the first less the second.

        Returns
        -------
        DataFrame
            One row: `estimate std_error statistic df p_value ci_lower ci_upper`. Equals svycontrast of R's survey.

        Raises
        ------
        OptionError
            For rows that are not there, or where no covariances are kept.
        """
        from scipy.special import stdtr

        if self.covariance is None:
            raise OptionError("no covariances are kept of these estimates; ask for fewer of them, and no quantiles.")
        wrong = [k for k in weights if k not in self.table.index]
        if wrong or not weights:
            raise OptionError(f"contrast: rows go from 0 to {len(self.table) - 1}; not so {some(wrong)}.")
        c = np.zeros(len(self.table))
        c[list(weights)] = list(weights.values())
        estimate = float(c @ self.table["estimate"].to_numpy())
        se = float(np.sqrt(max(c @ self.covariance.to_numpy() @ c, 0.0)))
        t = float(t_quantile(np.array(self.df), self.ci))
        statistic = estimate / se if se > 0 else np.nan
        return pd.DataFrame(
            {
                "estimate": [estimate],
                "std_error": [se],
                "statistic": [statistic],
                "df": [self.df],
                "p_value": [2 * float(stdtr(self.df, -abs(statistic)))],
                "ci_lower": [estimate - t * se],
                "ci_upper": [estimate + t * se],
            }
        )


def survey_estimates(
    data: Responses | pd.DataFrame,
    columns: str | Sequence[str],
    *,
    statistic: Kind = "mean",
    by: str | Sequence[str] | None = None,
    denominator: str | Sequence[str] | None = None,
    probabilities: Sequence[float] = (0.25, 0.5, 0.75),
    design: Design | None = None,
    errors: str = "taylor",
    replicates: int = 500,
    seed: int | None = None,
    ci: float = 0.95,
    df: float | None = None,
    interval: str | None = None,
    rule: str = "math",
    missing: str = "listwise",
) -> SurveyEstimates:
    """Estimate what holds for the population, as a whole or by domain.

    Parameters
    ----------
    data : Responses or DataFrame
        All respondents of the sample. Answers are taken as given, also those to reversed items.
    columns : str or sequence of str
        What is estimated; of shares, columns of categories.
    statistic : {"mean", "total", "proportion", "ratio", "variance", "covariance", "quantile"}
    by : str or sequence of str, optional
        Columns of domains (province, regency). Units outside a domain stay in its standard errors, as they must.
    denominator : str or sequence of str, optional
        Of ratios: one column for all, or one for each.
    probabilities : sequence of float
        Of quantiles.
    design : Design, optional
        Default: that of the data.
    errors : {"taylor", "JK1", "JKn", "bootstrap"}
        Linearisation, jackknife of all units or within strata, bootstrap of Rao and Wu. Replicate weights in the
        design are used whatever stands here.
    replicates, seed : int
        Of the bootstrap.
    ci : float
        Level of the intervals, from t.
    df : float, optional
        Degrees of freedom; default primary units less strata, of each domain those in which it lies. ``float("inf")``
        gives normal intervals.
    interval : {"logit", "beta", "asin", "wald"}, optional
        Of shares; default "logit" for them, and "wald" for the share behind quantiles.
    rule : {"math", "school", "hf4", ..., "hf9"}
        Definition of quantiles.
    missing : {"listwise", "available"}
        Respondents with all of `columns` answered, as R's survey, or for each column those who answered it.

    Returns
    -------
    SurveyEstimates

    Raises
    ------
    ColumnNotFoundError, CodingError, DataError, SampleError, OptionError

    Notes
    -----
    Equals svymean, svytotal, svyratio, svyvar, svyquantile, svyciprop and svyby of R's survey. Missing answers make a
    domain of those who answered: the design is that of all.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.survey_estimates(answers, ["tan1"]).tidy()[["variable", "estimate", "std_error", "deff"]].round(3)
      variable  estimate  std_error   deff
    0     tan1     3.474      0.084  3.698
    """
    choose("statistic", statistic, STATISTICS)
    choose("missing", missing, ("listwise", "available"))
    choose("rule", rule, RULES)
    fraction("ci", ci)
    if interval is not None:
        choose("interval", interval, METHODS)
    if df is not None and not df > 0:
        raise OptionError(f"df={df!r} must be greater than 0.")
    names = [columns] if isinstance(columns, str) else [str(c) for c in columns]
    domains = () if by is None else (by,) if isinstance(by, str) else tuple(by)
    below = _denominators(denominator, names, statistic)
    if not names:
        raise OptionError("columns names nothing to estimate.")
    source, frame = wanted_frame(data)
    require(frame.columns, [*names, *below, *domains], source.file or "the data frame")
    notes: list[Note] = []
    known = design or source.design
    seed = recorded(errors, known, seed)
    drawn = drawn_from(
        frame, known, notes, errors=errors, replicates=replicates, seed=seed, file=source.file or "the data"
    )
    codes, groups = _categories(frame, names) if statistic == "proportion" else (None, [])
    y = codes if codes is not None else numbers(frame, names, source.file)
    x = numbers(frame, below, source.file) if below else None
    given = np.asarray(~np.isnan(y) if x is None else ~np.isnan(y) & ~np.isnan(x))
    domain, heads = _domains(frame, domains, notes)
    if known is not None and known.columns:
        notes.append(note("responses.design_used", columns=", ".join(known.columns[:6])))
    if missing == "listwise":
        lost = np.asarray(~given.all(axis=1))
        if lost.any():
            notes.append(note("responses.estimates_listwise", n=int(lost.sum()), total=len(frame)))
        domain = np.where(lost, -1, domain)
        given = np.asarray(given & ~lost[:, None])
    elif not given.all():
        notes.append(note("responses.estimates_available", least=int(given.sum(axis=0).min()), total=len(frame)))
    D = max(len(heads), 1)
    if not given[domain >= 0].any():
        raise SampleError(f"nobody answered {some(names)}; there is nothing to estimate.")
    asked = _Asked(statistic, y, x, given, domain, D, drawn)
    whole = int(degrees(drawn)[0])
    per = degrees(drawn, domain, D).astype(float) if domains else np.array([float(whole)])
    per = np.full(D, float(df)) if df is not None else per
    if statistic == "quantile":
        probabilities = tuple(fraction("probabilities", p) for p in probabilities)
        table, found = _quantile_table(asked, names, probabilities, per, ci, rule, interval or "wald"), None
    else:
        pairs = _pairs(len(names), statistic)
        joint = D * (y.shape[1] if statistic != "covariance" else len(pairs)) <= JOINT
        found = solve(asked.solved(pairs), drawn, joint=joint)
        rows = groups if statistic == "proportion" else _row_names(names, below, pairs, statistic)
        table = _table(asked, found, rows, per, ci, interval or "logit", pairs, notes)
    if domains:
        table.insert(0, "group", np.repeat(heads, len(table) // D))
        _tell_domains(table, heads, per, domains, source.labels, notes)
    reversed_items = [i for i in names if source.instrument is not None and _reversed(source.instrument, i)]
    if reversed_items:
        notes.append(note("responses.estimates_as_given", items=some(reversed_items)))
    if statistic == "total" and drawn.weights.sum() < RELATIVE * len(drawn):
        notes.append(note("responses.totals_relative", sum=float(drawn.weights.sum()), n=len(drawn)))
    used = "replicates" if known is not None and known.replicate_weights else errors
    return SurveyEstimates(
        table=table,
        covariance=None if found is None or found.joint is None else _named(found.joint, table),
        statistic=statistic,
        by=domains,
        errors=used,
        n_units=len(drawn.units[1]),
        n_strata=int(drawn.units[1].max()) + 1,
        df=whole,
        sum_weights=float(drawn.weights.sum()),
        ci=ci,
        notes=tuple(notes),
        meta=Meta(
            function="survey_estimates",
            options={
                "statistic": statistic,
                "by": list(domains),
                "errors": used,
                "replicates": replicates if used == "bootstrap" else None,
                "ci": ci,
                "df": df,
                "interval": interval,
                "missing": missing,
                "design": None if known is None else list(known.columns),
            },
            n=int((domain >= 0).sum()),
            seed=seed,
            data_hash=data_hash(frame[[*names, *below]]),
            source=source.file,
            simulated=source.simulated,
            labels={
                **{n: source.labels[n] for n in names if n in source.labels},
                **labels_of(source, [*names, *domains]),
            },
            references=tuple(dict.fromkeys((*_SOURCES[statistic], *_OF_ERRORS.get(used, ()), "lumley2004"))),
        ),
    )


@dataclass(frozen=True)
class _Asked:
    """Arrays of one call: what is estimated (y over x), who answered (given), and in which domain."""

    statistic: str
    y: Floats
    x: Floats | None
    given: np.ndarray
    domain: Ints
    D: int
    drawn: Drawn

    @property
    def filled(self) -> Floats:
        return np.where(self.given, self.y, 0.0)

    def solved(self, pairs: Ints) -> Any:
        """The statistic that is solved."""
        g = self.given.astype(np.float64)
        if self.statistic == "total":
            return Total(self.filled, self.domain, self.D)
        if self.statistic in ("variance", "covariance"):
            return Moments(self.filled, g, pairs, self.domain, self.D)
        below = g if self.x is None else np.where(self.given, self.x, 0.0)
        return Ratio(self.filled, below, self.domain, self.D)

    def counts(self) -> Ints:
        """Respondents behind each estimate, shape (D, k)."""
        inside = self.domain >= 0
        hits = self.given[inside]
        return np.stack(
            [np.bincount(self.domain[inside], c, minlength=self.D) for c in hits.T.astype(float)], axis=1
        ).astype(np.int64)

    def effects(self, found: Estimated, notes: list[Note]) -> Floats:
        """Design effects of means, shares and totals, shape (D, k)."""
        n, N = len(self.drawn), float(self.drawn.weights.sum())
        relative = RELATIVE * n > N
        if relative:
            notes.append(note("responses.deff_replace", sum=N, n=n))
        g = self.given.astype(np.float64)
        v = simple_random(self.filled, g, self.drawn.weights, self.domain, self.D, replace=relative)
        if self.statistic == "total":
            size = np.bincount(self.domain + 1, self.drawn.weights, minlength=self.D + 1)[1:]
            v = v * size[:, None] ** 2
        return found.std_error**2 / np.where(v > 0, v, np.nan)


def _table(
    asked: _Asked,
    found: Estimated,
    rows: list[tuple[str, Any]],
    df: Floats,
    ci: float,
    interval: str,
    pairs: Ints,
    notes: list[Note],
) -> pd.DataFrame:
    theta, se = found.estimate, found.std_error
    n = asked.counts()
    if asked.statistic in ("variance", "covariance"):
        n = np.minimum(n[:, pairs[:, 0]], n[:, pairs[:, 1]])
    se = np.where(n > 0, se, np.nan)
    wide = np.repeat(df[:, None], theta.shape[1], axis=1)
    if asked.statistic == "proportion":
        low, high = share_interval(theta, se, wide, n.astype(np.float64), ci, interval)
        edge = int(((theta == 0) | (theta == 1)).sum())
        if edge and interval == "logit":
            notes.append(note("responses.shares_at_edge", n=edge))
    else:
        t = t_quantile(wide, ci)
        low, high = theta - t * se, theta + t * se
    columns: dict[str, Any] = {"variable": [r[0] for r in rows] * asked.D}
    if any(r[1] is not None for r in rows):
        columns["level"] = [r[1] for r in rows] * asked.D
    columns |= {"estimate": theta.ravel(), "std_error": se.ravel(), "ci_lower": low.ravel(), "ci_upper": high.ravel()}
    if asked.statistic in ("mean", "total", "proportion"):
        columns["deff"] = asked.effects(found, notes).ravel()
    return pd.DataFrame({**columns, "df": wide.ravel(), "n": n.ravel()})


def _quantile_table(
    asked: _Asked, names: list[str], p: Sequence[float], df: Floats, ci: float, rule: str, interval: str
) -> pd.DataFrame:
    out = []
    counts = asked.counts()
    for d in range(asked.D):
        for j, name in enumerate(names):
            inside = np.where((asked.domain == d) & asked.given[:, j], 0, -1)
            q = quantiles(
                asked.filled[:, j], inside, asked.drawn, np.array(p), float(df[d]), ci, rule=rule, method=interval
            )
            out.append(
                pd.DataFrame(
                    {
                        "variable": name,
                        "level": [f"{v:g}" for v in p],
                        "estimate": q.estimate,
                        "std_error": q.std_error,
                        "ci_lower": q.lower,
                        "ci_upper": q.upper,
                        "df": df[d],
                        "n": counts[d, j],
                    }
                )
            )
    return pd.concat(out, ignore_index=True)


def _denominators(given: str | Sequence[str] | None, names: list[str], statistic: str) -> list[str]:
    if statistic != "ratio":
        if given is not None:
            raise OptionError(f"denominator belongs to statistic='ratio', not to '{statistic}'.")
        return []
    if given is None:
        raise OptionError("statistic='ratio' needs denominator='column': the ratio of two totals.")
    below = [given] * len(names) if isinstance(given, str) else [str(c) for c in given]
    if len(below) != len(names):
        raise OptionError(f"{len(below)} denominators for {len(names)} columns; give one for all, or one for each.")
    return below


def _pairs(k: int, statistic: str) -> Ints:
    if statistic == "covariance":
        return np.column_stack(np.tril_indices(k)).astype(np.int64)
    return np.column_stack([np.arange(k)] * 2).astype(np.int64)


def _row_names(names: list[str], below: list[str], pairs: Ints, statistic: str) -> list[tuple[str, Any]]:
    if statistic == "ratio":
        return [(f"{a} / {b}", None) for a, b in zip(names, below, strict=True)]
    if statistic == "covariance":
        return [(names[a], names[b]) for a, b in pairs]
    return [(n, None) for n in names]


def _categories(frame: pd.DataFrame, names: list[str]) -> tuple[Floats, list[tuple[str, Any]]]:
    """Indicators of the categories of each column, NaN without an answer, and their names."""
    columns, rows = [], []
    for name in names:
        codes, levels = pd.factorize(frame[name], sort=True)
        if not len(levels):
            raise SampleError(f"nobody answered '{name}'; leave it out.")
        hits = (codes[:, None] == np.arange(len(levels))).astype(float)
        hits[codes < 0] = np.nan
        columns.append(hits)
        rows += [(name, f"{v:g}" if isinstance(v, float) else str(v)) for v in levels]
    return np.hstack(columns), rows


def _domains(frame: pd.DataFrame, by: tuple[str, ...], notes: list[Note]) -> tuple[Ints, list[str]]:
    if not by:
        return np.zeros(len(frame), dtype=np.int64), []
    if len(by) == 1:
        codes, labels = group_codes(frame[by[0]], notes, by[0])
        return codes.astype(np.int64), labels
    text = frame[list(by)].astype("str").agg(", ".join, axis=1).where(frame[list(by)].notna().all(axis=1))
    codes, labels = group_codes(text, notes, ", ".join(by))
    return codes.astype(np.int64), labels


def answers_of(by: Sequence[str], domain: str) -> list[str]:
    """Return the answers that make a domain; the whole of it where a comma in an answer forbids to take it apart."""
    parts = domain.split(", ")
    return parts if len(parts) == len(by) > 1 else [domain]


def _tell_domains(
    table: pd.DataFrame, heads: list[str], df: Floats, by: tuple[str, ...], labels: Labels, notes: list[Note]
) -> None:
    def told(groups: Sequence[str]) -> dict[str, str]:
        return group_words(labels, by, [answers_of(by, g) for g in groups])

    alone = [h for h, d in zip(heads, df, strict=True) if not d > 0]
    if alone:
        notes.append(note("responses.domains_one_unit", n=len(alone), groups=told(alone)))
    least = table.groupby("group", sort=False)["n"].min()
    small = [str(g) for g in least.index[least < SMALL]]
    if small:
        notes.append(note("responses.small_groups", n=len(small), groups=told(small), size=SMALL))


def _named(V: Floats, table: pd.DataFrame) -> pd.DataFrame:
    """The covariance with names of its rows: group, variable and level, as far as there are any."""
    parts = [table[c].astype(str) for c in ("group", "variable", "level") if c in table.columns]
    names = parts[0]
    for part in parts[1:]:
        names = names + ": " + part
    return pd.DataFrame(V, index=list(names), columns=list(names))


def _reversed(instrument: Any, name: str) -> bool:
    return name in instrument.item_names and bool(instrument.item(name).reverse)


def labels_of(source: Any, names: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """Words of questions about the respondent, and of their categories as "question=choice"."""
    asked = {q.name: q for q in getattr(source.instrument, "demographics", ()) if q.name in names}
    choices = {f"{n}={c.name}": c.label for n, q in asked.items() if q.scale is not None for c in q.scale.choices}
    return {n: q.label for n, q in asked.items()} | choices
