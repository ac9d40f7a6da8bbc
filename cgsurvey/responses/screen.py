"""Screening: how carefully each respondent answered and what each item can carry; nothing is deleted here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError, OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.responses import careless
from cgsurvey.responses.responses import FlowStep, Responses
from cgsurvey.responses.selection import Part, answered_items, as_responses, pick_constructs, require

SPARSE = 5  # answers in a category below which its share and its threshold are badly known
BLOCK = 4  # answers that a block needs before the same answer throughout says anything


@dataclass(frozen=True)
class Rule:
    """One rule: the index that it looks at, the sign of the comparison with the cut-off, and its source."""

    index: str
    sign: str
    source: str
    needs: str


RULES: Mapping[str, Rule] = {
    "out_of_range": Rule("out_of_range", ">=", "", "the range of the answers: an instrument or out_of_range=(1, 5)"),
    "duplicates": Rule("duplicate_of", "exists", "", ""),
    "max_missing": Rule("missing_share", ">", "", ""),
    "attention": Rule("attention_failed", ">=", "meade2012", "attention checks in the instrument and in the file"),
    "longstring": Rule("longstring", ">=", "curran2016", ""),
    "straight_lining": Rule("straight_lining", ">=", "curran2016", f"a block with at least {BLOCK} answers"),
    "irv": Rule("irv", "<=", "dunn2018", ""),
    "mahalanobis": Rule("mahalanobis_p", "<", "meade2012", "more respondents than items"),
    "min_minutes": Rule("duration_minutes", "<", "huang2012", "columns with start and end: times=('start', 'end')"),
    "speed": Rule("seconds_per_answer", "<", "huang2012", "columns with start and end: times=('start', 'end')"),
}
DEFAULTS: Mapping[str, float] = {
    "out_of_range": 1,
    "duplicates": 1,
    "max_missing": 0.20,
    "attention": 1,
    "longstring": 0.5,
    "straight_lining": 1.0,
    "mahalanobis": 0.001,
    "speed": 2.0,
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Screening(Result):
    """Indices per respondent and per item, and who is flagged by which rule.

    Attributes
    ----------
    respondents : DataFrame
        One row per respondent: `row`, the indices, one column ``flag_<rule>`` per rule, `flags` (their number). No
        answers.
    items : DataFrame
        One row per item: `item n_asked n_missing missing_share dont_know_share floor_share ceiling_share n_sparse
        sparse constant`.
    rules : mapping
        Rule to cut-off as it took effect.
    named : tuple of str
        Rules that the caller named; empty when the default rules were shown.

    Notes ----- The screening holds no answers. While it lives in the session that made it, `keep` knows the data; a
    screening that was loaded from a file or pickled asks for them: ``keep(data=responses)``.
    """

    respondents: pd.DataFrame
    items: pd.DataFrame
    rules: Mapping[str, float] = field(default_factory=dict)
    named: tuple[str, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_source"}

    def tidy(self) -> pd.DataFrame:
        """Return one row per rule: `rule threshold n_flagged share`; NaN where a rule could not be applied."""
        n = len(self.respondents)
        hits = [float(self.respondents[f"flag_{r}"].sum()) if self._works(r) else np.nan for r in self.rules]
        return pd.DataFrame(
            {
                "rule": pd.Series(list(self.rules), dtype="str"),
                "threshold": pd.Series(list(self.rules.values()), dtype=float),
                "n_flagged": hits,
                "share": [h / n for h in hits],
            }
        )

    def glance(self) -> pd.DataFrame:
        """Return one row: respondents, items, share missing of what was asked, respondents with any flag."""
        flagged = int((self.respondents["flags"] > 0).sum())
        asked = self.respondents["n_asked"].sum()
        return pd.DataFrame(
            {
                "n": [len(self.respondents)],
                "n_items": [len(self.items)],
                "missing_share": [self.respondents["n_missing"].sum() / asked if asked else np.nan],
                "n_flagged": [flagged],
                "share": [flagged / len(self.respondents)],
            }
        )

    @property
    def log(self) -> pd.DataFrame:
        """Every flag that was raised, one a row: `row`, `rule`, `value` of the index."""
        found = [self._flagged(r) for r in self.rules if self._works(r)]
        empty = pd.DataFrame(
            {"row": self.respondents["row"].iloc[:0], "rule": pd.Series(dtype="str"), "value": pd.Series(dtype="str")}
        )
        return pd.concat([empty, *found], ignore_index=True) if found else empty

    def keep(
        self,
        *rules: str,
        drop_rows: Iterable[Any] | Mapping[Any, str] | None = None,
        data: Responses | pd.DataFrame | None = None,
    ) -> Responses:
        """Return the responses without those whom the named rules flag, with the flow and the log of exclusions.

        Parameters
        ----------
        *rules : str
            Rules in the order in which they are applied; without any, those named in `screen`. A respondent whom
            several rules flag is counted at the first, so the order changes the counts of the flow and never who is
            left.
        drop_rows : sequence or mapping, optional
            Rows to leave out by hand after the rules, as a mapping with the reason.
        data : Responses or DataFrame, optional
            The data that were screened; needed when the screening was loaded from a file.

        Returns
        -------
        Responses
            With `flow` and `exclusions`; `instrument` is None when a plain data frame was screened.

        Raises
        ------
        OptionError
            When no rule was named, or one that is not known or has no cut-off.
        DataError
            When `data` are not those that were screened.
        SampleError
            When nobody is left.
        """
        responses = self._data(data)
        chosen = self._chosen(rules, by_hand=drop_rows is not None)
        by_hand = drop_rows if isinstance(drop_rows, Mapping) else dict.fromkeys(drop_rows or (), "")
        unknown = [r for r in by_hand if r not in responses.frame.index]
        if unknown:
            raise DataError(
                f"drop_rows: rows {some(unknown)} are not in the data. Rows are counted as the file shows them."
            )
        left = pd.Series(True, index=responses.frame.index)
        flow = list(responses.flow) or [FlowStep("data", len(responses), 0)]
        gone = [responses.exclusions]
        steps = [(r, self._flagged(r), self._why(r)) for r in chosen]
        if by_hand:
            frame = pd.DataFrame({"row": list(by_hand), "rule": "drop_rows", "value": list(by_hand.values())})
            steps.append(("drop_rows", frame, "; ".join(dict.fromkeys(v for v in by_hand.values() if v))))
        for name, flagged, why in steps:
            flagged = flagged[left.loc[flagged["row"]].to_numpy(dtype=bool)]
            flow.append(FlowStep(name, int(left.sum()), len(flagged), why))
            left.loc[flagged["row"]] = False
            gone.append(flagged)
        out = int((~left).sum())
        if out == len(left):
            raise SampleError(
                f"the rules {some(chosen)} leave no respondent. Look at screening.tidy() and loosen the cut-offs."
            )
        counts = ", ".join(f"{s.step} {s.n_excluded}" for s in flow[-len(steps) :]) if steps else ""
        said = note("responses.kept", out=out, n=len(left), left=len(left) - out, counts=counts)
        filled = [g for g in gone if len(g)]
        exclusions = pd.concat(filled, ignore_index=True) if filled else responses.exclusions
        return responses.replace(
            frame=responses.frame[left],
            reasons=responses.reasons[left],
            flow=tuple(flow),
            exclusions=exclusions,
            notes=(*responses.notes, said),
        )

    def _data(self, data: Responses | pd.DataFrame | None) -> Responses:
        held: Responses | None = self.__dict__.get("_source")
        if data is None:
            if held is None:
                raise OptionError(
                    "this screening was loaded without its data. Give them: screening.keep(..., data=responses)."
                )
            return held
        responses = as_responses(data, list(self.items["item"]))
        if data_hash(responses.frame.reindex(columns=list(self.items["item"]))) != self.meta.data_hash:
            raise DataError("these are not the answers that were screened. Screen them first: cg.screen(data, ...).")
        return responses

    def _chosen(self, rules: Sequence[str], *, by_hand: bool) -> tuple[str, ...]:
        faults = []
        for r in rules:
            if r not in RULES:
                faults.append(f"'{r}' is no rule.{did_you_mean(r, RULES)}")
            elif r not in self.rules:
                faults.append(f"'{r}' has no cut-off: screen(data, {r}=...).")
        if faults:
            raise OptionError(f"keep: {' '.join(faults)} Rules of this screening: {some(self.rules, 20)}.")
        if not rules and not self.named and not by_hand:
            raise OptionError(
                "keep: no rule was named, and nobody is excluded by a rule that was not. Name them: "
                f"screening.keep({', '.join(map(repr, list(self.rules)[:3]))}) or screen(data, max_missing=0.2).keep()."
            )
        return tuple(dict.fromkeys(rules)) or self.named

    def _works(self, rule: str) -> bool:
        index = RULES[rule].index
        return rule == "duplicates" or bool(self.respondents[index].notna().any())

    def _flagged(self, rule: str) -> pd.DataFrame:
        r = self.respondents[self.respondents[f"flag_{rule}"]]
        values = r[RULES[rule].index]
        text = [f"{v:.4g}" if isinstance(v, float) else str(v) for v in values]
        return pd.DataFrame(
            {
                "row": r["row"].to_numpy(),
                "rule": pd.Series([rule] * len(r), dtype="str"),
                "value": pd.Series(text, dtype="str"),
            }
        )

    def _why(self, rule: str) -> str:
        r = RULES[rule]
        if not self._works(rule):
            return f"not applied: needs {r.needs}" if r.needs else "not applied"
        if r.sign == "exists":
            return "same answers as an earlier row"
        cut = self.rules[rule]
        if rule == "longstring" and cut <= 1:
            return f"{r.index} {r.sign} {cut:g} of the answers given"
        return f"{r.index} {r.sign} {cut:g}"


def screen(
    data: Responses | pd.DataFrame,
    *,
    items: Sequence[str] | None = None,
    max_missing: float | None = None,
    longstring: float | None = None,
    straight_lining: bool | float | None = None,
    irv: float | None = None,
    attention: bool | int | None = None,
    duplicates: bool | None = None,
    mahalanobis: float | None = None,
    min_minutes: float | None = None,
    speed: float | None = None,
    out_of_range: bool | tuple[float, float] | None = None,
    blocks: Mapping[str, Sequence[str]] | None = None,
    times: tuple[str, str] | None = None,
    **unknown: Any,
) -> Screening:
    """Compute all indices of careless answering and flag by the rules that are named; delete nobody.

    Without any rule the default rules flag: ``out_of_range``, ``duplicates``, ``max_missing=0.2``, ``attention=1``,
    ``longstring=0.5``, ``straight_lining=1``, ``mahalanobis=.001``, ``speed=2``. Only named rules ever exclude
    (`Screening.keep`).

    Parameters
    ----------
    data : Responses or DataFrame
        Of a data frame the numeric columns, or `items`, are the items, in the order of the form.
    items : sequence of str, optional
        Items to look at; default all. Office means in linked data are no answers and are left out.
    max_missing : float
        Flag a larger share of missing answers; only items count that this respondent was asked.
    longstring : float
        Flag a run of at least so many equal consecutive answers, as given (Johnson 2005); up to 1, of at least this
        share of the answers given (half of them: Curran 2016). A run ends where the answer scale changes.
    straight_lining : bool or float
        Flag at least this share of blocks with one and the same answer throughout, as given (True: all of them). A
        block is a top construct of the instrument with four answers or more, or one of `blocks`.
    irv : float
        Flag an intra-individual standard deviation of at most this, pooled over answer scales (Dunn et al. 2018).
    attention : bool or int
        Flag at least so many failed attention checks (True: 1). A check without an answer counts as not failed.
    duplicates : bool
        Flag rows whose answers and gaps are those of an earlier row, attention checks included.
    mahalanobis : float
        Flag p of the squared Mahalanobis distance below this; see `careless.mahalanobis` for missing answers.
    min_minutes, speed : float
        Flag fewer minutes, fewer seconds per answer given (Huang et al. 2012: 2 seconds).
    out_of_range : bool or (low, high)
        Flag answers outside the scale of the item, or outside `low..high`.
    blocks : mapping, optional
        Pages or scales of the form, name to items; then `longstring` and `straight_lining` look at these.
    times : (str, str), optional
        Columns of start and end; default "start" and "end", as Kobo writes them.

    Returns
    -------
    Screening

    Raises
    ------
    OptionError
        For a rule that is not known or a cut-off that cannot be.
    ColumnNotFoundError, CodingError
        For columns that are absent or hold text.
    """
    if unknown:
        hints = " ".join(
            f"'{u}' is no rule of screen.{did_you_mean(u, [*RULES, 'items', 'blocks', 'times'])}" for u in unknown
        )
        raise OptionError(f"{hints} Rules: {some(RULES, 20)}.")
    given = {
        "out_of_range": out_of_range,
        "duplicates": duplicates,
        "max_missing": max_missing,
        "attention": attention,
        "longstring": longstring,
        "straight_lining": straight_lining,
        "irv": irv,
        "mahalanobis": mahalanobis,
        "min_minutes": min_minutes,
        "speed": speed,
    }
    responses = as_responses(data, items)
    names = answered_items(responses, items)
    notes: list[Note] = []
    if not isinstance(data, Responses) and items is None:
        notes.append(note("responses.items_guessed", n=len(names), items=some(names)))
    if not len(responses) or not names:
        raise SampleError(
            f"there is nothing to screen: {len(responses)} respondents, {len(names)} items. Check the file and `items`."
        )
    named = _cutoffs(given)
    table = _respondents(responses, names, out_of_range, blocks, times, notes)
    active = {
        r: c
        for r, c in (named or DEFAULTS).items()
        if named or r == "duplicates" or table[RULES[r].index].notna().any()
    }
    for r in active:
        table[f"flag_{r}"] = _flags(table, r, active[r])
    table["flags"] = table[[f"flag_{r}" for r in active]].sum(axis=1)
    idle = [r for r in active if r != "duplicates" and not table[RULES[r].index].notna().any()]
    notes += [note("responses.rule_idle", rule=r, needs=RULES[r].needs or "answers") for r in idle]
    if not named:
        notes.append(note("responses.default_rules", rules=", ".join(f"{r}={c:g}" for r, c in active.items())))
    per_item = _items(responses, names)
    constant = list(per_item.loc[per_item["constant"], "item"])
    if constant:
        notes.append(note("responses.constant_items", n=len(constant), items=some(constant)))
    screening = Screening(
        respondents=table,
        items=per_item,
        rules=active,
        named=tuple(named),
        notes=tuple(notes),
        meta=Meta(
            function="screen",
            options=dict(active),
            n=len(responses),
            data_hash=data_hash(responses.frame[list(names)]),
            source=responses.provenance.file,
            simulated=responses.simulated,
            labels=responses.labels,
            references=tuple(dict.fromkeys(s for r in active if (s := RULES[r].source))),
        ),
    )
    # No field: the answers must not travel with the result when it is saved or pickled.
    object.__setattr__(screening, "_source", responses)
    return screening


def _cutoffs(given: Mapping[str, Any]) -> dict[str, float]:
    """Return the rules that were named as numbers, in the order in which they are applied."""
    cuts: dict[str, float] = {}
    faults = []
    for name, value in given.items():
        if value is None or value is False:
            continue
        if name in ("out_of_range", "duplicates") or value is True:
            if value is True and name not in ("out_of_range", "duplicates", "attention", "straight_lining"):
                faults.append(f"{name}=True: give a cut-off, e.g. {name}={DEFAULTS.get(name, 1):g}.")
            cuts[name] = 1.0
            continue
        try:
            cut = float(value)
        except (TypeError, ValueError):
            faults.append(f"{name}={value!r} is no number.")
            continue
        if name in ("max_missing", "straight_lining", "mahalanobis") and not 0 <= cut <= 1:
            faults.append(f"{name}={value!r} must lie between 0 and 1.")
        elif cut < 0 or cut != cut or (cut == 0 and name in ("longstring", "attention", "straight_lining")):
            faults.append(f"{name}={value!r} must be greater than 0.")
        cuts[name] = cut
    if faults:
        raise OptionError("screen: " + " ".join(faults))
    return cuts


def _flags(table: pd.DataFrame, rule: str, cut: float) -> pd.Series:
    values = table[RULES[rule].index]
    if rule == "duplicates":
        return values.notna()
    if rule == "longstring" and cut <= 1:
        # Half of two answers is one answer: a share says nothing before a block is long enough.
        answered = table["n_asked"] - table["n_missing"]
        return (answered >= BLOCK) & (values >= cut * answered)
    compare: dict[str, Callable[[pd.Series, float], pd.Series]] = {
        ">": pd.Series.gt,
        ">=": pd.Series.ge,
        "<": pd.Series.lt,
        "<=": pd.Series.le,
    }
    return compare[RULES[rule].sign](values.astype(float), cut)


def _respondents(
    responses: Responses,
    names: tuple[str, ...],
    limits: bool | tuple[float, float] | None,
    blocks: Mapping[str, Sequence[str]] | None,
    times: tuple[str, str] | None,
    notes: list[Note],
) -> pd.DataFrame:
    frame, reasons = responses.frame, responses.reasons[list(names)]
    X = frame[list(names)].to_numpy(dtype=float)
    asked = (reasons != "not_asked").to_numpy()
    n_asked = asked.sum(axis=1)
    missing = np.isnan(X) & asked
    answered = (~np.isnan(X)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        missing_share = np.where(n_asked > 0, missing.sum(axis=1) / n_asked, np.nan)
        dont_know = np.where(n_asked > 0, (reasons == "dont_know").to_numpy().sum(axis=1) / n_asked, np.nan)
    silent = int(((answered == 0) & (n_asked > 0)).sum())
    if silent:
        notes.append(note("responses.no_answer", n=silent))
    runs, straight = _patterns(responses, names, X, blocks)
    checks = _attention(responses)
    copies = careless.first_equal_row(np.column_stack([X, *(checks[c].to_numpy(dtype=float) for c in checks)]))
    if len(names) < 10 and (copies >= 0).any():
        notes.append(note("responses.duplicates_by_chance", n=int((copies >= 0).sum()), items=len(names)))
    distance = careless.mahalanobis(X)
    left_out = [n for n, u in zip(names, distance.used, strict=True) if not u]
    if left_out:
        notes.append(note("responses.mahalanobis_left_out", n=len(left_out), items=some(left_out)))
    if distance.shrinkage and np.isfinite(distance.d2).any():
        notes.append(note("responses.mahalanobis_shrunk", weight=distance.shrinkage))
    unjudged = int((np.isnan(distance.d2) & (answered > 0)).sum())
    if unjudged:
        notes.append(note("responses.mahalanobis_unjudged", n=unjudged))
    minutes = _minutes(frame, times, notes)
    index = pd.Series(frame.index, index=frame.index)
    first = index.iloc[np.maximum(copies, 0)].reset_index(drop=True).where(copies >= 0)
    first = first.astype("Int64") if pd.api.types.is_integer_dtype(index.dtype) else first
    per_answer = np.where(answered > 0, minutes * 60 / np.maximum(answered, 1), np.nan)
    return pd.DataFrame(
        {
            "row": index.to_numpy(),
            "n_asked": n_asked,
            "n_missing": missing.sum(axis=1),
            "missing_share": missing_share,
            "dont_know_share": dont_know,
            "out_of_range": _outside(responses, names, X, limits),
            "longstring": runs,
            "straight_lining": straight,
            "irv": _irv(responses, names, X),
            "attention_failed": _failed(checks, responses),
            "duplicate_of": first,
            "mahalanobis": distance.d2,
            "mahalanobis_p": distance.p_value,
            "duration_minutes": minutes,
            "seconds_per_answer": per_answer,
        }
    )


def _scale_of(responses: Responses, name: str) -> str:
    return responses.instrument.item(name).scale.name if responses.instrument is not None else ""


def _patterns(
    responses: Responses, names: tuple[str, ...], X: np.ndarray, blocks: Mapping[str, Sequence[str]] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Longest run over all stretches of one answer scale; share of blocks with the same answer throughout."""
    where = {n: j for j, n in enumerate(names)}
    if blocks is not None:
        require(names, [i for b in blocks.values() for i in b], "the data")
        pages = stretches = [[where[i] for i in b] for b in blocks.values()]
    else:
        stretches = [[where[n] for n in g] for _, g in groupby(names, key=lambda n: _scale_of(responses, n))]
        parts: tuple[Part, ...] = pick_constructs(responses) if responses.instrument is not None else ()
        pages = [p for part in parts if (p := [where[i] for i in part.all_items if i in where])] or [
            list(where.values())
        ]
    runs = np.max([careless.longest_run(X[:, s]) for s in stretches], axis=0)
    same = np.stack([careless.same_throughout(X[:, p], BLOCK) for p in pages], axis=1)
    judged = (~np.isnan(same)).sum(axis=1)
    return runs, np.where(judged > 0, np.nansum(same, axis=1) / np.maximum(judged, 1), np.nan)


