"""What screening found: indices per respondent and item, who is flagged, and who leaves when rules are applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError, OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import note
from cgsurvey.base.result import Result, data_hash
from cgsurvey.responses.responses import FlowStep, Responses
from cgsurvey.responses.screening.rules import INDICES, ORDER_P, RULES, SHORT, run_cutoff
from cgsurvey.responses.selection import as_responses


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Screening(Result):
    """Indices per respondent and per item, and who is flagged by which rule.

    Attributes
    ----------
    respondents : DataFrame
        One row per respondent: `row`, the indices (see `indices`), one column ``flag_<rule>`` per rule, `flags` (their
        number). No answers.
    items : DataFrame
        One row per item: `item n_asked n_missing missing_share dont_know_share floor_share ceiling_share n_sparse
        sparse constant`.
    rules : mapping
        Rule to cut-off as it took effect.
    named : tuple of str
        Rules that the caller named; empty when the default rules were shown.

    Notes
    -----
    The screening holds no answers. While it lives in the session that made it, `keep` knows the data; a
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
    def indices(self) -> pd.DataFrame:
        """One row per index of careless answering that could be computed: its distribution and the rule that reads it.

        `index n mean sd min max rule threshold n_flagged`; no rule, NaN and NaN where none is active. Where the cut-off
        of `longstring` is a share, `threshold` is the run that it means for the median number of answers.
        """
        reads = {RULES[r].index: r for r in self.rules}
        flagged = self.tidy().set_index("rule")["n_flagged"]
        cuts = dict(self.rules)
        if cuts.get("longstring", 2) <= 1:
            answered = self.respondents["n_asked"] - self.respondents["n_missing"]
            cuts["longstring"] = float(run_cutoff(cuts["longstring"], answered).median())
        rows = []
        for name in INDICES:
            x = self.respondents[name].astype(float).dropna()
            rule = reads.get(name, "")
            rows.append(
                {
                    "index": name,
                    "n": len(x),
                    "mean": x.mean(),
                    "sd": x.std(),
                    "min": x.min(),
                    "max": x.max(),
                    "rule": rule,
                    "threshold": cuts.get(rule, np.nan),
                    "n_flagged": flagged.get(rule, np.nan),
                }
            )
        table = pd.DataFrame(rows)
        return table[table["n"] > 0].reset_index(drop=True)

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
            return f"{r.index} {r.sign} {cut:g} of the answers given, and {SHORT} or all of them"
        if rule == "random":
            return f"{r.index} {r.sign} {cut:g}, order_p > {ORDER_P:g}"
        return f"{r.index} {r.sign} {cut:.4g}"