def _irv(responses: Responses, names: tuple[str, ...], X: np.ndarray) -> np.ndarray:
    """Standard deviation within a respondent, pooled over answer scales so that their levels do not count as spread."""
    scales = np.array([_scale_of(responses, n) for n in names])
    ss, df = np.zeros(len(X)), np.zeros(len(X))
    for s in dict.fromkeys(scales):
        block = X[:, scales == s]
        k = (~np.isnan(block)).sum(axis=1)
        sd = careless.intra_individual_sd(block)
        ss += np.where(k >= 2, (k - 1) * np.nan_to_num(sd) ** 2, 0.0)
        df += np.maximum(k - 1, 0)
    return np.where(df > 0, np.sqrt(ss / np.maximum(df, 1)), np.nan)


def _attention(responses: Responses) -> dict[str, pd.Series]:
    """Answers to the attention checks that are in the file, as scores."""
    if responses.instrument is None:
        return {}
    scores = {}
    for name in responses.instrument.attention_checks:
        if name in responses.frame.columns:
            known = {c.name: c.score for c in responses.instrument.item(name).scale.choices if c.score is not None}
            raw = responses.frame[name]
            scores[name] = pd.to_numeric(raw, errors="coerce").fillna(raw.map(known).astype(float)).astype(float)
    return scores


def _failed(checks: Mapping[str, pd.Series], responses: Responses) -> np.ndarray:
    if not checks or responses.instrument is None:
        return np.full(len(responses), np.nan)
    failed = np.zeros(len(responses))
    for name, answer in checks.items():
        item = responses.instrument.item(name)
        expected = item.scale.choice(item.expected).score if item.expected is not None else None
        failed += (answer.notna() & (answer != expected)).to_numpy()
    return failed


def _outside(
    responses: Responses, names: tuple[str, ...], X: np.ndarray, limits: bool | tuple[float, float] | None
) -> np.ndarray:
    invalid = (responses.reasons[list(names)] == "invalid").to_numpy().sum(axis=1).astype(float)
    if isinstance(limits, tuple | list):
        low, high = (np.full(len(names), float(v)) for v in limits)
    elif responses.instrument is not None:
        scales = [responses.instrument.item(n).scale for n in names]
        low, high = np.array([s.min for s in scales], dtype=float), np.array([s.max for s in scales], dtype=float)
    else:
        return np.full(len(X), np.nan)
    return invalid + ((low > X) | (high < X)).sum(axis=1)


def _minutes(frame: pd.DataFrame, times: tuple[str, str] | None, notes: list[Note]) -> np.ndarray:
    """Minutes between start and end; NaN where a time cannot be read or the end lies before the start."""
    if times is not None:
        require(frame.columns, times, "the data")
    start, end = times or ("start", "end")
    if start not in frame.columns or end not in frame.columns:
        return np.full(len(frame), np.nan)
    began, ended = (pd.to_datetime(frame[c], utc=True, errors="coerce", format="ISO8601") for c in (start, end))
    minutes = (ended - began).dt.total_seconds() / 60
    unread = int(((began.isna() & frame[start].notna()) | (ended.isna() & frame[end].notna())).sum())
    if unread:
        notes.append(note("responses.times_unread", n=unread, columns=f"{start}, {end}"))
    backwards = int((minutes < 0).sum())
    if backwards:
        notes.append(note("responses.times_backwards", n=backwards))
    return minutes.where(minutes >= 0).to_numpy(dtype=float)


def _items(responses: Responses, names: tuple[str, ...]) -> pd.DataFrame:
    rows = []
    for name in names:
        x, reason = responses.frame[name], responses.reasons[name]
        asked = int((reason != "not_asked").sum())
        given = x.dropna()
        counts = given.value_counts()
        if responses.instrument is not None:
            scores = sorted(responses.instrument.item(name).scale.scores)
        else:
            scores = sorted(counts.index) if len(counts) <= 11 else []
        thin = [s for s in scores if counts.get(s, 0) < SPARSE] if len(given) else []
        n = len(given)
        rows.append(
            {
                "item": name,
                "n_asked": asked,
                "n_missing": asked - n,
                "missing_share": (asked - n) / asked if asked else np.nan,
                "dont_know_share": float((reason == "dont_know").sum()) / asked if asked else np.nan,
                "floor_share": counts.get(scores[0], 0) / n if n and scores else np.nan,
                "ceiling_share": counts.get(scores[-1], 0) / n if n and scores else np.nan,
                "n_sparse": len(thin),
                "sparse": ", ".join(f"{s:g} ({counts.get(s, 0)})" for s in thin),
                "constant": bool(n) and given.nunique() == 1,
            }
        )
    return pd.DataFrame(rows)
